// Charts of the last ten minutes on canvases: lines over time, crisp on every screen, with a readout.

const MARGIN = { left: 8, right: 52, top: 8, bottom: 18 };

/**
 * A chart. `lines` are {name, color (a CSS variable), of: point => number or null}; `show` writes a
 * value; a `fromZero` scale begins at 0.
 */
export class Chart {
  constructor(canvas, lines, show, fromZero = true) {
    Object.assign(this, { canvas, lines, show, fromZero, points: [], pointer: null });
    canvas.addEventListener("pointermove", (event) => { this.pointer = event.offsetX; this.draw(); });
    canvas.addEventListener("pointerleave", () => { this.pointer = null; this.draw(); });
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  set(points) {
    this.points = points;
    this.draw();
  }

  draw() {
    const { canvas, points } = this;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    const scale = window.devicePixelRatio || 1;
    if (width === 0) return;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    const context = canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    const css = getComputedStyle(canvas);
    const color = (name) => css.getPropertyValue(name).trim();
    context.font = `11px ${css.fontFamily}`;
    const values = this.lines.flatMap((line) => points.map(line.of)).filter((value) => value !== null);
    if (values.length === 0) {
      context.fillStyle = color("--quiet");
      context.fillText("nothing yet", MARGIN.left, height / 2);
      return;
    }
    let [low, high] = [this.fromZero ? 0 : Math.min(...values), Math.max(...values)];
    if (high === low) { high += 1; if (!this.fromZero) low -= 1; }
    const plot = { left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: height - MARGIN.bottom };
    const [first, last] = [points[0].time_ms, points[points.length - 1].time_ms];
    const range = Math.max(last - first, 60000);
    const x = (ms) => plot.right - ((last - ms) / range) * (plot.right - plot.left);
    const y = (value) => plot.bottom - ((value - low) / (high - low)) * (plot.bottom - plot.top);
    this.grid(context, color, plot, { low, high, range, y });
    for (const line of this.lines) this.line(context, color(line.color), line, x, y);
    if (this.pointer !== null) this.readout(context, color, plot, { x, y });
  }

  grid(context, color, plot, { low, high, range, y }) {
    context.strokeStyle = color("--line");
    context.fillStyle = color("--quiet");
    context.lineWidth = 1;
    context.textAlign = "left";
    for (const value of [low, (low + high) / 2, high]) {
      const at = Math.round(y(value)) + 0.5;
      context.beginPath();
      context.moveTo(plot.left, at);
      context.lineTo(plot.right, at);
      context.stroke();
      context.fillText(this.show(value), plot.right + 5, Math.min(Math.max(at + 4, 10), plot.bottom + 4));
    }
    context.fillText(`−${Math.round(range / 60000)} min`, plot.left, plot.bottom + 14);
    context.textAlign = "right";
    context.fillText("now", plot.right, plot.bottom + 14);
    context.textAlign = "left";
  }

  line(context, color, line, x, y) {
    context.strokeStyle = color;
    context.lineWidth = 1.5;
    context.setLineDash(line.dash ?? []);
    context.beginPath();
    let isDrawn = false;
    for (const point of this.points) {
      const value = line.of(point);
      if (value === null) { isDrawn = false; continue; }
      if (isDrawn) context.lineTo(x(point.time_ms), y(value));
      else context.moveTo(x(point.time_ms), y(value));
      isDrawn = true;
    }
    context.stroke();
    context.setLineDash([]);
  }

  readout(context, color, plot, { x, y }) {
    const distance = (point) => Math.abs(x(point.time_ms) - this.pointer);
    const point = this.points.reduce((best, next) => (distance(next) < distance(best) ? next : best));
    const at = x(point.time_ms);
    context.strokeStyle = color("--quiet");
    context.beginPath();
    context.moveTo(at, plot.top);
    context.lineTo(at, plot.bottom);
    context.stroke();
    const texts = this.lines.map((line) => {
      const value = line.of(point);
      return value === null ? null : `${line.name} ${this.show(value)}`;
    });
    const text = [new Date(point.time_ms).toLocaleTimeString(), ...texts.filter(Boolean)].join("  ");
    const width = context.measureText(text).width + 10;
    const left = Math.min(Math.max(at - width / 2, 0), plot.right + MARGIN.right - width);
    context.fillStyle = color("--ink");
    context.fillRect(left, 0, width, 18);
    context.fillStyle = color("--card");
    context.fillText(text, left + 5, 13);
  }
}
