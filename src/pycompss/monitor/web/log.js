// The log of the run in words: the last lines that match, at the bottom what is new.

import { ask, escape } from "./model.js";

// draw: sets the HTML of an element; complain: shows an error.
export function log(draw, complain) {
  const box = document.getElementById("text"), words = document.getElementById("words");
  const only = document.getElementById("only"), count = document.getElementById("lines");
  let asking = null, isStale = false; // one question at a time; what was typed meanwhile is asked next

  // Resolved when everything is shown.
  function paint() {
    isStale = true;
    return (asking ??= rounds().finally(() => { asking = null; }));
  }

  async function rounds() {
    while (isStale) {
      isStale = false;
      const told = await ask(`/api/log?${new URLSearchParams({ text: words.value.trim(), only: only.value })}`).catch(complain);
      if (told) show(told);
      isStale ||= told?.more;
    }
  }

  function show(told) {
    const isAtEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - 4;
    const rest = told.found > told.lines.length ? `, the last ${told.lines.length} are shown` : "";
    const lost = told.number > told.kept ? ` (of ${told.number.toLocaleString("en")}; the command pycompss log shows all)` : "";
    count.textContent = `${told.found.toLocaleString("en")} of ${told.kept.toLocaleString("en")} lines${lost}${rest}${told.more ? ", reading …" : ""}`;
    draw(box, told.lines.map(line).join("") || `<div class="empty">No such line.</div>`);
    if (isAtEnd) box.scrollTop = box.scrollHeight;
  }

  function line([time, word, task, text]) {
    return `<div class="${word}"${task === null ? "" : ` data-task="${task}"`}><span class="dim">${time}</span>${escape(text.replaceAll("\n", `\n${" ".repeat(14)}`))}</div>`;
  }

  for (const input of [words, only]) input.addEventListener("input", () => { box.scrollTop = box.scrollHeight; paint(); });
  return { paint, words };
}
