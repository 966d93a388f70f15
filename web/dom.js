// SPDX-License-Identifier: Apache-2.0
//
// Elements. Whatever comes from the API becomes text here, never markup.

const SVG = "http://www.w3.org/2000/svg";

function apply(element, properties) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
}

function build(element, properties, children) {
  apply(element, properties);
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/** An element with attributes, listeners ("onclick") and children; what is null, undefined or false is left out. */
export function h(tag, properties = {}, ...children) {
  return build(document.createElement(tag), properties, children);
}

export function svg(tag, properties = {}, ...children) {
  return build(document.createElementNS(SVG, tag), properties, children);
}

/** Names that people give: they may be written from right to left. */
export function name(text) {
  return h("bdi", { dir: "auto", class: "name" }, text);
}

export function code(text) {
  return h("code", { dir: "ltr" }, text);
}

let last = 0;
/** An id for labels and descriptions. */
export function freshId(prefix) {
  last += 1;
  return `${prefix}-${last}`;
}
