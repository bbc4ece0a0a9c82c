"""Activation applied to the output of another activation.

What it does: finds an activation layer behind a layer that has an activation already, inside the model.

Why it hurts: the second one seldom does what its author thinks. `LeakyReLU` behind `relu` never sees a negative value,
and so never leaks; `relu` behind `relu` does nothing; `relu` behind `sigmoid` does nothing either.

Example:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 64, activation = "relu" },
      "LeakyReLU",
      { type = "Dense", units = 3, activation = "softmax" },
    ]

Instead:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 64 },
      "LeakyReLU",
      { type = "Dense", units = 3, activation = "softmax" },
    ]

Confidence: high. `relu` behind `relu` is a hint, since it changes nothing. Two activations at the end of the model are
the matter of the rules on the head; recurrent layers are left alone, whose activation belongs to their state.

References:
    NeuraLint f003 (Nikanjam et al., 2021)
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.flow import Step
from seqspec.diagnostics.tree_fix import TreeFix, remove, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule

_PASSED = frozenset({"dropout", "noise", "layout"})


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    flow = facts.flow
    for index in flow.indices_by_kind["activation"]:
        step = flow[index]
        if index > flow.last_weights or step.activation == "linear":
            continue
        first = flow.before(index, _PASSED)
        if first is None or first.kind not in ("weights", "activation") or first.activation in (None, "linear"):
            continue
        named = "activation" in type(first.entry.layer).model_fields
        path = (*first.entry.path, "activation") if named else first.entry.path
        fix: TreeFix | None
        if first.activation == step.activation:
            help = "remove this layer" if isinstance(step.entry.path[-1], int) else "remove this activation"
            fix = TreeFix("remove the second one", (remove(step.entry.path),))
        else:
            help = "keep one of the two: remove the first one, or this layer"
            fix = TreeFix("remove the first one", (set_value(path, "linear"),)) if named else None
        yield Violation(
            RULE.name,
            f"applies {_name(step)} to the output of {_name(first)}",
            path=step.entry.path,
            anchor="layer",
            label="a second activation",
            related=[(path, "the first one")],
            severity="info" if first.activation == step.activation == "relu" else None,
            help=help,
            fix=fix,
        )


def _name(step: Step) -> str:
    """The name of the activation; that of the layer where it is not the same function, as PReLU learns its slope."""
    return step.type if step.type == "PReLU" else str(step.activation)


RULE = Rule(
    code="SEQ404",
    name="double-activation",
    severity="warning",
    requires=Requires(layers=("Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax")),
    check=check,
    docs=__doc__,
)
