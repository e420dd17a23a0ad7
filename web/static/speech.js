/**
 * Reading aloud by a voice of this device. A voice that is not local would send the text away, so it is never used:
 * without a local one for every sentence, the player with the server's reading stays where there is one.
 */

import { part, texts } from "./pieces.js";

const synthesis = window.speechSynthesis;

function voiceFor(language) {
  const fits = (voice) => voice.localService && voice.lang.toLowerCase().split(/[-_]/)[0] === language;
  return synthesis?.getVoices().find(fits);
}

const sentencesOf = (answer) => [...answer.querySelectorAll(".sentence")];

/** Put the button in the player's place on every answer inside `root` that this device can read. */
export function offerSpeech(root) {
  if (!synthesis) return;
  for (const answer of root.querySelectorAll(".answer")) {
    const button = answer.querySelector("[data-act=listen]");
    const sentences = sentencesOf(answer);
    if (!button || !sentences.length || !sentences.every((sentence) => voiceFor(sentence.lang))) continue;
    button.hidden = false;
    part(answer, "speech")?.remove();
  }
}

let reading = null;

function stop() {
  synthesis.cancel();
  if (reading) reading.button.textContent = reading.label;
  reading = null;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act=listen]");
  if (!button) return;
  const again = reading?.button === button;
  stop();
  if (again) return;
  reading = { button, label: button.textContent };
  button.textContent = texts.stop;
  const sentences = sentencesOf(button.closest(".answer"));
  sentences.forEach((sentence, place) => {
    const spoken = new SpeechSynthesisUtterance(part(sentence, "text").textContent);
    Object.assign(spoken, { lang: sentence.lang, voice: voiceFor(sentence.lang) });
    if (place === sentences.length - 1) spoken.onend = () => reading?.button === button && stop();
    synthesis.speak(spoken);
  });
});

// Some browsers know their voices only after a while.
synthesis?.addEventListener?.("voiceschanged", () => offerSpeech(document));
window.addEventListener("pagehide", () => synthesis?.cancel());

// Without a voice here, opening the player starts it.
document.addEventListener("toggle", (event) => {
  if (event.target.matches?.("details.speech") && event.target.open) {
    event.target.querySelector("audio").play().catch(() => {});
  }
}, true);
