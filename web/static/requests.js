/** How a question gets to the server and its answer back, whatever breaks on the way. Nothing is asked twice. */

import { events } from "./events.js";

const TIMEOUT_MS = 60_000;
const PAUSES_MS = [0, 1000, 2000, 4000];

/** A failure that the server explained: {message, language, direction}. */
export class Refused extends Error {
  constructor(body) {
    super(body.status);
    this.body = body;
  }
}

/** No answer came in time. */
export class Slow extends Error {}

/** An unguessable key: 192 random bits in 32 characters. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}

export async function post(path, body, options = {}) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    ...options,
  });
  if (response.ok) return response;
  throw response.headers.get("Content-Type")?.startsWith("application/json")
    ? new Refused(await response.json())
    : new Error(`HTTP ${response.status}`);
}

/**
 * Ask, and fill the exchange. Where the stream breaks off, the answer is fetched by its key, waited for while it is
 * being made, and asked for again under the same key where the server never got the question. `controller` stops it.
 * Throws Refused, Slow, or what the last try threw.
 */
export async function answer(exchange, body, controller) {
  const { signal } = controller;
  let slow = false;
  const timer = setTimeout(() => {
    slow = true;
    controller.abort();
  }, TIMEOUT_MS);
  try {
    await streamed(exchange, body, signal).catch(async (failure) => {
      if (failure instanceof Refused || signal.aborted) throw failure;
      exchange.done(await fetched(body, signal));
    });
  } catch (failure) {
    throw slow ? new Slow() : failure;
  } finally {
    clearTimeout(timer);
  }
}

async function streamed(exchange, body, signal) {
  const response = await post("/api/v1/ask/stream", body, { signal });
  for await (const [name, data] of events(response.body)) {
    if (name === "status") exchange.status(data);
    else if (name === "sentence") exchange.sentence(data);
    else if (name === "citation") exchange.citation(data, data.sentence);
    else if (name === "error") throw new Error(data.status);
    else if (name === "done") return exchange.done(data);
  }
  throw new Error("the stream ended early");
}

async function fetched(body, signal) {
  let failure;
  for (const pause of PAUSES_MS) {
    if (!navigator.onLine) break;
    await wait(pause, signal);
    try {
      return await finished(body, signal);
    } catch (error) {
      if (error instanceof Refused || signal.aborted) throw error;
      failure = error;
    }
  }
  throw failure ?? new Error("offline");
}

async function finished(body, signal) {
  for (;;) {
    const response = await fetch(`/api/v1/answers/${body.key}`, { signal });
    if (response.status === 404) return (await post("/api/v1/ask", body, { signal })).json();
    if (response.status === 200) return response.json();
    if (response.status !== 202) throw new Error(`HTTP ${response.status}`);
    await wait(1000 * (Number(response.headers.get("Retry-After")) || 1), signal);
  }
}

function wait(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new Error("aborted"));
    }, { once: true });
  });
}
