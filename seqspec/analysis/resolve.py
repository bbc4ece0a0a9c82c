"""Resolves violations in the expanded tree to diagnostics in the source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from seqspec.diagnostics.codes import CODES
from seqspec.diagnostics.convert import at_source, to_diagnostic
from seqspec.diagnostics.diagnostic import Diagnostic, Related
from seqspec.diagnostics.path import value_at
from seqspec.diagnostics.source_location import SourceLocation
from seqspec.diagnostics.violation import Path, Violation, pointer
from seqspec.language.expand import Expansion
from seqspec.language.provenance import ProvenanceStep
from seqspec.syntax.document import Document

if TYPE_CHECKING:
    from seqspec.fixes.text_edits import Fixes
    from seqspec.importers.python.edits import ProgramFixes

MAX_FINDINGS = 1_000
"""The maximum number of findings that are reported per spec; the others are counted."""

_SEVERITIES = ("error", "warning", "info")
_OF_SCHEMAS = (
    "policy", "bad-custom", "data-unreadable", "data-column", "data-values", "data-labels", "data-mismatch",
    "sample-leakage",
)  # fmt: skip
"""Rules that can have several violations at one location."""


def resolve_diagnostics(violations: Iterable[Violation], expansion: Expansion) -> list[Diagnostic]:
    """The diagnostics in source order; an error shared by copies of a block is reported once."""
    groups: dict[Any, tuple[SourceLocation, tuple[ProvenanceStep, ...], list[Violation]]] = {}
    for violation in violations:
        place, via = _place(violation, expansion)
        key: Any = (violation.rule, id(place.document), place.path, place.anchor, place.string_range, place.exact)
        if violation.rule in _OF_SCHEMAS:
            key = (*key, violation.message)
        groups.setdefault(key, (place, via, []))[2].append(violation)
    omitted: Counter[str] = Counter()
    if len(groups) > MAX_FINDINGS:
        by_severity = sorted(groups, key=lambda key: _severity(groups[key][2][0]))
        omitted = Counter(CODES[groups[key][2][0].rule].code for key in by_severity[MAX_FINDINGS:])
        groups = {key: groups[key] for key in by_severity[:MAX_FINDINGS]}
    fixes: Fixes | ProgramFixes | None = None
    found: list[tuple[Any, Diagnostic]] = []
    for place, via, group in groups.values():
        violation = group[0]
        if fixes is None and (violation.fix is not None or violation.suggestion is not None):
            fixes = _fixes(expansion)
        span = place.span()
        # Copies of one layer share a location.
        related = list(dict.fromkeys(_related(expansion, at, words) for at, words in violation.related))
        related += [
            Related(pointer(step.path), step.describe(), step.document.span(step.path, "value"), step.document.file)
            for step in via
        ]
        diagnostic = to_diagnostic(
            violation,
            path=place.path,
            span=span,
            file=place.document.file,
            format=place.document.format,
            subject="" if violation.location is not None else _who(violation.path, expansion.tree),
            related=related,
            help=_help_in_program(violation, place.document),
            fix=fixes.of(group) if fixes is not None else None,
        )
        order = (span.line, span.column) if span else _order(place.document.tree, place.path)
        found.append(((place.document is not expansion.document, order), diagnostic))
    diagnostics = [diagnostic for _, diagnostic in sorted(found, key=lambda pair: pair[0])]
    if omitted:
        diagnostics.append(_count(omitted, expansion.document))
    return diagnostics


def once_per_argument(diagnostics: Sequence[Diagnostic], suppressed: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The diagnostics with one for each deprecated argument: it counts the other uses, and its fix changes them too.

    What suppresses the first use suppresses it.
    """
    uses: dict[tuple[str, ...], list[Diagnostic]] = {}
    for found in diagnostics:
        if found.name == "deprecated-argument":
            uses.setdefault(_argument(found), []).append(found)
    merged = {id(same[0]): _with_uses(same[0], same[1:]) for same in uses.values() if len(same) > 1}
    others = {id(found) for same in uses.values() for found in same[1:]}
    for found in suppressed:
        same = uses.get(_argument(found), []) if found.name == "deprecated-argument" else []
        if same and _position(found) < _position(same[0]):
            others |= {id(each) for each in same}
    return [merged.get(id(found), found) for found in diagnostics if id(found) not in others]


def _argument(found: Diagnostic) -> tuple[str, ...]:
    """A deprecated argument, and what its fix writes instead."""
    edits = found.fix.edits if found.fix is not None else ()
    return (found.pointer.rpartition("/")[2], *(edit.text for edit in edits))


def _position(found: Diagnostic) -> tuple[int, int]:
    return (found.span.line, found.span.column) if found.span is not None else (0, 0)


def _with_uses(first: Diagnostic, others: Sequence[Diagnostic]) -> Diagnostic:
    lines = [str(other.span.line) for other in others if other.span is not None]
    shown = ", ".join(lines[:8]) + (", …" if len(lines) > 8 else "")
    where = f": line{'s' if len(lines) > 1 else ''} {shown}" if lines else ""
    fix = first.fix
    if fix is not None:
        edits = (edit for other in others if other.fix is not None for edit in other.fix.edits)
        fix = replace(fix, edits=(*fix.edits, *edits))
    more = f"{len(others)} more use{'s' if len(others) > 1 else ''}{where}"
    return replace(first, notes=(*first.notes, more), fix=fix)


def limit_findings(diagnostics: list[Diagnostic], document: Document) -> list[Diagnostic]:
    """At most `MAX_FINDINGS` diagnostics, the most severe ones, and one that counts the others."""
    if len(diagnostics) <= MAX_FINDINGS + 1:
        return diagnostics
    order = sorted(range(len(diagnostics)), key=lambda index: _SEVERITIES.index(diagnostics[index].severity))
    kept = [diagnostics[index] for index in sorted(order[:MAX_FINDINGS])]
    return [*kept, _count(Counter(diagnostics[index].code for index in order[MAX_FINDINGS:]), document)]


def _severity(violation: Violation) -> int:
    return _SEVERITIES.index(violation.severity or CODES[violation.rule].severity)


def _count(omitted: Counter[str], document: Document) -> Diagnostic:
    """The finding that counts unreported ones."""
    listed = ", ".join(f"{number:,} of {rule}" for rule, number in omitted.most_common(5))
    more = f" and others ({listed}, …)" if len(omitted) > 5 else f" ({listed})"
    message = f"{omitted.total():,} more findings are not reported{more}"
    end = document.stretch(len(document.text), len(document.text)) if document.text is not None else None
    location = SourceLocation(document, (), exact=end)
    return at_source(Violation("findings-omitted", message, help="fix these first", location=location), document)


def _fixes(expansion: Expansion) -> Fixes | ProgramFixes:
    """What makes the fixes of a document of its format."""
    document = expansion.document
    if document.format == "python":
        from seqspec.importers.python.document import ModelDocument
        from seqspec.importers.python.edits import ProgramFixes

        if isinstance(document, ModelDocument):
            return ProgramFixes(document)
    from seqspec.fixes.text_edits import Fixes

    return Fixes(expansion)


def _help_in_program(violation: Violation, document: Document) -> str | None:
    """What to write instead in a program, where the change is short; None for other documents."""
    if document.format != "python":
        return None
    from seqspec.importers.python.document import ModelDocument
    from seqspec.importers.python.edits import tree_fix, words

    return words(tree_fix(violation, document.tree), document) if isinstance(document, ModelDocument) else None


def _related(expansion: Expansion, at: Path | SourceLocation, words: str) -> Related:
    place = at if isinstance(at, SourceLocation) else expansion.origin(at).place()
    return Related(pointer(place.path), words, place.span(), place.document.file)


def _place(violation: Violation, expansion: Expansion) -> tuple[SourceLocation, tuple[ProvenanceStep, ...]]:
    """The location of the caret, and the provenance of the value."""
    if violation.location is not None:
        return violation.location, ()
    path, anchor = violation.path, violation.anchor
    if violation.rule == "policy":
        path = _written(expansion.tree, path)
    if anchor == "layer":
        anchor = "value"
        entry = value_at(expansion.tree, path)
        if isinstance(entry, Mapping):
            path = next(((*path, tag) for tag in ("type", "custom") if tag in entry), path)
    origin = expansion.origin(path)
    # What a value came through does not explain its key.
    via = expansion.origin(path[:-1]).via if anchor == "key" and path else origin.via
    return origin.place(anchor, violation.string_range), via


def _written(tree: Any, path: Path) -> Path:
    """The part of a path of the expanded form that is written: `"adam(0.1)"` has no `learning_rate` key."""
    for length, key in enumerate(path):
        try:
            tree = tree[key]
        except (KeyError, IndexError, TypeError):
            return path[:length]
    return path


_INNER = ("layer", "backward_layer", "cell", "cells", "layers")


def _who(path: Path, tree: object) -> str:
    """`model.layers[3] (Dense "head"): ` for a violation in a layer, the innermost one; otherwise empty."""
    if len(path) < 3 or path[:2] != ("model", "layers"):
        return ""
    end = 3
    for length in range(4, len(path) + 1):
        if (
            isinstance(value_at(tree, path[:length]), Mapping)
            and path[length - 1 - isinstance(path[length - 1], int)] in _INNER
        ):
            end = length
    entry = value_at(tree, path[:end])
    kind = entry if isinstance(entry, str) else None
    name = None
    if isinstance(entry, Mapping):
        kind = entry.get("type", entry.get("custom"))
        name = entry.get("name")
    words = f" ({kind}" + (f' "{name}"' if isinstance(name, str) else "") + ")" if isinstance(kind, str) else ""
    if len(words) > 120:
        words = ""
    place = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path[:end])
    return f"{place[1:]}{words}: "


def _order(tree: object, path: Path) -> tuple[int, ...]:
    """The position of a path in a document without text: the index of each key on the way."""
    positions = []
    for key in path:
        if isinstance(tree, Mapping):
            positions.append(list(tree).index(key) if key in tree else len(tree))
            tree = tree.get(key)
        elif isinstance(tree, Sequence) and isinstance(key, int):
            positions.append(key)
            tree = tree[key] if key < len(tree) else None
    return tuple(positions)
