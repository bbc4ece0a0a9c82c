"""`seqspec fmt`: files that are rewritten, files that are left unchanged, and the exit codes."""

import os
import stat
import sys

import pytest
from click.testing import CliRunner

from seqspec.cli import rewrite as rewriting
from seqspec.cli.main import cli
from seqspec.core.syntax.source import parse_text

UGLY = """\
# My model.
seqspec=1
[fit]
callbacks = [ {type = "EarlyStopping", patience=3} ]
epochs=0x3   # few

# The model itself.
[model]
layers = [ "Flatten", # flat
  # hidden
  { units = 8, type='Dense', 'name' = "hidden"},
  {type="MaxPool2D"}, "GlobalMaxPool1D" ]
input = [28,28,1]
"""

CANONICAL = """\
# My model.
seqspec = 1

# The model itself.
[model]
input = [28, 28, 1]
layers = [
  "Flatten",  # flat
  # hidden
  { type = "Dense", units = 8, name = "hidden" },
  { type = "MaxPooling2D" },
  "GlobalMaxPooling1D",
]

[fit]
epochs = 0x3  # few
callbacks = [{ type = "EarlyStopping", patience = 3 }]
"""

JSON = """\
{
  "seqspec": 1,
  "model": {
    "input": [28, 28, 1],
    "layers": [
      "Flatten",
      { "type": "Dense", "units": 8, "name": "hidden" },
      { "type": "MaxPooling2D" },
      "GlobalMaxPooling1D"
    ]
  },
  "fit": {
    "epochs": 3,
    "callbacks": [{ "type": "EarlyStopping", "patience": 3 }]
  }
}
"""


def run(*arguments, input=None):
    result = CliRunner().invoke(cli, ["fmt", *map(str, arguments)], input=input)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def ugly(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "m.seqspec.toml"
    path.write_text(UGLY, encoding="utf-8")
    return path


def test_rewrites_in_place_once(ugly):
    result = run("m.seqspec.toml")
    assert (result.exit_code, result.output) == (0, "reformatted m.seqspec.toml\n1 file reformatted\n")
    assert ugly.read_text(encoding="utf-8") == CANONICAL
    before = ugly.stat()
    assert run("m.seqspec.toml").output == "1 file unchanged\n"
    assert ugly.stat().st_ino == before.st_ino
    assert sorted(os.listdir()) == ["m.seqspec.toml"]


def test_check_and_diff_write_nothing(ugly):
    result = run("--check", "m.seqspec.toml")
    assert result.exit_code == 1
    assert result.stdout == "would reformat m.seqspec.toml\n"
    result = run("--diff", "m.seqspec.toml")
    assert result.exit_code == 1
    assert "-input = [28,28,1]\n" in result.stdout and "+input = [28, 28, 1]\n" in result.stdout
    assert ugly.read_text(encoding="utf-8") == UGLY
    run(ugly)
    assert run("--check", ugly).exit_code == 0
    assert run("--diff", ugly).stdout == ""


def test_permissions_and_links_are_kept(ugly, tmp_path):
    ugly.chmod(0o640)
    link = tmp_path / "link.seqspec.toml"
    link.symlink_to(ugly)
    assert run(link).exit_code == 0
    assert link.is_symlink()
    assert stat.S_IMODE(ugly.stat().st_mode) == 0o640
    assert ugly.read_text(encoding="utf-8") == CANONICAL


def test_a_read_only_file_is_left_alone(ugly):
    ugly.chmod(0o440)
    result = run(ugly)
    assert result.exit_code == 1
    assert "the file cannot be written: Permission denied" in result.stderr
    assert ugly.read_text(encoding="utf-8") == UGLY


def test_a_full_disk_loses_nothing(ugly, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    result = run(ugly)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{ugly}: the file cannot be written: No space left on device\n")
    assert ugly.read_text(encoding="utf-8") == UGLY
    assert os.listdir() == [ugly.name]


def test_a_file_that_changes_meanwhile_is_left_alone(ugly, monkeypatch):
    original = rewriting.replace_text

    def late(path, text, expected=None):
        ugly.write_text("seqspec = 1\n# mine\n", encoding="utf-8")
        original(path, text, expected)

    monkeypatch.setattr(rewriting, "replace_text", late)
    result = run(ugly)
    assert result.exit_code == 1
    assert "changed while it was being processed" in result.stderr
    assert ugly.read_text(encoding="utf-8") == "seqspec = 1\n# mine\n"
    assert os.listdir() == [ugly.name]


def test_a_syntax_error_is_told_and_does_not_stop_the_others(ugly, tmp_path):
    broken = tmp_path / "broken.seqspec.toml"
    broken.write_text("seqspec = 1\n[model\n", encoding="utf-8")
    result = run(broken, ugly)
    assert result.exit_code == 1
    assert "broken.seqspec.toml:2:1: error[SEQ001] syntax-error" in result.stderr
    assert broken.read_text(encoding="utf-8") == "seqspec = 1\n[model\n"
    assert ugly.read_text(encoding="utf-8") == CANONICAL


def test_repeated_keys_in_json_are_left_alone(tmp_path):
    path = tmp_path / "m.seqspec.json"
    path.write_text('{"seqspec": 1, "a": 1, "a": 2}', encoding="utf-8")
    assert run(path).exit_code == 1
    assert path.read_text(encoding="utf-8") == '{"seqspec": 1, "a": 1, "a": 2}'


@pytest.mark.parametrize("text", ["[project]\nname='x'\n", ""])
def test_fmt_leaves_other_files(tmp_path, text):
    path = tmp_path / "pyproject.toml"
    path.write_text(text, encoding="utf-8")
    result = run(path)
    assert result.exit_code == 1
    assert "not a seqspec file" in result.stderr
    assert path.read_text(encoding="utf-8") == text


def test_missing_files_folders_and_bad_encodings(tmp_path):
    (tmp_path / "utf16.toml").write_bytes("seqspec = 1\n".encode("utf-16"))
    (tmp_path / "empty").mkdir()
    result = run(tmp_path / "none.toml", tmp_path / "empty", tmp_path / "utf16.toml")
    assert result.exit_code == 1
    for words in ("file not found", "no specs found in", "the file is UTF-16"):
        assert words in result.stderr


def test_line_ends_stay_and_the_mark_goes(tmp_path):
    path = tmp_path / "m.seqspec.toml"
    path.write_bytes(b"\xef\xbb\xbf" + UGLY.replace("\n", "\r\n").encode())
    assert run(path).exit_code == 0
    assert path.read_bytes() == CANONICAL.replace("\n", "\r\n").encode()
    assert run("--check", path).exit_code == 0


def test_standard_input():
    result = run("-", input=UGLY)
    assert (result.exit_code, result.stdout) == (0, CANONICAL)
    assert run("-", "--stdin-filename", "m.json", input=JSON.replace("\n", " ")).stdout == JSON
    assert run("-", input="seqspec = ").exit_code == 1
    assert run("-", input=b"\xff").exit_code == 1


def test_conversion_and_what_it_costs(ugly, tmp_path):
    result = run("--to", "json", "m.seqspec.toml")
    assert result.exit_code == 0
    assert result.stdout == "m.seqspec.toml → m.seqspec.json\n"
    assert result.stderr == "m.seqspec.toml: JSON has no comments; dropped 5 comments\n"
    assert (tmp_path / "m.seqspec.json").read_text(encoding="utf-8") == JSON
    assert ugly.read_text(encoding="utf-8") == UGLY
    again = run("--to", "json", "m.seqspec.toml")
    assert again.exit_code == 2
    assert "already exists; use --force to overwrite it" in again.stderr
    assert run("--to", "json", "--force", "m.seqspec.toml").exit_code == 0
    assert run("--to", "toml", "-o", "-", "m.seqspec.json").stdout == (
        "\n".join(line.split("  #")[0] for line in CANONICAL.splitlines() if not line.strip().startswith("#")) + "\n"
    ).replace("0x3", "3").replace("\n\n\n", "\n\n")


def test_the_address_of_the_schema_changes_its_place(tmp_path):
    text = "#:schema ../seqspec-1.schema.json\nseqspec = 1\n\n[model]\nlayers = []\n"
    path = tmp_path / "m.toml"
    path.write_text(text, encoding="utf-8")
    converted = run("--to", "json", "-o", "-", path).stdout
    assert '"$schema": "../seqspec-1.schema.json"' in converted
    assert run("--to", "toml", "-", "--stdin-filename", "m.json", input=converted).stdout == text


@pytest.mark.parametrize(
    ("entry", "written"),
    [
        ('"model": {"input": [null, 3]}', '[model]\ninput = ["?", 3]'),
        ('"model": {"layers": [{"type": "ReLU", "max_value": null}]}', '{ type = "ReLU", max_value = "none" }'),
    ],
)
def test_null_has_a_word_in_toml(entry, written):
    result = run("--to", "toml", "-", "--stdin-filename", "m.json", input='{"seqspec": 1, ' + entry + "}")
    assert written in result.stdout


@pytest.mark.parametrize(
    ("name", "to", "text", "words"),
    [
        ("m.json", "toml", '{"seqspec": 1, "x-a": null}', "TOML has no null"),
        ("m.json", "toml", '{"seqspec": 1, "custom": {"A": {"args": {"default": null}}}}', "/custom/A/args/default"),
        ("m.json", "toml", '{"seqspec": 1, "x-a": "\\ud800"}', "lone surrogate"),
        ("m.toml", "json", "seqspec = 1\nx-day = 2024-01-01\n", "JSON cannot represent the date or time 2024-01-01"),
        ("m.toml", "json", "seqspec = 1\nx-a = inf\n", "JSON cannot represent the number inf"),
    ],
)
def test_fmt_refuses_values_that_the_other_format_lacks(tmp_path, name, to, text, words):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    result = run("--to", to, path)
    assert result.exit_code == 1
    assert words in result.stderr
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [("m.json", '{"seqspec": 1, "x-a": ', "}"), ("m.toml", "seqspec = 1\nx-a = ", "\n")],
)
def test_deep_nesting_is_refused(tmp_path, name, start, end):
    path = tmp_path / name
    text = f"{start}{'[' * 70}0.5{']' * 70}{end}"
    path.write_text(text, encoding="utf-8")
    result = run(path)
    assert result.exit_code == 1 and isinstance(result.exception, SystemExit)
    assert "deeper than 64 levels" in result.stderr
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["-o", "x.json", "a.toml"],
        ["--to", "json", "--check", "a.toml"],
        ["--to", "json", "-o", "x.json", "a.toml", "b.toml"],
        ["--to", "json", "-o", "x.toml", "m.seqspec.toml"],
        ["--to", "toml", "m.seqspec.toml"],
    ],
)
def test_wrong_use(ugly, arguments):
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Error: " in result.stderr
    assert os.listdir() == ["m.seqspec.toml"]


def test_terminal_commands_in_a_document_are_shown_not_sent(tmp_path):
    path = tmp_path / "m.seqspec.toml"
    path.write_text("seqspec=1\nx-a = '\x80\u202e'\n", encoding="utf-8")
    result = run("--diff", path)
    assert "\\x80\\u202e" in result.stdout


def test_comments_inside_a_layer_keep_tables_of_their_own():
    text = """\
seqspec = 1

[model]
input = [4]

# first
[[model.layers]]
type = "Dense"
units = 8  # enough

[[model.layers]]
type = "Dense"
units = 1
"""
    assert run("-", input=text).stdout == text
    plain = run("-", input=text.replace("  # enough", "")).stdout
    assert '  # first\n  { type = "Dense", units = 8 },\n' in plain


def test_paths_of_a_search_space_have_dotted_keys():
    head = 'seqspec = 1\n\n[search]\nobjective = "val_loss"\n\n'
    text = (
        head
        + """\
[search.space]
# of the first layer
vars.depth = { min = 1, max = 3 }  # few
vars.widths = { each = [8, 16], length = { min = 1, max = 2 } }
compile.optimizer.learning_rate = { min = 0.001, max = 1.0, log = true }
# of the training
fit.batch_size = [16, 32]
"""
    )
    assert run("-", input=text).stdout == text
    space = """\
[search.space.vars]
# of the first layer
depth = { min = 1, max = 3 }  # few
widths = { each = [8, 16], length = { min = 1, max = 2 } }
[search.space.compile]
optimizer = { learning_rate = { min = 0.001, max = 1.0, log = true } }
# of the training
[search.space.fit]
batch_size = [16, 32]
"""
    assert run("-", input=head + space).stdout == text
    # A comment beside the header of a table has no place among dotted keys.
    own = head + "[search.space.vars]  # variables\ndepth = { min = 1, max = 3 }\n"
    assert "}  # variables\n" in run("-", input=own).stdout


def test_long_layers_break_their_inner_lists():
    inner = ", ".join(f'{{ type = "Dense", units = {n}, activation = "relu" }}' for n in (64, 32, 16))
    text = f'seqspec = 1\n[model]\nlayers = [{{ type = "TimeDistributed", layer = {{ layers = [{inner}] }} }}]\n'
    out = run("-", input=text).stdout
    assert parse_text(out).tree == parse_text(text).tree
    assert max(map(len, out.splitlines())) <= 120
    assert run("-", input=out).stdout == out


def test_two_processes_format_one_file(ugly):
    import subprocess

    command = [sys.executable, "-m", "seqspec", "fmt", str(ugly)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    running = [subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) for _ in range(2)]
    for process in running:
        process.communicate(timeout=300)
    assert ugly.read_text(encoding="utf-8") == CANONICAL
    assert os.listdir(ugly.parent) == [ugly.name]


def test_folders_and_patterns_are_searched_as_check_does_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = ["a.seqspec.toml", "models/b.toml", "models/deep/c.seqspec.toml", "out/d.seqspec.toml", "models/other.toml"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(UGLY if "other" not in name else "x=1\n", encoding="utf-8")
    (tmp_path / ".gitignore").write_text("out/\n")
    (tmp_path / "seqspec.toml").write_text('extend-exclude = ["deep/"]\n')
    assert run("--check", ".").stdout.splitlines() == [f"would reformat {name}" for name in names[:2]]
    assert run("--check", "models/**/*.seqspec.toml").exit_code == 2
    assert run("models").stdout == "reformatted models/b.toml\n1 file reformatted\n"
    assert run("a.*", "models").stdout == "reformatted a.seqspec.toml\n1 file reformatted, 1 file unchanged\n"
    assert run("--to", "json", ".").exit_code == 0
    assert sorted(path.name for path in tmp_path.rglob("*.json")) == ["a.seqspec.json", "b.json"]
    assert (tmp_path / names[2]).read_text(encoding="utf-8") == UGLY


def test_a_pattern_without_a_match_and_a_broken_configuration(ugly, tmp_path):
    result = run("no*.toml")
    assert result.exit_code == 2 and "no file matches" in result.stderr
    (tmp_path / "seqspec.toml").write_text("includes = []\n")
    result = run(".")
    assert result.exit_code == 2 and "seqspec.toml:1:1" in result.stderr
    assert ugly.read_text(encoding="utf-8") == UGLY
