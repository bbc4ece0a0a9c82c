"""The web application over HTTP and its WebSocket."""

import asyncio
import json

import pytest
from aiohttp import WSMsgType, WSServerHandshakeError
from aiohttp.test_utils import TestClient, TestServer

from seqspec.editor.lsp import open_documents
from seqspec.editor.playground import app
from seqspec.editor.playground.app import make_app
from seqspec.editor.playground.documents import Documents

TOKEN = "the-token"
PATIENCE = 300.0
"""Seconds after which something that has not happened is taken to have failed."""
TEXT = 'seqspec = 1\n[model]\ninput = [4]\nlayers = [{ type = "Dense", units = 2 }] # two\n'


@pytest.fixture
def page(tmp_path):
    folder = tmp_path / "page"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>page</title>")
    (folder / "assets" / "index-a1.js").write_text("let x = 1;\n" * 1000)
    (folder / "secret.js").write_text("no")
    return folder


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "model.seqspec.toml"
    path.write_text(TEXT)
    return path


def asked(page, file, work):
    async def run():
        async with TestClient(TestServer(make_app(page, Documents(str(file)), TOKEN))) as client:
            await work(client)

    asyncio.run(run())


class Session:
    """A page that asks."""

    def __init__(self, socket):
        self.socket = socket
        self.number = 0

    async def ask(self, method, **params):
        self.number += 1
        request = {"jsonrpc": "2.0", "id": self.number, "method": method, "params": params}
        await self.socket.send_str(json.dumps(request))
        while True:
            answer = await self.receive()
            if answer.get("id") == self.number:
                return answer.get("result", answer.get("error"))

    async def tell(self, method, params):
        await self.socket.send_str(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}))

    async def hear(self, method):
        while (await self.receive()).get("method") != method:
            pass

    async def receive(self):
        message = await asyncio.wait_for(self.socket.receive(), PATIENCE)
        assert message.type is WSMsgType.TEXT, message
        return json.loads(message.data)


def own(client):
    return f"http://{client.host}:{client.port}"


async def connected(client):
    return Session(await client.ws_connect("/lsp", protocols=("seqspec", TOKEN), origin=own(client)))


def test_page_has_security_headers(page, file):
    async def work(client):
        for path in ("/", "/assets/index-a1.js"):
            answer = await client.get(path, headers={"Accept-Encoding": "gzip"})
            assert answer.status == 200
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
            assert "http" not in policy and "*" not in policy
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "Set-Cookie" not in answer.headers
        assert answer.headers["Content-Encoding"] == "gzip"

    asked(page, file, work)


@pytest.mark.parametrize(
    "path",
    [
        "/secret.js",
        "/assets/",
        "/assets/../secret.js",
        "/assets/%2e%2e/secret.js",
        "/assets/..%2fsecret.js",
        "/assets/x.js",
        "/x",
    ],
)
def test_app_serves_only_the_page(page, file, path):
    async def work(client):
        from yarl import URL

        answer = await client.get(URL(path, encoded=True))
        assert answer.status == 404
        assert "Content-Security-Policy" in answer.headers

    asked(page, file, work)


def test_a_foreign_name_of_this_machine_is_refused(page, file):
    async def work(client):
        for path in ("/", "/assets/index-a1.js", "/lsp"):
            answer = await client.get(path, headers={"Host": f"evil.example:{client.port}"})
            assert answer.status == 403

    asked(page, file, work)


def test_app_refuses_other_origins_and_missing_tokens(page, file):
    async def work(client):
        for origin in (
            "http://evil.example",
            "null",
            f"http://{client.host}:1",
            f"https://{client.host}:{client.port}",
        ):
            with pytest.raises(WSServerHandshakeError) as refused:
                await client.ws_connect("/lsp", protocols=("seqspec", TOKEN), origin=origin)
            assert refused.value.status == 403
        for protocols in ((), ("seqspec",), ("seqspec", "another")):
            with pytest.raises(WSServerHandshakeError) as refused:
                await client.ws_connect("/lsp", protocols=protocols, origin=own(client))
            assert refused.value.status == 403
        assert (await client.get("/lsp", headers={"Origin": own(client)})).status == 403

    asked(page, file, work)


def test_bytes_that_are_no_text_are_no_token(page, file, caplog):
    async def work(client):
        reader, writer = await asyncio.open_connection(client.host, client.port)
        head = f"GET /lsp HTTP/1.1\r\nHost: {client.host}:{client.port}\r\nOrigin: {own(client)}\r\n"
        writer.write(head.encode() + b"Sec-WebSocket-Protocol: seqspec, \xff\xfe\r\nConnection: close\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(), PATIENCE)
        writer.close()
        assert answer.startswith(b"HTTP/1.1 403 ") and b"Content-Security-Policy: " in answer

    asked(page, file, work)
    assert "Traceback" not in caplog.text


def test_a_mistake_of_ours_is_one_line_and_an_answer_like_others(page, file, caplog, monkeypatch):
    def broken(path):
        raise RuntimeError("broken")

    async def work(client):
        answer = await client.get("/")
        assert answer.status == 500 and await answer.text() == "500: Internal Server Error"
        assert "Content-Security-Policy" in answer.headers

    monkeypatch.setattr(app, "_file", broken)
    asked(page, file, work)
    assert caplog.messages == ["GET / failed: RuntimeError('broken')"] and "Traceback" not in caplog.text


async def until(condition):
    """Waits until something is so."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.01)


def test_a_page_that_goes_while_findings_are_worked_out_leaves_no_trace(page, file, caplog, capfd, monkeypatch):
    # The second findings would wait for longer than the test does.
    monkeypatch.setattr(open_documents, "_WAIT_SHARE", 1e6)
    monkeypatch.setattr(open_documents, "_MAX_WAIT_SECONDS", 2 * PATIENCE)

    async def work(client):
        before = asyncio.all_tasks()
        session = await connected(client)
        await session.ask("initialize", capabilities={})
        document = {"uri": file.as_uri(), "languageId": "toml", "version": 1, "text": TEXT}
        change = {"textDocument": {"uri": file.as_uri(), "version": 2}, "contentChanges": [{"text": TEXT + "# end"}]}
        await session.tell("initialized", {})
        await session.tell("textDocument/didOpen", {"textDocument": document})
        await session.hear("textDocument/publishDiagnostics")
        await session.tell("textDocument/didChange", change)
        # An answer to what comes after the change: the findings are pending.
        assert (await session.ask("seqspec/welcome"))["text"] == TEXT
        await session.socket.close()
        await until(lambda: asyncio.all_tasks() <= before)

    asked(page, file, work)
    assert "Traceback" not in caplog.text + capfd.readouterr().err


def test_a_session(page, file):
    async def work(client):
        session = await connected(client)
        assert session.socket.protocol == "seqspec"
        await session.ask("initialize", capabilities={})
        told = await session.ask("seqspec/welcome")
        assert told["text"] == TEXT
        document = {"uri": told["addresses"]["toml"], "languageId": "toml", "version": 1, "text": TEXT}
        await session.socket.send_str(
            json.dumps({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": document}})
        )
        model = await session.ask("seqspec/model", textDocument={"uri": document["uri"]})
        assert [layer["type"] for layer in model["layers"]] == ["Dense"] and model["totals"]["params"] == 10
        assert "layers.Dense(2" in model["program"]["text"]
        elsewhere = await session.ask("seqspec/model", textDocument={"uri": "file:///etc/passwd"})
        assert elsewhere["message"] == "only the page's own file is accessible"
        assert "shown" not in await session.ask("seqspec/explain", code="SEQ401")
        assert (await session.ask("seqspec/explain", code="no-such")) is None

        made = await session.ask("seqspec/convert", text=TEXT, format="toml", to="json")
        assert json.loads(made["text"])["model"]["layers"] == [{"type": "Dense", "units": 2}] and made["lost"] == 1
        fault = await session.ask("seqspec/convert", text="seqspec = ", format="toml", to="json")
        assert "syntax errors" in fault["fault"]

        saved = await session.ask("seqspec/save", text="# mine\n", revision=told["revision"])
        assert file.read_text() == "# mine\n" and set(saved) == {"revision"}
        assert "changed" in await session.ask("seqspec/save", text="# late\n", revision=told["revision"])
        assert "fault" in await session.ask("seqspec/save", text=3, revision=None)
        await session.ask("seqspec/save", text="# \ud83d\ude00 \ud83d\n", revision=saved["revision"])
        assert file.read_text(encoding="utf-8") == "# \U0001f600 \ufffd\n"

    asked(page, file, work)


def test_a_session_outlives_messages_that_make_no_sense(page, file):
    async def work(client):
        session = await connected(client)
        for text in (
            "",
            "{",
            "[]",
            "3",
            "[" * 100_000,
            '{"jsonrpc": "2.0"}',
            '{"jsonrpc": "2.0", "method": 3}',
            "\x00",
        ):
            await session.socket.send_str(text)
        await session.ask("initialize", capabilities={})
        assert (await session.ask("seqspec/nothing"))["code"] == -32601
        assert (await session.ask("seqspec/model")) is None
        assert (await session.ask("textDocument/hover"))["code"] < 0
        assert (await session.ask("seqspec/welcome"))["text"] == TEXT

    asked(page, file, work)


def test_a_session_ends_with_the_server(page, file):
    async def work(client):
        session = await connected(client)
        await session.ask("initialize", capabilities={})
        await asyncio.wait_for(client.server.close(), PATIENCE)
        assert (await asyncio.wait_for(session.socket.receive(), PATIENCE)).type in (WSMsgType.CLOSE, WSMsgType.CLOSED)

    asked(page, file, work)
