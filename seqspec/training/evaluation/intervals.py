"""Confidence intervals of metrics: Wilson's for proportions of independent samples, the bootstrap for the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import NormalDist
from typing import cast

import numpy as np

from seqspec.core.api.messages import counted
from seqspec.training.data.prepared import SampleSet
from seqspec.training.data.samples import Array
from seqspec.training.evaluation.error_analysis import mean_of_rows
from seqspec.training.records import ConfidenceInterval, IntervalMethod, Intervals, SetEvaluation, UnitKind

MAX_ROWS = 50_000
"""Maximum number of samples that are resampled."""
_MAX_VALUES = 2**22
"""Maximum number of cells of the confusion matrix times classes in memory; for more, F1 has no interval."""
_RESAMPLES = 1000
_SEED = 0
_CHUNK = 2**20
"""Maximum number of weights in memory at once, unless a single resample has more."""
_PART = 2**17
"""Maximum number of those of which class metrics are computed at once, with several arrays of 8 bytes per weight."""
_MIN_UNITS = 30
"""The minimum number of groups or blocks; with fewer, less than 93 % of 95 % intervals contain the true value."""
MIN_MEANS = 5
"""The minimum number of values for a t interval, whose bound is an expansion."""
_MIN_DEFINED = 0.95
"""The minimum fraction of resamples in which a metric must be defined."""

Counts = tuple[Array, Array, Array]
"""Samples, predictions and hits of each class, (classes,) each."""

Statistic = Callable[[Array], Mapping[str, Array]]
"""Metrics by name, (resamples,) each, for how often each unit occurs in a resample, (resamples, units)."""


def wilson_interval(hits: int, total: int, level: float) -> ConfidenceInterval:
    """Wilson's score interval of the proportion `hits` / `total`; from 0 to 1 for 0 / 0, which is taken as 0."""
    if not total:
        return {"value": 0.0, "low": 0.0, "high": 1.0, "method": "wilson", "level": level}
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share, spread = hits / total, z**2 / total
    center = (share + spread / 2) / (1 + spread)
    half = z * np.sqrt(share * (1 - share) / total + spread / (4 * total)) / (1 + spread)
    # Exactly 0 and 1 at the ends, where rounding leaves values such as 3e-18.
    low, high = float(center - half) if hits else 0.0, float(center + half) if hits < total else 1.0
    return {"value": float(share), "low": low, "high": high, "method": "wilson", "level": level}


def wilson_of_classes(support: Array, chosen: Array, hits: Array, level: float) -> list[Intervals]:
    """The intervals of precision and recall of each class; the arguments are those of `ClassIntervals.result`."""
    return [
        {"precision": wilson_interval(right, predicted, level), "recall": wilson_interval(right, samples, level)}
        for samples, predicted, right in zip(support, chosen, hits)
    ]


_METHODS: Mapping[UnitKind, IntervalMethod] = {
    "sample": "bootstrap",
    "group": "bootstrap by group",
    "block": "bootstrap by block",
}
"""The names of intervals by what is drawn."""


class ResamplingUnits:
    """What is drawn at random: samples, or whole groups or blocks of them that are not independent of each other.

    Args:
        count: The number of samples.
        codes: The number of the group or block of each sample; None if samples are independent.
        kind: What is drawn.
        length: The steps of a block.
    """

    def __init__(
        self, count: int, codes: Array | None = None, kind: UnitKind = "sample", length: int | None = None
    ) -> None:
        self.kind = kind
        self.length = length
        self.method = _METHODS[kind]
        self.independent = codes is None
        generator = np.random.default_rng(_SEED)
        if codes is None:
            self.total, self.rows = count, np.arange(count)
            if count > MAX_ROWS:
                self.rows = np.sort(generator.choice(count, MAX_ROWS, replace=False))
            self.of_rows, self.count = np.arange(len(self.rows)), len(self.rows)
            return
        distinct, inverse, sizes = np.unique(codes, return_inverse=True, return_counts=True)
        self.total = len(distinct)
        order = generator.permutation(self.total)
        chosen = np.sort(order[: max(_MIN_UNITS, int((sizes[order].cumsum() <= MAX_ROWS).sum()))])
        self.rows = np.flatnonzero(np.isin(inverse, chosen))
        self.of_rows, self.count = np.searchsorted(chosen, inverse[self.rows]), len(chosen)

    def too_few(self) -> str:
        """Why there is no interval."""
        if self.length is None:
            return f"the set has {counted(self.total, 'group')}, an interval needs {_MIN_UNITS}"
        parts = f"{counted(self.total, 'part')} of {counted(self.length, 'step')} (a season, or the horizon)"
        return f"the set has {parts}, an interval needs {_MIN_UNITS}"

    def taken(self, chosen: Array) -> ResamplingUnits:
        """What is drawn of some of the chosen samples."""
        codes = None if self.independent else self.of_rows[chosen]
        return ResamplingUnits(len(chosen), codes, self.kind, self.length)

    @property
    def enough(self) -> bool:
        """Whether there are enough of them for an interval."""
        return self.count >= (2 if self.independent else _MIN_UNITS)

    def within(self, rows: slice) -> Array:
        """The chosen samples among these, as places within the slice."""
        first, last = np.searchsorted(self.rows, [rows.start, rows.stop])
        return np.asarray(self.rows[first:last] - rows.start)

    def weights(self, resamples: int) -> Iterator[Array]:
        """How often each unit is drawn, in chunks of shape (resamples, units), as uint16: no more than `MAX_ROWS`."""
        generator = np.random.default_rng([_SEED, 1])
        size = max(1, _CHUNK // max(self.count, len(self.rows)))
        for start in range(0, resamples, size):
            counts = np.empty((min(size, resamples - start), self.count), np.uint16)
            # One at a time: numbers and counts are of 8 bytes each before they are converted.
            for row in counts:
                row[:] = np.bincount(generator.integers(self.count, size=self.count), minlength=self.count)
            yield counts

    def value(self, statistic: Statistic) -> dict[str, float]:
        """The metrics where each unit is drawn once."""
        return {name: float(drawn[0]) for name, drawn in statistic(np.ones((1, self.count), np.uint16)).items()}


def bootstrap(units: ResamplingUnits, statistic: Statistic, values: Mapping[str, float], level: float) -> Intervals:
    """Percentile intervals by name, without those of metrics that are undefined in many resamples.

    Args:
        units: What is drawn.
        statistic: The metrics as a function of the weights of the units.
        values: Their values on all samples.
        level: The confidence level.
    """
    if not units.enough:
        return {}
    parts = [statistic(weights) for weights in units.weights(_RESAMPLES)]
    own = units.value(statistic)
    # The spread of a part of the units is larger than that of all of them.
    shrink = np.sqrt(units.count / units.total)
    tail = _tail(units.count, level)
    intervals: Intervals = {}
    for name, value in values.items():
        drawn = np.concatenate([part[name] for part in parts])
        drawn = drawn[np.isfinite(drawn)]
        if len(drawn) < _MIN_DEFINED * _RESAMPLES or not np.isfinite(value):
            continue
        low, high = np.quantile(drawn, [tail, 1 - tail])
        if shrink < 1:
            low, high = (value + shrink * (end - own[name]) for end in (low, high))
        low, high = float(low), float(high)
        intervals[name] = {"value": value, "low": low, "high": high, "method": units.method, "level": level}
    return intervals


def _tail(count: int, level: float) -> float:
    """The fraction of resamples on each side of the interval, for `count` units.

    Percentile intervals are too narrow for few units: they are widened as t intervals of a mean are (Hesterberg 2015,
    "expanded percentile intervals").
    """
    return NormalDist().cdf(-_student(count - 1, level) * np.sqrt(count / (count - 1)))


def _student(freedom: int, level: float) -> float:
    """The bound of Student's t distribution, by its expansion in 1 / freedom, since NumPy has none."""
    z = NormalDist().inv_cdf(0.5 + level / 2)
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def interval_of_mean(sums: Array, counts: Array, level: float) -> tuple[float, float] | None:
    """The t interval of the mean of values in independent groups, from the sum and the number of those in each.

    None for fewer than `MIN_MEANS` groups.
    """
    groups = len(sums)
    if groups < MIN_MEANS:
        return None
    mean = sums.sum() / counts.sum()
    # The variance of a ratio of sums (Cochran 1977, "Sampling Techniques", section 6.4).
    spread = np.sqrt(groups / (groups - 1) * ((sums - mean * counts) ** 2).sum()) / counts.sum()
    half = _student(groups - 1, level) * spread
    return float(mean - half), float(mean + half)


def area_under_curve(truth: Array, score: Array, of_rows: Array) -> Callable[[Array], Array]:
    """The area under the ROC curve as a function of weights of units, (resamples, units); ties count half.

    Args:
        truth: Whether each sample is positive.
        score: The score of each sample.
        of_rows: The unit of each sample.
    """
    order = np.argsort(score, kind="stable")
    positive, units, ordered = truth[order].astype(bool), of_rows[order], score[order]
    own, scores = units[positive], ordered[positive]
    lower, until = (np.searchsorted(ordered[~positive], scores, side) for side in ("left", "right"))
    others = units[~positive]
    tied = not np.array_equal(lower, until)

    # Small integers are gathered in a fraction of the time of float64.
    def area(weights: Array) -> Array:
        negative = np.zeros((len(weights), len(others) + 1), np.int64)
        np.cumsum(weights.take(others, axis=1), axis=1, out=negative[:, 1:])
        drawn, below = weights.take(own, axis=1), negative.take(lower, axis=1)
        twice = below + negative.take(until, axis=1) if tied else 2 * below
        pairs = np.einsum("ij,ij->i", drawn, twice, dtype=np.int64) / 2
        return _divided(pairs, drawn.sum(axis=1, dtype=np.int64) * negative[:, -1])

    return area


def units_of(samples: SampleSet) -> ResamplingUnits:
    """What is drawn of a set: groups where the split keeps them together, blocks of a series, else samples.

    A block is as long as a season, or the horizon if that is longer: forecasts of one origin and the next share steps.
    """
    if samples.origins is not None and samples.y is not None:
        origins, index = samples.origins, samples.origins.index
        targets = 1 if index.y is None else int(index.y.shape[1])
        length = max(index.season or 1, samples.y.shape[1] // targets)
        steps = origins.rows if index.step is None else index.step[origins.rows]
        blocks = (steps - steps.min()) // length
        if index.series is not None:
            blocks = blocks + index.series[origins.rows].astype(np.int64) * (int(blocks.max()) + 1)
        return ResamplingUnits(len(samples), blocks, "block", length)
    if samples.groups is not None:
        return ResamplingUnits(len(samples), samples.groups, "group")
    return ResamplingUnits(len(samples))


class SampleScores:
    """The results of each drawn sample of a set, from which metrics of any resample follow.

    Args:
        units: What is drawn.
        arrays: `truth` (labels, of classes their indices), and either `predicted` (class indices) and `score` (the
            probability of class 1), or `absolute` and `squared` (errors), (samples,) each, and `measured`, the share of
            values that they are means of where some were filled; of a series also `window`, the number of each.
        classes: The number of classes; 0 for errors.
    """

    def __init__(self, units: ResamplingUnits, arrays: Mapping[str, Array], classes: int = 0) -> None:
        self.units, self.arrays, self.classes = units, arrays, classes

    @classmethod
    def read(cls, arrays: Mapping[str, Array]) -> SampleScores:
        """The inverse of `record`."""
        own = dict(arrays)
        kind: UnitKind = cast(UnitKind, str(own.pop("kind")))
        codes, classes, length = own.pop("codes", None), int(own.pop("classes")), own.pop("length", None)
        return cls(
            ResamplingUnits(len(own["truth"]), codes, kind, None if length is None else int(length)), own, classes
        )

    def taken(self, chosen: Array) -> SampleScores:
        """Those of some of the samples."""
        arrays = {name: values[chosen] for name, values in self.arrays.items()}
        return SampleScores(self.units.taken(chosen), arrays, self.classes)

    def record(self) -> dict[str, Array]:
        """All as arrays, for a file."""
        codes = {} if self.units.independent else {"codes": self.units.of_rows}
        length = {} if self.units.length is None else {"length": np.array(self.units.length)}
        return {**self.arrays, **codes, **length, "kind": np.array(self.units.kind), "classes": np.array(self.classes)}

    def statistic(self) -> Statistic:
        """The metrics as a function of the weights of the units."""
        return self._of_classes() if self.classes else self._of_errors()

    def _of_errors(self) -> Statistic:
        units, errors = self.units, (self.arrays["absolute"], self.arrays["squared"])
        measured = self.arrays.get("measured")
        if measured is not None:
            errors = (np.nan_to_num(errors[0]) * measured, np.nan_to_num(errors[1]) * measured)
        sums = np.stack([np.bincount(units.of_rows, column, units.count) for column in errors], axis=1)
        counts = np.bincount(units.of_rows, measured, units.count)

        def statistic(weights: Array) -> dict[str, Array]:
            absolute, squared = (weights @ sums).T / (weights @ counts)
            return {"mae": absolute, "rmse": np.sqrt(squared)}

        return statistic

    def _of_classes(self) -> Statistic:
        units, classes = self.units, self.classes
        truth, predicted, score = (self.arrays[name] for name in ("truth", "predicted", "score"))
        # Samples in the order of the cells of the confusion matrix.
        cells = truth.astype(np.int64) * classes + predicted
        order = np.argsort(cells, kind="stable")
        starts = np.flatnonzero(np.diff(cells[order], prepend=-1))
        first, of_order = order[starts], units.of_rows[order]
        counted_cells = None
        if len(starts) * 3 * classes <= _MAX_VALUES:
            one = np.eye(classes)
            hits = one[truth[first]] * (truth[first] == predicted[first])[:, None]
            counted_cells = np.concatenate([one[truth[first]], one[predicted[first]], hits], axis=1)
        # The outputs of a model whose training diverged are NaN.
        known = classes == 2 and bool(np.isfinite(score).all())
        area = area_under_curve(truth == 1, score, units.of_rows) if known else None

        def statistic(weights: Array) -> dict[str, Array]:
            metrics = {}
            if counted_cells is not None:
                drawn = np.add.reduceat(weights.take(of_order, axis=1), starts, axis=1, dtype=np.int64)
                metrics = class_metrics(drawn @ counted_cells)
            return metrics if area is None else {**metrics, "auc": area(weights)}

        return _in_parts(statistic)


def _in_parts(statistic: Statistic) -> Statistic:
    """A statistic whose temporary arrays are small; the metrics of a resample must not depend on the others."""

    def whole(weights: Array) -> dict[str, Array]:
        parts = [statistic(part) for part in np.array_split(weights, -(-weights.size // _PART))]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    return whole


def paired_differences(one: SampleScores, other: SampleScores, level: float) -> tuple[dict[str, float], Intervals]:
    """The differences of metrics, other minus one, of two models on the same samples, and their intervals.

    With few blocks of a series only the mean absolute error has one, as the relative error of forecasts does.
    """
    first, second = one.statistic(), other.statistic()

    def statistic(weights: Array) -> dict[str, Array]:
        own, others = first(weights), second(weights)
        return {name: others[name] - own[name] for name in _COMPARED if name in own and name in others}

    values = one.units.value(statistic)
    if one.units.kind == "block" and not one.units.enough and "mae" in values:
        return values, _mean_of_blocks(one, other, values["mae"], level)
    return values, bootstrap(one.units, statistic, values, level)


def _mean_of_blocks(one: SampleScores, other: SampleScores, value: float, level: float) -> Intervals:
    """The t interval of the difference of mean absolute errors; none with very few blocks."""
    units, measured = one.units, one.arrays.get("measured")
    weights = np.ones(len(units.of_rows)) if measured is None else measured
    change = np.nan_to_num(other.arrays["absolute"] - one.arrays["absolute"]) * weights
    sums, counts = (np.bincount(units.of_rows, summed, units.count) for summed in (change, weights))
    bounds = interval_of_mean(sums[counts > 0], counts[counts > 0], level)
    if bounds is None:
        return {}
    return {"mae": {"value": value, "low": bounds[0], "high": bounds[1], "method": "t by block", "level": level}}


_COMPARED = ("accuracy", "auc", "f1", "macro_f1", "mae", "rmse")


class ClassIntervals:
    """Intervals of accuracy and macro F1, and of precision and recall of each class; of two classes also AUC and F1.

    Args:
        units: What is drawn.
        classes: The number of classes.
        level: The confidence level.
    """

    def __init__(self, units: ResamplingUnits, classes: int, level: float) -> None:
        self._units, self._classes, self._level = units, max(classes, 2), level
        self._parts: list[tuple[Array, Array, Array]] = []

    def add(self, rows: slice, truth: Array, predicted: Array, probability: Array) -> None:
        """Adds a chunk of samples: class indices, predicted ones, and probabilities (samples, classes)."""
        chosen = self._units.within(rows)
        self._parts.append((truth[chosen], predicted[chosen], probability[chosen, 1]))

    def scores(self) -> SampleScores:
        """The results of each drawn sample."""
        truth, predicted, score = (np.concatenate(parts) for parts in zip(*self._parts))
        return SampleScores(self._units, {"truth": truth, "predicted": predicted, "score": score}, self._classes)

    def result(self, support: Array, chosen: Array, hits: Array) -> tuple[Intervals, list[Intervals]]:
        """The intervals by metric, and those of each class, from counts of all samples.

        Args:
            support: Samples of each class.
            chosen: Samples that were predicted as each class.
            hits: Those that were predicted rightly.
        """
        units, level = self._units, self._level
        statistic = self.scores().statistic()
        values = units.value(statistic)
        counts = np.concatenate([support, chosen, hits])[None].astype(np.float64)
        values.update({name: float(value[0]) for name, value in class_metrics(counts).items() if name in values})
        exact: Intervals = {}
        if units.independent:
            exact = {"accuracy": wilson_interval(hits.sum(), support.sum(), level)}
            for index, class_intervals in enumerate(wilson_of_classes(support, chosen, hits, level)):
                exact.update({f"{name} {index}": interval for name, interval in class_intervals.items()})
            values = {name: value for name, value in values.items() if name not in exact}
        intervals = {**exact, **bootstrap(units, statistic, values, level)}
        of_classes: list[Intervals] = [
            {name: intervals[key] for name in ("precision", "recall") if (key := f"{name} {index}") in intervals}
            for index in range(len(hits))
        ]
        return {
            name: intervals[name] for name in ("accuracy", "auc", "f1", "macro_f1") if name in intervals
        }, of_classes


def class_metrics(counts: Array) -> dict[str, Array]:
    """Metrics by name, (n,) each, from samples, predictions and hits of each class, (n, 3 * classes)."""
    support, chosen, hits = np.split(counts, 3, axis=1)
    f1 = np.divide(2 * hits, support + chosen, out=np.zeros_like(hits), where=support + chosen > 0)
    occurring = ((support > 0) | (chosen > 0)).sum(axis=1)
    metrics = {
        "accuracy": _divided(hits.sum(axis=1), support.sum(axis=1)),
        "macro_f1": _divided(f1.sum(axis=1), occurring),
    }
    if f1.shape[1] == 2:
        metrics["f1"] = f1[:, 1]
    for index in range(f1.shape[1]):
        metrics[f"precision {index}"] = _divided(hits[:, index], chosen[:, index])
        metrics[f"recall {index}"] = _divided(hits[:, index], support[:, index])
    return metrics


class ErrorIntervals:
    """Intervals of the mean absolute error and the root of the mean squared error.

    Args:
        units: What is drawn.
        level: The confidence level.
    """

    def __init__(self, units: ResamplingUnits, level: float) -> None:
        self._units, self._level = units, level
        self._parts: list[Array] = []
        self._measured: list[Array] = []

    def add(self, rows: slice, residuals: Array, filled: Array | None = None) -> None:
        """Adds a chunk of residuals, (samples, values), which are NaN for values that were `filled`."""
        chosen = residuals[self._units.within(rows)]
        self._parts.append(np.stack([mean_of_rows(np.abs(chosen)), mean_of_rows(chosen**2)], axis=1))
        if filled is not None:
            self._measured.append(1 - filled[self._units.within(rows)].mean(axis=1))

    def result(self, mae: float, rmse: float) -> Intervals:
        """The intervals by metric, for the values on all samples."""
        return bootstrap(self._units, self.scores().statistic(), {"mae": mae, "rmse": rmse}, self._level)

    def scores(self) -> SampleScores:
        """The results of each drawn sample."""
        absolute, squared = np.concatenate(self._parts).T
        measured = {"measured": np.concatenate(self._measured)} if self._measured else {}
        return SampleScores(self._units, {"absolute": absolute, "squared": squared, **measured})


class SetIntervals:
    """The intervals of one set, whose labels and outputs are added in chunks.

    Args:
        samples: The set.
        level: The confidence level.
    """

    def __init__(self, samples: SampleSet, level: float) -> None:
        self._units, self._level = units_of(samples), level
        self._classes: ClassIntervals | None = None
        self._errors = ErrorIntervals(self._units, level)
        self._labels: list[Array] = []
        self._windows = None if samples.origins is None else samples.origins.numbers[self._units.rows]

    def scores(self) -> SampleScores | None:
        """The results of each drawn sample; None where they are not known by sample."""
        if self._classes is not None:
            return self._classes.scores()
        if not self._labels:
            return None
        scores = self._errors.scores()
        windows = {} if self._windows is None else {"window": self._windows}
        return SampleScores(self._units, {**scores.arrays, "truth": np.concatenate(self._labels), **windows})

    def add_classes(self, rows: slice, truth: Array, predicted: Array, probability: Array, classes: int) -> None:
        """Adds class indices, predicted ones, and probabilities, (samples, outputs); labels can have more classes."""
        self._classes = self._classes or ClassIntervals(self._units, classes, self._level)
        self._classes.add(rows, truth, predicted, probability)

    def add_residuals(self, rows: slice, truth: Array, residuals: Array, filled: Array | None) -> None:
        """Adds labels, residuals, and which of them were filled, (samples, values) each."""
        self._labels.append(mean_of_rows(truth[self._units.within(rows)]))
        self._errors.add(rows, residuals, filled)

    def write_classes(self, out: SetEvaluation, counts: Counts) -> None:
        """Adds the intervals of a classifier to the results."""
        if self._classes is not None:
            self._write(out, *self._classes.result(*counts))

    def write_labels(self, out: SetEvaluation, counts: Counts, exact: int) -> None:
        """Adds the intervals of a model with several labels per sample; `exact` counts samples without an error."""
        if self._units.independent:
            accuracy = wilson_interval(exact, out["samples"], self._level)
            self._write(out, {"accuracy": accuracy}, wilson_of_classes(*counts, self._level))

    def write_residuals(self, out: SetEvaluation) -> None:
        """Adds the intervals of a regression to the results."""
        intervals = self._errors.result(out["residuals"]["mae"], out["residuals"]["rmse"])
        self._write(out, intervals, [])

    def _write(self, out: SetEvaluation, measured: Intervals, of_classes: Sequence[Intervals]) -> None:
        if not self._units.enough and not self._units.independent:
            out["no_intervals"] = self._units.too_few()
        if measured:
            out["intervals"] = measured
        if of_classes:
            for row, intervals in zip(out["classes"]["per_class"], of_classes):
                if intervals:
                    row["intervals"] = intervals


def _divided(top: Array, bottom: Array) -> Array:
    """The quotients, NaN for a divisor of 0."""
    return np.asarray(np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom > 0))
