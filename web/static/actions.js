/** Copy, share and print. Each button is on the page, hidden, and appears where the browser can do it. */

import { part, texts } from "./pieces.js";

const able = {
  copy: () => Boolean(navigator.clipboard),
  share: () => Boolean(navigator.share || navigator.clipboard),
  print: () => true,
};

/** Show the buttons inside `root` that work here. */
export function offer(root) {
  for (const button of root.querySelectorAll("[data-act]")) button.hidden = !able[button.dataset.act]?.();
}

/** The answer's text with numbers, and under it each source with the address that shows its quote. */
function plainText(answer) {
  const sentences = [...answer.querySelectorAll(".sentence")].map((sentence) => {
    const numbers = [...part(sentence, "refs").children].map((ref) => `[${ref.textContent}]`);
    return [part(sentence, "text").textContent, ...numbers].join(" ");
  });
  const sources = [...answer.querySelectorAll("details.source")].map((source) => {
    const title = part(source, "title").textContent;
    return `[${part(source, "number").textContent}] ${title}\n${part(source, "document").href}`;
  });
  return [...sentences, "", ...sources].join("\n").trim();
}

async function share(source) {
  const url = part(source, "document").href;
  if (!navigator.share) return navigator.clipboard.writeText(url).then(() => texts.copied);
  return navigator.share({ title: part(source, "title").textContent, url }).then(() => "");
}

const acts = {
  copy: (button) => navigator.clipboard.writeText(plainText(button.closest(".answer"))).then(() => texts.copied),
  share: (button) => share(button.closest("details.source")),
  print: async () => window.print(),
};

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-act]");
  const act = acts[button?.dataset.act];
  if (!act) return;
  try {
    part(button.closest(".answer"), "acted").textContent = (await act(button)) ?? "";
  } catch {
    // Whoever closes the browser's own dialog wants nothing said about it.
  }
});

// On paper, every source is open.
let closed = [];
window.addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("#exchanges details:is(.source, .original):not([open])")];
  for (const details of closed) details.open = true;
});
window.addEventListener("afterprint", () => {
  for (const details of closed) details.open = false;
});
