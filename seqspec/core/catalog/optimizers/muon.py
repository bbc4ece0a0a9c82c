"""Muon."""

import re
from math import prod
from typing import Annotated

from pydantic import Field

from seqspec.core.catalog.markers import Expects, Since
from seqspec.core.catalog.optimizers.base import COMMON, EPSILON_DOC, Optimizer
from seqspec.core.catalog.types import Maybe, Number
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.language.regex import is_pattern

is_cheap_pattern = re.compile(r"[\w/.^$|-]*").fullmatch
"""Whether a regular expression has no repetition and no group, so that it takes linear time."""


class Muon(Optimizer):
    """Muon: orthogonalized updates for matrices, AdamW for all other variables."""

    traits = frozenset({"adaptive"})
    typical_learning_rates = "1e-3 to 0.02"
    starting_learning_rate = 0.001
    highest_learning_rate = 0.2
    trailing = (
        *COMMON, "exclude_layers", "exclude_embeddings", "muon_a", "muon_b", "muon_c", "adam_lr_ratio", "momentum",
        "ns_steps", "nesterov", "rms_rate",
    )  # fmt: skip

    adam_beta_1: Number = Field(default=0.9, description="Decay rate of AdamW's first moment.")
    adam_beta_2: Number = Field(default=0.999, description="Decay rate of AdamW's second moment.")
    adam_weight_decay: Annotated[Maybe[Number], Since("3.13")] = Field(
        default=0.004, description="Weight decay of the variables trained by AdamW."
    )
    epsilon: Number = Field(default=1e-7, description=EPSILON_DOC)
    weight_decay: Maybe[Number] = Field(default=0.004, description="Weight decay of the variables trained by Muon.")
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
        return all(is_cheap_pattern(pattern) for pattern in self.exclude_layers or ())

    def check_arguments(self) -> None:
        super().check_arguments()
        for index, pattern in enumerate(self.exclude_layers or ()):
            if not is_pattern(pattern):
                raise Violation(
                    "bad-value",
                    "exclude_layers needs regular expressions",
                    path=("exclude_layers", index),
                    label="no regular expression",
                )

    def _moments(self, shape: tuple[int, ...], name: str) -> int:
        adam = (
            len(shape) != 2
            or (self.exclude_embeddings and "embedding" in name.lower())
            or any(re.search(pattern, name) for pattern in self.exclude_layers or ())
        )
        return prod(shape) * (2 if adam else 1)
