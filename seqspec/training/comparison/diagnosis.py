"""Interprets the curves of a run: overfitting, underfitting, divergence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from seqspec.core.api.messages import counted, shorten_list
from seqspec.training.comparison.baselines import (
    baseline_name,
    baseline_of,
    best_constant,
    compared_with_baseline,
    one_class,
    relative_bounds,
    unsure_probabilities,
)
from seqspec.training.comparison.plain_numbers import plain
from seqspec.training.evaluation.intervals import MIN_MEANS
from seqspec.training.evaluation.metric_names import KERAS_NAMES
from seqspec.training.records import (
    ClassResults,
    Evaluation,
    ForecastResults,
    JsonObject,
    RunResults,
    SetEvaluation,
    has_class_weights,
    held_out_sets,
    leak_warnings,
    used_epoch,
)

_OVERFIT = 1.1
"""The ratio of the final to the lowest validation loss from which a run is considered to overfit."""
_ACCURACY_MARGIN = 0.02
"""How much the accuracy must exceed that of the baseline, as a fraction of all samples."""
_LEAST_OF_TWO = 0.5
"""The least share of the majority class of two classes."""
_LITTLE_OF_MANY = 0.1
"""The part of the errors of always predicting the majority class that a model of more than two classes has to avoid."""
_CHANCE_AREA = 0.5
"""The AUC of guessing."""
_GOOD_AREA = 0.6
"""The AUC from which a model that predicts the majority class lacks a threshold rather than training."""
_LITTLE_BETTER = 0.95
"""The error of a forecast, relative to that of its baseline, from which it is called little better."""
_OFTEN_BETTER = 0.6
"""The fraction of origins at which a forecast must be better than its baseline not to be called little better."""
_WITHOUT_WEIGHTS = ("Normalization", "Rescaling", "Flatten", "Reshape")
"""Layers that a linear model may have before its only layer with weights."""
_MIN_LOSSES = 3
"""The minimum number of validation losses in which overfitting is looked for."""
_MIN_EPOCHS = 4
"""The minimum number of epochs from which curves are interpreted as free of problems."""
_MIN_GAIN = 0.02
"""The minimum relative decrease of the loss per epoch at the end for which more epochs are advised."""
_MIN_DECREASE = 0.01
"""The minimum decrease of the loss at the end, relative to the first loss, for which more epochs are advised."""
_FALLEN = 0.95
"""The loss in training, relative to that of the first epoch, of a model that learns."""
_LAGGING = "lagging-moving-statistics"
RELATED = {
    "overfitting": ("overparameterized", "best-weights-not-restored", "no-validation", "large-flatten-dense"),
    "underfitting": (
        "learning-rate-too-low", "few-updates", "high-dropout-rate", "stacked-dropout", "strong-regularizer",
        "missing-nonlinearity", "linear-network", "unscaled-input", "default-learning-rate",
    ),
    "diverging": (
        "learning-rate-too-high", "recurrent-without-clipping", "unscaled-input", "unscaled-target",
        "kernel-initializer-scale",
    ),
    "unfinished": ("few-updates", "learning-rate-too-low"),
    "not learned": (_LAGGING,),
    "shift": (),
}  # fmt: skip


class Diagnosis(NamedTuple):
    """A kind, a sentence, and rules with related findings.

    The kinds are overfitting, underfitting, diverging, unfinished, not learned (in validation, for a reason that is not
    the size of the model), shift (labels of another level than those of training), undecided and fine.
    """

    kind: str
    text: str
    related: Sequence[str] = ()


def diagnose_run(results: RunResults, dominant: str | None = None) -> list[Diagnosis]:
    """What the curves and results of a run show, with the findings of its check; of folds, what most of them show.

    `dominant` is a column with nearly all of the importance.
    """
    if results.folds:
        diagnoses = diagnose_folds(results, [_of_curves(fold) for fold in results.folds])
    else:
        diagnoses = _of_curves(results)
    return diagnoses if dominant is None else _doubted(diagnoses, dominant)


def _of_curves(results: RunResults) -> list[Diagnosis]:
    return diagnose_curves(
        results.history,
        results.evaluation,
        results.findings,
        weighted=has_class_weights(results.spec),
        advice=forecast_advice(results.spec),
    )


def _doubted(diagnoses: Sequence[Diagnosis], column: str) -> list[Diagnosis]:
    """The diagnoses of a model that predicts from a single column."""
    text = (
        f"nearly all of the importance is that of {column}: is it known when the prediction is made? Columns that are "
        "filled in later, or computed from the label, are not"
    )
    return [*(diagnosis for diagnosis in diagnoses if diagnosis.kind != "fine"), Diagnosis("undecided", text)]


def diagnose_folds(results: RunResults, of_folds: Sequence[Sequence[Diagnosis]]) -> list[Diagnosis]:
    """The problems of more than half of the folds, and a final model that does not beat its baseline."""
    diagnoses, count = [], len(of_folds)
    for kind in (*RELATED, "undecided"):
        alike = {
            number: diagnosis for number, fold in enumerate(of_folds, 1) for diagnosis in fold if diagnosis.kind == kind
        }
        if 2 * len(alike) > count:
            number, first = next(iter(alike.items()))
            diagnoses.append(
                Diagnosis(kind, f"{len(alike)} of {count} folds; fold {number}: {first.text}", first.related)
            )
    weighted, advice = has_class_weights(results.spec), forecast_advice(results.spec)
    beaten = _against_baseline(results.history, results.evaluation, weighted, advice)
    if beaten is not None and not any(diagnosis.kind == beaten.kind for diagnosis in diagnoses):
        diagnoses.append(beaten)
    return diagnoses or [Diagnosis("fine", "the curves of most folds show neither overfitting nor underfitting")]


def diagnose_curves(
    history: Mapping[str, Sequence[float | None]],
    evaluation: Evaluation,
    findings: Sequence[Mapping[str, object]],
    *,
    weighted: bool = False,
    advice: str = "",
) -> list[Diagnosis]:
    """What the curves of a run show; only "fine" if there are no problems.

    `weighted` is whether classes had weights in training, so that the accuracy says little; `advice` is what to try
    where forecasts are not better than their baseline.
    """
    loss = [value for value in history.get("loss", ()) if value is not None]
    validation = [value for value in history.get("val_loss", ()) if value is not None]
    signs = []
    if len(loss) >= 2 and (not math.isfinite(loss[-1]) or loss[-1] > loss[0] * 1.05):
        signs.append(("diverging", f"the training loss rises from {loss[0]:.4g} to {loss[-1]:.4g}"))
    broken = next((epoch for epoch, value in enumerate(validation, 1) if not math.isfinite(value)), None)
    if broken is not None:
        signs.append(("diverging", f"the validation loss is {validation[broken - 1]:g} in epoch {broken}"))
    used = used_epoch(evaluation)
    if broken is None and len(validation) == len(loss):
        # Of the epochs after the one whose weights the model has, nothing is left.
        overfitting = _overfitting(loss[:used], validation[:used])
        signs += [("overfitting", overfitting)] if overfitting is not None else []
    names = {str(finding.get("name")) for finding in findings}
    beaten = _against_baseline(history, evaluation, weighted, advice)
    learns = len(loss) >= 2 and loss[-1] < _FALLEN * loss[0]
    if beaten is not None and learns and beaten.kind in ("overfitting", "underfitting") and _LAGGING in names:
        text = f"{beaten.text}: the moving statistics of BatchNormalization have not followed the weights"
        signs = [("not learned", text)]
    elif beaten is not None and not any(kind in ("diverging", beaten.kind) for kind, _ in signs):
        signs.append((beaten.kind, beaten.text))
    if not signs and len(loss) >= _MIN_EPOCHS:
        recent = validation if len(validation) == len(loss) else loss
        quarter = max(1, len(recent) // 4)
        gain = (recent[-1 - quarter] - recent[-1]) / abs(recent[-1 - quarter] or 1)
        # A loss close to 0 can have a large relative decrease that does not matter.
        matters = recent[-1 - quarter] - recent[-1] > _MIN_DECREASE * abs(recent[0])
        if gain / quarter > _MIN_GAIN and matters:
            text = f"the loss still falls by {gain / quarter:.0%} per epoch at the end: more epochs would help"
            signs.append(("unfinished", text))
    if not signs:
        leaks = sorted({str(warning["name"]) for warning in leak_warnings(findings)})
        if leaks:
            return [Diagnosis("undecided", "the check warns of leaks: the results may be too good", leaks)]
        undecided = _weighted_below(evaluation) if weighted else _undecided(evaluation, advice)
        return [_no_problem(loss, validation, used) if undecided is None else Diagnosis("undecided", undecided)]
    return [Diagnosis(kind, text, [rule for rule in RELATED.get(kind, ()) if rule in names]) for kind, text in signs]


def _overfitting(loss: Sequence[float], validation: Sequence[float]) -> str | None:
    """The sentence for a validation loss that rises while the training loss falls."""
    if len(validation) < _MIN_LOSSES:
        return None
    best = min(range(len(validation)), key=validation.__getitem__)
    if validation[-1] <= _OVERFIT * validation[best] or loss[-1] >= loss[best]:
        return None
    return (
        f"the validation loss is lowest at epoch {best + 1} ({plain(validation[best])}) and rises to "
        f"{plain(validation[-1])}, while the training loss goes on falling"
    )


def _undecided(evaluation: Evaluation, advice: str) -> str | None:
    """The sentence for a model that may not be better than its baseline, by the intervals of the first set."""
    for name, result in held_out_sets(evaluation).items():
        compared = compared_with_baseline(result)
        if (forecast := result.get("forecast")) is not None:
            verdict = forecast_verdict(forecast)
            if verdict is None or verdict.kind != "undecided":
                return None
            return _with_advice(f"the forecasts of the {name} set are {verdict.text}", verdict, advice)
        classes = result.get("classes")
        area = _good_area(result)
        if classes is not None and area is not None and "threshold" not in classes and _is_majority(classes):
            return f"{_accuracy_text(name, classes)}, but the AUC is {area:.3f}: choose a threshold in [report]"
        if classes is not None and (text := one_class(classes) or unsure_probabilities(classes)) is not None:
            return f"{name} set: {text}"
        if compared is not None and compared.better is None:
            return f"{name} set: {compared.text}"
        return None
    return None


def _weighted_below(evaluation: Evaluation) -> str | None:
    """The sentence for a model with class weights whose accuracy is below that of its baseline."""
    for name, result in held_out_sets(evaluation).items():
        compared, classes = compared_with_baseline(result), result.get("classes")
        if classes is not None and (text := one_class(classes)) is not None:
            return f"{name} set: {text}"
        if classes is not None and compared is not None and compared.better is False:
            return (
                f"{_accuracy_text(name, classes)}: class_weight makes rare classes too likely for accuracy; "
                "remove class_weight and choose a threshold in [report], or compare models by AUC and recall"
            )
    return None


def _no_problem(loss: Sequence[float], validation: Sequence[float], used: int | None) -> Diagnosis:
    """The diagnosis without problems, which says where the curves cannot show a problem."""
    if len(loss) < _MIN_EPOCHS:
        return Diagnosis("undecided", f"{counted(len(loss), 'epoch')} cannot show overfitting or underfitting")
    if not validation:
        text = "the training loss shows no problem; without validation data overfitting is not visible"
        return Diagnosis("fine", text)
    if used is not None and len(validation) == len(loss) and _overfitting(loss, validation) is not None:
        text = f"the validation loss rises after epoch {used}, whose weights the model has"
        return Diagnosis("fine", text)
    return Diagnosis("fine", "the curves show neither overfitting nor underfitting")


def forecast_advice(spec: JsonObject) -> str:
    """What to try where the forecasts of a model are not better than their baseline; empty without a series."""
    source = spec.get("data", {}).get("source", {})
    if not isinstance(source, dict) or source.get("type") != "series":
        return ""
    tries = []
    *before, _ = spec["model"]["layers"] or [None]
    is_linear = all((layer["type"] if isinstance(layer, dict) else layer) in _WITHOUT_WEIGHTS for layer in before)
    is_grouped = source.get("group") is not None
    if is_grouped:
        # A linear model of logarithms is worse.
        log = 'scale = "log" of [target] if their sizes differ'
        is_log = (spec.get("target") or {}).get("scale") == "log"
        tries += (
            ["a hidden layer" if is_log else f"a hidden layer, with {log}"] if is_linear else [] if is_log else [log]
        )
    elif not is_linear:
        tries.append('a single Dense layer with kernel_initializer = "identity" and a window of one season')
    if not source.get("known"):
        tries.append("columns that are known in advance (known)")
    if source.get("horizon", 1) > 1 and not is_grouped:
        tries.append("a shorter horizon")
    return ", or ".join(tries)


def _with_advice(text: str, verdict: Verdict, advice: str) -> str:
    use = ["use that forecast"] if verdict.worse else []
    tries = [f"try {advice}"] if advice else []
    return "; ".join(filter(None, [text, ", or ".join([*use, *tries])]))


class Verdict(NamedTuple):
    """A forecast compared with its baseline, in a sentence.

    `worse` is whether the baseline is better, `kind` what that says about the model: underfitting, undecided, or "fine"
    where only the forecasts of some series are worse.
    """

    text: str
    worse: bool
    kind: Literal["underfitting", "undecided", "fine"] = "underfitting"


def forecast_verdict(forecast: ForecastResults) -> Verdict | None:
    """The verdict on a model that is not clearly better than repeating the last season or value, for all or a group.

    An interval that the baseline is in decides nothing.
    """
    relative = forecast["relative"]
    if relative is None or not math.isfinite(relative):
        return None
    low, high = forecast.get("relative_low"), forecast.get("relative_high")
    if low is None or high is None:
        verdict = _verdict_without_interval(forecast, relative)
        return verdict or (None if _few_times(forecast) else _worse_series(forecast))
    name, bounds = baseline_name(forecast), relative_bounds(forecast)
    if low >= 1:
        error = forecast[baseline_of(forecast)]
        return Verdict(f"worse than {name}, whose mean absolute error is {plain(error)}", True)
    if low > _LITTLE_BETTER:
        return Verdict(f"hardly better than {name}: {relative:.0%}{bounds} of its error", False)
    if high >= 1:
        return Verdict(f"not shown to be better than {name}: {relative:.0%}{bounds} of its error", False, "undecided")
    return _worse_series(forecast)


def _verdict_without_interval(forecast: ForecastResults, relative: float) -> Verdict | None:
    """The verdict of an older run, or of few origins."""
    name, better, error = baseline_name(forecast), forecast["better"], forecast[baseline_of(forecast)]
    if _few_times(forecast):
        if relative < _LITTLE_BETTER and better >= _OFTEN_BETTER:
            return None
        origins, times = counted(forecast["origins"], "origin"), forecast.get("times", forecast["origins"])
        if times < forecast["origins"]:
            origins += f" in {counted(times, 'part')} of {counted(forecast['horizon'], 'step')}"
        if relative < 1:
            return Verdict(f"not shown to be better than {name}: {origins} cannot show it", False, "undecided")
        text = f"worse than {name}, whose mean absolute error is {plain(error)}, but {origins} cannot show it"
        return Verdict(text, True, "undecided")
    if relative >= 1:
        return Verdict(f"worse than {name}, whose mean absolute error is {plain(error)}", True)
    if forecast["mae"] >= forecast["last"]:
        text = f"worse than repeating the last value, whose mean absolute error is {plain(forecast['last'])}"
        return Verdict(text, True)
    if relative > _LITTLE_BETTER or better < _OFTEN_BETTER:
        return Verdict(f"little better than {name}: at {better:.0%} of the origins", False)
    return None


def _few_times(forecast: ForecastResults) -> bool:
    """Whether a set has so few parts as long as a horizon that its forecasts decide nothing."""
    return forecast.get("times", forecast["origins"]) < MIN_MEANS


def _worse_series(forecast: ForecastResults) -> Verdict | None:
    """The series whose forecasts are worse than those of the baseline: a problem of the model if they are most."""
    groups = forecast.get("by_group", {})
    worse = [
        f"{forecast['group']} {group} ({errors['relative']:.0%} of its error)"
        for group, errors in groups.items()
        if errors["relative"] is not None and errors["relative"] >= 1
    ]
    if not worse:
        return None
    text = f"worse than {baseline_name(forecast)} for {shorten_list(worse)}"
    return Verdict(text, False, "underfitting" if 2 * len(worse) > len(groups) else "fine")


def _against_baseline(
    history: Mapping[str, Sequence[float | None]], evaluation: Evaluation, weighted: bool, advice: str
) -> Diagnosis | None:
    """Why a model is not better than predictions without inputs on a set that it was not trained on.

    With a good error in training it does not underfit.
    """
    at = used_epoch(evaluation)
    trained = {name: values[(at or len(values)) - 1] for name, values in history.items() if len(values) >= (at or 1)}
    for name, result in held_out_sets(evaluation).items():
        accuracy = next((trained[key] for key in KERAS_NAMES["accuracy"] if trained.get(key) is not None), None)
        if (text := _of_classes(name, result, weighted)) is not None:
            return _with_training_accuracy(text, accuracy, at, result) or Diagnosis("underfitting", text)
        if (diagnosis := _far_from_training(name, result, accuracy, at)) is not None:
            return diagnosis
        residuals = result.get("residuals")
        if (forecast := result.get("forecast")) is not None:
            verdict = forecast_verdict(forecast)
            if verdict is not None and verdict.kind == "underfitting":
                mae = plain(forecast["mae"])
                text = f"the forecasts of the {name} set (mean absolute error {mae}) are {verdict.text}"
                return Diagnosis("underfitting", _with_advice(text, verdict, advice))
        elif residuals is not None and "baseline" in residuals:
            error = next((trained[key] for key in KERAS_NAMES["mae"] if trained.get(key) is not None), None)
            if (diagnosis := _of_numbers(name, result, error)) is not None:
                return diagnosis
    return None


_MEASURES = {"mae": "mean absolute error", "rmse": "root of the mean squared error"}
_LEARNED = 0.8
"""The error in training, relative to the baseline, up to which a model has learned the training set."""
_BIASED = 0.5
"""The mean error, relative to the mean absolute error, from which all labels of a set have another level."""
_KEPT = 0.5
"""The part of what the accuracy or the error gained in training that a model keeps on other samples."""
_LEARNED_ACCURACY = 0.1
"""How much the accuracy in training exceeds the majority class of a model that has learned the training set."""


def _of_classes(name: str, result: SetEvaluation, weighted: bool) -> str | None:
    """The sentence for a classifier that is not, or hardly, better than predicting one class."""
    classes, compared = result.get("classes"), compared_with_baseline(result)
    if classes is not None and (weighted or "threshold" in classes):
        return _against_chance(name, result, classes)
    if classes is None or _good_area(result) is not None:
        return None
    is_better = compared is not None and compared.better
    return _accuracy_text(name, classes) if _avoids_few(classes) or (_is_majority(classes) and not is_better) else None


def _with_training_accuracy(
    text: str, trained: float | None, at: int | None, result: SetEvaluation
) -> Diagnosis | None:
    """The diagnosis of a classifier that is good on the training set only, at the epoch whose weights it has."""
    baseline = result["classes"].get("baseline") if "classes" in result else None
    if trained is None or baseline is None or trained < baseline["accuracy"] + _LEARNED_ACCURACY:
        return None
    epoch = "" if at is None else f" at epoch {at}, whose weights the model has"
    return Diagnosis("overfitting", f"{text}; in training it is {trained:.1%}{epoch}")


def _far_from_training(name: str, result: SetEvaluation, trained: float | None, at: int | None) -> Diagnosis | None:
    """The diagnosis of a classifier that keeps less than half of what it gained in training."""
    classes = result.get("classes")
    if trained is None or classes is None or "baseline" not in classes or "threshold" in classes:
        return None
    majority, interval = classes["baseline"]["accuracy"], result.get("intervals", {}).get("accuracy")
    own = classes["accuracy"] if interval is None else interval["high"]
    if own - majority >= _KEPT * (trained - majority):
        return None
    return _with_training_accuracy(_accuracy_text(name, classes), trained, at, result)


def _of_numbers(name: str, result: SetEvaluation, trained: float | None) -> Diagnosis | None:
    """The diagnosis of a regression that is not better than a constant; `trained` is its absolute error in training."""
    constant, residuals = best_constant(result), result["residuals"]
    if constant is None:
        return None
    measure, least = constant.measure, constant.error
    if residuals[measure] < least:
        return _of_smaller_numbers(name, result, trained if measure == "mae" else None, least)
    error = f"the {_MEASURES[measure]} on the {name} set is {plain(residuals[measure])}"
    text = f"{error}; predicting the {constant.name} reaches {plain(least)}"
    if measure == "rmse":
        return Diagnosis("underfitting", text)
    mean = residuals["baseline"].get("mean_rmse", 0.0)
    if residuals["rmse"] < _LITTLE_BETTER * mean:
        squared = f"by the root of the squared error it is better than the mean ({plain(residuals['rmse'])}"
        train = 'train with loss = "mae", or with scale = "log" in [target]'
        return Diagnosis(
            "undecided", f"{text}; {squared} instead of {plain(mean)}): if large errors matter less, {train}"
        )
    if trained is None or trained > _LEARNED * least:
        return Diagnosis("underfitting", text)
    text = f"{text}, and in training the error is {plain(trained)}"
    bias = residuals.get("bias", 0.0)
    if abs(bias) < _BIASED * residuals["mae"]:
        return Diagnosis("overfitting", text)
    side = "high" if bias > 0 else "low"
    return Diagnosis(
        "shift",
        f"{text}: the predictions are {plain(abs(bias))} too {side} on average, so the labels of this set have another "
        "level than those of training, as after a change over time",
    )


def _of_smaller_numbers(name: str, result: SetEvaluation, trained: float | None, least: float) -> Diagnosis | None:
    """The diagnosis of a regression that keeps less than half of what it gained in training."""
    interval = result.get("intervals", {}).get("mae")
    mae = result["residuals"]["mae"] if interval is None else interval["low"]
    if trained is None or trained > _LEARNED * least or least - mae >= _KEPT * (least - trained):
        return None
    return Diagnosis(
        "overfitting",
        f"the mean absolute error on the {name} set is {plain(result['residuals']['mae'])} (a constant reaches "
        f"{plain(least)}), and in training {plain(trained)}",
    )


def _is_majority(classes: ClassResults) -> bool:
    """Whether a model is hardly more accurate than always predicting the majority class."""
    if "baseline" not in classes:
        return False
    own, majority = classes["accuracy"], classes["baseline"]["accuracy"]
    return own <= majority + _ACCURACY_MARGIN and own < 1


def _avoids_few(classes: ClassResults) -> bool:
    """Whether a model of many classes avoids so few of the errors of the majority class that it has learned little."""
    if "baseline" not in classes:
        return False
    own, majority = classes["accuracy"], classes["baseline"]["accuracy"]
    return majority < _LEAST_OF_TWO and own - majority < _LITTLE_OF_MANY * (1 - majority)


def _accuracy_text(name: str, classes: ClassResults) -> str:
    own, majority = classes["accuracy"], classes["baseline"]["accuracy"]
    return f"accuracy on the {name} set is {own:.1%}, and always predicting the majority class reaches {majority:.1%}"


def _areas(result: SetEvaluation) -> list[float]:
    """The AUC of a set, where it is a metric."""
    return [value for key, value in result.get("metrics", {}).items() if key.lower().startswith("auc")]


def _good_area(result: SetEvaluation) -> float | None:
    """The AUC of a set of two classes if the model certainly ranks better than by guessing."""
    return next((area for area in _areas(result) if area > _GOOD_AREA), None)


def _against_chance(name: str, result: SetEvaluation, classes: ClassResults) -> str | None:
    """The sentence for a class-weighted model that is not better than chance by balanced accuracy and AUC."""
    # [report] per_class = false removes them.
    recalls = [row["recall"] for row in classes.get("per_class", ()) if row["samples"]]
    if len(recalls) < 2:
        return None
    balanced, chance = sum(recalls) / len(recalls), 1 / len(recalls)
    areas = _areas(result)
    if balanced > chance + _ACCURACY_MARGIN or any(area > _CHANCE_AREA + _ACCURACY_MARGIN for area in areas):
        return None
    area = f", the AUC is {areas[0]:.3f}" if areas else ""
    return f"balanced accuracy on the {name} set is {balanced:.1%}{area}, and guessing reaches {chance:.1%}"
