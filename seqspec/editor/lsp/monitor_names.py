"""The names that a callback can monitor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seqspec.core.analysis.training.logs import VALIDATION, logs_of
from seqspec.editor.lsp.snapshot import Snapshot


def monitor_names(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """The names that training logs per epoch with descriptions, validation metrics first."""
    result = snapshot.tolerated
    compiled = result.spec.compile if result.spec is not None else None
    names = ["loss"]
    if compiled is not None:
        tree: Any = result.expansion.tree
        names = logs_of(compiled, tree["compile"]).names
    if _may_validate(snapshot.declared.tree):
        for name in names:
            yield f"{VALIDATION}{name}", f"`{name}` on the validation data, at the end of each epoch."
    for name in names:
        yield name, f"`{name}` on the training data, over the epoch."


def _may_validate(tree: Mapping[str, object]) -> bool:
    """Whether there can be validation data: a document without data may be used with any."""
    data, fit = tree.get("data"), tree.get("fit")
    if not isinstance(data, Mapping) or "validation" in data:
        return True
    stages = fit if isinstance(fit, list) else [fit]
    return any(isinstance(stage, Mapping) and "validation_split" in stage for stage in stages)
