"""Argos translation models run on CTranslate2 and SentencePiece directly, without argostranslate's runtime.

Models load when they are first needed, each once, and the ones used last stay loaded. Where no package translates a
pair, packages are chained, through as few languages as possible.
"""

from __future__ import annotations

import importlib.util
import math
import threading
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.argos_packages import ArgosPackage
from assistant.translators import NoRoute, PackageError, TranslatedSentence, Translation

ENGINE = "argos"
MOST_PACKAGES = 3
"""Packages that are chained at most: every one adds its errors to those before."""
LENGTH_PENALTY = 0.2
"""What argostranslate decodes with."""
_TIMES, _MORE, _MOST = 3, 16, 256
"""A translation's tokens: at most so many times the source's, and so many more; never more than CTranslate2 takes by
default."""
_BATCH = 32
_RUNS_ON = "runs on"


@dataclass(frozen=True, slots=True)
class _Model:
    package: ArgosPackage
    translator: Any
    pieces: Any

    def translate(self, sentences: Sequence[str], beam: int) -> list[TranslatedSentence]:
        prefix = self.package.prefix
        tokens = [self.pieces.encode(sentence, out_type=str) for sentence in sentences]
        bounds = [min(_TIMES * len(source) + _MORE, _MOST) for source in tokens]
        results = self.translator.translate_batch(
            tokens,
            target_prefix=[[prefix]] * len(tokens) if prefix else None,
            beam_size=beam,
            length_penalty=LENGTH_PENALTY,
            max_decoding_length=max(bounds, default=1),
            max_batch_size=_BATCH,
            replace_unknowns=True,
            return_scores=True,
        )
        return [self._read(result, bound) for result, bound in zip(results, bounds, strict=True)]

    def _read(self, result: Any, bound: int) -> TranslatedSentence:
        written = result.hypotheses[0]
        if len(written) >= bound:
            return TranslatedSentence(None, refused=_RUNS_ON)
        text = self.pieces.decode_pieces(written).replace("\u2581", " ")
        text = text.removeprefix(self.package.prefix).strip()
        # the score is the sum of the tokens' logarithms, divided by their number to the power of the penalty
        mean = result.scores[0] * max(len(written), 1) ** (LENGTH_PENALTY - 1)
        return TranslatedSentence(text, math.exp(min(mean, 0.0)))


class ArgosTranslator:
    """Translates with the ``packages``. Safe to share between threads.

    At most ``models`` are loaded at a time, the ones used last; each uses ``threads``. ``beam`` is how many
    translations are weighed against each other at every token; argostranslate takes 4.
    """

    def __init__(self, packages: Sequence[ArgosPackage], *, threads: int = 1, models: int = 2, beam: int = 4) -> None:
        if importlib.util.find_spec("ctranslate2") is None:
            raise PackageError('ctranslate2 is not installed; install it with: pip install "neuvo[translate]"')
        self._packages = {(package.source, package.target): package for package in packages}
        self._threads, self._most, self._beam = threads, models, beam
        self._lock = threading.Lock()
        self._loaded: OrderedDict[str, _Model] = OrderedDict()

    def languages(self) -> Mapping[str, frozenset[str]]:
        targets = {target for _, target in self._packages}
        return {
            source: frozenset(target for target in targets - {source} if self.route(source, target))
            for source in sorted({source for source, _ in self._packages})
        }

    def route(self, source: str, target: str) -> tuple[ArgosPackage, ...]:
        """The packages to chain, as few as possible; of equally many those first in the alphabet, which makes English
        go before most. Empty where there is no way."""
        ways: deque[tuple[ArgosPackage, ...]] = deque([()])
        reached = {source}
        while ways:
            way = ways.popleft()
            at = way[-1].target if way else source
            if at == target:
                return way
            for (start, end), package in sorted(self._packages.items()):
                if start == at and end not in reached and len(way) < MOST_PACKAGES:
                    reached.add(end)
                    ways.append((*way, package))
        return ()

    def translate(self, sentences: Sequence[str], source: str, target: str) -> Translation:
        way = self.route(source, target) if source != target else ()
        if not way:
            raise NoRoute(f"no package translates from {source} to {target}: neuvo languages install {source} {target}")
        done = [TranslatedSentence(sentence, 1.0) for sentence in sentences]
        for package in way:
            going = [number for number, one in enumerate(done) if one.text]
            texts = [done[number].text or "" for number in going]
            for number, one in zip(going, self._run(package, texts), strict=True):
                done[number] = TranslatedSentence(one.text, done[number].confidence * one.confidence, one.refused)
        pivot = tuple(package.target for package in way[:-1])
        return Translation(source, target, ENGINE, tuple(done), pivot)

    def warm(self, source: str, target: str) -> None:
        """Load what translates this pair and run it once. Raises NoRoute and PackageError."""
        self.translate(["."], source, target)

    def _run(self, package: ArgosPackage, sentences: Sequence[str]) -> list[TranslatedSentence]:
        model = self._model(package)
        try:
            return model.translate(sentences, self._beam)
        except (RuntimeError, ValueError) as error:
            raise PackageError(f"{package.folder}: does not translate ({error}); install it again") from error

    def _model(self, package: ArgosPackage) -> _Model:
        """The loaded model; one thread loads it while others wait."""
        with self._lock:
            if package.name in self._loaded:
                self._loaded.move_to_end(package.name)
                return self._loaded[package.name]
            model = self._loaded[package.name] = _load(package, self._threads)
            while len(self._loaded) > self._most:
                self._loaded.popitem(last=False)
            return model


def _load(package: ArgosPackage, threads: int) -> _Model:
    import ctranslate2
    from sentencepiece import SentencePieceProcessor

    try:
        pieces = SentencePieceProcessor(model_file=str(package.folder / "sentencepiece.model"))
        translator = ctranslate2.Translator(
            str(package.folder / "model"), device="cpu", compute_type="auto", inter_threads=1, intra_threads=threads
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise PackageError(f"{package.folder}: cannot be loaded ({error}); install it again") from error
    return _Model(package, translator, pieces)
