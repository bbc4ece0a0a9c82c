"""The standard input and output of the server.

A thread reads all available input before any request is answered, so that cancelled and outdated requests are skipped.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import threading
from typing import IO

from pygls.io_ import run_async
from pygls.lsp.server import LanguageServer

_PIECE = 1 << 16
_TURN = 0.0005
"""The thread switch interval in seconds: a response is sent while the next one is computed."""
_WATCH = 5.0
"""Seconds between two checks of the client process."""


def serve(server: LanguageServer) -> int:
    """Runs the server until the client sends `exit`, closes the connection or ends; returns the exit status."""
    output = _output()
    sys.setswitchinterval(_TURN)
    status = 1
    try:
        asyncio.run(_serve(server, output))
    except SystemExit as error:
        status = int(error.code or 0)
    except (KeyboardInterrupt, asyncio.CancelledError):
        pass
    server.shutdown()  # type: ignore[no-untyped-call]  # pygls is untyped
    return status


async def _serve(server: LanguageServer, output: IO[bytes]) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    server.protocol.set_writer(_StdoutWriter(output, reader))
    threading.Thread(target=_read, args=(sys.stdin.buffer, reader, loop), daemon=True).start()
    watch = loop.create_task(_watch(server, reader))
    try:
        await run_async(threading.Event(), reader, server.protocol, logging.getLogger("seqspec"))
    except (asyncio.IncompleteReadError, ValueError):
        # The input ended within a message, or is not LSP.
        pass
    finally:
        watch.cancel()


def _output() -> IO[bytes]:
    """Standard output for messages only: all other output is redirected to standard error."""
    output = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    sys.stdout = sys.stderr
    return output


def _read(source: IO[bytes], reader: asyncio.StreamReader, loop: asyncio.AbstractEventLoop) -> None:
    try:
        while piece := os.read(source.fileno(), _PIECE):
            loop.call_soon_threadsafe(reader.feed_data, piece)
        loop.call_soon_threadsafe(reader.feed_eof)
    except (OSError, RuntimeError):
        # The event loop ended before the input.
        pass


class _StdoutWriter:
    """The output; a broken pipe means that the client has ended."""

    def __init__(self, output: IO[bytes], reader: asyncio.StreamReader) -> None:
        self._output = output
        self._reader = reader

    def write(self, data: bytes) -> None:
        try:
            self._output.write(data)
            self._output.flush()
        except (OSError, ValueError):
            self._reader.feed_eof()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._output.close()


async def _watch(server: LanguageServer, reader: asyncio.StreamReader) -> None:
    """Closes the input when the client process has ended.

    An unknown process id is ignored, because the client may run in another container.
    """
    seen = False
    while True:
        await asyncio.sleep(_WATCH)
        process = server.process_id
        if process is None or os.name != "posix":
            continue
        try:
            os.kill(process, 0)
            seen = True
        except ProcessLookupError:
            if seen:
                reader.feed_eof()
                return
        except (OSError, OverflowError):
            pass
