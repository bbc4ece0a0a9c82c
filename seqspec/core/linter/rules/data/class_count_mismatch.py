"""Contradictory numbers of classes or samples.

What it does: Detects contradictory label metadata: `class_counts` or `names` for a different number of classes, or
`class_counts` that do not add up to the samples of `[data.train]`.

Why is this bad? One of the numbers is outdated or mistyped, and the output layer, class weights and steps may be based
on it.

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

Use instead:
    -names = ["north", "east", "south"]
    +names = ["north", "east", "south", "west"]

Confidence: certain for the number of entries. Sums may refer to all datasets together, so they are only reported if
they are smaller than the training set or match no combination of datasets.

References:
    seqspec, the tables [target] and [data]
"""

from itertools import combinations

from seqspec.core.analysis.data.declared_data import counts_of, label_count
from seqspec.core.linter.rules import Facts, Findings, finding, fmt, rule


@rule("SEQ610", "warning", graphs="all", tables="target", arguments=("names", "class_counts"))
def check(facts: Facts) -> Findings:
    target = facts.target
    classes = label_count(target)
    if target is None or classes is None:
        return
    where = ("target", "classes") if "classes" in target.model_fields_set else ("target", "kind")
    for key, noun in (("names", "names"), ("class_counts", "class counts")):
        given = getattr(target, key)
        if given is not None and len(given) != classes:
            yield finding(
                fmt("{} {} for {} classes", len(given), noun, classes),
                path=("target", key),
                related=[(where, fmt("{} classes", classes))],
                help=fmt("provide one per class, or change the number of classes to {}", len(given)),
            )
    counts = counts_of(target)
    samples = [dataset.samples for _, dataset in facts.inputs.datasets if dataset.samples is not None]
    train = facts.data.train
    if not counts or train is None or train.samples is None or target.shape:
        return
    sums = {sum(some) for size in range(1, len(samples) + 1) for some in combinations(samples, size)}
    if sum(counts) not in sums and (sum(counts) < train.samples or len(samples) == len(facts.inputs.datasets)):
        yield finding(
            fmt("class_counts add up to {} samples, but [data.train] has {}", sum(counts), train.samples),
            path=("target", "class_counts"),
            related=[(("data", "train", "samples"), "number of samples")],
            help="correct one of the two",
        )
