"""Carries out a training job, in this process or as one of several workers, and records the state of its run."""

from __future__ import annotations

import shutil
import signal
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from seqspec.core.analysis.analyze import AnalysisResult
from seqspec.core.diagnostics.diagnostic import Diagnostic
from seqspec.core.diagnostics.errors import BuildError
from seqspec.core.diagnostics.violation import Path as TreePath
from seqspec.core.document.typed_spec import TypedSpec
from seqspec.training.checks import LOCAL, checked, raise_violations, read_data
from seqspec.training.data.prepared import PreparedData
from seqspec.training.data.samples import Samples
from seqspec.training.errors import Interrupted, PlacementError, RunError, TrainingError, reason_of
from seqspec.training.placement import Placement, backend_of, batch_size_violations, mirrored_violations
from seqspec.training.records import EventHandler, Lock, RunInfo, WorkerSettings
from seqspec.training.run import Run
from seqspec.training.run_folder.environment import data_digests, digests_of, lock_of, spec_tree
from seqspec.training.run_folder.files import DONE, FAILED, INTERRUPTED, RUNNING, digest_of_tree, now
from seqspec.training.run_folder.folder import FollowerFolder, RunFolder

if TYPE_CHECKING:
    from seqspec.training.engines.ray_data import RayShards
    from seqspec.training.fitting.trainer import TrainingJob
    from seqspec.training.strategies.strategy import SingleDevice


_MAX_LOGGED = 20_000
"""Maximum number of characters of an error of Keras in log.txt."""


@contextmanager
def recorded_state(folder: RunFolder) -> Iterator[None]:
    """Marks the run as running, and at the end as done, interrupted or failed.

    Raises:
        Interrupted: After Ctrl-C or SIGTERM; the run can be resumed.
        TrainingError: A file of the run cannot be written.
    """
    folder.update(state=RUNNING, error=None)
    begun, spent = time.monotonic(), folder.info().get("seconds", 0.0)

    def end(state: str, **fields: str) -> None:
        seconds = round(spent + time.monotonic() - begun, 1)
        folder.update(state=state, finished=now(), seconds=seconds, **fields)

    try:
        yield
    except KeyboardInterrupt:
        end(INTERRUPTED)
        folder.log("interrupted")
        raise Interrupted(f"interrupted; continue with: seqspec resume {folder.path}")
    except Exception as error:
        # On a full disk even this cannot be written.
        with suppress(OSError):
            folder.log(f"failed: {error}")
            if isinstance(error, TrainingError) and error.__context__ is not None:
                # The message has one line of it.
                folder.log(str(error.__context__)[:_MAX_LOGGED])
            end(FAILED, error=str(error)[:2000])
        if not isinstance(error, OSError):
            raise
        from seqspec.training.run_folder.checkpoints import newest

        raise TrainingError(f"cannot write results: {reason_of(error)}", newest(folder.checkpoints))
    # Last, so that a run that is done has all its files.
    end(DONE)
    folder.log("done")


@contextmanager
def terminated_as_interrupted() -> Iterator[None]:
    """Raises `KeyboardInterrupt` for SIGTERM, which Docker, Kubernetes and Slurm send before they kill a process."""
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def describe_run(
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


def execute(job: TrainingJob) -> Run:
    """Trains, evaluates, saves and reports; with several workers, all but the first only train."""
    from seqspec.training.fitting.trainer import run_job
    from seqspec.training.loggers.group import LoggerGroup

    names = job.loggers if job.folder.writes else ()
    group = LoggerGroup(names, job.folder, job.spec.to_dict(), job.report, lambda: job.model)
    job.report = group
    with job.folder.locked(), terminated_as_interrupted():
        try:
            with recorded_state(job.folder):
                if job.train_folds is not None:
                    job.folds = job.train_folds(job)
                run_job(job)
                result = Run(job.folder, job.model if job.folder.writes else None, job.allowed, job.access)
                if job.folder.writes:
                    _write_report(job, result)
        except BuildError:
            if job.folder.writes and not job.resume:
                # Nothing was trained: the empty run folder is removed.
                group.finish(FAILED)
                shutil.rmtree(job.folder.path, ignore_errors=True)
            raise
        except RunError as error:
            if job.strategy.workers > 1:
                from seqspec.training.engines.jax_processes import exit_without_barrier

                exit_without_barrier(error.status)
            raise
        finally:
            if job.folder.writes and job.folder.path.exists():
                # On a full disk run.json may be missing.
                with suppress(RunError):
                    group.finish(job.folder.info()["state"])
    job.report("done", {"folder": str(job.folder.path), "state": result.state})
    if job.folder.writes and "exports" in result.evaluation:
        from seqspec.training.export.export_model import require_exported

        require_exported(result.evaluation)
    return result


def _write_report(job: TrainingJob, result: Run) -> None:
    from seqspec.training.comparison.diagnosis import diagnose_run

    wanted = job.spec.outputs.report if job.spec.outputs is not None else None
    if job.no_report or not (wanted.html if wanted is not None else job.html):
        job.report("verdict", {"diagnoses": [each._asdict() for each in diagnose_run(result)]})
        return
    from seqspec.training.report.page import sample_results, write_report

    found = sample_results(result, job.data)
    job.report("verdict", {"diagnoses": [each._asdict() for each in diagnose_run(result, found.dominant)]})
    write_report(result, job.analysis, job.data, found, state=DONE)
    job.report("report", {"file": str(result.path / "report.html")})


def job_of(
    folder: RunFolder,
    analysis: AnalysisResult,
    prepared: PreparedData,
    seed: int,
    allowed: Collection[str],
    info: RunInfo,
    strategy: SingleDevice,
    report: EventHandler,
    added_epochs: int | None = None,
) -> TrainingJob:
    """The `TrainingJob` of a run for the trainer; `added_epochs` is None for a new run, not one that is continued."""
    from seqspec.training.fitting.trainer import TrainingJob

    job = TrainingJob(folder, analysis, prepared, seed, allowed, info["download"], report=report, strategy=strategy)
    job.html, job.no_report = info.get("html", False), info.get("no_report", False)
    job.loggers, job.is_fold = info.get("loggers", ()), "fold" in info or "trial" in info
    if added_epochs is not None:
        from seqspec.training.loading import initial_weights

        job.resume, job.extra_epochs, job.added_epochs = True, info.get("extra_epochs", 0), added_epochs
        job.initial_weights = initial_weights(info, allowed)
    return job


def partial_job(
    folder: RunFolder,
    analysis: AnalysisResult,
    prepared: PreparedData,
    seed: int,
    allowed: Collection[str],
    info: RunInfo,
    strategy: SingleDevice,
    report: EventHandler,
    placement: Placement = LOCAL,
) -> TrainingJob:
    """The `TrainingJob` of a fold or trial: a new run, or one that is continued where the folder has one."""
    if (folder.path / "run.json").is_file():
        return job_of(folder, analysis, prepared, seed, allowed, folder.info(), strategy, report, added_epochs=0)
    # What a process left that was killed before the run was described.
    shutil.rmtree(folder.path, ignore_errors=True)
    folder.path.mkdir(parents=True)
    base = Path(info["base"])
    digests = digests_of(analysis, prepared, base)
    lock = lock_of(analysis, digests, base, seed, placement, strategy.workers, strategy.device_names())
    describe_run(folder, analysis, info, prepared, lock, [])
    return job_of(folder, analysis, prepared, seed, allowed, info, strategy, report)


def import_backend(analysis: AnalysisResult, placement: Placement = LOCAL) -> None:
    """Imports Keras with the backend that the spec names."""
    from seqspec.core.compiler.quiet_backend import import_keras, without_retracing_warnings

    assert analysis.spec is not None
    if (placement.devices or 1) > 1 and backend_of(analysis.spec) == "jax":
        from seqspec.training.engines.jax_processes import split_cpu

        assert placement.devices is not None
        split_cpu(placement.devices)
    import_keras(analysis.spec.runtime.backend if analysis.spec.runtime is not None else None)
    without_retracing_warnings()


def strategy_of(analysis: AnalysisResult, placement: Placement) -> SingleDevice:
    """The strategy that replicates the model; raises `SpecError` with locations in the spec if there is none."""
    assert analysis.spec is not None
    try:
        return _strategy_for(analysis.spec, placement)
    except PlacementError as error:
        raise_violations(analysis, error.violations)


def _strategy_for(spec: TypedSpec, placement: Placement) -> SingleDevice:
    """The strategy; raises `RunError` for missing devices, `PlacementError` for an unsuitable batch size."""
    import keras

    from seqspec.training.strategies.strategy import SingleDevice

    everything = spec.runtime is not None and spec.runtime.distribution == "data_parallel"
    backend = keras.backend.backend()
    if placement.engine == "local" and (placement.devices or 1) == 1 and not everything:
        return SingleDevice()
    strategy: SingleDevice
    if backend == "tensorflow":
        from seqspec.training.strategies.mirrored import Mirrored

        strategy = Mirrored(placement.devices)
    elif backend == "jax":
        from seqspec.training.strategies.data_parallel import DataParallel

        strategy = DataParallel(placement.devices)
    elif placement.devices is None:
        return SingleDevice()
    else:
        raise RunError(f"several devices need the backend tensorflow or jax, not {backend}")
    if strategy.replicas == 1 and strategy.workers == 1:
        return SingleDevice()
    violations = batch_size_violations(spec, strategy.replicas)
    if backend == "tensorflow":
        violations += mirrored_violations(spec)
    if violations:
        raise PlacementError(violations)
    return strategy


def shared_folder(path: Path | None, strategy: SingleDevice) -> RunFolder:
    """The run folder that the first worker created, as seen by this worker."""
    if strategy.workers > 1:
        from seqspec.training.engines.jax_processes import broadcast

        path = Path(broadcast(str(path.resolve()) if path is not None else ""))
    assert path is not None
    return RunFolder(path) if strategy.rank == 0 else FollowerFolder(path)


def join_workers(placement: Placement, value: str) -> str:
    """Connects this process to the others that the launcher started; returns the value of the first one."""
    from seqspec.training.engines.jax_processes import broadcast, join, split_cpu

    if placement.devices is not None:
        split_cpu(placement.devices)
    join()
    return broadcast(value)


def errors_of_workers(joined: bool) -> AbstractContextManager[None]:
    """Where workers are connected, raises the error of one on all of them."""
    if not joined:
        return nullcontext()
    from seqspec.training.engines.jax_processes import shared_errors

    return shared_errors()


@contextmanager
def ray_cluster(analysis: AnalysisResult, placement: Placement, data: object) -> Iterator[RayShards | None]:
    """Connects to the Ray cluster if Ray is the engine; yields what shards the data, None for data from Python."""
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
    data: object,
    settings: WorkerSettings,
    report: EventHandler,
    sharded: Mapping[TreePath, Samples],
) -> None:
    """Trains in one of several connected workers; `sharded` are the sharded sources, which no worker reads itself."""
    from seqspec.training.engines.ray_data import KnownShards

    info = folder.info()
    base, seed, allowed, access = Path(info["base"]), settings["seed"], settings["allowed"], settings["access"]
    analysis = checked(folder.spec(), has_data=data is not None)
    shards = KnownShards(sharded) if sharded else None
    with errors_of_workers(placement.workers > 1):
        prepared = read_data(analysis, base, seed, allowed, data, check_leakage=False, shards=shards, access=access)
    import_backend(analysis)
    strategy = strategy_of(analysis, placement)
    if not sharded:
        strategy.agree("the data", digest_of_tree(data_digests(prepared, base)))
    if rank != 0:
        folder = FollowerFolder(folder.path)
    elif not folder.lock()["devices"]:
        devices = strategy.device_names()
        lock = lock_of(analysis, settings["digests"], base, seed, placement, strategy.workers, devices)
        folder.write_json("lock.json", lock)
    else:
        folder.log("continued by new workers")
    # Ray may have restarted the workers after one of them was lost.
    added = settings.get("added_epochs", 0)
    job = job_of(folder, analysis, prepared, seed, allowed, info, strategy, report, added)
    job.access = access
    execute(job)
