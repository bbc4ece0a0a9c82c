"""Generates the order of the training samples of `seqspec train`, as a class in the program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seqspec.core.codegen.expressions import Group, Item, call, lines
from seqspec.core.document.training_tables import Fit
from seqspec.core.document.typed_spec import TypedSpec

_BATCH_SIZE = 32
_CLASS = """
class Ordered(keras.utils.PyDataset):
    \"\"\"The training samples in the order of `seqspec train`: a function of seed, stage and epoch.\"\"\"

    def __init__(self, stage, batch_size, *arrays):
        super().__init__()
        self.stage, self.batch_size, self.arrays = stage, batch_size, arrays
        self.begin(0)

    def begin(self, epoch, logs=None):
        generator = np.random.default_rng([SEED, 1 + self.stage, epoch])
        self.order = generator.permutation(len(self.arrays[0]))

    def __len__(self):
        return -(-len(self.order) // self.batch_size)

    def __getitem__(self, index):
        rows = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        return tuple(array[rows] for array in self.arrays)
"""


def missing_for_order(spec: TypedSpec) -> str | None:
    """The reason why the program cannot train in the order of `seqspec train`; None if it can."""
    if spec.runtime is None or spec.runtime.seed is None:
        return "the order of the samples needs a seed: set seed in [runtime]"
    for stage in spec.fit or ():
        if stage.shuffle == "batch" or stage.steps_per_epoch is not None or (stage.validation_split and stage.shuffle):
            return "the order of the samples can be written only for whole epochs, and without validation_split"
    return None


def is_ordered(stage: Fit) -> bool:
    """Whether the samples of the stage are shuffled."""
    return stage.shuffle is True


def class_lines(seed: int) -> Iterator[str]:
    """The class for calls of `fit`."""
    yield from _CLASS.strip("\n").replace("SEED", str(seed)).split("\n")


def ordered_lines(stage: Fit, index: int, labels: str) -> Iterator[str]:
    """The training samples of a stage, as the variable `batches`."""
    items = [Item(str(index)), Item(str(stage.batch_size or _BATCH_SIZE)), Item("x_train"), Item(f"{labels}_train")]
    yield from lines(call("Ordered", items), "batches = ")


def with_order(callbacks: Sequence[Item]) -> Group:
    """The callbacks of a stage, after the one that orders the samples at the start of an epoch."""
    first = call("keras.callbacks.LambdaCallback", [Item("batches.begin", "on_epoch_begin=")])
    return Group("[", [Item(first), *callbacks], "]")


def batch_size_of_validation(stage: Fit) -> Item:
    """The batch size of the validation set: the one used in training, which Keras does not know here."""
    return Item(str(stage.validation_batch_size or stage.batch_size or _BATCH_SIZE), "validation_batch_size=")
