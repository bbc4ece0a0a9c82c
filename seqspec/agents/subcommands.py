"""Commands of seqspec in a process of their own, bounded in time and output, where a command does all the work."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Sequence
from typing import NamedTuple

from mcp.server.mcpserver.exceptions import ToolError

from seqspec.core.api.messages import visible

SECONDS = 120
"""Time that a command has."""
_BYTES = 1 << 20
_ERROR = 2000


class Printed(NamedTuple):
    """What a command printed."""

    text: str
    notes: str


async def process(root: str, arguments: Sequence[str]) -> asyncio.subprocess.Process:
    """Starts `seqspec ARGUMENTS` in the root."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "seqspec", *arguments, cwd=root, limit=_BYTES,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def run(root: str, *arguments: str) -> Printed:
    """Runs `seqspec ARGUMENTS` in the root.

    Raises:
        ToolError: The command failed, took too long or printed too much; the message is what it printed.
    """
    started = await process(root, arguments)
    try:
        async with asyncio.timeout(SECONDS):
            assert started.stdout is not None and started.stderr is not None
            text, notes = await asyncio.gather(_read(started.stdout), _read(started.stderr))
            status = await started.wait()
    except TimeoutError:
        raise ToolError(f"seqspec {arguments[0]} took longer than {SECONDS} s")
    finally:
        with contextlib.suppress(ProcessLookupError):
            started.kill()
    if status != 0:
        raise ToolError(_last(notes or text))
    return Printed(text, notes)


async def _read(stream: asyncio.StreamReader) -> str:
    data = bytearray()
    while block := await stream.read(1 << 16):
        data += block
        if len(data) > _BYTES:
            raise ToolError(f"the command printed more than {_BYTES >> 10} KiB")
    return data.decode("utf-8", "replace")


def _last(text: str) -> str:
    """The end of an error, without the usage that click prints before it."""
    lines = [line for line in text.strip().splitlines() if not line.startswith(("Usage: ", "Try '"))]
    return "\n".join(map(visible, lines)).strip()[-_ERROR:] or "the command failed without a message"
