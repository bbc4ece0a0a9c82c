"""Datasets with different value ranges.

What it does: Detects a validation or test set whose values have a different scale than the training set.

Why is this bad? A model trained on values in [0, 1] cannot predict from values in [0, 255]. Preprocessing was applied
to one set and forgotten for another.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [data.train]
    range = [0.0, 1.0]

    [data.test]
    range = [0, 255]

Use instead:
    -range = [0, 255]
    +range = [0.0, 1.0]

Confidence: reported if one range is 5 times as wide as the other, or if they are disjoint. `check --data` does
not compare the parts of one source, which have the same unit.

References:
    UMLAUT and DLContract, normalization of all sets alike
"""

from seqspec.core.linter.rules import Facts, Findings, Interval, TableName, finding, fmt, rule

_TIMES = 5


@rule("SEQ614", "warning", graphs="all", tables="data", arguments="range")
def check(facts: Facts) -> Findings:
    sets = [(name, Interval(*dataset.range)) for name, dataset in facts.inputs.datasets if dataset.range is not None]
    if len(sets) < 2:
        return
    first, usual = sets[0]
    for name, values in sets[1:]:
        wide, narrow = sorted((usual.high - usual.low, values.high - values.low), reverse=True)
        apart = values.low > usual.high or usual.low > values.high
        if wide > _TIMES * narrow or apart:
            table, usual_table = TableName(("data", name)), TableName(("data", first))
            yield finding(
                fmt("values of {} are in {}, but those of {} in {}", table, values, usual_table, usual),
                path=("data", name, "range"),
                related=[(("data", first, "range"), "different scale")],
                help=fmt(
                    "add the scaling to the model, or preprocess {} like {}",
                    table,
                    usual_table,
                ),
            )
