"""Dataset without samples.

What it does: Detects datasets without samples: a `validation_split` that leaves either side empty, and datasets
declared with 0 samples. A split that holds out half of the data or more is info.

Why is this bad? Keras raises an error if either side of the split is empty, and computes no metrics on an empty set.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [compile]
    loss = "mse"

    [fit]
    epochs = 20
    validation_split = 0.9999

    [data.train]
    samples = 1200

Use instead:
    -validation_split = 0.9999
    +validation_split = 0.25

Confidence: certain: the computation is the same as in Keras.

References:
    keras/src/trainers/data_adapters/array_slicing.py, train_validation_split
"""

from seqspec.core.linter.rules import Facts, Findings, Requires, SpecOrProgram, TableName, finding, fmt, rule

_MAX_SHARE = 0.5


@rule(
    "SEQ611",
    "error",
    graphs="all",
    any_of=(Requires(tables=("data",)), Requires(tables=("fit",), arguments=("validation_split",))),
)
def check(facts: Facts) -> Findings:
    empty = [name for name, dataset in facts.inputs.datasets if dataset.samples == 0]
    for name in empty:
        yield finding(
            fmt("[data.{}] has no samples", name),
            path=("data", name, "samples"),
            help="correct the number, or remove the table",
        )
    for split in facts.inputs.splits:
        share = split.stage.validation_split
        if not split.splits or "train" in empty:
            continue
        path = (*facts.stage_path(split.number), "validation_split")
        if 0 in (split.train, split.validation):
            side = "no training data" if split.train == 0 else "no validation data"
            yield finding(
                fmt("validation_split {:g} of {} samples leaves {}: Keras raises ValueError", share, split.total, side),
                path=path,
                related=[(("data", "train", "samples"), fmt("{} samples", split.total))],
                help=fmt(
                    "use a fraction such as 0.2, or {}",
                    SpecOrProgram(
                        fmt("declare a separate set in {}", TableName(("data", "validation"))),
                        "pass a separate set as validation_data",
                    ),
                ),
            )
        elif share >= _MAX_SHARE:
            yield finding(
                fmt("validation_split holds out {:.0%} of the training data", share)
                + _numbers(split.train, split.validation),
                path=path,
                severity="info",
                help="typical values are 0.1 to 0.3",
            )


def _numbers(train: int | None, validation: int | None) -> str:
    return "" if train is None else fmt(": {} samples for training, {} for validation", train, validation)
