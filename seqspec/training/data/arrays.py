"""The source `arrays`: .npz and .npy files, read without pickle."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from seqspec.document.sources import ArraysSource
from seqspec.language.names import nearest
from seqspec.training.data.files import matching
from seqspec.training.data.samples import Array, Request, Samples
from seqspec.training.data.shards import Part, row_ranges
from seqspec.training.data.stored import CHUNK_BYTES, StoredArray, Values
from seqspec.training.errors import DataError


def read_arrays(source: ArraysSource, request: Request) -> Samples:
    """The arrays of an .npz file, a folder of .npy files, or one .npy file."""
    path = Path(request.base, source.path).expanduser()
    files: list[str]
    if path.is_dir():
        known = sorted(entry.stem for entry in path.glob("*.npy"))
        files = [str(path / f"{name}.npy") for name in known]
        x, y, weight = _named(source, request, known, lambda name: _load(path / f"{name}.npy", request))
    elif path.suffix == ".npy":
        [file] = matching(request, source.path)
        x = _load(file, request)
        others = [Path(request.base, name) for name in (source.y, source.weight) if name is not None]
        arrays = [_load(other, request) for other in others]
        y = arrays.pop(0) if source.y is not None else None
        weight = arrays.pop(0) if source.weight is not None else None
        files = [str(entry) for entry in (file, *others)]
    else:
        [file] = matching(request, source.path)
        files = [str(file)]
        try:
            with np.load(file, allow_pickle=False) as archive:
                if not hasattr(archive, "files"):
                    raise ValueError("not an .npz file")
                x, y, weight = _named(source, request, archive.files, lambda name: _member(archive, name, request))
        except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise DataError([request.violation("data-unreadable", f"{source.path}: {_reason(error)}", "path")])
    return checked_arrays(x, y, weight, files, request)


def _named(
    source: ArraysSource, request: Request, known: list[str], load: Callable[[str], Values]
) -> tuple[Values, Values | None, Values | None]:
    found: list[Values | None] = []
    y = source.y if source.y is not None else ("y" if "y" in known else None)
    for key, name in (("x", source.x), ("y", y), ("weight", source.weight)):
        if name is None:
            found.append(None)
            continue
        if name not in known:
            near = nearest(name, known)
            help = f"write {near}" if near else f"the arrays are {', '.join(known) or 'none'}"
            raise DataError(
                [request.violation("data-unreadable", f"{source.path} has no array {name}", key, help=help)]
            )
        found.append(load(name))
    x = found[0]
    assert x is not None
    return x, found[1], found[2]


def _member(archive: Any, name: str, request: Request) -> Values:
    try:
        with archive.zip.open(f"{name}.npy") as member:
            version = np.lib.format.read_magic(member)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, fortran, dtype = read(member)
            size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
            if not fortran and not dtype.hasobject and shape and request.divides(size):
                return _divided([partial(_member_rows, archive.zip.filename, name)], size, shape, dtype, request)
            if fortran or dtype.hasobject or not shape or not request.streams(size):
                return np.asarray(archive[name])
            rows = request.collector(shape[1:], dtype)
            for block in _blocks_of(member, shape, dtype):
                rows.append(block)
            found: Values = rows.finish()
            return found
    except (ValueError, KeyError) as error:
        raise DataError([request.violation("data-unreadable", f"array {name}: {_reason(error)}", "path")])


def _blocks_of(member: Any, shape: tuple[int, ...], dtype: Any) -> Iterator[Array]:
    size = int(np.prod(shape[1:], dtype=np.int64)) * dtype.itemsize
    step = max(1, CHUNK_BYTES // max(1, size))
    for start in range(0, shape[0], step):
        count = min(step, shape[0] - start)
        yield np.frombuffer(member.read(count * size), dtype).reshape(count, *shape[1:])


def _member_rows(file: str, name: str) -> Iterator[Array]:
    """The rows of an array of an .npz file."""
    with zipfile.ZipFile(file) as archive, archive.open(f"{name}.npy") as member:
        version = np.lib.format.read_magic(member)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(member)
        yield from _blocks_of(member, shape, dtype)


def _file_rows(path: Path, start: int, stop: int) -> Iterator[Array]:
    """Some rows of an .npy file."""
    yield np.array(np.load(path, mmap_mode="r", allow_pickle=False)[start:stop])


def _divided(parts: Sequence[Part], size: int, shape: tuple[int, ...], dtype: Any, request: Request) -> Values:
    assert request.shards is not None
    found = request.shards.rows(parts, size, shape[1:], dtype)
    if found is None:
        raise DataError([request.violation("data-unreadable", "the Ray cluster cannot read the arrays", "path")])
    return found


def _load(path: Path, request: Request) -> Values:
    try:
        if request.divides(path.stat().st_size):
            mapped = np.load(path, mmap_mode="r", allow_pickle=False)
            if isinstance(mapped, np.memmap) and mapped.ndim:
                ranges = row_ranges(len(mapped), mapped.nbytes // max(1, len(mapped)))
                parts = [partial(_file_rows, path, *each) for each in ranges]
                return _divided(parts, mapped.nbytes, mapped.shape, mapped.dtype, request)
        if request.budget is not None and request.streams(path.stat().st_size):
            mapped = np.load(path, mmap_mode="r", allow_pickle=False)
            if isinstance(mapped, np.memmap) and mapped.ndim:
                return StoredArray.of_array(mapped)
        return np.asarray(np.load(path, allow_pickle=False))
    except (ValueError, OSError, EOFError) as error:
        raise DataError([request.violation("data-unreadable", f"{path.name}: {_reason(error)}", "path")])


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return (error.strerror or "cannot be read").lower()
    if "pickle" in str(error).lower():
        return "holds Python objects (pickle), which are not loaded"
    return "not a valid NumPy file"


def readable(array: Values) -> Values:
    """Fixed-width strings and bytes as objects, numbers in the byte order of the machine."""
    if not array.dtype.isnative and array.dtype.kind != "U":
        return array.astype(array.dtype.newbyteorder("="))
    if array.dtype.kind not in "US":
        return array
    array = np.asarray(array)
    return (np.char.decode(array, "utf-8", "replace") if array.dtype.kind == "S" else array).astype(object)


def checked_arrays(x: Values, y: Values | None, weight: Values | None, files: list[str], request: Request) -> Samples:
    """The arrays as samples, once they are seen to be of equal length."""
    x, y = readable(x), None if y is None else readable(y)
    for name, array in (("x", x), ("y", y), ("weight", weight)):
        if array is None:
            continue
        if array.ndim == 0:
            raise DataError([request.violation("data-unreadable", f"{name} is a scalar, not an array of samples")])
        if array.dtype.kind in "cmM" or array.dtype.names is not None:
            message = f"{name} has the dtype {array.dtype}; it must hold numbers or text"
            raise DataError([request.violation("data-mismatch", message)])
        if len(array) != len(x):
            message = f"{name} has {len(array):,} entries, x has {len(x):,}"
            raise DataError([request.violation("data-mismatch", message)])
    if weight is not None and (weight.ndim > 1 or weight.dtype.kind not in "biuf"):
        message = f"weight has shape {tuple(weight.shape)} and dtype {weight.dtype}; it must be a number per sample"
        raise DataError([request.violation("data-mismatch", message)])
    if len(x) == 0:
        raise DataError([request.violation("data-unreadable", "the arrays are empty", "path")])
    if isinstance(y, StoredArray) and y.ndim < 3:
        y = np.asarray(y)
    columns = {name: np.asarray(y) for name in request.columns if name == "y" and y is not None}
    return Samples(x, y, None if weight is None else np.asarray(weight), columns, files=files)
