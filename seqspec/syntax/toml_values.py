"""The part of the TOML scanner that reads keys and values."""

from __future__ import annotations

import re
import tomllib

from seqspec.syntax import toml_lexis as lexis
from seqspec.syntax.scan import (
    EndOfScan,
    Faults,
    Passed,
    Path,
    Places,
    SyntaxFault,
    duplicate,
    long_number,
    shown,
    too_deep,
)

_MEANT = {"True": "true", "TRUE": "true", "False": "false", "FALSE": "false", "yes": "true", "no": "false"}
_NULLS = ("None", "null", "nil", "none", "NULL", "undefined")
_ONE_LINE = "keep it on one line, or write each entry as a table of its own, such as [[model.layers]]"
_numberlike = re.compile(r"[+-]?\.?[0-9]", re.A).match


class ValueScanner:
    """Keys and values; `kinds` says how each path came to be.

    `table` by a header, `implicit` by a header further in, `dotted` by a dotted key, `list` by `[[ ]]`, `value` by `=`.
    """

    def __init__(self, text: str, depth: int) -> None:
        self.text = text
        self.depth = depth
        self.places: Places = {}
        self.passed: Passed = {}
        self.faults = Faults()
        self.kinds: dict[Path, str] = {}
        self.sizes: dict[Path, int] = {}

    def fault(self, start: int, end: int, message: str, label: str | None = None, help: str | None = None) -> None:
        self.faults.append(SyntaxFault(start, end, message, label, help))

    def twice(self, path: Path, start: int, end: int, what: str) -> None:
        place = self.places.get(path)
        first = None if place is None else place[2:] if place[2] >= 0 else place[:2]
        self.faults.append(duplicate(start, end, what, first))

    def check_depth(self, level: int, start: int) -> None:
        if level > self.depth:
            self.faults.append(too_deep(start, self.depth))
            raise EndOfScan

    def blank(self, i: int) -> int:
        return lexis.blank(self.text, i).end()  # type: ignore[union-attr]

    def eol(self, i: int) -> int:
        end = self.text.find("\n", i)
        return len(self.text) if end < 0 else end

    def comment(self, i: int) -> int:
        end = self.eol(i)
        stop = end - 1 if self.text[end - 1] == "\r" and end < len(self.text) else end
        match = lexis.control.search(self.text, i, stop)
        if match is not None:
            c = match.start()
            self.fault(c, c + 1, f"the control character {shown(match.group())} cannot stand in a comment")
        return end

    def gap(self, i: int) -> int:
        """Past blanks, line breaks and comments, as they may stand in a list."""
        text = self.text
        while True:
            i = self.blank(i)
            c = text[i : i + 1]
            if c == "\n":
                i += 1
            elif text.startswith("\r\n", i):
                i += 2
            elif c == "#":
                i = self.comment(i)
            else:
                return i

    def enter(self, path: Path, start: int, end: int, kind: str) -> Path:
        """A table that a longer key goes through: made, found, or its last element where it is a list of tables."""
        self.check_depth(len(path) + 1, start)
        self.passed.setdefault(path, []).append((start, end))
        known = self.kinds.get(path)
        if known is None:
            self.kinds[path] = kind
            self.places[path] = (start, end, start, end)
        elif known == "list":
            return (*path, self.sizes[path] - 1)
        elif known == "value":
            self.twice(path, start, end, f"{shown(str(path[-1]))} has a value already, and cannot take more keys")
        elif known == "table" and kind == "dotted":
            self.twice(path, start, end, f"the table {shown(str(path[-1]))} is declared by a header already")
        return path

    def pair(self, i: int, base: Path, inline: bool) -> int:
        """A key, `=` and a value."""
        text = self.text
        keys, i = self.keys(i, "a key")
        if not keys:
            return self.eol(i) if not inline else i
        path = base
        for key, start, end in keys[:-1]:
            path = self.enter((*path, key), start, end, "dotted")
        key, start, end = keys[-1]
        path = (*path, key)
        self.check_depth(len(path), start)
        again = path in self.kinds
        if again:
            self.twice(path, start, end, f'the key "{shown(key)}" stands twice')
        if text[i : i + 1] == "=":
            i = self.blank(i + 1)
        elif text[i : i + 1] == ":":
            self.fault(i, i + 1, "TOML puts = between key and value, not a colon", help="write =")
            i = self.blank(i + 1)
        else:
            self.no_value(i, key, end)
            self.places.setdefault(path, (end, end, start, end))
            return i if inline else self.eol(i)
        c = text[i : i + 1]
        if c in ("", "\n", "#", ",", "}") or text.startswith("\r\n", i):
            self.fault(i, i, f'the value of "{shown(key)}" is missing', label="needs a value")
            self.places.setdefault(path, (i, i, start, end))
            return i
        if again:
            # The first one keeps its place.
            path = (-1, i)
        self.kinds[path] = "value"
        return self.value(i, path, start, end)

    def no_value(self, i: int, key: str, end: int) -> None:
        loose = lexis.loose_key(self.text, i)
        if loose is not None and loose.start() == end:
            name = key + loose.group()
            self.fault(
                end - len(key), loose.end(), f"the key {shown(name)} needs quotes", help=f'write "{shown(name)}"'
            )
        elif loose is not None and lexis.assignment(self.text, i):
            self.fault(
                end, i, "a key with a space in it needs quotes", help=f'write "{shown(key)} {shown(loose.group())}"'
            )
        else:
            self.fault(end, end, f'= and a value are missing after "{shown(key)}"', label="needs =")

    def keys(self, i: int, what: str) -> tuple[list[tuple[str, int, int]], int]:
        """A dotted key: each part with its place."""
        text = self.text
        found: list[tuple[str, int, int]] = []
        while True:
            i = self.blank(i)
            c = text[i : i + 1]
            token = lexis.basic if c == '"' else lexis.literal if c == "'" else lexis.bare_key
            match = token(text, i)
            if match is None:
                self.no_key(i, c, what)
                return [], i
            found.append((lexis.key_text(match.group()), i, match.end()))
            i = self.blank(match.end())
            if text[i : i + 1] != ".":
                return found, i
            i += 1

    def no_key(self, i: int, c: str, what: str) -> None:
        if c and c in "\"'":
            self.bad_string(i)
            return
        loose = lexis.loose_key(self.text, i)
        if loose is not None:
            name = shown(loose.group())
            self.fault(i, loose.end(), f"the key {name} needs quotes", help=f'write "{name}"')
        elif not c or c in "\r\n":
            self.fault(i, i, f"the name of {what} is missing")
        elif c == "{":
            self.fault(i, i + 1, "a table needs a key in front of it", help="write key = { ... }")
        else:
            self.fault(i, i + 1, f"the name of {what} is needed here, not {shown(c)}")

    def value(self, start: int, path: Path, key_start: int, key_end: int) -> int:
        c = self.text[start]
        if c in "[{":
            if len(path) >= self.depth:
                self.check_depth(self.depth + 1, start)
            self.places[path] = (start, start + 1, key_start, key_end)
            i = self.array(start, path) if c == "[" else self.inline_table(start, path)
        elif c in "\"'":
            i = self.string(start)
        else:
            i = self.word(start)
        self.places[path] = (start, i, key_start, key_end)
        return i

    def array(self, start: int, path: Path) -> int:
        text = self.text
        count = 0
        end = -1
        i = self.gap(start + 1)
        while True:
            c = text[i : i + 1]
            if c == "]":
                return i + 1
            if not c or self.next_statement(i):
                self.fault(start, start + 1, "this [ is never closed", help="write the missing ]")
                return i
            if c == "}":
                self.fault(i, i + 1, "a ] is missing before this }", label="the list is still open")
                return i
            if end >= 0:
                if c == ",":
                    i = self.gap(i + 1)
                    end = -1
                    continue
                self.fault(end, end, "a comma is missing", label="needs a comma")
                end = -1
            if c in ",=:)":
                self.fault(i, i + 1, f"a value is needed here, not {c}")
                i = self.gap(i + 1)
                continue
            before = i
            end = self.value(i, (*path, count), -1, -1)
            count += 1
            i = self.gap(end)
            if i == before:
                i += 1

    def next_statement(self, i: int) -> bool:
        """Whether a header or a key stands here at the start of a line, where a list goes on."""
        line_start = self.text.rfind("\n", 0, i) + 1
        if self.text[line_start:i].strip(" \t"):
            return False
        return (lexis.header_line(self.text, i) or lexis.assignment(self.text, i)) is not None

    def inline_table(self, start: int, path: Path) -> int:
        text = self.text
        broken = False
        end = -1
        i = start + 1
        while True:
            after = self.gap(i)
            if not broken and ("\n" in text[i:after] or text[self.blank(i) : self.blank(i) + 1] == "#"):
                if not text[after : after + 1]:
                    self.fault(start, start + 1, "this { is never closed", help="write the missing }")
                    return after
                broken = True
                self.fault(
                    start,
                    start + 1,
                    "an inline table { } must stay on one line (TOML 1.0)",
                    label="goes on over the end of the line",
                    help=_ONE_LINE,
                )
            i = after
            c = text[i : i + 1]
            if c == "}":
                return i + 1
            if not c or (broken and lexis.header_line(text, i)):
                self.fault(start, start + 1, "this { is never closed", help="write the missing }")
                return i
            if c == "]":
                self.fault(i, i + 1, "a } is missing before this ]", label="the table is still open")
                return i
            if end >= 0:
                if c == ",":
                    comma, i, end = i, i + 1, -1
                    if text[self.blank(i) : self.blank(i) + 1] == "}":
                        self.fault(
                            comma,
                            comma + 1,
                            "TOML has no comma before a closing } (lists may have one)",
                            help="remove the comma",
                        )
                    continue
                self.fault(end, end, "a comma is missing", label="needs a comma")
                end = -1
            before = i
            i = end = self.pair(i, path, inline=True)
            if i == before:
                i += 1

    def string(self, start: int) -> int:
        quote = self.text[start]
        several = self.text.startswith(quote * 3, start)
        token = (
            (lexis.ml_basic if several else lexis.basic)
            if quote == '"'
            else (lexis.ml_literal if several else lexis.literal)
        )
        match = token(self.text, start)
        return match.end() if match is not None else self.bad_string(start)

    def bad_string(self, start: int) -> int:
        text = self.text
        quote = text[start]
        several = text.startswith(quote * 3, start)
        if quote == '"':
            half = (lexis.half_ml_basic if several else lexis.half_basic)(text, start)
        else:
            half = (lexis.half_ml_literal if several else lexis.half_literal)(text, start)
        assert half is not None
        i = half.end()
        c = text[i : i + 1]
        rest = text.find(quote * (3 if several else 1), i + 1, None if several else self.eol(i))
        stop = self.eol(i) if rest < 0 else rest + (3 if several else 1)
        if c == "\\" and i + 1 < len(text) and text[i + 1] not in "\r\n":
            self.fault(
                i,
                i + 2,
                f"{shown(text[i : i + 2])} is no escape of TOML",
                help="write \\\\ for a backslash, or put the string in single quotes",
            )
            return stop
        if not c or c in "\\\n" or text.startswith("\r\n", i) or c == quote:
            self.fault(
                start,
                start + 3 if several else i,
                "this string is never closed",
                help=f"write the missing {quote * 3}" if several else f"write the missing {quote} on the same line",
            )
            return i if not several else len(text)
        what = "a carriage return" if c == "\r" else f"the control character {shown(c)}"
        self.fault(i, i + 1, f"{what} cannot stand in a string")
        return stop

    def word(self, i: int) -> int:
        text = self.text
        match = lexis.word(text, i)
        if match is None:
            self.fault(i, i + 1, f"a value is needed here, not {shown(text[i])}")
            return i
        word, end = match.group(), match.end()
        if lexis.number(word):
            if len(word) > 4000 and word.lstrip("+-").replace("_", "").isdecimal():
                self.faults.append(long_number(i, end))
            return end
        if word in ("true", "false"):
            return end
        moment = lexis.date(text, i)
        if moment is not None and moment.end() >= end:
            if not _is_date(moment.group()):
                self.fault(i, moment.end(), f"{moment.group()} is no date or time")
            return moment.end()
        self.no_value_word(i, end, word)
        return end

    def no_value_word(self, i: int, end: int, word: str) -> None:
        name = shown(word)
        if word in _MEANT:
            self.fault(i, end, f"{name} is no word of TOML", help=f"write {_MEANT[word]}")
        elif word in _NULLS:
            self.fault(i, end, f"TOML has no {name}", help='write "none", in quotes')
        elif word.lower().lstrip("+-") in ("infinity", "nan", "inf"):
            self.faults.append(SyntaxFault(i, end, f"{name} is no number of the language", rule="not-finite"))
        elif _numberlike(word):
            self.fault(i, end, f"{name} is no number of TOML", help=_number_help(word))
        else:
            self.fault(i, end, f"{name} is no value of TOML", help=_word_help(word, name))


def _word_help(word: str, name: str) -> str:
    if word[:1] == "(":
        return "a list stands in [ ], such as [3, 3]"
    if "(" in word and word[:1].isupper():
        return f'write {{ type = "{shown(word[: word.index("(")])}", ... }} with its arguments as keys'
    return f'write "{name}" for a string'


def _is_date(text: str) -> bool:
    try:
        tomllib.loads(f"v = {text}")
    except ValueError:
        return False
    return True


def _number_help(word: str) -> str:
    sign = word[0] if word[0] in "+-" else ""
    digits = word[len(sign) :].strip("_")
    if "/" in digits:
        return f'write "{shown(word)}" for a fraction'
    if digits.startswith("."):
        digits = "0" + digits
    if digits.endswith("."):
        digits += "0"
    stripped = digits.lstrip("0")
    digits = stripped if stripped[:1].isdigit() else "0" + stripped
    return f"write {sign}{digits}" if lexis.number(sign + digits) else "write a plain number such as 32 or 0.5"
