/** The language chosen last is used again when the address names none: "/" leads here with "#auto". */

import { recall, remember } from "./memory.js";

const picker = document.querySelector(".languages");

if (location.hash === "#auto") {
  const choice = recall("language");
  const chosen = choice && picker.querySelector(`a[hreflang="${CSS.escape(choice)}"]:not([aria-current])`);
  if (chosen) location.replace(chosen.href);
  else history.replaceState(null, "", location.pathname + location.search);
}

picker.addEventListener("click", (event) => {
  const link = event.target.closest("a[hreflang]");
  if (link) remember("language", link.hreflang);
});

picker.addEventListener("keydown", (event) => {
  const details = picker.querySelector("details");
  if (event.key !== "Escape" || !details.open) return;
  event.stopPropagation();
  details.open = false;
  details.querySelector("summary").focus();
});
