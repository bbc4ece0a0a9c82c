"""Plots of a run as SVG and PNG, by matplotlib."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from seqspec.training.comparison.baselines import calibration_axes
from seqspec.training.data.labels import LabelEncoding, class_indices
from seqspec.training.data.prepared import PreparedData, SampleSet
from seqspec.training.data.samples import Array
from seqspec.training.data.stored import Values
from seqspec.training.evaluation.outputs import probabilities
from seqspec.training.records import Calibration, Evaluation, held_out_sets
from seqspec.training.report.forecast_panels import ForecastPanel, first_outputs, panels

if TYPE_CHECKING:
    import keras
    from matplotlib.figure import Figure

    from seqspec.training.records import RunResults
    from seqspec.training.run_folder.folder import RunFolder

_INK = "#010203"
"""Placeholder for the text color, which is lighter in the SVG files."""
_COLORS = ("#3b7dd8", "#e07b39", "#3a9a5b", "#b0489b", "#8a6fd1", "#c24b4b")
_MAX_CLASSES = 30
_IMAGES = 12


def available() -> bool:
    """Whether matplotlib is installed."""
    from importlib.util import find_spec

    return find_spec("matplotlib") is not None


class SampleOutputs(NamedTuple):
    """Samples, and what the model outputs for them; of a classifier the probability of each class."""

    samples: SampleSet | None = None
    outputs: Array | None = None


def first_samples(model: keras.Model, data: PreparedData) -> SampleOutputs:
    """Those of the test or validation set that plots show; none without these sets."""
    on = next((name for name in ("test", "validation") if name in data.sets), None)
    if on is None:
        return SampleOutputs()
    samples, outputs = first_outputs(model, data.sets[on])
    if data.labels.kind in ("binary", "multiclass") and outputs.ndim == 2:
        outputs = probabilities(model, outputs, data.labels)
    return SampleOutputs(samples, outputs)


def write_plots(folder: RunFolder, results: RunResults, plotted: SampleOutputs | None, wanted: Sequence[str]) -> None:
    """Writes the plots that `[report] plots` names to the folder `plots` of a run, where matplotlib is installed."""
    if not available():
        return
    evaluation, (samples, outputs) = results.evaluation, plotted or SampleOutputs()
    made = make_plots(
        results.history, [line["learning_rate"] for line in results.epochs],
        (evaluation.get("best") or {}).get("epoch"), evaluation, folder.labels(), samples, outputs, wanted,
    )  # fmt: skip
    save(made, folder.path / "plots")


def make_plots(
    history: Mapping[str, Sequence[float | None]],
    rates: Sequence[float | None],
    best: float | None,
    evaluation: Evaluation,
    labels: LabelEncoding,
    samples: SampleSet | None = None,
    outputs: Array | None = None,
    wanted: Sequence[str] | None = None,
) -> dict[str, Figure]:
    """The figures that apply to a run, by name.

    Args:
        history: A list per logged value.
        rates: The learning rate of each epoch.
        best: The best epoch, from 1.
        evaluation: The results of each set.
        labels: How labels are encoded.
        samples: The set that predictions are shown for.
        outputs: What the model outputs for it; of a classifier, the probability of each class.
        wanted: The plots to make; None for all that apply.
    """
    on, result = next(iter(held_out_sets(evaluation).items()), ("", None))
    classes = result.get("classes") if result is not None else None
    makers: dict[str, Callable[[], Figure]] = {}
    if history:
        makers["history"] = lambda: _history(history, best)
    if len({rate for rate in rates if rate is not None}) > 1:
        makers["learning_rate"] = lambda: _learning_rate(rates)
    if classes is not None and len(classes.get("confusion", ())) in range(1, _MAX_CLASSES + 1):
        numbers = range(len(classes["confusion"]))
        names = [row["class"] for row in classes["per_class"]] if "per_class" in classes else [*map(str, numbers)]
        makers["confusion"] = lambda: _confusion(np.array(classes["confusion"]), names, on)
    if classes is not None:
        makers["calibration"] = lambda: _calibration(classes["calibration"])
    if samples is not None and outputs is not None:
        truth = class_indices(samples.y, labels) if labels.kind in ("binary", "multiclass") else None
        if _is_image(samples.x) and truth is not None and len(truth) == len(outputs) and outputs.ndim == 2:
            makers["predictions"] = lambda: _images(samples.x, truth, outputs, labels)
        elif result is not None and "residuals" in result and samples.y is not None:
            makers["predictions"] = lambda: _forecast(samples, outputs)
    with _style():
        return {name: make() for name, make in makers.items() if wanted is None or name in wanted}


def save(figures: Mapping[str, Figure], folder: Path) -> None:
    """Writes each figure as SVG and PNG."""
    from matplotlib import pyplot

    folder.mkdir(exist_ok=True)
    for name, figure in figures.items():
        buffer = io.StringIO()
        with _style(), warnings.catch_warnings():
            # Browsers have fonts for the characters of class names that the font of matplotlib lacks.
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            figure.savefig(folder / f"{name}.png", dpi=120, facecolor="white")
            figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
        (folder / f"{name}.svg").write_text(buffer.getvalue().replace(_INK, "#333333"), encoding="utf-8")
        pyplot.close(figure)


def _figure(width: float, height: float, columns: int = 1, rows: int = 1) -> tuple[Figure, npt.NDArray[np.object_]]:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot.subplots(rows, columns, figsize=(width, height), squeeze=False, layout="constrained")


def _style() -> AbstractContextManager[None]:
    """The settings of matplotlib for creating and writing plots."""
    from matplotlib import pyplot

    style: dict[Any, object] = {
        "font.size": 9, "svg.fonttype": "none", "svg.hashsalt": "seqspec", "text.color": _INK, "axes.edgecolor": _INK,
        "axes.labelcolor": _INK, "xtick.color": _INK, "ytick.color": _INK, "axes.spines.top": False,
        "axes.spines.right": False, "legend.frameon": False, "axes.titlesize": 10,
    }  # fmt: skip
    return pyplot.rc_context(style)


def curve_names(history: Iterable[str]) -> list[str]:
    """The logged values that have a chart of their own, the loss first."""
    names = [name for name in history if not name.startswith("val_") and name != "learning_rate"]
    return sorted(names, key=lambda name: name != "loss")


def _history(history: Mapping[str, Sequence[float | None]], best: float | None) -> Figure:
    names = curve_names(history)
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    figure, axes = _figure(3.6 * columns, 2.6 * rows, columns, rows)
    flat = axes.reshape(-1)
    for axis, name in zip(flat, names):
        for label, key, color in (("training", name, _COLORS[0]), ("validation", f"val_{name}", _COLORS[1])):
            if key in history:
                points = [(epoch, value) for epoch, value in enumerate(history[key], 1) if value is not None]
                marker = "o" if len(points) < 3 else None
                axis.plot(*zip(*points), label=label, color=color, marker=marker, linewidth=1.6)
        if best is not None:
            axis.axvline(best, color=_INK, linewidth=0.8, linestyle=":", label=f"best epoch ({best})")
        axis.set(title=name, xlabel="epoch")
        axis.xaxis.get_major_locator().set_params(integer=True)
    flat[0].legend()
    for axis in flat[len(names) :]:
        axis.remove()
    return figure


def _learning_rate(rates: Sequence[float | None]) -> Figure:
    figure, axes = _figure(3.6, 2.6)
    points = [(epoch, rate) for epoch, rate in enumerate(rates, 1) if rate is not None]
    axes[0, 0].step(*zip(*points), where="post", color=_COLORS[2])
    axes[0, 0].set(title="learning rate at the end of an epoch", xlabel="epoch")
    if min(rate for _, rate in points) > 0:
        axes[0, 0].set_yscale("log")
    return figure


def _confusion(matrix: Array, names: Sequence[str], on: str) -> Figure:
    size = max(3.4, 0.42 * len(names) + 1.4)
    figure, axes = _figure(size, size)
    axis = axes[0, 0]
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, line in enumerate(matrix):
        for column, count in enumerate(line):
            color = "white" if shares[row, column] > 0.55 else "#222222"
            axis.text(column, row, str(count), ha="center", va="center", color=color, fontsize=8)
    axis.set_xticks(range(len(names)), names, rotation=45 if max(map(len, names)) > 3 else 0, ha="right")
    axis.set_yticks(range(len(names)), names)
    axis.set(title=f"confusion matrix ({on} set)", xlabel="predicted", ylabel="true class")
    return figure


def _calibration(calibration: Calibration) -> Figure:
    figure, axes = _figure(3.6, 3.0)
    axis = axes[0, 0]
    bins = calibration["bins"]
    axis.plot([0, 1], [0, 1], color=_INK, linewidth=0.8, linestyle=":")
    axis.plot([part["confidence"] for part in bins], [part["accuracy"] for part in bins], marker="o", color=_COLORS[3])
    across, up = calibration_axes(calibration)
    axis.set(title=f"calibration (expected error {calibration['expected_error']:.3f})", xlabel=across, ylabel=up)
    return figure


def _is_image(x: Values) -> bool:
    return x.ndim == 4 and x.shape[-1] in (1, 3) and min(x.shape[1:3]) >= 6


def _images(x: Values, truth: Array, probability: Array, labels: LabelEncoding) -> Figure:
    predicted = probability.argmax(axis=1)
    names = labels.class_names() or [str(index) for index in range(int(max(truth.max(), predicted.max())) + 1)]
    # Misclassified images first, since they are more informative.
    order = np.argsort(predicted == truth, kind="stable")[:_IMAGES]
    columns = min(6, len(order))
    figure, axes = _figure(1.4 * columns, 1.7 * -(-len(order) // columns), columns, -(-len(order) // columns))
    for axis in axes.reshape(-1):
        axis.axis("off")
    for axis, row in zip(axes.reshape(-1), order):
        image = x[row].astype(np.float64)
        low, high = image.min(), image.max()
        axis.imshow((image - low) / (high - low or 1), cmap="gray", interpolation="nearest")
        right = predicted[row] == truth[row]
        title = names[predicted[row]] if right else f"{names[predicted[row]]}, not {names[truth[row]]}"
        axis.set_title(title, fontsize=8, color=_INK if right else _COLORS[5])
    return figure


def _forecast(samples: SampleSet, outputs: Array) -> Figure:
    assert samples.y is not None
    if samples.origins is not None:
        return _series(panels(samples, outputs))
    truth = np.asarray(samples.y).reshape(len(samples), -1)[:, 0]
    predicted = outputs.reshape(len(outputs), -1)[:, 0]
    figure, axes = _figure(3.6, 3.0)
    axes[0, 0].scatter(truth[:2000], predicted[:2000], s=6, color=_COLORS[0], alpha=0.6)
    low, high = min(truth.min(), predicted.min()), max(truth.max(), predicted.max())
    axes[0, 0].plot([low, high], [low, high], color=_INK, linewidth=0.8, linestyle=":")
    axes[0, 0].set(title="predictions", xlabel="truth", ylabel="prediction")
    return figure


def _series(drawn: Sequence[ForecastPanel]) -> Figure:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    figure, axes = _figure(7.2, 2.4 * len(drawn) + 0.4, 1, len(drawn))
    for axis, panel in zip(axes[:, 0], drawn):
        x: Sequence[float] | Array = panel.steps if panel.times is None else panel.times
        axis.plot(x, panel.truth, label="truth", color=_COLORS[0])
        axis.plot(x, panel.predicted, label="forecast", color=_COLORS[1], linewidth=1)
        axis.set_title(panel.title)
        if panel.times is not None:
            locator = AutoDateLocator()  # type: ignore[no-untyped-call]  # matplotlib is untyped
            axis.xaxis.set_major_locator(locator)
            formatter = ConciseDateFormatter(locator)  # type: ignore[no-untyped-call]  # matplotlib is untyped
            axis.xaxis.set_major_formatter(formatter)
        else:
            axis.set_xlabel("step")
    axes[0, 0].legend()
    return figure
