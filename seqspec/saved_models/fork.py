"""Calls that may crash this process or never end, tried in a forked one first.

A fork costs a few milliseconds, a new Python process as much as reading a model.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import warnings
from collections.abc import Callable


def run_in_fork(call: Callable[[], object], seconds: int) -> str | None:
    """How a call fails without an exception: by a crash, or by using more than some seconds of processor time.

    Only on Linux: elsewhere a process with threads cannot be relied on to fork.
    """
    if sys.platform != "linux":
        return None
    with warnings.catch_warnings():
        # Python and JAX warn of threads: the new process uses none of theirs.
        warnings.simplefilter("ignore")
        child = os.fork()
    if child == 0:
        try:
            _limit(seconds)
            call()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        return None
    ended = os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGALRM)
    return f"does not end within {seconds} s" if ended else "crashes"


def _limit(seconds: int) -> None:
    """Ends this process, without a trace or a core dump, when it takes too long."""
    import resource

    faulthandler.disable()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(60 * seconds)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
