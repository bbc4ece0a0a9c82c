"""The tables of a document by their paths, and what follows from the declarations of their keys.

A table's class is the only place where its keys are written. Which keys a table has, the table that a key belongs to,
and the canonical order are derived here. Classes are imported when they are first needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from seqspec.diagnostics.violation import Violation
from seqspec.language.keys import TOP_LEVEL

TablePath = tuple[str, ...]
"""The keys that lead to a table; `"*"` matches any user-defined name."""

TABLES: dict[TablePath, tuple[str, str]] = {
    ("model",): ("model", "Model"),
    ("model", "input"): ("model", "Input"),
    ("target",): ("target", "KINDS"),
    ("compile",): ("training", "Compile"),
    ("fit",): ("training", "Fit"),
    ("data",): ("data", "Data"),
    ("data", "*"): ("data", "Dataset"),
    ("runtime",): ("runtime", "Runtime"),
    ("save",): ("outputs", "Save"),
    ("export",): ("outputs", "Export"),
    ("quantize",): ("outputs", "Quantize"),
    ("report",): ("outputs", "Report"),
    ("custom", "*"): ("custom", "CustomClass"),
    ("blocks", "*"): ("blocks", "Block"),
}
"""Path → the module of `seqspec.document` and the name in it that declares the table: a class, or the classes of a
tagged table by their tags."""

OPTIONAL_TABLES = frozenset(path[0] for path in TABLES if len(path) == 1) - {"model"}
"""The typed tables of the top level beside `model`."""

_WITH_OWN_KEYS = ("model", "compile", "fit", "target", "runtime")
"""The tables whose keys are looked for in the others when they are misplaced."""

_GENERIC = frozenset(("name", "kind", "names", "shape", "range", "dtype", "verbose"))
"""Keys that could be meant for several places, though only one of these tables has them."""


def declaration(path: TablePath) -> Any:
    """What declares the keys of a table: its class, or the classes by their tags."""
    module, name = TABLES[path]
    return getattr(import_module(f"seqspec.document.{module}"), name)


@cache
def table_keys(path: TablePath) -> tuple[str, ...]:
    """The keys of the table at a path, in canonical order."""
    declared = declaration(path)
    if isinstance(declared, dict):
        # The kind with the most keys says how those of the others are ordered.
        kinds = sorted((each.key_names() for each in declared.values()), key=len, reverse=True)
        return tuple(dict.fromkeys(("kind", *(key for keys in kinds for key in keys))))
    keys: tuple[str, ...] = declared.key_names()
    return keys


def canonical_order(path: TablePath) -> tuple[str, ...] | None:
    """The keys of the table at a path of a document in canonical order; None where the language declares none."""
    if not path:
        return TOP_LEVEL
    for found in (path, (*path[:-1], "*")):
        if found in TABLES:
            return table_keys(found)
    return None


class DocumentTables:
    """Which table a key belongs to, for the check of the top level (`seqspec.language.keys.TableKeys`)."""

    def home(self, key: str) -> str | None:
        """The only table that has a key; None for a key of no table or of several."""
        return _homes().get(key)

    def misplaced(self, table: str, keys: Iterable[str]) -> list[str]:
        """Those of the keys of a table that belong to another one."""
        if table not in _WITH_OWN_KEYS:
            return []
        known = _known(table)
        return [key for key in keys if key not in known and _homes().get(key, table) != table]

    def block_mistakes(self, table: Mapping[str, object]) -> list[Violation]:
        """What is wrong with the table of a block, at paths inside it."""
        from seqspec.document.blocks import Block

        violations: list[Violation] = []
        Block.read(table, violations)
        return violations


DOCUMENT_TABLES = DocumentTables()


@cache
def _known(table: str) -> frozenset[str]:
    return frozenset(table_keys((table,)))


@cache
def _homes() -> dict[str, str]:
    found: dict[str, list[str]] = {}
    # A stage's optimizer is the exception: where the key is misplaced, [compile] is meant.
    stage_keys = import_module("seqspec.document.training").STAGE_KEYS
    for table in _WITH_OWN_KEYS:
        for key in table_keys((table,)):
            if table != "fit" or key not in stage_keys:
                found.setdefault(key, []).append(table)
    return {key: tables[0] for key, tables in found.items() if len(tables) == 1 and key not in _GENERIC}
