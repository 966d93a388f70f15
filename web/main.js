// SPDX-License-Identifier: Apache-2.0
//
// Who is here, which page is shown, and how it is kept up to date.
import { findSession, logIn, logOut, watchSession } from "./api.js";
import { h, name } from "./dom.js";
import { card, closeDialogs, field, form, say } from "./parts.js";
import { pageAt, pagesFor } from "./routes.js";

const main = document.getElementById("main");
const nav = document.getElementById("nav");
const menu = document.getElementById("menu");

let session = null;
let leave = new AbortController();

// ---- pages

/** Calls `task` now and every `seconds` while the page is shown; a failure is said once, until it works again. */
function poll(signal, seconds, task) {
  let timer = null;
  let failing = false;
  const again = async () => {
    if (signal.aborted) return;
    try {
      if (!document.hidden) await task();
      failing = false;
    } catch (error) {
      if (signal.aborted || error.status === 401) return;
      if (error.status === 404) {
        main.querySelector(".live")?.replaceChildren(h("p", { class: "notice" }, "It is not there any more."));
        return;
      }
      if (!failing) say(`This page is not up to date: ${error.message}`, "bad");
      failing = true;
    }
    if (!signal.aborted) timer = setTimeout(again, seconds * 1000);
  };
  signal.addEventListener("abort", () => clearTimeout(timer));
  return again();
}

function showHeading(title, subject) {
  document.title = `${subject ? `${subject} · ` : ""}${title} · Tunnel broker`;
  const heading = h("h1", { tabindex: "-1" }, title, subject ? [" ", name(subject)] : "");
  main.replaceChildren(heading);
  return heading;
}

async function show() {
  leave.abort();
  leave = new AbortController();
  const { signal } = leave;
  closeMenu();
  closeDialogs();
  if (!session) return showLogin("");
  const { page, argument } = pageAt(location.hash, session);
  const heading = showHeading(page.title, argument);
  for (const link of nav.querySelectorAll("a")) {
    if (link.hash === page.path || `${link.hash}/` === page.path) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const content = h("div", { class: "page live" });
  main.append(content);
  heading.focus({ preventScroll: true });
  scrollTo(0, 0);
  try {
    await page.show({
      content,
      session,
      argument,
      signal,
      poll: (seconds, task) => poll(signal, seconds, task),
      renew: show,
    });
  } catch (error) {
    if (!signal.aborted && error.status !== 401)
      content.append(h("p", { class: "notice bad", role: "alert" }, error.message));
  }
}

// ---- who is here

function showLogin(reason) {
  leave.abort();
  closeDialogs();
  session = null;
  nav.hidden = true;
  menu.hidden = true;
  document.getElementById("log-out").hidden = true;
  document.getElementById("who").replaceChildren();
  const heading = showHeading("Log in", "");
  heading.classList.add("unseen");
  const fields = [
    field({
      name: "login",
      label: "Login",
      autocomplete: "username",
      required: true,
      autocapitalize: "none",
      spellcheck: "false",
      dir: "auto",
    }),
    field({
      name: "password",
      label: "Password of the console",
      type: "password",
      autocomplete: "current-password",
      required: true,
    }),
  ];
  // Asked for when the password was right, and the login has a second factor.
  const code = field({
    name: "code",
    label: "Code of the second factor",
    autocomplete: "one-time-code",
    inputmode: "numeric",
    maxlength: 6,
  });
  code.element.hidden = true;
  const submit = async ({ login, password, code: digits }) => {
    try {
      begin(await logIn({ login, password, ...(digits ? { code: digits } : {}) }));
    } catch (error) {
      if (error.field === "code") code.element.hidden = false;
      throw error;
    }
  };
  const box = card(
    "Log in",
    reason ? h("p", { class: "notice", role: "alert" }, reason) : "",
    form({ fields: [...fields, code], text: "Log in", submit }),
  );
  box.classList.add("login");
  main.append(box);
  fields[0].input.focus();
}

function begin(found) {
  session = found;
  const pages = pagesFor(session);
  nav.replaceChildren(
    h(
      "ul",
      {},
      pages.map((page) => h("li", {}, h("a", { href: page.path }, page.link))),
    ),
  );
  nav.hidden = false;
  menu.hidden = false;
  document.getElementById("log-out").hidden = false;
  document
    .getElementById("who")
    .replaceChildren(name(session.login ?? session.name), h("span", { class: "badge" }, session.role));
  show();
}

watchSession(() => {
  if (session) showLogin("Your session has ended. Log in again to go on.");
});

document.getElementById("log-out").addEventListener("click", async () => {
  try {
    await logOut();
  } catch (error) {
    // Without an answer the session lives on at the broker, and the cookie here.
    if (error.status !== 401) return say(error.message, "bad");
  }
  location.hash = "#/";
  showLogin("");
});

// ---- the frame

function closeMenu() {
  nav.classList.remove("open");
  menu.setAttribute("aria-expanded", "false");
}

menu.addEventListener("click", () => {
  const isOpen = nav.classList.toggle("open");
  menu.setAttribute("aria-expanded", String(isOpen));
  if (isOpen) nav.querySelector("a")?.focus();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !nav.classList.contains("open")) return;
  closeMenu();
  menu.focus();
});

const theme = document.getElementById("theme");
const darkSystem = matchMedia("(prefers-color-scheme: dark)");

function nameTheme() {
  const chosen = document.documentElement.dataset.theme ?? (darkSystem.matches ? "dark" : "light");
  theme.textContent = chosen === "dark" ? "Light" : "Dark";
  theme.setAttribute("aria-label", `${theme.textContent} colours`);
}

theme.addEventListener("click", () => {
  const wanted = theme.textContent.toLowerCase();
  document.documentElement.dataset.theme = wanted;
  localStorage.setItem("theme", wanted);
  nameTheme();
});
darkSystem.addEventListener("change", nameTheme);
nameTheme();

// The link to skip is no page.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});

addEventListener("hashchange", show);
try {
  const found = await findSession();
  if (found) begin(found);
  else showLogin("");
} catch (error) {
  showLogin(error.message);
}
