"""Weight penalty that outweighs the loss.

What it does: Detects a `kernel_regularizer` with L2 of 0.05 or more, or L1 of 0.01 or more on at least 10,000 weights;
L1 or L2 of 0.005 or more is info. Layers with the same penalty are reported once, with their number.

Why is this bad? The penalty is added to the loss. If it dominates, training mostly shrinks the weights: a layer of 512
units initialized with `he_normal` adds about 100 to the loss with an L2 of 0.1, where the cross-entropy of ten classes
adds 2.3.

Example:
    seqspec = 1

    [model]
    input = [64]
    layers = [
      { type = "Dense", units = 64, activation = "relu", kernel_regularizer = "l2(0.1)" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Use instead:
    -  { type = "Dense", units = 64, activation = "relu", kernel_regularizer = "l2(0.1)" },
    +  { type = "Dense", units = 64, activation = "relu", kernel_regularizer = "l2(1e-4)" },

Confidence: high from 0.05. The Keras default of 0.01 is common; it slows training, so severity is info.

References:
    TheDeepChecker, "over_regularization" (Ben Braiek and Khomh, 2022)
"""

from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.analysis.layers.arguments import factors_of
from seqspec.core.diagnostics.message import short
from seqspec.core.diagnostics.violation import Path
from seqspec.core.linter.rules import Facts, Findings, Value, Verbatim, finding, fix_setting, fmt, given_argument, rule


@rule("SEQ450", "warning", graphs="each", arguments="kernel_regularizer")
def check(facts: Facts) -> Findings:
    layers_by_penalty: dict[tuple[str, float], dict[Path, LayerReport]] = {}
    dominating: set[tuple[str, float]] = set()
    for step in facts.stack.flow:
        entry = step.entry
        penalty = given_argument(entry.layer, "kernel_regularizer")
        if penalty is None or step.kind == "opaque":
            continue
        l1, l2 = factors_of(penalty)
        kind = ("L1", l1) if l1 >= l2 else ("L2", l2)
        if max(l1, l2) >= 0.005:
            # The second call of a shared layer adds no penalty.
            layers_by_penalty.setdefault(kind, {}).setdefault(entry.path, entry)
        if l2 >= 0.05 or l1 >= 0.05 or (l1 >= 0.01 and entry.params >= 10_000):
            dominating.add(kind)
    for (name, factor), by_path in layers_by_penalty.items():
        layers = by_path.values()
        dominates = (name, factor) in dominating
        paths = [(*path, "kernel_regularizer") for path in by_path]
        several = fmt(" in {} layers", len(layers)) if len(layers) > 1 else ""
        yield finding(
            fmt("{} of {}{}", name, short(factor), several)
            + (
                " dominates the loss, so training mostly shrinks the weights"
                if dominates
                else " is strong and may cause underfitting"
            ),
            path=paths[0],
            label=fmt("{} of {}", name, short(factor)),
            help=fmt("use 1e-5 to 1e-3, such as {}", Value({"type": "L2", "l2": Verbatim("1e-4")})),
            severity=None if dominates else "info",
            fix=fix_setting({"type": "L2", "l2": 1e-4}, *paths),
        )
