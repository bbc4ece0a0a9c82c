"""Metrics with their confidence intervals, compared with what is predicted without inputs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

from seqspec.core.api.messages import shorten_list
from seqspec.training.comparison.plain_numbers import plain
from seqspec.training.evaluation.metric_names import KERAS_NAMES
from seqspec.training.records import (
    FORECAST_LEVEL,
    Calibration,
    ClassResults,
    ConfidenceInterval,
    ForecastResults,
    RegressionBaseline,
    SetEvaluation,
    TemperatureResults,
    ThresholdResults,
)

_SQUARED = {*KERAS_NAMES["rmse"], "mse", "mean_squared_error"}
_TOLERANCE = 1e-4
"""The relative difference between a value of Keras and that of the interval up to which they are the same metric."""
_SHIFT = 0.1
"""The difference between the mean probability and the rate of a class, relative to the rate, that is reported."""
_NOISE = 2.0
"""The same in standard errors of the rate."""
_FEW, _MAX_SHOWN = 10, 3
"""The samples of a class below which its results are uncertain, and the classes that are named."""
_AREA_TOLERANCE = 0.01
"""The same for AUC, which Keras approximates with 200 thresholds."""


def metric_interval(name: str, result: SetEvaluation) -> ConfidenceInterval | None:
    """The interval of a metric of Keras; None where there is none, or where the metric is computed differently.

    Keras numbers names, as in `auc_1`. A metric of this name can have other arguments, such as the area under the
    precision-recall curve, and the accuracy of Keras is always that at a probability of 0.5.
    """
    base, _, number = name.lower().rpartition("_")
    names = {name.lower(), base} if number.isdigit() else {name.lower()}
    value = result["metrics"][name]
    for key, interval in result.get("intervals", {}).items():
        tolerance = _AREA_TOLERANCE if key == "auc" else _TOLERANCE
        if names & set(KERAS_NAMES[key]) and math.isclose(value, interval["value"], rel_tol=tolerance, abs_tol=1e-6):
            return interval
    return None


def interval_text(interval: ConfidenceInterval | None) -> str:
    """The bounds after a value: " [0.888, 0.929]"; empty without an interval."""
    return "" if interval is None else bounds_text(interval["low"], interval["high"])


def bounds_text(low: float, high: float) -> str:
    """The bounds of an interval after a value."""
    return f" [{_short(low)}, {_short(high)}]"


def _short(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 10 else plain(value)


def threshold_text(threshold: ThresholdResults) -> str:
    """A threshold, how it was chosen, and the results of the second class at it and at 0.5."""
    default = threshold["default"]
    return (
        f"{threshold['value']:.2g} ({threshold['chosen']}): precision {threshold['precision']:.3f}, "
        f"recall {threshold['recall']:.3f}, "
        f"F1 {threshold['f1']:.3f}; at 0.5: {default['precision']:.3f}, {default['recall']:.3f}, {default['f1']:.3f}"
    )


def shifted_rate(classes: ClassResults) -> str | None:
    """The sentence for probabilities that class weights have shifted; None where they are near the frequency."""
    if not classes.get("weighted") or "rate" not in classes:
        return None
    rate = classes["rate"]
    predicted, actual = rate["predicted"], rate["actual"]
    noise = _NOISE * math.sqrt(max(actual * (1 - actual), 1 / rate["samples"]) / rate["samples"])
    if abs(predicted - actual) <= max(_SHIFT * actual, noise):
        return None
    calibrated = "set calibrate in [report], or " if "positive" in classes["calibration"] else ""
    return (
        f"class_weight shifts the probabilities: those of {rate['class']} have the mean {predicted:.3g}, "
        f"its rate is {actual:.3g}; {calibrated}remove class_weight and choose a threshold"
    )


def calibration_axes(calibration: Calibration) -> tuple[str, str]:
    """What the axes of a reliability diagram are."""
    if "positive" not in calibration:
        return "confidence", "accuracy"
    return f"probability of {calibration['positive']}", f"fraction of {calibration['positive']}"


def temperature_text(temperature: TemperatureResults) -> str:
    """A temperature, and what it changes on validation data."""
    text = f"{temperature['temperature']:.3g}"
    if "shift" in temperature:
        text += f", shift {temperature['shift']:.3g}"
    if "log_loss" not in temperature or "expected_error" not in temperature:
        return f"{text} (median of the folds)"
    loss, error = temperature["log_loss"], temperature["expected_error"]
    changes = f"log loss {loss[0]:.4g} → {loss[1]:.4g}, calibration error {error[0]:.3f} → {error[1]:.3f}"
    return f"{text} (validation: {changes})"


def forecast_baselines(forecast: ForecastResults) -> str:
    """The errors of forecasts without a model, at the origins of its own: "last 1.2, seasonal (12) 0.3"."""
    text = f"last {plain(forecast['last'])}"
    if "seasonal" in forecast:
        text += f", seasonal ({forecast['season']}) {plain(forecast['seasonal'])}"
    if "seasonal_origins" in forecast:
        text += f" (known at {forecast['seasonal_origins']:,} of {forecast['origins']:,} origins)"
    return text


def baseline_of(forecast: ForecastResults) -> Literal["last", "seasonal"]:
    """What forecasts are compared with: the better of the two baselines, in older runs the seasonal one."""
    return forecast.get("baseline", "seasonal" if "seasonal" in forecast else "last")


def baseline_name(forecast: ForecastResults) -> str:
    """What forecasts are compared with, in words."""
    return "repeating the last season" if baseline_of(forecast) == "seasonal" else "repeating the last value"


def relative_error(relative: float | None, forecast: ForecastResults, bounds: str = "") -> str:
    """The error of a model relative to that of its baseline, after its value; empty where that is not known."""
    return "" if relative is None else f", {relative:.0%}{bounds} of the error of {baseline_name(forecast)}"


def relative_bounds(forecast: ForecastResults) -> str:
    """The interval of the relative error, after its value: " [71%, 84%]"; empty with few origins."""
    if "relative_low" not in forecast or "relative_high" not in forecast:
        return ""
    return f" [{max(0.0, forecast['relative_low']):.0%}, {forecast['relative_high']:.0%}]"


def step_error(error: float | None) -> str:
    """The error of a step of the horizon; "none" where nothing was measured."""
    return "none" if error is None else f"{plain(error)}"


def group_errors(forecast: ForecastResults) -> list[str]:
    """A line for each series of a few: "store A: mae 12.3, 80% of the error of repeating the last season"."""
    return [
        f"{forecast['group']} {name}: mae {plain(errors['mae'])}{relative_error(errors['relative'], forecast)}"
        for name, errors in forecast.get("by_group", {}).items()
    ]


def interval_line(forecast: ForecastResults) -> str | None:
    """How much of a set the intervals of the forecasts hold; None without intervals, and for the validation set."""
    if "coverage" not in forecast:
        return None
    held = f"{forecast['coverage']:.0%}"
    return f"{held} of the values are in the {FORECAST_LEVEL:.0%} intervals from the errors of the validation set"


class BaselineComparison(NamedTuple):
    """A statement with its answer; `better` is None where the interval includes the baseline."""

    text: str
    better: bool | None
    statement: str

    def doubted(self, leaks: Sequence[str]) -> BaselineComparison:
        """The comparison of a run whose check has found these leaks: its results may be too good."""
        if not leaks or self.better is False:
            return self
        text = f"{self.statement}: in doubt, the check warns of leaks ({', '.join(leaks)})"
        return self._replace(text=text, better=None)


def compared_with_baseline(result: SetEvaluation) -> BaselineComparison | None:
    """Whether the interval shows that a model is better than its baseline; None without interval or baseline.

    A classifier with a threshold is not compared: the threshold is not chosen for accuracy.
    """
    intervals, classes, residuals = result.get("intervals", {}), result.get("classes"), result.get("residuals")
    if classes is not None and "threshold" in classes:
        return None
    if classes is not None and "baseline" in classes and "accuracy" in intervals:
        interval, baseline = intervals["accuracy"], classes["baseline"]["accuracy"]
        if (moved := classes["baseline"].get("moved")) is not None:
            return _comparison(f"always {moved['name']}", moved["share"], interval, higher=True)
        return _comparison("the majority class", baseline, interval, higher=True)
    constant = best_constant(result)
    if residuals is not None and constant is not None and constant.measure in intervals and "forecast" not in result:
        return _comparison(f"the {constant.name}", constant.error, intervals[constant.measure], higher=False)
    return None


class ConstantPrediction(NamedTuple):
    """What is predicted without inputs, with its error by a measure."""

    name: str
    measure: Literal["mae", "rmse"]
    error: float


MEDIAN, _MEAN = "median of the training labels", "mean of the training labels"


def constants(base: RegressionBaseline, *, last: bool = True) -> list[ConstantPrediction]:
    """The median, which has the smallest mean absolute error of all constants, the mean, which has the smallest
    squared one, and with `last` the last value of a series. Earlier runs have the mean absolute error of the mean only.
    """
    errors: list[tuple[str, Literal["mae", "rmse"], float | None]] = [
        (MEDIAN, "mae", base.get("median_mae")),
        (_MEAN, "mae", None if "median_mae" in base else base.get("mean_mae")),
        (_MEAN, "rmse", base.get("mean_rmse")),
        ("last value", "mae", base.get("last_value_mae") if last else None),
    ]
    return [ConstantPrediction(name, measure, error) for name, measure, error in errors if error is not None]


def best_constant(result: SetEvaluation) -> ConstantPrediction | None:
    """What a regression is compared with; None without a baseline.

    The squared error decides only where no metric is an absolute error.
    """
    known = constants(result["residuals"].get("baseline", {})) if "residuals" in result else []
    metrics = {name.lower() for name in result.get("metrics", {})}
    measure = "rmse" if metrics & _SQUARED and not metrics & set(KERAS_NAMES["mae"]) else "mae"
    own = [constant for constant in known if constant.measure == measure] or known
    return min(own, key=lambda constant: constant.error, default=None)


def class_notes(classes: ClassResults) -> list[str]:
    """What must be known of the probabilities of a set, and of its classes."""
    shifted, unsure = shifted_rate(classes), unsure_probabilities(classes)
    if unsure is not None and shifted is None:
        unsure += "; set calibrate in [report]"
    return list(filter(None, (moved_shares(classes), shifted, unsure, one_class(classes), _few_samples(classes))))


def moved_shares(classes: ClassResults) -> str | None:
    """The sentence for a set whose most frequent class is another one than in training; None of other sets."""
    moved = classes["baseline"].get("moved") if "baseline" in classes else None
    if moved is None:
        return None
    trained = f"{moved['training_share']:.1%} of the training set"
    return f"the classes have moved: {moved['name']} is {moved['share']:.1%} of this set, {trained}"


def one_class(classes: ClassResults) -> str | None:
    """The sentence for a classifier that predicts the same class of all samples, which have several."""
    confusion = classes.get("confusion", [])
    predicted = [number for number, column in enumerate(zip(*confusion)) if any(column)]
    if len(predicted) != 1 or sum(map(any, confusion)) < 2 or "per_class" not in classes:
        return None
    at = f" at the threshold {classes['threshold']['value']:.2g}" if "threshold" in classes else ""
    return f"all samples are predicted as {classes['per_class'][predicted[0]]['class']}{at}"


def _few_samples(classes: ClassResults) -> str | None:
    """The sentence for classes of which a set has very few samples beside the others."""
    rows = classes.get("per_class", [])
    even = sum(row["samples"] for row in rows) / max(1, len(rows))
    few = [f"{row['samples']} of {row['class']}" for row in rows if row["samples"] < min(_FEW, even / 2)]
    if not few or "unit" in classes:
        return None
    return f"few samples of a class: {shorten_list(few, _MAX_SHOWN)}; its precision and recall are uncertain"


def unsure_probabilities(classes: ClassResults) -> str | None:
    """The sentence for probabilities that are worse than the shares of the classes; None where they are not."""
    own, shares = classes.get("log_loss"), classes["baseline"].get("log_loss") if "baseline" in classes else None
    if own is None or shares is None or own <= shares:
        return None
    return (
        f"the probabilities are worse than the shares of the classes in training: log loss {plain(own)}, "
        f"that of the shares is {plain(shares)}"
    )


def _comparison(name: str, baseline: float, interval: ConfidenceInterval, *, higher: bool) -> BaselineComparison:
    low, high = interval["low"], interval["high"]
    bounds = f"{_short(low)}–{_short(high)}"
    statement = f"better than {name} ({_short(baseline)})"
    if low <= baseline <= high:
        return BaselineComparison(f"{statement}: not shown, the interval {bounds} includes it", None, statement)
    side = "above" if low > baseline else "below"
    better = (low > baseline) == higher
    text = f"{statement}: {'yes' if better else 'no'}, the interval {bounds} is {side} it"
    return BaselineComparison(text, better, statement)
