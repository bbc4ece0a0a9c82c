"""The tokens of TOML 1.0 as regular expressions."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ESCAPE = r'[btnfr"\\]|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}|U(?!0000[dD][89a-fA-F])(?:0010|000[0-9a-fA-F])[0-9a-fA-F]{4}'
_PLAIN = r"[^\"\\\x00-\x08\x0a-\x1f\x7f]"
_ML_PLAIN = r"[^\"\\\x00-\x08\x0b-\x1f\x7f]"
_HALF_BASIC = rf'"(?>{_PLAIN}+|\\(?:{_ESCAPE}))*+'
_HALF_ML_BASIC = rf'"""(?>{_ML_PLAIN}+|\r\n|\\(?:{_ESCAPE}|[ \t]*\r?\n)|"{{1,2}}(?!"))*+'
_HALF_ML_LITERAL = r"'''(?>[^'\x00-\x08\x0b-\x1f\x7f]+|\r\n|'{1,2}(?!'))*+"

blank = re.compile(r"[ \t]*").match
bare_key = re.compile(r"[A-Za-z0-9_-]+").match
loose_key = re.compile(r"[\w-]+").match
basic = re.compile(_HALF_BASIC + '"').match
half_basic = re.compile(_HALF_BASIC).match
literal = re.compile(r"'[^'\x00-\x08\x0a-\x1f\x7f]*'").match
half_literal = re.compile(r"'[^'\x00-\x08\x0a-\x1f\x7f]*").match
ml_basic = re.compile(_HALF_ML_BASIC + '"{3,5}').match
half_ml_basic = re.compile(_HALF_ML_BASIC).match
ml_literal = re.compile(_HALF_ML_LITERAL + "'{3,5}").match
half_ml_literal = re.compile(_HALF_ML_LITERAL).match
number = re.compile(
    r"0(?:x[0-9A-Fa-f](?:_?[0-9A-Fa-f])*|b[01](?:_?[01])*|o[0-7](?:_?[0-7])*)|[+-]?(?:inf|nan)"
    r"|[+-]?(?:0|[1-9](?:_?[0-9])*)(?:\.[0-9](?:_?[0-9])*)?(?:[eE][+-]?[0-9](?:_?[0-9])*)?"
).fullmatch
date = re.compile(
    r"\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)?)?|\d\d:\d\d:\d\d(?:\.\d+)?", re.A
).match
word = re.compile(r"[^\s,\[\]{}#=]+").match
after_value = re.compile(r"[ \t]*(?:[,\]}#\r\n]|\Z)").match
header_line = re.compile(
    r"\[\[?[ \t]*(?!(?:true|false|inf|nan)[ \t]*\])[A-Za-z_][\w-]*(?:[ \t]*\.[ \t]*[\w-]+)*[ \t]*\]\]?[ \t]*"
    r"(?:#[^\n]*)?\r?(?:\n|\Z)"
).match
assignment = re.compile(r"[A-Za-z_][\w-]*(?:[ \t]*\.[ \t]*[\w-]+)*[ \t]*=").match
control = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")

_YAML_KEY = r"[A-Za-z_$][\w$-]*:(?:[ \t][^\n]*)?$"
yaml = re.compile(rf"(?:[ \t]*(?:#[^\n]*)?\n)*+(---[ \t]*$|{_YAML_KEY})", re.M).match
"""The first line of a YAML document."""

toml_line = re.compile(r"^[ \t]*(?:\[|[\w\"'.-]+[ \t]*=)", re.M).search

_SCALAR = rf'"{_PLAIN}*+"|true|false|[+-]?(?:0|[1-9][0-9]{{0,17}})(?:\.[0-9]{{1,30}})?(?:[eE][+-]?[0-9]{{1,3}})?'
simple_pair = re.compile(rf"[ \t]*([A-Za-z0-9_-]++)[ \t]*=[ \t]*({_SCALAR})[ \t]*(?:,(?![ \t]*\}})|(?=(\}})))").match
"""A typical pair of an inline table, with the comma or brace after it."""

simple_item = re.compile(rf"({_SCALAR})[ \t]*(?:,[ \t]*|(?=\]))").match
"""A typical item of a list, with the comma or bracket after it."""

_escapes = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.S)
_SIMPLE = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}
_basic_unit = re.compile(r"\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}|\\.|\r\n|.", re.S)
_continuation = re.compile(r"\\[ \t]*\r?\n[ \t\r\n]*")


def key_text(raw: str) -> str:
    """The key of a bare or quoted token."""
    if raw[0] == "'":
        return raw[1:-1]
    if raw[0] != '"':
        return raw
    return _escapes.sub(_unescape, raw[1:-1]) if "\\" in raw else raw[1:-1]


def _unescape(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    return chr(int(code, 16)) if code else _SIMPLE.get(match[3], match[3])


def units(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The range of each character of a string value in the text."""
    quote = text[start : start + 1]
    if quote not in ('"', "'") or not quote:
        return
    multiline = text.startswith(quote * 3, start) and end - start >= 6
    width = 3 if multiline else 1
    i, end = start + width, end - width
    if multiline:
        i += 2 if text.startswith("\r\n", i) else 1 if text.startswith("\n", i) else 0
    while i < end:
        skipped = _continuation.match(text, i) if quote == '"' else None
        if skipped is not None:
            i = skipped.end()
            continue
        if quote == '"':
            match = _basic_unit.match(text, i)
            assert match is not None
            stop = match.end()
        else:
            stop = i + (2 if text.startswith("\r\n", i) else 1)
        yield i, stop
        i = stop
