"""The charts of a search: history, curves, sizes, parameters and parallel coordinates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from seqspec.core.diagnostics.message import counted
from seqspec.core.document.search import STATIC_OBJECTIVES, Scalar
from seqspec.training.report.charts import Axis, Chart, Line, integer_ticks
from seqspec.training.report.parallel import Coordinate, parallel_svg
from seqspec.training.run_folder.files import DONE, PRUNED
from seqspec.training.search.results import SearchResult, Trial, pareto
from seqspec.training.search.study import read_trials
from seqspec.training.search.text import shown

HISTORY = ("trial", "trial that ended early", "best so far")
CURVES = ("trained to the end", "ended early")
FRONT = ("other trials", "none is better and smaller")
_MAX_CURVES = 200
_MAX_LINES = 300
_EDGE = 3.0
"""Values that are so many times the spread of the better three quarters away from these are drawn at the edge."""


class SearchCharts:
    """The charts for the trials of a search.

    Args:
        result: The search.
        trials: Its trials.
        ranked: Those that are done, the best first.
    """

    def __init__(self, result: SearchResult, trials: Sequence[Trial], ranked: Sequence[Trial]) -> None:
        self._names, self._directions = result.objectives, result.directions
        self._trials, self._ranked = trials, ranked
        self._done = sorted(ranked, key=lambda trial: trial.number)
        self.distributions: dict[str, BaseDistribution] = {}
        """Those of the parameters."""
        for trial in read_trials(result._folder.journal):
            self.distributions.update(trial.distributions)
        self._edges = [self._edge(index) for index in range(len(self._names))]
        self._rejected = [rejection["trial"] for rejection in result.rejections if "trial" in rejection]

    @property
    def clipped(self) -> int:
        """How many trials have a value beyond the edge of the charts."""
        return sum(_clipped(_value(each, 0), self._edges[0]) != _value(each, 0) for each in self._done)

    def _edge(self, index: int) -> tuple[float, float]:
        """The lowest and the highest value that is drawn in its place."""
        values = sorted((_value(each, index) for each in self._done), reverse=self._directions[index])
        if len(values) < 4:
            return float("-inf"), float("inf")
        best, quarter = values[0], values[3 * len(values) // 4]
        edge = quarter + _EDGE * (quarter - best)
        if edge == best:
            return float("-inf"), float("inf")
        return (edge, float("inf")) if self._directions[index] else (float("-inf"), edge)

    def _drawn(self, trial: Trial, index: int = 0) -> float:
        return _clipped(_value(trial, index), self._edges[index])

    def history(self) -> list[Chart]:
        """The objectives of each trial, with the best so far, and the candidates that were rejected."""
        charts = [self._history(index) for index in range(len(self._names))]
        if self._rejected:
            counts, last = Counter(self._rejected), max([*self._rejected, len(self._trials)])
            sums = accumulate(counts[number] for number in range(1, last + 1))
            points = [(float(number), float(total)) for number, total in enumerate(sums, 1)]
            chart = Chart("rejected candidates so far", Axis("trial"), Axis(""), [Line("rejected", points)])
            charts.append(integer_ticks(chart))
        return charts

    def _history(self, index: int) -> Chart:
        name, is_max = self._names[index], self._directions[index]
        points = [(float(trial.number), self._drawn(trial, index)) for trial in self._done]
        best: list[tuple[float, float]] = []
        for number, value in points:
            known = best[-1][1] if best else value
            best += [(number, known), (number, max(known, value) if is_max else min(known, value))]
        early = [(trial, trial.curve(name)) for trial in self._trials if trial.state == PRUNED]
        ended = [(trial, _clipped(curve[-1][1], self._edges[index])) for trial, curve in early if curve]
        lines = [
            Line(HISTORY[0], points, "dots", [_title(trial, self._names) for trial in self._done]),
            Line(HISTORY[1], [(float(trial.number), value) for trial, value in ended], "dots",
                 [f"trial {trial.number}: ended after {counted(trial.epochs, 'epoch')}" for trial, _ in ended]),
            Line(HISTORY[2], best),
        ]  # fmt: skip
        return integer_ticks(Chart(name, Axis("trial"), Axis(""), lines))

    def curves(self) -> list[Chart]:
        """The first objective that is logged, by epoch."""
        name = next((name for name in self._names if name not in STATIC_OBJECTIVES), None)
        if name is None:
            return []
        lines = []
        for trial in [each for each in self._trials if each.state in (DONE, PRUNED)][-_MAX_CURVES:]:
            edge = self._edges[self._names.index(name)]
            points = [(float(epoch), _clipped(value, edge)) for epoch, value in trial.curve(name)]
            if len(points) > 1:
                lines.append(Line("", points, "thin", color=int(trial.state == PRUNED)))
        return [integer_ticks(Chart(f"{name} by epoch", Axis("epoch"), Axis(""), lines))] if lines else []

    def sizes(self) -> list[Chart]:
        """The first objective against the parameters and the MACs, with the trials that none is better and smaller."""
        charts = []
        for size, label in (("params", "parameters"), ("macs", "MACs")):
            known = [(trial, value) for trial in self._done if (value := trial.sizes.get(size))]
            if size not in self._names and len({value for _, value in known}) > 1:
                pairs = [trial._replace(values=[_value(trial, 0), value]) for trial, value in known]
                charts.append(self._front(pairs, f"{self._names[0]} and {label}", label, [self._directions[0], False]))
        return charts

    def objectives(self) -> list[Chart]:
        """The first objective against each other one, with the Pareto set of both."""
        charts = []
        for index in range(1, len(self._names)):
            pairs = [trial._replace(values=[_value(trial, 0), _value(trial, index)]) for trial in self._done]
            name, directions = self._names[index], [self._directions[0], self._directions[index]]
            charts.append(self._front(pairs, f"{self._names[0]} and {name}", name, directions))
        return charts

    def _front(self, pairs: Sequence[Trial], title: str, label: str, directions: Sequence[bool]) -> Chart:
        front = sorted(pareto(pairs, directions), key=lambda trial: _value(trial, 1))
        inside = {trial.number for trial in front}
        names = (self._names[0], label)
        titles = {trial.number: _title(trial, names) for trial in pairs}
        others = [trial for trial in pairs if trial.number not in inside]

        def points(trials: Sequence[Trial]) -> list[tuple[float, float]]:
            return [(_value(trial, 1), self._drawn(trial)) for trial in trials]

        lines = [
            Line(FRONT[0], points(others), "dots", [titles[trial.number] for trial in others]),
            Line(FRONT[1], points(front), "dots", [titles[trial.number] for trial in front]),
            Line("", points(front), "thin", color=1),
        ]
        values = [_value(trial, 1) for trial in pairs]
        is_wide = min(values) > 0 and max(values) > 10 * min(values)
        return Chart(title, Axis(label, log=is_wide), Axis(""), lines)

    def parameters(self) -> list[Chart]:
        """The first objective against each parameter."""
        charts = []
        for name in self.distributions:
            trials = [trial for trial in self._done if name in trial.chosen]
            points = [(self._place(name, trial.chosen[name]), self._drawn(trial)) for trial in trials]
            if points:
                titles = [_title(trial, self._names) for trial in trials]
                line = Line("", points, "dots", titles)
                charts.append(Chart(name, self._axis(name)._replace(label=""), Axis(self._names[0]), [line]))
        return charts

    def parallel(self) -> str:
        """The parameters and the first objective of the trials, the best in another color; empty for less than two."""
        trials = self._ranked[:_MAX_LINES]
        if len(trials) < 2:
            return ""
        coordinates = [
            Coordinate(self._axis(name), [self._place(name, trial.chosen[name]) if name in trial.chosen else None
                                          for trial in trials])
            for name in self.distributions
        ]  # fmt: skip
        coordinates.append(Coordinate(Axis(self._names[0]), [self._drawn(trial) for trial in trials]))
        return parallel_svg(coordinates, [_title(trial, self._names) for trial in trials], 1)

    def _axis(self, name: str) -> Axis:
        found = self.distributions[name]
        if isinstance(found, CategoricalDistribution):
            return Axis(name, names=[str(choice) for choice in found.choices])
        assert isinstance(found, (IntDistribution, FloatDistribution))
        is_integer = isinstance(found, IntDistribution)
        return Axis(name, (float(found.low), float(found.high)), found.log, integer=is_integer)

    def _place(self, name: str, value: Scalar) -> float:
        found = self.distributions[name]
        if isinstance(found, CategoricalDistribution):
            return float(found.choices.index(value))
        return float(value)


def _title(trial: Trial, names: Sequence[str]) -> str:
    values = ", ".join(f"{name} {shown(value)}" for name, value in zip(names, trial.values or ()))
    return f"trial {trial.number}: {values}"


def _value(trial: Trial, index: int) -> float:
    assert trial.values is not None
    return trial.values[index]


def _clipped(value: float, edge: tuple[float, float]) -> float:
    return min(max(value, edge[0]), edge[1])
