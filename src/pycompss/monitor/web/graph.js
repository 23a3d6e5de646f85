// The task graph: a task stands one row below the lowest of those that it waits for. Rows and places in them are found
// by division, so what is drawn depends on what is in sight. From far away a row is a bar whose parts are the types of
// its tasks; nearer, every task is a circle; arrows appear when there are few enough to follow.

import { run, typeColour, shortName, stageColour, STAGES } from "./model.js";
import { Plane, label } from "./plane.js";

const SPACE = 44, ROW = 70, RADIUS = 16, MOST_ARROWS = 4000;
let rows = [], places = new Map(), widest = 1, built = "", onlyCurrent = false, chosen = null;

function build() {
  const key = `${run.version} ${onlyCurrent}`;
  if (built === key) return;
  built = key;
  const levels = new Map();
  for (const task of run.tasks.values()) {
    if (onlyCurrent && task.stage > 2) continue;
    if (!levels.has(task.level)) levels.set(task.level, []);
    levels.get(task.level).push(task);
  }
  rows = [...levels.keys()].sort((a, b) => a - b).map((level) => levels.get(level));
  places = new Map();
  widest = 1;
  rows.forEach((row, index) => {
    order(row);
    widest = Math.max(widest, row.length);
    row.forEach((task, place) => places.set(task.id, { x: (place - (row.length - 1) / 2) * SPACE, y: index * ROW, task }));
  });
}

// Near what a task waits for, else by number: few arrows cross.
function order(row) {
  const wish = new Map(row.map((task) => {
    const before = task.producers.slice(0, 20).map((id) => places.get(id)?.x).filter((x) => x !== undefined);
    return [task.id, before.length ? before.reduce((a, b) => a + b, 0) / before.length : 0];
  }));
  row.sort((a, b) => wish.get(a.id) - wish.get(b.id) || a.id - b.id);
}

function draw(context, view) {
  build();
  const [first, last] = visibleRows(view);
  const isNear = view.sx * SPACE > 7 && view.sy * ROW > 7;
  if (isNear) near(context, view, first, last);
  else far(context, view, first, last);
  if (!rows.length) {
    context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--dim");
    context.font = "14px system-ui, sans-serif";
    context.fillText(onlyCurrent ? "No task is unfinished." : "No task yet.", 30, 40);
  }
}

const visibleRows = (view) => [
  Math.max(Math.floor((view.y - RADIUS) / ROW), 0),
  Math.min(Math.ceil((view.y + view.height / view.sy + RADIUS) / ROW), rows.length - 1),
];

function visible(row, view) {
  const half = (row.length - 1) / 2;
  const from = Math.max(Math.floor((view.x - RADIUS) / SPACE + half), 0);
  return row.slice(from, Math.max(Math.ceil((view.x + view.width / view.sx + RADIUS) / SPACE + half) + 1, from));
}

const at = (place, view) => [(place.x - view.x) * view.sx, (place.y - view.y) * view.sy];

function near(context, view, first, last) {
  const scale = Math.min(view.sx, view.sy);
  const radius = RADIUS * scale;
  const seen = rows.slice(first, last + 1).flatMap((row) => visible(row, view));
  arrows(context, view, seen, radius);
  const colours = STAGES.map((_, stage) => stageColour(stage));
  context.textAlign = "center";
  context.font = `${Math.max(11 * scale, 6)}px system-ui, sans-serif`;
  for (const task of seen) {
    const [x, y] = at(places.get(task.id), view);
    context.beginPath();
    context.arc(x, y, radius, 0, 7);
    context.globalAlpha = task.stage < 2 || task.stage === 5 ? 0.3 : 1;
    context.fillStyle = typeColour(task.type);
    context.fill();
    context.globalAlpha = 1;
    if (task.stage !== 3 && radius > 2) {
      context.lineWidth = Math.min(3, radius / 3);
      context.strokeStyle = colours[task.stage];
      context.stroke();
    }
    if (task.id === chosen) {
      context.lineWidth = 2;
      context.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue("--text");
      context.beginPath();
      context.arc(x, y, radius + 4, 0, 7);
      context.stroke();
    }
    if (radius > 9) {
      context.fillStyle = task.stage < 2 || task.stage === 5 ? getComputedStyle(document.documentElement).getPropertyValue("--text") : "#fff";
      context.fillText(task.id, x, y + 4 * scale);
    }
  }
  context.textAlign = "left";
}

function arrows(context, view, seen, radius) {
  let left = MOST_ARROWS;
  context.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue("--dim");
  context.lineWidth = 1;
  context.globalAlpha = Math.max(Math.min(0.9, 60 / seen.length), 0.15);
  context.beginPath();
  for (const task of seen) {
    const [x1, y1] = at(places.get(task.id), view);
    for (const producer of task.producers) {
      const place = places.get(producer);
      if (!place || left-- < 0) continue;
      const [x0, y0] = at(place, view);
      const middle = (y0 + y1) / 2;
      context.moveTo(x0, y0 + radius);
      context.bezierCurveTo(x0, middle, x1, middle, x1, y1 - radius);
    }
  }
  context.stroke();
  context.globalAlpha = 1;
}

function far(context, view, first, last) {
  const height = Math.max(ROW * view.sy - 1, 1);
  const step = Math.max(Math.floor(1 / (ROW * view.sy)), 1);
  for (let index = first; index <= last; index += step) {
    const row = rows[index];
    const y = (index * ROW - view.y) * view.sy - height / 2;
    let x = (-(row.length - 1) / 2 * SPACE - RADIUS - view.x) * view.sx;
    for (const [type, number] of kinds(row)) {
      const width = number * SPACE * view.sx;
      context.fillStyle = typeColour(type);
      context.fillRect(x, y, Math.max(width, 1), height);
      if (width > 40 && height > 14) {
        context.fillStyle = "#fff";
        context.font = "12px system-ui, sans-serif";
        label(context, `${number.toLocaleString("en")} ${shortName(type)}`, x + 6, y + height / 2 + 4, width - 10);
      }
      x += width;
    }
  }
}

function kinds(row) {
  if (!row.kinds) {
    row.kinds = new Map();
    for (const task of row) row.kinds.set(task.type, (row.kinds.get(task.type) || 0) + 1);
  }
  return row.kinds;
}

function pick(px, py, view) {
  const [x, y] = [px / view.sx + view.x, py / view.sy + view.y];
  const row = rows[Math.round(y / ROW)];
  const place = row && Math.round(x / SPACE + (row.length - 1) / 2);
  const task = row?.[place];
  if (!task || view.sx * SPACE <= 7) return null;
  return { id: task.id, title: `task ${task.id} ${shortName(task.type)}: ${STAGES[task.stage]}` };
}

export function graph(canvas, choose) {
  const bounds = (width, height) => {
    build();
    const [w, h] = [widest * SPACE + 40, rows.length * ROW + 20];
    const [sx, sy] = [Math.min(width / w, 1.2), Math.min(height / h, 1.2)];
    return { x: -width / sx / 2, y: -(height / sy - (rows.length - 1) * ROW) / 2, sx, sy };
  };
  const plane = new Plane(canvas, { draw, pick, bounds, choose: (found) => found && choose(found.id) });
  plane.restrict = (isCurrent) => { onlyCurrent = isCurrent; plane.fit(); };
  plane.mark = (id) => { chosen = id; plane.paint(); };
  return plane;
}
