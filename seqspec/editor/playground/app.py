"""The web application: the files of the page, and for each open page a WebSocket and its own language server."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import WSCloseCode, WSMsgType, web

from seqspec.core.api.files import LIMITS
from seqspec.editor.lsp.startup import make_server
from seqspec.editor.playground.documents import Documents
from seqspec.editor.playground.requests import add_requests, handle
from seqspec.editor.playground.security import HEADERS, PROTOCOL, has_token, is_own_host, is_own_origin
from seqspec.editor.playground.train_requests import add_training

MAX_MESSAGE_BYTES = 8 * LIMITS.bytes
"""Maximum size of a message in bytes: a document as a JSON string, and the message around it."""


async def serve(socket: web.WebSocketResponse, documents: Documents) -> None:
    """Serves a page until it disconnects."""
    server = make_server()
    add_requests(server, documents)
    training = add_training(server, documents)
    writer = _MessageWriter(socket)
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


class _MessageWriter:
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


_LOG = logging.getLogger("seqspec")
_COMPRESSED = (".css", ".html", ".js", ".svg", ".txt")

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def make_app(page: Path, documents: Documents, token: str) -> web.Application:
    """The application.

    Args:
        page: The folder of the built page.
        documents: The documents that the page edits.
        token: The token that a session must present.
    """
    app = web.Application(middlewares=[_only_own])
    sockets: set[web.WebSocketResponse] = set()

    async def index(request: web.Request) -> web.StreamResponse:
        return _file(page / "index.html")

    async def asset(request: web.Request) -> web.StreamResponse:
        path = page / "assets" / request.match_info["name"]
        if not path.is_file():
            raise web.HTTPNotFound
        return _file(path)

    async def session(request: web.Request) -> web.StreamResponse:
        headers = request.headers
        if not is_own_origin(headers.get("Origin"), headers.get("Host")):
            raise web.HTTPForbidden(text="only the page of this playground may connect")
        if not has_token(headers.get("Sec-WebSocket-Protocol"), token):
            raise web.HTTPForbidden(text="open the address printed by seqspec serve")
        socket = web.WebSocketResponse(protocols=(PROTOCOL,), max_msg_size=MAX_MESSAGE_BYTES, heartbeat=30)
        if not socket.can_prepare(request):
            raise web.HTTPBadRequest(text="this is a WebSocket endpoint")
        await socket.prepare(request)
        sockets.add(socket)
        try:
            await serve(socket, documents)
        finally:
            sockets.discard(socket)
        return socket

    async def goodbye(app: web.Application) -> None:
        for socket in list(sockets):
            with contextlib.suppress(ConnectionError):
                await socket.close(code=WSCloseCode.GOING_AWAY, message=b"seqspec serve has ended")

    app.router.add_get("/", index)
    app.router.add_get("/assets/{name:[A-Za-z0-9_-]+(?:[.][A-Za-z0-9_-]+)+}", asset)
    app.router.add_get("/lsp", session)
    app.on_shutdown.append(goodbye)
    return app


def _file(path: Path) -> web.StreamResponse:
    response = web.FileResponse(path)
    if path.suffix in _COMPRESSED:
        response.enable_compression()
    return response


@web.middleware
async def _only_own(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Rejects foreign hosts, and adds security headers to every response."""
    try:
        if not is_own_host(request.headers.get("Host")):
            raise web.HTTPForbidden(text="this server only accepts requests to 127.0.0.1 and localhost")
        response = await handler(request)
    except web.HTTPException as error:
        error.headers.update(HEADERS)
        raise
    except Exception as error:
        # An internal error is returned as a response, and the server continues.
        _LOG.error("%s %s failed: %r", request.method, request.raw_path, error)
        raise web.HTTPInternalServerError(headers=HEADERS)
    if not response.prepared:
        response.headers.update(HEADERS)
    return response
