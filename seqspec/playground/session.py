"""One open page: its WebSocket, and a language server of its own after it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from aiohttp import WSMsgType, web

from seqspec.lsp.server import make_server
from seqspec.playground.documents import Documents
from seqspec.playground.requests import add_requests, handle
from seqspec.playground.training import add_training
from seqspec.syntax.limits import LIMITS

MAX_MESSAGE_BYTES = 8 * LIMITS.bytes
"""Bytes of the largest message: a document in JSON strings, and something around it."""


async def serve(socket: web.WebSocketResponse, documents: Documents) -> None:
    """Answers a page until it goes."""
    server = make_server()
    add_requests(server, documents)
    training = add_training(server, documents)
    writer = _Writer(socket)
    server.protocol.set_writer(writer, include_headers=False)
    sending = asyncio.get_running_loop().create_task(writer.send())
    addresses = set(documents.addresses.values())
    try:
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                break
            handle(message.data, server, writer, addresses)
            # A handler that is a coroutine begins only now; what comes next may ask about what it does.
            await asyncio.sleep(0)
    finally:
        training.stop()
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            await sending
        end: Callable[[], None] = server.shutdown
        end()


class _Writer:
    """Messages to the page, in their order."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue()

    def write(self, data: bytes) -> None:
        """Takes a message; a page that does not listen any more gets none."""
        self._waiting.put_nowait(data)

    def close(self) -> None:
        """There is nothing to do: the page closes the connection."""

    async def send(self) -> None:
        """Sends what is written, until the connection ends."""
        while True:
            data = await self._waiting.get()
            with contextlib.suppress(ConnectionError):
                await self._socket.send_str(data.decode("utf-8"))
