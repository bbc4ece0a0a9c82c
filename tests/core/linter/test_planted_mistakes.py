"""A valid spec with one inserted mistake, as TOML and as JSON: one error, at the mistake."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import seqspec
from seqspec.core.syntax.source import read_source
from tests.spec_text import to_json, to_toml
from tests.strategies.mistakes import MISTAKES, documents

pytestmark = pytest.mark.slow

WRITERS = {"toml": to_toml, "json": to_json}


def overlap(a, b):
    return (a.line, a.column) < (b.end_line, b.end_column) and (b.line, b.column) < (a.end_line, a.end_column)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("mistakes")


@given(documents(), st.sampled_from(sorted(WRITERS)))
def test_valid_document_has_no_error(folder, document, format_):
    assume(seqspec.check(document).ok)
    path = folder / f"good.{format_}"
    path.write_text(WRITERS[format_](document), encoding="utf-8")
    report = seqspec.check(path)
    assert [found for found in report.diagnostics if found.code < "SEQ3"] == []
    assert [layer.output for layer in report.layers] == [
        layer.output for layer in seqspec.check(document).layers
    ] or any("?" in str(layer.output) for layer in report.layers)


@pytest.mark.sampled(4)
@settings(max_examples=15)
@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
@given(data=st.data(), rng=st.randoms(use_true_random=False), format_=st.sampled_from(sorted(WRITERS)))
def test_one_mistake_is_one_error_at_its_location(folder, mistake, data, rng, format_):
    document = data.draw(documents())
    assume(seqspec.check(document).ok)
    planted = mistake(rng, document)
    assume(planted is not None)
    text = WRITERS[format_](document)
    path = folder / f"planted.{format_}"
    path.write_text(text, encoding="utf-8")
    errors = [diagnostic for diagnostic in seqspec.check(path).diagnostics if diagnostic.severity == "error"]
    assert [error.name for error in errors] in [[rule] for rule in planted.rules], (errors, text)
    place = read_source(path).span(planted.path, planted.anchor)
    assert overlap(errors[0].span, place), (errors, place, text)
    # The same as a dict, where there are no lines.
    again = [diagnostic for diagnostic in seqspec.check(document).diagnostics if diagnostic.severity == "error"]
    assert [(error.name, error.pointer) for error in again] == [(error.name, error.pointer) for error in errors]
