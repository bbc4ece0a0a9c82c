"""The fixes of a document, from Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

from seqspec.analysis.report import Report
from seqspec.linter.apply_fixes import FixResult, mend
from seqspec.linter.check import check
from seqspec.syntax.document import Document
from seqspec.syntax.limits import LIMITS, Limits
from seqspec.syntax.source import read_source


def fix(
    source: str | PathLike[str] | Document,
    *,
    unsafe: bool = False,
    vars: Mapping[str, Any] | None = None,
    settings: Sequence[str] = (),
    policy: Mapping[str, Any] | None = None,
    limits: Limits = LIMITS,
) -> FixResult:
    """Makes the fixes of a document's findings, again and again until none is left; writes no file.

    `text` of what it gives is the new text, without a byte order mark; `report` says what is left, `fixed` what was
    mended, and `refused` which fixes would have led to new errors.

    Args:
        source: A path, or a `Document` that was read already.
        unsafe: Whether fixes are made too that may not be what the author means.
        vars: As in `check`, as are the others.
    """

    def checked(document: Document) -> Report:
        return check(document, vars=vars, settings=settings, policy=policy, limits=limits)

    document = source if isinstance(source, Document) else read_source(source, limits)
    return mend(document, checked, lambda report: report.diagnostics, unsafe=unsafe, limits=limits)
