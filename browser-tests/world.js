// SPDX-License-Identifier: Apache-2.0
//
// A broker of one's own, and a browser before its console.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const SCREENSHOTS = fileURLToPath(new URL("../build/browser-screenshots/", import.meta.url));
const PYTHON = "/usr/bin/python3";
const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser"];

export const PASSWORD = "wonderland";
export const CONSOLE_PASSWORD = "correct horse";
export const PHONE = { width: 360, height: 740 };
export const DESK = { width: 1280, height: 900 };

class World {
  constructor(process, browser) {
    this.process = process;
    this.browser = browser;
    this.answers = [];
    createInterface({ input: process.stdout }).on("line", (line) => this.answers.shift()?.(JSON.parse(line)));
  }

  /** What world.py does, and answers. */
  order(does, parameters = {}) {
    return new Promise((resolve, reject) => {
      this.answers.push((answer) => (answer?.failure ? reject(new Error(answer.failure)) : resolve(answer)));
      this.process.stdin.write(`${JSON.stringify({ do: does, ...parameters })}\n`);
    });
  }

  request(method, target, body = null) {
    return this.order("request", { method, target, body });
  }

  addAccount(login) {
    return this.request("POST", "accounts", { login, password: PASSWORD });
  }

  openTunnel(login, options = {}) {
    return this.order("open_tunnel", { login, password: PASSWORD, ...options });
  }

  addLogin(login, role = "user") {
    return this.request("PUT", `console-logins/${encodeURIComponent(login)}`, { password: CONSOLE_PASSWORD, role });
  }

  advance(seconds) {
    return this.order("advance", { seconds });
  }

  /** A page of the console in a browser that knows nothing yet; what scripts or the policy complain of is kept. */
  async open(path = "/", options = {}) {
    const context = await this.browser.newContext({
      baseURL: this.url,
      ignoreHTTPSErrors: true,
      viewport: DESK,
      locale: "en-GB",
      timezoneId: "UTC",
      reducedMotion: "reduce",
      ...options,
    });
    context.setDefaultTimeout(60000);
    const page = await context.newPage();
    page.complaints = [];
    page.on("pageerror", (error) => page.complaints.push(String(error)));
    page.on("console", (message) => {
      // That a request was refused is the network's complaint, and often what a test wants.
      if (message.type() === "error" && !message.text().includes("the server responded with"))
        page.complaints.push(message.text());
    });
    await page.goto(path);
    return page;
  }

  async logIn(login, path = "/", options = {}) {
    const page = await this.open(path, options);
    await fillLogin(page, login, CONSOLE_PASSWORD);
    await page.getByRole("button", { name: "Log out" }).waitFor();
    return page;
  }

  async stop() {
    await this.browser.close();
    const ended = new Promise((resolve) => this.process.on("exit", resolve));
    this.process.stdin.end();
    await ended;
  }
}

/** `number`: of each test file another one. The world has the admin root, the operator noc and the user alice. */
export async function startWorld(number) {
  const process = spawn(PYTHON, ["-B", `${FOLDER}world.py`, String(number)], { stdio: ["pipe", "pipe", "inherit"] });
  const executablePath = CHROMIUM.find((path) => existsSync(path));
  // Whoever tests as root has no sandbox, and needs none for these pages.
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  const world = new World(process, browser);
  world.url = (await world.order("where")).url;
  await world.addAccount("alice");
  await world.addLogin("root", "admin");
  await world.addLogin("noc", "operator");
  await world.addLogin("alice");
  return world;
}

export async function fillLogin(page, login, password) {
  await page.getByLabel("Login").fill(login);
  await page.getByLabel("Password of the console").fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
}

/** The card with this heading. */
export function card(page, title) {
  return page.getByRole("region", { name: title, exact: true });
}

export function screenshot(page, name) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  return page.screenshot({ path: `${SCREENSHOTS}${name}.png`, fullPage: true, animations: "disabled" });
}
