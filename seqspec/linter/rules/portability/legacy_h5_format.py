"""Model saved in the legacy HDF5 format.

What it does: finds whole models that are saved as HDF5 (`.h5`, `.hdf5`).

Why it hurts: Keras calls the format legacy and says so with every save. It keeps no state of layers such as seeds and
vocabularies in files of their own, and models saved so are the ones that later versions fail to load.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [save]
    filepath = "prices.h5"

Instead:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [save]
    filepath = "prices.keras"

Confidence: a hint. Weights alone (`.weights.h5`) are Keras's present format for them, and nothing is said of these.

References:
    keras.Model.save: "You are saving your model as an HDF5 file ... considered legacy"
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seqspec.analysis.facts import Facts
from seqspec.diagnostics.tree_fix import TreeFix, set_value
from seqspec.diagnostics.violation import Path, Violation
from seqspec.linter.rule import Requires, Rule


def check(facts: Facts) -> Iterator[Violation]:
    """Finds what the rule is about."""
    found: list[tuple[str, Path]] = []
    if facts.outputs.save is not None:
        found.append((facts.outputs.save.filepath, ("save", "filepath")))
    for index, stage in enumerate(facts.fit):
        for place, callback in enumerate(stage.callbacks or ()):
            given: Any = callback
            if type(callback).__name__ == "ModelCheckpoint" and not given.save_weights_only:
                found.append((given.filepath, (*facts.stage_path(index), "callbacks", place, "filepath")))
    for text, path in found:
        if not text.endswith((".h5", ".hdf5")):
            continue
        better = text.rpartition(".")[0] + ".keras"
        yield Violation(
            RULE.name,
            "HDF5 is Keras's old format for whole models",
            path=path,
            label="legacy",
            help=f'write "{better[-60:]}"' if " " not in better else "write a name that ends in .keras",
            fix=TreeFix("save as .keras", (set_value(path, better),)),
        )


RULE = Rule(
    code="SEQ805",
    name="legacy-h5-format",
    severity="info",
    requires=(
        Requires(tables=("save",)),
        Requires(callbacks=("ModelCheckpoint",)),
    ),
    check=check,
    docs=__doc__,
)
