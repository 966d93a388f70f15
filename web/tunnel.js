// SPDX-License-Identifier: Apache-2.0
//
// One tunnel and one account, as their owners and operators see them.
import { get, item, list, post, remove } from "./api.js";
import { rateChart, ratesOf } from "./chart.js";
import { code, h } from "./dom.js";
import { bytes, count, duration, secondsSince, time } from "./format.js";
import {
  action,
  ask,
  badge,
  button,
  card,
  copy,
  copyable,
  field,
  listing,
  liveFacts,
  say,
  showSecret,
} from "./parts.js";

const KINDS = {
  v6udpv4: "IPv6 in UDP over IPv4 (v6udpv4)",
  v6v4: "IPv6 in IPv4, protocol 41 (v6v4)",
  v4v6: "IPv4 in IPv6 (v4v6)",
};
// The first ones are what most people have.
const SYSTEMS = {
  "tsp-connect": "tsp-connect (Linux)",
  gogoc: "gogoc.conf",
  openwrt: "OpenWrt",
  networkd: "systemd-networkd",
  iproute2: "iproute2 (Linux commands)",
  mikrotik: "MikroTik RouterOS",
  opnsense: "OPNsense",
};

const copied = (what) => (text) => copyable(text, what);

function traffic(usage, way) {
  return usage && `${bytes(usage[`bytes_${way}`])} in ${count(usage[`packets_${way}`])} packets`;
}

const LINES = [
  [
    "Since",
    ({ created }) => created,
    (text) => [time(text), h("span", { class: "muted" }, ` (${duration(secondsSince(text))})`)],
  ],
  ["Client's endpoint", ({ remote }) => remote, copied("the endpoint")],
  ["Broker's endpoint", ({ local }) => local, code],
  ["Address in the tunnel", ({ inner }) => inner, copied("the address in the tunnel")],
  ["Routed prefix", ({ delegated }) => delegated, copied("the routed prefix")],
  ["Broker in the tunnel", ({ server_address }) => server_address, code],
  ["Type", ({ type }) => KINDS[type] ?? type],
  ["MTU", ({ mtu }) => `${count(mtu)} bytes`],
  ["Keepalive", ({ keepalive_seconds: seconds }) => (seconds ? `every ${seconds} s` : "none")],
  ["Packets have come through", ({ confirmed }) => (confirmed ? "yes" : "not yet")],
  ["Last packet of the client", ({ usage }) => usage && `${duration(usage.idle_seconds)} ago`],
  ["Sent by the client", ({ usage }) => traffic(usage, "up")],
  ["Received by the client", ({ usage }) => traffic(usage, "down")],
];

/** Of a tunnel that there may be: `update(tunnel or null, where)`. `ended` is called when it was ended here. */
export function tunnelCard(ended) {
  const state = h("p", { class: "state", role: "status" });
  const lines = liveFacts(
    LINES.map(([label, text, wrap]) => [label, text, wrap && ((shown) => h("span", {}, wrap(shown)))]),
  );
  const picture = h("div");
  let chart = null;
  let shown = null;
  const end = button("End the tunnel", () => endTunnel(shown, ended), "danger");
  const element = card("Tunnel", state, picture, lines.element, h("div", { class: "buttons" }, end));

  function draw(tunnel) {
    const rates = ratesOf(`tunnel ${tunnel.id}`);
    if (tunnel.id !== shown?.id) {
      chart = rateChart(rates, "Traffic of this tunnel");
      picture.replaceChildren(chart.element);
    }
    rates.add(tunnel.usage.bytes_up, tunnel.usage.bytes_down);
    chart.draw();
  }

  function update(tunnel, where = "") {
    const text = tunnel ? `Up${where}` : "Down";
    if (state.textContent !== text) state.replaceChildren(badge(text, tunnel ? "good" : "off"));
    for (const part of [picture, lines.element, end.parentElement]) part.hidden = !tunnel;
    picture.hidden ||= !tunnel.usage;
    end.hidden = !ended || where !== "";
    if (tunnel?.usage) draw(tunnel);
    shown = tunnel;
    if (tunnel) lines.update(tunnel);
  }
  return { element, update };
}

export function endTunnel(tunnel, ended) {
  ask({
    title: "End the tunnel?",
    lead: `The tunnel of ${tunnel.login ?? "an anonymous client"} ends. Its client is not told, notices by its keepalives, and may come back at once.`,
    text: "End it",
    kind: "danger",
    submit: async () => {
      await remove(item("tunnels", tunnel.id));
      say("The tunnel has ended.");
      return ended;
    },
  });
}

/** The account's tunnel, and if another broker has it which one. */
export async function tunnelOf(account) {
  if (account.tunnel === null) {
    return {
      tunnel: account.tunnel_elsewhere,
      where: account.tunnel_elsewhere ? ` at broker ${account.tunnel_broker}` : "",
    };
  }
  try {
    return { tunnel: await get(item("tunnels", account.tunnel)), where: "" };
  } catch (error) {
    if (error.status === 404) return { tunnel: null, where: "" };
    throw error;
  }
}

/** What an account holds. `release`: called with an address or a prefix that is to be taken away; without it none is. */
export function addressCard(release) {
  const joined = (texts) => texts.join("\n") || null;
  const held = (text, what) => {
    const shown = copyable(text, what);
    if (!release) return shown;
    const away = button("Release", () => release(text), "quiet");
    away.setAttribute("aria-label", `Release ${what} ${text}`);
    shown.append(away);
    return shown;
  };
  const split = (what) => (text) =>
    h(
      "span",
      { class: "lines" },
      text.split("\n").map((line) => held(line, what)),
    );
  const lines = liveFacts([
    [
      "Address",
      ({ address }) => address ?? "none yet: the first tunnel brings one",
      (text) => (text.includes(":") && !text.includes(" ") ? held(text, "the address") : text),
    ],
    ["Routed prefixes", ({ prefixes }) => joined(prefixes), split("the prefix")],
    ["IPv4 address", ({ ipv4_address: address }) => address, (text) => held(text, "the IPv4 address")],
    ["IPv4 prefixes", ({ ipv4_prefixes: prefixes }) => joined(prefixes), split("the IPv4 prefix")],
    ["Host name", ({ host_name: host }) => host, copied("the host name")],
    ["Name servers of the reverse zones", ({ name_servers: servers }) => servers.join(", ") || null, code],
    ["Records in the DNS", ({ dns }) => dns && dns.state + (dns.error ? `: ${dns.error}` : "")],
  ]);
  return { element: card("Addresses", lines.element), update: lines.update };
}

/** What to paste into routers and clients. `isUp`: then the tunnel shows how the broker is called. */
export function configCard(login, isUp) {
  const system = field({ name: "system", label: "For", options: Object.entries(SYSTEMS), value: "tsp-connect" });
  const server = field({
    name: "server",
    label: "Broker's name or address",
    value: isUp ? "" : location.hostname.replaceAll(/[[\]]/g, ""),
    spellcheck: "false",
    autocapitalize: "none",
    hint: isUp
      ? "Empty: as the tunnel's client has called it."
      : "How clients call the broker; with a port if it is not 3653.",
  });
  const output = h("div", { "aria-live": "polite" });
  let configs = [];

  function show() {
    const config = configs.find((each) => each.system === system.input.value);
    if (!config) return;
    if (config.text === null) output.replaceChildren(h("p", { class: "notice" }, config.reason));
    else
      output.replaceChildren(
        listing(config.text, `Configuration for ${SYSTEMS[config.system]}`),
        button("Copy", () => copy(config.text)),
      );
  }
  async function load() {
    const answer = await get(list(item("client-configs", login), { server: server.input.value.trim() }));
    server.complain(null);
    configs = answer.client_configs;
    show();
  }
  const retry = () =>
    load().catch((error) => (error.field === "server" ? server.complain(error.message) : say(error.message, "bad")));
  system.input.addEventListener("change", show);
  server.input.addEventListener("change", retry);
  retry();
  return card(
    "Client configuration",
    h("p", { class: "muted" }, "Passwords are not in it: the broker does not know them."),
    h("div", { class: "row" }, system.element, server.element),
    output,
  );
}

/** The key with which routers tell a new address of theirs. */
export function updateKeyCard({ login, has_update_key: hasKey }) {
  const path = item("update-keys", login);
  const buttons = h("div", { class: "buttons" });
  const draw = (hasOne) =>
    buttons.replaceChildren(
      action(hasOne ? "Make a new update key" : "Make an update key", make),
      hasOne ? action("Take the update key away", take, "danger") : "",
    );
  async function make() {
    const { update_key: key } = await post(path);
    draw(true);
    await showSecret({
      title: "Update key",
      lead: "It is shown this once. An earlier one is not accepted any more.",
      lines: [
        ["User", login, true],
        ["Update key", key, true],
      ],
    });
  }
  async function take() {
    await remove(path);
    draw(false);
    say("The update key is gone.");
  }
  draw(hasKey);
  return card(
    "Update key",
    h(
      "p",
      { class: "muted" },
      "A router that does not speak TSP tells with it that its address has changed, as it would tell a service for dynamic DNS.",
    ),
    buttons,
  );
}
