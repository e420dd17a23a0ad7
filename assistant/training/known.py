"""Make the packaged file of known questions.

python -m assistant.training.known [--threads N]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from assistant.known_questions import KnownQuestions, save_known_questions
from assistant.training.examples import Cards, Example
from indexing.e5 import E5Embedder


def known(examples: list[Example], embedder: E5Embedder) -> KnownQuestions:
    """The questions of ``examples``, each over its own card, in their order."""
    vectors = embedder.embed_queries([example.question for example in examples])
    return KnownQuestions(
        vectors,
        np.array([example.group.removeprefix("card-") for example in examples]),
        np.array([bool(example.answers) for example in examples]),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        embedder = E5Embedder(cache=Path(cache), threads=arguments.threads)
        made = known(list(Cards().examples()), embedder)
    save_known_questions(embedder.fingerprint, made.vectors, made.cards.tolist(), made.answered.tolist())


if __name__ == "__main__":
    main()
