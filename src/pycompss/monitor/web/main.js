// The page: tabs, tables, and a loop that asks for what has changed.

import { run, update, ask, token, STAGES, duration, bytes, escape, dot, paint, typeColour, typeName, shortName } from "./model.js";
import { load, choices as loads, choose as chooseLoad } from "./load.js";
import { nodes, workers } from "./nodes.js";
import { timeline } from "./timeline.js";
import { graph } from "./graph.js";
import { log } from "./log.js";
import { text, failures } from "./detail.js";

const VIEWS = ["overview", "tasks", "timeline", "graph", "failures", "log", "nodes"];
const SEARCHES = { tasks: "search", log: "words", nodes: "node" }; // fields for text
const PERIOD = 500, LINE = 31;
const $ = (id) => document.getElementById(id);
const canvas = (id) => $(id).querySelector("canvas");
let view = "overview", chosen = null, shown = -1;
const logView = log(html, complain);
const planes = { timeline: timeline(canvas("timeline"), open), graph: graph(canvas("graph"), open) };

const texts = new WeakMap(); // what elements show, so that only what is new is drawn

function html(element, text) {
  if (texts.get(element) === text) return;
  texts.set(element, text);
  element.innerHTML = text;
  paint(element);
}

// ---------------------------------------------------------------- head

function head() {
  const total = run.stages.reduce((a, b) => a + b, 0);
  const ended = run.stages[3] + run.stages[4] + run.stages[5];
  document.title = `${run.application} – ${ended} of ${total}`;
  $("application").textContent = run.application;
  $("state").textContent = run.state;
  $("state").className = `badge ${{ live: "live", reading: "", finished: "good" }[run.state] ?? "bad"}`;
  $("clock").textContent = duration(Math.max((run.ended || run.now) - run.began, 0));
  const part = (stage) => (total ? (100 * run.stages[stage]) / total : 0);
  html($("bar"), [3, 4, 5, 2, 1].map((stage) => `<i data-width="${part(stage)}" data-colour="var(--${STAGES[stage]})"></i>`).join(""));
  $("bar").setAttribute("aria-valuenow", total ? Math.round((100 * ended) / total) : 0);
  html($("stages"), STAGES.map((name, stage) =>
    `<button data-stage="${stage}">${dot(`var(--${name})`)}<b>${run.stages[stage].toLocaleString("en")}</b>${name}</button>`).join("")
    + `<button disabled>${run.retries ? `<b>${run.retries}</b>${run.retries === 1 ? "retry" : "retries"}` : ""}</button>`);
  const complaint = run.complaints?.join(" · ");
  $("message").hidden = !complaint;
  if (complaint) $("message").textContent = complaint;
}

// ---------------------------------------------------------------- overview

function overview() {
  const seconds = Math.max((run.ended || run.now) - run.began, 0);
  const busy = run.nodes.reduce((sum, node) => sum + node.busy, 0);
  const units = run.nodes.reduce((sum, node) => sum + node.units, 0);
  const left = run.stages[0] + run.stages[1] + run.stages[2];
  const rate = run.stages[3] / seconds;
  const number = (value, name) => `<div><b>${value}</b>${name}</div>`;
  html($("overview"), `
    <div class="panel wide numbers">
      ${number([...run.stages].reduce((a, b) => a + b, 0).toLocaleString("en"), "tasks")}
      ${number(`${rate.toLocaleString("en", { maximumFractionDigits: rate >= 10 ? 0 : 1 })} /s`, "finished, mean")}
      ${number(left && rate && !run.ended ? duration(left / rate) : "–", "left, about")}
      ${number(seconds ? `${(busy / seconds).toLocaleString("en", { maximumFractionDigits: busy < 0.1 * seconds ? 3 : busy < 100 * seconds ? 1 : 0 })} of ${units.toLocaleString("en")}` : "–", "tasks at a time, mean")}
      ${number(duration(busy), "in the code of tasks")}
      ${number(bytes(run.memory.stored), `in memory, most ${bytes(run.memory.most)}`)}
      ${number(bytes(run.memory.spilled[1]), `spilled, ${run.memory.spilled[0]} values`)}
    </div>
    <div class="panel wide"><h2>Load <span class="choices">${loads()}</span></h2>${load()}</div>
    <div class="panel"><h2>Types of tasks</h2><table><thead><tr><th>type</th><th>tasks</th><th>left</th><th>running</th>
      <th>failed</th><th>mean</th><th>min</th><th>max</th></tr></thead><tbody>${run.types.map(type).join("")}</tbody></table></div>
    <div class="panel"><h2>Workers</h2>${workers()}
      ${run.needs.length ? `<h2 class="needs">What tasks ask for</h2>${run.needs.map((need) => `<div>${escape(need)}</div>`).join("")}` : ""}</div>
    <div class="panel"><h2>Running now</h2>${now(2, (task) => `${duration(Math.max(run.now - task.started, 0))} on ${escape(task.node)}`)}</div>
    <div class="panel"><h2>Waiting</h2>${now(0, waitsFor) || ""}</div>`);
}

// The first tasks at a stage, each with a word about it.
function now(stage, say) {
  const found = [];
  for (const task of run.tasks.values()) {
    if (task.stage === stage) found.push(task);
    if (found.length === 8) break;
  }
  const lines = found.map((task) => `<tr class="task" data-task="${task.id}"><td>${task.id}</td><td class="text">${dot(typeColour(task.type), "square")}${escape(shortName(task.type))}</td><td class="text dim">${say(task)}</td></tr>`);
  const rest = run.stages[stage] - found.length;
  return found.length ? `<table>${lines.join("")}</table>${rest > 0 ? `<div class="dim">and ${rest.toLocaleString("en")} more</div>` : ""}` : `<span class="dim">none</span>`;
}

function waitsFor(task) {
  const open = task.producers.filter((id) => (run.tasks.get(id)?.stage ?? 3) < 3);
  return open.length ? `for ${open.length > 1 ? "tasks" : "task"} ${open.slice(0, 4).join(", ")}${open.length > 4 ? `, … (${open.length})` : ""}` : "for its turn";
}

function type(kind) {
  const [waiting, ready, running, finished, failed] = kind.stages;
  const time = (value) => (finished ? duration(value) : "–");
  return `<tr class="task" data-type="${kind.number}"><td title="${escape(kind.name)}">${dot(typeColour(kind.number), "square")}${escape(kind.name)}</td>
    <td>${kind.stages.reduce((a, b) => a + b, 0).toLocaleString("en")}</td><td>${waiting + ready}</td><td>${running}</td><td>${failed || "–"}</td>
    <td>${time(kind.mean)}</td><td>${time(kind.least)}</td><td>${time(kind.most)}</td></tr>`;
}

// ---------------------------------------------------------------- tasks

let listed = [], listedFor = "";

function filter() {
  const words = $("search").value.trim().toLowerCase(), wantedType = $("type").value, wantedStage = $("stage").value;
  const key = [run.version, words, wantedType, wantedStage].join("|");
  if (key === listedFor) return;
  listedFor = key;
  listed = [...run.tasks.values()].filter((task) =>
    (wantedType === "" || task.type === +wantedType) && (wantedStage === "" || (wantedStage === "failures" ? task.outcome : task.stage === +wantedStage))
    && (!words || String(task.id) === words || task.node === words || typeName(task.type).toLowerCase().includes(words) || task.message.toLowerCase().includes(words)));
  listed.sort((a, b) => a.id - b.id);
}

function tasks() {
  choices();
  filter();
  $("found").textContent = `${listed.length.toLocaleString("en")} of ${run.tasks.size.toLocaleString("en")} tasks`;
  const box = $("rows"), table = box.querySelector("table");
  $("space").style.height = `${(listed.length + 1) * LINE}px`;
  const first = Math.max(Math.floor(box.scrollTop / LINE) - 5, 0);
  const last = first + Math.ceil(box.clientHeight / LINE) + 10;
  table.style.top = `${first * LINE}px`;
  html(table.tHead, `<tr><th>task</th><th class="text">type</th><th class="text">stage</th><th>level</th><th class="text">node</th><th>attempt</th><th>began after</th><th>took</th><th class="text">message</th></tr>`);
  html(table.tBodies[0], listed.slice(first, last).map(row).join(""));
}

function row(task) {
  const took = task.started ? duration(Math.max((task.ended || run.now) - task.started, 0)) : "–";
  return `<tr class="task ${task.id === chosen ? "chosen" : ""}" data-task="${task.id}"><td>${task.id}</td><td class="text">${dot(typeColour(task.type), "square")}${escape(shortName(task.type))}</td>
    <td class="text">${dot(`var(--${STAGES[task.stage]})`)}${STAGES[task.stage]}</td><td>${task.level}</td><td class="text">${escape(task.node || "–")}</td><td>${task.attempt || "–"}</td>
    <td>${task.started ? duration(Math.max(task.started - run.began, 0)) : "–"}</td><td>${took}</td><td class="text" title="${escape(task.message)}">${escape(task.message)}</td></tr>`;
}

function choices() {
  const options = (list) => list.map(([value, name]) => `<option value="${value}">${escape(name)}</option>`).join("");
  const keep = $("type").value;
  html($("type"), options([["", "all types"], ...run.types.map((kind) => [kind.number, kind.name])]));
  $("type").value = keep;
  if (!$("stage").options.length) html($("stage"), options([["", "all stages"], ...STAGES.map((name, stage) => [stage, name]), ["failures", "with a failed attempt"]]));
}

function resources() {
  const told = nodes($("node").value.trim().toLowerCase()), table = $("nodes").querySelector("table");
  $("those").textContent = told.words;
  html(table.tHead, told.head);
  html(table.tBodies[0], told.rows);
}

// ---------------------------------------------------------------- failures, one task

async function open(id) {
  chosen = id;
  planes.graph.mark(id);
  await detail();
  render(true);
}

async function detail() {
  if (chosen === null) return;
  const asked = chosen;
  const task = await ask(`/api/task/${asked}`).catch((error) => { complain(error); return null; });
  if (!task || asked !== chosen) return;
  $("detail").hidden = false;
  html($("detail"), text(task));
}

function close() {
  chosen = null;
  $("detail").hidden = true;
  planes.graph.mark(null);
}

// The graph as a file.
async function save(kind) {
  const file = await ask(`/api/graph.${kind}?current=${$("current").checked}`, (answer) => answer.blob()).catch(complain);
  if (!file) return;
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(file), download: `${run.application}.${kind}` });
  link.click();
  URL.revokeObjectURL(link.href);
}

// ---------------------------------------------------------------- the whole

function render(isForced = false) {
  head();
  const isMoving = !run.ended && ["overview", "tasks", "timeline", "nodes"].includes(view); // times of what runs
  if (!isForced && shown === run.version && !isMoving) return;
  shown = run.version;
  if (planes[view]) {
    html($(view).querySelector(".legend"), run.types.slice(0, 10).map((kind) => `<span>${dot(typeColour(kind.number), "square")}${escape(shortName(kind.number))}</span>`).join("") + (run.types.length > 10 ? `<span class="dim">and ${run.types.length - 10} more</span>` : ""));
    planes[view].paint();
  } else {
    ({ overview, tasks, failures: () => html($("failures"), failures()), nodes: resources, log: logView.paint })[view]();
  }
}

function show(name) {
  view = name;
  for (const other of VIEWS) $(other).hidden = other !== name;
  for (const button of $("views").children) button.setAttribute("aria-selected", button.dataset.view === name);
  render(true);
}

function theme(name) {
  document.documentElement.dataset.theme = localStorage.theme = name;
  render(true);
}

function choose(event) {
  const at = (name) => event.target.closest(`[data-${name}]`)?.dataset[name];
  if (event.target.closest(".close")) close();
  else if (at("view")) show(at("view"));
  else if (at("load") !== undefined) { chooseLoad(at("load")); render(true); }
  else if (at("save")) save(at("save"));
  else if (at("task")) open(+at("task"));
  else if (at("stage") || at("type")) {
    $("search").value = "";
    choices();
    $("stage").value = at("stage") ?? "";
    $("type").value = at("type") ?? "";
    show("tasks");
  }
}

// Open the task so many rows below the chosen one.
function step(by) {
  const at = listed.findIndex((task) => task.id === chosen);
  const next = Math.max(0, Math.min(at + by, listed.length - 1)), box = $("rows");
  if (!listed.length) return;
  box.focus();
  box.scrollTop = Math.max(Math.min(box.scrollTop, next * LINE), (next + 2) * LINE - box.clientHeight);
  open(listed[next].id);
}

function key(event) {
  if (event.target.id === "search" && event.key === "Enter") { step(1); return; }
  if (event.target.matches("input[type=search], select")) { if (event.key === "Escape") event.target.blur(); return; }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (VIEWS[event.key - 1]) show(VIEWS[event.key - 1]);
  else if (event.key === "/") {
    if (!SEARCHES[view]) show("tasks");
    $(SEARCHES[view]).focus();
    event.preventDefault();
  }
  else if (event.key === "t") $("theme").click();
  else if (event.key === "Escape") close();
  else if (event.target.id === "rows" && ["ArrowDown", "ArrowUp"].includes(event.key)) {
    step(event.key === "ArrowDown" ? 1 : -1);
    event.preventDefault();
  }
  else if (event.key === "Enter" && event.target.matches("a[tabindex]")) event.target.click();
}

async function loop() {
  let pause = PERIOD;
  try {
    await update();
    render();
    const isLast = run.ended && !run.more;
    if (chosen !== null) await detail();
    if (isLast) {
      if (view === "log") await logView.paint();
      await ask("/api/seen"); // a monitor that goes with the run may end now
    }
    pause = run.more ? 0 : PERIOD;
  } catch (error) {
    complain(error);
    $("state").textContent = "not connected";
    $("state").className = "badge";
    pause = 4 * PERIOD;
  }
  if (!run.ended || run.more) setTimeout(loop, pause);
}

function complain(error) {
  $("message").hidden = false;
  $("message").textContent = error instanceof TypeError ? "The monitor has ended with the run; the command pycompss monitor shows it again." : error.message;
}

sessionStorage.token = token();
html($("views"), VIEWS.map((name, index) => `<button role="tab" data-view="${name}">${name}<kbd>${index + 1}</kbd></button>`).join(""));
document.addEventListener("click", choose);
document.addEventListener("keydown", key);
$("theme").addEventListener("click", () => theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
for (const id of ["search", "type", "stage"]) $(id).addEventListener("input", () => { $("rows").scrollTop = 0; tasks(); });
$("rows").addEventListener("scroll", tasks);
$("node").addEventListener("input", resources);
$("current").addEventListener("change", (event) => planes.graph.restrict(event.target.checked));
document.documentElement.dataset.theme = localStorage.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
run.memory = { stored: 0, most: 0, spilled: [0, 0], restored: [0, 0] };
run.needs = run.places = [];
for (const button of $("views").children) button.setAttribute("aria-selected", button.dataset.view === view);
loop();
