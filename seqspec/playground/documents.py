"""What the playground edits: a file, or examples that are written not found."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from typing import Any, NamedTuple

from pygls import uris

from seqspec.syntax.atomic_write import ChangedMeanwhile, replace_text
from seqspec.syntax.limits import LIMITS

FORMATS = ("toml", "json")
_SUFFIX = ".seqspec"
_MARK = "\ufeff"


class Example(NamedTuple):
    """A document to start from."""

    name: str
    purpose: str
    text: str


class Unreadable(Exception):
    """A file that cannot be edited; the text says why."""


class _TooLarge(Unreadable):
    """A file that is larger than a document may be."""


class Documents:
    """The documents of one playground.

    A file is the only thing that is ever written. The page may only refers to the documents in `addresses`.

    Args:
        file: The file to edit; None for the examples.
        examples: What there is to start from, without a file.
    """

    def __init__(self, file: str | None = None, examples: Iterable[Example] = ()) -> None:
        self.file = os.path.abspath(file) if file is not None else None
        self.examples = list(examples)
        stem, suffix = os.path.splitext(self.file or os.path.abspath(f"playground{_SUFFIX}.toml"))
        self.format = "json" if suffix.lower() == ".json" else "toml"
        self.paths = {each: self.file if self.file and each == self.format else f"{stem}.{each}" for each in FORMATS}
        """Format → where a document of it is: the file itself, or beside it, or in this folder."""

    @property
    def addresses(self) -> dict[str, str]:
        """Format → the address of the document in it."""
        return {format: uris.from_fs_path(path) or path for format, path in self.paths.items()}

    def welcome(self) -> dict[str, object]:
        """What the page is reported at first.

        Raises:
            Unreadable: for a file that is not there, too large, or no text.
        """
        told = {
            "file": os.path.basename(self.file) if self.file else None,
            "format": self.format,
            "addresses": self.addresses,
            "examples": [example._asdict() for example in self.examples],
        }
        return {**told, **self.load()} if self.file is not None else {**told, "text": None, "revision": None}

    def load(self) -> dict[str, Any]:
        """The text of the file, and what says whether it is still the same.

        Raises:
            Unreadable: for a file that is not there, too large, or no text.
        """
        data = self._read()
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Unreadable(f"is not UTF-8 text: byte {error.start} is 0x{data[error.start]:02x}")
        return {"text": text.removeprefix(_MARK), "revision": _revision(data)}

    def save(self, text: str, revision: str | None, *, force: bool = False) -> dict[str, Any]:
        """Writes the file, unless another process has written it since `revision` or `force` says to.

        The answer has the new `revision`; or, where the file has changed, `changed`: its text now, None where it is
        gone.

        Raises:
            Unreadable: where it cannot be written, would be too large, or is not text any more.
        """
        if self.file is None:
            raise Unreadable("no file to save to: start with `seqspec serve FILE`")
        before: bytes | None = None
        if os.path.lexists(self.file):
            try:
                before = self._read()
            except _TooLarge:
                if not force:
                    raise
        if not force and (before is None or _revision(before) != revision):
            return {"changed": self.load() if before is not None else {"text": None, "revision": None}}
        marked = before is not None and before.startswith(_MARK.encode())
        text = (_MARK if marked else "") + text
        data = text.encode("utf-8")
        if len(data) > LIMITS.bytes:
            raise Unreadable(f"would be larger than {LIMITS.bytes:,} bytes")
        try:
            replace_text(self.file, text, before)
        except ChangedMeanwhile:
            return {"changed": self.load()}
        except OSError as error:
            raise Unreadable(f"cannot be written: {error.strerror or error}")
        return {"revision": _revision(data)}

    def _read(self) -> bytes:
        assert self.file is not None
        try:
            if os.path.exists(self.file) and not os.path.isfile(self.file):
                raise Unreadable("is not a file")
            with open(self.file, "rb") as stream:
                data = stream.read(LIMITS.bytes + 1)
        except OSError as error:
            raise Unreadable(f"cannot be read: {error.strerror or error}")
        if len(data) > LIMITS.bytes:
            raise _TooLarge(f"is larger than {LIMITS.bytes:,} bytes")
        return data


def _revision(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
