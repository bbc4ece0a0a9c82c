"""The classes of `keras.callbacks`."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from annotated_types import Lt
from pydantic import Field

from seqspec.catalog.keras_object import KerasObject
from seqspec.catalog.markers import NEUTRAL, Expects, Since
from seqspec.catalog.types import Maybe, NameText, Number, read_by
from seqspec.catalog.validation import wrong_type
from seqspec.diagnostics.quote import quote_value
from seqspec.diagnostics.snippet import Help, Setting, TableName
from seqspec.diagnostics.violation import Violation

_MONITOR = "Name of the number that is watched, such as val_loss."
# Keras surprise: a mode that it does not know is read as auto, with a warning.
_Mode = Annotated[str, Expects('"auto", "min" or "max"')]
_MODE_DOC = "Whether small or large is good; auto goes by the name."
_VERBOSE = "0: silent, 1: prints messages."
_PAIR = re.compile(r"\s*[+-]?\d{1,9}\s*,\s*[+-]?\d{1,9}\s*")
_Frequency = Literal["epoch"] | int


class Callback(KerasObject):
    """Something that happens while a model is trained."""


class BackupAndRestore(Callback):
    """Saves the state of training, and goes on from it after a crash."""

    backup_dir: Annotated[str, Expects("a folder")] = Field(description="Folder of the saved state.")
    save_freq: _Frequency = Field(default="epoch", description='"epoch", or a number of batches.')
    double_checkpoint: bool = Field(default=False, description="Whether the state before the last one is kept too.")
    delete_checkpoint: bool = Field(default=True, description="Whether the state is deleted at the end.")

    def check_arguments(self) -> None:
        if not self.backup_dir:
            raise Violation("bad-value", "backup_dir needs a folder, got an empty string", path=("backup_dir",))


class CSVLogger(Callback):
    """Writes the numbers of each epoch to a CSV file."""

    filename: Annotated[str, Expects("a file name")] = Field(description="The file.")
    separator: Annotated[str, Expects("a separator")] = Field(default=",", description="Separator between values.")
    append: bool = Field(default=False, description="Whether a file that is there is kept.")


class EarlyStopping(Callback):
    """Ends the training when a number gets no better."""

    monitor: Annotated[str, Expects("the name of a metric")] = Field(default="val_loss", description=_MONITOR)
    min_delta: Number = Field(default=0, description="Least change that counts.")
    patience: int = Field(default=0, description="Epochs without progress before it stops.")
    verbose: int = Field(default=0, description=_VERBOSE)
    mode: _Mode = Field(default="auto", description=_MODE_DOC)
    baseline: Maybe[Number] = Field(default=None, description="What has to be beaten from the start.")
    restore_best_weights: bool = Field(default=False, description="Whether the best weights are put back.")
    start_from_epoch: int = Field(default=0, description="Epochs before it begins to watch.")


class ModelCheckpoint(Callback):
    """Saves the model, or its weights, while it is trained."""

    filepath: Annotated[str, Expects("a file name")] = Field(
        description="The file; may hold {epoch} and names of metrics."
    )
    monitor: Annotated[str, Expects("the name of a metric")] = Field(default="val_loss", description=_MONITOR)
    verbose: int = Field(default=0, description=_VERBOSE)
    save_best_only: bool = Field(default=False, description="Whether only a better model is saved.")
    save_weights_only: bool = Field(default=False, description="Whether only the weights are saved.")
    mode: _Mode = Field(default="auto", description=_MODE_DOC)
    save_freq: _Frequency = Field(default="epoch", description='"epoch", or a number of batches.')
    initial_value_threshold: Maybe[Number] = Field(default=None, description="What has to be beaten from the start.")

    def check_arguments(self) -> None:
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

    directory: Annotated[str, Expects("a folder")] = Field(description="Folder of the checkpoints.")
    monitor: Annotated[str, Expects("the name of a metric")] = Field(default="val_loss", description=_MONITOR)
    verbose: int = Field(default=0, description=_VERBOSE)
    save_best_only: bool = Field(default=False, description="Whether only a better state is saved.")
    mode: _Mode = Field(default="auto", description=_MODE_DOC)
    save_freq: _Frequency = Field(default="epoch", description='"epoch", or a number of batches.')
    initial_value_threshold: Maybe[Number] = Field(default=None, description="What has to be beaten from the start.")
    max_to_keep: Maybe[int] = Field(default=1, description="How many checkpoints are kept.")
    save_on_background: bool = Field(default=True, description="Whether training goes on while saving.")
    save_weights_only: bool = Field(default=False, description="Whether only the weights are saved.")


class ReduceLROnPlateau(Callback):
    """Lowers the learning rate when a number gets no better."""

    monitor: Annotated[str, Expects("the name of a metric")] = Field(default="val_loss", description=_MONITOR)
    # Keras surprise: a negative factor is accepted.
    factor: Annotated[Number, Lt(1)] = Field(default=0.1, description="Factor on the learning rate.")
    patience: int = Field(default=10, description="Epochs without progress before it is lowered.")
    verbose: int = Field(default=0, description=_VERBOSE)
    mode: _Mode = Field(default="auto", description=_MODE_DOC)
    min_delta: Number = Field(default=0.0001, description="Least change that counts.")
    cooldown: int = Field(default=0, description="Epochs to wait after the rate was lowered.")
    min_lr: Number = Field(default=0.0, description="Least learning rate.")


class RemoteMonitor(Callback):
    """Sends the numbers of each epoch to a server."""

    root: Annotated[str, Expects("an address")] = Field(
        default="http://localhost:9000", description="Address of the server."
    )
    path: Annotated[str, Expects("a path")] = Field(default="/publish/epoch/end/", description="Path on the server.")
    field: NameText = Field(default="data", description="Field of the form that holds the numbers.")
    headers: Maybe[dict[str, str]] = Field(default=None, description="HTTP headers.")
    send_as_json: bool = Field(default=False, description="Whether they are sent as JSON.")


class SwapEMAWeights(Callback):
    """Puts the moving averages in the place of the weights for evaluation."""

    swap_on_epoch: bool = Field(default=False, description="Whether they are swapped at the end of each epoch.")


_BATCHES = "a batch number, or the first and the last one"


def _batches(value: object) -> Any:
    if type(value) is int:
        first = last = value
    elif isinstance(value, (list, tuple)) and len(value) == 2 and all(type(entry) is int for entry in value):
        first, last = value
    elif isinstance(value, str) and _PAIR.fullmatch(value):
        first, last = map(int, value.split(","))
    else:
        raise wrong_type(_BATCHES, value)
    if not 0 <= first <= last:
        raise Violation("bad-value", f"needs {_BATCHES}, got {quote_value(value)}")
    return value


class BatchNumbers:
    """Marks a batch, or the first and the last one."""


Batches = Annotated[int | str | Sequence[int], *read_by(_batches, _BATCHES, BatchNumbers(), NEUTRAL)]
"""A batch, or the first and the last one: `3`, `[3, 5]` or `"3,5"`."""


class TensorBoard(Callback):
    """Writes logs for TensorBoard."""

    log_dir: Annotated[str, Expects("a folder")] = Field(default="logs", description="Folder of the logs.")
    histogram_freq: int = Field(default=0, description="Epochs between two histograms of weights; 0 for none.")
    write_graph: bool = Field(default=True, description="Whether the graph is shown.")
    write_images: bool = Field(default=False, description="Whether weights are shown as images.")
    write_steps_per_second: bool = Field(default=False, description="Whether the speed is logged.")
    # Keras surprise: any other word than "epoch" and "batch" is accepted, and then no batch is logged.
    update_freq: int | Annotated[str, Expects('"epoch" or "batch"')] = Field(
        default="epoch", description="When numbers are written."
    )
    profile_batch: Batches = Field(
        default=0, description="The batch to profile, or the first and last one; 0 for none."
    )
    embeddings_freq: int = Field(default=0, description="Epochs between two pictures of embeddings; 0 for none.")
    embeddings_metadata: Maybe[
        Annotated[str, Expects("a file name")] | dict[str, Annotated[str, Expects("a file name")]]
    ] = Field(default=None, description="Files that name the entries of embeddings.")


class TerminateOnNaN(Callback):
    """Stops training when the loss is NaN."""

    raise_error: Annotated[bool, Since("3.13")] = Field(
        default=False, description="Whether to raise an error instead of stopping."
    )


_CLASSES: tuple[type[KerasObject], ...] = (
    BackupAndRestore, CSVLogger, EarlyStopping, ModelCheckpoint, OrbaxCheckpoint, ReduceLROnPlateau, RemoteMonitor,
    SwapEMAWeights, TensorBoard, TerminateOnNaN,
)  # fmt: skip

NAMES: dict[str, type[KerasObject]] = {callback.__name__: callback for callback in _CLASSES}
"""The callbacks by their class."""

_ITSELF = ("is added by Keras itself", "leave it out")
REFUSED: dict[str, tuple[str, str | Help]] = {
    "Callback": (
        "is the base class and does nothing by itself",
        Help("name a callback, or declare a class of your own under ", TableName(("custom",))),
    ),
    "CallbackList": ("is made by Keras of callbacks = [...]", "put its callbacks into the list itself"),
    "History": _ITSELF,
    "ProgbarLogger": ("is added by Keras itself", Help("write verbose in ", TableName(("fit",)))),
    "LambdaCallback": (
        "contains Python code and cannot be declared in a spec",
        Help("declare a class of your own under ", TableName(("custom",)), " with ", Setting("kind", "callback")),
    ),
    "LearningRateScheduler": (
        "contains Python code and cannot be declared in a spec",
        Help("set a schedule in the optimizer: ", Setting("learning_rate", {"type": "CosineDecay", ...: ...})),
    ),
}
"""The classes that a document cannot hold: why, and what to do instead."""
