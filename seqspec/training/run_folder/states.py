"""The state of a run in run.json: written when the run starts and ends, however it ends."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from seqspec.training.errors import Interrupted, TrainingError, reason_of
from seqspec.training.run_folder.files import DONE, FAILED, INTERRUPTED, RUNNING, now
from seqspec.training.run_folder.folder import RunFolder

_MAX_LOGGED = 20_000
"""Maximum number of characters of an error of Keras in log.txt."""


@contextmanager
def recorded_state(folder: RunFolder) -> Iterator[None]:
    """Marks the run as running, and at the end as done, interrupted or failed.

    Raises:
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
    except KeyboardInterrupt:
        end(INTERRUPTED)
        folder.log("interrupted")
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
