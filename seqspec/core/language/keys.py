"""The keys of the language: at the top level, in blocks, and in entries of a list of layers.

The keys of a table such as `[compile]` are the fields of its class, see `seqspec.core.document.tables`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from seqspec.core.diagnostics.message import Message, fmt
from seqspec.core.diagnostics.snippet import Setting, SpecOrProgram, TableName

if TYPE_CHECKING:
    from seqspec.core.diagnostics.violation import Violation

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


class TableKeys(Protocol):
    """The keys of the tables of `seqspec.core.document`, for the check of the top level."""

    def block_mistakes(self, table: Mapping[str, object]) -> list[Violation]:
        """The violations in the table of a block, with paths inside it."""
        ...

    def home(self, key: str) -> str | None:
        """The only table that has the key; None if no table or several have it."""

    def misplaced(self, table: str, keys: Iterable[str]) -> list[str]:
        """The keys that are in the wrong table."""
