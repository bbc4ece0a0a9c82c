"""Consecutive layers with weights and no nonlinearity between them.

What it does: finds a layer with weights and no activation whose output goes straight to the next layer with weights.
Normalization, dropout, reshaping, padding and average pooling between the two change nothing: they are linear too.

Why it hurts: two linear maps in a row are one linear map. The layer costs weights and time and adds nothing that the
next one could not learn alone; mostly an activation was forgotten.

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

Instead:
    seqspec = 1

    [model]
    input = [28, 28, 1]
    layers = [
      { type = "Conv2D", filters = 32, kernel_size = 3, activation = "relu" },
      "MaxPooling2D",
      "Flatten",
      { type = "Dense", units = 64, activation = "relu" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

Confidence: high, and certain as arithmetic. It is a hint where two maps in a row may be meant: the first one narrows
(a factorized map), a vector is spread over a map by Reshape or repeated over time, or a recurrent layer follows. Where
only max pooling is between the two, which is not linear, it is a hint too: such models train, an old example of Keras
(net2net) among them. Depthwise convolutions and the code of a model that reconstructs
its input are left alone. tests/differential/test_signal.py proves on Keras that the maps which are called linear are,
and that the others are not.

References:
    NeuraLint f009 (Nikanjam et al., 2021)
    UMLAUT, "missing activations" (Schoop et al., 2021)
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.roles import LINEAR
from seqspec.diagnostics.tree_fix import TreeFix, insert, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule

_RELU = {"type": "Activation", "activation": "relu"}


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    if facts.is_linear:
        return
    reconstructs = getattr(facts.target, "kind", None) == "reconstruction"
    for link in facts.linear_pairs:
        if link.bent == "activation" or not link.first.entry.layer.trainable:
            continue
        if "Depthwise" in link.first.entry.type + link.second.entry.type:
            continue
        deliberate = link.deliberate
        if deliberate and reconstructs:
            continue
        entry = link.first.entry
        path = (*entry.path, "activation")
        if link.bent is None:
            message = "has no activation, so that it and the next layer with weights are one linear map"
            label = "no activation"
        else:
            message = "has no activation: the max pooling behind it is all that is not linear before the next weights"
            label = "only max pooling follows"
        help = 'write activation = "relu"'
        fix = TreeFix("use relu", (set_value(path, "relu"),))
        norm = next((step.entry for step in link.between if step.kind == "norm"), None)
        if norm is not None and isinstance(norm.path[-1], int):
            help = 'put { type = "Activation", activation = "relu" } behind the normalization'
            place = (*norm.path[:-1], norm.path[-1] + 1)
            fix = TreeFix("put relu behind the normalization", (insert(place, _RELU),))
        yield Violation(
            RULE.name,
            message,
            path=path if "activation" in entry.layer.model_fields_set else entry.path,
            anchor="value" if "activation" in entry.layer.model_fields_set else "layer",
            label=label,
            help=help + (", unless the narrow or linear map is meant" if deliberate else ""),
            severity="info" if deliberate or link.bent is not None else None,
            related=[(link.second.entry.path, "the next layer with weights")],
            fix=fix,
        )


RULE = Rule(
    code="SEQ401",
    name="missing-nonlinearity",
    severity="warning",
    requires=Requires(layers=LINEAR),
    check=check,
    docs=__doc__,
)
