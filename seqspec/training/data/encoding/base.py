"""The base classes of columns and encodings, and the codec of each kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from importlib import import_module
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from seqspec.core.api.data import KINDS, ColumnKind
from seqspec.training.data.encoding.values import InvalidCells
from seqspec.training.data.shards import Column
from seqspec.training.data.stored import Array, Budget, Values

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


K = TypeVar("K", bound=ColumnKind)


@dataclass(frozen=True)
class TrainingColumn(Generic[K]):
    """What the encoding of a column is learned from.

    Attributes:
        name: The column.
        kind: How it is declared.
        missing: What is done about missing values, as in `ColumnEncoding`.
        fill: What replaces them; None where they are not filled.
        flag: Whether one more value says that the value was missing.
        fields: The fields of the training set, followed by those of the column that it depends on.
        parts: The fields of the training set in parts, where all of them would be large.
        raw: What the fields refer to.
        other: The column that it depends on; None if there is none.
    """

    name: str
    kind: K
    missing: str
    fill: object
    flag: bool
    fields: Sequence[Array]
    parts: Callable[[], Iterator[Sequence[Array]]]
    raw: RawColumn
    other: str | None


def _independent(kind: Any) -> str | None:
    return None


@dataclass(frozen=True, eq=False)
class ColumnCodec(Generic[K]):
    """How columns of a kind are read and encoded.

    Attributes:
        reader: The class that reads a column.
        encoding: The class of the encoding, whose fields are its state in encoding.json.
        read: A new reader, for a budget for memory and the decimal mark of the source.
        is_missing: A mask of the values that are missing, of the first field.
        learn: The encoding, learned from the training set.
        depends_on: The column that a column with these keys depends on, if any: it is missing where that is.
    """

    reader: type[ColumnReader]
    encoding: type[ColumnEncoding]
    read: Callable[[K, Budget, str | None], ColumnReader]
    is_missing: Callable[[Array], Array]
    learn: Callable[[TrainingColumn[K]], ColumnEncoding]
    depends_on: Callable[[K], str | None] = _independent


def codec_of(kind: str) -> ColumnCodec[Any]:
    """The codec of a kind of columns."""
    codec: ColumnCodec[Any] = import_module(f"seqspec.training.data.encoding.{KINDS[kind].codec}").CODEC
    return codec
