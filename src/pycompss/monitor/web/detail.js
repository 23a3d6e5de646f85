// Everything about one task, and all failures, as HTML.

import { run, STAGES, duration, bytes, escape, dot, typeColour, typeName } from "./model.js";

const MOST_FAILURES = 300;

export function text(task) {
  const pair = (name, value) => (value ? `<dt>${name}</dt><dd>${value}</dd>` : "");
  const links = (ids) => ids.slice(0, 30).map((other) => `<a data-task="${other}" tabindex="0">${other}</a>`).join(", ") + (ids.length > 30 ? ", …" : "");
  return `<button class="close" aria-label="close">×</button><h1>Task ${task.id}</h1>
    <div>${dot(typeColour(task.type), "square")}${escape(task.name)}</div>
    <dl>${pair("stage", `${dot(`var(--${STAGES[task.stage]})`)}${STAGES[task.stage]}`)}
    ${pair("why", escape(task.why))}${pair("called at", task.place ? escape(`${task.place[0]}:${task.place[1]}`) : "")}
    ${pair("asks for", escape(task.need))}${pair("group", escape(task.groups.join(" / ")))}
    ${pair("attempt", task.attempt)}${pair("time", task.seconds ? duration(task.seconds) : "")}
    ${pair("processor", task.cpu != null ? duration(task.cpu) : "")}${pair("memory", task.memory ? bytes(task.memory) : "")}
    ${pair("waits for", links(task.producers))}${pair("needed by", links(task.followers))}${pair("called by", task.parent ? links([task.parent]) : "")}</dl>
    ${task.attempts.length ? `<h2>Attempts that failed</h2><table><tbody>${task.attempts.map(attempt).join("")}</tbody></table>` : ""}
    ${task.logs.map((log) => `<h2>${escape(log.name)}</h2><pre>${escape(log.text)}</pre>`).join("")}`;
}

function attempt([number, node, began, ended, , message]) {
  return `<tr><td>${number}</td><td class="text">${escape(node)}</td><td>${began ? duration(Math.max(ended - began, 0)) : ""}</td><td class="text wrapped">${escape(message)}</td></tr>`;
}

// All that failed at least once.
export function failures() {
  const failed = [...run.tasks.values()].filter((task) => task.outcome).sort((a, b) => a.id - b.id);
  const rest = failed.length - MOST_FAILURES;
  const more = rest > 0 ? `<a data-stage="failures" tabindex="0">and ${rest.toLocaleString("en")} more: all of them in the list of tasks</a>` : "";
  const words = { retry: "tried again", failed: "failed for good", ignored: "ignored, as its policy says", cancel_successors: "its successors were cancelled" };
  return failed.length ? failed.slice(0, MOST_FAILURES).map((task) => `<div class="panel failure" data-task="${task.id}">
    <h3>${dot(`var(--${STAGES[task.stage]})`)}task ${task.id} · ${escape(typeName(task.type))} <span class="dim">on ${escape(task.node)}, attempt ${task.attempt}: ${words[task.outcome]}${task.stage === 3 ? ", then finished" : ""}</span></h3>
    <div>${escape(task.message)}</div></div>`).join("") + more : `<div class="empty">Nothing has failed.</div>`;
}
