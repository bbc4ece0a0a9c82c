"""`seqspec upgrade`, with an invented older version that calls `model` `net`, and `layers` `stack`."""

import pytest
from click.testing import CliRunner

from seqspec.cli.main import cli
from seqspec.core.language import migrations

OLD = """\
# Mine.
seqspec = 0  # oldest

# The net.
[net]
input = [28,28,1]  # grey
stack = [
  # in
  "Flatten",
  { type = "Dense", units = 0x8 },  # out
]
# goes away
colour = "red"  # really

[fit]
epochs = 1_000  # many
"""

NEW = """\
# Mine.
seqspec = 1  # oldest

# The net.
[model]
input = [28, 28, 1]  # grey
layers = [
  # in
  "Flatten",
  { type = "Dense", units = 0x8 },  # out
]
# goes away
# really

[fit]
epochs = 1_000  # many
"""


def zero_to_one(tree):
    net = dict(tree["net"])
    del net["colour"]
    net["layers"] = net.pop("stack")
    rest = {key: value for key, value in tree.items() if key not in ("net", "seqspec")}
    return {"seqspec": 1, "model": net, **rest}


@pytest.fixture
def old(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(migrations.STEPS, (0, 1), zero_to_one)
    path = tmp_path / "m.seqspec.toml"
    path.write_text(OLD, encoding="utf-8")
    return path


def run(*arguments):
    result = CliRunner().invoke(cli, ["upgrade", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_comments_go_where_their_values_go(old):
    result = run("m.seqspec.toml")
    assert (result.exit_code, result.output) == (0, "upgraded m.seqspec.toml from version 0 to 1\n")
    assert old.read_text(encoding="utf-8") == NEW
    assert run("m.seqspec.toml").output == "m.seqspec.toml: already at language version 1\n"


def test_check_and_diff_write_nothing(old):
    result = run("--check", "m.seqspec.toml")
    assert (result.exit_code, result.output) == (1, "would upgrade m.seqspec.toml from version 0 to 1\n")
    result = run("--diff", "m.seqspec.toml")
    assert result.exit_code == 1
    assert "\n-[net]\n" in result.output and "\n+[model]\n" in result.output
    assert old.read_text(encoding="utf-8") == OLD


def test_layers_that_come_and_go_leave_the_others_comments(old, monkeypatch):
    def other(tree):
        tree = zero_to_one(tree)
        tree["model"]["layers"] = [tree["model"]["layers"][1], "ReLU"]
        return tree

    monkeypatch.setitem(migrations.STEPS, (0, 1), other)
    assert run(old).exit_code == 0
    text = old.read_text(encoding="utf-8")
    assert '  { type = "Dense", units = 0x8 },  # out\n  "ReLU",\n]\n# in\n# goes away\n# really\n' in text


def test_json(old, tmp_path):
    path = tmp_path / "m.json"
    path.write_text('{"seqspec": 0, "net": {"stack": ["Flatten"], "colour": null}}', encoding="utf-8")
    assert run(path).exit_code == 0
    assert path.read_text(encoding="utf-8") == (
        '{\n  "seqspec": 1,\n  "model": {\n    "layers": [\n      "Flatten"\n    ]\n  }\n}\n'
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("seqspec = 2\n", "error[SEQ006] bad-version: language version 2 is not supported"),
        ("seqspec = -1\n", "invalid language version -1"),
        ('seqspec = "1"\n', "error[SEQ006] bad-version: seqspec must be the language version, an integer"),
        ("[model]\n", "not a seqspec file"),
        ("seqspec = \n", "syntax-error"),
    ],
)
def test_upgrade_leaves_files_that_it_cannot_read(tmp_path, text, words):
    path = tmp_path / "m.toml"
    path.write_text(text, encoding="utf-8")
    result = run(path)
    assert result.exit_code == 1
    assert words in result.stderr
    assert path.read_text(encoding="utf-8") == text


def test_a_document_of_today_stays_as_it_is_written(tmp_path):
    path = tmp_path / "m.toml"
    path.write_text("seqspec=1\n[model]\nlayers=[]\n", encoding="utf-8")
    assert run("--check", path).exit_code == 0
    assert path.read_text(encoding="utf-8") == "seqspec=1\n[model]\nlayers=[]\n"


def test_programs_are_migrated_by_check(tmp_path):
    (tmp_path / "train.py").write_text("import keras\n", encoding="utf-8")
    result = run(tmp_path / "train.py")
    assert result.exit_code == 1 and "--select migration" in result.stderr


def test_standard_input_is_wrong_use():
    assert run("-").exit_code == 2


def test_folders_are_searched(old, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "n.seqspec.toml").write_text(OLD, encoding="utf-8")
    (tmp_path / "notes.toml").write_text("x = 1\n", encoding="utf-8")
    result = run(".")
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "upgraded m.seqspec.toml from version 0 to 1",
        "upgraded sub/n.seqspec.toml from version 0 to 1",
    ]
    assert old.read_text(encoding="utf-8") == (tmp_path / "sub" / "n.seqspec.toml").read_text(encoding="utf-8") == NEW
