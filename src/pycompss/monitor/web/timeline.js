// One line for each place of each node; a bar for each task that began there. Bars that would be thinner than a pixel
// melt into their neighbours, so that any number of tasks can be drawn.

import { run, typeColour, shortName, duration, stageColour } from "./model.js";
import { Plane, label } from "./plane.js";

const LEFT = 130, TOP = 26, HIGHEST = 26, LOWEST = 11;
let lanes = [], built = -1;

function build() {
  if (built === run.version) return;
  built = run.version;
  const found = new Map();
  const attempts = (run.repeated ?? []).map(([id, node, lane, started, ended]) => ({ ...run.tasks.get(id), node, lane, started, ended, stage: 4 }));
  for (const task of [...run.tasks.values(), ...attempts]) {
    if (!task.started || task.lane < 0) continue;
    const key = `${task.node} ${task.lane}`;
    if (!found.has(key)) found.set(key, { node: task.node, lane: task.lane, tasks: [] });
    found.get(key).tasks.push(task);
  }
  lanes = [...found.values()].sort((a, b) => a.node.localeCompare(b.node, "en", { numeric: true }) || a.lane - b.lane);
  for (const lane of lanes) lane.tasks.sort((a, b) => a.started - b.started);
}

// All lanes fit into the picture, if they are not too many.
const laneHeight = (height) => Math.max(LOWEST, Math.min(HIGHEST, Math.floor((height - TOP - 4) / Math.max(lanes.length, 1))));

const end = (task) => task.ended || Math.max(run.now, task.started);

function draw(context, view) {
  build();
  const style = getComputedStyle(document.documentElement);
  const [text, dim, line] = ["--text", "--dim", "--line"].map((name) => style.getPropertyValue(name));
  const red = stageColour(4);
  const height = laneHeight(view.height), size = Math.min(12, height - 2), gap = Math.max(Math.round(height / 9), 1);
  context.font = "12px system-ui, sans-serif";
  axis(context, view, dim, line);
  context.font = `${size}px system-ui, sans-serif`;
  lanes.forEach((lane, index) => {
    const y = TOP + index * height - view.y, base = y + (height + size) / 2 - 2;
    if (y < TOP - height || y > view.height) return;
    let last = LEFT;
    for (const task of lane.tasks) {
      const x1 = LEFT + (end(task) - run.began - view.x) * view.sx;
      if (x1 <= last) continue;
      const x0 = Math.max(LEFT + (task.started - run.began - view.x) * view.sx, last);
      if (x0 > view.width) break;
      context.fillStyle = typeColour(task.type);
      context.globalAlpha = task.ended ? 1 : 0.6;
      const width = Math.max(x1 - x0 - (x1 - x0 > 4 ? 1 : 0), 1);
      context.fillRect(x0, y + gap, width, height - 2 * gap);
      if (task.stage === 4) { context.fillStyle = red; context.fillRect(x0, y + height - gap - 4, width, 4); }
      if (width > 30) {
        context.fillStyle = "#fff";
        label(context, `${task.id} ${shortName(task.type)}`, x0 + 6, base, width - 10);
      }
      last = x0 + width;
    }
    context.globalAlpha = 1;
    context.fillStyle = lane.lane ? dim : text;
    label(context, lane.lane ? `· ${lane.lane + 1}` : `${lane.node} · 1`, 12, base, LEFT - 20);
  });
  if (!lanes.length) { context.fillStyle = dim; context.fillText("No task has begun yet.", LEFT, TOP + 20); }
}

function axis(context, view, dim, line) {
  const wish = 110 / view.sx;
  const power = 10 ** Math.floor(Math.log10(wish));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= wish);
  context.fillStyle = dim;
  context.strokeStyle = line;
  for (let t = Math.max(Math.ceil(view.x / step) * step, 0); ; t += step) {
    const x = LEFT + (t - view.x) * view.sx;
    if (x > view.width) break;
    context.fillText(t === 0 ? "0" : duration(t), x + 4, 16);
    context.beginPath();
    context.moveTo(x + 0.5, 4);
    context.lineTo(x + 0.5, view.height);
    context.stroke();
  }
}

function pick(px, py, view, height) {
  const lane = lanes[Math.floor((py + view.y - TOP) / laneHeight(height))];
  if (!lane || px < LEFT) return null;
  const time = run.began + view.x + (px - LEFT) / view.sx;
  const slack = 2 / view.sx;
  const task = lane.tasks.find((candidate) => candidate.started <= time + slack && end(candidate) >= time - slack);
  return task && { id: task.id, title: `task ${task.id} ${shortName(task.type)}: ${duration(end(task) - task.started)}` };
}

export function timeline(canvas, choose) {
  const bounds = (width) => {
    const seconds = Math.max((run.ended || run.now) - run.began, 0.001) * 1.02;
    return { x: 0, y: 0, sx: (width - LEFT - 12) / seconds, sy: 1 };
  };
  return new Plane(canvas, { draw, pick, bounds, vertical: false, choose: (found) => found && choose(found.id) });
}
