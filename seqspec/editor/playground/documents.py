"""The documents of the playground: a file, or examples that are not saved."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from typing import NamedTuple

from pygls import uris

from seqspec.core.api.files import LIMITS, ChangedMeanwhile, replace_text

FORMATS = ("toml", "json")
_SUFFIX = ".seqspec"
_MARK = "\ufeff"


class Example(NamedTuple):
    """A document to start from."""

    name: str
    purpose: str
    text: str


class NotEditable(Exception):
    """A file that cannot be edited; the text says why."""


class _TooLarge(NotEditable):
    """A file that exceeds the size limit of documents."""


class Documents:
    """The documents of one playground.

    Only the file is ever written. The page may only refer to the documents in `addresses`.

    Args:
        file: The file to edit; None for the examples.
        examples: The documents to start from if there is no file.
    """

    def __init__(self, file: str | None = None, examples: Iterable[Example] = ()) -> None:
        self.file = os.path.abspath(file) if file is not None else None
        # A link is followed where the caller named it, but not one that replaces the file later.
        self._target = os.path.realpath(self.file) if self.file is not None else None
        self.examples = list(examples)
        stem, suffix = os.path.splitext(self.file or os.path.abspath(f"playground{_SUFFIX}.toml"))
        self.format = "json" if suffix.lower() == ".json" else "toml"
        self.paths = {
            format: self.file if self.file and format == self.format else f"{stem}.{format}" for format in FORMATS
        }
        """Format → the path of the document: the file, a path next to it, or a path in the current folder."""

    @property
    def addresses(self) -> dict[str, str]:
        """Format → the URI of the document."""
        return {format: uris.from_fs_path(path) or path for format, path in self.paths.items()}

    def welcome(self) -> dict[str, object]:
        """The initial state for the page.

        Raises:
            Unreadable: for a file that is not there, too large, or no text.
        """
        greeting = {
            "file": os.path.basename(self.file) if self.file else None,
            "format": self.format,
            "addresses": self.addresses,
            "examples": [example._asdict() for example in self.examples],
        }
        return {**greeting, **self.load()} if self.file is not None else {**greeting, "text": None, "revision": None}

    def load(self) -> dict[str, object]:
        """The text of the file and its revision, a hash of its content.

        Raises:
            Unreadable: for a file that is not there, too large, or no text.
        """
        data = self._read()
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise NotEditable(f"is not UTF-8 text: byte {error.start} is 0x{data[error.start]:02x}")
        return {"text": text.removeprefix(_MARK), "revision": _revision(data)}

    def save(self, text: str, revision: str | None, *, force: bool = False) -> dict[str, object]:
        """Writes the file, unless another process has changed it since `revision`; with `force` in any case.

        The result has the new `revision`; or, if the file has changed, `changed` with its current text, None if it is
        gone.

        Raises:
            Unreadable: The file cannot be written, would be too large, or no longer contains text.
        """
        if self.file is None:
            raise NotEditable("no file to save to: start with `seqspec serve FILE`")
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
            raise NotEditable(f"would be larger than {LIMITS.bytes:,} bytes")
        try:
            self._require_target()
            replace_text(self.file, text, before)
        except ChangedMeanwhile:
            return {"changed": self.load()}
        except OSError as error:
            raise NotEditable(f"cannot be written: {error.strerror or error}")
        return {"revision": _revision(data)}

    def _read(self) -> bytes:
        assert self.file is not None
        self._require_target()
        try:
            if os.path.exists(self.file) and not os.path.isfile(self.file):
                raise NotEditable("is not a file")
            with open(self.file, "rb") as stream:
                data = stream.read(LIMITS.bytes + 1)
        except OSError as error:
            raise NotEditable(f"cannot be read: {error.strerror or error}")
        if len(data) > LIMITS.bytes:
            raise _TooLarge(f"is larger than {LIMITS.bytes:,} bytes")
        return data

    def _require_target(self) -> None:
        """Raises `NotEditable` if the file, or a folder above it, was replaced by a link to another one."""
        if self.file is not None and os.path.realpath(self.file) != self._target:
            raise NotEditable("was replaced by a link to another file")


def _revision(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
