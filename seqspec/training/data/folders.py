"""The sources `images`, `text` and `audio`: files in one folder per class."""

from __future__ import annotations

import os
import warnings
import wave
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from seqspec.core.api.data import AudioSource, ImagesSource, TextSource
from seqspec.core.api.diagnostics import Violation, install_command
from seqspec.core.api.files import raise_limit_help
from seqspec.training.data.columns import ColumnSelection, collect, disk_full
from seqspec.training.data.paths import class_folders
from seqspec.training.data.read_context import ReadContext
from seqspec.training.data.samples import Array, Samples
from seqspec.training.data.shards import row_ranges
from seqspec.training.data.stored import CHUNK_BYTES, StoredArray, TextCollector, Values, release
from seqspec.training.data.tables.named_columns import require_columns
from seqspec.training.data.tables.table_files import open_table
from seqspec.training.errors import DataError

if TYPE_CHECKING:
    from PIL import Image

IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_MAX_PROBLEMS = 20
_HIGHER = f"if that is intended, {raise_limit_help('pixels')}"


def read_images(source: ImagesSource, context: ReadContext) -> Samples:
    """Images as uint8 of shape (height, width, channels)."""
    try:
        from PIL import Image
    except ImportError:
        raise context.error("data-unreadable", "reading images needs Pillow", help=install_command("train"))
    # Images that are too large are refused with their name.
    warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
    limit = context.access.limits.pixels
    files, classes = class_folders(context, source.path, IMAGES)
    height, width, channels = _image_shape(source, context)
    mode = _MODES[channels]
    one_size, crop = height is None or width is None, source.crop_to_aspect_ratio
    if height is None or width is None:
        first = _decoded(files[0], mode, None, limit)
        if first is None:
            raise DataError([_unreadable(context, files[0])])
        height, width = first.shape[:2]
    size = (height, width)
    shape = (height, width, channels)
    resized = None if one_size else size
    rows = partial(_image_rows, mode=mode, size=resized, shape=shape, limit=limit, crop=crop)
    images = _sharded(context, rows, files, shape, np.uint8)
    if isinstance(images, StoredArray):
        return Samples(images, _classes(classes), files=files, where=_file_name(files))
    # If the cluster could not read the files, this finds the damaged one.
    destination = None if images == "failed" else _destination(context, (len(files), *shape), np.uint8)

    def decode(index: int) -> Violation | None:
        image = _decoded(files[index], mode, resized, limit, crop)
        if image is None:
            return _unreadable(context, files[index])
        if image.shape[:2] != size:
            sizes = f"{image.shape[0]}×{image.shape[1]} pixels, {_short(files[0])} has {height}×{width}"
            message = f"{_short(files[index])} has {sizes}"
            return context.violation("data-mismatch", message, help="set size to resize all images")
        if destination is not None:
            destination.array[index] = image.reshape(shape)
        return None

    chunk = max(1, CHUNK_BYTES // (height * width * channels))
    violations = _decode_all(len(files), chunk, decode, destination)
    if destination is None and not violations:
        violations.append(context.violation("data-unreadable", "the Ray cluster cannot read the images", "path"))
    if violations or destination is None:
        raise DataError(violations)
    return Samples(destination.finish(), _classes(classes), files=files, where=_file_name(files))


def _decode_all(
    count: int, chunk: int, decode: Callable[[int], Violation | None], destination: _Destination | None
) -> list[Violation]:
    """Decodes images in chunks, whose memory is released; the problems, or the first image of another size."""
    violations: list[Violation] = []
    # Pillow releases the GIL while it decodes.
    with ThreadPoolExecutor(min(16, os.cpu_count() or 1)) as pool:
        for start in range(0, count, chunk):
            problems = pool.map(decode, range(start, min(start + chunk, count)))
            violations += [problem for problem in problems if problem is not None]
            if destination is not None:
                release(destination.array)
            differing = [problem for problem in violations if problem.rule == "data-mismatch"]
            if differing or len(violations) >= _MAX_PROBLEMS:
                return differing[:1] or violations[:_MAX_PROBLEMS]
    return violations


def _sharded(
    context: ReadContext,
    read: Callable[[list[str]], Iterator[Array]],
    files: list[str],
    shape: tuple[int, ...],
    dtype: npt.DTypeLike,
) -> StoredArray | Literal["whole", "failed"]:
    """The rows of the files, sharded among machines; "whole" if they are not sharded, "failed" if a file is damaged."""
    size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    if context.shards is None or not context.is_sharded(size * len(files)):
        return "whole"
    parts = [partial(read, files[start:stop]) for start, stop in row_ranges(len(files), size)]
    stored_rows = context.shards.rows(parts, size * len(files), shape, dtype)
    return "failed" if stored_rows is None else stored_rows


def _image_rows(
    files: list[str], *, mode: str, size: tuple[int, int] | None, shape: tuple[int, ...], limit: int, crop: bool
) -> Iterator[Array]:
    for file in files:
        image = _decoded(file, mode, size, limit, crop)
        if image is None or image.shape[:2] != shape[:2]:
            raise ValueError(f"{file} is damaged or has another size")
        yield image.reshape(1, *shape)


def _unreadable(context: ReadContext, file: str) -> Violation:
    from PIL import Image

    message, help = f"{_short(file)} is not a readable image", "replace or remove the file"
    limit, size = context.access.limits.pixels, ""
    try:
        with Image.open(file) as opened:
            if opened.width * opened.height > limit:
                size = f"{opened.width:,}×{opened.height:,} pixels, more than {limit:,}"
    except Image.DecompressionBombError:
        size = f"more than {limit:,} pixels"
    except (OSError, ValueError, SyntaxError):
        pass
    if size:
        message, help = f"{_short(file)} has {size}", f"make it smaller, as the model sees it; {_HIGHER}"
    return context.violation("data-unreadable", message, "path", help=help)


def _decoded(file: str, mode: str, size: tuple[int, int] | None, limit: int, crop: bool = False) -> Array | None:
    """The pixels of an image, turned as its EXIF orientation says; None if the file is damaged or not an image.

    `size` is the height and width to resize to; with `crop`, the image is cropped to their aspect ratio before.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    # Pillow refuses twice as many pixels.
    Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS or 0, limit)
    try:
        with Image.open(file) as opened:
            if opened.width * opened.height > limit:
                return None
            image = _eight_bit(ImageOps.exif_transpose(opened)).convert(mode)
            if size is not None and image.size != size[::-1]:
                if crop:
                    image = image.crop(_centered_window(image.size, size))
                image = image.resize(size[::-1], Image.Resampling.BILINEAR)
            return np.asarray(image)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _centered_window(image: tuple[int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The largest centered window with the aspect ratio of `size`, as in `keras.utils.image_dataset_from_directory`.

    Args:
        image: Width and height of the image.
        size: Height and width that it is resized to.

    Returns:
        Left, upper, right and lower edge.
    """
    width, height = image
    cropped_height = max(1, min(height, width * size[0] // size[1]))
    cropped_width = max(1, min(width, height * size[1] // size[0]))
    left, upper = (width - cropped_width) // 2, (height - cropped_height) // 2
    return left, upper, left + cropped_width, upper + cropped_height


def _eight_bit(image: Image.Image) -> Image.Image:
    """An image of 8 bits per channel: Pillow would clip the values of 16-bit grayscale images at 255."""
    from PIL import Image

    if not image.mode.startswith("I"):
        return image
    values = np.asarray(image)
    if values.min(initial=0) < 0 or values.max(initial=0) > 65535:
        raise ValueError("pixels of 32 bits")
    return Image.fromarray((values >> 8).astype(np.uint8))


def _destination(context: ReadContext, shape: tuple[int, ...], dtype: npt.DTypeLike) -> _Destination:
    """An array to fill: in memory, or in a file if it would be too large."""
    size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    if not context.streams(size):
        return _Destination(np.zeros(shape, dtype))
    try:
        file = context.budget.file()
        if hasattr(os, "posix_fallocate"):
            # Detects a full disk now, since writing to a mapped file could not report it.
            os.posix_fallocate(file.fileno(), 0, size)
        return _Destination(np.memmap(file, dtype, "w+", shape=shape), file)
    except OSError as error:
        raise DataError([disk_full(context, error)])


class _Destination(NamedTuple):
    """An array to fill, and the file that it is stored in, if any."""

    array: Array
    file: IO[bytes] | None = None

    def finish(self) -> Values:
        if self.file is None:
            return self.array
        return StoredArray.of_file(self.file, self.array.dtype, self.array.shape)


def _image_shape(source: ImagesSource, context: ReadContext) -> tuple[int | None, int | None, int]:
    """Height, width and channels: from the source, else from the model's input; None for those of the first image."""
    shape = context.input_shape if context.input_shape is not None and len(context.input_shape) == 3 else (None,) * 3
    height, width = source.size if source.size is not None else (shape[0], shape[1])
    limit = context.access.limits.pixels
    if height is not None and width is not None and height * width > limit:
        message = f"images of {height:,}×{width:,} pixels are larger than the limit of {limit:,}"
        raise context.error("data-unreadable", message, "size" if source.size is not None else None, help=_HIGHER)
    return height, width, source.channels or (shape[2] if shape[2] in _MODES else None) or 3


def read_texts(source: TextSource, context: ReadContext) -> Samples:
    """Texts as an array of strings."""
    if source.column is not None:
        table = open_table(context, source.path)
        require_columns(table, source, ("column", "label"), context)
        labels = [source.label] if source.label is not None else []
        selection = ColumnSelection({}, [source.column], source.label, list(context.columns))
        columns = collect(table, context, selection)
        x, others = columns.texts[source.column], columns.others
        return Samples(x, columns.label, None, others, [source.column], labels, table.files, table.row_name)
    files, classes = class_folders(context, source.path, (".txt",))
    texts = TextCollector(context.budget)
    for file in files:
        try:
            text = Path(file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise context.error("data-unreadable", f"{_short(file)} is not UTF-8 text", "path")
        try:
            texts.extend([text])
        except OSError as error:
            raise DataError([disk_full(context, error)])
    x = texts.finish()
    return Samples(x, _classes(classes), files=files, where=_file_name(files))


def read_audio(source: AudioSource, context: ReadContext) -> Samples:
    """Clips as float32 in [-1, 1] of shape (samples, 1); several channels are averaged."""
    files, classes = class_folders(context, source.path, (".wav",))
    clips = _sharded(context, partial(_clip_rows, length=source.samples), files, (source.samples, 1), np.float32)
    if isinstance(clips, StoredArray):
        return Samples(clips, _classes(classes), files=files, where=_file_name(files))
    destination = None if clips == "failed" else _destination(context, (len(files), source.samples, 1), np.float32)
    for index, file in enumerate(files):
        try:
            clip = _clip(file, source.samples)
        except (wave.Error, OSError, EOFError) as error:
            reason = str(error) or "it ends too early"
            raise context.error(
                "data-unreadable",
                f"{_short(file)} is not a readable WAV file: {reason}",
                "path",
                help="replace or remove the file",
            )
        if destination is not None:
            destination.array[index] = clip
            if index % 64 == 63:
                release(destination.array)
    if destination is None:
        raise context.error("data-unreadable", "the Ray cluster cannot read the clips", "path")
    return Samples(destination.finish(), _classes(classes), files=files, where=_file_name(files))


def _clip_rows(files: list[str], *, length: int) -> Iterator[Array]:
    for file in files:
        yield _clip(file, length)[None]


def _clip(file: str, length: int) -> Array:
    """A clip as float32 of shape (length, 1), truncated or padded with silence at the end."""
    with wave.open(file) as clip:
        width, channels = clip.getsampwidth(), clip.getnchannels()
        raw = clip.readframes(min(clip.getnframes(), length))
    if width not in (1, 2, 3, 4):
        raise wave.Error(f"{width * 8}-bit samples")
    if width == 3:
        # NumPy has no integers of 24 bits: as the upper bytes of 32 bits they have the same value in [-1, 1].
        padded = np.zeros((len(raw) // 3, 4), np.uint8)
        padded[:, 1:] = np.frombuffer(raw, np.uint8).reshape(-1, 3)
        raw, width = padded.tobytes(), 4
    values: Array = np.frombuffer(raw, {1: "u1", 2: "<i2", 4: "<i4"}[width]).astype(np.float32)
    values = (values - 128) / 128 if width == 1 else values / np.float32(2 ** (8 * width - 1))
    mono = values.reshape(-1, channels).mean(axis=1)
    array = np.zeros((length, 1), np.float32)
    array[: len(mono), 0] = mono
    return array


def _classes(classes: list[str] | None) -> Array | None:
    return None if classes is None else np.array(classes, dtype=object)


def _short(file: str) -> str:
    # A `Path` would add each part to Python's table of interned strings, which never shrinks.
    folder, name = os.path.split(file)
    return f"{os.path.basename(folder)}/{name}" if folder else name


def _file_name(files: list[str]) -> Callable[[int], str]:
    return lambda row: _short(files[row])
