"""The classes of `keras.callbacks`."""

import re
from collections.abc import Sequence
from typing import Annotated, Literal

from annotated_types import Lt
from pydantic import Field

from seqspec.core.catalog.keras_object import KerasObject, bad_argument
from seqspec.core.catalog.markers import NEUTRAL, Expects, Since
from seqspec.core.catalog.types import Maybe, NameText, Number, read_by
from seqspec.core.catalog.validation import wrong_type
from seqspec.core.diagnostics.message import OWN_CLASS, Message, Setting, SpecOrProgram, TableName, fmt, quote_value
from seqspec.core.diagnostics.violation import Violation

_PAIR = re.compile(r"\s*[+-]?\d{1,9}\s*,\s*[+-]?\d{1,9}\s*")
_Frequency = Literal["epoch"] | int


class Callback(KerasObject):
    """An action during training."""


class BackupAndRestore(Callback):
    """Saves the training state, and resumes from it after an interruption."""

    backup_dir: Annotated[str, Expects("a folder")] = Field(description="Folder of the backup.")
    save_freq: _Frequency = Field(default="epoch", description='"epoch", or a number of batches.')
    double_checkpoint: bool = Field(default=False, description="Whether the previous backup is kept too.")
    delete_checkpoint: bool = Field(default=True, description="Whether the backup is deleted after training.")

    def check_arguments(self) -> None:
        if not self.backup_dir:
            raise bad_argument("backup_dir", "must be a folder, got an empty string")


class CSVLogger(Callback):
    """Writes the logs of each epoch to a CSV file."""

    filename: Annotated[str, Expects("a file name")] = Field(description="The file.")
    separator: Annotated[str, Expects("a separator")] = Field(default=",", description="Separator between values.")
    append: bool = Field(default=False, description="Whether to append to an existing file instead of overwriting it.")


class _Monitoring(Callback):
    monitor: Annotated[str, Expects("the name of a metric")] = Field(
        default="val_loss", description="Name of the monitored metric, such as val_loss."
    )
    verbose: int = Field(default=0, description="0: silent, 1: prints messages.")
    # Keras surprise: a mode that it does not know is read as auto, with a warning.
    mode: Annotated[str, Expects('"auto", "min" or "max"')] = Field(
        default="auto", description="Whether smaller or larger values are better; auto infers it from the name."
    )


class EarlyStopping(_Monitoring):
    """Stops training when a monitored metric stops improving."""

    leading = ("monitor", "min_delta", "patience")

    min_delta: Number = Field(default=0, description="Minimum change that counts as an improvement.")
    patience: int = Field(default=0, description="Epochs without improvement before training stops.")
    baseline: Maybe[Number] = Field(default=None, description="Value that the metric must reach to count as improved.")
    restore_best_weights: bool = Field(default=False, description="Whether the weights of the best epoch are restored.")
    start_from_epoch: int = Field(default=0, description="Epochs before monitoring starts.")


class _Checkpoint(_Monitoring):
    save_best_only: bool = Field(default=False, description="Whether to save only when the monitored metric improves.")
    save_weights_only: bool = Field(default=False, description="Whether to save only the weights.")
    save_freq: _Frequency = Field(default="epoch", description='"epoch", or a number of batches.')
    initial_value_threshold: Maybe[Number] = Field(
        default=None, description="Value that must be improved on before the first save."
    )


class ModelCheckpoint(_Checkpoint):
    """Saves the model or its weights during training."""

    leading = ("filepath", "monitor", "verbose", "save_best_only", "save_weights_only")

    filepath: Annotated[str, Expects("a file name")] = Field(
        description="Path of the file; may contain {epoch} and names of metrics as placeholders."
    )

    def check_arguments(self) -> None:
        endings = (".weights.h5",) if self.save_weights_only else (".keras", ".h5")
        if not self.filepath.endswith(endings):
            wanted = endings[0]
            why = ("with ", Setting("save_weights_only", True), " ") if self.save_weights_only else ()
            stem = re.sub(r"\.(weights\.h5|hdf5|h5|keras|ckpt|tf|pb)$", "", self.filepath)
            refused = bad_argument("filepath", Message(*why, f'must end in {wanted}, got "{self.filepath[-60:]}"'))
            raise refused.replace(suggestion=stem + wanted)


class OrbaxCheckpoint(_Checkpoint):
    """Saves the training state with Orbax, which must be installed."""

    since = "3.14"
    leading = ("directory", "monitor", "verbose", "save_best_only")
    trailing = ("max_to_keep", "save_on_background", "save_weights_only")

    directory: Annotated[str, Expects("a folder")] = Field(description="Folder of the checkpoints.")
    max_to_keep: Maybe[int] = Field(default=1, description="Maximum number of checkpoints to keep.")
    save_on_background: bool = Field(default=True, description="Whether to save in the background.")


class ReduceLROnPlateau(_Monitoring):
    """Reduces the learning rate when a monitored metric stops improving."""

    leading = ("monitor", "factor", "patience")

    # Keras surprise: a negative factor is accepted.
    factor: Annotated[Number, Lt(1)] = Field(
        default=0.1, description="Factor by which the learning rate is multiplied."
    )
    patience: int = Field(default=10, description="Epochs without improvement before the learning rate is reduced.")
    min_delta: Number = Field(default=0.0001, description="Minimum change that counts as an improvement.")
    cooldown: int = Field(default=0, description="Epochs to wait after a reduction.")
    min_lr: Number = Field(default=0.0, description="Minimum learning rate.")


class RemoteMonitor(Callback):
    """Sends the logs of each epoch to a server."""

    root: Annotated[str, Expects("an address")] = Field(
        default="http://localhost:9000", description="Address of the server."
    )
    path: Annotated[str, Expects("a path")] = Field(default="/publish/epoch/end/", description="Path on the server.")
    field: NameText = Field(default="data", description="Form field that contains the logs.")
    headers: Maybe[dict[str, str]] = Field(default=None, description="HTTP headers.")
    send_as_json: bool = Field(default=False, description="Whether to send JSON instead of form data.")


class SwapEMAWeights(Callback):
    """Swaps the weights with their moving averages before evaluation."""

    swap_on_epoch: bool = Field(default=False, description="Whether to swap at the end of each epoch.")


_BATCHES = "a batch number, or the first and the last one"


def _batches(value: object) -> object:
    if type(value) is int:
        first = last = value
    elif isinstance(value, (list, tuple)) and len(value) == 2 and all(type(entry) is int for entry in value):
        first, last = value
    elif isinstance(value, str) and _PAIR.fullmatch(value):
        first, last = map(int, value.split(","))
    else:
        raise wrong_type(_BATCHES, value)
    if not 0 <= first <= last:
        raise Violation("bad-value", fmt("must be {}, got {}", _BATCHES, quote_value(value)))
    return value


class BatchNumbers:
    """Marks a batch, or the first and the last one."""


Batches = Annotated[int | str | Sequence[int], *read_by(_batches, _BATCHES, BatchNumbers(), NEUTRAL)]
"""A batch, or the first and the last one: `3`, `[3, 5]` or `"3,5"`."""


class TensorBoard(Callback):
    """Writes logs for TensorBoard."""

    log_dir: Annotated[str, Expects("a folder")] = Field(default="logs", description="Folder of the logs.")
    histogram_freq: int = Field(default=0, description="Frequency of weight histograms, in epochs; 0 for none.")
    write_graph: bool = Field(default=True, description="Whether to log the graph of the model.")
    write_images: bool = Field(default=False, description="Whether to log weights as images.")
    write_steps_per_second: bool = Field(default=False, description="Whether to log the training steps per second.")
    # Keras surprise: any other word than "epoch" and "batch" is accepted, and then no batch is logged.
    update_freq: int | Annotated[str, Expects('"epoch" or "batch"')] = Field(
        default="epoch", description='"epoch", "batch", or a number of batches between two writes.'
    )
    profile_batch: Batches = Field(
        default=0, description="The batch to profile, or the first and last one; 0 for none."
    )
    embeddings_freq: int = Field(default=0, description="Frequency of embedding visualizations, in epochs; 0 for none.")
    embeddings_metadata: Maybe[
        Annotated[str, Expects("a file name")] | dict[str, Annotated[str, Expects("a file name")]]
    ] = Field(default=None, description="Metadata files of the embedding layers.")


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

_CODE = fmt("contains Python code{}", SpecOrProgram(Message(" and cannot be declared in a spec")))
_ITSELF = ("is added by Keras itself", "leave it out")
REFUSED: dict[str, tuple[str, str]] = {
    "Callback": ("is the base class and does nothing by itself", fmt("name a callback, or {}", OWN_CLASS)),
    "CallbackList": (
        fmt("is created by Keras from {}", Setting("callbacks", [...])),
        "put its callbacks into the list itself",
    ),
    "History": _ITSELF,
    "ProgbarLogger": ("is added by Keras itself", fmt("write verbose in {}", TableName(("fit",)))),
    "LambdaCallback": (
        _CODE,
        fmt("declare a class of your own under {} with {}", TableName(("custom",)), Setting("kind", "callback")),
    ),
    "LearningRateScheduler": (
        _CODE,
        fmt("set a schedule in the optimizer: {}", Setting("learning_rate", {"type": "CosineDecay", ...: ...})),
    ),
}
"""Classes that a spec cannot declare: why, and what to do instead."""
