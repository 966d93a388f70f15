// SPDX-License-Identifier: Apache-2.0
//
// What was changed, by whom and from where.
import { get, list } from "./api.js";
import { code, h, name } from "./dom.js";
import { time } from "./format.js";
import { badge, card } from "./parts.js";
import { pages, table } from "./table.js";

const SECONDS = 10;
const PAGE = 50;

const COLUMNS = [
  { title: "When", show: ({ at }) => time(at), once: true },
  { title: "Who", show: ({ actor }) => name(actor), once: true },
  { title: "From", show: ({ source }) => code(source), once: true },
  { title: "What", show: ({ action }) => action },
  { title: "Of which", show: ({ subject }) => name(subject), once: true },
  { title: "Details", show: ({ detail }) => detail || "–" },
  {
    title: "Result",
    show: ({ result }) => (result === "done" ? badge("done", "good") : h("span", { class: "fault" }, result)),
    once: true,
  },
  { title: "Broker", show: ({ broker_id }) => String(broker_id) },
];

export async function showAudit({ content, poll }) {
  const grid = table("Audit log", COLUMNS, ({ id }) => id, "Nothing was changed yet.");
  const shown = pages(grid, async (after) => {
    const page = await get(list("audit", { after, limit: PAGE }));
    return { rows: page.audit, next: page.next };
  });
  content.append(card("The latest first", shown.element));
  await poll(SECONDS, shown.reload);
}
