"""Cells of a table: parts of a column as numbers, texts or lists, their kinds, and texts that are alike."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from seqspec.core.api.messages import Setting, fmt
from seqspec.training.data.shards import Column
from seqspec.training.data.stored import Array

if TYPE_CHECKING:
    import pyarrow as pa


_MAX_SHARED = 100_000
"""Maximum number of distinct values of a column that are deduplicated."""
EXACT = 2**24
"""The largest integer n such that float32 represents all integers from 0 to n exactly."""


def kind_of(value: object) -> str:
    """The kind of a value, for messages."""
    match value:
        case list() | tuple():
            return "lists"
        case dict():
            return "objects"
        case bytes():
            return "bytes"
        case datetime.date() | datetime.time() | datetime.timedelta():
            return "dates"
    return "text"


def as_numbers(values: Column) -> Array:
    """A part of a column as float64, NaN where a value is missing; raises `ValueError` or `TypeError`."""
    if not isinstance(values, list):
        import pyarrow as pa

        try:
            return _floats(values.cast(pa.float64()))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            # Python reads some numbers that PyArrow does not.
            values = values.to_pylist()
    return np.array([_number(value) for value in values], dtype=np.float64)


def _floats(values: pa.Array | pa.ChunkedArray) -> Array:
    """A float64 array of PyArrow, with NaN for missing values."""
    import pyarrow as pa

    if isinstance(values, pa.ChunkedArray):
        return np.concatenate([np.empty(0), *map(_floats, values.chunks)])
    return plain_array(values, np.float64, np.nan)


def plain_array(values: pa.Array, dtype: npt.DTypeLike, missing: float) -> Array:
    """Numbers of PyArrow as an array, with a number for missing values.

    `to_numpy`, `fill_null` and `pa.scalar` import pandas if it is installed.
    """
    import pyarrow as pa

    array = np.frombuffer(values.buffers()[1] or b"", dtype)[values.offset : values.offset + len(values)]
    if values.null_count:
        array = array.copy()
        array[np.from_dlpack(values.is_null().cast(pa.uint8())).astype(bool)] = missing
    return array


def rounded_integers(values: Array, short: Array) -> int:
    """The number of integers among float64 values that are rounded in `short`, the same as float32."""
    large = np.abs(values) > EXACT
    return int((large & (values == np.trunc(values)) & (values != short)).sum()) if large.any() else 0


DECIMAL_HELP = fmt(
    "write numbers with a decimal point and without thousands separators, or set {} where all of a CSV file "
    "have a decimal comma",
    Setting("decimal", ","),
)
"""The help for numbers such as 1.234,5."""


def arrow_texts(values: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray | None:
    """A part of a column as texts, of a dictionary its values; None for other values."""
    import pyarrow as pa

    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    return values if pa.types.is_string(values.type) or pa.types.is_large_string(values.type) else None


def is_missing(value: object) -> bool:
    """Whether a value is missing: None, or NaN as pandas and JSON have it."""
    return value is None or value != value


def as_list(values: Column) -> list[object]:
    """A part of a column as Python values, with None for missing ones."""
    return values if isinstance(values, list) else list(values.to_pylist())


def as_objects(values: Sequence[object], shared: dict[str, str]) -> Array:
    """Values as objects; equal texts are one object of `shared`, so that a class name is stored once."""
    array = np.empty(len(values), object)
    for row, value in enumerate(values):
        if isinstance(value, str):
            if value in shared:
                value = shared[value]
            elif len(shared) < _MAX_SHARED:
                shared[value] = value
        array[row] = value
    return array


def _number(value: Any) -> float:
    # Python also reads 1_000 as a number.
    if isinstance(value, str) and "_" in value:
        raise ValueError(value)
    try:
        return np.nan if value is None else float(value)
    except OverflowError:
        return np.inf


def is_number(value: object) -> bool:
    try:
        _number(value)
    except (ValueError, TypeError):
        return False
    return True


def folded(text: str) -> str:
    """What texts have in common that differ only in case or white space, such as Basic and "basic "."""
    return " ".join(text.split()).casefold()


def alike(texts: Iterable[str]) -> dict[str, list[str]]:
    """The texts that differ from another one only in case or white space, by what they have in common."""
    groups: dict[str, list[str]] = {}
    for text in texts:
        groups.setdefault(folded(text), []).append(text)
    return {common: group for common, group in groups.items() if len(group) > 1}
