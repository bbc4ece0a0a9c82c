"""Input shape that includes the batch size.

What it does: Detects an input whose first dimension is the batch size or the number of samples.

Why is this bad? `input` is the shape of one sample. If it includes the batch size, the model expects one axis more than
the data (Keras raises an error on the first batch), or treats a whole batch as one sample.

Example:
    seqspec = 1

    [model]
    input = [64, 784]
    layers = [
      { type = "Dense", units = 32, activation = "relu" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [compile]
    loss = "categorical_crossentropy"

    [fit]
    epochs = 5
    batch_size = 64

Use instead:
    -input = [64, 784]
    +input = [784]

Confidence: high for the number of samples. The batch size is only reported if the first layer with weights is a Dense
layer on an input of rank 2 or more, which treats the first axis as a batch. If `[data.train]` declares a shape,
`data-shape-mismatch` reports it instead.

References:
    keras.Input: shape "does not include the batch size"
"""

from seqspec.core.linter.rules import Facts, Findings, Path, Requires, TreeFix, finding, fmt, rule, set_value, show

_FEW = 16
"""Smaller numbers are often genuine dimensions."""


@rule("SEQ605", "warning", any_of=(Requires(tables=("data",)), Requires(tables=("fit",))))
def check(facts: Facts) -> Findings:
    x = facts.input
    declared = facts.spec.tree["model"].get("input")
    train = facts.data.train
    if x is None or declared is None or not x.sample or (train is not None and train.shape is not None):
        return
    first = x.sample[0]
    if not isinstance(first, int) or first < _FEW:
        return
    samples = train.samples if train is not None else None
    if first not in (samples, *[stage.batch_size for stage in facts.fit]):
        return
    evidence: str | None = None
    where: Path = ()
    if samples == first:
        evidence, where = "the number of samples", ("data", "train", "samples")
    elif len(x.sample) > 1 and (stage := _stage_of(facts, first)) is not None and _dense_first(facts):
        evidence, where = "the batch size", (*facts.stage_path(stage), "batch_size")
    if evidence is None:
        return
    path: Path = ("model", "input", "shape") if isinstance(declared, dict) else ("model", "input")
    rest = [size if isinstance(size, int) else str(size) for size in x.sample[1:]]
    yield finding(
        fmt("input must be the shape of one sample, but the {} of {} is {}", first, show(x.sample), evidence),
        path=(*path, 0),
        label=evidence,
        related=[(where, evidence)],
        help="remove this dimension" if rest else "set the number of features of one sample",
        fix=TreeFix("remove the batch dimension", (set_value(path, rest),)) if rest else None,
    )


def _stage_of(facts: Facts, size: int) -> int | None:
    return next((index for index, stage in enumerate(facts.fit) if stage.batch_size == size), None)


def _dense_first(facts: Facts) -> bool:
    return bool(facts.flat_layers) and facts.flat_layers[0].type == "Dense"
