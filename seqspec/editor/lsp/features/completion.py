"""Completion of keys and values."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from lsprotocol import types
from lsprotocol.types import (
    CompletionItem,
    CompletionItemKind,
    CompletionItemTag,
    InsertTextFormat,
    MarkupContent,
    MarkupKind,
    TextEdit,
)

from seqspec.core.api.catalog import Family, KerasObject
from seqspec.core.api.messages import quote_json
from seqspec.core.api.syntax import DOCUMENT_ENDINGS, Syntax
from seqspec.core.api.training import VALIDATION, logs_of
from seqspec.editor.lsp.bound_references import scope_at
from seqspec.editor.lsp.completion_context import Context, context_at
from seqspec.editor.lsp.completion_places import (
    BlockNames,
    ClassNames,
    Completion,
    CompletionPlace,
    Key,
    LayerNames,
    LayerPlace,
    Values,
    block_doc,
    class_named,
    class_words_of,
    custom_class_doc,
    described_argument,
    layer_of,
    layer_words,
    object_keys,
)
from seqspec.editor.lsp.features.signature_help import OpenCall, open_call
from seqspec.editor.lsp.position_map import PositionMap
from seqspec.editor.lsp.server import Server
from seqspec.editor.lsp.snapshot import Snapshot
from seqspec.editor.lsp.table_places import place_at


def monitor_names(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """The names that training logs per epoch with descriptions, validation metrics first."""
    result = snapshot.tolerated
    names = ["loss"]
    if "compile" in result.spec.written:
        names = logs_of(result.spec.compile, result.spec.tree["compile"]).names
    if _may_validate(snapshot.declared.tree):
        for name in names:
            yield f"{VALIDATION}{name}", f"`{name}` on the validation data, at the end of each epoch."
    for name in names:
        yield name, f"`{name}` on the training data, over the epoch."


def _may_validate(tree: Mapping[str, object]) -> bool:
    """Whether there can be validation data: a document without data may be used with any."""
    data, fit = tree.get("data"), tree.get("fit")
    if not isinstance(data, Mapping) or "validation" in data:
        return True
    stages = fit if isinstance(fit, list) else [fit]
    return any(isinstance(stage, Mapping) and "validation_split" in stage for stage in stages)


TRIGGERS = ['"', "'", "$", "(", "=", ":", "{", "[", ",", "."]
"""The characters that trigger completion."""

_KINDS = {
    "key": CompletionItemKind.Property,
    "layer": CompletionItemKind.Class,
    "class": CompletionItemKind.Class,
    "object": CompletionItemKind.Function,
    "block": CompletionItemKind.Module,
    "variable": CompletionItemKind.Variable,
    "file": CompletionItemKind.File,
    "value": CompletionItemKind.EnumMember,
}
_LAST = re.compile(r"(?:(\w+)\s*=\s*)?(['\"]?)([\w.-]*)\Z")


class Offer(NamedTuple):
    """A completion item; with `snippet`, `text` has tab stops such as `$1`."""

    label: str
    text: str
    doc: str = ""
    what: str = "value"
    detail: str = ""
    snippet: bool = False
    old: bool = False


def register(server: Server) -> None:
    """Registers the handler of the request."""
    options = types.CompletionOptions(trigger_characters=TRIGGERS)

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, options)
    def answer(ls: Server, params: types.CompletionParams) -> types.CompletionList | None:
        target = ls.find(params.text_document.uri)
        if target is None:
            return None
        snapshot, text = target
        capabilities = ls.client_capabilities.text_document
        item = capabilities.completion.completion_item if capabilities and capabilities.completion else None
        offset = text.offset(params.position)
        return types.CompletionList(False, complete(snapshot, text, offset, bool(item and item.snippet_support)))


def complete(snapshot: Snapshot, text: PositionMap, offset: int, snippets: bool = True) -> list[CompletionItem]:
    """The completion items at an offset of a document."""
    context = context_at(snapshot.document, offset)
    if context is None:
        return []
    writer = _SnippetWriter(snapshot.document.syntax)
    start, end = context.start, context.end
    if context.anchor != "value":
        offers: Iterable[Offer] = _keys(snapshot, context, writer)
    else:
        place = place_at(context.path, snapshot.tree, snapshot.declared)
        if context.quote and "(" in context.text and isinstance(place, Values):
            call = open_call(place, context.text)
            last = _LAST.search(call.arguments[-1]) if call is not None else None
            start = offset - len(last[3]) - len(last[2]) if last else offset
            end = offset
            offers = _arguments(place, call, last) if call is not None and last is not None else ()
        else:
            offers = _values(snapshot, context, place, writer)
    kept = text.text[start : start + 1] if start == context.start else ""
    return [
        _item(number, offer, text, start, end, kept if kept in ('"', "'") else "", snippets)
        for number, offer in enumerate({offer.label: offer for offer in reversed(list(offers))}.values())
    ][::-1]


def _item(
    number: int, offer: Offer, text: PositionMap, start: int, end: int, quote: str, snippets: bool
) -> CompletionItem:
    inserted, snippet = offer.text, offer.snippet
    if snippet and not snippets:
        inserted, snippet = re.sub(r"\$\d|\\(?=[$}\\])", "", inserted), False
    if quote == "'" and inserted[:1] == '"' and inserted[-1:] == '"' and "'" not in inserted:
        inserted = f"'{inserted[1:-1]}'"
    return CompletionItem(
        label=offer.label,
        kind=_KINDS[offer.what],
        detail=offer.detail or None,
        documentation=MarkupContent(MarkupKind.Markdown, offer.doc) if offer.doc else None,
        tags=[CompletionItemTag.Deprecated] if offer.old else None,
        sort_text=f"{9999 - number:04}",
        filter_text=quote + offer.label if quote else offer.label,
        text_edit=TextEdit(text.range(start, end), inserted),
        insert_text_format=InsertTextFormat.Snippet if snippet else InsertTextFormat.PlainText,
    )


class _SnippetWriter:
    """Writes keys, values and tables in a syntax."""

    def __init__(self, syntax: Syntax) -> None:
        self.syntax = syntax

    def pair(self, name: str, value: str) -> str:
        return f"{_escaped(self.syntax.key(name))}{self.syntax.separator}{value}"

    def hole(self, form: str, number: int) -> str:
        """A placeholder for a value, by its first character."""
        return {'"': f'"${number}"', "[": f"[${number}]", "{": f"{{ ${number} \\}}"}.get(form, f"${number}")

    def table(self, pairs: Iterable[str]) -> str:
        return "{ " + ", ".join(pairs) + " \\}"

    def tagged(self, tag: str, name: str, keys: Mapping[str, Key], open: bool = False) -> str:
        """A table with its tag and required arguments as a snippet; `open` adds a tab stop for more."""
        needed = [(key, argument) for key, argument in keys.items() if argument.required and key != tag]
        pairs = [self.pair(tag, _escaped(json.dumps(name)))]
        pairs += [self.pair(key, self.hole(argument.form, n)) for n, (key, argument) in enumerate(needed, 1)]
        if open:
            pairs.append("$0")
        return self.table(pairs)


def _escaped(text: str) -> str:
    return re.sub(r"([$}\\])", r"\\\1", text)


# Keys


def _keys(snapshot: Snapshot, context: Context, writer: _SnippetWriter) -> Iterator[Offer]:
    holder = context.path[:-1]
    if holder[:1] == ("vars",) or holder[-1:] == ("params",):
        return
    around = snapshot.at(holder)
    if isinstance(around, Mapping) and not context.assigned:
        # An incomplete key must not be treated as complete, such as `use` for `use_bias`.
        around = {key: value for key, value in around.items() if key != context.path[-1]}
    if holder[-1:] == ("for",):
        keys = _looped(snapshot, holder)
    else:
        keys = place_at(holder, snapshot.tree, snapshot.declared).keys(around)
    current = (snapshot.document.text or "")[context.start : context.end].strip("\"'")
    written = set(around) - {context.path[-1], current} if isinstance(around, Mapping) else set()
    ordered = sorted(keys.items(), key=lambda item: (not item[1].required, item[1].old))
    for name, key in ordered:
        if name in written and not (context.anchor == "header" and key.form == "{"):
            continue
        if context.anchor == "header":
            if key.form == "{":
                yield Offer(name, writer.syntax.key(name), key.doc, "key")
            continue
        detail = "required" if key.required else key.default or ""
        if context.assigned:
            yield Offer(name, writer.syntax.key(name), key.doc, "key", detail, old=key.old)
        elif not holder and writer.syntax.has_headers and key.form == "{" and name != "vars":
            yield Offer(name, f"[{writer.syntax.key(name)}]\n$0", key.doc, "key", detail, snippet=True)
        else:
            pair = writer.pair(name, writer.hole(key.form, 1))
            if name == "seqspec" and key.default:
                pair = writer.pair(name, key.default)
            yield Offer(name, pair, key.doc, "key", detail, snippet=True, old=key.old)


def _looped(snapshot: Snapshot, holder: tuple[str | int, ...]) -> Mapping[str, Key]:
    """The parameters of the block that a `for` repeats."""
    entry = snapshot.at(holder[:-1])
    name = entry.get("use") if isinstance(entry, Mapping) else None
    parameters = snapshot.declared.parameters(str(name))
    template = "A parameter of the block. Default: `{}`."
    return {key: Key(template.format(quote_json(value)), CompletionPlace()) for key, value in parameters.items()}


# Values


def _values(snapshot: Snapshot, context: Context, place: CompletionPlace, writer: _SnippetWriter) -> Iterator[Offer]:
    path = context.path
    bare = not context.quote
    if not context.text.startswith("$"):
        if path[-1:] == ("monitor",) and path[:1] == ("fit",):
            for name, doc in monitor_names(snapshot):
                yield Offer(name, json.dumps(name), doc)
        if path == ("extends",):
            yield from _files(snapshot)
        tag = _tag(snapshot, context, place, writer)
        for candidate in place.candidates():
            if candidate.literal:
                if bare:
                    yield Offer(candidate.text, candidate.text, candidate.doc, candidate.what)
            elif candidate.text in tag:
                yield Offer(candidate.text, tag[candidate.text], candidate.doc, candidate.what, snippet=True)
            else:
                text = json.dumps(candidate.text, ensure_ascii=False)
                yield Offer(candidate.text, text, candidate.doc, candidate.what)
        if bare:
            yield from _tables(snapshot, place, writer)
    if path[:1] not in (("vars",), ("custom",)) and path[-1:] not in (("type",), ("use",), ("custom",), ("name",)):
        for name, doc in _references(snapshot, path):
            yield Offer(f"${name}", json.dumps(f"${name}", ensure_ascii=False), doc, "variable")


def _tag(snapshot: Snapshot, context: Context, place: CompletionPlace, writer: _SnippetWriter) -> dict[str, str]:
    """A class name followed by its missing required arguments."""
    symbols = snapshot.declared
    key = str(context.path[-1]) if context.path else ""
    holder = snapshot.at(context.path[:-1])
    if key not in ("type", "use") or not isinstance(holder, Mapping):
        return {}
    span = snapshot.document.places().get(context.path[:-1])
    text = snapshot.document.text or ""
    inline = span is None or text[span[0] : span[0] + 1] == "{"
    rest = text[context.end :].lstrip(" \t")
    if (inline and rest[:1] not in ("}", "", "\n", "\r")) or set(holder) - {key}:
        # If other keys exist, the class of an existing table is being changed.
        return {}
    tagged = {}
    for candidate in place.candidates():
        declared: type[KerasObject] | None = None
        if isinstance(place, LayerNames):
            declared = layer_of(candidate.text)
        elif isinstance(place, ClassNames):
            declared = class_named(place.kind, candidate.text)
        required = () if declared is None else declared.required()
        if not required and not isinstance(place, BlockNames):
            continue
        table = {key: candidate.text}
        keys = LayerPlace(symbols).keys(table)
        if isinstance(place, ClassNames):
            keys = object_keys(place.kind, table, symbols)
        pairs = [
            writer.pair(name, writer.hole(keys[name].form, number))
            for number, name in enumerate(required, 1)
            if name in keys
        ]
        if pairs:
            tagged[candidate.text] = (", " if inline else "\n").join([_escaped(json.dumps(candidate.text)), *pairs])
    return tagged


def _tables(snapshot: Snapshot, place: CompletionPlace, writer: _SnippetWriter) -> Iterator[Offer]:
    """Whole tables with their required arguments."""
    symbols = snapshot.declared
    if isinstance(place, LayerPlace):
        free = {candidate.text for candidate in place.candidates()}
        for candidate in layer_words():
            keys = place.keys({"type": candidate.text})
            body = writer.tagged("type", candidate.text, keys, open=candidate.text in free)
            label = f"{candidate.text} {{ }}" if candidate.text in free else candidate.text
            yield Offer(label, body, candidate.doc, "layer", snippet=True)
        for name in () if place.inner else symbols.blocks:
            yield Offer(name, writer.tagged("use", name, {}), block_doc(symbols, name), "block", "block", snippet=True)
        for name in symbols.classes_of("layer"):
            body = writer.tagged("custom", name, place.keys({"custom": name}))
            yield Offer(name, body, custom_class_doc(symbols, name), "layer", "custom", snippet=True)
    elif isinstance(place, Values):
        for kind in place.object_kinds():
            yield from _object_tables(place, kind, writer)


def _object_tables(place: Values, kind: Family, writer: _SnippetWriter) -> Iterator[Offer]:
    bare = {candidate.text for candidate in place.candidates()}
    for candidate in class_words_of(kind):
        keys = place.keys({"type": candidate.text})
        is_open = not any(key.required for name, key in keys.items() if name != "type")
        body = writer.tagged("type", candidate.text, keys, open=is_open)
        label = f"{candidate.text} {{ }}" if candidate.text in bare else candidate.text
        yield Offer(label, body, candidate.doc, "class", snippet=True)
    for name in place.symbols.classes_of(kind.noun):
        body = writer.tagged("custom", name, place.keys({"custom": name}))
        yield Offer(name, body, custom_class_doc(place.symbols, name), "class", "custom", snippet=True)


def _references(snapshot: Snapshot, path: tuple[str | int, ...]) -> Iterator[tuple[str, str]]:
    """The names that a reference at a path can refer to: parameters, names of a `for`, and variables."""
    declared = snapshot.declared
    scope = scope_at(snapshot.tree, path, declared)
    for name, binder in reversed([*scope.loops.items()]):
        if binder is not None:
            yield name, f"One of `{quote_json(snapshot.at(binder))}`."
    for name, value in declared.parameters(scope.block).items() if scope.block is not None else ():
        yield name, f"A parameter of the block, by default `{quote_json(value)}`."
    for name, value in declared.variables.items():
        yield name, f"`{quote_json(value)}`"


def _files(snapshot: Snapshot) -> Iterator[Offer]:
    folder, name_of_file = os.path.split(snapshot.file)
    try:
        names = sorted(os.listdir(folder or "."))[:1000]
    except OSError:
        return
    for name in names:
        if name.endswith(DOCUMENT_ENDINGS) and name != name_of_file:
            yield Offer(name, json.dumps(name, ensure_ascii=False), what="file")


def _arguments(place: Values, call: OpenCall, last: re.Match[str]) -> Iterator[Offer]:
    """The keywords of a shorthand call, and the accepted strings of an argument."""
    declared = call.declared
    if last[1] is not None:
        argument = declared.model_fields.get(last[1])
        if argument is not None:
            values = Values(described_argument(argument).schema, place.symbols)
            yield from map(_literal, values.candidates())
        return
    earlier = call.names()[:-1]
    keys = place.keys({"type": declared.__name__})
    for name, argument in declared.model_fields.items():
        if name not in earlier:
            key = keys.get(name)
            yield Offer(f"{name}=", f"{name}=", key.doc if key else argument.description or "", "key")


def _literal(candidate: Completion) -> Offer:
    text = candidate.text if candidate.literal or candidate.text == "none" else f"'{candidate.text}'"
    return Offer(candidate.text, text, candidate.doc, candidate.what)
