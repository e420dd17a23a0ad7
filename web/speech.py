"""Answers read aloud on this server, by espeak-ng into Opus: nothing said leaves the machine.

SpeechError: reading failed or took too long.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from collections import OrderedDict
from collections.abc import Mapping
from itertools import groupby
from threading import Lock

from assistant.answers import Answer
from web.pool import WorkPool
from web.settings import SpeechSettings

VOICES: Mapping[str, str] = {
    "fi": "fi",
    "sv": "sv",
    "en": "en-gb",
    "et": "et",
    "ru": "ru",
    "es": "es",
    "fr": "fr-fr",
    "tr": "tr",
    "vi": "vi",
    "zh": "cmn-latn-pinyin",
}
"""Languages whose espeak-ng voice is fit to be listened to. Arabic is read without its vowels, Ukrainian poorly, and
Somali has none: better no button than one that is not understood."""

TRIAL_VOICES: Mapping[str, str] = {"sq": "sq", "fa": "fa", "ku": "ku"}
"""Voices that speakers have yet to judge; on by setting."""

MOST_CHARACTERS = 2000
"""Read of an answer: about three minutes."""

MOST_SECONDS = 20.0
"""For one run of a program."""

_RATE = 22_050
"""Samples a second, of 16 bits, that every espeak-ng voice makes."""

_HEADER = 44
"""Bytes of a WAV file before the samples."""

_PAUSE = bytes(2 * _RATE // 3)
"""A third of a second of silence, where the voice changes."""

_KILOBITS = "16"


class SpeechError(Exception):
    """Reading failed or took too long. Says which program, and nothing of the text."""


class Speech:
    """Reads answers aloud, one at a time, and keeps the latest. Languages are none where a program is missing."""

    def __init__(self, settings: SpeechSettings, queue: int = 4) -> None:
        self._espeak, self._opusenc = shutil.which("espeak-ng"), shutil.which("opusenc")
        usable = settings.enabled and self._espeak and self._opusenc
        trial: dict[str, str] = {code: TRIAL_VOICES[code] for code in settings.trial}
        self._voices: Mapping[str, str] = {**VOICES, **trial} if usable else {}
        self._pool = WorkPool(workers=1, queue=queue)
        self._kept = _Kept(settings.cache_megabytes * 1_000_000)

    @property
    def languages(self) -> frozenset[str]:
        """Those with a voice."""
        return frozenset(self._voices)

    def can_read(self, answer: Answer) -> bool:
        """Whether every sentence has a voice: an answer with gaps would mislead."""
        return bool(answer.sentences) and all(sentence.language in self._voices for sentence in answer.sentences)

    async def read(self, answer: Answer) -> bytes:
        """The answer as Ogg Opus. Raises SpeechError, and Busy where others wait already."""
        return await self._pool.run(lambda: self._read(script(answer)))

    def close(self) -> None:
        self._pool.close()

    def _read(self, said: list[tuple[str, str]]) -> bytes:
        key = hashlib.sha256(repr(said).encode()).digest()
        if (kept := self._kept.get(key)) is not None:
            return kept
        samples = _PAUSE.join(self._samples(language, text) for language, text in said)
        encode = ["--quiet", "--raw", "--raw-rate", str(_RATE), "--raw-chan", "1", "--bitrate", _KILOBITS, "--speech"]
        made = _run([str(self._opusenc), *encode, "--discard-comments", "-", "-"], samples)
        self._kept.put(key, made)
        return made

    def _samples(self, language: str, text: str) -> bytes:
        voice = self._voices[language]
        wave = _run([str(self._espeak), "-v", voice, "-b", "1", "--stdin", "--stdout"], text.encode())
        return wave[_HEADER:]


def script(answer: Answer) -> list[tuple[str, str]]:
    """Languages and texts to read, one for each change of language, MOST_CHARACTERS at most: whole sentences, or the
    beginning of the first."""
    said: list[tuple[str, str]] = []
    left = MOST_CHARACTERS
    for sentence in answer.sentences:
        if len(sentence.text) > left and said:
            break
        # Double brackets mean phonemes to espeak-ng.
        said.append((sentence.language, sentence.text[:left].replace("[[", "[").replace("]]", "]")))
        left -= len(sentence.text)
    return [
        (language, "\n".join(text for _, text in sentences))
        for language, sentences in groupby(said, key=lambda one: one[0])
    ]


def _run(command: list[str], given: bytes) -> bytes:
    """What a program makes of ``given``. Without a shell, without our environment. Raises SpeechError."""
    program = command[0].rsplit("/", 1)[-1]
    try:
        done = subprocess.run(command, input=given, capture_output=True, timeout=MOST_SECONDS, env={}, check=False)
    except subprocess.TimeoutExpired as error:
        raise SpeechError(f"{program} took more than {MOST_SECONDS:.0f} s") from error
    except OSError as error:
        raise SpeechError(f"{program} cannot be run: {error.strerror}") from error
    if done.returncode or not done.stdout:
        raise SpeechError(f"{program} ended with status {done.returncode}")
    return done.stdout


class _Kept:
    """The latest readings, at most ``most`` bytes together."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._made: OrderedDict[bytes, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, key: bytes) -> bytes | None:
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
            return self._made.get(key)

    def put(self, key: bytes, made: bytes) -> None:
        with self._lock:
            if key in self._made or len(made) > self._most:
                return
            self._made[key] = made
            self._size += len(made)
            while self._size > self._most:
                _, dropped = self._made.popitem(last=False)
                self._size -= len(dropped)


def byte_range(header: str | None, size: int) -> tuple[int, int] | None:
    """First and last byte that a ``Range`` header wants of ``size``; ``None`` for all, also where the header asks
    for several ranges or for what there is not (RFC 9110, 14.2: a server may ignore it)."""
    wanted = re.fullmatch(r"bytes=(\d{0,9})-(\d{0,9})", (header or "").strip(), re.ASCII)
    if wanted is None or wanted[0] == "bytes=-":
        return None
    if not wanted[1]:
        first, last = max(size - int(wanted[2]), 0), size - 1
    else:
        first, last = int(wanted[1]), min(int(wanted[2] or size), size - 1)
    return (first, last) if first <= last else None
