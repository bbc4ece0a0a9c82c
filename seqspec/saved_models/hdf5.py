"""Reading HDF5 without following links, opening other files, loading filters or allocating too much."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from seqspec.saved_models.packages import h5py, np
from seqspec.saved_models.saved_model import Array, SavedModelError
from seqspec.saved_models.separate_process import failure_of

MAGIC = b"\x89HDF\r\n\x1a\n"
_GROWTH, _FLOOR = 64, 1 << 24
"""The total size of all arrays is limited to this multiple of the file size, or at least this many bytes."""

_FILTERS = frozenset({1, 2, 3, 4, 5, 6, 32000})
"""Filters that are built into HDF5 and h5py; others are libraries that HDF5 would load."""

_TEXT = 1 << 27
_CHUNKED = 1 << 24
"""Bytes of an array up to which it is read in advance if its parts are found by a tree in the file."""

_SECONDS = 5
"""Processor time for each 10 MB of a file, in which its structure is read in advance; 10,000 layers take 4 s."""

_OBJECTS = 200_000

_DAMAGED = (KeyError, OSError, OverflowError, RuntimeError, TypeError, ValueError)
"""What h5py raises for objects that are damaged."""


class Hdf5:
    """An open file of which only plain groups, datasets and attributes can be read."""

    def __init__(self, file: h5py.File, size: int) -> None:
        self.root = file
        self._left = max(_FLOOR, _GROWTH * size)
        self._objects = _OBJECTS

    def children(self, group: h5py.Group) -> Iterator[tuple[str, h5py.Group | h5py.Dataset]]:
        """The members of a group; raises for links."""
        for name in group:
            yield name, self.child(group, name)

    def child(self, group: h5py.Group, name: str) -> h5py.Group | h5py.Dataset:
        """A member of a group; raises `SavedModelError` if it does not exist or is a link."""
        for part in name.strip("/").split("/"):
            link = group.get(part, getlink=True) if self.is_group(group) else None
            if link is None:
                raise SavedModelError("weights-missing", f"the file lists {name!r}, but does not contain it")
            if not isinstance(link, h5py.HardLink):
                kind = "an external link" if isinstance(link, h5py.ExternalLink) else "a soft link"
                raise SavedModelError("unsafe-file", f"{part!r} in the file is {kind}; links are not followed")
            self._objects -= 1
            if self._objects < 0:
                raise SavedModelError("unsafe-file", f"the file has more than {_OBJECTS:,} objects")
            group = group[part]
        return group

    def is_group(self, value: object) -> bool:
        return isinstance(value, h5py.Group)

    def array(self, dataset: h5py.Group | h5py.Dataset) -> Array:
        """The values of a dataset."""
        name = dataset.name if isinstance(dataset, h5py.Dataset) else "a group"
        if not isinstance(dataset, h5py.Dataset):
            raise SavedModelError("unsafe-file", f"expected an array, got the group {dataset.name}")
        if dataset.external or dataset.is_virtual:
            raise SavedModelError("unsafe-file", f"the array {name} is stored in other files, which are not opened")
        if dataset.dtype.kind not in "fiub" and dataset.dtype.str != "|V2":
            raise SavedModelError("unsafe-file", f"the array {name} has the dtype {dataset.dtype}, not numbers")
        self._left -= dataset.size * dataset.dtype.itemsize
        if self._left < 0:
            raise SavedModelError("unsafe-file", f"the array {name} is far larger than the file, {dataset.shape}")
        plist = dataset.id.get_create_plist()
        for index in range(plist.get_nfilters()):
            if plist.get_filter(index)[0] not in _FILTERS:
                raise SavedModelError("unsafe-file", f"the array {name} needs a filter that HDF5 would have to load")
        try:
            values: Array = dataset[()]
        except (OSError, RuntimeError, ValueError) as error:
            raise SavedModelError("unsafe-file", f"the array {name} cannot be read: {error}") from error
        if dataset.dtype.str == "|V2":
            return _bfloat16(values)
        return values

    def text(self, owner: h5py.Group | h5py.Dataset, name: str) -> str | None:
        """An attribute as text; None if it does not exist."""
        if name not in owner.attrs:
            return None
        if not self._is_text(owner, name):
            raise SavedModelError("unsafe-file", f"the attribute {name!r} is not text")
        value = owner.attrs[name]
        if isinstance(value, bytes):
            return value.decode("utf-8", "replace")
        return str(value) if isinstance(value, str) or (hasattr(value, "shape") and not value.shape) else None

    def _is_text(self, owner: h5py.Group | h5py.Dataset, name: str) -> bool:
        """Whether an attribute contains strings. Others are not read: HDF5 may crash on a damaged file."""
        attribute = owner.attrs.get_id(name)
        shape = attribute.shape
        if not isinstance(attribute.get_type(), h5py.h5t.TypeStringID) or shape is None or 0 in shape:
            return False
        if attribute.get_storage_size() > _TEXT:
            raise SavedModelError("unsafe-file", f"the attribute {name!r} is larger than {_TEXT:,} bytes")
        return True

    def texts(self, owner: h5py.Group | h5py.Dataset, name: str) -> list[str] | None:
        """An attribute that is a list of texts; long lists are in several attributes, numbered from zero."""
        names = [name] if name in owner.attrs else []
        while f"{name}{len(names)}" in owner.attrs and name not in owner.attrs:
            names.append(f"{name}{len(names)}")
        if not names:
            return None
        texts_read = []
        for part in names:
            if not self._is_text(owner, part):
                continue  # An empty list, which is stored as numbers.
            for value in owner.attrs[part]:
                texts_read.append(value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))
        return texts_read

    def read_all(self) -> None:
        """Reads the groups, the attributes with text, and small arrays that are stored in parts."""

        def visit(name: str, member: h5py.Group | h5py.Dataset) -> None:
            with suppress(*_DAMAGED, SavedModelError):
                for attribute in member.attrs:
                    if self._is_text(member, attribute):
                        member.attrs[attribute]
                if isinstance(member, h5py.Dataset) and member.chunks and member.nbytes <= _CHUNKED:
                    self.array(member)

        visit("/", self.root)
        self.root.visititems(visit)


def _bfloat16(values: Array) -> Array:
    """The values of a bfloat16 array, which h5py returns as two bytes each."""
    wide = values.view(np.uint16).astype(np.uint32) << 16
    return wide.view(np.float32)


def _size(source: str | bytes) -> int:
    return len(source) if isinstance(source, bytes) else os.path.getsize(source)


def _start(source: str | bytes) -> h5py.File:
    return h5py.File(io.BytesIO(source) if isinstance(source, bytes) else source, "r")


def read_in_advance(source: str | bytes) -> None:
    """Reads everything in a file that HDF5 could crash on."""
    Hdf5(_start(source), _size(source)).read_all()


@contextmanager
def open_hdf5(source: str | bytes) -> Iterator[Hdf5]:
    """A file, or the bytes of one; raises `SavedModelError` if it is damaged."""
    # Imported before the fork.
    _ = h5py.File
    size = _size(source)
    # A wrong address in a file sends HDF5 out of its memory or around in a circle.
    failure = failure_of(read_in_advance, source, _SECONDS * (1 + size // 10_000_000))
    if failure is not None:
        raise SavedModelError("unsafe-file", f"the HDF5 file is damaged: reading it {failure}")
    try:
        file = _start(source)
    except OSError as error:
        raise SavedModelError("not-a-model", f"the HDF5 file cannot be opened: {error}") from error
    try:
        yield Hdf5(file, size)
    except _DAMAGED as error:
        # h5py raises these for objects that are damaged.
        raise SavedModelError("unsafe-file", f"the HDF5 file is damaged: {error}") from error
    finally:
        file.close()
