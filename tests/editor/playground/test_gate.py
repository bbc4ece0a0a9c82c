"""Access control of the playground: allowed clients, origins and messages."""

import pytest

from seqspec.editor.playground.security import RequestRefused, has_token, is_own_host, is_own_origin, passed

ADDRESS = "file:///models/model.seqspec.toml"


@pytest.mark.parametrize("host", ["127.0.0.1:8750", "localhost:8750", "localhost", "127.0.0.1", "LOCALHOST:1"])
def test_this_machine(host):
    assert is_own_host(host)


@pytest.mark.parametrize(
    "host",
    [None, "", "example.org", "example.org:8750", "127.0.0.1.example.org", "localhost@example.org", "[::1", ":80"],
)
def test_foreign_hosts(host):
    assert not is_own_host(host)


def test_own_origin_is_required():
    assert is_own_origin("http://127.0.0.1:8750", "127.0.0.1:8750")
    for origin in (None, "null", "http://127.0.0.1:9000", "https://127.0.0.1:8750", "http://example.org"):
        assert not is_own_origin(origin, "127.0.0.1:8750")
    assert not is_own_origin("http://example.org", "example.org")


def test_the_token_is_among_the_subprotocols():
    assert has_token("seqspec, secret", "secret")
    assert has_token("secret", "secret")
    for offered in (None, "", "seqspec", "seqspec, secre", "seqspec, SECRET", "sécret", "seqspec, \udcff\udcfe"):
        assert not has_token(offered, "secret")


def message(method, params):
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def test_messages_about_the_document_are_passed():
    about = message("textDocument/hover", {"textDocument": {"uri": ADDRESS}, "position": {"line": 0, "character": 0}})
    assert passed(about, {ADDRESS}) == about
    assert passed({"jsonrpc": "2.0", "id": 3, "result": None}, {ADDRESS})


@pytest.mark.parametrize(
    "refused",
    [
        message("textDocument/didOpen", {"textDocument": {"uri": "file:///etc/passwd"}}),
        message("textDocument/hover", {"textDocument": {"uri": "FILE:///models/model.seqspec.toml"}}),
        message(
            "textDocument/codeAction", {"textDocument": {"uri": ADDRESS}, "context": {"x": [{"uri": "file:///etc"}]}}
        ),
        message("workspace/didChangeWorkspaceFolders", {"event": {"added": [{"uri": "file:///", "name": "all"}]}}),
        message("workspace/executeCommand", {"command": "anything"}),
        message("initialize", {}),
        message("initialize", None),
        message("exit", None),
        message(["textDocument/hover"], {}),
        {"method": "initialized"},
        [],
        "text",
        None,
    ],
)
def test_everything_else_is_refused(refused):
    with pytest.raises(RequestRefused):
        passed(refused, {ADDRESS})


@pytest.mark.parametrize("address", [[1], {}, 3, None])
def test_an_address_is_a_string(address):
    with pytest.raises(RequestRefused, match="a URI must be a string"):
        passed(message("textDocument/hover", {"textDocument": {"uri": address}}), {ADDRESS})


def test_a_page_brings_no_folders_with_it():
    asked = {
        "processId": 1,
        "rootUri": "file:///",
        "rootPath": "/",
        "workspaceFolders": [{"uri": "file:///", "name": "all"}],
        "capabilities": {"textDocument": {"hover": {}}, "workspace": {"didChangeWatchedFiles": {}}},
    }
    kept = passed(message("initialize", asked), {ADDRESS})["params"]
    assert kept == {"processId": None, "rootUri": None, "capabilities": {"textDocument": {"hover": {}}}}
