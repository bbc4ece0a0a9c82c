"""Atomic replacement of files: a temporary file is written and renamed, so that a file is never left incomplete."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO


class ChangedMeanwhile(Exception):
    """Another process changed the file after it was read."""


def replace_text(path: str, text: str, expected: bytes | None = None) -> None:
    """Replaces the content of a file by a UTF-8 text; permissions are kept and symbolic links followed.

    Raises:
        ChangedMeanwhile: The file no longer contains the `expected` bytes.
        OSError: The file cannot be written; it is unchanged.
    """
    with _replacing(path, expected) as stream:
        stream.write(text.encode("utf-8"))


def replace_pieces(path: str, pieces: Iterable[str | bytes]) -> None:
    """Replaces the content of a file by pieces of text or bytes; a device or pipe is written directly.

    Raises `OSError` if the file cannot be written, and exceptions of `pieces`; the file is then unchanged.
    """
    target = os.path.realpath(path)
    special = os.path.exists(target) and not os.path.isfile(target) and not os.path.isdir(target)
    with open(target, "wb") if special else _replacing(path) as stream:
        for piece in pieces:
            stream.write(piece.encode("utf-8", "backslashreplace") if isinstance(piece, str) else piece)


@contextmanager
def renamed(target: Path, *, overwrite: bool = True) -> Iterator[Path]:
    """A path beside `target`, with all its suffixes, for a writer that opens the file itself; renamed at the end.

    Nothing remains of the file (or folder) if an exception is raised, and the target is then unchanged. Without
    `overwrite`, `FileExistsError` is raised for a file that exists when it would be replaced.
    """
    partial = target.with_name(f".{os.getpid()}.{target.name}")
    try:
        yield partial
        if not overwrite:
            # Of two processes only one creates the file that is then replaced.
            open(target, "x").close()
        os.replace(partial, target)
    except OSError as error:
        if error.filename in (partial, os.fspath(partial)):
            # The name that the caller knows.
            error.filename = os.fspath(target)
        raise
    finally:
        if partial.is_dir():
            shutil.rmtree(partial)
        partial.unlink(missing_ok=True)


@contextmanager
def _replacing(path: str, expected: bytes | None = None) -> Iterator[IO[bytes]]:
    """A stream whose content replaces the file, unless an exception is raised."""
    target = os.path.realpath(path)
    before = os.stat(target) if os.path.exists(target) else None
    if before is not None and (not stat.S_IMODE(before.st_mode) & 0o222 or not os.access(target, os.W_OK)):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
    folder, name = os.path.split(target)
    if not os.path.isdir(folder):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
    prefix = f".{name[:60]}."
    _remove_abandoned(folder, prefix)
    handle, partial = tempfile.mkstemp(prefix=f"{prefix}{os.getpid()}.", suffix=".tmp", dir=folder)
    try:
        with open(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(partial, stat.S_IMODE(before.st_mode) if before is not None else 0o666 & ~_umask())
        if before is not None and hasattr(os, "chown"):
            with suppress(OSError):
                os.chown(partial, before.st_uid, before.st_gid)
        if expected is not None and content_of(target) != expected:
            raise ChangedMeanwhile(path)
        os.replace(partial, target)
    except BaseException:
        # KeyboardInterrupt must leave no partial file either.
        with suppress(OSError):
            os.unlink(partial)
        raise


def _remove_abandoned(folder: str, prefix: str) -> None:
    """Removes temporary files of killed processes."""
    if os.name != "posix":
        return
    with suppress(OSError):
        for name in os.listdir(folder):
            if name.startswith(prefix) and name.endswith(".tmp"):
                process = name[len(prefix) :].partition(".")[0]
                if process.isdecimal() and len(process) < 10 and not _runs(int(process)):
                    os.unlink(os.path.join(folder, name))


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def has_other_links(path: str) -> bool:
    """Whether a file has other hard links, which keep the old content when it is replaced."""
    try:
        return os.stat(path).st_nlink > 1
    except OSError:
        return False


def content_of(path: str) -> bytes | None:
    """The content of a file; None without the file."""
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        return None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
