"""The table `[search]`: distributions, candidates, and which of them can be trained."""

from typing import TYPE_CHECKING

from seqspec.core.lazy import lazy_names

if TYPE_CHECKING:
    from seqspec.core.check.space import Checked as Checked
    from seqspec.core.check.space import SkipReason as SkipReason
    from seqspec.core.check.space import SpaceChecker as SpaceChecker
    from seqspec.core.check.space import has_only_budgets as has_only_budgets
    from seqspec.core.check.summary import SpaceSummary as SpaceSummary
    from seqspec.core.document.search import FOLDED as FOLDED
    from seqspec.core.document.search import STATIC_OBJECTIVES as STATIC_OBJECTIVES
    from seqspec.core.document.search import Choice as Choice
    from seqspec.core.document.search import Fixed as Fixed
    from seqspec.core.document.search import Pruner as Pruner
    from seqspec.core.document.search import Sampler as Sampler
    from seqspec.core.document.search import Scalar as Scalar
    from seqspec.core.document.search import Search as Search
    from seqspec.core.document.search import Space as Space
    from seqspec.core.document.search import Uniform as Uniform
    from seqspec.core.document.search import seconds as seconds
    from seqspec.core.search_space.candidates import Candidate as Candidate
    from seqspec.core.search_space.candidates import Parameter as Parameter
    from seqspec.core.search_space.candidates import candidate as candidate
    from seqspec.core.search_space.candidates import drawn as drawn
    from seqspec.core.search_space.candidates import enumerated as enumerated
    from seqspec.core.search_space.candidates import parameters as parameters
    from seqspec.core.search_space.conditions import explain as explain
    from seqspec.core.search_space.first_trials import first_trials as first_trials
    from seqspec.core.search_space.first_trials import is_among as is_among
    from seqspec.core.search_space.first_trials import is_merged_at as is_merged_at
else:
    __getattr__ = lazy_names(__name__)
