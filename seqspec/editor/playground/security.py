"""Which connections and messages the playground accepts, how many, and for how long it waits for a request.

Any page that a browser shows can send requests to this machine. So a request must name this machine as its host (a
foreign name that resolves to it is refused), what opens the connection must be this page itself, and it must know the
token, which only the printed address has. The token is after the `#` of that address, which no browser sends
anywhere.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Collection, Mapping
from typing import cast
from urllib.parse import urlsplit

PROTOCOL = "seqspec"
"""The WebSocket subprotocol. The page also offers the token as a second subprotocol."""

_HOSTS = ("127.0.0.1", "localhost")
_METHODS = ("textDocument/", "completionItem/", "codeAction/", "codeLens/", "inlayHint/", "seqspec/", "$/")
_ONES = ("initialize", "initialized")

HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",
            "font-src 'self' data:",
            "img-src 'self' data:",
            "worker-src 'self'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""The security headers of every response. Monaco inserts styles into the page, hence their `unsafe-inline`."""


def is_own_host(host: str | None) -> bool:
    """Whether the Host header names this machine; the port may differ because of port forwarding."""
    try:
        return host is not None and urlsplit(f"//{host}").hostname in _HOSTS
    except ValueError:
        return False


def is_own_origin(origin: str | None, host: str | None) -> bool:
    """Whether a connection is opened by a page from this host."""
    return origin is not None and is_own_host(host) and origin == f"http://{host}"


def has_token(offered: str | None, token: str) -> bool:
    """Whether the token is among the offered subprotocols."""
    protocols = [protocol.strip() for protocol in (offered or "").split(",")]
    # A header may contain bytes that are not UTF-8.
    return any(
        hmac.compare_digest(protocol.encode("utf-8", "surrogateescape"), token.encode()) for protocol in protocols
    )


class RequestRefused(Exception):
    """A message that the playground rejects; the text says why."""


def passed(message: object, addresses: Collection[str]) -> dict[str, object]:
    """A message as passed to the language server: only about the open documents, and without workspace folders.

    Raises:
        Refused: The message is not allowed.
    """
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        raise RequestRefused("not a JSON-RPC 2.0 message")
    if "method" not in message:
        return message
    method = message["method"]
    if not isinstance(method, str) or not (method in _ONES or method.startswith(_METHODS)):
        raise RequestRefused(f"the method {str(method)[:80]} is not allowed")
    params = message.get("params")
    if method == "initialize":
        capabilities = params.get("capabilities") if isinstance(params, Mapping) else None
        if not isinstance(capabilities, Mapping):
            raise RequestRefused("initialize requires capabilities")
        kept = {key: value for key, value in capabilities.items() if key in ("textDocument", "general")}
        return {**message, "params": {"processId": None, "rootUri": None, "capabilities": kept}}
    for address in _addresses(params):
        if not isinstance(address, str):
            raise RequestRefused("a URI must be a string")
        if address not in addresses:
            raise RequestRefused("only the page's own file is accessible")
    return message


def _addresses(value: object) -> list[object]:
    """Every URI in the parameters of a message."""
    addresses: list[object] = []
    left = [value]
    while left:
        value = left.pop()
        if isinstance(value, Mapping):
            addresses += [value[key] for key in ("uri", "targetUri", "newUri", "oldUri") if key in value]
            left += value.values()
        elif isinstance(value, list):
            left += value
    return addresses


MAX_CONNECTIONS = 128
"""Maximum number of simultaneous connections; a page needs fewer than ten."""

PATIENCE = 10.0
"""Seconds within which the header of the first request must be received."""

_END = b"\r\n\r\n"


class BoundedConnections:
    """A factory of protocols that forward received data to those of another factory.

    Args:
        factory: Creates the protocol of an accepted connection.
        most: Maximum number of simultaneous connections; further ones are closed at once.
        patience: Seconds after which a connection without a complete request header is closed.
    """

    def __init__(
        self, factory: Callable[[], asyncio.BaseProtocol], most: int = MAX_CONNECTIONS, patience: float = PATIENCE
    ) -> None:
        self.held = 0
        self.most = most
        self.patience = patience
        self._factory = factory

    def __call__(self) -> asyncio.Protocol:
        return _Connection(self, cast(asyncio.Protocol, self._factory()))


class _Connection(asyncio.Protocol):
    def __init__(self, connections: BoundedConnections, inner: asyncio.Protocol) -> None:
        self._connections = connections
        self._inner = inner
        self._refused = False
        self._timer: asyncio.TimerHandle | None = None
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        connections = self._connections
        if connections.held >= connections.most:
            self._refused = True
            cast(asyncio.Transport, transport).abort()
            return
        connections.held += 1
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(connections.patience, cast(asyncio.Transport, transport).abort)
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        if self._timer is not None:
            seen = self._tail + data
            if _END in seen:
                self._stop_waiting()
            self._tail = seen[1 - len(_END) :]
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return None if self._refused else self._inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._refused:
            return
        self._stop_waiting()
        self._connections.held -= 1
        self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
