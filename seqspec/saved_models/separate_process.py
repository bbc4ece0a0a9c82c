"""Calls that may crash this process or never end, tried in a separate process first.

On Linux a fork, which costs a few milliseconds; elsewhere a new Python process, which costs as much as reading a model.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable

_CAN_FORK = sys.platform == "linux"
"""Elsewhere a process with threads cannot be relied on to fork."""
_HAS_PROCESSES = sys.platform not in ("emscripten", "wasi")
_START_SECONDS = 60
"""How long a new Python process may take to start on a busy machine."""
_SOURCE = (
    "import importlib, sys; module, name, path = sys.argv[1:]; "
    "getattr(importlib.import_module(module), name)(path or sys.stdin.buffer.read())"
)


def failure_of(function: Callable[[str | bytes], object], source: str | bytes, seconds: int) -> str | None:
    """How a function fails on a file without an exception: by a crash, or by using more than some seconds.

    Args:
        function: A function of a module.
        source: The path or the bytes of the file.
        seconds: Of processor time where the process is forked, else of wall time after its start.
    """
    if _CAN_FORK:
        return _failure_in_fork(function, source, seconds)
    return _failure_in_new_process(function, source, seconds) if _HAS_PROCESSES else None


def _failure_in_fork(function: Callable[[str | bytes], object], source: str | bytes, seconds: int) -> str | None:
    with warnings.catch_warnings():
        # Python and JAX warn of threads: the new process uses none of theirs.
        warnings.simplefilter("ignore")
        child = os.fork()
    if child == 0:
        try:
            _limit(seconds)
            function(source)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        return None
    ended = os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGALRM)
    return _endless(seconds) if ended else "crashes"


def _failure_in_new_process(function: Callable[[str | bytes], object], source: str | bytes, seconds: int) -> str | None:
    path, data = (source, b"") if isinstance(source, str) else ("", source)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(
            [sys.executable, "-c", _SOURCE, function.__module__, function.__name__, path],
            check=False,
            input=data,
            env=environment,
            capture_output=True,
            timeout=_START_SECONDS + seconds,
        )
    except subprocess.TimeoutExpired:
        return _endless(seconds)
    # 1 is an exception, a negative status a signal, a large one an exception of Windows.
    return None if done.returncode in (0, 1) else "crashes"


def _endless(seconds: int) -> str:
    return f"does not end within {seconds} s"


def _limit(seconds: int) -> None:
    """Ends this process, without a trace or a core dump, when it takes too long."""
    import resource

    faulthandler.disable()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(60 * seconds)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
