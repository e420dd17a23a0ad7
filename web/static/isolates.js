/**
 * Latin names, numbers, ranges and addresses inside Arabic and Persian, each in a <bdi> of its own, so that 220–300
 * and a telephone number in groups keep their order. web/isolates.py does the same on the server.
 */

const LETTER = "A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ0-9";
const BETWEEN = "(?:[ \\u00a0\\u202f]?[–—−&+-][ \\u00a0\\u202f]?|[ \\u00a0\\u202f]|[’'._:/@&+?=#~-]{1,3})";
const RUN = new RegExp(`([+#]?[${LETTER}](?:[${LETTER}]|${BETWEEN}(?=[${LETTER}])|,(?=[0-9]))*[%€]?)`);

/** The nodes that show `text`, for element.append. */
export function isolated(text, direction) {
  if (direction !== "rtl") return [text];
  // Splitting by a pattern with one group gives what is between the runs at even places, the runs at odd ones.
  return text.split(RUN).map((part, place) => {
    if (place % 2 === 0) return part;
    return Object.assign(document.createElement("bdi"), { dir: "ltr", textContent: part });
  }).filter((node) => node !== "");
}
