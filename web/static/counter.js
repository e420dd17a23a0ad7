/** How many characters are left: shown from half of the limit on, told to screen readers at a few boundaries only. */

import { fill, pageDirection, texts } from "./pieces.js";
import { isolated } from "./isolates.js";

const BOUNDARIES = [0, 10, 50, 100];
const box = document.getElementById("question");
const shown = document.getElementById("left");
const told = document.getElementById("counted");
const limit = box.maxLength;
let before = limit;

function count() {
  const left = limit - box.value.length;
  const text = isolated(fill(texts.left, { count: left }), pageDirection);
  shown.replaceChildren(...(left <= limit / 2 ? text : []));
  const crossed = BOUNDARIES.some((boundary) => left <= boundary && before > boundary);
  if (crossed) told.textContent = fill(texts.left, { count: left });
  else if (left > BOUNDARIES.at(-1)) told.textContent = "";
  before = left;
}

box.addEventListener("input", count);
/** After the page itself changed what is in the box. */
export { count };
