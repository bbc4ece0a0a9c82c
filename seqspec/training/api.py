"""`seqspec.train` and `seqspec.resume`."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqspec.analysis.analyze import AnalysisResult, Source
from seqspec.analysis.resolve import resolve_diagnostics
from seqspec.diagnostics.errors import SpecError
from seqspec.diagnostics.violation import Violation
from seqspec.linter.check import analyze
from seqspec.training.data.prepare import PreparedData, prepare
from seqspec.training.errors import DataError, ResumeError, RunError
from seqspec.training.events import Report, silent
from seqspec.training.folder import DONE, RUNNING, RunFolder
from seqspec.training.run import Run

if TYPE_CHECKING:
    from seqspec.training.trainer import Job


def train(
    source: Source,
    data: Any = None,
    *,
    vars: Mapping[str, Any] | None = None,
    settings: Sequence[str] = (),
    runs: str | os.PathLike[str] = "runs",
    name: str | None = None,
    allow_custom: Collection[str] = (),
    download: bool = True,
    start_from: str | os.PathLike[str] | None = None,
    html: bool = False,
    report: Report = silent,
) -> Run:
    """Checks a spec, trains its model on its data, evaluates and saves it in a new run folder.

    Args:
        source: A path, a spec as a dict, or a `Spec`.
        data: Arrays in place of the sources of `[data]`: (x, y), (x, y, weight), or a table of these by set.
        vars: Values for the variables of the spec.
        settings: Further values, as `--set` takes them.
        runs: Folder that the run folder is created in.
        name: First part of the folder's name; by default the name of the spec.
        allow_custom: Names of the Python modules that the spec may import classes and data from.
        download: Whether base models get pretrained weights.
        start_from: A run folder whose final weights training starts from.
        html: Whether report.html and plots are written although the spec has no `[report]`.
        report: Receives the events of the run.

    Raises:
        SpecError: The check finds an error; nothing was imported.
        BuildError: The model cannot be built here.
        DataError: The data cannot be used.
        TrainingError: Training started and failed.
    """
    analysis = checked(source, vars=vars, settings=settings, has_data=data is not None)
    return train_checked(
        analysis, data, runs=runs, name=name, allow_custom=allow_custom, download=download, start_from=start_from,
        html=html, report=report,
    )  # fmt: skip


_ANSWERED = ("preprocessing-not-adapted",)
"""Rules that data passed from Python answers: layers are adapted to it."""


def checked(
    source: Source, *, vars: Mapping[str, Any] | None = None, settings: Sequence[str] = (), has_data: bool = False
) -> AnalysisResult:
    """The check of a spec that is to be trained; raises `SpecError`.

    `has_data` says that the data comes from Python.
    """
    analysis = analyze(source, vars=vars, settings=settings)
    errors = [each for each in analysis.report.diagnostics if each.severity == "error"]
    if any(not (has_data and each.name in _ANSWERED) for each in errors):
        raise SpecError(analysis.report)
    spec = analysis.spec
    assert spec is not None
    if spec.compile is None or spec.stack is None:
        missing = "compile" if spec.compile is None else "model"
        refuse(analysis, [Violation("missing-key", f"training needs [{missing}]", help=f"add [{missing}]")])
    return analysis


def refuse(analysis: AnalysisResult, violations: Sequence[Violation]) -> None:
    """Raises `SpecError` for violations at paths of the expanded spec."""
    from seqspec.diagnostics.errors import Findings

    raise SpecError(Findings(resolve_diagnostics(violations, analysis.expansion)))


def base_of(analysis: AnalysisResult) -> Path:
    """The folder that paths of the spec start from: its own, or the current one."""
    file = analysis.document.file
    return Path(file).resolve().parent if file is not None else Path.cwd()


def read_data(
    analysis: AnalysisResult, base: Path, seed: int, allowed: Collection[str], data: Any = None, **more: Any
) -> PreparedData:
    """The data of a spec; a `DataError` has diagnostics with their places in the spec."""
    assert analysis.spec is not None
    try:
        return prepare(analysis.spec, str(base), data=data, seed=seed, allowed=tuple(allowed), **more)
    except DataError as error:
        error.diagnostics = resolve_diagnostics(error.violations, analysis.expansion)
        raise


def train_checked(
    analysis: AnalysisResult,
    data: Any = None,
    *,
    runs: str | os.PathLike[str] = "runs",
    name: str | None = None,
    allow_custom: Collection[str] = (),
    download: bool = True,
    start_from: str | os.PathLike[str] | None = None,
    html: bool = False,
    report: Report = silent,
) -> Run:
    """Trains a spec that `checked` has accepted."""
    from seqspec.compiler.build import require_all
    from seqspec.training.stage_checks import check_stages

    spec = analysis.spec
    assert spec is not None
    require_all(analysis, allow_custom)
    try:
        check_stages(spec)
    except DataError as error:
        refuse(analysis, error.violations)
    base = base_of(analysis)
    wanted = spec.runtime.seed if spec.runtime is not None else None
    seed = wanted if wanted is not None else secrets.randbelow(2**32)
    other = RunFolder.open(start_from) if start_from is not None else None
    # Data that is streamed is kept beside the run: on a disk that has room for results, and never beside the data.
    scratch = _existing(Path(runs))
    prepared = read_data(analysis, base, seed, allow_custom, data, scratch=str(scratch))
    warn(analysis, prepared, report)
    _import_keras()
    from seqspec.training.trainer import Job

    weights = _weights_of(other, allow_custom) if other is not None else None
    file = analysis.document.file
    folder = RunFolder.create(Path(runs), name or _stem(file))
    folder.write_json(
        "run.json",
        {
            "state": RUNNING, "verb": "train", "name": name or _stem(file),
            "started": time.strftime("%Y-%m-%dT%H:%M:%S"),
            "spec": file, "base": str(base), "from": str(start_from) if start_from is not None else None,
            "python_data": data is not None, "download": download, "html": html,
        },
    )  # fmt: skip
    suffix = ".json" if analysis.document.format == "json" else ".toml"
    folder.write_document(analysis.document.text, suffix)
    folder.write_json("expanded.json", expanded(analysis))
    folder.write_json("findings.json", [each.to_dict() for each in analysis.report.diagnostics])
    folder.write_json("lock.json", _lock(analysis, prepared, base, seed))
    folder.write_data(prepared)
    job = Job(folder, analysis, prepared, seed, allow_custom, download, weights, report=report)
    with folder.locked():
        return _finish(job, html)


def resume(
    path: str | os.PathLike[str],
    data: Any = None,
    *,
    epochs: int = 0,
    allow_custom: Collection[str] = (),
    own_spec: bool = False,
    report: Report = silent,
) -> Run:
    """Continues a run that was interrupted, killed or failed, or extends one that is done.

    On a CPU the weights and the history at the end equal those of a run without interruption, bit by bit.

    Args:
        path: The run folder.
        data: The same arrays as before, where they came from Python.
        epochs: Epochs to add to the last stage.
        allow_custom: Names of the Python modules that the spec may import.
        own_spec: Whether the spec in the run folder is used although the file that it was read from has changed.
        report: Receives the events of the run.

    Raises:
        ResumeError: The spec, the data or the installed Keras changed, or there is nothing to do.
        DataError, BuildError, TrainingError: See `train`.
    """
    folder = RunFolder.open(path)
    info, before = folder.read_json("run.json"), folder.read_json("lock.json")
    if epochs < 0:
        raise ResumeError("epochs must be positive")
    if info["state"] == DONE and not epochs:
        raise ResumeError(f"{folder.path} is done; extend it with --epochs N")
    if info["python_data"] and data is None:
        raise ResumeError("the data of this run came from Python: pass it to seqspec.resume(path, data=...)")
    tree = folder.read_json("expanded.json")
    try:
        analysis = checked(tree, has_data=data is not None)
    except SpecError:
        raise ResumeError(f"{folder.path / 'expanded.json'} is not a valid spec", ["the expanded spec"])
    from seqspec.compiler.build import require_all

    require_all(analysis, allow_custom)
    base = Path(info["base"])
    prepared = read_data(
        analysis, base, before["seed"], allow_custom, data, check_leakage=False, scratch=str(folder.path)
    )
    _import_keras()
    from seqspec.training import lock
    from seqspec.training.files import digest_of_file
    from seqspec.training.trainer import Job

    now = _lock(analysis, prepared, base, before["seed"])
    now["digests"]["spec"] = before["digests"]["spec"]
    if info["spec"] is not None and not own_spec and Path(base, Path(info["spec"]).name).is_file():
        now["digests"]["spec"] = digest_of_file(Path(base, Path(info["spec"]).name))
    changed = lock.changed(before, now)
    if changed:
        raise ResumeError(
            f"cannot resume {folder.path}: changed since the run started: {', '.join(changed)}; "
            f"start a new run with: seqspec train --from {folder.path}",
            changed,
        )
    with folder.locked():
        added = info.get("extra_epochs", 0) + epochs
        folder.update(extra_epochs=added, verb="resume")
        folder.log(f"resumed{f' with {epochs} more epochs' if epochs else ''}")
        job = Job(
            folder, analysis, prepared, before["seed"], allow_custom, info["download"],
            extra_epochs=added, added_epochs=epochs, report=report, resume=True,
        )  # fmt: skip
        if info["from"] is not None and RunFolder(Path(info["from"])).model.exists():
            job.start = _weights_of(RunFolder.open(info["from"]), allow_custom)
        return _finish(job, info.get("html", False))


def _finish(job: Job, html: bool) -> Run:
    from seqspec.training.trainer import run

    run(job)
    result = Run(job.folder, job.model, job.allowed)
    spec = job.analysis.spec
    wanted = spec.outputs.report if spec is not None and spec.outputs is not None else None
    if html or (wanted is not None and wanted.html):
        from seqspec.training.report import write_report

        write_report(result, job.analysis, job.data, wanted.plots if wanted is not None else None)
        job.report("report", {"file": str(result.path / "report.html")})
    job.report("done", {"folder": str(job.folder.path), "state": result.state})
    return result


def expanded(analysis: AnalysisResult) -> dict[str, Any]:
    """The spec with variables, blocks, overrides and shorthand resolved, as plain data."""
    assert analysis.spec is not None
    return analysis.spec.to_dict()


def warn(analysis: AnalysisResult, prepared: PreparedData, report: Report) -> None:
    """Reports what is suspicious about the data."""
    for diagnostic in resolve_diagnostics(prepared.warnings, analysis.expansion):
        report("finding", {"diagnostic": diagnostic, "message": diagnostic.message})


def _lock(analysis: AnalysisResult, prepared: PreparedData, base: Path, seed: int) -> dict[str, Any]:
    import hashlib

    from seqspec.training import lock
    from seqspec.training.files import digest_of_tree

    text = analysis.document.text
    digests = {
        "spec": hashlib.sha256(text.encode()).hexdigest() if text is not None else None,
        "expanded": digest_of_tree(expanded(analysis)),
        **lock.data_digests(prepared, base),
    }
    return {
        "versions": lock.versions(),
        "machine": lock.machine(),
        "git": lock.git_state(base),
        "seed": seed,
        "engine": "local",
        "digests": digests,
    }


def _weights_of(folder: RunFolder, allowed: Collection[str]) -> dict[str, Any]:
    from seqspec.training.loading import load_model

    if not folder.model.exists():
        raise RunError(f"{folder.path} has no model yet: it is {folder.read_json('run.json')['state']}")
    model = load_model(folder.model, folder.read_json("expanded.json"), allowed)
    return {f"w{number}": value for number, value in enumerate(model.get_weights())}


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next(each for each in (folder, *folder.absolute().parents) if each.is_dir())


def _import_keras() -> None:
    from seqspec.compiler.silence import import_keras

    import_keras()


def _stem(file: str | None) -> str:
    if file is None:
        return "run"
    path = Path(file)
    return path.name.removesuffix(path.suffix).removesuffix(".seqspec")
