"""Diagnostics as text: message, excerpt with a caret, notes and help."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from seqspec.core.diagnostics.diagnostic import Diagnostic, Span

Lines = Callable[[str | None, int], str]
"""Returns a line of a file (1-based), or an empty string if there is no such line."""

Paint = Callable[[str, str], str]
"""Colors a text by its role: `"error"`, `"warning"`, `"info"`, `"bold"` or `"dim"`."""

_WIDTH = 160


def plain(text: str, role: str) -> str:
    """No color."""
    return text


_ANSI = {"error": "1;31", "warning": "1;33", "info": "1;36", "bold": "1", "dim": "34"}


def ansi(text: str, role: str) -> str:
    """Colors for a terminal."""
    return f"\x1b[{_ANSI[role]}m{text}\x1b[0m"


def concise(diagnostic: Diagnostic, paint: Paint = plain) -> str:
    """`file:line:column: severity[code] name: message`, on one line."""
    location = visible(diagnostic.file if diagnostic.file is not None else diagnostic.pointer or "/")
    if diagnostic.span is not None:
        location += f":{diagnostic.span.line}:{diagnostic.span.column}"
    tag = paint(f"{diagnostic.severity}[{diagnostic.code}]", diagnostic.severity)
    return f"{paint(location, 'bold')}: {tag} {diagnostic.name}: {visible(diagnostic.message)}"


def full(diagnostic: Diagnostic, lines: Lines, paint: Paint = plain) -> str:
    """The finding with its excerpts."""
    out = [concise(diagnostic, paint)]
    annotations = [
        _Annotation(related.file, related.span, related.message, "-", "dim")
        for related in diagnostic.related
        if related.span is not None
    ]
    if diagnostic.span is not None:
        primary = _Annotation(diagnostic.file, diagnostic.span, diagnostic.label, "^", diagnostic.severity)
        # The locations in the file in line order, then those in other files.
        in_file = sorted(
            [primary, *(annotation for annotation in annotations if annotation.file == primary.file)],
            key=lambda annotation: annotation.span.line,
        )
        annotations = [*in_file, *(annotation for annotation in annotations if annotation.file != primary.file)]
    width = max((len(str(annotation.span.line)) for annotation in annotations), default=1)
    bar = " " * (width + 1) + paint("|", "dim")
    if diagnostic.span is not None:
        out.append(bar)
    elif diagnostic.label:
        out.append(f"{' ' * (width + 1)}{paint('=', 'dim')} {visible(diagnostic.label)}")
    for annotation in annotations:
        if annotation.file != diagnostic.file:
            address = f"{visible(annotation.file or '')}:{annotation.span.line}:{annotation.span.column}"
            out.append(f"{' ' * (width + 1)}{paint('::', 'dim')} {address}")
        line, marks = _excerpt(annotation, lines, width, paint)
        # Several annotations of one line share the excerpt.
        if len(out) < 2 or line not in out[-2:]:
            out.append(line)
        out.append(marks)
    for related in diagnostic.related:
        if related.span is None:
            pointer = visible(related.pointer or "/")
            out.append(f"{' ' * (width + 1)}{paint('=', 'dim')} {pointer}: {visible(related.message)}")
    if diagnostic.span is not None and (diagnostic.notes or diagnostic.help or diagnostic.fix):
        out.append(bar)
    equals = " " * (width + 1) + paint("=", "dim")
    out += [f"{equals} {visible(note)}" for note in diagnostic.notes]
    fix = diagnostic.fix
    option = f" ({'--fix' if fix.safe else '--fix --unsafe-fixes'})" if fix is not None else ""
    if diagnostic.help:
        same = fix is not None and fix.message == diagnostic.help
        out.append(f"{equals} {paint('help', 'bold')}: {visible(diagnostic.help)}{option if same else ''}")
    if fix is not None and fix.message != diagnostic.help:
        out.append(f"{equals} {paint('fix', 'bold')}: {visible(fix.message)}{option}")
    return "\n".join(out)


class _Annotation(NamedTuple):
    """A marked location of a finding, with its label."""

    file: str | None
    span: Span
    label: str | None
    mark: str
    role: str


def _excerpt(annotation: _Annotation, lines: Lines, width: int, paint: Paint) -> tuple[str, str]:
    """The line of a location, and the marks below it."""
    span = annotation.span
    raw = lines(annotation.file, span.line)
    start = span.column - 1
    end = span.end_column - 1 if span.end_line == span.line else len(raw)
    # A long line is cut around the location.
    cut = max(0, start - _WIDTH // 2) if len(raw) > _WIDTH else 0
    shown = raw[cut : cut + _WIDTH]
    before = columns(("…" if cut else "") + shown[: max(0, start - cut)])
    marked = max(1, columns(shown[max(0, start - cut) : max(0, end - cut)]))
    text = ("…" if cut else "") + visible(shown) + ("…" if cut + _WIDTH < len(raw) else "")
    line = f"{span.line:>{width}} {paint('|', 'dim')} {text.rstrip()}"
    caret = paint(annotation.mark * marked, annotation.role)
    if annotation.label:
        caret += f" {paint(visible(annotation.label), annotation.role)}"
    return line, f"{' ' * (width + 1)}{paint('|', 'dim')} {' ' * before}{caret}"


def visible(text: str) -> str:
    """The text with visible control characters, which a terminal would execute; a tab becomes one space."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else " " if char == "\t" else _escape(char) for char in text)


def _escape(char: str) -> str:
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")


def columns(text: str) -> int:
    """The number of terminal columns of a text: two for wide characters, none for combining ones."""
    shown = visible(text)
    if shown.isascii():
        return len(shown)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in shown)
