"""Limits on the size of documents, which callers can set, and the reading of untrusted files within them."""

from __future__ import annotations

import errno
import os
import stat
from typing import NamedTuple


class Limits(NamedTuple):
    """Limits on the size of a spec, as written and expanded; exceeding one is reported as `over-limit`.

    Attributes:
        bytes: Maximum size of one file in bytes.
        depth: Maximum nesting depth of tables and lists, as written and expanded.
        layers: Maximum number of layers of the expanded model, including nested models.
        values: Maximum number of scalar values of the expanded spec.
        files: Maximum number of specs in one chain of `extends`.
        columns: Maximum number of columns of a table of training data.
        expansion: Maximum size of training data in memory as a multiple of the size of its files, which compression
            makes smaller. `SMALL_BYTES` are allowed in any case.
        pixels: Maximum number of pixels of an image of training data.
    """

    bytes: int = 1 << 20
    depth: int = 64
    layers: int = 10_000
    values: int = 500_000
    files: int = 16
    columns: int = 100_000
    expansion: int = 200
    pixels: int = 80_000_000


LIMITS = Limits()
"""The default limits."""

SMALL_BYTES = 1 << 25
"""Bytes of data that a file may contain, however much smaller it is."""

NOT_A_FILE = "this is a device or a pipe, not a file"


class NotRegularFile(OSError):
    """The file is a device, pipe or socket."""


class FileTooLarge(OSError):
    """The file exceeds the limit; `size` is its size in bytes."""

    def __init__(self, size: int, limit: int, file: str) -> None:
        super().__init__(errno.EFBIG, f"the file has {size:,} bytes; the limit is {limit:,}", file)
        self.size = size


def raise_limit_help(name: str) -> str:
    """How to raise a limit: `check`, which runs on files of pull requests, takes a higher one only from its caller."""
    return f"raise limits.{name} in seqspec.toml; for check, name that file with --config"


def read_file(file: str, limit: int) -> bytes:
    """The bytes of a regular file.

    Raises:
        NotRegularFile: It is a device, pipe or socket. It is not read, so a pipe does not block.
        FileTooLarge: It has more than `limit` bytes.
        OSError: It cannot be read.
    """
    # A socket cannot even be opened.
    require_regular(file)
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
    with open(descriptor, "rb") as stream:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            if stat.S_ISDIR(status.st_mode):
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), file)
            raise NotRegularFile(errno.EINVAL, NOT_A_FILE, file)
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise FileTooLarge(max(status.st_size, len(data)), limit, file)
    return data


def require_regular(file: str) -> None:
    """Raises `NotRegularFile` for a device, pipe or socket, which would block whoever opens it, or never end."""
    mode = os.stat(file).st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise NotRegularFile(errno.EINVAL, NOT_A_FILE, file)


def is_outside(file: str, folder: str) -> bool:
    """Whether a file, with links resolved, is outside of a folder."""
    real, top = os.path.realpath(file), os.path.realpath(folder)
    try:
        return os.path.commonpath([real, top]) != top
    except ValueError:  # on another drive
        return True


_PROJECT_SIGNS = ("pyproject.toml", ".git")


def project_folder(folder: str) -> str:
    """The folder that the files of a spec may not leave: the nearest one with a project file, or the folder itself."""
    start = os.path.realpath(folder or ".")
    return nearest_folder_with(start, *_PROJECT_SIGNS) or start


def project_of_configuration(folder: str) -> str:
    """The folder that the files which a configuration names may not leave: that of its repository, of whose packages
    one may extend the configuration of another; outside of a repository that of specs. It never is or holds the home
    folder, unless the configuration is directly in it.
    """
    start = os.path.realpath(folder or ".")
    home = os.path.expanduser("~")
    tops = (nearest_folder_with(start, ".git"), project_folder(start))
    return next((top for top in tops if top is not None and is_outside(home, top)), start)


def nearest_folder_with(folder: str, *names: str) -> str | None:
    """The folder itself or the nearest one above it that has a file or folder of one of these names."""
    while not any(os.path.exists(os.path.join(folder, name)) for name in names):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder
