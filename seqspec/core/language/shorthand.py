"""Shorthand for nested objects: `"l2(0.01)"`, `"he_normal(seed=1)"`, `"adam"`.

A name, or a name with literal arguments in Keras's order: numbers, fractions, booleans, `none`, quoted strings and
tuples of these. Nothing is evaluated, and every violation has its range in the string. Edits set, remove or rename an
argument, in `"adam(1e-3)"` as well as in `"adam"`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from seqspec.core.diagnostics.message import OWN_CLASS, Value, fmt
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.language.expansion import MAX_INTEGER
from seqspec.core.syntax.document import Tree

MAX_LENGTH = 2000
MAX_DEPTH = 16

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SPACE = re.compile(r"\s*")
_DIGITS = r"(?:\d(?:_?\d)*)"
_NUMBER = re.compile(rf"[+-]?(?:{_DIGITS}(?:\.{_DIGITS}?)?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?")
_WORD = re.compile(r"[A-Za-z0-9_.+-]+")
_CODE = re.compile(r"\s*(?:\(\s*)?(?:lambda\b|def\b|import\b|__import__\b)")
_WORDS: Tree = {
    "true": True,
    "True": True,
    "false": False,
    "False": False,
    "none": "none",
    "None": "none",
    "null": "none",
}
_CLOSING = {"(": ")", "[": "]"}


class CallArgument(NamedTuple):
    """One argument as written: its keyword if any, its value, and their ranges in the text."""

    name: str | None
    value: object
    name_at: tuple[int, int]
    value_at: tuple[int, int]


class ShorthandCall(NamedTuple):
    """A parsed shorthand: the name and its arguments."""

    name: str
    arguments: tuple[CallArgument, ...]

    def bind(self, class_name: str, names: Sequence[str]) -> tuple[dict[str, object], list[Violation]]:
        """The arguments by name, as in the long form, and their violations.

        `names` are the arguments of the class in Keras's order, to which positional arguments are bound. Unknown
        keywords are in the table too; the class reports them.
        """
        tree: dict[str, object] = {}
        violations: list[Violation] = []
        named: CallArgument | None = None
        for index, given in enumerate(self.arguments):
            if given.name is not None:
                named = given
                key = given.name
                name_range = given.name_at
            elif named is not None:
                violations.append(
                    _bad(
                        f"positional argument after keyword argument {named.name}=",
                        given.value_at,
                        help="write positional arguments first, or name this one too",
                    )
                )
                continue
            elif index >= len(names):
                message = f"{class_name} accepts {_count(len(names))}, got {len(self.arguments)}"
                violations.append(
                    _bad(message, given.value_at, "unexpected argument", f"{class_name} accepts {', '.join(names)}")
                )
                break
            else:
                key = names[index]
                name_range = given.value_at
            if key in tree:
                violations.append(_bad(f"duplicate argument {key}", name_range))
                continue
            tree[key] = given.value
        return tree, violations

    def place_of(self, key: str, names: Sequence[str], anchor: str = "value") -> tuple[int, int] | None:
        """The range of the value or keyword of an argument in the text; None if it is not given."""
        for index, given in enumerate(self.arguments):
            if (given.name or (names[index] if index < len(names) else None)) == key:
                return given.name_at if anchor == "key" and given.name is not None else given.value_at
        return None


def read_call(text: str) -> ShorthandCall:
    """Parses a shorthand; raises a `Violation` with the range of the mistake."""
    if len(text) > MAX_LENGTH:
        raise Violation(
            "bad-shorthand",
            f"is a shorthand of {len(text)} characters; the limit is {MAX_LENGTH}",
            help=fmt("write a table: {}", Value({"type": "...", ...: ...})),
        )
    return _ShorthandReader(text).call()


class _ShorthandReader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.depth = 0

    def call(self) -> ShorthandCall:
        text = self.text
        if _CODE.match(text):
            raise _bad(
                "must not be Python code",
                (0, len(text)),
                "code",
                fmt("use the name of a Keras object, or {}", OWN_CLASS),
            )
        self.space()
        start = self.position
        name = self.match(_NAME)
        if name is None:
            if not text.strip():
                raise _bad("must be a name, got an empty string", (0, len(text)))
            raise self.unexpected("a name")
        self.space()
        arguments: list[CallArgument] = []
        if self.peek() == "(":
            opened = self.position
            self.position += 1
            self.arguments(arguments, opened)
            self.space()
        elif self.peek() == ".":
            bare = re.sub(r"^\s*(?:\w+\.)+", "", text).rstrip()
            raise _bad(
                "must be a bare name, without a module",
                (start, len(text)),
                help=f'write "{bare[:60]}"',
                suggestion=bare,
            )
        if self.position < len(text):
            after = f"after {name}(…)" if arguments or text[self.position - 1] == ")" else f"after {name}"
            raise _bad(
                f"is not a valid shorthand: unexpected {_quote(text[self.position :])} {after}",
                (self.position, len(text)),
                "unexpected",
                'a shorthand is a single name with literal arguments, such as "l2(0.01)"',
            )
        return ShorthandCall(name, tuple(arguments))

    def arguments(self, arguments: list[CallArgument], opened: int) -> None:
        while True:
            self.space()
            if self.peek() == ")":
                self.position += 1
                return
            arguments.append(self.argument(opened))
            self.space()
            if not self.comma(")", opened):
                return

    def argument(self, opened: int) -> CallArgument:
        start = self.position
        name = self.match(_NAME)
        if name is not None:
            named_at = (start, self.position)
            self.space()
            if self.peek() == "=" and self.text[self.position : self.position + 2] != "==":
                self.position += 1
                self.space()
                begin = self.position
                value = self.value(opened, name)
                return CallArgument(name, value, named_at, (begin, self.position))
            self.position = start
        value = self.value(opened, None)
        return CallArgument(None, value, (start, start), (start, self.position))

    def value(self, opened: int, argument: str | None) -> object:
        character = self.peek()
        if not character:
            raise self.unclosed(opened)
        if character in "\"'":
            return self.quoted()
        if character in "([":
            return self.sequence()
        start = self.position
        number = self.match(_NUMBER)
        if number is not None:
            value = self.number(number, start)
            self.expect_end_of_number(start)
            return value
        word = self.match(_WORD)
        if word in _WORDS:
            return _WORDS[word]
        if word is None:
            raise self.unexpected(f"a value for {argument}" if argument else "a value")
        if word == "lambda":
            raise _bad(
                "must not contain Python code",
                (start, len(self.text)),
                "code",
                "write a literal value: a number, true, false, none or a quoted string",
            )
        if word.lower().lstrip("+-") in ("nan", "inf", "infinity"):
            raise _bad(f"must contain finite numbers only, got {word}", (start, self.position))
        if self.peek() == "(":
            raise _bad(
                f"must not contain the nested object {word}(…)",
                (start, len(self.text)),
                "only literals are allowed here",
                fmt("write the long form: {}", Value({"type": "...", argument or "argument": f"{word}(...)"})),
            )
        raise _bad(
            f"contains the unquoted word {_quote(word)}",
            (start, self.position),
            "not a value",
            f"quote strings: '{word[:40]}'",
        )

    def number(self, number: str, start: int) -> object:
        whole = number.lstrip("+-").replace("_", "").isdecimal()
        if whole and len(number) > 40:
            raise _bad(f"contains a number with {len(number)} digits", (start, self.position))
        value: int | float = int(number) if whole else float(number)
        if whole and not -MAX_INTEGER - 1 <= value <= MAX_INTEGER:
            raise _bad("contains an integer that does not fit in 64 bits", (start, self.position))
        if value in (float("inf"), float("-inf")):
            raise _bad(f"must contain finite numbers only, got {number}", (start, self.position))
        self.space()
        if self.peek() != "/":
            return value
        self.position += 1
        self.space()
        below_at = self.position
        below = self.match(_NUMBER)
        if below is None:
            raise self.unexpected("a denominator")
        if not float(below):
            raise _bad("contains a division by zero", (below_at, self.position))
        quotient = float(value) / float(below)
        self.space()
        if self.peek() == "/":
            raise _bad(
                "contains a fraction with two slashes", (start, len(self.text)), help='write a fraction as "1/255"'
            )
        return quotient

    def expect_end_of_number(self, start: int) -> None:
        rest = self.match(_WORD)
        if rest is not None:
            raise _bad(
                f"contains the invalid number {_quote(self.text[start : self.position])}",
                (start, self.position),
                "not a number",
            )
        if self.peek() and self.peek() in "*%+-<>=!&|@^":
            raise _bad(
                "must contain literal values only, got arithmetic",
                (start, len(self.text)),
                "arithmetic",
                "write the result, or a fraction such as 1/255",
            )

    def quoted(self) -> str:
        quote = self.text[self.position]
        start = self.position
        self.position += 1
        parts: list[str] = []
        while self.position < len(self.text):
            character = self.text[self.position]
            self.position += 1
            if character == quote:
                return "".join(parts)
            if character == "\\" and self.position < len(self.text):
                escaped = self.text[self.position]
                if escaped not in "\\'\"":
                    raise _bad(
                        f"contains the invalid escape \\{escaped}",
                        (self.position - 1, self.position + 1),
                        help="only quotes and backslashes can be escaped",
                    )
                parts.append(escaped)
                self.position += 1
            else:
                parts.append(character)
        raise _bad("contains an unclosed quote", (start, len(self.text)), "never closed", f"add {quote}")

    def sequence(self) -> list[object]:
        opened = self.position
        closing = _CLOSING[self.text[opened]]
        if self.depth >= MAX_DEPTH:
            raise _bad(f"contains tuples nested deeper than {MAX_DEPTH} levels", (opened, opened + 1))
        self.depth += 1
        self.position += 1
        items: list[object] = []
        while True:
            self.space()
            if self.peek() == closing:
                self.position += 1
                break
            items.append(self.value(opened, None))
            self.space()
            if not self.comma(closing, opened):
                break
        self.depth -= 1
        return items

    def comma(self, closing: str, opened: int) -> bool:
        """Skips a comma (returns True) or the closing bracket (False)."""
        character = self.peek()
        if character == ",":
            self.position += 1
            return True
        if character == closing:
            self.position += 1
            return False
        if not character:
            raise self.unclosed(opened)
        raise self.unexpected(f", or {closing}")

    def space(self) -> None:
        match = _SPACE.match(self.text, self.position)
        assert match is not None
        self.position = match.end()

    def peek(self) -> str:
        return self.text[self.position : self.position + 1]

    def match(self, pattern: re.Pattern[str]) -> str | None:
        match = pattern.match(self.text, self.position)
        if match is None:
            return None
        self.position = match.end()
        return match[0]

    def unclosed(self, opened: int) -> Violation:
        bracket = self.text[opened]
        return _bad(
            f"contains an unclosed {bracket}",
            (opened, len(self.text)),
            "never closed",
            f'write "{self.text.rstrip()[:80]}{_CLOSING[bracket]}"',
        )

    def unexpected(self, needed: str) -> Violation:
        character = self.peek()
        got = f"got {_quote(character)}" if character else "got the end of the string"
        end = min(self.position + 1, len(self.text))
        start = self.position if character else max(end - 1, 0)
        return _bad(f"is not a valid shorthand: expected {needed}, {got}", (start, end), "here")


def _bad(
    message: str,
    string_range: tuple[int, int],
    label: str | None = None,
    help: str | None = None,
    suggestion: str | None = None,
) -> Violation:
    return Violation("bad-shorthand", message, string_range=string_range, label=label, help=help, suggestion=suggestion)


def _count(number: int) -> str:
    return {0: "no arguments", 1: "one argument"}.get(number, f"{number} arguments")


def _quote(text: str) -> str:
    return f'"{text}"' if len(text) <= 40 else f'"{text[:39]}…"'


def with_argument(text: str, key: str, value: object, names: Sequence[str]) -> str | None:
    """The shorthand with an argument set; None if the value has no literal.

    `names` are the arguments of the class in Keras's order. Raises `Violation` for a text that is not a shorthand.
    """
    spelling = literal(value)
    if spelling is None:
        return None
    call = read_call(text)
    value_range = call.place_of(key, names)
    if value_range is not None:
        return f"{text[: value_range[0]]}{spelling}{text[value_range[1] :]}"
    if call.arguments:
        end = call.arguments[-1].value_at[1]
        return f"{text[:end]}, {key}={spelling}{text[end:]}"
    return f"{call.name}({key}={spelling})"


def without_argument(text: str, key: str, names: Sequence[str]) -> str | None:
    """The shorthand without an argument; None if positional arguments after it would be shifted."""
    call = read_call(text)
    value_range = call.place_of(key, names)
    index = next((n for n, given in enumerate(call.arguments) if given.value_at == value_range), None)
    if index is None:
        return None
    rest = [given for n, given in enumerate(call.arguments) if n != index]
    if any(given.name is None for given in rest[index:]):
        return None
    inner = ", ".join(text[(given.name_at if given.name else given.value_at)[0] : given.value_at[1]] for given in rest)
    return f"{call.name}({inner})"


def with_name(text: str, key: str, new: str) -> str | None:
    """The shorthand with a renamed keyword; None if the argument is not given by keyword."""
    for given in read_call(text).arguments:
        if given.name == key:
            return f"{text[: given.name_at[0]]}{new}{text[given.name_at[1] :]}"
    return None


def table_form(call: ShorthandCall, class_name: str, names: Sequence[str]) -> dict[str, object]:
    """The equivalent table."""
    tree, _ = call.bind(class_name, names)
    return {"type": class_name, **tree}


def literal(value: object) -> str | None:
    """A value as a shorthand writes it; None for a table."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or value == "none":
        return "none"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    if isinstance(value, (list, tuple)):
        spellings = [literal(item) for item in value]
        return (
            None if None in spellings else f"[{', '.join(spelling for spelling in spellings if spelling is not None)}]"
        )
    return None
