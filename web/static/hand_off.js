/**
 * Talking to an advisor without leaving the chat: the forms' pieces appear under the conversation, and the advisor's
 * answer with them. Without this script the same forms bring whole pages, and a link looks for the answer.
 */

const KEPT = "neuvo.hand-off";
const FIRST_MS = 5_000;
const LONGEST_MS = 120_000;
const GROWTH = 1.4;
const ABSTENTIONS = 2;
const chat = document.getElementById("ask");
const conversation = chat?.elements.conversation.value;
let timer;
let pause = FIRST_MS;

const current = () => document.querySelector("[data-piece]") ?? document.getElementById("offer");

/** The piece in a response of the server. */
async function pieceOf(response) {
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return page.querySelector("[data-piece]");
}

function withPart(address) {
  return `${address}${address.includes("?") ? "&" : "?"}part`;
}

/** This tab remembers where the answer will be, so that it is there again after a reload. */
function keep(thread) {
  try {
    if (thread) sessionStorage.setItem(KEPT, JSON.stringify([conversation, thread]));
    else sessionStorage.removeItem(KEPT);
  } catch {
    // The browser keeps nothing for us.
  }
}

function kept() {
  try {
    const [of, thread] = JSON.parse(sessionStorage.getItem(KEPT)) ?? [];
    return of === conversation ? thread : undefined;
  } catch {
    return undefined;
  }
}

function show(piece) {
  current().replaceWith(piece);
  clearTimeout(timer);
  if (!piece.dataset.thread) return piece.matches("[data-end]") && keep("");
  keep(piece.dataset.thread);
  pause = FIRST_MS;
  watch();
}

/** Look for an answer again and again, ever less often, while somebody looks at the page; never after the end. */
function watch() {
  clearTimeout(timer);
  const piece = current();
  if (!piece?.dataset.thread || piece.dataset.state === "closed") return;
  timer = setTimeout(look, pause);
  pause = Math.min(pause * GROWTH, LONGEST_MS);
}

async function look() {
  if (document.hidden) return;
  const piece = current();
  try {
    const response = await fetch(withPart(piece.dataset.thread), { cache: "no-store" });
    if (response.status === 404) return;
    const fresh = response.ok && (await pieceOf(response));
    if (fresh && current() === piece && fresh.dataset.version !== piece.dataset.version) update(piece, fresh);
  } catch {
    // The line is down; later it may be up.
  }
  watch();
}

/** Only what is new comes in, so that it alone is read out, and nothing that is being written goes. */
function update(piece, fresh) {
  const part = (element, name) => element.querySelector(`[data-part="${name}"]`);
  const list = part(piece, "messages");
  list.append(...[...part(fresh, "messages").children].slice(list.children.length));
  part(piece, "state").replaceChildren(...part(fresh, "state").childNodes);
  piece.dataset.version = fresh.dataset.version;
  piece.dataset.state = fresh.dataset.state;
  pause = FIRST_MS;
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.matches("[data-leave], [data-afresh]")) keep("");
  if (!chat || !form.matches("[data-hand]")) return;
  event.preventDefault();
  if (form.dataset.sending !== undefined) return;
  form.dataset.sending = "";
  try {
    const body = new URLSearchParams(new FormData(form));
    const piece = await pieceOf(await fetch(withPart(form.getAttribute("action")), { method: "POST", body }));
    show(piece);
    (piece.querySelector("[aria-invalid]") ?? piece.querySelector("[tabindex='-1']"))?.focus();
  } catch {
    // As a page of its own; its key or token keeps it from being sent twice.
    form.submit();
  }
});

/** Whether a person is offered under an answer: as the server would. */
document.addEventListener("neuvo:answered", ({ detail: { answer, trace, violence } }) => {
  const { status } = answer.dataset;
  const offer = document.getElementById("offer");
  if (!offer) return;
  const abstained = document.querySelectorAll('.answer[data-status="no_information"]').length;
  const unknown = status === "no_information" && abstained >= ABSTENTIONS;
  const asked = trace.wants_person && status !== "emergency";
  offer.hidden = violence || !(status === "crisis" || asked || unknown);
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  pause = FIRST_MS;
  watch();
});

if (chat && kept()) {
  fetch(withPart(kept()), { cache: "no-store" })
    .then(pieceOf)
    .then((piece) => piece && show(piece))
    .catch(() => {});
} else {
  watch();
}
