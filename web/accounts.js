// SPDX-License-Identifier: Apache-2.0
//
// Accounts, for operators; what changes them is for admins.
import { ApiError, get, item, list, onceOnly, patch, post, put, remove } from "./api.js";
import { code, h, name } from "./dom.js";
import { count, time } from "./format.js";
import { action, ask, badge, button, card, field, liveFacts, loginField, say, showSecret } from "./parts.js";
import { pages, table } from "./table.js";
import { addressCard, configCard, tunnelCard, tunnelOf, updateKeyCard } from "./tunnel.js";

const SECONDS = 3;
const PAGE = 50;
const LENGTHS = [["", "as configured"], ...Array.from({ length: 17 }, (_, i) => [String(48 + i), `/${48 + i}`])];
// Without those that look alike.
const LETTERS = "abcdefghjkmnpqrstuvwxyz23456789";

/** 100 bits. */
export function makeSecret() {
  const letters = [];
  while (letters.length < 20) {
    const [random] = crypto.getRandomValues(new Uint8Array(1));
    // So that each letter is as likely as any other.
    if (random < 256 - (256 % LETTERS.length)) letters.push(LETTERS[random % LETTERS.length]);
  }
  return letters.join("").replace(/.{5}(?=.)/g, "$&-");
}

// ---- the list

/** The greatest login before all that begin with `start`; logins are in the order of their code points. */
export function before(start) {
  const points = Array.from(start);
  const last = points.pop().codePointAt(0);
  // No control characters, no halves of a pair.
  if (last <= 0x20 || last === 0xa0) return points.join("");
  const less = last - 1 >= 0xd800 && last - 1 <= 0xdfff ? 0xd7ff : last - 1;
  return less === 0x7f ? `${points.join("")}~\u{10ffff}` : `${points.join("")}${String.fromCodePoint(less)}\u{10ffff}`;
}

async function findAccounts(start, after) {
  const page = await get(list("accounts", { after: after ?? (start && before(start)), limit: PAGE }));
  const rows = page.accounts.filter(({ login }) => login.startsWith(start));
  const isPast = start && page.accounts.some(({ login }) => !login.startsWith(start) && login > start);
  return { rows, next: isPast ? null : page.next };
}

function tunnelState({ tunnel, tunnel_broker: broker }) {
  if (tunnel !== null) return badge("up", "good");
  return broker !== null ? badge(`up at broker ${broker}`, "good") : badge("down", "off");
}

function accountLink(login) {
  return h("a", { href: `#/accounts/${encodeURIComponent(login)}` }, name(login));
}

const COLUMNS = [
  { title: "Login", show: ({ login }) => accountLink(login), once: true },
  { title: "State", show: ({ enabled }) => (enabled ? badge("enabled", "plain") : badge("disabled", "bad")) },
  { title: "Tunnel", show: tunnelState },
  { title: "Address", show: ({ address }) => (address ? code(address) : "–") },
  {
    title: "Prefixes",
    show: ({ prefixes }) => (prefixes.length ? prefixes.map((prefix) => [code(prefix), " "]) : "–"),
  },
  { title: "Created", show: ({ created }) => time(created), once: true },
];

export async function showAccounts({ content, session, signal }) {
  const grid = table("Accounts", COLUMNS, ({ login }) => login, "There is no such account.");
  const search = field({
    name: "search",
    label: "Logins that begin with",
    type: "search",
    spellcheck: "false",
    autocapitalize: "none",
    dir: "auto",
  });
  const shown = pages(grid, (after) => findAccounts(search.input.value, after));
  let timer = null;
  search.input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => shown.first().catch((error) => say(error.message, "bad")), 250);
  });
  signal.addEventListener("abort", () => clearTimeout(timer));
  const add = session.role === "admin" && button("New account", () => askForAccount(shown.reload), "primary");
  content.append(card("Accounts", h("div", { class: "row" }, search.element, add), shown.element));
  await shown.reload();
}

function numberOrNull(text) {
  return text === "" ? null : Number(text);
}

function mtuField(value) {
  return field({
    name: "mtu",
    label: "MTU",
    type: "number",
    min: 1280,
    max: 1472,
    value,
    hint: "1280 to 1472 bytes, of the next tunnel. Empty: as configured.",
  });
}

function homeField(value) {
  return field({
    name: "home",
    label: "Home broker",
    type: "number",
    min: 1,
    value,
    hint: "The id of the broker that is to serve the account. Empty: any.",
  });
}

const LENGTH_KEYS = ["prefix_length_shortest", "prefix_length_longest"];

/** `account`: null for a new one. */
function lengthFields(account) {
  const labels = ["Prefixes from", "Prefixes to"];
  return LENGTH_KEYS.map((key, i) =>
    field({ name: key, label: labels[i], options: LENGTHS, value: String(account?.[key] ?? "") }),
  );
}

function noteField(value) {
  return field({
    name: "note",
    label: "Note",
    value,
    maxlength: 1000,
    dir: "auto",
    autocomplete: "off",
    hint: "For operators; the owner of the account does not see it.",
  });
}

function passwordField() {
  return field({
    name: "password",
    label: "Password of the tunnel",
    autocomplete: "off",
    spellcheck: "false",
    hint: "Empty: one is made, and shown once.",
  });
}

function askForAccount(done) {
  const once = onceOnly();
  const made = makeSecret();
  ask({
    title: "New account",
    text: "Create",
    fields: [
      loginField(),
      passwordField(),
      ...lengthFields(null),
      mtuField(),
      homeField(),
      noteField(""),
    ],
    submit: async (values) => {
      const body = { login: values.login, password: values.password || made };
      for (const key of [...LENGTH_KEYS, "mtu", "home"]) {
        if (values[key] !== "") body[key] = Number(values[key]);
      }
      if (values.note !== "") body.note = values.note;
      await post("accounts", body, once);
      return async () => {
        showAccountSecret(values.login, body.password, "Account created");
        await done();
      };
    },
  });
}

function showAccountSecret(login, password, title) {
  return showSecret({
    title,
    lead: "The password is shown this once; the broker keeps only a verifier. Hand both over safely.",
    lines: [
      ["Login", login, true],
      ["Password", password, true],
    ],
  });
}

// ---- one account

const LINES = [
  [
    "State",
    ({ enabled }) => (enabled ? "enabled" : "disabled"),
    (text) => badge(text, text === "enabled" ? "good" : "bad"),
  ],
  ["Created", ({ created }) => created, time],
  [
    "Prefix lengths",
    ({ prefix_length_shortest: from, prefix_length_longest: to }) =>
      from === null ? "as configured" : `/${from} to /${to}`,
  ],
  ["MTU", ({ mtu }) => (mtu === null ? "as configured" : `${count(mtu)} bytes`)],
  ["Home broker", ({ home }) => (home === null ? "any" : String(home))],
  ["Note", ({ note }) => note, name],
  ["Broker's end of its tunnels", ({ server_address: address }) => address, code],
];

function askToChange(login, done, title, lead, fields, change, text = "Change") {
  ask({
    title,
    lead,
    fields,
    text,
    submit: async (values) => {
      const given = change(values);
      await patch(item("accounts", login), given);
      return () => done(given);
    },
  });
}

function askForPassword(login) {
  const made = makeSecret();
  askToChange(
    login,
    ({ password }) => showAccountSecret(login, password, "New password"),
    "New password of the tunnel",
    "The old one is not accepted any more. A tunnel that is up stays up.",
    [passwordField()],
    ({ password }) => ({ password: password || made }),
  );
}

function askForConsolePassword(login) {
  const made = makeSecret();
  ask({
    title: "Password of the console",
    lead: "With it the account's owner logs in here. His sessions end.",
    fields: [
      field({
        name: "password",
        label: "Password",
        autocomplete: "off",
        spellcheck: "false",
        hint: "At least 8 characters. Empty: one is made, and shown once.",
      }),
    ],
    text: "Set",
    submit: async (values) => {
      const password = values.password || made;
      await put(item("console-logins", login), { password, role: "user" });
      return () => showAccountSecret(login, password, "Password of the console");
    },
  });
}

function askToDisable(login, done) {
  askToChange(
    login,
    done,
    "Disable the account?",
    "Its tunnel ends, and it cannot log in until it is enabled again.",
    [],
    () => ({ enabled: false }),
    "Disable",
  );
}

function askToDelete(login) {
  ask({
    title: "Delete the account?",
    lead: h(
      "span",
      {},
      "The account ",
      name(login),
      ", its tunnel, tokens and console login go. Its addresses are kept from others for a while.",
    ),
    fields: [
      field({
        name: "login",
        label: "The login once more, to be sure",
        autocomplete: "off",
        spellcheck: "false",
        autocapitalize: "none",
        required: true,
        dir: "auto",
      }),
    ],
    text: "Delete",
    kind: "danger",
    submit: async (values) => {
      if (values.login !== login) throw new ApiError(0, "login", "This is another login.");
      await remove(item("accounts", login));
      say("The account is deleted.");
      return () => {
        location.hash = "#/accounts";
      };
    },
  });
}

function askForLease(login, done) {
  ask({
    title: "A chosen address or prefix",
    lead: "It has to be free, and of a length that the account may have and has none of. It is the account's for good.",
    fields: [
      field({
        name: "prefix",
        label: "Address or prefix",
        required: true,
        autocomplete: "off",
        spellcheck: "false",
        hint: "Such as 2001:db8:1:2000::/56",
      }),
    ],
    text: "Reserve",
    submit: async ({ prefix }) => {
      await post("leases", { login, prefix: prefix.trim() });
      say("It is reserved.");
      return done;
    },
  });
}

function askToRelease(lease, done) {
  ask({
    title: "Take it away?",
    lead: `${lease} is not the account's any more, and kept from everybody for a while. A tunnel that uses it ends; its client may come back at once, and gets another one.`,
    text: "Take away",
    kind: "danger",
    submit: async () => {
      await remove(item("leases", lease));
      say(`${lease} is in quarantine.`);
      return done;
    },
  });
}

function askForLengths(login, account, done) {
  askToChange(
    login,
    done,
    "Prefix lengths",
    "What the account's client can ask for from its next tunnel on. What the account holds stays its own.",
    lengthFields(account),
    (values) => Object.fromEntries(LENGTH_KEYS.map((key) => [key, numberOrNull(values[key])])),
  );
}

function changeButtons(login, account, refresh) {
  const toggle = account.enabled
    ? button("Disable", () => askToDisable(login, refresh), "danger")
    : action("Enable", async () => {
        await patch(item("accounts", login), { enabled: true });
        await refresh();
      });
  const mtu = () =>
    askToChange(login, refresh, "MTU", null, [mtuField(account.mtu)], (values) => ({ mtu: numberOrNull(values.mtu) }));
  const home = () =>
    askToChange(
      login,
      refresh,
      "Home broker",
      null,
      [
        homeField(account.home),
        field({ name: "force", type: "checkbox", label: "Even if no such broker is known", checked: false }),
      ],
      (values) => ({ home: numberOrNull(values.home), ...(values.force ? { force: true } : {}) }),
    );
  const note = () =>
    askToChange(login, refresh, "Note", null, [noteField(account.note ?? "")], (values) => ({
      note: values.note || null,
    }));
  return [
    toggle,
    button("New password", () => askForPassword(login)),
    button("Prefix lengths", () => askForLengths(login, account, refresh)),
    button("MTU", mtu),
    button("Home broker", home),
    button("Note", note),
    button("Reserve a prefix", () => askForLease(login, refresh)),
    button("Password of the console", () => askForConsolePassword(login)),
    button("Delete", () => askToDelete(login), "danger"),
  ];
}

export async function showAccount({ content, session, argument: login, poll }) {
  let account = await get(item("accounts", login));
  const lines = liveFacts(LINES);
  const buttons = h("div", { class: "buttons" });
  const addresses = addressCard(session.role === "admin" && ((lease) => askToRelease(lease, () => refresh())));
  const tunnel = tunnelCard(() => refresh());
  let drawn = null;

  // Buttons are drawn anew only when they would be others, so that the focus stays.
  function draw() {
    const { enabled, mtu, home, note } = account;
    const state = JSON.stringify([enabled, mtu, home, note, ...LENGTH_KEYS.map((key) => account[key])]);
    if (session.role !== "admin" || state === drawn) return;
    drawn = state;
    buttons.replaceChildren(...changeButtons(login, account, refresh));
  }
  async function refresh() {
    account = await get(item("accounts", login));
    const { tunnel: live, where } = await tunnelOf(account);
    lines.update(account);
    addresses.update(account);
    tunnel.update(live, where);
    draw();
  }
  const hasTunnel = account.tunnel !== null || account.tunnel_elsewhere !== null;
  content.append(
    h(
      "div",
      { class: "columns" },
      h(
        "div",
        {},
        card(
          "Account",
          lines.element,
          h("p", {}, h("a", { href: `#/history/${encodeURIComponent(login)}` }, "Tunnels that it had")),
          buttons,
        ),
        tunnel.element,
      ),
      h("div", {}, addresses.element, session.role === "admin" && updateKeyCard(account), configCard(login, hasTunnel)),
    ),
  );
  await poll(SECONDS, refresh);
}
