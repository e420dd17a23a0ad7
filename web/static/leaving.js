/** Leaving in a hurry: nothing of the conversation stays on the server, on the page or in this tab's history. */

import { forgetAll } from "./memory.js";
import { texts } from "./pieces.js";

/** The server forgets the conversation, though the page goes away meanwhile; what was left to an advisor on demand. */
export function forget(id, { handOffs = true } = {}) {
  if (/^[\w-]{16,200}$/.test(id)) {
    fetch(`/api/v1/conversations/${id}?hand_offs=${handOffs}`, { method: "DELETE", keepalive: true }).catch(() => {});
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-leave]")) return;
  event.preventDefault();
  document.body.hidden = true;
  document.title = "…";
  forget(new FormData(event.target).get("conversation"));
  forgetAll();
  // In a frame on another page, it is that page that must go.
  if (window.top !== window) window.open(texts.neutral, "_top");
  else location.replace(texts.neutral);
});
