"""Data whose shape differs from the input shape.

What it does: compares the shape of the samples in `[data.train]`, `[data.validation]` and `[data.test]` with the input
that the model declares.

Why it hurts: where a layer's weights fit only the declared sizes, Keras stops at the first batch: an error here. Where
no layer minds, it trains on images or sequences of another size than everybody thinks: a warning. Where only a last
axis of size 1 is missing or too many, Keras adds or drops it without a word: a hint.

Example:
    seqspec = 1

    [model]
    input = [180]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [compile]
    loss = "binary_crossentropy"

    [data.train]
    samples = 180
    shape = [10]

Instead:
    seqspec = 1

    [model]
    input = [10]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [compile]
    loss = "binary_crossentropy"

    [data.train]
    samples = 180
    shape = [10]

Confidence: certain, given the declared facts: the layers are asked again with the shape of the data.

References:
    keras.Model.fit; keras/src/models/functional.py, _adjust_input_rank
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.input_fit import check_input_fit
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Path, Violation
from seqspec.document.data import Dataset
from seqspec.linter.rule import Requires, Rule
from seqspec.shapes.dims import Shape, all_known, show


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    if facts.input is None or not facts.layers or "input" not in facts.spec.tree["model"]:
        return
    told: list[Shape] = []
    for name, dataset in facts.datasets:
        if dataset.shape is None or dataset.shape in told:
            continue
        told.append(dataset.shape)
        yield from _compared(facts, name, dataset, dataset.shape)


def _compared(facts: Facts, name: str, dataset: Dataset, shape: Shape) -> Iterator[Violation]:
    assert facts.input is not None and facts.spec.stack is not None
    declared = facts.input.sample
    fed = check_input_fit(shape, facts.input, facts.spec.stack.layers, facts.layers, facts.env)
    if fed.fits:
        return
    samples = f"the samples of [data.{name}] are {show(shape)}"
    message, severity, label = f"declared is {show(declared)}, but {samples}", "error", None
    if fed.rank:
        label = f"{len(declared)} {_axes(declared)}, the samples have {len(shape)}"
        if len(declared) == len(shape) + 1 and declared[1:] == shape:
            label = "the batch does not belong here"
        elif dataset.samples is not None and declared[:1] == (dataset.samples,):
            label = f"{dataset.samples} is the number of samples"
    elif fed.refusing is not None:
        label = f"{dataset.samples} is the number of samples" if dataset.samples in declared else None
    elif declared != shape and not fed.adjusted:
        message += ", and no layer minds the difference"
        severity = "warning"
    else:
        message += ": Keras " + ("drops" if len(shape) > len(declared) else "adds") + " the last axis without a word"
        severity = "info"
    path: Path = ("model", "input")
    if isinstance(facts.spec.tree["model"]["input"], dict):
        path = (*path, "shape")
    written = [size if isinstance(size, int) else str(size) for size in shape]
    yield Violation(
        RULE.name,
        message,
        path=path,
        severity=severity,
        label=label,
        related=[
            (("data", name, "shape"), "the shape of the samples"),
            *([(fed.refusing.path, "this layer fits only the declared input")] if fed.refusing is not None else []),
        ],
        help=f"write {show_input(written)}, or correct the shape in [data.{name}]",
        fix=TreeFix("take the shape of the data", (set_value(path, written),)) if all_known(shape) else None,
    )


def show_input(sizes: list[int | str]) -> str:
    """A shape as a document has it."""
    return "input = " + str(sizes).replace("'", '"')


def _axes(shape: Shape) -> str:
    return "axis" if len(shape) == 1 else "axes"


RULE = Rule(
    code="SEQ604",
    name="data-shape-mismatch",
    severity="error",
    requires=Requires(tables=("data",), arguments=("shape",)),
    check=check,
    docs=__doc__,
)
