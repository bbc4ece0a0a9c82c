"""A document to be checked, with all that a check of it needs: what travels to a worker process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from seqspec.analysis.analyze import Source
from seqspec.linter.check import check
from seqspec.syntax.limits import LIMITS, Limits

if TYPE_CHECKING:
    from seqspec.analysis.report import Report


class Task(NamedTuple):
    """A document to be checked; the fields are the arguments of `check`.

    `want` says what of the report will be asked for, so that little more comes from another process: the findings and
    their lines, its `to_dict` as well, or all of it.
    """

    source: Source
    vars: Mapping[str, Any] | None = None
    settings: Sequence[str] = ()
    policy: Mapping[str, Any] | None = None
    limits: Limits = LIMITS
    want: Literal["findings", "facts", "report"] = "report"

    def report(self) -> Report:
        """The report of the document."""
        return check(self.source, vars=self.vars, settings=self.settings, policy=self.policy, limits=self.limits)
