"""Carries out a training job, in this process or as one of several workers, and records the state of its run."""

from __future__ import annotations

import shutil
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from seqspec.core.api.check import CheckedSpec
from seqspec.core.api.diagnostics import BuildError, Diagnostic
from seqspec.core.api.diagnostics import Path as TreePath
from seqspec.core.api.spec import TypedSpec
from seqspec.training.access import Permissions
from seqspec.training.data.prepared import PreparedData
from seqspec.training.data.samples import Samples
from seqspec.training.errors import Interrupted, PlacementError, RunError, Stopped, TrainingError, reason_of
from seqspec.training.events import DoneEvent, EventHandler, ReportEvent, VerdictEvent, ignore
from seqspec.training.job import Start, TrainingJob
from seqspec.training.planning.checks import read_data
from seqspec.training.planning.folds import Folds
from seqspec.training.planning.placement import Placement, backend_of, batch_size_violations, mirrored_violations
from seqspec.training.planning.plan import LOCAL, RunPlan, raise_violations
from seqspec.training.records import Lock, RunInfo
from seqspec.training.run_folder.environment import data_digests, spec_tree
from seqspec.training.run_folder.files import DONE, FAILED, INTERRUPTED, PRUNED, RUNNING, digest_of_tree, now
from seqspec.training.run_folder.folder import FollowerFolder, RunFolder

if TYPE_CHECKING:
    from seqspec.training.engines.ray_data import RayShards
    from seqspec.training.fitting.trained_model import EvaluatedModel
    from seqspec.training.strategies.strategy import SingleDevice


_MAX_LOGGED = 20_000
"""Maximum number of characters of an error of Keras in log.txt."""


@contextmanager
def recorded_state(folder: RunFolder) -> Iterator[None]:
    """Marks the run as running, and at the end as done, interrupted, pruned or failed.

    Raises:
        Stopped: A trial of a search was pruned.
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
    except (KeyboardInterrupt, Stopped) as error:
        state = error.reason if isinstance(error, Stopped) else INTERRUPTED
        end(state)
        folder.log(state)
        if state == PRUNED:
            raise
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
    plan: RunPlan,
    prepared: PreparedData,
    lock: Lock,
    findings: Sequence[Diagnostic],
) -> None:
    """Writes what a run is: its spec, its data and what it depends on."""
    document = plan.checked.document
    folder.write_json("lock.json", lock)
    folder.write_data(prepared)
    suffix = ".json" if document.format == "json" else ".toml"
    folder.write_document(document.text, suffix)
    folder.write_json("expanded.json", spec_tree(plan.checked))
    folder.write_json("findings.json", [finding.to_dict() for finding in findings])
    # Written last: from here on the folder is a run that can be resumed.
    folder.write_json("run.json", plan.info)


def execute(job: TrainingJob, train_folds: Callable[[TrainingJob], Folds] | None = None) -> EvaluatedModel | None:
    """Trains, evaluates, saves and reports; with several workers, all but the first only train, and return None.

    `train_folds` trains the folds of a run that is cross-validated, before its final model.
    """
    from seqspec.training.fitting.trainer import Trainer
    from seqspec.training.loggers.group import LoggerGroup

    folder = job.folder
    names, report = (job.plan.loggers, job.report) if folder.writes else ((), ignore)
    # Loggers ask for the model in the first stage, when there is a trainer.
    group = LoggerGroup(names, folder, job.spec.to_dict(), report, lambda: trainer.model)
    job = replace(job, report=group.receive)
    with folder.locked(), terminated_as_interrupted():
        try:
            with recorded_state(folder):
                if train_folds is not None:
                    job = replace(job, folds=train_folds(job))
                with job.strategy.scope():
                    trainer = Trainer.of(job)
                    trained = trainer.train()
                evaluated = trained.finish() if folder.writes else None
                if evaluated is not None and not job.plan.is_part:
                    _report(job, evaluated)
        except BuildError:
            if folder.writes and not job.start.resumes:
                # Nothing was trained: the empty run folder is removed.
                group.finish(FAILED)
                shutil.rmtree(folder.path, ignore_errors=True)
            raise
        except RunError as error:
            if job.strategy.workers > 1:
                from seqspec.training.engines.jax_processes import exit_without_barrier

                exit_without_barrier(error.status)
            raise
        finally:
            if folder.writes and folder.path.exists():
                # On a full disk run.json may be missing.
                with suppress(RunError):
                    state = folder.info()["state"]
                    group.finish(INTERRUPTED if state == PRUNED else state)
    job.report(DoneEvent(str(folder.path), folder.state()))
    if evaluated is not None and "exports" in evaluated.results.evaluation:
        from seqspec.training.export.export_model import require_exported

        require_exported(evaluated.results.evaluation)
    return evaluated


def _report(job: TrainingJob, evaluated: EvaluatedModel) -> None:
    """Reports what the results mean, and writes the report where one is wanted."""
    from seqspec.training.comparison.diagnosis import diagnose_run

    results, spec, info = evaluated.results, job.spec, job.plan.info
    if info.get("no_report") or not (spec.report.html if "report" in spec.written else info.get("html", False)):
        job.report(VerdictEvent([each._asdict() for each in diagnose_run(results)]))
        return
    from seqspec.training.report.page import ReportedRun, sample_results, write_report

    with evaluated.as_evaluated() as model:
        samples = sample_results(model, evaluated.data, results.evaluation, job.plan.seed, spec.report)
    diagnoses = diagnose_run(results, samples.dominant)
    job.report(VerdictEvent([each._asdict() for each in diagnoses]))
    path = write_report(ReportedRun(job.folder, job.plan.checked.check, DONE, results, samples, diagnoses))
    job.report(ReportEvent(str(path)))


def resumed(info: RunInfo, modules: Collection[str], added_epochs: int = 0) -> Start:
    """Where a run goes on that was interrupted, or to which epochs are added."""
    from seqspec.training.run_folder.loading import initial_weights

    return Start(initial_weights(info, modules), True, info.get("extra_epochs", 0), added_epochs)


def partial_job(job: TrainingJob) -> TrainingJob:
    """The job of a fold or trial: a new one, which is described, or one that continues the run in its folder."""
    folder, strategy = job.folder, job.strategy
    if (folder.path / "run.json").is_file():
        known = folder.info()
        start = resumed(known, job.plan.permissions.modules)
        return replace(job, plan=replace(job.plan, info=known), start=start)
    # What a process left that was killed before the run was described.
    shutil.rmtree(folder.path, ignore_errors=True)
    folder.path.mkdir(parents=True)
    lock = job.plan.lock(job.plan.digests(job.data), strategy.workers, strategy.device_names())
    describe_run(folder, job.plan, job.data, lock, [])
    return job


def import_backend(spec: TypedSpec, placement: Placement = LOCAL) -> None:
    """Imports Keras with the backend that the spec names."""
    from seqspec.core.api.compiler import import_keras, without_retracing_warnings

    if (placement.devices or 1) > 1 and backend_of(spec) == "jax":
        from seqspec.training.engines.jax_processes import split_cpu

        assert placement.devices is not None
        split_cpu(placement.devices)
    import_keras(spec.runtime.backend)
    without_retracing_warnings()


def strategy_of(checked: CheckedSpec, placement: Placement) -> SingleDevice:
    """The strategy that replicates the model; raises `SpecError` with locations in the spec if there is none."""
    try:
        return _strategy_for(checked.spec, placement)
    except PlacementError as error:
        raise_violations(checked, error.violations)


def _strategy_for(spec: TypedSpec, placement: Placement) -> SingleDevice:
    """The strategy; raises `RunError` for missing devices, `PlacementError` for an unsuitable batch size."""
    import keras

    from seqspec.training.strategies.strategy import SingleDevice

    everything = spec.runtime.distribution == "data_parallel"
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
def ray_cluster(plan: RunPlan, placement: Placement) -> Iterator[RayShards | None]:
    """Connects to the Ray cluster if Ray is the engine; yields what shards the data, None for data from Python."""
    if placement.engine != "ray":
        yield None
        return
    from seqspec.training.engines.ray_workers import cluster

    with cluster(placement):
        if plan.arrays is not None or "data" not in plan.spec.written:
            yield None
            return
        from seqspec.training.engines.ray_data import RayShards

        yield RayShards(placement.workers, plan.spec.data.memory)


def train_worker(
    folder: RunFolder,
    placement: Placement,
    rank: int,
    data: object,
    report: EventHandler,
    sharded: Mapping[TreePath, Samples],
    *,
    permissions: Permissions,
    added_epochs: int,
) -> None:
    """Trains in one of several connected workers; `sharded` are the sharded sources, which no worker reads itself."""
    from seqspec.training.engines.ray_data import KnownShards

    plan = replace(RunPlan.load(folder, permissions, data), placement=placement)
    with errors_of_workers(placement.workers > 1):
        prepared = read_data(plan, check_leakage=False, shards=KnownShards(sharded) if sharded else None)
    import_backend(plan.spec)
    strategy = strategy_of(plan.checked, placement)
    if not sharded:
        strategy.agree("the data", digest_of_tree(data_digests(prepared, plan.base)))
    lock = folder.lock()
    if rank != 0:
        folder = FollowerFolder(folder.path)
    elif not lock["devices"]:
        folder.write_json("lock.json", plan.lock(lock["digests"], strategy.workers, strategy.device_names()))
    else:
        folder.log("continued by new workers")
    # Ray may have restarted the workers after one of them was lost.
    start = resumed(plan.info, permissions.modules, added_epochs)
    execute(TrainingJob(folder, plan, prepared, start, strategy, report))
