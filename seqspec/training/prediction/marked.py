"""Predictions in which samples that could not be read are marked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

import numpy as np

from seqspec.core.diagnostics.message import counted
from seqspec.training.data.samples import Array
from seqspec.training.prediction.predict import Forecast, Predictions

ERROR = "error"
_NOT_FINITE = "the model outputs infinity or NaN"


class MarkedPredictions(Predictions):
    """Predictions with a column `error`: samples that have one have no class and no outputs.

    Args:
        whole: The predictions for all samples.
        errors: Why samples could not be read, by their place among these.
    """

    def __init__(self, whole: Predictions, errors: Mapping[int, str]) -> None:
        # All attributes, also of a subclass.
        self.__dict__.update(vars(whole))
        self.whole, self.errors = whole, errors
        self.outputs = whole.outputs.copy()
        self.outputs[list(errors)] = np.nan

    def columns(self) -> dict[str, list[str] | Array]:
        """The columns of the predictions, empty where there is an error, and the column `error`."""
        found: dict[str, list[str] | Array] = {}
        columns = self.whole.columns()
        count = len(next(iter(columns.values()))) // max(1, len(self))
        bad = {row * count + step for row in self.errors for step in range(count)}
        for name, values in columns.items():
            if name in self._names(columns):
                found[name] = values
            elif isinstance(values, list):
                found[name] = ["" if row in bad else value for row, value in enumerate(values)]
            else:
                known = values.astype(np.float64)
                known[sorted(bad)] = np.nan
                found[name] = known
        found[ERROR] = [self.errors.get(row // count, "") for row in range(count * len(self))]
        return found

    def _names(self, columns: Mapping[str, object]) -> Collection[str]:
        """The columns that name the rows, which keep their values: of series those of time, series and step."""
        if self.whole.origins is not None:
            return [*self.whole.origins.index.columns_of(self.whole.origins.rows[:0], 0), "step"]
        return list(columns)[:1]

    def records(self) -> Iterator[dict[str, object]]:
        """One dict of plain values per row, None where there is none."""
        for record in super().records():
            names, error = self._names(record), record.pop(ERROR)
            values = {name: value if not error or name in names else None for name, value in record.items()}
            yield {**values, ERROR: error or None}


def mark(
    parts: Iterator[Predictions], errors: Mapping[int, str], note: Callable[[str], object] | None
) -> Iterator[MarkedPredictions]:
    """The parts of the predictions for a source, whose samples with an error could not be read.

    With `note`, outputs that are infinite or NaN are errors too, and the note is a line about them.
    """
    start = 0
    for part in parts:
        marked = {row - start: error for row, error in errors.items() if 0 <= row - start < len(part)}
        if note is not None and not isinstance(part, Forecast):
            bad = np.flatnonzero(~np.isfinite(part.outputs.reshape(len(part), -1)).all(axis=1)).tolist()
            bad = [row for row in bad if row not in marked]
            if bad:
                note(
                    f"{counted(len(bad), 'output')} of the model {'is' if len(bad) == 1 else 'are'} infinite or NaN: "
                    f"{part.row_column} {part.rows[bad[0]]}"
                )
            marked.update(dict.fromkeys(bad, _NOT_FINITE))
        yield MarkedPredictions(part, marked)
        start += len(part)


def with_equal_columns(parts: Iterator[MarkedPredictions], marked: bool) -> Iterator[Predictions]:
    """The parts, with the column `error` in all of them or in none: if `marked`, or if the first part has an error."""
    for number, part in enumerate(parts):
        marked = marked or (number == 0 and bool(part.errors))
        yield part if marked else part.whole
