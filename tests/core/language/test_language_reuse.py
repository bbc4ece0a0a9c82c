"""`extends`, `override`, and values set by the caller."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqspec.core.document.tables import DOCUMENT_TABLES
from seqspec.core.language.expand import expand
from seqspec.core.language.overrides import overrides_of
from seqspec.core.syntax.limits import Limits
from seqspec.core.syntax.source import read_source
from tests.core.language.test_language_expand import expanded, place_of, written

BASE = """
vars = { width = 1, extra = 2 }
[blocks.b]
params = { u = 1 }
layers = [{ type = "Dense", units = "$u", name = "inner" }]
[model]
input = ["$width"]
layers = [
  { type = "Dense", units = "$width", name = "first" },
  { use = "b", repeat = 2 },
  { type = "Wrap", name = "wrap", layer = { type = "Sequential", layers = [{ name = "head", units = 3 }, "Flatten"] } },
  { type = "Dense", units = 4, name = "many", repeat = 2 },
]
[compile]
optimizer = { type = "Adam", learning_rate = 0.1 }
metrics = ["accuracy"]
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").touch()

    def make(**files):
        for name, text in files.items():
            path = tmp_path / f"{name.replace('__', '/')}.toml"
            path.parent.mkdir(exist_ok=True)
            path.write_text("seqspec = 1\n" + text, encoding="utf-8")
        return tmp_path

    return make


def read(file="m.toml", **options):
    return expand(read_source(file), tables=DOCUMENT_TABLES, **options)


def told(expansion):
    return [
        (violation.rule, violation.location.document.file, written(violation.location))
        for violation in expansion.violations
    ]


def origin(expansion, *path):
    found = expansion.origin(path)
    return (
        found.document.file,
        written(found.place()),
        [(via.document.file, written(place_of(via))) for via in found.via],
    )


def test_tables_merge_and_the_rest_replaces(project):
    project(
        base=BASE,
        m='extends = "base.toml"\nvars.width = 5\nfit = { epochs = 3 }\n'
        '[compile]\nmetrics = []\nloss = "mse"\noptimizer.learning_rate = 0.5',
    )
    expansion = read()
    assert expansion.violations == []
    tree = expansion.tree
    assert "extends" not in tree and "vars" not in tree
    assert tree["model"]["input"] == [5]
    assert tree["compile"] == {"optimizer": {"type": "Adam", "learning_rate": 0.5}, "metrics": [], "loss": "mse"}
    assert tree["fit"] == {"epochs": 3}
    assert origin(expansion, "model", "layers", 0, "units") == ("base.toml", '"$width"', [("m.toml", "5")])
    assert origin(expansion, "compile", "optimizer", "learning_rate") == ("m.toml", "0.5", [])
    assert origin(expansion, "compile", "optimizer", "type") == ("base.toml", '"Adam"', [])
    assert [document.file for document in expansion.documents] == ["m.toml", "base.toml"]
    # What the base declares and only it could use is its own affair.
    assert expand(read_source("base.toml"), tables=DOCUMENT_TABLES).tree["model"]["input"] == [1]


def test_a_chain_in_folders(project):
    project(
        shared__base=BASE,
        shared__middle='extends = "base.toml"\nvars.width = 7\n[override.layers.first]\nunits = 8',
        m='extends = "shared/middle.toml"\n[override.layers.first]\nuse_bias = false',
    )
    expansion = read()
    assert expansion.violations == []
    assert expansion.tree["model"]["layers"][0] == {"type": "Dense", "units": 8, "name": "first", "use_bias": False}
    assert origin(expansion, "model", "layers", 0, "units") == ("shared/middle.toml", "8", [])
    assert origin(expansion, "model", "input", 0)[2] == [("shared/middle.toml", "7")]


def test_layers_are_patched_by_name(project):
    patches = """
extends = "base.toml"
[override.layers.head]
units = "$extra"
[override.layers.inner_1]
units = 9
[override.layers.many]
units = 6
[override.layers.many_1]
activation = "relu"
[override.layers.wrap]
trainable = false
"""
    project(base=BASE, m=patches)
    expansion = read()
    assert expansion.violations == []
    _first, inner, inner_1, wrap, many, many_1 = expansion.tree["model"]["layers"]
    assert wrap["layer"]["layers"][0]["units"] == 2 and wrap["trainable"] is False
    assert (inner["units"], inner_1["units"]) == (1, 9)
    assert many == {"type": "Dense", "units": 6, "name": "many"}
    assert many_1 == {"type": "Dense", "units": 6, "name": "many_1", "activation": "relu"}
    assert origin(expansion, "model", "layers", 3, "layer", "layers", 0, "units") == (
        "m.toml",
        '"$extra"',
        [("base.toml", "2")],
    )
    assert origin(expansion, "model", "layers", 2, "units") == ("m.toml", "9", [])
    assert origin(expansion, "model", "layers", 2, "type")[:2] == ("base.toml", '"Dense"')


def test_layers_of_a_nested_model_by_name(project):
    project(base=BASE, m='extends = "base.toml"\n[override.layers.wrap.layer]\ntrainable = false')
    assert read().tree["model"]["layers"][3]["layer"]["trainable"] is False
    text = (
        "model.input = [1]\n"
        'model.layers = [{ type = "Sequential", name = "s", layers = [{ type = "Dense", name = "d", units = 1 }] }]\n'
        "[override.layers.s.layers.d]\nunits = 2"
    )
    assert expanded(text).tree["model"]["layers"][0]["layers"][0]["units"] == 2


def test_override_that_names_nothing(project):
    project(base=BASE, m='extends = "base.toml"\n[override.layers.heat]\nunits = 1\n[override.compile]\nloss = "mse"')
    assert told(read()) == [
        ("unknown-key", "m.toml", "compile"),
        ("bad-override", "m.toml", "heat"),
    ]


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ('"bas.toml"', "bad-extends"),
        ('"../base.toml"', "bad-extends"),
        ('"/etc/passwd"', "bad-extends"),
        ('"C:\\\\x.toml"', "bad-extends"),
        ('"https://x.org/a.toml"', "bad-extends"),
        ('"folder"', "bad-extends"),
        ('""', "wrong-type"),
        ("3", "wrong-type"),
        ('"m.toml"', "cycle"),
        ('"./x/../m.toml"', "cycle"),
    ],
)
def test_extends_that_cannot_be_followed(project, value, rule):
    (project(base=BASE, m=f"extends = {value}") / "folder").mkdir()
    expansion = read()
    assert told(expansion) == [(rule, "m.toml", value)]
    assert not expansion.usable


def test_a_link_does_not_lead_out(project, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "base.toml"
    outside.write_text("seqspec = 1\n" + BASE)
    (project(m='extends = "link.toml"') / "link.toml").symlink_to(outside)
    assert told(read()) == [("bad-extends", "m.toml", '"link.toml"')]
    assert read(root=str(outside.parent.parent.parent)).violations == []


def test_rings_long_chains_and_broken_bases(project):
    project(a='extends = "b.toml"', b='extends = "a.toml"', m='extends = "a.toml"')
    assert told(read()) == [("cycle", "b.toml", '"a.toml"')]
    project(m='extends = "a.toml"', a="model = {")
    expansion = read()
    assert told(expansion) == [("syntax-error", "a.toml", "{")]
    assert [place.document.file for place, _ in expansion.violations[0].related] == ["m.toml"]
    project(**{f"c{i}": f'extends = "c{i + 1}.toml"' for i in range(20)}, c20="")
    assert told(read("c0.toml")) == [("over-limit", "c15.toml", '"c16.toml"')]
    project(c15=BASE, c14='extends = "c15.toml"')
    assert read("c0.toml").violations == []
    assert read("c0.toml", limits=Limits(files=3)).violations[0].rule == "over-limit"


SETTABLE = """
vars = { width = 1 }
blocks.b = { params = { rate = 0.5 }, layers = [{ type = "Dropout", rate = "$rate", name = "drop" }] }
[model]
input = ["$width"]
layers = [{ type = "Dense", units = "$width", name = "head.1" }, "Flatten", { use = "b" }]
[compile]
optimizer = "adam"
"""


@pytest.mark.parametrize(
    ("setting", "path", "value"),
    [
        ("vars.width=64", ("model", "input", 0), 64),
        ('layers."head.1".units=5', ("model", "layers", 0, "units"), 5),
        ('model.layers."head.1".units=5', ("model", "layers", 0, "units"), 5),
        ("model.layers.0.units = 5 ", ("model", "layers", 0, "units"), 5),
        ("model.layers.1.name=flat", ("model", "layers", 1), {"type": "Flatten", "name": "flat"}),
        ("layers.drop.rate=0.1", ("model", "layers", 2, "rate"), 0.1),
        ("blocks.b.params.rate=0.2", ("model", "layers", 2, "rate"), 0.2),
        ("compile.optimizer=sgd", ("compile", "optimizer"), "sgd"),
        ('compile.optimizer="sgd"', ("compile", "optimizer"), "sgd"),
        ("compile.optimizer.learning_rate=1e-3", ("compile", "optimizer"), {"type": "adam", "learning_rate": 1e-3}),
        ("fit.epochs=3", ("fit", "epochs"), 3),
        ("fit.shuffle=false", ("fit", "shuffle"), False),
        ("model.input=[28, 28, 1]", ("model", "input"), [28, 28, 1]),
        ('target={ kind = "binary" }', ("target",), {"kind": "binary"}),
        ("compile.loss=l2(0.1)=x", ("compile", "loss"), "l2(0.1)=x"),
        ("compile.loss=", ("compile", "loss"), ""),
        ("x-note.a=1\nb", ("x-note", "a"), "1 b"),
        ("layers.drop.rate=$width", ("model", "layers", 2, "rate"), 1),
    ],
)
def test_settings(setting, path, value):
    expansion = expanded(SETTABLE, settings=[setting])
    assert expansion.violations == []
    found = expansion.tree
    for key in path:
        found = found[key]
    assert found == value


UNNAMED = """
blocks.b = { layers = [{ type = "Dense", units = 1 }] }
[model]
input = [4]
layers = [
  { type = "Dense", units = 2, name = "dense_1" },
  { use = "b", repeat = 2 },
  "Flatten",
  { custom = "MyPool" },
  { layers = ["ReLU"] },
  { type = "Dense", units = 5 },
]
"""


@pytest.mark.parametrize(
    ("settings", "path", "value"),
    [
        (["layers.dense.units=9"], (1, "units"), 9),
        (["layers.dense_1.units=9"], (0, "units"), 9),
        (["layers.dense_2.units=9"], (2, "units"), 9),
        (["model.layers.dense_3.units=9"], (6, "units"), 9),
        (["layers.dense_3={ units = 9, use_bias = false }"], (6,), {"type": "Dense", "units": 9, "use_bias": False}),
        (["layers.flatten.name=flat"], (3,), {"type": "Flatten", "name": "flat"}),
        (["layers.flatten={ name = 'flat' }"], (3,), {"type": "Flatten", "name": "flat"}),
        (["layers.my_pool.size=2"], (4,), {"custom": "MyPool", "size": 2}),
        (["layers.sequential.trainable=false"], (5, "trainable"), False),
        (["layers.dense.type=GRU", "layers.dense_2.units=9"], (2, "units"), 9),
    ],
)
def test_settings_select_layers_by_automatic_names(settings, path, value):
    expansion = expanded(UNNAMED, settings=settings)
    assert expansion.violations == []
    found = expansion.tree["model"]["layers"]
    for key in path:
        found = found[key]
    assert found == value


def test_automatic_names_of_aliases_are_those_of_the_layers():
    text = '[model]\ninput = [4, 4, 1]\nlayers = ["MaxPool2D", "MaxPooling2D"]'
    expansion = expanded(text, settings=["layers.max_pooling2d_1.pool_size=3"])
    assert expansion.violations == []
    assert expansion.tree["model"]["layers"] == ["MaxPool2D", {"type": "MaxPooling2D", "pool_size": 3}]


def test_unknown_layer_suggests_automatic_names(project):
    (violation,) = expanded(UNNAMED, settings=["layers.dense_4.units=1"]).violations
    assert (violation.rule, violation.suggestion) == ("bad-override", "dense")
    (violation,) = expanded(UNNAMED, settings=["layers.head.units=1"]).violations
    assert "layers: dense_1, dense, dense_2, flatten, my_pool, sequential, dense_3;" in str(violation.help)
    # A document has no automatic names: they change with the layers before.
    project(base=UNNAMED, m='extends = "base.toml"\n[override.layers.dense]\nunits = 9')
    assert told(read()) == [("bad-override", "m.toml", "dense")]


def test_override_has_its_location():
    expansion = expanded(SETTABLE, settings=["fit.epochs=3", "vars.width = 64", "layers.drop.rate=0.1"])
    assert origin(expansion, "model", "layers", 2, "rate") == ("--set", "0.1", [])
    assert origin(expansion, "model", "input", 0) == ("m.toml", '"$width"', [("--set", "64")])
    span = expansion.origin(("model", "layers", 2, "rate")).place().span()
    assert (span.line, span.column) == (3, 18)


@pytest.mark.parametrize(
    ("setting", "marked"),
    [
        ("width", "width"),
        ("=3", "=3"),
        ("a..b=3", "a..b=3"),
        ("width=3", "width"),
        ("vars.wide=3", "wide"),
        ("vars=3", "vars"),
        ("layers=3", "layers"),
        ("layers.drop=3", "drop"),
        ("layers.drip.rate=3", "drip"),
        ("model.layers.9.units=3", "units"),
        ("seqspec=2", "seqspec"),
        ("extends=a.toml", "extends"),
        ("blocks.c.params.u=1", "c"),
        ("layers.drop.rate=1979-05-27", "1979-05-27"),
        ("layers.drop.rate=$wide", "$wide"),
    ],
)
def test_settings_that_name_nothing(setting, marked):
    expansion = expanded(SETTABLE, settings=[setting])
    rule = {"1979-05-27": "wrong-type", "$wide": "unknown-variable"}.get(marked, "bad-override")
    assert told(expansion) == [(rule, "--set", marked)]


def test_variables_from_python():
    expansion = expanded(SETTABLE, vars={"width": 9})
    assert expansion.tree["model"]["input"] == [9]
    found = expansion.origin(("model", "input", 0))
    assert (found.path, found.via[0].document.file, found.via[0].path) == (
        ("model", "input", 0),
        None,
        ("vars", "width"),
    )
    (violation,) = expanded(SETTABLE, vars={"widht": 9}).violations
    assert (violation.rule, violation.location.path) == ("bad-override", ("vars", "widht"))
    assert expanded(SETTABLE, vars={"width": float("inf")}).violations[0].rule == "not-finite"


def test_the_author_s_own_trees_are_not_changed():
    document = read_source(
        {"seqspec": 1, "vars": {"a": 1}, "model": {"input": [1], "layers": [{"type": "D", "name": "d"}]}}
    )
    import copy

    before = copy.deepcopy(document.tree)
    settings = ["vars.a=2", "layers.d.units=3", "model.input=[2]", "fit.epochs=1"]
    expand(document, overrides=overrides_of(settings), vars={"a": 3})
    assert document.tree == before


@given(st.lists(st.text(alphabet="varslyemodw.=\"'[]{}01 -$\n", max_size=25), max_size=3))
def test_any_settings_are_taken_without_an_exception(settings):
    for violation in expanded(SETTABLE, settings=settings).violations:
        assert violation.location.span() is not None
