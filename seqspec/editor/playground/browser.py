"""The language server in the browser with Pyodide, for the playground without a server.

A web worker calls `start` once, and then the returned function for each message. Nothing is read from or sent to
another machine.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from seqspec.editor.lsp.startup import make_server
from seqspec.editor.playground.documents import Documents, Example
from seqspec.editor.playground.requests import add_requests, handle


class _PageWriter:
    """Sends messages to the page as strings."""

    def __init__(self, send: Callable[[str], object]) -> None:
        self._send = send

    def write(self, data: bytes) -> None:
        """Sends a message."""
        self._send(data.decode("utf-8"))

    def close(self) -> None:
        """Does nothing."""


def start(send: Callable[[str], object], examples: str) -> Callable[[str], None]:
    """Starts the server; an event loop must run.

    Args:
        send: Receives each message for the page.
        examples: The templates as JSON, a list of objects with `name`, `purpose` and `text`.

    Returns:
        The function that handles a message of the page.
    """
    documents = Documents(None, [Example(**example) for example in json.loads(examples)])
    server = make_server()
    add_requests(server, documents)
    writer = _PageWriter(send)
    server.protocol.set_writer(writer, include_headers=False)
    addresses = set(documents.addresses.values())
    return lambda text: handle(text, server, writer, addresses)
