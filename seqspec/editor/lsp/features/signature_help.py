"""Signature help: the arguments of the class that a shorthand such as `"adam(1e-3, "` calls."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from lsprotocol import types

from seqspec.core.api.catalog import KerasObject
from seqspec.core.api.language import literal
from seqspec.editor.lsp.completion_context import context_at
from seqspec.editor.lsp.completion_places import Values, arguments_of, class_doc
from seqspec.editor.lsp.position_map import PositionMap
from seqspec.editor.lsp.server import Server
from seqspec.editor.lsp.snapshot import Snapshot
from seqspec.editor.lsp.table_places import place_at

_CALL = re.compile(r"\s*(\w+)\s*\(").match
_TOKEN = re.compile(r"'[^']*'?|\"[^\"]*\"?|[][(){},]")
_KEYWORD = re.compile(r"\s*(\w+)\s*=").match


class OpenCall(NamedTuple):
    """A call whose closing parenthesis is not before the cursor.

    Attributes:
        declared: The called class.
        arguments: The text of each argument up to the cursor; the last one is at the cursor, and may be empty.
    """

    declared: type[KerasObject]
    arguments: list[str]

    def names(self) -> list[str | None]:
        """The name of each argument: its keyword, or the parameter at its position; None for too many arguments."""
        order = list(self.declared.model_fields)
        keywords = [match[1] if (match := _KEYWORD(text)) else None for text in self.arguments]
        return [keyword or (order[index] if index < len(order) else None) for index, keyword in enumerate(keywords)]


def open_call(place: Values, text: str) -> OpenCall | None:
    """The call that a shorthand is in at its end; None outside of parentheses and for an unknown class.

    Args:
        place: The values that are possible where the shorthand is.
        text: The shorthand up to the cursor.
    """
    called = _CALL(text)
    if called is None:
        return None
    declared = next((cls for kind in place.object_kinds() if (cls := kind.class_named(called[1])) is not None), None)
    if declared is None:
        return None
    depth, start = 1, called.end()
    arguments = []
    for token in _TOKEN.finditer(text, start):
        if token[0] in "[({":
            depth += 1
        elif token[0] in "])}":
            depth -= 1
        elif token[0] == "," and depth == 1:
            arguments.append(text[start : token.start()])
            start = token.end()
        if depth == 0:
            return None
    return OpenCall(declared, [*arguments, text[start:]])


def register(server: Server) -> None:
    """Registers the handler of the request."""
    options = types.SignatureHelpOptions(trigger_characters=["(", ","], retrigger_characters=["=", ")"])

    @server.feature(types.TEXT_DOCUMENT_SIGNATURE_HELP, options)
    def answer(ls: Server, params: types.SignatureHelpParams) -> types.SignatureHelp | None:
        document = ls.find(params.text_document.uri)
        return signature(*document, document[1].offset(params.position)) if document else None


def signature(snapshot: Snapshot, text: PositionMap, offset: int) -> types.SignatureHelp | None:
    """The signature of the class that the shorthand at an offset calls; None outside of its parentheses."""
    context = context_at(snapshot.document, offset)
    if context is None or context.anchor != "value" or not context.quote:
        return None
    place = place_at(context.path, snapshot.tree, snapshot.declared)
    if not isinstance(place, Values):
        return None
    call = open_call(place, context.text)
    if call is None:
        return None
    keys = {name: key for name, key in arguments_of(call.declared, place.symbols).items() if not key.old}
    if not keys:
        return None
    labels = [name if key.default is None else f"{name}={_default(key.default)}" for name, key in keys.items()]
    name = call.names()[-1]
    # LSP 3.17 cannot say that no argument is active; for an index outside of the list VS Code highlights none.
    active = list(keys).index(name) if name in keys else len(keys)
    information = types.SignatureInformation(
        f"{call.declared.__name__}({', '.join(labels)})",
        types.MarkupContent(types.MarkupKind.Markdown, class_doc(call.declared)),
        [
            types.ParameterInformation(label, types.MarkupContent(types.MarkupKind.Markdown, key.doc))
            for label, key in zip(labels, keys.values())
        ],
    )
    return types.SignatureHelp([information], 0, active)


def _default(json_text: str) -> str:
    return literal(json.loads(json_text)) or json_text
