// SPDX-License-Identifier: Apache-2.0
//
// Tables that are refreshed without losing what has the focus, and lists in pages. On a phone a row is a card.
import { h } from "./dom.js";
import { button, say } from "./parts.js";

/**
 * Columns are {title, show(row), once}: what is shown is text or an element; with `once` it is not made again for a row
 * that stays. `key` tells rows apart.
 */
export function table(label, columns, key, empty) {
  const body = h("tbody", { role: "rowgroup" });
  const head = h(
    "tr",
    { role: "row" },
    columns.map(({ title }) =>
      h("th", { role: "columnheader", scope: "col" }, title || h("span", { class: "unseen" }, "Actions")),
    ),
  );
  const grid = h("table", { role: "table", "aria-label": label }, h("thead", { role: "rowgroup" }, head), body);
  const nothing = h("p", { class: "muted" }, empty);
  const known = new Map();

  function refresh(cells, row, isNew) {
    columns.forEach(({ show, once }, place) => {
      if (once && !isNew) return;
      const value = show(row);
      const cell = cells[place];
      if (typeof value === "string" && cell.shown === value) return;
      cell.shown = value;
      cell.element.replaceChildren(...[value].flat(Infinity).filter((part) => part !== null && part !== false));
    });
  }

  function update(rows) {
    const left = new Set(known.keys());
    rows.forEach((row, place) => {
      const id = key(row);
      left.delete(id);
      let entry = known.get(id);
      const isNew = !entry;
      if (isNew) {
        const cells = columns.map(({ title }) => ({ element: h("td", { role: "cell", "data-label": title }) }));
        entry = {
          cells,
          element: h(
            "tr",
            { role: "row" },
            cells.map(({ element }) => element),
          ),
        };
        known.set(id, entry);
      }
      refresh(entry.cells, row, isNew);
      if (body.children[place] !== entry.element) body.insertBefore(entry.element, body.children[place] ?? null);
    });
    for (const id of left) {
      known.get(id).element.remove();
      known.delete(id);
    }
    grid.hidden = rows.length === 0;
    nothing.hidden = rows.length > 0;
  }

  update([]);
  return {
    element: h("div", { class: "table", tabindex: "0", role: "group", "aria-label": label }, grid, nothing),
    update,
  };
}

/**
 * A list of the API in pages: `load(after)` gives {rows, next}. Pages that were seen are gone back to; `reload()` shows
 * the same page again.
 */
export function pages(grid, load) {
  const seen = [null];
  let next = null;
  const where = h("span", { class: "muted" });
  const turn = (step) => go(step).catch((error) => say(error.message, "bad"));
  const back = button("Previous", () => turn(-1));
  const on = button("Next", () => turn(1));
  const element = h("div", {}, grid.element, h("div", { class: "pager" }, back, where, on));

  async function reload() {
    const page = await load(seen.at(-1));
    next = page.next;
    grid.update(page.rows);
    back.disabled = seen.length === 1;
    on.disabled = next === null;
    where.textContent = `Page ${seen.length}`;
    back.parentElement.hidden = seen.length === 1 && next === null;
  }

  async function go(step) {
    if (step > 0) seen.push(next);
    else seen.pop();
    await reload();
    grid.element.scrollIntoView({ block: "nearest" });
  }

  function first() {
    seen.length = 1;
    return reload();
  }

  return { element, reload, first };
}
