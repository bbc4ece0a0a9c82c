"""Output with spatial or time axes that the labels do not have.

What it does: finds a model that emits a number for each place of an image or each step of a sequence, where a label is
one for the whole sample; without [target], a Dense layer as the end of a shrunken image.

Why it hurts: A Dense layer works along the last axis alone, so without a Flatten, a global pooling or return_sequences
= false before it every place keeps an output of its own. A cross-entropy refuses it in the first step; mse compares
every place with the one label, without a word.

Example:
    seqspec = 1

    [model]
    input = [28, 28, 1]
    layers = [
      { type = "Conv2D", filters = 8, kernel_size = 3, activation = "relu" },
      { type = "MaxPooling2D" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [target]
    kind = "multiclass"
    classes = 10

    [compile]
    loss = "sparse_categorical_crossentropy"

Instead:
    seqspec = 1

    [model]
    input = [28, 28, 1]
    layers = [
      { type = "Conv2D", filters = 8, kernel_size = 3, activation = "relu" },
      { type = "MaxPooling2D" },
      { type = "Flatten" },
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [target]
    kind = "multiclass"
    classes = 10

    [compile]
    loss = "sparse_categorical_crossentropy"

Confidence: certain with [target]; without it high, since maps of classes are mostly made by convolutions and as large
as the image.

References:
    keras.layers.Dense, keras.layers.Flatten
    NeuraLint f011; defect4ML 089; Tensfa SFData 38584268, 62299824
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.loss_compatibility import keeper
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule
from seqspec.shapes.dims import Shape, show


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    labels, output = facts.labels, facts.output
    if output is None or facts.objective is None:
        return
    if labels is None:
        if facts.target is None and facts.input is not None:
            yield from _without_target(facts, facts.input.sample, output.sample)
        return
    if facts.loss_compatibility is None or "axes" not in facts.loss_compatibility.reasons:
        return
    culprit, help = keeper(facts.layers)
    last = facts.layers[-1]
    yield Violation(
        RULE.name,
        f"the model emits {show(output.sample)}, but a label is {labels.words}",
        path=last.path,
        anchor="layer",
        label=f"emits {show(output.sample)}",
        related=[(labels.path, "what labels are like"), *([(culprit, "keeps every step")] if culprit else [])],
        help=help,
        fix=TreeFix("return the last step", (set_value(culprit, False),)) if culprit else None,
    )


def _without_target(facts: Facts, arriving: Shape, emitted: Shape) -> Iterator[Violation]:
    head = facts.head
    if head is None or head.entry.type != "Dense" or len(emitted) < 3 or len(arriving) != len(emitted):
        return
    # What is as large as the input may be meant as a map of it.
    if not any(isinstance(a, int) and isinstance(b, int) and b < a for a, b in zip(arriving[:-1], emitted[:-1])):
        return
    yield Violation(
        RULE.name,
        f"Dense works along the last axis alone, so the model emits {show(emitted)}, an output for each place",
        path=head.entry.path,
        anchor="layer",
        label=f"emits {show(emitted)}",
        help=keeper(facts.layers)[1],
        severity="warning",
    )


RULE = Rule(
    code="SEQ324",
    name="extra-output-axes",
    severity="error",
    requires=(Requires(mismatches=("axes",)), Requires(tables=("compile",), absent=("target",))),
    check=check,
    docs=__doc__,
)
