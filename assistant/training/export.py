"""Writes what was trained as ``reader.safetensors`` with its model card ``reader.json``.

python -m assistant.training.export --run FOLDER [--out FOLDER]
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save_file

from assistant.reader_model import TRAINED

DATA = [
    {
        "name": "OMoS-QA, train split, de en fr ar uk",
        "licence": "CC BY 4.0",
        "source": "https://github.com/digitalfabrik/integreat-qa-dataset (arXiv 2407.15736)",
    },
    {
        "name": "XQuAD, ar de el en es ru tr vi zh",
        "licence": "CC BY-SA 4.0",
        "source": "https://github.com/google-deepmind/xquad (arXiv 1910.11856)",
    },
    {
        "name": "SQuAD 2.0, the first articles of the train split",
        "licence": "CC BY-SA 4.0",
        "source": "https://rajpurkar.github.io/SQuAD-explorer (arXiv 1806.03822)",
    },
    {
        "name": "PersianQA, test split",
        "licence": "CC BY-SA 4.0",
        "source": "https://github.com/sajjjadayobi/PersianQA",
    },
    {
        "name": "Neuvo's own questions about its service cards",
        "licence": "MIT",
        "source": "assistant/training/questions",
    },
]


def exported(state: dict[str, torch.Tensor]) -> dict[str, np.ndarray[Any, Any]]:
    """The trained tensors under the names ``indexing.e5_weights.AdaptedWeights`` and ReadingModel know, in float16
    but for layer norms and biases."""
    tensors = {}
    for name, value in state.items():
        values = value.detach().float().numpy()
        if name.startswith("layers."):
            _, number, rest = name.split(".", 2)
            part = rest.replace("_weight", ".w").replace("_bias", ".b")
            name = f"l{number}.{part}"
        else:
            name = name.replace(".weight", ".w").replace(".bias", ".b")
        tensors[name] = values.astype(np.float16 if values.ndim == 2 else np.float32)
    return tensors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, default=TRAINED.parent)
    arguments = parser.parse_args()
    states = [torch.load(run / "state.pt", weights_only=True)["network"] for run in arguments.run]
    state = {name: torch.stack([each[name] for each in states]).mean(0) for name in states[0]}
    file = arguments.out / TRAINED.name
    save_file(exported(state), file, metadata={"licence": "CC BY-SA 4.0", "card": "reader.json"})
    record = json.loads((arguments.run[-1] / "record.json").read_text(encoding="utf-8"))
    record["runs averaged"] = len(states)
    card = {
        "model": "Neuvo's reading model: LoRA additions and head for multilingual-e5-small (MIT)",
        "licence": "CC BY-SA 4.0",
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "data": DATA,
        **record,
    }
    file.with_suffix(".json").write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
