/** One question and its answer on the page, filled as the answer comes in. */

import { isolated } from "./isolates.js";
import {
  documentPath, fill, finnishDate, known, link, pageDirection, part, piece, shownUrl, span, speak, status, telephone,
  texts,
} from "./pieces.js";
import { place } from "./quotes.js";

const PARTS = [
  "verdict", "lead", "leave", "nearest", "missing", "clarify", "sources", "contacts", "speech", "actions", "keep",
  "feedback",
];

export class Exchange {
  /** `key` is the question's, `profile` what the asker told. */
  constructor(key, question, profile) {
    this.key = key;
    this.question = question;
    this.profile = profile;
    this.article = piece("exchange");
    this.article.id = `answer-${key}`;
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
    this.answer.dataset.key = this.key;
    this.sentences = [];
    this.numbers = new Map();
    for (const name of PARTS) part(this.answer, name).hidden = true;
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
    lead.firstElementChild.replaceChildren(...isolated(fill(texts.call, { phone }), pageDirection));
    lead.hidden = false;
  }

  sentence(sentence) {
    const element = speak(piece("sentence"), sentence);
    part(element, "text").append(...isolated(sentence.text, sentence.direction));
    if (!sentence.machine_translated) part(element, "machine").remove();
    part(this.answer, "sentences").append(element);
    this.sentences.push({ element, text: sentence.text });
  }

  /** Sources are numbered in the order of the answer; a place cited again keeps its number. */
  citation(citation, index) {
    const cited = JSON.stringify([citation.document, citation.start, citation.end]);
    if (!this.numbers.has(cited)) {
      this.numbers.set(cited, this.numbers.size + 1);
      this.source(citation, this.numbers.get(cited));
    }
    const number = this.numbers.get(cited);
    const { element, text } = this.sentences[index];
    const refs = part(element, "refs");
    const href = `#${this.key}-quote-${number}`;
    if ([...refs.children].some((ref) => ref.getAttribute("href") === href)) return;
    const ref = piece("ref");
    ref.setAttribute("href", href);
    ref.textContent = number;
    ref.setAttribute("aria-label", fill(texts.source, { number }));
    refs.append(ref);
    const machine = part(element, "machine");
    if (!machine || refs.children.length > 1) return;
    const original = speak(part(machine, "original"), citation);
    original.append(...isolated(citation.quote, citation.direction));
    // What a person wrote is another document's: it is fetched when it is asked for.
    if (citation.quote === text) place(machine, citation);
  }

  source(citation, number) {
    const element = piece("source");
    const title = speak(part(element, "title"), citation);
    title.textContent = citation.title;
    part(element, "number").textContent = number;
    known(part(element, "publisher-short"), citation.publisher);
    speak(part(element, "snippet"), citation).append(...isolated(citation.quote, citation.direction));
    const quoted = speak(part(element, "quoted"), citation);
    quoted.id = `${this.key}-quote-${number}`;
    part(element, "quote").append(...isolated(citation.quote, citation.direction));
    place(part(element, "details"), citation);
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
    if (!this.shows(answer)) {
      this.clear();
      this.status(answer);
      answer.sentences.forEach((sentence, index) => {
        this.sentence(sentence);
        for (const citation of sentence.citations) this.citation(citation, index);
      });
    }
    const phone = answer.contacts.find((contact) => contact.phone)?.phone;
    if (phone && ["emergency", "crisis"].includes(answer.status)) this.lead(phone);
    this.trace = answer.trace;
    this.violence = answer.trace.categories?.includes("violence") ?? false;
    part(this.answer, "leave").hidden = !this.violence;
    this.nearest(answer);
    this.missing(answer);
    this.clarify(answer);
    this.contacts(answer);
    this.ending(answer);
    for (const element of this.answer.querySelectorAll("[data-part][hidden]")) element.remove();
  }

  shows(answer) {
    const cited = answer.sentences.every((sentence, index) => {
      const places = new Set(sentence.citations.map((c) => `${c.document} ${c.start} ${c.end}`));
      const shown = this.sentences[index];
      return shown && part(shown.element, "refs").children.length === places.size;
    });
    return cited && this.sentences.length === answer.sentences.length && this.answer.dataset.status === answer.status;
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
    speak(clarify.querySelector("p"), answer).append(...isolated(question, answer.direction));
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
      part(element, "name").append(...isolated(contact.name, answer.direction));
      const phone = part(element, "phone");
      if (contact.phone) Object.assign(phone, { href: telephone(contact.phone), textContent: contact.phone });
      else phone.remove();
      link(part(element, "url"), contact.url, contact.url && shownUrl(contact.url));
      if (contact.note) part(element, "note").append(...isolated(contact.note, answer.direction));
      else part(element, "note").remove();
      const checked = part(element, "checked");
      const date = contact.checked && finnishDate(contact.checked);
      if (date) checked.append(...isolated(fill(texts.checked, { date }), pageDirection));
      else checked.remove();
      list.append(element);
    }
    part(this.answer, "contacts").hidden = !answer.contacts.length;
  }

  /** What can be done with the answer. */
  ending(answer) {
    part(this.answer, "actions").hidden = false;
    const speech = part(this.answer, "speech");
    const voiced = answer.sentences.every((sentence) => texts.speech.includes(sentence.language));
    speech.hidden = !answer.sentences.length || !voiced;
    speech.querySelector("audio").setAttribute("src", `/api/v1/answers/${this.key}/speech`);
    const keep = part(this.answer, "keep");
    keep.hidden = answer.status !== "no_information";
    keep.querySelector("[name=answer]").setAttribute("value", this.key);
    part(keep, "kept").id = `kept-${this.key}`;
    const feedback = part(this.answer, "feedback");
    feedback.hidden = !texts.rated.includes(answer.status);
    feedback.querySelector("[name=answer]").setAttribute("value", this.key);
    part(feedback, "thanks").id = `feedback-${this.key}`;
  }
}
