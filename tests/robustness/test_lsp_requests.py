"""Every feature at every kind of position of an incomplete text: no exceptions, and the findings of a check."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types
from pygls.workspace import PositionCodec

import seqspec
from seqspec.core.syntax.limits import LIMITS
from seqspec.core.syntax.source import parse_bytes
from seqspec.editor.lsp.features.code_lens import lenses
from seqspec.editor.lsp.features.completion import complete
from seqspec.editor.lsp.features.formatting import formatting
from seqspec.editor.lsp.features.hover import hover
from seqspec.editor.lsp.features.inlay_hint import hints
from seqspec.editor.lsp.position_map import PositionMap, apply_content_changes, replace_lone_surrogates
from seqspec.editor.lsp.snapshot import Snapshot
from tests import ROOT

DOCUMENTS = [
    ROOT / "examples" / "image_cnn.seqspec.toml",
    ROOT / "examples" / "mnist_cnn.seqspec.json",
    ROOT / "examples" / "text_bigru.seqspec.toml",
    ROOT / "tests" / "cases" / "ok" / "blocks.toml",
    ROOT / "tests" / "cases" / "ok" / "wrappers.json",
    ROOT / "tests" / "cases" / "ok" / "header-per-layer.toml",
    ROOT / "tests" / "cases" / "ok" / "custom.toml",
]


def opened(text, file):
    snapshot = Snapshot(text, str(file), 1, None, LIMITS)
    return snapshot, PositionMap(text, PositionCodec())


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.name)
def test_requests_survive_truncated_texts(file):
    whole = file.read_bytes().decode()
    chance = random.Random(file.name)
    for end in [*chance.sample(range(len(whole)), 8), len(whole)]:
        # Cut off, or with a hole in it.
        text = whole[:end] if chance.random() < 0.5 else whole[:end] + whole[end + chance.randrange(40) :]
        snapshot, places = opened(text, file)
        for offset in range(max(0, end - 210), min(len(text), end + 70) + 1, 7):
            complete(snapshot, places, offset)
            hover(snapshot, places, offset)
        hints(snapshot, places, 0, len(text))
        list(lenses(snapshot, places))
        formatting(snapshot, places)


@given(st.data())
def test_findings_are_those_of_check_after_any_edit(data):
    file = data.draw(st.sampled_from(DOCUMENTS))
    text = file.read_bytes().decode()
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 30)))
        text = text[:start] + data.draw(st.text('ab1="{}[],.\n\r#$(é😀', max_size=6)) + text[end:]
    snapshot, places = opened(text, file)
    complete(snapshot, places, min(len(text), start))
    hints(snapshot, places, 0, len(text))
    told = [each.to_dict() for each in snapshot.diagnostics]
    assert told == [each.to_dict() for each in seqspec.check(parse_bytes(text.encode(), str(file))).diagnostics]


UNITS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


def position(text, offset, encoding):
    code, size = UNITS[encoding]
    before = text[:offset].replace("\r\n", "\n").replace("\r", "\n")
    return types.Position(before.count("\n"), len(before.rpartition("\n")[2].encode(code)) // size)


@pytest.mark.parametrize("encoding", sorted(UNITS))
@given(text=st.text("a😀é\n\r\u2028\ufeff\x0c", max_size=20), data=st.data())
def test_edits_arrive_as_they_were_made(encoding, text, data):
    wanted, changes = text, []
    for _ in range(data.draw(st.integers(1, 4))):
        start, end = sorted(data.draw(st.integers(0, len(wanted))) for _ in range(2))
        # No client puts its cursor between the halves of an end of a line.
        start -= wanted[start - 1 : start + 1] == "\r\n" and start > 0
        end += wanted[end - 1 : end + 1] == "\r\n" and end > 0
        new = data.draw(st.text("b😀\r\n", max_size=4))
        at = types.Range(position(wanted, start, encoding), position(wanted, end, encoding))
        changes.append(types.TextDocumentContentChangePartial(at, new))
        wanted = wanted[:start] + new + wanted[end:]
    assert apply_content_changes(text, changes, PositionCodec(encoding)) == wanted


def test_surrogate_halves_of_two_edits_are_joined():
    assert (
        replace_lone_surrogates("a\ud83d\ude00b\ud83d") == "a😀b\ufffd"
        and replace_lone_surrogates("\ufeff😀") == "\ufeff😀"
    )
    whole = types.TextDocumentContentChangeWholeDocument("new")
    backwards = types.Range(types.Position(0, 2), types.Position(0, 1))
    cut = types.TextDocumentContentChangePartial(backwards, "")
    assert apply_content_changes("old", [whole, cut], PositionCodec()) == "nw"
