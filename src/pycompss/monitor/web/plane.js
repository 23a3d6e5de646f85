// A canvas that can be moved and zoomed. `draw(context, view)` paints it; `pick(x, y)` says what lies at a point.

// Text that ends with "…" where it would be wider than its place; squeezed letters cannot be read.
export function label(context, text, x, y, width) {
  const most = Math.floor(width / context.measureText("n").width);
  if (text.length > most && context.measureText(text).width > width) text = most > 3 ? `${text.slice(0, most - 1)}…` : "";
  if (text) context.fillText(text, x, y, width);
}

export class Plane {
  constructor(canvas, { draw, pick, choose, bounds, vertical = true }) {
    Object.assign(this, { canvas, draw, pick, choose, bounds, vertical });
    this.view = { x: 0, y: 0, sx: 1, sy: 1 };
    this.isFitted = true;
    canvas.addEventListener("wheel", (event) => this.#zoom(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.#drag(event));
    canvas.addEventListener("dblclick", () => this.fit());
    canvas.addEventListener("pointermove", (event) => this.#hover(event));
    canvas.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.paint()).observe(canvas);
  }

  fit() { this.isFitted = true; this.paint(); }

  paint() {
    const { canvas } = this;
    const ratio = devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width || !height) return;
    if (canvas.width !== width * ratio || canvas.height !== height * ratio) {
      canvas.width = width * ratio;
      canvas.height = height * ratio;
    }
    if (this.isFitted) this.#show(this.bounds(width, height), width, height);
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    this.draw(context, { ...this.view, width, height });
  }

  #show({ x, y, width, height, sx, sy }, w, h) {
    this.view = { sx: sx ?? w / width, sy: sy ?? h / height, x, y };
  }

  #zoom(event) {
    event.preventDefault();
    this.zoomAt(event.offsetX, event.offsetY, Math.exp(-event.deltaY / 400));
  }

  zoomAt(px, py, factor) {
    const { view } = this;
    this.isFitted = false;
    view.x += px / view.sx * (1 - 1 / factor);
    view.sx *= factor;
    if (this.vertical) {
      view.y += py / view.sy * (1 - 1 / factor);
      view.sy *= factor;
    }
    this.paint();
  }

  #drag(down) {
    const start = { ...this.view };
    let isClick = true;
    const move = (event) => {
      const [dx, dy] = [event.clientX - down.clientX, event.clientY - down.clientY];
      if (Math.abs(dx) + Math.abs(dy) < 4) return;
      isClick = this.isFitted = false;
      this.view.x = start.x - dx / start.sx;
      this.view.y = start.y - dy / start.sy;
      this.paint();
    };
    const up = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", up);
      if (isClick) this.choose(this.pick(down.offsetX, down.offsetY, this.view, this.canvas.clientHeight));
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", up);
  }

  #hover(event) {
    const found = this.pick(event.offsetX, event.offsetY, this.view, this.canvas.clientHeight);
    this.canvas.style.cursor = found ? "pointer" : "grab";
    this.canvas.title = found ? found.title : "";
  }

  #key(event) {
    const step = { ArrowLeft: [-60, 0], ArrowRight: [60, 0], ArrowUp: [0, -60], ArrowDown: [0, 60] }[event.key];
    if (step) {
      this.isFitted = false;
      this.view.x += step[0] / this.view.sx;
      this.view.y += step[1] / this.view.sy;
      this.paint();
    } else if (event.key === "+" || event.key === "-") {
      this.zoomAt(this.canvas.clientWidth / 2, this.canvas.clientHeight / 2, event.key === "+" ? 1.4 : 1 / 1.4);
    } else if (event.key === "0") {
      this.fit();
    } else {
      return;
    }
    event.preventDefault();
  }
}
