"""Predicted numbers far outside of the range of the training labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import numpy as np

from seqspec.core.api.messages import counted
from seqspec.training.data.far_values import far_bounds
from seqspec.training.data.labels import LabelBaseline
from seqspec.training.data.samples import Array
from seqspec.training.prediction.predict import Predictions
from seqspec.training.records import WorstError

P = TypeVar("P", bound=Predictions)
_MAX_SHOWN = 3


class LabelRange:
    """The range of the training labels, for each output."""

    def __init__(self, low: Array, high: Array) -> None:
        self._low, self._high = low, high
        self._limits = far_bounds(low, high)

    @classmethod
    def of(cls, baseline: LabelBaseline) -> LabelRange | None:
        """The range of the labels that a run was trained on; None for classes, and in earlier runs."""
        return None if baseline.low is None or baseline.high is None else cls(baseline.low, baseline.high)

    def noting(self, parts: Iterator[P], note: Callable[[str], object]) -> Iterator[P]:
        """The parts of the predictions; after the last one, the note is a line about rows that are far outside."""
        count, shown = 0, list[str]()
        for part in parts:
            for row in self._far(part.outputs):
                count += 1
                if len(shown) < _MAX_SHOWN:
                    shown.append(self._shown(part, row))
            yield part
        if count:
            note(f"{counted(count, 'prediction')} {self._outside(count, shown)}")

    def among(self, worst: Sequence[WorstError], where: Callable[[int], str]) -> str | None:
        """A line about those of the largest errors whose predictions are far outside; None without any."""
        predicted = [(row["sample"], np.asarray(row["predicted"], np.float64).reshape(-1)) for row in worst]
        far = [(sample, values) for sample, values in predicted if self._far(values[np.newaxis])]
        if not far:
            return None
        shown = [f"{values[self._farthest(values)]:.4g} in {where(sample)}" for sample, values in far[:_MAX_SHOWN]]
        verb = "is a prediction" if len(far) == 1 else "are predictions"
        return f"{len(far)} of the {len(predicted)} largest errors {verb} {self._outside(len(far), shown)}"

    def _outside(self, count: int, shown: Sequence[str]) -> str:
        span = "" if len(self._low) > 1 else f", {self._low[0]:g} to {self._high[0]:g}"
        more = ", …" if count > len(shown) else ""
        return f"far outside of the range of the training labels{span}: {', '.join(shown)}{more}"

    def _far(self, outputs: Array) -> list[int]:
        flat = outputs.reshape(len(outputs), -1)
        if flat.shape[1] != len(self._low):
            return []
        low, high = self._limits
        rows: list[int] = np.flatnonzero(((flat < low) | (flat > high)).any(axis=1)).tolist()
        return rows

    def _farthest(self, flat: Array) -> int:
        """The place of the value of a row that is farthest outside."""
        low, high = self._limits
        return int(np.argmax(np.maximum(low - flat, flat - high)))

    def _shown(self, part: Predictions, row: int) -> str:
        """The value of a row that is farthest outside, and its place, of a series the step."""
        flat = part.outputs[row].reshape(-1)
        place = self._farthest(flat)
        where = part.rows[row]
        if part.origins is not None:
            index, origin = part.origins.index, int(part.origins.rows[row])
            step = place // index.target_count + 1
            of = index.of_series(origin)
            where = f"{index.time_of(origin, step)}{of}"
        return f"{flat[place]:.4g} in {where}"
