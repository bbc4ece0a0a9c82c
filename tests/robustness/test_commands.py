"""Guarantees of the commands: standard input, exit codes, output that can be parsed again, files left intact."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from seqspec.core.syntax.atomic_write import replace_text

HEAD = "seqspec = 1\n"
GOOD = HEAD + '[model]\ninput = ["?", 4]\nlayers = [{ type = "Dense", units = 2 }]\n'
WARNED = HEAD + "vars = { unused = 1 }\n" + GOOD.removeprefix(HEAD)


@pytest.mark.parametrize("command", [["summary"], ["python"], ["expand"], ["schema"], ["check"]])
def test_a_dash_reads_standard_input(command, limited):
    found = limited(*command, "-", stdin=GOOD.encode())
    assert found.status == 0, found.err
    assert "Dense" in found.out or command == ["check"]


@pytest.mark.parametrize("command", ["check", "python", "plot", "import", "diff", "fmt"])
def test_a_dash_is_standard_output_and_never_a_file(command, limited, write, tmp_path):
    files = [write("m.toml", GOOD)]
    if command == "import":
        files = [write("m.py", limited("python", *files).out)]
    elif command == "diff":
        files.append(write("n.toml", GOOD.replace("units = 2", "units = 3")))
    elif command == "fmt":
        files.append("--to=json")
    before = sorted(os.listdir(tmp_path))
    found = limited(command, *files, "-o", "-")
    assert found.out and found.status == (1 if command == "diff" else 0), found.err
    assert sorted(os.listdir(tmp_path)) == before


def test_dim_without_a_name(limited, write):
    found = limited("summary", "--dim", "10", write("m.toml", GOOD))
    assert (found.status, "(batch, 10, 2)" in found.out or "10, 2" in found.out) == (0, True)
    two = GOOD.replace('["?", 4]', '["a", "b", 4]')
    assert limited("summary", "--dim", "10", write("n.toml", two)).status == 2


def test_extend_ignore(limited, write):
    write("m.toml", WARNED)
    assert "SEQ022" in limited("check", "m.toml").out
    assert "SEQ022" not in limited("check", "--extend-ignore", "SEQ022", "m.toml").out
    write("seqspec.toml", 'extend-ignore = ["SEQ022"]\n')
    assert "SEQ022" not in limited("check", "m.toml").out


@pytest.mark.parametrize(("fail_on", "failures"), [("error", 0), ("warning", 1), ("never", 0)])
def test_junit_failures_are_the_failing_findings(fail_on, failures, limited, write):
    found = limited("check", "--format", "junit", "--fail-on", fail_on, write("m.toml", WARNED))
    suite = ET.fromstring(found.out).find("testsuite")
    assert suite.get("tests") == "1"
    assert int(suite.get("failures")) == len(suite.findall("testcase/failure")) == failures == found.status


def test_diff_counts_new_errors(limited, write):
    write("old.toml", GOOD)
    write("new.toml", GOOD + '[target]\nkind = "binary"\nstray = 1\n')
    assert limited("diff", "old.toml", "new.toml").status == 1
    assert limited("diff", "old.toml", "old.toml").status == 0


def test_unsafe_fixes_alone_is_a_check(limited, write):
    assert limited("check", "--unsafe-fixes", write("m.toml", GOOD)).status == 0


MISSPELT = GOOD.replace("units = 2", 'units = 2, activation = "rellu"')


def test_statistics_count_what_can_be_fixed(limited, write):
    found = limited("check", "--statistics", write("m.toml", MISSPELT))
    assert (found.status, "fixes: 1 with --fix --unsafe-fixes" in found.out) == (1, True)
    found = limited("check", "--statistics", "--format", "json", "m.toml")
    (rule,) = json.loads(found.out)["rules"]
    assert (rule["count"], rule["fixable"], rule["fixable_unsafely"]) == (1, 0, 1)


def test_statistics_with_a_diff(limited, write):
    """The diff alone is on standard output."""
    found = limited("check", "--statistics", "--diff", write("m.toml", MISSPELT))
    assert (found.out, "SEQ106" in found.err, "1 with --unsafe-fixes" in found.err) == ("", True, True)
    found = limited("check", "--statistics", "--diff", "--unsafe-fixes", "m.toml")
    assert found.out.startswith("--- m.toml") and "SEQ106" not in found.out


INFORMED = WARNED.replace("layers = [", 'layers = [{ type = "Embedding", input_dim = 9, output_dim = 4, bogus = 1 }, ')


@pytest.mark.parametrize("format_", ["text", "concise"])
def test_information_is_reported_last(format_, limited, write):
    write("seqspec.toml", 'severity = { SEQ022 = "info" }\n')
    found = limited("check", "--format", format_, write("m.toml", INFORMED))
    assert 0 < found.out.index("SEQ102") < found.out.index("info[SEQ022]")


def test_min_severity_hides_the_rest(limited, write):
    write("m.toml", WARNED)
    assert "SEQ022" in limited("check", "--min-severity", "warning", "m.toml").out
    found = limited("check", "--min-severity", "error", "--fail-on", "warning", "m.toml")
    assert ("SEQ022" in found.out, found.status) == (False, 0)
    write("seqspec.toml", 'min-severity = "error"\n')
    assert "SEQ022" not in limited("check", "m.toml").out
    assert "SEQ022" in limited("check", "--min-severity", "info", "m.toml").out


@pytest.mark.parametrize("arguments", [["check", "--select", "SEQ999"], ["explain", "SEQ999"], ["explain", "seq999"]])
def test_a_code_that_no_rule_has_is_not_a_misspelt_one(arguments, limited):
    found = limited(*arguments)
    assert found.status == 2
    assert "unknown rule" in found.err and "SEQ909" not in found.err


@pytest.mark.parametrize("options", [["--fix"], ["--diff"]])
def test_a_file_that_cannot_be_read_is_not_counted_as_left(options, limited):
    found = limited("check", *options, "nothere.toml")
    assert (found.status != 0, "left" in found.err) == (True, False)


def test_expanded_dollar_signs_check_again(limited, write):
    text = GOOD.replace('["?", 4]', '{ shape = [4], dtype = "string" }').replace(
        '{ type = "Dense", units = 2 }', '{ type = "StringLookup", vocabulary = ["$$", "a$$b"] }'
    )
    found = limited("expand", write("m.toml", text))
    assert found.status == 0, found.err
    assert '"$$"' in found.out
    assert limited("check", write("again.toml", found.out)).status == 0
    assert limited("expand", "again.toml").out == found.out


def test_files_of_killed_processes_are_removed(tmp_path):
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True)
    left = tmp_path / f".m.toml.{gone.stdout.strip()}.abcdefgh.tmp"
    other = tmp_path / f".m.toml.{os.getpid()}.abcdefgh.tmp"
    left.touch()
    other.touch()
    replace_text(str(tmp_path / "m.toml"), "a")
    assert (left.exists(), other.exists()) == (False, True)


def test_hard_links_are_told_of(limited, write, tmp_path):
    write("m.seqspec.toml", GOOD.replace(" = ", "="))
    os.link(tmp_path / "m.seqspec.toml", tmp_path / "other.txt")
    found = limited("fmt", "m.seqspec.toml")
    assert (found.status, "hard links" in found.err) == (0, True)


def test_a_module_beside_the_document_is_found(tmp_path, monkeypatch):
    from seqspec.core.compiler.keras_objects import _importable, imported

    (tmp_path / "only_here_module.py").write_text("class A: pass\n")
    (tmp_path / "json.py").write_text("raise SystemExit('an installed module was shadowed')\n")
    before = list(sys.path)
    with _importable("only_here_module", [str(tmp_path)]):
        assert imported("only_here_module:A").__name__ == "A"
        assert imported("json:dumps").__module__ == "json"
    assert sys.path == before
