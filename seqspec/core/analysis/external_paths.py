"""All paths and URLs in a spec that refer to something outside of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.catalog.keras_object import KerasObject, given_argument, given_arguments
from seqspec.core.catalog.plain import tree_of
from seqspec.core.diagnostics.violation import Path
from seqspec.core.document.data import Dataset
from seqspec.core.document.outputs import Export, Outputs

_OF_CALLBACKS = ("filepath", "filename", "log_dir", "backup_dir", "directory", "root")

PATH_ARGUMENTS = ("vocabulary", "source", *_OF_CALLBACKS)
"""Arguments and keys whose value is a path or a URL."""


class ExternalPath(NamedTuple):
    """A path or URL as written, its location, and whether it is written to."""

    text: str
    path: Path
    written: bool


def find_external_paths(
    outputs: Outputs,
    exports: Iterable[tuple[Path, Export]],
    callbacks: Iterable[tuple[Path, object]],
    datasets: Iterable[tuple[str, Dataset]],
    layers: Iterable[LayerReport],
    source: object = None,
) -> list[ExternalPath]:
    """The paths of outputs, logs, data, weights and vocabularies.

    Each export and each callback is passed with its path in the spec; `source` is that of all datasets.
    """
    shared = _texts(tree_of(source), ("data", "source")) if source is not None else ()
    return [*_of_outputs(outputs, exports, callbacks), *shared, *_of_inputs(datasets, layers)]


def _of_outputs(
    outputs: Outputs, exports: Iterable[tuple[Path, Export]], callbacks: Iterable[tuple[Path, object]]
) -> Iterator[ExternalPath]:
    for key, table in (("save", outputs.save), ("report", outputs.report)):
        if table is not None:
            yield ExternalPath(table.filepath, (key, "filepath"), True)
    for path, export in exports:
        yield ExternalPath(export.filepath, (*path, "filepath"), True)
    for path, callback in callbacks:
        given = given_arguments(callback) if isinstance(callback, KerasObject) else {}
        for argument in _OF_CALLBACKS if not given.keys().isdisjoint(_OF_CALLBACKS) else ():
            value = given.get(argument)
            if isinstance(value, str):
                yield ExternalPath(value, (*path, argument), argument != "root")


def _of_inputs(datasets: Iterable[tuple[str, Dataset]], layers: Iterable[LayerReport]) -> Iterator[ExternalPath]:
    for name, dataset in datasets:
        yield from _texts(tree_of(dataset.source), ("data", name, "source"))
    for entry in layers:
        layer: Any = entry.layer
        if "base_model" in entry.traits and layer.pretrained not in (None, "imagenet"):
            yield ExternalPath(layer.pretrained, (*entry.path, "weights"), False)
        elif isinstance(given_argument(layer, "vocabulary"), str):
            yield ExternalPath(layer.vocabulary, (*entry.path, "vocabulary"), False)


def _texts(value: object, path: Path) -> Iterator[ExternalPath]:
    if isinstance(value, str):
        yield ExternalPath(value, path, False)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*path, index))
