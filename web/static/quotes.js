/** A quote in its context, fetched when its source is opened: until then, and where it fails, the quote is enough. */

import { isolated } from "./isolates.js";
import { pageLanguage, part, speak } from "./pieces.js";

/** Remember on a <details> which place of which document it shows. */
export function place(details, { document, start, end }) {
  details.dataset.place = `/${pageLanguage}/context/${encodeURIComponent(document)}?start=${start}&end=${end}`;
}

async function fetchInto(details) {
  const response = await fetch(details.dataset.place);
  if (!response.ok) return;
  delete details.dataset.place;
  const { before, after, original } = await response.json();
  const quoted = part(details, "quoted");
  if (quoted) {
    part(quoted, "before").replaceChildren(...isolated(before, quoted.dir));
    part(quoted, "after").replaceChildren(...isolated(after, quoted.dir));
  } else if (original) {
    speak(part(details, "original"), original).replaceChildren(...isolated(original.text, original.direction));
  }
}

// "toggle" does not bubble, but it can be caught on its way down.
document.addEventListener("toggle", (event) => {
  if (event.target.open && event.target.dataset?.place) fetchInto(event.target).catch(() => {});
}, true);

document.addEventListener("click", (event) => {
  const ref = event.target.closest("a.ref");
  const details = ref && document.getElementById(ref.hash.slice(1))?.closest("details");
  if (!details) return;
  event.preventDefault();
  details.open = true;
  details.scrollIntoView({ block: "nearest" });
  details.querySelector("summary").focus({ preventScroll: true });
});
