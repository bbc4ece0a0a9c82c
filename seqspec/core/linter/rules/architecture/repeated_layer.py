"""Same layer twice in a row.

What it does: Detects two consecutive normalizations, dropouts or identical pooling layers.

Why is this bad? Normalizing twice has no effect; two dropouts are one with a higher rate; two pooling layers are one
with a larger window. Usually a line was duplicated by mistake.

Example:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dropout", rate = 0.2 },
      { type = "Dropout", rate = 0.2 },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

Use instead:
    -  { type = "Dropout", rate = 0.2 },
    -  { type = "Dropout", rate = 0.2 },
    +  { type = "Dropout", rate = 0.36 },

Confidence: high, and harmless: severity is info.

References:
    Humbatova et al., Taxonomy of Real Faults in Deep Learning Systems, 2020, "redundant layer"
"""

from seqspec.core.linter.rules import Facts, Findings, TreeFix, at_layer, finding, fmt, remove, rule


@rule("SEQ467", "info", layers=("normalization", "dropout", "pooling"))
def check(facts: Facts) -> Findings:
    before = None
    for step in facts.stack.flow:
        first, before = before, step
        if first is None or first.type != step.type:
            continue
        if step.entry.traits.isdisjoint(_GROUPS) and step.kind != "dropout":
            continue
        second = step.entry
        yield finding(
            fmt("is the second consecutive {}", second.type),
            **at_layer(second),
            label="repeated layer",
            related=[(first.entry.path, "first layer")],
            help=fmt("remove one {}", second.type),
            fix=TreeFix("remove the second layer", (remove(second.path),))
            if isinstance(second.path[-1], int)
            else None,
        )


_GROUPS = ("normalization", "pooling")
