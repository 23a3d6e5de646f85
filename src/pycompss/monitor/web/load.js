// How many tasks ran, were ready and waited, over the time of the run: a chart of lines.

import { duration } from "./model.js";

const WIDTH = 1000, HEIGHT = 120;
const LINES = [["running", 1], ["ready", 2], ["waiting", 3]];

// looks: [time, running, ready, waiting], in order. Running tasks have a scale of their own: the rest may be thousands.
export function load(looks, began, ended, units) {
  if (looks.length < 2) return `<span class="dim">nothing yet</span>`;
  const most = (column) => Math.max(1, ...looks.map((look) => look[column]));
  const upper = { 1: Math.max(units, most(1)), 2: Math.max(most(2), most(3)) };
  upper[3] = upper[2];
  const span = Math.max(ended - began, 1e-9);
  const x = (time) => (((time - began) / span) * WIDTH).toFixed(1);
  const lines = LINES.map(([name, column]) => {
    const y = (value) => (HEIGHT - (value / upper[column]) * HEIGHT).toFixed(1);
    let path = `M${x(looks[0][0])},${y(looks[0][column])}`;
    for (const look of looks.slice(1)) path += `H${x(look[0])}V${y(look[column])}`;
    return `<path class="${name}" d="${path}H${x(ended)}"/>`;
  });
  const words = LINES.map(([name, column]) => `<span class="${name}">${name}, at most ${most(column).toLocaleString("en")}</span>`);
  return `<svg class="load" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="load over time">${lines.join("")}</svg>
    <div class="load">${words.join("")}<span class="dim">${duration(span)}</span></div>`;
}
