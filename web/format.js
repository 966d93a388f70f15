// SPDX-License-Identifier: Apache-2.0
//
// Numbers and times for people.
import { h } from "./dom.js";

const whole = new Intl.NumberFormat();
const short = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3 });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

export const NOTHING = "–";

export function count(number) {
  return number === null || number === undefined ? NOTHING : whole.format(number);
}

function scaled(number, base, units) {
  let scale = 0;
  let value = number;
  while (value >= base && scale + 1 < units.length) {
    value /= base;
    scale += 1;
  }
  return `${short.format(value)} ${units[scale]}`;
}

export function bytes(number) {
  return scaled(number, 1000, ["B", "kB", "MB", "GB", "TB", "PB"]);
}

/** Of bytes a second. */
export function rate(bytesPerSecond) {
  return bytesPerSecond === null ? NOTHING : scaled(bytesPerSecond * 8, 1000, ["bit/s", "kbit/s", "Mbit/s", "Gbit/s"]);
}

export function duration(seconds) {
  const parts = [
    [86400, "d"],
    [3600, "h"],
    [60, "min"],
    [1, "s"],
  ];
  let left = Math.max(0, Math.floor(seconds));
  const words = [];
  for (const [size, unit] of parts) {
    if (left >= size || (unit === "s" && words.length === 0)) words.push(`${Math.floor(left / size)} ${unit}`);
    left %= size;
    if (words.length === 2) break;
  }
  return words.join(" ");
}

/** As the reader's clock has it. */
export function time(text) {
  return h("time", { datetime: text }, moment.format(new Date(text)));
}

export function secondsSince(text) {
  return (Date.now() - Date.parse(text)) / 1000;
}

/** "packets_up" as words. */
export function words(identifier) {
  const text = identifier.replaceAll(/[_-]/g, " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
