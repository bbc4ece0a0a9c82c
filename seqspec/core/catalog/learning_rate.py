"""A learning rate: a number, or a schedule."""

from typing import Annotated

from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.markers import NEUTRAL
from seqspec.core.catalog.objects import SCHEDULE
from seqspec.core.catalog.types import Float, read_by
from seqspec.core.catalog.validation import validate


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
