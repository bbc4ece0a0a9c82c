"""One version of a document in an editor; what is known of it is worked out when it is first requested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from seqspec.analysis.analyze import AnalysisResult
from seqspec.analysis.analyze import analyze as examine_only
from seqspec.analysis.layer_report import LayerReport
from seqspec.diagnostics.diagnostic import Diagnostic
from seqspec.diagnostics.path import value_at
from seqspec.diagnostics.violation import Path
from seqspec.language.symbols.declared import DeclaredSymbols
from seqspec.language.symbols.reader import read_symbols
from seqspec.language.symbols.table import SymbolTable
from seqspec.linter.check import analyze
from seqspec.lsp.partial_tree import tree
from seqspec.syntax.document import Document
from seqspec.syntax.limits import Limits
from seqspec.syntax.source import parse_bytes


class Snapshot:
    """A text at one version.

    Args:
        text: The text as the editor has it.
        file: The file that it belongs to, which `extends` is relative to.
        version: The editor's number of the version.
        policy: A project policy, see `seqspec.check`.
        limits: Bounds on what is read.
    """

    def __init__(
        self, text: str, file: str, version: int | None, policy: Mapping[str, Any] | None, limits: Limits
    ) -> None:
        self.text = text
        self.file = file
        self.version = version
        self.policy = policy
        self.limits = limits

    @cached_property
    def document(self) -> Document:
        """The document, as the same text in a file would be."""
        document = parse_bytes(self.text.encode(), self.file, self.limits)
        if document.text is None:
            # Too large, or no text at all: nothing is anywhere in it.
            document.text = ""
        return document

    @cached_property
    def result(self) -> AnalysisResult:
        """What `seqspec check` works out."""
        return analyze(self.document, policy=self.policy, limits=self.limits)

    @property
    def diagnostics(self) -> Sequence[Diagnostic]:
        """What `seqspec check` finds, before the configuration chooses among it."""
        return self.result.report.diagnostics

    @cached_property
    def tree(self) -> dict[str, Any]:
        """The tables and values, as far as they can be read."""
        return tree(self.document)

    @cached_property
    def tolerated(self) -> AnalysisResult:
        """The same for what can be read of a text with mistakes, so that shapes are known while someone types."""
        if self.document.readable:
            return self.result
        # As data without a text: what is wrong there is determined by `examination`, and there is nothing to fix.
        return examine_only(Document(self.tree, None, self.file), limits=self.limits)

    @cached_property
    def layers(self) -> dict[Path, list[LayerReport]]:
        """Path as written → the layers that were made of it, nested ones too: several for a block or a repetition."""
        found: dict[Path, list[LayerReport]] = {}
        _gather(self.tolerated.report.layers, self.tolerated, found)
        return found

    @cached_property
    def uses(self) -> dict[Path, list[LayerReport]]:
        """Path of each use of a block as written → the layers that came through it, in their order."""
        found: dict[Path, list[LayerReport]] = {}
        known = self.tolerated
        for layer in known.report.layers:
            for via in known.expansion.origin(layer.path).via:
                if via.document is known.document and via.is_block_use:
                    found.setdefault(via.path, []).append(layer)
        return found

    @cached_property
    def declared(self) -> DeclaredSymbols:
        """What it declares, and inherits from those that it extends."""
        return DeclaredSymbols(self._merged() if "extends" in self.tree and self.document.readable else self.tree)

    def _merged(self) -> Mapping[str, object]:
        from seqspec.language.context import ExpansionAborted, ExpansionContext
        from seqspec.language.extends import extended
        from seqspec.language.values import check_values

        work = ExpansionContext(self.document, self.limits)
        try:
            check_values(self.document, work)
            return extended(self.document, work, None).tree
        except ExpansionAborted:
            return self.tree

    @cached_property
    def symbols(self) -> SymbolTable:
        """The names that occur in it, and what each of them may mean."""
        return symbols_of(self.document, self.tree)

    def at(self, path: Path) -> Any:
        """The value at a path of the document as written; None if absent."""
        return value_at(self.tree, path)


def symbols_of(document: Document, tree: Mapping[str, object]) -> SymbolTable:
    """The symbol table of a document whose tree is known as far as it could be read."""
    from seqspec.catalog.index import layer_class

    return read_symbols(document, tree, lambda name: isinstance(name, str) and layer_class(name) is not None)


def _gather(layers: Sequence[LayerReport], known: AnalysisResult, found: dict[Path, list[LayerReport]]) -> None:
    for layer in layers:
        origin = known.expansion.origin(layer.path)
        if origin.document is known.document:
            found.setdefault(origin.path, []).append(layer)
        _gather(layer.layers, known, found)
