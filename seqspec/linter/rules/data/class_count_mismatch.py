"""Contradictory numbers of classes or samples.

What it does: finds numbers about the labels that cannot all be right: `class_counts` or `names` for another number of
classes, `class_counts` that do not add up to the samples of `[data.train]`.

Why it hurts: one of the numbers is old or mistyped, and the head, the class weights and the steps were made from them.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 4, activation = "softmax" },
    ]

    [target]
    kind = "multiclass"
    classes = 4
    names = ["north", "east", "south"]

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 4, activation = "softmax" },
    ]

    [target]
    kind = "multiclass"
    classes = 4
    names = ["north", "east", "south", "west"]

Confidence: certain for the number of entries. Sums may be meant for all sets together, so they count only where they
are smaller than the training data, or match no sum of sets.

References:
    seqspec, the tables [target] and [data]
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from seqspec.analysis.classes import counts_of, label_count
from seqspec.analysis.facts import Facts
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    target = facts.target
    classes = label_count(target)
    if target is None or classes is None:
        return
    where = ("target", "classes") if "classes" in target.model_fields_set else ("target", "kind")
    for key, what in (("names", "names"), ("class_counts", "numbers")):
        given = getattr(target, key)
        if given is not None and len(given) != classes:
            yield Violation(
                RULE.name,
                f"{len(given)} {what} for {classes} classes",
                path=("target", key),
                related=[(where, f"{classes} classes")],
                help=f"write one for each class, or correct the number of classes to {len(given)}",
            )
    counts = counts_of(target)
    samples = [one.samples for _, one in facts.datasets if one.samples is not None]
    train = facts.data.train if facts.data is not None else None
    if not counts or train is None or train.samples is None or target.shape:
        return
    sums = {sum(some) for size in range(1, len(samples) + 1) for some in combinations(samples, size)}
    if sum(counts) not in sums and (sum(counts) < train.samples or len(samples) == len(facts.datasets)):
        yield Violation(
            RULE.name,
            f"the classes have {sum(counts)} samples together, but [data.train] has {train.samples}",
            path=("target", "class_counts"),
            related=[(("data", "train", "samples"), "the samples")],
            help="correct one of the two",
        )


RULE = Rule(
    code="SEQ610",
    name="class-count-mismatch",
    severity="warning",
    requires=Requires(tables=("target",), arguments=("names", "class_counts")),
    check=check,
    docs=__doc__,
)
