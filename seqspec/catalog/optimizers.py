"""The classes of `keras.optimizers`."""

import re
from math import prod
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Gt, Le
from pydantic import Field

from seqspec.catalog.keras_object import KerasObject
from seqspec.catalog.markers import NEUTRAL, Expects, Since
from seqspec.catalog.objects import OPTIMIZER
from seqspec.catalog.objects import Optimizer as AnyOptimizer
from seqspec.catalog.schedules import LearningRate
from seqspec.catalog.types import Float, Maybe, NonNegativeNumber, Number, PlainName, read_by
from seqspec.catalog.validation import wrong_type
from seqspec.diagnostics.violation import UNSET, Violation, Violations

_Rate = LearningRate
_RATE_DOC = "Learning rate, a number or a schedule."
_BETA_1 = "Decay of the mean of gradients."
_BETA_2 = "Decay of the mean of squared gradients."
_EPSILON = "Small number that keeps divisions safe."
_COMMON = (
    "weight_decay",
    "clipnorm",
    "clipvalue",
    "global_clipnorm",
    "use_ema",
    "ema_momentum",
    "ema_overwrite_frequency",
    "loss_scale_factor",
    "gradient_accumulation_steps",
    "name",
)
_OLD = {
    "lr": "write learning_rate",
    "decay": 'give a schedule: learning_rate = { type = "InverseTimeDecay", ... }',
}


_is_quick = re.compile(r"[\w/.^$|-]*").fullmatch
"""Whether a regular expression is so plain that no text keeps it busy."""


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError):
        return False
    return True


class Optimizer(KerasObject):
    """What changes the weights, with the arguments that all optimizers take."""

    last: ClassVar[tuple[str, ...]] = _COMMON

    weight_decay: Maybe[Number] = Field(default=None, description="Weight decay.")
    clipnorm: Maybe[Number] = Field(default=None, description="Greatest norm of each gradient.")
    clipvalue: Maybe[Number] = Field(default=None, description="Greatest value in a gradient.")
    global_clipnorm: Maybe[Number] = Field(default=None, description="Greatest norm of all gradients together.")
    use_ema: bool = Field(default=False, description="Whether an exponential moving average of the weights is kept.")
    ema_momentum: Number = Field(default=0.99, description="Momentum of the moving average.")
    ema_overwrite_frequency: Maybe[int] = Field(
        default=None, description="Steps after which the weights are replaced by their average."
    )
    loss_scale_factor: Maybe[Number] = Field(default=None, description="Factor on the loss, for low precision.")
    gradient_accumulation_steps: Maybe[int] = Field(
        default=None, description="Steps whose gradients are averaged into one update."
    )
    name: PlainName = Field(default=None, description="Name.")

    @classmethod
    def unknown_argument_help(cls, key: str) -> str | None:
        """Names of Keras 2."""
        return _OLD.get(key)

    def check_arguments(self) -> None:
        steps = self.gradient_accumulation_steps
        if steps and steps < 2:
            raise Violation(
                "bad-value",
                f"gradient_accumulation_steps needs a whole number of at least 2, got {steps}",
                path=("gradient_accumulation_steps",),
            )
        if self.use_ema:
            self._check_ema()
        clips = [name for name in ("clipnorm", "clipvalue", "global_clipnorm") if getattr(self, name) is not None]
        if len(clips) > 1:
            raise Violation(
                "conflicting-arguments",
                f"{clips[1]} cannot stand together with {clips[0]}",
                path=(clips[1],),
                label="one of them only",
                related=[((clips[0],), "the other one")],
                help="keep one of clipnorm, clipvalue and global_clipnorm",
            )

    @property
    def countable(self) -> bool:
        """Whether `state` can be said: not where a regular expression of the document might run for ever."""
        return True

    def state(self, shape: tuple[int, ...], name: str) -> int:
        """Values kept beside a trainable variable: momenta, means of squares, averages, summed gradients.

        The single numbers that a method keeps as well are not counted.
        """
        size = prod(shape)
        return self._moments(shape, name) + size * (self.use_ema + bool(self.gradient_accumulation_steps))

    def _moments(self, shape: tuple[int, ...], name: str) -> int:
        """What the method itself keeps; mostly a mean of gradients and one of their squares."""
        return 2 * prod(shape)

    def _check_ema(self) -> None:
        if not 0 <= self.ema_momentum <= 1:
            raise Violation(
                "bad-value",
                f"ema_momentum needs a number at least 0 and at most 1, got {self.ema_momentum:g}",
                path=("ema_momentum",),
            )
        every = self.ema_overwrite_frequency
        if every and every < 1:
            raise Violation(
                "bad-value",
                f"ema_overwrite_frequency needs a positive whole number, got {every}",
                path=("ema_overwrite_frequency",),
            )


class SGD(Optimizer):
    """Gradient descent, with momentum where it is given."""

    learning_rate: _Rate = Field(default=0.01, description=_RATE_DOC)
    momentum: Annotated[Float, Ge(0), Le(1)] = Field(default=0.0, description="Part of the last update that goes on.")
    nesterov: bool = Field(default=False, description="Whether Nesterov momentum is used.")

    def _moments(self, shape: tuple[int, ...], name: str) -> int:
        return prod(shape) if self.momentum else 0


class RMSprop(Optimizer):
    """Divides gradients by a running mean of their size."""

    learning_rate: _Rate = Field(default=0.001, description=_RATE_DOC)
    rho: Number = Field(default=0.9, description="Decay of the mean of squared gradients.")
    momentum: Number = Field(default=0.0, description="Part of the last update that goes on.")
    epsilon: Number = Field(default=1e-7, description=_EPSILON)
    centered: bool = Field(default=False, description="Whether the gradients' variance is used for their size.")

    def _moments(self, shape: tuple[int, ...], name: str) -> int:
        return prod(shape) * (1 + (self.momentum > 0) + self.centered)


class Adam(Optimizer):
    """Adaptive steps from running means of gradients and of their squares."""

    learning_rate: _Rate = Field(default=0.001, description=_RATE_DOC)
    beta_1: Number = Field(default=0.9, description=_BETA_1)
    beta_2: Number = Field(default=0.999, description=_BETA_2)
    epsilon: Number = Field(default=1e-7, description=_EPSILON)
    amsgrad: bool = Field(default=False, description="Whether the greatest mean of squares so far is used.")

    def _moments(self, shape: tuple[int, ...], name: str) -> int:
        return prod(shape) * (3 if self.amsgrad else 2)


class AdamW(Optimizer):
    """Adam with weight decay apart from the gradient."""

    last = tuple(name for name in _COMMON if name != "weight_decay")

    learning_rate: _Rate = Field(default=0.001, description=_RATE_DOC)
    weight_decay: Number = Field(default=0.004, description="Weight decay.")
    beta_1: Number = Field(default=0.9, description=_BETA_1)
    beta_2: Number = Field(default=0.999, description=_BETA_2)
    epsilon: Number = Field(default=1e-7, description=_EPSILON)
    amsgrad: bool = Field(default=False, description="Whether the greatest mean of squares so far is used.")

    def _moments(self, shape: tuple[int, ...], name: str) -> int:
        return prod(shape) * (3 if self.amsgrad else 2)


class Adadelta(Optimizer):
    """Adaptive steps from windows of gradients and of updates."""

    learning_rate: _Rate = Field(default=0.001, description=_RATE_DOC)
    rho: Number = Field(default=0.95, description="Decay of the running means.")
    epsilon: Number = Field(default=1e-7, description=_EPSILON)


class Adagrad(Optimizer):
    """Steps that shrink with the sum of all squared gradients so far."""

    learning_rate: _Rate = Field(default=0.001, description=_RATE_DOC)
    initial_accumulator_value: Number = Field(default=0.1, description="Start value of the sums.")
    epsilon: Number = Field(default=1e-7, description=_EPSILON)

    def _moments(self, shape: tuple[int, ...], name: str) -> int:
        return prod(shape)


class Adamax(Optimizer):
    """Adam with the greatest gradient in place of the mean of squares."""

    learning_rate: _Rate = Field(default=0.001, description=_RATE_DOC)
    beta_1: Number = Field(default=0.9, description=_BETA_1)
    beta_2: Number = Field(default=0.999, description="Decay of the greatest gradient.")
    epsilon: Number = Field(default=1e-7, description=_EPSILON)


class Adafactor(Optimizer):
    """Adaptive steps that keep sums of rows and columns only, to save memory."""

    learning_rate: _Rate = Field(default=0.001, description=_RATE_DOC)
    beta_2_decay: Number = Field(default=-0.8, description="Power with which the decay of squares changes.")
    epsilon_1: Number = Field(default=1e-30, description=_EPSILON)
    epsilon_2: Number = Field(default=0.001, description="Least size of a parameter in relative steps.")
    clip_threshold: Number = Field(default=1.0, description="Greatest size of an update.")
    relative_step: bool = Field(default=True, description="Whether the step follows the size of the parameters.")

    def _moments(self, shape: tuple[int, ...], name: str) -> int:
        sums = prod(shape[:-1]) + prod(shape[:-2] + shape[-1:]) if len(shape) > 1 else 0
        return prod(shape) + sums


class Nadam(Optimizer):
    """Adam with Nesterov momentum."""

    learning_rate: _Rate = Field(default=0.001, description=_RATE_DOC)
    beta_1: Number = Field(default=0.9, description=_BETA_1)
    beta_2: Number = Field(default=0.999, description=_BETA_2)
    epsilon: Number = Field(default=1e-7, description=_EPSILON)


class Ftrl(Optimizer):
    """Follows the regularized leader: sparse weights by L1 and L2 terms of its own."""

    learning_rate: _Rate = Field(default=0.001, description=_RATE_DOC)
    learning_rate_power: Annotated[Number, Le(0)] = Field(
        default=-0.5, description="How the rate falls while training."
    )
    initial_accumulator_value: NonNegativeNumber = Field(default=0.1, description="Start value of the sums.")
    l1_regularization_strength: NonNegativeNumber = Field(default=0.0, description="Strength of L1.")
    l2_regularization_strength: NonNegativeNumber = Field(default=0.0, description="Strength of L2.")
    l2_shrinkage_regularization_strength: NonNegativeNumber = Field(
        default=0.0, description="Strength of L2 on the loss."
    )
    beta: Number = Field(default=0.0, description="Beta of the paper.")


class Lion(Optimizer):
    """Steps of one size along the sign of a mean of gradients."""

    learning_rate: _Rate = Field(default=0.001, description=_RATE_DOC)
    beta_1: Annotated[Number, Le(1), Gt(0)] = Field(
        default=0.9, description="How gradient and momentum are mixed for the step."
    )
    beta_2: Number = Field(default=0.99, description="Decay of the momentum.")

    def _moments(self, shape: tuple[int, ...], name: str) -> int:
        return prod(shape)


class Lamb(Optimizer):
    """Adam with a step for each layer that follows the size of its weights, for large batches."""

    learning_rate: _Rate = Field(default=0.001, description=_RATE_DOC)
    beta_1: Number = Field(default=0.9, description=_BETA_1)
    beta_2: Number = Field(default=0.999, description=_BETA_2)
    epsilon: Number = Field(default=1e-7, description=_EPSILON)


class Muon(Optimizer):
    """Orthogonal updates for matrices, AdamW for everything else."""

    last = (
        *_COMMON, "exclude_layers", "exclude_embeddings", "muon_a", "muon_b", "muon_c", "adam_lr_ratio", "momentum",
        "ns_steps", "nesterov", "rms_rate",
    )  # fmt: skip

    learning_rate: _Rate = Field(default=0.001, description=_RATE_DOC)
    adam_beta_1: Number = Field(default=0.9, description="Decay of AdamW's mean of gradients.")
    adam_beta_2: Number = Field(default=0.999, description="Decay of AdamW's mean of squared gradients.")
    adam_weight_decay: Annotated[Maybe[Number], Since("3.13")] = Field(
        default=0.004, description="Weight decay of the part that uses AdamW."
    )
    epsilon: Number = Field(default=1e-7, description=_EPSILON)
    weight_decay: Maybe[Number] = Field(default=0.004, description="Weight decay of the part that uses Muon.")
    exclude_layers: Maybe[list[Annotated[str, Expects("a pattern")]]] = Field(
        default=None, description="Patterns of variables that use AdamW."
    )
    exclude_embeddings: bool = Field(default=True, description="Whether embeddings use AdamW.")
    muon_a: Number = Field(default=3.4445, description="First coefficient of the iteration.")
    muon_b: Number = Field(default=-4.7750, description="Second coefficient of the iteration.")
    muon_c: Number = Field(default=2.0315, description="Third coefficient of the iteration.")
    adam_lr_ratio: Number = Field(default=1, description="AdamW's learning rate as a multiple of Muon's.")
    momentum: Number = Field(default=0.95, description="Momentum of Muon.")
    ns_steps: int = Field(default=5, description="Steps of the iteration.")
    nesterov: bool = Field(default=True, description="Whether Nesterov momentum is used.")
    rms_rate: Annotated[Maybe[Number], Since("3.13")] = Field(
        default=0.2, description="Size that updates are matched to."
    )

    @property
    def countable(self) -> bool:
        return all(_is_quick(pattern) for pattern in self.exclude_layers or ())

    def check_arguments(self) -> None:
        super().check_arguments()
        for index, pattern in enumerate(self.exclude_layers or ()):
            if not _is_pattern(pattern):
                raise Violation(
                    "bad-value", "exclude_layers needs regular expressions", path=("exclude_layers", index),
                    label="no regular expression",
                )  # fmt: skip

    def _moments(self, shape: tuple[int, ...], name: str) -> int:
        adam = (
            len(shape) != 2
            or (self.exclude_embeddings and "embedding" in name.lower())
            or any(re.search(pattern, name) for pattern in self.exclude_layers or ())
        )
        return prod(shape) * (2 if adam else 1)


class ScheduleFreeAdamW(Optimizer):
    """AdamW that averages weights and so needs no falling learning rate."""

    since = "3.14"

    learning_rate: _Rate = Field(default=0.0025, description=_RATE_DOC)
    beta_1: Number = Field(default=0.9, description="How average and latest weights are mixed.")
    beta_2: Number = Field(default=0.999, description=_BETA_2)
    epsilon: Number = Field(default=1e-8, description=_EPSILON)
    warmup_steps: int = Field(default=0, description="Steps of a linear warm-up.")


class LossScaleOptimizer(KerasObject):
    """Scales the loss around another optimizer, so that gradients in half precision do not vanish."""

    inner_optimizer: AnyOptimizer = Field(description="The optimizer that makes the updates.")
    initial_scale: Number = Field(default=32768.0, description="Scale at the start.")
    dynamic_growth_steps: int = Field(default=2000, description="Steps without overflow after which the scale grows.")
    name: PlainName = Field(default=None, description="Name.")

    @classmethod
    def unknown_argument_help(cls, key: str) -> str | None:
        return f"give {key} to the inner_optimizer" if key in Optimizer.model_fields else None


def _plain_optimizer(value: Any) -> Any:
    violations: list[Violation] = []
    try:
        made = OPTIMIZER.read(value)
    except Violations as several:
        violations, made = several.items, several.recovered_value
    if isinstance(made, (LossScaleOptimizer, MultiOptimizer)):
        raise Violation("bad-value", f"cannot be a {type(made).__name__}: MultiOptimizer takes plain optimizers")
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
            if not _is_pattern(pattern):
                raise Violation(
                    "bad-value",
                    "optimizer_map has a key that is no regular expression",
                    path=("optimizer_map", pattern),
                    anchor="key",
                )


_MAP = 'a table { type = "OptimizerMap", default_optimizer = "adam", optimizer_map = { ... } }'


def _optimizer_map(value: Any) -> OptimizerMap:
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


_CLASSES: tuple[type[KerasObject], ...] = (
    Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Ftrl, Lion, LossScaleOptimizer, MultiOptimizer, Muon, Nadam,
    RMSprop, SGD, ScheduleFreeAdamW,
)  # fmt: skip

NAMES: dict[str, type[KerasObject]] = {optimizer.__name__.lower(): optimizer for optimizer in _CLASSES}
"""Every name that `keras.optimizers.get` reads, in lower case."""

FOLDED = True
"""Letter case does not count in the name of an optimizer."""


ONLY_TYPED = ("lamb",)
"""The names that only `typed` reads."""


def typed(name: str) -> type[KerasObject] | None:
    """The class for `Lamb`, which `keras.optimizers.get` does not read by its bare name."""
    return Lamb if name.lower() in ONLY_TYPED else None


_BASE = ("is the base class and does nothing by itself", "name an optimizer such as adam")
_INNER = ("is no optimizer by itself", 'write { type = "MultiOptimizer", optimizer_map = { ... } }')
REFUSED: dict[str, tuple[str, str]] = {
    "Optimizer": _BASE,
    "optimizer": _BASE,
    "OptimizerMap": _INNER,
    "optimizermap": _INNER,
}
"""The classes that a document cannot hold: why, and what to do instead."""
