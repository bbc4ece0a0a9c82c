"""Invalid messages of a client: the server responds with an error or ignores them, and continues to run."""

import json
import os
import subprocess
import sys
import time

import pytest

from tests.editor.lsp.wire import COMMAND, Wire, wire

TEXT = 'seqspec = 1\n[model]\ninput = [4]\nlayers = [{ type = "Dense", units = 0 }]\n'
CANCELLED, MODIFIED, INVALID_PARAMS, UNKNOWN, INVALID_REQUEST = -32800, -32801, -32602, -32601, -32600


@pytest.fixture(scope="module")
def server():
    with wire() as server:
        yield server


@pytest.fixture
def uri(server, tmp_path):
    """A document that is open, and of which the server still knows everything after the test."""
    address = (tmp_path / "model.seqspec.toml").as_uri()
    server.open(address, TEXT)
    assert [each["code"] for each in server.findings(address, 0)] == ["SEQ105"]
    yield address
    server.change(address, 1000, {"text": TEXT})
    assert [each["code"] for each in server.findings(address, 1000)] == ["SEQ105"]


def at(uri, line, character):
    return {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}


def test_positions_that_are_nowhere(server, uri):
    for line, character in ((0, 10**9), (10**9, 0), (3, 10**6)):
        for method in ("completion", "hover"):
            answer = server.ask(f"textDocument/{method}", at(uri, line, character))
            assert answer is None or "error" not in answer
    for line, character in ((-1, 0), (0, -1), (0, 2**40), ("a", 0), (None, None)):
        answer = server.ask("textDocument/hover", at(uri, line, character))
        assert answer["error"]["code"] in (INVALID_PARAMS, -32603)


def test_documents_that_are_not_open(server, uri):
    for other in (uri + "x", "untitled:Untitled-1", "", "file:///", "http://[", "nonsense"):
        for method in ("completion", "hover"):
            assert server.ask(f"textDocument/{method}", at(other, 0, 0)) in (None, {"isIncomplete": False, "items": []})
        server.change(other, 3, {"text": "seqspec = 1"})
        server.notify("textDocument/didClose", {"textDocument": {"uri": other}})


def test_messages_that_are_none(server, uri):
    for body in (
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"jsonrpc": "1.0", "id": 1}',
        b'{"jsonrpc": "2.0"}',
        b"[" * 50_000,
    ):
        server.raw(body)
    server.notify("textDocument/didChange", {"textDocument": {"uri": uri}, "contentChanges": 3})
    server.notify("$/unknown", {})
    assert server.ask("textDocument/unheardOf", {})["error"]["code"] == UNKNOWN


@pytest.mark.parametrize(
    "text",
    [
        "\0",
        "seqspec = 1\n" + "\0" * 10,
        'seqspec = 1\nname = "\ud83d"\n[model]\ninput = [4]\nlayers = ["\udc00"]',
        "[" * 100_000,
        '{"seqspec": ' + '{"a":' * 50_000,
        "seqspec = 1\n" + "a." * 50_000 + "b = 1",
        "seqspec = 1\n[model]\ninput = [4]\nlayers = [" + '"Flatten", ' * 20_000 + "]",
        "seqspec = 1\n" + "x" * (1 << 20),
        "\ufeffseqspec = 1\n",
    ],
    ids=lambda text: f"{text[:4]!r}",
)
@pytest.mark.parametrize("ending", ["toml", "json"])
def test_texts_that_nobody_writes(server, uri, text, ending):
    address = uri.replace(".toml", f".{ending}").replace("model", "other")
    server.open(address, text)
    assert server.findings(address, 0)
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}}
    for method in ("inlayHint", "codeLens", "formatting", "hover", "completion", "codeAction"):
        params = {**at(address, 0, 3), "range": whole, "options": {"tabSize": 2, "insertSpaces": True}}
        if method == "codeAction":
            params["context"] = {"diagnostics": []}
        answer = server.ask(f"textDocument/{method}", params)
        assert answer is None or "error" not in answer, answer
    server.notify("textDocument/didClose", {"textDocument": {"uri": address}})


def test_a_document_that_has_no_file(server, uri):
    for address in ("untitled:Untitled-7", "vscode-vfs://github/some/model.seqspec.toml"):
        server.open(address, TEXT)
        assert [each["code"] for each in server.findings(address, 0)] == ["SEQ105"]
        server.notify("textDocument/didClose", {"textDocument": {"uri": address}})
        assert server.findings(address, None) == []


def test_a_client_may_count_bytes(tmp_path):
    """Also where it opens a document in the same breath as it begins."""
    server = Wire()
    capabilities = {"general": {"positionEncodings": ["utf-8", "utf-16"]}}
    answer = server.ask("initialize", {"processId": None, "rootUri": None, "capabilities": capabilities})
    assert answer["capabilities"]["positionEncoding"] == "utf-8"
    uri = (tmp_path / "model.seqspec.toml").as_uri()
    text = 'seqspec = 1\n[model]\ninput = [4]\nlayers = [{ name = "😀é", type = "Dens" }]\n'
    item = {"uri": uri, "languageId": "toml", "version": 0, "text": text}
    for method, params in (("initialized", {}), ("textDocument/didOpen", {"textDocument": item})):
        server.raw(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}).encode())
    start = {"line": 3, "character": len('layers = [{ name = "😀é", type = "Dens'.encode())}
    server.change(uri, 1, {"range": {"start": start, "end": start}, "text": "é"})
    found = [each["range"] for each in server.findings(uri, 1) if each["code"] == "SEQ101"]
    # The name with its quotes.
    wanted = (start["character"] - len('"Dens'), start["character"] + len('é"'.encode()))
    assert [(each["start"]["character"], each["end"]["character"]) for each in found] == [wanted]
    assert server.end() == 0


def test_a_request_that_is_cancelled_is_not_worked_on(server, uri):
    first, second = (server.request("textDocument/hover", at(uri, 3, 22), flush=False) for _ in range(2))
    server.raw(json.dumps({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": second}}).encode())
    server.flush()
    assert server.answer(second)["error"]["code"] == CANCELLED
    answers = {message["id"]: message for message in server.heard if "id" in message}
    assert "error" not in (answers.get(first) or server.answer(first))


def test_a_burst_leaves_no_queue(server, uri):
    """Requests about a text that has changed since are not worked on; the last one is answered."""
    asked = []
    for version in range(1, 101):
        change = {"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"text": TEXT + "#" * version}]}
        server.raw(json.dumps({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": change}).encode())
        asked.append(server.request("textDocument/hover", at(uri, 3, 22), flush=False))
    server.flush()
    server.answer(asked[-1])
    answers = {message["id"]: message for message in server.heard if "id" in message}
    outdated = [number for number in asked if answers[number].get("error", {}).get("code") == MODIFIED]
    assert len(outdated) > 50 and "Dense" in answers[asked[-1]]["result"]["contents"]["value"]
    # The findings may have come before that answer.
    told = [message["params"].get("version") for message in server.heard if "diagnostics" in message.get("params", {})]
    assert 100 in told or server.findings(uri, 100)


def test_faults_are_answers_and_standard_output_holds_messages_alone(tmp_path):
    """What a package prints when it is loaded goes to standard error, and so does what went wrong."""
    program = (
        "from seqspec.editor.lsp import startup, stdio\n"
        "from seqspec.editor.lsp.features import hover, inlay_hint\n"
        "def loud(*given):\n    print('LOUD', flush=True)\n"
        "def broken(*given):\n    raise KeyError('within')\n"
        "hover.hover, inlay_hint.hints = loud, broken\n"
        "raise SystemExit(stdio.serve(startup.make_server()))\n"
    )
    server = Wire([sys.executable, "-c", program])
    server.initialize()
    uri = (tmp_path / "model.seqspec.toml").as_uri()
    server.open(uri, TEXT)
    assert server.ask("textDocument/hover", at(uri, 0, 0)) is None
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}}
    answer = server.ask("textDocument/inlayHint", {"textDocument": {"uri": uri}, "range": whole})
    assert "within" in answer["error"]["message"]
    server.change(uri, 1, {"text": TEXT})
    assert server.findings(uri, 1)
    assert not any(message.get("method") == "window/showMessage" for message in server.heard)
    server.ask("shutdown", None)
    assert server.ask("textDocument/hover", at(uri, 0, 0))["error"]["code"] == INVALID_REQUEST
    server.notify("exit", None)
    assert server.process.wait(120) == 0
    said = server.process.stderr.read()
    assert b"LOUD" in said and b"in broken" in said


@pytest.mark.parametrize("last", [b"nonsense\r\n\r\n" * 10, b"Content-Length: 100\r\n\r\n{"])
def test_the_end_of_the_input_is_the_end(last):
    done = subprocess.run(COMMAND, input=last, capture_output=True, timeout=300)
    assert done.returncode == 1 and done.stdout == b"" and b"Traceback" not in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="a process is looked for by its number on POSIX alone")
def test_the_server_ends_with_the_process_that_started_it():
    program = "from seqspec.editor.lsp import startup, stdio\nstdio._WATCH = 0.05\nstdio.serve(startup.make_server())\n"
    editor = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    server = Wire([sys.executable, "-c", program])
    server.initialize(processId=editor.pid)
    time.sleep(0.3)
    assert server.process.poll() is None
    editor.communicate(b"\n")
    assert server.process.wait(120) == 0
