"""Every engine reports every mistake at its location with a correct message, and nothing in a valid spec."""

import json
import subprocess
import sys

import pytest

from tests.editor.clients.clients import SCHEMA
from tests.editor.clients.planted_errors import DOCUMENT, GONE, MISTAKES
from tests.integration.conftest import ROOT, clean
from tests.spec_text import to_json, to_toml

SOUND = [
    *sorted((ROOT / "examples").glob("*.seqspec.*")),
    *(
        ROOT / "tests" / "cases" / "ok" / name
        for name in ("blocks.toml", "custom.toml", "all-tables.json", "wrappers.json")
    ),
]

FORMATS = ("toml", "json")


def within(finding, span):
    """Whether a finding lies within a span, whose lines and columns count from 1."""
    start, end = (span.line - 1, span.column - 1), (span.end_line - 1, span.end_column)
    return start <= finding.start and finding.end <= end


def begins(finding, span):
    """Whether a finding begins with a span."""
    return finding.start == (span.line - 1, span.column - 1)


def check(client, mistake, names, at_its_place):
    answer = client.ask(mistake.text(client.format))
    named = [finding for finding in answer.findings if names in finding.message and at_its_place(finding)]
    assert named, (mistake.span(client.format), answer.findings)


@pytest.mark.needs("node", "editor engines")
@pytest.mark.parametrize("name", MISTAKES)
def test_vscode(vscode, name):
    mistake = MISTAKES[name]
    # What a table lacks is told at its brace, or at the key that holds the table.
    keys = [mistake.span("json", "key")] if mistake.value is GONE and mistake.place else []
    places = [mistake.span("json"), *keys]
    check(vscode, mistake, mistake.vscode or mistake.names, lambda finding: any(within(finding, at) for at in places))


@pytest.mark.needs("tombi")
@pytest.mark.parametrize("name", MISTAKES)
def test_tombi(tombi, name):
    mistake = MISTAKES[name]
    if mistake.value is GONE:
        # It marks the whole table that lacks something, from the line above its header.
        lines = range(mistake.span("toml").line - 2, mistake.span("toml").end_line)
        check(tombi, mistake, mistake.tombi or mistake.names, lambda finding: finding.start[0] in lines)
    else:
        check(tombi, mistake, mistake.tombi or mistake.names, lambda finding: within(finding, mistake.span("toml")))


@pytest.mark.needs("node", "editor engines")
@pytest.mark.parametrize("name", MISTAKES)
def test_taplo(taplo, name):
    mistake = MISTAKES[name]
    # It marks the key of a value, and of an inline table the key that holds it.
    places = [mistake.span("toml"), mistake.span("toml", "key")]
    if mistake.anchor == "key" or mistake.value is GONE:
        places.append(mistake.span("toml", "key", up=min(1, len(mistake.place) - 1)) if mistake.place else places[0])
    check(taplo, mistake, mistake.names, lambda finding: any(begins(finding, at) for at in places))


@pytest.fixture(scope="session")
def checked(tmp_path_factory):
    """What check-jsonschema says of all documents, by the name of each."""
    folder = tmp_path_factory.mktemp("checked")
    for index, mistake in enumerate(MISTAKES.values()):
        format = FORMATS[index % 2]
        (folder / f"{index}.{format}").write_text(mistake.text(format), encoding="utf-8")
    sound = [folder / "sound.toml", folder / "sound.json"]
    for path, write in zip(sound, (to_toml, to_json)):
        path.write_text(write(DOCUMENT), encoding="utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(SCHEMA), "--output-format", "json"]
    documents = sorted(map(str, folder.iterdir()))
    done = subprocess.run([*command, *documents], capture_output=True, text=True, env=clean())
    assert done.returncode == 1, done.stderr
    found = {}
    for error in json.loads(done.stdout)["errors"]:
        found.setdefault(error["filename"].rpartition("/")[2], []).append(error)
    return found


@pytest.mark.parametrize(("index", "name"), list(enumerate(MISTAKES)))
def test_check_jsonschema(checked, index, name):
    mistake = MISTAKES[name]
    errors = checked[f"{index}.{FORMATS[index % 2]}"]
    place = mistake.place[:-1] if mistake.anchor == "key" else mistake.place
    path = "$" + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in place)
    names = mistake.checker or mistake.names.strip('"')
    assert [error for error in errors if error["path"] == path and names in error["message"]], errors


def test_check_jsonschema_finds_nothing_in_a_sound_document(checked):
    assert not {"sound.toml", "sound.json"} & checked.keys()


@pytest.mark.parametrize("path", SOUND, ids=lambda path: path.name)
def test_a_sound_document(request, path):
    engines = ("taplo", "tombi") if path.suffix == ".toml" else ("vscode",)
    for engine in engines:
        answer = request.getfixturevalue(engine).ask(path.read_text(encoding="utf-8"))
        assert answer.findings == [], engine
