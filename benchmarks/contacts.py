"""How often a number to call that is another line's is caught, and one that is right withheld.

    NEUVO_DATA=... python benchmarks/contacts.py [--card SLUG] [--seed N]

Supported claims about a card with several numbers, written ones and the card's own sentences, that name one of them: by
the card in their own language (written ones) and in another; as they are, and with each other number of the card.
"""

from __future__ import annotations

import argparse
import os
import random
from collections.abc import Sequence

from assistant.config import read_config
from assistant.grounding_contacts import exchanged, is_contact
from assistant.grounding_figures import Figure, FigureReader
from assistant.grounding_support import SimilaritySupport
from assistant.training.claims import Sources, made, written
from indexing.embedders import load_embedder


def main() -> None:
    """Print the shares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--card", default="emergency-and-crisis")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    config = read_config(os.environ).index
    nearness = SimilaritySupport(load_embedder(config.model, cache=config.cache, threads=1), 100_000).nearness
    reader, sources, rng = FigureReader(), Sources.load(), random.Random(arguments.seed)
    claims = [claim for claim in (*written(), *made(sources)) if claim.card == arguments.card and claim.supported]

    def withheld(text: str, language: str, lines: Sequence[tuple[str, Sequence[Figure]]]) -> bool:
        return exchanged(text, reader.figures(text, language), lines, nearness)

    for where in ("same", "other"):
        right, wrong = list[bool](), list[bool]()
        for claim in claims:
            told = [figure for figure in reader.figures(claim.text, claim.language) if is_contact(figure)]
            if len({figure.readings for figure in told}) != 1 or (claim.kind == "card" and where == "same"):
                continue
            others = [code for code in sources.languages(claim.card) if code != claim.language]
            language = claim.language if where == "same" else rng.choice(others)
            lines = [(line, reader.figures(line, language)) for line in sources.lines[claim.card, language]]
            known = {one.text: one for _, figures in lines for one in figures if is_contact(one)}
            if not any(one.readings & told[0].readings for one in known.values()):
                continue
            right.append(withheld(claim.text, claim.language, lines))
            for text, other in known.items():
                if not other.readings & told[0].readings:
                    wrong.append(withheld(claim.text.replace(told[0].text, text), claim.language, lines))
        print(f"{where} language: {sum(wrong)} of {len(wrong)} exchanged caught, ", end="")
        print(f"{sum(right)} of {len(right)} right ones withheld")


if __name__ == "__main__":
    main()
