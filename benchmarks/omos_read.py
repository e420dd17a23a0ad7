"""The reader alone on a split of OMoS-QA: which lines of the given page answer, or that none does.

    python benchmarks/omos_read.py --split dev_de.jsonl [--questions dev_ar.jsonl] --out predicted.json

``--questions`` asks in another language: its questions are joined by ``id``. ``--out`` maps each id to the chosen
lines of ``context.split("\\n")``, which the data's scorer reads. Data: OMoS-QA, CC BY 4.0,
https://github.com/digitalfabrik/integreat-qa-dataset.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from assistant.calibration import load_calibration, select
from assistant.reader_model import TRAINED, ReadingModel
from indexing.e5 import E5Embedder
from indexing.e5_graph import Precision
from indexing.vector_space import load_space


def read_split(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", type=Path, required=True)
    parser.add_argument("--questions", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--reader", type=Path, default=TRAINED)
    parser.add_argument("--precision", type=Precision, default=Precision.INT8)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()

    calibration = load_calibration("pages", arguments.reader)
    asked = {row["id"]: row["question"] for row in read_split(arguments.questions or arguments.split)}
    predicted: dict[str, list[int]] = {}
    vectors: dict[str, Any] = {}
    spent = []
    with tempfile.TemporaryDirectory() as cache:
        embedder = E5Embedder(cache=Path(cache), threads=arguments.threads)
        space = load_space(embedder.fingerprint, embedder.dimension)
        model = ReadingModel(
            embedder.tokenizer,
            cache=Path(cache),
            threads=arguments.threads,
            file=arguments.reader,
            precision=arguments.precision,
        )
        for row in read_split(arguments.split):
            question, lines = asked[row["id"]], row["context"].split("\n")
            fresh = [line for line in dict.fromkeys(lines) if line not in vectors]  # the product has them in its index
            vectors.update(zip(fresh, space.passages(embedder.embed_passages(fresh)), strict=True))
            started = time.perf_counter()
            vector = space.question(embedder.embed_queries([question])[0])
            cosines = np.array([vectors[line] @ vector for line in lines])
            predicted[str(row["id"])] = select(model.read(question, [lines])[0], cosines, calibration)
            spent.append(time.perf_counter() - started)
    arguments.out.write_text(json.dumps(predicted), encoding="utf-8")
    median = 1000 * float(np.median(spent))
    print(json.dumps({"questions": len(predicted), "median ms": round(median, 1)}))


if __name__ == "__main__":
    main()
