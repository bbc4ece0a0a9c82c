"""The callbacks that monitor a value, and whether the logs contain it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from seqspec.core.analysis.training.logs import LOSS, VALIDATION, LoggedMetric, Logs
from seqspec.core.catalog import metrics
from seqspec.core.catalog.keras_object import argument_of
from seqspec.core.diagnostics.suggest import nearest
from seqspec.core.diagnostics.violation import Path
from seqspec.core.language.names import snake_case

if TYPE_CHECKING:
    from seqspec.core.analysis.training.optimizers import OptimizerUse
    from seqspec.core.analysis.training.stages import TrainingStage


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
