// SPDX-License-Identifier: Apache-2.0
//
// Each page with axe, light and dark, at a desk and on a phone; pictures for people are in build/browser-screenshots.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { DESK, PHONE, screenshot, startWorld } from "./world.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const LONG = `${"a-long-login-of-somebody-".repeat(6)}@example.net`;
const NAMES = ["bob", "zoë.müller", "жанна", "זהבה", "佐藤", LONG];

// Who looks, at which address, and what is there when the page is filled.
const PAGES = {
  "admin-overview": ["root", "#/", ".tiles b:not(:empty)"],
  "admin-accounts": ["root", "#/accounts", "tbody tr"],
  "admin-account": ["root", "#/accounts/alice", "pre"],
  "admin-tunnels": ["root", "#/tunnels", "tbody tr"],
  "admin-service": ["root", "#/service", "section:nth-of-type(2)"],
  "admin-history": ["root", "#/history/bob", "form"],
  "admin-events": ["root", "#/events", "select"],
  "admin-audit": ["root", "#/audit", "tbody tr"],
  "admin-console-logins": ["root", "#/console-logins", "tbody tr"],
  "admin-tokens": ["root", "#/tokens", "tbody tr"],
  "user-tunnel": ["alice", "#/", "pre"],
  "user-passwords": ["alice", "#/passwords", "form"],
  "user-tokens": ["alice", "#/tokens", "tbody tr"],
};
const DIALOGS = {
  "new-account": ["#/accounts", "New account"],
  "new-token": ["#/tokens", "New token"],
  "delete-account": ["#/accounts/alice", "Delete"],
};

let world;
before(async () => {
  world = await startWorld(105);
  for (const login of NAMES) {
    await world.addAccount(login);
    await world.openTunnel(login, login === "bob" ? {} : { prefix_length: 60 });
  }
  await world.openTunnel("alice", { prefix_length: 56 });
  await world.request("PATCH", `accounts/${encodeURIComponent("佐藤")}`, { enabled: false });
  await world.request("POST", "tokens", {
    name: "home-router",
    role: "user",
    login: "alice",
    scopes: ["accounts:read", "tunnels:write"],
    lifetime_seconds: 86400,
  });
  await world.request("POST", "tokens", { name: "monitoring", role: "operator" });
});
after(() => world.stop());

async function faults(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run(document));
  return violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("; ")}`,
  );
}

async function overflow(page) {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const all = Array.from(document.querySelectorAll("body *"));
    return all
      .filter((each) => each.getBoundingClientRect().right > width + 1)
      .map((each) => each.outerHTML.slice(0, 120));
  });
}

/** What is wrong with the page. */
async function look(page, name) {
  await screenshot(page, name);
  return [...(await faults(page)), ...(await overflow(page)).map((html) => `too wide: ${html}`)].map((text) => `${name}: ${text}`);
}

// One session each for desk and phone, in both colours.
for (const [device, viewport] of Object.entries({ desk: DESK, phone: PHONE })) {
  for (const colorScheme of ["light", "dark"]) {
    test(`each page is for everybody: ${device}, ${colorScheme}`, { timeout: 300000 }, async () => {
      const options = { viewport, colorScheme, hasTouch: device === "phone" };
      const stranger = await world.open("/", options);
      await stranger.getByRole("button", { name: "Log in" }).waitFor();
      const found = await look(stranger, `login-${device}-${colorScheme}`);
      const pages = { root: await world.logIn("root", "/", options), alice: await world.logIn("alice", "/", options) };
      for (const [name, [who, hash, filled]] of Object.entries(PAGES)) {
        const page = pages[who];
        await page.goto(`/${hash}`);
        await page.waitForFunction((wanted) => {
          const link = document.querySelector("nav a[aria-current]")?.hash;
          return link === wanted || wanted.startsWith(`${link}/`);
        }, hash);
        await page.locator(filled).first().waitFor();
        if (hash === "#/" || name === "admin-tunnels") {
          // So that there is something to draw.
          for (let i = 0; i < 3; i += 1) {
            await world.order("send_packets", { source: "alice", destination: "bob", packets: 100 + 60 * i });
            await world.order("send_packets", { source: "bob", destination: "alice", packets: 200 });
            await page.waitForResponse(/api\/v1\/(status|tunnels)/);
          }
        }
        found.push(...(await look(page, `${name}-${device}-${colorScheme}`)));
      }
      for (const [name, [hash, button]] of Object.entries(DIALOGS)) {
        await pages.root.goto(`/${hash}`);
        await pages.root.getByRole("button", { name: button, exact: true }).click();
        await pages.root.getByRole("dialog").waitFor();
        found.push(...(await look(pages.root, `${name}-${device}-${colorScheme}`)));
        await pages.root.keyboard.press("Escape");
      }
      assert.deepEqual(found, []);
      for (const page of Object.values(pages)) assert.deepEqual(page.complaints, []);
    });
  }
}

test("on a phone the pages are behind a button", async () => {
  const page = await world.logIn("root", "/", { viewport: PHONE });
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  assert.equal(await page.getByRole("link", { name: "Tunnels" }).isVisible(), false);
  await page.getByRole("button", { name: "Menu" }).click();
  await screenshot(page, "menu-phone-light");
  await page.getByRole("link", { name: "Tunnels" }).click();
  await page.getByRole("heading", { name: "Tunnels", exact: true }).waitFor();
  assert.equal(await page.getByRole("link", { name: "Accounts" }).isVisible(), false);
});

test("the colours are changed by hand, and stay", async () => {
  const page = await world.open("/", { colorScheme: "light" });
  const back = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await back();
  await page.getByRole("button", { name: "Dark colours" }).click();
  const dark = await back();
  assert.notEqual(dark, light);
  await page.reload();
  await page.getByRole("button", { name: "Light colours" }).waitFor();
  assert.equal(await back(), dark);
});
