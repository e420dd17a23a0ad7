// What the desk's pages do beyond plain forms and links: copying, keys, and a list of everything to go to.
// A page names its own keys: <a data-key="e" href="…">. Nothing here is needed to work at the desk.

import { openPalette } from "./palette.js";

const KEYS = "neuvo-desk-keys";

function keysWanted() {
  try {
    return localStorage.getItem(KEYS) !== "off";
  } catch {
    return true;
  }
}

function wantKeys(wanted) {
  try {
    localStorage.setItem(KEYS, wanted ? "on" : "off");
  } catch {
    // A browser that keeps nothing has the shortcuts on.
  }
}

function writing(element) {
  return Boolean(element.closest("input:not([type=checkbox], [type=radio], [type=submit]), textarea, select, [contenteditable]"));
}

for (const element of document.querySelectorAll(".needs-script")) element.hidden = false;

for (const element of document.querySelectorAll("[data-key]")) element.setAttribute("aria-keyshortcuts", element.dataset.key);

for (const box of document.querySelectorAll("[data-keys-switch]")) {
  box.checked = keysWanted();
  box.addEventListener("change", () => wantKeys(box.checked));
}

document.addEventListener("click", event => {
  const button = event.target.closest("[data-copy], [data-print]");
  if (!button) return;
  if ("print" in button.dataset) {
    print();
    return;
  }
  const source = document.querySelector(button.dataset.copy);
  const say = text => {
    const place = document.querySelector("[data-copied]");
    if (place) place.textContent = text;
  };
  const byHand = () => {
    // No permission, or no secure page: show the text, selected, for Ctrl+C.
    source.closest("details")?.setAttribute("open", "");
    source.focus();
    source.select();
  };
  if (!navigator.clipboard) byHand();
  else navigator.clipboard.writeText(source.value).then(() => say(button.dataset.done), byHand);
});

// What was written and not saved is not lost to a key pressed by mistake.
for (const form of document.querySelectorAll("form[data-guard]")) {
  const guard = event => event.preventDefault();
  form.addEventListener("input", () => addEventListener("beforeunload", guard));
  form.addEventListener("submit", () => removeEventListener("beforeunload", guard));
}

document.addEventListener("submit", event => {
  const { busy } = event.target.dataset;
  if (!busy) return;
  if (event.target.dataset.sent) {
    event.preventDefault();
    return;
  }
  event.target.dataset.sent = "yes";
  const place = event.target.querySelector("[data-busy-status]");
  if (place) place.textContent = busy;
});

// "Back" shows the page as it was left: it may be sent again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    const place = form.querySelector("[data-busy-status]");
    if (place) place.textContent = "";
  }
});

document.addEventListener("keydown", event => {
  if (event.defaultPrevented || event.isComposing) return;
  const command = event.ctrlKey || event.metaKey;
  if (command && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openPalette();
  } else if (command && event.key === "Enter" && event.target.matches("textarea")) {
    event.preventDefault();
    const { form } = event.target;
    form?.requestSubmit(form.querySelector("button.primary:not([type=button])"));
  } else if (!command && !event.altKey && !event.repeat && keysWanted() && !writing(event.target)) {
    single(event);
  }
});

function single(event) {
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "/") {
    event.preventDefault();
    openPalette();
  } else if (event.key === "?") {
    event.preventDefault();
    location.assign("/desk/shortcuts");
  } else if (/^[a-z]$/.test(event.key)) {
    const found = [...document.querySelectorAll(`[data-key="${event.key}"]`)].find(one => one.checkVisibility());
    if (found) {
      event.preventDefault();
      found.click();
    }
  }
}

document.querySelector("[data-open-palette]")?.addEventListener("click", event => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  openPalette();
});
