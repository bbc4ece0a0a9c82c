"""The language server through its standard streams, with a client library."""

import asyncio
import contextlib
import sys
from pathlib import Path

from lsprotocol import types
from pygls.lsp.client import LanguageClient
from pygls.workspace import PositionCodec

import seqspec
from seqspec.core.syntax.source import parse_text
from seqspec.editor.lsp.diagnostics import file_uri, full_message, page_of
from seqspec.editor.lsp.position_map import PositionMap

TOML = """seqspec = 1
vars = { width = 32 }

[blocks.hidden]
params = { units = 8 }
layers = [{ type = "Dense", units = "$units", activation = "relu" }, "BatchNormalization"]

[model]
input = [28, 28]
layers = [
  "Flatten", # 😀
  { use = "hidden", units = 16 },
  { type = "Dense", units = "$width", activation = "rellu" },
]
"""


class Client(LanguageClient):
    """A client that keeps the findings that it is told."""

    def __init__(self):
        super().__init__("tests", "1")
        self.told = {}
        self.news = asyncio.Event()

        @self.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def told(params):
            self.told[params.uri] = params
            self.news.set()

    async def findings(self, uri, version):
        """What is told of a version of a document."""
        while uri not in self.told or self.told[uri].version != version:
            self.news.clear()
            await asyncio.wait_for(self.news.wait(), 120)
        return list(self.told[uri].diagnostics)


def with_server(folder, work):
    async def run():
        client = Client()
        await client.start_io(sys.executable, "-m", "seqspec", "lsp")
        try:
            capabilities = types.ClientCapabilities(
                text_document=types.TextDocumentClientCapabilities(
                    completion=types.CompletionClientCapabilities(
                        completion_item=types.ClientCompletionItemOptions(snippet_support=True)
                    ),
                    code_action=types.CodeActionClientCapabilities(
                        resolve_support=types.ClientCodeActionResolveOptions(["edit"]), data_support=True
                    ),
                )
            )
            folders = [types.WorkspaceFolder(file_uri(str(folder)), "tests")]
            await client.initialize_async(
                types.InitializeParams(capabilities=capabilities, workspace_folders=folders, root_uri=folders[0].uri)
            )
            client.initialized(types.InitializedParams())
            await work(client)
            await client.shutdown_async(None)
            client.exit(None)
        finally:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(client.stop(), 10)

    asyncio.run(run())


def opened(client, file, text):
    uri = file_uri(str(file))
    language = file.suffix[1:]
    client.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, language, 0, text)))
    return types.TextDocumentIdentifier(uri)


def changed(client, document, version, text):
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(version, document.uri),
            [types.TextDocumentContentChangeWholeDocument(text)],
        )
    )


def checked(text, file):
    """What `seqspec check` finds, as a client is told it."""
    places = PositionMap(text, PositionCodec())
    found = seqspec.check(parse_text(text, str(file))).diagnostics
    return [(each.code, full_message(each), places.span(each.span)) for each in found]


def told(diagnostics):
    return [(each.code, each.message, each.range) for each in diagnostics]


def position(text, mark, after=0):
    """The place of a mark in a text, as this client counts: in UTF-16."""
    before = text[: text.index(mark) + after]
    return types.Position(before.count("\n"), len(before.rpartition("\n")[2].encode("utf-16-le")) // 2)


def test_findings_hover_completion_hints_fixes_and_formatting(tmp_path):
    file = tmp_path / "model.seqspec.toml"

    async def work(client):
        document = opened(client, file, TOML)
        found = await client.findings(document.uri, 0)
        assert told(found) == checked(TOML, file) and [each.code for each in found] == ["SEQ106"]
        assert Path(found[0].code_description.href.removeprefix("file://")).read_text().startswith("# unknown-name")

        async def labels(text, mark, after):
            changed(client, document, 1, text)
            at = position(text, mark, after)
            answer = await client.text_document_completion_async(types.CompletionParams(document, at))
            return [item.label for item in answer.items]

        typing = TOML.replace('"rellu" }', '"rellu", use }')
        keys = await labels(typing, ", use }", 5)
        assert "use_bias" in keys and "filters" not in keys and "units" not in keys
        assert "relu" in await labels(TOML, '"rellu"', 3)
        assert await labels(TOML, '"$width"', 2) == ["$width"]
        assert await labels(TOML, '"hidden"', 1) == ["hidden"]
        called = TOML + '\n[compile]\noptimizer = "adam(be"\n'
        assert "beta_1=" in await labels(called, "adam(be", 7)

        changed(client, document, 2, TOML)
        at = position(TOML, '"Flatten"', 2)
        answer = await client.text_document_hover_async(types.HoverParams(document, at))
        assert "input (28, 28), output (784)" in answer.contents.value
        at = position(TOML, 'activation = "rellu"', 2)
        answer = await client.text_document_hover_async(types.HoverParams(document, at))
        assert "activation" in answer.contents.value

        whole = types.Range(types.Position(0, 0), types.Position(99, 0))
        answer = await client.text_document_inlay_hint_async(types.InlayHintParams(document, whole))
        assert [(hint.position.line, hint.label) for hint in answer] == [
            (5, "→ (16)"),
            (5, "→ (16)"),
            (10, "→ (784)"),
            (11, "→ (16)"),
            (12, "→ (32)"),
        ]
        *_, lens = await client.text_document_code_lens_async(types.CodeLensParams(document))
        assert "4 layers" in lens.command.title and "13,168 parameters" in lens.command.title

        asked = types.CodeActionParams(document, found[0].range, types.CodeActionContext(found))
        action, ignore, *others = await client.text_document_code_action_async(asked)
        assert list(action.diagnostics) == list(ignore.diagnostics) == found
        assert not any(each.diagnostics for each in others)
        assert [edit.new_text for edit in action.edit.changes[document.uri]] == ["relu"] or [
            edit.new_text for edit in action.edit.changes[document.uri]
        ] == ['"relu"']
        options = types.FormattingOptions(2, True)
        (edit,) = await client.text_document_formatting_async(types.DocumentFormattingParams(document, options))
        assert seqspec.check(parse_text(edit.new_text, "x.toml")).diagnostics[0].code == "SEQ106"

    with_server(tmp_path, work)


def test_the_configuration_applies_and_the_workspace_is_checked(tmp_path):
    file = tmp_path / "model.seqspec.toml"
    other = tmp_path / "deep" / "other.seqspec.toml"
    other.parent.mkdir()
    other.write_text(TOML.replace("BatchNormalization", "BatchNormalisation"))
    config = tmp_path / "seqspec.toml"
    config.write_text('ignore = ["SEQ106"]\n')

    async def work(client):
        document = opened(client, file, TOML)
        assert await client.findings(document.uri, 0) == []
        assert [each.code for each in await client.findings(file_uri(str(other)), None)] == ["SEQ101"]
        config.write_text('severity = { SEQ106 = "info" }\n')
        client.text_document_did_save(
            types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(file_uri(str(config))))
        )
        client.told.clear()
        (found,) = await client.findings(document.uri, 0)
        assert found.severity == types.DiagnosticSeverity.Information

    with_server(tmp_path, work)


def test_a_policy_is_read_again_once_it_is_saved(tmp_path):
    file, policy = tmp_path / "model.seqspec.toml", tmp_path / "house.json"
    (tmp_path / "seqspec.toml").write_text('policy = "house.json"\nselect = ["policy"]\n')
    policy.write_text('{"required": ["compile"]}')

    async def work(client):
        document = opened(client, file, TOML)
        (found,) = await client.findings(document.uri, 0)
        assert found.code == "SEQ115"
        client.told.clear()
        policy.write_text("{}")
        client.text_document_did_save(
            types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(file_uri(str(policy))))
        )
        assert await client.findings(document.uri, 0) == []

    with_server(tmp_path, work)


def test_actions_of_an_editor_that_asks_for_edits_later(tmp_path):
    file = tmp_path / "model.seqspec.toml"
    text = TOML.replace('"rellu" }', '"relu", usebias = true }')

    async def work(client):
        document = opened(client, file, text)
        found = await client.findings(document.uri, 0)
        start, end = position(text, '  { use = "hidden"'), position(text, "true },", 7)

        async def offered(place, only=None):
            context = types.CodeActionContext(found, only)
            answer = await client.text_document_code_action_async(types.CodeActionParams(document, place, context))
            return {action.title: action for action in answer}

        everything = await offered(types.Range(start, end))
        assert everything.keys() == {
            "Write use_bias",
            "Ignore SEQ102 here",
            "Extract block",
            "Apply all safe fixes",
        }
        later = await offered(types.Range(start, start), ["source.fixAll"])
        (action,) = later.values()
        assert action.edit is None and action.kind == "source.fixAll.seqspec"
        action = await client.code_action_resolve_async(action)
        (edit,) = action.edit.changes[document.uri]
        assert edit.new_text == text.splitlines(keepends=True)[12].replace("usebias", "use_bias")
        use = position(text, '"hidden", units', 3)
        (title,) = await offered(types.Range(use, use), ["refactor.inline"])
        assert title == "Inline block hidden"

    with_server(tmp_path, work)


def test_the_page_of_a_rule_is_that_of_today(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for _ in range(2):
        page_of.cache_clear()
        page = Path(page_of("SEQ106", "unknown-name").removeprefix("file://"))
        assert page.read_text().startswith("# unknown-name")
        page.write_text("of yesterday")
    page_of.cache_clear()
