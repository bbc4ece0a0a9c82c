"""The encoding of all columns: learned from the training set, applied to raw rows, stored as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from seqspec.core.api.data import CategoryColumn, Column, ColumnFill, Fill
from seqspec.training.data.encoding.base import ColumnEncoding, TrainingColumn, codec_of
from seqspec.training.data.encoding.raw import Kinds, RawColumns, field_names, row_chunks
from seqspec.training.data.stored import Array, StoredArray, Values

VERSION = 1
_FIT_BYTES = 2**23
"""Maximum bytes of training values in memory at once, unless a single column has more."""
_ENCODE_BYTES = 2**21
"""Bytes of the vectors that are encoded at once."""


@dataclass(frozen=True)
class Encoder:
    """The encodings of the columns, in the order of the vector."""

    encodings: Sequence[ColumnEncoding]

    @property
    def width(self) -> int:
        """The number of values of the vector."""
        return sum(encoding.width for encoding in self.encodings)

    def places(self) -> dict[str, slice]:
        """The places of each column in the vector."""
        places, start = {}, 0
        for encoding in self.encodings:
            places[encoding.name] = slice(start, start + encoding.width)
            start += encoding.width
        return places

    def describe(self) -> str:
        """The number of values of each column: "state 52, account_length 1"."""
        shown = [f"{encoding.name} {encoding.width}" for encoding in self.encodings[:12]]
        return ", ".join(shown) + (", …" if len(self.encodings) > len(shown) else "")

    def bind(self, raw: RawColumns) -> Callable[[Array], Array]:
        """The function from raw rows to float32 vectors of shape (rows, width)."""
        write = self._bind(raw)

        def encode(rows: Array) -> Array:
            out = np.zeros((len(rows), self.width), np.float32)
            write(rows, out)
            return out

        return encode

    def _bind(self, raw: RawColumns) -> Callable[[Array, Array], None]:
        """The function that writes the vectors of raw rows into zeros."""
        steps = [
            (
                [name for column in encoding.columns for name in field_names(raw.kinds, column)],
                encoding.bind(raw.columns[encoding.name]),
                place,
            )
            for encoding, place in zip(self.encodings, self.places().values())
        ]

        def encode(rows: Array, out: Array) -> None:
            for fields, write, place in steps:
                # Contiguous, since NumPy can compute other last bits for values with gaps.
                write([np.ascontiguousarray(rows[field]) for field in fields], out[:, place])

        return encode

    def encode(self, rows: Values, raw: RawColumns, *, stream: bool = False) -> Values:
        """The vectors of raw rows; with `stream`, they are computed when they are read."""
        if isinstance(rows, StoredArray):
            return rows.mapped(self.bind(raw), (self.width,), np.float32)
        if stream:
            in_memory, encode = rows, self.bind(raw)
            return StoredArray(lambda wanted: encode(in_memory[wanted]), len(rows), (self.width,), np.float32)
        write = self._bind(raw)
        step = max(1, _ENCODE_BYTES // (4 * max(1, self.width)))
        vectors = np.zeros((len(rows), self.width), np.float32)
        for start in range(0, len(rows), step):
            write(rows[start : start + step], vectors[start : start + step])
        return vectors

    def to_state(self) -> dict[str, Any]:
        """Plain JSON: see the docstring of the package."""
        places = self.places()
        columns = [
            {"start": places[encoding.name].start, "width": encoding.width, **encoding.to_state()}
            for encoding in self.encodings
        ]
        return {"version": VERSION, "width": self.width, "columns": columns}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Encoder:
        """The inverse of `to_state`; raises `ValueError` for the state of another version."""
        if state.get("version") != VERSION:
            raise ValueError(f"the encoding has the version {state.get('version')}, not {VERSION}")
        own = ("kind", "start", "width")
        return cls(
            [
                codec_of(column["kind"]).encoding(**{key: value for key, value in column.items() if key not in own})
                for column in state["columns"]
            ]
        )


def missing_policy(kind: Column, default: object) -> tuple[str, object, bool]:
    """What is done about missing values of a column: the policy, the fill (None without one) and whether it is flagged.

    `default` is `missing` of `[data]`.
    """
    if "missing" not in type(kind).model_fields:
        return "zeros", None, False
    own: object = getattr(kind, "missing", None)
    policy = own if own is not None else default
    if isinstance(policy, (ColumnFill, Fill)):
        if isinstance(kind, CategoryColumn):
            return "zeros", None, False
        return "fill", policy.fill, isinstance(policy, ColumnFill) and policy.flag
    return str(policy), None, False


def fit_encoder(raw: RawColumns, train: Values, default: object = "error") -> Encoder:
    """Learns the encoding from the raw rows of the training set.

    Args:
        raw: What the rows refer to, for all sets.
        train: The raw rows of the training set.
        default: `missing` of `[data]`, for columns that do not set their own.
    """
    columns = columns_of(raw.kinds, train)
    return Encoder([_fit_column(name, raw, train, fields, default) for name, fields in columns])


def _fit_column(name: str, raw: RawColumns, train: Values, fields: Sequence[Array], default: object) -> ColumnEncoding:
    kind = raw.kinds[name]
    missing, fill, flag = missing_policy(kind, default)
    codec = codec_of(kind.kind)
    other = codec.depends_on(kind)
    if other is not None and other in raw.kinds:
        names = field_names(raw.kinds, other)
        gathered = _gathered(train, names)
        fields = [*fields, *(gathered[field] for field in names)]
    else:
        other = None
    parts = partial(_parts, train, field_names(raw.kinds, name))
    return codec.learn(TrainingColumn(name, kind, missing, fill, flag, fields, parts, raw.columns[name], other))


def columns_of(kinds: Kinds, rows: Values) -> Iterator[tuple[str, list[Array]]]:
    """Each column with its fields of all raw rows, as many columns at once in memory as fit."""
    for names in _batches(kinds, rows):
        fields = _gathered(rows, [field for name in names for field in field_names(kinds, name)])
        for name in names:
            yield name, [fields[field] for field in field_names(kinds, name)]


def _batches(kinds: Kinds, train: Values) -> Iterator[list[str]]:
    """The columns in groups whose training values fit in memory."""
    batch: list[str] = []
    size = 0
    for name in kinds:
        own = len(train) * sum(train.dtype[field].itemsize for field in field_names(kinds, name))
        if batch and size + own > _FIT_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(name)
        size += own
    yield batch


def _gathered(train: Values, fields: Sequence[str]) -> dict[str, Array]:
    """Fields of the training set as arrays."""
    gathered = {field: np.empty(len(train), train.dtype[field]) for field in fields}
    at = 0
    for part in row_chunks(train):
        for field, values in gathered.items():
            values[at : at + len(part)] = part[field]
        at += len(part)
    return gathered


def _parts(train: Values, fields: Sequence[str]) -> Iterator[Sequence[Array]]:
    for part in row_chunks(train):
        yield [np.ascontiguousarray(part[field]) for field in fields]
