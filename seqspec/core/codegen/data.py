"""Generates the data of a program: commented placeholders, and the order of the samples of `seqspec train`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seqspec.core.analysis.data.declared_data import BATCH_SIZE
from seqspec.core.codegen.expressions import BracketGroup, Item, call, comment, fits, lines, number
from seqspec.core.diagnostics.message import shorten
from seqspec.core.document.data import Dataset
from seqspec.core.document.target import Binary, Multiclass, Multilabel, Reconstruction, Regression, Target
from seqspec.core.document.training_tables import Fit
from seqspec.core.document.typed_spec import TypedSpec
from seqspec.core.shapes.tensor import Size


def labels_of(spec: TypedSpec) -> str:
    """The variable of the labels: `x` if the model reconstructs its input."""
    return "x" if isinstance(spec.target, Reconstruction) else "y"


def sample_lines(spec: TypedSpec, sets: Sequence[tuple[str, str]]) -> Iterator[str]:
    """One line for the inputs and one for the labels of each set, given by name and variable suffix."""
    for name, ending in sets:
        described: Dataset | None = getattr(spec.data, name)
        yield from _placeholder(f"x_{ending}", inputs(spec, described))
        if labels_of(spec) == "y":
            yield from _placeholder(f"y_{ending}", labels(spec.target))


def _placeholder(variable: str, description: str) -> Iterator[str]:
    line = f"{variable} = ..."
    if description and fits(f"{line}  {comment(description)}"):
        line = f"{line}  {comment(description)}"
    elif description:
        yield comment(description)
    yield line


def inputs(spec: TypedSpec, described: Dataset | None) -> str:
    """The known properties of the inputs of a set."""
    assert spec.stack.input is not None
    incoming = spec.stack.input
    described = described or Dataset()
    samples = "samples" if described.samples is None else f"{described.samples} samples"
    shape = incoming.sample if described.shape is None else described.shape
    parts = [f"{samples} of shape {tuple_of(shape)}", described.dtype or incoming.dtype]
    if described.range is not None:
        parts.append(_range(described.range))
    if isinstance(described.source, str):
        parts.append(f"from {shorten(described.source)}")
    return ", ".join(parts)


def labels(target: Target | None) -> str:
    """The known properties of the labels."""
    if target is None:
        return ""
    return _kind(target) + ("" if target.shape is None else f", shape {tuple_of(target.shape)}")


def _kind(target: Target) -> str:
    if isinstance(target, (Binary, Multiclass)):
        classes = target.classes if isinstance(target, Multiclass) else 2
        if target.encoding == "one_hot":
            return f"one-hot vectors of {classes} classes"
        return "0 or 1" if classes == 2 else f"class indices from 0 to {classes - 1}"
    if isinstance(target, Multilabel):
        return f"multi-hot vectors of {target.classes} classes"
    bounds = target.range if isinstance(target, Regression) else None
    return "numbers" if bounds is None else f"numbers {_range(bounds)}"


def tuple_of(shape: Sequence[Size]) -> str:
    """A shape as a Python tuple, with the names of unknown sizes."""
    sizes = ", ".join(map(str, shape))
    return f"({sizes},)" if len(shape) == 1 else f"({sizes})"


def _range(bounds: tuple[float, float]) -> str:
    return f"from {number(bounds[0])} to {number(bounds[1])}"


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
    if spec.runtime.seed is None:
        return "the order of the samples needs a seed: set seed in [runtime]"
    for stage in spec.fit:
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
    items = [Item(str(index)), Item(str(stage.batch_size or BATCH_SIZE)), Item("x_train"), Item(f"{labels}_train")]
    yield from lines(call("Ordered", items), "batches = ")


def with_order(callbacks: Sequence[Item]) -> BracketGroup:
    """The callbacks of a stage, after the one that orders the samples at the start of an epoch."""
    first = call("keras.callbacks.LambdaCallback", [Item("batches.begin", "on_epoch_begin=")])
    return BracketGroup("[", [Item(first), *callbacks], "]")


def batch_size_of_validation(stage: Fit) -> Item:
    """The batch size of the validation set: that of training, which Keras does not know here."""
    return Item(str(stage.validation_batch_size or stage.batch_size or BATCH_SIZE), "validation_batch_size=")
