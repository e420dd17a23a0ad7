/** Municipality and situation: kept in this browser only, and sent with each question. */

import { recall, remember } from "./memory.js";

const NAMES = ["municipality", "situation"];
const select = (name) => document.getElementById(name);

/** Choose in the page's pickers. Values that no picker offers change nothing. */
export function choose(name, value) {
  if (![...select(name).options].some((option) => option.value === value)) return;
  select(name).value = value;
  remember(name, value);
}

/** What the pickers say, overridden by a form's own fields. */
export function told(data) {
  const profile = {};
  for (const name of NAMES) {
    const value = data.get(name) ?? select(name).value;
    if (value) profile[name] = value;
  }
  return profile;
}

for (const name of NAMES) {
  const kept = recall(name);
  if (kept && !select(name).value) choose(name, kept);
  select(name).addEventListener("change", () => remember(name, select(name).value));
}
if (NAMES.some((name) => select(name).value)) document.querySelector("details.profile").open = true;
