/** The page's texts and <template>s, and how values are written into them. No text of a language stands here. */

export const texts = JSON.parse(document.getElementById("texts").textContent);
export const pageLanguage = document.documentElement.lang;
export const pageDirection = document.documentElement.dir;

export const piece = (name) => document.getElementById(name).content.firstElementChild.cloneNode(true);
export const part = (element, name) => element.querySelector(`[data-part="${name}"]`);
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
export const finnishDate = (iso) => iso.split("-").reverse().map(Number).join(".");
export const shownUrl = (url) => url.replace(/^https?:\/\//, "").replace(/\/+$/, "");
export const documentPath = (id) => `/${pageLanguage}/documents/${encodeURIComponent(id)}`;
export const isWeb = (url) => /^https?:\/\/[^/]/i.test(url ?? "");

export function speak(element, { language, direction }) {
  element.lang = language;
  element.dir = direction;
  return element;
}

export function telephone(number) {
  return `tel:${number.trim().startsWith("+") ? "+" : ""}${number.replace(/[^0-9]/g, "")}`;
}

export function span(text) {
  return Object.assign(document.createElement("span"), { textContent: text });
}

export function bdi(text) {
  const element = Object.assign(document.createElement("bdi"), { textContent: text });
  element.setAttribute("lang", "");
  return element;
}

/** A name as its publisher writes it, or that it is unknown. */
export function known(element, value) {
  element.append(value ? bdi(value) : span(texts.unknown));
}

/** A publisher's word on a status: its first words if we know them, the rest as it stands. */
export function status(element, value) {
  const status = value || "unknown";
  const words = Object.keys(texts.statuses).find(
    (known) => status.startsWith(known) && !/^[\p{L}\p{N}_]/u.test(status.slice(known.length)),
  );
  const rest = status.slice(words?.length ?? 0).replace(/^[ :;,]+/, "");
  if (!words) return element.append(bdi(status));
  element.append(span(texts.statuses[words]), ...(rest ? [" ", bdi(`(${rest})`)] : []));
}

export function link(element, url, text) {
  if (!isWeb(url)) return element.remove();
  element.setAttribute("href", url);
  if (text) element.textContent = text;
}
