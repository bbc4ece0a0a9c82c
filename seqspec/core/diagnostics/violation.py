"""Violations: the errors that are raised and collected while a spec is read and checked.

A `Violation` does not depend on files, lines or codes. It has the name of its rule and a path in the *expanded* spec;
the report converts it to a `Diagnostic` at the location where the value was written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from seqspec.core.diagnostics.message import Message, Notation

if TYPE_CHECKING:
    from seqspec.core.diagnostics.diagnostic import Fix, Span, TreeFix


class FixWriter(Protocol):
    """Converts fixes of the expanded tree to edits of the text, for a front end whose text is not a tree."""

    def of(self, violations: Sequence[Violation]) -> Fix | None:
        """The fix for the copies of one mistake; None if the text has no edit for it."""

    def help(self, violation: Violation) -> str | None:
        """The fix as a help that replaces the help of the violation; None if it cannot be written briefly."""


class WrittenDocument(Protocol):
    """What a diagnostic shows of the document that it is in; `syntax.document.Document` describes the attributes."""

    tree: Mapping[str, object]
    text: str | None
    file: str | None
    fix_writer: FixWriter | None

    @property
    def notation(self) -> Notation:
        """The notation of settings and values in helps."""

    def span(self, path: Path, anchor: str = "value", string_range: tuple[int, int] | None = None) -> Span | None:
        """The position of the value at a path; None without a text."""

    def line_text(self, number: int) -> str:
        """The text of a line, counted from 1."""


class SourceLocation(NamedTuple):
    """A location in a document as written.

    `anchor` and `string_range` are those of a `Violation`; `exact` is the span if the text has no tree.
    """

    document: WrittenDocument
    path: Path
    anchor: str = "value"
    string_range: tuple[int, int] | None = None
    exact: Span | None = None

    def span(self) -> Span | None:
        """Its lines and columns; None if the document has no text."""
        return self.exact or self.document.span(self.path, self.anchor, self.string_range)


Path = tuple[str | int, ...]


def pointer(path: Path) -> str:
    """A path of keys and indices as a JSON Pointer."""
    return "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in path)


def value_at(tree: object, path: Path, default: object = None) -> Any:
    """The value at a path of a tree of tables and lists; `default` if there is none."""
    for key in path:
        if isinstance(tree, Mapping):
            tree = tree.get(key, default)
        elif isinstance(tree, (list, tuple)) and isinstance(key, int) and -len(tree) <= key < len(tree):
            tree = tree[key]
        else:
            return default
    return tree


class _Unset:
    def __reduce__(self) -> str:
        return "UNSET"

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Any = _Unset()
"""The absence of a value where None is a valid value."""


_COMPLETE = ("unknown-name", "bad-configuration")
"""Rules whose messages are complete without a subject, such as `unknown activation "rellu"`."""

Subject = tuple[str | int, ...]
"""The subject of a statement, outer parts first: `("kernel_size", 1)` is `kernel_size[1]`."""


@dataclass(eq=False, repr=False)
class Violation(ValueError):
    """One error, as raised or collected while a spec is read; it becomes a `Diagnostic` in the report.

    A violation is immutable: `replace`, `prefixed` and `with_subject` return copies.

    Args:
        rule: The kebab-case name of the rule, a key of `diagnostics.codes.CODES`.
        statement: What was expected and what was found, without the subject.
        path: The path of the value, relative to what is being read; callers prepend their own keys with `prefixed`.
        anchor: `"value"`, `"key"` or `"layer"`: what the caret marks.
        string_range: Start and end offset within a string value, if only a part of it is wrong.
        label: A short text next to the caret.
        notes: Lines below the excerpt, such as the input shape.
        help: The suggested change.
        related: Related locations, each with a short text.
        recovered_value: The value that was most likely meant; the check continues with it, so that one error hides no
            other.
        location: The location in the source, for an error outside the expanded tree; `path` is then unused.
        severity: Overrides the severity of the rule.
        fix: Changes that fix it; their paths are those of the expanded spec, or of the source if `location` is given.
        alternative: Another fix, for what is meant less often; it is offered, but never applied unasked.
        suggestion: The word that most likely was meant instead of the marked one; it becomes a fix.
        missing: The key that the table at `path` lacks, if that is the error.
        subject: What the statement is about, such as an argument's name.
        condition: The condition of the statement, such as `inside a Pipeline`; it ends the message.
        only_keras: The major version of Keras that alone refuses it, 2 or 3; None if every version does.
    """

    rule: str
    statement: str
    _: KW_ONLY
    path: Path = ()
    anchor: str = "value"
    string_range: tuple[int, int] | None = None
    label: str | None = None
    notes: Sequence[str] = ()
    help: str | None = None
    related: Sequence[tuple[Path | SourceLocation, str]] = ()
    recovered_value: Any = UNSET
    location: SourceLocation | None = None
    severity: str | None = None
    fix: TreeFix | None = None
    alternative: TreeFix | None = None
    suggestion: str | None = None
    missing: str | None = None
    subject: Subject = ()
    condition: str = ""
    only_keras: int | None = None

    def __post_init__(self) -> None:
        super().__init__()
        self.notes = tuple(self.notes)
        self.related = tuple(self.related)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.rule, self.statement), self.__dict__

    def __str__(self) -> str:
        # Pydantic encodes the text of an error as UTF-8, which a lone surrogate cannot be.
        return self.message.encode("utf-8", "replace").decode()

    @property
    def message(self) -> str:
        """The statement with its subject and its condition."""
        statement = Message(self.statement, f" {self.condition}") if self.condition else self.statement
        if not self.subject:
            return statement
        subject = "".join(f"[{part}]" if isinstance(part, int) else f" {part}" for part in self.subject)
        return Message(f"{subject.lstrip(' ')} ", statement)

    @property
    def is_element(self) -> bool:
        """Whether the subject is an element of a list that has no name yet."""
        return bool(self.subject) and isinstance(self.subject[0], int)

    def replace(self, **changes: Any) -> Violation:
        """A copy with changed attributes."""
        return replace(self, **changes)

    def with_subject(self, *subject: str | int) -> Violation:
        """A copy with a subject, such as the name of an argument, prepended to its own."""
        return self if self.rule in _COMPLETE else self.replace(subject=subject + self.subject)

    def prefixed(self, *keys: str | int) -> Violation:
        """A copy with these keys prepended to its paths."""
        related = tuple(
            (at if isinstance(at, SourceLocation) else (*keys, *at), message) for at, message in self.related
        )
        return self.replace(path=keys + self.path, related=related)


class Violations(ValueError):
    """Several errors in one value; `recovered_value` is the value to continue with, if any."""

    def __init__(self, items: Sequence[Violation], recovered_value: Any = UNSET) -> None:
        super().__init__("; ".join(f"{pointer(item.path)}: {item}" if item.path else str(item) for item in items[:10]))
        self.items = list(items)
        self.recovered_value = recovered_value
