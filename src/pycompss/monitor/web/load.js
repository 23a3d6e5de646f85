// How many tasks ran, were ready and waited, over the time of the run: a chart of lines; of all tasks, or of one type.

import { run, duration, escape, dot, typeColour, shortName } from "./model.js";

const WIDTH = 1000, HEIGHT = 120, EDGE = 3, STEPS = 400, MOST_TYPES = 10;
const NAMES = { running: "running", ready: "ready", waiting: "waiting", pending: "not begun" };
let chosen = ""; // number of a type, or all

export function choose(type) { chosen = type; }

// Running tasks have a scale of their own, up to the computing units: the rest may be thousands.
export function load() {
  const began = run.began, ended = run.ended || run.now, span = Math.max(ended - began, 1e-9);
  const looks = (run.load ?? []).length < 2 ? [] : chosen === "" ? ofAll() : ofType(+chosen, began, span);
  if (!looks.length) return `<span class="dim">nothing yet</span>`;
  const names = Object.keys(looks[0]).filter((name) => name !== "time");
  const most = Object.fromEntries(names.map((name) => [name, Math.max(0, ...looks.map((look) => look[name]))]));
  const places = run.places.map(([time, units]) => ({ time: Math.max(time, began), units }));
  const upper = Math.max(1, most.running, ...places.map((place) => place.units));
  const rest = Math.max(1, ...names.map((name) => (name === "running" ? 0 : most[name])));
  const steps = (list, name, top) => {
    const x = (time) => (((time - began) / span) * WIDTH).toFixed(1), y = (value) => (HEIGHT - (value / top) * HEIGHT).toFixed(1);
    return `M${x(list[0].time)},${y(list[0][name])}${list.slice(1).map((look) => `H${x(look.time)}V${y(look[name])}`).join("")}H${WIDTH}`;
  };
  const lines = names.map((name) => `<path class="${name}" d="${steps(looks, name, name === "running" ? upper : rest)}"/>`);
  if (places.length) lines.unshift(`<path class="units" d="${steps(places, "units", upper)}"/>`);
  const words = names.map((name) => `<span class="${name}">${NAMES[name]}, at most ${Math.max(0, Math.ceil(most[name] - 0.05)).toLocaleString("en")}</span>`);
  return `<svg class="load" viewBox="0 ${-EDGE} ${WIDTH} ${HEIGHT + 2 * EDGE}" preserveAspectRatio="none" role="img" aria-label="load over time">${lines.join("")}</svg>
    <div class="load">${words.join("")}${places.length ? `<span class="dim units">computing units, at most ${Math.max(...places.map((place) => place.units)).toLocaleString("en")}</span>` : ""}
    <span class="dim last">${duration(span)}</span></div>`;
}

// What the chart can show.
export function choices() {
  if (run.types.length < 2) return "";
  const button = (value, name) => `<button data-load="${value}" aria-pressed="${value === chosen}">${name}</button>`;
  return button("", "all") + run.types.slice(0, MOST_TYPES).map(({ number }) =>
    button(String(number), `${dot(typeColour(number), "square")}${escape(shortName(number))}`)).join("");
}

const ofAll = () => run.load.map(([time, running, ready, waiting]) => ({ time, running, ready, waiting }));

// Tasks are counted for the part of each step that they took.
function ofType(type, began, span) {
  const step = span / STEPS, running = new Float64Array(STEPS), pending = new Float64Array(STEPS);
  const count = (sums, from, to) => {
    const [a, b] = [Math.max((from - began) / step, 0), Math.min((to - began) / step, STEPS)];
    for (let i = Math.floor(a); i < b; i += 1) sums[i] += Math.min(i + 1, b) - Math.max(i, a);
  };
  const now = run.ended || run.now;
  for (const task of run.tasks.values()) {
    if (task.type !== type) continue;
    count(pending, task.created, task.started || task.ended || now);
    if (task.started) count(running, task.started, task.ended || now);
  }
  return Array.from(running, (value, i) => ({ time: began + i * step, running: value, pending: pending[i] }));
}
