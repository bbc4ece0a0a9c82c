"""Every path and address that a document names outside itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from seqspec.analysis.facts import Facts
from seqspec.catalog.index import APPLICATIONS
from seqspec.catalog.keras_object import KerasObject, given_arguments
from seqspec.diagnostics.violation import Path

_OF_CALLBACKS = ("filepath", "filename", "log_dir", "backup_dir", "directory", "root")


class NamedPath(NamedTuple):
    """A path or an address as the document has it, where it stands, and whether something is written there."""

    text: str
    path: Path
    written: bool


def named_paths(facts: Facts) -> list[NamedPath]:
    """The paths of what is saved and logged, of data, weights and vocabularies."""
    return list(_named(facts))


def _named(facts: Facts) -> Iterator[NamedPath]:
    for key in ("save", "export", "report"):
        table = getattr(facts.outputs, key)
        if table is not None:
            yield NamedPath(table.filepath, (key, "filepath"), True)
    for index, stage in enumerate(facts.fit):
        for place, callback in enumerate(stage.callbacks or ()):
            given = given_arguments(callback) if isinstance(callback, KerasObject) else {}
            for argument in _OF_CALLBACKS if not given.keys().isdisjoint(_OF_CALLBACKS) else ():
                value = given.get(argument)
                if (
                    isinstance(value, str)
                    and isinstance(callback, KerasObject)
                    and argument in type(callback).model_fields
                ):
                    yield NamedPath(value, (*facts.stage_path(index), "callbacks", place, argument), argument != "root")
    for name, one in facts.sets:
        yield from _texts(one.source, ("data", name, "source"))
    for entry in facts.chain if not facts.words.isdisjoint(("base-model", "vocabulary")) else ():
        layer: Any = entry.layer
        if entry.type in APPLICATIONS and layer.pretrained not in (None, "imagenet"):
            yield NamedPath(layer.pretrained, (*entry.path, "weights"), False)
        elif isinstance(given_arguments(layer).get("vocabulary"), str):
            yield NamedPath(layer.vocabulary, (*entry.path, "vocabulary"), False)


def _texts(value: Any, path: Path) -> Iterator[NamedPath]:
    if isinstance(value, str):
        yield NamedPath(value, path, False)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*path, index))
