"""What Keras takes and what trains badly: one rule a file, told from facts alone.

For packages that bring rules of their own there are `Rule`, `Code`, `Facts`, `Problem`, and `Remedy` with the changes
that one is made of.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seqspec.analysis.known import Facts as Facts
    from seqspec.diagnostics.code import Code as Code
    from seqspec.diagnostics.problem import Problem as Problem
    from seqspec.diagnostics.remedy import Remedy as Remedy
    from seqspec.diagnostics.remedy import insert as insert
    from seqspec.diagnostics.remedy import remove as remove
    from seqspec.diagnostics.remedy import rename as rename
    from seqspec.diagnostics.remedy import set_value as set_value
    from seqspec.rules.registry import Rule as Rule

_HOMES = {
    "Code": "diagnostics.code",
    "Facts": "analysis.known",
    "Problem": "diagnostics.problem",
    "Remedy": "diagnostics.remedy",
    "Rule": "rules.registry",
    "insert": "diagnostics.remedy",
    "remove": "diagnostics.remedy",
    "rename": "diagnostics.remedy",
    "set_value": "diagnostics.remedy",
}

__all__ = ["Code", "Facts", "Problem", "Remedy", "Rule", "insert", "remove", "rename", "set_value"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'seqspec.rules' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"seqspec.{_HOMES[name]}"), name)
