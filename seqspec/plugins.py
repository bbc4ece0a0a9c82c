"""The API for plugins: the only module of seqspec that a package with rules, layers or front ends of its own imports.

Rules are made of `Rule`, `Requires`, `Facts`, `Violation` and `TreeFix` with its edits; layers of `Layer` or `Wrapper`,
the types of their fields, `InferenceContext`, `TensorSpec` and `WeightSpec`; loggers of `Logger` and `LoggedRun`;
front ends of `Frontend`, `SourceModels`, `Document` and `Limits`. Fields are declared with `pydantic.Field`.
"""

from typing import TYPE_CHECKING

from seqspec.core.lazy import lazy_names

if TYPE_CHECKING:
    from seqspec.core.analysis.facts import Facts as Facts
    from seqspec.core.catalog.layer import InferenceContext as InferenceContext
    from seqspec.core.catalog.layer import Layer as Layer
    from seqspec.core.catalog.layer import Sublayer as Sublayer
    from seqspec.core.catalog.layers.wrappers import Wrapper as Wrapper
    from seqspec.core.catalog.reading import AnyLayer as AnyLayer
    from seqspec.core.catalog.traits import Composition as Composition
    from seqspec.core.catalog.types import Maybe as Maybe
    from seqspec.core.catalog.types import NonNegativeInt as NonNegativeInt
    from seqspec.core.catalog.types import Number as Number
    from seqspec.core.catalog.types import PositiveInt as PositiveInt
    from seqspec.core.catalog.types import UnitInterval as UnitInterval
    from seqspec.core.diagnostics.diagnostic import TreeFix as TreeFix
    from seqspec.core.diagnostics.diagnostic import insert as insert
    from seqspec.core.diagnostics.diagnostic import remove as remove
    from seqspec.core.diagnostics.diagnostic import rename as rename
    from seqspec.core.diagnostics.diagnostic import set_value as set_value
    from seqspec.core.diagnostics.message import Help as Help
    from seqspec.core.diagnostics.message import Setting as Setting
    from seqspec.core.diagnostics.message import TableName as TableName
    from seqspec.core.diagnostics.message import Value as Value
    from seqspec.core.diagnostics.violation import Violation as Violation
    from seqspec.core.frontends.frontend import Frontend as Frontend
    from seqspec.core.frontends.frontend import SourceModels as SourceModels
    from seqspec.core.linter.rule import Requires as Requires
    from seqspec.core.linter.rule import Rule as Rule
    from seqspec.core.shapes.tensor import Interval as Interval
    from seqspec.core.shapes.tensor import TensorSpec as TensorSpec
    from seqspec.core.shapes.tensor import WeightSpec as WeightSpec
    from seqspec.core.syntax.document import Document as Document
    from seqspec.core.syntax.limits import Limits as Limits
    from seqspec.training.loggers.logger import LoggedRun as LoggedRun
    from seqspec.training.loggers.logger import Logger as Logger
else:
    __getattr__ = lazy_names(__name__)

__all__ = [
    "AnyLayer",
    "Composition",
    "Document",
    "Facts",
    "Frontend",
    "Help",
    "InferenceContext",
    "Interval",
    "Layer",
    "Limits",
    "LoggedRun",
    "Logger",
    "Maybe",
    "NonNegativeInt",
    "Number",
    "PositiveInt",
    "Requires",
    "Rule",
    "Setting",
    "SourceModels",
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
