"""Output bias that ignores the class frequencies.

What it does: finds a head that starts with all classes alike although `class_counts` says that some are rare.

Why it hurts: the first epochs go into learning how frequent the classes are, which the start value of the last bias
can say at once. Until then the loss curve says nothing else.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [target]
    kind = "binary"
    class_counts = [99000, 1000]

    [compile]
    optimizer = "adam"
    loss = "binary_crossentropy"
    metrics = ["AUC"]

    [fit]
    epochs = 20

    [data.validation]

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid", bias_initializer = "constant(-4.6)" },
    ]

    [target]
    kind = "binary"
    class_counts = [99000, 1000]

    [compile]
    optimizer = "adam"
    loss = "binary_crossentropy"
    metrics = ["AUC"]

    [fit]
    epochs = 20

    [data.validation]

Confidence: a hint for one sigmoid unit and 20 times as many samples or more. With class_weight the classes count
alike, and nothing is said.

References:
    Karpathy, A recipe for training neural networks, 2019: "init well"
    tensorflow.org, Classification on imbalanced data: set the correct initial bias
"""

from __future__ import annotations

from collections.abc import Iterator
from math import log

from seqspec.analysis.classes import counts_of, imbalance, watches_rare_classes
from seqspec.analysis.facts import Facts
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule

_RATIO = 20


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    counts, ratio = counts_of(facts.target), imbalance(facts.target)
    if (
        "fit" not in facts.tables
        or not counts
        or ratio is None
        or ratio < _RATIO
        or len(counts) != 2
        or not facts.has_full_stack
    ):
        return
    if any(stage.class_weight for stage in facts.fit) or not watches_rare_classes(facts.compile):
        return
    head = facts.flat_layers[-1]
    if head.type != "Dense" or head.activation != "sigmoid" or "bias_initializer" in head.layer.model_fields_set:
        return
    if head.layer.units != 1 or not head.layer.use_bias:
        return
    value = f"{log(counts[1] / counts[0]):.2g}"
    yield Violation(
        RULE.name,
        f"starts with 50% for a class that {counts[1] / sum(counts) * 100:.2g}% of the samples have",
        path=head.path,
        anchor="layer",
        related=[(("target", "class_counts"), "the samples of each class")],
        help=f'write bias_initializer = "constant({value})", the logarithm of {counts[1]}/{counts[0]}',
        fix=TreeFix(
            "start at the share of the class", (set_value((*head.path, "bias_initializer"), f"constant({value})"),)
        ),
    )


RULE = Rule(
    code="SEQ609",
    name="output-bias-without-prior",
    severity="info",
    requires=Requires(tables=("fit",), arguments=("class_counts",)),
    check=check,
    docs=__doc__,
)
