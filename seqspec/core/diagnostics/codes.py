"""The table of codes: those of the language, of the linter rules from their generated index, and of extensions.

Families: `SEQ0xx` document, `1xx` names, types and values, `2xx` shapes, `3xx` head, target, loss and metrics,
`4xx` architecture, `5xx` training, `6xx` data and base models, `7xx` cost, `8xx` portability and security.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pydantic_core import from_json

if TYPE_CHECKING:
    from seqspec.core.diagnostics.violation import Violation


class Code(NamedTuple):
    """The code of a rule.

    Attributes:
        code: The code, such as `"SEQ101"`.
        name: Its name in kebab-case.
        severity: The default severity, which a finding can override.
        summary: What it finds, in one line.
        depends_on: What a finding depends on and a document may leave undetermined, in which case the rule makes no
            sense: `"input"`, the input of the model; `"language"`, the version of the language; `"files"`, whether it
            limits the files that are opened; `"rank"` of the input; `"length"` of its sequences; `"sizes"` that are
            compared; `"batch_size"` of `fit`; `"training"`, whether there is one; `"metrics"`, `"learning_rate"`,
            `"decay"` of the learning rate, `"callbacks"`, `"weights"`, `"trainable"`, `"adapt"` and `"updates"`, which
            code outside of the model can set; `"version"` of Keras, `"keras_2"` or newer, `"keras_3"`.
        of_arguments: The name of the rule for the same mistake in the arguments of a call.
        scope: What a finding is about, if that is less than the model: `"call"`, a call whatever the values of its
            arguments are; `"settings"`, `compile` and `fit` whatever the layers are; `"data"`, the training
            data, which a check reads only with `--data`.
        explains: The rule whose findings about the same layers it explains, and so replaces.
    """

    code: str
    name: str
    severity: str
    summary: str
    depends_on: tuple[str, ...] = ()
    of_arguments: str = ""
    scope: Literal["", "call", "settings", "data"] = ""
    explains: str = ""


FAMILIES = {
    "0": "document",
    "1": "names and values",
    "2": "shapes",
    "3": "head",
    "4": "architecture",
    "5": "training",
    "6": "data",
    "7": "cost",
    "8": "portability",
}
"""The families of the built-in codes, by the first digit of a code."""


def family(code: str) -> str:
    """The first digit of a built-in code, which is its family; empty for the code of a plugin."""
    return code[3] if code.startswith("SEQ") else ""


_INDEX: list[dict[str, Any]] = from_json(Path(__file__).with_name("rules.json").read_bytes())
"""What a check must know of a rule before it imports its module; written by scripts/generate."""

REQUIRES: dict[str, list[dict[str, list[str]]]] = {entry["name"]: entry.pop("requires") for entry in _INDEX}
"""What a spec must contain for a rule to apply, by its name: the fields of `Requires`, or several alternatives."""

RULES = tuple(Code(**{**entry, "depends_on": tuple(entry.get("depends_on", ()))}) for entry in _INDEX)
EXPLAINED = frozenset(entry.explains for entry in RULES) - {""}
"""The rules whose findings other rules explain."""
"""The codes of the rules of the linter."""

_LANGUAGE = [
    # The document
    Code("SEQ001", "syntax-error", "error", "Invalid TOML or JSON syntax."),
    Code("SEQ002", "unreadable-file", "error", "File that cannot be read as UTF-8 text."),
    Code("SEQ003", "duplicate-key", "error", "Duplicate key in a table."),
    Code("SEQ004", "over-limit", "error", "Spec that exceeds a size, depth or length limit."),
    Code("SEQ005", "not-finite", "error", "NaN or infinity, which the language does not support."),
    Code(
        "SEQ006",
        "bad-version",
        "error",
        "Missing or unsupported language version (`seqspec`).",
        depends_on=("language",),
    ),
    Code("SEQ007", "keras-config", "error", "Keras's own `to_json()` output instead of a spec."),
    Code("SEQ008", "bad-configuration", "error", "Invalid seqspec configuration."),
    Code("SEQ009", "plugin-fault", "error", "Plugin rule or layer that cannot be loaded."),
    Code("SEQ010", "unknown-key", "error", "Unknown key.", of_arguments="unknown-argument"),
    Code("SEQ011", "missing-key", "error", "Missing required key.", of_arguments="missing-argument"),
    Code("SEQ012", "misplaced-key", "error", "Known key in the wrong table.", of_arguments="unknown-argument"),
    Code("SEQ020", "unknown-variable", "error", "Reference to an undeclared variable or parameter."),
    Code("SEQ021", "bad-reference", "error", "Invalid reference, or an index that is out of range."),
    Code("SEQ022", "unused-declaration", "warning", "Variable, parameter, block or custom class that is never used."),
    Code("SEQ023", "unknown-block", "error", "`use` of an undeclared block."),
    Code("SEQ024", "cycle", "error", "Blocks, variables or files that refer to themselves."),
    Code("SEQ025", "bad-repetition", "error", "Invalid `repeat` or `for`."),
    Code("SEQ026", "bad-extends", "error", "Invalid `extends`, or a base spec that cannot be read."),
    Code("SEQ027", "bad-override", "error", "Override or `--set` of a value that does not exist."),
    Code("SEQ030", "unused-suppression", "warning", "Unused suppression."),
    Code("SEQ031", "bad-suppression", "warning", "Invalid suppression, or one of an unknown rule."),
    Code("SEQ032", "internal-error", "error", "Internal error in a rule; the other rules ran."),
    Code("SEQ033", "findings-omitted", "info", "The spec has more findings than are reported."),
    Code("SEQ040", "not-followed", "info", "Code that is not followed, so that a model is checked in part."),
    Code("SEQ041", "unknown-value", "info", "A value that a program does not state, left out of the check."),
    Code("SEQ045", "older-keras", "info", "A program for an older Keras with what Keras 3 refuses."),
    Code("SEQ050", "bad-distribution", "error", "Invalid distribution of a search space."),
    Code("SEQ051", "unknown-search-path", "error", "Path of a search space that does not exist, or changes nothing."),
    Code("SEQ052", "bad-objective", "error", "Objective of a search that is never logged, or without a direction."),
    Code("SEQ053", "invalid-combinations", "warning", "Combinations of a search space that cannot be trained."),
    Code("SEQ054", "empty-search-space", "error", "Search space without a combination that can be trained."),
    Code("SEQ055", "search-choice-invalid", "error", "Alternative that is invalid whatever the others are."),
    Code("SEQ056", "bad-search-budget", "error", "Sampler, pruner or folds that cannot work with the spec."),
    Code("SEQ057", "unstable-comparison", "warning", "Trials whose values cannot be compared."),
    # Names, types and values
    Code("SEQ101", "unknown-layer", "error", "Unknown layer type.", scope="call"),
    Code("SEQ102", "unknown-argument", "error", "Unexpected argument.", scope="call"),
    Code("SEQ103", "missing-argument", "error", "Missing required argument."),
    Code("SEQ104", "wrong-type", "error", "Value of the wrong type."),
    Code("SEQ105", "bad-value", "error", "Value of the right type that Keras rejects."),
    Code(
        "SEQ106",
        "unknown-name",
        "error",
        "Unknown name of an activation, initializer, loss or other object.",
        scope="call",
    ),
    Code("SEQ107", "bad-shorthand", "error", 'Invalid shorthand, such as "l2(0.01".'),
    Code("SEQ108", "unsupported-layer", "error", "Layer that a spec cannot declare."),
    Code("SEQ109", "newer-keras", "error", "Argument or class that requires a newer Keras than the spec supports."),
    Code("SEQ110", "duplicate-name", "error", "Two layers with the same name."),
    Code("SEQ111", "bad-name", "error", "Name that Keras does not accept."),
    Code("SEQ112", "conflicting-arguments", "error", "Arguments that cannot be combined."),
    Code("SEQ113", "bad-layer-entry", "error", "Entry of `layers` that is not a layer."),
    Code("SEQ114", "bad-custom", "error", "Invalid declaration or use of a custom class."),
    Code("SEQ115", "policy", "error", "Violation of the project policy."),
    Code("SEQ116", "bad-keras-range", "error", "Version range `keras` without a supported Keras version."),
    Code("SEQ117", "unsupported-class", "error", "Keras class that a spec cannot declare."),
    Code(
        "SEQ118",
        "deprecated-argument",
        "warning",
        "Deprecated argument of an older Keras, or former name of a key of seqspec.",
    ),
    Code(
        "SEQ119",
        "file-not-allowed",
        "error",
        "A vocabulary or weights file that a build does not open.",
        depends_on=("files",),
    ),
    # Shapes
    Code("SEQ201", "missing-input", "error", "Missing input shape.", depends_on=("input",)),
    Code("SEQ202", "bad-input", "error", "Invalid input shape or dtype."),
    Code("SEQ210", "wrong-rank", "error", "Input of the wrong rank."),
    Code(
        "SEQ211",
        "unknown-size",
        "error",
        "Unknown dimension where the layer needs a known one.",
        depends_on=("length",),
    ),
    Code("SEQ212", "window-too-large", "error", "Window that is larger than its input."),
    Code(
        "SEQ213",
        "bad-reshape",
        "error",
        "Reshape that changes the number of elements.",
        depends_on=("sizes", "rank"),
    ),
    Code("SEQ214", "channel-mismatch", "error", "Number of channels that the layer does not accept."),
    Code("SEQ215", "bad-axis", "error", "Axis that is out of range.", depends_on=("rank",)),
    Code("SEQ216", "wrong-dtype", "error", "Dtype that the layer, or the initializer of its weights, does not accept."),
    Code("SEQ217", "shape-mismatch", "error", "Input shape that the layer does not accept."),
    Code("SEQ218", "several-outputs", "error", "Several output tensors where the next layer expects one."),
]

_ROOT = Path(__file__).parents[2]
_EXTENSIONS = ("programs", "training")
"""The packages of seqspec with codes of their own: a file `codes.json`, which is read without importing them."""

_TABLES: list[dict[str, Any]] = [from_json((_ROOT / name / "codes.json").read_bytes()) for name in _EXTENSIONS]

PAGES = (Path(__file__).with_name("pages"), *[_ROOT / name / "pages" for name in _EXTENSIONS])
"""The folders of the pages of codes that no rule of the linter reports, one per code, named after it."""

FAMILIES |= {digit: name for table in _TABLES for digit, name in table.get("families", {}).items()}

GROUPS: dict[str, tuple[str, ...]] = {
    name: tuple(prefixes) for table in _TABLES for name, prefixes in table.get("groups", {}).items()
}
"""Selectors of several codes by their prefixes."""

CODES: dict[str, Code] = {
    entry.name: entry
    for entry in sorted(
        (*_LANGUAGE, *RULES, *[Code(**entry) for table in _TABLES for entry in table["codes"]]),
        key=lambda code: code.code,
    )
}
"""All codes by name; those of plugins are added when their rules are loaded."""

DATA_RULES = frozenset(entry.name for entry in CODES.values() if entry.scope == "data")
"""The rules about the training data, which `seqspec train` and `check --data` report; no linter rule finds them."""

ESSENTIAL = ("syntax-error", "unreadable-file", "over-limit", "bad-configuration", "plugin-fault", "internal-error")
"""Rules that cannot be disabled: a document with such a finding was not checked."""


def is_error(violation: Violation) -> bool:
    """Whether a violation of a known rule is an error."""
    return (violation.severity or CODES[violation.rule].severity) == "error"
