"""Reads the text members of a `.keras` file, a zip archive: Keras's JSON, and the spec of a run."""

from __future__ import annotations

from collections.abc import Sequence

from seqspec.core.syntax.limits import Limits

_CONFIG = "config.json"
SPEC = "seqspec.json"
"""The expanded spec, in the `.keras` files that training writes."""
DOCUMENTS = ("seqspec/core/document.toml", "seqspec/core/document.json")
"""The spec as written, if it is equivalent."""
_ZIP = b"PK\x03\x04"
_HDF5 = b"\x89HDF\r\n\x1a\n"


class NoConfig(Exception):
    """A file with a model that cannot be read here; the message says what to do."""


def config_text(file: str, limits: Limits) -> str | None:
    """The JSON text of the model in a `.keras` archive; None for another file.

    Raises:
        NoConfig: The file is an archive without this text, or an HDF5 file.
        OSError: The file cannot be read.
    """
    text = _member(file, (_CONFIG,), limits)
    return None if text is None else text[1]


def spec_text(file: str, limits: Limits) -> tuple[str, str] | None:
    """The spec in a `.keras` file, as written if available, and the name of its member; None without a spec.

    Raises as `config_text`.
    """
    try:
        return _member(file, (*DOCUMENTS, SPEC), limits)
    except NoConfig:
        return None


def has_assets(file: str) -> bool:
    """Whether a `.keras` file contains assets of layers, such as vocabularies."""
    from zipfile import BadZipFile, ZipFile, is_zipfile

    try:
        if not is_zipfile(file):
            return False
        with ZipFile(file) as archive:
            return any(name.startswith("assets/") and not name.endswith("/") for name in archive.namelist())
    except (BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        return False


def _member(file: str, names: Sequence[str], limits: Limits) -> tuple[str, str] | None:
    """The name and text of the first of these members that exists."""
    with open(file, "rb") as stream:
        start = stream.read(8)
    if start == _HDF5:
        raise NoConfig("this is an HDF5 file: write the model's JSON with model.to_json(), or save it as .keras")
    if start[:4] != _ZIP:
        return None
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(file) as archive:
            members = set(archive.namelist())
            name = next((name for name in names if name in members), None)
            if name is None:
                raise NoConfig(f"the archive contains no {names[0]} and is not a .keras file")
            if archive.getinfo(name).file_size > limits.bytes:
                raise NoConfig(f"{name} in it is larger than {limits.bytes:,} bytes")
            return name, archive.read(name).decode("utf-8")
    except (BadZipFile, UnicodeDecodeError, NotImplementedError, RuntimeError, EOFError) as error:
        raise NoConfig(f"the archive cannot be read: {error}")
