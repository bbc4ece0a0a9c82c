"""The value ranges at each layer during inference, derived from what is declared about the data.

During training, augmentation and dropout exceed these ranges; they have no effect at inference.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite, sqrt, tanh
from typing import Any, NamedTuple, overload

from seqspec.analysis.layer_report import LayerReport
from seqspec.analysis.roles import (
    CONVOLUTION,
    DROPOUT,
    GLOBAL_POOLING,
    LINEAR,
    NORMALIZATION,
    POOLING,
    RECURRENT,
    TRANSPOSED,
)
from seqspec.catalog.index import AUGMENTATION
from seqspec.catalog.layer import Layer
from seqspec.catalog.objects import CustomUse
from seqspec.diagnostics.violation import Path
from seqspec.document.data import Dataset
from seqspec.shapes.tensor import TensorSpec

WHOLE_NUMBERS = {
    "bool": (0, 1),
    "uint8": (0, 255),
    "int8": (-128, 127),
    "uint16": (0, 2**16 - 1),
    "int16": (-(2**15), 2**15 - 1),
    "uint32": (0, 2**32 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "uint64": (0, 2**64 - 1),
    "int64": (-(2**63), 2**63 - 1),
}
"""The minimum and maximum value of each integer dtype."""
INTEGERS = frozenset(WHOLE_NUMBERS)

FAILING = CONVOLUTION | TRANSPOSED | {"ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"}
"""The layers that TensorFlow cannot compute on integers."""

_MIN_SPREAD = 1e-7
"""Keras's epsilon, the minimum standard deviation in `Normalization`."""


class Interval(NamedTuple):
    """A value range.

    `met` means that values come close to both bounds: this is so for declared ranges and for byte images; a dtype
    alone only limits what is possible.
    """

    low: float
    high: float
    met: bool = False

    @property
    def size(self) -> float:
        """The maximum absolute value."""
        return max(abs(self.low), abs(self.high))

    def __str__(self) -> str:
        return f"[{_number(self.low)}, {_number(self.high)}]"


class RangeSource(NamedTuple):
    """Where a range is declared: its path in the spec, and the key."""

    path: Path
    key: str


def declared_range(
    train: Dataset | None, x: TensorSpec | None, declared_input: object
) -> tuple[Interval, RangeSource] | None:
    """The value range of the input according to `[data.train]`, or else its dtype.

    Args:
        train: The training data.
        x: The input of the model.
        declared_input: `input` of `[model]` in the expanded spec.
    """
    if train is not None and train.range is not None:
        if impossible_range("train", train, x, declared_input) is not None:
            return None
        return Interval(*train.range, True), RangeSource(("data", "train", "range"), "range")
    if train is not None and train.dtype in WHOLE_NUMBERS:
        return _of_dtype(train.dtype, x), RangeSource(("data", "train", "dtype"), "dtype")
    if x is not None and (train is None or train.dtype is None) and x.dtype in WHOLE_NUMBERS:
        return _of_dtype(x.dtype, x), RangeSource(("model", "input"), "dtype")
    return None


def impossible_range(
    name: str, dataset: Dataset, x: TensorSpec | None, declared_input: object
) -> tuple[str, Path] | None:
    """The dtype that cannot represent the range of a dataset, and where it is declared; None if it can."""
    dtype, where = dataset.dtype, ("data", name, "dtype")
    if dtype is None and isinstance(declared_input, dict) and "dtype" in declared_input and x is not None:
        dtype, where = x.dtype, ("model", "input", "dtype")
    if dataset.range is None or dtype not in WHOLE_NUMBERS:
        return None
    low, high = WHOLE_NUMBERS[dtype]
    fits = low <= dataset.range[0] and dataset.range[1] <= high and all(end == int(end) for end in dataset.range)
    return None if fits else (dtype, where)


def _of_dtype(dtype: str, x: TensorSpec | None) -> Interval:
    low, high = WHOLE_NUMBERS[dtype]
    return Interval(low, high, dtype == "uint8" and is_image(x.sample if x is not None else ()))


def is_image(sample: Sequence[Any]) -> bool:
    """Whether the sample shape is that of an image with one, three or four channels."""
    return len(sample) == 3 and sample[-1] in (1, 3, 4) and all(not isinstance(n, int) or n > 7 for n in sample[:2])


class Ranges(Sequence["Interval | None"]):
    """The value range of the input of each layer, and last that of the output; None where unknown.

    Computed lazily, as far as needed.

    Args:
        chain: The layers.
        declared: The value range of the first layer's input, and where it is declared.
    """

    def __init__(self, chain: Sequence[LayerReport], declared: tuple[Interval, RangeSource] | None) -> None:
        self._chain = chain
        self._found = [declared[0] if declared is not None else None]

    def __len__(self) -> int:
        return len(self._chain) + 1

    @overload
    def __getitem__(self, index: int) -> Interval | None: ...

    @overload
    def __getitem__(self, index: slice) -> list[Interval | None]: ...

    def __getitem__(self, index: int | slice) -> Interval | None | list[Interval | None]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(index)
        found = self._found
        while len(found) <= index:
            found.append(leaving(self._chain[len(found) - 1], found[-1]))
        return found[index]


class FirstWeightedLayer(NamedTuple):
    """The first layer that learns from the inputs, its value range, and the scaling layers before it."""

    entry: LayerReport
    values: Interval | None
    scaling: Sequence[LayerReport]
    following: LayerReport | None


def find_first_weighted_layer(
    layers: Sequence[LayerReport], ranges: Sequence[Interval | None]
) -> FirstWeightedLayer | None:
    """The first layer with weights; None if a normalization, an embedding or a base model comes first."""
    scaling: list[LayerReport] = []
    for index, entry in enumerate(layers):
        kind = entry.type
        if kind in ("Rescaling", "Normalization"):
            scaling.append(entry)
            continue
        inner = entry
        while inner.type in ("TimeDistributed", "Bidirectional", "SpectralNormalization") and inner.layers:
            inner = inner.layers[0]
        if inner.type in LINEAR or inner.type in RECURRENT:
            following = layers[index + 1] if index + 1 < len(layers) else None
            return FirstWeightedLayer(entry, ranges[index], scaling, following)
        if inner.type in NORMALIZATION or entry.weights or isinstance(inner.layer, CustomUse):
            return None
    return None


def leaving(entry: LayerReport, x: Interval | None) -> Interval | None:
    """The output range of a layer for an input range."""
    kind = entry.type
    if kind in LINEAR:
        return _activated(entry, x)
    if kind in _PASSING or kind in AUGMENTATION:
        return x
    layer: Any = entry.layer
    if isinstance(layer, CustomUse):
        return None
    if kind == "Pipeline":
        for inner in entry.layers:
            x = leaving(inner, x)
        return x
    if kind in ("TimeDistributed", "SpectralNormalization"):
        return leaving(entry.layers[0], x) if len(entry.layers) == 1 else None
    if kind in ("Rescaling", "Normalization"):
        try:
            return None if x is None else _scaled(layer, x)
        except OverflowError:
            return None
    if kind.startswith("ZeroPadding") or kind == "Masking":
        return None if x is None else Interval(min(x.low, 0), max(x.high, 0), x.met)
    if kind.startswith("UpSampling") or kind == "Resizing":
        # The other interpolations overshoot.
        plain = getattr(layer, "interpolation", "nearest") in ("nearest", "bilinear", "area")
        return x if plain and not getattr(layer, "pad_to_aspect_ratio", False) else None
    if kind in _CATEGORIES:
        return _numbered(layer)
    if kind == "UnitNormalization":
        return Interval(-1, 1)
    return _activated(entry, x)


_PASSING = (
    POOLING
    | GLOBAL_POOLING
    | DROPOUT
    | frozenset(
        "Flatten Reshape Permute RepeatVector Identity ActivityRegularization GaussianNoise Cropping1D Cropping2D "
        "Cropping3D CenterCrop Solarization".split()
    )
)
"""Layers that only move, select or average values, or have no effect at inference."""
_CATEGORIES = frozenset({"Discretization", "CategoryEncoding", "Hashing", "IntegerLookup", "StringLookup"})

_BOUNDS = {
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "sparse_sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "sparsemax": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
    "relu6": (0.0, 6.0),
    "relu": (0.0, inf),
    "softplus": (0.0, inf),
    "exponential": (0.0, inf),
}
"""The output range of an activation for any input."""


def _scaled(layer: Any, x: Interval) -> Interval | None:
    """`x * scale + offset` over all channels, or the result of `Normalization`."""
    ends: list[float] = []
    if type(layer).__name__ == "Rescaling":
        factors, terms = _flat(layer.scale), _flat(layer.offset)
    elif layer.mean is None:
        return x
    else:
        means, spreads = _flat(layer.mean), [max(sqrt(abs(v)), _MIN_SPREAD) for v in _flat(layer.variance)]
        if len(means) not in (1, len(spreads)) and len(spreads) != 1:
            return None
        count = max(len(means), len(spreads))
        means, spreads = _repeated(means, count), _repeated(spreads, count)
        factors = spreads if layer.invert else [1 / spread for spread in spreads]
        terms = means if layer.invert else [-mean / spread for mean, spread in zip(means, spreads)]
    if len(factors) != len(terms) and 1 not in (len(factors), len(terms)):
        return None
    count = max(len(factors), len(terms))
    for factor, term in zip(_repeated(factors, count), _repeated(terms, count)):
        ends += [x.low * factor + term, x.high * factor + term]
    return Interval(min(ends), max(ends), x.met) if ends and all(map(isfinite, ends)) else None


def _numbered(layer: Any) -> Interval | None:
    """The index range of a layer that encodes categories."""
    mode = layer.output_mode
    if mode in ("one_hot", "multi_hot", "binary"):
        return Interval(0, 1)
    if mode != "int" or getattr(layer, "invert", False):
        return None
    count = token_count(layer)
    return None if count is None else Interval(0, count - 1)


def token_count(layer: Layer) -> int | None:
    """The number of indices of a layer that encodes categories or tokens; None if the spec does not determine it."""
    given: Any = layer
    kind = type(layer).__name__
    if kind == "Hashing":
        return int(given.num_bins)
    if kind == "Discretization":
        return len(given.bin_boundaries) + 1 if given.bin_boundaries is not None else None
    words = given.vocabulary
    if not isinstance(words, list):
        return None
    special = given.num_oov_indices + (given.mask_token is not None) if kind != "TextVectorization" else 2
    return special + len(words)


def _activated(entry: LayerReport, x: Interval | None) -> Interval | None:
    kind, name = entry.type, entry.activation
    if kind not in LINEAR and kind not in ("Activation", "Softmax"):
        return None
    if kind == "Activation" and x is not None:
        if name == "linear":
            return x
        if name in ("relu", "tanh"):
            ends = [max(end, 0.0) if name == "relu" else tanh(end) for end in (x.low, x.high)]
            return Interval(ends[0], ends[1], x.met)
    bounds = _BOUNDS.get(name or "")
    return None if bounds is None else Interval(*bounds)


def _flat(values: Any) -> list[float]:
    return [one for value in values for one in _flat(value)] if isinstance(values, list) else [values]


def _repeated(values: list[float], count: int) -> list[float]:
    return values * count if len(values) == 1 else values


def _number(value: float) -> str:
    if value in (inf, -inf):
        return "-inf" if value < 0 else "inf"
    return f"{value:.3g}" if abs(value) < 1000 and value != int(value) else f"{value:.0f}"
