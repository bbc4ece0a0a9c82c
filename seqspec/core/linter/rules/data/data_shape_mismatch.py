"""Data whose shape differs from the input shape.

What it does: Detects sample shapes in `[data.train]`, `[data.validation]` and `[data.test]` that differ from the
declared input of the model, and an input that has more or fewer values than `[data.columns]` encodes.

Why is this bad? If the weights of a layer only fit the declared shape, Keras raises an error on the first batch:
severity is error. If no layer depends on it, the model silently trains on images or sequences of a different size: a
warning. If only a last axis of size 1 is missing or superfluous, Keras silently adds or drops it: info.

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

Use instead:
    -input = [180]
    +input = [10]

Confidence: certain, given the declared metadata: shape inference is repeated with the shape of the data.

References:
    keras.Model.fit; keras/src/models/functional.py, _adjust_input_rank
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from seqspec.core.analysis.data.input_fit import accepts_input, check_input_fit
from seqspec.core.document.data import Dataset
from seqspec.core.linter.rules import (
    Facts,
    Findings,
    InputShape,
    Message,
    Path,
    Shape,
    TableName,
    all_known,
    counted,
    finding,
    fix_setting,
    fmt,
    rule,
    show,
)
from seqspec.core.shapes.tensor import Dim

if TYPE_CHECKING:
    from seqspec.core.document.columns import Column

_SHOWN = 4
"""The number of columns that a message lists."""


@rule("SEQ604", "error", graphs="all", tables="data", arguments=("shape", "columns"), depends_on=("sizes",))
def check(facts: Facts) -> Findings:
    if facts.input is None:
        return
    if facts.data.columns is not None:
        yield from _encoded(facts, facts.data.columns, facts.input.sample)
        return
    if not facts.layers or "input" not in facts.spec.tree["model"]:
        return
    if facts.graph is not None and (len(facts.graph.graph.inputs) != 1 or None in facts.graph.by_call):
        return
    declared_shapes: list[Shape] = []
    for name, dataset in facts.inputs.datasets:
        if dataset.shape is None or dataset.shape in declared_shapes:
            continue
        declared_shapes.append(dataset.shape)
        yield from _compared(facts, name, dataset, dataset.shape)


def _encoded(facts: Facts, columns: Mapping[str, Column], declared: Shape) -> Findings:
    """The finding for an input that differs from the encoded columns."""
    from seqspec.core.document.columns import encoded_width, listed_widths

    width = encoded_width(columns)
    size = declared[0] if len(declared) == 1 else None
    if isinstance(size, Dim) or (size is not None and width in (size, None)):
        return
    written = facts.inputs.declared_input
    path: Path = ("model", "input", "shape") if isinstance(written, dict) else ("model", "input")
    help, fix = fmt("write {} with the number of encoded values", InputShape(["N"])), None
    if written is None:
        path = ("model", "layers", 0)
        help = Message("remove the input shape of the first layer")
    elif width is not None:
        help = fmt("omit input, or write {}", InputShape([width]))
        fix = fix_setting([width], path)
    shape = fmt("the shape {}", show(declared)) if size is None else counted(size, "value")
    encoded = fmt("{}: ", width) if width is not None else "one vector: "
    yield finding(
        fmt("the input has {}, but the columns are encoded as {}{}", shape, encoded, listed_widths(columns, _SHOWN)),
        path=path,
        related=[(("data", "columns"), "the encoded columns")],
        help=help,
        fix=fix,
    )


def _compared(facts: Facts, name: str, dataset: Dataset, shape: Shape) -> Findings:
    assert facts.input is not None
    declared = facts.input.sample
    fed = check_input_fit(shape, facts.input, facts.spec.stack.layers, facts.layers, facts.env, facts.graph)
    if fed.fits:
        return
    if facts.graph is not None and fed.refusing is not None and "base_model" in fed.refusing.traits:
        # A base model checks its input size when it is created, not when it is called.
        return
    samples = fmt("samples of {} have shape {}", TableName(("data", name)), show(shape))
    message, severity = fmt("the declared input is {}, but {}", show(declared), samples), "error"
    label: str | None = None
    if fed.rank:
        label = fmt("rank {}, samples have rank {}", len(declared), len(shape))
        if len(declared) == len(shape) + 1 and declared[1:] == shape:
            label = "input must not include the batch size"
        elif dataset.samples is not None and declared[:1] == (dataset.samples,):
            label = fmt("{} is the number of samples", dataset.samples)
    elif fed.refusing is not None:
        label = fmt("{} is the number of samples", dataset.samples) if dataset.samples in declared else None
    elif declared != shape and not fed.adjusted:
        message += ", and no layer depends on the difference"
        severity = "warning"
    else:
        message += ": Keras silently " + ("drops" if len(shape) > len(declared) else "adds") + " the last axis"
        severity = "info"
    path: Path = ("model", "input")
    if isinstance(facts.spec.tree["model"]["input"], dict):
        path = (*path, "shape")
    written = [size if isinstance(size, int) else str(size) for size in shape]
    help = fmt("set {}, or correct the shape in {}", InputShape(written), TableName(("data", name)))
    stack = facts.spec.stack.layers
    train = next((dataset.shape for other, dataset in facts.inputs.datasets if other == "train" != name), None)
    trains = train is not None and check_input_fit(train, facts.input, stack, facts.layers, facts.env, facts.graph).fits
    if trains or facts.graph is not None or not accepts_input(shape, facts.input, stack, facts.layers, facts.env):
        help = fmt("provide samples of shape {} in {}", show(declared), TableName(("data", name)))
        written = []
    yield finding(
        message,
        path=path,
        severity=severity,
        label=label,
        related=[
            (("data", name, "shape"), "shape of the samples"),
            *([(fed.refusing.path, "only accepts the declared input")] if fed.refusing is not None else []),
        ],
        help=help,
        fix=fix_setting(written, path) if written and all_known(shape) else None,
    )
