"""`seqspec check --fix`, `--unsafe-fixes` and `--diff`."""

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from seqspec.cli.main import cli
from seqspec.core.check.check import Check
from seqspec.core.check.fix import apply_fixes
from seqspec.core.diagnostics.diagnostic import TreeFix, insert, remove, set_value
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.syntax.source import parse_text
from tests import ROOT

DOCUMENT = """# top
seqspec = 1

[model]
input = [8] # eight
layers = [
  # the body
  { type = "dense", units = 4, activation = "rellu" }, # hidden
  { type = "Dense", units = 2 },
]
"""
SAFE = DOCUMENT.replace('"dense"', '"Dense"')
ALL = SAFE.replace("rellu", "relu")


def test_safe_fixes_are_written(folder, write, run):
    write("a.seqspec.toml", DOCUMENT)
    result = run("check", "--fix", "a.seqspec.toml")
    assert result.exit_code == 1
    assert "unknown-name" in result.stdout and "unknown-layer" not in result.stdout
    assert result.stderr == "Fixed 1 finding (1 left; 1 with --unsafe-fixes)\n"
    assert (folder / "a.seqspec.toml").read_text() == SAFE


def test_unsafe_fixes_are_applied_with_unsafe_fixes(folder, write, run):
    write("a.seqspec.toml", DOCUMENT)
    result = run("check", "--fix", "--unsafe-fixes", "a.seqspec.toml")
    assert result.exit_code == 0, result.output
    assert result.stderr == "Fixed 2 findings (0 left)\n"
    assert (folder / "a.seqspec.toml").read_text() == ALL
    assert run("check", "--fix", "--unsafe-fixes", "a.seqspec.toml").stderr == "Fixed 0 findings (0 left)\n"


def test_a_mark_and_lines_of_windows_stay(folder, write, run):
    write("a.seqspec.toml", ("\ufeff" + DOCUMENT.replace("\n", "\r\n")).encode())
    run("check", "--fix", "--unsafe-fixes", "a.seqspec.toml")
    assert (folder / "a.seqspec.toml").read_bytes() == ("\ufeff" + ALL.replace("\n", "\r\n")).encode()


def test_a_diff_writes_nothing(folder, write, run):
    write("a.seqspec.toml", DOCUMENT)
    result = run("check", "--diff", "a.seqspec.toml")
    assert result.exit_code == 1
    assert result.stdout.startswith("--- a.seqspec.toml\n+++ a.seqspec.toml\n@@ -5,6 +5,6 @@\n")
    assert [line for line in result.stdout.splitlines()[2:] if line[0] in "+-"] == [
        '-  { type = "dense", units = 4, activation = "rellu" }, # hidden',
        '+  { type = "Dense", units = 4, activation = "rellu" }, # hidden',
    ]
    assert result.stderr == "Would fix 1 finding in 1 file (1 left; 1 with --unsafe-fixes)\n"
    assert (folder / "a.seqspec.toml").read_text() == DOCUMENT
    write("a.seqspec.toml", SAFE)
    result = run("check", "--diff", "a.seqspec.toml")
    assert (result.exit_code, result.stdout) == (0, "")


def test_standard_input(folder):
    result = CliRunner().invoke(cli, ["check", "--fix", "-"], input=DOCUMENT)
    assert (result.exit_code, result.stdout) == (1, SAFE)
    assert "unknown-name" in result.stderr and result.stderr.endswith("1 with --unsafe-fixes)\n")
    broken = "seqspec = \n"
    result = CliRunner().invoke(cli, ["check", "--fix", "-"], input=broken)
    assert (result.exit_code, result.stdout) == (1, broken)


def test_fix_leaves_unselected_findings(folder, write, run):
    write("a.seqspec.toml", DOCUMENT)
    run("check", "--fix", "--ignore", "unknown-layer", "a.seqspec.toml")
    assert (folder / "a.seqspec.toml").read_text() == DOCUMENT
    run("baseline", "--baseline", "known.json", "a.seqspec.toml")
    run("check", "--fix", "--unsafe-fixes", "--baseline", "known.json", "a.seqspec.toml")
    assert (folder / "a.seqspec.toml").read_text() == DOCUMENT


def test_a_file_that_cannot_be_written(folder, write, run):
    write("a.seqspec.toml", DOCUMENT)
    os.chmod("a.seqspec.toml", 0o444)
    result = run("check", "--fix", "--fail-on", "never", "a.seqspec.toml")
    assert result.exit_code == 1
    assert "a.seqspec.toml: the file cannot be written: Permission denied" in result.stderr
    assert "unknown-layer" in result.stdout
    assert (folder / "a.seqspec.toml").read_text() == DOCUMENT


def test_a_file_that_changes_meanwhile(folder, write, run, monkeypatch):
    import seqspec.cli.fix as fixing

    def slow(*arguments, **options):
        fix_result = apply_fixes(*arguments, **options)
        (folder / "a.seqspec.toml").write_text("another\n")
        return fix_result

    write("a.seqspec.toml", DOCUMENT)
    monkeypatch.setattr(fixing, "apply_fixes", slow)
    result = run("check", "--fix", "a.seqspec.toml")
    assert "a.seqspec.toml: the file changed while it was being processed; skipped" in result.stderr
    assert (folder / "a.seqspec.toml").read_text() == "another\n"


def test_several_documents_by_several_processes(folder, write):
    for name in "abc":
        write(f"{name}.seqspec.toml", DOCUMENT)
    command = [sys.executable, "-m", "seqspec", "check", "--fix", "--unsafe-fixes", "--jobs", "2", "."]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Fixed 6 findings (0 left)" in result.stderr
    assert all((folder / f"{name}.seqspec.toml").read_text() == ALL for name in "abc")


def test_wrong_use(folder, write, run):
    write("a.seqspec.toml", DOCUMENT)
    for options, words in {
        ("--fix", "--watch"): "--watch cannot be combined with --fix",
        ("--diff", "-o", "x"): "--diff cannot be combined with --output",
        ("--fix", "-"): "with --fix or --diff, - must be the only path",
    }.items():
        result = run("check", "a.seqspec.toml", *options)
        assert result.exit_code == 2 and words in result.stderr


def test_findings_say_how_they_are_fixed(folder, write, run):
    write("a.seqspec.toml", DOCUMENT)
    out = run("check", "a.seqspec.toml").stdout
    assert '  = help: write "Dense" (--fix)\n' in out
    assert '  = help: write "relu" (--fix --unsafe-fixes)\n' in out
    assert "\nfixes: 1 with --fix, 1 with --fix --unsafe-fixes\n1 file checked: 2 errors\n" in out


def judged(rule):
    """A check with one more rule, a function from the tree to problems."""

    def check(document):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("seqspec.core.check.check.lint", lambda facts: rule(facts.spec.tree))
            return Check.of(document).report

    return check


def fix_result(text, rule):
    return apply_fixes(parse_text(text, "x.toml"), judged(rule), lambda report: report.diagnostics, unsafe=True)


def units(tree):
    return [(index, entry["units"]) for index, entry in enumerate(tree["model"]["layers"]) if "units" in entry]


def test_a_fix_that_leads_to_new_errors_is_not_made():
    def rule(tree):
        for index, size in units(tree):
            if size == 4:
                path = ("model", "layers", index)
                yield Violation(
                    "unused-declaration", "", path=path, fix=TreeFix("bad", (set_value((*path, "units"), "four"),))
                )
            elif size == 2:
                path = ("model", "layers", index, "units")
                yield Violation("unused-declaration", "", path=path, fix=TreeFix("good", (set_value(path, 3),)))

    done = fix_result(ALL, rule)
    assert done.document.text == ALL.replace("units = 2", "units = 3")
    assert [found.fix.message for found in done.fixed] == ["good"]
    assert [found.fix.message for found in done.refused] == ["bad"]


def test_fixes_that_meet_are_made_one_after_the_other():
    def rule(tree):
        layers = tree["model"]["layers"]
        for index in range(len(layers)):
            if layers[index].get("type") == "Dropout":
                path = ("model", "layers", index)
                yield Violation("unused-declaration", "", path=path, fix=TreeFix("away", (remove(path),)))

    text = ALL[: ALL.rindex("]")] + '  { type = "Dropout", rate = 0 }, { type = "Dropout", rate = 0.1 }\n]\n'
    done = fix_result(text, rule)
    assert len(done.fixed) == 2
    assert done.report.diagnostics == []
    assert done.document.text == ALL.replace("2 },\n", "2 }\n")


def test_fixes_that_undo_each_other_are_made_once():
    def rule(tree):
        for index, size in units(tree)[:1]:
            path = ("model", "layers", index, "units")
            yield Violation(
                "unused-declaration", f"{size}", path=path, fix=TreeFix("other", (set_value(path, 5 - size),))
            )

    done = fix_result(ALL, rule)
    assert [each.message.rpartition(" ")[2] for each in done.fixed] == ["4"]
    assert done.refused == []


def test_an_error_that_another_one_hid_is_no_reason_against_a_fix():
    text = (
        "seqspec = 1\n[model]\ninput = [8]\nlayers = [\n"
        '  { type = "dense", unit = 4 },\n  { type = "Conv2D", filters = 1, kernel_size = 3 },\n]\n'
    )
    done = fix_result(text, lambda tree: [])
    assert [found.code for found in done.fixed] == ["SEQ101", "SEQ102"]
    assert [found.code for found in done.report.diagnostics] == ["SEQ210"]


def test_a_layer_is_put_in():
    def rule(tree):
        if "Flatten" not in tree["model"]["layers"]:
            path = ("model", "layers", 1)
            yield Violation(
                "unused-declaration", "", path=path, fix=TreeFix("flatten", (insert(path, "Flatten"),), True)
            )

    assert fix_result(ALL, rule).document.text == ALL.replace("# hidden\n", '# hidden\n  "Flatten",\n')


def test_two_processes_on_one_file(folder, write):
    layers = "".join(f'  {{ type = "dense", units = {size}, activation = "rellu" }},\n' for size in range(4, 204))
    head, tail = DOCUMENT.split("  # the body\n")
    write("a.seqspec.toml", head + layers + tail.partition("hidden\n")[2])
    command = [sys.executable, "-m", "seqspec", "check", "--fix", "--unsafe-fixes", "a.seqspec.toml"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": environment}
    both = [subprocess.Popen(command, **pipes) for _ in range(2)]
    told = [process.communicate(timeout=300) for process in both]
    assert all(process.returncode in (0, 1, 2) for process in both), told
    assert not any("Traceback" in errors for _, errors in told)
    # Each write is whole, and at least one of the two has written everything.
    text = (folder / "a.seqspec.toml").read_text()
    assert text.count('type = "Dense"') == 201 and '"rellu"' not in text
    assert [path.name for path in folder.iterdir()] == ["a.seqspec.toml"]
