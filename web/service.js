// SPDX-License-Identifier: Apache-2.0
//
// This broker among others: draining, the list of brokers, the DNS, the self-test.
import { get, item, post, remove } from "./api.js";
import { code, h } from "./dom.js";
import { count, duration } from "./format.js";
import { action, ask, badge, button, card, field, liveFacts, say } from "./parts.js";
import { table } from "./table.js";

const SECONDS = 5;
const FINDINGS = { passed: "good", blocked: "bad", unknown: "plain" };

// ---- draining

function drainCard(refresh) {
  const state = h("p", { role: "status" });
  const begin = button(
    "Drain",
    () =>
      ask({
        title: "Drain this broker?",
        lead: "Clients are sent to other brokers. The daemon stops when the last tunnel is gone, or at the deadline.",
        fields: [
          field({
            name: "deadline_seconds",
            label: "Deadline in minutes",
            type: "number",
            min: 1,
            hint: "Empty: however long it takes.",
          }),
        ],
        text: "Drain",
        kind: "danger",
        submit: async ({ deadline_seconds: minutes }) => {
          await post("drain", minutes === "" ? {} : { deadline_seconds: Math.round(Number(minutes) * 60) });
          return refresh;
        },
      }),
    "danger",
  );
  const cancel = action("Serve clients again", async () => {
    await remove("drain");
    await refresh();
  });
  const update = ({ drain }) => {
    const left =
      drain &&
      `Draining: ${count(drain.tunnels_left)} tunnels are left${drain.seconds_left === null ? ", no deadline." : `, ${duration(drain.seconds_left)} to go.`}`;
    const text = left ?? "Clients are served.";
    if (state.textContent !== text) state.textContent = text;
    begin.hidden = Boolean(drain);
    cancel.hidden = !drain;
  };
  return { element: card("Drain", state, h("div", { class: "buttons" }, begin, cancel)), update };
}

// ---- other brokers

function brokerState({ state, heard, silent_seconds: seconds }) {
  if (state === "stopped") return badge("stopped", "off");
  if (!heard) return badge(`silent for ${duration(seconds)}`, "bad");
  return badge(state, state === "up" ? "good" : "plain");
}

function forget(broker, refresh) {
  return button(
    ["Strike", h("span", { class: "unseen" }, ` broker ${broker.id}`)],
    () =>
      ask({
        title: `Strike broker ${broker.id} from the store?`,
        lead: "It has to have stopped. If it comes back it is on the list again.",
        text: "Strike",
        kind: "danger",
        submit: async () => {
          await remove(item("brokers", broker.id));
          return refresh;
        },
      }),
    "quiet danger",
  );
}

function brokerCard(isAdmin, refresh) {
  const grid = table(
    "Brokers",
    [
      { title: "Id", show: ({ id, own }) => `${id}${own ? " (this one)" : ""}` },
      { title: "State", show: brokerState },
      { title: "Addresses", show: ({ addresses }) => addresses.join(", ") || "–" },
      {
        title: "Tunnels",
        show: ({ tunnels, capacity }) =>
          capacity === null ? count(tunnels) : `${count(tunnels)} of ${count(capacity)}`,
      },
      { title: "Region", show: ({ region }) => region || "–" },
      { title: "Weight", show: ({ weight }) => count(weight) },
      isAdmin && {
        title: "",
        show: (broker) => (!broker.own && (broker.state === "stopped" || !broker.heard) ? forget(broker, refresh) : ""),
        once: true,
      },
    ].filter(Boolean),
    ({ id, heard, state }) => `${id} ${heard} ${state}`,
    "No broker is on the store.",
  );
  return { element: card("Brokers on the same store", grid.element), update: ({ brokers }) => grid.update(brokers) };
}

// ---- the DNS and the self-test

async function dnsCard(poll) {
  const lines = liveFacts([
    ["Records are kept at", ({ place }) => place],
    ["Zones", ({ zones }) => zones.join(", ")],
    ["Accounts whose records are done", ({ done }) => count(done)],
    ["Pending", ({ pending }) => count(pending)],
    ["Refused by the name server", ({ refused }) => count(refused)],
    ["Error", ({ error }) => error || null],
  ]);
  const retry = action("Try again what was refused", async () => {
    await post("dns-retry");
    say("The name server is being asked again.");
  });
  try {
    lines.update(await get("dns"));
  } catch (error) {
    if (error.status !== 404) throw error;
    return card(
      "DNS",
      h("p", { class: "muted" }, "Nothing is done in the DNS: the configuration has no section [dns]."),
    );
  }
  poll(SECONDS, async () => lines.update(await get("dns")));
  return card("DNS", lines.element, h("div", { class: "buttons" }, retry));
}

// ---- the configuration

function wrongPlace({ file, line, key }) {
  return `${file}${line === null ? "" : `:${line}`}${key === null ? "" : ` ${key}`}`;
}

function reloadCard() {
  const changes = table(
    "Changes",
    [
      { title: "Key", show: ({ key }) => code(key) },
      { title: "From", show: ({ from }) => (from === null ? "not set" : code(from)) },
      { title: "To", show: ({ to }) => (to === null ? "not set" : code(to)) },
      {
        title: "When",
        show: ({ needs_restart: restart }) => (restart ? badge("needs a restart", "bad") : badge("at once", "good")),
      },
    ],
    ({ key }) => key,
    "Nothing would change.",
  );
  const faults = h("ul", { class: "faults" });
  const plan = h("div", { hidden: true }, faults, changes.element);
  const apply = action(
    "Take it over",
    async () => {
      await post("reload");
      plan.hidden = true;
      say("The configuration is taken over.");
    },
    "primary",
  );
  const look = action("What would change?", async () => {
    const answer = await post("reload?dry_run=true");
    faults.replaceChildren(
      ...answer.errors.map((each) => h("li", { class: "fault" }, `${wrongPlace(each)}: ${each.message}`)),
    );
    changes.update(answer.changes);
    apply.hidden = !answer.possible || answer.changes.length === 0;
    plan.hidden = false;
  });
  plan.append(h("div", { class: "buttons" }, apply));
  return card(
    "Configuration",
    h("p", { class: "muted" }, "Reads the file again, and takes all of it over or nothing."),
    h("div", { class: "buttons" }, look),
    plan,
  );
}

function selfTestCard() {
  const grid = table(
    "Findings",
    [
      { title: "Check", show: ({ check }) => check.replaceAll("_", " ") },
      { title: "Of", show: ({ target }) => target },
      { title: "Result", show: ({ result }) => badge(result, FINDINGS[result]) },
      { title: "Details", show: ({ detail }) => detail },
    ],
    ({ check, target }) => `${check} ${target}`,
    "It did not run yet.",
  );
  const run = action("Run the self-test", async () => {
    const { result, checks } = await post("self-test");
    grid.update(checks);
    say(`The self-test: ${result}.`, result === "passed" ? "good" : "bad");
  });
  return card(
    "Self-test",
    h("p", { class: "muted" }, "Looks whether the host's forwarding and firewall let clients' packets pass."),
    h("div", { class: "buttons" }, run),
    grid.element,
  );
}

export async function showService({ content, session, poll }) {
  const drain = drainCard(() => refresh());
  const brokers = brokerCard(session.role === "admin", () => refresh());
  async function refresh() {
    drain.update(await get("status"));
    brokers.update(await get("brokers"));
  }
  const reload = session.role === "admin" && reloadCard();
  content.append(
    h("div", { class: "columns" }, h("div", {}, drain.element, reload), selfTestCard()),
    brokers.element,
  );
  await poll(SECONDS, refresh);
  content.append(await dnsCard(poll));
}
