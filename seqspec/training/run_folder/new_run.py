"""A new run folder, with all that `resume` needs."""

from __future__ import annotations

from collections.abc import Sequence

from seqspec.core.analysis.analyze import AnalysisResult
from seqspec.core.diagnostics.diagnostic import Diagnostic
from seqspec.training.data.prepare import PreparedData
from seqspec.training.records import Lock, RunInfo
from seqspec.training.run_folder.environment import spec_tree
from seqspec.training.run_folder.folder import RunFolder


def describe(
    folder: RunFolder,
    analysis: AnalysisResult,
    info: RunInfo,
    prepared: PreparedData,
    lock: Lock,
    findings: Sequence[Diagnostic],
) -> None:
    """Writes what a run is: its spec, its data and what it depends on."""
    folder.write_json("lock.json", lock)
    folder.write_data(prepared)
    suffix = ".json" if analysis.document.format == "json" else ".toml"
    folder.write_document(analysis.document.text, suffix)
    folder.write_json("expanded.json", spec_tree(analysis))
    folder.write_json("findings.json", [finding.to_dict() for finding in findings])
    # Written last: from here on the folder is a run that can be resumed.
    folder.write_json("run.json", info)
