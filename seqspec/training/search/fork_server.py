"""Worker processes, forked from a server that has imported Keras and read the data, and never runs an operation.

The coordinator has one pipe to the server, and the server one to each worker. Whichever dies, those below it end.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from glob import glob
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import NamedTuple

from seqspec.training.errors import ExitStatus, Interrupted, RunError, StopReason
from seqspec.training.events import Event, EventHandler, WarningEvent
from seqspec.training.search.jobs import DataFacts, Job, SearchData, read_search_data
from seqspec.training.search.plan import SearchPlan
from seqspec.training.search.workers import Decide, JobEnd, do_job, import_trainer, require_devices

_PR_SET_PDEATHSIG = 1


def start_fork(body: Callable[..., None], *arguments: object) -> tuple[ForkProcess, Connection]:
    """A process that does `body` with a pipe to this one, and ends with this one.

    SIGTERM waits until the body calls `receive_sigterm`.
    """
    own, other = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(
        target=_child, args=(body, own, other, os.getpid(), *arguments)
    )
    # Before the child has its own handler, it has that of this process, which may ignore the signal.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    try:
        with warnings.catch_warnings():
            # Threads of the backend are idle, since no operation runs in this process, and the one of the progress
            # display waits.
            warnings.simplefilter("ignore")
            process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    other.close()
    return process, own


def _child(body: Callable[..., None], own: Connection, other: Connection, parent: int, *arguments: object) -> None:
    # A Ctrl-C of the terminal reaches the coordinator, which ends its processes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    own.close()
    body(other, *arguments)


def receive_sigterm() -> None:
    """Lets SIGTERM through in a process of `start_fork`, which has set its handler."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])


def run_in_fork(task: str, function: Callable[..., object], *arguments: object) -> None:
    """Calls a function in a process of its own, whose memory is free afterwards.

    Args:
        task: What the process does, such as "writes the report".
        function: The function.
        arguments: Its arguments.

    Raises:
        What the function raises; `RunError` if the process is killed.
    """
    process, pipe = start_fork(_call, function, *arguments)
    try:
        error = pipe.recv()
    except EOFError:
        process.join()
        error = RunError(f"the process that {task} ended with status {process.exitcode}: memory may be short")
    except BaseException:
        process.kill()
        raise
    finally:
        process.join()
        pipe.close()
    if error is not None:
        raise error


def _call(pipe: Connection, function: Callable[..., object], *arguments: object) -> None:
    receive_sigterm()
    try:
        function(*arguments)
    except Exception as error:
        pipe.send(error)
    else:
        pipe.send(None)


class _Ready(NamedTuple):
    """The server has imported Keras: from now on jobs begin at once."""


class _Start(NamedTuple):
    """The coordinator starts a job; `environment` are variables of its process."""

    key: int
    job: Job
    environment: Mapping[str, str]


class _Epoch(NamedTuple):
    """A job has trained an epoch, and waits for a `_Decision`."""

    key: int
    epoch: int
    logs: Mapping[str, float]


class _Decision(NamedTuple):
    key: int
    reason: StopReason | None


class _Stop(NamedTuple):
    """All jobs and the server are to end."""


class ForkServer:
    """Implements `Workers` by forked processes, at most `count` at a time.

    Args:
        plan: What all trials share.
        count: How many work at a time.
        report: Receives the events while the data is read.
        per_device: How many of them share a GPU; None where they see all GPUs.

    Raises:
        What `read_search_data` raises.
    """

    def __init__(self, plan: SearchPlan, count: int, report: EventHandler, per_device: int | None = None) -> None:
        self._plan, self._count, self._report = plan, count, report
        self._devices = devices_of(count, per_device) if per_device is not None else [None] * count
        if per_device is not None and self._devices == [None] * count:
            report(WarningEvent("--per-device has no effect: this machine has no GPU of NVIDIA"))
        self._running: dict[int, int] = {}
        """The place of each job by its key."""
        self._lost: list[JobEnd] = []
        self._ready = False
        self._process, self._pipe = start_fork(_serve, plan)
        try:
            self.facts = self._read_facts()
        except BaseException:
            self._process.kill()
            self._process.join()
            raise

    @property
    def free(self) -> int:
        """How many more jobs can start."""
        return self._count - len(self._running)

    @property
    def busy(self) -> bool:
        """Whether any job is at work."""
        return bool(self._running)

    def start(self, key: int, job: Job) -> None:
        """Starts a job."""
        place = next(each for each in range(self._count) if each not in self._running.values())
        device = self._devices[place]
        environment = {} if device is None else {"CUDA_VISIBLE_DEVICES": device}
        self._running[key] = place
        self._send(_Start(key, job, environment))

    def ended(self, decide: Decide) -> Iterator[JobEnd]:
        """Waits until a job ends."""
        job_ends: list[JobEnd] = []
        while self._running and not job_ends:
            message = self._received()
            if isinstance(message, _Epoch):
                self._send(_Decision(message.key, decide(*message)))
            elif isinstance(message, JobEnd):
                job_ends.append(message)
            elif isinstance(message, BaseException):
                raise message
            job_ends, self._lost = [*self._lost, *job_ends], []
        for each in job_ends:
            self._running.pop(each.key, None)
        yield from job_ends

    def stop(self) -> None:
        """Interrupts all jobs, waits until checkpoints are written, and ends the server."""
        with suppress(EOFError, OSError):
            while not self._ready and self._pipe.poll():
                self._ready = isinstance(self._pipe.recv(), _Ready)
        if self._running and self._ready:
            with suppress(OSError):
                self._pipe.send(_Stop())
        else:
            # It may still import Keras, before any job.
            self._process.kill()
        self._process.join()
        self._pipe.close()
        self._running.clear()

    def _send(self, message: object) -> None:
        try:
            self._pipe.send(message)
        except OSError:
            self._restart()

    def _received(self) -> object:
        try:
            message: object = self._pipe.recv()
        except (EOFError, OSError):
            self._restart()
            return None
        self._ready = self._ready or isinstance(message, _Ready)
        return message

    def _restart(self) -> None:
        """Starts another server; the jobs of one that died ended with it."""
        self._process.join()
        signal_number = -(self._process.exitcode or 0)
        self._lost = [
            JobEnd(key, error="the server of the workers ended", killed=signal_number or signal.SIGKILL)
            for key in self._running
        ]
        self._pipe.close()
        self._ready = False
        self._process, self._pipe = start_fork(_serve, self._plan)
        self._read_facts()

    def _read_facts(self) -> DataFacts:
        try:
            while True:
                message = self._pipe.recv()
                if isinstance(message, Event):
                    self._report(message)
                elif isinstance(message, DataFacts):
                    return message
                else:
                    self._process.join()
                    raise message
        except (EOFError, OSError):
            self._process.join()
            raise RunError(
                f"the process that reads the data ended with status {self._process.exitcode}: memory may be short"
            )


def devices_of(count: int, per_device: int) -> list[str | None]:
    """The GPU of each of `count` workers, by its number; None on a machine without GPUs.

    Raises:
        RunError: There are fewer GPUs than the workers need.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    found = visible.split(",") if visible else []
    if visible is None:
        # A container may have a part of the GPUs, or no folder of them.
        count_of_machine = len(glob("/dev/nvidia[0-9]*")) or len(glob("/proc/driver/nvidia/gpus/*"))
        found = [*map(str, range(count_of_machine))]
    found = [each.strip() for each in found if each.strip() not in ("", "-1")]
    if not found:
        return [None] * count
    require_devices(count, per_device, len(found), "this machine")
    return [found[place // per_device] for place in range(count)]


def _serve(pipe: Connection, plan: SearchPlan) -> None:
    """The body of the server."""
    # The coordinator gets it too, and ends the workers.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    receive_sigterm()
    try:
        data = read_search_data(plan, pipe.send)
        pipe.send(data.facts())
        import_trainer(plan)
        pipe.send(_Ready())
    except Exception as error:
        # Raised in the coordinator.
        pipe.send(error)
        return
    _Server(pipe, data).run()


class _Server:
    """Forks workers, and passes messages between them and the coordinator."""

    def __init__(self, pipe: Connection, data: SearchData) -> None:
        self._pipe, self._data = pipe, data
        self._workers: dict[int, tuple[ForkProcess, Connection]] = {}

    def run(self) -> None:
        """Works until the coordinator says that it is the end."""
        while True:
            keys = {connection: key for key, (_, connection) in self._workers.items()}
            for ready in wait([self._pipe, *keys]):
                assert isinstance(ready, Connection)
                if ready is not self._pipe:
                    self._from_worker(keys[ready], ready)
                elif not self._from_coordinator():
                    return

    def _from_coordinator(self) -> bool:
        """Whether there are more messages."""
        try:
            message = self._pipe.recv()
        except (EOFError, OSError):
            message = _Stop()
        match message:
            case _Start():
                self._workers[message.key] = start_fork(_work, self._data, message, self._pipe)
            case _Decision() if message.key in self._workers:
                # Where it died meanwhile, its pipe shows it.
                with suppress(OSError):
                    self._workers[message.key][1].send(message.reason)
            case _Stop():
                self._stop()
                return False
        return True

    def _from_worker(self, key: int, connection: Connection) -> None:
        try:
            message = connection.recv()
        except (EOFError, OSError):
            process = self._workers.pop(key)[0]
            process.join()
            code = process.exitcode or 0
            # Also SIGTERM ends a worker, after it has written a checkpoint.
            killed = -code if code < 0 else signal.SIGTERM if code == ExitStatus.INTERRUPTED else None
            message = JobEnd(key, error=f"the worker ended with status {code}", killed=killed)
        else:
            if isinstance(message, JobEnd):
                self._workers.pop(key)[0].join()
        self._pipe.send(message)

    def _stop(self) -> None:
        """Interrupts all workers, and waits until their checkpoints are written."""
        for process, connection in self._workers.values():
            if process.pid is not None and process.is_alive():
                os.kill(process.pid, signal.SIGTERM)
            connection.close()
        for process, _ in self._workers.values():
            process.join()


def _work(pipe: Connection, data: SearchData, start: _Start, of_server: Connection) -> None:
    """The body of a worker."""
    signal.signal(signal.SIGTERM, _interrupt)
    of_server.close()
    os.environ.update(start.environment)
    # Workers share the memory of a GPU.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

    def ask(key: int, epoch: int, logs: Mapping[str, float]) -> StopReason | None:
        try:
            pipe.send(_Epoch(key, epoch, dict(logs)))
            reason: StopReason | None = pipe.recv()
            return reason
        except (OSError, EOFError):
            return "interrupted"

    try:
        receive_sigterm()
        pipe.send(do_job(data, start.key, start.job, ask))
    except (KeyboardInterrupt, Interrupted, OSError):
        os._exit(ExitStatus.INTERRUPTED)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
