"""Moving statistics of BatchNormalization that cannot follow in the updates of a training.

What it does: Detects BatchNormalization whose moving mean and variance need more updates to follow the weights than
training has, or has before EarlyStopping on a validation metric can end it. With a momentum of m they need about
5 / (1 - m) updates: 500 with the default of 0.99.

Why is this bad? Training normalizes with the statistics of the batch, but validation and predictions use the moving
ones, which start at 0 and 1. Until they follow, the validation accuracy stays at chance while the training accuracy
rises, and early stopping keeps the weights of the first epochs.

Example:
    seqspec = 1

    [model]
    input = [24, 24, 1]
    layers = [
      { type = "Rescaling", scale = "1/255" },
      { type = "Conv2D", filters = 32, kernel_size = 3, use_bias = false },
      "BatchNormalization",
      "ReLU",
      "GlobalAveragePooling2D",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [target]
    kind = "multiclass"
    classes = 10

    [data.train]
    samples = 1440

    [data.validation]

    [compile]
    optimizer = { type = "Adam", learning_rate = 1e-3 }
    loss = "sparse_categorical_crossentropy"
    metrics = ["accuracy"]

    [fit]
    epochs = 6
    batch_size = 32

Use instead:
    -  "BatchNormalization",
    +  { type = "BatchNormalization", momentum = 0.9 },

Confidence: measured on Keras, and verified by tests/core/differential/test_moving_statistics.py: three convolutions on
1,437 images of digits have a training accuracy of 1.0 after 180 updates, and a validation accuracy of 0.11 until 300
and of 0.94 after 585; with a momentum of 0.9 it is 0.98 after 90. Frozen layers are not reported, since they use their
stored statistics.

References:
    keras.layers.BatchNormalization, momentum
    Ioffe and Szegedy, Batch Normalization, 2015
"""

from collections.abc import Iterator

from seqspec.core.analysis.training.stages import TrainingStage
from seqspec.core.linter.rules import Facts, Findings, Setting, at_argument, finding, fix_setting, fmt, rule

_CONSTANTS = 5
"""After how many time constants of 1 / (1 - momentum) updates the statistics have followed."""
_MOMENTA = (0.95, 0.9, 0.8)


@rule(
    "SEQ444", "warning", graphs="each", tables="fit", layers="BatchNormalization", depends_on=("updates", "callbacks")
)
def check(facts: Facts) -> Findings:
    norms = [facts.stack.flow[index].entry for index in facts.stack.flow.indices_by_kind["norm"]]
    counts = [list(_updates(stage)) for stage in facts.training.stages]
    if not counts or not all(counts):
        return
    updates = sum(min(count) for count in counts)
    slow = [
        entry
        for entry in norms
        if entry.type == "BatchNormalization" and entry.layer.trainable and _needed(entry.layer.momentum) > updates
    ]
    if not slow or updates < _CONSTANTS:
        return
    first = slow[0]
    momentum = next((value for value in _MOMENTA if 2 * _needed(value) <= updates), _MOMENTA[-1])
    stops = updates < (facts.training.updates or 0)
    yield finding(
        fmt(
            "with momentum {} the moving mean and variance follow after about {} updates, and {} after {}: "
            "validation does not show what was learned",
            first.layer.momentum,
            _needed(first.layer.momentum),
            "EarlyStopping can end training" if stops else "training ends",
            updates,
        ),
        **at_argument(first.path, first.layer, "momentum"),
        label="too slow",
        related=[(other.path, "too slow as well") for other in slow[1:]],
        help=fmt("set {}", Setting("momentum", momentum)),
        fix=fix_setting(momentum, *((*entry.path, "momentum") for entry in slow)),
    )


def _needed(momentum: float) -> int:
    """The updates after which the statistics have followed."""
    return round(_CONSTANTS / max(1 - momentum, 1e-6))


def _updates(stage: TrainingStage) -> Iterator[int]:
    """The updates of a stage, and those after which EarlyStopping on a validation metric can end it."""
    if stage.updates is None:
        return
    yield stage.updates
    for callback in stage.callbacks:
        if type(callback).__name__ == "EarlyStopping" and callback.monitor.startswith("val_"):
            yield stage.updates // max(1, stage.epochs) * (callback.start_from_epoch + max(callback.patience, 1) + 1)
