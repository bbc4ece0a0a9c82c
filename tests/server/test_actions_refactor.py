"""Refactorings: what they write, and that no document means anything else after them."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from seqspec.documents.form.nodes import same
from seqspec.documents.source import parse_text
from seqspec.rules.check import examine
from tests.server.asking import asked, made, offers
from tests.strategies.documents import RANDOMS, TomlWriter, damage, write_json
from tests.strategies.mistakes import documents

ROOT = Path(__file__).parent.parent.parent
SOUND = sorted(
    path
    for folder in (ROOT / "tests" / "cases" / "ok", ROOT / "examples")
    for path in folder.rglob("*")
    if path.suffix in (".toml", ".json")
)
REFACTOR = ["refactor"]


def codes(examination):
    return {found.code for found in examination.report.diagnostics}


def assert_kept(question, action):
    """The text after a refactoring, which is another one for the same document."""
    new = made(question, action)
    assert new != question.snapshot.text
    before = question.snapshot.examination
    after = examine(parse_text(new, question.snapshot.file))
    assert after.document.readable and not after.document.problems, new
    assert same(before.expansion.tree, after.expansion.tree), new
    assert codes(before) == codes(after), new
    assert new.count("\r\n") in (0, new.count("\n")) or "\r\n" in question.snapshot.text
    return new


def draw_selection(draw, text, places):
    """A cursor or a selection, mostly at the edges of values."""
    edges = sorted({edge for place in places.values() for edge in place if edge >= 0}) or [0]
    start = draw(st.sampled_from(edges) | st.integers(0, len(text)))
    if draw(st.booleans()):
        return start, start
    end = draw(st.sampled_from(edges) | st.integers(0, len(text)))
    return min(start, end), max(start, end)


def refactor(draw, text, file, steps):
    """Refactorings one after another at drawn selections."""
    for _ in range(steps):
        document = parse_text(text, str(file))
        start, end = draw_selection(draw, document.text or "", document.places())
        question = asked(text, start, end, file=file, only=REFACTOR)
        found = list(offers(question).values())
        for action in found:
            new = assert_kept(question, action)
        if found:
            text = new


@settings(max_examples=150)
@given(st.data())
def test_real_documents_mean_the_same_after_every_refactoring(data):
    path = data.draw(st.sampled_from(SOUND))
    refactor(data.draw, path.read_bytes().decode("utf-8"), path, 2)


@settings(max_examples=150)
@given(st.data())
def test_random_documents_in_every_spelling_too(data):
    tree = data.draw(documents())
    for _ in range(data.draw(st.integers(0, 2))):
        tree["model"]["layers"] += tree["model"]["layers"][: data.draw(st.integers(1, 3))]
    random = data.draw(RANDOMS)
    json = data.draw(st.booleans())
    text = write_json(tree, random) if json else TomlWriter(random).document(tree)
    refactor(data.draw, text, "model.json" if json else "model.toml", 4)


@settings(max_examples=100)
@given(st.data())
def test_half_typed_documents(data):
    path = data.draw(st.sampled_from(SOUND))
    text = damage(path.read_bytes().decode("utf-8"), data.draw(RANDOMS))
    document = parse_text(text, str(path))
    question = asked(text, *draw_selection(data.draw, document.text or "", document.places()), file=path)
    for action in offers(question).values():
        if str(action.kind).startswith("refactor"):
            assert_kept(question, action)
        else:
            made(question, action)
