// Puts a canned reply or the suggestion into the box without losing what stands there. Without this script the same
// links load the page with the text in the box.

const box = document.getElementById("text");
const form = document.getElementById("reply");

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-insert]");
  if (!link || !box || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const before = box.value.trim();
  box.value = before ? `${before}\n${link.dataset.insert}` : link.dataset.insert;
  form.elements.language.value = link.dataset.language;
  // A canned reply with other words around it is no longer the one that people translated.
  form.elements.canned.value = before ? "" : (link.dataset.canned ?? "");
  box.focus();
  box.setSelectionRange(box.value.length, box.value.length);
});
