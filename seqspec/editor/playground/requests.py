"""Messages between a page and its language server, and the additional requests of the playground.

Nothing here needs a network, since the page without a server uses it too.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Protocol

from seqspec.core.api.spec import Unformattable, format_document
from seqspec.core.api.syntax import parse_text
from seqspec.editor.lsp.position_map import replace_lone_surrogates
from seqspec.editor.lsp.server import Server
from seqspec.editor.playground.documents import FORMATS, Documents, NotEditable
from seqspec.editor.playground.security import RequestRefused, passed

_REFUSED = -32600


class Writer(Protocol):
    """Sends messages to the page."""

    def write(self, data: bytes) -> None:
        """Sends a message."""


def handle(text: str, server: Server, writer: Writer, addresses: Collection[str]) -> None:
    """Passes a message of the page to the server; messages that are not allowed are rejected."""
    number: object = None
    try:
        message = json.loads(text)
        number = message.get("id") if isinstance(message, dict) else None
        server.protocol.handle_message(server.protocol.structure_message(passed(message, addresses)))
    except RequestRefused as error:
        _refuse(writer, number, str(error))
    except (ValueError, RecursionError):
        _refuse(writer, number, "invalid JSON")
    except Exception as error:
        # An internal error is returned as a response, and the server continues.
        _refuse(writer, number, f"invalid message: {type(error).__name__}")


def _refuse(writer: Writer, number: object, message: str) -> None:
    if isinstance(number, (int, str)):
        answer = {"jsonrpc": "2.0", "id": number, "error": {"code": _REFUSED, "message": message}}
        writer.write(json.dumps(answer).encode())


def add_requests(server: Server, documents: Documents) -> None:
    """Adds the requests that only the playground supports."""

    @server.feature("seqspec/welcome")
    def welcome(ls: Server, params: object) -> dict[str, object]:
        try:
            return documents.welcome()
        except NotEditable as error:
            return {"fault": str(error)}

    @server.feature("seqspec/load")
    def load(ls: Server, params: object) -> dict[str, object]:
        try:
            return documents.load() if documents.file is not None else {"fault": "no file is open"}
        except NotEditable as error:
            return {"fault": str(error)}

    @server.feature("seqspec/save")
    def save(ls: Server, params: object) -> dict[str, object]:
        text, revision = getattr(params, "text", None), getattr(params, "revision", None)
        if not isinstance(text, str):
            return {"fault": "no text to save"}
        try:
            return documents.save(
                replace_lone_surrogates(text), revision, force=getattr(params, "force", False) is True
            )
        except NotEditable as error:
            return {"fault": str(error)}

    @server.feature("seqspec/convert")
    def convert(ls: Server, params: object) -> dict[str, object]:
        text, source, to = (getattr(params, key, None) for key in ("text", "format", "to"))
        if not isinstance(text, str) or source not in FORMATS or to not in FORMATS:
            return {"fault": "nothing to convert"}
        document = parse_text(text, documents.paths[source], source)
        if not document.readable or document.violations:
            return {"fault": f"a spec with syntax errors cannot be converted to {to.upper()}; fix them first"}
        try:
            formatted = format_document(document, to)
        except Unformattable as error:
            return {"fault": str(error)}
        return {"text": formatted.text, "lost": len(formatted.lost)}
