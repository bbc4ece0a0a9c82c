"""report.html of a run: one file that opens without a network, in light and dark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

import numpy as np

from seqspec.core.analysis.analyze import AnalysisResult
from seqspec.core.diagnostics.codes import LEAKS
from seqspec.core.diagnostics.errors import install_command
from seqspec.core.diagnostics.message import counted
from seqspec.training import plots
from seqspec.training.curve_diagnosis import diagnose_curves, forecast_verdict
from seqspec.training.data.prepare import PreparedData
from seqspec.training.evaluation import output_size, predict_outputs, probabilities
from seqspec.training.records import Evaluation, JsonObject, RunInfo, SetEvaluation, evaluated_sets, held_out_sets
from seqspec.training.run import Run
from seqspec.training.run_folder.atomic_files import write_text

_TITLES = {
    "history": "Training curves", "learning_rate": "Learning rate", "confusion": "Confusion matrix",
    "calibration": "Calibration", "predictions": "Predictions",
}  # fmt: skip
_MAX_SHOWN = 2048
"""Number of samples from which the plot of predictions selects."""
_MAX_STEPS = 24
"""Number of steps of a forecast whose errors are shown."""
_MAX_VALUES = 2**22
"""Number of output values in memory for it."""
_BATCH_SIZE = 32


def write_report(
    run: Run, analysis: AnalysisResult, data: PreparedData | None = None, wanted: Sequence[str] | None = None
) -> None:
    """Writes the plots and report.html of a finished run.

    Args:
        run: The run.
        analysis: The check of its spec: layers, shapes and findings.
        data: Its data, for plots of predictions.
        wanted: The plots to make; None for all that apply.
    """
    figures: dict[str, str] = {}
    if plots.available():
        samples = outputs = None
        on = next((name for name in ("test", "validation") if data is not None and name in data.sets), None)
        if data is not None and on is not None:
            samples = data.sets[on].part(slice(0, max(1, min(_MAX_SHOWN, _MAX_VALUES // output_size(run.model)))))
            outputs = predict_outputs(run.model, samples, _BATCH_SIZE)
            if data.labels.kind in ("binary", "multiclass") and outputs.ndim == 2:
                outputs = probabilities(run.model, outputs, data.labels)
        lines = run._folder.history()
        made = plots.make_plots(
            run.history, [line["learning_rate"] for line in lines], (run.evaluation.get("best") or {}).get("epoch"),
            run.evaluation, run._folder.labels(), samples, outputs, wanted,
        )  # fmt: skip
        figures = plots.save(made, run.path / "plots")
    findings = run._folder.read_json("findings.json")
    write_text(run.path / "report.html", "".join(_page(run, analysis, figures, findings)))


def _page(
    run: Run, analysis: AnalysisResult, figures: Mapping[str, str], findings: Sequence[JsonObject]
) -> Iterator[str]:
    info, lock, evaluation = run.info, run.lock, run.evaluation
    title = escape(run.path.name)
    yield f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f"<style>{_STYLE}</style></head><body><main>\n<h1>{title}</h1>\n"
    yield f'<p class="lead">{escape(str(info["state"]))}, started {escape(str(info["started"]))}'
    yield f", seed {lock['seed']}</p>\n"
    yield from _doubts(findings)
    yield from _results(evaluation)
    yield "<h2>Learning curves</h2>\n<ul>\n"
    stages = run.spec.get("fit", {})
    weighted = any("class_weight" in each for each in (stages if isinstance(stages, list) else [stages]))
    for diagnosis in diagnose_curves(run.history, evaluation, findings, weighted=weighted):
        related = "".join(f" <code>{escape(name)}</code>" for name in diagnosis.related)
        note = f" Related findings:{related}." if related else ""
        yield f"<li><strong>{escape(diagnosis.kind)}</strong>: {escape(diagnosis.text)}.{note}</li>\n"
    yield "</ul>\n"
    if not figures:
        yield f"<p>Plots need matplotlib: <code>{install_command('train')}</code></p>\n"
    for name, text in figures.items():
        # Inlined, since an SVG in an <img> could not use the text color of the page; hence the ids are made unique.
        yield f"<h2>{_TITLES[name]}</h2>\n<figure>{_unique(text, name)}</figure>\n"
    yield from _classes(evaluation)
    yield from _residuals(evaluation)
    yield from _forecast(evaluation)
    yield from _exports(evaluation)
    yield from _model(analysis)
    yield from _data(info)
    yield from _findings(findings)
    yield "<h2>Environment</h2>\n"
    rows: dict[str, object] = {**lock["versions"], **lock["machine"]}
    if lock["git"] is not None:
        rows["git commit"] = lock["git"]["commit"] + (" (with changes)" if lock["git"]["dirty"] else "")
    yield from _table(["", ""], [[name, value] for name, value in rows.items()])
    yield "</main></body></html>\n"


def _doubts(findings: Sequence[JsonObject]) -> Iterator[str]:
    """The warnings that the results may be too good, above them."""
    for finding in findings:
        if finding["name"] in LEAKS and finding["severity"] == "warning":
            yield f"<p><strong>{finding['code']} {finding['name']}</strong>: {escape(finding['message'])}</p>\n"


def _results(evaluation: Evaluation) -> Iterator[str]:
    results = dict(reversed(evaluated_sets(evaluation).items()))
    if not results:
        return
    names = list(dict.fromkeys(metric for result in results.values() for metric in result["metrics"]))
    names.sort(key=lambda name: name != "loss")
    rows = []
    for name, result in results.items():
        base = _baseline(result)
        shown = ", ".join(f"{key.replace('_', ' ')} {_number(value)}" for key, value in base.items())
        rows.append([name, f"{result['samples']:,}", *(_number(result["metrics"].get(m)) for m in names), shown])
    yield from _table(["set", "samples", *names, "baseline"], rows)
    best = evaluation.get("best") or {}
    if best.get("epoch") is not None:
        monitor = next(key for key in best if key != "epoch")
        value = f"{escape(monitor)} {_number(best[monitor])}"
        yield f"<p>Best epoch: {best['epoch']} of {evaluation['epochs']} ({value}).</p>\n"


def _baseline(result: SetEvaluation) -> Mapping[str, object]:
    if "classes" in result:
        return result["classes"].get("baseline") or {}
    return result["residuals"].get("baseline") or {} if "residuals" in result else {}


def _classes(evaluation: Evaluation) -> Iterator[str]:
    on, result = next(iter(held_out_sets(evaluation).items()), ("", None))
    classes = result.get("classes") if result is not None else None
    if classes is None or "per_class" not in classes:
        return
    yield f"<h2>Classes ({on} set)</h2>\n"
    keys = ["precision", "recall", "f1", *(["iou"] if "mean_iou" in classes else [])]
    rows = [
        [row["class"], *(f"{value:.3f}" for key, value in row.items() if key in keys), f"{row['samples']:,}"]
        for row in classes["per_class"]
    ]
    heads = ["F1" if key == "f1" else "IoU" if key == "iou" else key for key in keys]
    yield from _table(["class", *heads, f"{classes.get('unit', 'sample')}s"], rows[:200])
    if "mean_iou" in classes:
        yield f"<p>Mean IoU {classes['mean_iou']:.3f}.</p>\n"


def _forecast(evaluation: Evaluation) -> Iterator[str]:
    on, result = next(iter(held_out_sets(evaluation).items()), ("", None))
    forecast = result.get("forecast") if result is not None else None
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
    verdict = forecast_verdict(forecast)
    if verdict is not None:
        yield f"<p><strong>The model is {escape(verdict.text)}.</strong></p>\n"
    if forecast.get("known"):
        names = escape(", ".join(forecast["known"]))
        yield f"<p>The values of {names} are those that were recorded: where they are forecasts themselves, such as "
        yield "of the weather, real errors are larger.</p>\n"
    steps = forecast["by_step"]
    shown = sorted({round(place) for place in np.linspace(0, len(steps) - 1, min(len(steps), _MAX_STEPS))})
    yield from _table(["step", "mean absolute error"], [[place + 1, _number(steps[place])] for place in shown])


def _residuals(evaluation: Evaluation) -> Iterator[str]:
    on, result = next(iter(held_out_sets(evaluation).items()), ("", None))
    residuals = result.get("residuals") if result is not None else None
    if residuals is None:
        return
    yield f"<h2>Residuals ({on} set)</h2>\n"
    quantiles = {f"{float(level):.0%} quantile": value for level, value in residuals["quantiles"].items()}
    columns = {"MAE": residuals["mae"], "RMSE": residuals["rmse"], "bias": residuals["bias"], "R²": residuals["r2"]}
    columns.update(quantiles)
    yield from _table(list(columns), [[_number(value) for value in columns.values()]])


def _exports(evaluation: Evaluation) -> Iterator[str]:
    records = evaluation.get("exports")
    if not records:
        return
    yield "<h2>Exports</h2>\n"
    rows = []
    for record in records:
        if "error" in record:
            rows.append([record["filepath"], record["format"], "", "", "", "", f"not exported: {record['error']}"])
            continue
        found = record["comparison"] or {}
        same, accuracy = found.get("same_class"), record["accuracy"]
        how = f", {record['optimize']}" if record["optimize"] != "none" else ""
        rows.append([
            record["filepath"], record["format"] + how, f"{record['bytes']:,}",
            f"{found['difference']:.2g}" if found else "", "" if same is None else f"{same:.1%}",
            "" if accuracy is None else f"{accuracy:.4g} (model {record['model_accuracy']:.4g})",
            record["runtime"] or "not verified",
        ])  # fmt: skip
    yield from _table(["file", "format", "bytes", "difference", "same class", "accuracy", "verified with"], rows)


def _model(analysis: AnalysisResult) -> Iterator[str]:
    report = analysis.report
    yield '<h2>Model</h2>\n<ol class="stack">\n'
    for layer in report.layers:
        shape = ", ".join(escape(str(size)) for size in layer.outputs[0].dims[1:])
        count = f"{layer.params:,} parameters" if layer.params else ""
        head = f"<b>{escape(layer.name)}</b> <span>{escape(layer.type)}</span> <span>({shape})</span>"
        yield f"<li>{head} <i>{count}</i></li>\n"
    yield f"</ol>\n<p>{report.params:,} parameters, {report.trainable_params:,} trainable.</p>\n"


def _data(info: RunInfo) -> Iterator[str]:
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


def _findings(findings: Sequence[Mapping[str, object]]) -> Iterator[str]:
    yield "<h2>Findings of the check</h2>\n"
    if not findings:
        yield "<p>None.</p>\n"
        return
    rows = [[each["severity"], f"{each['code']} {each['name']}", each["message"]] for each in findings]
    yield from _table(["severity", "rule", "message"], rows)


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    yield '<div class="wide"><table>\n'
    if any(heads):
        yield "<tr>" + "".join(f"<th>{escape(head)}</th>" for head in heads) + "</tr>\n"
    for row in rows:
        yield "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>\n"
    yield "</table></div>\n"


def _number(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else "" if value is None else str(value)


def _unique(svg: str, name: str) -> str:
    """Ids of an SVG made unique on the page."""
    import re

    ids = set(re.findall(r'\bid="([^"]+)"', svg))
    return re.sub(
        r'(id="|url\(#|href="#)([^")]+)',
        lambda found: found[1] + (f"{name}-{found[2]}" if found[2] in ids else found[2]),
        svg,
    )


_STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --page: #fbfcfd; --line: #dde2e8; --box: #f1f4f7; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e3e8ee; --soft: #9aa5b3; --page: #14181d; --line: #2c333c; --box: #1d232a; }
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
figure { margin: 0; overflow-x: auto; }
figure svg { max-width: 100%; height: auto; color: var(--ink); }
code { background: var(--box); padding: .1rem .3rem; border-radius: 4px; }
.stack { list-style: none; margin: 0; padding: 0; max-width: 34rem; }
.stack li { background: var(--box); border: 1px solid var(--line); border-radius: 6px; padding: .35rem .7rem;
  margin: 0 0 .35rem; display: flex; flex-wrap: wrap; gap: .2rem .8rem; }
.stack span { color: var(--soft); } .stack i { margin-left: auto; font-style: normal; color: var(--soft); }
"""
