// SPDX-License-Identifier: Apache-2.0
//
// Who had an address or a prefix, and when.
import { get, list } from "./api.js";
import { code, h, name } from "./dom.js";
import { time } from "./format.js";
import { badge, card, field, form } from "./parts.js";
import { pages, table } from "./table.js";

const PAGE = 50;

function columns() {
  return [
    { title: "Account", show: ({ login }) => (login === null ? "anonymous" : name(login)), once: true },
    { title: "Address", show: ({ inner }) => code(inner), once: true },
    { title: "Prefix", show: ({ delegated }) => (delegated ? code(delegated) : "–"), once: true },
    { title: "Client's endpoint", show: ({ remote }) => code(remote), once: true },
    { title: "From", show: ({ created }) => time(created), once: true },
    { title: "To", show: ({ ended }) => (ended === null ? badge("up", "good") : time(ended)), once: true },
    { title: "Why it ended", show: ({ reason }) => reason ?? "–", once: true },
    { title: "Broker", show: ({ broker_id: id }) => String(id), once: true },
  ];
}

/** As a field for local time has it; the API wants UTC. */
function utc(local) {
  return local === "" ? "" : `${new Date(local).toISOString().slice(0, 19)}Z`;
}

export async function showHistory({ content, argument }) {
  let wanted = { login: argument };
  const grid = table("Tunnels", columns(), ({ id, ended }) => `${id} ${ended}`, "Nobody, as far as is known.");
  const shown = pages(grid, async (after) => {
    const page = await get(list("history", { ...wanted, after, limit: PAGE }));
    return { rows: page.history, next: page.next };
  });
  const fields = [
    field({
      name: "address",
      label: "Address or prefix",
      spellcheck: "false",
      autocapitalize: "none",
      autocomplete: "off",
      hint: "Such as 2001:db8:1:2::7",
    }),
    field({
      name: "login",
      label: "Account",
      value: argument,
      spellcheck: "false",
      autocapitalize: "none",
      autocomplete: "off",
      dir: "auto",
    }),
    field({
      name: "at",
      label: "At this time",
      type: "datetime-local",
      step: 1,
      hint: "By your clock. Empty: whenever.",
    }),
  ];
  const search = form({
    fields,
    text: "Search",
    label: "Search",
    submit: async (values) => {
      wanted = { address: values.address.trim(), login: values.login, at: utc(values.at) };
      await shown.first();
    },
  });
  search.classList.add("across");
  content.append(
    card("Who had an address or a prefix", search),
    card("Tunnels, the latest first", h("div", {}, shown.element)),
  );
  await shown.reload();
}
