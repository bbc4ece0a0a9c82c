"""The data of a search: read once, in the process whose copies train the trials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from seqspec.core.analysis.resolve import resolve_diagnostics
from seqspec.core.analysis.training.logs import VALIDATION
from seqspec.training.checks import check_with_data, read_data
from seqspec.training.data.prepare import PreparedData
from seqspec.training.errors import DataError, RunError
from seqspec.training.records import Digests, EventHandler
from seqspec.training.run_folder.environment import digests_of
from seqspec.training.search.plan import SearchPlan


class DataFacts(NamedTuple):
    """What the coordinator knows about the data: the shape of each set, and the digests of files and split."""

    shapes: Mapping[str, tuple[int, ...]]
    digests: Digests

    @property
    def sizes(self) -> dict[str, int]:
        """The samples of each set."""
        return {name: shape[0] for name, shape in self.shapes.items()}


@dataclass(frozen=True)
class SearchData:
    """The data of all trials and of the evaluation of the best one."""

    plan: SearchPlan
    sets: PreparedData

    @property
    def of_trials(self) -> PreparedData:
        """The data without the test set."""
        return replace(self.sets, sets={name: each for name, each in self.sets.sets.items() if name != "test"})

    def facts(self) -> DataFacts:
        """Its shapes and digests."""
        shapes = {name: (len(each), *each.x.shape[1:]) for name, each in self.sets.sets.items()}
        return DataFacts(shapes, digests_of(self.plan.shared, self.sets, self.plan.base))


def read_search_data(plan: SearchPlan, report: EventHandler) -> SearchData:
    """Reads the data, and checks the document with it.

    Raises:
        SpecError: The data shows an error in the document.
        BuildError: The spec imports what is not allowed, or is not installed.
        DataError: The data cannot be used.
        RunError: The objectives need validation data, and there is none.
    """
    from seqspec.core.compiler.build import require_all

    require_all(plan.analysis, plan.allowed)
    shared = plan.shared
    try:
        data = read_data(shared, plan.base, plan.seed, plan.allowed, access=plan.access)
    except DataError as error:
        if plan.search.folds is not None:
            raise _of_folds(plan, error)
        raise
    check_with_data(shared, data, report)
    spec = shared.spec
    assert spec is not None
    wanted = next((goal.metric for goal in plan.goals if goal.metric.startswith(VALIDATION)), None)
    validated = plan.folds or any(stage.validation_split for stage in spec.fit or ())
    if wanted is not None and "validation" not in data.sets and not validated:
        raise RunError(f"the objective {wanted} needs validation data: add validation to [data.split]")
    return SearchData(plan, data)


def _of_folds(plan: SearchPlan, error: DataError) -> DataError:
    """The same error, with what is wrong with the split of `folds` at this key."""
    split = ("data", "split")
    data_error = DataError(
        [violation.replace(path=("search", "folds")) if violation.path[:2] == split else violation for violation in error.violations]
    )  # fmt: skip
    data_error.diagnostics = resolve_diagnostics(data_error.violations, plan.analysis.expansion)
    return data_error
