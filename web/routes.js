// SPDX-License-Identifier: Apache-2.0
//
// Which pages there are, and for whom. The API refuses the rest; this only keeps from offering it.
import { showAccount, showAccounts } from "./accounts.js";
import { showAudit } from "./audit.js";
import { showEvents } from "./events.js";
import { showHistory } from "./history.js";
import { showConsoleLogins, showTokens } from "./access.js";
import { showOverview } from "./overview.js";
import { showOwnTunnel, showPasswords } from "./own.js";
import { showService } from "./service.js";
import { showTunnel, showTunnels } from "./tunnels.js";

const EVERYBODY = ["admin", "operator", "user"];
const OPERATORS = ["admin", "operator"];
const ADMINS = ["admin"];

// Pages without a link are shown for one thing, which stands behind their path.
const PAGES = [
  { path: "#/", title: "Overview", link: "Overview", roles: OPERATORS, show: showOverview },
  { path: "#/", title: "Your tunnel", link: "Your tunnel", roles: ["user"], show: showOwnTunnel },
  { path: "#/accounts", title: "Accounts", link: "Accounts", roles: OPERATORS, show: showAccounts },
  { path: "#/accounts/", title: "Account", roles: OPERATORS, show: showAccount },
  { path: "#/tunnels", title: "Tunnels", link: "Tunnels", roles: OPERATORS, show: showTunnels },
  { path: "#/tunnels/", title: "Tunnel", roles: OPERATORS, show: showTunnel },
  { path: "#/service", title: "Service", link: "Service", roles: OPERATORS, show: showService },
  { path: "#/history", title: "History", link: "History", roles: OPERATORS, show: showHistory },
  { path: "#/history/", title: "History", roles: OPERATORS, show: showHistory },
  { path: "#/events", title: "Events", link: "Events", roles: OPERATORS, show: showEvents },
  { path: "#/audit", title: "Audit log", link: "Audit log", roles: OPERATORS, show: showAudit },
  { path: "#/console-logins", title: "Console logins", link: "Console logins", roles: ADMINS, show: showConsoleLogins },
  { path: "#/tokens", title: "Tokens", link: "Tokens", roles: ["admin", "user"], show: showTokens },
  { path: "#/passwords", title: "Passwords", link: "Passwords", roles: EVERYBODY, show: showPasswords },
];

const NOWHERE = {
  path: "",
  title: "Not found",
  show: ({ content }) => content.append("There is no such page for you here."),
};

function isFor(page, session) {
  return page.roles.includes(session.role);
}

export function pagesFor(session) {
  return PAGES.filter((page) => page.link && isFor(page, session));
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

/** The page of an address such as "#/accounts/alice", and what stands behind its path. */
export function pageAt(hash, session) {
  const wanted = hash || "#/";
  for (const page of PAGES.filter((each) => isFor(each, session))) {
    if (page.link && page.path === wanted) return { page, argument: "" };
    if (page.link || !wanted.startsWith(page.path)) continue;
    const argument = decoded(wanted.slice(page.path.length));
    if (argument) return { page, argument };
  }
  return { page: NOWHERE, argument: "" };
}
