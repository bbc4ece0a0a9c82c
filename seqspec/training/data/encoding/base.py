"""What the kinds of columns have in common: how they are read, and how they are encoded."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from seqspec.training.data.encoding.values import InvalidCells
from seqspec.training.data.shards import Column
from seqspec.training.data.stored import Array, Values

EPSILON = np.float32(1e-7)
"""The smallest divisor of a scaling, that of Keras's Normalization."""

NO_CODE = -1
"""The code of a missing category or boolean."""

Write = Callable[[Sequence[Array], Array], None]
"""Encodes the fields of some raw rows into an array (rows, width) of zeros."""

State = dict[str, Any]
"""The JSON object of an encoded column."""


@dataclass(frozen=True)
class RawColumn:
    """What raw rows do not contain of a column.

    Attributes:
        values: The distinct values of a category, or the distinct words of a text, by code.
        counts: The rows of all sets that have a value, by code.
        first: The first row with the value, by code.
        words: The codes of the words of all texts, one after the other.
    """

    values: Sequence[str] = ()
    counts: Array = field(default_factory=lambda: np.zeros(0, np.int64))
    first: Sequence[int] = ()
    words: Values | None = None


class ColumnReader(ABC):
    """Reads one column in blocks.

    Attributes:
        fields: The dtypes of its fields in a raw row.
        invalid: The values that are not of its kind.
    """

    fields: ClassVar[tuple[npt.DTypeLike, ...]]

    def __init__(self) -> None:
        self.invalid = InvalidCells()

    @abstractmethod
    def read(self, column: Column, start: int) -> Sequence[Array]:
        """The fields of a part of the column, which begins at row `start`."""

    def finish(self) -> RawColumn:
        """What the fields refer to."""
        return RawColumn()


@dataclass(frozen=True)
class ColumnEncoding(ABC):
    """A column encoded as consecutive values of the vector; its dataclass fields are the state.

    Attributes:
        name: The column.
        missing: "error", "drop", "fill", or for a category "category" or "zeros".
    """

    kind: ClassVar[str]

    name: str
    missing: str

    @property
    @abstractmethod
    def width(self) -> int:
        """The number of values."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns whose fields are encoded, in order."""
        return (self.name,)

    @abstractmethod
    def bind(self, column: RawColumn) -> Write:
        """The function that encodes raw rows of this column."""

    def to_state(self) -> State:
        """Plain JSON."""
        return {"kind": self.kind, **asdict(self)}


@dataclass(frozen=True)
class ScalarEncoding(ColumnEncoding):
    """A column encoded as one value, and a flag for missing ones.

    Attributes:
        fill: What replaces a missing value before it is scaled; None if it is not replaced.
        flag: Whether a second value says that the value was missing.
    """

    fill: float | None
    flag: bool

    @property
    def width(self) -> int:
        return 1 + int(self.flag)

    def bind(self, column: RawColumn) -> Write:
        return self._write

    def _write(self, fields: Sequence[Array], out: Array) -> None:
        x = self.numbers(fields[0])
        missing = np.isnan(x)
        if self.fill is not None:
            x = np.where(missing, np.float32(self.fill), x)
        out[:, 0] = self.scaled(x)
        if self.flag:
            out[:, 1] = missing

    @abstractmethod
    def numbers(self, x: Array) -> Array:
        """The values of raw rows in float32, before they are filled and scaled; NaN where one is missing."""

    def scaled(self, x: Array) -> Array:
        """The values in the scale of the column; missing ones remain."""
        return x


def standardized(x: Array, mean: float, variance: float) -> Array:
    """`(x - mean) / max(sqrt(variance), 1e-7)` in float32, as Keras's Normalization computes it."""
    return np.asarray((x - np.float32(mean)) / np.maximum(np.sqrt(np.float32(variance)), EPSILON))


def moments(x: Array) -> tuple[float, float]:
    """Mean and variance of float32 values, as float32; variance 1 where all values are equal or there are none."""
    if not len(x):
        return 0.0, 1.0
    low, high = x.min(), x.max()
    if low == high:
        return float(low), 1.0
    mean = float(x.mean(dtype=np.float64))
    step = 2**20
    # In parts, so that there is no copy of the column in double precision.
    total = sum(float(np.square(x[at : at + step] - mean, dtype=np.float64).sum()) for at in range(0, len(x), step))
    with np.errstate(over="ignore"):
        return float(np.float32(mean)), float(np.float32(total / len(x)))
