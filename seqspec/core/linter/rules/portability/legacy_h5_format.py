"""Model saved in the legacy HDF5 format.

What it does: Detects whole models saved as HDF5 (`.h5`, `.hdf5`).

Why is this bad? Keras calls the format legacy and warns at every save. It does not store the state of layers such as
seeds and vocabularies, and such files often cannot be loaded by later versions.

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

Use instead:
    -filepath = "prices.h5"
    +filepath = "prices.keras"

Confidence: severity is info. Weights-only files (`.weights.h5`) are the current Keras format for weights and are not
reported.

References:
    keras.Model.save: "You are saving your model as an HDF5 file ... considered legacy"
"""

from typing import Any

from seqspec.core.linter.rules import Facts, Findings, Path, Requires, TreeFix, finding, fmt, rule, set_value


@rule(
    "SEQ805",
    "info",
    graphs="all",
    any_of=(Requires(tables=("save",)), Requires(callbacks=("ModelCheckpoint",))),
    depends_on=("version",),
)
def check(facts: Facts) -> Findings:
    paths: list[tuple[str, Path]] = []
    if facts.files.save is not None:
        paths.append((facts.files.save.filepath, ("save", "filepath")))
    for index, stage in enumerate(facts.fit):
        for number, callback in enumerate(stage.callbacks or ()):
            given: Any = callback
            if type(callback).__name__ == "ModelCheckpoint" and not given.save_weights_only:
                paths.append((given.filepath, (*facts.stage_path(index), "callbacks", number, "filepath")))
    for text, path in paths:
        if not text.endswith((".h5", ".hdf5")):
            continue
        better = text.rpartition(".")[0] + ".keras"
        yield finding(
            "HDF5 is a legacy Keras format for whole models",
            path=path,
            label="legacy format",
            help=fmt('use "{}"', better[-60:]) if " " not in better else "use a file name that ends in .keras",
            fix=TreeFix("save as .keras", (set_value(path, better),)),
        )
