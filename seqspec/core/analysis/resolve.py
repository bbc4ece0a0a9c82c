"""Resolves violations in the expanded tree to diagnostics in the source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from seqspec.core.analysis.graph import GraphDocument
from seqspec.core.diagnostics.codes import CODES, DATA_RULES
from seqspec.core.diagnostics.convert import at_source, to_diagnostic
from seqspec.core.diagnostics.diagnostic import Diagnostic, Fix, Related
from seqspec.core.diagnostics.message import Declared, counted
from seqspec.core.diagnostics.violation import FixWriter, Path, SourceLocation, Violation, pointer, value_at
from seqspec.core.language.expansion import Expansion
from seqspec.core.language.keys import INNER_LAYER_KEYS
from seqspec.core.language.provenance import ProvenanceStep
from seqspec.core.syntax.document import Document

MAX_FINDINGS = 1_000
"""The maximum number of findings that are reported per spec; the others are counted."""

_SEVERITIES = ("error", "warning", "info")
_SEVERAL = DATA_RULES | {"policy", "bad-custom"}
"""Rules that can have several violations at one location."""


def resolve_diagnostics(
    violations: Iterable[Violation], expansion: Expansion, with_fixes: bool = True
) -> list[Diagnostic]:
    """The diagnostics in source order; an error shared by copies of a block is reported once."""
    violations = list(violations)
    renamed = _renamed_keys(violations)
    groups: dict[object, tuple[SourceLocation, tuple[ProvenanceStep, ...], list[Violation]]] = {}
    for violation in violations:
        location, via = _place(violation, expansion, renamed)
        key: tuple[object, ...] = (
            violation.rule,
            id(location.document),
            location.path,
            location.anchor,
            location.string_range,
            location.exact,
        )
        if violation.rule in _SEVERAL:
            key = (*key, violation.message)
        groups.setdefault(key, (location, via, []))[2].append(violation)
    omitted: Counter[str] = Counter()
    if len(groups) > MAX_FINDINGS:
        by_severity = sorted(groups, key=lambda key: _severity(groups[key][2][0]))
        omitted = Counter(CODES[groups[key][2][0].rule].code for key in by_severity[MAX_FINDINGS:])
        groups = {key: groups[key] for key in by_severity[:MAX_FINDINGS]}
    fixes: FixWriter | None = None
    resolved: list[tuple[Any, Diagnostic]] = []
    for location, via, group in groups.values():
        violation = group[0]
        if fixes is None and with_fixes and (violation.fix is not None or violation.suggestion is not None):
            fixes = _fix_writer(expansion)
        own_writer = location.document.fix_writer
        span = location.span()
        # Copies of one layer share a location.
        related = list(dict.fromkeys(_related(expansion, at, message, renamed) for at, message in violation.related))
        related += [
            Related(pointer(step.path), step.describe(), step.document.span(step.path, "value"), step.document.file)
            for step in via
        ]
        diagnostic = to_diagnostic(
            violation,
            path=location.path,
            span=span,
            file=location.document.file,
            notation=location.document.notation,
            subject="" if violation.location is not None else _subject_of(violation.path, expansion, renamed),
            related=related,
            help=own_writer.help(violation) if own_writer is not None else None,
            fix=fixes.of(group) if fixes is not None else None,
            alternative=_alternative(fixes, group) if fixes is not None else None,
        )
        order = (span.line, span.column) if span else _order(location.document.tree, location.path)
        resolved.append(((location.document is not expansion.document, order), diagnostic))
    diagnostics = [diagnostic for _, diagnostic in sorted(resolved, key=lambda pair: pair[0])]
    if omitted:
        diagnostics.append(_count(omitted, expansion.document))
    return diagnostics


def once_per_argument(diagnostics: Sequence[Diagnostic], suppressed: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Merges the diagnostics of each deprecated argument into one, which counts all uses and whose fix changes them.

    A comment that suppresses the first use suppresses all of them.
    """
    uses: dict[tuple[str, ...], list[Diagnostic]] = {}
    for diagnostic in diagnostics:
        if diagnostic.name == "deprecated-argument":
            uses.setdefault(_argument(diagnostic), []).append(diagnostic)
    merged = {id(same[0]): _with_uses(same[0], same[1:]) for same in uses.values() if len(same) > 1}
    others = {id(diagnostic) for same in uses.values() for diagnostic in same[1:]}
    for diagnostic in suppressed:
        same = uses.get(_argument(diagnostic), []) if diagnostic.name == "deprecated-argument" else []
        if same and _position(diagnostic) < _position(same[0]):
            others |= {id(other) for other in same}
    return [merged.get(id(diagnostic), diagnostic) for diagnostic in diagnostics if id(diagnostic) not in others]


def _argument(diagnostic: Diagnostic) -> tuple[str, ...]:
    """A deprecated argument, and the text with which its fix replaces it."""
    edits = diagnostic.fix.edits if diagnostic.fix is not None else ()
    return (diagnostic.pointer.rpartition("/")[2], *(edit.text for edit in edits))


def _position(diagnostic: Diagnostic) -> tuple[int, int]:
    return (diagnostic.span.line, diagnostic.span.column) if diagnostic.span is not None else (0, 0)


def _with_uses(first: Diagnostic, others: Sequence[Diagnostic]) -> Diagnostic:
    lines = [str(other.span.line) for other in others if other.span is not None]
    shown = ", ".join(lines[:8]) + (", …" if len(lines) > 8 else "")
    where = f": line{'s' if len(lines) > 1 else ''} {shown}" if lines else ""
    fix = first.fix
    if fix is not None:
        edits = (edit for other in others if other.fix is not None for edit in other.fix.edits)
        fix = replace(fix, edits=(*fix.edits, *edits))
    more = f"{counted(len(others), 'more use')}{where}"
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
    end = document.span_at(len(document.text), len(document.text)) if document.text is not None else None
    location = SourceLocation(document, (), exact=end)
    return at_source(Violation("findings-omitted", message, help="fix these first", location=location), document)


def _alternative(fixes: FixWriter, group: Sequence[Violation]) -> Fix | None:
    """The other fix of copies of one mistake."""
    if group[0].alternative is None:
        return None
    return fixes.of([violation.replace(fix=violation.alternative, suggestion=None) for violation in group])


def _fix_writer(expansion: Expansion) -> FixWriter:
    """Converts the fixes of the expanded tree to edits of the text."""
    if expansion.document.fix_writer is not None:
        return expansion.document.fix_writer
    from seqspec.core.fixes import Fixes

    return Fixes(expansion)


def _renamed_keys(violations: Iterable[Violation]) -> dict[Path, Path]:
    """Path with the corrected key → path as written, for misspelled keys with which validation continued."""
    return {
        (*violation.path[:-1], violation.recovered_value): violation.path
        for violation in violations
        if violation.anchor == "key" and violation.location is None and isinstance(violation.recovered_value, str)
    }


def _as_written(path: Path, renamed: Mapping[Path, Path]) -> Path:
    """A path with misspelled keys as written."""
    for length in range(1, len(path) + 1) if renamed else ():
        written = renamed.get(path[:length])
        if written is not None:
            path = (*written, *path[length:])
    return path


def _related(expansion: Expansion, at: Path | SourceLocation, message: str, renamed: Mapping[Path, Path]) -> Related:
    if isinstance(at, SourceLocation):
        location = at
    else:
        origin = expansion.origin(_as_written(at, renamed))
        location = origin.place()
        if origin.is_measured and isinstance(message, Declared):
            message = message.measured
    return Related(
        pointer(location.path), location.document.notation.message(message), location.span(), location.document.file
    )


def _place(
    violation: Violation, expansion: Expansion, renamed: Mapping[Path, Path]
) -> tuple[SourceLocation, tuple[ProvenanceStep, ...]]:
    """The location of the caret, and the provenance of the value."""
    if violation.location is not None:
        return violation.location, ()
    path, anchor = _as_written(violation.path, renamed), violation.anchor
    if violation.rule == "policy":
        path = _written(expansion.tree, path)
    if anchor == "layer":
        anchor = "value"
        entry = value_at(expansion.tree, path)
        if isinstance(entry, Mapping):
            path = next(((*path, tag) for tag in ("type", "custom") if tag in entry), path)
    origin = expansion.origin(path)
    # The provenance of a value does not explain its key.
    via = expansion.origin(path[:-1]).via if anchor == "key" and path else origin.via
    return origin.place(anchor, violation.string_range), via


def _written(tree: Any, path: Path) -> Path:
    """The part of an expanded path that exists in the spec: `"adam(0.1)"` has no `learning_rate` key."""
    for length, key in enumerate(path):
        try:
            tree = tree[key]
        except (KeyError, IndexError, TypeError):
            return path[:length]
    return path


def _subject_of(path: Path, expansion: Expansion, renamed: Mapping[Path, Path]) -> str:
    """`model.layers[3] (Dense "head"): ` for a violation in a layer, the innermost one; otherwise empty."""
    if len(path) < 3 or path[:2] != ("model", "layers"):
        return ""
    tree = expansion.tree
    end = 3
    for length in range(4, len(path) + 1):
        if (
            isinstance(value_at(tree, _as_written(path[:length], renamed)), Mapping)
            and path[length - 1 - isinstance(path[length - 1], int)] in INNER_LAYER_KEYS
        ):
            end = length
    entry = value_at(tree, _as_written(path[:end], renamed))
    kind = entry if isinstance(entry, str) else None
    name = None
    if isinstance(entry, Mapping):
        kind = entry.get("type", entry.get("custom"))
        name = entry.get("name")
    subject = f" ({kind}" + (f' "{name}"' if isinstance(name, str) else "") + ")" if isinstance(kind, str) else ""
    if len(subject) > 120:
        subject = ""
    document = expansion.document
    result = document.result_of(path[2]) if isinstance(document, GraphDocument) and isinstance(path[2], int) else None
    if result is not None:
        return f"{result}{subject}: "
    dotted = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path[1:end])
    return f"{expansion.document.model}{dotted}{subject}: "


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
