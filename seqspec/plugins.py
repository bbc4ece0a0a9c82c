"""The API for plugins: the only module of seqspec that a package with rules or layers of its own imports.

Rules are made of `Rule`, `Requires`, `Facts`, `Violation` and `TreeFix` with its edits; layers of `Layer` or `Wrapper`,
the types of their fields, `InferenceContext`, `TensorSpec` and `WeightSpec`; loggers of `Logger` and `LoggedRun`.
Fields are declared with `pydantic.Field`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seqspec.analysis.facts import Facts as Facts
    from seqspec.catalog.inference_context import InferenceContext as InferenceContext
    from seqspec.catalog.layer import Layer as Layer
    from seqspec.catalog.layers.wrappers import Wrapper as Wrapper
    from seqspec.catalog.reading import AnyLayer as AnyLayer
    from seqspec.catalog.traits import Composition as Composition
    from seqspec.catalog.traits import Sublayer as Sublayer
    from seqspec.catalog.types import Maybe as Maybe
    from seqspec.catalog.types import NonNegativeInt as NonNegativeInt
    from seqspec.catalog.types import Number as Number
    from seqspec.catalog.types import PositiveInt as PositiveInt
    from seqspec.catalog.types import UnitInterval as UnitInterval
    from seqspec.diagnostics.snippet import Help as Help
    from seqspec.diagnostics.snippet import Setting as Setting
    from seqspec.diagnostics.snippet import TableName as TableName
    from seqspec.diagnostics.snippet import Value as Value
    from seqspec.diagnostics.tree_fix import TreeFix as TreeFix
    from seqspec.diagnostics.tree_fix import insert as insert
    from seqspec.diagnostics.tree_fix import remove as remove
    from seqspec.diagnostics.tree_fix import rename as rename
    from seqspec.diagnostics.tree_fix import set_value as set_value
    from seqspec.diagnostics.violation import Violation as Violation
    from seqspec.linter.rule import Requires as Requires
    from seqspec.linter.rule import Rule as Rule
    from seqspec.shapes.interval import Interval as Interval
    from seqspec.shapes.tensor import TensorSpec as TensorSpec
    from seqspec.shapes.tensor import WeightSpec as WeightSpec
    from seqspec.training.loggers.logger import LoggedRun as LoggedRun
    from seqspec.training.loggers.logger import Logger as Logger

_HOMES = {
    "AnyLayer": "catalog.reading",
    "Composition": "catalog.traits",
    "Facts": "analysis.facts",
    "Help": "diagnostics.snippet",
    "InferenceContext": "catalog.inference_context",
    "Interval": "shapes.interval",
    "Layer": "catalog.layer",
    "LoggedRun": "training.loggers.logger",
    "Logger": "training.loggers.logger",
    "Maybe": "catalog.types",
    "NonNegativeInt": "catalog.types",
    "Number": "catalog.types",
    "PositiveInt": "catalog.types",
    "Requires": "linter.rule",
    "Rule": "linter.rule",
    "Setting": "diagnostics.snippet",
    "Sublayer": "catalog.traits",
    "TableName": "diagnostics.snippet",
    "TensorSpec": "shapes.tensor",
    "TreeFix": "diagnostics.tree_fix",
    "UnitInterval": "catalog.types",
    "Value": "diagnostics.snippet",
    "Violation": "diagnostics.violation",
    "WeightSpec": "shapes.tensor",
    "Wrapper": "catalog.layers.wrappers",
    "insert": "diagnostics.tree_fix",
    "remove": "diagnostics.tree_fix",
    "rename": "diagnostics.tree_fix",
    "set_value": "diagnostics.tree_fix",
}

__all__ = [
    "AnyLayer",
    "Composition",
    "Facts",
    "Help",
    "InferenceContext",
    "Interval",
    "Layer",
    "LoggedRun",
    "Logger",
    "Maybe",
    "NonNegativeInt",
    "Number",
    "PositiveInt",
    "Requires",
    "Rule",
    "Setting",
    "Sublayer",
    "TableName",
    "TensorSpec",
    "TreeFix",
    "UnitInterval",
    "Value",
    "Violation",
    "WeightSpec",
    "Wrapper",
    "insert",
    "remove",
    "rename",
    "set_value",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'seqspec.plugins' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"seqspec.{_HOMES[name]}"), name)
