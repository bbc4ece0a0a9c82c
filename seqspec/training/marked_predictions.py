"""Predictions in which samples that could not be read are marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from seqspec.training.data.samples import Array
from seqspec.training.inference import Predictions

_ERROR = "error"


class MarkedPredictions(Predictions):
    """Predictions with a column `error`: samples that have one have no class and no outputs.

    Args:
        whole: The predictions for all samples.
        errors: Why samples could not be read, by their place among these.
    """

    def __init__(self, whole: Predictions, errors: Mapping[int, str]) -> None:
        # All attributes, also of a subclass.
        self.__dict__.update(vars(whole))
        self._whole, self._errors = whole, errors
        self.outputs = whole.outputs.copy()
        self.outputs[list(errors)] = np.nan

    def columns(self) -> dict[str, list[str] | Array]:
        """The columns of the predictions, empty where there is an error, and the column `error`."""
        found: dict[str, list[str] | Array] = {}
        bad = sorted(self._errors)
        for number, (name, values) in enumerate(self._whole.columns().items()):
            if number == 0:
                found[name] = values
            elif isinstance(values, list):
                found[name] = ["" if row in self._errors else value for row, value in enumerate(values)]
            else:
                known = values.astype(np.float64)
                known[bad] = np.nan
                found[name] = known
        found[_ERROR] = [self._errors.get(row, "") for row in range(len(self))]
        return found

    def records(self) -> Iterator[dict[str, object]]:
        """One dict of plain values per sample, None where there is none."""
        for row, record in enumerate(super().records()):
            error = self._errors.get(row)
            name = next(iter(record))
            if error is None:
                yield {**record, _ERROR: None}
            else:
                yield {name: record[name], **dict.fromkeys(list(record)[1:]), _ERROR: error}


def mark(parts: Iterator[Predictions], errors: Mapping[int, str]) -> Iterator[Predictions]:
    """The parts of the predictions for a source, whose samples with an error could not be read."""
    start = 0
    for part in parts:
        yield MarkedPredictions(
            part, {row - start: error for row, error in errors.items() if 0 <= row - start < len(part)}
        )
        start += len(part)
