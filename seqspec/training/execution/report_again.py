"""The report of a run that is not in training, written again."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from seqspec.core.api.check import Check
from seqspec.training.access import Access, Allowed, access_of_run
from seqspec.training.comparison.diagnosis import diagnose_run
from seqspec.training.data.prepared import PreparedData
from seqspec.training.errors import RunError, unwritten
from seqspec.training.execution.execute import import_backend
from seqspec.training.prediction.run_data import HELD_OUT, data_of_run
from seqspec.training.run import Run
from seqspec.training.run_folder.folder import RunFolder


def report_again(
    folder: RunFolder, allowed: Collection[str] = (), allow_data: Collection[str] = ()
) -> tuple[Path, str | None]:
    """Writes report.html; returns it, and why it lacks what is computed from samples, None if it does not.

    Raises:
        RunError: Another process works on the run, its files are damaged, or the report cannot be written.
    """
    run = Run(folder, allowed=allowed)
    check, state = Check.of(run.spec), run.state
    access = access_of_run(folder.path, run.info["base"], Allowed(allow_data))
    if not check.spec.readable:
        raise RunError(f"{folder.path / 'expanded.json'} is not a valid spec")
    with folder.locked():
        results = folder.results()
        data, missing = _data(folder, allowed, access) if results.evaluation else (None, None)
        import_backend(check.spec)
        from seqspec.training.report.page import ReportedRun, SampleResults, sample_results, write_report

        samples = SampleResults()
        if data is not None:
            model = run.best_model if results.evaluation.get("model") == "best" else run.model
            report = check.spec.report
            samples = sample_results(model, data, results.evaluation, folder.lock()["seed"], report)
        try:
            diagnoses = diagnose_run(results, samples.dominant)
            return write_report(ReportedRun(folder, check, state, results, samples, diagnoses)), missing
        except OSError as error:
            raise unwritten(folder.path / "report.html", error)


def _data(folder: RunFolder, allowed: Collection[str], access: Access) -> tuple[PreparedData | None, str | None]:
    """The data of the run, or why it cannot be read."""
    try:
        return data_of_run(folder, allowed, access, HELD_OUT).prepared, None
    except RunError as error:
        return None, str(error).splitlines()[0]
