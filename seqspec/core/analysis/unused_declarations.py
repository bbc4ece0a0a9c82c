"""Relates names that a document declares to its errors.

The use of an unused declaration is often misspelled: then the use is suggested, and the declaration not removed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from seqspec.core.diagnostics.codes import CODES, is_error
from seqspec.core.diagnostics.message import Setting, fmt
from seqspec.core.diagnostics.violation import Path, Violation, value_at

_UNUSED = "unused-declaration"


def relate_declarations(
    violations: Sequence[Violation], language: Sequence[Violation], written: object, tree: Mapping[str, object]
) -> tuple[list[Violation], list[Violation]]:
    """Suggests declared names for misspelled ones, and prevents their removal while there are errors.

    Returns both lists with these changes. A suggested declaration is not reported as unused.

    Args:
        violations: The violations at paths of the expanded document.
        language: The violations of language rules, with their locations in the document as written.
        written: The document as written.
        tree: The expanded document.
    """
    if not any(violation.rule == _UNUSED for violation in language):
        return list(violations), list(language)
    suggested: set[Path] = set()
    related: list[Violation] = []
    for violation in violations:
        meant = _meant(violation, written, tree) if isinstance(written, Mapping) else None
        if meant is not None:
            suggested.add(meant.path)
            violation = violation.replace(label=fmt("did you mean {}?", meant.use), help=fmt("write {}", meant.use))
        related.append(violation)
    left = [
        violation
        for violation in language
        if violation.rule != _UNUSED or violation.location is None or violation.location.path not in suggested
    ]
    if any(violation.rule not in CODES or is_error(violation) for violation in (*violations, *language)):
        left = [violation.replace(fix=None) if violation.rule == _UNUSED else violation for violation in left]
    return related, left


class _Declaration(NamedTuple):
    """A declaration of the document: where it is, and how it is used."""

    path: Path
    use: Setting | str


def _meant(violation: Violation, written: Mapping[str, object], tree: Mapping[str, object]) -> _Declaration | None:
    """The declaration whose name is the wrong value; None if there is none."""
    value = value_at(tree, violation.path)
    if violation.rule == "unknown-layer" and _declares(written, "custom", value):
        return _Declaration(("custom", value), Setting("custom", value))
    if violation.rule == "unknown-layer" and _declares(written, "blocks", value):
        return _Declaration(("blocks", value), Setting("use", value))
    if violation.rule in ("wrong-type", "bad-value") and _declares(written, "vars", value):
        return _Declaration(("vars", value), f'"${value}"')
    if isinstance(value, Mapping) and _declares(written, "blocks", value.get("block")):
        return _Declaration(("blocks", value["block"]), Setting("use", value["block"]))
    return None


def _declares(written: Mapping[str, object], table: str, name: object) -> bool:
    declared = written.get(table)
    return isinstance(name, str) and isinstance(declared, Mapping) and name in declared
