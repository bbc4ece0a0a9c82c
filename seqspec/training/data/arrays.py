"""The sources `arrays`: .npz and .npy files, read without pickle, and `python`: a function of the user."""

from __future__ import annotations

import lzma
import math
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from numpy.lib.npyio import NpzFile

from seqspec.core.api.data import ArraysSource, PythonSource
from seqspec.core.api.messages import nearest
from seqspec.training.data.paths import folder, matching, regular_file
from seqspec.training.data.read_context import ReadContext
from seqspec.training.data.samples import Samples
from seqspec.training.data.shards import Part, row_ranges
from seqspec.training.data.stored import CHUNK_BYTES, Array, Collector, StoredArray, Values, is_mapped

_NPY, _PICKLE = b"\x93NUMPY", b"\x80"
"""The first bytes of a file in NPY format, and of a pickle (since protocol 2)."""
_DAMAGED = (
    ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError,
    SyntaxError, TokenError,
)  # fmt: skip
"""The errors that NumPy and zipfile raise for files that are damaged or not what their suffix says."""
_OBJECTS = "holds Python objects (pickle), which are not loaded"


def read_arrays(source: ArraysSource, context: ReadContext) -> Samples:
    """The arrays of an .npz file, a folder of .npy files, or one .npy file."""
    path = Path(context.base, source.path).expanduser()
    files: list[str]
    if path.is_dir():
        path = folder(context, source.path)
        known = sorted(entry.stem for entry in path.glob("*.npy"))
        files = [str(path / f"{name}.npy") for name in known]

        def load(name: str) -> Values:
            return _load(regular_file(context, str(Path(source.path, f"{name}.npy"))), context)

        x, y, weight = _named(source, context, known, load)
    elif path.suffix == ".npy":
        file = regular_file(context, source.path)
        x = _load(file, context)
        named = {key: name for key, name in (("y", source.y), ("weight", source.weight)) if name is not None}
        others = {key: regular_file(context, name, key) for key, name in named.items()}
        arrays = {key: _load(other, context) for key, other in others.items()}
        y, weight = arrays.get("y"), arrays.get("weight")
        files = [str(entry) for entry in (file, *others.values())]
    else:
        [file] = matching(context, source.path)
        files = [str(file)]
        try:
            if not zipfile.is_zipfile(file):
                raise ValueError("not an .npz file")
            with np.load(file, allow_pickle=False) as archive:
                x, y, weight = _named(source, context, archive.files, lambda key: _member(file, archive, key, context))
        except _DAMAGED as error:
            raise context.error("data-unreadable", f"{source.path}: {_reason(error)}", "path")
    return checked_arrays(x, y, weight, files, context)


def _named(
    source: ArraysSource, context: ReadContext, known: list[str], load: Callable[[str], Values]
) -> tuple[Values, Values | None, Values | None]:
    loaded: dict[str, Values] = {}
    y = source.y if source.y is not None else ("y" if "y" in known else None)
    for key, name in (("x", source.x), ("y", y), ("weight", source.weight)):
        if name is not None and name not in known:
            near = nearest(name, known)
            help = f"write {near}" if near else f"the arrays are {', '.join(known) or 'none'}"
            raise context.error("data-unreadable", f"{source.path} has no array {name}", key, help=help)
        if name is not None:
            loaded[key] = load(name)
    return loaded["x"], loaded.get("y"), loaded.get("weight")


def _member(file: Path, archive: NpzFile, name: str, context: ReadContext) -> Values:
    try:
        with zipfile.ZipFile(file) as container, container.open(f"{name}.npy") as member:
            shape, fortran, dtype = _header(member)
            if dtype.hasobject:
                raise context.error("data-unreadable", f"array {name}: {_OBJECTS}", "path")
            info = container.getinfo(f"{name}.npy")
            size = _size(f"array {name}", shape, dtype, info.file_size - member.tell(), context)
            context.require_size(f"array {name}", size, info.compress_size)
            if not fortran and shape and context.is_sharded(size):
                return _sharded([partial(_member_rows, str(file), name)], size, shape, dtype, context)
            if fortran or not shape or not context.streams(size):
                return np.asarray(archive[name])
            rows = Collector(context.budget, shape[1:], dtype)
            for block in _blocks_of(member, shape, dtype):
                rows.append(block)
            return rows.finish()
    except (KeyError, *_DAMAGED) as error:
        raise context.error("data-unreadable", f"array {name}: {_reason(error)}", "path")


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether the order is Fortran's, and dtype of an array in NPY format; raises `ValueError`."""
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    return read(file)


def _size(name: str, shape: tuple[int, ...], dtype: np.dtype[Any], stored: int, context: ReadContext) -> int:
    """The bytes of an array; raises `DataError` if the file has fewer than its header says."""
    size = math.prod(shape) * dtype.itemsize
    if size > stored:
        message = f"{name} has {max(0, stored):,} bytes of values, its header says {size:,}"
        raise context.error("data-unreadable", message, "path", help="replace the damaged file")
    if not size:
        raise context.error("data-unreadable", f"{name} has no values: its shape is {shape}", "path")
    return size


def _require_numbers(path: Path, context: ReadContext) -> None:
    """Raises `DataError` for Python objects (an array of objects, or a pickle) and for a file with too few values."""
    with open(path, "rb") as file:
        start = file.read(len(_NPY))
        file.seek(0)
        if start[:1] != _PICKLE:
            shape, _, dtype = _header(file)
        if start[:1] == _PICKLE or dtype.hasobject:
            raise context.error("data-unreadable", f"{path.name}: {_OBJECTS}", "path")
        _size(path.name, shape, dtype, path.stat().st_size - file.tell(), context)


def _blocks_of(member: IO[bytes], shape: tuple[int, ...], dtype: np.dtype[Any]) -> Iterator[Array]:
    size = int(np.prod(shape[1:], dtype=np.int64)) * dtype.itemsize
    step = max(1, CHUNK_BYTES // max(1, size))
    for start in range(0, shape[0], step):
        count = min(step, shape[0] - start)
        yield np.frombuffer(member.read(count * size), dtype).reshape(count, *shape[1:])


def _member_rows(file: str, name: str) -> Iterator[Array]:
    """The rows of an array of an .npz file."""
    with zipfile.ZipFile(file) as archive, archive.open(f"{name}.npy") as member:
        shape, _, dtype = _header(member)
        yield from _blocks_of(member, shape, dtype)


def _file_rows(path: Path, start: int, stop: int) -> Iterator[Array]:
    """Some rows of an .npy file."""
    yield np.array(np.load(path, mmap_mode="r", allow_pickle=False)[start:stop])


def _sharded(
    parts: Sequence[Part], size: int, shape: tuple[int, ...], dtype: npt.DTypeLike, context: ReadContext
) -> Values:
    assert context.shards is not None
    values = context.shards.rows(parts, size, shape[1:], dtype)
    if values is None:
        raise context.error("data-unreadable", "the Ray cluster cannot read the arrays", "path")
    return values


def _load(path: Path, context: ReadContext) -> Values:
    try:
        _require_numbers(path, context)
        size = path.stat().st_size
        sharded, streamed = context.is_sharded(size), context.streams(size)
        mapped = np.load(path, mmap_mode="r", allow_pickle=False) if sharded or streamed else None
        if isinstance(mapped, np.memmap) and mapped.ndim:
            if not sharded:
                return StoredArray.of_array(mapped)
            ranges = row_ranges(len(mapped), mapped.nbytes // max(1, len(mapped)))
            parts = [partial(_file_rows, path, *row_range) for row_range in ranges]
            return _sharded(parts, mapped.nbytes, mapped.shape, mapped.dtype, context)
        return np.asarray(np.load(path, allow_pickle=False))
    except _DAMAGED as error:
        raise context.error("data-unreadable", f"{path.name}: {_reason(error)}", "path")


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return (error.strerror or "cannot be read").lower()
    return "not a valid NumPy file"


def readable(array: Values) -> Values:
    """The array with fixed-width strings and bytes as objects, and numbers in the machine's byte order."""
    if not array.dtype.isnative and array.dtype.kind != "U":
        return array.astype(array.dtype.newbyteorder("="))
    if array.dtype.kind not in "US":
        return array
    array = np.asarray(array)
    return (np.char.decode(array, "utf-8", "replace") if array.dtype.kind == "S" else array).astype(object)


def checked_arrays(
    x: Values, y: Values | None, weight: Values | None, files: list[str], context: ReadContext
) -> Samples:
    """The arrays as samples, after a check that their lengths are equal."""
    x, y = readable(x), None if y is None else readable(y)
    for name, array in (("x", x), ("y", y), ("weight", weight)):
        if array is None:
            continue
        if array.ndim == 0:
            raise context.error("data-unreadable", f"{name} is a scalar, not an array of samples")
        if array.dtype.kind in "cmM" or array.dtype.names is not None:
            raise context.error("data-mismatch", f"{name} has the dtype {array.dtype}; it must hold numbers or text")
        if len(array) != len(x):
            raise context.error("data-mismatch", f"{name} has {len(array):,} entries, x has {len(x):,}")
    if weight is not None and (weight.ndim > 1 or weight.dtype.kind not in "biuf"):
        message = f"weight has shape {tuple(weight.shape)} and dtype {weight.dtype}; it must be a number per sample"
        raise context.error("data-mismatch", message)
    if len(x) == 0:
        raise context.error("data-unreadable", "the arrays are empty", "path")
    if isinstance(y, StoredArray) and y.ndim < 3:
        y = np.asarray(y)
    columns = {name: np.asarray(y) for name in context.columns if name == "y" and y is not None}
    return Samples(x, y, None if weight is None else np.asarray(weight), columns, files=files)


def read_python(source: PythonSource, context: ReadContext) -> Samples:
    """The arrays that the function returns: (x, y), (x, y, weight), or x alone."""
    module, _, name = source.import_.partition(":")
    if module not in context.allowed:
        message = f"the source imports {source.import_}, which runs the code of {module}"
        help = f"allow it with --allow-custom {module}, or allow_custom=[{module!r}] in Python"
        raise context.error("data-not-allowed", message, "import", help=help)
    try:
        function = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise context.error("data-unreadable", f"cannot import {source.import_}: {error}", "import")
    try:
        returned = function(**source.args)
    except Exception as error:
        # The function is code of the user.
        message = f"{source.import_} raised {type(error).__name__}: {str(error)[:200]}"
        raise context.error("data-unreadable", message, "import")
    return from_python(returned, context)


def from_python(returned: object, context: ReadContext) -> Samples:
    """Arrays from Python as samples: x, (x, y) or (x, y, weight)."""
    parts = returned if isinstance(returned, (tuple, list)) and not np.isscalar(returned) else (returned,)
    if not 1 <= len(parts) <= 3:
        raise context.error("data-unreadable", f"expected (x, y) or (x, y, weight), got {len(parts)} values")
    arrays = [None if part is None else np.asarray(part) for part in parts]
    x, y, weight = [*arrays, None, None][:3]
    if x is None:
        raise context.error("data-unreadable", "x is None")
    return checked_arrays(_stored(x), None if y is None else _stored(y), weight, [], context)


def _stored(array: Array) -> Values:
    if array.dtype.kind not in "USO" and array.ndim and is_mapped(array) and array.base is not None:
        return StoredArray.of_array(array)
    return array
