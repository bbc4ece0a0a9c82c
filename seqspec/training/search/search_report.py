"""report.html of a search and its charts: one file that opens without a network, in light and dark."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import accumulate
from pathlib import Path

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.importance import PedAnovaImportanceEvaluator
from optuna.trial import create_trial

from seqspec.core.api.messages import counted
from seqspec.core.api.search import STATIC_OBJECTIVES, Scalar, explain
from seqspec.training.report.charts import Axis, Chart, Coordinate, Line, figures, integer_ticks, legend, parallel_svg
from seqspec.training.report.style import STYLE, page_head
from seqspec.training.run_folder.files import DONE, FAILED, PRUNED, write_text
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
        for trial in read_trials(result.folder.journal):
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
            Line(
                HISTORY[1],
                [(float(trial.number), value) for trial, value in ended],
                "dots",
                [f"trial {trial.number}: ended after {counted(trial.epochs, 'epoch')}" for trial, _ in ended],
            ),
            Line(HISTORY[2], best),
        ]
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
            Coordinate(
                self._axis(name),
                [self._place(name, trial.chosen[name]) if name in trial.chosen else None for trial in trials],
            )
            for name in self.distributions
        ]
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


MIN_TRIALS = 20


def parameter_importance(result: SearchResult) -> Mapping[str, float]:
    """The share of each parameter, the most important first, in what the best tenth of the trials has in common.

    It is that of PED-ANOVA, for the first objective; empty with fewer than 20 trials that are done.
    """
    done = [trial for trial in result.study.trials if trial.values is not None]
    if len(done) < MIN_TRIALS:
        return {}
    study = optuna.create_study(direction="maximize" if result.directions[0] else "minimize")
    study.add_trials(
        [create_trial(value=trial.values[0], params=trial.params, distributions=trial.distributions) for trial in done]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = optuna.importance.get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())
        except (RuntimeError, ValueError):
            # All values are equal, or no parameter is in all trials.
            return {}
    return {name: share for name, share in found.items() if share == share}


_MAX_ROWS = 1000
_MAX_IN_NOTEBOOK = 5
_MAX_REASONS = 20
_MAX_EXPLAINED = 1000


def write_report(result: SearchResult, state: str | None = None) -> Path:
    """Writes report.html; `state` is by default the one that the folder has. Returns the file."""
    path = result.path / "report.html"
    write_text(path, "".join(_page(result, state or result.state)))
    return path


def notebook_html(result: SearchResult) -> str:
    """The best trials and the history."""
    trials, ranked = result.trials, result.ranked
    parts = [f"<style>@scope {{ {_scoped(STYLE)} }}</style><p><b>{escape(result.path.name)}</b>: {result.state}, "]
    parts.append(f"{counted(len(trials), 'trial')}, {sum(result.rejected.values()):,} candidates rejected</p>")
    if ranked:
        charts = SearchCharts(result, trials, ranked)
        parts += [legend(HISTORY), figures(charts.history()[:1])]
        parts.append("".join(_rows(result, ranked[:_MAX_IN_NOTEBOOK], links=False)))
    return f"<div>{''.join(parts)}</div>"


def _scoped(style: str) -> str:
    """The style for a part of a page, whose colors are variables of that part."""
    scoped = style.replace(":root", ":scope").replace("body {", ":scope {")
    return scoped.replace("margin: 0; background: var(--page);", "")


def _page(result: SearchResult, state: str) -> Iterator[str]:
    info, trials, ranked = result.folder.info, result.trials, result.ranked
    yield page_head(result.path.name)
    states = Counter(trial.state for trial in trials)
    counts = ", ".join(f"{count:,} {state}" for state, count in states.items())
    rejected = sum(info["rejected"].values())
    yield f'<p class="lead">{escape(state)}, started {escape(info["started"])}, seed {info["seed"]}; '
    yield f"{counted(len(trials), 'trial')} ({counts}); {rejected:,} candidates rejected, "
    yield f"{info['equal']:,} equal to earlier ones</p>\n"
    if info.get("ended") is not None:
        yield f"<p>Ended before the trials were used up: {escape(str(info['ended']))}.</p>\n"
    if info.get("error"):
        yield f"<p>It failed: {escape(str(info['error']))}.</p>\n"
    if ranked:
        charts = SearchCharts(result, trials, ranked)
        yield from _results(result, ranked, sum(trial.epochs for trial in trials))
        yield from _best(ranked[0], trials[0], charts.distributions)
        yield from _charts(result, charts)
    yield from _table(result, ranked, trials)
    yield from _failed(trials)
    yield from _rejected(result, trials)
    yield "</main></body></html>\n"


def _results(result: SearchResult, ranked: Sequence[Trial], epochs: int) -> Iterator[str]:
    best, info = ranked[0], result.folder.info
    values = ", ".join(f"{name} {shown(value)}" for name, value in zip(result.objectives, best.values or ()))
    yield f"<h2>Best trial</h2>\n<p>{_link(best, f'Trial {best.number}')}: {escape(values)}. It is the best of "
    yield f"{counted(len(ranked), 'trial')} and {epochs:,} epochs on the same validation data, so it is better there "
    yield "than on new data.</p>\n"
    tested = result.folder.test
    if tested is None:
        yield "<p>It was not evaluated on a test set.</p>\n"
        return
    metrics = ", ".join(f"{name} {value:.4g}" for name, value in tested["result"]["metrics"].items())
    yield f"<p>Test set: {escape(metrics)} (trial {tested['trial']}).</p>\n"
    if len(info["tested"]) > 1:
        yield f"<p>{counted(len(info['tested']), 'evaluation')} of trials on the test set.</p>\n"


def _best(best: Trial, first: Trial, distributions: Mapping[str, BaseDistribution]) -> Iterator[str]:
    """The values of the best trial beside those of the first one, and what they were chosen from."""
    heads = ("parameter", "best trial", "first trial", "searched")
    yield f'<div class="wide"><table><tr>{"".join(f"<th>{head}</th>" for head in heads)}</tr>\n'
    for name, value in best.chosen.items():
        before = shown(first.chosen[name]) if name in first.chosen else ""
        cells = (name, shown(value), before, _searched(distributions[name]))
        yield "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>\n"
    yield "</table></div>\n"


def _searched(distribution: BaseDistribution) -> str:
    if isinstance(distribution, CategoricalDistribution):
        return ", ".join(str(choice) for choice in distribution.choices)
    assert isinstance(distribution, (IntDistribution, FloatDistribution))
    step = f", in steps of {distribution.step:g}" if distribution.step not in (None, 1) else ""
    return f"{distribution.low:g} to {distribution.high:g}{step}{', logarithmic' if distribution.log else ''}"


def _charts(result: SearchResult, charts: SearchCharts) -> Iterator[str]:
    yield f"<h2>History</h2>\n{legend(HISTORY)}{figures(charts.history())}"
    if charts.clipped:
        yield f"<p>{counted(charts.clipped, 'trial')} with a much worse value drawn at the edge of the charts.</p>\n"
    if curves := charts.curves():
        yield f"<h2>Training curves</h2>\n{legend(CURVES)}{figures(curves)}"
    if fronts := [*charts.objectives(), *charts.sizes()]:
        heading = "Pareto front" if len(result.objectives) > 1 else "Size"
        yield f"<h2>{heading}</h2>\n{legend(FRONT)}{figures(fronts)}"
    if parallel := charts.parallel():
        yield f"<h2>Parallel coordinates</h2>\n<p>{legend(('trials, the better the darker', 'best trial'))}</p>"
        yield f'<div class="wide">{parallel}</div>\n'
    yield from _importance(result)
    if slices := charts.parameters():
        yield f"<h2>Parameters</h2>\n{figures(slices)}"


def _importance(result: SearchResult) -> Iterator[str]:
    found = parameter_importance(result)
    if not found:
        if len(result.ranked) < MIN_TRIALS:
            yield f"<p>The importance of parameters is computed from {MIN_TRIALS} trials on.</p>\n"
        return
    largest = max(found.values()) or 1.0
    yield "<h2>Importance of parameters</h2>\n<p>For reaching the best tenth of the trials, by "
    yield f'{escape(result.objectives[0])} (PED-ANOVA); the sum is 1.</p>\n<table class="bars">\n'
    for name, share in found.items():
        bar = f'<div style="width:{share / largest:.1%}"></div>'
        yield f"<tr><td>{escape(name)}</td><td>{share:.2f}</td><td>{bar}</td></tr>\n"
    yield "</table>\n"


def _table(result: SearchResult, ranked: Sequence[Trial], trials: Sequence[Trial]) -> Iterator[str]:
    order = [*ranked, *(trial for trial in trials if trial.values is None)]
    yield "<h2>Trials</h2>\n"
    yield from _rows(result, order[:_MAX_ROWS], links=True)
    if len(order) > _MAX_ROWS:
        yield f"<p>{len(order) - _MAX_ROWS:,} further trials are in trials.csv.</p>\n"


def _rows(result: SearchResult, trials: Sequence[Trial], links: bool) -> Iterator[str]:
    names = result.objectives
    rows = [trial.row(names) for trial in trials]
    columns = list(dict.fromkeys(key for row in rows for key in row))
    yield '<div class="wide"><table><tr>' + "".join(f"<th>{escape(column)}</th>" for column in columns) + "</tr>\n"
    for trial, row in zip(trials, rows):
        cells = {key: "" if row.get(key) is None else escape(shown(row[key])) for key in columns}
        if links:
            cells["number"] = _link(trial, str(trial.number))
        yield "<tr>" + "".join(f"<td>{cells[column]}</td>" for column in columns) + "</tr>\n"
    yield "</table></div>\n"


def _link(trial: Trial, text: str) -> str:
    file = "report.html" if (trial.folder.path / "report.html").is_file() else ""
    return f'<a href="trials/{trial.folder.path.name}/{file}">{escape(text)}</a>'


def _failed(trials: Sequence[Trial]) -> Iterator[str]:
    failed = [trial for trial in trials if trial.state == FAILED]
    if failed:
        yield '<h2>Failed trials</h2>\n<div class="wide"><table><tr><th>trial</th><th>error</th></tr>\n'
        for trial in failed[:_MAX_ROWS]:
            yield f"<tr><td>{_link(trial, str(trial.number))}</td><td>{escape(trial.error or '')}</td></tr>\n"
        yield "</table></div>\n"


def _rejected(result: SearchResult, trials: Sequence[Trial]) -> Iterator[str]:
    """Why candidates were rejected: by reason, and the shortest conditions that hold for them alone."""
    rejections = result.rejections
    if not rejections:
        return
    reasons = Counter((rejection["rule"], rejection["name"], rejection["line"]) for rejection in rejections)
    yield "<h2>Rejected candidates</h2>\n<table><tr><th>reason</th><th>line</th><th>candidates</th></tr>\n"
    for (rule, name, line), count in reasons.most_common(_MAX_REASONS):
        yield f"<tr><td>{escape(f'{rule} {name}')}</td><td>{line or ''}</td><td>{count:,}</td></tr>\n"
    yield "</table>\n"
    invalid = [rejection["values"] for rejection in rejections if not rejection["rule"].startswith("limits.")]
    conditions = explain(invalid[-_MAX_EXPLAINED:], [trial.chosen for trial in trials]) if invalid else []
    if conditions:
        yield "<p>Conditions that hold for candidates with an error, and for none of the trials:</p>\n<ul>\n"
        yield "".join(
            f"<li>{escape(str(condition))} ({counted(condition.covered, 'candidate')})</li>\n"
            for condition in conditions
        )
        yield "</ul>\n"
