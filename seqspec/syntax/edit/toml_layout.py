"""How a TOML text writes its tree: which statements declare what."""

from __future__ import annotations

from typing import NamedTuple

from seqspec.syntax.scan import Path
from seqspec.syntax.toml_text import _Scanner

Token = tuple[Path, int, int]
"""A part of a dotted key: the path that it stands for, and its offsets."""


class Statement(NamedTuple):
    """A header, or a key with its value.

    Attributes:
        path: The table that a header begins, or the value's place.
        base: The table that the key of a value is written in; that of a header is the top level.
        start: Its offsets, without a comment.
        end: The offset behind it.
        tokens: The parts of its key.
        header: Whether it is a header.
    """

    path: Path
    base: Path
    start: int
    end: int
    tokens: tuple[Token, ...]
    header: bool


class Layout(_Scanner):
    """The statements of a valid text.

    Attributes:
        statements: Those of lines of their own, in the order of the text.
        inline: The keys of each table that is written in braces, by its path.
        bodies: The keys with lines of their own of each table, by its path.
        tokens: Where each key is written, by the path that it stands for.
    """

    def __init__(self, text: str, depth: int) -> None:
        super().__init__(text, depth)
        self.statements: list[Statement] = []
        self.inline: dict[Path, list[Statement]] = {}
        self.bodies: dict[Path, list[Statement]] = {}
        self.tokens: dict[Path, list[tuple[int, int]]] = {}
        self._met: list[list[tuple[str, int, int]]] = []
        self.document()

    def keys(self, i: int, what: str) -> tuple[list[tuple[str, int, int]], int]:
        found, i = super().keys(i, what)
        self._met.append(found)
        return found, i

    def header(self, start: int) -> tuple[int, Path]:
        mine = len(self._met)
        end, path = super().header(start)
        tokens = []
        keys = iter(self._met[mine])
        for length, key in enumerate(path, 1):
            if isinstance(key, str):
                _, first, last = next(keys)
                tokens.append((path[:length], first, last))
        self.statements.append(Statement(path, (), start, end, tuple(tokens), True))
        self._note(tuple(tokens))
        return end, path

    def pair(self, i: int, base: Path, inline: bool) -> int:
        mine = len(self._met)
        end = super().pair(i, base, inline)
        keys = self._met[mine]
        path = base + tuple(key for key, _, _ in keys)
        tokens = tuple((path[: len(base) + n], first, last) for n, (_, first, last) in enumerate(keys, 1))
        statement = Statement(path, base, keys[0][1], end, tokens, False)
        if inline:
            self.inline.setdefault(base, []).append(statement)
        else:
            self.statements.append(statement)
            self.bodies.setdefault(base, []).append(statement)
        self._note(tokens)
        return end

    def _note(self, tokens: tuple[Token, ...]) -> None:
        for path, start, end in tokens:
            self.tokens.setdefault(path, []).append((start, end))

    def everything(self) -> list[Statement]:
        """All statements, those within braces among them."""
        return [*self.statements, *(statement for inner in self.inline.values() for statement in inner)]

    def kind(self, path: Path) -> str:
        """How a value is written.

        `table` under a header, `implicit` by headers further in, `dotted` by dotted keys, `list` by `[[ ]]`, `braces`,
        `brackets` or `word` behind a `=`.
        """
        if not path:
            return "table"
        kind = self.kinds.get(path, "value")
        if kind != "value":
            return kind
        c = self.text[self.places[path][0]]
        return "braces" if c == "{" else "brackets" if c == "[" else "word"
