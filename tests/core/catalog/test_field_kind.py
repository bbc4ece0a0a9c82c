"""What annotations of fields say, and that all who need it ask one place."""

import re
from pathlib import Path
from typing import Annotated, Literal

import pytest
from annotated_types import Ge, Le, Len

from seqspec.core.catalog.field_kind import Form, kind_of
from seqspec.core.catalog.markers import NEUTRAL, Expects, Offers
from seqspec.core.catalog.types import Maybe, Number, UnitInterval


@pytest.mark.parametrize(
    ("annotation", "form", "text"),
    [
        (UnitInterval, Form.NUMBER, "a number from 0 to 1"),
        (Maybe[Annotated[int, Ge(1)]], Form.INTEGER, 'a positive integer, or "none"'),
        (Literal["min", "max"], Form.CHOICE, '"min" or "max"'),
        (Annotated[list[int], Len(2, 2)], Form.LIST, "a list of 2 elements, each an integer"),
        (dict[str, Number], Form.MAPPING, "a table with values that are each a number"),
        (bool | str, Form.UNION, "true or false, or a string"),
    ],
)
def test_a_kind_has_a_form_and_a_description(annotation, form, text):
    kind = kind_of(annotation)
    assert (kind.form, kind.text) == (form, text)


def test_a_description_of_its_own_includes_none_only_where_it_is_that_of_the_whole_type():
    inside = kind_of(Maybe[Annotated[str, Expects("a word")]])
    whole = kind_of(Annotated[Maybe[str], Expects("a word or nothing")])
    assert (inside.optional, inside.text) == (True, 'a word, or "none"')
    assert (whole.optional, whole.text) == (False, "a word or nothing")


def test_markers_of_the_inner_type_are_those_of_the_kind():
    kind = kind_of(Maybe[Annotated[float, Ge(0), Le(1), NEUTRAL]])
    assert kind.bounds == (Ge(0), Le(1))
    assert kind.is_shape_neutral
    assert kind.accepts(None)
    assert not kind.present.accepts(None)


def test_words_are_found_at_any_depth():
    kind = kind_of(list[Literal["a", "b"] | Annotated[str, Offers("c")]])
    assert [*kind.words()] == ["a", "b", "c"]


def test_only_field_kinds_look_into_annotations():
    """Another interpretation of annotations could say something else about the same field."""
    package = Path(__file__).parents[3] / "seqspec"
    asking = {path.name for path in package.rglob("*.py") if re.search(r"\bget_origin\(", path.read_text("utf-8"))}
    assert asking == {"field_kind.py", "markers.py"}
