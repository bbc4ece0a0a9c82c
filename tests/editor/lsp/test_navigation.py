"""Definitions and references of names, by the scopes of the language."""

import os
from types import SimpleNamespace

import pytest
from lsprotocol import types
from pygls.workspace import PositionCodec

from seqspec.editor.lsp.diagnostics import file_uri
from seqspec.editor.lsp.document_index import ClientIndex, DocumentIndex, extended_file
from seqspec.editor.lsp.features.definition import definition, definitions
from seqspec.editor.lsp.features.document_highlight import highlights
from seqspec.editor.lsp.features.references import locations, references
from seqspec.editor.lsp.features.rename import workspace_edit
from tests.editor.lsp.marked import FILE, cursor, library, lines, snapshot, unmarked

TOGETHER = {
    "a variable, whole, in part, within a string; not behind two dollar signs, nor in a key of the author's own": """
[vars]
«width» = [3, 4]
first = "$«width»[0]"
[model]
name = "net_${«width»}_$$width"
layers = [
  { type = "Dense", units = "$«width»[-1]", x-note = "$width", for = { n = "$«width»" }, name = "d${n}" },
  { type = "Dense", units = "${«width»}" },
]
[compile]
optimizer = { type = "Adam", learning_rate = "$«width»[1]" }
""",
    "a variable behind a parameter and a for of its name": """
[vars]
«units» = 3
[blocks.b]
params = { units = "$«units»" }
layers = [{ type = "Dense", units = "$units" }]
[blocks.c]
layers = [{ type = "Dense", units = "$«units»" }]
[model]
layers = [
  { use = "b", units = "$«units»", for = { x = ["$«units»", 2] }, repeat = "$«units»" },
  { type = "Dense", units = "$units", repeat = "$«units»", for = { units = ["$«units»", 4] } },
]
""",
    "a parameter, where the block is used and in its for; other blocks have their own": """
[vars]
units = 1
[blocks.b]
params = { «units» = 3, rate = "$units" }
layers = [
  { type = "Dense", units = "$«units»" },
  { use = "c", units = "$«units»" },
  { type = "Sequential", layers = [{ type = "Dense", units = "$«units»" }] },
]
[blocks.c]
params = { units = 3 }
layers = [{ type = "Dense", units = "$units" }]
[model]
layers = [{ use = "b", «units» = 4 }, { use = "b", for = { «units» = [1, 2] } }, { use = "c", units = 5 }]
""",
    "a name of for, also in the layers within, where it hides a parameter": """
[blocks.b]
params = { n = 3 }
layers = [
  { type = "Sequential", for = { «n» = ["$n", 2] }, layers = [{ use = "c", n = "$«n»" }, { type = "$«n»" }] },
  { type = "Sequential", for = { n = ["$n", 2] }, layers = [{ type = "Dense", units = "$n" }] },
  { type = "Dense", units = "$n" },
]
[blocks.c]
params = { n = 3 }
layers = [{ type = "Dense", units = "$n" }]
""",
    "the inner one of two names of for": """
[model]
layers = [
  { type = "Sequential", for = { n = [1, 2] }, layers = [{ units = "$«n»", for = { «n» = ["$n", 1] } }] },
]
""",
    "a for in a variable binds what nothing else does": """
[vars]
entry = { type = "Dense", units = "$«n»", for = { «n» = [1, 2] } }
[model]
layers = ["$entry", { type = "Dense", units = "$n" }]
""",
    "a block, with its tables": """
[blocks.«b»]
params = { n = 3 }
[blocks.«b».x-note]
text = "b"
[blocks.c]
layers = [{ use = "«b»" }, { type = "b" }]
[vars]
entry = { use = "«b»", n = 2 }
[model]
layers = [{ use = "«b»", repeat = 2 }, "$entry", { type = "TimeDistributed", layer = { use = "«b»" } }]
""",
    "a layer, its changes, its copies and its output": """
[override.layers.«head»]
units = 5
[override.layers.«head».kernel_initializer]
type = "HeNormal"
[override.layers.«head»_1]
units = 6
[override.layers.stack.layers.«head»]
units = 7
[model]
layers = [
  { type = "Dense", units = 3, name = "«head»", repeat = 2 },
  { type = "Sequential", name = "stack", layers = [{ type = "Dense", units = 2, name = "«head»" }] },
  { type = "TimeDistributed", layer = { type = "Dense", units = 2, name = "«head»" } },
  { type = "Dense", units = 2, name = "head_2", activation = { type = "relu", name = "head" } },
]
[compile]
loss = { «head» = "mse" }
metrics = { «head» = ["mae"] }
""",
    "a class as layer, loss, metric and callback": """
[custom.«Own»]
import = "mine:Own"
[custom.«Own».args.properties]
units = {}
[vars]
loss = { custom = "«Own»" }
[model]
layers = [{ custom = "«Own»", units = 3 }, { type = "TimeDistributed", layer = { custom = "«Own»" } }, { type = "Own" }]
[compile]
loss = { custom = "«Own»" }
metrics = [{ custom = "«Own»" }]
[fit]
callbacks = [{ custom = "«Own»" }]
""",
    "a size of a class": """
[custom.Own]
input_shape = ["«T»", "C"]
output_shape = ["«T»", "(«T») * (C + $«T») // 2", "Tx"]
params = "«T» * 2"
[custom.Other]
input_shape = ["T"]
[model]
input = ["T", 3]
""",
    "an argument of a class": """
[custom.Own]
input_shape = ["T"]
output_shape = ["$«units»"]
args = { required = ["«units»"], properties = { «units» = { type = "integer" } } }
[model]
layers = [{ custom = "Own", «units» = 3 }, { type = "Dense", units = 3 }]
""",
    "names in quotes of every kind": '''
[blocks.'«width»'.params]
x = 1
[blocks."«width»".params.y]
z = 1
[model]
layers = [{ use = '«width»' }, { use = """«width»""" }, { use = "«width»" }]
''',
    "a string of several lines": '''
vars."«width»" = 3
[model]
name = """
net \\
  ${«width»} "${«width»}" """
''',
}


@pytest.mark.parametrize("marked", TOGETHER.values(), ids=TOGETHER)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_names_that_mean_the_same_are_found_from_each_of_them(marked, end):
    text, spans = unmarked(marked.replace("\n", end))
    opened = snapshot(text)
    places = lines(text)
    for start, stop in spans:
        for offset in (start, stop):
            found = highlights(library(opened), opened, places, offset)
            assert [each.range for each in sorted(found, key=_order)] == [places.range(*span) for span in spans]
        targets = definition(library(opened), opened, start).targets
        defined = [each for each in spans if "Write" in _kind(opened, places, each[0])]
        assert [(each.start, each.end) for each in targets] == defined


def _order(found):
    return found.range.start.line, found.range.start.character


def _kind(opened, places, offset):
    found = highlights(library(opened), opened, places, offset)
    return [each.kind.name for each in found if each.range.start == places.position(offset)]


def test_escapes_of_json_count_for_what_they_stand_for():
    marked = (
        '{"vars": {"«w\\u0069dth»": 3}, "model": {"name": "\\n${«w\\u0069dth»}", "layers": [{"units": "$«width»"}]}}'
    )
    text, spans = unmarked(marked)
    opened = snapshot(text, "/nowhere/model.json")
    found = highlights(library(opened), opened, lines(text), spans[1][0])
    assert [each.range for each in found] == [lines(text).range(*span) for span in spans]


@pytest.mark.parametrize(
    "marked",
    [
        '[vars]\n«width» = 3\n[model]\nlayers = [\n  { type = "Dense", units = "$«width»" },\n  { type = "Den',
        '[vars]\n«width» = 3\n[model]\nlayers = [\n  { type = "Dense", units = "$«width»\n',
        '[vars]\n«width» = 3\nx =\n[model\nname = "${a}"\n[compile]\nloss = "$«width»"\n',
        '[blocks.«b»]\nlayers = [\n[model]\nlayers = [{ use = "«b»" ',
    ],
)
def test_half_typed_texts_have_names_too(marked):
    text, spans = unmarked(marked)
    opened = snapshot(text)
    found = highlights(library(opened), opened, lines(text), spans[1][0])
    assert [each.range for each in found] == [lines(text).range(*span) for span in spans]
    assert [(each.start, each.end) for each in definition(library(opened), opened, spans[1][0]).targets] == spans[:1]


def test_definition_is_empty_outside_names():
    text = 'seqspec = 1\n[model]\nlayers = [{ type = "Dense", units = "$none" }]\n'
    opened = snapshot(text)
    for mark in ("Dense", "none", "seqspec", "units"):
        assert definition(library(opened), opened, text.index(mark) + 1) is None
        assert highlights(library(opened), opened, lines(text), text.index(mark) + 1) == []


BASE = """seqspec = 1
[vars]
width = 3
only_here = 1
[blocks.b]
params = { n = 3 }
layers = [{ type = "Dense", units = "$n" }, { type = "Dense", units = "$width" }]
[model]
layers = [{ type = "Dense", units = "$width", name = "head" }]
"""
CHILD = """seqspec = 1
extends = "base.seqspec.toml"
[vars]
width = 4
[override.layers.head]
units = "$width"
[model]
layers = [{ use = "b", n = "$only_here" }, { type = "Dense", units = 1, name = "head" }]
"""


@pytest.fixture
def family(tmp_path):
    """A document on the disk, one that extends it in a folder below, and one that extends that."""
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "deep").mkdir()
    files = [tmp_path / "base.seqspec.toml", tmp_path / "child.seqspec.toml", tmp_path / "deep" / "last.seqspec.toml"]
    last = 'seqspec = 1\nextends = "../child.seqspec.toml"\n[fit]\nepochs = "$width"\n'
    for file, text in zip(files, (BASE, CHILD, last)):
        file.write_text(text)
    (tmp_path / "other.seqspec.toml").write_text('seqspec = 1\nvars = { width = 3 }\nmodel.name = "${width}"\n')
    return files


def test_a_definition_is_in_the_nearest_document_and_for_itself_in_the_next(family):
    base, child, _last = family
    opened = snapshot(CHILD, child)
    found = library(opened)

    def defined(mark, after):
        targets = definition(found, opened, CHILD.index(mark) + after).targets
        return [(each.file, each.text[each.start : each.end], each.text[: each.start].count("\n")) for each in targets]

    assert defined('units = "$width"', 10) == [(str(child), "width", 3)]
    assert defined("width = 4", 1) == [(str(base), "width", 2)]
    assert defined("$only_here", 3) == [(str(base), "only_here", 3)]
    assert defined('"b"', 1) == [(str(base), "b", 4)]
    assert defined("n = ", 0) == [(str(base), "n", 5)]
    assert defined("layers.head", 8) == [(str(child), "head", 7)]
    assert defined('"base.seqspec', 3) == [(str(base), "", 0)]
    (place,) = [each.around for each in definition(found, opened, CHILD.index('"b"') + 1).targets]
    assert BASE[slice(*place)] == "[blocks.b]"


def test_references_cover_what_is_open_and_the_folders(family):
    base, child, last = family
    unsaved = BASE.replace("[model]", '[model]\nname = "${width}"')
    opened = snapshot(unsaved, base)
    found = list(references(library(opened, folders=[base.parent]), opened, unsaved.index("width"), True))
    places = [(place.snapshot.file, place.occurrence.defines) for place, _ in found]
    assert places == [
        *[(str(base), True), (str(base), False), (str(base), False), (str(base), False)],
        *[(str(child), True), (str(child), False)],
        (str(last), False),
    ]
    without = references(library(opened, folders=[base.parent]), opened, unsaved.index("width"), False)
    assert len(list(without)) == 5


def test_documents_side_by_side_share_what_their_base_knows_alone(family):
    base, child, _ = family
    brother = child.with_name("brother.seqspec.toml")
    brother.write_text(
        'seqspec = 1\nextends = "base.seqspec.toml"\nvars = { width = 5, own = 1 }\nmodel.name = "$own"\n'
    )
    sister = child.with_name("sister.seqspec.toml")
    text = 'seqspec = 1\nextends = "base.seqspec.toml"\nvars = { width = 5, own = 1 }\n'
    sister.write_text(text)
    opened = snapshot(text, sister)
    found = library(opened, folders=[base.parent])
    assert {place.snapshot.file for place, _ in references(found, opened, text.index("own"), True)} == {str(sister)}
    shared = {place.snapshot.file for place, _ in references(found, opened, text.index("width"), True)}
    assert shared == {str(file) for file in (*family, brother, sister)}


@pytest.mark.parametrize("extends", ['"x.toml"', '"/etc/passwd"', '"../../up.toml"', "3", '"model.seqspec.toml"', '""'])
def test_a_base_that_cannot_be_read_is_none(tmp_path, extends):
    text = f"seqspec = 1\nextends = {extends}\nvars.a = 1\n"
    opened = snapshot(text, tmp_path / "model.seqspec.toml")
    assert extended_file(library(opened), opened) is None
    assert definition(library(opened), opened, text.index("a = 1")).targets != []


def test_a_monitored_name_leads_to_its_metric():
    marked = """
[model]
input = [4]
layers = [{ type = "Dense", units = 1, activation = "sigmoid" }]
[compile]
loss = "binary_crossentropy"
metrics = ["accuracy", { type = "AUC", name = "area" }]
[fit]
callbacks = [
  { type = "EarlyStopping", monitor = "val_area" },
  { type = "EarlyStopping", monitor = "loss" },
  { type = "EarlyStopping", monitor = "accuracy" },
]
"""
    text = "seqspec = 1" + marked
    for opened in (snapshot(text), snapshot(text + "[fit")):
        for monitor, metric in (
            ("val_area", '{ type = "AUC", name = "area" }'),
            ('"loss"', '"binary_crossentropy"'),
            ('"accuracy" },\n]', '"accuracy"'),
        ):
            (target,) = definition(library(opened), opened, text.index(monitor) + 2).targets
            assert text[target.start : target.end] == metric


def answering(*opened, **capabilities):
    """Answers as those of a server, for a client with some capabilities."""
    known = {file_uri(each.file): SimpleNamespace(snapshot=each, text=lines(each.text)) for each in opened}
    documents = {uri: SimpleNamespace(uri=uri) for uri in known}
    workspace = SimpleNamespace(text_documents=documents, position_codec=PositionCodec(), folders={})
    declared = types.ClientCapabilities(
        text_document=types.TextDocumentClientCapabilities(
            definition=types.DefinitionClientCapabilities(link_support=capabilities.get("links"))
        ),
        workspace=types.WorkspaceClientCapabilities(
            workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=capabilities.get("versions"))
        ),
    )
    server = SimpleNamespace(workspace=workspace, client_capabilities=declared)
    return ClientIndex(server, SimpleNamespace(find=known.get))


def test_a_client_that_knows_links_and_versions_gets_them():
    text, offset = cursor('seqspec = 1\nvars = { width = 3 }\nmodel.name = "${wi‸dth}"\n')
    opened = snapshot(text, version=7)
    asked, position = types.TextDocumentIdentifier(file_uri(FILE)), lines(text).position(offset)
    (link,) = definitions(answering(opened, links=True), asked, position)
    assert link.origin_selection_range.start.character == 16 and link.target_selection_range.start.character == 9
    assert (link.target_range.start.character, link.target_range.end.character) == (9, 18)
    (location,) = definitions(answering(opened), asked, position)
    assert location.range == link.target_selection_range
    (change,) = workspace_edit(answering(opened, versions=True), asked, position, "w").document_changes
    assert (change.text_document.uri, change.text_document.version) == (asked.uri, 7)
    assert workspace_edit(answering(opened), asked, position, "w").changes == {asked.uri: change.edits}


def test_a_byte_order_mark_takes_a_place_in_the_first_line():
    text = '\ufeffvars = { width = 3 }\nmodel.name = "${width}"\n'
    opened = snapshot(text)
    asked = types.TextDocumentIdentifier(file_uri(FILE))
    found = locations(answering(opened), asked, types.Position(1, 18), True)
    assert [each.range.start.character for each in found] == [10, 16]


def test_a_document_that_changed_on_the_disk_is_read_again(tmp_path):
    base, text = tmp_path / "base.toml", 'extends = "base.toml"\nmodel.name = "${a}"\n'
    base.write_text("vars = { a = 1 }\n")
    opened = snapshot(text, tmp_path / "model.seqspec.toml")
    found = DocumentIndex()
    found.open([opened])
    assert definition(found, opened, text.index("a}")).targets[0].start == 9
    base.write_text("vars = { b = 1, a = 1 }\n")
    assert definition(found, opened, text.index("a}")).targets[0].start == 16


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps the working folder of a process")
def test_a_deleted_working_folder_changes_nothing(tmp_path, monkeypatch):
    project, gone = tmp_path / "project", tmp_path / "gone"
    project.mkdir()
    gone.mkdir()
    (project / "seqspec.toml").write_text('include = ["*.seqspec.toml"]\n')
    (project / "base.seqspec.toml").write_text("vars = { a = 1 }\n")
    text = 'extends = "base.seqspec.toml"\nmodel.name = "${a}"\n'
    (project / "model.seqspec.toml").write_text(text)
    opened = snapshot("vars = { a = 1 }\n", project / "base.seqspec.toml")
    monkeypatch.chdir(gone)
    gone.rmdir()
    found = DocumentIndex()
    found.open([opened])
    found.survey([str(project)])
    places = references(found, opened, opened.text.index("a ="), True)
    assert {os.path.basename(place.snapshot.file) for place, _ in places} == {"base.seqspec.toml", "model.seqspec.toml"}
