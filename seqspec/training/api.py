"""`seqspec.train` and `seqspec.resume`."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqspec.analysis.analyze import AnalysisResult, Source
from seqspec.analysis.resolve import resolve_diagnostics
from seqspec.diagnostics.errors import SpecError
from seqspec.diagnostics.snippet import Help, TableName
from seqspec.diagnostics.violation import Violation
from seqspec.linter.check import analyze
from seqspec.training.data.label_shape import require_label_shape
from seqspec.training.data.prepare import PreparedData, prepare
from seqspec.training.errors import DataError, PlacementError, ResumeError, RunError, TrainingError
from seqspec.training.events import Report, silent
from seqspec.training.folder import DONE, FAILED, RUNNING, FollowerFolder, RunFolder
from seqspec.training.placement import Placement, backend_of, check_placement
from seqspec.training.run import Run

if TYPE_CHECKING:
    from seqspec.training.engines.ray_data import RayShards
    from seqspec.training.strategies.single import SingleDevice
    from seqspec.training.trainer import Job

LOCAL = Placement()


def train(
    source: Source,
    data: object = None,
    *,
    vars: Mapping[str, object] | None = None,
    settings: Sequence[str] = (),
    runs: str | os.PathLike[str] = "runs",
    name: str | None = None,
    allow_custom: Collection[str] = (),
    download: bool = True,
    start_from: str | os.PathLike[str] | None = None,
    html: bool = False,
    devices: int | None = None,
    engine: str = "local",
    workers: int = 1,
    loggers: Sequence[str] = (),
    report: Report = silent,
) -> Run:
    """Checks a spec, trains its model on its data, evaluates and saves it in a new run folder.

    Args:
        source: A path, a spec as a dict, or a `Spec`.
        data: Arrays instead of the sources of `[data]`: (x, y), (x, y, weight), or a table of these by set.
        vars: Values for the variables of the spec.
        settings: Further values in the syntax of `--set`.
        runs: Folder that the run folder is created in.
        name: First part of the folder's name; by default the name of the spec.
        allow_custom: Names of the Python modules that the spec may import classes and data from.
        download: Whether base models get pretrained weights.
        start_from: A run folder whose final weights training starts from.
        html: Whether report.html and plots are written although the spec has no `[report]`.
        devices: Devices of this machine, or of each worker; by default one, or all where the spec has
            `distribution = "data_parallel"`.
        engine: "local", "ray" or "jax": see `seqspec.training.placement.Placement`.
        workers: Worker processes that the engine "ray" starts.
        loggers: Experiment trackers beside those of `[report] loggers`: "tensorboard", "mlflow", "wandb".
        report: Receives the events of the run.

    Raises:
        SpecError: The check finds an error, or the spec cannot be trained on these devices; nothing was imported.
        BuildError: The model cannot be built here.
        DataError: The data cannot be used.
        TrainingError: Training started and failed.
        ExportError: The model was trained and saved, and an export failed.
    """
    placement = Placement(engine, workers, devices)
    analysis = checked(source, vars=vars, settings=settings, has_data=data is not None, placement=placement)
    return train_checked(
        analysis, data, runs=runs, name=name, allow_custom=allow_custom, download=download, start_from=start_from,
        html=html, placement=placement, loggers=loggers, report=report,
    )  # fmt: skip


_ANSWERED = ("preprocessing-not-adapted",)
"""Rules that data passed from Python answers: layers are adapted to it."""


def checked(
    source: Source,
    *,
    vars: Mapping[str, object] | None = None,
    settings: Sequence[str] = (),
    has_data: bool = False,
    placement: Placement = LOCAL,
    known: AnalysisResult | None = None,
) -> AnalysisResult:
    """The check of a spec that is to be trained; raises `SpecError`.

    `known` is its analysis where that was made before.

    `has_data` says that the data comes from Python. Engines for several workers train on JAX, where the spec and the
    environment do not name another backend.
    """
    analysis = known if known is not None else analyze(source, vars=vars, settings=settings)
    runtime = analysis.spec.runtime if analysis.spec is not None else None
    undecided = (runtime is None or runtime.backend is None) and os.environ.get("KERAS_BACKEND", "jax") == "jax"
    if placement.engine != "local" and undecided:
        analysis = analyze(source, vars=vars, settings=[*settings, "runtime.backend=jax"])
    errors = [each for each in analysis.report.diagnostics if each.severity == "error"]
    if any(not (has_data and each.name in _ANSWERED) for each in errors):
        raise SpecError(analysis.report)
    spec = analysis.spec
    assert spec is not None
    if spec.compile is None or spec.stack is None:
        missing = "compile" if spec.compile is None else "model"
        refuse(
            analysis,
            [Violation("missing-key", f"training needs [{missing}]", help=Help("add ", TableName((missing,))))],
        )
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
        prepared = prepare(analysis.spec, str(base), data=data, seed=seed, allowed=tuple(allowed), **more)
        require_label_shape(analysis, prepared)
        return prepared
    except DataError as error:
        error.diagnostics = resolve_diagnostics(error.violations, analysis.expansion)
        raise


def train_checked(
    analysis: AnalysisResult,
    data: object = None,
    *,
    runs: str | os.PathLike[str] = "runs",
    name: str | None = None,
    allow_custom: Collection[str] = (),
    download: bool = True,
    start_from: str | os.PathLike[str] | None = None,
    html: bool = False,
    placement: Placement = LOCAL,
    loggers: Sequence[str] = (),
    report: Report = silent,
) -> Run:
    """Trains a spec that `checked` has accepted."""
    from seqspec.compiler.build import require_all
    from seqspec.training.loggers.registry import wanted_loggers

    spec = analysis.spec
    assert spec is not None
    require_all(analysis, allow_custom)
    try:
        check_placement(spec, placement)
        wanted = wanted_loggers(spec, loggers)
    except DataError as error:
        refuse(analysis, error.violations)
    base = base_of(analysis)
    seed = spec.runtime.seed if spec.runtime is not None and spec.runtime.seed is not None else None
    if seed is None:
        seed = secrets.randbelow(2**32)
    if placement.engine == "jax":
        seed = int(_join(placement, str(seed)))
    other = RunFolder.open(start_from) if start_from is not None else None
    # Data that is streamed is kept beside the run: on a disk that has room for results, and never beside the data.
    scratch = _existing(Path(runs))
    with _cluster(analysis, placement, data) as shards:
        prepared = read_data(analysis, base, seed, allow_custom, data, scratch=str(scratch), shards=shards)
        warn(analysis, prepared, report)
        file = analysis.document.file
        info = {
            "state": RUNNING, "verb": "train", "name": name or _stem(file),
            "started": time.strftime("%Y-%m-%dT%H:%M:%S"), "spec": file, "base": str(base),
            "from": str(start_from) if start_from is not None else None, "python_data": data is not None,
            "download": download, "html": html, "loggers": wanted,
        }  # fmt: skip
        digests = _digests(analysis, prepared, base)
        if placement.engine == "ray":
            from seqspec.training.engines.ray_workers import launch

            folder = _new_folder(
                runs, analysis, info, prepared, lock_of(analysis, digests, base, seed, placement, placement.workers, [])
            )
            settings = {"seed": seed, "digests": digests}
            divided = shards.samples if shards is not None else {}
            return launch(train_worker, folder, placement, data, settings, allow_custom, report, divided)
    import_backend(analysis, placement)
    strategy = strategy_of(analysis, placement)
    weights = weights_of(other, allow_custom) if other is not None else None
    path = None
    if strategy.rank == 0:
        devices = strategy.device_names()
        lock = lock_of(analysis, digests, base, seed, placement, strategy.workers, devices)
        path = _new_folder(runs, analysis, info, prepared, lock).path
    folder = _shared_folder(path, strategy)
    report = report if strategy.rank == 0 else silent
    job = job_of(folder, analysis, prepared, seed, allow_custom, info, strategy, report)
    job.start = weights
    return execute(job)


@contextmanager
def _cluster(analysis: AnalysisResult, placement: Placement, data: object) -> Iterator[RayShards | None]:
    """A connection to the Ray cluster where that is the engine, and what divides data that is not from Python."""
    spec = analysis.spec
    assert spec is not None
    if placement.engine != "ray":
        yield None
        return
    from seqspec.training.engines.ray_workers import cluster

    with cluster(placement):
        if data is not None or spec.data is None:
            yield None
            return
        from seqspec.training.engines.ray_data import RayShards

        yield RayShards(placement.workers, spec.data.memory)


def train_worker(
    folder: RunFolder,
    placement: Placement,
    rank: int,
    data: Any,
    settings: Mapping[str, Any],
    report: Report,
    divided: Mapping[Any, Any],
) -> None:
    """What each worker of several does, once it is connected; `divided` are sources that no worker reads."""
    from seqspec.training.engines.ray_data import KnownShards
    from seqspec.training.files import digest_of_tree
    from seqspec.training.lock import data_digests

    info = folder.read_json("run.json")
    base, seed, allowed = Path(info["base"]), settings["seed"], settings["allowed"]
    analysis = checked(folder.read_json("expanded.json"), has_data=data is not None)
    shards = KnownShards(divided) if divided else None
    prepared = read_data(analysis, base, seed, allowed, data, check_leakage=False, shards=shards)
    import_backend(analysis)
    strategy = strategy_of(analysis, placement)
    if not divided:
        strategy.agree("the data", digest_of_tree(data_digests(prepared, base)))
    if rank != 0:
        folder = FollowerFolder(folder.path)
    elif not folder.read_json("lock.json")["devices"]:
        devices = strategy.device_names()
        lock = lock_of(analysis, settings["digests"], base, seed, placement, strategy.workers, devices)
        folder.write_json("lock.json", lock)
    else:
        folder.log("continued by new workers")
    job = job_of(folder, analysis, prepared, seed, allowed, info, strategy, report)
    # The workers may have been started again, after one of them was lost.
    job.resume, job.extra_epochs = True, info.get("extra_epochs", 0)
    job.added_epochs = settings.get("added_epochs", 0)
    if info["from"] is not None and RunFolder(Path(info["from"])).model.exists():
        job.start = weights_of(RunFolder.open(info["from"]), allowed)
    execute(job)


def _new_folder(
    runs: str | os.PathLike[str],
    analysis: AnalysisResult,
    info: Mapping[str, Any],
    prepared: PreparedData,
    lock: Mapping[str, Any],
) -> RunFolder:
    """A run folder with all that `resume` needs; raises `RunError` where it cannot be written."""
    folder = None
    try:
        folder = RunFolder.create(Path(runs), str(info["name"]))
        _describe(folder, analysis, info, prepared, lock)
        return folder
    except OSError as error:
        if folder is not None:
            shutil.rmtree(folder.path, ignore_errors=True)
        raise RunError(f"{runs}: {(error.strerror or str(error)).lower()}")


def _describe(
    folder: RunFolder,
    analysis: AnalysisResult,
    info: Mapping[str, Any],
    prepared: PreparedData,
    lock: Mapping[str, Any],
) -> None:
    folder.write_json("lock.json", lock)
    folder.write_data(prepared)
    suffix = ".json" if analysis.document.format == "json" else ".toml"
    folder.write_document(analysis.document.text, suffix)
    folder.write_json("expanded.json", expanded(analysis))
    folder.write_json("findings.json", [each.to_dict() for each in analysis.report.diagnostics])
    # The last one: with it, the folder is that of a run, which can be resumed.
    folder.write_json("run.json", info)


def job_of(
    folder: RunFolder,
    analysis: AnalysisResult,
    prepared: PreparedData,
    seed: int,
    allowed: Collection[str],
    info: Mapping[str, Any],
    strategy: SingleDevice,
    report: Report,
) -> Job:
    """A run as the trainer takes it."""
    from seqspec.training.trainer import Job

    job = Job(folder, analysis, prepared, seed, allowed, info["download"], report=report, strategy=strategy)
    job.html, job.loggers = info.get("html", False), info.get("loggers", ())
    return job


def _join(placement: Placement, value: str) -> str:
    """Connects this process to those that the launcher started; the value of the first one."""
    from seqspec.training.engines.jax_processes import broadcast, join, split_cpu

    if placement.devices is not None:
        split_cpu(placement.devices)
    join()
    return broadcast(value)


def strategy_of(analysis: AnalysisResult, placement: Placement) -> SingleDevice:
    """How the model is replicated; raises `SpecError`, with the places in the spec, where it cannot be."""
    from seqspec.training.strategies.select import strategy_for

    assert analysis.spec is not None
    try:
        return strategy_for(analysis.spec, placement)
    except PlacementError as error:
        refuse(analysis, error.violations)
        raise


def _shared_folder(path: Path | None, strategy: SingleDevice) -> RunFolder:
    """The run folder that the first worker has created, for this worker."""
    if strategy.workers > 1:
        from seqspec.training.engines.jax_processes import broadcast

        path = Path(broadcast(str(path.resolve()) if path is not None else ""))
    assert path is not None
    return RunFolder(path) if strategy.rank == 0 else FollowerFolder(path)


def resume(
    path: str | os.PathLike[str],
    data: object = None,
    *,
    epochs: int = 0,
    allow_custom: Collection[str] = (),
    own_spec: bool = False,
    devices: int | None = None,
    engine: str | None = None,
    workers: int | None = None,
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
        devices: As in `train`; by default those of the run so far.
        engine: As in `train`; by default that of the run so far.
        workers: As in `train`; by default those of the run so far.
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
    given = {"devices": devices, "engine": engine, "workers": workers}
    placement = Placement(
        **{**before.get("placement", {}), **{key: value for key, value in given.items() if value is not None}}
    )
    assert analysis.spec is not None
    try:
        check_placement(analysis.spec, placement)
    except PlacementError as error:
        refuse(analysis, error.violations)
    base = Path(info["base"])
    if placement.engine == "jax":
        _join(placement, "")
    added = info.get("extra_epochs", 0) + epochs
    scratch = str(folder.path)
    with _cluster(analysis, placement, data) as shards:
        prepared = read_data(
            analysis, base, before["seed"], allow_custom, data, check_leakage=False, scratch=scratch, shards=shards
        )
        if placement.engine == "ray":
            from seqspec.training.engines.ray_workers import launch

            _refuse_changes(folder, analysis, prepared, base, own_spec)
            folder.update(extra_epochs=added, verb="resume")
            settings = {"seed": before["seed"], "digests": before["digests"], "added_epochs": epochs}
            divided = shards.samples if shards is not None else {}
            return launch(train_worker, folder, placement, data, settings, allow_custom, report, divided)
    import_backend(analysis, placement)
    _refuse_changes(folder, analysis, prepared, base, own_spec)
    strategy = strategy_of(analysis, placement)
    folder = _shared_folder(folder.path, strategy)
    report = report if strategy.rank == 0 else silent
    folder.update(extra_epochs=added, verb="resume")
    folder.log(f"resumed{f' with {epochs} more epochs' if epochs else ''}")
    job = job_of(folder, analysis, prepared, before["seed"], allow_custom, info, strategy, report)
    job.extra_epochs, job.added_epochs, job.resume = added, epochs, True
    if info["from"] is not None and RunFolder(Path(info["from"])).model.exists():
        job.start = weights_of(RunFolder.open(info["from"]), allow_custom)
    return execute(job)


def _refuse_changes(
    folder: RunFolder, analysis: AnalysisResult, prepared: PreparedData, base: Path, own_spec: bool
) -> None:
    """Raises `ResumeError` where spec, data or Keras are not those that the run started with."""
    from seqspec.training import lock
    from seqspec.training.files import digest_of_file

    info, before = folder.read_json("run.json"), folder.read_json("lock.json")
    assert analysis.spec is not None
    now = {"versions": lock.versions(backend_of(analysis.spec)), "digests": _digests(analysis, prepared, base)}
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


def execute(job: Job) -> Run:
    """Trains, evaluates, saves and reports; with several workers, all but the first only train."""
    from seqspec.compiler.errors import BuildError
    from seqspec.training.loggers.group import LoggerGroup
    from seqspec.training.trainer import run

    assert job.analysis.spec is not None
    names = job.loggers if job.folder.writes else ()
    group = LoggerGroup(names, job.folder, job.analysis.spec.to_dict(), job.report, lambda: job.model)
    job.report = group
    with job.folder.locked():
        try:
            run(job)
            result = Run(job.folder, job.model if job.folder.writes else None, job.allowed)
            if job.folder.writes:
                _write_report(job, result)
        except OSError as error:
            # The trainer reports its own: this is the lock, or the report.
            raise TrainingError(
                f"cannot write {error.filename or 'the report'}: {(error.strerror or str(error)).lower()}"
            )
        except BuildError:
            if job.folder.writes and not job.resume:
                # Nothing was trained: an empty run is of no use.
                group.finish(FAILED)
                shutil.rmtree(job.folder.path, ignore_errors=True)
            raise
        finally:
            if job.folder.writes and job.folder.path.exists():
                group.finish(job.folder.read_json("run.json")["state"])
    job.report("done", {"folder": str(job.folder.path), "state": result.state})
    if job.folder.writes and "exports" in result.evaluation:
        from seqspec.training.export.run import require_exported

        require_exported(result.evaluation)
    return result


def _write_report(job: Job, result: Run) -> None:
    spec = job.analysis.spec
    wanted = spec.outputs.report if spec is not None and spec.outputs is not None else None
    if job.html or (wanted is not None and wanted.html):
        from seqspec.training.report import write_report

        write_report(result, job.analysis, job.data, wanted.plots if wanted is not None else None)
        job.report("report", {"file": str(result.path / "report.html")})


def expanded(analysis: AnalysisResult) -> dict[str, Any]:
    """The spec with variables, blocks, overrides and shorthand resolved, as plain data."""
    assert analysis.spec is not None
    return analysis.spec.to_dict()


def warn(analysis: AnalysisResult, prepared: PreparedData, report: Report) -> None:
    """Reports what is suspicious about the data."""
    for diagnostic in resolve_diagnostics(prepared.warnings, analysis.expansion):
        report("finding", {"diagnostic": diagnostic, "message": diagnostic.message})


def lock_of(
    analysis: AnalysisResult,
    digests: Mapping[str, object],
    base: Path,
    seed: int,
    placement: Placement,
    workers: int,
    devices: Sequence[str],
) -> dict[str, Any]:
    """The content of lock.json."""
    from seqspec.training import lock

    assert analysis.spec is not None
    return {
        "versions": lock.versions(backend_of(analysis.spec)),
        "machine": lock.machine(),
        "git": lock.git_state(base),
        "seed": seed,
        "engine": placement.engine,
        "workers": workers,
        "devices": list(devices),
        "placement": placement.to_dict(),
        "digests": digests,
    }


def _digests(analysis: AnalysisResult, prepared: PreparedData, base: Path) -> dict[str, Any]:
    import hashlib

    from seqspec.training import lock
    from seqspec.training.files import digest_of_tree

    text = analysis.document.text
    return {
        "spec": hashlib.sha256(text.encode()).hexdigest() if text is not None else None,
        "expanded": digest_of_tree(expanded(analysis)),
        **lock.data_digests(prepared, base),
    }


def weights_of(folder: RunFolder, allowed: Collection[str]) -> dict[str, Any]:
    """The weights of the model of another run, by number."""
    from seqspec.training.loading import load_model

    if not folder.model.exists():
        raise RunError(f"{folder.path} has no model yet: it is {folder.read_json('run.json')['state']}")
    model = load_model(folder.model, folder.read_json("expanded.json"), allowed)
    return {f"w{number}": value for number, value in enumerate(model.get_weights())}


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next(each for each in (folder, *folder.absolute().parents) if each.is_dir())


def import_backend(analysis: AnalysisResult, placement: Placement = LOCAL) -> None:
    """Imports Keras with the backend of the spec."""
    from seqspec.compiler.silence import import_keras

    assert analysis.spec is not None
    if (placement.devices or 1) > 1 and backend_of(analysis.spec) == "jax":
        from seqspec.training.engines.jax_processes import split_cpu

        assert placement.devices is not None
        split_cpu(placement.devices)
    import_keras(analysis.spec.runtime.backend if analysis.spec.runtime is not None else None)


def _stem(file: str | None) -> str:
    if file is None:
        return "run"
    path = Path(file)
    return path.name.removesuffix(path.suffix).removesuffix(".seqspec")
