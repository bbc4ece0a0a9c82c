"""Validates the top level of a document, and finds keys in the wrong table."""

from __future__ import annotations

from collections.abc import Mapping

from seqspec.core.diagnostics.message import OnlyInToml, Setting, TableName, fmt
from seqspec.core.diagnostics.suggest import suggest
from seqspec.core.language.expansion_context import ExpansionContext
from seqspec.core.language.keys import ELSEWHERE, TOP_LEVEL, TableKeys, is_extension_key, move_to
from seqspec.core.language.provenance import Provenance
from seqspec.core.syntax.document import Tree

_INPUT = fmt(
    "write {} and {} in {}{}",
    Setting("input", [...]),
    Setting("layers", [...]),
    TableName(("model",)),
    OnlyInToml(", or layers above the header of input"),
)


def validate_top_level(
    tree: Mapping[str, object], root: Provenance, context: ExpansionContext, tables: TableKeys | None
) -> Tree:
    """The tree with misplaced keys moved and unknown ones removed; each is reported."""
    out: dict[str, object] = context.tracker.own(tree)
    _inside_input(out, root, context)
    if tables is not None:
        _misplaced(out, root, context, tables)
    _top(out, root, context, tables)
    return out


def _table_words(at: Provenance, name: str) -> str:
    span = at.place().span()
    line = at.document.line_text(span.line) if span is not None else ""
    hint = f"keys below this header belong to {name}" if line.lstrip().startswith("[") else ""
    return at.document.notation.header_hint(hint) or f"this table is {name}"


def _inside_input(tree: Tree, root: Provenance, context: ExpansionContext) -> None:
    """Handles `layers` below `[input]` or `[model.input]`, which TOML assigns to that table."""
    model = tree.get("model")
    holders = [(tree, root, "[input]")]
    if isinstance(model, dict):
        holders.insert(0, (model, context.tracker.child(root, tree, "model"), "[model.input]"))
    for holder, at, name in holders:
        table = holder.get("input")
        if not isinstance(table, dict) or "layers" not in table:
            continue
        table_at = context.tracker.child(at, holder, "input")
        layers_at = context.tracker.child(table_at, table, "layers")
        context.report(
            "misplaced-key",
            f"layers belongs in [model], not in {name}",
            layers_at,
            anchor="key",
            label=fmt("belongs in {}", TableName(("model",))),
            help=_INPUT,
            related=[(table_at.place(), _table_words(table_at, name))],
        )
        rest = context.tracker.copy(table)
        _move(tree, root, rest, "layers", layers_at, "model", context)
        if holder is tree:
            del holder["input"]
            _place(tree, root, "input", rest, table_at, "model", context)
        else:
            owned = context.tracker.own_child(tree, "model")
            owned["input"] = rest


def _misplaced(tree: Tree, root: Provenance, context: ExpansionContext, tables: TableKeys) -> None:
    """Handles keys of one table in another."""
    for name in TOP_LEVEL:
        table = tree.get(name)
        by_home: dict[str, list[str]] = {}
        for key in tables.misplaced(name, table) if isinstance(table, dict) else ():
            by_home.setdefault(tables.home(key) or name, []).append(key)
        if not by_home:
            continue
        table_at = context.tracker.child(root, tree, name)
        rest = context.tracker.own_child(tree, name)
        for home, keys in by_home.items():
            places = {key: context.tracker.child(table_at, rest, key) for key in keys}
            _report_misplaced(keys, places, TableName((name,)), home, context)
            for key in keys:
                _move(tree, root, rest, key, places[key], home, context)


def _top(tree: dict[str, object], root: Provenance, context: ExpansionContext, tables: TableKeys | None) -> None:
    """Handles unknown top-level keys, some of which belong to a table."""
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
        at = context.tracker.child(root, tree, key)
        context.report("unknown-key", f'unknown top-level key "{key[:60]}"', at, anchor="key", **near.arguments())
        value = tree.pop(key)
        if near.word is not None:
            # The check continues with the recovered key.
            tree[near.word] = value
            context.tracker.record(tree, near.word, at)
    for home, keys in by_home.items():
        places = {key: context.tracker.child(root, tree, key) for key in keys}
        _report_misplaced(keys, places, "the top level", home, context)
        for key in keys:
            _move(tree, root, tree, key, places[key], home, context)


def _report_misplaced(
    keys: list[str], places: dict[str, Provenance], where: str | TableName, home: str, context: ExpansionContext
) -> None:
    listed = keys[0] if len(keys) == 1 else f"{', '.join(keys[:-1])} and {keys[-1]}"
    context.report(
        "misplaced-key",
        fmt(
            "{} {} in {}, not {} {}",
            listed,
            "belongs" if len(keys) == 1 else "belong",
            TableName((home,)),
            "at" if isinstance(where, str) else "in",
            where,
        ),
        places[keys[0]],
        anchor="key",
        label=fmt("belongs in {}", TableName((home,))),
        help=move_to(home, several=len(keys) > 1),
        related=[(places[key].place("key"), fmt("belongs in {} too", TableName((home,)))) for key in keys[1:]],
    )


def _move(
    tree: dict[str, object],
    root: Provenance,
    source: dict[str, object],
    key: str,
    at: Provenance,
    home: str,
    context: ExpansionContext,
) -> None:
    value = source.pop(key)
    context.tracker.forget(source, key)
    if isinstance(value, dict) and set(value) == {key}:
        # A header of the same name: [layers] with layers = [...]
        at = context.tracker.child(at, value, key)
        value = value[key]
    _place(tree, root, key, value, at, home, context)


def _place(
    tree: Tree,
    root: Provenance,
    key: str,
    value: object,
    at: Provenance,
    home: str,
    context: ExpansionContext,
) -> None:
    """Moves a value to the table where it belongs, unless that has the key already."""
    if home not in tree:
        tree[home] = context.tracker.own({})
        context.tracker.record(tree, home, root)
    if not isinstance(tree[home], dict):
        return
    table = context.tracker.own_child(tree, home)
    if key not in table:
        table[key] = value
        context.tracker.record(table, key, at)
