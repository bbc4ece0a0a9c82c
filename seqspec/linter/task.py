"""A document to be checked, with all that a check of it needs: what travels to a worker process."""

from __future__ import annotations

import os
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


def failed_report(source: Source, error: Exception) -> Report:
    """The report of a document that could not be checked: the error alone, so that others are still checked."""
    from seqspec.analysis.analyze import internal_error
    from seqspec.analysis.report import Report
    from seqspec.analysis.resolve import at_source
    from seqspec.syntax.document import Document
    from seqspec.syntax.source import unread

    if isinstance(source, (str, os.PathLike)):
        document = unread(os.fsdecode(source))
    else:
        document = source if isinstance(source, Document) else Document({})
    return Report([at_source(internal_error(error, document), document)], [], document, whole=False)
