"""The readers by the type of their source."""

from __future__ import annotations

from seqspec.document.sources import (
    ArraysSource,
    AudioSource,
    ImagesSource,
    PythonSource,
    SeriesSource,
    TableSource,
    TextSource,
)
from seqspec.training.data.samples import Request, Samples


def read(source: object, request: Request) -> Samples:
    """The samples of a source; raises `DataError`."""
    shards = request.shards
    if shards is None:
        return _read(source, request)
    found = shards.known(request.path)
    if found is None:
        found = _read(source, request)
        shards.keep(request.path, found)
    return found


def _read(source: object, request: Request) -> Samples:
    match source:
        case ArraysSource():
            from seqspec.training.data.arrays import read_arrays

            return read_arrays(source, request)
        case TableSource():
            from seqspec.training.data.table import read_table

            return read_table(source, request)
        case ImagesSource():
            from seqspec.training.data.folders import read_images

            return read_images(source, request)
        case TextSource():
            from seqspec.training.data.folders import read_texts

            return read_texts(source, request)
        case AudioSource():
            from seqspec.training.data.folders import read_audio

            return read_audio(source, request)
        case SeriesSource():
            from seqspec.training.data.series import read_series

            return read_series(source, request)
        case PythonSource():
            from seqspec.training.data.python import read_python

            return read_python(source, request)
    raise TypeError(f"no reader for {type(source).__name__}")
