"""SEQ935: images of two sets that are the same picture, resized, mirrored or compressed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import NamedTuple

import numpy as np

from seqspec.core.api.diagnostics import Path, Violation
from seqspec.core.api.messages import counted, fmt
from seqspec.training.data.samples import Array, Samples
from seqspec.training.data.stored import Values

_MIN_PIXELS = 32
"""Minimum height and width of the images that are compared."""
_MAX_BITS = 4
_CORRELATION = 0.98
_SHARE = 0.01
"""The share of a set from which similar images are a warning."""
_BANDS = _MAX_BITS + 1
_CHUNK_BYTES = 2**24
_MAX_PAIRS = 2**19
"""Maximum number of candidate pairs of a band, which only collections of almost equal images exceed."""
_MAX_SHOWN = 3
_THUMBNAIL = 16


class _Fingerprints(NamedTuple):
    """For each image the dHash, that of the mirror image, and a thumbnail, standardized (rows, 256)."""

    hashes: Array
    mirrored: Array
    thumbnails: Array


def similar_images(sets: Mapping[str, Samples], path: Path) -> Iterator[Violation]:
    """A finding for each pair of sets with similar images; images that are equal are not counted."""
    fingerprints = {name: _fingerprints(samples.x) for name, samples in sets.items() if _are_images(samples.x)}
    for first, second in combinations(fingerprints, 2):
        rows, others = _similar(fingerprints[first], fingerprints[second])
        if not len(rows):
            continue
        share = len(rows) / len(sets[second])
        pairs = [
            f"{sets[first].where(int(other))} ~ {sets[second].where(int(row))}"
            for row, other in zip(rows[:_MAX_SHOWN], others)
        ]
        verb = "is" if len(rows) == 1 else "are"
        message = fmt(
            "{} of the {} set ({:.1%}) {} similar to one of the {} set: {}{}",
            counted(len(rows), "image"),
            second,
            share,
            verb,
            first,
            "; ".join(pairs),
            "; …" if len(rows) > _MAX_SHOWN else "",
        )
        yield Violation(
            "similar-images",
            message,
            path=path,
            notes=("resized, mirrored, recompressed or consecutive pictures of one scene are not independent",),
            help="keep similar images in one set",
            severity="warning" if share >= _SHARE else "info",
        )


def _are_images(x: Values) -> bool:
    return x.ndim == 4 and x.dtype.kind in "uif" and min(x.shape[1:3]) >= _MIN_PIXELS and x.shape[3] in (1, 3, 4)


def _areas(size: int, count: int) -> Array:
    """The weights with which `size` pixels are averaged to `count`, of shape (count, size)."""
    edges = np.linspace(0, size, count + 1)
    pixels = np.arange(size)
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return np.asarray(np.clip(overlap, 0, None) * count / size, np.float32)


def _fingerprints(x: Values) -> _Fingerprints:
    height, width, channels = x.shape[1:]
    step = max(1, _CHUNK_BYTES // (4 * height * width * channels))
    parts = [_of_chunk(np.asarray(x[start : start + step])) for start in range(0, len(x), step)]
    return _Fingerprints(*(np.concatenate(part) for part in zip(*parts)))


def _of_chunk(images: Array) -> tuple[Array, Array, Array]:
    height, width, channels = images.shape[1:]
    # Transparency is not part of the picture.
    gray = images[..., 0].astype(np.float32)
    for channel in range(1, min(channels, 3)):
        gray += images[..., channel]
    small = _areas(height, 8) @ gray @ _areas(width, 9).T
    thumbnails = (_areas(height, _THUMBNAIL) @ gray @ _areas(width, _THUMBNAIL).T).reshape(len(images), -1)
    thumbnails -= thumbnails.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(thumbnails, axis=1, keepdims=True)
    thumbnails = np.divide(thumbnails, norm, out=np.zeros_like(thumbnails), where=norm > 1e-3)
    return _bits(small), _bits(small[:, :, ::-1]), thumbnails.astype(np.float16)


def _bits(small: Array) -> Array:
    """Whether each of 8 × 8 places is darker than its right neighbor, as 64 bits."""
    packed = np.packbits(small[:, :, 1:] > small[:, :, :-1], axis=None).reshape(-1, 8)
    return np.ascontiguousarray(packed).view(np.uint64).reshape(-1)


def _similar(first: _Fingerprints, second: _Fingerprints) -> tuple[Array, Array]:
    """The images of the second set that are similar to one of the first set, and such an image of each."""
    similar: dict[int, int] = {}
    # Images of a single color have no structure that could be similar.
    known, wanted = (np.flatnonzero(images.thumbnails.any(axis=1)) for images in (first, second))
    for hashes, flipped in ((second.hashes, False), (second.mirrored, True)):
        for others, rows in _candidates(first.hashes[known], hashes[wanted]):
            others, rows = known[others], wanted[rows]
            mine = second.thumbnails[rows].astype(np.float32)
            if flipped:
                mine = mine.reshape(-1, _THUMBNAIL, _THUMBNAIL)[:, :, ::-1].reshape(len(rows), -1)
            theirs = first.thumbnails[others].astype(np.float32)
            alike = (mine * theirs).sum(axis=1) > _CORRELATION
            # Equal images are equal samples, which are reported as such.
            alike &= flipped | (mine != theirs).any(axis=1)
            for row, other in zip(rows[alike].tolist(), others[alike].tolist()):
                similar.setdefault(row, other)
    rows = np.array(sorted(similar), np.int64)
    return rows, np.array([similar[row] for row in rows.tolist()], np.int64)


def _candidates(first: Array, second: Array) -> Iterator[tuple[Array, Array]]:
    """Pairs whose hashes differ in at most `_MAX_BITS` bits, in parts; a pair can occur several times."""
    width = 64 // _BANDS + 1
    for band in range(_BANDS):
        # Two hashes that differ in fewer bits than there are bands are equal in one of them.
        mask = np.uint64((1 << width) - 1)
        keys, wanted = ((hashes >> np.uint64(min(band * width, 64 - width))) & mask for hashes in (first, second))
        order = np.argsort(keys, kind="stable")
        begin = np.searchsorted(keys[order], wanted, side="left")
        sizes = np.searchsorted(keys[order], wanted, side="right") - begin
        sizes = np.minimum(sizes, _MAX_PAIRS // max(1, len(second)) + 1) if sizes.sum() > _MAX_PAIRS else sizes
        rows = np.repeat(np.arange(len(second)), sizes)
        within = np.arange(len(rows)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        others = order[np.repeat(begin, sizes) + within]
        near = _differing_bits(first[others], second[rows]) <= _MAX_BITS
        for start in range(0, int(near.sum()), 2**14):
            part = np.flatnonzero(near)[start : start + 2**14]
            yield others[part], rows[part]


def _differing_bits(first: Array, second: Array) -> Array:
    different = (first ^ second).view(np.uint8).reshape(-1, 8)
    return np.asarray(np.unpackbits(different, axis=1).sum(axis=1, dtype=np.int64))
