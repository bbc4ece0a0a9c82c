"""The kind `boolean`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seqspec.core.api.data import BooleanColumn
from seqspec.training.data.encoding.base import NO_CODE, ColumnCodec, ColumnReader, ScalarEncoding, TrainingColumn
from seqspec.training.data.encoding.numbers import fill_value
from seqspec.training.data.encoding.values import factor, is_missing_word
from seqspec.training.data.stored import Array

if TYPE_CHECKING:
    from seqspec.training.data.shards import Column

_TRUE = "true yes y t 1 1.0 ja j wahr oui vrai sí si verdadero sì vero sim verdadeiro tak"
_FALSE = "false no n f 0 0.0 nein falsch non faux falso não nao nee nie"
BOOLEANS = {**dict.fromkeys(_TRUE.split(), True), **dict.fromkeys(_FALSE.split(), False)}
"""The texts of booleans, in lower case."""


def boolean_of(value: object) -> bool | None:
    """A value as a boolean, None if it is missing; raises `ValueError`."""
    if isinstance(value, (bool, int, float)) and value in (0, 1):
        return bool(value)
    if is_missing_word(value):
        return None
    if isinstance(value, str) and (boolean := BOOLEANS.get(value.strip().lower())) is not None:
        return boolean
    raise ValueError(value)


def as_booleans(values: Column) -> Array | None:
    """A part of a column of booleans as 1 and 0, NaN where one is missing; None if another value occurs."""
    factored = factor(values)
    try:
        known = [boolean_of(value) for value in factored.values]
    except ValueError:
        return None
    return np.array([np.nan if value is None else float(value) for value in [*known, None]])[factored.codes]


class BooleanReader(ColumnReader):
    """Booleans as 0 and 1, -1 where one is missing."""

    fields = (np.int8,)

    def read(self, column: Column, start: int) -> Sequence[Array]:
        factored = factor(column)
        codes, bad = np.full(len(factored.values) + 1, NO_CODE, np.int8), []
        for index, value in enumerate(factored.values):
            try:
                known = boolean_of(value)
            except ValueError:
                bad.append(index)
                continue
            if known is not None:
                codes[index] = known
        self.invalid.add(factored, bad, start)
        return [codes[factored.codes]]


@dataclass(frozen=True)
class BooleanEncoding(ScalarEncoding):
    """1 or 0."""

    kind = "boolean"

    def numbers(self, x: Array) -> Array:
        return np.where(x == NO_CODE, np.float32(np.nan), x.astype(np.float32))


def fit_boolean(name: str, missing: str, fill: object, flag: bool, codes: Array) -> BooleanEncoding:
    """The encoding, learned from the training values as the reader returns them."""
    return BooleanEncoding(name, missing, fill_value(fill, codes[codes != NO_CODE].astype(np.float32)), flag)


def _learn(column: TrainingColumn[BooleanColumn]) -> BooleanEncoding:
    return fit_boolean(column.name, column.missing, column.fill, column.flag, column.fields[0])


CODEC = ColumnCodec[BooleanColumn](
    reader=BooleanReader,
    encoding=BooleanEncoding,
    read=lambda kind, budget, decimal: BooleanReader(),
    is_missing=lambda codes: codes == NO_CODE,
    learn=_learn,
)
