"""Code actions for findings: a fix, all safe fixes at once, a suppression comment."""

import shutil
from collections import Counter

import pytest
from click.testing import CliRunner
from lsprotocol import types

import seqspec
from seqspec.cli.main import cli
from seqspec.core.config.configuration import Configurations
from seqspec.core.diagnostics.codes import ESSENTIAL
from seqspec.core.syntax.source import parse_text
from seqspec.editor.lsp.code_actions.fixes import FIX_ALL, fixed
from seqspec.editor.lsp.diagnostics import published
from tests import CASES
from tests.editor.lsp.asking import asked, made, offers

ERR = sorted(path for path in (CASES / "err").rglob("*") if path.suffix in (".toml", ".json"))
BROKEN = """seqspec = 1

[model]
input = [28, 28, 1]
layers = [
  { type = "Conv2D", filters = 8, kernelsize = 3, activation = "rellu" }, # 😀 no padding
  "Flatten",
  { type = "dense", units = 10 },
]
"""


def settings_of(path):
    return Configurations().of_file(str(path))


def told_of(question):
    """The findings as they are published, by file."""
    snapshot = question.snapshot
    return published(snapshot.result.report, question.found, snapshot.file, question.text, question.codec)


def test_fixes_come_with_the_findings_that_are_published():
    question = asked(BROKEN, "kernelsize", '"rellu"')
    found = told_of(question)[question.snapshot.file]
    fixes = [each for each in offers(question).values() if not each.title.startswith("Ignore")]
    assert [(each.title, each.is_preferred) for each in fixes if each.kind == types.CodeActionKind.QuickFix] == [
        ("Write kernel_size", True),
        ('Write "relu"', False),
    ]
    assert all(told in found for each in fixes for told in each.diagnostics or ())
    assert made(question, fixes[0]) == BROKEN.replace("kernelsize", "kernel_size")
    assert made(question, fixes[1]) == BROKEN.replace("rellu", "relu")


def test_a_byte_order_mark_is_kept():
    text = "\ufeff" + BROKEN
    question = asked(text, "kernelsize")
    assert made(question, offers(question)["Write kernel_size"]) == text.replace("kernelsize", "kernel_size")
    first = "\ufeffmodel.layers = ['ReLu']\n"
    question = asked(first, "ReLu")
    assert made(question, offers(question)['Write "ReLU"']) == first.replace("ReLu", "ReLU")


def test_code_actions_obey_only():
    for only, titles in {
        ("quickfix",): {"Write kernel_size", "Ignore SEQ102 here"},
        ("source.fixAll",): {"Apply all safe fixes"},
        ("source",): {"Apply all safe fixes"},
        ("source.fixAll.seqspec",): {"Apply all safe fixes"},
        ("source.fixAll.ruff", "source.organizeImports", "refactor.extract.function", "quick"): set(),
    }.items():
        assert offers(asked(BROKEN, "kernelsize", only=only)).keys() == titles
    assert "Apply all safe fixes" in offers(asked(BROKEN, "kernelsize", only=[""]))


def test_a_finding_of_a_document_that_extends_this_one_is_mended_there(tmp_path):
    base = (
        'seqspec = 1\n[target]\nkind = "multiclass"\nclasses = 3\n[compile]\noptimizer = "adam"\n'
        'loss = { type = "SparseCategoricalCrossentropy", from_logits = true }\n[fit]\nepochs = 2\n'
    )
    layer = '{ type = "Dense", units = 3, activation = "softmax" }'
    child = f'seqspec = 1\nextends = "base.seqspec.toml"\n[model]\ninput = [8]\nlayers = [{layer}]\n'
    (tmp_path / "base.seqspec.toml").write_text(base)
    extending = asked(child, file=tmp_path / "child.seqspec.toml")
    (found,) = [each for each in extending.found if each.code == "SEQ307"]
    assert found.file == str(tmp_path / "base.seqspec.toml")
    others = [("file:///child", extending.snapshot, extending.choose)]
    question = asked(base, "from_logits", "true", file=found.file, others=others)
    action = offers(question)["Remove the activation"]
    (edit,) = action.edit.changes["file:///child"]
    told = told_of(extending)
    assert action.diagnostics == [each for each in told[found.file] if each.code == "SEQ307"]
    start, end = (extending.text.offset(at) for at in (edit.range.start, edit.range.end))
    mended = child[:start] + edit.new_text + child[end:]
    assert mended == child.replace(', activation = "softmax"', "")
    assert not offers(asked(base, "from_logits", "true", file=found.file, only=["quickfix"]))


def command_fixes(path, tmp_path):
    """What `seqspec check --fix` writes."""
    for other in path.parent.iterdir():
        if other.is_file() and path.parent != tmp_path:
            shutil.copy(other, tmp_path / other.name)
    copy = tmp_path / path.name
    CliRunner().invoke(cli, ["check", "--fix", str(copy)], catch_exceptions=False)
    return copy.read_bytes().decode("utf-8")


FIXED = [path for path in ERR if "(--fix)" in path.with_name(f"{path.name}.out").read_text(encoding="utf-8")]


@pytest.mark.parametrize("path", FIXED, ids=lambda path: path.relative_to(CASES).as_posix())
def test_fix_all_equals_the_command(path, tmp_path):
    text = path.read_bytes().decode("utf-8")
    question = asked(text, file=path, only=[FIX_ALL])
    (action,) = offers(question).values()
    assert action.kind == FIX_ALL
    assert made(question, action) == command_fixes(path, tmp_path) != text


def test_fix_all_obeys_the_configuration_and_is_lazy(tmp_path):
    (tmp_path / "seqspec.toml").write_text('ignore = ["SEQ102"]\n')
    file = tmp_path / "model.seqspec.toml"
    crlf = BROKEN.replace("\n", "\r\n")
    file.write_bytes(crlf.encode())
    question = asked(crlf, file=file, settings=settings_of(file), only=[FIX_ALL], resolves=True)
    (action,) = offers(question).values()
    assert action.edit is None and action.data == {"uri": question.uri, "kind": FIX_ALL}
    action.edit = fixed(question)
    new = made(question, action)
    assert new == crlf.replace('"dense"', '"Dense"') == command_fixes(file, tmp_path)
    assert not offers(asked(new, file=file, settings=settings_of(file), only=[FIX_ALL]))


def counted(found):
    return Counter((each.code, each.message) for each in found)


NOT_SUPPRESSED = {*ESSENTIAL, "unused-suppression", "bad-suppression"}


@pytest.mark.parametrize("path", ERR, ids=lambda path: path.relative_to(CASES).as_posix())
def test_findings_can_be_suppressed_at_their_line(path):
    text = path.read_bytes().decode("utf-8")
    question = asked(text, file=path, only=[FIX_ALL])
    assert bool(offers(question)) == (path in FIXED)
    document = question.snapshot.document
    report = question.snapshot.result.report
    for found in question.found:
        if found.span is None or found.file != str(path):
            continue
        start = document.offset(found.span.line, found.span.column)
        here = asked(text, start, file=path, snapshot=question.snapshot, only=["quickfix"])
        action = offers(here).get(f"Ignore {found.code} here")
        possible = report.complete and document.readable and found.name not in NOT_SUPPRESSED
        if not possible or (document.format == "json" and document.violations):
            assert action is None
            continue
        assert action is not None
        after = seqspec.check(parse_text(made(here, action), str(path)))
        alike = (found.code, found.message)
        assert counted(after.diagnostics)[alike] < counted(report.diagnostics)[alike]
        assert counted(after.suppressed)[alike] > counted(report.suppressed)[alike]
        assert counted(after.diagnostics) <= counted(report.diagnostics)


@pytest.mark.parametrize(
    ("line", "mended"),
    [
        (
            '  { type = "Dense", units = 1, activation = "softmax" }, # one',
            '  { type = "Dense", units = 1, activation = "softmax" }, # one # seqspec: ignore[SEQ301]',
        ),
        (
            '  { type = "Dense", units = 1, activation = "softmax" }, # seqspec: ignore[SEQ012] so',
            '  { type = "Dense", units = 1, activation = "softmax" }, # seqspec: ignore[SEQ012, SEQ301] so',
        ),
        (
            '  # seqspec: ignore[SEQ012]\n  { type = "Dense", units = 1, activation = "softmax" },',
            '  # seqspec: ignore[SEQ012, SEQ301]\n  { type = "Dense", units = 1, activation = "softmax" },',
        ),
        (
            '  { type = "Dense", units = 1, activation = """softmax""", name = """a\\\n  b""" },',
            '  # seqspec: ignore[SEQ301]\n  { type = "Dense", units = 1, activation = """softmax""", '
            'name = """a\\\n  b""" },',
        ),
        (
            '  { type = "Dense", units = 1, activation = "softmax", x-seqspec-ignore = ["SEQ012"] }, # seqspec: no',
            '  # seqspec: ignore[SEQ301]\n  { type = "Dense", units = 1, activation = "softmax", '
            'x-seqspec-ignore = ["SEQ012"] }, # seqspec: no',
        ),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_suppressions_are_written_at_the_line(line, mended, end):
    text = f"seqspec = 1\n[model]\ninput = [8]\nlayers = [\n{line}\n]\n".replace("\n", end)
    question = asked(text, "units", "softmax")
    assert made(question, offers(question)["Ignore SEQ301 here"]) == text.replace(
        line.replace("\n", end), mended.replace("\n", end)
    )


@pytest.mark.parametrize(
    ("layer", "mended"),
    [
        ('{"type": "Dense", "units": 1, "activation": "softmax"}', ', "x-seqspec-ignore": ["SEQ301"]}'),
        (
            '{"type": "Dense", "units": 1, "activation": "softmax", "x-seqspec-ignore": ["SEQ012"]}',
            '["SEQ012", "SEQ301"]}',
        ),
        (
            '{"type": "Dense", "units": 1, "activation": "softmax", "x-seqspec-ignore": {"SEQ012": "so"}}',
            '{"SEQ012": "so", "SEQ301": "intentional"}}',
        ),
    ],
)
def test_a_suppression_in_json(layer, mended):
    text = f'{{"seqspec": 1, "model": {{"input": [8], "layers": [{layer}]}}}}'
    question = asked(text, "units", "softmax", file="model.seqspec.json")
    new = made(question, offers(question)["Ignore SEQ301 here"])
    assert new.removesuffix("]}}").endswith(mended)
