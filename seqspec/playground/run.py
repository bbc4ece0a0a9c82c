"""The playground as a program: its port, its token, its end."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from seqspec.playground.app import make_app
from seqspec.playground.documents import Documents

PAGE = Path(__file__).parent / "page"
"""The built page."""

PORT = 8750
"""The port where no one names one; another one if it is taken."""

_HOST = "127.0.0.1"


def run(documents: Documents, port: int | None, opened: Callable[[str], None]) -> None:
    """Serves until it is interrupted.

    Args:
        documents: What is edited.
        port: The port to listen at; None for any.
        opened: Gets the address once there is an answer at it.

    Raises:
        OSError: where the port cannot be had.
    """
    with listening(port) as listener:
        token = secrets.token_urlsafe(24)
        app = make_app(PAGE, documents, token)

        async def ready(app: web.Application) -> None:
            opened(f"http://{_HOST}:{listener.getsockname()[1]}/#{token}")

        app.on_startup.append(ready)
        web.run_app(app, sock=listener, print=None, access_log=None, shutdown_timeout=2)


def listening(port: int | None) -> socket.socket:
    """A socket that listens to this machine alone."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            # On Windows another program could otherwise listen at the same port.
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
        listener.close()
        raise
    return listener
