"""`extends`, which merges a document into a base document, and `override`, which patches layers by name."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from seqspec.core.diagnostics.message import Setting, TableName, fmt
from seqspec.core.diagnostics.suggest import Suggestion, nearest, suggest
from seqspec.core.diagnostics.violation import Path
from seqspec.core.language.expansion_context import ExpansionAborted, ExpansionContext, check_values
from seqspec.core.language.keys import RESERVED_PARAMETERS, layer_names, long_form
from seqspec.core.language.provenance import Provenance
from seqspec.core.language.variables import entries
from seqspec.core.language.version import LATEST, current
from seqspec.core.syntax.detection import is_spec
from seqspec.core.syntax.document import Document, Tree
from seqspec.core.syntax.limits import LIMITS, project_folder


class Patch(NamedTuple):
    """A change of a layer that is selected by its name.

    `path` leads from the layer to the value; with `merge`, tables are merged, else the value is replaced. `name_at` is
    the location of the layer name. With `is_optional`, nothing is reported where no layer has the name.
    """

    name: str
    path: Path
    value: object
    at: Provenance
    name_at: Provenance
    merge: bool
    is_optional: bool = False


class Extended(NamedTuple):
    """A document merged with those that it extends: the tree, its provenance, and the patches of layers in order."""

    tree: Tree
    origin: Provenance
    patches: list[Patch]


def extended(document: Document, context: ExpansionContext, root: str | None) -> Extended:
    """Reads the documents that a document extends, and merges it into them."""
    trees = [(document, current(document, context))]
    if "extends" in trees[0][1]:
        _read_bases(trees, context, root)
    patches: list[Patch] = []
    base, merged = trees[-1]
    root_origin = Provenance(base, ())
    if len(trees) > 1:
        merged = context.tracker.own(merged)
    patches += _patches(merged, root_origin, context)
    for child, tree in reversed(trees[:-1]):
        origin = Provenance(child, ())
        merged.pop("override", None)
        _merge(
            merged,
            root_origin,
            {key: value for key, value in tree.items() if key not in ("extends", "override")},
            origin,
            context,
        )
        patches += _patches(tree, origin, context)
    return Extended(merged, root_origin, patches)


def self_contained(document: Document) -> Tree:
    """The tree of a document with those that it extends merged into it, and their patches of layers in `override`.

    Raises:
        ExpansionAborted: One of them cannot be read.
    """
    context = ExpansionContext(document, LIMITS)
    check_values(document, context)
    base = extended(document, context, None)
    tree = {key: value for key, value in base.tree.items() if key not in ("extends", "override")}
    layers: Tree = {}
    for patch in base.patches:
        layers[patch.name] = _merge_values(layers.get(patch.name), patch.value)
    return {**tree, "override": {"layers": layers}} if layers else tree


def _merge_values(value: object, later: object) -> object:
    """A value with a later one: tables are merged, everything else is replaced."""
    if not isinstance(value, dict) or not isinstance(later, dict):
        return later
    return {**value, **{key: _merge_values(value.get(key), later_value) for key, later_value in later.items()}}


def _read_bases(trees: list[tuple[Document, Tree]], context: ExpansionContext, root: str | None) -> None:
    """Appends the chain of base documents, each extended by the previous one."""
    first = trees[0][0]
    project = os.path.realpath(root) if root is not None else project_folder(_folder(first))
    seen = [os.path.realpath(first.file)] if first.file else []
    while "extends" in trees[-1][1]:
        child, tree = trees[-1]
        at = Provenance(child, ("extends",))
        if len(trees) >= context.limits.files:
            context.exceed_limit(f"more than {context.limits.files} files in a chain of extends", at)
        path = _path_of(tree["extends"], _folder(child), project, at, context)
        real = os.path.realpath(path)
        if real in seen:
            _refuse(
                context,
                at,
                f"{os.path.basename(path)} extends itself"
                if len(seen) == 1
                else "the files extend each other in a cycle",
                rule="cycle",
            )
        seen.append(real)
        trees.append(_base(path, at, context))


def _base(path: str, at: Provenance, context: ExpansionContext) -> tuple[Document, Tree]:
    base = context.read(path, context.limits)
    if base.text is not None and not is_spec(path, base.text, base.format):
        # It can be any file of the project, so its text is not quoted.
        has = fmt("a spec has {} at its top, or a name that ends in .seqspec.toml", Setting("seqspec", LATEST))
        _refuse(context, at, f"{path} is not a spec", has)
    context.documents.append(base)
    if not base.readable:
        violation = base.violations[0]
        if violation.rule == "unreadable-file" and base.text is None:
            _refuse(context, at, f"{path} cannot be read: {violation.message}", violation.help)
        base.violations[0] = violation.replace(related=(*violation.related, (at.place(), "extended here")))
        context.violations += base.violations
        raise ExpansionAborted
    context.violations += base.violations
    check_values(base, context)
    return base, current(base, context)


def _path_of(value: Any, folder: str, project: str, at: Provenance, context: ExpansionContext) -> str:
    if not isinstance(value, str) or not value.strip() or "\0" in value or not value.isprintable():
        _refuse(
            context,
            at,
            "extends must be the path of a spec, a string",
            fmt("write {}", Setting("extends", "base.seqspec.toml")),
            "wrong-type",
        )
    if "://" in value:
        _refuse(context, at, "extends must be a local file, not a URL")
    if os.path.isabs(value) or value.startswith(("~", "/", "\\")) or value[1:2] == ":":
        _refuse(context, at, "the path must be relative", "write it relative to this file")
    # The path stays relative, as written, so that messages show short paths.
    path = os.path.normpath(os.path.join(folder, value))
    real = os.path.realpath(path)
    if os.path.commonpath([project, real]) != project:
        _refuse(context, at, "the path is outside the project's folder", f"the folder is {project}")
    if not os.path.isfile(real):
        if os.path.exists(real) and not stat.S_ISREG(os.stat(real).st_mode):
            _refuse(context, at, f"{path} is not a file")
        _refuse(context, at, f"file {path} does not exist", _near(path))
    return path


def base_of(document: Document, value: object, first: Document) -> str | None:
    """The base file for a value of `extends`; None if it is invalid or not allowed.

    `first` is the document that was checked; no file may be outside its project.
    """
    context = ExpansionContext(document, LIMITS)
    try:
        project = project_folder(_folder(first))
        return _path_of(value, _folder(document), project, Provenance(document, ("extends",)), context)
    except ExpansionAborted:
        return None


def _refuse(
    context: ExpansionContext, at: Provenance, message: str, help: str | None = None, rule: str = "bad-extends"
) -> object:
    context.report(rule, message, at, help=help)
    raise ExpansionAborted


def _near(path: str) -> str | None:
    folder, name = os.path.split(path)
    try:
        names = os.listdir(folder or ".")[:1000]
    except OSError:
        return None
    # The suffixes of the names are alike and would make all names similar.
    stems = {_stem(other): other for other in names if other.endswith((".toml", ".json"))}
    near = nearest(_stem(name), stems)
    return None if near is None else Suggestion(stems[near]).label


def _stem(name: str) -> str:
    return name.rpartition(".")[0].removesuffix(".seqspec") or name


def _folder(document: Document) -> str:
    return os.path.dirname(document.file) if document.file else ""


def _merge(
    target: Tree,
    target_at: Provenance,
    source: Tree,
    source_at: Provenance,
    context: ExpansionContext,
) -> None:
    """Merges a table into a mutable one: tables are merged, everything else is replaced."""
    tracker = context.tracker
    for key, value in source.items():
        at = tracker.child(source_at, source, key)
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            _merge(tracker.own_child(target, key), tracker.child(target_at, target, key), value, at, context)
            continue
        target[key] = value
        tracker.record(target, key, at)


def _patches(tree: Mapping[str, object], origin: Provenance, context: ExpansionContext) -> Iterator[Patch]:
    override = tree.get("override")
    if override is None:
        return
    at = context.tracker.child(origin, tree, "override")
    if not isinstance(override, dict):
        context.report("wrong-type", "override must be a table", at, help="write [override.layers.NAME]")
        return
    for key in override:
        if key != "layers" and key[:2] != "x-":
            context.report(
                "unknown-key",
                f"unknown key {key[:60]} in override",
                at.down(key),
                anchor="key",
                help=fmt(
                    "override only patches layers; write {} directly, since tables are merged", TableName((key[:60],))
                ),
            )
    layers = override.get("layers", {})
    if not isinstance(layers, dict):
        context.report(
            "wrong-type",
            "override.layers must have one table per layer",
            at.down("layers"),
            help="write [override.layers.NAME]",
        )
        return
    for name, value in layers.items():
        patch_at = at.down("layers").down(name)
        if isinstance(value, dict):
            yield Patch(name, (), value, patch_at, patch_at, True)
        else:
            context.report(
                "wrong-type", "a patch must be a table", patch_at, help=f"write [override.layers.{name[:60]}]"
            )


def apply_patches(
    patches: list[Patch], tree: Mapping[str, object], origin: Provenance, context: ExpansionContext
) -> tuple[list[Patch], list[str]]:
    """Applies the patches whose layers exist, to a mutable tree.

    Returns the remaining patches, and the existing layer names.
    """
    left: list[Patch] = []
    places = _LayerPlaces(tree)
    for patch in patches:
        path = places.path(patch.name)
        if path is None:
            left.append(patch)
            continue
        with places.changing(path):
            _apply(patch, path, tree, origin, context)
    return left, list(places)


def layer_places(tree: Mapping[str, object]) -> dict[str, Path]:
    """The paths of all named layers of a model, including nested ones; the outermost first."""
    places = _LayerPlaces(tree)
    return {name: path for name in places if (path := places.path(name)) is not None}


_Rank = tuple[int, tuple[int, ...]]
"""The depth of an entry, and its position in each table and list above it: in this order are the outermost first."""


class _LayerPlaces:
    """The paths of the named layers of a mutable tree, which stay right while single layers are changed."""

    def __init__(self, tree: Mapping[str, object]) -> None:
        self._tree = tree
        self._found: dict[str, dict[_Rank, Path]] = {}
        model = tree.get("model")
        if isinstance(model, dict) and isinstance(model.get("layers"), (dict, list, tuple)):
            self._add(("model", "layers"))

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._found, key=lambda name: min(self._found[name])))

    def path(self, name: str) -> Path | None:
        """The path of the outermost layer of a name, or None."""
        found = self._found.get(name)
        return None if found is None else found[min(found)]

    @contextmanager
    def changing(self, path: Path) -> Iterator[None]:
        """While a layer is changed, what it contains is not known."""
        for rank, name, _ in self._named(path):
            del self._found[name][rank]
            if not self._found[name]:
                del self._found[name]
        yield
        self._add(path)

    def _add(self, path: Path) -> None:
        for rank, name, place in self._named(path):
            self._found.setdefault(name, {})[rank] = place

    def _named(self, path: Path) -> Iterator[tuple[_Rank, str, Path]]:
        """The named layers from a path on, with their ranks."""
        value: Any = self._tree
        positions = []
        for key in path:
            positions.append(key if isinstance(key, int) else list(value).index(key))
            value = value[key]
        pending = [(value, path, tuple(positions))]
        while pending:
            value, path, ranks = pending.pop()
            if isinstance(value, dict) and path != ("model", "layers") and isinstance(value.get("name"), str):
                yield (len(path), ranks), value["name"], path
            for position, (key, item) in enumerate(entries(value)):
                if isinstance(item, (dict, list, tuple)):
                    pending.append((item, (*path, key), (*ranks, position)))


def automatic_places(tree: Mapping[str, object]) -> dict[str, Path]:
    """The paths of the layers of a model that have no name, by their automatic names.

    They depend on all layers before, so those after an entry that is not expanded are left out.
    """
    model = tree.get("model")
    layers = model.get("layers") if isinstance(model, dict) else None
    classes: list[str] = []
    names: list[str] = []
    for entry in layers if isinstance(layers, (list, tuple)) else ():
        table = {"type": entry} if isinstance(entry, str) else entry
        if not isinstance(table, dict) or not _UNEXPANDED.isdisjoint(table):
            break
        kind = table.get("type", table.get("custom", "Sequential" if "layers" in table else None))
        name = table.get("name", "")
        if not isinstance(kind, str) or not isinstance(name, str) or "$" in kind + name:
            break
        classes.append(kind)
        names.append(name)
    named = zip(names, layer_names(classes, names))
    return {name: ("model", "layers", index) for index, (own, name) in enumerate(named) if not own and name}


_UNEXPANDED = frozenset(RESERVED_PARAMETERS)


def layer_path(tree: Mapping[str, object], path: Path) -> Path:
    """A path of `--set` from the top level of a document, with the index of a layer that has an automatic name."""
    path = ("model", *path) if path[:1] == ("layers",) else path
    if path[:2] != ("model", "layers") or len(path) < 3 or path[2] in layer_places(tree):
        return path
    return (*automatic_places(tree).get(str(path[2]), path[:3]), *path[3:])


def _apply(patch: Patch, path: Path, tree: Mapping[str, object], origin: Provenance, context: ExpansionContext) -> None:
    parent: Any = tree
    for key in path:
        origin = context.tracker.child(origin, parent, key)
        if isinstance(parent[key], str):
            # A layer without arguments.
            parent[key] = {"type": parent[key]}
        parent = context.tracker.own_child(parent, key)
    set_value(parent, origin, patch.path, patch.value, patch.at, patch.merge, context)


def set_value(
    table: Any, table_at: Provenance, path: Path, value: Any, at: Provenance, merge: bool, context: ExpansionContext
) -> None:
    """Sets or merges a value at a path in a mutable table."""
    tracker = context.tracker
    for position, key in enumerate(path[:-1]):
        existing = key_in(table, key)
        inner = table[existing] if existing is not None else None
        if existing is None and isinstance(table, dict):
            existing, inner = key, {}
            table[existing] = inner
            tracker.record(table, existing, at)
        elif (
            isinstance(table, (dict, list))
            and key_in(inner, path[position + 1]) is None
            and (long := long_form(path[: position + 1], inner))
        ):
            table[existing] = long
        elif existing is None and str(key).lstrip("-").isdecimal():
            _report_index(table, path[: position + 1], at, context)
            return
        elif not isinstance(inner, (dict, list)):
            dotted = ".".join(map(str, path[: position + 1]))
            index = _index_of_type(table, key)
            right = (*at.path[: -len(path)], *path[:position], index, *path[position + 1 :])
            context.report(
                "bad-override",
                f"{dotted} is not a table and has no key {path[position + 1]}",
                at,
                anchor="key",
                help=None if index is None else f"write {'.'.join(map(str, right))}",
            )
            return
        assert existing is not None
        table_at = tracker.child(table_at, table, existing)
        table = tracker.own_child(table, existing)
    if not path:
        if isinstance(table, dict):
            _merge_layer(table, table_at, value, at, context)
        return
    key = path[-1]
    existing = key_in(table, key)
    if isinstance(table, list) and existing is None:
        _report_index(table, path, at, context)
        return
    existing = key if existing is None else existing
    if merge and isinstance(value, dict) and isinstance(table[existing], dict):
        _merge(tracker.own_child(table, existing), tracker.child(table_at, table, existing), value, at, context)
        return
    table[existing] = value
    tracker.record(table, existing, at)


def _index_of_type(entries: object, name: object) -> int | None:
    """The index of the first entry of a type in a list, such as `fit.callbacks`; None if there is none."""
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        if name == (entry.get("type") if isinstance(entry, dict) else entry):
            return index
    return None


def _report_index(entries: Sequence[object], path: Path, at: Provenance, context: ExpansionContext) -> None:
    """Reports the index at the end of a path, which the list does not have."""
    count = len(entries)
    holder = ".".join(map(str, path[:-1])) or "the list"
    context.report(
        "bad-override",
        f"{holder} has no index {path[-1]}, only {count} entr{'y' if count == 1 else 'ies'}",
        at,
        anchor="key",
        help=f"write an index from 0 to {count - 1}" if count else None,
    )


def _merge_layer(table: Tree, table_at: Provenance, value: Tree, at: Provenance, context: ExpansionContext) -> None:
    """Merges a patch into a layer; a table `layers` patches the layers of a nested model by name."""
    inner = value.get("layers")
    if isinstance(inner, dict) and isinstance(table.get("layers"), (list, tuple)):
        layers_at = context.tracker.child(table_at, table, "layers")
        layers = context.tracker.own_child(table, "layers")
        for name, patch in inner.items():
            existing = key_in(layers, name)
            layer_at = at.down("layers").down(name)
            if existing is None or not isinstance(patch, dict):
                context.report("bad-override", f'it contains no layer named "{str(name)[:60]}"', layer_at, anchor="key")
                continue
            entry_at = context.tracker.child(layers_at, layers, existing)
            _merge_layer(context.tracker.own_child(layers, existing), entry_at, patch, layer_at, context)
        value = {key: item for key, item in value.items() if key != "layers"}
    _merge(table, table_at, value, at, context)


def key_in(table: object, key: str | int) -> Any:
    """The key of an entry; for a list, its index, also found by layer name."""
    if isinstance(table, dict):
        return key if key in table else None
    if not isinstance(table, list):
        return None
    if isinstance(key, str):
        named = [i for i, item in enumerate(table) if isinstance(item, dict) and item.get("name") == key]
        if named:
            return named[0]
        if not key.lstrip("-").isdecimal() or len(key) > 9:
            return None
        key = int(key)
    return key % len(table) if -len(table) <= key < len(table) else None


def apply_late(patches: list[Patch], tree: Mapping[str, object], origin: Provenance, context: ExpansionContext) -> None:
    """Applies patches to an expanded tree, those of `--set` also by automatic names; reports the unknown layers."""
    # Names as `summary` prints them: the patches of one call do not change what the others name.
    automatic = automatic_places(tree)
    left, names = apply_patches(patches, tree, origin, context)
    for patch in left:
        is_setting = patch.name_at.document.format == "setting"
        if is_setting and patch.name in automatic:
            _apply(patch, automatic[patch.name], tree, origin, context)
            continue
        if patch.is_optional:
            continue
        known = [*names, *automatic] if is_setting else names
        index = "or write its index, as in model.layers.0"
        listed = f"layers: {', '.join(known[:20])}; {index}" if known else f"name the layer first, {index}"
        near = suggest(patch.name, known, listed)
        context.report(
            "bad-override",
            f'unknown layer name "{patch.name[:60]}"',
            patch.name_at,
            anchor="key",
            **near.arguments(),
        )
