"""Training from the page: trains the saved file, with data in its folder, in a separate process.

It starts only on a request of the page (a button), in the session of that page. The process is
`seqspec train`, with the same behavior as on the command line.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from pathlib import Path

from seqspec.core.api.check import Check, Facts
from seqspec.editor.lsp.server import Server
from seqspec.editor.playground.documents import Documents
from seqspec.training.errors import RunError
from seqspec.training.run import load_run
from seqspec.training.run_folder.names import runs_by_start

MAX_DATA_BYTES = 256 << 20
"""Maximum size in bytes of data that the page trains on; more requires the command line."""

_MAX_LINE = 1 << 20
_RUNS = "runs"


class Training:
    """The current run of a session, which can have one at a time.

    Args:
        server: Sends the events of the run as notifications `seqspec/training`.
        documents: The edited documents, whose file is trained.
    """

    def __init__(self, server: Server, documents: Documents) -> None:
        self._server = server
        self._documents = documents
        self._process: asyncio.subprocess.Process | None = None
        self._loop = asyncio.get_running_loop()
        self._run: Future[None] | None = None
        self._stopped = False

    def start(self) -> dict[str, object]:
        """Starts a run; the result has the epochs of the previous run, or `fault`."""
        file = self._documents.file
        if file is None:
            return {"fault": "there is no file to train: start with `seqspec serve FILE`"}
        if self._run is not None and not self._run.done():
            return {"fault": "a run is in progress"}
        why = refusal(Path(file))
        if why is not None:
            return {"fault": why}
        before = last_run(Path(file))
        self._stopped = False
        # Requests are handled in threads.
        self._run = asyncio.run_coroutine_threadsafe(self._train(file), self._loop)
        return {"before": before}

    def stop(self) -> None:
        """Interrupts the run like Ctrl+C; it can be resumed from its folder."""
        self._stopped = True
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                if sys.platform == "win32":
                    self._process.terminate()
                else:
                    self._process.send_signal(signal.SIGINT)

    def interrupt(self) -> None:
        """`stop` from another thread."""
        self._loop.call_soon_threadsafe(self.stop)

    async def _train(self, file: str) -> None:
        command = ["-m", "seqspec", "train", os.path.basename(file), "--format", "json", "--weights", "none"]
        try:
            self._process = process = await asyncio.create_subprocess_exec(
                sys.executable, *command, "--runs", _RUNS, cwd=os.path.dirname(file), limit=_MAX_LINE,
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip
        except OSError as error:
            self._notify({"event": "end", "status": 1, "words": f"cannot be started: {error.strerror or error}"})
            return
        if self._stopped:
            self.stop()
        assert process.stdout is not None and process.stderr is not None
        errors = asyncio.get_running_loop().create_task(process.stderr.read())
        with contextlib.suppress(ValueError):
            async for line in process.stdout:
                self._publish(line)
        status = await process.wait()
        message = (await errors).decode("utf-8", "replace").strip()
        self._notify({"event": "end", "status": status, "words": message[-4000:], "stopped": self._stopped})

    def _publish(self, line: bytes) -> None:
        with contextlib.suppress(ValueError):
            event = json.loads(line)
            if isinstance(event, dict):
                self._notify(event)

    def _notify(self, event: Mapping[str, object]) -> None:
        self._server.protocol.notify("seqspec/training", event)


def refusal(file: Path) -> str | None:
    """Why the page refuses to train a file; None if it does not."""
    check = Check.of(str(file))
    if not check.report.ok:
        return "the spec has errors; fix them first"
    if "data" not in check.spec.written:
        return "the spec has no [data] to train on"
    folder = file.parent.resolve()
    size = 0
    for named in Facts(check.spec, check.layers, check.spec.environment, ()).files.external_paths:
        path = (folder / named.text).resolve()
        if "://" in named.text or named.text[:1] == "~" or not path.is_relative_to(folder):
            return f'"{named.text}" is outside the folder of the spec: train it with `seqspec train`'
        size += sum(_sizes(path)) if not named.written else 0
        if size > MAX_DATA_BYTES:
            return f"the data is larger than {MAX_DATA_BYTES >> 20} MiB: train it with `seqspec train`"
    return None


def _sizes(path: Path) -> Iterator[int]:
    """The sizes in bytes of the files of a path, which may be a folder or a pattern."""
    paths = [path] if path.exists() else path.parent.glob(path.name) if path.parent.is_dir() else []
    for match in paths:
        for file in match.rglob("*") if match.is_dir() else [match]:
            if file.is_file():
                yield file.stat().st_size


def last_run(file: Path) -> dict[str, object] | None:
    """The newest finished run of a file: its name, and the values of each epoch."""
    runs = []
    with contextlib.suppress(OSError, ValueError, RunError):
        runs = runs_by_start(file.parent / _RUNS)
    for named in reversed(runs):
        with contextlib.suppress(OSError, ValueError, KeyError, RunError):
            run = load_run(named.path)
            if run.state == "done" and run.info["spec"] in (file.name, str(file)):
                return {"name": run.path.name, "history": run.history}
    return None


def add_training(server: Server, documents: Documents) -> Training:
    """Adds the training requests; the result must be stopped at the end of the session."""
    training = Training(server, documents)

    @server.feature("seqspec/train")
    def train(ls: Server, params: object) -> dict[str, object]:
        return training.start()

    @server.feature("seqspec/stopTraining")
    def stop(ls: Server, params: object) -> dict[str, object]:
        training.interrupt()
        return {}

    return training
