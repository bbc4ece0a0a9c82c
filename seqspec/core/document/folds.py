"""The splits of `[data.split]` into folds: cross-validation."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Le
from pydantic import Field

from seqspec.core.catalog.keras_object import bad_argument
from seqspec.core.catalog.types import Maybe, NonNegativeInt, PositiveInt, UnitInterval
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.document.base_table import Table


class FoldSplit(Table):
    """Base of the splits into folds: the model is trained once per fold, then on all samples but the test set."""

    renamed: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("k", "n_splits", "n_folds", "splits"), "folds"),
        "n_repeats": "repeats",
        **dict.fromkeys(("test_size", "test_split"), "test"),
    }
    has_validation: ClassVar[bool] = True

    folds: Annotated[int, Ge(2), Le(100)] = Field(default=5, description="Number of folds.")
    test: UnitInterval = Field(default=0.0, description="Fraction for testing, which is in no fold.")
    fold: Maybe[PositiveInt] = Field(
        default=None, description="The only fold to train, from 1; by default all of them, then the final model."
    )

    def check_arguments(self) -> None:
        if self.test >= 1:
            raise Violation("bad-value", "no samples are left for training", path=("test",))
        if self.fold is not None and self.fold > self.count:
            raise bad_argument("fold", f"must be at most {self.count}, got {self.fold}")

    @property
    def count(self) -> int:
        """The number of trainings before that of the final model."""
        return self.folds

    @property
    def fractions(self) -> dict[str, float]:
        """The fractions of the sets before the first one is divided into folds."""
        return {"train": 1.0 - self.test, "test": self.test}


class ShuffledFoldSplit(FoldSplit):
    """Base of the splits into random folds."""

    repeats: Annotated[int, Ge(1), Le(100)] = Field(
        default=1, description="How often the samples are divided into new folds."
    )
    seed: Maybe[NonNegativeInt] = Field(default=None, description="Seed of the folds; by default that of the run.")

    @property
    def count(self) -> int:
        return self.folds * self.repeats


class KFoldSplit(ShuffledFoldSplit):
    """Samples are assigned to folds at random."""

    title = 'a split with by = "k-fold"'

    by: Literal["k-fold"] = Field(description="Cross-validation: random folds, each of which validates once.")
    stratify: bool = Field(default=False, description="Whether each class has the same share of every fold.")


class GroupKFoldSplit(ShuffledFoldSplit):
    """Samples of one group stay in one fold."""

    title = 'a split with by = "group-k-fold"'

    by: Literal["group-k-fold"] = Field(description="Cross-validation: no group is in two folds.")
    column: str = Field(description="Column that names the group.")


class TimeKFoldSplit(FoldSplit):
    """Each fold validates on the samples after those that it trains on."""

    title = 'a split with by = "time-k-fold"'

    by: Literal["time-k-fold"] = Field(description="Cross-validation on growing parts, each validated by the next.")
    column: Maybe[str] = Field(
        default=None, description="Column to sort by; by default rows are in chronological order."
    )
    gap: NonNegativeInt = Field(default=0, description="Samples that are dropped between two sets.")
