"""The data that a program trains with: names to be filled in, and what the document says of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seqspec.program.layout import fits
from seqspec.program.values import number
from seqspec.shapes.dims import Size
from seqspec.spec.data import Dataset
from seqspec.spec.document import DocumentSpec
from seqspec.spec.target import Binary, Multiclass, Multilabel, Reconstruction, Regression, Target


def labels_of(spec: DocumentSpec) -> str:
    """The letter of the labels: `x` where the model draws its input again."""
    return "x" if isinstance(spec.target, Reconstruction) else "y"


def sample_lines(spec: DocumentSpec, sets: Sequence[tuple[str, str]]) -> Iterator[str]:
    """A line for the inputs and one for the labels of each set, given by its name and the ending of its variables."""
    for name, ending in sets:
        described: Dataset | None = None if spec.data is None else getattr(spec.data, name)
        yield from _placeholder(f"x_{ending}", inputs(spec, described))
        if labels_of(spec) == "y":
            yield from _placeholder(f"y_{ending}", labels(spec.target))


def _placeholder(variable: str, words: str) -> Iterator[str]:
    line = f"{variable} = ..."
    remark = f"  # {words}" if words else ""
    if not fits(line + remark):
        yield remark.strip()
        remark = ""
    yield line + remark


def inputs(spec: DocumentSpec, described: Dataset | None) -> str:
    """What is known of the inputs of a set."""
    assert spec.stack is not None and spec.stack.input is not None
    arriving = spec.stack.input
    shape: Sequence[Size] = arriving.sample
    words = []
    samples = None
    if described is not None:
        samples = described.samples
        shape = shape if described.shape is None else described.shape
    words.append(f"{'samples' if samples is None else f'{samples} samples'} of shape {tuple_of(shape)}")
    dtype = described.dtype if described is not None and described.dtype is not None else arriving.dtype
    words.append(dtype)
    if described is not None and described.range is not None:
        words.append(_range(described.range))
    if described is not None and isinstance(described.source, str):
        words.append(f"from {described.source}")
    return ", ".join(words)


def labels(target: Target | None) -> str:
    """What is known of the labels."""
    if isinstance(target, (Binary, Multiclass)):
        classes = target.classes if isinstance(target, Multiclass) else 2
        if target.encoding == "one_hot":
            return f"one-hot vectors of {classes} classes"
        return "0 or 1" if classes == 2 else f"class numbers from 0 to {classes - 1}"
    if isinstance(target, Multilabel):
        return f"vectors of {target.classes} zeros and ones"
    if isinstance(target, Regression):
        shape = "" if target.shape is None else f" of shape {tuple_of(target.shape)}"
        return f"numbers{shape}" + ("" if target.range is None else f" {_range(target.range)}")
    return ""


def tuple_of(shape: Sequence[Size]) -> str:
    """A shape with the names of its unknown sizes, as a tuple of Python."""
    sizes = ", ".join(map(str, shape))
    return f"({sizes},)" if len(shape) == 1 else f"({sizes})"


def _range(bounds: tuple[float, float]) -> str:
    return f"from {number(bounds[0])} to {number(bounds[1])}"
