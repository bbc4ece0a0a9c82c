"""The classes of `keras.optimizers`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import prod
from typing import Any, ClassVar

from seqspec.catalog.arguments import Declaration, arg
from seqspec.catalog.kinds import Boolean, Float, Integer, Kind, ListOf, Number, Optional, TableOf, Text
from seqspec.catalog.objects import OPTIMIZER
from seqspec.catalog.schedules import LearningRate
from seqspec.diagnostics.violation import UNSET, Violation, Violations

_RATE = LearningRate()
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


class Optimizer(Declaration):
    """What changes the weights, with the arguments that all optimizers take."""

    last: ClassVar[tuple[str, ...]] = _COMMON

    weight_decay: float | None = arg(Optional(Number()), "Weight decay.", default=None)
    clipnorm: float | None = arg(Optional(Number()), "Greatest norm of each gradient.", default=None)
    clipvalue: float | None = arg(Optional(Number()), "Greatest value in a gradient.", default=None)
    global_clipnorm: float | None = arg(Optional(Number()), "Greatest norm of all gradients together.", default=None)
    use_ema: bool = arg(Boolean(), "Whether an exponential moving average of the weights is kept.", default=False)
    ema_momentum: float = arg(Number(), "Momentum of the moving average.", default=0.99)
    ema_overwrite_frequency: int | None = arg(
        Optional(Integer()), "Steps after which the weights are replaced by their average.", default=None
    )
    loss_scale_factor: float | None = arg(Optional(Number()), "Factor on the loss, for low precision.", default=None)
    gradient_accumulation_steps: int | None = arg(
        Optional(Integer()), "Steps whose gradients are averaged into one update.", default=None
    )
    name: str | None = arg(Optional(Text("a name")), "Name.", default=None)

    @classmethod
    def unknown_help(cls, key: str) -> str | None:
        """Names of Keras 2."""
        return _OLD.get(key)

    def check(self) -> None:
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

    learning_rate: Any = arg(_RATE, _RATE_DOC, default=0.01)
    momentum: float = arg(Float(minimum=0, maximum=1), "Part of the last update that goes on.", default=0.0)
    nesterov: bool = arg(Boolean(), "Whether Nesterov momentum is used.", default=False)

    def _moments(self, shape: tuple[int, ...], name: str) -> int:
        return prod(shape) if self.momentum else 0


class RMSprop(Optimizer):
    """Divides gradients by a running mean of their size."""

    learning_rate: Any = arg(_RATE, _RATE_DOC, default=0.001)
    rho: float = arg(Number(), "Decay of the mean of squared gradients.", default=0.9)
    momentum: float = arg(Number(), "Part of the last update that goes on.", default=0.0)
    epsilon: float = arg(Number(), _EPSILON, default=1e-7)
    centered: bool = arg(Boolean(), "Whether the gradients' variance is used for their size.", default=False)

    def _moments(self, shape: tuple[int, ...], name: str) -> int:
        return prod(shape) * (1 + (self.momentum > 0) + self.centered)


class Adam(Optimizer):
    """Adaptive steps from running means of gradients and of their squares."""

    learning_rate: Any = arg(_RATE, _RATE_DOC, default=0.001)
    beta_1: float = arg(Number(), _BETA_1, default=0.9)
    beta_2: float = arg(Number(), _BETA_2, default=0.999)
    epsilon: float = arg(Number(), _EPSILON, default=1e-7)
    amsgrad: bool = arg(Boolean(), "Whether the greatest mean of squares so far is used.", default=False)

    def _moments(self, shape: tuple[int, ...], name: str) -> int:
        return prod(shape) * (3 if self.amsgrad else 2)


class AdamW(Optimizer):
    """Adam with weight decay apart from the gradient."""

    last = tuple(name for name in _COMMON if name != "weight_decay")

    learning_rate: Any = arg(_RATE, _RATE_DOC, default=0.001)
    weight_decay: float = arg(Number(), "Weight decay.", default=0.004)
    beta_1: float = arg(Number(), _BETA_1, default=0.9)
    beta_2: float = arg(Number(), _BETA_2, default=0.999)
    epsilon: float = arg(Number(), _EPSILON, default=1e-7)
    amsgrad: bool = arg(Boolean(), "Whether the greatest mean of squares so far is used.", default=False)

    def _moments(self, shape: tuple[int, ...], name: str) -> int:
        return prod(shape) * (3 if self.amsgrad else 2)


class Adadelta(Optimizer):
    """Adaptive steps from windows of gradients and of updates."""

    learning_rate: Any = arg(_RATE, _RATE_DOC, default=0.001)
    rho: float = arg(Number(), "Decay of the running means.", default=0.95)
    epsilon: float = arg(Number(), _EPSILON, default=1e-7)


class Adagrad(Optimizer):
    """Steps that shrink with the sum of all squared gradients so far."""

    learning_rate: Any = arg(_RATE, _RATE_DOC, default=0.001)
    initial_accumulator_value: float = arg(Number(), "Start value of the sums.", default=0.1)
    epsilon: float = arg(Number(), _EPSILON, default=1e-7)

    def _moments(self, shape: tuple[int, ...], name: str) -> int:
        return prod(shape)


class Adamax(Optimizer):
    """Adam with the greatest gradient in place of the mean of squares."""

    learning_rate: Any = arg(_RATE, _RATE_DOC, default=0.001)
    beta_1: float = arg(Number(), _BETA_1, default=0.9)
    beta_2: float = arg(Number(), "Decay of the greatest gradient.", default=0.999)
    epsilon: float = arg(Number(), _EPSILON, default=1e-7)


class Adafactor(Optimizer):
    """Adaptive steps that keep sums of rows and columns only, to save memory."""

    learning_rate: Any = arg(_RATE, _RATE_DOC, default=0.001)
    beta_2_decay: float = arg(Number(), "Power with which the decay of squares changes.", default=-0.8)
    epsilon_1: float = arg(Number(), _EPSILON, default=1e-30)
    epsilon_2: float = arg(Number(), "Least size of a parameter in relative steps.", default=0.001)
    clip_threshold: float = arg(Number(), "Greatest size of an update.", default=1.0)
    relative_step: bool = arg(Boolean(), "Whether the step follows the size of the parameters.", default=True)

    def _moments(self, shape: tuple[int, ...], name: str) -> int:
        sums = prod(shape[:-1]) + prod(shape[:-2] + shape[-1:]) if len(shape) > 1 else 0
        return prod(shape) + sums


class Nadam(Optimizer):
    """Adam with Nesterov momentum."""

    learning_rate: Any = arg(_RATE, _RATE_DOC, default=0.001)
    beta_1: float = arg(Number(), _BETA_1, default=0.9)
    beta_2: float = arg(Number(), _BETA_2, default=0.999)
    epsilon: float = arg(Number(), _EPSILON, default=1e-7)


class Ftrl(Optimizer):
    """Follows the regularized leader: sparse weights by L1 and L2 terms of its own."""

    learning_rate: Any = arg(_RATE, _RATE_DOC, default=0.001)
    learning_rate_power: float = arg(Number(maximum=0), "How the rate falls while training.", default=-0.5)
    initial_accumulator_value: float = arg(Number(minimum=0), "Start value of the sums.", default=0.1)
    l1_regularization_strength: float = arg(Number(minimum=0), "Strength of L1.", default=0.0)
    l2_regularization_strength: float = arg(Number(minimum=0), "Strength of L2.", default=0.0)
    l2_shrinkage_regularization_strength: float = arg(Number(minimum=0), "Strength of L2 on the loss.", default=0.0)
    beta: float = arg(Number(), "Beta of the paper.", default=0.0)


class Lion(Optimizer):
    """Steps of one size along the sign of a mean of gradients."""

    learning_rate: Any = arg(_RATE, _RATE_DOC, default=0.001)
    beta_1: float = arg(Number(above=0, maximum=1), "How gradient and momentum are mixed for the step.", default=0.9)
    beta_2: float = arg(Number(), "Decay of the momentum.", default=0.99)

    def _moments(self, shape: tuple[int, ...], name: str) -> int:
        return prod(shape)


class Lamb(Optimizer):
    """Adam with a step for each layer that follows the size of its weights, for large batches."""

    learning_rate: Any = arg(_RATE, _RATE_DOC, default=0.001)
    beta_1: float = arg(Number(), _BETA_1, default=0.9)
    beta_2: float = arg(Number(), _BETA_2, default=0.999)
    epsilon: float = arg(Number(), _EPSILON, default=1e-7)


class Muon(Optimizer):
    """Orthogonal updates for matrices, AdamW for everything else."""

    last = (
        *_COMMON, "exclude_layers", "exclude_embeddings", "muon_a", "muon_b", "muon_c", "adam_lr_ratio", "momentum",
        "ns_steps", "nesterov", "rms_rate",
    )  # fmt: skip

    learning_rate: Any = arg(_RATE, _RATE_DOC, default=0.001)
    adam_beta_1: float = arg(Number(), "Decay of AdamW's mean of gradients.", default=0.9)
    adam_beta_2: float = arg(Number(), "Decay of AdamW's mean of squared gradients.", default=0.999)
    adam_weight_decay: float | None = arg(
        Optional(Number()), "Weight decay of the part that uses AdamW.", default=0.004, since="3.13"
    )
    epsilon: float = arg(Number(), _EPSILON, default=1e-7)
    weight_decay: float | None = arg(Optional(Number()), "Weight decay of the part that uses Muon.", default=0.004)
    exclude_layers: Sequence[str] | None = arg(
        Optional(ListOf(Text("a pattern"))), "Patterns of variables that use AdamW.", default=None
    )
    exclude_embeddings: bool = arg(Boolean(), "Whether embeddings use AdamW.", default=True)
    muon_a: float = arg(Number(), "First coefficient of the iteration.", default=3.4445)
    muon_b: float = arg(Number(), "Second coefficient of the iteration.", default=-4.7750)
    muon_c: float = arg(Number(), "Third coefficient of the iteration.", default=2.0315)
    adam_lr_ratio: float = arg(Number(), "AdamW's learning rate as a multiple of Muon's.", default=1)
    momentum: float = arg(Number(), "Momentum of Muon.", default=0.95)
    ns_steps: int = arg(Integer(), "Steps of the iteration.", default=5)
    nesterov: bool = arg(Boolean(), "Whether Nesterov momentum is used.", default=True)
    rms_rate: float | None = arg(Optional(Number()), "Size that updates are matched to.", default=0.2, since="3.13")

    @property
    def countable(self) -> bool:
        return all(_is_quick(pattern) for pattern in self.exclude_layers or ())

    def check(self) -> None:
        super().check()
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

    learning_rate: Any = arg(_RATE, _RATE_DOC, default=0.0025)
    beta_1: float = arg(Number(), "How average and latest weights are mixed.", default=0.9)
    beta_2: float = arg(Number(), _BETA_2, default=0.999)
    epsilon: float = arg(Number(), _EPSILON, default=1e-8)
    warmup_steps: int = arg(Integer(), "Steps of a linear warm-up.", default=0)


class LossScaleOptimizer(Declaration):
    """Scales the loss around another optimizer, so that gradients in half precision do not vanish."""

    inner_optimizer: Declaration = arg(OPTIMIZER, "The optimizer that makes the updates.")
    initial_scale: float = arg(Number(), "Scale at the start.", default=32768.0)
    dynamic_growth_steps: int = arg(Integer(), "Steps without overflow after which the scale grows.", default=2000)
    name: str | None = arg(Optional(Text("a name")), "Name.", default=None)

    @classmethod
    def unknown_help(cls, key: str) -> str | None:
        return f"give {key} to the inner_optimizer" if key in Optimizer.arguments else None


class PlainOptimizer(Kind):
    """An optimizer that stands for itself, not around others."""

    neutral = True

    def read(self, value: Any) -> Any:
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

    def describe(self) -> str:
        return "an optimizer"


class OptimizerMap(Declaration):
    """Which optimizer trains which variable, for MultiOptimizer."""

    since = "3.15"

    default_optimizer: Declaration = arg(PlainOptimizer(), "The optimizer for all variables that no pattern matches.")
    optimizer_map: dict[str, Declaration] | None = arg(
        Optional(TableOf(PlainOptimizer())), "Optimizers by path of the variable, or by a regular expression for it.",
        default=None,
    )  # fmt: skip

    def check(self) -> None:
        for pattern in self.optimizer_map or {}:
            if not _is_pattern(pattern):
                raise Violation(
                    "bad-value",
                    "optimizer_map has a key that is no regular expression",
                    path=("optimizer_map", pattern),
                    anchor="key",
                )


class MapKind(Kind):
    """An `OptimizerMap`, with its type or without."""

    neutral = True

    def read(self, value: Any) -> OptimizerMap:
        if not isinstance(value, dict):
            raise self.refuse(value)
        if value.get("type", "OptimizerMap") != "OptimizerMap":
            raise Violation("bad-value", f"needs {self.describe()}, got a {value['type']}", path=("type",))
        violations: list[Violation] = []
        made = OptimizerMap.read(value, violations)
        if violations:
            raise Violations(violations, UNSET if made is None else made)
        assert made is not None
        return made

    def describe(self) -> str:
        return 'a table { type = "OptimizerMap", default_optimizer = "adam", optimizer_map = { ... } }'


class MultiOptimizer(Declaration):
    """Another optimizer for each group of variables."""

    since = "3.15"

    optimizer_map: OptimizerMap = arg(MapKind(), "Which optimizer trains which variable.")
    loss_scale_factor: float | None = arg(Optional(Number()), "Factor on the loss, for low precision.", default=None)
    name: str | None = arg(Optional(Text("a name")), "Name.", default=None)


_CLASSES: tuple[type[Declaration], ...] = (
    Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Ftrl, Lion, LossScaleOptimizer, MultiOptimizer, Muon, Nadam,
    RMSprop, SGD, ScheduleFreeAdamW,
)  # fmt: skip

NAMES: dict[str, type[Declaration]] = {optimizer.__name__.lower(): optimizer for optimizer in _CLASSES}
"""Every name that `keras.optimizers.get` reads, in lower case."""

FOLDED = True
"""Letter case does not count in the name of an optimizer."""


ONLY_TYPED = ("lamb",)
"""The names that only `typed` reads."""


def typed(name: str) -> type[Declaration] | None:
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
