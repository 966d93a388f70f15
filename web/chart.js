// SPDX-License-Identifier: Apache-2.0
//
// How fast counters of bytes grow, and a picture of it.
import { h, svg } from "./dom.js";
import { rate } from "./format.js";

const WINDOW_SECONDS = 300;
const HEIGHT = 180;
const MARGIN = { left: 68, right: 8, top: 10, bottom: 22 };
const STEPS = [1, 2, 5, 10];

/** What was seen of two counters while the page is open. */
export class Rates {
  constructor() {
    this.points = [];
    this.before = null;
  }

  add(up, down) {
    const at = performance.now() / 1000;
    const before = this.before;
    this.before = { at, up, down };
    if (!before || at <= before.at) return;
    // They begin again when the broker does, or the tunnel.
    const grown = up >= before.up && down >= before.down;
    const seconds = at - before.at;
    this.points.push({
      at,
      up: grown ? (up - before.up) / seconds : null,
      down: grown ? (down - before.down) / seconds : null,
    });
    while (this.points[0].at < at - WINDOW_SECONDS) this.points.shift();
  }

  get now() {
    return this.points.at(-1) ?? { up: null, down: null };
  }
}

const KEPT_MAX = 1000;
const kept = new Map();
/** The same for the same thing, whichever page asks. */
export function ratesOf(what) {
  if (!kept.has(what)) kept.set(what, new Rates());
  if (kept.size > KEPT_MAX) kept.delete(kept.keys().next().value);
  return kept.get(what);
}

/** The least of 1, 2, 5, 10, 20 … kbit/s that is not below. */
function ceiling(bytesPerSecond) {
  const bits = Math.max(bytesPerSecond * 8, 1000);
  const power = 10 ** Math.floor(Math.log10(bits));
  return (STEPS.find((step) => step * power >= bits) * power) / 8;
}

function path(points, x, y, series) {
  let drawn = "";
  let pen = "M";
  for (const point of points) {
    if (point[series] === null) {
      pen = "M";
      continue;
    }
    drawn += `${pen}${x(point.at).toFixed(1)} ${y(point[series]).toFixed(1)}`;
    pen = "L";
  }
  return drawn;
}

function grid(width, top, y) {
  return [0, 0.5, 1].map((part) => [
    svg("line", { class: "grid", x1: MARGIN.left, x2: width - MARGIN.right, y1: y(top * part), y2: y(top * part) }),
    svg("text", { x: MARGIN.left - 8, y: y(top * part) + 4, "text-anchor": "end" }, rate(top * part)),
  ]);
}

function times(width) {
  const y = HEIGHT - 4;
  return [
    svg("text", { x: MARGIN.left, y }, `${WINDOW_SECONDS / 60} min ago`),
    svg("text", { x: width - MARGIN.right, y, "text-anchor": "end" }, "now"),
  ];
}

/** {element, draw}: both directions of the last minutes. */
export function rateChart(rates, label) {
  const picture = svg("svg", { class: "chart", role: "img", height: HEIGHT });
  const values = { up: h("b"), down: h("b") };
  const legend = h(
    "p",
    { class: "legend" },
    h("span", {}, h("i", { class: "key up" }), "Up ", values.up),
    h("span", {}, h("i", { class: "key down" }), "Down ", values.down),
  );

  function draw() {
    values.up.textContent = rate(rates.now.up);
    values.down.textContent = rate(rates.now.down);
    picture.setAttribute("aria-label", `${label}: up ${rate(rates.now.up)}, down ${rate(rates.now.down)}`);
    const width = Math.max(picture.clientWidth, 240);
    picture.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    const end = rates.points.at(-1)?.at ?? 0;
    const top = ceiling(Math.max(0, ...rates.points.flatMap(({ up, down }) => [up ?? 0, down ?? 0])));
    const x = (at) => width - MARGIN.right - ((end - at) / WINDOW_SECONDS) * (width - MARGIN.left - MARGIN.right);
    const y = (value) => HEIGHT - MARGIN.bottom - (value / top) * (HEIGHT - MARGIN.top - MARGIN.bottom);
    picture.replaceChildren(
      ...grid(width, top, y).flat(),
      ...times(width),
      svg("path", { class: "down", d: path(rates.points, x, y, "down") }),
      svg("path", { class: "up", d: path(rates.points, x, y, "up") }),
    );
  }

  new ResizeObserver(draw).observe(picture);
  return { element: h("div", {}, picture, legend), draw };
}
