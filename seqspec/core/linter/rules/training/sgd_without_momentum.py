"""SGD without momentum in a deep network.

What it does: Detects SGD without momentum, schedule or ReduceLROnPlateau in a network with four or more layers with
weights.

Why is this bad? Each update follows a single noisy gradient. Momentum averages over about ten updates and converges
many times faster in flat or ill-conditioned regions, for one additional value per weight.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dense", units = 32, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [compile]
    optimizer = { type = "SGD", learning_rate = 0.01 }
    loss = "binary_crossentropy"

Use instead:
    -optimizer = { type = "SGD", learning_rate = 0.01 }
    +optimizer = { type = "SGD", learning_rate = 0.01, momentum = 0.9 }

Confidence: severity is info: plain gradient descent converges too, only more slowly.

References:
    Sutskever et al., On the importance of initialization and momentum in deep learning, 2013
    DSLinter: hyperparameters that are left at their defaults
"""

from seqspec.core.linter.rules import Facts, Findings, Value, Verbatim, finding, fix_setting, fmt, rule

_DEEP = 4


@rule("SEQ505", "info", graphs="each", optimizers="SGD")
def check(facts: Facts) -> Findings:
    for entry in facts.training.optimizers:
        if (
            entry.kind != "SGD"
            or entry.momentum
            or entry.scheduled
            or "ReduceLROnPlateau" in facts.training.callback_types
        ):
            continue
        rates = entry.rates(None)
        # Learning rates that are too low or too high are reported by their own rules, with the same fix.
        if not 1e-3 < rates[0] < 0.5 or sum(layer.role == "weights" for layer in facts.flat_layers) < _DEEP:
            continue
        # Many convolutions without normalization are also reported by their own rule.
        if len(facts.stack.unnormalized_convolutions) >= 6:
            continue
        yield finding(
            "SGD without momentum converges slowly in a network with several layers",
            path=entry.path,
            anchor="layer",
            label="no momentum",
            help=fmt("use {}", Value({"type": "SGD", "learning_rate": Verbatim(f"{rates[0]:g}"), "momentum": 0.9})),
            fix=fix_setting(0.9, (*entry.path, "momentum")) if isinstance(entry.written, dict) else None,
        )
