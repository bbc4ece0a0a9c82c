"""The value ranges at each layer during inference, derived from what is declared about the data.

During training, augmentation and dropout exceed these ranges; they have no effect at inference.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, overload

from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.catalog.objects import CustomUse
from seqspec.core.catalog.traits import Composition
from seqspec.core.diagnostics.violation import Path
from seqspec.core.shapes.tensor import Interval, TensorSpec

if TYPE_CHECKING:
    from seqspec.core.document.data import Dataset

PIXELS = (Interval(0, 255, True), Interval(0, 1, True), Interval(-1, 1, True))
"""The ranges in which images are usually stored or scaled."""
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


def is_image(sample: Sequence[object]) -> bool:
    """Whether samples have the shape of an image with one, three or four channels."""
    return len(sample) == 3 and sample[-1] in (1, 3, 4) and all(not isinstance(n, int) or n > 7 for n in sample[:2])


class Ranges(Sequence["Interval | None"]):
    """The value range of the input of each layer, and last the output range; None where unknown.

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

    def __getitem__(self, index: int | slice) -> Interval | list[Interval | None] | None:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(index)
        computed = self._found
        while len(computed) <= index:
            computed.append(self._chain[len(computed) - 1].layer.output_range(computed[-1]))
        return computed[index]


_HELD = frozenset({Composition.APPLIED, Composition.JOINED})


UNSCALED = 20
"""The size of values above which inputs should be scaled."""


class FirstWeightedLayer(NamedTuple):
    """The first layer that learns from the inputs, its value range, and the scaling layers before it."""

    entry: LayerReport
    values: Interval | None
    scaling: Sequence[LayerReport]
    following: LayerReport | None

    @property
    def is_unscaled(self) -> bool:
        """Whether the values are so large that training suffers."""
        return self.values is not None and self.values.size > UNSCALED

    @property
    def is_adapted(self) -> bool:
        """Whether a Normalization layer before it learns the scale of the training set."""
        return any(
            entry.type == "Normalization" and "mean" not in entry.layer.model_fields_set for entry in self.scaling
        )


def find_first_weighted_layer(
    layers: Sequence[LayerReport], ranges: Sequence[Interval | None]
) -> FirstWeightedLayer | None:
    """The first layer with weights; None if a normalization, an embedding or a base model comes first."""
    scaling: list[LayerReport] = []
    for index, entry in enumerate(layers):
        if "scaling" in entry.traits:
            scaling.append(entry)
            continue
        inner = entry
        while inner.composition in _HELD and inner.layers:
            inner = inner.layers[0]
        if inner.role in ("weights", "recurrent"):
            following = layers[index + 1] if index + 1 < len(layers) else None
            return FirstWeightedLayer(entry, ranges[index], scaling, following)
        if "normalization" in inner.traits or entry.weights or isinstance(inner.layer, CustomUse):
            return None
    return None
