"""Every request, through the standard streams of a server."""

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from seqspec.editor.lsp.diagnostics import file_uri
from tests.editor.lsp.test_server import changed, opened, position, with_server

BASE = """seqspec = 1
vars = { width = 3 }
[model]
input = [8]
layers = [{ type = "Dense", units = "$width", name = "head" }]
"""
CHILD = """seqspec = 1
extends = "base.seqspec.toml" # 😀
[override.layers.head]
units = "${width}"
"""


def test_names_are_found_and_changed_in_all_documents(tmp_path):
    folder = tmp_path / "my models %20"
    folder.mkdir()
    base, child = folder / "base.seqspec.toml", folder / "child.seqspec.toml"
    base.write_text(BASE)
    child.write_text(CHILD)

    async def work(client):
        document = opened(client, child, CHILD)
        at = position(CHILD, "width")
        (target,) = await client.text_document_definition_async(types.DefinitionParams(document, at))
        assert (target.uri, target.range.start) == (file_uri(str(base)), position(BASE, "width"))

        asked = types.ReferenceParams(types.ReferenceContext(True), document, at)
        found = await client.text_document_references_async(asked)
        assert [(each.uri, each.range.start) for each in found] == [
            (file_uri(str(base)), position(BASE, "width")),
            (file_uri(str(base)), position(BASE, "$width", 1)),
            (document.uri, at),
        ]
        (found,) = await client.text_document_document_highlight_async(types.DocumentHighlightParams(document, at))
        assert found.range.start == at
        (link,) = await client.text_document_document_link_async(types.DocumentLinkParams(document))
        assert link.target == file_uri(str(base)) and link.range.start == position(CHILD, "base")

        found = await client.text_document_prepare_rename_async(types.PrepareRenameParams(document, at))
        assert (found.placeholder, found.range.start) == ("width", at)
        edit = await client.text_document_rename_async(types.RenameParams(document, at, "w"))
        assert {uri: len(edits) for uri, edits in edit.changes.items()} == {file_uri(str(base)): 2, document.uri: 1}
        with pytest.raises(JsonRpcException, match="is not a valid name for a variable") as refused:
            await client.text_document_rename_async(types.RenameParams(document, at, "1"))
        assert refused.value.code == types.LSPErrorCodes.RequestFailed

        found = await client.text_document_document_symbol_async(types.DocumentSymbolParams(document))
        assert [each.name for each in found] == ["seqspec", "extends", "override", "layers", "head", "units"]
        found = await client.text_document_folding_range_async(types.FoldingRangeParams(document))
        assert [(each.start_line, each.end_line) for each in found] == [(2, 3)]
        (found,) = await client.text_document_selection_range_async(types.SelectionRangeParams(document, [at]))
        assert found.range == types.Range(position(CHILD, "${"), position(CHILD, '"\n', 0))

        # An open text counts before the file, and one that is half typed before a rename.
        text = BASE.replace("vars", "# more\nvars")
        other = opened(client, base, text)
        (target,) = await client.text_document_definition_async(types.DefinitionParams(document, at))
        assert target.range.start == position(text, "width")
        changed(client, other, 1, text + "[fit")
        with pytest.raises(JsonRpcException, match=r"base\.seqspec\.toml:7 cannot be read"):
            await client.text_document_rename_async(types.RenameParams(document, at, "w"))

    with_server(folder, work)


def test_the_signature_of_a_shorthand_is_shown(tmp_path):
    text = 'seqspec = 1\n[compile]\noptimizer = "adam(0.1, "\n'

    async def work(client):
        document = opened(client, tmp_path / "model.seqspec.toml", text)
        asked = types.SignatureHelpParams(document, position(text, '"\n'))
        found = await client.text_document_signature_help_async(asked)
        assert found.signatures[0].label.startswith("Adam(learning_rate=0.001, ") and found.active_parameter == 1

    with_server(tmp_path, work)
