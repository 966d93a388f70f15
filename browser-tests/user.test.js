// SPDX-License-Identifier: Apache-2.0
//
// What the owner of an account sees and does.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CONSOLE_PASSWORD, card, fillLogin, startWorld } from "./world.js";

let world;
before(async () => {
  world = await startWorld(102);
  await world.addAccount("bob");
  await world.addLogin("bob");
});
after(() => world.stop());

test("an account without a tunnel is told how to get one", async () => {
  const page = await world.logIn("bob");
  await card(page, "Tunnel").getByText("Down", { exact: true }).waitFor();
  const config = card(page, "Client configuration");
  await config.getByText(`tsp-connect --server '${new URL(world.url).hostname}'`).waitFor();
  assert.equal(await card(page, "Tunnel").getByRole("button", { name: "End the tunnel" }).isVisible(), false);
  await config.getByLabel("For", { exact: true }).selectOption("gogoc");
  await config.getByText("userid=bob").waitFor();
  await config.getByLabel("For", { exact: true }).selectOption("openwrt");
  await config.getByText("needs a live v6v4 tunnel").waitFor();
  await config.getByLabel("Broker's name or address").fill("tb.example.net:4000");
  await config.getByLabel("For", { exact: true }).focus();
  await config.getByLabel("For", { exact: true }).selectOption("gogoc");
  await config.getByText("server=tb.example.net:4000").waitFor();
  await config.getByLabel("Broker's name or address").fill("not a name");
  await config.getByLabel("For", { exact: true }).focus();
  await config.getByText("expected HOST or HOST:PORT").waitFor();
  assert.deepEqual(page.complaints, []);
});

test("a tunnel that is up is shown with its addresses and its traffic, and ended", async () => {
  await world.openTunnel("bob");
  const { address } = await world.openTunnel("alice", { prefix_length: 56 });
  const page = await world.logIn("alice", "/", { permissions: ["clipboard-read", "clipboard-write"] });
  const tunnel = card(page, "Tunnel");
  await tunnel.getByText("Up", { exact: true }).waitFor();
  await tunnel.getByText(address).waitFor();
  await tunnel.getByText("1,280 bytes").waitFor();
  await tunnel.getByText("every 25 s").waitFor();
  await tunnel.getByText("127.77.102.1:3653").waitFor();
  await card(page, "Addresses").getByText(/\/56$/).waitFor();
  await tunnel.getByRole("button", { name: "Copy the address in the tunnel" }).click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), address);
  await card(page, "Client configuration").getByText("--router 56").waitFor();
  await world.order("send_packets", { source: "alice", destination: "bob", packets: 100 });
  await world.order("send_packets", { source: "bob", destination: "alice", packets: 50 });
  await tunnel.getByText("in 100 packets").waitFor();
  await tunnel.getByText("in 50 packets").waitFor();
  const picture = tunnel.getByRole("img", { name: /Traffic of this tunnel: up .*bit\/s, down .*bit\/s/ });
  await picture.waitFor();
  assert.match(await picture.locator("path.up").getAttribute("d"), /^M[\d.]+ [\d.]+/);
  await tunnel.getByRole("button", { name: "End the tunnel" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "End it" }).click();
  await tunnel.getByText("Down", { exact: true }).waitFor();
  assert.deepEqual(
    (await world.request("GET", "tunnels")).tunnels.map(({ login }) => login),
    ["bob"],
  );
  assert.deepEqual(page.complaints, []);
});

test("the tunnel's password is changed, if it is given twice", async () => {
  const page = await world.logIn("alice", "/#/passwords");
  const form = page.getByRole("form", { name: "Password of the tunnel" });
  await form.getByLabel("New password of the tunnel").fill("looking-glass");
  await form.getByLabel("The same again").fill("looking glass");
  await form.getByRole("button").click();
  await form.getByText("This is another one.").waitFor();
  await form.getByLabel("The same again").fill("looking-glass");
  await form.getByRole("button").click();
  await page.getByText("The tunnel has the new password.").waitFor();
  await world.order("open_tunnel", { login: "alice", password: "looking-glass" });
});

test("the console's password is changed by who knows it; he stays in, other sessions end", async () => {
  const page = await world.logIn("bob", "/#/passwords");
  const other = await world.logIn("bob", "/#/passwords");
  const form = page.getByRole("form", { name: "Password of the console" });
  const fill = async (present, wanted) => {
    await form.getByLabel("Present password of the console").fill(present);
    await form.getByLabel("New password of the console").fill(wanted);
    await form.getByLabel("The same again").fill(wanted);
    await form.getByRole("button").click();
  };
  await fill("wrong horse", "battery staple");
  await form.getByText("it is another one").waitFor();
  await fill(CONSOLE_PASSWORD, "short");
  await form.getByText("expected at least 8 characters").waitFor();
  await fill(CONSOLE_PASSWORD, "battery staple");
  await page.getByText("The console has the new password.").waitFor();
  await page.getByRole("link", { name: "Your tunnel" }).click();
  await card(page, "Tunnel").waitFor();
  await other.getByRole("link", { name: "Tokens" }).click();
  await other.getByText("Your session has ended").waitFor();
  await fillLogin(other, "bob", "battery staple");
  await other.getByRole("heading", { name: "Tokens", exact: true }).waitFor();
});

test("a second factor is set up, asked for, and turned off", async () => {
  await world.addAccount("dora");
  await world.addLogin("dora");
  const page = await world.logIn("dora", "/#/passwords");
  const factor = card(page, "Second factor");
  await factor.getByRole("button", { name: "Set up" }).click();
  const begin = page.getByRole("dialog", { name: "Second factor" });
  await begin.getByLabel("Password of the console").fill("wrong horse");
  await begin.getByRole("button", { name: "Go on" }).click();
  await begin.getByRole("alert").filter({ hasText: "login or password is wrong" }).waitFor();
  await begin.getByLabel("Password of the console").fill(CONSOLE_PASSWORD);
  await begin.getByRole("button", { name: "Go on" }).click();
  const confirm = page.getByRole("dialog", { name: "Set up the app" });
  const secret = await confirm.locator("code").textContent();
  const code = async () => (await world.order("code", { secret })).code;
  assert.match(await confirm.getByRole("link").getAttribute("href"), /^otpauth:\/\/totp\//);
  await confirm.getByLabel("The code that the app shows now").fill(await code());
  await confirm.getByRole("button", { name: "Turn on" }).click();
  // The next code: each is good once.
  await world.advance(30);
  await fillLogin(page, "dora", CONSOLE_PASSWORD);
  await page.getByText("expected that of the second factor").waitFor();
  await page.getByLabel("Code of the second factor").fill(await code());
  await page.getByRole("button", { name: "Log in" }).click();
  await world.advance(30);
  await factor.getByRole("button", { name: "Turn off" }).click();
  const end = page.getByRole("dialog");
  await end.getByLabel("Password of the console").fill(CONSOLE_PASSWORD);
  await end.getByLabel("Code").fill(await code());
  await end.getByRole("button", { name: "Turn off" }).click();
  await fillLogin(page, "dora", CONSOLE_PASSWORD);
  await factor.waitFor();
});

test("a token is shown once, listed, works, and is revoked", async () => {
  const page = await world.logIn("alice", "/#/tokens");
  await page.getByText("There is no token.").waitFor();
  await page.getByRole("button", { name: "New token" }).click();
  const dialog = page.getByRole("dialog", { name: "New token" });
  assert.equal(await dialog.getByLabel("Role").count(), 0, "a user has no choice");
  await dialog.getByLabel("Name").fill("not a name");
  await dialog.getByRole("button", { name: "Make" }).click();
  await dialog.locator(".fault:visible").waitFor();
  await dialog.getByLabel("Name").fill("phone");
  await dialog.getByLabel("accounts").selectOption("read");
  await dialog.getByRole("button", { name: "Make" }).click();
  const made = page.getByRole("dialog", { name: "Token made" });
  const token = await made.locator("code").textContent();
  assert.match(token, /^tspt_[0-9a-f]{64}$/);
  await made.getByRole("button", { name: "Done" }).click();
  await page.getByRole("cell", { name: "accounts:read" }).waitFor();
  assert.equal((await page.content()).includes(token), false);
  const use = () => fetchWithToken(page, token);
  assert.equal(await use(), 200);
  await page.getByRole("button", { name: "Revoke phone" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await page.getByText("There is no token.").waitFor();
  assert.equal(await use(), 401);
});

function fetchWithToken(page, token) {
  return page.evaluate(async (bearer) => {
    const options = { credentials: "omit", headers: { Authorization: `Bearer ${bearer}` } };
    return (await fetch("/api/v1/accounts/alice", options)).status;
  }, token);
}

test("an update key is shown once, and taken away", async () => {
  const page = await world.logIn("alice", "/#/passwords");
  await page.getByRole("button", { name: "Make an update key" }).click();
  const dialog = page.getByRole("dialog", { name: "Update key" });
  assert.ok((await dialog.locator("code").nth(1).textContent()).length >= 16);
  await dialog.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: "Take the update key away" }).click();
  await page.getByText("The update key is gone.").waitFor();
  assert.equal((await world.request("GET", "accounts/alice")).has_update_key, false);
});

test("a user is offered nothing of others, and gets nothing by asking for it", async () => {
  const page = await world.logIn("alice");
  await card(page, "Tunnel").waitFor();
  assert.deepEqual(await page.getByRole("navigation").getByRole("link").allTextContents(), [
    "Your tunnel",
    "Tokens",
    "Passwords",
  ]);
  for (const path of ["#/accounts", "#/accounts/bob", "#/tunnels", "#/service", "#/audit", "#/console-logins"]) {
    await page.evaluate((hash) => {
      location.hash = hash;
    }, path);
    await page.getByText("There is no such page for you here.").waitFor();
  }
  // Whatever a script in the page would try.
  const refused = await page.evaluate(async () => {
    const session = await (await fetch("/api/v1/session")).json();
    const headers = { "X-CSRF-Token": session.csrf_token };
    const statuses = [];
    for (const [method, path, body] of [
      ["GET", "accounts"],
      ["GET", "accounts/bob"],
      ["GET", "client-configs/bob"],
      ["PATCH", "accounts/bob", '{"password":"x"}'],
      ["DELETE", "accounts/bob"],
      ["PATCH", "accounts/alice", '{"mtu":1400}'],
      ["GET", "tunnels"],
      ["GET", "status"],
      ["GET", "audit"],
      ["POST", "drain"],
      ["GET", "console-logins"],
      ["PUT", "console-logins/alice", '{"password":"correct horse","role":"admin"}'],
      ["PUT", "console-logins/bob", '{"password":"correct horse"}'],
      ["POST", "tokens", '{"name":"x","role":"admin"}'],
      ["POST", "tokens", '{"name":"x","role":"user","login":"bob"}'],
    ]) {
      statuses.push((await fetch(`/api/v1/${path}`, { method, headers, body })).status);
    }
    return statuses;
  });
  assert.deepEqual(new Set(refused), new Set([403]), String(refused));
});

test("a name of any script is shown as it is, and is never markup", async () => {
  const login = "<b onclick=x>זהבה</b> & жанна";
  await world.addAccount(login);
  await world.addLogin(login);
  const page = await world.logIn(login);
  await card(page, "Tunnel").waitFor();
  const shown = page.locator(".who .name");
  assert.equal(await shown.textContent(), login);
  assert.equal(await shown.getAttribute("dir"), "auto");
  assert.equal(await page.locator("b[onclick]").count(), 0);
  await card(page, "Client configuration").getByText("tsp-connect --server").waitFor();
  assert.deepEqual(page.complaints, []);
});
