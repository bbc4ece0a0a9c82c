"""Protocol buffers without their schema: the fields of a message by number."""

from __future__ import annotations

import os
from collections.abc import Iterator

from seqspec.saved_models.saved_model import SavedModelError


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
