"""Refactorings: their edits, which never change the meaning of a spec."""

import re
from collections import Counter
from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqspec.core.check.check import Check
from seqspec.core.syntax.formatter.nodes import equal_trees
from seqspec.core.syntax.source import parse_text
from tests import ROOT
from tests.core.syntax.test_edit import comments_of
from tests.editor.lsp.asking import asked, made, offers
from tests.strategies.documents import RANDOMS, TomlWriter, damage, write_json

SOUND = sorted(
    path
    for folder in (ROOT / "tests" / "cases" / "ok", ROOT / "examples")
    for path in folder.rglob("*")
    if path.suffix in (".toml", ".json")
)
FAULTY = sorted(path for path in (ROOT / "tests" / "cases" / "err").rglob("*") if path.suffix in (".toml", ".json"))
REFACTOR = ["refactor"]


def codes(result):
    return {found.code for found in result.report.diagnostics}


def assert_kept(question, action):
    """The text after a refactoring, which is another one for the same document."""
    new = made(question, action)
    assert new != question.snapshot.text
    before = question.snapshot.result
    after = Check.of(parse_text(new, question.snapshot.file))
    assert after.document.readable and not after.document.violations, new
    if action.title.startswith("Convert to"):
        assert equal_trees(before.spec.to_dict(), after.spec.to_dict()), new
    else:
        assert equal_trees(before.expansion.tree, after.expansion.tree), new
    assert codes(before) == codes(after), new
    # What is inlined everywhere goes with the comments of its own declaration.
    if question.snapshot.document.format == "toml" and not action.title.startswith("Inline"):
        assert Counter(comments_of(before.document.text)) <= Counter(comments_of(after.document.text)), new
    assert new.count("\r\n") in (0, new.count("\n")) or "\r\n" in question.snapshot.text
    return new


def layer_entries(places):
    """The stretches of layers, one list after another, of which each ends where the next one begins."""
    lists = {}
    for path, (start, *_) in places.items():
        if path and isinstance(path[-1], int) and path[-2:-1] == ("layers",):
            lists.setdefault(path[:-1], []).append(start)
    return list(lists.values())


def draw_selection(draw, document):
    """A cursor or a selection: neighbouring layers, a reference, the edge of a value, anything."""
    text, places = document.text or "", document.places()
    kind = draw(st.sampled_from(["layers", "word", "edges", "any"]))
    lists = layer_entries(places)
    if kind == "layers" and lists:
        starts = draw(st.sampled_from(lists))
        first = draw(st.integers(0, len(starts) - 1))
        last = draw(st.integers(first, min(len(starts) - 1, first + 3)))
        if last + 1 < len(starts):
            # Without the comments above the next one, as somebody selects whole lines.
            return starts[first], len(text[: starts[last + 1]].rstrip(" \t\r\n"))
        ends = [end for _, end, *_ in places.values() if end >= starts[last]]
        return starts[first], draw(st.sampled_from([*ends, len(text)]))
    marked = [match.start() + 1 for match in re.finditer(r"\$|use", text)]
    if kind == "word" and marked:
        at = draw(st.sampled_from(marked))
        return at, at
    edges = sorted({edge for place in places.values() for edge in place if edge >= 0}) or [0]
    points = st.sampled_from(edges) if kind == "edges" else st.integers(0, len(text))
    start = draw(points)
    end = start if draw(st.booleans()) else draw(points)
    return min(start, end), max(start, end)


def refactor(draw, text, file, steps):
    """Refactorings one after another at drawn selections."""
    for _ in range(steps):
        document = parse_text(text, str(file))
        start, end = draw_selection(draw, document)
        question = asked(text, start, end, file=file, only=REFACTOR)
        found = list(offers(question).values())
        for action in found:
            new = assert_kept(question, action)
        if found:
            text = new


@pytest.mark.slow
@settings(max_examples=150)
@given(st.data())
def test_real_documents_mean_the_same_after_every_refactoring(data):
    path = data.draw(st.sampled_from(SOUND))
    refactor(data.draw, path.read_bytes().decode("utf-8"), path, 2)


@pytest.mark.slow
@settings(max_examples=150)
@given(st.data())
def test_documents_in_every_spelling_too(data):
    path = data.draw(st.sampled_from(SOUND))
    tree = deepcopy(parse_text(path.read_text(encoding="utf-8"), str(path)).tree)
    layers = tree.get("model", {}).get("layers", [])
    for _ in range(data.draw(st.integers(0, 2))):
        layers += layers[: data.draw(st.integers(1, 3))]
    random = data.draw(RANDOMS)
    json = path.suffix == ".json" or data.draw(st.booleans())
    text = write_json(tree, random) if json else TomlWriter(random).document(tree)
    refactor(data.draw, text, path.with_name(f"other{'.json' if json else '.toml'}"), 3)


@settings(max_examples=100)
@given(st.data())
def test_half_typed_and_faulty_documents(data):
    path = data.draw(st.sampled_from(SOUND) | st.sampled_from(FAULTY))
    text = path.read_bytes().decode("utf-8")
    if data.draw(st.booleans()):
        text = damage(text, data.draw(RANDOMS))
    document = parse_text(text, str(path))
    question = asked(text, *draw_selection(data.draw, document), file=path)
    for action in offers(question).values():
        if str(action.kind).startswith("refactor"):
            assert_kept(question, action)
        else:
            made(question, action)
