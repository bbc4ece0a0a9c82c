"""The table of codes: those of the language itself, and those of the linter's rules from their generated index.

Families: `SEQ0xx` document, `1xx` names, types and values, `2xx` shapes, `3xx` head, target, loss and metrics,
`4xx` architecture, `5xx` training, `6xx` data and base models, `7xx` cost, `8xx` portability and security.
"""

from __future__ import annotations

from seqspec.diagnostics.code import Code
from seqspec.diagnostics.rule_index import RULES

_LANGUAGE = [
    # The document
    Code("SEQ001", "syntax-error", "error", "The text is not valid TOML or JSON."),
    Code("SEQ002", "unreadable-file", "error", "The file cannot be read as UTF-8 text."),
    Code("SEQ003", "duplicate-key", "error", "A key stands twice in one table."),
    Code("SEQ004", "over-limit", "error", "The document is larger, deeper or longer than the caller allows."),
    Code("SEQ005", "not-finite", "error", "NaN and Infinity are no numbers of the language."),
    Code("SEQ006", "bad-version", "error", "The key `seqspec` is missing or names no known version."),
    Code("SEQ007", "keras-config", "error", "The file is Keras's own to_json(), not a seqspec document."),
    Code("SEQ008", "bad-configuration", "error", "The project's configuration of seqspec cannot be used."),
    Code("SEQ009", "plugin-fault", "error", "A rule or layer of another package cannot be used."),
    Code("SEQ010", "unknown-key", "error", "A key that the language does not know."),
    Code("SEQ011", "missing-key", "error", "A key that must be there is not."),
    Code("SEQ012", "misplaced-key", "error", "A known key stands in the wrong table."),
    Code("SEQ020", "unknown-variable", "error", "A reference to a variable or parameter that is not declared."),
    Code("SEQ021", "bad-reference", "error", "A reference that cannot be read, or takes what is not there."),
    Code("SEQ022", "unused-declaration", "warning", "A variable, parameter, block or custom class that nothing uses."),
    Code("SEQ023", "unknown-block", "error", "`use` names no block of the document."),
    Code("SEQ024", "cycle", "error", "Blocks, variables or documents that need themselves."),
    Code("SEQ025", "bad-repetition", "error", "`repeat` or `for` cannot be carried out."),
    Code("SEQ026", "bad-extends", "error", "The document named by `extends` cannot be used."),
    Code("SEQ027", "bad-override", "error", "An override or a `--set` names no value of the document."),
    Code("SEQ030", "unused-suppression", "warning", "A suppression of findings that there are none of."),
    Code("SEQ031", "bad-suppression", "warning", "A suppression that cannot be read, or names no rule."),
    Code("SEQ032", "internal-error", "error", "A rule of seqspec failed; the other rules ran."),
    Code("SEQ033", "findings-omitted", "info", "The document has more findings than are reported."),
    Code("SEQ040", "not-followed", "info", "Code that is not followed, so that a model is checked in part."),
    Code("SEQ041", "unknown-value", "info", "A value that a program does not state, left out of the check."),
    # Names, types and values
    Code("SEQ101", "unknown-layer", "error", "No Keras layer has this name."),
    Code("SEQ102", "unknown-argument", "error", "The class has no such argument."),
    Code("SEQ103", "missing-argument", "error", "A required argument is not given."),
    Code("SEQ104", "wrong-type", "error", "A value of the wrong type."),
    Code("SEQ105", "bad-value", "error", "A value of the right type that Keras refuses."),
    Code("SEQ106", "unknown-name", "error", "No activation, initializer, loss, ... has this name."),
    Code("SEQ107", "bad-shorthand", "error", 'A shorthand such as "l2(0.01)" that cannot be read.'),
    Code("SEQ108", "unsupported-layer", "error", "A layer that a Sequential model as data cannot hold."),
    Code(
        "SEQ109", "newer-keras", "error", "An argument or class that came with a later Keras than the document names."
    ),
    Code("SEQ110", "duplicate-name", "error", "Two layers of one model have the same name."),
    Code("SEQ111", "bad-name", "error", "A name that Keras cannot use."),
    Code("SEQ112", "conflicting-arguments", "error", "Arguments that Keras refuses together."),
    Code("SEQ113", "bad-layer-entry", "error", "An entry of `layers` that is no layer."),
    Code("SEQ114", "bad-custom", "error", "A custom class whose declaration or use is wrong."),
    Code("SEQ115", "policy", "error", "The document breaks a rule of the house's own policy schema."),
    Code("SEQ116", "bad-keras-range", "error", "The key `keras` names no supported version."),
    Code("SEQ117", "unsupported-class", "error", "A class of Keras that a document cannot hold."),
    Code("SEQ118", "deprecated-argument", "warning", "An argument of an older Keras that is still read."),
    Code("SEQ119", "file-not-allowed", "error", "A vocabulary or weights file that a build does not open."),
    # Shapes
    Code("SEQ201", "missing-input", "error", "The model has no input shape."),
    Code("SEQ202", "bad-input", "error", "The input shape or dtype cannot be used."),
    Code("SEQ210", "wrong-rank", "error", "A layer gets a tensor with the wrong number of axes."),
    Code("SEQ211", "unknown-size", "error", "A layer needs a size that is not known."),
    Code("SEQ212", "window-too-large", "error", "A window is larger than what it slides over."),
    Code("SEQ213", "bad-reshape", "error", "A reshape that does not keep the number of elements."),
    Code("SEQ214", "channel-mismatch", "error", "The number of channels does not suit the layer."),
    Code("SEQ215", "bad-axis", "error", "An axis that the tensor does not have."),
    Code("SEQ216", "wrong-dtype", "error", "A layer gets a dtype that it cannot take."),
    Code("SEQ217", "shape-mismatch", "error", "A layer gets a shape that it cannot take."),
    Code("SEQ218", "several-outputs", "error", "A layer gives several tensors, and the next one takes one."),
]

_TRAINING_DATA = [
    Code("SEQ901", "data-unreadable", "error", "Training data that cannot be read."),
    Code("SEQ902", "data-column", "error", "A column that the table does not have."),
    Code("SEQ903", "data-values", "error", "Missing values, or text where numbers are expected."),
    Code("SEQ904", "data-labels", "error", "Labels that are not those of [target] or of the training set."),
    Code("SEQ905", "data-mismatch", "error", "Samples that do not have the shape or dtype of the model's input."),
    Code("SEQ906", "data-split", "error", "A split that cannot be made."),
    Code("SEQ907", "sample-leakage", "warning", "Samples or groups that are in two sets."),
    Code("SEQ908", "data-not-allowed", "error", "A Python source whose module was not allowed."),
    Code("SEQ909", "bad-stage", "error", "A stage of [fit] that cannot be trained."),
]
"""What `seqspec train` and `check --data` report of the data; no rule of the linter finds it."""

CODES: dict[str, Code] = {entry.name: entry for entry in (*_LANGUAGE, *_TRAINING_DATA, *RULES)}
"""Every code by its name; those of other packages are added when their rules are loaded."""

ESSENTIAL = ("syntax-error", "unreadable-file", "over-limit", "bad-configuration", "plugin-fault", "internal-error")
"""Rules that nothing turns off: where one of them speaks, a document was not checked."""
