"""The files of a spec: all paths and URLs in it, and the files that Keras would open while it builds the model.

Those are vocabularies and weights of base models. A vocabulary is stored in the saved model, so an untrusted spec could
leak any file of the machine. Only files within the project of the spec are opened, and no URLs; others must be allowed
by the caller (`--allow-file`).
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from seqspec.core.catalog.index import APPLICATIONS
from seqspec.core.catalog.keras_object import KerasObject, given_argument, given_arguments
from seqspec.core.catalog.plain import tree_of
from seqspec.core.diagnostics.violation import Path, Violation
from seqspec.core.syntax.document import Document
from seqspec.core.syntax.limits import is_outside, project_folder

if TYPE_CHECKING:
    from seqspec.core.analysis.layer_report import LayerReport
    from seqspec.core.document.data import Dataset


_OF_CALLBACKS = ("filepath", "filename", "log_dir", "backup_dir", "directory", "root")

PATH_ARGUMENTS = ("vocabulary", "source", *_OF_CALLBACKS)
"""Arguments and keys whose value is a path or a URL."""


class ExternalPath(NamedTuple):
    """A path or URL as written, its location, and whether it is written to."""

    text: str
    path: Path
    written: bool


def find_external_paths(
    outputs: Iterable[tuple[Path, str]],
    callbacks: Iterable[tuple[Path, object]],
    datasets: Iterable[tuple[str, Dataset]],
    layers: Iterable[LayerReport],
    source: object = None,
) -> list[ExternalPath]:
    """The paths of outputs, logs, data, weights and vocabularies.

    Each output and each callback is passed with its path in the spec; `source` is that of all datasets.
    """
    from seqspec.core.document.data import Data

    shared = _texts(tree_of(source), Data.key_path(lambda data: data.source)) if source is not None else ()
    written = [ExternalPath(text, path, True) for path, text in outputs]
    return [*written, *_of_callbacks(callbacks), *shared, *_of_inputs(datasets, layers)]


def _of_callbacks(callbacks: Iterable[tuple[Path, object]]) -> Iterator[ExternalPath]:
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
        layer = entry.layer
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


OPENING_ARGUMENTS = frozenset({"vocabulary", "weights"})
"""The arguments of layers that may name a file."""

_SCALARS = (str, int, float, type(None))


def opened_files(tree: Mapping[str, object]) -> Iterator[tuple[Path, str]]:
    """Every file name that Keras would open, with its path in the expanded spec."""
    pending: list[tuple[Path, object]] = [(("model",), tree.get("model"))]
    while pending:
        path, value = pending.pop()
        if isinstance(value, Mapping):
            vocabulary = value.get("vocabulary")
            if isinstance(vocabulary, str):
                yield (*path, "vocabulary"), vocabulary
            weights = value.get("weights")
            if isinstance(weights, str) and weights not in ("imagenet", "none") and value.get("type") in APPLICATIONS:
                yield (*path, "weights"), weights
            pending += [((*path, key), item) for key, item in value.items() if not isinstance(item, _SCALARS)]
        elif isinstance(value, list):
            pending += [((*path, index), item) for index, item in enumerate(value) if not isinstance(item, _SCALARS)]


def refused_files(tree: Mapping[str, object], document: Document, allowed: Collection[str] = ()) -> list[Violation]:
    """A violation for every file that a build is not allowed to open.

    Args:
        tree: The expanded spec.
        document: The spec as written; relative names are resolved against its folder.
        allowed: Files outside of the project that the caller allows.
    """
    paths = [(path, text) for path, text in opened_files(tree) if not is_allowed(text, document, allowed)]
    return [
        Violation(
            "file-not-allowed",
            f'"{text[:80]}" is an address; a build only opens files'
            if is_address(text)
            else f'"{text[:80]}" is outside the folder of the project',
            path=path,
            help="download it into the project"
            if is_address(text)
            else "move it into the project, or build with --allow-file",
        )
        for path, text in paths
    ]


def is_address(text: str) -> bool:
    """Whether a name is a URL, including those of TensorFlow file systems."""
    return "://" in text


def is_allowed(text: str, document: Document, allowed: Collection[str] = (), base: str | None = None) -> bool:
    """Whether a build may open a file; relative names are resolved against `base`, or the folder of the spec."""
    if is_address(text) or "\0" in text:
        return False
    folder = os.path.dirname(document.file) if document.file else ""
    file = os.path.join(folder if base is None else base, text)
    if os.path.realpath(file) in {os.path.realpath(name) for name in allowed}:
        return True
    return not is_outside(file, project_folder(folder))
