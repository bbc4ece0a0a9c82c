"""The inputs of a model that encodes columns itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from seqspec.training.data.encoding.base import ColumnEncoding
from seqspec.training.data.encoding.categories import CategoricalEncoding
from seqspec.training.data.encoding.dates import NO_DATE, DateEncoding
from seqspec.training.data.encoding.encoder import Encoder
from seqspec.training.data.encoding.numbers import NumberEncoding
from seqspec.training.data.encoding.texts import TextEncoding
from seqspec.training.data.samples import Array

NO_INTEGER = np.iinfo(np.int64).min
"""A missing value of a category of integers."""

Part = Literal["value", "seconds"]
_SECONDS_PARTS = ("hour", "elapsed")
"""The parts of a date that depend on the time of day."""


@dataclass(frozen=True)
class RawInput:
    """An input of shape (batch, width).

    Attributes:
        name: The column, "/" replaced by "_"; with the suffix `_seconds` for the seconds of the day of a date.
        column: The column.
        part: "seconds" for the seconds of the day of a date.
        dtype: The dtype: float32 (numbers and booleans, NaN if missing), string (categories and texts, empty if
            missing), int64 (categories of integers, `NO_INTEGER` if missing), or int32 (days since 1970-01-01 of a
            date, `NO_DATE` if missing; its seconds; places of categories).
        width: 1, or the number of places of a text.
    """

    name: str
    column: str
    part: Part
    dtype: Literal["float32", "string", "int64", "int32"]
    width: int = 1


def raw_inputs(encoder: Encoder, *, codes: bool = False) -> list[RawInput]:
    """The inputs, in the order of the columns.

    Args:
        encoder: The encoding.
        codes: Whether categories are their places in the encoding (-1 for none), and texts the vectors of their words,
            instead of strings.
    """
    inputs: list[RawInput] = []
    taken = {encoding.name for encoding in encoder.encodings}
    with_seconds = {column for encoding in encoder.encodings for column in _columns_with_seconds(encoding)}
    for encoding in encoder.encodings:
        name = encoding.name if _is_name(encoding.name) else _free(encoding.name.replace("/", "_") or "column", taken)
        inputs.append(RawInput(name, encoding.name, "value", *_type_of(encoding, codes)))
        if encoding.name in with_seconds:
            inputs.append(RawInput(_free(f"{name}_seconds", taken), encoding.name, "seconds", "int32"))
    return inputs


def _is_name(name: str) -> bool:
    # Keras accepts no other names of layers.
    return bool(name) and "/" not in name


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def _columns_with_seconds(encoding: ColumnEncoding) -> Iterator[str]:
    if isinstance(encoding, DateEncoding) and any(part in _SECONDS_PARTS for part in encoding.parts):
        # The time of day of `since` counts as well.
        yield from encoding.columns


def _type_of(encoding: ColumnEncoding, codes: bool) -> tuple[Literal["float32", "string", "int64", "int32"], int]:
    match encoding:
        case CategoricalEncoding():
            return ("int32" if codes else _CATEGORIES[encoding.dtype]), 1
        case TextEncoding():
            return ("float32", encoding.top) if codes else ("string", 1)
        case DateEncoding():
            return "int32", 1
    return "float32", 1


_CATEGORIES: dict[str, Literal["float32", "string", "int64", "int32"]] = {
    "string": "string",
    "integer": "int64",
    "boolean": "float32",
}


def random_rows(encoder: Encoder, inputs: Sequence[RawInput], count: int, seed: int = 0) -> dict[str, Array]:
    """Random values of the inputs, by name, of shape (count, width): known, unknown and accepted missing ones."""
    rng = np.random.default_rng(seed)
    encodings = {encoding.name: encoding for encoding in encoder.encodings}
    return {raw_input.name: _random(encodings[raw_input.column], raw_input, count, rng) for raw_input in inputs}


def _random(encoding: ColumnEncoding, entry: RawInput, count: int, rng: np.random.Generator) -> Array:
    shape = (count, entry.width)
    # Where missing values are refused, they have no defined encoding.
    missing = (rng.random(shape) < 1 / 8) & (encoding.missing not in ("error", "drop"))
    if entry.part == "seconds":
        return rng.integers(0, 86_400, shape, np.int32)
    match encoding:
        case CategoricalEncoding() if entry.dtype == "int32":
            return rng.integers(-1, encoding.places, shape, np.int32)
        case CategoricalEncoding(dtype="boolean"):
            return np.where(missing, np.float32(np.nan), rng.integers(0, 2, shape).astype(np.float32))
        case CategoricalEncoding(dtype="integer"):
            values = np.array([*encoding.values, 123_456_789], np.int64)
            return np.where(missing, NO_INTEGER, rng.choice(values, shape))
        case CategoricalEncoding():
            return np.where(missing, "", rng.choice(np.array([*encoding.values, "?"], object), shape)).astype(object)
        case DateEncoding():
            return np.where(missing, NO_DATE, rng.integers(-60_000, 60_000, shape)).astype(np.int32)
        case TextEncoding() if entry.dtype == "float32":
            return rng.integers(0, 2, shape).astype(np.float32)
        case TextEncoding():
            words = np.array([*encoding.words, "?"], object)
            return np.array([[" ".join(rng.choice(words, 5))] for _ in range(count)], object)
        case NumberEncoding():
            low, high = _range(encoding)
            return np.where(missing, np.float32(np.nan), rng.uniform(low, high, shape).astype(np.float32))
    return np.where(missing, np.float32(np.nan), rng.integers(0, 2, shape).astype(np.float32))


def _range(encoding: NumberEncoding) -> tuple[float, float]:
    """About the range of the training set."""
    if encoding.clip is not None:
        return encoding.clip[0], encoding.clip[1]
    if encoding.knots is not None and encoding.widths is not None:
        return encoding.knots[0], encoding.knots[-1] + encoding.widths[-1]
    spread = 3 * min(encoding.variance**0.5, 1e6)
    return (-spread, spread) if encoding.scale == "log" else (encoding.mean - spread, encoding.mean + spread)
