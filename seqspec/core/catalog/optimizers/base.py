"""The base class of optimizers, and the type of their learning rate."""

from collections.abc import Mapping
from math import prod
from types import MappingProxyType
from typing import Annotated, ClassVar

from pydantic import Field

from seqspec.core.catalog.keras_object import KerasObject, bad_argument, conflict
from seqspec.core.catalog.markers import NEUTRAL
from seqspec.core.catalog.objects import SCHEDULE
from seqspec.core.catalog.types import Float, Maybe, Number, PlainName, read_by
from seqspec.core.catalog.validation import validate
from seqspec.core.diagnostics.message import Setting, fmt


def _learning_rate(value: object) -> object:
    if isinstance(value, (dict, KerasObject)) or (isinstance(value, str) and value.lstrip()[:1].isalpha()):
        return SCHEDULE.read(value)
    # Keras surprise: a negative learning rate is accepted.
    return validate(Float, value)


class RateOrSchedule:
    """Marks a learning rate: a number or a schedule."""


LearningRate = Annotated[
    float | KerasObject | str,
    *read_by(_learning_rate, "a number or a learning rate schedule", RateOrSchedule(), NEUTRAL),
]
"""A number, or a schedule."""


RATE_DOC = "Learning rate, a number or a schedule."


BETA_2_DOC = "Decay rate of the second moment (mean of squared gradients)."


EPSILON_DOC = "Small constant for numerical stability."


COMMON = (
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


_OLD = {"decay": fmt("use a schedule: {}", Setting("learning_rate", {"type": "InverseTimeDecay", ...: ...}))}


class Optimizer(KerasObject):
    """An optimizer, with the arguments that all optimizers share."""

    trailing: ClassVar[tuple[str, ...]] = COMMON
    renamed: ClassVar[Mapping[str, str]] = MappingProxyType({"lr": "learning_rate"})

    typical_learning_rates: ClassVar[str] = "1e-4 to 1e-2"
    """The range of its usual learning rates, as text."""
    starting_learning_rate: ClassVar[float] = 0.001
    """A learning rate to start with."""
    highest_learning_rate: ClassVar[float | None] = None
    """The learning rate from which training usually diverges; None where that is not known."""
    lowest_learning_rate: ClassVar[float | None] = None
    """The learning rate below which newly initialized weights hardly change; None where that is not known."""

    learning_rate: LearningRate = Field(default=0.001, description=RATE_DOC)
    weight_decay: Maybe[Number] = Field(default=None, description="Weight decay.")
    clipnorm: Maybe[Number] = Field(default=None, description="Maximum norm of each gradient.")
    clipvalue: Maybe[Number] = Field(default=None, description="Maximum absolute value of each gradient element.")
    global_clipnorm: Maybe[Number] = Field(default=None, description="Maximum global norm of all gradients.")
    use_ema: bool = Field(
        default=False, description="Whether to maintain an exponential moving average of the weights."
    )
    ema_momentum: Number = Field(default=0.99, description="Momentum of the moving average.")
    ema_overwrite_frequency: Maybe[int] = Field(
        default=None, description="Number of steps after which the weights are overwritten by their moving average."
    )
    loss_scale_factor: Maybe[Number] = Field(default=None, description="Loss scale factor, for mixed precision.")
    gradient_accumulation_steps: Maybe[int] = Field(
        default=None, description="Number of steps whose gradients are accumulated before an update."
    )
    name: PlainName = Field(default=None, description="Name.")

    @classmethod
    def unknown_argument_help(cls, key: str) -> str | None:
        """Names of Keras 2."""
        return _OLD.get(key)

    def check_arguments(self) -> None:
        steps = self.gradient_accumulation_steps
        if steps and steps < 2:
            raise bad_argument("gradient_accumulation_steps", f"must be an integer of at least 2, got {steps}")
        if self.use_ema:
            self._check_ema()
        clips = [name for name in ("clipnorm", "clipvalue", "global_clipnorm") if getattr(self, name) is not None]
        if len(clips) > 1:
            # Keras 2 clips twice, except by two norms.
            only_keras = 3 if clips[:2] != ["clipnorm", "global_clipnorm"] and len(clips) == 2 else None
            raise conflict(
                clips[1],
                f"{clips[1]} cannot be combined with {clips[0]}",
                label="set only one of them",
                related=[((clips[0],), "the other one")],
                help="keep one of clipnorm, clipvalue and global_clipnorm",
            ).replace(only_keras=only_keras)

    @property
    def countable(self) -> bool:
        """Whether `state` can be computed; not if a regular expression of the spec may take unbounded time."""
        return True

    def state(self, shape: tuple[int, ...], name: str) -> int:
        """Values kept beside a trainable variable: momenta, means of squares, averages, summed gradients.

        The single numbers that a method keeps as well are not counted.
        """
        size = prod(shape)
        return self._moments(shape, name) + size * (self.use_ema + bool(self.gradient_accumulation_steps))

    def _moments(self, shape: tuple[int, ...], name: str) -> int:
        """The number of values in the slot variables, by default means of gradients and of their squares."""
        return 2 * prod(shape)

    def _check_ema(self) -> None:
        if not 0 <= self.ema_momentum <= 1:
            raise bad_argument("ema_momentum", f"needs a number at least 0 and at most 1, got {self.ema_momentum:g}")
        every = self.ema_overwrite_frequency
        if every and every < 1:
            raise bad_argument("ema_overwrite_frequency", f"must be a positive integer, got {every}")
