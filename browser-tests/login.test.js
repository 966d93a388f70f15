// SPDX-License-Identifier: Apache-2.0
//
// Logging in and out, sessions, and what keeps strangers from them.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CONSOLE_PASSWORD, card, fillLogin, startWorld } from "./world.js";

let world;
before(async () => {
  world = await startWorld(101);
});
after(() => world.stop());

test("who gives the right password is in, and stays in when the page is loaded again", async () => {
  const page = await world.logIn("alice");
  await page.getByRole("heading", { name: "Your tunnel" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Your tunnel" }).waitFor();
  assert.deepEqual(page.complaints, []);
});

test("a wrong password is said to be wrong, and guessing is slowed down", async () => {
  const page = await world.open();
  for (const said of ["login or password is wrong", "login or password is wrong", "too many failures"]) {
    await fillLogin(page, "noc", "wrong horse");
    await page.getByRole("alert").filter({ hasText: said }).waitFor();
  }
  await world.advance(2);
  await fillLogin(page, "noc", CONSOLE_PASSWORD);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
});

test("nothing is sent without a login", async () => {
  const page = await world.open();
  let sent = 0;
  page.on("request", (request) => {
    sent += request.method() === "POST" ? 1 : 0;
  });
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByText("This is needed.").waitFor();
  assert.equal(sent, 0);
  assert.equal(await page.getByLabel("Login").getAttribute("aria-invalid"), "true");
});

test("the keyboard alone is enough to log in, to move about and to log out", async () => {
  const page = await world.open();
  // It has the focus from the beginning.
  await page.locator("[name=login]:focus").waitFor();
  await page.keyboard.type("noc");
  await page.keyboard.press("Tab");
  await page.keyboard.type(CONSOLE_PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  // From the heading back to the navigation.
  const focused = () => page.evaluate(() => document.activeElement.textContent);
  for (let i = 0; i < 20 && (await focused()) !== "Tunnels"; i += 1) await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Tunnels", exact: true }).waitFor();
  assert.equal(await focused(), "Tunnels", "the heading has the focus, so that readers begin there");
  for (let i = 0; i < 20 && (await focused()) !== "Log out"; i += 1) await page.keyboard.press("Shift+Tab");
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineWidth);
  assert.equal(outline, "3px", "it is seen where the focus is");
  await page.keyboard.press("Enter");
  await page.getByLabel("Password of the console").waitFor();
});

test("the link to skip goes to the content", async () => {
  const page = await world.logIn("noc");
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  const skip = page.getByRole("link", { name: "Skip to the content" });
  await skip.focus();
  assert.ok((await skip.boundingBox()).y >= 0, "it is seen as soon as it has the focus");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
});

test("who logs out is out, in all tabs", async () => {
  const page = await world.logIn("alice");
  const other = await page.context().newPage();
  await other.goto("/#/tokens");
  await other.getByRole("button", { name: "New token" }).waitFor();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByLabel("Password of the console").waitFor();
  await other.getByRole("link", { name: "Passwords" }).click();
  await other.getByText("Your session has ended").waitFor();
});

test("a session that has expired asks for the password, and goes on where it was", async () => {
  const page = await world.logIn("noc");
  await page.getByRole("link", { name: "Audit log" }).click();
  await page.getByRole("heading", { name: "Audit log" }).waitFor();
  await world.advance(31 * 60);
  await page.getByRole("link", { name: "Service" }).click();
  await page.getByText("Your session has ended").waitFor();
  assert.equal(await page.getByRole("navigation").count(), 0, "nothing of the session is left on the page");
  await fillLogin(page, "noc", CONSOLE_PASSWORD);
  await page.getByRole("heading", { name: "Service" }).waitFor();
});

test("a change without the session's second secret is refused; with a new session in another tab it is fetched", async () => {
  const page = await world.logIn("alice");
  const status = await page.evaluate(async () => {
    const headers = { "Content-Type": "application/json" };
    return (await fetch("/api/v1/accounts/alice", { method: "PATCH", headers, body: '{"password": "x"}' })).status;
  });
  assert.equal(status, 403);
  // The cookie is now another session's, and this page knows the token of the old one.
  const other = await page.context().newPage();
  await other.goto("/");
  await other.evaluate(async (password) => {
    const body = JSON.stringify({ login: "alice", password });
    await fetch("/api/v1/session", { method: "POST", body });
  }, CONSOLE_PASSWORD);
  await page.getByRole("link", { name: "Tokens" }).click();
  await page.getByRole("button", { name: "New token" }).click();
  const dialog = page.getByRole("dialog", { name: "New token" });
  await dialog.getByLabel("Name").fill("laptop");
  await dialog.getByRole("button", { name: "Make" }).click();
  await page.getByRole("dialog", { name: "Token made" }).waitFor();
});

test("scripts cannot read the cookie, and nothing of other servers is asked for", async () => {
  const asked = new Set();
  const page = await world.open();
  page.on("request", (request) => asked.add(new URL(request.url()).origin));
  await fillLogin(page, "root", CONSOLE_PASSWORD);
  await card(page, "Traffic").waitFor();
  assert.equal(await page.evaluate(() => document.cookie), "");
  assert.deepEqual([...asked], [world.url]);
  const [cookie] = await page.context().cookies();
  assert.deepEqual(
    [cookie.name, cookie.secure, cookie.httpOnly, cookie.sameSite],
    ["__Host-tspd", true, true, "Strict"],
  );
});

test("the policy runs no script that is not the console's own", async () => {
  const page = await world.open();
  const ran = await page.evaluate(async () => {
    const script = document.createElement("script");
    script.textContent = "window.ran = true";
    document.body.append(script);
    document.body.insertAdjacentHTML("beforeend", '<img src="x" onerror="window.ran = true">');
    await new Promise((resolve) => setTimeout(resolve, 200));
    return window.ran ?? false;
  });
  assert.equal(ran, false);
  assert.ok(page.complaints.some((text) => text.includes("Content Security Policy")));
});

test("a broker that does not answer is said not to", async () => {
  const page = await world.logIn("alice");
  await page.getByRole("link", { name: "Tokens" }).click();
  await page.getByRole("button", { name: "New token" }).click();
  await page.route("**/api/v1/tokens", (route) => route.abort());
  const dialog = page.getByRole("dialog", { name: "New token" });
  await dialog.getByLabel("Name").fill("away");
  await dialog.getByRole("button", { name: "Make" }).click();
  await dialog.getByRole("alert").filter({ hasText: "The broker does not answer." }).waitFor();
  // The same request once more, as if its first answer had been lost: one token.
  await page.unroute("**/api/v1/tokens");
  await dialog.getByRole("button", { name: "Make" }).click();
  await page.getByRole("dialog", { name: "Token made" }).getByRole("button", { name: "Done" }).click();
  await page.getByRole("cell", { name: "away", exact: true }).waitFor();
});
