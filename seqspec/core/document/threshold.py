"""The value of `threshold` in `[report]` as a table: what is reached on validation data."""

from typing import Annotated

from annotated_types import Ge, Gt, Le, Len
from pydantic import Field

from seqspec.core.catalog.types import Maybe, Number
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.document.base_table import Table


class Threshold(Table):
    """What the threshold of a binary classifier is chosen for."""

    title = "threshold"

    recall: Maybe[Annotated[Number, Gt(0), Le(1)]] = Field(
        default=None, description="Minimum recall of the second class: the highest threshold that reaches it."
    )
    cost: Maybe[Annotated[list[Annotated[Number, Ge(0)]], Len(2, 2)]] = Field(
        default=None, description="Cost of a false positive and of a false negative: the lowest total cost."
    )

    def check_arguments(self) -> None:
        if (self.recall is None) == (self.cost is None):
            raise Violation("conflicting-arguments", "threshold needs either recall or cost")
