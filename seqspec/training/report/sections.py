"""The tables of report.html, each as pieces of HTML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

import numpy as np

from seqspec.core.api.check import Check
from seqspec.core.api.messages import counted
from seqspec.training.comparison.baselines import (
    bounds_text,
    class_notes,
    compared_with_baseline,
    forecast_baselines,
    group_errors,
    interval_line,
    interval_text,
    metric_interval,
    temperature_text,
    threshold_text,
)
from seqspec.training.comparison.diagnosis import forecast_verdict
from seqspec.training.comparison.plain_numbers import difference_text, plain
from seqspec.training.data.prepared import PreparedData, SampleSet
from seqspec.training.data.stored import Values, choose
from seqspec.training.records import (
    ClassRow,
    EpochRecord,
    Evaluation,
    FoldMetric,
    FoldResults,
    JsonObject,
    Lock,
    RunInfo,
    SetEvaluation,
    WorstError,
    evaluated_sets,
    leak_warnings,
)
from seqspec.training.report.importance import Importance
from seqspec.training.report.thumbnails import data_url, is_image

_MAX_ROWS = 200
_MAX_IMPORTANCE = 40
_MAX_STEPS = 24
"""Number of steps of a forecast whose errors are shown."""


def duration(info: RunInfo, epochs: Sequence[EpochRecord]) -> str:
    """How long the run took, in words: all commands, and the epochs of them."""
    seconds = sum(line["seconds"] for line in epochs)
    whole = info.get("seconds")
    text = f"{counted(len(epochs), 'epoch')} in {_time(seconds)}"
    return f"{text}, {_time(whole)} in all" if whole is not None and whole > seconds else text


def _time(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def doubts(findings: Sequence[JsonObject]) -> Iterator[str]:
    """The warnings that the results may be too good, above them."""
    for finding in leak_warnings(findings):
        yield f"<p><strong>{finding['code']} {finding['name']}</strong>: {escape(finding['message'])}</p>\n"


def results(evaluation: Evaluation, leaks: Sequence[str] = ()) -> Iterator[str]:
    """Loss, metrics and baseline of each set, and the best epoch; `leaks` are the codes of findings."""
    if "folds" in evaluation:
        yield from _folds(evaluation["folds"])
    results = dict(reversed(evaluated_sets(evaluation).items()))
    if not results:
        return
    names = list(dict.fromkeys(metric for result in results.values() for metric in result["metrics"]))
    names.sort(key=lambda name: name != "loss")
    rows = []
    for name, result in results.items():
        measured = (_metric(result, metric) for metric in names)
        rows.append([name, f"{result['samples']:,}", *measured, _baseline(result)])
    yield from _table(["set", "samples", *names, "baseline"], rows)
    yield from _intervals(results, leaks)
    if "calibration" in evaluation:
        yield f"<p>Temperature of the logits: {temperature_text(evaluation['calibration'])}.</p>\n"
    best = evaluation.get("best") or {}
    if best.get("epoch") is not None:
        monitor = next(key for key in best if key != "epoch")
        value = f"{escape(monitor)} {_number(best[monitor])}"
        used = " The results are those of its model." if evaluation.get("model") == "best" else ""
        yield f"<p>Best epoch: {best['epoch']} of {evaluation['epochs']} ({value}).{used}</p>\n"


def _folds(folds: FoldResults) -> Iterator[str]:
    """The metrics of each fold, their means and standard deviations."""
    metrics = folds["metrics"]
    rows = [
        [f"fold {number}", *(_number(metric["values"][number - 1]) for metric in metrics.values())]
        for number in range(1, len(folds["runs"]) + 1)
    ]
    rows.append(["mean", *(_number(metric["mean"]) + _fold_bounds(metric) for metric in metrics.values())])
    rows.append(["standard deviation", *(_number(metric["sd"]) for metric in metrics.values())])
    yield "<h2>Folds</h2>\n"
    yield from _table(["validation set", *metrics], rows)
    level = next((metric["level"] for metric in metrics.values() if "level" in metric), None)
    if level is not None:
        yield f"<p>In brackets: {100 * level:.4g}% confidence intervals of the mean (corrected t).</p>\n"
    baseline = "".join(f"The baseline has {name} {plain(value)}. " for name, value in folds.get("baseline", {}).items())
    yield f"<p>{baseline}The final model was trained on the samples of all folds.</p>\n"


def _fold_bounds(metric: FoldMetric) -> str:
    return bounds_text(metric["low"], metric["high"]) if "low" in metric else ""


def _metric(result: SetEvaluation, name: str) -> str:
    """A metric of Keras with its interval, if it has one."""
    if name not in result["metrics"]:
        return ""
    return _number(result["metrics"][name]) + interval_text(metric_interval(name, result))


def _intervals(results: Mapping[str, SetEvaluation], leaks: Sequence[str]) -> Iterator[str]:
    """What the brackets are, and whether the model is better than its baseline."""
    intervals = [interval for result in results.values() for interval in result.get("intervals", {}).values()]
    if intervals:
        methods = ", ".join(sorted({interval["method"] for interval in intervals}))
        yield f"<p>In brackets: {100 * intervals[0]['level']:.4g}% confidence intervals ({methods}).</p>\n"
    for name, result in results.items():
        if "no_intervals" in result:
            yield f"<p>{name}: no intervals, {escape(result['no_intervals'])}.</p>\n"
        comparison = compared_with_baseline(result)
        if comparison is not None:
            yield f"<p>{name}: {escape(comparison.doubted(leaks).text)}.</p>\n"
        for text in class_notes(result["classes"]) if "classes" in result else ():
            yield f"<p>{name}: {escape(text)}.</p>\n"


def _baseline(result: SetEvaluation) -> str:
    """What predictions without inputs reach; of forecasts with the model's error from the same origins."""
    baseline: Mapping[str, object] = {}
    if "classes" in result:
        baseline = result["classes"].get("baseline") or {}
    elif "residuals" in result:
        baseline = result["residuals"].get("baseline") or {}
    forecast = result.get("forecast")
    left_out = () if forecast is None else ("last_value_mae",)
    shown = [f"{key.replace('_', ' ')} {_number(value)}" for key, value in baseline.items() if key not in left_out]
    if forecast is not None:
        origins = counted(forecast["origins"], "origin")
        shown.append(f"{forecast_baselines(forecast)}; model {_number(forecast['mae'])} at the same {origins}")
    return ", ".join(shown)


def classes(result: SetEvaluation, on: str) -> Iterator[str]:
    """Precision, recall and F1 of each class."""
    classes = result.get("classes")
    if classes is None or "per_class" not in classes:
        return
    yield f"<h2>Classes ({on} set)</h2>\n"
    keys = ["precision", "recall", "f1", *(["iou"] if "mean_iou" in classes else [])]
    rows = [
        [row["class"], *(_class_metric(row, key) for key in keys), f"{row['samples']:,}"]
        for row in classes["per_class"]
    ]
    heads = ["F1" if key == "f1" else "IoU" if key == "iou" else key for key in keys]
    yield from _table(["class", *heads, f"{classes.get('unit', 'sample')}s"], rows[:_MAX_ROWS])
    if "threshold" in classes:
        yield f"<p>Threshold {escape(threshold_text(classes['threshold']))}.</p>\n"
    if "log_loss" in classes:
        yield f"<p>Log loss {plain(classes['log_loss'])}; <code>loss</code> also has penalties and weights.</p>\n"
    if "mean_iou" in classes:
        yield f"<p>Mean IoU {classes['mean_iou']:.3f}.</p>\n"


def _class_metric(row: ClassRow, key: str) -> str:
    """A metric of a class, with its interval if it has one."""
    value = {"precision": row["precision"], "recall": row["recall"], "f1": row["f1"], "iou": row.get("iou", 0.0)}[key]
    return f"{value:.3f}{interval_text(row.get('intervals', {}).get(key))}"


def confusion(result: SetEvaluation, on: str, max_classes: int) -> Iterator[str]:
    """The confusion matrix; darker cells have a larger share of their row."""
    classes = result.get("classes")
    matrix = classes.get("confusion", []) if classes is not None else []
    if classes is None or not 1 <= len(matrix) <= max_classes:
        return
    names = (
        [row["class"] for row in classes["per_class"]] if "per_class" in classes else [*map(str, range(len(matrix)))]
    )
    yield f"<h2>Confusion matrix ({on} set)</h2>\n"
    yield '<div class="wide"><table class="matrix"><tr><th>true \\ predicted</th>'
    yield "".join(f"<th>{escape(name)}</th>" for name in names) + "</tr>\n"
    for name, row in zip(names, matrix):
        total = max(1, sum(row))
        cells = "".join(f'<td style="--share:{count / total:.3f}">{count:,}</td>' for count in row)
        yield f"<tr><th>{escape(name)}</th>{cells}</tr>\n"
    yield "</table></div>\n"


def residuals(result: SetEvaluation, on: str) -> Iterator[str]:
    """Errors of a regression, and the quantiles of its residuals."""
    residuals = result.get("residuals")
    if residuals is None:
        return
    unit = f", {escape(residuals['unit'])}" if "unit" in residuals else ""
    yield f"<h2>Residuals ({on} set{unit})</h2>\n"
    quantiles = {f"{float(level):.0%} quantile": value for level, value in residuals["quantiles"].items()}
    columns = {"MAE": residuals["mae"], "RMSE": residuals["rmse"], "bias": residuals["bias"], "R²": residuals["r2"]}
    columns.update(quantiles)
    yield from _table(list(columns), [[_number(value) for value in columns.values()]])


def forecasts(result: SetEvaluation, on: str) -> Iterator[str]:
    """The errors of forecasts by step, and those of the baselines."""
    forecast = result.get("forecast")
    if forecast is None:
        return
    yield f"<h2>Forecasts ({on} set)</h2>\n"
    spread = "" if forecast["sd"] is None else f" ± {_number(forecast['sd'])} (sd of the origins)"
    origins = f"{counted(forecast['origins'], 'origin')} of {counted(forecast['horizon'], 'step')}"
    yield f"<p>{origins}: mean absolute error {_number(forecast['mae'])}{spread}.</p>\n"
    rows: list[list[object]] = [["model", _number(forecast["mae"])], ["last value", _number(forecast["last"])]]
    if "seasonal" in forecast:
        rows.append([f"last season ({forecast['season']} steps)", _number(forecast["seasonal"])])
    yield from _table(["forecast", "mean absolute error"], rows)
    if lines := group_errors(forecast):
        yield f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>\n"
    if (held := interval_line(forecast)) is not None:
        yield f"<p>{escape(held[0].upper() + held[1:])}.</p>\n"
    verdict = forecast_verdict(forecast)
    if verdict is not None:
        yield f"<p><strong>The model is {escape(verdict.text)}.</strong></p>\n"
    if forecast.get("known"):
        names = escape(", ".join(forecast["known"]))
        yield f"<p>The values of {names} are those that were recorded: where they are forecasts themselves, such as "
        yield "of the weather, real errors are larger.</p>\n"
    steps = forecast["by_step"]
    shown = sorted({round(place) for place in np.linspace(0, len(steps) - 1, min(len(steps), _MAX_STEPS))})
    errors = [[place + 1, "none" if steps[place] is None else _number(steps[place])] for place in shown]
    yield from _table(["step", "mean absolute error"], errors)


def exports(evaluation: Evaluation) -> Iterator[str]:
    """The exported files, and how far they are from the model."""
    records = evaluation.get("exports")
    if not records:
        return
    yield "<h2>Exports</h2>\n"
    rows = []
    for record in records:
        if "error" in record:
            rows.append([record["filepath"], record["format"], "", "", "", "", f"not exported: {record['error']}"])
            continue
        comparison = record["comparison"] or {}
        same, accuracy = comparison.get("same_class"), record["accuracy"]
        how = f", {record['optimize']}" if record["optimize"] != "none" else ""
        rows.append(
            [
                record["filepath"],
                record["format"] + how,
                f"{record['bytes']:,}",
                difference_text(comparison) if comparison else "",
                "" if same is None else f"{same:.1%}",
                "" if accuracy is None else f"{accuracy:.4g} (model {record['model_accuracy']:.4g})",
                record["runtime"] or "not verified",
            ]
        )
    yield from _table(["file", "format", "bytes", "difference", "same class", "accuracy", "verified with"], rows)


def model(check: Check) -> Iterator[str]:
    """The layers with their shapes and parameters."""
    report = check.validation
    yield '<h2>Model</h2>\n<ol class="stack">\n'
    for layer in report.layers:
        shape = ", ".join(escape(str(size)) for size in layer.outputs[0].dims[1:])
        count = f"{layer.params:,} parameters" if layer.params else ""
        head = f"<b>{escape(layer.name)}</b> <span>{escape(layer.type)}</span> <span>({shape})</span>"
        yield f"<li>{head} <i>{count}</i></li>\n"
    yield f"</ol>\n<p>{report.params:,} parameters, {report.trainable_params:,} trainable.</p>\n"


def data(info: RunInfo) -> Iterator[str]:
    """The sets, and how the model was trained on them."""
    plan = info.get("plan")
    if plan is None:
        return
    yield "<h2>Data and training</h2>\n"
    rows = [[f"{name} set", f"{count:,} samples"] for name, count in plan["sets"].items()]
    rows.append(["sample shape", f"({', '.join(map(str, plan['input']))})"])
    if plan["classes"]:
        rows.append(["classes", ", ".join(plan["classes"][:50])])
    rows += [
        ["epochs", f"{plan['epochs']} in {counted(plan['stages'], 'stage')}"],
        [
            "steps per epoch",
            f"{plan['steps']:,} of {plan['batch_size']} samples, {plan['steps_per_execution']} per call",
        ],
        ["device", f"{', '.join(plan['devices'])}, {plan['dtype_policy']}"],
    ]
    yield from _table(["", ""], rows)


def findings(findings: Sequence[Mapping[str, object]]) -> Iterator[str]:
    """The findings of the check before training."""
    yield "<h2>Findings of the check</h2>\n"
    if not findings:
        yield "<p>None.</p>\n"
        return
    rows = [
        [finding.get("severity"), f"{finding.get('code')} {finding.get('name')}", finding.get("message")]
        for finding in findings
    ]
    yield from _table(["severity", "rule", "message"], rows)


class WorstRows(NamedTuple):
    """The samples with the worst errors: name, label, prediction and error of each, and the URLs of images."""

    rows: Sequence[tuple[str, str, str, str]]
    images: Sequence[str]


def worst_rows(errors: Sequence[WorstError], samples: SampleSet, data: PreparedData, on: str) -> WorstRows:
    """The samples of the worst errors in words."""
    names, where = data.labels.class_names(), data.names[on]
    rows = []
    for error in errors:
        truth, predicted = (_label(error[key], names) for key in ("truth", "predicted"))
        if "probability" in error:
            predicted += f" ({error['probability']:.1%})"
        rows.append((where(error["sample"]), truth, predicted, f"{plain(error['error'])}"))
    shown = [error["sample"] for error in errors] if is_image(samples.x) else []
    return WorstRows(rows, [data_url(np.asarray(choose(samples.x, slice(row, row + 1)))[0]) for row in shown])


def _label(value: int | Sequence[float], names: Sequence[str] | None) -> str:
    if isinstance(value, int):
        return names[value] if names is not None and value < len(names) else str(value)
    return ", ".join(f"{plain(number)}" for number in value[:4]) + (", …" if len(value) > 4 else "")


def worst(rows: WorstRows | None, on: str) -> Iterator[str]:
    """The samples with the worst errors, as images or as a table."""
    if rows is None or not rows.rows:
        return
    yield f"<h2>Worst errors ({on} set)</h2>\n"
    if not rows.images:
        yield from _table(["sample", "label", "prediction", "error"], rows.rows)
        return
    yield '<div class="thumbs">\n'
    for (name, truth, predicted, _), image in zip(rows.rows, rows.images):
        yield f'<figure><img src="{image}" alt="{escape(name)}"><figcaption>{escape(predicted)}, not {escape(truth)}'
        yield f"<br>{escape(name)}</figcaption></figure>\n"
    yield "</div>\n"


def first_values(values: Values) -> list[float]:
    """The first value of each sample."""
    return [float(value) for value in np.asarray(values).reshape(len(values), -1)[:, 0]]


def importance(measured: Importance | None) -> Iterator[str]:
    """How much worse predictions become without each column."""
    if measured is None:
        return
    yield f"<h2>Importance of the columns ({measured.on} set)</h2>\n"
    yield f"<p>How much the {measured.measure} grows from {plain(measured.base)} if the values of a column are "
    yield f"shuffled among {measured.rows:,} rows. "
    yield "Columns that carry the same information make up for each other.</p>\n"
    most = max(*measured.increases.values(), 1e-12)
    yield '<div class="wide"><table class="bars">\n'
    for name, value in list(measured.increases.items())[:_MAX_IMPORTANCE]:
        width = max(0.0, value / most)
        yield f'<tr><td>{escape(name)}</td><td>{value:+.4g}</td><td><div style="width:{width:.1%}"></div></td></tr>\n'
    yield "</table></div>\n"


def spec_text(folder: Path, info: RunInfo) -> Iterator[str]:
    """The spec as it was written."""
    for name in ("document.toml", "document.json"):
        path = folder / name
        if path.is_file():
            yield f"<h2>Spec</h2>\n<pre>{escape(path.read_text(encoding='utf-8', errors='replace'))}</pre>\n"
    settings = info.get("settings")
    if settings:
        yield f"<p>Trained with {', '.join(f'<code>--set {escape(setting)}</code>' for setting in settings)}.</p>\n"


def environment(lock: Lock) -> Iterator[str]:
    """Versions and machine."""
    yield "<h2>Environment</h2>\n"
    rows: JsonObject = {**lock["versions"], **lock.get("machine", {})}
    git = lock.get("git")
    if git is not None:
        rows["git commit"] = git["commit"] + (" (with changes)" if git["dirty"] else "")
    yield from _table(["", ""], [[name, value] for name, value in rows.items()])


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    yield '<div class="wide"><table>\n'
    if any(heads):
        yield "<tr>" + "".join(f"<th>{escape(head)}</th>" for head in heads) + "</tr>\n"
    for row in rows:
        yield "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>\n"
    yield "</table></div>\n"


def _number(value: object) -> str:
    return plain(value) if isinstance(value, float) else "" if value is None else str(value)
