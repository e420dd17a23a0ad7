/**
 * Asks without leaving the page: the answer appears sentence by sentence. Without this script the same forms bring
 * the same answers as new pages. Every piece is a <template> of the page, so no text stands here.
 */

import { offer } from "./actions.js";
import { count } from "./counter.js";
import { Exchange } from "./exchange.js";
import "./feedback.js";
import { forget } from "./leaving.js";
import { pageDirection, pageLanguage, speak, texts } from "./pieces.js";
import { choose, told } from "./profile.js";
import "./quotes.js";
import { answer, newKey, Refused, Slow } from "./requests.js";
import { offerSpeech } from "./speech.js";

const CONVERSATION = /^[\w-]{16,200}$/;
const form = document.getElementById("ask");
const box = document.getElementById("question");
const progress = document.getElementById("progress");
const error = document.getElementById("error");
const afresh = document.getElementById("afresh");
const offline = document.getElementById("offline");
const send = form.querySelector(".send");
let asking = null;
let ended = false;
let last = { question: "", key: "" };

/** The same question after a failure keeps its key, so that the server answers it once. */
function keyFor(body) {
  const question = JSON.stringify(body);
  if (last.question !== question) last = { question, key: newKey() };
  return last.key;
}

async function ask(question, profile, conversation) {
  asking = new AbortController();
  afresh.hidden = false;
  explain("");
  const body = { question, page_language: pageLanguage, profile, conversation };
  const exchange = new Exchange(keyFor(body), question, profile);
  document.documentElement.dataset.asking = "";
  send.setAttribute("aria-disabled", "true");
  progress.textContent = texts.searching;
  progress.scrollIntoView({ block: "nearest" });
  try {
    await answer(exchange, { ...body, key: exchange.key }, asking);
    last = { question: "", key: "" };
    finish(exchange);
  } catch (failure) {
    if (ended) return;
    exchange.article.remove();
    progress.textContent = "";
    box.value = question;
    explain(reason(failure));
  } finally {
    asking = null;
    delete document.documentElement.dataset.asking;
    send.removeAttribute("aria-disabled");
    count();
  }
}

function finish(exchange) {
  progress.textContent = texts.ready;
  box.value = "";
  document.getElementById("starters")?.remove();
  offer(exchange.article);
  offerSpeech(exchange.article);
  exchange.article.scrollIntoView({ block: "start" });
  exchange.answer.focus({ preventScroll: true });
  document.dispatchEvent(new CustomEvent("neuvo:answered", { detail: exchange }));
  // A reload, or another language, shows the conversation again. Of violence at home, no address tells.
  if (exchange.violence) return;
  const place = `answers/${exchange.key}`;
  history.replaceState(null, "", `/${pageLanguage}/${place}${location.search}`);
  for (const link of document.querySelectorAll(".languages a[hreflang]")) {
    link.href = `/${link.hreflang}/${place}${location.search}`;
  }
}

function reason(failure) {
  // Messages for programmers are in English; a resident gets the page's own.
  if (failure instanceof Refused) {
    return failure.body.language === pageLanguage ? failure.body.message : texts.failed;
  }
  return failure instanceof Slow ? texts.slow : texts.lost;
}

/** Say beside the question box what went wrong, in the page's language; "" takes it back. */
function explain(message) {
  error.textContent = message;
  speak(error, { language: pageLanguage, direction: pageDirection });
  if (message) {
    box.setAttribute("aria-invalid", "true");
    box.focus();
  } else {
    box.removeAttribute("aria-invalid");
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-ask]")) return;
  event.preventDefault();
  if (asking) return;
  const data = new FormData(event.target);
  if (event.submitter?.name) data.set(event.submitter.name, event.submitter.value);
  const question = data.get("question").replaceAll("\r\n", "\n");
  if (!question.trim()) return explain(texts.empty);
  const profile = told(data);
  for (const [name, value] of Object.entries(profile)) choose(name, value);
  // Whatever became of the page's id, a question gets its answer, at worst outside of a conversation.
  ask(question, profile, CONVERSATION.test(data.get("conversation")) ? data.get("conversation") : undefined);
});

// The server forgets the conversation, not what was left to an advisor; the page that takes this one's place brings the next one's id.
afresh.addEventListener("submit", (event) => {
  event.preventDefault();
  ended = true;
  asking?.abort();
  forget(form.elements.conversation.value, { handOffs: false });
  document.getElementById("exchanges").replaceChildren();
  box.value = "";
  location.replace(`/${pageLanguage}/${location.search}`);
});

box.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});

function tellConnection() {
  offline.textContent = navigator.onLine ? "" : offline.dataset.text;
}
window.addEventListener("online", tellConnection);
window.addEventListener("offline", tellConnection);
tellConnection();

// In a frame on another page, only that page can close it.
if (window.parent !== window) {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") window.parent.postMessage("neuvo:close", "*");
  });
}

form.noValidate = true;
document.getElementById("keys").hidden = !window.matchMedia("(pointer: fine)").matches;
offer(document);
offerSpeech(document);
count();
const target = document.getElementById(location.hash.slice(1));
if (target?.matches(".thanks")) target.focus();
else (document.getElementById("gone") ?? [...document.querySelectorAll("#exchanges .answer")].at(-1))?.focus();
