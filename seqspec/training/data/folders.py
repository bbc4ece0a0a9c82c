"""The sources `images`, `text` and `audio`: files in one folder per class."""

from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np

from seqspec.diagnostics.violation import Violation
from seqspec.document.sources import AudioSource, ImagesSource, TextSource
from seqspec.training.data.files import class_folders
from seqspec.training.data.samples import Array, Request, Samples
from seqspec.training.data.table import label_columns, read_frame, require_column, row_name, text_column
from seqspec.training.errors import DataError

IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_MAX_PROBLEMS = 20


def read_images(source: ImagesSource, request: Request) -> Samples:
    """Images as uint8 of shape (height, width, channels)."""
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise DataError(
            [
                request.violation(
                    "data-unreadable", "reading images needs Pillow", help="pip install 'keras-seqspec[train]'"
                )
            ]
        )
    files, classes = class_folders(request, source.path, IMAGES)
    height, width, channels = _image_shape(source, request)
    violations: list[Violation] = []
    images: Array | None = None
    for index, file in enumerate(files):
        try:
            with Image.open(file) as opened:
                image = opened.convert(_MODES[channels])
                if height is None or width is None:
                    width, height = image.size
                if image.size != (width, height):
                    if source.size is None and not _fixed(request):
                        violations.append(
                            request.violation(
                                "data-mismatch",
                                f"{_short(file)} has {image.size[1]}×{image.size[0]} pixels, "
                                f"{_short(files[0])} has {height}×{width}",
                                help="set size to resize all images",
                            )
                        )
                        break
                    image = image.resize((width, height), Image.Resampling.BILINEAR)
                if images is None:
                    images = np.empty((len(files), height, width, channels), np.uint8)
                images[index] = np.asarray(image).reshape(height, width, channels)
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            violations.append(request.violation("data-unreadable", f"{_short(file)} is not a readable image", "path"))
            if len(violations) == _MAX_PROBLEMS:
                break
    if violations or images is None:
        raise DataError(violations)
    return Samples(images, _classes(classes), files=[str(file) for file in files], where=_file_name(files))


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
        frame = read_frame(request, source.path)
        violations: list[Violation] = []
        require_column(frame, source.column, request, "column", violations)
        if source.label is not None:
            require_column(frame, source.label, request, "label", violations)
        for name in request.columns:
            require_column(frame, name, request, None, violations)
        if violations:
            raise DataError(violations)
        y = label_columns(frame, [source.label] if source.label is not None else [], request, violations)
        columns = {name: np.asarray(frame.columns[name]) for name in request.columns}
        x = text_column(frame.columns[source.column])
        labels = [source.label] if source.label is not None else []
        return Samples(x, y, None, columns, [source.column], labels, frame.files, row_name(frame))
    files, classes = class_folders(request, source.path, (".txt",))
    texts = []
    for file in files:
        try:
            texts.append(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            raise DataError([request.violation("data-unreadable", f"{_short(file)} is not UTF-8 text", "path")])
    x = np.array(texts, dtype=object)
    return Samples(x, _classes(classes), files=[str(file) for file in files], where=_file_name(files))


def read_audio(source: AudioSource, request: Request) -> Samples:
    """Clips as float32 in [-1, 1] of shape (samples, 1); several channels are averaged."""
    files, classes = class_folders(request, source.path, (".wav",))
    clips = np.zeros((len(files), source.samples, 1), np.float32)
    for index, file in enumerate(files):
        try:
            with wave.open(str(file)) as clip:
                width, channels = clip.getsampwidth(), clip.getnchannels()
                raw = clip.readframes(min(clip.getnframes(), source.samples))
            if width not in (1, 2, 4):
                raise wave.Error(f"{width * 8}-bit samples")
        except (wave.Error, OSError, EOFError) as error:
            raise DataError(
                [request.violation("data-unreadable", f"{_short(file)} is not a readable WAV file: {error}", "path")]
            )
        values: Array = np.frombuffer(raw, {1: "u1", 2: "<i2", 4: "<i4"}[width]).astype(np.float32)
        values = (values - 128) / 128 if width == 1 else values / np.float32(2 ** (8 * width - 1))
        mono = values.reshape(-1, channels).mean(axis=1)
        clips[index, : len(mono), 0] = mono
    return Samples(clips, _classes(classes), files=[str(file) for file in files], where=_file_name(files))


def _classes(classes: list[str] | None) -> Array | None:
    return None if classes is None else np.array(classes, dtype=object)


def _short(file: Path) -> str:
    return f"{file.parent.name}/{file.name}"


def _file_name(files: list[Path]) -> Callable[[int], str]:
    return lambda row: _short(files[row])
