"""Specs typed character by character: the server reports the findings of `seqspec check` on the same text."""

import re

import pytest

import seqspec
from tests import ROOT
from tests.editor.lsp.wire import wire

EXAMPLES = sorted((ROOT / "examples").glob("*.seqspec.*"))
FAULTY = [
    "three-mistakes.toml",
    "misspelt-activation.json",
    "syntax.json",
    "unclosed-shorthand.toml",
    "inline-table-break.toml",
    "pooling-too-far.toml",
    "number-as-string.json",
]
MODIFIED = -32801
"""The code of an answer that nobody needs any more, as the text has changed since."""


def place(text, offset):
    """The line and character of an offset, as a client counts that knows every end of a line, in UTF-16."""
    before = re.sub("\r\n?", "\n", text[:offset])
    return before.count("\n"), len(before.rpartition("\n")[2].encode("utf-16-le")) // 2


def expected(file):
    """What `seqspec check` finds in a file, at the places of a client."""
    text = file.read_bytes().decode().removeprefix("\ufeff")
    lines = text.split("\n")

    def at(line, column):
        return place(text, sum(len(before) + 1 for before in lines[: line - 1]) + column - 1)

    found = []
    for each in seqspec.check(file).diagnostics:
        span = each.span
        start, end = (at(span.line, span.column), at(span.end_line, span.end_column)) if span else ((0, 0),) * 2
        found.append((each.code, each.severity, each.message, start, end))
    return found


def same(told, wanted):
    names = {1: "error", 2: "warning", 3: "info"}
    assert [
        (
            each["code"],
            names[each["severity"]],
            (each["range"]["start"]["line"], each["range"]["start"]["character"]),
            (each["range"]["end"]["line"], each["range"]["end"]["character"]),
        )
        for each in told
    ] == [(code, severity, start, end) for code, severity, _, start, end in wanted]
    for each, (_, _, message, _, _) in zip(told, wanted, strict=True):
        assert each["message"].startswith(message)


class Editor:
    """An editor that tells each change of its text, and compares what it is told with a check of the same file."""

    def __init__(self, server, file):
        self.server, self.file, self.uri = server, file, file.as_uri()
        self.text, self.version, self.asked = "", 0, []
        server.open(self.uri, "", language=file.suffix[1:])

    def position(self, offset):
        return dict(zip(("line", "character"), place(self.text, offset), strict=True))

    def edit(self, start, end, text):
        change = {"range": {"start": self.position(start), "end": self.position(end)}, "text": text}
        self.text = self.text[:start] + text + self.text[end:]
        self.version += 1
        self.server.change(self.uri, self.version, change)

    def ask(self, offset):
        at = {"textDocument": {"uri": self.uri}, "position": self.position(offset)}
        whole = {"start": {"line": 0, "character": 0}, "end": {"line": 9999, "character": 0}}
        self.asked += [
            self.server.request("textDocument/completion", at),
            self.server.request("textDocument/hover", at),
            self.server.request("textDocument/inlayHint", {"textDocument": at["textDocument"], "range": whole}),
        ]

    def compare(self):
        self.file.write_bytes(self.text.encode())
        same(self.server.findings(self.uri, self.version), expected(self.file))

    def finish(self):
        self.server.notify("textDocument/didClose", {"textDocument": {"uri": self.uri}})
        self.server.ask("textDocument/hover", {"textDocument": {"uri": self.uri}, "position": self.position(0)})
        answers = {message["id"]: message for message in self.server.heard if "id" in message}
        for number in self.asked:
            answer = answers[number]
            assert "error" not in answer or answer["error"]["code"] == MODIFIED
        versions = [
            message["params"]["version"]
            for message in self.server.heard
            if message.get("method") == "textDocument/publishDiagnostics"
            and message["params"]["uri"] == self.uri
            and message["params"].get("version") is not None
        ]
        assert versions == sorted(versions) and versions[-1] == self.version


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with wire() as server:
        server.folder = tmp_path_factory.mktemp("typed")
        yield server


def documents():
    for file in EXAMPLES:
        yield file.name, file.read_text(encoding="utf-8")
    for name in FAULTY:
        stem, ending = name.split(".")
        yield f"{stem}.seqspec.{ending}", (ROOT / "tests" / "cases" / "err" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "text"), [*documents()], ids=lambda value: value if "\n" not in value else "")
def test_findings_are_those_of_check_at_every_pause(server, name, text):
    text = text.replace("# ", "# 😀 ").replace("softmax", "soft😀max")
    editor = Editor(server, server.folder / name)
    editor.compare()
    for number, character in enumerate(text, 1):
        editor.edit(number - 1, number - 1, character)
        if number % 23 == 0:
            editor.ask(number)
        if number % 97 == 0:
            editor.compare()
    editor.compare()
    middle = len(text) // 2
    for _ in range(30):
        editor.edit(middle, middle + 1, "")
    editor.compare()
    # Undone at once, then a line pasted twice, then both taken away again.
    editor.edit(middle, middle, text[middle : middle + 30])
    line = text.index("\n", middle) + 1 if "\n" in text[middle:] else len(text)
    pasted = text[text.rfind("\n", 0, line - 1) + 1 : line]
    editor.edit(line, line, pasted)
    editor.edit(line, line, pasted)
    editor.compare()
    editor.edit(line, line + 2 * len(pasted), "")
    assert editor.text == text
    editor.compare()
    editor.finish()


@pytest.mark.parametrize("end", ["\r\n", "\r"])
@pytest.mark.parametrize("name", ["mnist_cnn.seqspec.json", "dense_classifier.seqspec.toml"])
def test_line_ends_are_all_counted(server, end, name):
    text = (ROOT / "examples" / name).read_text(encoding="utf-8").replace("relu", "re😀lu").replace("\n", end)
    editor = Editor(server, server.folder / f"{len(end)}_{name}")
    editor.edit(0, 0, text)
    editor.compare()
    offset = text.index("softmax")
    for typed in ["😀", "x", end, '"', end]:
        editor.edit(offset, offset, typed)
        editor.compare()
        offset += len(typed)
    # A line break whose halves come one after the other.
    for number, typed in enumerate("\r\n"):
        editor.edit(number, number, typed)
    editor.compare()
    editor.finish()
