// SPDX-License-Identifier: Apache-2.0
//
// Pages about who is logged in.
import { ApiError, get, item, logIn, patch, post, put, remove } from "./api.js";
import { h } from "./dom.js";
import { ask, button, card, copyable, facts, field, form, say } from "./parts.js";
import { addressCard, configCard, tunnelCard, tunnelOf, updateKeyCard } from "./tunnel.js";

const SECONDS = 3;

export async function showOwnTunnel({ content, session, poll }) {
  let account = await get(item("accounts", session.login));
  const tunnel = tunnelCard(() => refresh());
  const addresses = addressCard();
  async function refresh() {
    account = await get(item("accounts", session.login));
    const { tunnel: live, where } = await tunnelOf(account);
    tunnel.update(live, where);
    addresses.update(account);
  }
  content.append(
    h(
      "div",
      { class: "columns" },
      tunnel.element,
      h(
        "div",
        {},
        addresses.element,
        configCard(session.login, account.tunnel !== null || account.tunnel_elsewhere !== null),
      ),
    ),
  );
  await poll(SECONDS, refresh);
}

function newPasswordFields(what, minimum) {
  return [
    field({
      name: "password",
      label: `New password of the ${what}`,
      type: "password",
      autocomplete: "new-password",
      required: true,
      hint: minimum,
    }),
    field({ name: "again", label: "The same again", type: "password", autocomplete: "new-password", required: true }),
  ];
}

function checkTwice({ password, again }) {
  if (password !== again) throw new ApiError(0, "again", "This is another one.");
}

function consolePasswordCard(session) {
  const fields = [
    // For the browser's password store, which asks whose it is.
    field({
      name: "login",
      label: "Login",
      autocomplete: "username",
      value: session.login,
      readonly: true,
      dir: "auto",
    }),
    field({
      name: "current_password",
      label: "Present password of the console",
      type: "password",
      autocomplete: "current-password",
      required: true,
    }),
    ...newPasswordFields("console", "At least 8 characters."),
  ];
  const element = form({
    fields,
    text: "Change the console's password",
    label: "Password of the console",
    submit: async (values) => {
      checkTwice(values);
      await put(item("console-logins", session.login), {
        password: values.password,
        role: session.role,
        current_password: values.current_password,
      });
      // The change has ended all sessions, this one too.
      await logIn({ login: session.login, password: values.password });
      element.reset();
      say("The console has the new password. Other sessions have ended.");
    },
  });
  return card("Console", h("p", { class: "muted" }, "With this password you log in here."), element);
}

function tunnelPasswordCard(session) {
  const fields = newPasswordFields("tunnel", null);
  const element = form({
    fields,
    text: "Change the tunnel's password",
    label: "Password of the tunnel",
    submit: async (values) => {
      checkTwice(values);
      await patch(item("accounts", session.login), { password: values.password });
      element.reset();
      say("The tunnel has the new password. Put it into your client, too.");
    },
  });
  return card(
    "Tunnel",
    h("p", { class: "muted" }, "With this password your router or client logs in at the broker."),
    element,
  );
}

function presentPassword() {
  return field({
    name: "password",
    label: "Password of the console",
    type: "password",
    autocomplete: "current-password",
    required: true,
  });
}

function codeField(label) {
  return field({
    name: "code",
    label,
    autocomplete: "one-time-code",
    inputmode: "numeric",
    maxlength: 6,
    required: true,
  });
}

/** This session has ended with the others; asking for anything leads to the login. */
function noticeTheEnd() {
  return get("session").catch(() => {});
}

function confirmCode(path, { secret, uri }) {
  ask({
    title: "Set up the app",
    lead: h(
      "span",
      {},
      "Give the app this secret, or ",
      h("a", { href: uri }, "open it in an app of this device"),
      ". It is shown this once.",
    ),
    extra: facts([["Secret", copyable(secret, "the secret")]]),
    fields: [codeField("The code that the app shows now")],
    text: "Turn on",
    submit: async ({ code: digits }) => {
      await put(path, { code: digits });
      say("Logging in takes a code from now on. All sessions have ended.");
      return noticeTheEnd;
    },
  });
}

function secondFactorCard(session) {
  const path = `${item("console-logins", session.login)}/totp`;
  const begin = () =>
    ask({
      title: "Second factor",
      lead: "An authenticator app shows a code, without which nobody logs in any more.",
      fields: [presentPassword()],
      text: "Go on",
      submit: async (values) => {
        const made = await post(path, values);
        return () => confirmCode(path, made);
      },
    });
  const end = () =>
    ask({
      title: "Do without the second factor?",
      fields: [presentPassword(), codeField("Code")],
      text: "Turn off",
      kind: "danger",
      submit: async (values) => {
        await remove(path, values);
        say("The password is enough again. All sessions have ended.");
        return noticeTheEnd;
      },
    });
  return card(
    "Second factor",
    h("p", { class: "muted" }, "Beside the password, logging in can take a code of an authenticator app (TOTP)."),
    h("div", { class: "buttons" }, button("Set up", begin), button("Turn off", end, "danger")),
  );
}

export async function showPasswords({ content, session }) {
  const cards = [consolePasswordCard(session), secondFactorCard(session)];
  if (session.role === "user")
    cards.push(tunnelPasswordCard(session), updateKeyCard(await get(item("accounts", session.login))));
  content.append(h("div", { class: "columns" }, cards));
}
