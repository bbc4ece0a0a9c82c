"""report.html of a search: one file that opens without a network, in light and dark."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from seqspec.core.diagnostics.message import counted
from seqspec.core.search_space.conditions import explain
from seqspec.training.report.charts import figures, legend
from seqspec.training.report.style import STYLE, page_head
from seqspec.training.run_folder.atomic_files import write_text
from seqspec.training.run_folder.files import FAILED
from seqspec.training.search.importance import MIN_TRIALS, parameter_importance
from seqspec.training.search.results import SearchResult, Trial
from seqspec.training.search.search_charts import CURVES, FRONT, HISTORY, SearchCharts
from seqspec.training.search.text import shown

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
    info, trials, ranked = result._folder.info, result.trials, result.ranked
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
    best, info = ranked[0], result._folder.info
    values = ", ".join(f"{name} {shown(value)}" for name, value in zip(result.objectives, best.values or ()))
    yield f"<h2>Best trial</h2>\n<p>{_link(best, f'Trial {best.number}')}: {escape(values)}. It is the best of "
    yield f"{counted(len(ranked), 'trial')} and {epochs:,} epochs on the same validation data, so it is better there "
    yield "than on new data.</p>\n"
    tested = result._folder.test
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
    invalid = [rejection["values"] for rejection in rejections if not rejection["rule"].startswith("limits.")][
        -_MAX_EXPLAINED:
    ]
    conditions = explain(invalid, [trial.chosen for trial in trials]) if invalid else []
    if conditions:
        yield "<p>Conditions that hold for candidates with an error, and for none of the trials:</p>\n<ul>\n"
        yield "".join(
            f"<li>{escape(str(condition))} ({counted(condition.covered, 'candidate')})</li>\n"
            for condition in conditions
        )
        yield "</ul>\n"
