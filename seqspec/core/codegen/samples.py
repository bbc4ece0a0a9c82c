"""Generates placeholders for the data of a program, with comments about their declared properties."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seqspec.core.codegen.layout import comment, fits
from seqspec.core.codegen.values import number
from seqspec.core.diagnostics.quote import shorten
from seqspec.core.document.data import Dataset
from seqspec.core.document.document import TypedSpec
from seqspec.core.document.target import Binary, Multiclass, Multilabel, Reconstruction, Regression, Target
from seqspec.core.shapes.dims import Size


def labels_of(spec: TypedSpec) -> str:
    """The variable of the labels: `x` if the model reconstructs its input."""
    return "x" if isinstance(spec.target, Reconstruction) else "y"


def sample_lines(spec: TypedSpec, sets: Sequence[tuple[str, str]]) -> Iterator[str]:
    """One line for the inputs and one for the labels of each set, given by name and variable suffix."""
    for name, ending in sets:
        described: Dataset | None = None if spec.data is None else getattr(spec.data, name)
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
    assert spec.stack is not None and spec.stack.input is not None
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
