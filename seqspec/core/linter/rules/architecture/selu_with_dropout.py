"""Dropout or batch normalization between SELU layers.

What it does: Detects `Dropout` and `BatchNormalization` after a `selu` layer.

Why is this bad? `selu` is self-normalizing. `Dropout` changes mean and variance, which `AlphaDropout` preserves; batch
normalization repeats, at a cost, what `selu` already does.

Example:
    seqspec = 1

    [model]
    input = [32]
    layers = [
      { type = "Dense", units = 64, activation = "selu", kernel_initializer = "lecun_normal" },
      { type = "Dropout", rate = 0.1 },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

Use instead:
    -  { type = "Dropout", rate = 0.1 },
    +  { type = "AlphaDropout", rate = 0.1 },

Confidence: medium: such models train, but lose the benefit of `selu`. Severity is info.

References:
    Klambauer et al., Self-Normalizing Neural Networks, 2017
    keras.layers.AlphaDropout
"""

from seqspec.core.linter.rules import Facts, Findings, at_layer, finding, fix_setting, rule


@rule("SEQ413", "info", graphs="path", layers=("dropout", "BatchNormalization"), activations="selu")
def check(facts: Facts) -> Findings:
    flow = facts.stack.flow
    if not flow.indices_by_activation["selu"]:
        return
    for index, step in enumerate(flow):
        norm = step.entry.type == "BatchNormalization"
        if not norm and (step.kind != "dropout" or step.entry.type == "AlphaDropout"):
            continue
        before = flow.before(index, frozenset({"layout", "dropout"}))
        if before is None or before.activation != "selu":
            continue
        path = (*step.entry.path, "type")
        fix = None if norm else fix_setting("AlphaDropout", path)
        yield finding(
            "normalizes the output of selu, which is self-normalizing"
            if norm
            else "changes the variance that selu preserves",
            **at_layer(step.entry),
            label="after selu",
            related=[(before.entry.path, "selu activation")],
            help='remove one of them; BatchNormalization is usually combined with "relu"'
            if norm
            else 'use "AlphaDropout"',
            fix=fix if step.entry.type == "Dropout" else None,
        )
