"""Workers of a search as actors of a Ray cluster.

The coordinator, its journal and its rules are those of one machine; the searches have to be on storage that all
machines see. The trial of an actor that is lost continues from its last checkpoint in another one.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from math import ceil
from typing import Any, NamedTuple

import ray
from ray.actor import ActorHandle
from ray.exceptions import RayActorError, RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from seqspec.core.api.messages import counted
from seqspec.training.engines.ray_workers import cluster
from seqspec.training.errors import Interrupted, RunError, StopReason
from seqspec.training.events import Event, EventHandler, WarningEvent
from seqspec.training.planning.placement import Placement
from seqspec.training.run_folder.files import is_locked
from seqspec.training.search.jobs import DataFacts, Job, SearchData, TrainTrial, read_search_data
from seqspec.training.search.plan import SearchPlan
from seqspec.training.search.workers import Decide, JobEnd, do_job, import_trainer, require_devices

_MOST_JOBS = 20
"""The jobs after which an actor is replaced, since TensorFlow does not free all of its memory."""
_POLL_SECONDS = 2.0
_STOP_SECONDS = 60.0
_LOCK_SECONDS = 120.0
"""How long an actor waits for one that was lost with its machine, and still writes the run folder."""
_PENDING = 0
"""`JobEnd.killed` of a job that had no machine to start on."""


class _Actor:
    """Holds the data, and does one job at a time."""

    def __init__(self, plan: SearchPlan, mailbox: ActorHandle) -> None:
        self._plan, self._mailbox = plan, mailbox
        self._data: SearchData | None = None

    def read(self) -> tuple[list[Event], DataFacts | Exception]:
        """Reads the data; the events, and what is known about it or why it cannot be used."""
        events: list[Event] = []
        try:
            self._data = read_search_data(self._plan, events.append)
            import_trainer(self._plan)
            return events, self._data.facts()
        except Exception as error:
            return events, error

    def work(self, key: int, job: Job) -> JobEnd:
        """Does a job."""
        if self._data is None:
            _, facts = self.read()
            if isinstance(facts, Exception):
                return JobEnd(key, error=str(facts))
        assert self._data is not None
        if isinstance(job, TrainTrial):
            end = time.monotonic() + _LOCK_SECONDS
            while is_locked(job.path) and time.monotonic() < end:
                time.sleep(0.1)
        try:
            return do_job(self._data, key, job, self._ask)
        except (KeyboardInterrupt, Interrupted):
            return JobEnd(key, error="interrupted")

    def _ask(self, key: int, epoch: int, logs: Mapping[str, float]) -> StopReason | None:
        reason: StopReason | None = ray.get(self._mailbox.ask.remote(key, epoch, dict(logs)))
        return reason


class _Mailbox:
    """Where actors wait for decisions of the coordinator; on its machine."""

    def __init__(self) -> None:
        self._asked: asyncio.Queue[tuple[int, int, dict[str, float]]] = asyncio.Queue()
        self._answers: dict[int, asyncio.Future[StopReason | None]] = {}
        self._stopped = False

    async def ask(self, key: int, epoch: int, logs: dict[str, float]) -> StopReason | None:
        """Why a job ends after an epoch; None where it goes on."""
        if self._stopped:
            return "interrupted"
        answer = self._answers[key] = asyncio.get_running_loop().create_future()
        await self._asked.put((key, epoch, logs))
        reason: StopReason | None = await answer
        return reason

    async def following(self) -> tuple[int, int, dict[str, float]]:
        """The next question."""
        return await self._asked.get()

    async def answer(self, key: int, reason: StopReason | None) -> None:
        """Answers the last question about a job."""
        self._set(key, reason)

    async def stop(self) -> None:
        """Interrupts all jobs at the end of their epoch."""
        self._stopped = True
        for key in [*self._answers]:
            self._set(key, "interrupted")

    def _set(self, key: int, reason: StopReason | None) -> None:
        answer = self._answers.pop(key, None)
        if answer is not None and not answer.done():
            answer.set_result(reason)


class _RayWorker(NamedTuple):
    """An actor, the result of its `read`, and its number of jobs."""

    actor: ActorHandle
    ready: Any
    jobs: int = 0


class RayWorkers:
    """Implements `Workers` by actors.

    Args:
        plan: What all trials share.
        count: How many actors, each with a CPU and, where the cluster has GPUs, with one of these.
        report: Receives the events while the data is read.
        per_device: How many actors share a GPU.

    Raises:
        RunError: There is no Ray cluster of this size; and what `read_search_data` raises.
    """

    def __init__(self, plan: SearchPlan, count: int, report: EventHandler, per_device: int | None = None) -> None:
        self._count = count
        self._stack = ExitStack()
        self._stack.enter_context(cluster(Placement("ray", 1)))
        try:
            found = ray.cluster_resources()
            gpus = int(found.get("GPU", 0))
            if gpus and per_device is not None:
                require_devices(count, per_device, gpus, "the Ray cluster")
            self._gpu = 1 / (per_device or 1) if gpus >= ceil(count / (per_device or 1)) else 0.0
            if gpus and not self._gpu:
                few = f"the Ray cluster has {counted(gpus, 'GPU')} for {counted(count, 'worker')}"
                report(WarningEvent(f"trials are trained on CPUs: {few}; --per-device shares them"))
            if found.get("CPU", 0) < count:
                raise RunError(f"{count} workers need as many CPUs; the Ray cluster has {found.get('CPU', 0):.0f}")
            here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
            mailbox = ray.remote(num_cpus=0, max_concurrency=1000, scheduling_strategy=here)(_Mailbox)
            self._mailbox = mailbox.remote()
            self._question = self._mailbox.following.remote()
            self._plan = ray.put(plan)
            self._workers: dict[int, _RayWorker] = {place: self._new() for place in range(count)}
            self._jobs: dict[Any, tuple[int, int]] = {}
            """The key and the place of each job."""
            self.facts = self._read(report)
        except BaseException:
            self._stack.close()
            raise

    def _new(self) -> _RayWorker:
        environment = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_FORCE_GPU_ALLOW_GROWTH": "true"}
        if "KERAS_BACKEND" in os.environ:
            environment["KERAS_BACKEND"] = os.environ["KERAS_BACKEND"]
        options = {"num_cpus": 1, "num_gpus": self._gpu, "runtime_env": {"env_vars": environment}}
        actor = ray.remote(**options, scheduling_strategy="SPREAD")(_Actor).remote(self._plan, self._mailbox)
        return _RayWorker(actor, actor.read.remote())

    def _read(self, report: EventHandler) -> DataFacts:
        """What the actors know about the data, which has to be the same on all machines."""
        known: list[DataFacts] = []
        for place, worker in self._workers.items():
            try:
                events, facts = ray.get(worker.ready)
            except RayError as error:
                raise RunError(f"a worker of the Ray cluster cannot read the data: {str(error).splitlines()[0][:300]}")
            for event in events if place == 0 else ():
                report(event)
            if isinstance(facts, Exception):
                raise facts
            known.append(facts)
        if any(each.digests != known[0].digests for each in known):
            raise RunError("the machines of the Ray cluster do not have the same data")
        return known[0]

    @property
    def free(self) -> int:
        """How many more jobs can start: fewer where the cluster has lost machines."""
        return min(self._count, self._cpus()) - len(self._jobs)

    @property
    def busy(self) -> bool:
        """Whether any job is at work, or none can be for want of a machine."""
        return bool(self._jobs)

    def _cpus(self) -> int:
        cpus = int(ray.cluster_resources().get("CPU", 0))
        if not cpus and not self._jobs:
            raise RunError("the Ray cluster has lost all of its machines")
        return cpus

    def start(self, key: int, job: Job) -> None:
        """Starts a job."""
        busy = {place for _, place in self._jobs.values()}
        place = min((each for each in self._workers if each not in busy), default=None)
        if place is None:
            place = next(each for each in range(self._count) if each not in self._workers)
            self._workers[place] = self._new()
        worker = self._workers[place]
        if worker.jobs == _MOST_JOBS:
            ray.kill(worker.actor)
            worker = self._new()
        self._workers[place] = worker._replace(jobs=worker.jobs + 1)
        self._jobs[worker.actor.work.remote(key, job)] = (key, place)

    def ended(self, decide: Decide) -> Iterator[JobEnd]:
        """Waits until a job ends."""
        job_ends: list[JobEnd] = []
        while self._jobs and not job_ends:
            ready, _ = ray.wait([*self._jobs, self._question], timeout=_POLL_SECONDS)
            for each in ready:
                if each != self._question:
                    job_ends.append(self._result(each))
                    continue
                key, epoch, logs = ray.get(self._question)
                self._question = self._mailbox.following.remote()
                self._mailbox.answer.remote(key, decide(key, epoch, logs))
            if not ready:
                job_ends += self._pending()
        yield from job_ends

    def _result(self, job: Any) -> JobEnd:
        key, place = self._jobs.pop(job)
        try:
            ended = ray.get(job)
            assert isinstance(ended, JobEnd)
            return ended
        except RayActorError:
            self._workers.pop(place)
            return JobEnd(key, error="the worker or its machine was lost", killed=signal.SIGKILL)
        except RayError as error:
            return JobEnd(key, error=f"Ray: {str(error).splitlines()[0][:500]}")

    def _pending(self) -> Iterator[JobEnd]:
        """The jobs of actors that wait for a machine, of which the cluster has too few."""
        surplus = len(self._workers) - int(ray.cluster_resources().get("CPU", 0))
        for job, (key, place) in [*self._jobs.items()]:
            worker = self._workers[place]
            if surplus > 0 and not ray.wait([worker.ready], timeout=0)[0]:
                surplus -= 1
                ray.kill(worker.actor)
                del self._jobs[job], self._workers[place]
                yield JobEnd(key, error="the cluster has too few machines", killed=_PENDING)

    def stop(self) -> None:
        """Interrupts all jobs at the end of their epoch, and leaves the cluster."""
        if not ray.is_initialized():
            return
        if self._jobs:
            ray.get(self._mailbox.stop.remote())
            ray.wait([*self._jobs], num_returns=len(self._jobs), timeout=_STOP_SECONDS)
        for worker in self._workers.values():
            ray.kill(worker.actor)
        ray.kill(self._mailbox)
        self._workers, self._jobs = {}, {}
        self._stack.close()
