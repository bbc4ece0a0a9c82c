"""What can be said of the stages of `[fit]` before Keras is imported."""

from __future__ import annotations

from seqspec.diagnostics.suggest import suggest
from seqspec.diagnostics.violation import Path, Violation
from seqspec.document.document import DocumentSpec


def stage_path(spec: DocumentSpec, index: int) -> Path:
    """Where a stage is in the expanded spec."""
    return ("fit", index) if isinstance(spec.tree.get("fit"), list) else ("fit",)


def stage_violations(spec: DocumentSpec) -> list[Violation]:
    """What is wrong with stages that cannot be trained."""
    violations = []
    names = _layer_names(spec)
    for index, stage in enumerate(spec.fit or ()):
        path = stage_path(spec, index)
        for name in stage.trainable or ():
            if name not in names:
                meant = suggest(name, list(names))
                violations.append(
                    Violation(
                        "bad-stage",
                        f'no layer is named "{name}"',
                        path=(*path, "trainable", name),
                        anchor="key",
                        label=meant.label,
                        help=None if meant.word else f"the layers are {', '.join(list(names)[:20])}",
                    )
                )
        split = spec.data.split if spec.data is not None else None
        if stage.validation_split and split is not None:
            violations.append(
                Violation(
                    "bad-stage",
                    "validation_split and [data] split are both set",
                    path=(*path, "validation_split"),
                    help="remove validation_split",
                )
            )
    return violations


def _layer_names(spec: DocumentSpec) -> list[str]:
    from seqspec.analysis.naming import layer_names

    return list(layer_names([layer for layer in spec.stack.layers if layer is not None])) if spec.stack else []
