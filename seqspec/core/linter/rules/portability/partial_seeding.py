"""Seeds for some layers without a global seed.

What it does: Detects seeds on single layers or initializers in a spec whose `[runtime]` has no seed.

Why is this bad? A seed is meant to make runs reproducible. Other initial weights, the sample order and dropout remain
random, so no two runs agree.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dropout", rate = 0.2, seed = 7 },
      { type = "Dense", units = 1 },
    ]

    [compile]
    optimizer = "adam"
    loss = "mse"

    [fit]
    epochs = 20

    [data.validation]

Use instead:
    -  { type = "Dropout", rate = 0.2, seed = 7 },
    +  { type = "Dropout", rate = 0.2 },

     [data.validation]
    +
    +[runtime]
    +seed = 7

Confidence: severity is info. Only specs with `[fit]` and at least one seed are checked.

References:
    keras.utils.set_random_seed
    DSLinter, randomness control (Haakman et al., 2021)
"""

from seqspec.core.analysis.layers.seeds import repeated_seeds
from seqspec.core.linter.rules import (
    Facts,
    Findings,
    Setting,
    SpecOrProgram,
    TableName,
    TreeFix,
    finding,
    fmt,
    rule,
    set_value,
)


@rule("SEQ801", "info", graphs="all", tables="fit", arguments=("seed", "initializer"))
def check(facts: Facts) -> Findings:
    if "fit" not in facts.tables:
        return
    if "runtime" in facts.spec.tree and facts.runtime.seed is not None:
        return
    first = facts.stack.seeds[0] if facts.stack.seeds else None
    if first is not None and not repeated_seeds(facts.stack.seeds):
        yield finding(
            fmt(
                "seed {} only applies here: other initial weights and the order of the samples stay random", first.seed
            ),
            path=first.path,
            help=fmt(
                "{}, which seeds everything",
                SpecOrProgram(
                    fmt("set {} in {}", Setting("seed", first.seed), TableName(("runtime",))),
                    fmt("call keras.utils.set_random_seed({})", first.seed),
                ),
            ),
            fix=TreeFix("seed everything", (set_value(("runtime", "seed"), first.seed),)),
        )
