"""One source of many that are checked, in this process or in a worker."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from seqspec.core.analysis.report import Report
from seqspec.core.check.check import CheckSettings, check_source
from seqspec.core.check.diagnose import internal_error
from seqspec.core.frontends.frontend import Source


class CheckTask(NamedTuple):
    """A source to check.

    Attributes:
        source: As accepted by `check`.
        options: How it is checked.
        settings: Values that the caller sets, in the syntax of `--set`.
        vars: Values for the variables of the spec.
        want: What is sent back from a worker process: the findings and their lines, `to_dict` in addition, or the whole
            report.
        searched: Whether the source was found in a folder, not named.
    """

    source: Source
    options: CheckSettings = CheckSettings()
    settings: Sequence[str] = ()
    vars: Mapping[str, object] | None = None
    want: Literal["findings", "facts", "report"] = "report"
    searched: bool = False

    def report(self) -> Report:
        """Runs the check."""
        report = check_source(self.source, self.options, self.settings, self.vars)
        return report.of_search() if self.searched else report


def failed_report(source: Source, error: Exception) -> Report:
    """The report of a document that could not be checked, with only the error, so that others are still checked."""
    from seqspec.core.diagnostics.convert import at_source
    from seqspec.core.frontends.registry import unread
    from seqspec.core.syntax.document import Document

    if isinstance(source, (str, os.PathLike)):
        document = unread(os.fsdecode(source))
    else:
        document = source if isinstance(source, Document) else Document({})
    return Report([at_source(internal_error(error, document), document)], [], document, complete=False)
