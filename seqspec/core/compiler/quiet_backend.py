"""Keras imported without the log lines that its backend writes while it starts."""

from __future__ import annotations

import gc
import logging
import os
import re
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import BinaryIO

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
    with without_logs(), _no_collection(), _interrupts_deferred():
        import_module("seqspec.core.compiler.keras_model")


def without_retracing_warnings() -> None:
    """Hides TensorFlow's warnings about functions that it traces again: the user has not written these functions."""
    logger = logging.getLogger("tensorflow")
    if _is_not_about_retracing not in logger.filters:
        logger.addFilter(_is_not_about_retracing)


def _is_not_about_retracing(record: logging.LogRecord) -> bool:
    return "triggered tf.function retracing" not in str(record.msg)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Disables garbage collection during imports: it takes a tenth of their time and finds nothing."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextmanager
def _stderr_to(file: BinaryIO) -> Iterator[bool]:
    """Redirects the file descriptor of standard error to a file, since C++ libraries do not write to sys.stderr.

    Yields whether there is one.
    """
    if sys.stderr is not None:
        sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:
        yield False
        return
    os.dup2(file.fileno(), 2)
    try:
        yield True
    finally:
        if sys.stderr is not None:
            # What a full disk does not take is written after it.
            with suppress(OSError):
                sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)


@contextmanager
def discard_stderr() -> Iterator[None]:
    """Discards what is written to standard error: converters and runtimes of C++ describe their work there.

    What they raise says the same of a failure.
    """
    with open(os.devnull, "wb") as nowhere, _stderr_to(nowhere):
        yield


@contextmanager
def _interrupts_deferred() -> Iterator[None]:
    """Raises `KeyboardInterrupt` at the end instead of inside; a second Ctrl-C is obeyed at once.

    Inside an import of compiled modules, it becomes other errors, or ends the process with another status.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before is not signal.default_int_handler:
        yield
        return
    interrupted = False

    def note(number: int, frame: object) -> None:
        nonlocal interrupted
        if interrupted:
            raise KeyboardInterrupt
        interrupted = True

    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if interrupted:
            raise KeyboardInterrupt


@contextmanager
def without_logs() -> Iterator[None]:
    """Passes on what is written to standard error without the log lines of TensorFlow; all of it if this fails."""
    failed = True
    with tempfile.TemporaryFile() as written:
        try:
            with _stderr_to(written):
                yield
            failed = False
        except KeyboardInterrupt:
            failed = False
            raise
        finally:
            written.seek(0)
            for line in written:
                if failed or not _LOG.match(line):
                    os.write(2, line)
