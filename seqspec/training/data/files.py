"""Files that a source names: globs, folders, and what is close to a name that does not exist."""

from __future__ import annotations

import glob
import os
from pathlib import Path

from seqspec.diagnostics.suggest import suggest
from seqspec.diagnostics.violation import Violation
from seqspec.training.data.samples import Request
from seqspec.training.errors import DataError


def matching(request: Request, pattern: str) -> list[Path]:
    """The files of a path or a glob pattern, sorted; raises `DataError` where there are none."""
    full = os.path.join(request.base, os.path.expanduser(pattern))
    if os.path.isfile(full):
        return [Path(full)]
    if glob.has_magic(pattern):
        found = sorted(Path(name) for name in glob.glob(full, recursive=True) if os.path.isfile(name))
        if found:
            return found
        raise DataError([request.violation("data-unreadable", f"no file matches {pattern}", "path")])
    raise DataError([missing(request, pattern, full)])


def folder(request: Request, name: str) -> Path:
    """A folder; raises `DataError` where it does not exist."""
    full = Path(request.base, os.path.expanduser(name))
    if not full.is_dir():
        raise DataError([missing(request, name, str(full))])
    return full


def missing(request: Request, name: str, full: str) -> Violation:
    """The violation for a file that does not exist, with the nearest name in its folder."""
    if os.path.exists(full):
        what = "is a folder" if os.path.isdir(full) else "is not a folder"
        return request.violation("data-unreadable", f"{name} {what}", "path")
    parent, own = os.path.split(full)
    try:
        known = os.listdir(parent)
    except OSError:
        known = []
    meant = suggest(own, known)
    return request.violation(
        "data-unreadable",
        f"{name} does not exist",
        "path",
        label=meant.label,
        help=None if meant.word else f"paths are relative to {request.base or '.'}",
    )


def class_folders(request: Request, name: str, suffixes: tuple[str, ...]) -> tuple[list[str], list[str] | None]:
    """The files of a folder with their classes (the names of the folders they are in); None without class folders.

    Files are names, as objects for paths would take more memory than small images.
    """
    root = str(folder(request, name))
    files: list[str] = []
    classes: list[str] = []
    with os.scandir(root) as entries:
        own = sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))
    for each in own:
        inside = [
            os.path.join(place, file)
            for place, _, found in os.walk(os.path.join(root, each))
            for file in found
            if _suffix(file) in suffixes
        ]
        # Folder by folder, whatever characters names have that come before the separator.
        inside.sort(key=lambda file: file.replace(os.sep, "\0"))
        files += inside
        classes += [each] * len(inside)
    if files:
        return files, classes
    files = [os.path.join(root, file) for file in sorted(os.listdir(root)) if _suffix(file) in suffixes]
    if not files:
        kinds = ", ".join(suffixes)
        raise DataError([request.violation("data-unreadable", f"{name} holds no files of the types {kinds}", "path")])
    return files, None


def _suffix(file: str) -> str:
    return os.path.splitext(file)[1].lower()
