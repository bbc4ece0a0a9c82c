"""The language engines of editors behind one interface: requests for a document or a position.

They are the real ones: the JSON service of VS Code, taplo as "Even Better TOML" ships it, tombi. A document is tied to
the schema as a user does it. Lines and columns count from 0, as the protocol does.
"""

from __future__ import annotations

import json
import queue
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests import ROOT

HERE = Path(__file__).resolve().parent
SCHEMA = ROOT / "schemas" / "seqspec-1.schema.json"
PATIENCE = 300.0
"""Seconds after which an engine that says nothing is taken to have failed."""

SourceLocation = tuple[int, int]


class Finding(NamedTuple):
    """What an engine says of a place, `start` to `end`."""

    start: SourceLocation
    end: SourceLocation
    message: str


class Completion(NamedTuple):
    """One thing that an engine offers to write."""

    label: str
    documentation: str
    inserts: str


class Answer(NamedTuple):
    """Everything an engine says; `milliseconds` are those of each time that it was asked what to write."""

    findings: list[Finding]
    completions: list[Completion]
    hover: str
    milliseconds: list[float]

    @property
    def labels(self) -> set[str]:
        """What is offered, without quotes."""
        return {completion.label.strip('"') for completion in self.completions}

    def documentation(self, label: str) -> str:
        """The explanation of something that is offered."""
        return next(each.documentation for each in self.completions if each.label.strip('"') == label)


def _findings(items: Sequence[Any], skipped: int = 0) -> list[Finding]:
    def place(of: Any) -> SourceLocation:
        return max(of["line"] - skipped, 0), of["character"]

    return [Finding(place(item["range"]["start"]), place(item["range"]["end"]), item["message"]) for item in items]


class VSCode:
    """VS Code's JSON service, a process that answers line by line."""

    format = "json"

    def __init__(self, node: str, schema: Path = SCHEMA) -> None:
        self.schema = schema
        self.process = subprocess.Popen(
            [node, str(HERE / "vscode.mjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def ask(self, text: str, offset: int | None = None, repeat: int = 1) -> Answer:
        assert self.process.stdin is not None and self.process.stdout is not None
        question = {"schema": str(self.schema), "text": text, "offset": offset, "repeat": repeat}
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        said = json.loads(self.process.stdout.readline())
        completions = [Completion(**item) for item in said["completions"]]
        return Answer(_findings(said["diagnostics"]), completions, said["hover"] or "", said["milliseconds"])

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(PATIENCE)


class LanguageServer:
    """A server of the language server protocol on standard streams.

    Messages are taken as they come, without the types of the protocol, which one of the servers does not keep.
    """

    def __init__(self, command: Sequence[str], folder: str, options: Any, capabilities: Any, workspace: bool) -> None:
        self.options = options
        self.process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.replies: dict[int, queue.Queue[Any]] = {}
        self.published: queue.Queue[Any] = queue.Queue()
        self.configured = threading.Event()
        self.count = 0
        threading.Thread(target=self._listen, daemon=True).start()
        root = Path(folder).as_uri()
        self.request(
            "initialize",
            {
                "processId": None,
                "rootUri": root,
                "workspaceFolders": [{"uri": root, "name": "tests"}] if workspace else None,
                "capabilities": capabilities,
            },
        )
        self.notify("initialized", {})

    def _write(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def _listen(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        length = 0
        while line := stream.readline():
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
            elif not line.strip():
                self._hear(json.loads(stream.read(length)))

    def _hear(self, message: Any) -> None:
        method = message.get("method")
        if method is None:
            self.replies.pop(message["id"]).put(message)
        elif method == "textDocument/publishDiagnostics":
            self.published.put(message["params"])
        elif "id" in message:
            asked = message.get("params") or {}
            result = [self.options for _ in asked["items"]] if method == "workspace/configuration" else None
            self._write({"id": message["id"], "result": result})
            if method == "workspace/configuration":
                self.configured.set()

    def notify(self, method: str, params: Any) -> None:
        self._write({"method": method, "params": params})

    def request(self, method: str, params: Any) -> Any:
        self.count += 1
        reply: queue.Queue[Any] = queue.Queue()
        self.replies[self.count] = reply
        self._write({"id": self.count, "method": method, "params": params})
        message = reply.get(timeout=PATIENCE)
        assert "error" not in message, message
        return message.get("result")

    def close(self) -> None:
        self.request("shutdown", None)
        self.notify("exit", None)
        self.process.wait(PATIENCE)


_DOCUMENT = {
    "completion": {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}},
    "hover": {"contentFormat": ["markdown"]},
}


class _Toml:
    """What the two TOML servers share."""

    format = "toml"
    server: LanguageServer

    def __init__(self, schema: Path = SCHEMA) -> None:
        self.schema = schema
        self.folder = tempfile.TemporaryDirectory()
        self.opened = 0

    def ask(self, text: str, offset: int | None = None, repeat: int = 1) -> Answer:
        head = f"#:schema {self.schema.as_uri()}\n"
        self.opened += 1
        path = Path(self.folder.name, f"model{self.opened}.seqspec.toml")
        path.write_text(head + text, encoding="utf-8")
        document = {"uri": path.as_uri()}
        opening = {**document, "languageId": "toml", "version": 1, "text": head + text}
        self.server.notify("textDocument/didOpen", {"textDocument": opening})
        findings = _findings(self.diagnostics(document["uri"]), skipped=1)
        if offset is None:
            return Answer(findings, [], "", [])
        before = text[:offset]
        position = {"line": before.count("\n") + 1, "character": len(before.rpartition("\n")[2])}
        here = {"textDocument": document, "position": position}
        milliseconds = []
        found: Any = None
        for _ in range(repeat):
            start = time.perf_counter()
            found = self.server.request("textDocument/completion", here)
            milliseconds.append((time.perf_counter() - start) * 1000)
        items = found["items"] if isinstance(found, dict) else found or []
        hover = self.server.request("textDocument/hover", here)
        self.server.notify("textDocument/didClose", {"textDocument": document})
        return Answer(findings, list(map(_completion, items)), _words((hover or {}).get("contents")), milliseconds)

    def diagnostics(self, uri: str) -> Sequence[Any]:
        raise NotImplementedError

    def close(self) -> None:
        self.server.close()
        self.folder.cleanup()


def _completion(item: Any) -> Completion:
    inserts = (item.get("textEdit") or {}).get("newText") or item.get("insertText") or item["label"]
    return Completion(item["label"], _words(item.get("documentation")), inserts)


def _words(markup: Any) -> str:
    return (markup.get("value") if isinstance(markup, dict) else markup) or ""


class Tombi(_Toml):
    """tombi's language server, which is asked for its findings."""

    def __init__(self, tombi: str, schema: Path = SCHEMA) -> None:
        super().__init__(schema)
        capabilities = {"textDocument": {**_DOCUMENT, "diagnostic": {}}, "workspace": {"workspaceFolders": True}}
        self.server = LanguageServer([tombi, "lsp", "--offline"], self.folder.name, {}, capabilities, workspace=True)
        self._load_schema()

    def _load_schema(self) -> None:
        """Asks for the findings of a faulty document until there are some: it answers before it has read a schema."""
        deadline = time.monotonic() + PATIENCE
        while not self.ask('seqspec = "x"\n').findings:
            assert time.monotonic() < deadline, "tombi has not loaded the schema"
            time.sleep(0.05)

    def diagnostics(self, uri: str) -> Sequence[Any]:
        report = self.server.request("textDocument/diagnostic", {"textDocument": {"uri": uri}})
        items: Sequence[Any] = (report or {}).get("items", [])
        return items


class Taplo(_Toml):
    """taplo's language server, which tells its findings by itself: of the syntax, of the tables, by the schema."""

    def __init__(self, node: str, schema: Path = SCHEMA) -> None:
        super().__init__(schema)
        cache = {"memoryExpiration": 60, "diskExpiration": 600}
        options = {
            "taplo": {"configFile": {"enabled": False}},
            "schema": {"enabled": True, "catalogs": [], "associations": {}, "links": False, "cache": cache},
            "completion": {"maxKeys": 5},
            "syntax": {"semanticTokens": False},
            "formatter": {},
            "rules": [],
        }
        capabilities = {"textDocument": _DOCUMENT, "workspace": {"configuration": True}}
        # Given a folder to work in, it fetches a catalogue before it answers.
        self.server = LanguageServer([node, str(HERE / "taplo.mjs")], self.folder.name, options, capabilities, False)
        # A document that is opened before it knows its options is left out.
        assert self.server.configured.wait(PATIENCE)

    def diagnostics(self, uri: str) -> Sequence[Any]:
        last: Sequence[Any] = []
        times = 0
        while times < 3:
            said = self.server.published.get(timeout=PATIENCE)
            # Of a document that was closed it tells once more.
            if said["uri"] == uri:
                times += 1
                last = said["diagnostics"]
        return last
