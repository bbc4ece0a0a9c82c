"""What all metrics share."""

from __future__ import annotations

from seqspec.catalog.arguments import Declaration
from seqspec.catalog.dtypes import PolicyName
from seqspec.catalog.kinds import Optional, Text

NAME = Optional(Text("a name"))
DTYPE = Optional(PolicyName())
DTYPE_DOC = "Dtype of the computation."


class Metric(Declaration):
    """A number that is shown for each epoch."""
