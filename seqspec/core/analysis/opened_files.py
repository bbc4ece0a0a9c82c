"""Files that Keras would open while building a model: vocabularies, and weights of base models.

A vocabulary is stored in the saved model, so an untrusted spec could leak any file of the machine. Only files within
the project of the spec are opened, and no URLs; others must be allowed by the caller (`--allow-file`).
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping

from seqspec.core.catalog.index import APPLICATIONS
from seqspec.core.diagnostics.violation import Path, Violation
from seqspec.core.language.extends import project_folder
from seqspec.core.syntax.document import Document
from seqspec.core.syntax.read import is_outside

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
