"""What all schedules share."""

from seqspec.catalog.keras_object import KerasObject
from seqspec.catalog.types import PositiveNumber

Steps = PositiveNumber


class Schedule(KerasObject):
    """A learning rate as a function of the step."""
