"""The JSON in a `.keras` file, which is a zip archive."""

from __future__ import annotations

from seqspec.syntax.limits import Limits

_CONFIG = "config.json"
_ZIP = b"PK\x03\x04"
_HDF5 = b"\x89HDF\r\n\x1a\n"


class NoConfig(Exception):
    """A file that holds a model, but not as text that can be read here; says what to do."""


def config_text(file: str, limits: Limits) -> str | None:
    """The text of the model's JSON where the file is a `.keras` archive, None where it is not one.

    Raises:
        NoConfig: The file is an archive without such a text, or HDF5.
        OSError: The file cannot be read.
    """
    with open(file, "rb") as stream:
        start = stream.read(8)
    if start == _HDF5:
        raise NoConfig("this is an HDF5 file: write the model's JSON with model.to_json(), or save it as .keras")
    if start[:4] != _ZIP:
        return None
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(file) as archive:
            if archive.getinfo(_CONFIG).file_size > limits.bytes:
                raise NoConfig(f"{_CONFIG} in it is larger than {limits.bytes:,} bytes")
            return archive.read(_CONFIG).decode("utf-8")
    except KeyError:
        raise NoConfig(f"the archive contains no {_CONFIG} and is not a .keras file")
    except (BadZipFile, UnicodeDecodeError, NotImplementedError, RuntimeError, EOFError) as error:
        raise NoConfig(f"the archive cannot be read: {error}")
