"""The server's standard input and output, read ahead and kept clean.

A thread reads whatever the client has sent. What has been read is taken to its end before anything is answered: so a
request that was cancelled, or whose document has changed since, is never worked on.
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
"""Seconds that a thread works before another one has its turn: an answer goes out while the next is worked on."""
_WATCH = 5.0
"""Seconds between two looks at the process that started this one."""


def serve(server: LanguageServer) -> int:
    """Answers until the client says `exit`, closes its end or is gone; returns the exit status of the protocol."""
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
    server.protocol.set_writer(_Writer(output, reader))
    threading.Thread(target=_read, args=(sys.stdin.buffer, reader, loop), daemon=True).start()
    watch = loop.create_task(_watch(server, reader))
    try:
        await run_async(threading.Event(), reader, server.protocol, logging.getLogger("seqspec"))
    except (asyncio.IncompleteReadError, ValueError):
        # Cut off in a message, or no messages at all.
        pass
    finally:
        watch.cancel()


def _output() -> IO[bytes]:
    """Standard output for messages alone: what anything else prints goes to standard error from here on."""
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
        # The loop has ended before the input.
        pass


class _Writer:
    """The output; a client that no longer reads is one that is gone."""

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
    """Ends the input once the process that the client named as its own is gone.

    A process that was never there is not waited for: the client may run in another container.
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
