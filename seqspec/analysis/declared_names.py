"""What the names of a document's own declarations have to do with its mistakes.

A declaration that nothing uses is often one whose use is misspelt: then it is not removed, and the use is suggested.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seqspec.diagnostics.codes import CODES
from seqspec.diagnostics.suggest import Suggestion
from seqspec.diagnostics.violation import Path, Violation

_UNUSED = "unused-declaration"


def relate_declarations(
    violations: Sequence[Violation], language: Sequence[Violation], written: Any, tree: Mapping[str, Any]
) -> list[Violation]:
    """Suggests declared names for misspelt ones, and keeps them from being removed while errors remain.

    Returns the violations of the language that are left: a declaration that is suggested is not reported as unused too.

    Args:
        violations: The mistakes at paths of the expanded document.
        language: Those of the language, each with its place as written.
        written: The document as written.
        tree: The expanded document.
    """
    unused = [violation for violation in language if violation.rule == _UNUSED]
    if not unused:
        return list(language)
    suggested = set()
    if isinstance(written, Mapping):
        suggested = {_suggest(violation, written, tree) for violation in violations}
    if any(_is_error(violation) for violation in (*violations, *language)):
        for violation in unused:
            violation.fix = None
    return [
        violation
        for violation in language
        if violation.rule != _UNUSED or violation.location is None or violation.location.path not in suggested
    ]


def _is_error(violation: Violation) -> bool:
    return (violation.severity or CODES[violation.rule].severity) == "error" if violation.rule in CODES else True


def _suggest(violation: Violation, written: Mapping[str, Any], tree: Mapping[str, Any]) -> Path | None:
    """Suggests the declaration that is meant; returns its path."""
    value = _at(tree, violation.path)
    if violation.rule == "unknown-layer" and _declares(written, "custom", value):
        _meant(violation, f'custom = "{value}"')
        return "custom", value
    elif violation.rule in ("wrong-type", "bad-value") and _declares(written, "vars", value):
        _meant(violation, f'"${value}"')
        return "vars", value
    elif isinstance(value, Mapping) and _declares(written, "blocks", value.get("block")):
        _meant(violation, f'use = "{value["block"]}"')
        return "blocks", value["block"]
    return None


def _meant(violation: Violation, text: str) -> None:
    meant = Suggestion(text)
    violation.label, violation.help = meant.label, meant.help


def _declares(written: Mapping[str, Any], table: str, name: Any) -> bool:
    declared = written.get(table)
    return isinstance(name, str) and isinstance(declared, Mapping) and name in declared


def _at(tree: Any, path: Path) -> Any:
    for key in path:
        if isinstance(tree, Mapping):
            tree = tree.get(key)
        elif isinstance(tree, list) and isinstance(key, int) and key < len(tree):
            tree = tree[key]
        else:
            return None
    return tree
