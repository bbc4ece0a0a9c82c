"""Processes that are forked from this one, and end with it; on Linux."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import warnings
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess

from seqspec.training.errors import RunError

_PR_SET_PDEATHSIG = 1


def start_fork(body: Callable[..., None], *arguments: object) -> tuple[ForkProcess, Connection]:
    """A process that does `body` with a pipe to this one, and ends with this one.

    SIGTERM waits until the body calls `receive_sigterm`.
    """
    own, other = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(
        target=_child, args=(body, own, other, os.getpid(), *arguments)
    )  # fmt: skip
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
