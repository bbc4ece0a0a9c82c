"""Known findings do not fail a check, new ones do, and moving a line adds no new finding."""

import json
import os

import pytest

from tests.cli.project import BAD, BROKEN, GOOD, project

__all__ = ["project"]

REPEATED = """seqspec = 1
[model]
input = [4]
layers = [
  { type = "Dense", units = 2, activation = "rellu" },
  { type = "Dense", units = 3, activation = "rellu" },
]
"""


@pytest.fixture
def known(project):
    project.add("m.seqspec.toml", BAD)
    project.add("seqspec.toml", 'baseline = "known.json"\n')
    result = project.run("baseline")
    assert result.stdout == "known.json: 2 known findings (0 before), 1 file checked\n"
    return project


def entries(project, name="known.json"):
    return json.loads((project.root / name).read_text(encoding="utf-8"))["findings"]


def test_known_findings_do_not_fail(known):
    assert known.run("check").output == "1 file checked: no findings (2 known)\n"
    assert known.run("check", "--format", "concise").output == ""
    known.run("check", "--isolated", status=1)


def test_an_option_names_another_baseline(project):
    project.add("m.seqspec.toml", BAD)
    project.run("baseline", "--baseline", "ci/known.json", status=2)
    os.mkdir("ci")
    project.run("baseline", "--baseline", "ci/known.json")
    project.run("check", "--baseline", "ci/known.json")
    project.run("check", status=1)
    project.run("baseline")
    assert os.path.exists("seqspec-baseline.json")


def test_new_findings_fail(known):
    known.add("m.seqspec.toml", BAD.replace("units = 2", "units = -2").replace('Dens"', 'Dense"'))
    result = known.run("check", status=1)
    assert "SEQ105" in result.stdout and "SEQ102" not in result.stdout
    assert "1 file checked: 1 error (1 known)" in result.stdout
    assert result.stderr == (
        "seqspec: 1 baseline findings are fixed; remove them from known.json with `seqspec baseline`\n"
    )


def test_moved_lines_are_nothing_new(known):
    moved = "# a comment\n\n" + BAD.replace("layers = [", 'layers = [\n  { type = "Flatten" },\n').replace("  {", "\t{")
    known.add("m.seqspec.toml", moved)
    known.run("check")


def test_another_mistake_at_the_same_place_is_new(known):
    known.add("m.seqspec.toml", BAD.replace('"Dens"', '"Danse"'))
    assert "Danse" in known.run("check", status=1).stdout


def test_one_more_of_the_same_is_new(project):
    project.add("m.seqspec.toml", REPEATED)
    project.run("baseline")
    [entry] = entries(project, "seqspec-baseline.json")
    assert (entry["times"], entry["place"]) == (2, "/model/layers/*/activation")
    project.run("check", "--baseline", "seqspec-baseline.json")
    more = '\n  { type = "Dense", units = 4, activation = "rellu" },\n]\n'
    project.add("m.seqspec.toml", REPEATED.replace("\n]\n", more))
    result = project.run("check", "--baseline", "seqspec-baseline.json", status=1)
    assert "1 file checked: 1 error (2 known)" in result.stdout


def test_the_same_mistake_in_another_file_is_new(known):
    known.add("n.seqspec.toml", BAD)
    assert "n.seqspec.toml:5" in known.run("check", status=1).stdout


def test_unreadable_files_are_never_in_the_baseline(project):
    project.add("m.seqspec.toml", BROKEN)
    (project.root / "b.seqspec.toml").write_bytes(b"\xff")
    project.add("v.seqspec.toml", "seqspec = 99\n")
    result = project.run("baseline")
    assert entries(project, "seqspec-baseline.json") == []
    assert "3 findings of unreadable files not added to the baseline; fix them first" in result.stderr
    project.run("check", "--baseline", "seqspec-baseline.json", status=1)


def test_a_baseline_is_the_same_from_every_folder(known):
    known.add("sub/m.seqspec.toml", BAD)
    known.run("baseline")
    before = (known.root / "known.json").read_bytes()
    os.chdir("sub")
    known.run("check")
    known.run("baseline", "..", "m.seqspec.toml")
    assert (known.root / "known.json").read_bytes() == before
    assert {entry["file"] for entry in entries(known)} == {"m.seqspec.toml", "sub/m.seqspec.toml"}


def test_writing_it_anew(known):
    known.add("n.seqspec.toml", BAD)
    result = known.run("baseline", "n.seqspec.toml")
    assert result.stdout == "known.json: 4 known findings (2 before), 1 file checked\n"
    known.add("m.seqspec.toml", GOOD)
    os.unlink("n.seqspec.toml")
    result = known.run("baseline")
    assert "0 known findings (4 before)" in result.stdout
    assert "removed 4 entries of fixed findings" in result.stderr
    assert entries(known) == []


def test_a_finding_that_was_there_more_often_shrinks(project):
    project.add("m.seqspec.toml", REPEATED)
    project.run("baseline")
    project.add("m.seqspec.toml", REPEATED.replace('"rellu"', '"relu"', 1))
    project.run("baseline")
    [entry] = entries(project, "seqspec-baseline.json")
    assert entry["times"] == 1


def test_a_finding_in_a_base_counts_once(project):
    project.add("base.seqspec.toml", BAD)
    for name in "ab":
        project.add(f"{name}.seqspec.toml", 'seqspec = 1\nextends = "base.seqspec.toml"\n')
    project.run("baseline")
    assert [entry["times"] for entry in entries(project, "seqspec-baseline.json")] == [1, 1]
    project.add("c.seqspec.toml", 'seqspec = 1\nextends = "base.seqspec.toml"\n')
    project.run("check", "--baseline", "seqspec-baseline.json")


def test_sarif_and_json_mark_what_is_known(known):
    known.add("n.seqspec.toml", BAD)
    log = json.loads(known.run("check", "--format", "sarif", status=1).stdout)
    states = [(result["baselineState"], "suppressions" in result) for result in log["runs"][0]["results"]]
    assert states == [("unchanged", True), ("unchanged", True), ("new", False), ("new", False)]
    told = json.loads(known.run("check", "--format", "json", status=1).stdout)
    assert [(len(d["diagnostics"]), len(d["known"]), d["ok"]) for d in told["documents"]] == [
        (0, 2, True),
        (2, 0, False),
    ]


def test_the_settings_hold_for_a_baseline_too(project):
    project.add("m.seqspec.toml", BAD)
    project.add("seqspec.toml", 'ignore = ["SEQ101"]\n')
    project.run("baseline")
    assert [entry["code"] for entry in entries(project, "seqspec-baseline.json")] == ["SEQ102"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "file not found"),
        ("{", "known.json: error[SEQ008] bad-configuration: this file is not a baseline"),
        (
            '{"version": 2, "findings": []}',
            "known.json:1:13: error[SEQ008] bad-configuration: the baseline version must be 1",
        ),
        ('{"version": 1, "findings": 3}', "findings must be a list of tables"),
        ('{"version": 1, "findings": [3]}', "known.json:1:29"),
        ('{"version": 1, "findings": [{}]}', "missing key file in a finding"),
    ],
)
def test_a_baseline_that_is_none(known, text, message):
    if text is None:
        os.unlink("known.json")
    else:
        known.add("known.json", text)
    result = known.run("check", status=2)
    assert message in result.stderr
    assert result.stdout == ""


def test_an_entry_with_a_wrong_value(known):
    told = json.loads((known.root / "known.json").read_text())
    told["findings"][1]["times"] = "two"
    known.add("known.json", json.dumps(told))
    assert "times must be an integer" in known.run("check", status=2).stderr
