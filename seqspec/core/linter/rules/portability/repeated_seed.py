"""Same seed for identical initializers or layers.

What it does: Detects a seed that is shared by two initializers of weights of the same shape, two dropout layers of the
same shape, or two augmentation layers.

Why is this bad? The same seed produces the same random numbers. Both weights are initialized to equal values, both
layers drop the same positions, and augmentations are correlated.

Example:
    seqspec = 1

    [model]
    input = [64]
    layers = [
      { type = "Dense", units = 64, activation = "relu", kernel_initializer = "he_normal(seed=1)" },
      { type = "Dense", units = 64, activation = "relu", kernel_initializer = "he_normal(seed=1)" },
      { type = "Dense", units = 1 },
    ]

Use instead:
    -  { type = "Dense", units = 64, activation = "relu", kernel_initializer = "he_normal(seed=1)" },
    -  { type = "Dense", units = 64, activation = "relu", kernel_initializer = "he_normal(seed=1)" },
    +  { type = "Dense", units = 64, activation = "relu", kernel_initializer = "he_normal" },
    +  { type = "Dense", units = 64, activation = "relu", kernel_initializer = "he_normal" },
       { type = "Dense", units = 1 },
     ]
    +
    +[runtime]
    +seed = 1

Confidence: certain that they are equal, compared with Keras by a test; severity is info, since training
separates the weights.

References:
    keras.initializers: an initializer with an integer seed returns the same values for every call
"""

from seqspec.core.analysis.layers.seeds import repeated_seeds
from seqspec.core.linter.rules import Facts, Findings, SpecOrProgram, TableName, finding, fmt, rule


@rule("SEQ802", "info", graphs="each", arguments=("seed", "initializer"))
def check(facts: Facts) -> Findings:
    for seeded, other in repeated_seeds(facts.stack.seeds) if len(facts.stack.seeds) > 1 else ():
        images = "augmentation" in seeded.entry.traits
        effect = "correlates the augmentation with" if images else "drops the same positions as"
        if seeded.recipe[0] == "weights":
            effect = "initializes the same weights as"
        yield finding(
            fmt("seed {} {} {}", seeded.seed, effect, other.entry.name),
            path=seeded.path,
            related=[(other.path, "same seed")],
            help=fmt(
                "remove the seeds and {}, or use a different seed for each",
                SpecOrProgram(fmt("set one in {}", TableName(("runtime",))), "call keras.utils.set_random_seed()"),
            ),
        )
