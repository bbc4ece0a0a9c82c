"""The stages of `[fit]`, the values that they log for each epoch, and the callbacks that monitor one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seqspec.core.analysis.data.declared_data import BATCH_SIZE, Split
from seqspec.core.analysis.training.optimizers import OptimizerUse
from seqspec.core.cached_property import cached_property
from seqspec.core.catalog import metrics
from seqspec.core.catalog.keras_object import argument_of
from seqspec.core.catalog.objects import CustomUse, Named
from seqspec.core.diagnostics.message import Message, Setting, SpecOrProgram, TableName, fmt
from seqspec.core.diagnostics.suggest import nearest
from seqspec.core.diagnostics.violation import Path
from seqspec.core.language.keys import numbered, snake_case

if TYPE_CHECKING:
    from seqspec.core.document.training_tables import Compile


LOSS = "loss"
VALIDATION = "val_"


@dataclass(eq=False)
class LoggedMetric:
    """A metric: its Keras name, its name in the logs, its class and its path.

    `direction` is `"max"` or `"min"`, or None if Keras cannot infer it.
    """

    name: str
    logged: str
    kind: str
    direction: str | None
    path: Path


class Logs:
    """The values that training logs.

    Args:
        shown: The metrics in log order, those in `weighted_metrics` last.
        exact: Whether these are all; false with a custom metric, whose name is unknown.
    """

    def __init__(self, shown: list[LoggedMetric], exact: bool) -> None:
        self.shown = shown
        self.exact = exact
        self.names = [LOSS, *(metric.logged for metric in shown if metric.logged != LOSS)]
        """The names without those of validation."""

    def direction(self, monitor: str) -> str | None:
        """The direction that `mode = "auto"` infers for a monitored name; None if Keras raises an error.

        Keras surprise: it looks up the metric's own name instead of the logged one, so it finds nothing for a second
        metric of the same name (`mae_1`, `weighted_mae`).
        """
        name = monitor.removeprefix(VALIDATION)
        direction = "min" if name == LOSS else None
        for metric in self.shown:
            if metric.name == name and metric.direction is not None:
                direction = metric.direction
        return direction

    def logged(self, monitor: str) -> LoggedMetric | None:
        """The metric logged under a name, of training or validation."""
        name = monitor.removeprefix(VALIDATION)
        return next((metric for metric in self.shown if metric.logged == name), None)


def logs_of(compile: Compile, tree: Mapping[str, object]) -> Logs:
    """The logs of a model compiled like this; `tree` is the table `[compile]` of the expanded spec."""
    metrics = list(_entries(compile.metrics, ("compile", "metrics")))
    weighted = list(_entries(compile.weighted_metrics, ("compile", "weighted_metrics")))
    counts: dict[str, int] = {}
    taken: dict[str, int] = {}
    shown: list[LoggedMetric] = []
    exact = True
    for position, (metric, path) in enumerate([*metrics, *weighted]):
        if isinstance(metric, CustomUse):
            name = getattr(metric, "arguments", {}).get("name")
            exact = exact and isinstance(name, str)
            if not isinstance(name, str):
                continue
            kind, direction = "custom", None
        else:
            name, kind, direction = _known(metric, counts)
        logged = _unique(name, taken, weighted=position >= len(metrics))
        shown.append(LoggedMetric(name, logged, kind, direction, path))
    return Logs(shown, exact)


def _entries(metrics: object, path: Path) -> Iterator[tuple[object, Path]]:
    """The metrics in the order in which Keras flattens lists and dicts."""
    if isinstance(metrics, list):
        for index, entry in enumerate(metrics):
            yield from _entries(entry, (*path, index))
    elif isinstance(metrics, dict):
        for key in sorted(metrics):
            yield from _entries(metrics[key], (*path, key))
    elif metrics is not None:
        yield metrics, path


def _known(metric: Any, counts: dict[str, int]) -> tuple[str, str, str | None]:
    if isinstance(metric, Named):
        if metric.stands_for is None:
            return metric.identifier, "accuracy", "max"
        return metric.identifier, metric.stands_for.__name__, getattr(metric.stands_for, "direction", None)
    kind = type(metric).__name__
    name = metric.name
    if name is None:
        name = numbered(snake_case(kind), counts)
    return name, kind, metric.direction


def _unique(name: str, taken: dict[str, int], weighted: bool) -> str:
    """The name in the logs: a suffix is added to one that is used, `weighted_` before one of `weighted_metrics`."""
    if name not in taken:
        taken[name] = 1
        return name
    if weighted:
        name = f"weighted_{name}"
        if name not in taken:
            taken[name] = 1
            return name
    taken[name] += 1
    return f"{name}_{taken[name] - 1}"


SPLIT_OFF_VALIDATION = fmt("set {} in {}", Setting("validation_split", 0.2), TableName(("fit",)))
ADD_VALIDATION = SPLIT_OFF_VALIDATION + Message(
    SpecOrProgram(fmt(", or declare {}", TableName(("data", "validation"))), ", or pass validation_data to it")
)
"""How to get validation data."""


class TrainingStage:
    """A training stage; unknown numbers are None.

    Args:
        split: The samples of the stage.
        path: Its path in the spec.
        separate: Whether there is a separate validation set; None where the table that may describe it has an error.
    """

    def __init__(self, split: Split, path: Path, separate: bool | None) -> None:
        self.split = split
        self.fit = split.stage
        self.path = path
        self.separate = separate

    @property
    def batch_size(self) -> int:
        """The number of samples in a batch."""
        return self.fit.batch_size or BATCH_SIZE

    @cached_property
    def epochs(self) -> int:
        """The number of epochs."""
        return max(0, self.fit.epochs - self.fit.initial_epoch)

    @cached_property
    def updates(self) -> int | None:
        """The number of updates of the weights."""
        return self.split.steps * self.epochs if self.split.steps is not None and self.epochs < 2**63 else None

    @property
    def validates(self) -> bool:
        """Whether there is, or may be, validation data."""
        return self.separate is not False or self.split.splits

    @cached_property
    def validations(self) -> int:
        """The number of epochs after which the model is validated."""
        if not self.validates:
            return 0
        first, last, every = self.fit.initial_epoch, self.fit.epochs, self.fit.validation_freq
        if isinstance(every, int):
            return last // every - first // every if last > first else 0
        return sum(first < epoch <= last for epoch in set(every))

    @property
    def written_epochs(self) -> list[tuple[Path, Message]]:
        """The place of its epochs, with the number of their batches; none if they are not written."""
        if "epochs" not in self.fit.model_fields_set:
            return []
        return [((*self.path, "epochs"), fmt("{} batches per epoch", self.split.steps))]

    @property
    def callbacks(self) -> list[Any]:
        """The callbacks in order."""
        return self.fit.callbacks or []

    def callback_path(self, index: int) -> Path:
        """The path of a callback."""
        return (*self.path, "callbacks", index)

    def sees(self, logs: Logs, optimizers: list[OptimizerUse], lowered: bool) -> list[str]:
        """The names that a callback finds in the logs at the end of an epoch with validation.

        `lowered` means that it is a `ReduceLROnPlateau` or comes after one, which adds the learning rate to the logs.
        """
        names = list(logs.names)
        if self.validations:
            names += [VALIDATION + name for name in logs.names]
        if lowered:
            if all(optimizer.updates_all for optimizer in optimizers):
                names.append("learning_rate")
            else:
                names += [f"learning_rate_{_name(optimizer)}" for optimizer in optimizers]
        return names


def _name(optimizer: OptimizerUse) -> str:
    return getattr(optimizer.optimizer, "name", None) or optimizer.kind.lower()


MONITORING = ("EarlyStopping", "ModelCheckpoint", "OrbaxCheckpoint", "ReduceLROnPlateau")
"""The callbacks that monitor a logged value."""

_SPELT = ("validation_", "valid_", "val-", "val ")
_ACCURACIES = frozenset({"acc", "accuracy", "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy"})
"""Names that refer to an accuracy."""


class Monitor:
    """A callback that monitors a value, in one stage.

    Args:
        callback: The callback object.
        path: Its path.
        table: The callback as written: a table or a name.
        run: The stage.
        names: The names that the callback finds in the logs after an epoch with validation.
        logs: The values that training logs.
    """

    def __init__(
        self, callback: Any, path: Path, table: object, run: TrainingStage, names: list[str], logs: Logs
    ) -> None:
        self.callback = callback
        self.path = path
        self.written_table = table
        self.written = isinstance(table, dict) and "monitor" in table
        """Whether the monitored name is written in the spec."""
        self.run = run
        self.names = names
        self.logs = logs
        self.name: str = callback.monitor
        self.kind = type(callback).__name__
        """The Keras class."""
        self.logged = self.name in names
        """Whether the callback ever finds the value."""

    @property
    def path_of(self) -> Path:
        """The path of the monitored name, or of the callback if it is Keras's default."""
        return (*self.path, "monitor") if self.written else self.path

    @property
    def mode(self) -> str:
        """`"min"`, `"max"` or `"auto"`; Keras treats unknown modes as auto."""
        return self.callback.mode if self.callback.mode in ("min", "max") else "auto"

    @property
    def matters(self) -> bool:
        """Whether the value has an effect: a checkpoint that saves every epoch only uses it for its mode."""
        return bool(argument_of(self.callback, "save_best_only", True))

    @property
    def of_validation(self) -> bool:
        """Whether it is a validation metric."""
        return self.name.startswith(VALIDATION)

    @property
    def base(self) -> str:
        """The name without the prefix of validation."""
        return self.name.removeprefix(VALIDATION)

    @property
    def possible(self) -> bool:
        """Whether it may be logged by a metric whose name is unknown."""
        return not self.logs.exact and (not self.of_validation or self.run.validations > 0)

    @property
    def watched(self) -> int:
        """The number of epochs after which the value is available."""
        return self.run.validations if self.of_validation else self.run.epochs

    @property
    def raises(self) -> bool:
        """Whether Keras raises an error because it cannot infer the direction."""
        return self.mode == "auto" and self.logs.direction(self.name) is None

    @property
    def meaning(self) -> str | None:
        """The direction of the value, even if Keras cannot infer it."""
        metric = self.logs.logged(self.name)
        return self.logs.direction(self.name) or (metric.direction if metric is not None else None)

    def suggestion(self, name: str | None = None) -> str | None:
        """The logged name that was probably intended by the monitored name, or by another one."""
        name = self.name if name is None else name
        for prefix in _SPELT:
            if name.startswith(prefix):
                name = VALIDATION + name.removeprefix(prefix)
                break
        base = name.removeprefix(VALIDATION)
        if name in self.names:
            return name
        prefix = VALIDATION if base != name and self.run.validations else ""
        for metric in self.logs.shown:
            if base.lower() in _other_names(metric):
                return prefix + metric.logged
        near = nearest(base, [known for known in self.logs.names if known != LOSS])
        if near is not None:
            return prefix + near
        return nearest(name, self.names)


def _other_names(metric: LoggedMetric) -> set[str]:
    name = snake_case(metric.kind)
    names = {name, metric.name.lower(), *(short for short, kind in metrics.ALIASES.items() if kind == metric.kind)}
    return names | _ACCURACIES if name in _ACCURACIES else names


def find_monitors(
    stages: Sequence[TrainingStage], tree: Any, logs: Logs, optimizers: Callable[[], list[OptimizerUse]]
) -> list[Monitor]:
    """The callbacks that monitor a logged value, in the stages that run; `tree` is `[fit]` in the expanded spec.

    `optimizers` are only needed where a callback logs the learning rate.
    """
    monitors: list[Monitor] = []
    for stage in stages:
        if not stage.epochs:
            continue
        entries = (tree[stage.path[1]] if len(stage.path) > 1 else tree).get("callbacks", ())
        lowered = False
        for index, callback in enumerate(stage.callbacks):
            kind = type(callback).__name__
            lowered = lowered or kind == "ReduceLROnPlateau"
            if "monitor" in type(callback).model_fields:
                names = stage.sees(logs, optimizers() if lowered else [], lowered)
                monitors.append(Monitor(callback, stage.callback_path(index), entries[index], stage, names, logs))
    return monitors
