"""Processes that train together by `jax.distributed`: started by Slurm, Open MPI or Kubernetes, or by Ray."""

from __future__ import annotations

import atexit
import os
import re
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec

import jax
import numpy as np
from jax.experimental import multihost_utils

from seqspec.training.errors import RunError, reason_of

_MAX_BROADCAST_BYTES = 65_536
"""Maximum size in bytes of a value that is broadcast to all workers."""
_MAX_GATHERED_BYTES = 4096
"""Maximum size in bytes of a value that every worker sends to all."""
_SHUTDOWN_SECONDS = 24 * 3600
"""How long the other workers wait for the first one, which evaluates and saves after training."""


class RemoteError(RunError):
    """Another worker failed; the message names its host."""


def split_cpu(count: int) -> None:
    """Splits the CPU into `count` devices, for machines without GPUs; has no effect once JAX is initialized."""
    with suppress(RuntimeError):
        jax.config.update("jax_num_cpu_devices", count)


def join(address: str | None = None, workers: int | None = None, rank: int | None = None) -> None:
    """Connects this process to the others; without arguments JAX asks the launcher. Before JAX has started.

    Raises:
        RunError: JAX finds no launcher, or no coordinator answers.
    """
    if jax.distributed.is_initialized():
        return
    # Has no effect on GPUs; by default JAX has no collective operations on a CPU.
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    method = None
    if address is None and _is_open_mpi_5():
        # JAX only reads the environment variables of Open MPI 4.
        if os.environ["OMPI_COMM_WORLD_SIZE"] == os.environ.get("OMPI_COMM_WORLD_LOCAL_SIZE"):
            address, workers, rank = _on_this_machine()
        elif find_spec("mpi4py") is not None:
            method = "mpi4py"
        else:
            raise RunError("Open MPI 5 on several machines needs mpi4py (pip install mpi4py)")
    try:
        jax.distributed.initialize(
            address, workers, rank, cluster_detection_method=method, shutdown_timeout_seconds=_SHUTDOWN_SECONDS
        )
    except (ValueError, RuntimeError) as error:
        raise RunError(
            f"the engine jax cannot find its workers: {reason_of(error)} "
            "(start one process per worker with srun or mpirun)"
        )
    try:
        jax.devices()
    except RuntimeError as error:
        raise RunError(
            f"host {socket.gethostname()}: JAX cannot start: {reason_of(error)} "
            "(the name of each host must resolve to the address by which the others reach it)"
        )


def _is_open_mpi_5() -> bool:
    return "OMPI_COMM_WORLD_SIZE" in os.environ and "OMPI_MCA_orte_hnp_uri" not in os.environ


def _on_this_machine() -> tuple[str, int, int]:
    """Address of the coordinator, number of workers and rank, for processes that mpirun has started on one machine."""
    job = re.findall(r"\d+", os.environ.get("PMIX_NAMESPACE", "")) or [str(os.getppid())]
    port = 61440 + int(job[0]) % 4096
    return f"127.0.0.1:{port}", int(os.environ["OMPI_COMM_WORLD_SIZE"]), int(os.environ["OMPI_COMM_WORLD_RANK"])


def broadcast(value: str) -> str:
    """The value of worker 0, on every worker; all of them must call this."""
    raw = value.encode()
    if len(raw) > _MAX_BROADCAST_BYTES:
        raise ValueError(f"{len(raw):,} bytes are too many to send to all workers")
    buffer = np.zeros(_MAX_BROADCAST_BYTES + 8, np.uint8)
    buffer[:8] = np.frombuffer(len(raw).to_bytes(8, "little"), np.uint8)
    buffer[8 : 8 + len(raw)] = np.frombuffer(raw, np.uint8)
    received = np.asarray(multihost_utils.broadcast_one_to_all(buffer)).astype(np.uint8)
    size = int.from_bytes(received[:8].tobytes(), "little")
    return bytes(received[8 : 8 + size].tobytes()).decode()


def gather(value: str) -> list[str]:
    """The values of all workers by rank, each cut to 4 KiB; all of them must call this."""
    raw = value.encode()[:_MAX_GATHERED_BYTES]
    buffer = np.frombuffer(raw.ljust(_MAX_GATHERED_BYTES, b"\0"), np.uint8)
    received = np.asarray(multihost_utils.process_allgather(buffer)).astype(np.uint8)
    rows = received.reshape(-1, _MAX_GATHERED_BYTES)
    return [row.tobytes().rstrip(b"\0").decode(errors="ignore") for row in rows]


@contextmanager
def shared_errors() -> Iterator[None]:
    """Raises the error of one worker on all of them, which would otherwise wait for it without end.

    Raises:
        RemoteError: What failed on another worker, with the name of its host.
    """
    try:
        yield
    except Exception as error:
        gather(f"host {socket.gethostname()}: {reason_of(error)}")
        raise
    first = next(filter(None, gather("")), None)
    if first is not None:
        raise RemoteError(first)


def lost_a_worker(error: Exception) -> bool:
    """Whether an operation on all workers failed because one of them does not answer."""
    # Of Gloo, which connects CPUs, some errors are a plain ValueError.
    return isinstance(error, jax.errors.JaxRuntimeError) or (isinstance(error, ValueError) and "Gloo" in str(error))


def exit_without_barrier(status: int) -> None:
    """Ends this process at its exit with `status`, without JAX's barrier, in which it would wait for a lost worker."""

    def end() -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)

    # Runs before JAX's own function, which was registered when JAX was imported.
    atexit.register(end)


def wait() -> None:
    """Returns when every worker has called this."""
    multihost_utils.sync_global_devices("seqspec")
