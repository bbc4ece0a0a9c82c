"""Images of a page as PNG files inside its text, written without Pillow."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np

from seqspec.training.data.samples import Array
from seqspec.training.data.stored import Values

_MAX_SIDE = 160
_COLOR_TYPES = {1: 0, 3: 2, 4: 6}
"""The color types of PNG by the number of channels."""


def is_image(x: Values) -> bool:
    """Whether inputs are images that can be shown."""
    return x.ndim == 4 and x.shape[-1] in _COLOR_TYPES and min(x.shape[1:3]) >= 6


def data_url(image: Array) -> str:
    """The URL of an image of shape (height, width, channels), whose values are scaled to the range from black to white.

    Larger images lose rows and columns.
    """
    step = -(-max(image.shape[:2]) // _MAX_SIDE)
    values = np.nan_to_num(image[::step, ::step].astype(np.float64))
    low, high = values.min(), values.max()
    values = (values - low) / ((high - low) or 1) * 255
    return "data:image/png;base64," + base64.b64encode(_png(values.round().astype(np.uint8))).decode()


def _png(pixels: Array) -> bytes:
    height, width, channels = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOR_TYPES[channels], 0, 0, 0)
    # Each row begins with the number of its filter; 0 leaves the values as they are.
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    )
