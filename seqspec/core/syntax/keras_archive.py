"""Reads the members of a `.keras` file, a zip archive: Keras's JSON, assets, weights, and the spec of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from seqspec.core.syntax.limits import Limits, require_regular

if TYPE_CHECKING:
    from zipfile import ZipFile

CONFIG = "config.json"
SPEC = "seqspec.json"
"""The expanded spec, in the `.keras` files that training writes."""
DOCUMENTS = ("seqspec/document.toml", "seqspec/document.json")
"""The spec as written, if it is equivalent."""
ASSETS = "assets/"
MAGIC = b"PK\x03\x04"
_HDF5 = b"\x89HDF\r\n\x1a\n"
_MIN_BYTES, _GROWTH = 1 << 24, 64
"""A member may have this multiple of the size of the archive, or at least this many bytes."""
_MAX_MEMBERS = 10_000


class ArchiveError(Exception):
    """A file with a model that cannot be read here; the message says what to do."""


class UnsafeArchiveError(ArchiveError):
    """An archive with members that no Keras writes, as in a file that is made to do harm."""


class KerasArchive:
    """The members of an open archive, which are read in memory."""

    def __init__(self, archive: ZipFile) -> None:
        self._archive = archive
        self._members = {member.filename: member for member in archive.infolist()}

    def __contains__(self, name: str) -> bool:
        return name in self._members

    @property
    def assets(self) -> list[str]:
        """The files of layers, such as vocabularies."""
        return [name for name in self._members if name.startswith(ASSETS) and not name.endswith("/")]

    def require_safe(self) -> None:
        """Raises `UnsafeArchiveError` for too many members, paths out of the archive, duplicates, and huge members."""
        names = self._archive.namelist()
        if len(names) > _MAX_MEMBERS:
            raise UnsafeArchiveError(f"the archive has more than {_MAX_MEMBERS:,} members")
        for name in names:
            path = PurePosixPath(name.replace("\\", "/"))
            if path.is_absolute() or ".." in path.parts or ":" in name:
                raise UnsafeArchiveError(f"the archive contains the path {name!r}, which leaves its folder")
        if len(self._members) != len(names):
            raise UnsafeArchiveError("the archive contains two members of one name")

    def read(self, name: str) -> bytes:
        """A member; raises `UnsafeArchiveError` if it is far larger than the archive."""
        packed = sum(member.compress_size for member in self._members.values())
        if self.size(name) > max(_MIN_BYTES, _GROWTH * packed):
            raise UnsafeArchiveError(f"{name} would have {self.size(name):,} bytes when decompressed")
        return self._archive.read(name)

    def size(self, name: str) -> int:
        """The size of a member when it is decompressed."""
        return self._members[name].file_size


@contextmanager
def open_archive(file: str) -> Iterator[KerasArchive]:
    """An archive; raises `ArchiveError` if it is damaged, also while it is read."""
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(file) as archive:
            yield KerasArchive(archive)
    except (BadZipFile, UnicodeDecodeError, NotImplementedError, RuntimeError, EOFError) as error:
        raise ArchiveError(f"the archive cannot be read: {error}") from error


def config_text(file: str, limits: Limits) -> str | None:
    """The JSON text of the model in a `.keras` archive; None for another file.

    Raises:
        ArchiveError: The file is an archive without this text, or an HDF5 file.
        OSError: The file cannot be read.
    """
    member = _member(file, (CONFIG,), limits)
    return None if member is None else member[1]


def spec_text(file: str, limits: Limits) -> tuple[str, str] | None:
    """The spec in a `.keras` file, as written if available, and the name of its member; None without a spec.

    Raises as `config_text`.
    """
    try:
        return _member(file, (*DOCUMENTS, SPEC), limits)
    except ArchiveError:
        return None


def has_assets(file: str) -> bool:
    """Whether a `.keras` file contains assets of layers, such as vocabularies."""
    try:
        with open_archive(file) as archive:
            return bool(archive.assets)
    except (ArchiveError, OSError, ValueError):
        return False


def _member(file: str, names: Sequence[str], limits: Limits) -> tuple[str, str] | None:
    """The name and text of the first of these members that exists."""
    require_regular(file)
    with open(file, "rb") as stream:
        start = stream.read(8)
    if start == _HDF5:
        raise ArchiveError("this is an HDF5 file: write the model's JSON with model.to_json(), or save it as .keras")
    if start[:4] != MAGIC:
        return None
    with open_archive(file) as archive:
        name = next((name for name in names if name in archive), None)
        if name is None:
            raise ArchiveError(f"the archive contains no {names[0]} and is not a .keras file")
        if archive.size(name) > limits.bytes:
            raise ArchiveError(f"{name} in it is larger than {limits.bytes:,} bytes")
        return name, archive.read(name).decode("utf-8")
