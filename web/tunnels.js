// SPDX-License-Identifier: Apache-2.0
//
// The live tunnels of this broker.
import { get, item, list } from "./api.js";
import { ratesOf } from "./chart.js";
import { code, h, name } from "./dom.js";
import { duration, rate, time } from "./format.js";
import { button, card, field, form } from "./parts.js";
import { pages, table } from "./table.js";
import { endTunnel, tunnelCard } from "./tunnel.js";

const SECONDS = 3;
const PAGE = 50;

function rateNow(tunnel, way) {
  return rate(ratesOf(`tunnel ${tunnel.id}`).now[way]);
}

function whose({ login }) {
  return login === null ? "anonymous" : h("a", { href: `#/accounts/${encodeURIComponent(login)}` }, name(login));
}

function lines(...parts) {
  return h("span", { class: "lines" }, parts);
}

function columns(ended) {
  return [
    { title: "Account", show: whose, once: true },
    { title: "Client", show: ({ remote, type }) => lines(code(remote), h("span", { class: "muted" }, type)), once: true },
    { title: "Address, prefix", show: ({ inner, delegated }) => lines(code(inner), delegated && code(delegated)), once: true },
    { title: "Since", show: ({ created }) => time(created), once: true },
    { title: "Up", show: (tunnel) => rateNow(tunnel, "up") },
    { title: "Down", show: (tunnel) => rateNow(tunnel, "down") },
    { title: "Last packet", show: ({ usage }) => (usage ? `${duration(usage.idle_seconds)} ago` : "–") },
    {
      title: "",
      once: true,
      show: (tunnel) =>
        h(
          "span",
          { class: "actions" },
          h("a", { href: `#/tunnels/${tunnel.id}` }, "Details", h("span", { class: "unseen" }, ` of ${tunnel.inner}`)),
          button(
            ["End", h("span", { class: "unseen" }, ` ${tunnel.inner}`)],
            () => endTunnel(tunnel, ended),
            "quiet danger",
          ),
        ),
    },
  ];
}

export async function showTunnels({ content, poll }) {
  const grid = table(
    "Live tunnels",
    columns(() => shown.reload()),
    ({ id }) => id,
    "There is no tunnel.",
  );
  let wanted = {};
  const shown = pages(grid, async (after) => {
    const page = await get(list("tunnels", { ...wanted, after, limit: PAGE }));
    for (const { id, usage } of page.tunnels) if (usage) ratesOf(`tunnel ${id}`).add(usage.bytes_up, usage.bytes_down);
    return { rows: page.tunnels, next: page.next };
  });
  const plain = { spellcheck: "false", autocapitalize: "none", autocomplete: "off" };
  const search = form({
    fields: [
      field({ name: "login", label: "Account", dir: "auto", ...plain }),
      field({ name: "address", label: "Address or prefix inside", ...plain }),
      field({ name: "remote", label: "Client's address outside", ...plain }),
    ],
    text: "Search",
    label: "Search",
    submit: async ({ login, address, remote }) => {
      wanted = { login, address: address.trim(), remote: remote.trim() };
      await shown.first();
    },
  });
  search.classList.add("across");
  content.append(card("Live tunnels", search, shown.element));
  await poll(SECONDS, shown.reload);
}

export async function showTunnel({ content, argument, poll }) {
  const shown = tunnelCard(() => {
    location.hash = "#/tunnels";
  });
  const owner = h("p");
  content.append(owner, shown.element);
  let known = false;
  await poll(SECONDS, async () => {
    const tunnel = await get(item("tunnels", argument));
    if (!known) owner.append("Of ", whose(tunnel));
    known = true;
    shown.update(tunnel);
  });
}
