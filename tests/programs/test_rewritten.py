"""A program has the findings of the equivalent spec, each at the line of the layer or argument.

The golden documents are rewritten as Keras programs that make their labels and samples with NumPy
(`scripts/programs.py`), and codes, severities and lines are compared.
"""

import json
import re
import sys
import tomllib
from pathlib import Path

import pytest

import seqspec
from seqspec.core.check.check import Check, CheckSettings, check_source
from tests import ROOT
from tests.record import entries

CASES = ROOT / "tests" / "cases"
sys.path.insert(0, str(ROOT / "scripts"))

from programs import NotWritten, Program, compare  # noqa: E402

OF_THE_LANGUAGE = ("custom/", "json/", "language/", "naive/")
"""Folders of `err` about words of the language that Python does not have, or that an import reads as old spellings."""

EXCEPTIONS = {
    "err/training/class-weight.toml": "class_weight has keys that are not class indices",
    "err/training/target-kinds.toml": "[target] itself is wrong",
    "err/training/target-without-kind.toml": "[target] itself is wrong",
    "err/misspelt-key.toml": "an unknown key of [model]",
    "err/duplicate-names.toml": "Keras accepts names that a spec does not",
    "err/lambda.toml": "a Lambda in a program is not a mistake",
    "err/units-float-negative.toml": "Python has no other 1 than True",
    "err/training/callbacks.toml": "a schedule that is code is not a mistake of a program",
    "err/training/optimizer-shorthand.toml": "lr is an old name, which programs may use",
    "err/training/optimizers.toml": "lr is an old name, which programs may use",
    "err/training/monitor-not-logged/without-data.toml": "fit without validation_data says that there is none",
    "err/data/range-exceeds-dtype/model.toml": "a spec without [fit] does not say that Keras casts the samples",
    "ok/text.toml": "the vocabulary is adapted elsewhere",
}
"""Documents whose program differs, and why it should."""


def documents(folder):
    for path in sorted((CASES / folder).rglob("*")):
        name = path.relative_to(CASES).as_posix()
        if path.suffix not in (".toml", ".json") or name.removeprefix("err/").startswith(OF_THE_LANGUAGE):
            continue
        if name not in EXCEPTIONS:
            yield name, path


AREAS = {
    "clean": 45,
    "err/architecture": 80,
    "err/cost": 3,
    "err/data": 20,
    "err/head": 35,
    "err/training": 60,
    "ok/architecture": 70,
    "ok/data": 15,
    "ok/head": 35,
    "ok/training": 45,
}
"""Folders of golden documents, and how many of each can be rewritten at least."""


def check_for_keras_3(source):
    """A spec is for Keras 3."""
    return check_source(source, CheckSettings(keras="3"))


@pytest.mark.parametrize("functional", [False, True])
@pytest.mark.parametrize("area", AREAS)
def test_rewritten_programs_have_the_findings_of_the_spec(area, functional, tmp_path):
    compared, different = 0, {}
    for name, path in documents(area):
        spec = Check.of(path).spec
        if not spec.readable:
            continue
        try:
            found = compare(spec.tree, tmp_path, check_for_keras_3, ("missing-input",), functional)
        except NotWritten:
            continue
        compared += 1
        if found.missing or found.more:
            different[name] = (found.missing, found.more)
    assert different == {}
    assert compared >= AREAS[area]


def test_exceptions_name_existing_cases():
    assert [name for name in EXCEPTIONS if not (CASES / name).exists()] == []


def test_comparison_includes_lines_and_codes(tmp_path):
    """The comparison itself: a finding at another line counts as missing there and as one more here."""
    tree = {
        "seqspec": 1,
        "model": {"input": [4], "layers": [{"type": "Dense", "units": 1, "activation": "softmax"}]},
        "compile": {"optimizer": "adam", "loss": "binary_crossentropy"},
    }
    program = Program(tree)
    line = program.line("/model/layers/0/activation")
    assert program.text.split("\n")[line - 1].strip() == "activation='softmax',"

    def moved(source):
        report = seqspec.check(source)
        if isinstance(source, Path):
            source.write_text("\n" + program.text)
            report = seqspec.check(source)
        return report

    found = compare(tree, tmp_path, moved)
    assert [each[:2] for each in found.missing] == [(line, "SEQ301")]
    assert [each[:2] for each in found.more] == [(line + 1, "SEQ301")]


SPEC_WORDS = re.compile(
    r"\[(compile|custom|data|fit|model|quantize|runtime|target|vars)[\].]|\b[a-z_]+ = "
    r"|\b(TOML|null|true|false|tables?|specs?|documents?|keys?|seqspec|under custom|in runtime)\b"
    r'|\b(weights|split)="none"'
)
QUOTED = re.compile(r'(?<!=)"[^"]*"')
"""Values of the program itself, which may be any word."""


def words_of_specs(tree, file):
    """The texts of the findings in a program written from a spec that only a spec can have; None without a program."""
    try:
        file.write_text(Program(tree).text, encoding="utf-8")
    except NotWritten:
        return None
    texts = []
    for diagnostic in seqspec.check(file).diagnostics:
        related = [each.message for each in diagnostic.related]
        texts += [diagnostic.message, diagnostic.label, diagnostic.help, *diagnostic.notes, *related]
    return [text for text in texts if text and SPEC_WORDS.search(QUOTED.sub("", text))]


@pytest.mark.parametrize("area", [*(area for area in AREAS if area.startswith("err/")), "err"])
def test_messages_use_python_terms(area, tmp_path):
    """Keys are arguments there, tables are calls, and settings `nesterov=True`, in every text of a finding."""
    found, programs = [], 0
    for name, path in documents(area):
        spec = Check.of(path).spec
        texts = words_of_specs(spec.tree, tmp_path / "program.py") if spec.readable else None
        if texts is not None:
            programs += 1
            found += [(name, text) for text in texts]
    assert programs >= AREAS.get(area, 250) and found == []


def test_messages_about_wrong_values_use_python_terms(tmp_path):
    """The same for every kind of wrong value, in a sample of the recorded specs with one mistake each."""
    found, programs = [], 0
    for number, entry in enumerate(entries()):
        if number % 40 == 0:
            try:
                tree = json.loads(entry.text) if entry.format == "json" else tomllib.loads(entry.text)
                texts = words_of_specs(tree, tmp_path / "program.py")
            except (KeyError, TypeError, ValueError, AttributeError):
                continue
            if texts is not None:
                programs += 1
                found += [(entry.id, text) for text in texts]
    assert programs > 300 and found == []


@pytest.mark.parametrize(("area", "share"), [("clean", 0), ("err/head", 0.8), ("err/training", 0.7), ("ok/head", 0)])
def test_a_graph_has_no_other_findings_than_the_same_chain(area, share, tmp_path):
    """A second input that no layer uses makes a graph of a chain: rules that hold for graphs report the same."""
    different, programs, chains, graphs = {}, 0, 0, 0
    for name, path in documents(area):
        spec = Check.of(path).spec
        try:
            program = Program(spec.tree, functional=True)
        except (NotWritten, AttributeError):
            continue
        text = program.text.replace("\n    inputs,\n    x,", "\n    [inputs, keras.Input((3,))],\n    x,")
        found = []
        for each in (program.text, text):
            (tmp_path / "program.py").write_text(each, encoding="utf-8")
            diagnostics = seqspec.check(tmp_path / "program.py").diagnostics
            found.append(
                {
                    (d.code, d.span.line)
                    for d in diagnostics
                    # The second input has no data.
                    if d.name not in ("missing-input", "unused-input")
                    and not d.message.startswith("the model has 2 inputs")
                }
            )
        chain, graph = found
        programs, chains, graphs = programs + 1, chains + len(chain), graphs + len(graph)
        if graph - chain:
            different[name] = graph - chain
    assert different == {}
    assert programs > 30 and graphs >= share * chains
