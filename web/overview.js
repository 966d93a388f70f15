// SPDX-License-Identifier: Apache-2.0
//
// What this broker is doing, live.
import { get } from "./api.js";
import { rateChart, ratesOf } from "./chart.js";
import { code, h } from "./dom.js";
import { bytes, count, duration, words } from "./format.js";
import { badge, card, liveFacts } from "./parts.js";
import { table } from "./table.js";

const SECONDS = 2;
const POOLS_SECONDS = 10;

/** Values in large letters: {element, update}. */
function tiles(lines) {
  const shown = lines.map(([label, text, wrap]) => ({
    text,
    wrap,
    value: h("b"),
    note: h("span", { class: "muted" }, label),
  }));
  const element = h(
    "ul",
    { class: "tiles" },
    shown.map(({ value, note }) => h("li", {}, note, value)),
  );
  const update = (thing) => {
    for (const { text, wrap, value } of shown) {
      const now = text(thing);
      if (value.dataset.now === now) continue;
      value.dataset.now = now;
      value.replaceChildren(wrap ? wrap(now) : now);
    }
  };
  return { element, update };
}

const health = (good) => (text) => badge(text, text === good ? "good" : "bad");

const TILES = [
  ["Tunnels up", ({ counters }) => count(counters.tunnels_now)],
  ["Logins under way", ({ counters }) => count(counters.sessions_now)],
  ["Serving clients", ({ ready, drain }) => (drain ? "draining" : ready ? "yes" : "no"), health("yes")],
  ["Store", ({ store }) => (store.available ? "available" : "away"), health("available")],
  ["Datapath", ({ datapath }) => datapath.type],
  ["Up for", ({ uptime_seconds: seconds }) => duration(seconds)],
];

function trouble({ ready, store, drain }) {
  if (!store.available)
    return `The store is not available: ${store.detail || "no reason is known"}. Tunnels go on; nobody can log in.`;
  if (drain)
    return `The broker drains: ${count(drain.tunnels_left)} tunnels are left${drain.seconds_left === null ? "." : `, and it stops in ${duration(drain.seconds_left)} at the latest.`}`;
  return ready ? "" : "The broker does not serve clients yet.";
}

const TRAFFIC = [
  ["From clients", ({ datapath }) => `${bytes(datapath.bytes_up)} in ${count(datapath.packets_up)} packets`],
  ["To clients", ({ datapath }) => `${bytes(datapath.bytes_down)} in ${count(datapath.packets_down)} packets`],
];

const SESSIONS = [
  ["Logins that succeeded", ({ counters }) => count(counters.auth_succeeded)],
  ["Logins that failed", ({ counters }) => count(counters.auth_failed)],
  ["Tunnels made", ({ counters }) => count(counters.tunnels_accepted)],
  ["Tunnels that fell silent", ({ counters }) => count(counters.tunnels_expired)],
  ["Offers refused", ({ counters }) => count(counters.offers_refused)],
  ["Greetings over the limit", ({ counters }) => count(counters.hellos_limited)],
  ["Sent to other brokers", ({ counters }) => count(counters.redirects_sent)],
];

const HEALTH = [
  ["Version", ({ version }) => version],
  ["Broker", ({ broker_id: id, realm }) => `${id}, realm ${realm}`],
  ["TSP is spoken at", ({ listen }) => listen.join(", ")],
  ["Store", ({ store }) => `${store.type}, ${count(store.transactions)} commits`],
  ["Orders under way", ({ operations }) => count(operations)],
  ["Datapath", ({ datapath }) => `${datapath.type}: ${datapath.reason}`],
  [
    "Offloads",
    ({ datapath }) =>
      Object.entries(datapath.offloads)
        .map(([key, used]) => `${words(key)}: ${used ? "in use" : "no"}`)
        .join(", ") || null,
  ],
  ["Errors of sending", ({ datapath }) => count(datapath.outer_errors)],
];

/** What is left to be given out. */
function poolsCard() {
  const grid = table(
    "What is left",
    [
      { title: "Of", show: ({ what }) => what },
      { title: "Left", show: ({ left }) => (left >= Number.MAX_SAFE_INTEGER ? "enough" : count(left)) },
      { title: "Next", show: ({ next }) => (next ? code(next) : "–") },
    ],
    ({ pool, what }) => `${pool} ${what}`,
    "Nothing is given out.",
  );
  const taken = liveFacts([
    ["Prefixes", ({ pools }) => pools.map(({ prefix }) => prefix).join(", ")],
    ["Addresses and prefixes given away", ({ pools }) => count(pools.reduce((sum, { claims }) => sum + claims, 0))],
    [
      "Of these kept from others for a while",
      ({ pools }) => count(pools.reduce((sum, { quarantined }) => sum + quarantined, 0)),
    ],
  ]);
  const rows = ({ family, hosts, anonymous, prefixes, ...pool }) =>
    [
      { pool: family, what: `addresses of ${hosts}`, left: pool.hosts_available },
      anonymous && { pool: family, what: `anonymous clients' of ${anonymous}`, left: pool.anonymous_available },
      ...prefixes.map(({ length, available, next }) => ({
        pool: family,
        what: `prefixes /${length}${family === "ipv4" ? " of IPv4" : ""}`,
        left: available,
        next,
      })),
    ].filter(Boolean);
  const update = (answer) => {
    taken.update(answer);
    grid.update(answer.pools.flatMap(rows));
  };
  return { element: card("Addresses", taken.element, grid.element), update };
}

/** Packets by the reason to drop them, the most frequent first. */
function dropsCard() {
  let first = null;
  const grid = table(
    "Dropped packets",
    [
      { title: "Reason", show: ({ reason }) => words(reason) },
      { title: "Packets", show: ({ number }) => count(number) },
      { title: "Since you look", show: ({ reason, number }) => count(Math.max(0, number - (first[reason] ?? 0))) },
    ],
    ({ reason }) => reason,
    "No packet was dropped.",
  );
  const update = ({ datapath: { drops } }) => {
    first ??= drops;
    const rows = Object.entries(drops).map(([reason, number]) => ({ reason, number }));
    grid.update(
      rows.filter(({ number }) => number > 0).sort((a, b) => b.number - a.number || (a.reason < b.reason ? -1 : 1)),
    );
  };
  return { element: card("Dropped packets", grid.element), update };
}

export async function showOverview({ content, poll }) {
  const parts = [tiles(TILES), liveFacts(TRAFFIC), liveFacts(SESSIONS), liveFacts(HEALTH), dropsCard()];
  const [top, traffic, sessions, state, drops] = parts;
  const pools = poolsCard();
  const notice = h("p", { class: "notice bad", role: "alert", hidden: true });
  const rates = ratesOf("broker");
  const chart = rateChart(rates, "Traffic of all tunnels");
  content.append(
    notice,
    top.element,
    h(
      "div",
      { class: "columns" },
      h("div", {}, card("Traffic", chart.element, traffic.element), drops.element, card("Clients", sessions.element)),
      h("div", {}, pools.element, card("State", state.element)),
    ),
  );
  await poll(SECONDS, async () => {
    const status = await get("status");
    for (const part of parts) part.update(status);
    rates.add(status.datapath.bytes_up, status.datapath.bytes_down);
    chart.draw();
    const text = trouble(status);
    if (notice.textContent !== text) notice.textContent = text;
    notice.hidden = text === "";
  });
  await poll(POOLS_SECONDS, async () => pools.update(await get("pools")));
}
