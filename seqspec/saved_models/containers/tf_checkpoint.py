"""Checkpoints of TensorFlow: an index, data files of raw values, and protocol buffers without their schema."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

from seqspec.saved_models.packages import np
from seqspec.saved_models.saved_model import ByObject, SavedModelError


def content_of(path: str, max_bytes: int) -> bytes:
    """The content of a file of a limited size."""
    if os.path.getsize(path) > max_bytes:
        raise SavedModelError("unsafe-file", f"{os.path.basename(path)} is larger than {max_bytes:,} bytes")
    with open(path, "rb") as stream:
        return stream.read()


def varint(data: bytes, place: int) -> tuple[int, int]:
    """A number of variable length, and the place after it."""
    value = shift = 0
    while True:
        if place >= len(data) or shift > 63:
            raise _damaged()
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Each field of a message: its number, and its value as a number or as bytes."""
    place = 0
    while place < len(data):
        key, place = varint(data, place)
        number, wire = key >> 3, key & 7
        value: int | bytes
        if wire == 0:
            value, place = varint(data, place)
        else:
            if wire == 2:
                size, place = varint(data, place)
            elif wire in (1, 5):
                size = 8 if wire == 1 else 4
            else:
                raise _damaged()
            if place + size > len(data):
                raise _damaged()
            value = data[place : place + size]
            place += size
        yield number, value


def messages(data: bytes, number: int) -> Iterator[bytes]:
    """The values of one field that are messages or texts."""
    for field, value in fields(data):
        if field == number and isinstance(value, bytes):
            yield value


def numbers_of(data: bytes, number: int) -> Iterator[int]:
    """The values of a repeated field of numbers, which may be packed."""
    for field, value in fields(data):
        if field != number:
            continue
        if isinstance(value, int):
            yield value
            continue
        place = 0
        while place < len(value):
            one, place = varint(value, place)
            yield one


def number_of(data: bytes, number: int) -> int:
    """The last value of a field that is a number; 0 without one."""
    values = [value for field, value in fields(data) if field == number and isinstance(value, int)]
    return values[-1] if values else 0


def text_of(data: bytes, number: int) -> str:
    """The last value of a field that is a text; empty without one."""
    last = next(reversed(list(messages(data, number))), b"")
    return last.decode("utf-8", "replace")


def _damaged() -> SavedModelError:
    return SavedModelError("not-a-model", "the file is damaged: not a protocol buffer")


_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
_MAGIC = 0xDB4775248B80FB57
_FOOTER = 48
_MAX_BYTES = 1 << 28
_TYPES = {
    1: "<f4",
    2: "<f8",
    3: "<i4",
    4: "|u1",
    5: "<i2",
    6: "|i1",
    9: "<i8",
    10: "|b1",
    19: "<f2",
    22: "<u4",
    23: "<u8",
}
_BFLOAT16, _STRING = 14, 7
_CHECKSUM = 4
"""Bytes between the lengths of strings and the strings: a checksum."""


class _Entry(NamedTuple):
    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int


class TensorFlowCheckpoint:
    """The tensors of a checkpoint by key; `prefix` is its path without `.index`."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._shards = 1
        self.entries: dict[str, _Entry] = {}
        for key, value in _table(content_of(f"{prefix}.index", _MAX_BYTES)):
            if not key:
                self._shards = number_of(value, 1) or 1
                if number_of(value, 2):
                    raise SavedModelError("not-a-model", "the checkpoint is big-endian, which is not supported")
                continue
            self.entries[key.decode("utf-8", "replace")] = _entry(value)

    def bytes_of(self, key: str) -> tuple[_Entry, bytes]:
        """A tensor as it is stored."""
        entry = self.entries.get(key)
        if entry is None:
            raise SavedModelError("weights-missing", f"the checkpoint has no tensor {key}")
        path = f"{self._prefix}.data-{entry.shard:05d}-of-{self._shards:05d}"
        if not os.path.isfile(path):
            raise SavedModelError("weights-missing", f"the file {os.path.basename(path)} is missing")
        if entry.offset + entry.size > os.path.getsize(path):
            raise SavedModelError("weights-missing", f"{os.path.basename(path)} ends within the tensor {key}")
        with open(path, "rb") as stream:
            stream.seek(entry.offset)
            return entry, stream.read(entry.size)

    def values(self, key: str) -> list[Any]:
        """The elements of a tensor of numbers or texts."""
        if key not in self.entries or self.entries[key].dtype != _STRING:
            return list(self.array(key).reshape(-1).tolist())
        entry, data = self.bytes_of(key)
        sizes, place = [], 0
        for _ in range(math.prod(entry.shape)):
            size, place = varint(data, place)
            sizes.append(size)
        place += _CHECKSUM
        if place + sum(sizes) != len(data):
            raise SavedModelError("weights-shape", f"the tensor {key} has {len(data)} bytes, which is not its shape")
        texts = []
        for size in sizes:
            texts.append(data[place : place + size])
            place += size
        return texts

    def array(self, key: str) -> Any:
        """A tensor of numbers."""
        entry, data = self.bytes_of(key)
        code = "<u2" if entry.dtype == _BFLOAT16 else _TYPES.get(entry.dtype)
        if code is None:
            raise SavedModelError("unsafe-file", f"the tensor {key} does not consist of numbers")
        kind = np.dtype(code)
        if math.prod(entry.shape) * kind.itemsize != len(data):
            raise SavedModelError("weights-shape", f"the tensor {key} has {len(data)} bytes, which is not its shape")
        array = np.frombuffer(data, kind).reshape(entry.shape)
        if entry.dtype == _BFLOAT16:
            array = (array.astype(np.uint32) << 16).view(np.float32)
        return array


def objects(prefix: str) -> ByObject:
    """The graph of objects in a checkpoint, with the values of its variables."""
    checkpoint = TensorFlowCheckpoint(prefix)
    if _GRAPH not in checkpoint.entries:
        raise SavedModelError(
            "not-a-model", "the checkpoint has no graph of objects: it was not written by Keras, or by TensorFlow 1"
        )
    entry, data = checkpoint.bytes_of(_GRAPH)
    size, place = varint(data, 0)
    if entry.dtype != _STRING or place + 4 + size > len(data):
        raise SavedModelError("not-a-model", "the graph of objects in the checkpoint is damaged")
    graph = data[place + 4 : place + 4 + size]
    children: list[dict[str, int]] = []
    keys: dict[int, str] = {}
    tables: dict[int, str] = {}
    for index, node in enumerate(messages(graph, 1)):
        children.append({text_of(child, 2): number_of(child, 1) for child in messages(node, 1)})
        for attribute in messages(node, 2):
            if text_of(attribute, 1) == "VARIABLE_VALUE":
                keys[index] = text_of(attribute, 3)
            elif text_of(attribute, 1) == "table":
                tables[index] = text_of(attribute, 3)
    if any(target >= len(children) for named in children for target in named.values()):
        raise SavedModelError("not-a-model", "the graph of objects in the checkpoint is damaged")
    wanted = _of_layers(children)
    arrays = {index: checkpoint.array(key) for index, key in keys.items() if index in wanted}
    tables_by_index = {
        index: (checkpoint.values(f"{key}-keys"), checkpoint.values(f"{key}-values"))
        for index, key in tables.items()
        if index in wanted
    }
    return ByObject(children, arrays, _root(children), tables_by_index)


_FIRST = "layer_with_weights-0"


def _root(children: list[dict[str, int]]) -> int:
    """The model: the first object, or the only model in it, as in a `tf.train.Checkpoint(model=...)`."""
    if not children or _FIRST in children[0]:
        return 0
    models = {target for target in children[0].values() if _FIRST in children[target]}
    return models.pop() if len(models) == 1 else 0


_NOT_LAYERS = ("optimizer", "keras_api", "loss", "metrics", "save_counter", "_rng")


def _of_layers(children: list[dict[str, int]]) -> set[int]:
    """The objects that can be reached other than through an optimizer or a metric."""
    seen, todo = {0}, [0]
    while todo:
        for name, target in children[todo.pop()].items():
            if target not in seen and not name.startswith(_NOT_LAYERS):
                seen.add(target)
                todo.append(target)
    return seen


def _entry(data: bytes) -> _Entry:
    shape: tuple[int, ...] = ()
    for number, value in fields(data):
        if number == 2 and isinstance(value, bytes):
            shape = tuple(number_of(dim, 1) for dim in messages(value, 2))
    return _Entry(number_of(data, 1), shape, number_of(data, 3), number_of(data, 4), number_of(data, 5))


def _table(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The entries of a sorted table, as LevelDB stores it."""
    if len(data) < _FOOTER or int.from_bytes(data[-8:], "little") != _MAGIC:
        raise SavedModelError("not-a-model", "the index is not that of a TensorFlow checkpoint")
    footer = data[-_FOOTER:]
    _, place = varint(footer, 0)
    _, place = varint(footer, place)
    offset, place = varint(footer, place)
    size, _ = varint(footer, place)
    for _, handle in _block(data, offset, size):
        start, place = varint(handle, 0)
        length, _ = varint(handle, place)
        yield from _block(data, start, length)


def _block(data: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    block = data[offset : offset + size]
    if len(block) != size or offset + size >= len(data) or data[offset + size] != 0 or size < 4:
        raise SavedModelError("not-a-model", "the index of the checkpoint is damaged or compressed")
    end = size - 4 - 4 * int.from_bytes(block[-4:], "little")
    place, key = 0, b""
    while place < end:
        shared, place = varint(block, place)
        own, place = varint(block, place)
        length, place = varint(block, place)
        key = key[:shared] + block[place : place + own]
        yield key, block[place + own : place + own + length]
        place += own + length
