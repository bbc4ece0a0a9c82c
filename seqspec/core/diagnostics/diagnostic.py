"""A resolved finding as data, with its fixes as edits of the expanded document."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from seqspec.core.diagnostics.message import Message, Notation

Path = tuple[str | int, ...]


class TreeEdit(NamedTuple):
    """One edit of a tree of tables and lists.

    `action` is `"set"` (sets the value at `path`), `"remove"` (removes the key or item at `path`), `"insert"` (inserts
    `value` before the item at `path`; the length of the list as its index appends) or `"rename"` (renames the key at
    `path` to `value`).
    """

    action: str
    path: Path
    value: Any = None


class TreeFix(NamedTuple):
    """A fix of a finding; a safe fix never changes the meaning of a valid spec.

    Without a `title`, the first edit is the title.
    """

    title: str
    changes: tuple[TreeEdit, ...]
    safe: bool = False

    def describe(self, notation: Notation) -> str:
        """The title in the notation of a document, such as `set activation = "relu"`."""
        if self.title:
            return self.title.render(notation) if isinstance(self.title, Message) else self.title
        action, path, value = self.changes[0]
        if action == "set" and path[-1] == "type":
            return f"use {value}"
        if action == "set" and isinstance(path[-1], str):
            return f"set {notation.setting(path[-1], value)}"
        return f"remove {path[-1]}" if action == "remove" else f"use {notation.value(value)}"


def fix_setting(value: object, *paths: Path) -> TreeFix:
    """A fix that sets one value, at each path."""
    return TreeFix("", tuple(set_value(path, value) for path in paths))


def set_value(path: Path, value: object) -> TreeEdit:
    """Sets or adds the value at a path."""
    return TreeEdit("set", path, value)


def remove(path: Path) -> TreeEdit:
    """Removes the key or item at a path."""
    return TreeEdit("remove", path)


def insert(path: Path, value: object) -> TreeEdit:
    """Inserts an item before the one at a path."""
    return TreeEdit("insert", path, value)


def rename(path: Path, key: str) -> TreeEdit:
    """Renames the key at a path."""
    return TreeEdit("rename", path, key)


SEVERITIES = ("error", "warning", "info")
"""From the worst on."""


@dataclass(frozen=True, slots=True)
class Span:
    """A range of text: lines and columns count from 1, in code points; the end is just after the last character."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Related:
    """Another location that a finding refers to, and why."""

    pointer: str
    message: str
    span: Span | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """A replacement of a range of the text."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """The edits that fix a finding; a safe fix never changes the meaning of a valid spec.

    The edits of a finding in a cell of a notebook are edits of the JSON text of the file.
    """

    message: str
    edits: tuple[Edit, ...]
    safe: bool = True


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    Attributes:
        code: The code of the rule, such as `"SEQ106"`.
        name: The name of the rule, such as `"unknown-name"`.
        severity: `"error"`, `"warning"` or `"info"`.
        message: What was expected and what was found.
        pointer: The location in the spec as written, as a JSON Pointer.
        span: Lines and columns; None if the source is a dict.
        file: The file that `span` is in; None if the source is a dict.
        label: A short text next to the marker.
        related: Other locations that the finding refers to.
        notes: Lines below the excerpt, such as the input shape and how it came about.
        help: The suggested change.
        fix: The edits that fix it; None if there is none.
        subject: The layer that the message begins with, if any.
        alternative: The edits of another fix, for what is meant less often; None if there is none.
    """

    code: str
    name: str
    severity: str
    message: str
    pointer: str
    span: Span | None = None
    file: str | None = None
    label: str | None = None
    related: tuple[Related, ...] = ()
    notes: tuple[str, ...] = ()
    help: str | None = None
    fix: Fix | None = field(default=None)
    subject: str = field(default="", compare=False)
    """The beginning of the message that names the layer: `model.layers[3] (Dense "head"): `."""
    alternative: Fix | None = field(default=None, compare=False)
    suggestion: str | None = field(default=None, compare=False)
    """The word that was most likely meant, which the label asks about."""
    only_keras: int | None = field(default=None, compare=False)
    """The major version of Keras that alone refuses it, 2 or 3; None if every version does."""

    @property
    def statement(self) -> str:
        """The message without its subject, for output that shows the layer itself."""
        return self.message.removeprefix(self.subject)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as `--format json` prints it."""
        return {
            "code": self.code,
            "name": self.name,
            "severity": self.severity,
            "message": self.message,
            "pointer": self.pointer,
            "file": self.file,
            "span": _span(self.span),
            "label": self.label,
            "related": [
                {"pointer": r.pointer, "message": r.message, "span": _span(r.span), "file": r.file}
                for r in self.related
            ],
            "notes": list(self.notes),
            "help": self.help,
            "fix": None
            if self.fix is None
            else {
                "message": self.fix.message,
                "safe": self.fix.safe,
                "edits": [{"span": _span(edit.span), "text": edit.text} for edit in self.fix.edits],
            },
        }


def _span(span: Span | None) -> dict[str, int] | None:
    return None if span is None else asdict(span)
