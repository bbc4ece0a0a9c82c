"""The classes of `keras.callbacks`."""

from __future__ import annotations

import re
from typing import Any

from seqspec.catalog.arguments import Declaration, arg
from seqspec.catalog.kinds import (
    Boolean,
    Choice,
    Either,
    Integer,
    Kind,
    Number,
    Optional,
    TableOf,
    Text,
    show_value,
)
from seqspec.diagnostics.violation import Violation

_MONITOR = "Name of the number that is watched, such as val_loss."
# Keras surprise: a mode that it does not know is read as auto, with a warning.
_MODE = Text('"auto", "min" or "max"')
_MODE_DOC = "Whether small or large is good; auto goes by the name."
_VERBOSE = "0 says nothing, 1 says what is done."
_PAIR = re.compile(r"\s*[+-]?\d{1,9}\s*,\s*[+-]?\d{1,9}\s*")
_FREQUENCY = Either(Choice("epoch"), Integer())


class Callback(Declaration):
    """Something that happens while a model is trained."""


class BackupAndRestore(Callback):
    """Saves the state of training, and goes on from it after a crash."""

    backup_dir: str = arg(Text("a folder"), "Folder of the saved state.")
    save_freq: Any = arg(_FREQUENCY, '"epoch", or a number of batches.', default="epoch")
    double_checkpoint: bool = arg(Boolean(), "Whether the state before the last one is kept too.", default=False)
    delete_checkpoint: bool = arg(Boolean(), "Whether the state is deleted at the end.", default=True)

    def check(self) -> None:
        if not self.backup_dir:
            raise Violation("bad-value", "backup_dir needs a folder, got an empty string", path=("backup_dir",))


class CSVLogger(Callback):
    """Writes the numbers of each epoch to a CSV file."""

    filename: str = arg(Text("a file name"), "The file.")
    separator: str = arg(Text("a separator"), "What stands between two values.", default=",")
    append: bool = arg(Boolean(), "Whether a file that is there is kept.", default=False)


class EarlyStopping(Callback):
    """Ends the training when a number gets no better."""

    monitor: str = arg(Text("the name of a metric"), _MONITOR, default="val_loss")
    min_delta: float = arg(Number(), "Least change that counts.", default=0)
    patience: int = arg(Integer(), "Epochs without progress before it stops.", default=0)
    verbose: int = arg(Integer(), _VERBOSE, default=0)
    mode: str = arg(_MODE, _MODE_DOC, default="auto")
    baseline: float | None = arg(Optional(Number()), "What has to be beaten from the start.", default=None)
    restore_best_weights: bool = arg(Boolean(), "Whether the best weights are put back.", default=False)
    start_from_epoch: int = arg(Integer(), "Epochs before it begins to watch.", default=0)


class ModelCheckpoint(Callback):
    """Saves the model, or its weights, while it is trained."""

    filepath: str = arg(Text("a file name"), "The file; may hold {epoch} and names of metrics.")
    monitor: str = arg(Text("the name of a metric"), _MONITOR, default="val_loss")
    verbose: int = arg(Integer(), _VERBOSE, default=0)
    save_best_only: bool = arg(Boolean(), "Whether only a better model is saved.", default=False)
    save_weights_only: bool = arg(Boolean(), "Whether only the weights are saved.", default=False)
    mode: str = arg(_MODE, _MODE_DOC, default="auto")
    save_freq: Any = arg(_FREQUENCY, '"epoch", or a number of batches.', default="epoch")
    initial_value_threshold: float | None = arg(
        Optional(Number()), "What has to be beaten from the start.", default=None
    )

    def check(self) -> None:
        endings = (".weights.h5",) if self.save_weights_only else (".keras", ".h5")
        if not self.filepath.endswith(endings):
            wanted = endings[0]
            why = "with save_weights_only = true " if self.save_weights_only else ""
            raise Violation(
                "bad-value",
                f'filepath {why}needs a name that ends in {wanted}, got "{self.filepath[-60:]}"',
                path=("filepath",),
            )


class OrbaxCheckpoint(Callback):
    """Saves the state of training with Orbax, which has to be installed."""

    since = "3.14"

    directory: str = arg(Text("a folder"), "Folder of the checkpoints.")
    monitor: str = arg(Text("the name of a metric"), _MONITOR, default="val_loss")
    verbose: int = arg(Integer(), _VERBOSE, default=0)
    save_best_only: bool = arg(Boolean(), "Whether only a better state is saved.", default=False)
    mode: str = arg(_MODE, _MODE_DOC, default="auto")
    save_freq: Any = arg(_FREQUENCY, '"epoch", or a number of batches.', default="epoch")
    initial_value_threshold: float | None = arg(
        Optional(Number()), "What has to be beaten from the start.", default=None
    )
    max_to_keep: int | None = arg(Optional(Integer()), "How many checkpoints are kept.", default=1)
    save_on_background: bool = arg(Boolean(), "Whether training goes on while saving.", default=True)
    save_weights_only: bool = arg(Boolean(), "Whether only the weights are saved.", default=False)


class ReduceLROnPlateau(Callback):
    """Lowers the learning rate when a number gets no better."""

    monitor: str = arg(Text("the name of a metric"), _MONITOR, default="val_loss")
    # Keras surprise: a negative factor is accepted.
    factor: float = arg(Number(below=1), "Factor on the learning rate.", default=0.1)
    patience: int = arg(Integer(), "Epochs without progress before it is lowered.", default=10)
    verbose: int = arg(Integer(), _VERBOSE, default=0)
    mode: str = arg(_MODE, _MODE_DOC, default="auto")
    min_delta: float = arg(Number(), "Least change that counts.", default=0.0001)
    cooldown: int = arg(Integer(), "Epochs to wait after the rate was lowered.", default=0)
    min_lr: float = arg(Number(), "Least learning rate.", default=0.0)


class RemoteMonitor(Callback):
    """Sends the numbers of each epoch to a server."""

    root: str = arg(Text("an address"), "Address of the server.", default="http://localhost:9000")
    path: str = arg(Text("a path"), "Path on the server.", default="/publish/epoch/end/")
    field: str = arg(Text("a name"), "Field of the form that holds the numbers.", default="data")
    headers: dict[str, str] | None = arg(Optional(TableOf(Text())), "HTTP headers.", default=None)
    send_as_json: bool = arg(Boolean(), "Whether they are sent as JSON.", default=False)


class SwapEMAWeights(Callback):
    """Puts the moving averages in the place of the weights for evaluation."""

    swap_on_epoch: bool = arg(Boolean(), "Whether they are swapped at the end of each epoch.", default=False)


class Batches(Kind):
    """A batch, or the first and the last one: `3`, `[3, 5]` or `"3,5"`."""

    neutral = True

    def read(self, value: Any) -> Any:
        if type(value) is int:
            first = last = value
        elif isinstance(value, (list, tuple)) and len(value) == 2 and all(type(entry) is int for entry in value):
            first, last = value
        elif isinstance(value, str) and _PAIR.fullmatch(value):
            first, last = map(int, value.split(","))
        else:
            raise self.refuse(value)
        if not 0 <= first <= last:
            raise Violation("bad-value", f"needs {self.describe()}, got {show_value(value)}")
        return value

    def describe(self) -> str:
        return "a batch number, or the first and the last one"


class TensorBoard(Callback):
    """Writes logs for TensorBoard."""

    log_dir: str = arg(Text("a folder"), "Folder of the logs.", default="logs")
    histogram_freq: int = arg(Integer(), "Epochs between two histograms of weights; 0 for none.", default=0)
    write_graph: bool = arg(Boolean(), "Whether the graph is shown.", default=True)
    write_images: bool = arg(Boolean(), "Whether weights are shown as images.", default=False)
    write_steps_per_second: bool = arg(Boolean(), "Whether the speed is logged.", default=False)
    # Keras surprise: any other word than "epoch" and "batch" is accepted, and then no batch is logged.
    update_freq: Any = arg(Either(Integer(), Text('"epoch" or "batch"')), "When numbers are written.", default="epoch")
    profile_batch: Any = arg(Batches(), "The batch to profile, or the first and last one; 0 for none.", default=0)
    embeddings_freq: int = arg(Integer(), "Epochs between two pictures of embeddings; 0 for none.", default=0)
    embeddings_metadata: Any = arg(
        Optional(Either(Text("a file name"), TableOf(Text("a file name")))),
        "Files that name the entries of embeddings.",
        default=None,
    )


class TerminateOnNaN(Callback):
    """Ends the training when the loss is no number any more."""

    raise_error: bool = arg(Boolean(), "Whether it ends with an error.", default=False, since="3.13")


_CLASSES: tuple[type[Declaration], ...] = (
    BackupAndRestore, CSVLogger, EarlyStopping, ModelCheckpoint, OrbaxCheckpoint, ReduceLROnPlateau, RemoteMonitor,
    SwapEMAWeights, TensorBoard, TerminateOnNaN,
)  # fmt: skip

NAMES: dict[str, type[Declaration]] = {callback.__name__: callback for callback in _CLASSES}
"""The callbacks by their class."""

_ITSELF = ("is added by Keras itself", "leave it out")
REFUSED: dict[str, tuple[str, str]] = {
    "Callback": (
        "is the base class and does nothing by itself",
        "name a callback, or declare a class of your own under [custom]",
    ),
    "CallbackList": ("is made by Keras of callbacks = [...]", "put its callbacks into the list itself"),
    "History": _ITSELF,
    "ProgbarLogger": ("is added by Keras itself", "write verbose in [fit]"),
    "LambdaCallback": (
        "carries Python code, and a document holds none",
        'declare a class of your own under [custom] with kind = "callback"',
    ),
    "LearningRateScheduler": (
        "carries Python code, and a document holds none",
        'give the optimizer a schedule: learning_rate = { type = "CosineDecay", ... }',
    ),
}
"""The classes that a document cannot hold: why, and what to do instead."""
