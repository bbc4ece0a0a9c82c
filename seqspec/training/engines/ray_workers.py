"""Several machines by Ray Train: Ray starts the workers and restarts them; Keras on JAX trains.

The spec, the digests and the data that came from Python go to the workers; each reads the sources itself, unless they
are sharded among the machines (`seqspec.training.engines.ray_data`). Rank 0
writes the run folder, which has to be on storage that all machines see. Every restart goes on from the last checkpoint.
"""

from __future__ import annotations

import logging
import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import ray

from seqspec.core.api.diagnostics import BuildError
from seqspec.core.api.messages import counted
from seqspec.training.errors import DataError, Interrupted, RunError, TrainingError, reason_of
from seqspec.training.events import EventHandler, ignore
from seqspec.training.planning.placement import Placement
from seqspec.training.planning.plan import RunPlan
from seqspec.training.records import JsonObject
from seqspec.training.run import Run
from seqspec.training.run_folder.files import DONE, FAILED, INTERRUPTED
from seqspec.training.run_folder.folder import RunFolder

if TYPE_CHECKING:
    from ray.train.v2.api.data_parallel_trainer import DataParallelTrainer
    from ray.util.queue import Queue

    from seqspec.core.api.diagnostics import Path
    from seqspec.training.data.samples import Samples

_POLL_SECONDS = 0.2
"""Seconds between polls for events of the workers."""
_WORKER_ENVIRONMENT = {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "jax"}


class WorkerRun(NamedTuple):
    """A run that workers train.

    Attributes:
        folder: The run folder, on storage that all machines see.
        plan: What determines it.
        added_epochs: The epochs that `resume` adds now.
        samples: Sources that are sharded among the machines, by their path in the spec.
    """

    folder: RunFolder
    plan: RunPlan
    added_epochs: int
    samples: Mapping[Path, Samples]


def launch(train: Callable[..., None], run: WorkerRun, report: EventHandler) -> Run:
    """Trains a run and waits for the end; within `cluster`.

    Args:
        train: What each worker does: gets the run folder, the placement, its rank, the data, where to report
            events, the sharded sources, what the spec may do, and the epochs that are added.
        run: The run.
        report: Receives the events of rank 0.

    Raises:
        RunError: What a worker raised.
        TrainingError: Workers were lost more often than `placement.restarts`.
        Interrupted: The user interrupted.
    """
    from ray.train import TrainingFailedError
    from ray.train.v2._internal.exceptions import WorkerGroupStartupTimeoutError
    from ray.train.v2.api.exceptions import ControllerError
    from ray.util.queue import Queue

    folder, placement = run.folder, run.plan.placement
    queue = Queue(actor_options={"num_cpus": 0})
    trainer = _trainer(train, run, queue)
    events = _Events(queue, report)
    try:
        trainer.fit()
    except KeyboardInterrupt:
        folder.update(state=INTERRUPTED)
        raise Interrupted(f"interrupted; continue with: seqspec resume {folder.path}")
    except TrainingFailedError as error:
        folder.update(state=FAILED, error=str(error)[:2000])
        cause = error.controller_failure if isinstance(error, ControllerError) else error
        if isinstance(cause, WorkerGroupStartupTimeoutError):
            reason = f"a machine was lost, and the cluster has no other for {counted(placement.workers, 'worker')}"
        else:
            reason = f"the workers failed after {placement.restarts} restarts: {reason_of(cause)}"
        raise TrainingError(reason, _last_checkpoint(folder))
    finally:
        events.close()
    if folder.info()["state"] != DONE:
        # An error in a completed run came from workers that lost another one and were restarted, and is ignored.
        if events.error is not None:
            raise events.error
        raise TrainingError("the workers ended without a result", _last_checkpoint(folder))
    # Ray's own state of the workers.
    shutil.rmtree(folder.path / "ray", ignore_errors=True)
    return Run(folder, allowed=run.plan.permissions.modules)


def _trainer(train: Callable[..., None], run: WorkerRun, queue: Queue) -> DataParallelTrainer:
    """Ray's trainer of a run; `queue` is where rank 0 reports events."""
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.v2.api.data_parallel_trainer import DataParallelTrainer

    folder, placement = run.folder, run.plan.placement
    gpus = _require(placement)
    config = {
        "train": train,
        "folder": str(folder.path.resolve()),
        "placement": placement.to_dict(),
        "permissions": run.plan.permissions,
        "added_epochs": run.added_epochs,
        "data": ray.put(run.plan.arrays) if run.plan.arrays is not None else None,
        "samples": ray.put(run.samples) if run.samples else None,
        "queue": queue,
        "gpus": gpus,
    }
    resources: dict[str, float] = {"CPU": 1, **({"GPU": placement.devices or 1} if gpus else {})}
    return DataParallelTrainer(
        _work,
        train_loop_config=config,
        scaling_config=ScalingConfig(num_workers=placement.workers, use_gpu=gpus, resources_per_worker=resources),
        run_config=RunConfig(
            name="state",
            storage_path=str((folder.path / "ray").resolve()),
            # Without the second limit Ray would wait for ever for machines that are gone.
            failure_config=FailureConfig(max_failures=placement.restarts, controller_failure_limit=placement.restarts),
            worker_runtime_env={"env_vars": {**_WORKER_ENVIRONMENT, **({} if gpus else {"JAX_PLATFORMS": "cpu"})}},
        ),
    )


@contextmanager
def cluster(placement: Placement) -> Iterator[None]:
    """A connection to the Ray cluster: that of RAY_ADDRESS, or one that is started on this machine.

    Raises:
        RunError: There is no Ray cluster of this size.
    """
    started = _connect()
    try:
        _require(placement)
        with _without_raw_messages():
            yield
    finally:
        if started:
            ray.shutdown()


@contextmanager
def _without_raw_messages() -> Iterator[None]:
    """Keeps Ray from printing messages of lost processes among the epochs, which no option does."""
    from ray._private import worker

    printed = worker.print_to_stdstream
    worker.print_to_stdstream = lambda *arguments, **more: None
    try:
        yield
    finally:
        worker.print_to_stdstream = printed


def _connect() -> bool:
    """Connects to the cluster of RAY_ADDRESS, or starts one; returns whether this process has to shut it down."""
    if ray.is_initialized():
        return False
    try:
        # By default Ray would wait for a cluster on this machine whose process was killed.
        ray.init(os.environ.get("RAY_ADDRESS", "local"), log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise RunError(f"Ray cannot be reached or started: {str(error).splitlines()[0][:300]}")
    return True


def _require(placement: Placement) -> bool:
    """Whether workers use GPUs; raises `RunError` if the cluster is too small."""
    resources = ray.cluster_resources()
    if resources.get("GPU", 0) >= placement.workers * (placement.devices or 1):
        return True
    if resources.get("CPU", 0) < placement.workers:
        raise RunError(
            f"{placement.workers} workers need as many CPUs; the Ray cluster has {resources.get('CPU', 0):.0f} "
            f"(and {resources.get('GPU', 0):.0f} GPUs)"
        )
    return False


def _last_checkpoint(folder: RunFolder) -> str | None:
    from seqspec.training.run_folder.checkpoints import newest

    return newest(folder.checkpoints)


class _Events:
    """Passes the events of rank 0 on to `report`, in a thread, until it is closed."""

    def __init__(self, queue: Queue, report: EventHandler) -> None:
        self.error: RunError | None = None
        self._queue, self._report = queue, report
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Forwards the remaining events and stops the thread."""
        self._closed.set()
        self._thread.join(timeout=30)

    def _run(self) -> None:
        from ray.exceptions import RayError
        from ray.util.queue import Empty

        while True:
            last = self._closed.is_set()
            try:
                while True:
                    message = self._queue.get(timeout=_POLL_SECONDS)
                    if isinstance(message, RunError):
                        self.error = message
                    else:
                        self._report(message)
            except Empty:
                if last:
                    return
            except RayError:
                return


def _work(config: JsonObject) -> None:
    """The main function of each worker; Ray calls it again, in new processes, after a worker was lost."""
    import ray.train
    from ray.train.collective import broadcast_from_rank_zero

    from seqspec.training.engines.jax_processes import join, split_cpu

    rank = ray.train.get_context().get_world_rank()
    put = config["queue"].put
    report = put if rank == 0 else ignore
    try:
        placement = Placement(**config["placement"])
        if placement.devices is not None and not config["gpus"]:
            split_cpu(placement.devices)
        if placement.workers > 1:
            join(broadcast_from_rank_zero(_address() if rank == 0 else None), placement.workers, rank)
        data = ray.get(config["data"]) if config["data"] is not None else None
        sharded = ray.get(config["samples"]) if config["samples"] is not None else {}
        folder = RunFolder.open(config["folder"])
        known = {key: config[key] for key in ("permissions", "added_epochs")}
        config["train"](folder, placement, rank, data, report, sharded, **known)
    except (RunError, BuildError) as error:
        if _lost_a_worker(error):
            raise
        # Not raised, so that Ray does not retry what would fail again in the same way.
        put(_with_host(error))


def _with_host(error: RunError | BuildError) -> RunError:
    """The error with the name of this host, which may be another one than that of the command."""
    from seqspec.training.engines.jax_processes import RemoteError

    if isinstance(error, RemoteError):
        return error
    host = f"host {socket.gethostname()}"
    if isinstance(error, DataError):
        return DataError(
            [violation.replace(condition=f"{violation.condition} on {host}".strip()) for violation in error.violations]
        )
    if isinstance(error, TrainingError):
        return error
    return RunError(f"{host}: {error}")


def _lost_a_worker(error: Exception) -> bool:
    """Whether training failed because another worker was lost."""
    from seqspec.training.engines.jax_processes import lost_a_worker

    cause = error.__context__
    return isinstance(error, TrainingError) and isinstance(cause, Exception) and lost_a_worker(cause)


def _address() -> str:
    """The address of this machine as other machines of the cluster reach it, with a free port."""
    host = ray.util.get_node_ip_address()
    with socket.socket() as free_socket:
        free_socket.bind(("", 0))
        return f"{host}:{free_socket.getsockname()[1]}"
