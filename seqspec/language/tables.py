"""The tables of a document, and which keys belong to which."""

from __future__ import annotations

TOP = (
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
"""Every key of the top level, in the order of a canonical document."""

EXPANDED_AWAY = frozenset(("vars", "blocks", "extends", "override"))
"""Those that an expanded document no longer has."""

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
