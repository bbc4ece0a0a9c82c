"""One open page: its WebSocket, and a language server of its own after it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web

from seqspec.document.canonical import Unformattable, format_document
from seqspec.lsp.edits import repaired
from seqspec.lsp.server import Server, make_server
from seqspec.playground.documents import FORMATS, Documents, Unreadable
from seqspec.playground.security import Refused, passed
from seqspec.syntax.limits import LIMITS
from seqspec.syntax.source import parse_text

MAX_MESSAGE_BYTES = 8 * LIMITS.bytes
"""Bytes of the largest message: a document in JSON strings, and something around it."""

_REFUSED = -32600


async def serve(socket: web.WebSocketResponse, documents: Documents) -> None:
    """Answers a page until it goes."""
    server = make_server()
    add_requests(server, documents)
    writer = _Writer(socket)
    server.protocol.set_writer(writer, include_headers=False)
    sending = asyncio.get_running_loop().create_task(writer.send())
    addresses = set(documents.addresses.values())
    try:
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                break
            _handle(message.data, server, writer, addresses)
            # A handler that is a coroutine begins only now; what comes next may ask about what it does.
            await asyncio.sleep(0)
    finally:
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            await sending
        end: Callable[[], None] = server.shutdown
        end()


def _handle(text: str, server: Server, writer: _Writer, addresses: set[str]) -> None:
    number: Any = None
    try:
        message = json.loads(text)
        number = message.get("id") if isinstance(message, dict) else None
        server.protocol.handle_message(server.protocol.structure_message(passed(message, addresses)))
    except Refused as error:
        _refuse(writer, number, str(error))
    except (ValueError, RecursionError):
        _refuse(writer, number, "invalid JSON")
    except Exception as error:
        _refuse(writer, number, f"invalid message: {type(error).__name__}")


def _refuse(writer: _Writer, number: Any, words: str) -> None:
    if isinstance(number, (int, str)):
        answer = {"jsonrpc": "2.0", "id": number, "error": {"code": _REFUSED, "message": words}}
        writer.write(json.dumps(answer).encode())


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


def add_requests(server: Server, documents: Documents) -> None:
    """Adds what only the playground answers."""

    @server.feature("seqspec/welcome")
    def welcome(ls: Server, params: Any) -> dict[str, Any]:
        try:
            return documents.welcome()
        except Unreadable as error:
            return {"fault": str(error)}

    @server.feature("seqspec/load")
    def load(ls: Server, params: Any) -> dict[str, Any]:
        try:
            return documents.load() if documents.file is not None else {"fault": "no file is open"}
        except Unreadable as error:
            return {"fault": str(error)}

    @server.feature("seqspec/save")
    def save(ls: Server, params: Any) -> dict[str, Any]:
        text, revision = getattr(params, "text", None), getattr(params, "revision", None)
        if not isinstance(text, str):
            return {"fault": "no text to save"}
        try:
            return documents.save(repaired(text), revision, force=getattr(params, "force", False) is True)
        except Unreadable as error:
            return {"fault": str(error)}

    @server.feature("seqspec/convert")
    def convert(ls: Server, params: Any) -> dict[str, Any]:
        text, source, to = (getattr(params, key, None) for key in ("text", "format", "to"))
        if not isinstance(text, str) or source not in FORMATS or to not in FORMATS:
            return {"fault": "nothing to convert"}
        document = parse_text(text, documents.paths[source], source)
        if not document.readable or document.violations:
            return {"fault": f"a spec with syntax errors cannot be converted to {to.upper()}; fix them first"}
        try:
            made = format_document(document, to)
        except Unformattable as error:
            return {"fault": str(error)}
        return {"text": made.text, "lost": len(made.lost)}
