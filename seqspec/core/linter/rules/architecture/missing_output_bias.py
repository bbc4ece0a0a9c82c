"""Output layer without a bias.

What it does: Detects a last `Dense` layer with `use_bias = false`.

Why is this bad? The bias of the last layer models what is common to all samples: the mean of the targets or the class
frequencies. Without it the weights must approximate that from the features.

Example:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, use_bias = false },
    ]

Use instead:
    -  { type = "Dense", units = 1, use_bias = false },
    +  { type = "Dense", units = 1 },

Confidence: low: severity is info. Layers before a normalization are not reported, since the bias would have no effect
there.

References:
    TheDeepChecker, "need_bias" (Ben Braiek and Khomh, 2022)
"""

from seqspec.core.linter.rules import Facts, Findings, Setting, finding, fix_setting, fmt, rule


@rule("SEQ465", "info", graphs="head", layers="Dense", arguments="use_bias")
def check(facts: Facts) -> Findings:
    flow = facts.stack.flow
    last = flow.last_learned
    if not facts.has_full_stack or last < 0 or flow[last].entry.type != "Dense":
        return
    entry = flow[last].entry
    if entry.layer.use_bias or any(step.kind == "norm" for step in flow[last + 1 :]):
        return
    path = (*entry.path, "use_bias")
    yield finding(
        "the output layer has no bias to model the mean of the targets",
        path=path,
        label="no bias",
        help=fmt("remove {}", Setting("use_bias", False)),
        fix=fix_setting(True, path),
    )
