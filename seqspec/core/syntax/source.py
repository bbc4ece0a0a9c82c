"""Reads a path or a dict as a `Document`. All mistakes become violations; nothing is raised."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from seqspec.core.diagnostics.message import Value, fmt
from seqspec.core.diagnostics.suggest import Suggestion
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.syntax.document import Document
from seqspec.core.syntax.limits import (
    LIMITS,
    NOT_A_FILE,
    FileTooLarge,
    Limits,
    NotRegularFile,
    raise_limit_help,
    read_file,
)
from seqspec.core.syntax.syntax import JSON, TOML, DuplicateKey, syntax_of

if TYPE_CHECKING:
    from seqspec.core.diagnostics.violation import SourceLocation
    from seqspec.core.syntax.tree import SyntaxViolation

Source = str | os.PathLike[str] | Mapping[str, object]


def read_source(source: Source, limits: Limits = LIMITS, kind: type[Document] = Document) -> Document:
    """The document in a file or a dict. Mistakes are in its `violations`.

    Args:
        source: The path or the dict.
        limits: Bounds on the size of what is read.
        kind: The class of the document of a file.
    """
    if isinstance(source, Mapping):
        return Document(source, depth=limits.depth)
    if not isinstance(source, (str, os.PathLike)):
        document = Document({})
        return _unusable(
            document, "wrong-type", f"source must be a path, a dict or a keras.Sequential, got {type(source).__name__}"
        )
    file = os.fspath(source)
    if isinstance(file, bytes):
        file = os.fsdecode(file)
    return _read_file(file, limits, kind)


def parse_text(
    text: str,
    file: str | None = None,
    format: str | None = None,
    limits: Limits = LIMITS,
    kind: type[Document] = Document,
) -> Document:
    """The document of a text. Without `format`, the format is detected by the file name, or else by the text."""
    text = text.removeprefix("\ufeff")
    format = kind.only_format or format or _format_by_name(file or "") or detect_format(text)
    document = kind({}, text, file, format, depth=limits.depth)
    if len(text) > kind.max_bytes(limits):
        # Only the beginning is kept, for the excerpt.
        document.text = text[:200]
        return _over_size(document, len(text), limits)
    if document.is_spec_text:
        _parse(document, limits)
    return document


def _format_by_name(file: str) -> str | None:
    syntax = syntax_of(file)
    return None if syntax is None else syntax.name


def detect_format(text: str) -> str:
    """`"json"` or `"toml"`, whichever the text looks like."""
    return (JSON if re.match(r'\s*(?:\{|\[\s*[{"]|"|//|/\*)', text) else TOML).name


def _read_file(file: str, limits: Limits, kind: type[Document]) -> Document:
    document = empty_document(file, limits, kind)
    try:
        data = read_file(file, kind.max_bytes(limits))
    except FileTooLarge as error:
        return _over_size(document, error.size, limits)
    except NotRegularFile:
        return _unusable(document, "unreadable-file", NOT_A_FILE)
    except FileNotFoundError:
        return _unusable(document, "unreadable-file", "file not found", help=_near_file(file))
    except IsADirectoryError:
        return _unusable(document, "unreadable-file", "this is a folder, not a file", help="pass a file in it")
    except PermissionError:
        return _unusable(document, "unreadable-file", "permission denied", help="check its permissions")
    except ValueError:
        return _unusable(document, "unreadable-file", "the file name contains an invalid character")
    except OSError as error:
        return _unusable(document, "unreadable-file", f"the file cannot be read: {error.strerror or error}")
    return parse_bytes(data, file, limits, kind)


def parse_bytes(data: bytes, file: str, limits: Limits = LIMITS, kind: type[Document] = Document) -> Document:
    """The document of the bytes of a file."""
    document = empty_document(file, limits, kind)
    if len(data) > kind.max_bytes(limits):
        return _over_size(document, len(data), limits)
    encoding = kind.encoding(data)
    if encoding.lower() not in ("utf-8", "utf8"):
        try:
            text = data.decode(encoding)
            text.encode("utf-8")
        except (LookupError, UnicodeError):
            message = f"the file cannot be decoded as {encoding[:40]}, which it declares"
            return _unusable(document, "unreadable-file", message, help="save it as UTF-8")
        return parse_text(text, file, None, limits, kind)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _not_utf8(document, data, error)
    if "\0" in text[:2]:
        return _unusable(
            empty_document(file, limits, kind),
            "unreadable-file",
            "the file is binary, or UTF-16 and not UTF-8",
            help="save it as UTF-8",
        )
    return parse_text(text, file, None, limits, kind)


def empty_document(file: str, limits: Limits = LIMITS, kind: type[Document] = Document) -> Document:
    """An empty document for a file that was not read."""
    format = kind.only_format or _format_by_name(file) or TOML.name
    return kind({}, None, file, format, depth=limits.depth)


def unreadable_document(file: str, message: str, help: str | None = None) -> Document:
    """The document of an unreadable file, with the reason as a violation."""
    return _unusable(empty_document(file), "unreadable-file", message, help=help)


def _unusable(document: Document, rule: str, message: str, *, help: str | None = None) -> Document:
    document.readable = False
    document.violations.append(Violation(rule, message, help=help, location=_place(document)))
    return document


def _over_size(document: Document, size: int, limits: Limits) -> Document:
    message = f"the file has {size:,} bytes; the limit is {document.max_bytes(limits):,}"
    help = "do not store data in the spec" if document.is_spec_text else raise_limit_help("bytes")
    return _unusable(document, "over-limit", message, help=help)


def _near_file(file: str) -> str | None:
    from difflib import get_close_matches

    folder, name = os.path.split(file)
    try:
        names = os.listdir(folder or ".")
    except (OSError, ValueError):
        return f"folder {folder} does not exist" if folder else None
    # The suffixes of the names are alike and would make all names similar.
    stem, suffix = os.path.splitext(name[:200])
    # Of several with the same stem, such as data and spec, the last one counts.
    others = sorted(names[:1000], key=lambda other: (other.endswith(suffix or ".toml"), ".seqspec." in other))
    stems = {os.path.splitext(other)[0].removesuffix(".seqspec"): other for other in others if other != name}
    near = get_close_matches(stem.removesuffix(".seqspec"), stems, n=1, cutoff=0.7)
    return Suggestion(os.path.join(folder, stems[near[0]])).label if near else None


def _not_utf8(document: Document, data: bytes, error: UnicodeDecodeError) -> Document:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _unusable(document, "unreadable-file", "the file is UTF-16, not UTF-8", help="save it as UTF-8")
    start = len(data[: error.start].decode("utf-8").removeprefix("\ufeff"))
    document.text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    document.readable = False
    document.violations.append(
        Violation(
            "unreadable-file",
            f"the file is not UTF-8: invalid byte 0x{data[error.start]:02x}",
            label="not UTF-8",
            help="save it as UTF-8",
            location=_place(document, start, start + 1),
        )
    )
    return document


def _parse(document: Document, limits: Limits) -> None:
    syntax, text = document.syntax, document.text or ""
    if syntax.is_costly(text, limits.depth):
        fault = next((fault for fault in document.syntax_tree().faults if fault.rule == "over-limit"), None)
        if fault is not None:
            _faulty(document, fault)
            return
    try:
        _accept(document, syntax.parse(text))
    except DuplicateKey:
        _repeated_keys(document, limits)
    except (ValueError, RecursionError) as error:
        _faulty(document, *_faults(document, error, limits))


def _faults(document: Document, error: Exception, limits: Limits) -> list[SyntaxViolation]:
    faults = document.syntax_tree().certain_faults or document.syntax_tree().faults[:1]
    if faults:
        return faults
    if isinstance(error, ValueError):
        return [document.syntax.fault_of(error, document.text or "")]
    from seqspec.core.syntax.tree import syntax_violation

    return [syntax_violation(0, 0, f"the file is nested deeper than {limits.depth} levels", rule="over-limit")]


def _repeated_keys(document: Document, limits: Limits) -> None:
    faults = document.syntax_tree().faults
    if any(fault.rule != "duplicate-key" for fault in faults):
        _faulty(document, *document.syntax_tree().certain_faults)
        return
    for fault in faults[:20]:
        document.violations.append(_located(document, fault))
    try:
        _accept(document, document.syntax.parse(document.text or "", lenient=True))
    except (ValueError, RecursionError) as error:
        _faulty(document, *_faults(document, error, limits))


def _accept(document: Document, tree: object) -> None:
    if isinstance(tree, dict):
        document.tree = tree
        return
    from seqspec.core.syntax.tree import MINIMAL_SPEC

    kind = {list: "a list", str: "a string", bool: "a boolean", type(None): "null"}.get(type(tree), "a number")
    help = fmt("write {}", Value(MINIMAL_SPEC))
    _unusable(document, "wrong-type", f"a spec must be a table, not {kind}", help=help)


def _place(document: Document, start: int = -1, end: int = -1) -> SourceLocation:
    from seqspec.core.diagnostics.violation import SourceLocation

    return SourceLocation(document, (), exact=document.span_at(start, end) if start >= 0 else None)


def _faulty(document: Document, *faults: SyntaxViolation) -> None:
    document.readable = False
    document.violations += [_located(document, fault) for fault in faults]


def _located(document: Document, fault: SyntaxViolation) -> Violation:
    """The violation of a fault at its location in the document."""
    return fault.violation.replace(
        related=tuple((_place(document, start, end), text) for start, end, text in fault.related),
        location=_place(document, fault.start, fault.end),
    )
