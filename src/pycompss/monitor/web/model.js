// What the server has told: the run's numbers, and all tasks, kept up to date by asking for what has changed.

export const STAGES = ["waiting", "ready", "running", "finished", "failed", "cancelled"];
const PALETTE = ["#4c8df6", "#f2994a", "#27ae8f", "#bb6bd9", "#e5677e", "#8a9a2b", "#56b6c2", "#c27c4e", "#7d83f2", "#d9a800"];

export const run = { tasks: new Map(), changes: 0, types: [], nodes: [], stages: [0, 0, 0, 0, 0, 0], version: 0 };

export const token = () => location.hash.slice(1) || sessionStorage.token || "";
export const typeColour = (type) => PALETTE[type % PALETTE.length];
export const stageColour = (stage) => getComputedStyle(document.documentElement).getPropertyValue(`--${STAGES[stage]}`).trim();
export const typeName = (type) => run.types.find((kind) => kind.number === type)?.name ?? `type ${type}`;

let names = new Map(), named = 0; // the last part of each name, or two, if it would not tell types apart

export function shortName(type) {
  if (named !== run.types.length) {
    const ends = run.types.map((kind) => kind.name.split(".").pop());
    names = new Map(run.types.map((kind, index) => [kind.number, ends.filter((end) => end === ends[index]).length === 1 ? ends[index] : kind.name.split(".").slice(-2).join(".")]));
    named = run.types.length;
  }
  return names.get(type) ?? typeName(type);
}

// read: what is taken of the answer.
export async function ask(path, read = (answer) => answer.json()) {
  const answer = await fetch(path.slice(1), { // relative: the page may be behind a proxy
    headers: { authorization: `Bearer ${token()}` } });
  if (!answer.ok) throw new Error(answer.status === 401 ? "The token of this address is missing or wrong." : `HTTP ${answer.status}`);
  return answer.status === 204 ? null : read(answer);
}

// Ask for what has changed; true when there was something.
export async function update() {
  const told = await ask(`/api/run?since=${run.changes}`);
  const before = run.changes;
  const { tasks, columns, ...rest } = told;
  Object.assign(run, rest);
  for (const row of tasks) {
    const task = Object.fromEntries(columns.map((name, index) => [name, row[index]]));
    run.tasks.set(task.id, task);
  }
  run.more = told.more;
  if (run.changes !== before || tasks.length) run.version += 1;
  return run.version;
}

export function duration(seconds) {
  if (seconds < 0.001) return `${(seconds * 1e6).toFixed(0)} µs`;
  if (seconds < 1) return `${(seconds * 1000).toFixed(seconds < 0.01 ? 1 : 0)} ms`;
  if (seconds < 120) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${Math.floor(seconds % 60)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function bytes(number) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (number >= 1000 && unit < 4) { number /= 1000; unit += 1; }
  return `${number.toFixed(unit && number < 100 ? 1 : 0)} ${units[unit]}`;
}

export const escape = (text) => String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
export const dot = (colour, square = "") => `<span class="dot ${square}" data-colour="${colour}"></span>`;

// Inline styles are not allowed by the page's policy; scripts may set them.
export function paint(element) {
  for (const item of element.querySelectorAll("[data-colour]")) item.style.background = item.dataset.colour;
  for (const item of element.querySelectorAll("[data-part]")) item.style.setProperty("--part", `${item.dataset.part}%`);
  for (const item of element.querySelectorAll("[data-width]")) item.style.width = `${item.dataset.width}%`;
}
