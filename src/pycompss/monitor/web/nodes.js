// The nodes of a run: all of them in a table, and in the overview a few lines, or a square for each if they are many.

import { run, bytes, duration, escape, shortName } from "./model.js";

const FEW = 6, MOST_SQUARES = 2000, MOST_ROWS = 300;

// In percent: now, or of a finished run on average.
function part(node) {
  const used = run.ended ? node.busy / Math.max(run.ended - run.began, 1e-9) : node.used;
  return node.units ? Math.min((100 * used) / node.units, 100) : 0;
}

const meter = (node) => `<div class="meter"><i data-width="${part(node)}"></i></div>`;
const state = (node) => (!node.gone ? (run.ended ? "" : node.running ? "busy" : "idle") : node.reason ? "lost" : "left");
const units = (number) => `${number.toLocaleString("en")} unit${number === 1 ? "" : "s"}`;
const sum = (name) => run.nodes.reduce((total, node) => total + (node.gone ? 0 : node[name]), 0);

// For the overview.
export function workers() {
  return run.nodes.length <= FEW ? few() : many();
}

function few() {
  const row = (node) => `<tr><td>${escape(node.name)}<div class="dim">${node.gone ? state(node) : units(node.units)}${node.memory ? ` · ${bytes(node.memory)}` : ""}</div></td>
    <td>${meter(node)}</td><td>${node.running}</td><td>${node.finished.toLocaleString("en")}</td><td>${node.failed || "–"}</td></tr>`;
  return `<table><thead><tr><th>node</th><th class="text">load</th><th>running</th><th>finished</th><th>failed</th></tr></thead><tbody>${run.nodes.map(row).join("")}</tbody></table>`;
}

function many() {
  const here = run.nodes.filter((node) => !node.gone).length, gone = run.nodes.length - here;
  const square = (node) => `<i class="${state(node)}" data-part="${part(node)}" title="${escape(node.name)}: ${node.gone ? state(node) : `${node.used} of ${units(node.units)} in use`}${node.failed ? `, ${node.failed} failed` : ""}"></i>`;
  return `<div>${here.toLocaleString("en")} nodes, ${units(sum("units"))}, ${sum("used")} in use${gone ? `; ${gone} ${gone === 1 ? "is" : "are"} gone` : ""} <a data-view="nodes" tabindex="0">all nodes</a></div>
    <div class="squares${run.nodes.length > 500 ? " small" : ""}">${run.nodes.slice(0, MOST_SQUARES).map(square).join("")}</div>`;
}

// The view of its own. words: what names have to contain.
export function nodes(words) {
  const found = run.nodes.filter((node) => !words || node.name.toLowerCase().includes(words) || state(node) === words);
  const seconds = Math.max((run.ended || run.now) - run.began, 1e-9);
  const memory = run.nodes.some((node) => node.memory), storage = run.nodes.some((node) => node.storage);
  const kinds = [...new Set(run.nodes.flatMap((node) => Object.keys(node.devices)))];
  const head = `<tr><th>node</th><th class="text">state</th><th>units</th><th>used</th>${memory ? "<th>memory</th>" : ""}${kinds.map((kind) => `<th>${escape(kind)}</th>`).join("")}
    ${storage ? "<th>storage</th>" : ""}<th class="text">load</th><th class="text">runs</th><th>finished</th><th>failed</th><th>busy</th><th>in use, mean</th></tr>`;
  const row = (node) => `<tr><td>${escape(node.name)}</td><td class="text ${state(node)}" title="${escape(node.reason)}">${state(node)}${node.reason ? `: ${escape(node.reason)}` : ""}</td><td>${node.units}</td><td>${node.used}</td>
    ${memory ? `<td>${node.memory ? bytes(node.memory) : "any"}</td>` : ""}${kinds.map((kind) => `<td>${node.devices[kind] ?? "–"}</td>`).join("")}
    ${storage ? `<td>${node.storage ? `${node.storage} GB` : "–"}</td>` : ""}<td>${meter(node)}</td>
    <td class="text">${node.tasks.slice(0, 3).map(link).join(", ")}${node.tasks.length > 3 ? `, … (${node.tasks.length})` : ""}</td>
    <td>${node.finished.toLocaleString("en")}</td><td>${node.failed || "–"}</td><td>${duration(node.busy)}</td><td>${(node.busy / seconds).toFixed(1)}</td></tr>`;
  return {
    head, rows: found.slice(0, MOST_ROWS).map(row).join(""),
    words: `${found.length.toLocaleString("en")} of ${run.nodes.length.toLocaleString("en")} nodes${found.length > MOST_ROWS ? `, the first ${MOST_ROWS} are shown` : ""} · ${units(sum("units"))}, ${sum("used")} in use`,
  };
}

const link = (id) => `<a data-task="${id}" tabindex="0">${id} ${escape(shortName(run.tasks.get(id)?.type ?? 0))}</a>`;
