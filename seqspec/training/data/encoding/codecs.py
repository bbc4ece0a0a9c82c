"""How each kind of column is read and encoded: the object `CODEC` of the module that its declaration names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Generic, TypeVar

from seqspec.core.api.data import KINDS, ColumnKind
from seqspec.training.data.encoding.base import ColumnEncoding, ColumnReader, RawColumn
from seqspec.training.data.stored import Array, Budget

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
