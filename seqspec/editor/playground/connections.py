"""Limits the number of connections, and the time until the first request of each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

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
