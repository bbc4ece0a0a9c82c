"""The index of the tables of a document, and facts derived from their declarations.

The class of a table is the only declaration of its keys. The keys of a table, the table of a key, and the canonical
order are derived here. Classes are imported when they are first needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

from seqspec.core.diagnostics.violation import Violation
from seqspec.core.language.keys import ENCODED_COLUMNS, TOP_LEVEL, TableKeys

TablePath = tuple[str, ...]
"""The keys that lead to a table; `"*"` matches any user-defined name."""

TABLES: dict[TablePath, tuple[str, str]] = {
    ("model",): ("model_table", "Model"),
    ("model", "input"): ("model_table", "Input"),
    ("target",): ("target", "KINDS"),
    ("compile",): ("training_tables", "Compile"),
    ("fit",): ("training_tables", "Fit"),
    ("data",): ("data", "Data"),
    ("data", "*"): ("data", "Dataset"),
    ("runtime",): ("runtime", "Runtime"),
    ("save",): ("outputs", "Save"),
    ("export",): ("outputs", "Export"),
    ("quantize",): ("outputs", "Quantize"),
    ("report",): ("outputs", "EvaluationReport"),
    ("search",): ("search", "Search"),
    ("custom", "*"): ("custom", "CustomClass"),
    ("blocks", "*"): ("blocks", "Block"),
}
"""Path → the module of `seqspec.core.document` and the name in it that declares the table: a class, or the classes of a
tagged table by their tags."""

OPTIONAL_TABLES = frozenset(path[0] for path in TABLES if len(path) == 1) - {"model"}
"""The typed tables of the top level beside `model`."""

LIST_TABLES = ("fit", "export")
"""The tables of which a document can have a list."""

_WITH_OWN_KEYS = ("model", "compile", "fit", "target", "runtime")
"""The tables whose misplaced keys are recognized in other tables."""

_GENERIC = frozenset(("name", "kind", "names", "shape", "range", "dtype", "verbose"))
"""Keys that are ambiguous, although only one of these tables has them."""


def declaration(path: TablePath) -> Any:
    """The declaration of a table: its class, or its classes by tag."""
    module, name = TABLES[path]
    return getattr(import_module(f"seqspec.core.document.{module}"), name)


@cache
def table_keys(path: TablePath) -> tuple[str, ...]:
    """The keys of the table at a path, in canonical order."""
    declared = declaration(path)
    if isinstance(declared, dict):
        # The kind with the most keys determines the order.
        kinds = sorted((table.key_names() for table in declared.values()), key=len, reverse=True)
        return tuple(dict.fromkeys(("kind", *(key for keys in kinds for key in keys))))
    keys: tuple[str, ...] = declared.key_names()
    return keys


def canonical_order(path: TablePath) -> tuple[str, ...] | None:
    """The keys of the table at a path of a document, in canonical order; None for an undeclared table."""
    if not path:
        return TOP_LEVEL
    if path == ENCODED_COLUMNS:
        # The order of the columns is their order in the input.
        return ()
    for pattern in (path, (*path[:-1], "*")):
        if pattern in TABLES:
            return table_keys(pattern)
    return None


@cache
def _own_keys(table: str) -> frozenset[str]:
    return frozenset(table_keys((table,))) if table in _WITH_OWN_KEYS else frozenset()


def _home(key: str) -> str | None:
    return _homes().get(key)


def _block_mistakes(table: Mapping[str, object]) -> list[Violation]:
    violations: list[Violation] = []
    declaration(("blocks", "*")).read(table, violations)
    return violations


DOCUMENT_TABLES = TableKeys(_own_keys, _home, _block_mistakes)


@cache
def _homes() -> dict[str, str]:
    homes: dict[str, list[str]] = {}
    # A misplaced `optimizer` belongs to [compile], although stages have the key too.
    stage_keys = import_module("seqspec.core.document.training_tables").STAGE_KEYS
    for table in _WITH_OWN_KEYS:
        for key in table_keys((table,)):
            if table != "fit" or key not in stage_keys:
                homes.setdefault(key, []).append(table)
    return {key: tables[0] for key, tables in homes.items() if len(tables) == 1 and key not in _GENERIC}
