"""`extends`: a document that builds on another one, and `override`, which patches layers by name."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from seqspec.diagnostics.snippet import Help, Setting, TableName
from seqspec.diagnostics.suggest import Suggestion, nearest, suggest
from seqspec.diagnostics.violation import Path
from seqspec.language.context import ExpansionAborted, ExpansionContext
from seqspec.language.provenance import Provenance
from seqspec.language.values import check_values
from seqspec.language.variables import entries
from seqspec.language.version import current
from seqspec.syntax.document import Document
from seqspec.syntax.limits import LIMITS

_PROJECT_SIGNS = ("pyproject.toml", ".git")


class Patch(NamedTuple):
    """A change of a layer that is found by its name.

    `path` leads from the layer to the value; with `merge`, tables there are merged, else the value is set. `name_at` is
    where the name of the layer is.
    """

    name: str
    path: Path
    value: Any
    at: Provenance
    name_at: Provenance
    merge: bool


class Extended(NamedTuple):
    """A document merged with those that it builds on: the tree, where it is, and the patches of layers in order."""

    tree: dict[str, Any]
    origin: Provenance
    patches: list[Patch]


def extended(document: Document, work: ExpansionContext, root: str | None) -> Extended:
    """Reads the documents that a document builds on, and merges it into them."""
    trees = [(document, current(document, work))]
    if "extends" in trees[0][1]:
        _read_bases(trees, work, root)
    patches: list[Patch] = []
    base, merged = trees[-1]
    root_origin = Provenance(base, ())
    if len(trees) > 1:
        merged = work.tracker.own(merged)
    patches += _patches(merged, root_origin, work)
    for child, tree in reversed(trees[:-1]):
        origin = Provenance(child, ())
        merged.pop("override", None)
        _merge(
            merged,
            root_origin,
            {key: value for key, value in tree.items() if key not in ("extends", "override")},
            origin,
            work,
        )
        patches += _patches(tree, origin, work)
    return Extended(merged, root_origin, patches)


def _read_bases(trees: list[tuple[Document, dict[str, Any]]], work: ExpansionContext, root: str | None) -> None:
    """Appends the documents of a chain, each the one that the document before it extends."""
    first = trees[0][0]
    project = os.path.realpath(root) if root is not None else project_folder(_folder(first))
    seen = [os.path.realpath(first.file)] if first.file else []
    while "extends" in trees[-1][1]:
        child, tree = trees[-1]
        at = Provenance(child, ("extends",))
        if len(trees) >= work.limits.files:
            work.exceed_limit(f"more than {work.limits.files} files in a chain of extends", at)
        path = _path_of(tree["extends"], _folder(child), project, at, work)
        real = os.path.realpath(path)
        if real in seen:
            _refuse(
                work,
                at,
                f"{os.path.basename(path)} extends itself"
                if len(seen) == 1
                else "the files extend each other in a cycle",
                rule="cycle",
            )
        seen.append(real)
        trees.append(_base(path, at, work))


def _base(path: str, at: Provenance, work: ExpansionContext) -> tuple[Document, dict[str, Any]]:
    base = work.read(path, work.limits)
    work.documents.append(base)
    if not base.readable:
        violation = base.violations[0]
        if violation.rule == "unreadable-file" and base.text is None:
            _refuse(work, at, f"{path} cannot be read: {violation.message}", violation.help)
        base.violations[0] = violation.replace(related=(*violation.related, (at.place(), "extended here")))
        work.violations += base.violations
        raise ExpansionAborted
    work.violations += base.violations
    check_values(base, work)
    return base, current(base, work)


def _path_of(value: Any, folder: str, project: str, at: Provenance, work: ExpansionContext) -> str:
    if not isinstance(value, str) or not value.strip() or "\0" in value or not value.isprintable():
        _refuse(
            work,
            at,
            "extends must be the path of a spec, a string",
            Help("write ", Setting("extends", "base.seqspec.toml")),
            "wrong-type",
        )
    if "://" in value:
        _refuse(work, at, "extends must be a local file, not a URL")
    if os.path.isabs(value) or value.startswith(("~", "/", "\\")) or value[1:2] == ":":
        _refuse(work, at, "the path must be relative", "write it relative to this file")
    # Kept as the author wrote it, relative to how this document was named, so that messages show short paths.
    path = os.path.normpath(os.path.join(folder, value))
    real = os.path.realpath(path)
    if os.path.commonpath([project, real]) != project:
        _refuse(work, at, "the path is outside the project's folder", f"the folder is {project}")
    if not os.path.isfile(real):
        if os.path.exists(real) and not stat.S_ISREG(os.stat(real).st_mode):
            _refuse(work, at, f"{path} is not a file")
        _refuse(work, at, f"file {path} does not exist", _near(path))
    return path


def base_of(document: Document, value: object, first: Document) -> str | None:
    """The file that a document extends by a value of `extends`; None where it names none that it may extend.

    `first` is the document that extends it, at last, and whose project no file may leave.
    """
    work = ExpansionContext(document, LIMITS)
    try:
        project = project_folder(_folder(first))
        return _path_of(value, _folder(document), project, Provenance(document, ("extends",)), work)
    except ExpansionAborted:
        return None


def _refuse(
    work: ExpansionContext, at: Provenance, message: str, help: str | Help | None = None, rule: str = "bad-extends"
) -> object:
    work.report(rule, message, at, help=help)
    raise ExpansionAborted


def _near(path: str) -> str | None:
    folder, name = os.path.split(path)
    try:
        names = os.listdir(folder or ".")[:1000]
    except OSError:
        return None
    # The endings of names are all alike, and would make any name near.
    stems = {_stem(other): other for other in names if other.endswith((".toml", ".json"))}
    near = nearest(_stem(name), stems)
    return None if near is None else Suggestion(stems[near]).label


def _stem(name: str) -> str:
    return name.rpartition(".")[0].removesuffix(".seqspec") or name


def _folder(document: Document) -> str:
    return os.path.dirname(document.file) if document.file else ""


def project_folder(folder: str) -> str:
    """The folder that the files of a spec may not leave: the nearest one with a project file, or the folder itself."""
    start = os.path.realpath(folder or ".")
    here = start
    while True:
        if any(os.path.exists(os.path.join(here, sign)) for sign in _PROJECT_SIGNS):
            return here
        above = os.path.dirname(here)
        if above == here:
            return start
        here = above


def _merge(
    target: dict[str, Any], target_at: Provenance, source: dict[str, Any], source_at: Provenance, work: ExpansionContext
) -> None:
    """Merges a table into one that may be changed: tables merge, everything else replaces."""
    tracker = work.tracker
    for key, value in source.items():
        at = tracker.child(source_at, source, key)
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            _merge(tracker.own_child(target, key), tracker.child(target_at, target, key), value, at, work)
            continue
        target[key] = value
        tracker.record(target, key, at)


def _patches(tree: Mapping[str, object], origin: Provenance, work: ExpansionContext) -> Iterator[Patch]:
    override = tree.get("override")
    if override is None:
        return
    at = work.tracker.child(origin, tree, "override")
    if not isinstance(override, dict):
        work.report("wrong-type", "override must be a table", at, help="write [override.layers.NAME]")
        return
    for key in override:
        if key != "layers" and key[:2] != "x-":
            work.report(
                "unknown-key",
                f"unknown key {key[:60]} in override",
                at.down(key),
                anchor="key",
                help=Help(
                    "override only patches layers; write ", TableName((key[:60],)), " directly, since tables are merged"
                ),
            )
    layers = override.get("layers", {})
    if not isinstance(layers, dict):
        work.report(
            "wrong-type",
            "override.layers must have one table per layer",
            at.down("layers"),
            help="write [override.layers.NAME]",
        )
        return
    for name, value in layers.items():
        place = at.down("layers").down(name)
        if isinstance(value, dict):
            yield Patch(name, (), value, place, place, True)
        else:
            work.report("wrong-type", "a patch must be a table", place, help=f"write [override.layers.{name[:60]}]")


def apply_patches(
    patches: list[Patch], tree: Mapping[str, object], origin: Provenance, work: ExpansionContext
) -> tuple[list[Patch], list[str]]:
    """Carries out the patches whose layers are found in a tree that may be changed.

    Returns the others, and the names that are there.
    """
    left: list[Patch] = []
    places: dict[str, Path] | None = None
    for patch in patches:
        if places is None:
            places = layer_places(tree)
        path = places.get(patch.name)
        if path is None:
            left.append(patch)
            continue
        _apply(patch, path, tree, origin, work)
        if patch.path[:1] in ((), ("name",), ("layers",), ("layer",)):
            # The patch may have changed names.
            places = None
    return left, list(places if places is not None else layer_places(tree))


def layer_places(tree: Mapping[str, object]) -> dict[str, Path]:
    """The paths of all named layers of a model, those of nested ones among them; the outermost first."""
    places: dict[str, Path] = {}
    model = tree.get("model")
    if not isinstance(model, dict):
        return places
    pending: list[tuple[object, Path, bool]] = [(model.get("layers"), ("model", "layers"), True)]
    while pending:
        later: list[tuple[object, Path, bool]] = []
        for value, path, is_list in pending:
            if not isinstance(value, (dict, list, tuple)):
                continue
            if isinstance(value, dict) and not is_list and isinstance(value.get("name"), str):
                places.setdefault(value["name"], path)
            later += [(item, (*path, key), False) for key, item in entries(value) if isinstance(item, (dict, list))]
        pending = later
    return places


def _apply(patch: Patch, path: Path, tree: Mapping[str, object], origin: Provenance, work: ExpansionContext) -> None:
    parent: object = tree
    for key in path:
        origin = work.tracker.child(origin, parent, key)
        parent = work.tracker.own_child(parent, key)
    set_value(parent, origin, patch.path, patch.value, patch.at, patch.merge, work)


def set_value(
    table: Any, table_at: Provenance, path: Path, value: Any, at: Provenance, merge: bool, work: ExpansionContext
) -> None:
    """Sets or merges a value at a path below a table that may be changed."""
    tracker = work.tracker
    for position, key in enumerate(path[:-1]):
        found = _key_in(table, key)
        inner = table[found] if found is not None else None
        if found is None and isinstance(table, dict):
            found, inner = key, {}
            table[found] = inner
            tracker.record(table, found, at)
        elif isinstance(inner, str) and isinstance(table, (dict, list)) and "(" not in inner:
            # A bare name is short for a table with that type.
            table[found] = {"type": inner}
        elif not isinstance(inner, (dict, list)):
            dotted = ".".join(map(str, path[: position + 1]))
            work.report(
                "bad-override", f"{dotted} is not a table and has no key {path[position + 1]}", at, anchor="key"
            )
            return
        assert found is not None
        table_at = tracker.child(table_at, table, found)
        table = tracker.own_child(table, found)
    if not path:
        if isinstance(table, dict):
            _merge_layer(table, table_at, value, at, work)
        return
    key = path[-1]
    found = _key_in(table, key)
    if isinstance(table, list) and found is None:
        work.report("bad-override", f"index {key} is out of range for a list of length {len(table)}", at, anchor="key")
        return
    found = key if found is None else found
    if merge and isinstance(value, dict) and isinstance(table[found], dict):
        _merge(tracker.own_child(table, found), tracker.child(table_at, table, found), value, at, work)
        return
    table[found] = value
    tracker.record(table, found, at)


def _merge_layer(
    table: dict[str, Any], table_at: Provenance, value: dict[str, Any], at: Provenance, work: ExpansionContext
) -> None:
    """Merges a patch into a layer; a table `layers` patches the layers of a nested model by name."""
    inner = value.get("layers")
    if isinstance(inner, dict) and isinstance(table.get("layers"), (list, tuple)):
        layers_at = work.tracker.child(table_at, table, "layers")
        layers = work.tracker.own_child(table, "layers")
        for name, patch in inner.items():
            found = _key_in(layers, name)
            place = at.down("layers").down(name)
            if found is None or not isinstance(patch, dict):
                work.report("bad-override", f'it contains no layer named "{str(name)[:60]}"', place, anchor="key")
                continue
            entry_at = work.tracker.child(layers_at, layers, found)
            _merge_layer(work.tracker.own_child(layers, found), entry_at, patch, place, work)
        value = {key: item for key, item in value.items() if key != "layers"}
    _merge(table, table_at, value, at, work)


def _key_in(table: object, key: str | int) -> Any:
    """The key of an entry: in a list, its index or the name of a layer."""
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


def check_left(patches: list[Patch], names: list[str], work: ExpansionContext) -> None:
    """Reports the patches whose layer is not found."""
    for patch in patches:
        listed = ", ".join(names[:20])
        near = suggest(patch.name, names, f"named layers: {listed}" if names else "name the layer first")
        work.report(
            "bad-override",
            f'unknown layer name "{patch.name[:60]}"',
            patch.name_at,
            anchor="key",
            **near.arguments(),
        )
