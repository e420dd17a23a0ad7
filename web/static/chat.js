// Asks without leaving the page: the answer appears sentence by sentence. Without this script the same form
// brings the same answer as a new page. Every piece is a <template> of the page, so no text stands here.

import { events } from "./events.js";

const TIMEOUT_MS = 60_000;
const CONVERSATION = /^[\w-]{16,200}$/;
const texts = JSON.parse(document.getElementById("texts").textContent);
const pageLanguage = document.documentElement.lang;
const pageDirection = document.documentElement.dir;
const form = document.getElementById("ask");
const box = document.getElementById("question");
const progress = document.getElementById("progress");
const error = document.getElementById("error");
const afresh = document.getElementById("afresh");
let exchanges = document.querySelectorAll("#exchanges > article").length;
let asking = false;
let ended = false;

/** A failure that the server explained: {message, language, direction}. */
class Refused extends Error {
  constructor(body) {
    super(body.status);
    this.body = body;
  }
}

const piece = (name) => document.getElementById(name).content.firstElementChild.cloneNode(true);
const part = (element, name) => element.querySelector(`[data-part="${name}"]`);
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const finnishDate = (iso) => iso.split("-").reverse().map(Number).join(".");
const documentPath = (id) => `/${pageLanguage}/documents/${encodeURIComponent(id)}`;
const isWeb = (url) => /^https?:\/\/[^/]/i.test(url ?? "");

function speak(element, { language, direction }) {
  element.lang = language;
  element.dir = direction;
  return element;
}

function telephone(number) {
  return `tel:${number.trim().startsWith("+") ? "+" : ""}${number.replace(/[^0-9]/g, "")}`;
}

/** One question and its answer on the page, filled as the answer comes in. */
class Exchange {
  constructor(question, profile) {
    this.key = `a${++exchanges}`;
    this.question = question;
    this.profile = profile;
    this.article = piece("exchange");
    this.answer = part(this.article, "answer");
    part(this.article, "question").textContent = question;
    this.clear();
    document.getElementById("exchanges").append(this.article);
  }

  clear() {
    const fresh = part(piece("exchange"), "answer");
    this.answer.replaceWith(fresh);
    this.answer = fresh;
    this.answer.hidden = true;
    this.sentences = [];
    this.numbers = new Map();
    for (const name of ["verdict", "lead", "nearest", "missing", "clarify", "contacts", "sources"]) {
      part(this.answer, name).hidden = true;
    }
  }

  status({ status }) {
    this.answer.hidden = false;
    this.answer.dataset.status = status;
    if (status in texts.verdicts) {
      const verdict = part(this.answer, "verdict");
      verdict.textContent = texts.verdicts[status];
      verdict.hidden = false;
    }
    if (status === "emergency") this.lead("112");
  }

  lead(phone) {
    const lead = part(this.answer, "lead");
    lead.firstElementChild.href = telephone(phone);
    lead.firstElementChild.textContent = fill(texts.call, { phone });
    lead.hidden = false;
  }

  sentence(sentence) {
    const element = speak(piece("sentence"), sentence);
    part(element, "text").textContent = sentence.text;
    if (!sentence.machine_translated) part(element, "machine").remove();
    part(this.answer, "sentences").append(element);
    this.sentences.push(element);
  }

  /** Sources are numbered in the order of the answer; a place cited again keeps its number. */
  citation(citation, sentence) {
    const place = JSON.stringify([citation.document, citation.start, citation.end]);
    if (!this.numbers.has(place)) {
      this.numbers.set(place, this.numbers.size + 1);
      this.source(citation, this.numbers.get(place));
    }
    const number = this.numbers.get(place);
    const refs = part(this.sentences[sentence], "refs");
    const href = `#${this.key}-quote-${number}`;
    if ([...refs.children].some((ref) => ref.getAttribute("href") === href)) return;
    const ref = piece("ref");
    ref.href = href;
    ref.textContent = number;
    ref.setAttribute("aria-label", fill(texts.source, { number }));
    refs.append(ref);
  }

  source(citation, number) {
    const element = piece("source");
    const title = speak(part(element, "title"), citation);
    title.textContent = citation.title;
    part(element, "number").textContent = number;
    known(part(element, "publisher-short"), citation.publisher);
    const quote = speak(part(element, "quote"), citation);
    quote.id = `${this.key}-quote-${number}`;
    quote.textContent = citation.quote;
    const fact = (name) => part(element, name).querySelector("dd");
    known(fact("publisher"), citation.publisher);
    known(fact("municipality"), citation.municipality);
    status(fact("status"), citation.status);
    fact("language").append(span(texts.languages[citation.language] ?? texts.unknown));
    for (const name of ["valid_from", "valid_until"]) {
      if (citation[name]) fact(name).firstElementChild.textContent = finnishDate(citation[name]);
      else part(element, name).remove();
    }
    if (citation.based_on.length) fact("based_on").firstElementChild.textContent = citation.based_on.join("; ");
    else part(element, "based_on").remove();
    const path = documentPath(citation.document);
    part(element, "document").href = `${path}?start=${citation.start}&end=${citation.end}#quote`;
    link(part(element, "url"), citation.url);
    const sources = part(this.answer, "sources");
    sources.querySelector("ol").append(element);
    sources.hidden = false;
  }

  /** The whole answer, wherever what came before it stopped. */
  done(answer) {
    const cited = answer.sentences.every((sentence, index) => {
      const places = new Set(sentence.citations.map((c) => `${c.document} ${c.start} ${c.end}`));
      return this.sentences[index] && part(this.sentences[index], "refs").children.length === places.size;
    });
    if (!cited || this.sentences.length !== answer.sentences.length || this.answer.dataset.status !== answer.status) {
      this.clear();
      this.status(answer);
      answer.sentences.forEach((sentence, index) => {
        this.sentence(sentence);
        for (const citation of sentence.citations) this.citation(citation, index);
      });
    }
    const phone = answer.contacts.find((contact) => contact.phone)?.phone;
    if (phone && ["emergency", "crisis"].includes(answer.status)) this.lead(phone);
    this.nearest(answer);
    this.missing(answer);
    this.clarify(answer);
    this.contacts(answer);
    for (const element of this.answer.querySelectorAll("[data-part][hidden]")) element.remove();
  }

  /** The sources that the last sentence introduces. */
  nearest(answer) {
    const list = part(this.answer, "nearest");
    for (const source of answer.nearest) {
      const element = piece("nearest");
      const title = speak(part(element, "document"), source);
      title.textContent = source.title;
      title.href = documentPath(source.document);
      for (const name of ["publisher", "municipality"]) {
        if (source[name]) part(element, name).textContent = source[name];
        else part(element, name).remove();
      }
      link(part(element, "url"), source.url);
      list.append(element);
    }
    list.hidden = !answer.nearest.length;
  }

  missing(answer) {
    const list = speak(part(this.answer, "missing").querySelector("ul"), answer);
    for (const gap of answer.missing) {
      list.append(Object.assign(document.createElement("li"), { dir: "auto", textContent: gap }));
    }
    part(this.answer, "missing").hidden = !answer.missing.length;
  }

  clarify(answer) {
    const clarify = part(this.answer, "clarify");
    if (!answer.clarify) return;
    const { field, question, choices } = answer.clarify;
    speak(clarify.querySelector("p"), answer).textContent = question;
    clarify.querySelector("[name=question]").setAttribute("value", this.question);
    for (const name of ["municipality", "situation"]) {
      const input = clarify.querySelector(`[name=${name}]`);
      if (name !== field && this.profile[name]) input.setAttribute("value", this.profile[name]);
      else input.remove();
    }
    for (const value of choices) {
      const button = piece("choice");
      Object.assign(button, { name: field, value, textContent: texts.situations[value] ?? value });
      part(clarify, "choices").append(button);
    }
    clarify.hidden = false;
  }

  contacts(answer) {
    const list = speak(part(this.answer, "contacts").querySelector("ul"), answer);
    for (const contact of answer.contacts) {
      const element = piece("contact");
      part(element, "name").textContent = contact.name;
      const phone = part(element, "phone");
      if (contact.phone) Object.assign(phone, { href: telephone(contact.phone), textContent: contact.phone });
      else phone.remove();
      const shown = contact.url?.replace(/^https?:\/\//, "").replace(/\/+$/, "");
      link(part(element, "url"), contact.url, shown);
      if (contact.note) part(element, "note").textContent = contact.note;
      else part(element, "note").remove();
      const checked = part(element, "checked");
      if (contact.checked) checked.textContent = fill(texts.checked, { date: finnishDate(contact.checked) });
      else checked.remove();
      list.append(element);
    }
    part(this.answer, "contacts").hidden = !answer.contacts.length;
  }
}

function span(text) {
  return Object.assign(document.createElement("span"), { textContent: text });
}

function bdi(text) {
  const element = Object.assign(document.createElement("bdi"), { textContent: text });
  element.setAttribute("lang", "");
  return element;
}

function known(element, value) {
  element.append(value ? bdi(value) : span(texts.unknown));
}

/** A publisher's word on a status: its first words if we know them, the rest as it stands. */
function status(element, value) {
  const status = value || "unknown";
  const words = Object.keys(texts.statuses).find(
    (known) => status.startsWith(known) && !/^[\p{L}\p{N}_]/u.test(status.slice(known.length)),
  );
  const rest = status.slice(words?.length ?? 0).replace(/^[ :;,]+/, "");
  if (!words) return element.append(bdi(status));
  element.append(span(texts.statuses[words]), ...(rest ? [" ", bdi(`(${rest})`)] : []));
}

function link(element, url, text) {
  if (!isWeb(url)) return element.remove();
  element.setAttribute("href", url);
  if (text) element.textContent = text;
}

async function post(path, body, signal) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal,
  });
  if (response.ok) return response;
  throw response.headers.get("Content-Type")?.startsWith("application/json")
    ? new Refused(await response.json())
    : new Error(`HTTP ${response.status}`);
}

async function streamed(exchange, body, signal) {
  const response = await post("/api/v1/ask/stream", body, signal);
  for await (const [name, data] of events(response.body)) {
    if (name === "status") exchange.status(data);
    else if (name === "sentence") exchange.sentence(data);
    else if (name === "citation") exchange.citation(data, data.sentence);
    else if (name === "error") throw new Error(data.status);
    else if (name === "done") return exchange.done(data);
  }
  throw new Error("the stream ended early");
}

async function whole(exchange, body, signal) {
  const response = await post("/api/v1/ask", body, signal);
  const answer = await response.json();
  exchange.clear();
  exchange.done(answer);
}

async function ask(question, profile, conversation) {
  asking = true;
  afresh.hidden = false;
  explain("");
  const exchange = new Exchange(question, profile);
  document.documentElement.dataset.asking = "";
  progress.textContent = texts.searching;
  progress.scrollIntoView({ block: "nearest" });
  const body = { question, page_language: pageLanguage, profile, conversation };
  try {
    try {
      await streamed(exchange, body, AbortSignal.timeout(TIMEOUT_MS));
    } catch (failure) {
      if (failure instanceof Refused || ended) throw failure;
      await whole(exchange, body, AbortSignal.timeout(TIMEOUT_MS));
    }
    progress.textContent = texts.ready;
    box.value = "";
    exchange.article.scrollIntoView({ block: "start" });
    exchange.answer.focus({ preventScroll: true });
  } catch (failure) {
    if (ended) return;
    exchange.article.remove();
    progress.textContent = "";
    box.value = question;
    // Messages for programmers are in English; a resident gets the page's own.
    const told = failure instanceof Refused && failure.body.language === pageLanguage ? failure.body : null;
    explain(told?.message ?? texts.failed);
  } finally {
    asking = false;
    delete document.documentElement.dataset.asking;
  }
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

function open(id) {
  const details = document.getElementById(id)?.closest("details");
  if (details) details.open = true;
  return details;
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-ask]")) return;
  event.preventDefault();
  if (asking) return;
  const data = new FormData(event.target);
  if (event.submitter?.name) data.set(event.submitter.name, event.submitter.value);
  const question = data.get("question").replaceAll("\r\n", "\n");
  if (!question.trim()) return explain(texts.empty);
  const profile = {};
  for (const name of ["municipality", "situation"]) {
    if (data.get(name)) {
      profile[name] = data.get(name);
      if (event.target !== form) document.getElementById(name).value = data.get(name);
    }
  }
  // Whatever became of the page's id, a question gets its answer, at worst outside of a conversation.
  ask(question, profile, CONVERSATION.test(data.get("conversation")) ? data.get("conversation") : undefined);
});

// The server forgets the conversation; the link's page, which takes this one's place, brings the next one's id.
afresh.addEventListener("click", (event) => {
  if (!event.target.matches("a") || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  ended = true;
  const id = form.elements.conversation.value;
  if (CONVERSATION.test(id)) {
    fetch(`/api/v1/conversations/${id}`, { method: "DELETE", keepalive: true }).catch(() => {});
  }
  document.getElementById("exchanges").replaceChildren();
  box.value = "";
  location.replace(event.target.href);
});

document.addEventListener("click", (event) => {
  const ref = event.target.closest("a.ref");
  if (!ref) return;
  event.preventDefault();
  const details = open(ref.hash.slice(1));
  details?.scrollIntoView({ block: "nearest" });
  details?.querySelector("summary").focus({ preventScroll: true });
});

box.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});

form.noValidate = true;
document.getElementById("keys").hidden = !window.matchMedia("(pointer: fine)").matches;
const answered = document.querySelector("#exchanges .answer");
if (answered) answered.focus();
