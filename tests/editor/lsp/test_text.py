"""Offsets and positions, in every position encoding and with every line ending."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pygls.workspace import PositionCodec

from seqspec.editor.lsp.position_map import PositionMap


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
@given(text=st.text(alphabet="a😀é\n\r\u2028\x0c", max_size=30), data=st.data())
def test_an_offset_is_the_one_of_its_position(encoding, text, data):
    offset = data.draw(st.integers(0, len(text)))
    if text[:offset].endswith("\r") and text[offset:].startswith("\n"):
        offset -= 1
    places = PositionMap(text, PositionCodec(encoding))
    position = places.position(offset)
    assert places.offset(position) == offset
    before = text[:offset].replace("\r\n", "\n").replace("\r", "\n")
    assert position.line == before.count("\n")
    code = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}[encoding]
    assert position.character == len(before.rpartition("\n")[2].encode(code[0])) // code[1]


def test_a_byte_order_mark_is_the_first_character_of_the_client():
    places = PositionMap("\ufeffab\nc", PositionCodec())
    assert places.text == "ab\nc" and places.position(1).character == 2
    assert places.offset(places.position(1)) == 1
