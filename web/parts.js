// SPDX-License-Identifier: Apache-2.0
//
// What pages are put together from.
import { ApiError } from "./api.js";
import { code, freshId, h } from "./dom.js";

const MESSAGE_MS = 8000;

/** Says something to everybody, those who do not see the screen included. */
export function say(text, kind = "good") {
  const box = document.getElementById("messages");
  const message = h("p", { class: `notice ${kind}` }, text);
  const close = h(
    "button",
    { type: "button", class: "quiet", "aria-label": "Dismiss", onclick: () => message.remove() },
    "×",
  );
  message.append(close);
  box.append(message);
  setTimeout(() => message.remove(), MESSAGE_MS);
}

export function badge(text, kind) {
  return h("span", { class: `badge ${kind}` }, text);
}

export function button(text, onclick, kind = "") {
  return h("button", { type: "button", class: kind, onclick }, text);
}

/** A button that cannot be pressed again before what it does is done; what goes wrong is said. */
export function action(text, task, kind = "") {
  const element = button(
    text,
    async () => {
      element.disabled = true;
      try {
        await task();
      } catch (error) {
        say(error.message, "bad");
      } finally {
        element.disabled = false;
      }
    },
    kind,
  );
  return element;
}

export function card(title, ...children) {
  const id = freshId("card");
  return h("section", { class: "card", "aria-labelledby": id }, h("h2", { id }, title), ...children);
}

/** Names and values; a value is text or an element, null leaves the line out. */
export function facts(lines) {
  const shown = lines.filter((line) => line && line[1] !== null && line[1] !== undefined);
  return h(
    "dl",
    { class: "facts" },
    shown.map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", {}, value))),
  );
}

/**
 * The same, refreshed by `update(thing)`: lines are [label, text of the thing or null, how the text is shown]. What has
 * not changed is left alone, so that it can be selected, and keeps the focus.
 */
export function liveFacts(lines) {
  const shown = lines.map(([label, text, wrap]) => {
    const value = h("dd");
    return { text, wrap, value, before: undefined, element: h("div", {}, h("dt", {}, label), value) };
  });
  const update = (thing) => {
    for (const line of shown) {
      const now = line.text(thing) ?? null;
      if (now === line.before) continue;
      line.before = now;
      line.element.hidden = now === null;
      line.value.replaceChildren(now === null ? "" : line.wrap ? line.wrap(now) : now);
    }
  };
  return {
    element: h(
      "dl",
      { class: "facts" },
      shown.map(({ element }) => element),
    ),
    update,
  };
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied.");
  } catch {
    say("The browser does not let this page copy; select the text instead.", "bad");
  }
}

export function copyable(text, what) {
  return h(
    "span",
    { class: "copyable" },
    code(text),
    h(
      "button",
      {
        type: "button",
        class: "quiet",
        "aria-label": `Copy ${what}`,
        onclick: () => copy(text),
      },
      "Copy",
    ),
  );
}

/** A block of text that may scroll by itself, by keyboard too. */
export function listing(text, label) {
  return h("pre", { tabindex: "0", role: "region", "aria-label": label, dir: "ltr" }, text);
}

// ---- fields

/** {name, label, type, hint, value, required, options, …attributes} as {element, input, complain}. */
export function field({ name, label, hint, type = "text", value, options, checked, ...attributes }) {
  const id = freshId(name);
  const notes = [];
  const described = hint ? freshId(name) : null;
  if (hint) notes.push(h("small", { id: described }, hint));
  const fault = h("small", { class: "fault", id: freshId(name), hidden: true });
  const common = { id, name, "aria-describedby": [described, fault.id].filter(Boolean).join(" "), ...attributes };
  let input;
  if (options)
    input = h(
      "select",
      common,
      options.map(([key, text]) => h("option", { value: key, selected: key === value }, text)),
    );
  else input = h("input", { type, value: value ?? null, checked, ...common });
  const complain = (text) => {
    fault.textContent = text ?? "";
    fault.hidden = !text;
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  };
  const isBox = type === "checkbox";
  const head = h("label", { for: id }, label);
  const element = h(
    "div",
    { class: isBox ? "field box" : "field" },
    isBox ? [input, head] : [head, input],
    notes,
    fault,
  );
  return { element, input, complain, name };
}

/** A login that is new to the broker. */
export function loginField() {
  return field({
    name: "login",
    label: "Login",
    required: true,
    autocomplete: "off",
    spellcheck: "false",
    autocapitalize: "none",
    dir: "auto",
  });
}

/** Tells the field that is to blame, or the whole form. */
export function blame(error, fields, notice) {
  for (const each of fields) each.complain(null);
  const guilty = fields.find((each) => each.name === error.field);
  notice.textContent = guilty ? "" : (error.field ? `${error.field}: ` : "") + error.message;
  notice.hidden = Boolean(guilty);
  if (guilty) {
    guilty.complain(error.message);
    guilty.input.focus();
  }
}

/** A form of fields; `submit` gets their values by name, and may throw what the API said. */
export function form({ fields, submit, text, kind = "primary", extra = [], label }) {
  const notice = h("p", { class: "notice bad", role: "alert", hidden: true });
  const send = h("button", { class: kind }, text);
  const element = h(
    "form",
    { novalidate: true, "aria-label": label },
    notice,
    fields.map((each) => each.element),
    h("div", { class: "buttons" }, send, extra),
  );
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    const values = Object.fromEntries(
      fields.map(({ name, input }) => [name, input.type === "checkbox" ? input.checked : input.value]),
    );
    notice.hidden = true;
    send.disabled = true;
    try {
      const missing = fields.find(({ input }) => input.required && input.value === "");
      if (missing) throw new ApiError(0, missing.name, "This is needed.");
      await submit(values);
    } catch (error) {
      blame(error, fields, notice);
    } finally {
      send.disabled = false;
    }
  });
  return element;
}

// ---- dialogs

function open(title, build) {
  const id = freshId("dialog");
  const dialog = h("dialog", { "aria-labelledby": id });
  const close = () => dialog.close();
  dialog.append(h("h2", { id }, title), ...build(close));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** What has been done stays done, even if it cannot be shown. */
async function tell(then) {
  try {
    await then?.();
  } catch (error) {
    say(error.message, "bad");
  }
}

/** Also those that show secrets. */
export function closeDialogs() {
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
}

/** Asks for something; closes when `submit` is done, and then calls what that returned, if it is a function. */
export function ask({ title, lead, extra = "", fields = [], submit, text, kind }) {
  open(title, (close) => [
    lead ? h("p", {}, lead) : "",
    extra,
    form({
      fields,
      text,
      kind,
      extra: [button("Cancel", close)],
      submit: async (values) => {
        const then = await submit(values);
        close();
        await tell(then);
      },
    }),
  ]);
}

/** Shows what is never shown again. */
export function showSecret({ title, lead, lines }) {
  return new Promise((resolve) => {
    const dialog = open(title, (close) => [
      h("p", {}, lead),
      facts(lines.map(([label, text, secret]) => [label, secret ? copyable(text, label.toLowerCase()) : text])),
      h("div", { class: "buttons" }, button("Done", close, "primary")),
    ]);
    dialog.addEventListener("close", resolve);
  });
}
