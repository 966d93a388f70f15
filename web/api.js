// SPDX-License-Identifier: Apache-2.0
//
// Requests to /api/v1, in the session whose cookie scripts cannot see.

const ROOT = "/api/v1/";
const PATIENCE_MS = 20000;

export class ApiError extends Error {
  constructor(status, field, message) {
    super(message);
    this.status = status;
    this.field = field;
  }
}

let csrfToken = null;
let whose = null;
let onSessionEnd = () => {};

/** `ended` is called whenever the API does not know us any more. */
export function watchSession(ended) {
  onSessionEnd = ended;
}

async function exchange(method, path, body, headers) {
  const sent = { ...headers };
  if (method !== "GET" && csrfToken) sent["X-CSRF-Token"] = csrfToken;
  if (body !== undefined) sent["Content-Type"] = "application/json";
  const options = { method, headers: sent, credentials: "same-origin", cache: "no-store", redirect: "error" };
  options.signal = AbortSignal.timeout(PATIENCE_MS);
  if (body !== undefined) options.body = JSON.stringify(body);
  let response;
  let answer;
  try {
    response = await fetch(ROOT + path, options);
    answer = await response.json();
  } catch {
    throw new ApiError(0, null, "The broker does not answer.");
  }
  if (response.ok) return answer;
  const error = answer.error ?? {};
  throw new ApiError(response.status, error.field ?? null, error.message ?? `The answer was ${response.status}.`);
}

function isForeignToken(error) {
  return error.status === 403 && (error.field === "X-CSRF-Token" || error.message.includes("X-CSRF-Token"));
}

function take(session) {
  csrfToken = session.csrf_token;
  whose = session.name;
  return session;
}

/** Another tab may have begun a session since; then that is ours too, if it is of the same login. */
async function renewToken() {
  const session = await exchange("GET", "session");
  if (session.name !== whose) {
    location.reload();
    throw new ApiError(403, null, "Somebody else has logged in with this browser.");
  }
  take(session);
}

async function request(method, path, body, headers = {}) {
  try {
    try {
      return await exchange(method, path, body, headers);
    } catch (error) {
      if (!isForeignToken(error)) throw error;
      await renewToken();
      return await exchange(method, path, body, headers);
    }
  } catch (error) {
    if (error.status === 401) onSessionEnd();
    throw error;
  }
}

export const get = (path) => request("GET", path);
export const post = (path, body, headers) => request("POST", path, body, headers);
export const patch = (path, body) => request("PATCH", path, body);
export const put = (path, body) => request("PUT", path, body);
export const remove = (path, body) => request("DELETE", path, body);

/** "accounts/a%2Fb" */
export function item(collection, key) {
  return `${collection}/${encodeURIComponent(key)}`;
}

/** "accounts?after=x&limit=50", without what is null or empty. */
export function list(collection, parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const query = given.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join("&");
  return query ? `${collection}?${query}` : collection;
}

/** A header for one new account or token, however often its request has to be sent. */
export function onceOnly() {
  const random = crypto.getRandomValues(new Uint8Array(16));
  return { "Idempotency-Key": Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("") };
}

// ---- sessions

/** The session that there is, or null. */
export async function findSession() {
  try {
    return take(await exchange("GET", "session"));
  } catch (error) {
    if (error.status === 401) return null;
    throw error;
  }
}

export async function logIn(credentials) {
  csrfToken = null;
  return take(await exchange("POST", "session", credentials));
}

export async function logOut() {
  try {
    await exchange("DELETE", "session");
  } finally {
    csrfToken = null;
  }
}
