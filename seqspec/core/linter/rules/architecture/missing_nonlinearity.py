"""Consecutive layers with weights and no nonlinearity between them.

What it does: Detects a layer with weights and no activation that is directly followed by the next layer with weights.
Normalization, dropout, reshaping, padding and average pooling in between do not count, since they are linear.

Why is this bad? Two consecutive linear maps are one linear map. The layer adds parameters and cost, but nothing that
the next layer could not learn alone; usually an activation was forgotten.

Example:
    seqspec = 1

    [model]
    input = [28, 28, 1]
    layers = [
      { type = "Conv2D", filters = 32, kernel_size = 3, activation = "relu" },
      "MaxPooling2D",
      "Flatten",
      { type = "Dense", units = 64 },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Use instead:
    -  { type = "Dense", units = 64 },
    +  { type = "Dense", units = 64, activation = "relu" },

Confidence: high, and certain by arithmetic. Severity is info where consecutive linear maps may be intended: the first
one is a bottleneck (a low-rank factorization), a vector is reshaped to a feature map or repeated over time, or a
recurrent layer follows. It is also info if max pooling, which is not linear, is in between: such models train, an old
Keras example (net2net) among them. Depthwise convolutions, convolutions one of which goes along a single axis, such as
(1, 5) and (5, 1), and the code layer of autoencoders are not reported.
tests/core/differential/test_signal.py verifies on Keras which layers are linear.

References:
    NeuraLint f009 (Nikanjam et al., 2021)
    UMLAUT, "missing activations" (Schoop et al., 2021)
"""

from seqspec.core.linter.rules import (
    Facts,
    Findings,
    Setting,
    TreeFix,
    Value,
    at_layer,
    finding,
    fix_setting,
    fmt,
    insert,
    rule,
)

_RELU = {"type": "Activation", "activation": "relu"}


@rule("SEQ401", "warning", graphs="path", layers="weights", activations="linear")
def check(facts: Facts) -> Findings:
    if facts.stack.is_linear:
        return
    reconstructs = getattr(facts.target, "kind", None) == "reconstruction"
    for link in facts.stack.linear_pairs:
        if link.nonlinearity == "activation" or not link.first.entry.layer.trainable:
            continue
        if "Depthwise" in link.first.entry.type + link.second.entry.type or link.is_factorized:
            continue
        deliberate = link.deliberate
        if deliberate and reconstructs:
            continue
        entry = link.first.entry
        path = (*entry.path, "activation")
        if link.nonlinearity is None:
            message = "has no activation, so it and the next layer with weights form a single linear map"
            label = "no activation"
        else:
            message = "has no activation: max pooling is the only nonlinearity before the next layer with weights"
            label = "only max pooling follows"
        help = fmt("set {}", Setting("activation", "relu"))
        fix = fix_setting("relu", path)
        norm = next((step.entry for step in link.between if step.kind == "norm"), None)
        if norm is not None and isinstance(norm.path[-1], int):
            help = fmt("add {} after the normalization", Value({"type": "Activation", "activation": "relu"}))
            next_path = (*norm.path[:-1], norm.path[-1] + 1)
            fix = TreeFix("add relu after the normalization", (insert(next_path, _RELU),))
        yield finding(
            message,
            **at_layer(entry, "activation"),
            label=label,
            help=help + (", unless the bottleneck is intended" if deliberate else ""),
            severity="info" if deliberate or link.nonlinearity is not None else None,
            related=[(link.second.entry.path, "next layer with weights")],
            fix=fix,
        )
