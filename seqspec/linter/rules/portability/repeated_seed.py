"""Same seed for identical initializers or layers.

What it does: finds one seed in two initializers that fill weights of equal shape, in two dropout layers of equal shape,
or in two layers that change images.

Why it hurts: the same seed draws the same numbers. Both weights start equal, both layers drop the same places, and
every image that is flipped is also moved the same way.

Example:
    seqspec = 1

    [model]
    input = [64]
    layers = [
      { type = "Dense", units = 64, activation = "relu", kernel_initializer = "he_normal(seed=1)" },
      { type = "Dense", units = 64, activation = "relu", kernel_initializer = "he_normal(seed=1)" },
      { type = "Dense", units = 1 },
    ]

Instead:
    seqspec = 1

    [model]
    input = [64]
    layers = [
      { type = "Dense", units = 64, activation = "relu", kernel_initializer = "he_normal" },
      { type = "Dense", units = 64, activation = "relu", kernel_initializer = "he_normal" },
      { type = "Dense", units = 1 },
    ]

    [runtime]
    seed = 1

Confidence: certain that they are equal, which a test shows with Keras; a hint, as training moves them apart.

References:
    keras.initializers: an initializer with a whole number as its seed gives the same values with every call
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.analysis.facts import Facts
from seqspec.analysis.seeds import repeated_seeds
from seqspec.catalog.index import AUGMENTATION
from seqspec.diagnostics.violation import Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    for seeded, other in repeated_seeds(facts.seeds) if len(facts.seeds) > 1 else ():
        images = seeded.entry.type in AUGMENTATION
        what = "changes images in step with" if images else "drops the same places as"
        if seeded.what[0] == "weights":
            what = "starts with the same weights as"
        yield Violation(
            RULE.name,
            f"seed {seeded.seed} {what} {other.entry.name}",
            path=seeded.path,
            related=[(other.path, "the same seed")],
            help="leave the seeds out and write one in [runtime], or give each a seed of its own",
        )


RULE = Rule(
    code="SEQ802",
    name="repeated-seed",
    severity="info",
    requires=Requires(arguments=("seed", "initializer")),
    check=check,
    docs=__doc__,
)
