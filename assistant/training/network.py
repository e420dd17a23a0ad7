"""The reading model in torch: multilingual-e5-small with low-rank additions (LoRA, https://arxiv.org/abs/2106.09685)
to every linear layer, over a question and lines of text together, and a small head that scores each line.

The additions are what is trained, beside biases, layer norms and the head; the encoder's matrices stay those of
the wheel, so what has to be kept is a few megabytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from assistant.reader_input import Row
from indexing.e5_weights import E5Weights

HEAD_WIDTH = 128
SIMILARITY_SCALE = 50.0
SMALLEST_SPREAD = 0.003
LENGTH_STEP = 32


class LowRankLinear(nn.Module):
    """``x (W + up down)^T``; ``W`` does not learn."""

    def __init__(self, weight: np.ndarray[Any, Any], rank: int, dropout: float) -> None:
        super().__init__()
        rows, columns = weight.shape
        self.register_buffer("weight", torch.from_numpy(np.ascontiguousarray(weight)), persistent=False)
        self.down = nn.Parameter(torch.randn(rank, columns) / math.sqrt(columns))
        self.up = nn.Parameter(torch.zeros(rows, rank))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        added = F.linear(self.dropout(F.linear(x, self.down)), self.up)
        return F.linear(x, self.weight) + added  # type: ignore[arg-type]


class Layer(nn.Module):
    """One post-norm BERT layer."""

    def __init__(self, weights: E5Weights, name: str, rank: int, dropout: float) -> None:
        super().__init__()
        hidden = weights.hidden

        def matrix(part: str, columns: int = hidden) -> np.ndarray[Any, Any]:
            return weights.matrix(f"{name}.{part}.w", columns).dequantized()

        def vector(part: str, kind: str = "b") -> nn.Parameter:
            return nn.Parameter(torch.from_numpy(weights.vector(f"{name}.{part}.{kind}").copy()))

        self.heads = weights.heads
        self.epsilon = float(weights.epsilon)
        self.qkv = LowRankLinear(np.concatenate([matrix(part) for part in ("q", "k", "v")]), rank, dropout)
        self.qkv_bias = nn.Parameter(torch.cat([vector(part).data for part in ("q", "k", "v")]))
        self.ao, self.ao_bias = LowRankLinear(matrix("ao"), rank, dropout), vector("ao")
        self.fi, self.fi_bias = LowRankLinear(matrix("fi"), rank, dropout), vector("fi")
        self.fo, self.fo_bias = LowRankLinear(matrix("fo", weights.feed_forward), rank, dropout), vector("fo")
        self.aln_weight, self.aln_bias = vector("aln", "w"), vector("aln")
        self.oln_weight, self.oln_bias = vector("oln", "w"), vector("oln")

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        batch, tokens, hidden = x.shape
        joined = self.qkv(x) + self.qkv_bias
        q, k, v = joined.view(batch, tokens, 3, self.heads, hidden // self.heads).permute(2, 0, 3, 1, 4)
        scores = torch.matmul(q * (1 / math.sqrt(q.shape[-1])), k.transpose(-1, -2)) + mask
        attended = torch.matmul(torch.softmax(scores, dim=-1, dtype=scores.dtype), v)
        attended = attended.transpose(1, 2).reshape(batch, tokens, hidden)
        x = F.layer_norm(x + self.ao(attended) + self.ao_bias, (hidden,), self.aln_weight, self.aln_bias, self.epsilon)
        inner = F.gelu(self.fi(x) + self.fi_bias)
        return F.layer_norm(x + self.fo(inner) + self.fo_bias, (hidden,), self.oln_weight, self.oln_bias, self.epsilon)


class ReaderNetwork(nn.Module):
    """Rows to a logit per line ("this line answers") and a logit per row ("something here answers")."""

    def __init__(self, weights: E5Weights, rank: int, dropout: float = 0.1) -> None:
        super().__init__()
        self._weights = weights
        self._word = weights.matrix("emb.word", weights.hidden)
        added = weights.vector("emb.pos", weights.hidden) + weights.vector("emb.type", weights.hidden)[0]
        self.register_buffer("added", torch.from_numpy(added), persistent=False)
        self.register_buffer("ln_weight", torch.from_numpy(weights.vector("emb.ln.w").copy()), persistent=False)
        self.register_buffer("ln_bias", torch.from_numpy(weights.vector("emb.ln.b").copy()), persistent=False)
        self.layers = nn.ModuleList(Layer(weights, f"l{i}", rank, dropout) for i in range(weights.layers))
        self.line_in = nn.Linear(2 * weights.hidden + 2, HEAD_WIDTH)
        self.line_out = nn.Linear(HEAD_WIDTH, 1)
        self.row_in = nn.Linear(weights.hidden + 1, HEAD_WIDTH)
        self.row_out = nn.Linear(HEAD_WIDTH, 1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, batch: list[Row]) -> tuple[Tensor, Tensor]:
        """Logits of all lines of all rows, one after the other, and of the rows."""
        ids, mask, *rest = collate(batch, self._weights.pad)
        distinct, places = np.unique(ids, return_inverse=True)
        embedded = torch.from_numpy(self._word.rows(distinct))[torch.from_numpy(places.reshape(ids.shape))]
        added: Any = self.added
        x = embedded + added[: ids.shape[1]]
        x = F.layer_norm(x, (x.shape[-1],), self.ln_weight, self.ln_bias, float(self._weights.epsilon))  # type: ignore[arg-type]
        x = self.dropout(x)
        attention = torch.from_numpy(np.where(mask, 0.0, -1e4).astype(np.float32))[:, None, None, :]
        if torch.is_autocast_enabled("cpu"):
            attention = attention.to(torch.get_autocast_dtype("cpu"))
        for layer in self.layers:
            x = layer(x, attention)
        with torch.autocast("cpu", enabled=False):
            return self._head(x.float(), *map(torch.from_numpy, rest))

    def _head(self, x: Tensor, pool: Tensor, asked: Tensor, owner: Tensor, place: Tensor) -> tuple[Tensor, Tensor]:
        """``pool (rows, lines, tokens)`` and ``asked (rows, 1, tokens)`` are averaging weights; line ``i`` of the
        batch is number ``place[i]`` of row ``owner[i]``."""
        lines = torch.bmm(pool, x)[owner, place]
        own = torch.bmm(asked, x)[owner, 0]
        similarity = F.cosine_similarity(lines, own, dim=-1)
        count = torch.zeros(len(x)).index_add(0, owner, torch.ones_like(similarity))[:, None]
        mean = torch.zeros(len(x), lines.shape[1]).index_add(0, owner, lines) / count
        above = similarity - (torch.zeros(len(x)).index_add(0, owner, similarity) / count[:, 0])[owner]
        spread = torch.sqrt(torch.zeros(len(x)).index_add(0, owner, above.square()) / count[:, 0] + SMALLEST_SPREAD**2)
        apart = lines - mean[owner]
        near = torch.stack([SIMILARITY_SCALE * above, above / spread[owner]], dim=-1)
        features = torch.cat([lines, apart * own, near], dim=-1)
        line_logits = self.line_out(self.dropout(F.gelu(self.line_in(features))))[:, 0]
        best = torch.full((len(x),), -1e4).scatter_reduce(0, owner, line_logits, "amax")
        row_features = torch.cat([x[:, 0], best[:, None]], dim=-1)
        row_logits = self.row_out(self.dropout(F.gelu(self.row_in(row_features))))[:, 0]
        return line_logits, row_logits


def padded_length(tokens: int) -> int:
    """Rows are padded to one of few lengths: kernels are compiled for each shape they meet."""
    return -(-tokens // LENGTH_STEP) * LENGTH_STEP


def collate(batch: list[Row], pad: int) -> tuple[Any, Any, Any, Any, Any, Any]:
    """Padded ids, their mask, averaging weights of lines and questions, each line's row and its place in it."""
    longest = padded_length(max(len(row.ids) for row in batch))
    ids = np.full((len(batch), longest), pad, np.int64)
    mask = np.zeros((len(batch), longest), bool)
    asked = np.zeros((len(batch), 1, longest), np.float32)
    pool = np.zeros((len(batch), max(len(row.lines) for row in batch), longest), np.float32)
    owner, place = [], []
    for number, row in enumerate(batch):
        ids[number, : len(row.ids)] = row.ids
        mask[number, : len(row.ids)] = True
        start, end = row.question
        asked[number, 0, start:end] = 1 / (end - start)
        for line, (start, end) in enumerate(row.lines):
            pool[number, line, start:end] = 1 / (end - start)
            owner.append(number)
            place.append(line)
    return ids, mask, pool, asked, np.array(owner), np.array(place)


def parameters(network: ReaderNetwork) -> Iterable[tuple[str, nn.Parameter]]:
    """What is trained, by name."""
    return ((name, value) for name, value in network.named_parameters() if value.requires_grad)
