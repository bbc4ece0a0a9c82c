"""Texts with marked positions: `«name»` for expected names, `‸` for the cursor."""

import re

from pygls.workspace import PositionCodec

from seqspec.core.syntax.limits import LIMITS
from seqspec.editor.lsp.document_index import DocumentIndex
from seqspec.editor.lsp.position_map import PositionMap
from seqspec.editor.lsp.snapshot import Snapshot

FILE = "/nowhere/model.seqspec.toml"


def unmarked(marked):
    """A text without its marks, and the offsets of what they stand around."""
    text, spans, start = "", [], 0
    for piece in re.split("([«»])", marked):
        if piece == "«":
            start = len(text)
        elif piece == "»":
            spans.append((start, len(text)))
        else:
            text += piece
    return text, spans


def cursor(marked):
    """A text without the mark of the cursor, and the offset where it stood."""
    return marked.replace("‸", ""), marked.index("‸")


def snapshot(text, file=FILE, version=None):
    return Snapshot(text, str(file), version, None, LIMITS)


def library(*opened, folders=()):
    found = DocumentIndex()
    found.open(opened)
    found.survey(map(str, folders))
    return found


def lines(text):
    return PositionMap(text, PositionCodec())
