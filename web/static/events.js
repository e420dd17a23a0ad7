/**
 * The [name, data] of each server-sent event in a response's body, as it arrives.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation, as far as our
 * server uses it: one "event:" and one "data:" line, which is JSON.
 */
export async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      buffer += value;
      const blocks = buffer.split("\n\n");
      buffer = blocks.pop();
      for (const block of blocks) {
        const field = (name) =>
          block.split("\n").find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
        if (field("data")) yield [field("event") ?? "message", JSON.parse(field("data"))];
      }
    }
  } finally {
    await reader.cancel();
  }
}
