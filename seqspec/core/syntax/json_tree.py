"""The error-tolerant JSON parser, which builds a syntax tree and reports syntax errors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from seqspec.core.diagnostics.message import Setting, Value, fmt
from seqspec.core.syntax.tree import (
    CURLY,
    MINIMAL_SPEC,
    EndOfParse,
    SyntaxNode,
    SyntaxTree,
    SyntaxViolation,
    SyntaxViolations,
    duplicate,
    excerpt,
    long_number,
    syntax_violation,
    too_deep,
)

_space = re.compile(r"[ \t\r\n]*").match
_comment = re.compile(r"//[^\n]*|#[^\n]*|/\*.*?(?:\*/|\Z)", re.S).match
_string = re.compile(r'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*"').match
_half_string = re.compile(r'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*').match
_rest_of_string = re.compile(r'(?:[^"\\\n]|\\.)*"?').match
_single = re.compile(r"'(?:[^'\\\n]|\\.)*'?").match
_number = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?").match
_word = re.compile(r"[^\s,:\[\]{}\"'=#]+").match
_member = re.compile(r'"[^"\\\n]*"[ \t\r\n]*:').match
_colon = re.compile(r"[ \t\r\n]*:").match
_after_value = re.compile(r"[ \t\r\n]*(?:[,\]}]|\Z)").match
_numberlike = re.compile(r"[+-]?\.?[0-9]").match
_unit = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.", re.S)

_SCALAR = r'"[^"\\\x00-\x1f]*+"|true|false|null|-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,3})?'
_NEXT = r"[ \t\r\n]*(?:,[ \t\r\n]*+(?![\]}/#])|(?=([\]}])))"
_simple_member = re.compile(rf'"([^"\\\x00-\x1f]*+)"[ \t\r\n]*:[ \t\r\n]*({_SCALAR}){_NEXT}').match
"""A typical member of an object, with the comma or bracket after it."""

_simple_item = re.compile(f"({_SCALAR}){_NEXT}").match
"""A typical item of a list, with the comma or bracket after it."""

_LITERALS = ("true", "false", "null")
_MEANT = {"True": "true", "TRUE": "true", "False": "false", "FALSE": "false"} | dict.fromkeys(
    ("None", "nil", "NULL", "Null", "undefined", "none"), "null"
)
_NOT_FINITE = ("NaN", "Infinity", "-Infinity", "nan", "inf", "-inf", "Inf", "-Inf", "+Infinity")


def fault_of(error: ValueError, text: str) -> SyntaxViolation:
    """The error message of the standard parser, for a mistake that this parser does not detect."""
    if isinstance(error, json.JSONDecodeError):
        return syntax_violation(error.pos, min(error.pos + 1, len(text)), f"invalid JSON: {error.msg}")
    return syntax_violation(0, 0, f"invalid JSON: {excerpt(str(error), 100)}")


def parse_json_tree(text: str, depth: int) -> SyntaxTree:
    """The syntax tree of a text, which may be incomplete."""
    parser = _JsonParser(text, depth)
    tree = parser.tree
    try:
        parser.document()
    except EndOfParse:
        tree.complete = False
    tree.root = (parser.top.children or {}).get(0) or SyntaxNode("missing", 0, len(text))
    tree.comments = sorted(parser.comments.items())
    return tree


def units(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The range of each character of a string value in the text."""
    if text[start : start + 1] == '"':
        for match in _unit.finditer(text, start + 1, end - 1):
            yield match.span()


class _JsonParser:
    def __init__(self, text: str, depth: int) -> None:
        self.text = text
        self.depth = depth
        self.tree = SyntaxTree(text)
        self.faults = self.tree.faults = SyntaxViolations()
        self.fault = self.faults.add
        self.comments: dict[int, int] = {}
        # The container of the root.
        self.top = SyntaxNode("array", 0, len(text), children={})

    def document(self) -> None:
        text = self.text
        i = self.skip(0)
        if i == len(text):
            self.fault(0, 0, "the file is empty", help=fmt("write {}", Value(MINIMAL_SPEC)))
            return
        if text[i] not in '{["' and re.compile(r"[A-Za-z_$\"'.-]+\s*=").match(text, i):
            self.fault(i, i + 1, "this is TOML, not JSON", help="rename the file to end in .toml")
            return
        i = self.skip(self.value(i, self.top, 0, 0))
        if i < len(text):
            if text[i] in "]}":
                self.fault(i, i + 1, f"unmatched {text[i]}", help=f"remove the {text[i]}")
                return
            end = text.find("\n", i)
            self.fault(i, len(text) if end < 0 else end, "unexpected text after the top-level value")

    def skip(self, i: int) -> int:
        """Skips white space and comments, which are reported."""
        text = self.text
        while True:
            i = _space(text, i).end()  # type: ignore[union-attr]  # always matches
            match = _comment(text, i)
            if match is None:
                return i
            self.comments[i] = match.end()
            end = match.end() if "\n" not in match.group() else text.index("\n", i)
            self.fault(
                i,
                end,
                "JSON has no comments",
                help=fmt("remove it, or keep it as a value: {}", Setting("x-note", "...")),
                local=True,
            )
            i = match.end()

    def value(
        self, i: int, holder: SyntaxNode, name: str | int, level: int, key_start: int = -1, key_end: int = -1
    ) -> int:
        start = i
        c = self.text[i : i + 1]
        if c in ("{", "["):
            if level >= self.depth:
                self.faults.append(too_deep(i, self.depth))
                raise EndOfParse
            # Added to the tree before its content is parsed, so that it exists if parsing ends early.
            node = holder.put(name, "inline" if c == "{" else "array", start, start + 1, key_start, key_end)
            i = node.end = self.object(i, node, level) if c == "{" else self.array(i, node, level)
            return i
        i = self.string(i) if c == '"' else self.quoted(i, "a string") if c == "'" else self.word(i)
        holder.put(name, "scalar", start, i, key_start, key_end)
        return i

    def object(self, start: int, node: SyntaxNode, level: int) -> int:
        text = self.text
        seen: dict[str, tuple[int, int]] = {}
        end = -1
        i = self.skip(start + 1)
        children = node.children
        assert children is not None
        while True:
            if end < 0:
                simple = _simple_member(text, i)
                if simple is not None and simple[1] not in children:
                    key_start, key_end = simple.span(1)
                    value_start, end = simple.span(2)
                    key = simple[1]
                    seen[key] = span = key_start - 1, key_end + 1
                    children[key] = SyntaxNode("scalar", value_start, end, *span)
                    i = simple.end()
                    if simple[3] is None:
                        end = -1
                    continue
            c = text[i : i + 1]
            if c == "}":
                return i + 1
            if c in ("", "]"):
                return self.unclosed(start, i, "{", end)
            if end >= 0:
                i = self.comma(i, end, "}")
                c = text[i : i + 1]
                if c in ("}", "]", ""):
                    continue
            key_start = i
            key, i = self.key(i)
            key_end = i
            if key is None:
                end = i
                i = self.skip(i)
                continue
            if key in seen:
                self.faults.append(duplicate(key_start, key_end, f'duplicate key "{excerpt(key)}"', seen[key]))
            else:
                seen[key] = (key_start, key_end)
            i = self.skip(i)
            if text[i : i + 1] == ":":
                i = self.skip(i + 1)
            elif text[i : i + 1] == "=":
                self.fault(i, i + 1, "JSON separates key and value with a colon, not =", help="write :", local=True)
                i = self.skip(i + 1)
            else:
                self.fault(key_end, key_end, f'missing colon and value after "{excerpt(key)}"', label="expected :")
                if text[i : i + 1] in ("", ",", "}", "]"):
                    node.put(key, "missing", key_end, key_end, key_start, key_end)
                    end = key_end
                    continue
            if text[i : i + 1] in ("", ",", "}", "]"):
                self.fault(i, i, f'missing value for "{excerpt(key)}"', label="expected a value")
                node.put(key, "missing", i, i, key_start, key_end)
                end = i
                continue
            end = self.value(i, node, key, level + 1, key_start, key_end)
            i = self.skip(end)

    def key(self, i: int) -> tuple[str | None, int]:
        text = self.text
        if text[i] == '"':
            match = _string(text, i)
            if match is not None:
                raw = match.group()
                return (raw[1:-1] if "\\" not in raw else str(json.loads(raw))), match.end()
            end = self.string(i)
            return text[i + 1 : end].rstrip('"'), end
        if text[i] == "'":
            end = self.quoted(i, "a key")
            return text[i + 1 : end].rstrip("'"), end
        word = _word(text, i)
        if word is None:
            self.fault(i, i + 1, f"expected a key, got {excerpt(text[i])}")
            return None, i + 1
        is_key = _colon(text, word.end()) is not None
        self.fault(
            i,
            word.end(),
            "keys must be in double quotes",
            help=fmt("write {}", Value(excerpt(word.group()))),
            local=is_key,
        )
        return word.group(), word.end()

    def array(self, start: int, node: SyntaxNode, level: int) -> int:
        text = self.text
        count = 0
        end = -1
        i = self.skip(start + 1)
        children = node.children
        assert children is not None
        while True:
            if end < 0:
                simple = _simple_item(text, i)
                if simple is not None and count not in children:
                    start_of_item, end = simple.span(1)
                    children[count] = SyntaxNode("scalar", start_of_item, end)
                    count += 1
                    i = simple.end()
                    if simple[2] is None:
                        end = -1
                    continue
            c = text[i : i + 1]
            if c == "]":
                return i + 1
            if c in ("", "}"):
                return self.unclosed(start, i, "[", end)
            if end >= 0:
                i = self.comma(i, end, "]")
                c = text[i : i + 1]
                if c in ("]", "}", ""):
                    continue
            if c in (",", ":", "="):
                self.fault(i, i + 1, f"expected a value, got {c}")
                end = -1
                i = self.skip(i + 1)
                continue
            end = self.value(i, node, count, level + 1)
            count += 1
            i = self.skip(end)

    def comma(self, i: int, end: int, closing: str) -> int:
        """Skips the comma between two entries."""
        text = self.text
        if text[i] != ",":
            local = text[i] in "{[" if closing == "]" else _member(text, i) is not None
            self.fault(end, end, "missing comma", label="expected a comma", local=local)
            return i
        after = self.skip(i + 1)
        if text[after : after + 1] == closing:
            self.fault(i, i + 1, f"trailing comma before {closing}", help="remove the comma", local=True)
        return after

    def unclosed(self, start: int, i: int, opening: str, end: int) -> int:
        closing = "}" if opening == "{" else "]"
        character = self.text[i : i + 1]
        if not character:
            self.fault(start, start + 1, f"unclosed {opening}", help=f"add the missing {closing}")
            return i
        line_end = self.text.find("\n", start)
        self.faults.append(
            syntax_violation(
                i,
                i + 1,
                f"missing {closing} before {character}",
                help=f"write {closing} first",
                related=((start, start + 1, f"unclosed {opening}"),) if 0 <= line_end < i else (),
            )
        )
        return i

    def string(self, start: int) -> int:
        text = self.text
        match = _string(text, start)
        if match is not None:
            return match.end()
        match = _half_string(text, start)
        assert match is not None
        i = match.end()
        c = text[i : i + 1]
        rest = _rest_of_string(text, i)
        assert rest is not None
        if c == "\\" and i + 1 < len(text) and text[i + 1] != "\n":
            self.fault(
                i,
                i + 2,
                f"invalid escape {excerpt(text[i : i + 2])} in JSON",
                help="write \\\\ for a backslash"
                if text[i + 1] != "u"
                else "write \\u and four digits, such as \\u00e9",
            )
            return rest.end()
        if c and c != "\n" and c != "\r" and c != "\\":
            name = "a tab" if c == "\t" else f"the control character {excerpt(c)}"
            self.fault(i, i + 1, f"{name} is not allowed in a string", help=f"write {json.dumps(c)[1:-1]}")
            return rest.end()
        end = i + 1 if c == "\\" else i
        self.fault(start, end, "unclosed string", help='add the missing " on the same line')
        return end

    def quoted(self, i: int, noun: str) -> int:
        match = _single(self.text, i)
        assert match is not None
        inner = match.group()[1:].rstrip("'")
        local = (_colon(self.text, match.end()) or _after_value(self.text, match.end())) is not None
        self.fault(
            i, match.end(), f"{noun} must be in double quotes", help=fmt("write {}", Value(excerpt(inner))), local=local
        )
        return match.end()

    def word(self, i: int) -> int:
        text = self.text
        number = _number(text, i)
        match = _word(text, i)
        if match is None:
            self.fault(i, i + 1, f"expected a value, got {excerpt(text[i : i + 1]) or 'the end of the text'}")
            return min(i + 1, len(text)) if text[i : i + 1] not in ("]", "}", ",") else i
        word = match.group()
        end = match.end()
        if (number is not None and number.end() == end) or word in _LITERALS:
            if len(word) > 4000 and word.lstrip("-").isdecimal():
                self.faults.append(long_number(i, end))
            return end
        local = _after_value(text, end) is not None
        if word in _NOT_FINITE:
            self.faults.append(syntax_violation(i, end, f"numbers must be finite, got {word}", rule="not-finite"))
        elif word in _MEANT:
            self.fault(i, end, f"{word} is not valid JSON", help=f"write {_MEANT[word]}", local=local)
        elif _numberlike(word):
            self.fault(i, end, f"{excerpt(word)} is not a valid JSON number", help=_number_help(word), local=local)
        else:
            curly = word[:1] in CURLY
            advice = "replace the curly quotes" if curly else "strings must be quoted"
            help = fmt("{}: {}", advice, Value(excerpt(word.strip(CURLY))))
            self.fault(i, end, f"{excerpt(word)} is not a valid JSON value", help=help, local=local)
        return end


def _number_help(word: str) -> str:
    meant = word.replace("_", "").lstrip("+")
    if meant.startswith((".", "-.")):
        meant = meant.replace(".", "0.", 1)
    if meant.endswith("."):
        meant += "0"
    sign = "-" if meant.startswith("-") else ""
    digits = meant.lstrip("-")
    if len(digits) > 1 and digits[0] == "0" and digits[1].isdigit():
        digits = digits.lstrip("0") or "0"
    meant = sign + ("0" + digits if digits.startswith(".") else digits)
    match = _number(meant)
    return f"write {meant}" if match and match.end() == len(meant) else "write a plain number such as 32 or 0.5"
