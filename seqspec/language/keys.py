"""The keys that belong to the language itself: those of the top level, of blocks and of entries of a list of layers.

The keys of a table such as `[compile]` are the fields of its class, see `seqspec.document.tables`.
"""

from __future__ import annotations

from typing import Any

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

BLOCK_KEYS = ("params", "layers")
"""The keys of a block, in canonical order."""

REPETITION_KEYS = ("for", "repeat")
"""The keys that repeat an entry of a list of layers."""

RESERVED_PARAMETERS = ("use", *REPETITION_KEYS)
"""The keys of a use of a block that cannot be names of its parameters."""

NESTED_LAYER_KEYS = ("layer", "cell", "backward_layer")
"""The arguments of layers that hold one other layer; `layers` holds a list."""


def is_extension_key(key: Any) -> bool:
    """Whether a key belongs to the author (`x-...`): its value is left as it is."""
    return isinstance(key, str) and key[:2] == "x-"


_HOMES = {
    "model": ("input", "layers"),
    "compile": (
        "optimizer",
        "loss",
        "loss_weights",
        "metrics",
        "weighted_metrics",
        "run_eagerly",
        "steps_per_execution",
        "jit_compile",
        "auto_scale_loss",
    ),
    "fit": (
        "epochs",
        "batch_size",
        "callbacks",
        "validation_split",
        "shuffle",
        "class_weight",
        "initial_epoch",
        "steps_per_epoch",
        "validation_steps",
        "validation_batch_size",
        "validation_freq",
    ),
    "target": ("classes", "encoding", "class_counts"),
    "runtime": ("seed", "dtype_policy", "backend", "distribution"),
}
HOME: dict[str, str] = {key: table for table, keys in _HOMES.items() for key in keys}
"""Key → the only table that has it."""

FOREIGN: dict[str, frozenset[str]] = {
    table: frozenset(key for key, home in HOME.items() if home != table) for table in _HOMES
}
"""Table → the keys that belong elsewhere."""
