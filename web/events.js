// SPDX-License-Identifier: Apache-2.0
//
// What happens, as it happens.
import { findSession } from "./api.js";
import { h } from "./dom.js";
import { time } from "./format.js";
import { badge, button, card, field } from "./parts.js";
import { table } from "./table.js";

const SHOWN_MAX = 200;
const LEVELS = { debug: 0, info: 1, warning: 2, error: 3 };
const KINDS = { debug: "off", info: "plain", warning: "bad", error: "bad" };

function details(event) {
  const further = Object.entries(event).filter(([key]) => !["time", "level", "event", "number"].includes(key));
  return further.map(([key, value]) => [h("span", { class: "muted" }, `${key} `), h("bdi", {}, String(value)), " "]);
}

const COLUMNS = [
  { title: "When", show: (event) => time(event.time), once: true },
  { title: "Level", show: ({ level }) => badge(level, KINDS[level]), once: true },
  { title: "Event", show: ({ event }) => event, once: true },
  { title: "Details", show: details, once: true },
];

export async function showEvents({ content, signal, renew }) {
  const grid = table("Events", COLUMNS, ({ number }) => number, "Nothing has happened since you look.");
  const state = h("p", { class: "muted", role: "status" }, "Connecting …");
  const least = field({
    name: "least",
    label: "From the level",
    options: Object.keys(LEVELS).map((level) => [level, level]),
    value: "info",
  });
  let events = [];
  let paused = false;
  let number = 0;
  const draw = () =>
    grid.update(events.filter(({ level }) => LEVELS[level] >= LEVELS[least.input.value]).slice(0, SHOWN_MAX));
  const pause = button("Pause", () => {
    paused = !paused;
    pause.textContent = paused ? "Go on" : "Pause";
    if (!paused) draw();
  });
  least.input.addEventListener("change", draw);
  content.append(card("The latest first", h("div", { class: "row" }, least.element, pause), state, grid.element));

  const stream = new EventSource("/api/v1/events");
  signal.addEventListener("abort", () => stream.close());
  const add = (event) => {
    number += 1;
    events = [{ number, ...event }, ...events].slice(0, 5 * SHOWN_MAX);
    if (!paused) draw();
  };
  stream.addEventListener("open", () => {
    state.textContent = "Live.";
  });
  stream.addEventListener("message", ({ data }) => add(JSON.parse(data)));
  stream.addEventListener("missed", ({ data }) => {
    const { missed } = JSON.parse(data);
    add({
      time: new Date().toISOString(),
      level: "warning",
      event: "missed",
      detail: missed === null ? "some events were missed" : `${missed} events were missed`,
    });
  });
  stream.addEventListener("error", async () => {
    if (signal.aborted) return;
    state.textContent = "Not connected; trying again.";
    if (stream.readyState !== EventSource.CLOSED) return;
    // The browser has given up: the session is over, or there are too many streams.
    if (!(await findSession().catch(() => ({})))) return renew();
    state.textContent = "There are too many streams of events, or the broker is away. Load the page to try again.";
  });
}
