"""One version of a document in an editor, with lazily computed facts, also of its layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from lsprotocol.types import InlayHint, InlayHintKind, MarkupContent, MarkupKind

from seqspec.core.api.check import Check, CheckSettings, LayerReport, Report, check_source
from seqspec.core.api.diagnostics import Diagnostic, Path, value_at
from seqspec.core.api.files import Limits
from seqspec.core.api.frontends import parse
from seqspec.core.api.language import DeclaredSymbols
from seqspec.core.api.syntax import Document, Syntax, SyntaxNode, Tree
from seqspec.editor.lsp.position_map import PositionMap
from seqspec.editor.lsp.symbol_reader import read_symbols
from seqspec.editor.lsp.symbol_table import SymbolTable


def tree(document: Document) -> Tree:
    """The tables and values of a document, as far as they can be parsed."""
    if document.readable or document.text is None:
        return dict(document.tree)
    value = _value(document.syntax_tree().root, document.text, document.syntax)
    return value if isinstance(value, dict) else {}


def _value(node: SyntaxNode, text: str, syntax: Syntax) -> object:
    if not node.children:
        return _leaf(text[node.start : node.end], syntax)
    indices = sorted(key for key in node.children if isinstance(key, int))
    if indices:
        return [_value(node.children[index], text, syntax) for index in indices]
    return {key: _value(inner, text, syntax) for key, inner in node.children.items()}


def _leaf(text: str, syntax: Syntax) -> object:
    """A scalar; for an invalid one its text without quotes, None for a missing one."""
    text = text.strip()
    if not text:
        return None
    try:
        return syntax.value(text)
    except (ValueError, RecursionError):
        pass
    if text[0] == "{":
        return {}
    if text[0] == "[":
        return {} if syntax.has_headers and text.endswith("]") and text[1:2].isalpha() else []
    return text.strip("\"'")


@dataclass(eq=False)
class Snapshot:
    """One version of a document.

    Args:
        text: The text in the editor.
        file: The file, to which `extends` is relative.
        version: The editor's number of the version.
        policy: A project policy, see `seqspec.check`.
        limits: Limits on what is read.
        keras: The version of Keras that a program is for; None if it or its project says it.
    """

    text: str
    file: str
    version: int | None
    policy: Mapping[str, object] | None
    limits: Limits
    keras: str | None = None

    @cached_property
    def document(self) -> Document:
        """The document, as if the text were read from the file."""
        document = parse(self.text.encode(), self.file, self.limits)
        if document.text is None:
            # The text is too large or binary, so there is no tree.
            document.text = ""
        return document

    @cached_property
    def _options(self) -> CheckSettings:
        return CheckSettings(self.policy, self.limits, self.keras)

    @cached_property
    def result(self) -> Check:
        """The check, as by `seqspec check`."""
        return Check(self.document, self._options)

    def check(self, document: Document) -> Report:
        """The report of this version or of another text of it."""
        return check_source(document, self._options)

    @property
    def diagnostics(self) -> Sequence[Diagnostic]:
        """All findings, before the configuration selects among them."""
        return self.result.report.diagnostics

    @cached_property
    def tree(self) -> Tree:
        """The tables and values, as far as they can be parsed."""
        return tree(self.document)

    @cached_property
    def tolerated(self) -> Check:
        """The check of the parsable part of a text with syntax errors, so that shapes are known during editing."""
        if self.document.readable:
            return self.result
        # Analyzed as data without a text: `result` has the findings and fixes.
        return Check(Document(self.tree, None, self.file), CheckSettings(limits=self.limits))

    @cached_property
    def layers(self) -> dict[Path, list[LayerReport]]:
        """Path as written → the resulting layers, including nested ones; several for a block or repetition."""
        by_path: dict[Path, list[LayerReport]] = {}
        _gather(self.tolerated.layers, self.tolerated, by_path)
        return by_path

    @cached_property
    def uses(self) -> dict[Path, list[LayerReport]]:
        """Path of each block use as written → the resulting layers, in order."""
        by_path: dict[Path, list[LayerReport]] = {}
        result = self.tolerated
        for layer in result.layers:
            for via in result.expansion.origin(layer.path).via:
                if via.document is result.document and via.is_block_use:
                    by_path.setdefault(via.path, []).append(layer)
        return by_path

    @cached_property
    def outputs(self) -> dict[Path, list[str]]:
        """Path as written of an entry of `layers` → the output shapes of the resulting layers; for a block use of the
        last one.

        An invalid layer and those after it have an output shape where it is the same however the layer is repaired.
        """
        result = self.tolerated
        entries: dict[Path, list[str | None]] = {}
        uses: dict[Path, str | None] = {}
        for path, output in _common_outputs(result.walks):
            origin = result.expansion.origin(path)
            if origin.document is result.document:
                entries.setdefault(origin.path, []).append(output)
            for via in origin.via:
                if via.document is result.document and via.is_block_use and path[:-1] == ("model", "layers"):
                    uses[via.path] = output
        # The layer that failed may be in a block, of which the last walked layer is then not the last one.
        failed = ("model", "layers", min(map(len, result.walks)))
        for via in result.expansion.origin(failed).via:
            uses.pop(via.path, None)
        known = {path: [text for text in texts if text is not None] for path, texts in entries.items()}
        known = {path: texts for path, texts in known.items() if len(texts) == len(entries[path])}
        return known | {path: [output] for path, output in uses.items() if output is not None}

    @cached_property
    def declared(self) -> DeclaredSymbols:
        """Its declarations, including inherited ones."""
        return DeclaredSymbols(self._merged() if "extends" in self.tree and self.document.readable else self.tree)

    def _merged(self) -> Mapping[str, object]:
        from seqspec.core.api.language import ExpansionAborted, ExpansionContext, check_values, extended

        work = ExpansionContext(self.document, self.limits)
        try:
            check_values(self.document, work)
            return extended(self.document, work, None).tree
        except ExpansionAborted:
            return self.tree

    @cached_property
    def symbols(self) -> SymbolTable:
        """The occurrences of names in it, and the symbols that they may refer to."""
        return symbols_of(self.document, self.tree)

    def at(self, path: Path) -> object:
        """The value at a path of the document as written; None if there is none."""
        return value_at(self.tree, path)


def symbols_of(document: Document, tree: Mapping[str, object]) -> SymbolTable:
    """The symbol table of a document; the tree may be incomplete."""
    from seqspec.core.api.catalog import layer_class

    return read_symbols(document, tree, lambda name: isinstance(name, str) and layer_class(name) is not None)


def _gather(layers: Sequence[LayerReport], check: Check, by_path: dict[Path, list[LayerReport]]) -> None:
    for layer in layers:
        origin = check.expansion.origin(layer.path)
        if origin.document is check.document:
            by_path.setdefault(origin.path, []).append(layer)
        _gather(layer.layers, check, by_path)


def _common_outputs(models: Sequence[Sequence[LayerReport]]) -> Iterator[tuple[Path, str | None]]:
    """The paths of all layers, nested ones included, with their output shape; None where it differs among models."""
    for layers in zip(*models):
        outputs = {" ".join(map(str, layer.outputs)) for layer in layers}
        yield layers[0].path, outputs.pop() if len(outputs) == 1 else None
        yield from _common_outputs([layer.layers for layer in layers])


_MAX_COPIES = 6
"""The maximum number of copies that are shown individually."""

_SHOWN_SHAPES = 3
"""The maximum number of different shapes that are shown; beyond it, only the first and the last."""


def shapes_text(outputs: Sequence[str]) -> str:
    """The distinct output shapes of all layers at one place, and the number of layers."""
    different = list(dict.fromkeys(outputs))
    shown = different if len(different) <= _SHOWN_SHAPES else [different[0], different[-1]]
    return " … ".join(shown) + (f" ×{len(outputs)}" if len(outputs) > 1 else "")


def shapes_hint(text: PositionMap, offset: int, outputs: Sequence[str], layers: Sequence[LayerReport]) -> InlayHint:
    """The hint with the output shapes of layers at an offset, and with their facts where these are known."""
    tooltip = MarkupContent(MarkupKind.Markdown, facts(layers)) if layers else None
    label = f"→ {shapes_text(outputs)}"
    return InlayHint(text.position(offset), label, InlayHintKind.Type, tooltip=tooltip, padding_left=True)


def facts(layers: Sequence[LayerReport]) -> str:
    """The input and output shapes, parameters and MACs in Markdown, with one line per copy."""
    lines = [_line(layer) for layer in layers[:_MAX_COPIES]]
    if len(layers) > _MAX_COPIES:
        lines.append(f"… and {len(layers) - _MAX_COPIES} more")
    return "\n\n".join(lines)


def _line(layer: LayerReport) -> str:
    outputs = " and ".join(map(str, layer.outputs))
    counts = f"{layer.params:,} parameters"
    if layer.trainable_params != layer.params:
        counts += f" ({layer.trainable_params:,} trainable)"
    cost = f"{layer.cost:,}" if isinstance(layer.cost, int) else str(layer.cost)
    flow = f"input {layer.input}, output {outputs} ({layer.outputs[0].dtype})"
    return f"`{layer.name}`: {flow}; {counts}, {cost} MACs"


def layers_of(snapshot: Snapshot, path: Path) -> list[LayerReport]:
    """The layers that result from the entry at or around a path; for an override, the layers that it changes."""
    if path[:2] == ("override", "layers"):
        return [layer for layer in snapshot.tolerated.layers if layer.name in path[2:3]]
    for length in range(len(path), 0, -1):
        layers = snapshot.layers.get(path[:length]) or snapshot.uses.get(path[:length])
        if layers:
            return layers
    return []
