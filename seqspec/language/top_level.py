"""The outline of a document: which tables there are, and keys that are outside the table that they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seqspec.diagnostics.snippet import Help, Setting, TableName, TomlOnly
from seqspec.diagnostics.suggest import suggest
from seqspec.language.context import ExpansionContext
from seqspec.language.keys import ELSEWHERE, TOP_LEVEL, TableKeys, is_extension_key
from seqspec.language.provenance import Provenance

_INPUT = Help(
    *("write ", Setting("input", [...]), " and ", Setting("layers", [...]), " in ", TableName(("model",))),
    TomlOnly(", or layers above the header of input"),
)


def validate_top_level(
    tree: Mapping[str, object], root: Provenance, work: ExpansionContext, tables: TableKeys | None
) -> dict[str, Any]:
    """The tree with misplaced keys where they belong, and without unknown ones; each is reported."""
    out: dict[str, object] = work.tracker.own(tree)
    _inside_input(out, root, work)
    if tables is not None:
        _misplaced(out, root, work, tables)
    _top(out, root, work, tables)
    return out


def _table_words(at: Provenance, name: str) -> str:
    span = at.place().span()
    line = at.document.line_text(span.line) if span is not None else ""
    if at.document.format == "toml" and line.lstrip().startswith("["):
        return f"keys below this header belong to {name}"
    return f"this table is {name}"


def _inside_input(tree: dict[str, Any], root: Provenance, work: ExpansionContext) -> None:
    """`layers` below `[input]` or `[model.input]`: in TOML it belongs to that table."""
    model = tree.get("model")
    holders = [(tree, root, "[input]")]
    if isinstance(model, dict):
        holders.insert(0, (model, work.tracker.child(root, tree, "model"), "[model.input]"))
    for holder, at, name in holders:
        table = holder.get("input")
        if not isinstance(table, dict) or "layers" not in table:
            continue
        table_at = work.tracker.child(at, holder, "input")
        layers_at = work.tracker.child(table_at, table, "layers")
        work.report(
            "misplaced-key",
            f"layers belongs in [model], not in {name}",
            layers_at,
            anchor="key",
            label=Help("belongs in ", TableName(("model",))),
            help=_INPUT,
            related=[(table_at.place(), _table_words(table_at, name))],
        )
        rest = work.tracker.copy(table)
        _move(tree, root, rest, "layers", layers_at, "model", work)
        if holder is tree:
            del holder["input"]
            _place(tree, root, "input", rest, table_at, "model", work)
        else:
            owned = work.tracker.own_child(tree, "model")
            owned["input"] = rest


def _misplaced(tree: dict[str, Any], root: Provenance, work: ExpansionContext, tables: TableKeys) -> None:
    """Keys of one table in another."""
    for name in TOP_LEVEL:
        table = tree.get(name)
        by_home: dict[str, list[str]] = {}
        for key in tables.misplaced(name, table) if isinstance(table, dict) else ():
            by_home.setdefault(tables.home(key) or name, []).append(key)
        if not by_home:
            continue
        table_at = work.tracker.child(root, tree, name)
        rest = work.tracker.own_child(tree, name)
        for home, keys in by_home.items():
            places = {key: work.tracker.child(table_at, rest, key) for key in keys}
            _tell(keys, places, f"[{name}]", home, work)
            for key in keys:
                _move(tree, root, rest, key, places[key], home, work)


def _top(tree: dict[str, Any], root: Provenance, work: ExpansionContext, tables: TableKeys | None) -> None:
    """Keys of the top level: known ones, those of a table, and the rest."""
    by_home: dict[str, list[str]] = {}
    for key in list(tree):
        if key in TOP_LEVEL or is_extension_key(key):
            continue
        home = tables.home(key) if tables is not None else None
        if home is not None:
            by_home.setdefault(home, []).append(key)
            continue
        otherwise = ELSEWHERE.get(key) or f"top-level keys: {', '.join(TOP_LEVEL)}; custom keys start with x-"
        near = suggest(key, [name for name in TOP_LEVEL if name not in tree], otherwise)
        at = work.tracker.child(root, tree, key)
        work.report("unknown-key", f'unknown top-level key "{key[:60]}"', at, anchor="key", **near.arguments())
        value = tree.pop(key)
        if near.word is not None:
            # Reading goes on with the recovered key.
            tree[near.word] = value
            work.tracker.record(tree, near.word, at)
    for home, keys in by_home.items():
        places = {key: work.tracker.child(root, tree, key) for key in keys}
        _tell(keys, places, "the top level", home, work)
        for key in keys:
            _move(tree, root, tree, key, places[key], home, work)


def _tell(keys: list[str], places: dict[str, Provenance], where: str, home: str, work: ExpansionContext) -> None:
    listed = keys[0] if len(keys) == 1 else f"{', '.join(keys[:-1])} and {keys[-1]}"
    work.report(
        "misplaced-key",
        f"{listed} {'belongs' if len(keys) == 1 else 'belong'} in [{home}], "
        f"not {'at' if where[0] != '[' else 'in'} {where}",
        places[keys[0]],
        anchor="key",
        label=Help("belongs in ", TableName((home,))),
        help=Help(f"move {'it' if len(keys) == 1 else 'them'} to the table ", TableName((home,))),
        related=[(places[key].place("key"), f"belongs in [{home}] too") for key in keys[1:]],
    )


def _move(
    tree: dict[str, Any],
    root: Provenance,
    source: dict[str, Any],
    key: str,
    at: Provenance,
    home: str,
    work: ExpansionContext,
) -> None:
    value = source.pop(key)
    work.tracker.forget(source, key)
    if isinstance(value, dict) and set(value) == {key}:
        # A header of the same name: [layers] with layers = [...]
        at = work.tracker.child(at, value, key)
        value = value[key]
    _place(tree, root, key, value, at, home, work)


def _place(
    tree: dict[str, Any], root: Provenance, key: str, value: object, at: Provenance, home: str, work: ExpansionContext
) -> None:
    """Puts a value where it belongs, unless there is one already."""
    if home not in tree:
        tree[home] = work.tracker.own({})
        work.tracker.record(tree, home, root)
    if not isinstance(tree[home], dict):
        return
    table = work.tracker.own_child(tree, home)
    if key not in table:
        table[key] = value
        work.tracker.record(table, key, at)
