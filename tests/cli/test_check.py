"""`seqspec check`: exit codes, formats, all kinds of files, control characters on a terminal."""

import json
import os
import subprocess
import sys

import pytest

import seqspec
from tests.cli.conftest import BAD, GOOD, ROOT

WARNING = GOOD.replace("[model]", "vars = { unused = 3 }\n[model]")


def codes(result):
    return [line.split("[")[1].split("]")[0] for line in result.output.splitlines() if "error[" in line]


def test_exit_statuses(run, write):
    assert run("check", write("good.toml", GOOD)).exit_code == 0
    assert run("check", write("bad.toml", BAD)).exit_code == 1
    assert run("check", "--no-such-option").exit_code == 2
    assert run("check", "good.toml", "--format", "xml").exit_code == 2
    assert run("check", "good.toml", "--fail-on", "nothing").exit_code == 2


@pytest.mark.parametrize(
    ("document", "fail_on", "status"),
    [
        (WARNING, "error", 0),
        (WARNING, "warning", 1),
        (WARNING, "info", 1),
        (WARNING, "never", 0),
        (BAD, "never", 0),
        (BAD, "warning", 1),
        (GOOD, "info", 0),
    ],
)
def test_fail_on(run, write, document, fail_on, status):
    assert run("check", write("a.toml", document), "--fail-on", fail_on).exit_code == status


def test_text(run, write):
    result = run("check", write("bad.toml", BAD), write("good.toml", GOOD))
    assert result.output == (
        "bad.toml:5:29: error[SEQ102] unknown-argument: model.layers[0] (Dense): unexpected argument unit for Dense\n"
        "  |\n"
        '5 | layers = [{ type = "Dense", unit = 2 }]\n'
        "  |                             ^^^^ did you mean units?\n"
        "  |\n"
        "  = help: write units (--fix --unsafe-fixes)\n"
        "\n"
        "fixes: 1 with --fix --unsafe-fixes\n"
        "2 files checked: 1 error\n"
    )


def test_concise_is_one_line_a_finding_and_nothing_else(run, write):
    result = run("check", write("bad.toml", BAD), write("good.toml", GOOD), "--format", "concise")
    assert result.output == (
        "bad.toml:5:29: error[SEQ102] unknown-argument: model.layers[0] (Dense): unexpected argument unit for Dense\n"
    )
    assert run("check", "good.toml", "--format", "concise").output == ""


def test_json_has_a_stable_shape(run, write):
    result = run("check", write("bad.toml", BAD), write("good.toml", GOOD), "--format", "json")
    printed = json.loads(result.output)
    assert list(printed) == ["version", "documents", "totals"]
    assert printed["version"] == 1
    bad, good = printed["documents"]
    assert list(bad) == ["file", "ok", "diagnostics", "suppressed", "params", "trainable_params", "macs", "layers"]
    assert (bad["file"], bad["ok"], good["ok"]) == ("bad.toml", False, True)
    assert bad["diagnostics"] == [
        {
            "code": "SEQ102",
            "name": "unknown-argument",
            "severity": "error",
            "message": "model.layers[0] (Dense): unexpected argument unit for Dense",
            "pointer": "/model/layers/0/unit",
            "file": "bad.toml",
            "span": {"line": 5, "column": 29, "end_line": 5, "end_column": 33},
            "label": "did you mean units?",
            "related": [],
            "notes": [],
            "help": "write units",
            "fix": {
                "message": "write units",
                "safe": False,
                "edits": [{"span": {"line": 5, "column": 29, "end_line": 5, "end_column": 33}, "text": "units"}],
            },
        }
    ]
    assert bad["suppressed"] == []
    assert good["layers"] == [
        {
            "pointer": "/model/layers/0",
            "name": "dense",
            "type": "Dense",
            "input": {"shape": [None, 4], "dims": ["batch", 4], "dtype": "float32"},
            "output": {"shape": [None, 2], "dims": ["batch", 2], "dtype": "float32"},
            "params": 10,
            "trainable_params": 10,
            "macs": 8,
            "weights": [
                {"name": "kernel", "shape": [4, 2], "dtype": "float32", "trainable": True},
                {"name": "bias", "shape": [2], "dtype": "float32", "trainable": True},
            ],
            "layers": [],
        }
    ]
    assert printed["documents"][0] == seqspec.check("bad.toml").to_dict()


def test_set(run, write):
    document = GOOD.replace("units = 2", 'units = "$n", name = "head"').replace("[model]", "vars = { n = 2 }\n[model]")
    name = write("a.toml", document)
    assert run("check", name, "--set", "vars.n=5").exit_code == 0
    result = run("check", name, "--set", "vars.n='five'")
    assert result.exit_code == 1
    assert "a.toml:6:37: error[SEQ104]" in result.output
    assert ":: --set:1:8\n1 | vars.n='five'\n  |        ------ n is set here" in result.output
    result = run("check", name, "--set", "vars.m=5", "--set", "layers.hed.units=3", "--set", "nonsense")
    assert result.output.count("error[SEQ027]") == 3
    assert "did you mean head?" in result.output


READING = [
    ("bom.toml", b"\xef\xbb\xbf" + BAD.encode(), "bom.toml:5:29: error[SEQ102]"),
    ("crlf.toml", BAD.replace("\n", "\r\n").encode(), "crlf.toml:5:29: error[SEQ102]"),
    ("utf16.toml", GOOD.encode("utf-16"), "utf16.toml: error[SEQ002] unreadable-file: the file is UTF-16"),
    ("utf16le.toml", GOOD.encode("utf-16-le"), "utf16le.toml: error[SEQ002] unreadable-file: the file is binary, or"),
    ("latin1.toml", GOOD.replace("m", "é").encode("latin-1"), "latin1.toml:2:2: error[SEQ002]"),
    ("binary.toml", bytes(range(256)) * 20, "error[SEQ002]"),
    ("zeros.toml", bytes(1000), "error[SEQ002]"),
    ("empty.toml", b"", "empty.toml:1:1: error[SEQ006]"),
    ("empty.json", b"", "empty.json:1:1: error[SEQ001]"),
    ("list.json", b"[1]", "list.json:1:1: error[SEQ104]"),
    ("large.toml", GOOD.encode() + b"#" * (1 << 20), "large.toml: error[SEQ004] over-limit: the file has"),
    ("deep.json", b"[" * 100_000, "error[SEQ004]"),
    ("digits.json", b'{"seqspec": 1' + b"1" * 9000 + b"}", "digits.json:1:13: error[SEQ004]"),
]


@pytest.mark.parametrize(("name", "content", "said"), READING, ids=[name for name, _, _ in READING])
def test_files_that_cannot_be_read_as_they_are(run, write, name, content, said):
    result = run("check", write(name, content))
    assert said in result.output
    assert result.output.count("error[") == 1
    assert result.exit_code == 1
    assert max(map(len, result.output.splitlines())) < 400


def test_files_that_are_none(run, write, folder):
    write("model.toml", GOOD)
    (folder / "gone.toml").symlink_to("nowhere")
    (folder / "ring.toml").symlink_to("ring.toml")
    for name in ("modle.toml", "gone.toml", "ring.toml", "no/such.toml", "", "x" * 300):
        result = run("check", name)
        assert "error[SEQ002] unreadable-file" in result.output
        assert result.exit_code == 1
    assert "did you mean model.toml?" in run("check", "modle.toml").output
    assert "gone.toml?" not in run("check", "gone.toml").output


def test_the_format_is_told_by_the_text_where_the_name_says_nothing(run, write):
    assert run("check", write("model", GOOD)).exit_code == 0
    assert run("check", write("model.txt", json.dumps(seqspec.load("model").to_dict()))).exit_code == 0


def test_several_files_each_with_its_own_findings(run, write):
    names = [write(f"{index}.toml", BAD if index % 2 else GOOD) for index in range(6)]
    result = run("check", *names)
    assert [line.split(":")[0] for line in result.output.splitlines() if "error[" in line] == names[1::2]
    assert result.output.endswith("6 files checked: 3 errors\n")


HOSTILE = "\x1b]0;owned\x07\x1b[31m\x9b2J\u202e\r"


@pytest.mark.parametrize("format_", ["text", "concise"])
def test_output_has_no_control_characters(run, write, format_):
    tree = {
        "seqspec": 1,
        HOSTILE: 1,
        "model": {
            "name": HOSTILE,
            "input": [4, HOSTILE],
            "layers": [
                {"type": HOSTILE},
                {"type": "Dense", "units": HOSTILE, HOSTILE: HOSTILE, "activation": HOSTILE},
                {"custom": HOSTILE},
                {"use": HOSTILE},
            ],
        },
        "compile": {"loss": HOSTILE, "optimizer": {"type": HOSTILE, HOSTILE: 1}, "metrics": [HOSTILE]},
    }
    for name, text in (("a.json", json.dumps(tree)), ("raw.toml", f"# {HOSTILE}\n{GOOD}"), ("b.json", HOSTILE)):
        result = run("check", write(name, text), "--format", format_)
        assert result.exit_code == 1
        assert all(line.isprintable() for line in result.output.split("\n"))
    result = run("check", f"{HOSTILE}.toml")
    assert all(line.isprintable() for line in result.output.split("\n"))


def test_colours_are_obeyed_and_forced(run, write, shell):
    write("bad.toml", BAD)
    assert "\x1b[" not in shell("check", "bad.toml").stdout
    forced = shell("check", "bad.toml", env={"FORCE_COLOR": "1"}).stdout
    assert "\x1b[1;31merror[SEQ102]\x1b[0m" in forced
    assert "\x1b[" not in shell("check", "bad.toml", env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).stdout
    assert "\x1b[" not in shell("check", "bad.toml", env={"FORCE_COLOR": "0"}).stdout


def test_a_reader_that_goes_away_is_no_fault(write, shell):
    write("many.toml", GOOD.replace('{ type = "Dense", units = 2 }', ",".join(['{ type = "Dense", u = 2 }'] * 2000)))
    command = [sys.executable, "-m", "seqspec", "check", "many.toml"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
    assert said == b""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [("check", "bad.toml"), ("expand", "good.toml"), ("summary", "good.toml")])
def test_an_output_that_cannot_be_written_is_said_in_one_line(write, shell, arguments):
    write("bad.toml", BAD)
    write("good.toml", GOOD)
    with open("/dev/full", "w") as full:
        result = shell(*arguments, stdout=full, stderr=subprocess.PIPE, capture_output=False)
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert "No space left on device" in result.stderr


def test_terminals_that_lack_characters(write, shell):
    write("a.toml", GOOD.replace('"Dense"', '"Dénse→"'))
    result = shell("check", "a.toml", env={"PYTHONIOENCODING": "ascii"})
    assert result.returncode == 1
    assert "D\\xe9nse\\u2192" in result.stdout


def test_a_fault_of_seqspec_itself_is_one_line(folder, write):
    write("good.toml", GOOD)
    code = (
        "import sys, seqspec.core.check.check as module\n"
        "def fail(*a, **k): raise KeyError('x')\n"
        "module.read_spec = fail\nsys.argv = ['seqspec', 'check', 'good.toml']\n"
        "from seqspec.cli.main import main\nmain()"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert result.returncode == 2
    assert "internal error: KeyError: 'x'" in result.stdout
    assert "Traceback" not in result.stderr


def test_version_and_unknown_commands(run):
    assert run("--version").output == f"seqspec, version {seqspec.__version__}\n"
    for wrong, near in (("chek", "check"), ("sumary", "summary"), ("expnad", "expand"), ("biuld", "build")):
        result = run(wrong)
        assert result.exit_code == 2
        assert f"unknown command '{wrong}'; did you mean '{near}'?" in result.output
    assert "available: check, " in run("frobnicate").output
    for command in ("check", "summary", "expand", "build"):
        assert run(command, "--help").exit_code == 0
        assert f"  {command} " in run("--help").output


def test_extends_shows_the_file_that_is_wrong(run, write):
    write("lib/base.toml", 'seqspec = 1\n[model]\nlayers = [{ type = "Dens", units = 3, name = "head" }]\n')
    write("mid.toml", 'seqspec = 1\nextends = "lib/base.toml"\n[compile]\nloss = "msee"\n')
    write("top.toml", 'seqspec = 1\nextends = "mid.toml"\n[model]\ninput = [4]\n[override.layers.head]\nunits = "3"\n')
    result = run("check", "top.toml", "--format", "concise")
    assert [line.split(" ")[0] for line in result.output.splitlines()] == [
        "top.toml:6:9:",
        "lib/base.toml:3:20:",
        "mid.toml:4:9:",
    ]
    write("lib/base.toml", "seqspec = 1\n[model\n")
    result = run("check", "top.toml")
    assert "lib/base.toml:2:1: error[SEQ001]" in result.output
    assert ":: mid.toml:2:11\n2 | extends" in result.output
    write("lib/base.toml", 'seqspec = 1\nextends = "../top.toml"\n')
    result = run("check", "top.toml")
    assert "base.toml:2:11: error[SEQ024] cycle" in result.output
    write("mid.toml", 'seqspec = 1\nextends = "lib/bse.toml"\n')
    assert (
        "mid.toml:2:11: error[SEQ026] bad-extends: file lib/bse.toml does not exist" in run("check", "top.toml").output
    )
