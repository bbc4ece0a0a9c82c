"""Files of a run folder: written under a temporary name, flushed to disk, and renamed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from seqspec.core.syntax.atomic_write import renamed
from seqspec.training.data.stored import Array, Values, chunks
from seqspec.training.strict_json import to_json

_FIRST_READ_BYTES = 2**16
"""Bytes that are read first; a smaller file is hashed without a second call."""


def write_text(path: Path, text: str) -> None:
    """Replaces a file as a whole."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Replaces a file as a whole."""
    with renamed(path) as partial, open(partial, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def save_arrays(file: BinaryIO, arrays: Mapping[str, Array]) -> None:
    """Writes named arrays to an .npz file."""
    # NumPy declares a keyword argument besides the names of arrays.
    named: dict[str, Any] = dict(arrays)
    np.savez(file, **named)


def json_text(data: object, *, indent: int | None = None, ascii_only: bool = True) -> str:
    """JSON of plain data, NumPy scalars and arrays; see `strict_json`."""
    return to_json(data, indent=indent, ascii_only=ascii_only, default=plain)


def write_json(path: Path, data: object) -> None:
    """Replaces a JSON file."""
    write_text(path, json_text(data, indent=2, ascii_only=False) + "\n")


def read_json(path: Path) -> Any:
    """The content of a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def plain(value: object) -> object:
    """NumPy scalars and arrays as plain data."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    return str(value)


def digest_of_file(path: str | os.PathLike[str]) -> str:
    """SHA-256 of a file."""
    with open(path, "rb", buffering=0) as file:
        start = file.read(_FIRST_READ_BYTES)
        if len(start) < _FIRST_READ_BYTES:
            return hashlib.sha256(start).hexdigest()
        file.seek(0)
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of_arrays(arrays: Mapping[str, Values | None]) -> str:
    """SHA-256 of named arrays: names, dtypes, shapes and values."""
    digest = hashlib.sha256()
    for name, array in arrays.items():
        if array is None:
            continue
        digest.update(f"{name}:{array.dtype.str}:{array.shape};".encode())
        for _, part in chunks(array):
            if array.dtype == object:
                for value in part.reshape(-1):
                    text = str(value).encode("utf-8", "surrogatepass")
                    digest.update(f"{len(text)}:".encode() + text)
            else:
                # Arrays of bytes implement the buffer interface, but their type annotation does not declare it.
                digest.update(np.ascontiguousarray(part).view(np.uint8).reshape(-1))  # type: ignore[arg-type]
    return digest.hexdigest()


def digest_of_tree(tree: object) -> str:
    """SHA-256 of plain data, independent of the order of keys."""
    text = json.dumps(tree, sort_keys=True, default=plain)
    return hashlib.sha256(text.encode()).hexdigest()
