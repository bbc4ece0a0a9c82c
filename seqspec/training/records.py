"""The contents of the files of a run folder (run.json, history.jsonl ...)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, NotRequired, TypedDict

from seqspec.core.api.diagnostics import CODES

if TYPE_CHECKING:
    from seqspec.core.api.spec import Fit

JsonObject = dict[str, Any]
"""A JSON object whose keys its reader knows, such as the spec with everything resolved."""

SEARCH_STATE = "search.json"
"""The file that makes a folder that of a search."""

Logs = dict[str, float]
"""The logs of Keras for one epoch: loss and metrics by name, those of the validation set with the prefix "val_"."""


class Plan(TypedDict):
    """What a run will do, known before its first epoch.

    `sets` are the samples of each set, `input` the shape of one sample, `epochs` those of all stages, `steps` the
    batches per epoch of the first stage, `streamed` whether samples are read from disk while the model is trained,
    `series` the time steps that windows were cut from, `columns` the number of columns that are encoded as the input.
    """

    folder: str
    sets: dict[str, int]
    input: list[int]
    columns: NotRequired[int]
    classes: list[str] | None
    parameters: int
    trainable: int
    stages: int
    epochs: int
    streamed: bool
    steps: int
    batch_size: int
    steps_per_execution: int
    devices: list[str]
    workers: int
    backend: str
    dtype_policy: str
    seed: int
    series: NotRequired[str]


RunInfo = TypedDict(
    "RunInfo",
    {
        "state": str,
        "command": str,
        "name": str,
        "started": str,
        "spec": str | None,
        "base": str,
        "from": str | None,
        "python_data": bool,
        "download": bool,
        "html": NotRequired[bool],
        "no_report": NotRequired[bool],
        "settings": NotRequired[list[str]],
        "vars": NotRequired[JsonObject],
        "loggers": NotRequired[list[str]],
        "extra_epochs": NotRequired[int],
        "plan": NotRequired[Plan],
        "finished": NotRequired[str],
        "seconds": NotRequired[float],
        "error": NotRequired[str | None],
        "fold": NotRequired[int],
        "trial": NotRequired[int],
    },
)
"""run.json: the state of the run and how it was started.

`state` is "running", "done", "failed" or "interrupted"; `command` the last command, "train" or "resume"; `spec` the
file, None for a spec from Python, `settings` and `vars` what it was read with; `base` the folder that paths of the spec
start from; `from` the run whose weights training started from; `html` whether a report is written without `[report]`,
`no_report` that none is; `extra_epochs` the epochs that `resume` has added to the last stage; `seconds` the time of all
commands, without those that were killed; `fold` the number of a fold of another run, `trial` that of a trial
of a search, from 1.
"""


class DataDigests(TypedDict):
    """SHA-256 of the files that were read, by name, of the arrays and of the rows of each set.

    `data` is None if the data comes from files, which determine the arrays.
    """

    files: dict[str, str]
    data: str | None
    split: str


def data_and_split(digests: DataDigests) -> tuple[object, ...]:
    """What is equal for the same samples in the same sets."""
    return digests.get("files"), digests.get("data"), digests.get("split")


class Digests(DataDigests):
    """SHA-256 of everything a run depends on; `spec` is that of the text as written, None for a spec from Python."""

    spec: str | None
    expanded: str


class GitState(TypedDict):
    """The commit of the folder of a spec, and whether files differ from it."""

    commit: str
    dirty: bool


class Lock(TypedDict):
    """lock.json: what a run depended on. Without `seed` and `versions` a run cannot be resumed."""

    versions: dict[str, str | None]
    machine: dict[str, str | int | None]
    git: GitState | None
    seed: int
    engine: str
    workers: int
    devices: list[str]
    placement: NotRequired[JsonObject]
    digests: Digests


class EpochRecord(TypedDict):
    """A line of history.jsonl: one epoch.

    `epoch` counts from 1 over all stages, `stage_epoch` within the stage with the index `stage` and the name `name`;
    `learning_rate` is the one at the end of the epoch.
    """

    epoch: int
    stage: int
    name: str
    stage_epoch: int
    seconds: float
    learning_rate: float | None
    logs: Logs


UnitKind = Literal["sample", "group", "block"]
"""What a bootstrap draws: samples, groups of them, or blocks of a series."""
IntervalMethod = Literal["wilson", "bootstrap", "bootstrap by group", "bootstrap by block", "t by block"]


class ConfidenceInterval(TypedDict):
    """A metric and its confidence interval: the bounds, how they were computed, and the confidence level."""

    value: float
    low: float
    high: float
    method: IntervalMethod
    level: float


Intervals = dict[str, ConfidenceInterval]
"""Intervals by the name of the metric: accuracy, auc, f1 (of two classes), macro_f1, mae, rmse, precision, recall."""

ClassRow = TypedDict(
    "ClassRow",
    {
        "class": str,
        "samples": int,
        "precision": float,
        "recall": float,
        "f1": float,
        "iou": NotRequired[float],
        "intervals": NotRequired[Intervals],
    },
)
"""The results of one class: its samples, how they were classified, and for positions the intersection over union."""


class CalibrationBin(TypedDict):
    """The samples whose highest probability is in one bin: mean probability, and fraction classified correctly.

    Of two classes, those whose probability of the second is in one bin, and the fraction that is of the second class.
    """

    confidence: float
    accuracy: float
    samples: int


class Calibration(TypedDict):
    """How well probabilities match accuracy; `expected_error` is the expected calibration error, from 0 to 1.

    Of two classes, `positive` is the name of the second, with whose frequency its probability is compared.
    """

    expected_error: float
    bins: list[CalibrationBin]
    positive: NotRequired[str]


class Scaling(NamedTuple):
    """What calibrates logits: they are divided by the temperature, and of two classes the log-odds are shifted."""

    temperature: float = 1.0
    shift: float = 0.0


class TemperatureResults(TypedDict):
    """The temperature that the logits of a model were divided by, of two classes with the shift of the log-odds.

    `log_loss` and `expected_error` (the calibration error) are those on validation data, before and after.
    """

    temperature: float
    shift: NotRequired[float]
    log_loss: NotRequired[list[float]]
    expected_error: NotRequired[list[float]]


class MovedMajority(TypedDict):
    """The most frequent class of a set where it is another one than in training, by far; shares of the samples."""

    name: str
    share: float
    training_share: float


class MajorityBaseline(TypedDict):
    """The accuracy of always predicting the most frequent class of the training set, and the log loss of its shares."""

    majority_class: str
    accuracy: float
    moved: NotRequired[MovedMajority]
    log_loss: NotRequired[float]


class ThresholdScores(TypedDict):
    """Results of the second of two classes."""

    precision: float
    recall: float
    f1: float


class ThresholdResults(ThresholdScores):
    """Results of the second class at the threshold, how that was chosen, and the results at a threshold of 0.5."""

    value: float
    chosen: str
    default: ThresholdScores


# "class" is a keyword of Python.
ClassRate = TypedDict("ClassRate", {"class": str, "predicted": float, "actual": float, "samples": int})
"""The mean probability of a class, and the fraction of it: of the second of two, otherwise of the one furthest off."""


class ClassResults(TypedDict):
    """Details of a classifier; `confusion` counts samples by true class (row) and predicted class (column).

    `unit` is what is counted instead of samples where the model classifies each position of a map.
    `weighted` is whether classes had weights in training; `log_loss` has no penalties and no weights.
    """

    accuracy: float
    log_loss: NotRequired[float]
    macro_f1: float
    per_class: NotRequired[list[ClassRow]]
    calibration: Calibration
    confusion: NotRequired[list[list[int]]]
    baseline: NotRequired[MajorityBaseline]
    mean_iou: NotRequired[float]
    threshold: NotRequired[ThresholdResults]
    unit: NotRequired[Literal["pixel", "position"]]
    rate: NotRequired[ClassRate]
    weighted: NotRequired[bool]


class RegressionBaseline(TypedDict):
    """The errors of predicting the median or the mean of the training labels and, for a series, its last value."""

    median_mae: NotRequired[float]
    mean_mae: NotRequired[float]
    mean_rmse: NotRequired[float]
    last_value_mae: NotRequired[float]


class RegressionResults(TypedDict):
    """Details of a regression, in the units of the labels; `quantiles` are those of the residuals, by level."""

    mae: float
    rmse: float
    bias: float
    r2: float | None
    quantiles: dict[str, float]
    baseline: NotRequired[RegressionBaseline]
    unit: NotRequired[str]


class BinaryCurves(TypedDict):
    """The ROC and the precision-recall curve of a binary classifier, at up to 200 thresholds from high to low.

    `auc` and `average_precision` are exact, of all thresholds; `positives` is the fraction of the positive class.
    """

    auc: float
    average_precision: float
    positives: float
    false_positive_rate: list[float]
    true_positive_rate: list[float]
    precision: list[float]
    recall: list[float]


class WorstError(TypedDict):
    """One of the largest errors of a set: the index of the sample, its label and its prediction.

    Of a classifier they are class indices, `probability` is that of the predicted class, and `error` is 1 minus that
    of the true one; of a regression they are lists of values, and `error` is the mean absolute error.
    """

    sample: int
    truth: int | list[float]
    predicted: int | list[float]
    error: float
    probability: NotRequired[float]


class GroupErrors(TypedDict):
    """`mae` and `relative` of `ForecastResults`, of one series."""

    mae: float
    relative: float | None


class ErrorRange(TypedDict):
    """Quantiles of the errors of forecasts, for each step and target; None where nothing was measured."""

    low: list[list[float | None]]
    high: list[list[float | None]]


FORECAST_LEVEL = 0.8
"""The share of the errors that the interval of a forecast holds; half of the rest is on each side."""


class ForecastInterval(ErrorRange):
    """The range that holds a share, `level`, of the errors of all series, and of each with enough windows."""

    level: float
    by_series: NotRequired[dict[str, ErrorRange]]


class ForecastResults(TypedDict):
    """The errors of forecasts of a series from rolling origins, in the units of the values to forecast.

    An origin is the last known step of a window. `times` is the number of parts of the set, each as long as a horizon,
    which are compared with each other since forecasts overlap; in older runs that of the times of origins. `mae` is
    the mean absolute error, `sd` the standard deviation of the errors of the origins, `by_step` has the error of
    each step of the horizon, None where no origin has a measured value. `last` is the error of repeating the last known
    value, `seasonal` that of repeating the last known season of `season` steps, at `seasonal_origins` of the origins
    (absent: at all); `baseline` is the one of the two with the smaller error, and `relative` is `mae` relative to it on
    the same origins, `better` the fraction of them at which the model has a smaller error. `relative_low` and
    `relative_high` are the 95 % interval of `relative`, from the differences in these parts; absent with few of them.
    `known` are the columns whose values were those recorded later. `by_group` has the errors of each series by its name
    in the column `group`. `interval` is the range of the errors of validation data, from all windows; `coverage` of
    another set is the share of its values that are in this range around their forecasts.
    """

    origins: int
    times: NotRequired[int]
    horizon: int
    mae: float
    sd: float | None
    by_step: list[float | None]
    last: float
    seasonal: NotRequired[float]
    seasonal_origins: NotRequired[int]
    season: NotRequired[int]
    baseline: NotRequired[Literal["last", "seasonal"]]
    relative: float | None
    relative_low: NotRequired[float]
    relative_high: NotRequired[float]
    better: float
    known: NotRequired[list[str]]
    group: NotRequired[str]
    by_group: NotRequired[dict[str, GroupErrors]]
    interval: NotRequired[ForecastInterval]
    coverage: NotRequired[float]


class SetEvaluation(TypedDict):
    """The results on one set: loss and metrics of Keras by name, and details that depend on the labels.

    `filled` is the number of values in the labels of windows that `gaps` filled: they count neither in the results, nor
    in the metrics that are means over values. `trained_on` is the number of samples that are in the training set too,
    where the set is a file. `intervals` are computed from the samples, so that `value` can differ from a metric of
    Keras that is an approximation, such as AUC; `no_intervals` says why there are none.
    """

    samples: int
    filled: NotRequired[int]
    trained_on: NotRequired[int]
    metrics: dict[str, float]
    intervals: NotRequired[Intervals]
    no_intervals: NotRequired[str]
    classes: NotRequired[ClassResults]
    residuals: NotRequired[RegressionResults]
    curves: NotRequired[BinaryCurves]
    worst: NotRequired[list[WorstError]]
    forecast: NotRequired[ForecastResults]


class FoldMetric(TypedDict):
    """A metric of the validation sets of folds: each value, their mean and standard deviation, and the interval of the
    mean.
    """

    values: list[float]
    mean: float
    sd: float
    low: NotRequired[float]
    high: NotRequired[float]
    level: NotRequired[float]


class FoldResults(TypedDict):
    """The results of cross-validation: metrics by name, and the run folders of the folds within that of the run.

    `baseline` is the mean of what predictions without inputs reach: the accuracy of the majority class, or the mean
    absolute error of the median label.
    """

    folds: int
    repeats: int
    runs: list[str]
    metrics: dict[str, FoldMetric]
    baseline: NotRequired[dict[str, float]]


class Evaluation(TypedDict, total=False):
    """evaluation.json: the results at the end of training, on each set that was evaluated.

    `model` is the model that was evaluated, exported and saved as `[save]` says, "final" or "best"; `epochs` are those
    of all stages; `best` has the best epoch (`epoch`) and the monitored value by its name; `exports` has a record for
    each file of `[export]` and `[quantize]`, `folds` the results of the folds, of which the model is not one,
    `calibration` the temperature of the model.
    """

    model: Literal["final", "best"]
    epochs: int
    restored: int
    best: dict[str, float | None]
    train: SetEvaluation
    validation: SetEvaluation
    test: SetEvaluation
    folds: FoldResults
    calibration: TemperatureResults
    exports: list[JsonObject]


def evaluated_sets(evaluation: Evaluation) -> dict[str, SetEvaluation]:
    """The results by set: test, validation, train."""
    found = held_out_sets(evaluation)
    return {**found, "train": evaluation["train"]} if "train" in evaluation else found


def held_out_sets(evaluation: Evaluation) -> dict[str, SetEvaluation]:
    """The results on the sets that the model was not trained on: test, validation."""
    found = {"test": evaluation.get("test"), "validation": evaluation.get("validation")}
    return {name: result for name, result in found.items() if result is not None}


class BestState(TypedDict):
    """The best epoch so far, from 1, and the monitored value; None before there is one."""

    monitor: str | None
    value: float | None
    epoch: int | None


CallbackState = TypedDict(
    "CallbackState", {"class": str, "fields": JsonObject, "monitor": Literal["less", "greater"] | None}
)
"""A callback in a checkpoint: its class, its fields, and the comparison that Keras chose for it (None without one)."""


class CheckpointState(TypedDict):
    """state.json of a checkpoint: `epoch` epochs of the stage with the index `stage` are done, `done` of all stages.

    `stage` is the number of stages after the last epoch; `stop` says that a callback has stopped the stage; `number`
    counts the checkpoints of the run; `restored` is the epoch whose weights EarlyStopping has restored.
    """

    stage: int
    epoch: int
    done: int
    stop: bool
    callbacks: list[CallbackState]
    best: BestState
    number: int
    restored: NotRequired[int]


LEAKS = frozenset([code.name for code in CODES.values() if code.code == "SEQ907" or "SEQ930" <= code.code <= "SEQ936"])
"""The rules whose findings mean that the results of a run may be too good."""


def leak_warnings(findings: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The warnings among findings that the results of a run may be too good."""
    return [finding for finding in findings if finding.get("severity") == "warning" and finding.get("name") in LEAKS]


def leaks_in(findings: Sequence[Mapping[str, Any]]) -> list[str]:
    """The codes of these warnings."""
    return sorted({str(warning.get("code")) for warning in leak_warnings(findings)})


def has_class_weights(spec: JsonObject) -> bool:
    """Whether a stage of a spec weights classes."""
    stages = spec.get("fit", {})
    return any("class_weight" in stage for stage in (stages if isinstance(stages, list) else [stages]))


@dataclass(frozen=True)
class RunResults:
    """What is known about a run after its evaluation.

    Attributes:
        evaluation: The results on each set; empty before.
        epochs: The recorded epochs.
        findings: Those of the check before training, as in JSON.
        spec: The spec with variables, blocks and overrides resolved.
        sets: The samples of each set.
        folds: The results of the folds, where the run is cross-validated and they are all done.
    """

    evaluation: Evaluation
    epochs: Sequence[EpochRecord]
    findings: Sequence[JsonObject]
    spec: JsonObject
    sets: Mapping[str, int]
    folds: Sequence[RunResults] = ()

    @property
    def history(self) -> dict[str, list[float | None]]:
        """The epochs as Keras's `History.history`."""
        return history_of(self.epochs)

    @property
    def epoch(self) -> int:
        """The epoch whose weights the evaluated model has; of all stages, from 1."""
        return used_epoch(self.evaluation) or self.evaluation["epochs"]

    def last_epochs(self, stages: Sequence[Fit]) -> list[int]:
        """The last epoch of each stage that these weights were trained in."""
        last = [stage.initial_epoch for stage in stages]
        for line in self.epochs:
            if line["epoch"] <= self.epoch:
                last[line["stage"]] = line["stage_epoch"]
        return last


def used_epoch(evaluation: Evaluation) -> int | None:
    """The epoch whose weights the evaluated model has, of all stages, from 1; None for the last one."""
    if evaluation.get("model") == "best" and (best := evaluation["best"]["epoch"]) is not None:
        return int(best)
    return evaluation.get("restored")


def history_of(lines: Sequence[EpochRecord]) -> dict[str, list[float | None]]:
    """Recorded epochs as Keras's `History.history`: a list per logged value, None where an epoch lacks it."""
    names = dict.fromkeys(name for line in lines for name in line["logs"])
    return {name: [line["logs"].get(name) for line in lines] for name in names}
