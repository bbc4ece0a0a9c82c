"""Activation applied to the output of another activation.

What it does: Detects an activation layer directly after a layer that already has an activation, inside the model.

Why is this bad? The second activation rarely does what was intended. `LeakyReLU` after `relu` never receives a negative
value, and so never leaks; `relu` after `relu` or `sigmoid` has no effect.

Example:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 64, activation = "relu" },
      "LeakyReLU",
      { type = "Dense", units = 3, activation = "softmax" },
    ]

Use instead:
    -  { type = "Dense", units = 64, activation = "relu" },
    +  { type = "Dense", units = 64 },

Confidence: high. `relu` after `relu` is info, since it has no effect. Two activations at the end of the model are
reported by the output rules; recurrent layers are not reported, since their activation applies to the state.

References:
    NeuraLint f003 (Nikanjam et al., 2021)
"""

from seqspec.core.analysis.flow import Step
from seqspec.core.linter.rules import Facts, Findings, TreeFix, at_layer, finding, fmt, remove, rule, set_value

_PASSED = frozenset({"dropout", "noise", "layout"})


@rule("SEQ404", "warning", graphs="path", layers="activation")
def check(facts: Facts) -> Findings:
    flow = facts.stack.flow
    for index in flow.indices_by_kind["activation"]:
        step = flow[index]
        if index > flow.last_hidden or step.activation == "linear":
            continue
        first = flow.before(index, _PASSED)
        if first is None or first.kind not in ("weights", "activation") or first.activation in (None, "linear"):
            continue
        named = "activation" in type(first.entry.layer).model_fields
        path = (*first.entry.path, "activation") if named else first.entry.path
        fix: TreeFix | None
        if first.activation == step.activation:
            help = "remove this layer" if isinstance(step.entry.path[-1], int) else "remove this activation"
            fix = TreeFix("remove the second activation", (remove(step.entry.path),))
        else:
            help = "remove the first activation or this layer"
            fix = TreeFix("remove the first activation", (set_value(path, "linear"),)) if named else None
        yield finding(
            fmt("applies {} to the output of {}", _name(step), _name(first)),
            **at_layer(step.entry),
            label="second activation",
            related=[(path, "first activation")],
            severity="info" if first.activation == step.activation == "relu" else None,
            help=help,
            fix=fix,
        )


def _name(step: Step) -> str:
    """The name of the activation, or of the layer for PReLU, whose slope is trained."""
    return step.type if step.type == "PReLU" else str(step.activation)
