// SPDX-License-Identifier: Apache-2.0
//
// Tokens, and who may log in here.
import { get, item, list, onceOnly, post, put, remove } from "./api.js";
import { freshId, h, name } from "./dom.js";
import { time } from "./format.js";
import { ask, badge, button, card, field, loginField, say, showSecret } from "./parts.js";
import { pages, table } from "./table.js";

const PAGE = 50;
const DAY = 86400;
const AREAS = {
  user: ["accounts", "tunnels", "access"],
  admin: ["accounts", "tunnels", "broker", "dns", "access", "audit", "events"],
};
const ROLES = [
  ["user", "user: one account"],
  ["operator", "operator: sees everything, ends tunnels"],
  ["admin", "admin: everything"],
];
const LIFETIMES = [
  ["", "never"],
  [String(DAY), "in a day"],
  [String(30 * DAY), "in 30 days"],
  [String(90 * DAY), "in 90 days"],
  [String(365 * DAY), "in a year"],
];

function remover(text, what, title, lead, path, done) {
  return button(
    [text, h("span", { class: "unseen" }, ` ${what}`)],
    () =>
      ask({
        title,
        lead,
        text,
        kind: "danger",
        submit: async () => {
          await remove(path);
          return done;
        },
      }),
    "quiet danger",
  );
}

// ---- tokens

function tokenColumns(isAdmin, done) {
  return [
    { title: "Name", show: (token) => name(token.name), once: true },
    isAdmin && { title: "Role", show: ({ role }) => badge(role, "plain"), once: true },
    isAdmin && { title: "Account", show: ({ login }) => (login === null ? "–" : name(login)), once: true },
    {
      title: "For",
      show: ({ scopes }) => (scopes.length ? scopes.join(", ") : "whatever the role may do"),
      once: true,
    },
    { title: "Made", show: ({ created_at: at }) => time(at), once: true },
    { title: "Expires", show: ({ expires_at: at }) => (at === null ? "never" : time(at)), once: true },
    {
      title: "",
      once: true,
      show: (token) =>
        remover(
          "Revoke",
          token.name,
          "Revoke the token?",
          "Whoever uses it is refused from the next request on.",
          item("tokens", token.id),
          done,
        ),
    },
  ].filter(Boolean);
}

/** What a token is for: for each area nothing, reading or all; nothing anywhere is whatever the role may do. */
function scopesField(areas) {
  const choices = areas.map((area) =>
    field({
      name: area,
      label: area,
      options: [
        ["", "–"],
        ["read", "read"],
        ["write", "read and write"],
      ],
      value: "",
    }),
  );
  const fault = h("small", { class: "fault", id: freshId("scopes"), hidden: true });
  const element = h(
    "fieldset",
    { "aria-describedby": fault.id },
    h("legend", {}, "Only for"),
    h("p", { class: "muted" }, "Nothing chosen: whatever the role may do."),
    h(
      "div",
      { class: "row" },
      choices.map((each) => each.element),
    ),
    fault,
  );
  const input = {
    type: "scopes",
    get value() {
      return choices.filter((each) => each.input.value).map((each) => `${each.name}:${each.input.value}`);
    },
    focus: () => choices[0].input.focus(),
  };
  const complain = (text) => {
    fault.textContent = text ?? "";
    fault.hidden = !text;
  };
  return { name: "scopes", element, input, complain };
}

function askForToken(session, done) {
  const once = onceOnly();
  const isAdmin = session.role === "admin";
  const role = field({ name: "role", label: "Role", options: ROLES, value: "user" });
  const login = field({
    name: "login",
    label: "Account",
    autocomplete: "off",
    spellcheck: "false",
    autocapitalize: "none",
    hint: "Of a token of the role user.",
    dir: "auto",
  });
  role.input.addEventListener("change", () => {
    login.element.hidden = role.input.value !== "user";
  });
  ask({
    title: "New token",
    text: "Make",
    fields: [
      field({
        name: "name",
        label: "Name",
        required: true,
        autocomplete: "off",
        hint: "Such as the program that will have it: letters, digits, . _ -",
      }),
      ...(isAdmin ? [role, login] : []),
      field({ name: "lifetime_seconds", label: "Expires", options: LIFETIMES, value: String(90 * DAY) }),
      scopesField(AREAS[session.role]),
    ],
    submit: async (values) => {
      const body = { name: values.name, role: values.role ?? "user", scopes: values.scopes };
      if (body.role === "user") body.login = isAdmin ? values.login : session.login;
      if (values.lifetime_seconds) body.lifetime_seconds = Number(values.lifetime_seconds);
      const { token } = await post("tokens", body, once);
      return async () => {
        showSecret({
          title: "Token made",
          lead: "It is shown this once; the broker keeps only its hash.",
          lines: [
            ["Name", values.name],
            ["Token", token, true],
          ],
        });
        await done();
      };
    },
  });
}

export async function showTokens({ content, session }) {
  const grid = table(
    "Tokens",
    tokenColumns(session.role === "admin", () => shown.reload()),
    ({ id }) => id,
    "There is no token.",
  );
  const shown = pages(grid, async (after) => {
    const page = await get(list("tokens", { after, limit: PAGE }));
    return { rows: page.tokens, next: page.next };
  });
  content.append(
    card(
      "Tokens of the API",
      h("p", { class: "muted" }, "Programs show a token instead of a login and a password."),
      h(
        "div",
        { class: "buttons" },
        button("New token", () => askForToken(session, shown.reload), "primary"),
      ),
      shown.element,
    ),
  );
  await shown.reload();
}

// ---- console logins

function askForLogin(done, known) {
  ask({
    title: known ? "New password" : "New console login",
    text: known ? "Change" : "Create",
    lead: known
      ? h("span", {}, "Of ", name(known.login), ", whose sessions end.")
      : "A login of the role user is that of its account.",
    fields: [
      ...(known
        ? []
        : [
            loginField(),
            field({ name: "role", label: "Role", options: ROLES, value: "user" }),
          ]),
      field({
        name: "password",
        label: "Password",
        type: "password",
        autocomplete: "new-password",
        required: true,
        hint: "At least 8 characters.",
      }),
    ],
    submit: async (values) => {
      await put(item("console-logins", known?.login ?? values.login), {
        password: values.password,
        role: known?.role ?? values.role,
      });
      say(known ? "The password is another one now." : "The login is there.");
      return done;
    },
  });
}

export async function showConsoleLogins({ content }) {
  const done = () => shown.reload();
  const grid = table(
    "Console logins",
    [
      { title: "Login", show: ({ login }) => name(login), once: true },
      { title: "Role", show: ({ role }) => badge(role, "plain") },
      { title: "Second factor", show: ({ needs_code: needed }) => (needed ? badge("on", "good") : "–") },
      { title: "Password since", show: ({ changed_at: at }) => time(at) },
      {
        title: "",
        once: true,
        show: (known) =>
          h(
            "span",
            { class: "actions" },
            button(
              ["New password", h("span", { class: "unseen" }, ` of ${known.login}`)],
              () => askForLogin(done, known),
              "quiet",
            ),
            known.needs_code &&
              remover(
                "Turn off",
                `the second factor of ${known.login}`,
                "Turn off the second factor?",
                "The password is enough again. Sessions of this login end.",
                `${item("console-logins", known.login)}/totp`,
                done,
              ),
            remover(
              "Remove",
              known.login,
              "Remove the console login?",
              "It is kept out of the console, and its sessions end.",
              item("console-logins", known.login),
              done,
            ),
          ),
      },
    ],
    ({ login, needs_code: needed }) => `${needed} ${login}`,
    "Nobody can log in here.",
  );
  const shown = pages(grid, async (after) => {
    const page = await get(list("console-logins", { after, limit: PAGE }));
    return { rows: page["console-logins"], next: page.next };
  });
  content.append(
    card(
      "Who may log in here",
      h(
        "div",
        { class: "buttons" },
        button("New console login", () => askForLogin(done), "primary"),
      ),
      shown.element,
    ),
  );
  await shown.reload();
}
