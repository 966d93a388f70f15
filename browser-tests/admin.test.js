// SPDX-License-Identifier: Apache-2.0
//
// What admins do with accounts, console logins and tokens.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PASSWORD, card, fillLogin, startWorld } from "./world.js";

const MANY = 10000;

let world;
before(async () => {
  world = await startWorld(103);
});
after(() => world.stop());

async function openAccount(login) {
  const page = await world.logIn("root", `/#/accounts/${encodeURIComponent(login)}`);
  await card(page, "Account").getByText("Created").waitFor();
  return page;
}

async function answer(page, title, button, fill = async () => {}) {
  const dialog = page.getByRole("dialog", { name: title });
  await fill(dialog);
  await dialog.getByRole("button", { name: button, exact: true }).click();
}

test("an account is created with a secret that is shown once and works", async () => {
  const page = await world.logIn("root", "/#/accounts");
  await page.getByRole("button", { name: "New account" }).click();
  await answer(page, "New account", "Create", async (dialog) => {
    await dialog.getByLabel("Login").fill("alice");
    await dialog.getByRole("button", { name: "Create" }).click();
    await dialog.getByText("there is such an account already").waitFor();
    await dialog.getByLabel("Login").fill("carol");
    await dialog.getByLabel("MTU").fill("9000");
    await dialog.getByRole("button", { name: "Create" }).click();
    await dialog.locator("[name=mtu][aria-invalid]").waitFor();
    await dialog.getByLabel("MTU").fill("1400");
    await dialog.getByLabel("Prefixes from").selectOption("56");
    await dialog.getByLabel("Prefixes to").selectOption("60");
  });
  const made = page.getByRole("dialog", { name: "Account created" });
  await made.waitFor();
  const [login, secret] = await made.locator("code").allTextContents();
  assert.equal(login, "carol");
  assert.match(secret, /^([a-z2-9]{5}-){3}[a-z2-9]{5}$/);
  await made.getByRole("button", { name: "Done" }).click();
  await page.getByRole("link", { name: "carol" }).waitFor();
  assert.equal((await page.content()).includes(secret), false);
  await world.order("open_tunnel", { login: "carol", password: secret, prefix_length: 60 });
  const account = await world.request("GET", "accounts/carol");
  assert.deepEqual([account.mtu, account.prefix_length_shortest, account.prefix_length_longest], [1400, 56, 60]);
  assert.deepEqual(page.complaints, []);
});

test("an account is disabled, which ends its tunnel, and enabled again", async () => {
  await world.openTunnel("alice");
  const page = await openAccount("alice");
  await card(page, "Tunnel").getByText("Up", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Disable" }).click();
  await answer(page, "Disable the account?", "Disable");
  await card(page, "Account").getByText("disabled").waitFor();
  await card(page, "Tunnel").getByText("Down", { exact: true }).waitFor();
  assert.equal((await world.request("GET", "accounts/alice")).enabled, false);
  await page.getByRole("button", { name: "Enable" }).click();
  await card(page, "Account").getByText("enabled").waitFor();
  await world.openTunnel("alice");
});

test("password, MTU and home of an account are changed", async () => {
  await world.addAccount("dave");
  const page = await openAccount("dave");
  await page.getByRole("button", { name: "New password" }).click();
  await answer(page, "New password of the tunnel", "Change");
  const made = page.getByRole("dialog", { name: "New password", exact: true });
  const secret = await made.locator("code").nth(1).textContent();
  await made.getByRole("button", { name: "Done" }).click();
  await world.order("open_tunnel", { login: "dave", password: secret });
  await page.getByRole("button", { name: "MTU" }).click();
  await answer(page, "MTU", "Change", (dialog) => dialog.getByLabel("MTU").fill("1380"));
  await card(page, "Account").getByText("1,380 bytes").waitFor();
  await page.getByRole("button", { name: "MTU" }).click();
  await answer(page, "MTU", "Change", (dialog) => dialog.getByLabel("MTU").fill(""));
  await card(page, "Account").getByText("as configured").nth(1).waitFor();
  await page.getByRole("button", { name: "Home broker" }).click();
  await answer(page, "Home broker", "Change", async (dialog) => {
    await dialog.getByLabel("Home broker").fill("7");
    await dialog.getByRole("button", { name: "Change" }).click();
    await dialog.locator("[name=home][aria-invalid]").waitFor();
    await dialog.getByLabel("Even if no such broker is known").check();
  });
  await card(page, "Account").getByText("7", { exact: true }).waitFor();
});

test("prefix lengths and note of an account are changed", async () => {
  await world.addAccount("eve");
  const page = await openAccount("eve");
  await page.getByRole("button", { name: "Prefix lengths" }).click();
  await answer(page, "Prefix lengths", "Change", async (dialog) => {
    await dialog.getByLabel("Prefixes from").selectOption("58");
    await dialog.getByRole("button", { name: "Change" }).click();
    await dialog.locator("[name=prefix_length_longest][aria-invalid]").waitFor();
    await dialog.getByLabel("Prefixes to").selectOption("60");
  });
  await card(page, "Account").getByText("/58 to /60").waitFor();
  await page.getByRole("button", { name: "Prefix lengths" }).click();
  await answer(page, "Prefix lengths", "Change", async (dialog) => {
    assert.equal(await dialog.getByLabel("Prefixes from").inputValue(), "58");
    await dialog.getByLabel("Prefixes from").selectOption("");
    await dialog.getByLabel("Prefixes to").selectOption("");
  });
  await card(page, "Account").getByText("as configured").nth(1).waitFor();
  await page.getByRole("button", { name: "Note", exact: true }).click();
  await answer(page, "Note", "Change", (dialog) => dialog.getByLabel("Note").fill("<b>pays</b> late, жанна"));
  await card(page, "Account").getByText("<b>pays</b> late, жанна").waitFor();
  await world.addLogin("eve");
  const owner = await world.logIn("eve");
  await card(owner, "Tunnel").waitFor();
  assert.equal(await owner.getByText("pays").count(), 0);
  await page.getByRole("button", { name: "Note", exact: true }).click();
  await answer(page, "Note", "Change", (dialog) => dialog.getByLabel("Note").fill(""));
  await card(page, "Account").getByText("pays").waitFor({ state: "hidden" });
  assert.equal((await world.request("GET", "accounts/eve")).note, null);
});

test("what an account holds is taken away, and its tunnel ends", async () => {
  await world.addAccount("hal");
  await world.openTunnel("hal", { prefix_length: 56 });
  const page = await openAccount("hal");
  const [prefix] = (await world.request("GET", "accounts/hal")).prefixes;
  await page.getByRole("button", { name: `Release the prefix ${prefix}` }).click();
  await answer(page, "Take it away?", "Take away");
  await card(page, "Tunnel").getByText("Down", { exact: true }).waitFor();
  await card(page, "Addresses").getByText(prefix).waitFor({ state: "hidden" });
  const { leases } = await world.request("GET", `leases?address=${encodeURIComponent(prefix)}`);
  assert.deepEqual(
    leases.map(({ state, login }) => [state, login]),
    [["quarantined", null]],
  );
});

test("an account is deleted by who writes its login once more", async () => {
  const login = "ann/ 50% ?#ü";
  await world.addAccount(login);
  const page = await openAccount(login);
  await page.getByRole("button", { name: "Delete" }).click();
  await answer(page, "Delete the account?", "Delete", async (dialog) => {
    await dialog.getByLabel("The login once more").fill("ann");
    await dialog.getByRole("button", { name: "Delete" }).click();
    await dialog.getByText("This is another login.").waitFor();
    await dialog.getByLabel("The login once more").fill(login);
  });
  await page.getByRole("heading", { name: "Accounts" }).first().waitFor();
  await assert.rejects(world.request("GET", `accounts/${encodeURIComponent(login)}`), /404/);
});

test("an account is given a chosen prefix", async () => {
  await world.addAccount("gus");
  const page = await openAccount("gus");
  await page.getByRole("button", { name: "Reserve a prefix" }).click();
  const { pools } = await world.request("GET", "pools");
  const prefix = pools[0].prefixes.find(({ length }) => length === 56).next;
  await answer(page, "A chosen address or prefix", "Reserve", async (dialog) => {
    await dialog.getByLabel("Address or prefix").fill("2001:db8:ffff::/56");
    await dialog.getByRole("button", { name: "Reserve" }).click();
    await dialog.locator("[name=prefix][aria-invalid]").waitFor();
    await dialog.getByLabel("Address or prefix").fill(prefix);
  });
  await card(page, "Addresses").getByText(prefix).waitFor();
});

test("the configuration is read again when it is known what changes", async () => {
  const page = await world.logIn("root", "/#/service");
  const configuration = card(page, "Configuration");
  await configuration.getByRole("button", { name: "What would change?" }).click();
  await configuration.getByText("Nothing would change.").waitFor();
  await world.order("configure", { changes: { tunnel: { mtu: 1400 } } });
  await configuration.getByRole("button", { name: "What would change?" }).click();
  await configuration.getByRole("row", { name: /tunnel\.mtu.*1280.*1400.*at once/ }).waitFor();
  await configuration.getByRole("button", { name: "Take it over" }).click();
  await page.getByText("The configuration is taken over.").waitFor();
  await world.order("configure", { changes: { tunnel: { mtu: 9 } } });
  await configuration.getByRole("button", { name: "What would change?" }).click();
  await configuration.getByText(/tspd\.toml.*tunnel\.mtu/).waitFor();
  assert.equal(await configuration.getByRole("button", { name: "Take it over" }).isVisible(), false);
  await world.order("configure", { changes: { tunnel: { mtu: 1400 } } });
});

test("a dialog keeps the keyboard, and gives it back to where it was", async () => {
  const page = await openAccount("alice");
  const opener = page.getByRole("button", { name: "MTU" });
  await opener.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "MTU" });
  await dialog.waitFor();
  for (let i = 0; i < 8; i += 1) {
    await page.keyboard.press("Tab");
    // The browser's own controls come between, as if nothing had the focus.
    assert.ok(
      await page.evaluate(
        () => document.activeElement === document.body || document.activeElement.closest("dialog") !== null,
      ),
    );
  }
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "MTU");
});

test("an owner is given a password for the console, and is in with it", async () => {
  await world.addAccount("erin");
  const page = await openAccount("erin");
  await page.getByRole("button", { name: "Password of the console" }).click();
  await answer(page, "Password of the console", "Set");
  const secret = await page.getByRole("dialog").last().locator("code").nth(1).textContent();
  const own = await world.open();
  await fillLogin(own, "erin", secret);
  await own.getByRole("heading", { name: "Your tunnel" }).waitFor();
});

test("console logins are made, changed and removed", async () => {
  const page = await world.logIn("root", "/#/console-logins");
  await page.getByRole("button", { name: "New console login" }).click();
  await answer(page, "New console login", "Create", async (dialog) => {
    await dialog.getByLabel("Login").fill("night");
    await dialog.getByLabel("Role").selectOption("operator");
    await dialog.getByLabel("Password").fill("short");
    await dialog.getByRole("button", { name: "Create" }).click();
    await dialog.getByText("expected at least 8 characters").waitFor();
    await dialog.getByLabel("Password").fill("battery staple");
  });
  await page.getByText("The login is there.").waitFor();
  await page.getByRole("button", { name: "New password of night" }).click();
  await answer(page, "New password", "Change", (dialog) => dialog.getByLabel("Password").fill("staple battery"));
  await page.getByText("The password is another one now.").waitFor();
  const own = await world.open();
  await fillLogin(own, "night", "staple battery");
  await own.getByRole("heading", { name: "Overview" }).waitFor();
  await page.getByRole("button", { name: "Remove night" }).click();
  await answer(page, "Remove the console login?", "Remove");
  await page.getByRole("button", { name: "Remove night" }).waitFor({ state: "detached" });
  await own.getByText("Your session has ended").waitFor();
});

test("an admin makes tokens of each role", async () => {
  const page = await world.logIn("root", "/#/tokens");
  for (const [name, role, login] of [
    ["backup", "operator", null],
    ["robot", "admin", null],
    ["router", "user", "alice"],
  ]) {
    await page.getByRole("button", { name: "New token" }).click();
    await answer(page, "New token", "Make", async (dialog) => {
      await dialog.getByLabel("Name").fill(name);
      await dialog.getByLabel("Role").selectOption(role);
      assert.equal(await dialog.getByLabel("Account", { exact: true }).isVisible(), role === "user");
      if (login) await dialog.getByLabel("Account", { exact: true }).fill(login);
    });
    await page.getByRole("dialog", { name: "Token made" }).getByRole("button", { name: "Done" }).click();
    await page.getByRole("row", { name: new RegExp(`${name}.*${role}.*${login ?? "–"}`) }).waitFor();
  }
});

test("among ten thousand accounts one is found, and pages are turned", { timeout: 120000 }, async () => {
  const logins = Array.from({ length: MANY }, (_, number) => `user${String(number).padStart(5, "0")}`);
  await world.order("add_accounts", { logins, password: PASSWORD });
  const page = await world.logIn("root", "/#/accounts");
  const rows = page.getByRole("table", { name: "Accounts" }).locator("tbody tr");
  await rows.nth(49).waitFor();
  assert.equal(await rows.count(), 50);
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByText("Page 2").waitFor();
  await page.getByRole("button", { name: "Previous" }).click();
  await page.getByText("Page 1").waitFor();
  const search = page.getByLabel("Logins that begin with");
  const begun = performance.now();
  await search.fill("user0777");
  await page.getByRole("link", { name: "user07770" }).waitFor();
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 10);
  assert.ok(performance.now() - begun < 3000, "and that at once");
  await search.fill("user09999");
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
  await search.fill("user1");
  await page.getByText("There is no such account.").waitFor();
  await search.fill("user099");
  await page.getByRole("link", { name: "user09900" }).waitFor();
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByRole("link", { name: "user09999" }).waitFor();
  assert.equal(await page.getByRole("link", { name: /^user/ }).count(), 50);
  assert.deepEqual(page.complaints, []);
});
