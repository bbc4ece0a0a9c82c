"""Random specs: trees of values, and their texts in all spellings of JSON and TOML."""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import strategies as st

KEYS = st.one_of(
    st.sampled_from(["a", "b", "units", "type", "layers", "x-y", "0", "a.b", "", "ü", "key with space", 'q"q', "é\n"]),
    st.text(st.characters(codec="utf-8"), max_size=6),
)
TEXTS = st.one_of(
    st.sampled_from(
        ["", "relu", "1/255", "$x", 'say "hi"', "it's", "a\\b", "tab\there", "two\nlines", "\r\n", "𝄞 ü", "#no"]
    ),
    st.text(st.characters(codec="utf-8"), max_size=12),
)
NUMBERS = st.one_of(
    st.integers(-(2**63) + 1, 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0, 1, -1, 0.5]),
)
SCALARS = st.one_of(NUMBERS, st.booleans(), TEXTS)


def _trees(scalars: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    values = st.recursive(
        scalars,
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
        max_leaves=14,
    )
    return st.dictionaries(KEYS, values, max_size=5)


JSON_TREES = _trees(st.one_of(SCALARS, st.none()))
TOML_TREES = _trees(SCALARS)
RANDOMS = st.randoms(use_true_random=False)


@st.composite
def json_documents(draw: st.DrawFn) -> str:
    """The text of a JSON document in some layout."""
    return write_json(draw(JSON_TREES), draw(RANDOMS))


@st.composite
def toml_documents(draw: st.DrawFn) -> str:
    """The text of a TOML document in some layout: headers, dotted keys, inline tables, every kind of string."""
    return TomlWriter(draw(RANDOMS)).document(draw(TOML_TREES))


@st.composite
def damaged(draw: st.DrawFn, documents: st.SearchStrategy[str]) -> str:
    """A document after a few random edits."""
    return damage(draw(documents), draw(RANDOMS))


def write_json(tree: Any, rng: random.Random) -> str:
    """JSON with random white space and escapes."""

    def space() -> str:
        return rng.choice(["", "", " ", "\n", "\r\n", "\t", "  \n "])

    def string(text: str) -> str:
        return json.dumps(text, ensure_ascii=rng.random() < 0.5)

    def write(value: Any) -> str:
        if isinstance(value, dict):
            pairs = [f"{space()}{string(key)}{space()}:{space()}{write(item)}{space()}" for key, item in value.items()]
            return "{" + (",".join(pairs) or space()) + "}"
        if isinstance(value, list):
            return "[" + (",".join(f"{space()}{write(item)}{space()}" for item in value) or space()) + "]"
        return string(value) if isinstance(value, str) else json.dumps(value)

    return space() + write(tree) + space()


class TomlWriter:
    """TOML in random spellings of one tree."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.lines: list[str] = []

    def document(self, tree: dict[str, Any]) -> str:
        self._table(tree, ())
        text = "\n".join(self.lines) + self.rng.choice(["", "\n"])
        # A string over several lines means the same with either line end.
        return text.replace("\n", "\r\n") if self.rng.random() < 0.3 else text

    def _table(self, table: dict[str, Any], path: tuple[str, ...]) -> None:
        headed = []
        for key, value in table.items():
            if self._can_have_header(value) and self.rng.random() < 0.6:
                headed.append((key, value))
            elif isinstance(value, dict) and value and self.rng.random() < 0.4:
                self._dotted((key,), value)
            else:
                self._line(f"{self._key(key)}{self._blank()}={self._blank()}{self._value(value)}")
        self.rng.shuffle(headed)
        for key, value in headed:
            inner = (*path, key)
            name = f"{self._blank()}.{self._blank()}".join(map(self._key, inner))
            if isinstance(value, list):
                for item in value:
                    self._line(f"[[{self._blank()}{name}{self._blank()}]]")
                    self._table(item, inner)
            else:
                implied = value and all(isinstance(item, dict) and item for item in value.values())
                if implied and self.rng.random() < 0.5:
                    for deeper, item in value.items():
                        self._line(f"[{name}.{self._key(deeper)}]")
                        self._table(item, (*inner, deeper))
                else:
                    self._line(f"[{self._blank()}{name}{self._blank()}]")
                    self._table(value, inner)

    def _dotted(self, path: tuple[str, ...], table: dict[str, Any]) -> None:
        for key, value in table.items():
            inner = (*path, key)
            if isinstance(value, dict) and value and self.rng.random() < 0.4:
                self._dotted(inner, value)
            else:
                name = f"{self._blank()}.{self._blank()}".join(map(self._key, inner))
                self._line(f"{name} = {self._value(value)}")

    @staticmethod
    def _can_have_header(value: Any) -> bool:
        if isinstance(value, list):
            return bool(value) and all(isinstance(item, dict) for item in value)
        return isinstance(value, dict)

    def _line(self, text: str) -> None:
        if self.rng.random() < 0.2:
            self.lines.append(self.rng.choice(["", "# [no] = header", "\t", " # ü"]))
        self.lines.append(self._blank() + text + self.rng.choice(["", "", " # note", "\t"]))

    def _blank(self) -> str:
        return self.rng.choice(["", "", " ", "\t"])

    def _gap(self) -> str:
        return self.rng.choice(["", "", " ", "\n", " # in a list ]\n", "\n\t"])

    def _key(self, key: str) -> str:
        bare = key and all(c.isascii() and (c.isalnum() or c in "_-") for c in key)
        if bare and self.rng.random() < 0.7:
            return key
        if self._literal(key) and self.rng.random() < 0.5:
            return f"'{key}'"
        return self._basic(key)

    @staticmethod
    def _literal(text: str) -> bool:
        return "'" not in text and all(c == "\t" or (c >= " " and c != "\x7f") for c in text)

    def _basic(self, text: str) -> str:
        out = []
        for c in text:
            if c in '"\\':
                out.append("\\" + c)
            elif c < " " or c == "\x7f" or self.rng.random() < 0.1:
                out.append(f"\\u{ord(c):04X}" if ord(c) < 0x10000 else f"\\U{ord(c):08x}")
            else:
                out.append(c)
        return f'"{"".join(out)}"'

    def _value(self, value: Any, one_line: bool = False) -> str:
        if isinstance(value, dict):
            pairs = [f"{self._key(key)} = {self._value(item, True)}" for key, item in value.items()]
            return "{" + self._blank() + f"{self._blank()},{self._blank()}".join(pairs) + self._blank() + "}"
        if isinstance(value, list):
            # Even in an inline table a list may be broken over lines.
            items = [self._gap() + self._value(item, one_line) + self._gap() for item in value]
            end = self.rng.choice(["", ","]) if items else ""
            return "[" + ",".join(items) + end + self._gap() + "]"
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, int):
            return f"+{value}" if value >= 0 and self.rng.random() < 0.1 else str(value)
        text = repr(value)
        return text if "." in text or "e" in text else text + ".0"

    def _text(self, text: str) -> str:
        choice = self.rng.random()
        if choice < 0.25 and self._literal(text):
            return f"'{text}'"
        if choice < 0.35 and self._literal(text):
            return f"'''{text}'''" if text[:1] != "\n" else f"'''\n{text}'''"
        if choice < 0.5:
            return '"""' + self.rng.choice(["", "\n", "\\\n   "]) + self._basic(text)[1:-1] + '"""'
        return self._basic(text)


_SCRAPS = list("{}[]\",:='#.-+\\\n\r\t $x10é\0")
_SCRAPS += [
    "//",
    '"""',
    "'''",
    "[[",
    "]]",
    "NaN",
    "true",
    "\ud800",
    "\ufeff",
    "1e999",
]


def damage(text: str, rng: random.Random) -> str:
    """The text after one to three edits: something inserted, removed, doubled, swapped or cut off."""
    for _ in range(rng.randint(1, 3)):
        i = rng.randint(0, len(text))
        j = min(len(text), i + rng.randint(1, 6))
        kind = rng.randrange(5)
        if kind == 0:
            text = text[:i] + rng.choice(_SCRAPS) + text[i:]
        elif kind == 1:
            text = text[:i] + text[j:]
        elif kind == 2:
            text = text[:j] + text[i:j] + text[j:]
        elif kind == 3:
            text = text[:i] + rng.choice(_SCRAPS) + text[j:]
        else:
            text = text[:i]
    return text
