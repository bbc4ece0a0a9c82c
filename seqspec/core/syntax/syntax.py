"""The syntaxes of specs: how texts in TOML and JSON are parsed, edited and written.

Parsers, editors and writers are imported when they are needed: most checks parse one text and do nothing else.
"""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from seqspec.core.diagnostics import message as notation

if TYPE_CHECKING:
    from seqspec.core.diagnostics.message import Notation
    from seqspec.core.syntax.edit.pieces import Style
    from seqspec.core.syntax.edit.text_edit import JsonEditor, TomlEditor
    from seqspec.core.syntax.formatter.nodes import CommentedTree
    from seqspec.core.syntax.formatter.writers import Headed
    from seqspec.core.syntax.tree import Range, SyntaxTree, SyntaxViolation

_MANY_DOTS = 50_000


class DuplicateKey(ValueError):
    """A key occurs twice; the syntax tree has its position."""


class Syntax(ABC):
    """What differs between texts in TOML and in JSON.

    Attributes:
        name: Its name in code, `"toml"` or `"json"`.
        title: Its name in messages.
        notation: How messages write settings and values.
        assignment: The character between a key and its value.
        separator: The assignment with the usual spaces.
        null: The value that is written for None.
        has_comments: Whether texts may contain comments, and with them suppressions.
        bare_keys: Whether keys need no quotes.
        has_headers: Whether tables may have headers.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    notation: ClassVar[Notation]
    assignment: ClassVar[str]
    separator: ClassVar[str]
    null: ClassVar[str | None] = None
    has_comments: ClassVar[bool] = False
    bare_keys: ClassVar[bool] = False
    has_headers: ClassVar[bool] = False

    @abstractmethod
    def parse(self, text: str, *, lenient: bool = False) -> object:
        """The value of a text by the standard parser; raises `ValueError` or `RecursionError`.

        Raises `DuplicateKey` for a repeated key of JSON; with `lenient`, its last value is used.
        """

    def is_costly(self, text: str, depth: int) -> bool:
        """Whether the standard parser might need much time or memory, so that limits must be checked first."""
        return False

    @abstractmethod
    def parse_tree(self, text: str, depth: int) -> SyntaxTree:
        """The syntax tree of a text without a byte order mark, which may be incomplete.

        Values that are nested deeper than `depth` are not in the tree.
        """

    @abstractmethod
    def fault_of(self, error: ValueError, text: str) -> SyntaxViolation:
        """The error message of the standard parser, for a mistake that the syntax tree does not contain."""

    @abstractmethod
    def string_offsets(self, text: str, start: int, end: int) -> Iterator[Range]:
        """The offsets of each character of the string between two offsets; none for other values."""

    @abstractmethod
    def value(self, literal: str) -> object:
        """The value of a literal; raises `ValueError` or `RecursionError`."""

    @abstractmethod
    def literal(self, value: object, old: str = "") -> str:
        """The literal of a scalar; a number keeps its `old` literal if it is valid. Raises `UnrepresentableValue`."""

    @abstractmethod
    def key(self, key: str) -> str:
        """A key, with quotes if necessary."""

    def representable(self, value: object) -> object:
        """A value without None where the syntax has none."""
        if isinstance(value, Mapping):
            return {key: self.representable(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.representable(item) for item in value]
        return self.null if value is None else value

    @abstractmethod
    def style(self, text: str) -> Style:
        """How a text writes values on one line."""

    @abstractmethod
    def editor(self, syntax_tree: SyntaxTree, tree: object) -> JsonEditor | TomlEditor:
        """The editor of a text, given its syntax tree and its values."""

    @abstractmethod
    def attach_comments(self, syntax_tree: SyntaxTree) -> CommentedTree:
        """The values of a valid text with their comments."""

    @abstractmethod
    def write(self, commented: CommentedTree, headed: Headed) -> str:
        """The text of a commented tree; `headed` selects the tables that have a header of their own."""


class TomlSyntax(Syntax):
    """TOML 1.0."""

    name = "toml"
    title = "TOML"
    notation = notation.TOML
    assignment = "="
    separator = " = "
    null = "none"
    has_comments = True
    bare_keys = True
    has_headers = True

    def parse(self, text: str, *, lenient: bool = False) -> object:
        import tomllib

        return tomllib.loads(text)

    def is_costly(self, text: str, depth: int) -> bool:
        # The time of the standard parser is quadratic in the number of parts of a dotted key, and it needs more than
        # a kilobyte per table in keys and headers.
        dots = text.count(".")
        return dots >= depth and (dots > _MANY_DOTS or max(line.count(".") for line in text.split("\n")) >= depth)

    def parse_tree(self, text: str, depth: int) -> SyntaxTree:
        from seqspec.core.syntax.toml_tree import parse_toml_tree

        return parse_toml_tree(text, depth)

    def fault_of(self, error: ValueError, text: str) -> SyntaxViolation:
        from seqspec.core.syntax.toml_tree import fault_of

        return fault_of(error, text)

    def string_offsets(self, text: str, start: int, end: int) -> Iterator[Range]:
        from seqspec.core.syntax.toml_lexis import units

        return units(text, start, end)

    def value(self, literal: str) -> object:
        import tomllib

        inner = literal[1:-1]
        if literal == f'"{inner}"' and inner.isprintable() and '"' not in inner and "\\" not in inner:
            return inner
        return tomllib.loads(f"v = {literal}")["v"]

    def literal(self, value: object, old: str = "") -> str:
        from seqspec.core.syntax.formatter.nodes import toml_literal_of

        return toml_literal_of(value, old)

    def key(self, key: str) -> str:
        return notation.toml_key(key)

    def style(self, text: str) -> Style:
        from seqspec.core.syntax.edit.pieces import Style

        return Style(
            self.key, self.literal, self.separator, ", ", padded="{ " in text or re.search(r"\{\w", text) is None
        )

    def editor(self, syntax_tree: SyntaxTree, tree: object) -> TomlEditor:
        from seqspec.core.syntax.edit.text_edit import TomlEditor

        return TomlEditor(syntax_tree, tree, self.style(syntax_tree.text))

    def attach_comments(self, syntax_tree: SyntaxTree) -> CommentedTree:
        from seqspec.core.syntax.formatter.comment_reader import read_toml

        return read_toml(syntax_tree, self.value)

    def write(self, commented: CommentedTree, headed: Headed) -> str:
        from seqspec.core.syntax.formatter.writers import write_toml

        return write_toml(commented, headed)


class JsonSyntax(Syntax):
    """JSON without NaN and infinity."""

    name = "json"
    title = "JSON"
    notation = notation.JSON
    assignment = ":"
    separator = ": "

    def parse(self, text: str, *, lenient: bool = False) -> object:
        import json

        return json.loads(text, object_pairs_hook=None if lenient else _table, parse_constant=_constant)

    def parse_tree(self, text: str, depth: int) -> SyntaxTree:
        from seqspec.core.syntax.json_tree import parse_json_tree

        return parse_json_tree(text, depth)

    def fault_of(self, error: ValueError, text: str) -> SyntaxViolation:
        from seqspec.core.syntax.json_tree import fault_of

        return fault_of(error, text)

    def string_offsets(self, text: str, start: int, end: int) -> Iterator[Range]:
        from seqspec.core.syntax.json_tree import units

        return units(text, start, end)

    def value(self, literal: str) -> object:
        import json

        return json.loads(literal)

    def literal(self, value: object, old: str = "") -> str:
        from seqspec.core.syntax.formatter.nodes import json_literal_of

        return json_literal_of(value, old)

    def key(self, key: str) -> str:
        return self.literal(key)

    def style(self, text: str) -> Style:
        from seqspec.core.syntax.edit.pieces import Style

        match = re.search(r'"[ \t]*:([ \t]?)', text)
        space = " " if match is None or match[1] else ""
        return Style(self.key, self.literal, f":{space}", f",{space}", padded="{ " in text or '{"' not in text)

    def editor(self, syntax_tree: SyntaxTree, tree: object) -> JsonEditor:
        from seqspec.core.syntax.edit.text_edit import JsonEditor

        return JsonEditor(syntax_tree, tree, self.style(syntax_tree.text))

    def attach_comments(self, syntax_tree: SyntaxTree) -> CommentedTree:
        from seqspec.core.syntax.formatter.comment_reader import read_json

        return read_json(syntax_tree, self.value)

    def write(self, commented: CommentedTree, headed: Headed) -> str:
        from seqspec.core.syntax.formatter.writers import write_json

        return write_json(commented)


def _table(pairs: list[tuple[str, object]]) -> dict[str, object]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise DuplicateKey
    return table


def _constant(text: str) -> object:
    raise ValueError(f"{text} is not finite")


TOML: Syntax = TomlSyntax()
JSON: Syntax = JsonSyntax()
SYNTAXES = {syntax.name: syntax for syntax in (TOML, JSON)}


def syntax_of(file: str) -> Syntax | None:
    """The syntax of a file by the suffix of its name; None if the name does not determine it."""
    return SYNTAXES.get(os.path.splitext(file)[1][1:].lower())
