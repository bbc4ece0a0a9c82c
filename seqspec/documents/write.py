"""A tree as text: plain, deterministic, in the order that a reader expects."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_ORDER = (
    "$schema",
    "seqspec",
    "keras",
    "extends",
    "vars",
    "blocks",
    "custom",
    "model",
    "target",
    "compile",
    "fit",
    "data",
    "runtime",
    "save",
    "export",
    "quantize",
    "report",
    "override",
)
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_WIDTH = 120


def to_json(tree: Mapping[str, Any]) -> str:
    """The tree as JSON: one line a layer, and short tables and lists on one line."""
    return _json(dict(_ordered(tree)), "") + "\n"


def _json(value: Any, indent: str) -> str:
    flat = _flat(value)
    if not isinstance(value, (Mapping, list, tuple)) or not value:
        return flat
    fits = len(flat) + len(indent) <= _WIDTH
    inner = indent + "  "
    if isinstance(value, Mapping):
        if indent and fits and not any(isinstance(item, Mapping) or _has_tables(item) for item in value.values()):
            return flat
        lines = [f"{inner}{_text(str(key))}: {_json(item, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if fits and not _has_tables(value):
        return flat
    return "[\n" + ",\n".join(inner + _flat(item) for item in value) + f"\n{indent}]"


def _flat(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_text(str(key))}: {_flat(item)}" for key, item in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_flat, value))}]"
    return _text(value if value is None or isinstance(value, (str, int, float)) else str(value))


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def to_toml(tree: Mapping[str, Any]) -> str:
    """The tree as TOML: tables with headers, layers as inline tables, one a line. `null` becomes `"none"`."""
    lines: list[str] = []
    _table(dict(_ordered(tree)), (), lines)
    return "\n".join(lines).lstrip("\n") + "\n"


def _ordered(tree: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key in _ORDER:
        if key in tree:
            yield key, tree[key]
    for key, value in tree.items():
        if key not in _ORDER:
            yield key, value


def _table(table: Mapping[str, Any], path: tuple[str, ...], lines: list[str]) -> None:
    tables = [(key, value) for key, value in table.items() if _has_header(value, path, key)]
    headed = {key for key, _ in tables}
    for key, value in table.items():
        if key not in headed:
            lines.append(f"{_key(key)} = {_value(value, top=True)}")
    for key, value in tables:
        inner = (*path, key)
        own = [item for name, item in value.items() if not _has_header(item, inner, name)]
        if own or not value:
            lines += ["", f"[{'.'.join(map(_key, inner))}]"]
        _table(value, inner, lines)


def _has_header(value: Any, path: tuple[str, ...], key: str) -> bool:
    """Whether a table has a header of its own: those of the top level, and what is too large for one line."""
    if not isinstance(value, Mapping) or len(path) > 3:
        return False
    if not path:
        return True
    return len(f"{_key(key)} = {_value(value)}") > _WIDTH or any(_has_tables(item) for item in value.values())


def _has_tables(value: Any) -> bool:
    """Whether a value is a list with tables in it, which is written over several lines."""
    return isinstance(value, (list, tuple)) and any(isinstance(item, Mapping) for item in value)


def _value(value: Any, top: bool = False) -> str:
    if value is None:
        return '"none"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, (list, tuple)):
        items = [_value(item) for item in value]
        flat = f"[{', '.join(items)}]"
        if top and items and (len(flat) > _WIDTH - 20 or _has_tables(value)):
            return "[\n" + "".join(f"  {item},\n" for item in items) + "]"
        return flat
    return _string(str(value))


def _float(value: float) -> str:
    text = repr(float(value))
    if text in ("inf", "-inf", "nan"):
        return text
    return text if "." in text or "e" in text else f"{text}.0"


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _string(key)


def _string(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(c) or (c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}") for c in text) + '"'
