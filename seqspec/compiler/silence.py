"""Keras imported without the log lines that its backend writes while it starts."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

_LOG = re.compile(
    rb"[IWE]\d{4} \d\d:\d\d:[\d.:]+ +\d+ \S+\] .*"  # I0000 00:00:1795543384.577264 15753 port.cc:153] …
    rb"|\d{4}-\d\d-\d\d \d\d:\d\d:[\d.]+: [IWE] .*"  # 2026-01-01 12:00:00.000000: I tensorflow/…
    rb"|WARNING: All log messages before absl::InitializeLog\(\) .*"
    rb"|To enable the following instructions: .*"
)


def import_keras(backend: str | None = None) -> None:
    """Imports what builds models; what is written to standard error meanwhile is passed on without the log lines.

    Where the import fails, everything is passed on. Keras starts with `backend` unless it is imported already.
    """
    if backend is not None and "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = backend
    if not os.environ.get("TF_CPP_MIN_LOG_LEVEL"):
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    with _without_logs():
        import_module("seqspec.compiler.model")


@contextmanager
def discard_stderr() -> Iterator[None]:
    """Discards what is written to standard error: converters and runtimes of C++ describe their work there.

    What they raise says the same of a failure.
    """
    if sys.stderr is not None:
        sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:
        yield
        return
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        if sys.stderr is not None:
            sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)


@contextmanager
def _without_logs() -> Iterator[None]:
    # The lines come from C++, which knows nothing of sys.stderr: its file descriptor is led elsewhere.
    if sys.stderr is not None:
        sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:
        yield
        return
    failed = True
    with tempfile.TemporaryFile() as written:
        os.dup2(written.fileno(), 2)
        try:
            yield
            failed = False
        finally:
            if sys.stderr is not None:
                sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            written.seek(0)
            for line in written:
                if failed or not _LOG.match(line):
                    os.write(2, line)
