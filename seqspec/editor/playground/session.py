"""One open page: its WebSocket, and its own language server."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from aiohttp import WSMsgType, web

from seqspec.core.syntax.limits import LIMITS
from seqspec.editor.lsp.server import make_server
from seqspec.editor.playground.documents import Documents
from seqspec.editor.playground.requests import add_requests, handle
from seqspec.editor.playground.training import add_training

MAX_MESSAGE_BYTES = 8 * LIMITS.bytes
"""Maximum size of a message in bytes: a document as a JSON string, and the message around it."""


async def serve(socket: web.WebSocketResponse, documents: Documents) -> None:
    """Serves a page until it disconnects."""
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
            # Lets a handler that is a coroutine start before the next message, which may depend on it.
            await asyncio.sleep(0)
    finally:
        training.stop()
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            await sending
        end: Callable[[], None] = server.shutdown
        end()


class _Writer:
    """Sends messages to the page, in order."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue()

    def write(self, data: bytes) -> None:
        """Queues a message; it is dropped if the page has disconnected."""
        self._waiting.put_nowait(data)

    def close(self) -> None:
        """Does nothing: the page closes the connection."""

    async def send(self) -> None:
        """Sends the queued messages until it is cancelled."""
        while True:
            data = await self._waiting.get()
            with contextlib.suppress(ConnectionError):
                await self._socket.send_str(data.decode("utf-8"))
