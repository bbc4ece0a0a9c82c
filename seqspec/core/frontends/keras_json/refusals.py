"""Violations for layers that a document cannot declare, with suggestions."""

from __future__ import annotations

from collections.abc import Mapping

from seqspec.core.catalog import legacy
from seqspec.core.catalog.index import APPLICATIONS
from seqspec.core.catalog.unsupported import refusal
from seqspec.core.diagnostics.message import fmt
from seqspec.core.diagnostics.snippet import TableName, Value
from seqspec.core.diagnostics.violation import Violation

FUNCTIONAL = ("Functional", "Model")
LAMBDA = "Lambda"
INSTEAD_OF_LAMBDA = fmt(
    "replace it with an equivalent layer, such as {}", Value({"type": "Rescaling", "scale": "1/127.5", "offset": -1})
)
_CUSTOM = fmt("declare it under {} in a spec, with its module, arguments and output shape", TableName(("custom",)))


def unknown_class(name: str, raw: Mapping[str, object], config: object, branch: str | None = None) -> Violation:
    """The violation for a class that is not a layer of the language.

    `branch` is the layer where a Functional model branches.
    """
    if name in FUNCTIONAL:
        return _functional(config, branch)
    if name in legacy.GONE:
        return Violation("unsupported-layer", f"{name} {legacy.GONE[name]}", path=("class_name",))
    known = refusal(name)
    if known is not None:
        help = known.help
        if name == LAMBDA:
            help = INSTEAD_OF_LAMBDA
        return known.replace(path=("class_name",), help=help)
    module = raw.get("module")
    if isinstance(module, str) and not module.startswith(("keras", "tensorflow", "tf_keras")):
        message = f"{name} is a class of {module}, not a Keras layer"
    else:
        message = f"{name[:60] or 'a layer without a class_name'} is not a Keras layer"
    return Violation("unknown-layer", message, path=("class_name",), help=_CUSTOM)


def _functional(config: object, branch: str | None) -> Violation:
    name = config.get("name") if isinstance(config, Mapping) else None
    base = application_named(name) if isinstance(name, str) else None
    if base is not None:
        help = fmt("write {}, with its original arguments, instead", Value({"type": base, "include_top": False}))
    else:
        help = fmt(
            "wrap branches in a {} layer; models of keras.applications are layers by name", TableName(("custom",))
        )
    return Violation(
        "unsupported-layer",
        f"{name if isinstance(name, str) else 'a layer'} is a model with branches (Functional), not a layer",
        path=("class_name",),
        help=help,
        notes=branch_notes(branch),
    )


def branch_notes(branch: str | None) -> tuple[str, ...]:
    """The note that names the layer where a Functional model branches, if it is known."""
    if branch is None:
        return ()
    return (f"the first layer that is not applied to the layer before it alone: {branch}",)


def application_named(name: str) -> str | None:
    """The model of `keras.applications` that is recognized by the default name of a Functional model."""
    folded = "".join(c for c in name.lower() if c.isalnum())
    bases = [base for base in APPLICATIONS if folded.startswith(base.lower())]
    return max(bases, key=len) if bases else None
