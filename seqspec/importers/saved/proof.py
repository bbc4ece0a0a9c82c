"""A second reading of a file in NumPy, compared layer by layer with what the converted model computes.

Each layer of the file is read with the semantics of the Keras that wrote it, on the values that the converted model has
there, so that errors do not add up and the first layer that differs is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from seqspec.importers.saved.errors import SavedModelError, numpy
from seqspec.importers.saved.nodes import INPUT, Node
from seqspec.importers.saved.saved_model import Generation

_TOLERANCE = {"float16": 2e-2, "bfloat16": 1e-1}
_FLOAT32 = 2e-4


@dataclass
class Proof:
    """What was compared.

    Attributes:
        against: "keras", or "numpy" where the converted model was also read in NumPy.
        compared: The number of layers that were compared.
        difference: The largest difference, relative to the largest output of the layer.
        unread: The layers that NumPy does not read.
        failure: Why the converted model does not run on random input, if it does not.
    """

    against: str
    compared: int = 0
    difference: float = 0.0
    unread: list[str] = field(default_factory=list)
    failure: str = ""


class Runner(Protocol):
    """Computes the converted model layer by layer."""

    def run(self, index: int) -> tuple[Any, Any]:
        """The values and the mask after the layer `index` of the target, whose layers are run in order."""


class NumpyRunner:
    """The converted layers, read with the semantics of Keras 3."""

    def __init__(self, target: Sequence[Node], values: object) -> None:
        from seqspec.importers.saved.reading.context import Tensor

        self._target = target
        self._x = Tensor(values)

    def run(self, index: int) -> tuple[Any, Any]:
        from seqspec.importers.saved.reading.layers import read_layer

        self._x = read_layer(self._target[index], self._x, Generation(3))
        return self._x


class _Segment(NamedTuple):
    source: Node
    targets: list[int]


def _segments(target: Sequence[Node]) -> Iterator[_Segment]:
    """Each layer of the file with the converted layers that stand for it."""
    indices: list[int] = []
    source: Node | None = None
    for index, node in enumerate(target):
        if source is not None and not node.completes:
            yield _Segment(source, indices)
            indices, source = [], None
        indices.append(index)
        source = source or node.origin
    if source is not None:
        yield _Segment(source, indices)


def prove(target: Sequence[Node], generation: Generation, values: Any, runner: Runner, against: str) -> Proof:
    """Compares every layer; raises `SavedModelError` for the first one that differs."""
    from seqspec.importers.saved.reading.context import Tensor, Unknown
    from seqspec.importers.saved.reading.layers import read_layer

    np = numpy()
    proof = Proof(against)
    layers = [node for node in target if node.kind != INPUT]
    x = Tensor(_wide(values))
    loose = ""  # The layer since which masked steps have other values, which later layers may ignore.
    before = _FLOAT32
    inside = False  # Whether the converted model has its channels last while the file has them first.
    for segment in _segments(layers):
        try:
            for index in segment.targets:
                with np.errstate(all="ignore"):
                    values, mask = runner.run(index)
                node = layers[index]
                if node.origin is None and node.kind == "Permute":
                    inside = not inside
        except Unknown as unknown:
            proof.unread.append(f"{segment.source.name} and all layers after it ({unknown})")
            return proof
        inside = inside and values.ndim > 2
        # Some layers round to the dtype of their input too.
        own = _TOLERANCE.get(str(values.dtype), _FLOAT32)
        tolerance, before = max(own, before), own
        found = _wide(values)
        try:
            with np.errstate(all="ignore"):
                read = read_layer(segment.source, x, generation)
        except Unknown as unknown:
            proof.unread.append(f"{segment.source.name} ({unknown})")
            x = Tensor(np.moveaxis(found, -1, 1) if inside else found, mask)
            continue
        if inside:
            found = next(
                (moved for place in (1, 2) if (moved := np.moveaxis(found, -1, place)).shape == read.values.shape),
                found,
            )
        unbuilt = segment.source.kind == "Normalization" and segment.source.built_shape is None
        if unbuilt and read.values.ndim != found.ndim:
            # An .h5 does not say for which rank Keras built the layer, on which the rank of its output depends.
            proof.unread.append(f"{segment.source.name} (Normalization built for another rank than its input has)")
            x = Tensor(found, mask)
            continue
        recurrent = segment.source.kind in _IGNORE_MASKED
        if loose and read.mask is None and not recurrent:
            break
        known = read.mask if read.mask is not None and read.values.ndim > 2 else None
        _compare(segment.source, read.values, found, tolerance, proof, known)
        if recurrent:
            loose = ""
        if known is not None and not loose and not _equal(read.values, found, tolerance):
            loose = segment.source.name
        x = Tensor(found, read.mask)
    if loose:
        raise SavedModelError(
            "predictions-differ",
            f"the outputs of {loose!r} for masked time steps reach the output of the model; Keras 3 sets them to zero, "
            f"and {generation} repeats the step before",
        )
    return proof


_IGNORE_MASKED = ("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "GlobalAveragePooling1D")
"""Layers that do not use the values of masked steps."""


def _equal(expected: object, found: object, tolerance: float) -> bool:
    np = numpy()
    return bool(np.allclose(expected, found, rtol=tolerance, atol=tolerance, equal_nan=True))


def _wide(values: Any) -> Any:
    np = numpy()
    values = np.asarray(values)
    return values if values.dtype.kind in "iub" else values.astype(np.float64)


def _compare(node: Node, expected: Any, found: Any, tolerance: float, proof: Proof, mask: Any) -> None:
    np = numpy()
    if expected.shape != found.shape:
        raise SavedModelError(
            "predictions-differ",
            f"the layer {node.name!r} ({node.kind}) has the output shape {expected.shape[1:]} in the file, and "
            f"{found.shape[1:]} after the conversion",
        )
    expected, found = expected.astype(np.float64), found.astype(np.float64)
    usable = np.isfinite(expected) & np.isfinite(found) & (np.abs(expected) < 1e30)
    if mask is not None and mask.shape == expected.shape[:2]:
        usable &= mask.reshape(*mask.shape, *(1,) * (expected.ndim - 2))
    if not usable.any():
        proof.compared += 1
        return
    expected, found = expected[usable], found[usable]
    difference = float(np.max(np.abs(expected - found)) / max(1.0, float(np.max(np.abs(expected)))))
    proof.difference = max(proof.difference, difference)
    proof.compared += 1
    if difference > tolerance:
        raise SavedModelError(
            "predictions-differ",
            f"the layer {node.name!r} ({node.kind}) computes something else after the conversion: the outputs differ "
            f"by {difference:.2g}",
            "please report this with the file; nothing was written",
        )


def random_input(source: Sequence[Node], dims: Sequence[int | None], dtype: str, unknown: int = 12) -> Any:
    """Random values for an input of this shape; raises `SavedModelError` for text."""
    np = numpy()
    rng = np.random.default_rng(0)
    shape = [size if size is not None else (3 if axis == 0 else unknown) for axis, size in enumerate(dims)]
    first = next((leaf for node in source for leaf in node.leaves() if leaf.kind != INPUT), None)
    if dtype == "string":
        raise SavedModelError("unverifiable", "the model takes text, for which no random input is made")
    if first is not None and first.kind == "Embedding":
        values = rng.integers(1, max(2, int(first.value("input_dim"))), shape)
        values = np.minimum(values, int(first.value("input_dim")) - 1)
        if first.value("mask_zero") and values.ndim == 2 and values.shape[1] > 2:
            values[:, -1] = 0
        return values.astype(dtype if dtype[:3] in ("int", "uin") else "float32")
    if dtype == "bool":
        return rng.integers(0, 2, shape).astype(bool)
    if dtype[:3] in ("int", "uin"):
        return rng.integers(0, 3, shape).astype(dtype)
    values = rng.uniform(-1, 1, shape)
    if first is not None and first.kind == "Masking" and values.ndim > 2:
        values[:, -1] = first.value("mask_value", default=0.0)
    return values.astype("float32" if dtype == "bfloat16" else dtype)
