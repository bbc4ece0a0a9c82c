"""Names of layers, and those that Keras derives from classes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

ALIASES: dict[str, str] = {
    **{f"MaxPool{n}D": f"MaxPooling{n}D" for n in (1, 2, 3)},
    **{f"AvgPool{n}D": f"AveragePooling{n}D" for n in (1, 2, 3)},
    **{f"GlobalMaxPool{n}D": f"GlobalMaxPooling{n}D" for n in (1, 2, 3)},
    **{f"GlobalAvgPool{n}D": f"GlobalAveragePooling{n}D" for n in (1, 2, 3)},
    **{f"Convolution{n}D": f"Conv{n}D" for n in (1, 2, 3)},
    **{f"Convolution{n}DTranspose": f"Conv{n}DTranspose" for n in (1, 2, 3)},
    **{f"SeparableConvolution{n}D": f"SeparableConv{n}D" for n in (1, 2)},
}
"""The aliases of layers in Keras, with their canonical names."""

_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_WORD_START = r"(.)([A-Z][a-z]+)"
_CAPITAL_AFTER_SMALL = r"([a-z])([A-Z])"


def snake_case(class_name: str) -> str:
    """`Conv2D` → `conv2d`, `BatchNormalization` → `batch_normalization`: the stem of Keras's automatic names."""
    spaced = re.sub(_WORD_START, r"\1_\2", class_name)
    return re.sub(_CAPITAL_AFTER_SMALL, r"\1_\2", spaced).lower()


def numbered(stem: str, counts: dict[str, int]) -> str:
    """The stem for the first object, then with `_1`, `_2`, ...: how Keras names what it saves; updates `counts`."""
    number = counts.get(stem, 0)
    counts[stem] = number + 1
    return f"{stem}_{number}" if number else stem


def layer_names(classes: Sequence[str], names: Sequence[str]) -> list[str]:
    """One name per layer of a list: `conv2d`, `conv2d_1`, ... for those whose name is "".

    Numbers that an explicit name uses are skipped; a layer whose class is "" has no name.
    """
    taken = set(names)
    counts: dict[str, int] = {}
    result = []
    for class_name, name in zip(classes, names):
        if class_name and not name:
            stem = _stem(ALIASES.get(class_name, class_name))
            name = numbered(stem, counts)
            while name in taken:
                name = numbered(stem, counts)
        result.append(name)
    return result


_stem = lru_cache(maxsize=1024)(snake_case)


def is_name(text: str) -> bool:
    """Whether a layer can have this name: Keras turns names into paths."""
    return _NAME.fullmatch(text) is not None and text not in (".", "..")
