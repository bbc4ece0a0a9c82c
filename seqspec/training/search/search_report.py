"""report.html of a search: one file that opens without a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from seqspec.training.report.charts import Axis, Chart, Line, figures, integer_ticks, legend
from seqspec.training.report.style import page_head
from seqspec.training.run_folder.atomic_files import write_text
from seqspec.training.search.results import SearchResult, Trial, shown

_MAX_ROWS = 1000


def write_report(result: SearchResult) -> Path:
    """Writes report.html; returns the file."""
    path = result.path / "report.html"
    write_text(path, "".join(_page(result)))
    return path


def _page(result: SearchResult) -> Iterator[str]:
    info, trials, ranked = result._folder.info, result.trials, result.ranked
    yield page_head(result.path.name)
    states = [trial.state for trial in trials]
    counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    rejected = sum(info["rejected"].values())
    yield f'<p class="lead">started {escape(info["started"])}, seed {info["seed"]}; {len(trials)} trials: {counts}; '
    yield f"{rejected:,} candidates rejected, {info['equal']:,} equal to earlier ones</p>\n"
    yield from _results(result, ranked, sum(trial.epochs for trial in trials))
    yield from _charts(result, trials)
    yield from _table(result, ranked, trials)
    if info["rejected"]:
        yield "<h2>Rejected candidates</h2>\n<table><tr><th>reason</th><th>candidates</th></tr>\n"
        for rule, count in sorted(info["rejected"].items(), key=lambda item: -item[1]):
            yield f"<tr><td>{escape(rule)}</td><td>{count:,}</td></tr>\n"
        yield "</table>\n"
    yield "</main></body></html>\n"


def _results(result: SearchResult, ranked: Sequence[Trial], epochs: int) -> Iterator[str]:
    if not ranked or ranked[0].values is None:
        return
    best, info = ranked[0], result._folder.info
    values = ", ".join(f"{name} {value:.4g}" for name, value in zip(result.objectives, best.values or ()))
    yield f"<h2>Best trial</h2>\n<p>Trial {best.number}: {escape(values)}. It is the best of {len(ranked)} trials and "
    yield f"{epochs:,} epochs on the same validation data, so it is better there than on new data.</p>\n"
    if not info["tested"]:
        yield "<p>It was not evaluated on a test set.</p>\n"
        return
    tested = info["tested"][-1]
    metrics = ", ".join(f"{name} {value:.4g}" for name, value in tested["result"]["metrics"].items())
    yield f"<p>Test set: {escape(metrics)} (trial {tested['trial']}).</p>\n"
    if len(info["tested"]) > 1:
        yield f"<p>The test set was used {len(info['tested'])} times, for other trials before.</p>\n"


def _charts(result: SearchResult, trials: Sequence[Trial]) -> Iterator[str]:
    done = [trial for trial in trials if trial.values is not None]
    if not done:
        return
    names, charts = result.objectives, []
    for index, (name, is_max) in enumerate(zip(names, result._directions)):
        points = [(float(trial.number), trial.values[index]) for trial in done if trial.values is not None]
        best: list[tuple[float, float]] = []
        for number, value in points:
            known = best[-1][1] if best else value
            best.append((number, max(known, value) if is_max else min(known, value)))
        chart = Chart(f"{name}: each trial", Axis("trial"), Axis(""), [Line("trial", points)], scattered=True)
        charts += [
            integer_ticks(chart),
            integer_ticks(Chart(f"{name}: best so far", Axis("trial"), Axis(""), [Line("best", best)])),
        ]
    yield "<h2>History</h2>\n"
    yield figures(charts)
    if len(names) > 1:
        front = {trial.number for trial in result.pareto}
        lines = [
            Line(label, [(trial.values[0], trial.values[1]) for trial in done
                         if trial.values is not None and (trial.number in front) == inside])
            for label, inside in (("other trials", False), ("Pareto set", True))
        ]  # fmt: skip
        chart = Chart(f"{names[0]} and {names[1]}", Axis(names[0]), Axis(names[1]), lines, scattered=True)
        yield f"<h2>Pareto set</h2>\n{legend(['other trials', 'Pareto set'])}"
        yield figures([chart])
    slices = []
    for parameter in dict.fromkeys(name for trial in done for name in trial.chosen):
        found = [(trial.chosen[parameter], trial.values[0]) for trial in done
                 if parameter in trial.chosen and trial.values is not None]  # fmt: skip
        numbers = [(float(value), objective) for value, objective in found if isinstance(value, (int, float))]
        if len(numbers) == len(found) > 1:
            slices.append(Chart(parameter, Axis(parameter), Axis(names[0]), [Line("", numbers)], scattered=True))
    if slices:
        yield "<h2>Parameters</h2>\n"
        yield figures(slices)


def _table(result: SearchResult, ranked: Sequence[Trial], trials: Sequence[Trial]) -> Iterator[str]:
    order = [*ranked, *(trial for trial in trials if trial.values is None)][:_MAX_ROWS]
    rows = [trial.row(result.objectives) for trial in order]
    columns = list(dict.fromkeys(key for row in rows for key in row))
    yield '<h2>Trials</h2>\n<div class="wide"><table><tr>'
    yield "".join(f"<th>{escape(column)}</th>" for column in columns) + "</tr>\n"
    for trial, row in zip(order, rows):
        cells = {key: "" if row.get(key) is None else escape(shown(row[key])) for key in columns}
        cells["number"] = f'<a href="trials/{trial.folder.path.name}/">{trial.number}</a>'
        yield "<tr>" + "".join(f"<td>{cells[column]}</td>" for column in columns) + "</tr>\n"
    yield "</table></div>\n"
