"""A pre-norm Transformer of the shape that CTranslate2 runs, and its export. For tests only."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

PAD, BOS, EOS = 0, 1, 2
"""Ids of the unknown piece, which also pads, and of the marks of beginning and end, as SentencePiece numbers them."""
POSITIONS = 96


class Attention(nn.Module):
    """Multi-head attention over ``memory``, or over the input itself; the norm comes first."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x: Tensor, mask: Tensor, memory: Tensor | None = None) -> Tensor:
        normed = self.norm(x)
        over = normed if memory is None else memory

        def split(states: Tensor) -> Tensor:
            return states.view(*states.shape[:2], self.heads, -1).transpose(1, 2)

        parts = split(self.query(normed)), split(self.key(over)), split(self.value(over))
        found = functional.scaled_dot_product_attention(*parts, attn_mask=mask)
        return x + self.out(found.transpose(1, 2).reshape(x.shape))


class FeedForward(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.first, self.second = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.second(torch.relu(self.first(self.norm(x))))
        return out


class Network(nn.Module):
    """Source and target share one table of pieces; the target's also makes the predictions."""

    def __init__(self, pieces: int, width: int, heads: int, layers: int) -> None:
        super().__init__()
        self.width, self.heads = width, heads
        self.embedding = nn.Embedding(pieces, width)
        nn.init.normal_(self.embedding.weight, std=width**-0.5)
        self.register_buffer("positions", _sinusoids(POSITIONS, width))
        self.encoder = nn.ModuleList(
            nn.ModuleList([Attention(width, heads), FeedForward(width)]) for _ in range(layers)
        )
        self.decoder = nn.ModuleList(
            nn.ModuleList([Attention(width, heads), Attention(width, heads), FeedForward(width)]) for _ in range(layers)
        )
        self.encoded, self.decoded = nn.LayerNorm(width), nn.LayerNorm(width)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Logits of the piece after each piece of ``target``. Both are padded with PAD."""
        there = (source != PAD)[:, None, None, :]
        x = self._embedded(source)
        for attention, feed in self.encoder:  # type: ignore[misc]
            x = feed(attention(x, there))
        memory = self.encoded(x)
        length = target.shape[1]
        before = torch.ones(length, length, dtype=torch.bool).tril()
        y = self._embedded(target)
        for itself, cross, feed in self.decoder:  # type: ignore[misc]
            y = feed(cross(itself(y, before), there, memory))
        logits: Tensor = self.decoded(y) @ self.embedding.weight.T
        return logits

    def _embedded(self, ids: Tensor) -> Tensor:
        found: Tensor = self.embedding(ids) * math.sqrt(self.width) + self.positions[: ids.shape[1]]  # type: ignore[index]
        return found


def _sinusoids(count: int, width: int) -> Tensor:
    rates = torch.exp(torch.arange(width // 2) * (-math.log(10000.0) / (width // 2 - 1)))
    angles = torch.arange(count)[:, None] * rates[None, :]
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def export(network: Network, pieces: list[str], folder: Path) -> None:
    """Write ``network`` as a CTranslate2 model into the new ``folder``, in float32."""
    layers = len(network.encoder)
    spec = ctranslate2.specs.TransformerSpec.from_config(layers, network.heads, pre_norm=True)
    for side, norm, blocks in (
        (spec.encoder, network.encoded, network.encoder),
        (spec.decoder, network.decoded, network.decoder),
    ):
        embeddings = side.embeddings[0] if isinstance(side.embeddings, list) else side.embeddings
        embeddings.weight = _array(network.embedding.weight)
        side.position_encodings.encodings = _array(network.positions)  # type: ignore[arg-type]
        _norm(side.layer_norm, norm)
        for layer, block in zip(side.layer, blocks, strict=True):
            own, *cross, feed = block  # type: ignore[misc]
            _norm(layer.self_attention.layer_norm, own.norm)
            _linear(layer.self_attention.linear[0], own.query, own.key, own.value)
            _linear(layer.self_attention.linear[1], own.out)
            for attention in cross:
                _norm(layer.attention.layer_norm, attention.norm)
                _linear(layer.attention.linear[0], attention.query)
                _linear(layer.attention.linear[1], attention.key, attention.value)
                _linear(layer.attention.linear[2], attention.out)
            _norm(layer.ffn.layer_norm, feed.norm)
            _linear(layer.ffn.linear_0, feed.first)
            _linear(layer.ffn.linear_1, feed.second)
    spec.decoder.projection.weight = _array(network.embedding.weight)
    spec.register_source_vocabulary(pieces)
    spec.register_target_vocabulary(pieces)
    spec.config.add_source_bos = spec.config.add_source_eos = False
    spec.config.decoder_start_token, spec.config.layer_norm_epsilon = "<s>", 1e-5
    spec.validate()
    spec.optimize()
    folder.mkdir(parents=True)
    spec.save(str(folder))


def _array(tensor: Tensor) -> np.ndarray[Any, Any]:
    """A copy: ``optimize`` may take arrays apart that share memory."""
    return tensor.detach().numpy().copy()


def _norm(spec: Any, norm: Any) -> None:
    spec.gamma, spec.beta = _array(norm.weight), _array(norm.bias)


def _linear(spec: Any, *linears: Any) -> None:
    spec.weight = np.concatenate([_array(linear.weight) for linear in linears])
    spec.bias = np.concatenate([_array(linear.bias) for linear in linears])
