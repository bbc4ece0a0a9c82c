"""Configuration: which file applies, the effect of each key, and the errors of invalid files."""

import json
import os

import pytest

from tests.cli.project import BAD, BROKEN, GOOD, WARNS, project

__all__ = ["project"]

TWO_LAYERS = """seqspec = 1
[model]
input = [4]
layers = [
  { type = "Dense", units = 2, activation = "rellu" },
  { type = "Dense", units = 2, activation = "rellu" },
]
"""


def codes(result):
    return [line.split("[")[1].split("]")[0] for line in result.stdout.splitlines() if "[SEQ" in line]


def checked(project, *args, status=0):
    return codes(project.run("check", "--format", "concise", *args, status=status))


def applied(project, path=".", *args):
    told = json.loads(project.run("config", "--format", "json", path, *args).stdout)
    return told["configurations"][0]


def value(project, key, path=".", *args):
    return applied(project, path, *args)["settings"][key]["value"]


def test_the_closest_configuration_counts_alone(project):
    project.add("pyproject.toml", '[tool.seqspec]\nfail-on = "never"\nignore = ["SEQ101"]\n')
    project.add("a/seqspec.toml", 'ignore = ["SEQ102"]\n')
    project.add("a/b/pyproject.toml", "[project]\nname = 'x'\nkeywords = ['seqspec']\n")
    project.add("m.seqspec.toml", BAD)
    project.add("a/b/m.seqspec.toml", BAD)
    assert value(project, "ignore", "a/b/m.seqspec.toml") == ["SEQ102"]
    assert value(project, "fail-on", "a/b") == "error"
    assert value(project, "ignore", "m.seqspec.toml") == ["SEQ101"]
    assert checked(project, status=1) == ["SEQ102", "SEQ101"]


def test_hidden_configuration_file_has_precedence(project):
    project.add("pyproject.toml", '[tool.seqspec]\nfail-on = "never"\n')
    assert value(project, "fail-on") == "never"
    project.add("seqspec.toml", 'fail-on = "info"\n')
    assert value(project, "fail-on") == "info"
    project.add(".seqspec.toml", 'fail-on = "warning"\n')
    assert value(project, "fail-on") == "warning"
    assert applied(project)["file"].endswith(".seqspec.toml")
    assert applied(project)["settings"]["fail-on"]["origin"] == ".seqspec.toml:1:1"


def test_fail_on_is_that_of_each_document(project):
    project.add("strict/seqspec.toml", 'fail-on = "warning"\n')
    project.add("strict/m.seqspec.toml", WARNS)
    project.add("lax/m.seqspec.toml", WARNS)
    project.run("check", "lax")
    project.run("check", "strict", status=1)
    project.run("check", status=1)
    project.run("check", "--fail-on", "error")


def test_extend(project):
    project.add(
        "shared/base.toml",
        'fail-on = "never"\nignore = ["SEQ022"]\nextend-exclude = ["x/"]\nextend-select = ["SEQ1"]\npolicy = "p.json"\n'
        '[severity]\nSEQ022 = "info"\nSEQ1 = "warning"\n',
    )
    project.add(
        "pyproject.toml",
        '[tool.seqspec]\nextend = "shared/base.toml"\nignore = ["SEQ1"]\nextend-exclude = ["y/"]\n'
        'extend-select = ["SEQ2"]\nseverity.SEQ022 = "error"\n',
    )
    settings = {key: entry["value"] for key, entry in applied(project)["settings"].items()}
    assert settings["fail-on"] == "never"
    assert settings["ignore"] == ["SEQ1"]
    assert settings["exclude"][-2:] == ["x/", "y/"]
    assert settings["extend-select"] == ["SEQ1", "SEQ2"]
    assert settings["severity"] == {"SEQ022": "error", "SEQ1": "warning"}
    assert settings["policy"] == os.path.join("shared", "p.json")
    origins = {key: entry["origin"] for key, entry in applied(project)["settings"].items()}
    assert origins["fail-on"] == "shared/base.toml:1:1"
    assert origins["severity"] == "shared/base.toml:6:2, pyproject.toml:6:1"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"a.toml": 'extend = "b.toml"\n', "b.toml": 'extend = "a.toml"\n'},
            "b.toml: error[SEQ008] bad-configuration: this is not a valid configuration: line 1, column 10",
        ),
        (
            {"a.toml": 'extend = "b/seqspec.toml"\n', "b/seqspec.toml": 'extend = "../a.toml"\n'},
            "b/seqspec.toml:1:10: error[SEQ008]",
        ),
        ({"a.toml": 'extend = "none.toml"\n'}, "file none.toml does not exist"),
        ({"a.toml": 'extend = "pyproject.toml"\n', "pyproject.toml": ""}, "pyproject.toml has no table [tool.seqspec]"),
        (
            {"a.toml": 'extend = "b.toml"\n', "b.toml": "selct = []\n"},
            "b.toml: error[SEQ008] bad-configuration: this is not a valid configuration: line 1, column 1",
        ),
        (
            {"a.toml": 'extend = "b/seqspec.toml"\n', "b/seqspec.toml": "selct = []\n"},
            "b/seqspec.toml:1:1: error[SEQ008]",
        ),
    ],
)
def test_an_extend_that_cannot_be_used(project, files, message):
    for name, text in files.items():
        project.add(name, text)
    assert message in project.run("check", "--config", "a.toml", status=2).stderr


def test_a_configuration_on_the_command_line(project):
    project.add("pyproject.toml", '[tool.seqspec]\nignore = ["SEQ101"]\n')
    project.add("ci/strict.toml", 'select = ["SEQ102"]\n')
    project.add("m.seqspec.toml", BAD)
    assert checked(project, status=1) == ["SEQ102"]
    assert checked(project, "--isolated", status=1) == ["SEQ101", "SEQ102"]
    assert checked(project, "--config", "ci/strict.toml", status=1) == ["SEQ102"]
    assert checked(project, "--config", 'ignore = ["SEQ1"]') == []
    assert checked(project, "--config", "severity.unknown-argument = 'info'") == ["SEQ102"]
    result = project.run("check", "--config", "none.toml", status=2)
    assert "none.toml: error[SEQ008] bad-configuration: file not found" in result.stderr
    result = project.run("check", "--config", "fail-on = 3", status=2)
    assert (
        '--config:1:11: error[SEQ008] bad-configuration: fail-on must be "error", "warning", "info" or "never"'
        in result.stderr
    )
    project.run("check", "--config", "ignore = [", status=2)
    project.run("check", "--config", "ci/strict.toml", "--config", "pyproject.toml", status=2)


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ((), ["SEQ101", "SEQ102"]),
        (("--select", "SEQ101"), ["SEQ101"]),
        (("--select", "unknown-argument"), ["SEQ102"]),
        (("--select", "SEQ2"), []),
        (("--select", "SEQ2,SEQ102"), ["SEQ102"]),
        (("--select", "SEQ2", "--extend-select", "SEQ10"), ["SEQ101", "SEQ102"]),
        (("--ignore", "SEQ1"), []),
        (("--ignore", "SEQ1", "--extend-select", "SEQ102"), ["SEQ102"]),
        (("--ignore", "SEQ101", "--select", "ALL"), ["SEQ102"]),
        (("--ignore", "ALL"), []),
        (("--ignore", "unknown-layer"), ["SEQ102"]),
    ],
)
def test_select_and_ignore(project, args, expected):
    project.add("m.seqspec.toml", BAD)
    assert checked(project, *args, status=1 if expected else 0) == expected


def test_options_and_configuration(project):
    project.add("seqspec.toml", 'ignore = ["SEQ101"]\n')
    project.add("m.seqspec.toml", BAD)
    assert checked(project, "--ignore", "SEQ102") == []
    assert checked(project, "--select", "SEQ101", status=1) == ["SEQ101"]


def test_severity(project):
    project.add("m.seqspec.toml", BAD)
    project.add("w.seqspec.toml", WARNS)
    project.add(
        "seqspec.toml", '[severity]\nSEQ = "info"\nSEQ10 = "warning"\nSEQ101 = "info"\nunused-declaration = "error"\n'
    )
    told = project.run("check", "--format", "concise", status=1).stdout
    assert "info[SEQ101]" in told and "warning[SEQ102]" in told and "error[SEQ022]" in told
    assert "2 files checked: 1 error, 1 warning, 1 info" in project.run("check", status=1).stdout
    assert checked(project, "--ignore", "SEQ022", "--fail-on", "warning", status=1) == ["SEQ102", "SEQ101"]


def test_per_file_ignores(project):
    project.add("old/m.seqspec.toml", BAD)
    project.add("new/m.seqspec.toml", BAD)
    project.add(
        "seqspec.toml", '[per-file-ignores]\n"old/" = ["SEQ101", "unknown-argument"]\n"new/*.toml" = ["SEQ102"]\n'
    )
    assert checked(project, status=1) == ["SEQ101"]


def test_a_place_can_be_ignored(project):
    project.add("m.seqspec.toml", TWO_LAYERS)
    project.add("seqspec.toml", '[per-file-ignores]\n"m.seqspec.toml#/model/layers/0" = ["SEQ106"]\n')
    assert "m.seqspec.toml:6:" in project.run("check", "--format", "concise", status=1).stdout
    assert checked(project, status=1) == ["SEQ106"]


@pytest.mark.parametrize("text", [BROKEN, "seqspec = 1\n[model]\n[model]\n", "seqspec = 99\n[model]\n"])
def test_syntax_errors_are_reported_whatever_is_selected(project, text):
    project.add("m.seqspec.toml", text)
    project.add(
        "seqspec.toml", 'ignore = ["SEQ0", "ALL"]\n[severity]\nSEQ = "info"\n[per-file-ignores]\n"*" = ["ALL"]\n'
    )
    assert "error[SEQ0" in project.run("check", "--select", "SEQ2", "--ignore", "ALL", status=1).stdout


@pytest.mark.parametrize(
    "text",
    [
        'ignore = ["SEQ001"]',
        'ignore = ["syntax-error"]',
        'severity.unreadable-file = "info"',
        'per-file-ignores."*" = ["SEQ004"]',
    ],
)
def test_turning_it_off_by_name_is_an_error(project, text):
    project.add("seqspec.toml", text + "\n")
    result = project.run("check", status=2)
    assert "cannot be disabled or downgraded: files with this error are not checked" in result.stderr
    assert "exclude the file instead" in result.stderr


def test_limits(project):
    project.add("m.seqspec.toml", GOOD)
    assert checked(project, "--config", "limits.bytes = 20", status=1) == ["SEQ004"]
    assert value(project, "limits", ".", "--config", "limits = { depth = 8 }")["depth"] == 8


def test_limits_above_the_defaults_are_the_caller_s(project):
    """Whoever can open a pull request can write the configuration that a check finds."""
    project.add("m.seqspec.toml", f"# {'x' * (1 << 20)}\n{GOOD}")
    project.add("seqspec.toml", "limits = { bytes = 2000000, depth = 8 }\n")
    refused = project.run("check", status=1)
    assert "the limit is 1,048,576" in refused.stdout
    assert checked(project, "--config", "seqspec.toml") == checked(project, "--config", "limits.bytes = 2000000") == []
    limits = applied(project)["settings"]["limits"]
    assert (limits["value"]["bytes"], limits["value"]["depth"]) == (1 << 20, 8)
    assert limits["origin"] == "seqspec.toml:1:1, which has no effect without --config"


def test_paths_are_relative_to_the_configuration(project):
    project.add("seqspec.toml", 'policy = "rules/house.json"\n')
    project.add("rules/house.json", '{"required": ["compile"]}')
    project.add("models/m.seqspec.toml")
    os.chdir("models")
    assert checked(project, status=1) == ["SEQ115"]
    os.unlink("../rules/house.json")
    result = project.run("check", status=2)
    assert "seqspec.toml:1:1: policy" in result.stderr and "No such file" in result.stderr


WRONG = [
    ("exclud = []", "1:1", "unknown key exclud in the configuration", "did you mean exclude?"),
    ("Fail_On = 'error'", "1:1", "unknown key Fail_On", "write fail-on"),
    ("[model]", "1:2", "unknown key model", "name specs like model.seqspec.toml"),
    ("exclude = 'a'", "1:11", "exclude must be a list, each a pattern, got a string", "write it as a list"),
    ("exclude = ['a', 3]", "1:17", "exclude[1] must be a pattern, got 3", None),
    ("exclude = ['../a']", "1:12", "patterns must not lead outside the folder of the configuration", None),
    ("include = ['']", "1:12", "patterns must not be empty", None),
    ("include = ['!']", "1:12", "invalid pattern !", None),
    ("select = ['SEQX']", "1:11", 'unknown rule "SEQX"', 'a code prefix such as "SEQ1"'),
    ("ignore = ['unknwon-layer']", "1:11", 'unknown rule "unknwon-layer"', 'write "unknown-layer"'),
    ("ignore = ['seq101']", "1:11", 'unknown rule "seq101"', 'write "SEQ101"'),
    ("force-exclude = 1", "1:17", "force-exclude must be true or false, got 1", None),
    ("fail-on = 'eror'", "1:11", 'got "eror"', 'write "error"'),
    ("policy = 3", "1:10", "policy must be a file path, got 3", None),
    ("severity = 'error'", "1:12", "severity must be a table of rules and severities", None),
    ("[severity]\nSEQ101 = 'loud'", "2:10", 'SEQ101 must be "error", "warning" or "info", got "loud"', None),
    ("[severity]\nSEQX = 'error'", "2:1", 'unknown rule "SEQX"', None),
    ("[per-file-ignores]\n'a' = 'SEQ101'", "2:7", "a must be a list, each a rule, got a string", None),
    ("[per-file-ignores]\n'a#b' = []", "2:1", "# must be followed by a JSON Pointer", None),
    ("fail_on = 'error'", "1:1", "unknown key fail_on", "write fail-on"),
    ("[limits]\nlayer = 3", "2:1", "unknown key layer in limits", "did you mean layers?"),
    ("[limits]\nlayers = 0", "2:10", "layers must be an integer from 1 to 10000000, got 0", None),
    ("[limits]\nlayers = true", "2:10", "layers must be an integer from 1 to 10000000, got true", None),
    ("baseline = 1979-05-27", "1:12", "baseline must be a file path, got 1979-05-27", None),
    ("a = [", "1:", "", None),
]


@pytest.mark.parametrize(("text", "place", "message", "help"), WRONG)
def test_a_wrong_configuration_is_told_at_its_place(project, text, place, message, help):
    project.add("seqspec.toml", text + "\n")
    result = project.run("check", status=2)
    assert result.stdout == ""
    assert f"seqspec.toml:{place}" in result.stderr.splitlines()[0]
    assert "error[SEQ008] bad-configuration: " in result.stderr and message in result.stderr
    assert "^" in result.stderr
    assert help is None or help in result.stderr


def test_configuration_errors_are_all_reported(project):
    project.add(
        "pyproject.toml",
        "[project]\nname = 'x'\n\n[tool.seqspec]\nselct = []\nignore = ['x', 'y']\n[tool.seqspec.limits]\nlayer = 1\n",
    )
    stderr = project.run("config", status=2).stderr
    places = [line.split(": ")[0] for line in stderr.splitlines() if line.startswith("pyproject")]
    assert places == ["pyproject.toml:5:1", "pyproject.toml:6:11", "pyproject.toml:6:16", "pyproject.toml:8:1"]
    assert stderr.endswith("4 errors in the configuration; aborted\n")


def test_a_table_that_is_none(project):
    project.add("pyproject.toml", "[tool]\nseqspec = 3\n")
    assert (
        "pyproject.toml:2:11: error[SEQ008] bad-configuration: tool.seqspec must be a table"
        in project.run("check", status=2).stderr
    )


def test_an_option_that_is_wrong(project):
    result = project.run("check", "--select", "unknown-layr", status=2)
    assert '--select: error[SEQ008] bad-configuration: unknown rule "unknown-layr"' in result.stderr
    assert 'write "unknown-layer"' in result.stderr


def test_config_as_text(project):
    project.add("seqspec.toml", 'fail-on = "warning"\n')
    lines = project.run("config").stdout.splitlines()
    assert lines[0] == ".: seqspec.toml"
    assert 'fail-on = "warning"       # seqspec.toml:1:1' in lines
    assert "respect-gitignore = true  # default" in lines
    assert "no configuration" in project.run("config", "--isolated").stdout
    assert "none does not exist" in project.run("config", "none", status=2).stderr


def test_a_configuration_is_found_from_below(project):
    project.add("seqspec.toml", 'extend-exclude = ["a/old/"]\n')
    project.add("a/old/m.seqspec.toml")
    project.add("a/new/m.seqspec.toml")
    os.chdir("a")
    assert project.files() == ["new/m.seqspec.toml"]
    assert applied(project)["settings"]["exclude"]["origin"] is None
