"""Python programs in the language server: findings, shapes, fixes and suppressions at their source locations."""

import ast

from lsprotocol import types

import seqspec
from tests.editor.lsp.test_server import changed, opened, position, with_server

PROGRAM = """import keras
from keras import layers

X, y = load()

model = keras.Sequential()
model.add(keras.Input(shape=(28, 28, 1)))  # 😀
for count in (16, 32):
    model.add(layers.Conv2D(count, 3, activation="relu"))
    model.add(layers.MaxPooling2D())
model.add(layers.Flatten())
model.add(layers.Dense(10, activation="sigmoid"))
model.compile("adam", "categorical_crossentropy")

series = keras.Sequential([
    layers.LSTM(8, input_shape=(X.shape[1], 3), return_sequences=True),
    layers.Dense(1),
])
"""


def everywhere(document, text=PROGRAM):
    end = types.Position(text.count("\n") + 1, 0)
    return {"text_document": document, "range": types.Range(types.Position(0, 0), end)}


def test_findings_shapes_and_facts_of_a_program(tmp_path):
    file = tmp_path / "train.py"
    file.write_text(PROGRAM)
    expected = seqspec.check(file).diagnostics
    assert [found.code for found in expected] == ["SEQ305"]

    async def work(client):
        document = opened(client, file, PROGRAM)
        found = await client.findings(document.uri, 0)
        assert [(each.code, each.range.start.line + 1) for each in found] == [
            (each.code, each.span.line) for each in expected
        ]
        hints = await client.text_document_inlay_hint_async(types.InlayHintParams(**everywhere(document)))
        assert [(hint.position.line + 1, hint.label) for hint in hints] == [
            (9, "→ (26, 26, 16) … (11, 11, 32) ×2"),
            (10, "→ (13, 13, 16) … (5, 5, 32) ×2"),
            (11, "→ (800)"),
            (12, "→ (10)"),
            (16, "→ (X.shape[1], 8)"),
            (17, "→ (X.shape[1], 1)"),
        ]
        lines = PROGRAM.split("\n")
        for hint in hints:
            assert lines[hint.position.line][: hint.position.character].endswith(")")
        at = position(PROGRAM, "Dense(10")
        hover = await client.text_document_hover_async(types.HoverParams(document, at))
        assert "8,010 parameters" in hover.contents.value and hover.range.start.line == 11
        lenses = await client.text_document_code_lens_async(types.CodeLensParams(document))
        assert [(lens.range.start.line, lens.command.title) for lens in lenses] == [
            (5, "6 layers · 12,810 parameters · → (10)"),
            (14, "2 layers · → (X.shape[1], 1)"),
        ]

        # A program that is being typed has the findings of what can be read, and no stale ones.
        changed(client, document, 1, PROGRAM.replace("sigmoid", "softmax"))
        assert await client.findings(document.uri, 1) == []
        changed(client, document, 2, "print('no model')\n")
        assert await client.findings(document.uri, 2) == []
        assert await client.text_document_inlay_hint_async(types.InlayHintParams(**everywhere(document))) is None
        client.text_document_did_close(types.DidCloseTextDocumentParams(document))

    with_server(tmp_path, work)


def test_fixes_and_suppressions_of_a_program(tmp_path):
    file = tmp_path / "train.py"

    def applied(text, edits):
        lines = text.split("\n")
        (edit,) = edits
        line, start, end = edit.range.start.line, edit.range.start.character, edit.range.end.character
        lines[line] = lines[line][:start] + edit.new_text + lines[line][end:]
        return "\n".join(lines)

    async def work(client):
        document = opened(client, file, PROGRAM)
        (finding,) = await client.findings(document.uri, 0)
        context = types.CodeActionContext([finding])
        asked = types.CodeActionParams(document, finding.range, context)
        fix, other, ignore = await client.text_document_code_action_async(asked)
        assert [fix.title, other.title] == ['Write activation="softmax"', 'Write loss="binary_crossentropy"']
        text = applied(PROGRAM, other.edit.changes[document.uri])
        ast.parse(text)
        text = applied(PROGRAM, fix.edit.changes[document.uri])
        ast.parse(text)
        changed(client, document, 1, text)
        assert await client.findings(document.uri, 1) == []

        text = applied(PROGRAM, ignore.edit.changes[document.uri])
        assert text.split("\n")[11].endswith(")  # seqspec: ignore[SEQ305]")
        changed(client, document, 2, text)
        assert await client.findings(document.uri, 2) == []

        # No comment fits into a string, nor behind a backslash.
        for version, rest in enumerate(('name="""a\n""")', "\\\n    name='a')"), 3):
            held = PROGRAM.replace('"sigmoid")', f'"sigmoid", {rest}')
            changed(client, document, version, held)
            (finding,) = [each for each in await client.findings(document.uri, version) if each.code == "SEQ305"]
            asked = types.CodeActionParams(document, finding.range, context)
            found = await client.text_document_code_action_async(asked)
            assert found and [action for action in found if action.title.startswith("Ignore")] == []

        elsewhere = types.Range(types.Position(0, 0), types.Position(0, 0))
        assert await client.text_document_code_action_async(types.CodeActionParams(document, elsewhere, context)) == ()

    with_server(tmp_path, work)


FUNCTIONAL = """import keras
from keras import layers

image = keras.Input((28, 28, 1))
left = layers.Conv2D(8, 3, padding="same")(image)
right = layers.Conv2D(8, 1)(image)
both = layers.add([left, right])
model = keras.Model(image, layers.Dense(10)(layers.Flatten()(both)))
"""


def test_shapes_of_a_functional_model_follow_its_calls(tmp_path):
    file = tmp_path / "train.py"
    file.write_text(FUNCTIONAL)

    async def work(client):
        document = opened(client, file, FUNCTIONAL)
        await client.findings(document.uri, 0)
        hints = await client.text_document_inlay_hint_async(types.InlayHintParams(**everywhere(document, FUNCTIONAL)))
        assert [(hint.position.line + 1, hint.label) for hint in hints] == [
            (5, "→ (28, 28, 8)"),
            (6, "→ (28, 28, 8)"),
            (7, "→ (28, 28, 8)"),
            (8, "→ (6272)"),
            (8, "→ (10)"),
        ]
        lines = FUNCTIONAL.split("\n")
        for hint in hints:
            assert lines[hint.position.line][: hint.position.character].endswith(("(image)", "right])", "(both)", "))"))
        hover = await client.text_document_hover_async(
            types.HoverParams(document, position(FUNCTIONAL, "Conv2D(8, 1)"))
        )
        assert "(28, 28, 8)" in hover.contents.value

    with_server(tmp_path, work)
