"""The language server with raw messages on its standard streams, which a client library would not send."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PATIENCE = 600.0
"""Seconds that all tests of one server may take on a busy machine."""

Message = dict[str, Any]

COMMAND = (sys.executable, "-m", "seqspec", "lsp")
SNIPPETS = {"textDocument": {"completion": {"completionItem": {"snippetSupport": True}}}}


class Wire:
    """A server, spoken to message by message.

    Attributes:
        heard: Everything that the server said, in order.
    """

    def __init__(self, command: Sequence[str] = COMMAND, **options: Any) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.process = subprocess.Popen(command, **pipes, **options)
        assert self.process.stdin is not None and self.process.stdout is not None
        self._input, self._output = self.process.stdin, self.process.stdout
        self.requested: set[str] = set()
        self._last = 0
        # A server that says nothing is ended, so that its test fails in place of waiting.
        self._patience = threading.Timer(PATIENCE, self.process.kill)
        self._patience.daemon = True
        self._patience.start()
        self.heard: list[Message] = []

    def initialize(self, folder: Path | None = None, capabilities: Message | None = None, **more: Any) -> Message:
        folders = [{"uri": folder.as_uri(), "name": "tests"}] if folder is not None else None
        params = {"processId": None, "rootUri": None, "workspaceFolders": folders, "capabilities": capabilities or {}}
        answer = self.ask("initialize", {**params, **more})
        self.notify("initialized", {})
        return answer

    def raw(self, body: bytes) -> None:
        self._input.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def flush(self) -> None:
        self._input.flush()

    def notify(self, method: str, params: Any) -> None:
        self.raw(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}).encode())
        self.flush()

    def request(self, method: str, params: Any, flush: bool = True) -> int:
        """Asks something; gives the number of the request."""
        self._last += 1
        self.requested.add(method)
        self.raw(json.dumps({"jsonrpc": "2.0", "id": self._last, "method": method, "params": params}).encode())
        if flush:
            self.flush()
        return self._last

    def ask(self, method: str, params: Any) -> Any:
        """What a request is answered with; the whole answer where that is an error."""
        return self.answer(self.request(method, params))

    def answer(self, number: int) -> Any:
        for message in self.messages():
            if message.get("id") == number and "method" not in message:
                return message.get("result") if "error" not in message else message
        raise AssertionError("the server has ended")

    def findings(self, uri: str, version: int | None) -> list[Message]:
        """The findings of a version of a document."""
        for message in self.messages():
            if message.get("method") == "textDocument/publishDiagnostics":
                params = message["params"]
                if params["uri"] == uri and params.get("version") == version:
                    found: list[Message] = params["diagnostics"]
                    return found
        raise AssertionError("the server has ended")

    def messages(self) -> Iterator[Message]:
        """What the server says from here on, up to its end."""
        while True:
            length = 0
            while line := self._output.readline().strip():
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            if not length:
                return
            message = json.loads(self._output.read(length))
            self.heard.append(message)
            if "method" in message and "id" in message:
                reply = {"jsonrpc": "2.0", "id": message["id"], "result": None}
                self.raw(json.dumps(reply).encode())
                self.flush()
            yield message

    def open(self, uri: str, text: str, version: int = 0, language: str = "toml") -> None:
        item = {"uri": uri, "languageId": language, "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def change(self, uri: str, version: int, *changes: Message) -> None:
        self.notify(
            "textDocument/didChange",
            {"textDocument": {"uri": uri, "version": version}, "contentChanges": list(changes)},
        )

    def end(self) -> int:
        """Ends the server as a client does; gives its exit status."""
        self.ask("shutdown", None)
        self.notify("exit", None)
        self._patience.cancel()
        return self.process.wait(120)


@contextmanager
def wire(folder: Path | None = None, capabilities: Message | None = None) -> Iterator[Wire]:
    """A server that is ready; killed where it does not end by itself."""
    server = Wire()
    try:
        server.initialize(folder, capabilities)
        yield server
        assert server.end() == 0
    finally:
        server.process.kill()
        server.process.wait()
        for stream in (server.process.stdin, server.process.stdout, server.process.stderr):
            assert stream is not None
            stream.close()
