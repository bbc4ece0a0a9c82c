"""The sources `images`, `text` and `audio`: files in one folder per class."""

from __future__ import annotations

import os
import wave
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from seqspec.diagnostics.extras import install_command
from seqspec.diagnostics.violation import Violation
from seqspec.document.sources import AudioSource, ImagesSource, TextSource
from seqspec.training.data.files import class_folders
from seqspec.training.data.samples import Array, Request, Samples
from seqspec.training.data.shards import row_ranges
from seqspec.training.data.stored import CHUNK_BYTES, Budget, StoredArray, TextCollector, Values, release
from seqspec.training.data.table import collect, disk_full, require_column
from seqspec.training.data.table_files import open_table
from seqspec.training.errors import DataError

IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_MAX_PROBLEMS = 20


def read_images(source: ImagesSource, request: Request) -> Samples:
    """Images as uint8 of shape (height, width, channels)."""
    try:
        import PIL.Image  # noqa: F401
    except ImportError:
        raise DataError(
            [request.violation("data-unreadable", "reading images needs Pillow", help=install_command("train"))]
        )
    files, classes = class_folders(request, source.path, IMAGES)
    height, width, channels = _image_shape(source, request)
    mode = _MODES[channels]
    one_size = source.size is None and not _fixed(request)
    if height is None or width is None:
        first = _decoded(files[0], mode, None)
        if first is None:
            raise DataError([_unreadable(request, files[0])])
        height, width = first.shape[:2]
    size = (height, width)
    shape = (height, width, channels)
    resized = None if one_size else size
    found = _divided(request, partial(_image_rows, mode=mode, size=resized, shape=shape), files, shape, np.uint8)
    if isinstance(found, StoredArray):
        return Samples(found, _classes(classes), files=files, where=_file_name(files))
    # Of files that the cluster could not read, which one is damaged is found here.
    room = None if found == "failed" else _room(request, (len(files), *shape), np.uint8)

    def decode(index: int) -> Violation | None:
        image = _decoded(files[index], mode, None if one_size else size)
        if image is None:
            return _unreadable(request, files[index])
        if image.shape[:2] != size:
            sizes = f"{image.shape[0]}×{image.shape[1]} pixels, {_short(files[0])} has {height}×{width}"
            return request.violation(
                "data-mismatch", f"{_short(files[index])} has {sizes}", help="set size to resize all images"
            )
        if room is not None:
            room.array[index] = image.reshape(shape)
        return None

    violations: list[Violation] = []
    count = max(1, CHUNK_BYTES // (height * width * channels))
    # Pillow decodes without holding the lock of the interpreter.
    with ThreadPoolExecutor(min(16, os.cpu_count() or 1)) as pool:
        for start in range(0, len(files), count):
            problems = pool.map(decode, range(start, min(start + count, len(files))))
            violations += [each for each in problems if each is not None]
            if room is not None:
                release(room.array)
            differing = [each for each in violations if each.rule == "data-mismatch"]
            if differing or len(violations) >= _MAX_PROBLEMS:
                violations = differing[:1] or violations[:_MAX_PROBLEMS]
                break
    if room is None and not violations:
        violations.append(request.violation("data-unreadable", "the Ray cluster cannot read the images", "path"))
    if violations or room is None:
        raise DataError(violations)
    return Samples(room.finish(), _classes(classes), files=files, where=_file_name(files))


def _divided(
    request: Request, read: Callable[..., Any], files: list[str], shape: tuple[int, ...], dtype: Any
) -> StoredArray | Literal["whole", "failed"]:
    """The rows of the files on many machines; "whole": they are not to be divided, "failed": one is damaged."""
    size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    if request.shards is None or not request.divides(size * len(files)):
        return "whole"
    parts = [partial(read, files[start:stop]) for start, stop in row_ranges(len(files), size)]
    found = request.shards.rows(parts, size * len(files), shape, dtype)
    return "failed" if found is None else found


def _image_rows(
    files: list[str], *, mode: str, size: tuple[int, int] | None, shape: tuple[int, ...]
) -> Iterator[Array]:
    for file in files:
        image = _decoded(file, mode, size)
        if image is None or image.shape[:2] != shape[:2]:
            raise ValueError(f"{file} is damaged or has another size")
        yield image.reshape(1, *shape)


def _unreadable(request: Request, file: str) -> Violation:
    return request.violation("data-unreadable", f"{_short(file)} is not a readable image", "path")


def _decoded(file: str, mode: str, size: tuple[int, int] | None) -> Array | None:
    """The pixels of an image, None for a file that is damaged or no image."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(file) as opened:
            image = _eight_bit(opened).convert(mode)
            if size is not None and image.size != size[::-1]:
                image = image.resize(size[::-1], Image.Resampling.BILINEAR)
            return np.asarray(image)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _eight_bit(image: Any) -> Any:
    """An image of 8 bits per channel: Pillow would cut the values of 16-bit grayscale images off at 255."""
    from PIL import Image

    if not image.mode.startswith("I"):
        return image
    values = np.asarray(image)
    if values.min(initial=0) < 0 or values.max(initial=0) > 65535:
        raise ValueError("pixels of 32 bits")
    return Image.fromarray((values >> 8).astype(np.uint8))


def _room(request: Request, shape: tuple[int, ...], dtype: Any) -> _Room:
    """An array to be filled: in memory, or in a file where it would be too large."""
    size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    if not request.streams(size):
        return _Room(np.zeros(shape, dtype))
    budget = request.budget or Budget(None)
    try:
        file = budget.file()
        if hasattr(os, "posix_fallocate"):
            # A disk that is full is seen now: writing to a mapped file could not report it.
            os.posix_fallocate(file.fileno(), 0, size)
        return _Room(np.memmap(file, dtype, "w+", shape=shape), file)
    except OSError as error:
        raise DataError([disk_full(request, error)])


class _Room(NamedTuple):
    """An array to be filled, and the file that it is in."""

    array: Array
    file: Any = None

    def finish(self) -> Values:
        if self.file is None:
            return self.array
        return StoredArray.of_file(self.file, self.array.dtype, self.array.shape)


def _fixed(request: Request) -> bool:
    shape = request.input_shape
    return shape is not None and len(shape) == 3 and None not in shape[:2]


def _image_shape(source: ImagesSource, request: Request) -> tuple[int | None, int | None, int]:
    """Height, width and channels: from the source, else from the model's input; None for those of the first image."""
    shape = request.input_shape if request.input_shape is not None and len(request.input_shape) == 3 else (None,) * 3
    height, width = source.size if source.size is not None else (shape[0], shape[1])
    return height, width, source.channels or (shape[2] if shape[2] in _MODES else None) or 3


def read_texts(source: TextSource, request: Request) -> Samples:
    """Texts as an array of strings."""
    if source.column is not None:
        table = open_table(request, source.path)
        violations: list[Violation] = []
        require_column(table, source.column, request, "column", violations)
        if source.label is not None:
            require_column(table, source.label, request, "label", violations)
        for name in request.columns:
            require_column(table, name, request, None, violations)
        if violations:
            raise DataError(violations)
        labels = [source.label] if source.label is not None else []
        found = collect(
            table, request, source.path, {}, texts=[source.column], mixed=labels, others=request.columns
        )  # fmt: skip
        y = found.mixed[labels[0]] if labels else None
        x = found.texts[source.column]
        return Samples(x, y, None, found.others, [source.column], labels, table.files, table.row_name)
    files, classes = class_folders(request, source.path, (".txt",))
    texts = TextCollector(request.budget or Budget(None))
    for file in files:
        try:
            text = Path(file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise DataError([request.violation("data-unreadable", f"{_short(file)} is not UTF-8 text", "path")])
        try:
            texts.extend([text])
        except OSError as error:
            raise DataError([disk_full(request, error)])
    x = texts.finish()
    return Samples(x, _classes(classes), files=files, where=_file_name(files))


def read_audio(source: AudioSource, request: Request) -> Samples:
    """Clips as float32 in [-1, 1] of shape (samples, 1); several channels are averaged."""
    files, classes = class_folders(request, source.path, (".wav",))
    found = _divided(request, partial(_clip_rows, length=source.samples), files, (source.samples, 1), np.float32)
    if isinstance(found, StoredArray):
        return Samples(found, _classes(classes), files=files, where=_file_name(files))
    room = None if found == "failed" else _room(request, (len(files), source.samples, 1), np.float32)
    for index, file in enumerate(files):
        try:
            clip = _clip(file, source.samples)
        except (wave.Error, OSError, EOFError) as error:
            raise DataError(
                [request.violation("data-unreadable", f"{_short(file)} is not a readable WAV file: {error}", "path")]
            )
        if room is not None:
            room.array[index] = clip
            if index % 64 == 63:
                release(room.array)
    if room is None:
        raise DataError([request.violation("data-unreadable", "the Ray cluster cannot read the clips", "path")])
    return Samples(room.finish(), _classes(classes), files=files, where=_file_name(files))


def _clip_rows(files: list[str], *, length: int) -> Iterator[Array]:
    for file in files:
        yield _clip(file, length)[None]


def _clip(file: str, length: int) -> Array:
    """A clip as float32 of shape (length, 1): cut off, or silent at the end."""
    with wave.open(file) as clip:
        width, channels = clip.getsampwidth(), clip.getnchannels()
        raw = clip.readframes(min(clip.getnframes(), length))
    if width not in (1, 2, 4):
        raise wave.Error(f"{width * 8}-bit samples")
    values: Array = np.frombuffer(raw, {1: "u1", 2: "<i2", 4: "<i4"}[width]).astype(np.float32)
    values = (values - 128) / 128 if width == 1 else values / np.float32(2 ** (8 * width - 1))
    mono = values.reshape(-1, channels).mean(axis=1)
    found = np.zeros((length, 1), np.float32)
    found[: len(mono), 0] = mono
    return found


def _classes(classes: list[str] | None) -> Array | None:
    return None if classes is None else np.array(classes, dtype=object)


def _short(file: str) -> str:
    return "/".join(Path(file).parts[-2:])


def _file_name(files: list[str]) -> Callable[[int], str]:
    return lambda row: _short(files[row])
