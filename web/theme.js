// SPDX-License-Identifier: Apache-2.0
//
// Light or dark, before anything is drawn: as was chosen here, or else as the system has it.
{
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
}
