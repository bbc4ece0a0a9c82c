"""SELU layer without the `lecun_normal` initializer.

What it does: Detects `selu` layers whose kernel initializer does not have the variance that `selu` requires. It is a
warning if the signal grows or shrinks over three or more of them.

Why is this bad? `selu` preserves mean and variance of the signal from layer to layer, which is its purpose. It does so
only if the variance of the weights is 1 / fan_in, as with `lecun_normal`; with `he_normal` the signal grows from layer
to layer.

Example:
    seqspec = 1

    [model]
    input = [32]
    layers = [
      { type = "Dense", units = 128, activation = "selu" },
      { type = "Dense", units = 32, activation = "selu", kernel_initializer = "lecun_normal" },
      { type = "Dense", units = 3, activation = "softmax" },
    ]

Use instead:
    -  { type = "Dense", units = 128, activation = "selu" },
    +  { type = "Dense", units = 128, activation = "selu", kernel_initializer = "lecun_normal" },

Confidence: high by arithmetic, low for the effect on quality: with one or two layers the signal is off by less than a
factor of 2, so severity is info. In mean-field theory, ten layers with he_normal yield a mean square of 18 instead of
1. Layers before a normalization are not reported.

References:
    Klambauer et al., Self-Normalizing Neural Networks, 2017
    keras.activations.selu
"""

from seqspec.core.linter.rules import Facts, Findings, Setting, at_layer, finding, fix_setting, fmt, rule


@rule("SEQ412", "info", graphs="path", activations="selu")
def check(facts: Facts) -> Findings:
    if not facts.stack.flow.indices_by_activation["selu"]:
        return
    off = [
        level
        for level in facts.stack.signal_gains
        if level.activation == "selu" and not level.normalized and not 0.8 < level.gain**2 < 1.25
    ]
    loud = len(off) > 2 and not 0.5 < off[-1].output_mean_square < 2
    for level in off:
        entry = level.step.entry
        named = "kernel_initializer" in entry.layer.model_fields_set
        yield finding(
            fmt("selu requires lecun_normal; these initial weights scale the signal by {:.2g}", level.gain),
            **at_layer(entry, "kernel_initializer"),
            label="not lecun_normal" if named else "default is glorot_uniform",
            help=fmt("set {}", Setting("kernel_initializer", "lecun_normal")),
            severity="warning" if loud else None,
            fix=fix_setting("lecun_normal", (*entry.path, "kernel_initializer")),
        )
