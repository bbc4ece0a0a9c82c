"""Code actions at a position of a text, without a client."""

import itertools

from lsprotocol import types
from pygls.workspace import PositionCodec

from seqspec.core.config.effective import EffectiveConfiguration
from seqspec.core.config.settings import Settings
from seqspec.core.syntax.limits import LIMITS
from seqspec.editor.lsp.code_actions.request import CodeActionRequest
from seqspec.editor.lsp.features.code_action import actions
from seqspec.editor.lsp.position_map import PositionMap, replace_lone_surrogates
from seqspec.editor.lsp.snapshot import Snapshot

URI = "file:///tests"


def asked(text, start=0, end=None, file="model.seqspec.toml", settings=None, snapshot=None, **more):
    """The question for a stretch of a text between two offsets, or between two marks in it."""
    start = text.index(start) if isinstance(start, str) else start
    end = start if end is None else text.index(end, start) + len(end) if isinstance(end, str) else end
    snapshot = snapshot or Snapshot(replace_lone_surrogates(text), str(file), 1, None, LIMITS)
    given = settings or Settings()
    return CodeActionRequest(snapshot, URI, PositionCodec(), EffectiveConfiguration(given).reported, start, end, **more)


def offers(question):
    """The actions by their titles."""
    return {action.title: action for action in actions(question)}


def made(question, action):
    """The text after an action, as a client makes its edits: by lines and UTF-16 units."""
    text = question.snapshot.text
    edits = action.edit.changes[URI]
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))

    def offset(at: types.Position) -> int:
        line = lines[at.line] if at.line < len(lines) else ""
        units = line.encode("utf-16-le")[: 2 * at.character]
        return starts[min(at.line, len(lines))] + len(units.decode("utf-16-le"))

    out = text
    spans = sorted(((offset(e.range.start), offset(e.range.end), e.new_text) for e in edits), reverse=True)
    for (start, _, _), (_, end, _) in itertools.pairwise(spans):
        assert end <= start
    for start, end, new in spans:
        out = out[:start] + new + out[end:]
    assert PositionMap(out, PositionCodec()).text is not None
    return out
