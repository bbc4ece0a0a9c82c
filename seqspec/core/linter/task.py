"""A check task: a source and the arguments of `check`, which can be sent to a worker process."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from seqspec.core.frontends.frontend import Source
from seqspec.core.linter.check import check
from seqspec.core.syntax.limits import LIMITS, Limits

if TYPE_CHECKING:
    from seqspec.core.analysis.report import Report


class Task(NamedTuple):
    """A spec to check; the fields are the arguments of `check`.

    `want` limits what is sent back from a worker process: the findings and their lines, `to_dict` in addition, or the
    whole report.
    """

    source: Source
    vars: Mapping[str, object] | None = None
    settings: Sequence[str] = ()
    policy: Mapping[str, object] | None = None
    limits: Limits = LIMITS
    want: Literal["findings", "facts", "report"] = "report"

    def report(self) -> Report:
        """Runs the check."""
        return check(self.source, vars=self.vars, settings=self.settings, policy=self.policy, limits=self.limits)


def failed_report(source: Source, error: Exception) -> Report:
    """The report of a document that could not be checked, with only the error, so that others are still checked."""
    from seqspec.core.analysis.analyze import internal_error
    from seqspec.core.analysis.report import Report
    from seqspec.core.diagnostics.convert import at_source
    from seqspec.core.frontends.registry import unread
    from seqspec.core.syntax.document import Document

    if isinstance(source, (str, os.PathLike)):
        document = unread(os.fsdecode(source))
    else:
        document = source if isinstance(source, Document) else Document({})
    return Report([at_source(internal_error(error, document), document)], [], document, complete=False)
