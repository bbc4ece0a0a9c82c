"""Renaming a symbol: the new texts, names that are rejected, and no change of meaning."""

import json
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from seqspec.core.language.expand import expand
from seqspec.editor.lsp.features.rename import Refusal, rename, renameable
from tests import ROOT
from tests.editor.lsp.marked import cursor, library, snapshot


def renamed(text, offset, name, file="/nowhere/model.seqspec.toml"):
    """The text with what stands at an offset called otherwise."""
    opened = snapshot(text, file)
    changes = rename(library(opened), opened, offset, name)
    return changes[0].text() if changes else opened.document.text


@pytest.mark.parametrize(
    ("marked", "name", "expected"),
    [
        ('vars = { ‸a = 1 }\nmodel.name = "${a}$$a"', "b", 'vars = { b = 1 }\nmodel.name = "${b}$$a"'),
        ("vars = { \"‸a\" = 1, 'c' = '$a[0]' }", "b-1", "vars = { \"b-1\" = 1, 'c' = '$b-1[0]' }"),
        ("vars = { a = 1, '‸c' = '$a' }", "b", "vars = { a = 1, 'b' = '$a' }"),
        (
            "[override.layers.‸conv_1]\nunits = 2\n[override.layers.conv_2.x-y]\n[model]\ninput = [4]\n"
            'layers = [{ type = "Dense", units = 1, name = "conv", repeat = 3 }]',
            "st.em",
            '[override.layers."st.em_1"]\nunits = 2\n[override.layers."st.em_2".x-y]\n[model]\ninput = [4]\n'
            'layers = [{ type = "Dense", units = 1, name = "st.em", repeat = 3 }]',
        ),
        (
            '[blocks.b.params]\nn = 1\n[blocks.b]\nlayers = []\n[model]\nlayers = [{ use = "‸b", n = 2 }]',
            "my block",
            '[blocks."my block".params]\nn = 1\n[blocks."my block"]\nlayers = []\n'
            '[model]\nlayers = [{ use = "my block", n = 2 }]',
        ),
        (
            'blocks.b.params.n = 1\nblocks.‸b.layers = []\nmodel.layers = [{ use = "b" }]',
            "c",
            'blocks.c.params.n = 1\nblocks.c.layers = []\nmodel.layers = [{ use = "c" }]',
        ),
        (
            "vars = { ‸a = 1, c = 2 }\n[search.space]\nvars.a = [1, 2]\n'vars'.\"c\" = [1, 2]",
            "b",
            "vars = { b = 1, c = 2 }\n[search.space]\nvars.b = [1, 2]\n'vars'.\"c\" = [1, 2]",
        ),
        (
            'blocks.b.params.‸n = 1\nsearch.space.blocks.b.params.n = [1, 2]\nmodel.layers = [{ use = "b" }]',
            "m",
            'blocks.b.params.m = 1\nsearch.space.blocks.b.params.m = [1, 2]\nmodel.layers = [{ use = "b" }]',
        ),
        (
            "blocks.‸b.layers = []\n[search.space.blocks.b.params]\nn = [1, 2]",
            "c",
            "blocks.c.layers = []\n[search.space.blocks.c.params]\nn = [1, 2]",
        ),
        ("vars.‸a = 1\r\nmodel.name = '''\r\n${a}'''", "b", "vars.b = 1\r\nmodel.name = '''\r\n${b}'''"),
    ],
)
def test_keys_and_strings_keep_their_quotes(marked, name, expected):
    text, offset = cursor(marked)
    assert renamed(text, offset, name) == expected


def test_escapes_of_json_give_way_to_the_name():
    text, offset = cursor('{"vars": {"w\\u0069dth": 3}, "model": {"name": "\\n${wi‸dth}", "x": "\\"$width"}}')
    expected = '{"vars": {"breadth": 3}, "model": {"name": "\\n${breadth}", "x": "\\"$width"}}'
    assert renamed(text, offset, "breadth", "/nowhere/model.json") == expected


MODEL = """seqspec = 1
[vars]
width = 3
depth = 2
[blocks.b]
params = { units = 3, rate = 1 }
layers = [{ type = "Dense", units = "$units", bias_initializer = "${width}" }, { type = "Dense", units = "$rate" }]
[blocks.c]
layers = []
[custom.Own]
import = "mine:Own"
input_shape = ["T", "C"]
args.properties.units = {}
[fit]
epochs = "$unknown"
[model]
input = [8]
layers = [
  { use = "b", repeat = "$depth" },
  { type = "Dense", units = "$n", for = { n = [1, 2] }, bias_initializer = "${width}", name = "head" },
  { type = "Dense", units = 3, name = "tail" },
  { type = "Dense", units = 3, name = "more_1" },
  { type = "Dense", units = 3, name = "more", repeat = 2 },
  "ReLU",
]
"""


@pytest.mark.parametrize(
    ("mark", "name", "words"),
    [
        ("width", "depth", "a variable named depth already exists"),
        ("width", "units", "7: units would refer to something else"),
        ("width", "n", "n would refer to something else"),
        ("depth", "unknown", "unknown would refer to something else"),
        ("width", "1st", '"1st" is not a valid name for a variable: use letters'),
        ("width", "a b", "is not a valid name for a variable"),
        ("width", "", "is not a valid name for a variable"),
        ("width", "x-y", "is not a valid name for a variable"),
        ("width", "naïve", "is not a valid name for a variable"),
        ("units", "width", "width would refer to something else"),
        ("units", "rate", "a parameter named rate already exists"),
        ("units", "repeat", "is not a valid name for a parameter"),
        ("n = [1", "width", "width would refer to something else"),
        ("b]", "c", "a block named c already exists"),
        ("b]", "$b", "is not a valid name for a block"),
        ("b]", 'a"b', "is not a valid name for a block"),
        ("Own]", "my pool", "is not a valid name for a class"),
        ('T"', "C", "a size named C already exists"),
        ('T"', "units", "an argument named units already exists"),
        ("units = {}", "size", "an argument of the Python class"),
        ('head"', "tail", "a layer named tail already exists"),
        ('tail"', "re_lu", "a layer named re_lu already exists"),
        ('more"', "head", "a layer named head already exists"),
        ('more_1"', "fresh", "the rename would change the meaning of"),
        ('tail"', "a/b", "is not a valid name for a layer"),
        ("unknown", "width", "no definition of unknown found"),
        ("Dense", "Conv", "nothing to rename here"),
        ("seqspec", "other", "nothing to rename here"),
    ],
)
def test_rename_refuses_changes_of_meaning(mark, name, words):
    opened = snapshot(MODEL)
    with pytest.raises(Refusal, match=words):
        rename(library(opened), opened, MODEL.index(mark), name)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("vars = { ‸a = 1 }\nmodel = {", "model.seqspec.toml:2 cannot be read: unclosed {"),
        ('vars = { ‸a = 1 }\nextends = "gone.toml"', "extends a file that cannot be read"),
        (
            'vars.k = "b"\n[blocks.‸b]\nlayers = []\n[model]\nlayers = [{ use = "$k" }]',
            "are computed and may include",
        ),
        (
            'quantize.filters = "^head"\n[model]\nlayers = [{ type = "Dense", units = 1, name = "‸head" }]',
            "selects layers by a pattern",
        ),
        (
            'quantize.filters = ["(a+)+b"]\n[model]\nlayers = [{ type = "Dense", units = 1, name = "‸head" }]',
            "selects layers by a pattern",
        ),
        (
            'vars.‸u = 3\n[override.layers.head]\nunits = "$u"\n'
            '[model]\nlayers = [{ type = "Dense", units = 1, name = "head", for = { u = [1, 2] } }]',
            "refers to u or fresh where a for variable may have that name",
        ),
        (
            'vars = { t = { u = [1, 2] }, ‸u = 3 }\nblocks.b.layers = [{ type = "Dense", units = "$u", for = "$t" }]',
            "refers to u or fresh where a for variable may have that name",
        ),
        (
            "vars.t = { n = [1, 2] }\nblocks.b = { params = { ‸n = 3 }, layers = [] }\n"
            'model.layers = [{ use = "b", for = "$t" }]',
            "are computed and may include",
        ),
        (
            'blocks.b = { params = { name = "a", ‸n = 3 }, layers = ["ReLU"] }\noverride.layers.a.n = 2\n'
            'model.layers = [{ use = "b", name = "a" }]',
            "an override changes n in a layer that may be a use of block b",
        ),
        (
            'vars.‸a = 1\n[search]\nspace.vars.a = [1, 2]\nstart = [{ "vars.a" = 2 }]',
            "4 is one key: write it without quotes",
        ),
    ],
)
def test_rename_refuses_unknown_symbols(text, words):
    text, offset = cursor(text)
    opened = snapshot(text)
    with pytest.raises(Refusal, match=re.escape(words)):
        rename(library(opened), opened, offset, "fresh")


def test_a_key_twice_in_json_is_refused():
    text = '{"vars": {"a": 1}, "model": {"name": "${a}"}, "vars": {"a": 2}}'
    opened = snapshot(text, "/nowhere/model.json")
    with pytest.raises(Refusal, match='cannot be read: duplicate key "vars"'):
        rename(library(opened), opened, text.rindex('a"'), "b")


def test_the_same_name_changes_nothing():
    assert renamed(MODEL, MODEL.index("width"), "width") == MODEL


def test_prepare_rename_returns_the_symbol():
    opened = snapshot(MODEL)
    (_, occurrence), symbol = renameable(library(opened), opened, MODEL.index("${width}") + 3)
    assert symbol.name == "width" and MODEL[slice(*occurrence.name_range(symbol))] == "width"


BASE = """seqspec = 1
vars = { width = 3 }
[blocks.b]
layers = [{ type = "Dense", units = "$width" }]
[model]
input = [4]
layers = [{ use = "b" }, { type = "Dense", units = 2, name = "head" }]
"""
CHILD = """seqspec = 1
extends = "base.toml"
[override.layers.head]
units = "$width"
"""


@pytest.fixture
def family(tmp_path):
    (tmp_path / "base.toml").write_text(BASE)
    (tmp_path / "child.toml").write_text(CHILD)
    return tmp_path / "base.toml", tmp_path / "child.toml"


def test_rename_changes_all_documents_and_unsaved_texts(family):
    base, child = family
    unsaved = BASE.replace("[model]", '[model]\nname = "${width}"')
    opened = snapshot(unsaved, base, 4)
    changes = rename(library(opened, folders=[base.parent]), opened, unsaved.index("width"), "w")
    assert [(Path(change.snapshot.file), change.snapshot.version) for change in changes] == [(base, 4), (child, None)]
    assert [change.text() for change in changes] == [unsaved.replace("width", "w"), CHILD.replace("width", "w")]
    changes = rename(library(opened, folders=[base.parent]), opened, unsaved.index("head"), "top")
    assert [change.text() for change in changes] == [unsaved.replace("head", "top"), CHILD.replace("head", "top")]


@pytest.mark.parametrize(
    ("child", "words"),
    [
        (CHILD + "vars = {", "child.toml:5 cannot be read: unclosed {"),
        (CHILD + "[vars]\nw = 1\n", "a variable named w already exists"),
        (CHILD + "[blocks.b.params]\nw = 1\n", "base.toml:4: w would refer to something else"),
        (CHILD + '[fit]\nepochs = "$w"\n', "child.toml:6: w would refer to something else"),
    ],
)
def test_a_document_that_extends_another_has_a_say(family, child, words):
    base, file = family
    file.write_text(child)
    opened = snapshot(BASE, base)
    with pytest.raises(Refusal, match=words):
        rename(library(opened, folders=[base.parent]), opened, BASE.index("width"), "w")


# Nothing comes to mean something else


def _state(folder):
    """The expanded tree, the codes of the findings and the text of each document of a folder."""
    found = {}
    for file in sorted(folder.iterdir()):
        opened = snapshot(file.read_bytes().decode(), file)
        found[file.name] = (expand(opened.document).tree, [each.code for each in opened.diagnostics], opened.text)
    return found


def _called(value, name, new):
    """A tree in which layers, classes and sizes of a name are called otherwise."""
    if isinstance(value, dict):
        return {_called(key, name, new): _called(item, name, new) for key, item in value.items()}
    if isinstance(value, list):
        return [_called(item, name, new) for item in value]
    if isinstance(value, tuple):
        return tuple(_called(item, name, new) for item in value)
    return re.sub(rf"(?<!\w){re.escape(name)}(?=(_\d+)?(?!\w))", new, value) if isinstance(value, str) else value


def _sound():
    for file in [*(ROOT / "tests/cases/ok").rglob("*"), *(ROOT / "examples").iterdir()]:
        if file.suffix in (".toml", ".json") and re.search(r"\bname\b|vars|blocks|custom|extends", file.read_text()):
            yield file


@pytest.mark.slow
def test_everything_in_sound_documents_can_be_renamed_and_named_back(tmp_path):
    done = set()
    for number, file in enumerate(sorted(_sound())):
        kin = file.parent.iterdir() if "extends" in file.parent.name else [file]
        folder = tmp_path / str(number)
        folder.mkdir()
        for each in kin:
            if each.suffix in (".toml", ".json"):
                shutil.copy(each, folder)
        before = _state(folder)
        path, text = folder / file.name, before[file.name][2]
        for symbol in sorted(snapshot(text, path).symbols.defined):
            if symbol.kind == "argument":
                continue
            for name, new in ((symbol.name, "fresh0"), ("fresh0", symbol.name)):
                opened = snapshot(path.read_bytes().decode(), path)
                offset = next(
                    found.start
                    for found in opened.symbols.occurrences
                    if found.defines and found.symbols[0] == symbol._replace(name=name)
                )
                try:
                    changes = rename(library(opened, folders=[folder]), opened, offset, new)
                except Refusal as refusal:
                    assert new == "fresh0" and "are computed" in str(refusal)
                    after = _state(folder)
                    break
                for change in changes:
                    Path(change.snapshot.file).write_bytes(change.text().encode())
                after = _state(folder)
                if new == "fresh0":
                    seen = symbol.kind in ("layer", "class", "size")
                    for each in before:
                        tree = _called(after[each][0], new, name) if seen else after[each][0]
                        if "search" in tree:
                            tree = {**tree, "search": _called(tree["search"], new, name)}
                        assert (tree, after[each][1]) == (before[each][0], before[each][1]), (file, symbol)
            assert after == before, (file, symbol)
            done.add(symbol.kind)
    assert done == {"variable", "block", "parameter", "loop", "layer", "class", "size"}


NAMES = ["a", "b", "c"]
NUMBERS = st.integers(1, 9)


@st.composite
def documents(draw):
    """Documents in which few names are given many times, so that they hide one another."""

    def pick(choices):
        return draw(st.sampled_from(list(choices)))

    def some(choices, most):
        return draw(st.lists(st.sampled_from(list(choices)), unique=True, max_size=most)) if choices else []

    def number(scope):
        return pick([draw(NUMBERS), *(form % name for name in scope for form in ("$%s", "${%s}"))])

    def layer(scope, levels, usable):
        kind = pick(["Dense", "Dense", *(["use"] if usable else []), *(["Sequential"] if levels else [])])
        repeat = {"repeat": number(scope)} if draw(st.integers(0, 3)) == 0 else {}
        if kind == "use":
            block = pick(usable)
            looped = some([param for param in params[block] if param != "name"], 1)
            given = {
                param: pick(["q", "r"]) if param == "name" else number(scope)
                for param in some([param for param in params[block] if param not in looped], 2)
            }
            columns = {"for": {param: [number(scope), 2] for param in looped}} if looped else {}
            return {"use": block, **given, **columns, **repeat}
        bound = some(NAMES, 1)
        inner = [*scope, *bound]
        made = {"type": kind}
        if kind == "Dense":
            made["units"] = f"${bound[0]}" if bound else number(inner)
        else:
            made["layers"] = [layer(inner, levels - 1, usable), *({"type": "Dense", "units": f"${n}"} for n in bound)]
        if bound:
            made["for"] = {bound[0]: [number(scope), 7]}
        if draw(st.booleans()):
            made["name"] = pick(["p", "q", "p_1", *(f"${{{name}}}_l" for name in inner)])
        return made | repeat

    variables = {name: pick([3, [4, 5]]) for name in some(NAMES, 3)}
    known = [name for name, value in variables.items() if value == 3]
    params = {block: some([*NAMES, "name"], 3) for block in some(["a", "p"], 2)}
    blocks = {}
    for block, names in params.items():
        scope = [*(name for name in names if name != "name"), *(name for name in known if name not in names)]
        layers = [layer(scope, 1, list(blocks))] + [{"type": "Dense", "units": 1, "name": "$name"}] * ("name" in names)
        blocks[block] = {"params": {name: "n" if name == "name" else number(known) for name in names}, "layers": layers}
    layers = [layer(known, 1, list(blocks)) for _ in range(draw(st.integers(1, 3)))]
    if draw(st.booleans()):
        variables["e"] = {"type": "Dense", "units": number(known)}
        layers.append("$e")
    return {"seqspec": 1, "vars": variables, "blocks": blocks, "model": {"input": [8], "layers": layers}}


def _nameless(value, names):
    """A tree without the names in it, which are added to a list."""
    if isinstance(value, dict):
        names += [value["name"]] if "name" in value else []
        return {key: _nameless(item, names) for key, item in value.items() if key != "name"}
    return [_nameless(item, names) for item in value] if isinstance(value, (list, tuple)) else value


@given(documents(), st.sampled_from(["a", "b", "c", "d", "p", "q", "p_1", "r"]), st.data())
def test_a_rename_is_refused_or_keeps_what_a_document_means(tree, new, data):
    text = json.dumps(tree)
    opened = snapshot(text, "/nowhere/model.json")
    assume(opened.symbols.occurrences)
    occurrence = data.draw(st.sampled_from(opened.symbols.occurrences))
    found = library(opened)
    try:
        changes = rename(found, opened, occurrence.start, new)
    except Refusal:
        return
    symbol = found.view(opened).meaning(occurrence)
    after = snapshot(changes[0].text() if changes else text, "/nowhere/model.json")
    called, calls = [], []
    expected = _nameless(expand(opened.document).tree, called)
    assert _nameless(expand(after.document).tree, calls) == expected
    for before, now in zip(called, calls, strict=True):
        copy = re.fullmatch(rf"{symbol.name}((?:_\d+)?)", before) if symbol.kind == "layer" else None
        assert now == before or (copy and now == new + copy[1])
    assert [each.code for each in after.diagnostics] == [each.code for each in opened.diagnostics]
