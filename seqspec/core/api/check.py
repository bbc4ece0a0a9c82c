"""The check of a document, its report, suppressions and fixes."""

from typing import TYPE_CHECKING

from seqspec.core.lazy import lazy_names

if TYPE_CHECKING:
    from seqspec.core.analysis.facts import Facts as Facts
    from seqspec.core.analysis.layer_report import LayerReport as LayerReport
    from seqspec.core.analysis.report import ModelReport as ModelReport
    from seqspec.core.analysis.report import ModelsReport as ModelsReport
    from seqspec.core.analysis.report import PlacedLayer as PlacedLayer
    from seqspec.core.analysis.report import Report as Report
    from seqspec.core.analysis.resolve import resolve_diagnostics as resolve_diagnostics
    from seqspec.core.check.check import Check as Check
    from seqspec.core.check.check import CheckedSpec as CheckedSpec
    from seqspec.core.check.check import CheckSettings as CheckSettings
    from seqspec.core.check.check import MeasuredData as MeasuredData
    from seqspec.core.check.check import check as check
    from seqspec.core.check.check import check_source as check_source
    from seqspec.core.check.fix import apply_fixes as apply_fixes
    from seqspec.core.check.fix import can_be_fixed as can_be_fixed
    from seqspec.core.check.rule_docs import explanation as explanation
    from seqspec.core.check.summary import summarize as summarize
    from seqspec.core.check.summary_text import as_markdown as as_markdown
    from seqspec.core.fixes import kind_of as kind_of
    from seqspec.core.suppressions import comment_at_end as comment_at_end
    from seqspec.core.suppressions import rule_added_to_comment as rule_added_to_comment
    from seqspec.core.suppressions import suppress as suppress
    from seqspec.core.suppressions import suppression_comment as suppression_comment
else:
    __getattr__ = lazy_names(__name__)
