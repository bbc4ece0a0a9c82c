"""Training without an optimizer.

What it does: Detects [fit] with optimizer = "none" in [compile].

Why is this bad? Keras compiles such a model, since it can be evaluated, and raises AttributeError in the first training
step.

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

    [data.train]

    [data.validation]

    [compile]
    optimizer = "none"
    loss = "binary_crossentropy"
    metrics = ["accuracy"]

    [fit]
    epochs = 30

Use instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [target]
    kind = "binary"

    [data.train]

    [data.validation]

    [compile]
    optimizer = { type = "Adam", learning_rate = 1e-3 }
    loss = "binary_crossentropy"
    metrics = ["accuracy"]

    [fit]
    epochs = 30
    callbacks = [{ type = "EarlyStopping", patience = 5, restore_best_weights = true }]

Confidence: certain.

References:
    keras.Model.compile, keras.Model.train_step
"""

from __future__ import annotations

from collections.abc import Iterator

from seqspec.core.analysis.facts import Facts
from seqspec.core.diagnostics.message import Message
from seqspec.core.diagnostics.snippet import Help, Setting, TableName
from seqspec.core.diagnostics.tree_fix import assign
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Yields the violations of the rule."""
    if "fit" in facts.tables and facts.compile is not None and facts.compile.optimizer is None:
        yield Violation(
            RULE.name,
            Message(
                TableName(("fit",)),
                " needs an optimizer, but ",
                TableName(("compile",)),
                " sets ",
                Setting("optimizer", None),
            ),
            path=("compile", "optimizer"),
            help=Help("set ", Setting("optimizer", "adam")),
            related=[(facts.stage_path(0), "trained here")],
            fix=assign("adam", ("compile", "optimizer")),
        )


RULE = Rule(
    code="SEQ521",
    name="fit-without-optimizer",
    severity="error",
    requires=Requires(tables=("fit", "compile"), absent=("optimizer",)),
    check=check,
    docs=__doc__,
)
