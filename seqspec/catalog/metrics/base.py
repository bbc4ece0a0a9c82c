"""What all metrics share."""

from seqspec.catalog.dtypes import PolicyText
from seqspec.catalog.keras_object import KerasObject
from seqspec.catalog.types import Maybe

Dtype = Maybe[PolicyText]
DTYPE_DOC = "Dtype of the computation."


class Metric(KerasObject):
    """A number that is shown for each epoch."""
