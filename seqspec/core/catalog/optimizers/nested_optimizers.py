"""Optimizers around other optimizers."""

from typing import Annotated

from pydantic import Field

from seqspec.core.catalog.keras_object import KerasObject, require_valid
from seqspec.core.catalog.markers import NEUTRAL
from seqspec.core.catalog.objects import OPTIMIZER
from seqspec.core.catalog.objects import Optimizer as AnyOptimizer
from seqspec.core.catalog.optimizers.base import COMMON
from seqspec.core.catalog.types import Maybe, Number, PlainName, read_by
from seqspec.core.catalog.validation import wrong_type
from seqspec.core.diagnostics.message import Message, SpecOrProgram, fmt
from seqspec.core.diagnostics.violation import Violation, Violations
from seqspec.core.language.regex import is_pattern


class LossScaleOptimizer(KerasObject):
    """Wraps an optimizer with dynamic loss scaling, so that half-precision gradients do not underflow."""

    inner_optimizer: AnyOptimizer = Field(description="The wrapped optimizer.")
    initial_scale: Number = Field(default=32768.0, description="Initial loss scale.")
    dynamic_growth_steps: int = Field(
        default=2000, description="Number of steps without overflow after which the scale is doubled."
    )
    name: PlainName = Field(default=None, description="Name.")

    @classmethod
    def unknown_argument_help(cls, key: str) -> str | None:
        return f"set {key} in inner_optimizer" if key in COMMON else None


def _plain_optimizer(value: object) -> object:
    violations: list[Violation] = []
    try:
        optimizer = OPTIMIZER.read(value)
    except Violations as several:
        violations, optimizer = several.items, several.recovered_value
    if isinstance(optimizer, (LossScaleOptimizer, MultiOptimizer)):
        raise Violation(
            "bad-value", f"cannot be a {type(optimizer).__name__}: MultiOptimizer accepts only plain optimizers"
        )
    if violations:
        raise Violations(violations, optimizer)
    return optimizer


class InnerOptimizer:
    """Marks an optimizer that wraps no other."""


PlainOptimizer = Annotated[KerasObject | str, *read_by(_plain_optimizer, "an optimizer", InnerOptimizer(), NEUTRAL)]
"""An optimizer that does not wrap another one."""


class OptimizerMap(KerasObject):
    """Assignment of variables to optimizers, for MultiOptimizer."""

    since = "3.15"

    default_optimizer: PlainOptimizer = Field(description="Optimizer of all variables that no pattern matches.")
    optimizer_map: Maybe[dict[str, PlainOptimizer]] = Field(
        default=None, description="Optimizers by variable path or regular expression."
    )

    def check_arguments(self) -> None:
        for pattern in self.optimizer_map or {}:
            if not is_pattern(pattern):
                raise Violation(
                    "bad-value",
                    "optimizer_map has a key that is not a valid regular expression",
                    path=("optimizer_map", pattern),
                    anchor="key",
                )


_MAP = fmt(
    "{}, with default_optimizer and optimizer_map",
    SpecOrProgram(Message("a table of type OptimizerMap"), "an OptimizerMap"),
)


def _optimizer_map(value: object) -> OptimizerMap:
    if isinstance(value, OptimizerMap):
        return value
    if not isinstance(value, dict):
        raise wrong_type(_MAP, value)
    if value.get("type", "OptimizerMap") != "OptimizerMap":
        raise Violation("bad-value", f"needs {_MAP}, got a {value['type']}", path=("type",))
    violations: list[Violation] = []
    return require_valid(OptimizerMap.read(value, violations), violations)


class MapOfOptimizers:
    """Marks an `OptimizerMap`."""


OptimizerMapTable = Annotated[OptimizerMap, *read_by(_optimizer_map, _MAP, MapOfOptimizers(), NEUTRAL)]
"""An `OptimizerMap`, with its type or without."""


class MultiOptimizer(KerasObject):
    """Several optimizers, each for a group of variables."""

    since = "3.15"

    optimizer_map: OptimizerMapTable = Field(description="Assignment of variables to optimizers.")
    loss_scale_factor: Maybe[Number] = Field(default=None, description="Loss scale factor, for mixed precision.")
    name: PlainName = Field(default=None, description="Name.")
