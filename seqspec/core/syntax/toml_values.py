"""The part of the TOML parser for keys and values."""

from __future__ import annotations

import re
import tomllib

from seqspec.core.diagnostics.message import Message, Setting, Value, fmt
from seqspec.core.diagnostics.violation import Path
from seqspec.core.syntax import toml_lexis as lexis
from seqspec.core.syntax.tree import (
    CURLY,
    EndOfParse,
    Key,
    NodeKind,
    Statement,
    SyntaxNode,
    SyntaxTree,
    SyntaxViolations,
    duplicate,
    excerpt,
    long_number,
    syntax_violation,
    too_deep,
)

_MEANT = {"True": "true", "TRUE": "true", "False": "false", "FALSE": "false", "yes": "true", "no": "false"}
_NULLS = ("None", "null", "nil", "none", "NULL", "undefined")
_ONE_LINE = "keep it on one line, or write each entry as a separate table, such as [[model.layers]]"
_numberlike = re.compile(r"[+-]?\.?[0-9]", re.A).match
KEYS_OF_LIST = "write the keys in the tables of the list"
"""The help for keys of a list."""
_VALUE_KINDS = ("scalar", "array", "inline")

MAX_TABLES = 100_000
"""The maximum number of tables in headers and dotted keys: the standard parser needs more than a kilobyte for each."""


class ValueParser:
    """Parses keys and values into a syntax tree."""

    def __init__(self, text: str, depth: int) -> None:
        self.text = text
        self.depth = depth
        self.tree = SyntaxTree(text)
        self.faults = self.tree.faults = SyntaxViolations()
        self.fault = self.faults.add
        self.comments: dict[int, int] = {}
        self.tables = 0

    def twice(self, node: SyntaxNode, start: int, end: int, message: str, help: str | None = None) -> None:
        first = (node.key_start, node.key_end) if node.key_start >= 0 else (node.start, node.end)
        self.faults.append(duplicate(start, end, message, first, help))

    def check_depth(self, level: int, start: int) -> None:
        if level > self.depth:
            self.faults.append(too_deep(start, self.depth))
            raise EndOfParse

    def count_table(self, start: int) -> None:
        self.tables += 1
        if self.tables > MAX_TABLES:
            self.faults.append(
                syntax_violation(
                    start, start + 1, f"the file declares more than {MAX_TABLES:,} tables", rule="over-limit"
                )
            )
            raise EndOfParse

    def blank(self, i: int) -> int:
        return lexis.blank(self.text, i).end()  # type: ignore[union-attr]  # always matches

    def eol(self, i: int) -> int:
        end = self.text.find("\n", i)
        return len(self.text) if end < 0 else end

    def comment(self, i: int) -> int:
        end = self.comments[i] = self.eol(i)
        stop = end - 1 if self.text[end - 1] == "\r" and end < len(self.text) else end
        match = lexis.control.search(self.text, i, stop)
        if match is not None:
            c = match.start()
            self.fault(c, c + 1, f"the control character {excerpt(match.group())} is not allowed in a comment")
        return end

    def gap(self, i: int) -> int:
        """Skips blanks, line breaks and comments in a list."""
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

    def enter(
        self, holder: SyntaxNode, level: int, key: Key, kind: NodeKind
    ) -> tuple[SyntaxNode, int, tuple[str | int, ...]]:
        """Enters the table of one part of a dotted key: a new or existing one, or the last one of a list of tables.

        Returns its node, its level, and the part of the path that leads to it.
        """
        name, start, end = key
        level += 1
        self.check_depth(level + 1, start)
        node = holder.children.get(name) if holder.children is not None else None
        if node is None or node.kind == "missing":
            self.count_table(start)
            node = holder.put(name, kind, start, end, start, end)
            node.passes = [(start, end)]
            return node, level, (name,)
        if node.passes is None:
            node.passes = []
        node.passes.append((start, end))
        if node.kind == "tables":
            assert node.children is not None
            index = len(node.children) - 1
            return node.children[index], level + 1, (name, index)
        if node.kind in _VALUE_KINDS:
            help = KEYS_OF_LIST if node.kind == "array" else None
            self.twice(node, start, end, f"{excerpt(name)} already has a value and cannot have keys", help)
        elif node.kind == "table" and kind == "dotted":
            self.twice(node, start, end, f"table {excerpt(name)} is already declared by a header")
        return node, level, (name,)

    def pair(self, i: int, holder: SyntaxNode, level: int, base: Path | None, inline: bool) -> int:
        """Parses a key, `=` and a value; `base` is the path of the table for a pair on a line of its own."""
        keys, i = self.keys(i, "a key")
        if not keys:
            return self.eol(i) if not inline else i
        end = self.pair_value(i, keys, holder, level, inline)
        if inline:
            if holder.pairs is None:
                holder.pairs = []
            holder.pairs.append((keys, end))
        elif base is not None:
            path = (*base, *[key for key, _, _ in keys])
            self.tree.statements.append(Statement(path, base, keys, keys[0][1], end, False))
        return end

    def pair_value(self, i: int, keys: list[Key], holder: SyntaxNode, level: int, inline: bool) -> int:
        """Parses what follows the keys of a pair."""
        text = self.text
        for part in keys[:-1]:
            holder, level, _ = self.enter(holder, level, part, "dotted")
        key, start, end = keys[-1]
        level += 1
        self.check_depth(level, start)
        existing = holder.children.get(key) if holder.children is not None else None
        again = existing is not None and existing.kind != "missing"
        if existing is not None and again:
            self.twice(existing, start, end, f'duplicate key "{excerpt(key)}"')
        if text[i : i + 1] == "=":
            i = self.blank(i + 1)
        elif text[i : i + 1] == ":":
            self.fault(i, i + 1, "TOML separates key and value with =, not a colon", help="write =", local=True)
            i = self.blank(i + 1)
        else:
            self.no_value(i, key, end)
            if existing is None:
                holder.put(key, "missing", end, end, start, end)
            return i if inline else self.eol(i)
        c = text[i : i + 1]
        if c in ("", "\n", "#", ",", "}") or text.startswith("\r\n", i):
            self.fault(i, i, f'missing value for "{excerpt(key)}"', label="expected a value")
            if existing is None:
                holder.put(key, "missing", i, i, start, end)
            return i
        if again:
            # The first value stays in the tree; this one is parsed outside of it.
            holder, level = SyntaxNode("table", i, i, children={}), 2
        return self.value(i, holder, key, level, start, end)

    def no_value(self, i: int, key: str, end: int) -> None:
        loose = lexis.loose_key(self.text, i)
        if loose is not None and loose.start() == end:
            name = key + loose.group()
            self.fault(
                end - len(key),
                loose.end(),
                f"key {excerpt(name)} must be quoted",
                help=fmt("write {}", Value(excerpt(name))),
            )
        elif loose is not None and lexis.assignment(self.text, i):
            self.fault(
                end,
                i,
                "a key with spaces must be quoted",
                help=fmt("write {}", Value(f"{excerpt(key)} {excerpt(loose.group())}")),
            )
        else:
            self.fault(end, end, f'missing = and value after "{excerpt(key)}"', label="expected =")

    def keys(self, i: int, noun: str) -> tuple[list[Key], int]:
        """Parses a dotted key; returns its parts and the offset after it."""
        text = self.text
        keys: list[Key] = []
        while True:
            i = self.blank(i)
            c = text[i : i + 1]
            token = lexis.basic if c == '"' else lexis.literal if c == "'" else lexis.bare_key
            match = token(text, i)
            if match is None:
                self.no_key(i, c, noun)
                return [], i
            keys.append((lexis.key_text(match.group()), i, match.end()))
            i = self.blank(match.end())
            if text[i : i + 1] != ".":
                return keys, i
            i += 1

    def no_key(self, i: int, c: str, noun: str) -> None:
        if c and c in "\"'":
            self.bad_string(i)
            return
        loose = lexis.loose_key(self.text, i)
        if loose is not None:
            name = excerpt(loose.group())
            self.fault(i, loose.end(), f"key {name} must be quoted", help=fmt("write {}", Value(name)))
        elif not c or c in "\r\n":
            self.fault(i, i, f"missing name of {noun}")
        elif c == "{":
            self.fault(i, i + 1, "a table value needs a key", help=fmt("write {}", Setting("key", {...: ...})))
        else:
            self.fault(i, i + 1, f"expected the name of {noun}, got {excerpt(c)}")

    def value(
        self, start: int, holder: SyntaxNode, key: str | int, level: int, key_start: int = -1, key_end: int = -1
    ) -> int:
        c = self.text[start]
        if c in "[{":
            if level >= self.depth:
                self.check_depth(self.depth + 1, start)
            # Added to the tree before its content is parsed, so that it exists if parsing ends early.
            node = holder.put(key, "array" if c == "[" else "inline", start, start + 1, key_start, key_end)
            i = node.end = self.array(start, node, level) if c == "[" else self.inline_table(start, node, level)
            return i
        i = self.string(start) if c in "\"'" else self.word(start)
        holder.put(key, "scalar", start, i, key_start, key_end)
        return i

    def array(self, start: int, node: SyntaxNode, level: int) -> int:
        text = self.text
        count = 0
        end = -1
        children = node.children
        assert children is not None
        i = self.gap(start + 1)
        while True:
            simple = lexis.simple_item(text, i) if end < 0 else None
            if simple is not None:
                children[count] = SyntaxNode("scalar", *simple.span(1))
                count += 1
                i = simple.end()
                if text[i : i + 1] in ("\n", "\r", "#"):
                    i = self.gap(i)
                continue
            c = text[i : i + 1]
            if c == "]":
                return i + 1
            if not c or self.next_statement(i):
                self.fault(start, start + 1, "unclosed [", help="add the missing ]")
                return i
            if c == "}":
                self.fault(i, i + 1, "missing ] before }", label="unclosed list")
                return i
            if end >= 0:
                if c == ",":
                    i = self.gap(i + 1)
                    end = -1
                    continue
                self.fault(end, end, "missing comma", label="expected a comma", local=c in "{[\"'")
                end = -1
            if c in ",=:)":
                self.fault(i, i + 1, f"expected a value, got {c}")
                i = self.gap(i + 1)
                continue
            before = i
            end = self.value(i, node, count, level + 1)
            count += 1
            i = self.gap(end)
            if i == before:
                i += 1

    def next_statement(self, i: int) -> bool:
        """Whether a header or a key starts here at the start of a line, which means that a list is unclosed."""
        start = i
        while start and self.text[start - 1] in " \t":
            start -= 1
        if start and self.text[start - 1] != "\n":
            return False
        return (lexis.header_line(self.text, i) or lexis.assignment(self.text, i)) is not None

    def inline_table(self, start: int, node: SyntaxNode, level: int) -> int:
        text = self.text
        broken = False
        end = -1
        i = start + 1
        children = node.children
        assert children is not None
        while True:
            if end < 0 and level < self.depth:
                simple = lexis.simple_pair(text, i)
                if simple is not None and simple[1] not in children:
                    _put_pair(node, children, simple)
                    i = simple.end()
                    if simple[3]:
                        return i + 1
                    continue
            after = self.gap(i)
            if not broken and ("\n" in text[i:after] or text[self.blank(i) : self.blank(i) + 1] == "#"):
                if not text[after : after + 1]:
                    self.fault(start, start + 1, "unclosed {", help="add the missing }")
                    return after
                broken = True
                self.fault(
                    start,
                    start + 1,
                    "an inline table { } must stay on one line (TOML 1.0)",
                    label="continues on the next line",
                    help=_ONE_LINE,
                )
            i = after
            c = text[i : i + 1]
            if c == "}":
                return i + 1
            if not c or (broken and lexis.header_line(text, i)):
                self.fault(start, start + 1, "unclosed {", help="add the missing }")
                return i
            if c == "]":
                self.fault(i, i + 1, "missing } before ]", label="unclosed table")
                return i
            if end >= 0:
                if c == ",":
                    comma, i, end = i, i + 1, -1
                    if text[self.blank(i) : self.blank(i) + 1] == "}":
                        self.fault(
                            comma,
                            comma + 1,
                            "trailing comma before } in an inline table (only lists allow it)",
                            help="remove the comma",
                            local=True,
                        )
                    continue
                is_pair = lexis.assignment(text, i) is not None
                self.fault(end, end, "missing comma", label="expected a comma", local=is_pair)
                end = -1
            before = i
            i = end = self.pair(i, node, level, None, inline=True)
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
                f"invalid escape {excerpt(text[i : i + 2])} in TOML",
                help="write \\\\ for a backslash, or use single quotes",
            )
            return stop
        if not c or c in "\\\n" or text.startswith("\r\n", i) or c == quote:
            self.fault(
                start,
                start + 3 if several else i,
                "unclosed string",
                help=f"add the missing {quote * 3}" if several else f"add the missing {quote} on the same line",
            )
            return i if not several else len(text)
        noun = "a carriage return" if c == "\r" else f"the control character {excerpt(c)}"
        self.fault(i, i + 1, f"{noun} is not allowed in a string")
        return stop

    def word(self, i: int) -> int:
        text = self.text
        match = lexis.word(text, i)
        if match is None:
            self.fault(i, i + 1, f"expected a value, got {excerpt(text[i])}")
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
                self.fault(i, moment.end(), f"invalid date or time {moment.group()}")
            return moment.end()
        self.no_value_word(i, end, word)
        return end

    def no_value_word(self, i: int, end: int, word: str) -> None:
        name = excerpt(word)
        # A word that is a complete value is a local mistake.
        local = lexis.after_value(self.text, end) is not None and word.count("(") == word.count(")")
        if word in _MEANT:
            is_boolean = word.lower() in ("true", "false")
            message = f"TOML booleans are lowercase: {word.lower()}" if is_boolean else f"{name} is not valid TOML"
            self.fault(i, end, message, help=f"write {_MEANT[word]}", local=local)
        elif word in _NULLS:
            inside_list = text_before(self.text, i) in ("[", ",")
            help = (
                fmt("write {} or a name for an unknown size, {} for no value", Value("?"), Value("none"))
                if inside_list
                else fmt("write {}, in quotes", Value("none"))
            )
            self.fault(i, end, f"TOML has no {name}", help=help, local=local)
        elif word.lower().lstrip("+-") in ("infinity", "nan", "inf"):
            self.faults.append(syntax_violation(i, end, f"numbers must be finite, got {name}", rule="not-finite"))
        elif _numberlike(word):
            self.fault(i, end, f"{name} is not a valid TOML number", help=_number_help(word), local=local)
        else:
            self.fault(i, end, f"{name} is not a valid TOML value", help=_word_help(word, name), local=local)


def _put_pair(table: SyntaxNode, children: dict[str | int, SyntaxNode], match: re.Match[str]) -> None:
    """Adds a simple pair to an inline table."""
    key, (key_start, key_end), (start, end) = match[1], match.span(1), match.span(2)
    children[key] = SyntaxNode("scalar", start, end, key_start, key_end)
    if table.pairs is None:
        table.pairs = []
    table.pairs.append(([(key, key_start, key_end)], end))


def _word_help(word: str, name: str) -> Message:
    if word[:1] == "(":
        return fmt("write lists in [ ], such as {}", Value([3, 3]))
    if "(" in word and word[:1].isupper():
        name = excerpt(word[: word.index("(")])
        return fmt("write {} with its arguments as keys", Value({"type": name, ...: ...}))
    if word[:1] in CURLY:
        return fmt("replace the curly quotes: {}", Value(name.strip(CURLY)))
    return fmt("strings must be quoted: {}", Value(name))


def text_before(text: str, i: int) -> str:
    """The last non-blank character before an offset."""
    return text[max(0, i - 80) : i].rstrip()[-1:]


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
        return f'write "{excerpt(word)}" for a fraction'
    if digits.startswith("."):
        digits = "0" + digits
    if digits.endswith("."):
        digits += "0"
    stripped = digits.lstrip("0")
    digits = stripped if stripped[:1].isdigit() else "0" + stripped
    return f"write {sign}{digits}" if lexis.number(sign + digits) else "write a plain number such as 32 or 0.5"
