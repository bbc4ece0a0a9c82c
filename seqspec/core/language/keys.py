"""The keys of the language, and the names of layers."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from seqspec.core.diagnostics.message import Message, Setting, SpecOrProgram, TableName, fmt

if TYPE_CHECKING:
    from seqspec.core.diagnostics.violation import Violation


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


TOP_LEVEL = (
    "seqspec",
    "$schema",
    "keras",
    "extends",
    "vars",
    "blocks",
    "custom",
    "model",
    "target",
    "compile",
    "fit",
    "data",
    "runtime",
    "save",
    "export",
    "quantize",
    "report",
    "search",
    "override",
)
"""Every key of the top level, in canonical order."""

EXPANDED_AWAY = frozenset(("vars", "blocks", "extends", "override"))
"""The top-level keys that an expanded document does not have."""

WITHOUT_REFERENCES = frozenset(("seqspec", "$schema", "keras", "extends", "custom", "search"))
"""The top-level keys whose values cannot contain references."""

NOT_SETTABLE = frozenset(("seqspec", "$schema", "extends", "override"))
"""The top-level keys that the caller cannot set (`--set`)."""

REPETITION_KEYS = ("for", "repeat")
"""The keys that repeat an entry of a list of layers."""

RESERVED_PARAMETERS = ("use", *REPETITION_KEYS)
"""The keys of a block use, which cannot be names of parameters."""

TAG_KEYS = ("type", "use", "custom", "kind")
"""The keys that tag a table; they come first."""

ENCODED_COLUMNS = ("data", "columns")
"""The table whose keys are the columns of a table, in the order of the input."""

NESTED_LAYER_KEYS = ("layer", "cell", "backward_layer")
"""The arguments of layers that hold one other layer; `layers` holds a list."""

INNER_LAYER_KEYS = ("layers", "cells", *NESTED_LAYER_KEYS)
"""The keys whose values are layers, or lists of them."""


MIXED_PRECISION = ("mixed_precision", "amp", "fp16")
"""Names of mixed precision in other programs."""

ELSEWHERE = {
    **dict.fromkeys(
        MIXED_PRECISION, fmt("write {} in {}", Setting("dtype_policy", "mixed_float16"), TableName(("runtime",)))
    ),
    **dict.fromkeys(
        ("learning_rate", "lr"),
        fmt("write {} in {}", Setting("optimizer", {"type": "Adam", "learning_rate": ...}), TableName(("compile",))),
    ),
    "columns": fmt("write {}", TableName(ENCODED_COLUMNS)),
}
"""Help for keys of no table, or of a table in which they are rarely meant."""


def move_to(table: str, *, several: bool = False) -> Message:
    """The help for a key, or several, of another table."""
    in_spec = SpecOrProgram(Message("the table "))
    return fmt("move {} to {}{}", "them" if several else "it", in_spec, TableName((table,)))


def long_form(path: Sequence[str | int], short: object) -> dict[str, object] | None:
    """The table that a value at a path is short for; None if it is not a shorthand."""
    column = tuple(path[:2]) == ENCODED_COLUMNS and len(path) == 3
    if isinstance(short, str):
        # A shorthand with arguments has no long form that could be changed.
        return {"kind" if column else "type": short} if "(" not in short else None
    return {"kind": "category", "values": short} if column and isinstance(short, list) else None


def is_extension_key(key: object) -> bool:
    """Whether a key is an extension key (`x-...`), whose value is ignored."""
    return isinstance(key, str) and key[:2] == "x-"


class TableKeys(NamedTuple):
    """The keys of the tables of `seqspec.core.document`, for the check of the top level.

    Attributes:
        own: Returns the keys of a table in which those of other tables are recognized; none for another table.
        home: Returns the only table that has a key; None if no table or several have it.
        block_mistakes: Returns the violations in the table of a block, with paths inside it.
    """

    own: Callable[[str], Collection[str]]
    home: Callable[[str], str | None]
    block_mistakes: Callable[[Mapping[str, object]], list[Violation]]

    def misplaced(self, table: str, keys: Iterable[str]) -> list[str]:
        """The keys that are in the wrong table."""
        own = self.own(table)
        return [key for key in keys if key not in own and (self.home(key) or table) != table] if own else []
