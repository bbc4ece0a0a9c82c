"""Files that a source names: globs, folders, and what is close to a name that does not exist.

Every file that a source names, and every link in its folders, is looked up here: `access` of the context decides
whether it may be read.
"""

from __future__ import annotations

import errno
import glob
import os
import re
from collections.abc import Iterator
from fnmatch import translate
from pathlib import Path

from seqspec.core.api.data import unreadable_data
from seqspec.core.api.diagnostics import Violation
from seqspec.core.api.messages import suggest
from seqspec.training.data.read_context import ReadContext
from seqspec.training.errors import DataError
from seqspec.training.records import SEARCH_STATE

_SPECIAL = "a device or a pipe, not a file"
_MAX_ENTRIES = 1_000_000
"""Maximum number of files and folders that are compared with a pattern."""


def matching(context: ReadContext, pattern: str) -> list[Path]:
    """The files of a path or glob pattern, sorted; raises `DataError` if there are none."""
    full = _full(context, pattern, "path")
    if not glob.has_magic(pattern) or os.path.isfile(full):
        return [regular_file(context, pattern)]
    paths = sorted(set(_expanded(context, pattern, full, "path")))
    if not paths:
        raise DataError([_no_match(context, pattern, full)])
    return paths


def regular_file(context: ReadContext, name: str, key: str = "path") -> Path:
    """The path of a file at a key of the source; raises `DataError` if it does not exist or may not be read."""
    full = _full(context, name, key)
    _require_allowed(context, name, full, key)
    if not os.path.isfile(full):
        raise DataError([missing(context, name, full, key)])
    return Path(full)


def _full(context: ReadContext, name: str, key: str) -> str:
    if "\0" in name:
        raise context.error("data-unreadable", "the path contains a null character", key)
    return os.path.join(context.base, os.path.expanduser(name))


def _require_allowed(context: ReadContext, name: str, full: str, key: str = "path") -> None:
    """Raises `DataError` for a file or folder outside of the project that the caller does not allow."""
    if context.access.reads(full) or context.access.is_named((*context.path, key)):
        return
    real = os.path.realpath(full)
    is_elsewhere = os.path.normpath(full) != real
    place = f"{name} is {real}, which is" if is_elsewhere else f"{name} is"
    project = context.access.project
    outside = "not in a project of the current folder" if project is None else f"outside of the project {project}"
    folder = full if os.path.isdir(full) else os.path.dirname(real)
    help = context.access.help(folder, "data")
    raise context.error("data-not-allowed", f"{place} {outside}", key, help=help)


def _expanded(context: ReadContext, pattern: str, full: str, key: str) -> Iterator[Path]:
    """The files that a pattern matches, as `glob.glob` finds them, within what may be read."""
    parts = Path(full).parts
    first = next(index for index, part in enumerate(parts) if glob.has_magic(part))
    if ".." in parts[first:]:
        raise context.error("data-unreadable", f'{pattern}: ".." cannot follow a wildcard', key)
    top = str(Path(*parts[:first])) if first else os.curdir
    _require_allowed(context, pattern, top, key)
    walk = _Walk(context, pattern, key)
    yield from map(Path, walk.files(top, parts[first:]))


class _Walk:
    """Compares the entries of folders with a pattern; a link that leads to what may not be read is an error."""

    def __init__(self, context: ReadContext, pattern: str, key: str) -> None:
        self._context, self._pattern, self._key = context, pattern, key
        self._entries = 0

    def files(self, folder: str, parts: tuple[str, ...]) -> Iterator[str]:
        """The files in a folder that match the remaining parts of the pattern."""
        part, rest = parts[0], parts[1:]
        if part == "**":
            while rest[:1] == ("**",):
                rest = rest[1:]
            yield from self.files(folder, rest or ("*",))
            for entry in self._listed(folder, "*"):
                if _is_folder(entry) and not self._leads_back(entry):
                    yield from self.files(entry.path, parts)
        elif not glob.has_magic(part):
            inner = os.path.join(folder, part)
            _require_allowed(self._context, self._pattern, inner, self._key)
            if rest and os.path.isdir(inner):
                yield from self.files(inner, rest)
            elif not rest and os.path.isfile(inner):
                yield inner
        else:
            for entry in self._listed(folder, part):
                if rest and _is_folder(entry):
                    yield from self.files(entry.path, rest)
                elif not rest and os.path.isfile(entry.path):
                    yield entry.path

    def _listed(self, folder: str, part: str) -> Iterator[os.DirEntry[str]]:
        matches = re.compile(translate(os.path.normcase(part))).match
        try:
            with os.scandir(folder) as listed:
                entries = list(listed)
        except OSError:
            # As in `glob`, what cannot be listed has no files.
            return
        self._entries += len(entries)
        if self._entries > _MAX_ENTRIES:
            message = f"{self._pattern}: more than {_MAX_ENTRIES:,} files and folders to compare with the pattern"
            raise self._context.error("data-unreadable", message, self._key, help="name a folder in the pattern")
        for entry in entries:
            hidden = entry.name.startswith(".") and not part.startswith(".")
            if not hidden and matches(os.path.normcase(entry.name)):
                if entry.is_symlink():
                    _require_allowed(self._context, _relative(self._context, entry.path), entry.path, self._key)
                yield entry

    def _leads_back(self, entry: os.DirEntry[str]) -> bool:
        """Whether a link leads to a folder that it is in, so that a walk would not end."""
        return entry.is_symlink() and Path(os.path.realpath(entry.path)) in Path(os.path.abspath(entry.path)).parents


def _relative(context: ReadContext, file: str) -> str:
    return os.path.relpath(file, context.base or os.curdir)


def _no_match(context: ReadContext, pattern: str, full: str) -> Violation:
    """The violation for a pattern without matches, with the name closest to the first missing folder."""
    place = Path(full)
    while not place.parent.is_dir() and not glob.has_magic(str(place.parent)):
        place = place.parent
    meant = None
    if not glob.has_magic(place.name) and not place.exists() and place.parent.is_dir():
        meant = suggest(place.name, os.listdir(place.parent))
    return context.violation(
        "data-unreadable",
        f"no file matches {pattern}",
        "path",
        label=meant.label if meant is not None else None,
        help=None if meant is not None and meant.word else f"paths are relative to {context.base or '.'}",
    )


def folder(context: ReadContext, name: str) -> Path:
    """The path of a folder; raises `DataError` if it does not exist."""
    full = _full(context, name, "path")
    _require_allowed(context, name, full)
    if not os.path.isdir(full):
        raise DataError([missing(context, name, full)])
    return Path(full)


def missing(context: ReadContext, name: str, full: str, key: str = "path") -> Violation:
    """The violation for a file that does not exist, with the closest name in its folder."""
    if os.path.exists(full):
        what = "a folder" if os.path.isdir(full) else "not a folder" if os.path.isfile(full) else _SPECIAL
        return context.violation("data-unreadable", f"{name} is {what}", key)
    other = unreadable_data(name)
    if other is not None and "://" in name:
        return context.violation("data-unreadable", f"{name} is a URL", key, help=other)
    parent, own = os.path.split(full)
    try:
        known = os.listdir(parent)
    except OSError:
        known = []
    meant = suggest(own, known)
    if (Path(context.base) / SEARCH_STATE).is_file():
        # best.seqspec.toml, as the search has written it.
        help = f"copy the spec beside the one searched: seqspec search best {os.path.relpath(context.base)} -o FILE"
        return context.violation("data-unreadable", f"{name} does not exist", key, help=help)
    hint = None if meant.word else f"paths are relative to {context.base or '.'}"
    return context.violation("data-unreadable", f"{name} does not exist", key, label=meant.label, help=hint)


def class_folders(context: ReadContext, name: str, suffixes: tuple[str, ...]) -> tuple[list[str], list[str] | None]:
    """The files of a folder with their classes (the names of the folders they are in); None without class folders.

    Files are strings, since `Path` objects would need more memory than small images.
    """
    root = str(folder(context, name))
    files: list[str] = []
    classes: list[str] = []
    with os.scandir(root) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    own = [entry for entry in listed if not entry.name.startswith(".") and _is_folder(entry)]
    for entry in own:
        _require_link_allowed(context, entry)
        class_name = entry.name
        try:
            inside = [file for file in _files_in(context, entry.path) if _suffix(file) in suffixes]
        except OSError as error:
            reason = (error.strerror or "it cannot be read").lower()
            raise context.error("data-unreadable", f"{os.path.relpath(error.filename, root)}: {reason}", "path")
        # Sorts by folder first, even if a name contains characters that sort before the separator.
        inside.sort(key=lambda file: file.replace(os.sep, "\0"))
        files += inside
        classes += [class_name] * len(inside)
    if files:
        return files, classes
    for entry in listed:
        if _suffix(entry.name) in suffixes and os.path.isfile(entry.path):
            _require_link_allowed(context, entry)
            files.append(entry.path)
    if not files:
        kinds = ", ".join(suffixes)
        raise context.error("data-unreadable", f"{name} holds no files of the types {kinds}", "path")
    return files, None


def _require_link_allowed(context: ReadContext, entry: os.DirEntry[str]) -> None:
    if entry.is_symlink():
        _require_allowed(context, _relative(context, entry.path), entry.path)


def _files_in(context: ReadContext, folder: str) -> Iterator[str]:
    """The files in a folder and the folders in it.

    Raises:
        OSError: A folder cannot be read, or a file is a pipe or a device, which would block whoever opens it.
    """
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files_in(context, entry.path)
            elif entry.is_file():
                _require_link_allowed(context, entry)
                yield entry.path
            elif _suffix(entry.name):
                os.stat(entry.path)
                raise OSError(errno.EINVAL, _SPECIAL, entry.path)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder or a link to one; False for a link to itself, for which `is_dir` raises."""
    return os.path.isdir(entry.path) if entry.is_symlink() else entry.is_dir(follow_symlinks=False)


def _suffix(file: str) -> str:
    return os.path.splitext(file)[1].lower()
