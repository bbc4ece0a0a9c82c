"""The callback that records epochs, keeps the best weights, writes checkpoints, and restores an interrupted run."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence

import keras
import numpy as np

from seqspec.training.data.feed import Feed
from seqspec.training.data.samples import Array
from seqspec.training.errors import StopToken
from seqspec.training.evaluation.evaluate import scalar
from seqspec.training.evaluation.metric_names import is_higher_better
from seqspec.training.events import EpochBeginEvent, EpochEvent, EventHandler
from seqspec.training.records import BestState, CheckpointState, EpochRecord
from seqspec.training.run_folder.checkpoints import (
    Checkpoint,
    Checkpoints,
    described,
    read_callbacks,
    read_variables,
    write_callbacks,
    write_variables,
)
from seqspec.training.run_folder.folder import RunFolder

_MIN_TRAINING_RATIO = 50
"""Minimum ratio of training time to time spent on checkpoints, so that they take at most 2% of a run."""
_MAX_PENDING_VALUES = 2**27
"""Maximum number of values of variables that are kept in memory after an epoch without a checkpoint."""


class BestEpoch:
    """The best epoch so far and its weights."""

    def __init__(self, monitor: str | None, mode: str) -> None:
        self.monitor = monitor
        self.mode = mode
        self.value: float | None = None
        self.epoch: int | None = None
        self.weights: list[Array] | None = None

    def update(self, model: keras.Model, logs: Mapping[str, float], epoch: int) -> None:
        """Stores the weights if the logged value is the best so far."""
        if self.monitor is None:
            self.monitor = "val_loss" if "val_loss" in logs else "loss"
        value = logs.get(self.monitor)
        if value is None or not math.isfinite(value):
            return
        if self.value is None or (value > self.value if self._higher() else value < self.value):
            self.value, self.epoch = float(value), epoch
            self.weights = [np.array(weight) for weight in model.get_weights()]

    def _higher(self) -> bool:
        if self.mode != "auto":
            return self.mode == "max"
        return is_higher_better(self.monitor or "")

    def state(self) -> tuple[BestState, dict[str, Array]]:
        """Plain data and arrays for a checkpoint."""
        fields: BestState = {"monitor": self.monitor, "value": self.value, "epoch": self.epoch}
        return fields, {f"b{number}": weight for number, weight in enumerate(self.weights or ())}

    def restore(self, fields: BestState, arrays: Mapping[str, Array]) -> None:
        """The inverse of `state`."""
        self.monitor, self.value, self.epoch = fields["monitor"], fields["value"], fields["epoch"]
        count = sum(name[0] == "b" for name in arrays)
        self.weights = [arrays[f"b{number}"] for number in range(count)] if count else None


class Diverged(Exception):
    """The loss is no longer finite; the message says at which step."""


class Recorder(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is untyped
    """Comes last in the list of callbacks, so that it sees what the others have done.

    Args:
        folder: The run folder.
        report: Where epochs are reported.
        best: The best epoch so far.
        total: Epochs of all stages.
        epochs: Those that are recorded; the following ones are added.
        stop: What ends the training early.
    """

    async_safe = True
    """Lets Keras call it from a separate thread after each call of the graph, which does not slow down training."""

    def __init__(
        self,
        folder: RunFolder,
        report: EventHandler,
        best: BestEpoch,
        total: int,
        epochs: list[EpochRecord],
        stop: StopToken,
    ) -> None:
        super().__init__()
        self.folder = folder
        self.report = report
        self.best = best
        self.total = total
        self.stop = stop
        self.checkpoints = Checkpoints(folder.checkpoints)
        self.number = 0
        self.epochs = epochs
        self.done = len(epochs)
        """Epochs of all stages that are finished; more than the recorded ones where the history was damaged."""
        self.last_checkpoint: str | None = None
        self.restored_epoch: int | None = None
        """The epoch whose weights the model has, where EarlyStopping has restored them at the end of the stage."""
        self._stage = 0
        self._stage_name = ""
        self._feed: Feed | None = None
        self._others: Sequence[keras.callbacks.Callback] = ()
        self._restored: Checkpoint | None = None
        self._pending: tuple[CheckpointState, dict[str, Array]] | None = None
        self._written = time.monotonic()
        self._cost = 0.0
        self._begun = 0.0

    def enter(
        self, stage: int, name: str, feed: Feed, others: Sequence[keras.callbacks.Callback], within: Checkpoint | None
    ) -> None:
        """Prepares for a stage; `within` is the checkpoint within the stage from which training continues."""
        self._stage, self._stage_name, self._feed, self._others, self._restored = stage, name, feed, others, within
        self.restored_epoch = None

    def leave(self) -> None:
        """Ends the stage: notes which weights were restored at its end."""
        for callback in self._others:
            if isinstance(callback, keras.callbacks.EarlyStopping) and callback.restore_best_weights:
                best = callback.best_epoch + 1 if callback.best_weights is not None else None
                lines = (line for line in self.epochs if line["stage"] == self._stage)
                self.restored_epoch = next((line["epoch"] for line in lines if line["stage_epoch"] == best), None)

    def on_train_begin(self, logs: object = None) -> None:
        if self._restored is None:
            return
        checkpoint, self._restored = self._restored, None
        # Restored here, since callbacks reset themselves when training begins.
        write_variables(self.model, checkpoint.arrays)
        write_callbacks(self._others, checkpoint.state["callbacks"], checkpoint.arrays)

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        assert self._feed is not None
        self._feed.epoch = epoch
        self._begun = time.monotonic()
        self.report(EpochBeginEvent(self.done + 1, self.total, self._feed.steps))

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        assert self._feed is not None
        loss = float((logs or {}).get("loss", 0.0))
        if not math.isfinite(loss):
            step = f"step {batch + 1:,} of {self._feed.steps:,}"
            raise Diverged(f"the loss is {loss:g} at {step} in epoch {self.done + 1}")
        self.stop.check()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, object] | None = None) -> None:
        values = {name: scalar(value) for name, value in (logs or {}).items()}
        if not math.isfinite(values.get("loss", 0.0)):
            raise Diverged(f"the loss is {values['loss']:g} after epoch {self.done + 1}")
        self.done += 1
        seconds = time.monotonic() - self._begun
        line: EpochRecord = {
            "epoch": self.done,
            "stage": self._stage,
            "name": self._stage_name,
            "stage_epoch": epoch + 1,
            "seconds": round(seconds, 4),
            "learning_rate": _learning_rate(self.model),
            "logs": values,
        }
        self.folder.append_history(line)
        self.epochs.append(line)
        self.best.update(self.model, values, self.done)
        self.report(EpochEvent({**line, "epochs": self.total}))
        if self.folder.writes:
            self._keep(epoch)
        # After the epoch is kept, so that a run that is resumed does not repeat it.
        self.stop.check()

    def _keep(self, epoch: int) -> None:
        """Writes a checkpoint after an epoch of the stage, or keeps its state in memory where none is due."""
        now = time.monotonic()
        state = (self._stage, epoch + 1, bool(self.model.stop_training))
        if now - self._written >= _MIN_TRAINING_RATIO * self._cost:
            self.write(*state)
        elif _values_of(self.model) <= _MAX_PENDING_VALUES:
            # Written if training is interrupted in the next epoch.
            self._pending = self._state(*state)

    def write(self, stage: int, epoch: int, stop: bool = False) -> None:
        """Writes a checkpoint after `epoch` epochs of this stage."""
        if not self.folder.writes:
            return
        begun = time.monotonic()
        self._pending = self._state(stage, epoch, stop)
        self.write_pending()
        self._written = time.monotonic()
        self._cost = self._written - begun

    def write_pending(self) -> None:
        """Writes the checkpoint of the last epoch that is done, unless it is written."""
        if self._pending is None:
            return
        state, arrays = self._pending
        path = self.checkpoints.write(state["number"], state, arrays)
        self._pending = None
        self.number, self.last_checkpoint = state["number"], described(path, state["done"])

    def _state(self, stage: int, epoch: int, stop: bool) -> tuple[CheckpointState, dict[str, Array]]:
        callbacks, arrays = read_callbacks(self._others)
        best, weights = self.best.state()
        state: CheckpointState = {
            "stage": stage,
            "epoch": epoch,
            "done": self.done,
            "stop": stop,
            "callbacks": callbacks,
            "best": best,
            "number": self.number + 1,
        }
        if self.restored_epoch is not None:
            state["restored"] = self.restored_epoch
        return state, {**read_variables(self.model), **arrays, **weights}


def _values_of(model: keras.Model) -> int:
    """The number of values of the variables of a model and of its optimizer."""
    optimizer = getattr(model, "optimizer", None)
    variables = [*model.variables, *(optimizer.variables if optimizer is not None else ())]
    return sum(math.prod(variable.shape) for variable in variables)


def _learning_rate(model: keras.Model) -> float | None:
    try:
        return float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))
    except (AttributeError, TypeError, ValueError):
        return None
