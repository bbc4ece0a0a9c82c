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
from seqspec.training.report.style import page_head
from seqspec.training.run_folder.files import write_text
from seqspec.training.run_folder.folder import RunFolder

if TYPE_CHECKING:
    import keras

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
        check: The check of its spec: layers, shapes and findings.
        state: The state of the run that the report names.
        results: The results; if the run is not done, those that there are.
        samples: What is computed from samples.
        diagnoses: What the results show.
    """

    folder: RunFolder
    check: Check
    state: str
    results: RunResults
    samples: SampleResults
    diagnoses: Sequence[Diagnosis]


def write_report(run: ReportedRun) -> Path:
    """Writes report.html of a run, and the plots of `[report] plots` beside it; returns the file."""
    if wanted := run.check.spec.report.plots:
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
    folder, check, results, samples = run.folder, run.check, run.results, run.samples
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
    yield from sections.model(check)
    yield from sections.data(info)
    yield from sections.findings(results.findings)
    yield from sections.spec_text(folder.path, info)
    if check.spec.report.plots and not plots.available():
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
