"""Runs the server of the playground: its port, its access token, its shutdown."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
import socket
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from seqspec.editor.playground.app import make_app
from seqspec.editor.playground.documents import Documents
from seqspec.editor.playground.security import BoundedConnections

PAGE = Path(__file__).parent / "page"
"""The built page."""

PORT = 8750
"""The default port; another one is used if it is taken."""

_HOST = "127.0.0.1"


def run(documents: Documents, port: int | None, on_ready: Callable[[str], None]) -> None:
    """Serves until it is interrupted.

    Args:
        documents: The documents that are edited.
        port: The port to listen on; None for the default one, or another if it is taken.
        on_ready: Called with the address once the server accepts connections.

    Raises:
        OSError: if the given port cannot be used.
    """
    with listening_socket(port) as listener:
        token = secrets.token_urlsafe(24)
        app = make_app(PAGE, documents, token)

        async def ready(app: web.Application) -> None:
            on_ready(f"http://{_HOST}:{listener.getsockname()[1]}/#{token}")

        app.on_startup.append(ready)
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_serve(app, listener))


async def _serve(app: web.Application, listener: socket.socket) -> None:
    """Serves until SIGINT or SIGTERM."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2, keepalive_timeout=60)
    await runner.setup()
    try:
        assert runner.server is not None
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        # Windows has no signals for an event loop: there Ctrl+C is a KeyboardInterrupt.
        with contextlib.suppress(NotImplementedError):
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, ended.set)
        server = await loop.create_server(BoundedConnections(runner.server), sock=listener)
        try:
            await ended.wait()
        finally:
            server.close()
    finally:
        await runner.cleanup()


def listening_socket(port: int | None) -> socket.socket:
    """A socket that accepts connections from this machine only."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            # On Windows another program could otherwise listen on the same port.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((_HOST, PORT if port is None else port))
        except OSError:
            if port is not None:
                raise
            listener.bind((_HOST, 0))
        listener.listen()
    except BaseException:
        # Also KeyboardInterrupt must close the socket.
        listener.close()
        raise
    return listener
