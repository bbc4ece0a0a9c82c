"""Optimizers around other optimizers."""

from typing import Annotated

from pydantic import Field

from seqspec.catalog.keras_object import KerasObject
from seqspec.catalog.markers import NEUTRAL
from seqspec.catalog.objects import OPTIMIZER
from seqspec.catalog.objects import Optimizer as AnyOptimizer
from seqspec.catalog.optimizers.base import Optimizer
from seqspec.catalog.optimizers.patterns import is_pattern
from seqspec.catalog.types import Maybe, Number, PlainName, read_by
from seqspec.catalog.validation import wrong_type
from seqspec.diagnostics.snippet import Help
from seqspec.diagnostics.violation import UNSET, Violation, Violations


class LossScaleOptimizer(KerasObject):
    """Scales the loss around another optimizer, so that gradients in half precision do not vanish."""

    inner_optimizer: AnyOptimizer = Field(description="The optimizer that makes the updates.")
    initial_scale: Number = Field(default=32768.0, description="Scale at the start.")
    dynamic_growth_steps: int = Field(default=2000, description="Steps without overflow after which the scale grows.")
    name: PlainName = Field(default=None, description="Name.")

    @classmethod
    def unknown_argument_help(cls, key: str) -> str | Help | None:
        return f"set {key} in inner_optimizer" if key in Optimizer.model_fields else None


def _plain_optimizer(value: object) -> object:
    violations: list[Violation] = []
    try:
        made = OPTIMIZER.read(value)
    except Violations as several:
        violations, made = several.items, several.recovered_value
    if isinstance(made, (LossScaleOptimizer, MultiOptimizer)):
        raise Violation("bad-value", f"cannot be a {type(made).__name__}: MultiOptimizer accepts only plain optimizers")
    if violations:
        raise Violations(violations, made)
    return made


class InnerOptimizer:
    """Marks an optimizer that wraps no other."""


PlainOptimizer = Annotated[KerasObject | str, *read_by(_plain_optimizer, "an optimizer", InnerOptimizer(), NEUTRAL)]
"""An optimizer that stands for itself, not around others."""


class OptimizerMap(KerasObject):
    """Which optimizer trains which variable, for MultiOptimizer."""

    since = "3.15"

    default_optimizer: PlainOptimizer = Field(description="The optimizer for all variables that no pattern matches.")
    optimizer_map: Maybe[dict[str, PlainOptimizer]] = Field(
        default=None, description="Optimizers by path of the variable, or by a regular expression for it."
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


_MAP = "a table of type OptimizerMap, with default_optimizer and optimizer_map"


def _optimizer_map(value: object) -> OptimizerMap:
    if isinstance(value, OptimizerMap):
        return value
    if not isinstance(value, dict):
        raise wrong_type(_MAP, value)
    if value.get("type", "OptimizerMap") != "OptimizerMap":
        raise Violation("bad-value", f"needs {_MAP}, got a {value['type']}", path=("type",))
    violations: list[Violation] = []
    made = OptimizerMap.read(value, violations)
    if violations:
        raise Violations(violations, UNSET if made is None else made)
    assert made is not None
    return made


class MapOfOptimizers:
    """Marks an `OptimizerMap`."""


OptimizerMapTable = Annotated[OptimizerMap, *read_by(_optimizer_map, _MAP, MapOfOptimizers(), NEUTRAL)]
"""An `OptimizerMap`, with its type or without."""


class MultiOptimizer(KerasObject):
    """Another optimizer for each group of variables."""

    since = "3.15"

    optimizer_map: OptimizerMapTable = Field(description="Which optimizer trains which variable.")
    loss_scale_factor: Maybe[Number] = Field(default=None, description="Factor on the loss, for low precision.")
    name: PlainName = Field(default=None, description="Name.")
