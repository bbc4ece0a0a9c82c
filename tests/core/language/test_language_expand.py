"""Variables, blocks, repetition: the expanded spec, and the source location of each value."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqspec.core.document.tables import DOCUMENT_TABLES
from seqspec.core.language.expand import expand
from seqspec.core.language.overrides import overrides_of
from seqspec.core.syntax.limits import Limits
from seqspec.core.syntax.source import parse_text, read_source
from tests.hang import HANG
from tests.strategies.documents import JSON_TREES, damaged, toml_documents


def expanded(text, settings=(), **options):
    document = parse_text("seqspec = 1\n" + text, "m.toml", "toml")
    return expand(document, overrides=overrides_of(settings), tables=DOCUMENT_TABLES, **options)


def layers(text, **options):
    expansion = expanded(text, **options)
    assert expansion.violations == []
    return expansion.tree["model"]["layers"]


def told(expansion):
    return [
        (violation.rule, violation.location.span() and written(violation.location))
        for violation in expansion.violations
    ]


def written(place):
    """The stretch of text that a problem marks."""
    span = place.span()
    assert span.line == span.end_line
    return place.document.line_text(span.line)[span.column - 1 : span.end_column - 1]


def origin(expansion, *path):
    """The text at the place where a value was written, and the words of what it came through."""
    found = expansion.origin(path)
    return written(found.place()), [(written(via.document and place_of(via)), via.describe()) for via in found.via]


def place_of(via):
    from seqspec.core.diagnostics.violation import SourceLocation

    return SourceLocation(via.document, via.path)


PLAIN = 'model = { input = [4], layers = [{ type = "Dense", units = 3 }, "Flatten"] }'


def test_a_document_without_anything_to_expand_is_its_own_expansion():
    document = parse_text("seqspec = 1\n" + PLAIN, format="toml")
    expansion = expand(document)
    assert expansion.tree is document.tree
    found = expansion.origin(("model", "layers", 0, "units"))
    assert (found.document, found.path, found.via) == (document, ("model", "layers", 0, "units"), ())


def test_variables_keep_their_type():
    text = """
vars = { n = 32, f = 0.5, b = true, s = "relu", l = [1, 2, 3], t = { type = "L2", l2 = "$f" }, m = "$l[1:]" }
[model]
input = ["$n"]
layers = [{ type = "D", a = "$n", b = "$f", c = "$b", d = "$s", e = "$l", f = "$t", g = "$l[0]", h = "$l[-1]",
i = "$m", j = "x${n}-${s}${b}", k = "$$n", l = "$l[:-1][0]", m = "${n}", x-y = "$free" }]
""".replace(",\ni", ", i")
    (layer,) = layers(text)
    assert layer == {
        "type": "D",
        "a": 32,
        "b": 0.5,
        "c": True,
        "d": "relu",
        "e": [1, 2, 3],
        "f": {"type": "L2", "l2": 0.5},
        "g": 1,
        "h": 3,
        "i": [2, 3],
        "j": "x32-relutrue",
        "k": "$n",
        "l": 1,
        "m": 32,
        "x-y": "$free",
    }


def test_variables_serve_every_table_but_custom():
    text = """
vars = { n = 3 }
compile = { optimizer = { type = "Adam", learning_rate = "$n" } }
target = { classes = "$n" }
[custom.A]
output_shape = ["$units"]
[model]
input = [1]
layers = [{ custom = "A", units = "$n" }]
"""
    tree = expanded(text).tree
    assert tree["compile"]["optimizer"]["learning_rate"] == tree["target"]["classes"] == 3
    assert tree["custom"] == {"A": {"output_shape": ["$units"]}}
    assert "vars" not in tree


BLOCKS = """
vars = { hidden = [8, 4], rate = 0.5 }
[blocks.dense]
params = { units = 64, rate = "$rate" }
layers = [{ type = "Dense", units = "$units", name = "d" }, { type = "Dropout", rate = "$rate" }]
[blocks.two]
params = { u = 1 }
layers = [{ use = "dense", units = "$u" }, "Flatten", { use = "dense", units = 9, rate = 0 }]
[model]
input = [1]
layers = [%s]
"""


def units(found):
    return [
        (layer["name"], layer["units"]) if "units" in layer else layer.get("rate")
        for layer in found
        if layer != "Flatten"
    ]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ('{ use = "dense" }', [("d", 64), 0.5]),
        ('{ use = "dense", units = 3, rate = 0.1 }', [("d", 3), 0.1]),
        ('{ use = "dense", repeat = 2 }', [("d", 64), 0.5, ("d_1", 64), 0.5]),
        ('{ use = "dense", for = { units = "$hidden" } }', [("d", 8), 0.5, ("d_1", 4), 0.5]),
        ('{ use = "dense", for = { units = [1, 2], rate = 0.3 } }', [("d", 1), 0.3, ("d_1", 2), 0.3]),
        ('{ use = "dense", for = { units = [1, 2], rate = [0, 1] } }', [("d", 1), 0, ("d_1", 2), 1]),
        (
            '{ use = "dense", for = { units = [1, 2] }, repeat = 2, rate = 0 }',
            [("d", 1), 0, ("d_1", 1), 0, ("d_2", 2), 0, ("d_3", 2), 0],
        ),
        ('{ use = "dense", for = { units = [] } }', []),
        ('{ use = "dense", repeat = 0 }', []),
        ('{ use = "two", u = 7 }', [("d", 7), 0.5, ("d_1", 9), 0]),
        ('{ use = "dense" }, { type = "Dense", units = 0, name = "d" }', [("d_1", 64), 0.5, ("d", 0)]),
        (
            '{ use = "dense" }, { type = "Dense", units = 0, name = "d_1" }, { use = "dense" }',
            [("d", 64), 0.5, ("d_1", 0), ("d_2", 64), 0.5],
        ),
        ('{ type = "Dense", units = 1, name = "a", repeat = 3 }', [("a", 1), ("a_1", 1), ("a_2", 1)]),
        ('{ type = "Dense", units = "$n", name = "a", for = { n = "$hidden" } }', [("a", 8), ("a_1", 4)]),
        ('{ type = "Dense", units = "$n", name = "a${n}", for = { n = [5, 6] }, repeat = 1 }', [("a5", 5), ("a6", 6)]),
    ],
)
def test_blocks_and_repetition(entries, expected):
    expansion = expanded(BLOCKS % entries)
    assert [p for p in expansion.violations if p.rule != "unused-declaration"] == []
    assert units(expansion.tree["model"]["layers"]) == expected


def test_blocks_in_nested_models():
    text = """
[blocks.b]
layers = [{ type = "Dense", units = 2, name = "d" }]
[model]
input = [1]
layers = [
  { type = "TimeDistributed", layer = { type = "Sequential", layers = [{ use = "b", repeat = 2 }, { use = "b" }] } },
  { use = "b" },
]
"""
    outer, last = layers(text)
    assert [layer["name"] for layer in outer["layer"]["layers"]] == ["d", "d_1", "d_2"]
    assert last["name"] == "d"


def test_origins():
    expansion = expanded(
        BLOCKS % '{ use = "dense", for = { units = "$hidden" } }, { type = "Dense", units = "$hidden[1]" }, "End"'
    )
    assert origin(expansion, "model", "layers", 2, "units") == (
        '"$units"',
        [
            ('"$hidden"', "units is passed here"),
            ("4", "hidden is defined here"),
            ('{ use = "dense", for = { units = "$hidden" } }', "block dense is used here"),
        ],
    )
    assert origin(expansion, "model", "layers", 1, "rate")[1][0] == ('"$rate"', "the default of rate")
    assert origin(expansion, "model", "layers", 0, "name")[0] == '"d"'
    assert origin(expansion, "model", "layers", 4, "units") == ('"$hidden[1]"', [("4", "hidden is defined here")])
    assert origin(expansion, "model", "layers", 5) == ('"End"', [])
    assert origin(expansion, "model", "input", 0) == ("1", [])
    assert origin(expansion, "model", "nowhere", 0)[1] == []


def test_origins_inside_a_variable():
    expansion = expanded('vars = { a = [[1, 2], [3, 4], [5, 6]] }\nmodel = { input = "$a[1:]", layers = ["F"] }')
    assert expansion.tree["model"]["input"] == [[3, 4], [5, 6]]
    assert origin(expansion, "model", "input", 1, 0) == ('"$a[1:]"', [("5", "a is defined here")])


CASES = [
    # References
    (
        "vars = { width = 1 }",
        '{ type = "D", u = "$widht" }',
        "unknown-variable",
        "$widht",
    ),
    ("", '{ type = "D", u = "$w" }', "unknown-variable", "$w"),
    ("", '{ type = "D", u = "a$w" }', "bad-reference", "$w"),
    (
        "vars = { w = 1 }",
        '{ type = "D", u = "$w[0]" }',
        "bad-reference",
        "$w[0]",
    ),
    (
        "vars = { w = [1] }",
        '{ type = "D", u = "$w[1]" }',
        "bad-reference",
        "$w[1]",
    ),
    (
        "vars = { w = [1] }",
        '{ type = "D", u = "a${w}" }',
        "bad-reference",
        "${w}",
    ),
    (
        'vars = { a = "$b", b = "$a" }',
        '{ type = "D", u = "$a" }',
        "cycle",
        '"$b"',
    ),
    ('vars = { a = ["$a"] }', '{ type = "D", u = "$a" }', "cycle", '["$a"]'),
    ('vars = { "a b" = 1 }', "", "bad-name", '"a b"'),
    ("vars = 3", "", "wrong-type", "3"),
    # Blocks
    ("blocks.conv.layers = []", '{ use = "con" }', "unknown-block", '"con"'),
    ("", '{ use = "zzz" }', "unknown-block", '"zzz"'),
    ("", "{ use = 3 }", "wrong-type", "3"),
    (
        "blocks.b = { params = { u = 1 }, layers = ['$u'] }",
        '{ use = "b", v = 1 }',
        "unknown-argument",
        "v",
    ),
    ('blocks.b = { layers = [{ use = "b" }] }', '{ use = "b" }', "cycle", '"b"'),
    (
        'blocks.b = { layers = [{ use = "c" }] }\nblocks.c = { layers = [{ use = "b" }] }',
        '{ use = "b" }',
        "cycle",
        '"b"',
    ),
    ("blocks.b = {}", '{ use = "b" }', "missing-key", "{}"),
    ("blocks.b = 1", '{ use = "b" }', "wrong-type", "1"),
    ("blocks.b = { layers = 1 }", '{ use = "b" }', "wrong-type", "1"),
    (
        "blocks.b = { layers = [], param = {} }",
        '{ use = "b" }',
        "unknown-key",
        "param",
    ),
    (
        "blocks.b = { layers = [], params = [] }",
        '{ use = "b" }',
        "wrong-type",
        "[]",
    ),
    (
        "blocks.b = { layers = [], params = { repeat = 1 } }",
        '{ use = "b" }',
        "bad-name",
        "repeat",
    ),
    # Repetition
    ("", '{ type = "D", repeat = 1.5 }', "bad-repetition", "1.5"),
    ("", '{ type = "D", repeat = -1 }', "bad-repetition", "-1"),
    (
        "",
        '{ type = "D", repeat = "2" }',
        "bad-repetition",
        '"2"',
    ),
    (
        "",
        '{ type = "D", repeat = true }',
        "bad-repetition",
        "true",
    ),
    (
        "",
        '{ type = "D", u = "$u", for = { u = 1 } }',
        "bad-repetition",
        "{ u = 1 }",
    ),
    ("", '{ type = "D", for = [1] }', "bad-repetition", "[1]"),
    ("", '{ type = "D", for = {} }', "bad-repetition", "{}"),
    ("", '{ type = "D", for = { u = [1] } }', "bad-repetition", "u"),
    ("", '{ type = "D", u = "$u", for = { u = "$u" } }', "unknown-variable", "$u"),
    (
        "",
        '{ type = "D", u = "$u", repeat = "$u", for = { u = [1] } }',
        "unknown-variable",
        "$u",
    ),
    (
        "",
        '{ type = "D", u = "$u", v = "$v", for = { u = [1, 2], v = [1] } }',
        "bad-repetition",
        "[1]",
    ),
    (
        "blocks.b = { params = { u = 1 }, layers = ['$u'] }",
        '{ use = "b", u = 1, for = { u = [1] } }',
        "bad-repetition",
        "u",
    ),
    (
        "",
        '{ type = "W", layer = { use = "b" } }',
        "misplaced-key",
        "use",
    ),
    # Values
    (
        "",
        '{ type = "D", u = 1979-05-27 }',
        "wrong-type",
        "1979-05-27",
    ),
    ("", '{ type = "D", u = 07:32:00 }', "wrong-type", "07:32:00"),
    ("", '{ type = "D", u = inf }', "not-finite", "inf"),
    ("", '{ type = "D", u = -nan }', "not-finite", "-nan"),
    (
        "",
        '{ type = "D", u = 9223372036854775808 }',
        "bad-value",
        "9223372036854775808",
    ),
    ("", '{ type = "D", u = "\\u0000" }', "bad-value", '"\\u0000"'),
]


@pytest.mark.parametrize(("head", "entry", "rule", "marked"), CASES)
def test_one_mistake_gives_one_problem_at_its_place(head, entry, rule, marked):
    expansion = expanded(f"{head}\nmodel.input = [1]\nmodel.layers = [{entry}]")
    found = [entry for entry in told(expansion) if entry[0] != "unused-declaration"]
    assert found == [(rule, marked)]
    assert expansion.usable


def test_a_mistake_in_a_block_is_told_once():
    expansion = expanded(
        BLOCKS.replace('"$units"', '"$unitz[0]"') % '{ use = "dense", repeat = 3 }, { use = "dense", units = 2 }'
    )
    rules = [violation.rule for violation in expansion.violations if violation.rule != "unused-declaration"]
    assert rules == ["unknown-variable", "bad-reference"]


def test_expansion_continues_after_errors():
    from seqspec.core.diagnostics.violation import Violation

    expansion = expanded(
        'vars = { width = 4 }\nmodel.input = ["$widht"]\n'
        'model.layers = [{ type = "D", u = "$foo", v = "ok" }, { use = "no" }]'
    )
    assert expansion.tree["model"]["input"] == [4]
    assert not expansion.is_consequence(Violation("wrong-type", "", path=("model", "input", 0)))
    assert expansion.is_consequence(Violation("wrong-type", "", path=("model", "layers", 0, "u")))
    assert not expansion.is_consequence(Violation("wrong-type", "", path=("model", "layers", 0, "v")))
    assert expansion.is_consequence(Violation("bad-layer-entry", "", path=("model", "layers", 1)))


def test_a_wrong_value_of_a_variable_is_excused_where_it_is_used():
    from seqspec.core.diagnostics.violation import Violation

    expansion = expanded(
        'vars = { d = [1979-05-27] }\nmodel = { input = [1], layers = [{ type = "D", u = "$d[0]", v = "$d" }] }'
    )
    assert [violation.rule for violation in expansion.violations] == ["wrong-type"]
    assert expansion.is_consequence(Violation("wrong-type", "", path=("model", "layers", 0, "u")))


UNUSED = """
vars = { a = 1, b = "$c", c = 2, x-d = 3 }
custom.K = { import = "m:K" }
custom.L = { import = "m:L" }
[blocks.used]
params = { p = 1, q = "$a" }
layers = [{ type = "D", u = "$p" }]
[blocks.idle]
layers = []
[model]
input = [1]
layers = [{ use = "used" }, { custom = "K" }]
"""


def test_unused_declarations():
    found = told(expanded(UNUSED))
    assert found == [("unused-declaration", name) for name in ("b", "q", "idle", "L")]


def test_repeat_uses_its_values():
    text = (
        "vars = { u = [1, 2], n = 2 }\nmodel.input = [1]\n"
        'model.layers = [{ type = "D", u = "$u", v = "$n", repeat = "$n", for = { u = "$u", n = [3, 4] } }]'
    )
    expansion = expanded(text)
    assert told(expansion) == []
    assert [(layer["u"], layer["v"]) for layer in expansion.tree["model"]["layers"]] == [(1, 3), (1, 3), (2, 4), (2, 4)]


def test_the_outline():
    text = 'modell = {}\nlayers = ["F"]\ninput = [1]\nloss = "mse"\nx-mine = 1\n'
    expansion = expanded(text)
    assert told(expansion)[0] == ("unknown-key", "modell")
    text = text.replace("modell = {}\n", "")
    expansion = expanded(text)
    assert told(expansion) == [("misplaced-key", "layers"), ("misplaced-key", "loss")]
    assert expansion.tree == {
        "seqspec": 1,
        "x-mine": 1,
        "model": {"layers": ["F"], "input": [1]},
        "compile": {"loss": "mse"},
    }
    assert origin(expansion, "model", "layers", 0) == ('"F"', [])


@pytest.mark.parametrize("header", ["[input]", "[model.input]"])
def test_layers_under_the_header_of_input(header):
    expansion = expanded(f'[model]\nname = "m"\n{header}\nshape = [4]\nlayers = ["F"]\n')
    assert told(expansion) == [("misplaced-key", "layers")]
    assert expansion.tree["model"] == {"name": "m", "input": {"shape": [4]}, "layers": ["F"]}


def test_a_key_of_another_table():
    expansion = expanded(
        '[model]\ninput = [1]\nlayers = ["F"]\noptimizer = "adam"\n[compile]\nepochs = 3\nloss = "mse"'
    )
    assert told(expansion) == [("misplaced-key", "optimizer"), ("misplaced-key", "epochs")]
    assert expansion.tree["compile"] == {"loss": "mse", "optimizer": "adam"}
    assert expansion.tree["fit"] == {"epochs": 3}


@pytest.mark.parametrize(
    ("head", "marked", "usable"),
    [
        ("", "", True),
        ('seqspec = "1"', '"1"', True),
        ("seqspec = true", "true", True),
        ("seqspec = 1.0", "1.0", True),
        ("seqspec = 0", "0", True),
        ("seqspec = 7", "7", False),
    ],
)
def test_versions(head, marked, usable):
    expansion = expand(parse_text(f"{head}\n{PLAIN}", format="toml"))
    assert told(expansion) == [("bad-version", marked)]
    assert expansion.usable == usable


def test_an_older_version_is_migrated(monkeypatch):
    from seqspec.core.language import migrations

    def rename(tree):
        return {"seqspec": 1, "model": tree["net"]}

    monkeypatch.setitem(migrations.STEPS, (0, 1), rename)
    expansion = expand(parse_text('seqspec = 0\nnet = { input = [1], layers = ["F"] }', format="toml"))
    assert expansion.violations == [] and expansion.tree["model"]["layers"] == ["F"]


def test_a_keras_config():
    expansion = expand(parse_text('{"class_name": "Sequential", "config": {}}', "m.json"))
    (violation,) = expansion.violations
    assert (violation.rule, written(violation.location), expansion.usable) == ("keras-config", '"class_name"', False)


def test_an_empty_document_and_one_without_a_model():
    assert told(expand(parse_text("# nothing", format="toml"))) == [("bad-version", "")]
    assert told(expanded("fit.epochs = 1")) == [("missing-key", "")]


def test_the_range_of_keras():
    expansion = expanded(f'keras = ">=3.13, <3.15"\n{PLAIN}')
    assert (expansion.keras.oldest, expansion.keras.newest) == ((3, 13), (3, 14))
    expansion = expanded(f'keras = ">=3.13, new"\n{PLAIN}')
    assert told(expansion) == [("bad-keras-range", " new")]


NEST = "".join(
    f"[blocks.b{i}]\nlayers = [{', '.join([f'{{ use = {chr(34)}b{i + 1}{chr(34)} }}'] * 10)}]\n" for i in range(30)
)
HUGE = [
    ('model = { input = [1], layers = [{ type = "D", repeat = 1_000_000_000 }] }', ("model", "layers")),
    ('model = { input = [1], layers = [{ type = "D", repeat = 99_999_999_999_999 }] }', ("model", "layers")),
    ('model = { input = [1], layers = [{ type = "D", repeat = 10_001 }] }', ("model", "layers")),
    ("model = { input = [1], layers = [" + '"F", ' * 10_001 + "] }", ("model", "layers")),
    (NEST + '[blocks.b30]\nlayers = ["F"]\n[model]\ninput = [1]\nlayers = [{ use = "b0" }]', ("blocks", "b30")),
    (NEST + '[blocks.b30]\nlayers = []\n[model]\ninput = [1]\nlayers = [{ use = "b0" }]', ("blocks", "b28")),
    (
        "vars.l = ["
        + "1, " * 200_000
        + ']\nmodel = { input = [1], layers = [{ type = "D", u = "$l", repeat = 100 }] }',
        ("model", "layers"),
    ),
    (
        "[vars]\n"
        + "".join(f'v{i} = ["$v{i + 1}", "$v{i + 1}"]\n' for i in range(60))
        + 'v60 = 1\n[model]\ninput = [1]\nlayers = [{ type = "D", u = "$v0" }]',
        ("vars", "v42"),
    ),
    (
        "[vars]\n"
        + "".join(f'v{i} = "${{v{i + 1}}}${{v{i + 1}}}"\n' for i in range(60))
        + 'v60 = "x"\n[model]\ninput = [1]\nlayers = [{ type = "D", u = "$v0" }]',
        ("vars", "v39"),
    ),
    (
        "[vars]\n"
        + "".join(f'v{i} = ["$v{i + 1}"]\n' for i in range(3000))
        + 'v3000 = 1\n[model]\ninput = [1]\nlayers = [{ type = "D", u = "$v0" }]',
        ("vars", "v2935"),
    ),
    (
        "model = { input = [1], layers = " + '[{ type = "S", layers = ' * 40 + "[]" + " }]" * 40 + " }",
        ("model", "layers"),
    ),
    (
        "".join(f'[blocks.b{i}]\nlayers = [{{ type = "S", layers = [{{ use = "b{i + 1}" }}] }}]\n' for i in range(60))
        + '[blocks.b60]\nlayers = []\n[model]\ninput = [1]\nlayers = [{ use = "b0" }]',
        ("blocks", "b30"),
    ),
    (
        "".join(f'[blocks.b{i}]\nlayers = [{{ use = "b{i + 1}" }}]\n' for i in range(500))
        + '[blocks.b500]\nlayers = []\n[model]\ninput = [1]\nlayers = [{ use = "b0" }]',
        ("blocks", "b63"),
    ),
]


@pytest.mark.parametrize(("text", "path"), HUGE, ids=range(len(HUGE)))
def test_unbounded_expansion_is_refused_early(text, path):
    start = time.process_time()
    expansion = expanded(text)
    assert [violation.rule for violation in expansion.violations] == ["over-limit"]
    assert expansion.violations[0].location.path[:2] == path
    assert not expansion.usable
    assert time.process_time() - start < HANG


def test_limits_are_settings_of_the_caller():
    text = 'model = { input = [1], layers = [{ type = "D", name = "d", repeat = 30 }] }'
    assert len(layers(text)) == 30
    for found in (expanded(text, limits=Limits(layers=29)), expanded(PLAIN, limits=Limits(depth=3))):
        assert [violation.rule for violation in found.violations] == ["over-limit"]
    assert (
        len(layers(text, limits=Limits(layers=30))) == 30 and expanded(PLAIN, limits=Limits(depth=4)).violations == []
    )


def test_a_long_chain_of_variables_is_no_recursion():
    text = (
        "[vars]\n"
        + "".join(f'v{i} = "$v{i + 1}"\n' for i in range(5000))
        + 'v5000 = 1\n[model]\ninput = ["$v0"]\nlayers = ["F"]'
    )
    assert expanded(text).tree["model"]["input"] == [1]


def test_odd_dicts_are_problems():
    loop = {"seqspec": 1, "model": {}}
    loop["model"]["loop"] = loop
    for tree in ({1: 2}, {"seqspec": 1, "model": {3: 1}}, loop, {"seqspec": 1, "model": {"input": [float("nan")]}}):
        assert expand(read_source(tree)).violations


@given(
    JSON_TREES,
    st.dictionaries(
        st.sampled_from(["seqspec", "vars", "blocks", "model", "override", "custom", "fit"]),
        st.one_of(st.just(1), JSON_TREES),
    ),
)
def test_any_tree_expands_without_an_exception(tree, tables):
    expansion = expand(read_source({**tree, **tables}))
    for violation in expansion.violations:
        assert violation.location.span() is None
    for path in (("model", "layers", 0), ("fit",), ()):
        expansion.origin(path)


WORDS = st.sampled_from(
    ["$a", "$b[0]", "${a}x", "$$", "b", "c", 1, 2, [1, 2], {"units": [1, 2]}, {"type": "D", "units": "$a"}, None, True]
)
ENTRIES = st.recursive(
    st.dictionaries(st.sampled_from(["type", "use", "repeat", "for", "units", "name", "x-a"]), WORDS, max_size=4),
    lambda inner: st.dictionaries(
        st.sampled_from(["layers", "layer", "type", "name"]), st.one_of(st.lists(inner, max_size=3), inner), max_size=3
    ),
    max_leaves=6,
)


@given(
    st.dictionaries(st.sampled_from("abc"), WORDS),
    st.dictionaries(
        st.sampled_from("bcd"),
        st.fixed_dictionaries(
            {"params": st.dictionaries(st.sampled_from(["units", "a"]), WORDS), "layers": st.lists(ENTRIES, max_size=3)}
        ),
    ),
    st.lists(st.one_of(ENTRIES, WORDS), max_size=4),
)
def test_any_use_of_the_language_expands_without_an_exception(variables, blocks, entries):
    tree = {"seqspec": 1, "vars": variables, "blocks": blocks, "model": {"input": [1], "layers": entries}}
    expansion = expand(read_source(tree))
    left = expansion.tree.get("model", {}).get("layers", []) if expansion.usable else []
    for index, entry in enumerate(left):
        found = expansion.origin(("model", "layers", index))
        assert found.path[:1] in (("model",), ("blocks",))
        if (
            isinstance(entry, dict)
            and ("use" in entry or "for" in entry or "repeat" in entry)
            and not found.is_reference
        ):
            assert found.has_errors
    # No table of the author was changed.
    assert tree == {"seqspec": 1, "vars": variables, "blocks": blocks, "model": {"input": [1], "layers": entries}}


@given(damaged(toml_documents()))
def test_damaged_texts_expand_without_an_exception(text):
    for violation in expanded(text).violations:
        violation.location.span()
