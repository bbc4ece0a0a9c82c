"""The column of a table whose values identify its rows, and the names that such columns have."""

from __future__ import annotations

import re

import numpy as np

from seqspec.core.api.messages import fmt, quote_value
from seqspec.training.data.read_context import ReadContext
from seqspec.training.data.shards import Column
from seqspec.training.data.stored import Array, Budget, TextCollector, Values
from seqspec.training.data.tables.cells import as_list, is_missing
from seqspec.training.errors import DataError

_ID_NAME = re.compile(
    r"(^|[\W_])(id|no|nr|num|number|key|index|idx|uuid|guid|row|rownames?|rowid|ref|réf)$|^unnamed"
    # Kundennr and klantnummer, N° client, número de pedido.
    r"|(nr|n[ou]mmer)\.?$|^(n[°º]|n[uú]m[eé]ro|c[óo]digo|codice|identifiant)([\W_]|$)"
)
"""Searched in names of lower case."""


def is_id_name(name: str) -> bool:
    """Whether the name is one that ids have, such as `customer_id` or `row`."""
    return bool(_ID_NAME.search(name.lower())) or name.endswith(("Id", "ID"))


class Identifiers:
    """Collects the identifiers of all rows as text; a missing one is the empty string."""

    def __init__(self, column: str, budget: Budget) -> None:
        self.column = column
        self._texts = TextCollector(budget)
        self._hashes: list[Array] = []

    def add(self, values: Column) -> None:
        """Adds a part of the column; raises `OSError` where the disk is full."""
        texts = ["" if is_missing(value) else str(value) for value in as_list(values)]
        self._texts.extend(texts)
        # The identifiers themselves would need several times the memory.
        self._hashes.append(np.fromiter(map(hash, texts), np.int64, len(texts)))

    def values(self) -> Values:
        """The identifiers."""
        return self._texts.finish()

    def require_unique(self, context: ReadContext) -> None:
        """Raises `DataError` if an identifier is missing or occurs twice."""
        hashes = np.concatenate(self._hashes)
        order = np.argsort(hashes, kind="stable")
        equal = np.flatnonzero(hashes[order[1:]] == hashes[order[:-1]])
        empty = np.flatnonzero(hashes == hash(""))
        values = self.values() if len(equal) or len(empty) else None
        for number in equal.tolist():
            first, second = sorted((int(order[number]), int(order[number + 1])))
            assert values is not None
            text = str(values[first : first + 1][0])
            if text and text == str(values[second : second + 1][0]):
                shown = quote_value(text, typed=False)
                rows = fmt("{:,} and {:,}", first + 1, second + 1)
                message = fmt("id must be unique, but {} is in rows {}", shown, rows)
                help = "name another column, or remove the rows that are repeated"
                raise DataError([context.violation("data-values", message, "id", help=help)])
        for row in empty.tolist():
            assert values is not None
            if not str(values[row : row + 1][0]):
                message = fmt("id is missing in row {:,}", row + 1)
                raise DataError([context.violation("data-values", message, "id")])
