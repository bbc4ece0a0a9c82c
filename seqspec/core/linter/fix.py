"""The Python API for fixes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from os import PathLike

from seqspec.core.analysis.report import Report
from seqspec.core.frontends.registry import kind_of
from seqspec.core.linter.apply_fixes import FixResult, apply_fixes
from seqspec.core.linter.check import check
from seqspec.core.syntax.document import Document
from seqspec.core.syntax.limits import LIMITS, Limits
from seqspec.core.syntax.source import read_source


def fix(
    source: str | PathLike[str] | Document,
    *,
    unsafe: bool = False,
    vars: Mapping[str, object] | None = None,
    settings: Sequence[str] = (),
    policy: Mapping[str, object] | None = None,
    limits: Limits = LIMITS,
) -> FixResult:
    """Applies the fixes of all findings repeatedly until none is left; writes no file.

    `text` of the result is the new text, without a byte order mark; `report` has the remaining findings, `fixed` the
    fixed ones, and `refused` those whose fixes would have introduced new errors.

    Args:
        source: A path or a parsed `Document`.
        unsafe: Whether to apply unsafe fixes too, which may change the meaning of the spec.
        vars: As in `check`.
        settings: As in `check`.
        policy: As in `check`.
        limits: As in `check`.
    """

    def checked(document: Document) -> Report:
        return check(document, vars=vars, settings=settings, policy=policy, limits=limits)

    document = source if isinstance(source, Document) else read_source(source, limits, kind_of(os.fsdecode(source)))
    return apply_fixes(document, checked, lambda report: report.diagnostics, unsafe=unsafe, limits=limits)
