"""Arrays on disk: samples are read when they are needed."""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
"""An array of any dtype."""

RowIndex = Array | slice
"""Row numbers, or a slice of them."""

CHUNK_BYTES = 4 * 2**20
"""Bytes read at once while iterating over a whole array."""
_ALIGNMENT = 64
"""Bytes: TensorFlow uses the memory of an array only if it begins at a multiple."""

_RELEASE_BYTES = 64 * 2**20
_CALL_BYTES = 2**12
"""Bytes that can be read in the time of one system call."""
_TOUCHED_BYTES = 2**16
"""Bytes that the kernel maps around a row that is read."""

Gather = Callable[[Array], Array]


def row_dtype(count: int) -> type[np.int32] | type[np.int64]:
    """The smallest dtype for row numbers up to `count`, which stay in memory."""
    return np.int32 if count < 2**31 else np.int64


class StoredArray:
    """Samples on disk, read by `array[rows]`; `len`, `shape`, `dtype` and `ndim` are those of a NumPy array.

    Args:
        gather: Reads rows (an array of row numbers, or a slice) into memory.
        length: The number of rows that `gather` can read.
        shape: Shape of one sample.
        dtype: Dtype of the arrays that `gather` returns.
        rows: The rows of the samples, in order; None for all.
        sample_bytes: Bytes of each sample in memory, for objects, whose dtype does not determine it.
    """

    def __init__(
        self,
        gather: Callable[[RowIndex], Array],
        length: int,
        shape: tuple[int, ...],
        dtype: npt.DTypeLike,
        rows: Array | None = None,
        sample_bytes: int | None = None,
    ) -> None:
        self._gather = gather
        self._length = length
        self._rows = rows
        self.shape = (length if rows is None else len(rows), *shape)
        self.dtype = np.dtype(dtype)
        self._sample_bytes = sample_bytes

    @classmethod
    def of_file(cls, file: IO[bytes], dtype: npt.DTypeLike, shape: tuple[int, ...], offset: int = 0) -> StoredArray:
        """The rows of an array stored in C order in an open file."""
        if not hasattr(os, "preadv"):
            return cls._of_mapping(np.memmap(file, dtype, "r", offset, shape))
        dtype = np.dtype(dtype)
        size = int(np.prod(shape[1:], dtype=np.int64)) * dtype.itemsize

        def between(descriptor: int, numbers: Array) -> Array:
            # Reads nearby rows in one call, including the bytes between them, which may be the larger part.
            read_rows = np.empty((len(numbers), size), np.uint8)
            order = np.argsort(numbers, kind="stable")
            ordered = numbers[order]
            done = 0
            while done < len(ordered):
                first = int(ordered[done])
                end = max(done + 1, int(np.searchsorted(ordered, first + CHUNK_BYTES // max(1, size))))
                block = np.empty((int(ordered[end - 1]) + 1 - first, size), np.uint8)
                _read_into(block, descriptor, offset + first * size)
                read_rows[order[done:end]] = block[ordered[done:end] - first]
                done = end
            return read_rows

        def raw(descriptor: int, rows: RowIndex) -> Array:
            if isinstance(rows, slice) and rows.step in (1, None):
                read_bytes = np.empty((rows.stop - rows.start, size), np.uint8)
                _read_into(read_bytes, descriptor, offset + rows.start * size)
                return read_bytes
            numbers = np.arange(shape[0])[rows] if isinstance(rows, slice) else rows
            span = int(numbers.max(initial=-1)) + 1 - int(numbers.min(initial=shape[0]))
            if 0 < span * size <= len(numbers) * (size + _CALL_BYTES):
                return between(descriptor, numbers)
            read_bytes = np.empty((len(numbers), size), np.uint8)
            for row, number in zip(read_bytes, numbers.tolist()):
                _read_into(row, descriptor, offset + number * size)
            return read_bytes

        # With memory mapping, each row would cost a page fault and count as 64 KiB or more of process memory.
        def gather(rows: RowIndex) -> Array:
            raw_rows = raw(file.fileno(), rows)
            values: Array = raw_rows.reshape(-1).view(dtype)
            return values.reshape(len(raw_rows), *shape[1:])

        return cls(gather, shape[0], shape[1:], dtype)

    @classmethod
    def of_array(cls, array: Array) -> StoredArray:
        """The rows of an array that is mapped into memory from a file."""
        name = getattr(array, "filename", None)
        if isinstance(array, np.memmap) and name is not None and array.flags.c_contiguous and array.mode == "r":
            return cls.of_file(open(name, "rb"), array.dtype, array.shape, array.offset)
        return cls._of_mapping(array)

    @classmethod
    def _of_mapping(cls, array: Array) -> StoredArray:
        touched = 0

        def gather(rows: RowIndex) -> Array:
            nonlocal touched
            rows_read = np.array(array[rows])
            touched += rows_read.nbytes + (0 if isinstance(rows, slice) else _TOUCHED_BYTES * len(rows))
            if touched > _RELEASE_BYTES:
                release(array)
                touched = 0
            return rows_read

        return cls(gather, len(array), array.shape[1:], array.dtype)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        return self.size * int(self.dtype.itemsize) if self._sample_bytes is None else len(self) * self._sample_bytes

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64))

    def __len__(self) -> int:
        return int(self.shape[0])

    def __getitem__(self, index: int | np.integer[Any] | RowIndex) -> Array:
        """The samples of an index, a slice, a mask or an array of row numbers, in memory."""
        if isinstance(index, (int, np.integer)):
            return np.asarray(self[np.array([index])][0])
        if isinstance(index, slice) and self._rows is None:
            start, stop, step = index.indices(self._length)
            return self._gather(slice(start, stop, step) if step > 0 else np.arange(start, stop, step))
        rows = index if self._rows is None else self._rows[index]
        rows = np.asarray(rows)
        return self._gather(np.flatnonzero(rows) if rows.dtype == bool else rows)

    def select(self, rows: Array | slice) -> StoredArray:
        """A subset of the samples, without reading them."""
        if isinstance(rows, slice):
            rows = np.arange(*rows.indices(len(self)), dtype=row_dtype(len(self)))
        chosen = rows if self._rows is None else self._rows[rows]
        chosen = chosen.astype(row_dtype(self._length), copy=False)
        return StoredArray(self._gather, self._length, self.shape[1:], self.dtype, chosen, self._sample_bytes)

    def mapped(
        self, function: Gather, shape: tuple[int, ...] | None = None, dtype: npt.DTypeLike | None = None
    ) -> StoredArray:
        """The array with a function applied to each batch of samples when it is read."""
        gather = self._gather
        return StoredArray(
            lambda rows: function(gather(rows)),
            self._length,
            self.shape[1:] if shape is None else shape,
            self.dtype if dtype is None else dtype,
            self._rows,
            self._sample_bytes if dtype is None else None,
        )

    @classmethod
    def side_by_side(cls, arrays: Sequence[Values]) -> StoredArray:
        """Arrays of one shape and dtype, stacked as the columns (axis 1) of one array."""
        first = arrays[0]
        size = sum(array.nbytes for array in arrays) // max(1, len(first))

        def gather(rows: RowIndex) -> Array:
            return np.stack([array[rows] for array in arrays], axis=1)

        return cls(gather, len(first), (len(arrays), *first.shape[1:]), first.dtype, sample_bytes=size)

    def astype(self, dtype: npt.DTypeLike, copy: bool = True) -> StoredArray:
        """The array in another dtype."""
        return self if self.dtype == dtype else self.mapped(lambda chunk: chunk.astype(dtype), dtype=dtype)

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Array:
        whole = self[np.arange(len(self))]
        return whole if dtype is None else whole.astype(dtype)


def _read_into(target: Array, descriptor: int, offset: int) -> None:
    """Fills an array of bytes from a file."""
    left = memoryview(target.reshape(-1).data)
    while left:
        # One call reads at most 2 GiB.
        count = os.preadv(descriptor, [left[: 2**30]], offset)
        if not count:
            raise OSError("the file ends early")
        left = left[count:]
        offset += count


Values = Array | StoredArray
"""An array in memory or on disk."""


def chunks(values: Values, size: int | None = None) -> Iterator[tuple[int, Array]]:
    """The array in parts of about `size` bytes (`CHUNK_BYTES`), each with the number of its first sample."""
    if not isinstance(values, StoredArray):
        yield 0, values
        return
    count = max(1, (size or CHUNK_BYTES) // max(1, values.nbytes // max(1, len(values))))
    for start in range(0, len(values), count):
        yield start, values[start : start + count]


def per_sample(function: Callable[[Array], Array], values: Values) -> Array:
    """One value per sample, computed in chunks."""
    parts = [function(chunk) for _, chunk in chunks(values)]
    return np.concatenate(parts) if len(parts) != 1 else parts[0]


def choose(values: Values, rows: Array | slice) -> Values:
    """A subset of the samples, copied if they are in memory; rows of numbers are copied to aligned memory."""
    if isinstance(values, StoredArray):
        return values.select(rows)
    if isinstance(rows, slice) or rows.dtype == bool or values.dtype.kind not in "iuf":
        return values[rows]
    # With "raise", the default, NumPy would fill a copy first.
    return np.take(values, rows, axis=0, out=_aligned_empty((len(rows), *values.shape[1:]), values.dtype), mode="wrap")


def aligned(array: Array) -> Array:
    """The array itself if TensorFlow can use its memory, otherwise a copy that it can use."""
    if array.flags.c_contiguous and array.flags.writeable and array.ctypes.data % _ALIGNMENT == 0:
        return array
    copy = _aligned_empty(array.shape, array.dtype)
    copy[...] = array
    return copy


def _aligned_empty(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    memory = np.empty(size + _ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    return memory[start : start + size].view(dtype).reshape(shape)


def concatenate(one: Values, other: Values) -> Values:
    """Two arrays of the same samples, joined along the last axis."""
    if not isinstance(one, StoredArray) and not isinstance(other, StoredArray):
        return np.concatenate([one, other], axis=-1)

    def gather(rows: RowIndex) -> Array:
        return np.concatenate([one[rows], other[rows]], axis=-1)

    return StoredArray(gather, len(one), (*one.shape[1:-1], one.shape[-1] + other.shape[-1]), one.dtype)


def release(array: Array) -> None:
    """Frees the memory of a mapped file, whose pages count for this process once they have been read or written."""
    mapping = _mapping(array)
    if mapping is not None and hasattr(mmap, "MADV_DONTNEED"):
        mapping.madvise(mmap.MADV_DONTNEED)


def is_mapped(array: Array) -> bool:
    """Whether the array is in a file that is mapped into memory."""
    return _mapping(array) is not None


def _mapping(array: object) -> mmap.mmap | None:
    while array is not None:
        if isinstance(array, mmap.mmap):
            return array
        if isinstance(array, memoryview):
            array = array.obj
        else:
            array = getattr(array, "base", None)
    return None


class Budget:
    """How much data one source may hold in memory; the rest is written to unnamed files in `folder`.

    `limit` is None where everything is held in memory. The operating system removes the files when the process ends,
    even if it is killed.
    """

    def __init__(self, limit: int | None, folder: str | None = None) -> None:
        self.limit = limit
        self.folder = folder

    def exceeded(self, size: int) -> bool:
        """Whether data of this size in bytes is streamed."""
        return self.limit is not None and size > self.limit

    def file(self) -> IO[bytes]:
        """Opens an unnamed temporary file."""
        return tempfile.TemporaryFile(dir=self.folder)


class Collector:
    """Collects blocks of rows: in memory within the budget, then in a file.

    Args:
        budget: How much may be held in memory.
        shape: Shape of a row.
        dtype: Dtype of the rows.
    """

    def __init__(self, budget: Budget, shape: tuple[int, ...], dtype: npt.DTypeLike) -> None:
        self._budget = budget
        self._shape = shape
        self._dtype = np.dtype(dtype)
        self._blocks: list[Array] = []
        self._file: IO[bytes] | None = None
        self.size = 0
        self.length = 0

    def append(self, block: Array) -> None:
        """Adds rows; raises `OSError` where the disk is full."""
        block = np.ascontiguousarray(block, self._dtype)
        self.size += block.nbytes
        self.length += len(block)
        if self._file is None and not self._budget.exceeded(self.size):
            self._blocks.append(block)
            return
        if self._file is None:
            self._file = self._budget.file()
            for earlier in self._blocks:
                self._file.write(earlier.data)
            self._blocks = []
        self._file.write(block.data)

    def finish(self) -> Values:
        """All rows."""
        shape = (self.length, *self._shape)
        if self._file is None:
            return np.concatenate(self._blocks) if len(self._blocks) != 1 else self._blocks[0]
        self._file.flush()
        return StoredArray.of_file(self._file, self._dtype, shape)


class TextCollector:
    """Collects texts, as `Collector` does rows of numbers."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._texts: list[str] = []
        self._size = 0
        self._ends: list[Array] = []
        self._file: IO[bytes] | None = None

    def extend(self, texts: list[str]) -> None:
        """Adds texts; raises `OSError` where the disk is full."""
        # A Python string has an overhead of about 50 bytes.
        self._size += sum(map(len, texts)) + 50 * len(texts)
        if self._file is None:
            self._texts += texts
            if not self._budget.exceeded(self._size):
                return
            texts, self._texts = self._texts, []
            self._file = self._budget.file()
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        self._ends.append(self._file.tell() + np.cumsum([len(text_bytes) for text_bytes in encoded], dtype=np.int64))
        self._file.write(b"".join(encoded))

    def finish(self) -> Values:
        """All texts, as objects."""
        if self._file is None:
            texts = np.empty(len(self._texts), object)
            texts[:] = self._texts
            return texts
        self._file.flush()
        ends = np.concatenate(self._ends)
        content = StoredArray.of_file(self._file, np.uint8, (int(ends[-1]),))

        def gather(rows: RowIndex) -> Array:
            numbers = np.arange(len(ends))[rows]
            texts = np.empty(len(numbers), object)
            for at, row in enumerate(numbers):
                start = int(ends[row - 1]) if row else 0
                texts[at] = content[start : int(ends[row])].tobytes().decode("utf-8", "surrogatepass")
            return texts

        return StoredArray(gather, len(ends), (), object, sample_bytes=self._size // len(ends))
