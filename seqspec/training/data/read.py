"""The readers by the type of their source."""

from __future__ import annotations

from seqspec.core.document.sources import (
    ArraysSource,
    AudioSource,
    ImagesSource,
    PythonSource,
    SeriesSource,
    TableSource,
    TextSource,
)
from seqspec.training.data.samples import ReadContext, Samples


def read(source: object, context: ReadContext) -> Samples:
    """The samples of a source; raises `DataError`."""
    shards = context.shards
    if shards is None:
        return _read(source, context)
    found = shards.known(context.path)
    if found is None:
        found = _read(source, context)
        shards.keep(context.path, found)
    return found


def _read(source: object, context: ReadContext) -> Samples:
    match source:
        case ArraysSource():
            from seqspec.training.data.arrays import read_arrays

            return read_arrays(source, context)
        case TableSource():
            from seqspec.training.data.table import read_table

            return read_table(source, context)
        case ImagesSource():
            from seqspec.training.data.folders import read_images

            return read_images(source, context)
        case TextSource():
            from seqspec.training.data.folders import read_texts

            return read_texts(source, context)
        case AudioSource():
            from seqspec.training.data.folders import read_audio

            return read_audio(source, context)
        case SeriesSource():
            from seqspec.training.data.series import read_series

            return read_series(source, context)
        case PythonSource():
            from seqspec.training.data.python import read_python

            return read_python(source, context)
    raise TypeError(f"no reader for {type(source).__name__}")
