/** Was an answer helpful, may the question be kept: sent without leaving the page. Without this script the same form brings a new page. */

import { part, texts } from "./pieces.js";
import { post } from "./requests.js";

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-feedback]")) return;
  event.preventDefault();
  const data = new FormData(form);
  const no = event.submitter?.value === "no";
  part(form, "failed").textContent = "";
  try {
    await post("/api/v1/feedback", {
      answer: data.get("answer"),
      verdict: no ? "no" : "yes",
      reasons: no ? data.getAll("reasons") : [],
      comment: (no && data.get("comment").trim()) || null,
      consent: no && data.has("consent"),
    });
    part(form, "verdicts").hidden = true;
    part(form, "thanks").dataset.said = "";
    part(form, "thanks").focus();
  } catch {
    part(form, "failed").textContent = texts.unsent;
  }
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-keep]")) return;
  event.preventDefault();
  part(form, "unkept").textContent = "";
  try {
    await post("/api/v1/questions", { answer: new FormData(form).get("answer") });
    part(form, "asking").hidden = true;
    part(form, "kept").dataset.said = "";
    part(form, "kept").focus();
  } catch {
    part(form, "unkept").textContent = texts.unsent;
  }
});
