"""The keys that belong to the language itself: those of the top level, of blocks and of entries of a list of layers.

The keys of a table such as `[compile]` are the fields of its class, see `seqspec.document.tables`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

from seqspec.diagnostics.snippet import Help, Setting, TableName

if TYPE_CHECKING:
    from seqspec.diagnostics.violation import Violation

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
    "override",
)
"""Every key of the top level, in canonical order."""

EXPANDED_AWAY = frozenset(("vars", "blocks", "extends", "override"))
"""The top-level keys that an expanded document does not have."""

WITHOUT_REFERENCES = frozenset(("seqspec", "$schema", "keras", "extends", "custom"))
"""The top-level keys whose values are taken as written: no `$name` is replaced in them."""

NOT_SETTABLE = frozenset(("seqspec", "$schema", "extends", "override"))
"""The top-level keys that the caller cannot set (`--set`)."""

REPETITION_KEYS = ("for", "repeat")
"""The keys that repeat an entry of a list of layers."""

RESERVED_PARAMETERS = ("use", *REPETITION_KEYS)
"""The keys of a use of a block that cannot be names of its parameters."""

TAG_KEYS = ("type", "use", "custom", "kind")
"""The keys that say what a table is; they come first."""

NESTED_LAYER_KEYS = ("layer", "cell", "backward_layer")
"""The arguments of layers that hold one other layer; `layers` holds a list."""


ELSEWHERE = dict.fromkeys(
    ("mixed_precision", "amp", "fp16"),
    Help("write ", Setting("dtype_policy", "mixed_float16"), " in ", TableName(("runtime",))),
)
"""Keys that no table has, with the key that is meant."""


def is_extension_key(key: object) -> bool:
    """Whether a key belongs to the author (`x-...`): its value is left as it is."""
    return isinstance(key, str) and key[:2] == "x-"


class TableKeys(Protocol):
    """Which table a key belongs to, and what is wrong with a block; the tables are declared in `seqspec.document`."""

    def block_mistakes(self, table: Mapping[str, object]) -> list[Violation]:
        """What is wrong with the table of a block, at paths inside it."""
        ...

    def home(self, key: str) -> str | None:
        """The only table that has a key; None for a key of no table or of several."""

    def misplaced(self, table: str, keys: Iterable[str]) -> list[str]:
        """Those of the keys of a table that belong to another one."""
