// SPDX-License-Identifier: Apache-2.0
//
// What operators see and do, and what they are not offered.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { card, startWorld } from "./world.js";

let world;
before(async () => {
  world = await startWorld(104);
  await world.addAccount("bob");
});
after(() => world.stop());

test("the overview is live", async () => {
  const page = await world.logIn("noc");
  const tunnels = page.locator(".tiles li").filter({ hasText: "Tunnels up" });
  await tunnels.getByText("0", { exact: true }).waitFor();
  await world.openTunnel("bob");
  await tunnels.getByText("1", { exact: true }).waitFor();
  await card(page, "Dropped packets").getByText("No packet was dropped.").waitFor();
  await card(page, "State").getByText("realm test").waitFor();
  assert.deepEqual(page.complaints, []);
});

test("traffic and drops are shown as they grow", async () => {
  // The simulated host counts neither.
  let bytes = 0;
  const page = await world.open();
  await page.route("**/api/v1/status", async (route) => {
    const response = await route.fetch();
    const status = await response.json();
    bytes += 2500000;
    Object.assign(status.datapath, {
      bytes_up: bytes,
      bytes_down: 3 * bytes,
      drops: { spoofed_source: 7 + bytes / 2500000, garbage: 2, too_big: 0 },
    });
    await route.fulfill({ response, json: status });
  });
  await page.getByLabel("Login").fill("noc");
  await page.getByLabel("Password of the console").fill("correct horse");
  await page.keyboard.press("Enter");
  const drops = card(page, "Dropped packets");
  await drops.getByRole("row", { name: /Spoofed source/ }).waitFor();
  assert.deepEqual(await drops.locator("tbody tr td:first-child").allTextContents(), ["Spoofed source", "Garbage"]);
  await card(page, "Traffic")
    .getByRole("img", { name: /up [\d.]+ Mbit\/s, down [\d.]+ Mbit\/s/ })
    .waitFor();
});

test("a store that is away is told at once", async () => {
  const page = await world.logIn("noc");
  await page.getByText("available").waitFor();
  await page.route("**/api/v1/status", async (route) => {
    const response = await route.fetch();
    const status = await response.json();
    Object.assign(status.store, { available: false, detail: "the disk is full" });
    await route.fulfill({ response, json: status });
  });
  await page.getByRole("alert").filter({ hasText: "the disk is full" }).waitFor();
  await page.unroute("**/api/v1/status");
  await page.getByRole("alert").filter({ hasText: "the disk is full" }).waitFor({ state: "hidden" });
});

test("tunnels are listed live, looked at and ended", async () => {
  await world.openTunnel("alice", { prefix_length: 56 });
  const page = await world.logIn("noc", "/#/tunnels");
  const row = page.getByRole("row", { name: /alice/ });
  await row.waitFor();
  await world.order("send_packets", { source: "alice", destination: "bob", packets: 200 });
  await row
    .getByText(/[\d.]+ kbit\/s|Mbit\/s/)
    .first()
    .waitFor();
  await row.getByRole("link", { name: /Details/ }).click();
  await card(page, "Tunnel").getByText("in 200 packets").waitFor();
  await page.getByText("Of alice").waitFor();
  await page.goBack();
  await row.getByRole("button", { name: /End/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "End it" }).click();
  await row.waitFor({ state: "detached" });
  assert.deepEqual(
    (await world.request("GET", "tunnels")).tunnels.map(({ login }) => login),
    ["bob"],
  );
});

test("tunnels are searched for by account and by address", async () => {
  for (const login of ["sam", "tom"]) {
    await world.addAccount(login);
    await world.openTunnel(login);
  }
  const page = await world.logIn("noc", "/#/tunnels");
  const tom = page.getByRole("link", { name: "tom" });
  await tom.waitFor();
  await page.getByLabel("Account").fill("sam");
  await page.getByRole("button", { name: "Search" }).click();
  await tom.waitFor({ state: "detached" });
  await page.getByRole("link", { name: "sam" }).waitFor();
  await page.getByLabel("Account").fill("");
  await page.getByLabel("Client's address outside").fill("192.0.2.0/33");
  await page.getByRole("button", { name: "Search" }).click();
  await page.locator("[name=remote][aria-invalid]").waitFor();
  await page.getByLabel("Client's address outside").fill("192.0.2.0/24");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByText("There is no tunnel.").waitFor();
  await page.getByLabel("Client's address outside").fill("127.0.0.1");
  await page.getByRole("button", { name: "Search" }).click();
  await tom.waitFor();
});

test("what has the focus in a live table keeps it", async () => {
  await world.openTunnel("alice");
  const page = await world.logIn("noc", "/#/tunnels");
  const details = page.getByRole("row", { name: /alice/ }).getByRole("link", { name: /Details/ });
  await details.focus();
  await page.waitForResponse("**/api/v1/tunnels*");
  await page.waitForResponse("**/api/v1/tunnels*");
  assert.equal(await details.evaluate((link) => link === document.activeElement), true);
});

test("the broker drains and serves again", async () => {
  const page = await world.logIn("noc", "/#/service");
  const drain = card(page, "Drain");
  await drain.getByRole("button", { name: "Drain" }).click();
  const dialog = page.getByRole("dialog", { name: "Drain this broker?" });
  await dialog.getByLabel("Deadline in minutes").fill("15");
  await dialog.getByRole("button", { name: "Drain" }).click();
  await drain.getByText(/Draining: \d+ tunnels are left, 15 min/).waitFor();
  await card(page, "Brokers on the same store").getByText("draining").waitFor();
  await drain.getByRole("button", { name: "Serve clients again" }).click();
  await drain.getByText("Clients are served.").waitFor();
  assert.equal((await world.request("GET", "status")).drain, null);
});

test("the self-test shows its findings, and the DNS that it is not configured", async () => {
  const page = await world.logIn("noc", "/#/service");
  await card(page, "DNS").getByText("Nothing is done in the DNS").waitFor();
  await card(page, "Self-test").getByRole("button").click();
  await page.getByText(/^The self-test: /).waitFor();
});

test("the audit log tells who did what", async () => {
  await world.request("PATCH", "accounts/bob", { mtu: 1400 });
  const page = await world.logIn("noc", "/#/audit");
  await page.getByRole("row", { name: /uid 0.*local.*account\.change.*bob.*MTU set.*done/ }).waitFor();
  await page
    .getByRole("row", { name: /session noc.*127\.0\.0\.1.*session\.begin/ })
    .first()
    .waitFor();
});

test("the history tells who had an address, and when", async () => {
  await world.addAccount("hal");
  const { address } = await world.openTunnel("hal");
  const { tunnel } = await world.request("GET", "accounts/hal");
  await world.request("DELETE", `tunnels/${tunnel}`);
  const page = await world.logIn("noc", "/#/history");
  await page.getByLabel("Address or prefix").fill(address);
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByRole("row", { name: new RegExp(`hal.*${address}.*kicked`) }).waitFor();
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
  await page.getByLabel("At this time").fill("2019-01-01T00:00:01");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByText("Nobody, as far as is known.").waitFor();
  await page.getByLabel("Address or prefix").fill("not an address");
  await page.getByRole("button", { name: "Search" }).click();
  await page.locator("[name=address][aria-invalid]").waitFor();
  await page.goto("/#/history/hal");
  await page.getByRole("row", { name: /hal/ }).waitFor();
});

test("events are shown as they happen", async () => {
  const page = await world.logIn("noc", "/#/events");
  await page.getByText("Live.").waitFor();
  await world.addAccount("ivy");
  await world.openTunnel("ivy");
  await page.getByRole("row", { name: /info.*tunnel_up.*ivy/ }).waitFor();
  await page.getByLabel("From the level").selectOption("error");
  await page.getByText("Nothing has happened since you look.").waitFor();
  await page.getByRole("link", { name: "Tunnels" }).click();
  await page.getByRole("row", { name: /ivy/ }).waitFor();
  assert.deepEqual(page.complaints, []);
});

test("an operator is not offered what only admins may", async () => {
  const page = await world.logIn("noc");
  await card(page, "Traffic").waitFor();
  const links = await page.getByRole("navigation").getByRole("link").allTextContents();
  assert.deepEqual(links, [
    "Overview",
    "Accounts",
    "Tunnels",
    "Service",
    "History",
    "Events",
    "Audit log",
    "Passwords",
  ]);
  await page.getByRole("link", { name: "Accounts" }).click();
  await page.getByRole("link", { name: "bob" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "New account" }).count(), 0);
  await page.getByRole("link", { name: "bob" }).click();
  await card(page, "Account").getByText("enabled").waitFor();
  for (const name of ["Disable", "Delete", "New password", "MTU", "Reserve a prefix", "Make an update key"]) {
    assert.equal(await page.getByRole("button", { name, exact: true }).count(), 0, name);
  }
  for (const hash of ["#/tokens", "#/console-logins", "#/nothing"]) {
    await page.goto(`/${hash}`);
    await page.getByText("There is no such page for you here.").waitFor();
  }
});
