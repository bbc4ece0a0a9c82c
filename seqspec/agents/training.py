"""Trainings that an agent starts: one at a time, each as `seqspec train` in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, NotRequired

from mcp.server.mcpserver.exceptions import ToolError
from typing_extensions import TypedDict

from seqspec.agents.subcommands import process
from seqspec.core.api.messages import visible

Progress = Callable[[float, float | None, str | None], Awaitable[None]]
"""Receives the epoch, the number of epochs, and the logged values as text."""

_STOPPING_SECONDS = 30
_EVERY_SECONDS = 0.1


class TrainingState(TypedDict):
    """A training: `"running"`, or how it ended; its run folder, the last epoch, and what it found."""

    id: str
    state: str
    folder: NotRequired[str]
    epoch: NotRequired[int]
    epochs: NotRequired[int]
    logs: NotRequired[dict[str, float]]
    results: NotRequired[dict[str, Any]]
    verdict: NotRequired[list[str]]
    findings: NotRequired[list[str]]
    error: NotRequired[str]


class StartedTraining:
    """One training; its process ends with the server."""

    def __init__(self, name: str, file: str) -> None:
        self.state: TrainingState = {"id": name, "state": "running"}
        self.file = file
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None

    async def start(self, root: str, arguments: list[str]) -> None:
        """Starts `seqspec train` in the root, and reads its events in the background."""
        # Nothing is downloaded for an agent.
        command = ["train", self.file, "--format", "json", "--weights", "none", *arguments]
        self._process = await process(root, command)
        self._reading = asyncio.create_task(self._read())

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended."""
        return self.state["state"] == "running"

    async def stop(self) -> None:
        """Interrupts the training as SIGTERM does: its run can be resumed."""
        if self._process is None or self._reading is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STOPPING_SECONDS):
                await asyncio.shield(self._reading)
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def _read(self) -> None:
        assert self._process is not None and self._process.stdout is not None and self._process.stderr is not None
        errors = asyncio.create_task(self._process.stderr.read(1 << 16))
        with contextlib.suppress(ValueError):
            async for line in self._process.stdout:
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    self._take(json.loads(line))
        status = await self._process.wait()
        text = (await errors).decode("utf-8", "replace").strip()
        self.state["state"] = "done" if status == 0 else "interrupted" if status in (130, -15) else "failed"
        if self.state["state"] == "failed":
            self.state["error"] = "\n".join(map(visible, text.splitlines()))[-2000:]

    def _take(self, event: dict[str, Any]) -> None:
        """Keeps what an event says of the state."""
        match event["event"]:
            case "plan":
                self.state |= {"folder": visible(event["folder"]), "epochs": event["epochs"]}
            case "epoch":
                self.state |= {"epoch": event["epoch"], "logs": event["logs"]}
            case "finding":
                found = event["diagnostic"]
                line = visible(f"{found['code']} {found['name']}: {found['message']}")
                self.state.setdefault("findings", []).append(line)
            case "evaluation":
                sets = {
                    name: each["metrics"]
                    for name, each in event.items()
                    if isinstance(each, dict) and "metrics" in each
                }
                self.state["results"] = sets
            case "verdict":
                self.state["verdict"] = [visible(each["text"]) for each in event["diagnoses"]]


class Trainings:
    """The trainings of a server, which runs one at a time."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._all: dict[str, StartedTraining] = {}

    async def start(self, file: str, arguments: list[str]) -> StartedTraining:
        """Starts the training of a file; raises `ToolError` while another one runs."""
        running = next((each for each in self._all.values() if each.is_running), None)
        if running is not None:
            raise ToolError(f"{running.state['id']} is running: wait for it, or stop it")
        name = f"training-{len(self._all) + 1}"
        training = self._all[name] = StartedTraining(name, file)
        await training.start(self._root, arguments)
        return training

    def named(self, name: str) -> StartedTraining:
        """The training with an id; raises `ToolError` for an unknown one."""
        training = self._all.get(name)
        if training is None:
            raise ToolError(f"there is no training {name[:40]!r}; known: {', '.join(self._all) or 'none'}")
        return training

    async def stop_all(self) -> None:
        """Interrupts what runs, at the end of the server."""
        await asyncio.gather(*(each.stop() for each in self._all.values() if each.is_running))


async def followed(training: StartedTraining, seconds: float, progress: Progress) -> TrainingState:
    """The state of a training when it has ended, or after some seconds; its epochs are reported meanwhile."""
    told, last = 0, time.monotonic() + seconds
    while training.is_running and time.monotonic() < last:
        await asyncio.sleep(_EVERY_SECONDS)
        epoch = training.state.get("epoch", 0)
        if epoch > told:
            logs = "  ".join(f"{name} {value:.4g}" for name, value in training.state["logs"].items())
            await progress(epoch, training.state.get("epochs"), logs)
            told = epoch
    return training.state
