"""HDF5 model that Keras cannot load.

What it does: Detects whole models saved as HDF5 (`.h5`, `.hdf5`) that are compiled with a loss under its short name:
`"mse"`, `"mae"`, `"mape"`, `"msle"`, `"bce"`, `"kld"`.

Why is this bad? Keras writes the file and cannot load it: "Could not deserialize 'keras.metrics.mse' because it is not
a KerasSaveable subclass". The long names of the same losses are loaded.

Example:
    seqspec = 1

    [model]
    input = [8]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Dense", units = 1 },
    ]

    [compile]
    loss = "mse"

    [save]
    filepath = "prices.h5"

Use instead:
    -filepath = "prices.h5"
    +filepath = "prices.keras"

Confidence: certain, compared with Keras by a test. `load_model(..., compile=False)` loads such a file.

References:
    keras/src/legacy/saving/saving_utils.py
"""

from seqspec.core.catalog.losses import ALIASES
from seqspec.core.language.keys import snake_case
from seqspec.core.linter.rules import Facts, Findings, Setting, TreeFix, finding, fmt, rule, set_value

LONG_NAMES = {alias: snake_case(loss) for alias, loss in ALIASES.items()}
"""The short names of losses that Keras cannot load from HDF5, in lower or upper case, and the long ones."""


@rule("SEQ813", "warning", graphs="all", tables=("save", "compile"))
def check(facts: Facts) -> Findings:
    save = facts.files.save
    if save is None or not facts.has("compile") or not save.filepath.endswith((".h5", ".hdf5")):
        return
    loss = facts.spec.tree["compile"].get("loss")
    short = loss.lower() if isinstance(loss, str) and loss in (loss.lower(), loss.upper()) else ""
    if short in LONG_NAMES:
        better = save.filepath.rpartition(".")[0] + ".keras"
        yield finding(
            fmt('Keras cannot load an HDF5 model that is compiled with loss = "{}"', loss),
            path=("save", "filepath"),
            related=[(("compile", "loss"), fmt('short name of "{}"', LONG_NAMES[short]))],
            help=fmt("save a .keras file, or write {}", Setting("loss", LONG_NAMES[short])),
            fix=TreeFix("save as .keras", (set_value(("save", "filepath"), better),)),
        )
