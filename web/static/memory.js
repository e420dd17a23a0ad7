/** What a visitor chose, kept in this browser only; where it keeps nothing, nothing is kept. */

const PREFIX = "neuvo.";

export function recall(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

export function remember(name, value) {
  try {
    if (value) localStorage.setItem(PREFIX + name, value);
    else localStorage.removeItem(PREFIX + name);
  } catch {
    // The browser keeps nothing for us; the page works without.
  }
}

export function forgetAll() {
  for (const name of ["language", "municipality", "situation"]) remember(name, "");
}
