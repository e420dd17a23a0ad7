"""``neuvo build --json`` over the small corpus of ``mending``, with a fake embedder: in a process of its own."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from assistant.languages import load_languages
from corpus.publishing import all_documents
from indexing.builds import IndexConfig, make_build
from tests.fakes import WordsEmbedder


def say(**told: object) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def main() -> None:
    data, cards = Path(os.environ["NEUVO_DATA"]), Path(sys.argv[1])
    analysers = {code: language.analyser for code, language in load_languages().items()}
    report = make_build(
        all_documents(data, cards),
        IndexConfig(data=data, analysers=analysers),
        WordsEmbedder(),
        lambda stage, done, total: say(stage=stage, done=done, total=total),
    )
    say(build=report.manifest.id, reused=report.reused)


if __name__ == "__main__":
    main()
