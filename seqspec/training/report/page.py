"""report.html of a run: one file that opens without a network, in light and dark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from seqspec.core.api.check import Check
from seqspec.core.api.diagnostics import install_command
from seqspec.core.api.spec import EvaluationReport as ReportTable
from seqspec.training.comparison.baselines import calibration_axes
from seqspec.training.comparison.diagnosis import Diagnosis
from seqspec.training.data.prepared import PreparedData
from seqspec.training.records import Evaluation, RunResults, SetEvaluation, held_out_sets, leaks_in
from seqspec.training.report import plots, sections
from seqspec.training.report.charts import Axis, Chart, Line, figures, integer_ticks, legend
from seqspec.training.report.forecast_panels import MAX_SERIES, ForecastPanel, first_outputs, panels
from seqspec.training.report.importance import Importance, permutation_importance
from seqspec.training.run_folder.files import write_text
from seqspec.training.run_folder.folder import RunFolder

if TYPE_CHECKING:
    import keras


STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --page: #fbfcfd; --line: #dde2e8; --box: #f1f4f7;
  --s0: #2f6fca; --s1: #c8611f; --s2: #2e8a50; --s3: #a03f8c; --heat: 47 111 202; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e3e8ee; --soft: #9aa5b3; --page: #14181d; --line: #2c333c; --box: #1d232a;
    --s0: #6aa5f5; --s1: #ee9a5c; --s2: #62c486; --s3: #d884c6; --heat: 106 165 245; }
}
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; }
.lead { color: var(--soft); margin: .2rem 0 1.2rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 600; }
.charts { display: flex; flex-wrap: wrap; gap: .6rem 1.6rem; }
.charts figure { margin: 0; flex: 1 1 18rem; max-width: 28rem; }
.chart { width: 100%; height: auto; display: block; fill: var(--ink); font: 11px system-ui, sans-serif; }
.chart .title { font-size: 12px; font-weight: 600; }
.chart .tick { fill: var(--soft); }
.chart .grid { stroke: var(--line); }
.chart .line { fill: none; stroke-width: 1.7; stroke-linejoin: round; }
.chart .thin { stroke-width: 1; opacity: .45; } .chart .axis { stroke: var(--soft); }
.chart .halo { paint-order: stroke; stroke: var(--page); stroke-width: 3px; stroke-linejoin: round; }
.chart.parallel { height: auto; } .chart .bridge { stroke-dasharray: 3 4; }
.chart .mark { stroke: var(--soft); stroke-dasharray: 2 3; }
.chart .dots { opacity: .65; }
.line.s0 { stroke: var(--s0); } .line.s1 { stroke: var(--s1); } .line.s2 { stroke: var(--s2); }
.dots.s0 { fill: var(--s0); } .dots.s1 { fill: var(--s1); } .dots.s2 { fill: var(--s2); }
.legend { margin: .2rem 0 .5rem; color: var(--soft); display: flex; flex-wrap: wrap; gap: .2rem 1rem; }
.legend i { display: inline-block; width: 1rem; height: 3px; margin-right: .4rem; vertical-align: middle; }
i.s0 { background: var(--s0); } i.s1 { background: var(--s1); } i.s2 { background: var(--s2); }
.matrix td, .matrix th { text-align: right; padding: .3rem .6rem; border: 1px solid var(--line); }
.matrix td { background: rgb(var(--heat) / calc(var(--share) * .55)); }
.bars td:last-child { width: 16rem; }
.bars div { background: var(--s0); height: .8rem; margin-top: .3rem; min-width: 1px; border-radius: 2px; }
.thumbs { display: flex; flex-wrap: wrap; gap: .8rem; }
.thumbs figure { margin: 0; width: 8.5rem; font-size: .8rem; }
.thumbs img { width: 100%; image-rendering: pixelated; border-radius: 4px; border: 1px solid var(--line); }
code, pre { background: var(--box); border-radius: 4px; font: .87em ui-monospace, monospace; }
code { padding: .1rem .3rem; }
pre { padding: .8rem 1rem; overflow-x: auto; line-height: 1.45; }
.stack { list-style: none; margin: 0; padding: 0; max-width: 34rem; }
.stack li { background: var(--box); border: 1px solid var(--line); border-radius: 6px; padding: .35rem .7rem;
  margin: 0 0 .35rem; display: flex; flex-wrap: wrap; gap: .2rem .8rem; }
.stack span { color: var(--soft); } .stack i { margin-left: auto; font-style: normal; color: var(--soft); }
"""


def page_head(title: str) -> str:
    """A page up to its heading; `</main></body></html>` ends it."""
    title = escape(title)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>{STYLE}</style></head><body><main>\n<h1>{title}</h1>\n"
    )


_MAX_CLASSES = 30


class PredictedValues(NamedTuple):
    """Labels and outputs of samples of a regression, the first value of each; of windows of series their panels."""

    truth: Sequence[float]
    predicted: Sequence[float]
    panels: Sequence[ForecastPanel] = ()
    series: int = 0


class SampleResults(NamedTuple):
    """What a report shows of single samples; None for what is not known or does not apply.

    Attributes:
        importance: The importance of the columns.
        predicted: The predictions of a regression.
        worst: The samples with the largest errors.
        plotted: The first samples of a held-out set, and what the model outputs for them; where plots are wanted.
    """

    importance: Importance | None = None
    predicted: PredictedValues | None = None
    worst: sections.WorstRows | None = None
    plotted: plots.SampleOutputs | None = None

    @property
    def dominant(self) -> str | None:
        """The column with nearly all of the importance."""
        return None if self.importance is None else self.importance.dominant


class ReportedRun(NamedTuple):
    """What a report is about.

    Attributes:
        folder: The run folder.
        analysis: The check of its spec: layers, shapes and findings.
        state: The state of the run that the report names.
        results: The results; if the run is not done, those that there are.
        samples: What is computed from samples.
        diagnoses: What the results show.
    """

    folder: RunFolder
    analysis: Check
    state: str
    results: RunResults
    samples: SampleResults
    diagnoses: Sequence[Diagnosis]


def write_report(run: ReportedRun) -> Path:
    """Writes report.html of a run, and the plots of `[report] plots` beside it; returns the file."""
    if wanted := run.analysis.spec.report.plots:
        plots.write_plots(run.folder, run.results, run.samples.plotted, wanted)
    path = run.folder.path / "report.html"
    write_text(path, "".join(_page(run)))
    return path


def sample_results(
    model: keras.Model, data: PreparedData, evaluation: Evaluation, seed: int, wanted: ReportTable
) -> SampleResults:
    """What is computed from the data of a run, with the model that was evaluated; `wanted` is `[report]`."""
    on, result = next(iter(held_out_sets(evaluation).items()), ("", None))
    samples = data.sets.get(on)
    predicted = worst = None
    if samples is not None and result is not None:
        worst = sections.worst_rows(result.get("worst", ()), samples, data, on)
        if "residuals" in result and samples.y is not None:
            part, outputs = first_outputs(model, samples)
            assert part.y is not None
            truth = sections.first_values(part.y)
            predicted = PredictedValues(truth, sections.first_values(outputs))
            if part.origins is not None and samples.origins is not None:
                drawn = panels(part, outputs)
                predicted = predicted._replace(panels=drawn, series=len(samples.origins.starts()))
    plotted = plots.first_samples(model, data) if wanted.plots and plots.available() else None
    return SampleResults(permutation_importance(model, data, seed), predicted, worst, plotted)


def _page(run: ReportedRun) -> Iterator[str]:
    folder, analysis, results, samples = run.folder, run.analysis, run.results, run.samples
    info, lock, evaluation = folder.info(), folder.lock(), results.evaluation
    yield page_head(folder.path.name)
    yield f'<p class="lead">{escape(run.state)}, started {escape(info["started"])}, '
    yield f"{sections.duration(info, results.epochs)}, seed {lock['seed']}</p>\n"
    yield from sections.doubts(results.findings)
    yield from sections.results(evaluation, leaks_in(results.findings))
    yield "<h2>Verdict</h2>\n<ul>\n"
    for diagnosis in run.diagnoses:
        related = "".join(f" <code>{escape(name)}</code>" for name in diagnosis.related)
        note = f" Related findings:{related}." if related else ""
        yield f"<li><strong>{escape(diagnosis.kind)}</strong>: {escape(diagnosis.text)}.{note}</li>\n"
    yield "</ul>\n"
    yield from _curves(results)
    on, result = next(iter(held_out_sets(evaluation).items()), ("", None))
    if result is not None:
        yield from sections.classes(result, on)
        yield from sections.confusion(result, on, _MAX_CLASSES)
        yield from _of_probabilities(result, on)
        yield from sections.residuals(result, on)
        yield from sections.forecasts(result, on)
    unit = result["residuals"].get("unit") if result is not None and "residuals" in result else None
    yield from _predictions(samples.predicted, on, unit)
    yield from sections.worst(samples.worst, on)
    yield from sections.importance(samples.importance)
    yield from sections.exports(evaluation)
    yield from sections.model(analysis)
    yield from sections.data(info)
    yield from sections.findings(results.findings)
    yield from sections.spec_text(folder.path, info)
    if analysis.spec.report.plots and not plots.available():
        yield f"<p>The files of [report] plots need matplotlib: <code>{install_command('train')}</code></p>\n"
    yield from sections.environment(lock)
    yield "</main></body></html>\n"


def _curves(results: RunResults) -> Iterator[str]:
    history = results.history
    names = plots.curve_names(history)
    if not names:
        return
    best = (results.evaluation.get("best") or {}).get("epoch")
    marks = [(float(best), f"best epoch ({best:g})")] if best is not None else []
    both = any(f"val_{name}" in history for name in names)
    charts = []
    for name in names:
        lines = [Line("training", _by_epoch(history[name]))]
        if f"val_{name}" in history:
            lines.append(Line("validation", _by_epoch(history[f"val_{name}"])))
        charts.append(integer_ticks(Chart(name, Axis("epoch"), Axis(""), lines, marks=marks)))
    rates = _by_epoch([line["learning_rate"] for line in results.epochs])
    if len({rate for _, rate in rates}) > 1:
        chart = Chart("learning rate", Axis("epoch"), Axis("", log=True), [Line("learning rate", rates)])
        charts.append(integer_ticks(chart))
    yield "<h2>Training curves</h2>\n"
    yield legend(["training", "validation"] if both else [])
    yield figures(charts)


def _by_epoch(values: Sequence[float | None]) -> list[tuple[float, float]]:
    return [(epoch, value) for epoch, value in enumerate(values, 1) if value is not None]


def _of_probabilities(result: SetEvaluation, on: str) -> Iterator[str]:
    """Calibration, and of a binary classifier ROC and precision-recall."""
    classes, curves = result.get("classes"), result.get("curves")
    if classes is None:
        return
    unit = (0.0, 1.0)
    calibration = classes["calibration"]
    points = [(bin_scores["confidence"], bin_scores["accuracy"]) for bin_scores in calibration["bins"]]
    title = f"calibration (expected error {calibration['expected_error']:.3f})"
    across, up = calibration_axes(calibration)
    charts = [Chart(title, Axis(across, unit), Axis(up, unit), [Line("", points)], diagonal=True)]
    if curves is not None:
        roc = list(zip(curves["false_positive_rate"], curves["true_positive_rate"]))
        precision = list(zip(curves["recall"], curves["precision"]))
        charts += [
            Chart(
                f"ROC (AUC {curves['auc']:.4g})",
                Axis("false positive rate", unit),
                Axis("true positive rate", unit),
                [Line("", roc)],
                diagonal=True,
            ),
            Chart(
                f"precision-recall (average precision {curves['average_precision']:.3g})",
                Axis("recall", unit),
                Axis("precision", unit),
                [Line("", precision)],
            ),
        ]
    yield f"<h2>Probabilities ({on} set)</h2>\n"
    yield figures(charts)
    if curves is not None:
        yield f"<p>{curves['positives']:.1%} of the samples are of the positive class"
        yield ", which is the precision of guessing.</p>\n"


def _panel(panel: ForecastPanel) -> Chart:
    lines = [
        Line("label", list(zip(panel.steps, panel.truth))),
        Line("prediction", list(zip(panel.steps, panel.predicted))),
    ]
    return Chart(panel.title, Axis("", ticks=panel.ticks), Axis(""), lines)


def _predictions(predicted: PredictedValues | None, on: str, unit: str | None = None) -> Iterator[str]:
    if predicted is None:
        return
    yield f"<h2>Predictions ({on} set)</h2>\n"
    if predicted.panels:
        yield legend(["label", "prediction"])
        yield figures([_panel(panel) for panel in predicted.panels])
        if predicted.series > MAX_SERIES:
            yield f"<p>{MAX_SERIES:,} of {predicted.series:,} series.</p>\n"
        return
    of = "" if unit is None else f" ({unit})"
    residuals = [(b, b - a) for a, b in zip(predicted.truth, predicted.predicted)]
    yield figures([
        Chart(
            "predictions", Axis(f"label{of}"), Axis(f"prediction{of}"),
            [Line("", list(zip(predicted.truth, predicted.predicted)))],
            scattered=True, diagonal=True,
        ),
        Chart(
            "residuals", Axis(f"prediction{of}"), Axis(f"prediction − label{of}"), [Line("", residuals)], scattered=True
        ),
    ])  # fmt: skip
