"""The API for plugins: the only module of seqspec that a package with rules or layers of its own imports."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seqspec.analysis.facts import Facts as Facts
    from seqspec.diagnostics.code import Code as Code
    from seqspec.diagnostics.tree_fix import TreeFix as TreeFix
    from seqspec.diagnostics.tree_fix import insert as insert
    from seqspec.diagnostics.tree_fix import remove as remove
    from seqspec.diagnostics.tree_fix import rename as rename
    from seqspec.diagnostics.tree_fix import set_value as set_value
    from seqspec.diagnostics.violation import Violation as Violation
    from seqspec.linter.registry import Rule as Rule

_HOMES = {
    "Code": "diagnostics.code",
    "Facts": "analysis.facts",
    "Violation": "diagnostics.violation",
    "TreeFix": "diagnostics.tree_fix",
    "Rule": "linter.registry",
    "insert": "diagnostics.tree_fix",
    "remove": "diagnostics.tree_fix",
    "rename": "diagnostics.tree_fix",
    "set_value": "diagnostics.tree_fix",
}

__all__ = ["Code", "Facts", "Violation", "TreeFix", "Rule", "insert", "remove", "rename", "set_value"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'seqspec.plugins' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"seqspec.{_HOMES[name]}"), name)
