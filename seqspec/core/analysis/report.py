"""The result of a check: the diagnostics and the facts of every layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.cached_property import cached_property
from seqspec.core.diagnostics.codes import CODES
from seqspec.core.diagnostics.coverage import Coverage, ModelCoverage
from seqspec.core.diagnostics.errors import Diagnostics
from seqspec.core.frontends.frontend import KerasTarget
from seqspec.core.output.text import plain

if TYPE_CHECKING:
    from seqspec.core.diagnostics.diagnostic import Diagnostic, Span
    from seqspec.core.syntax.document import Document


class SpaceFacts(Protocol):
    """What a check found about a search space."""

    def to_dict(self) -> dict[str, Any]:
        """JSON data."""
        ...


@dataclass(frozen=True, eq=False, repr=False)
class Report(Diagnostics):
    """The result of `seqspec.check`.

    Attributes:
        diagnostics: The findings, sorted by their position in the spec.
        layers: The expanded layers up to the first one that fails; the counts are sums over them.
        complete: False if the spec could not be read or an internal error occurred, so that layers were not checked.
        suppressed: The findings suppressed by comments in the spec.
        document: The parsed spec; None if there is none.
        others: The documents that it extends, and those of values that the caller sets.
        unchecked: The names of rules that were not run; None if no linter rule was.
        coverage: What was checked of a source that can have several models; None for a spec.
        on_request: The findings that are only reported if their rules are selected by more than `ALL`.
        target: The Keras that a program is for; None for a spec, and for a program without Keras.
        search: What the check of the search space found; None without one, or if it was not checked.
    """

    layers: list[LayerReport]
    document: Document | None = None
    others: Sequence[Document] = ()
    complete: bool = True
    suppressed: Sequence[Diagnostic] = ()
    unchecked: frozenset[str] | None = None
    coverage: Coverage | None = None
    on_request: Sequence[Diagnostic] = ()
    target: KerasTarget | None = None
    search: SpaceFacts | None = None

    @cached_property
    def _documents(self) -> dict[str | None, Document]:
        documents = {other.file: other for other in self.others}
        return documents if self.document is None else {**documents, self.document.file: self.document}

    @property
    def file(self) -> str | None:
        """The file that was checked, as named by the caller; None for a dict."""
        return self.document.file if self.document is not None else None

    @property
    def is_single_document(self) -> bool:
        """Whether no other document is involved: the spec extends no other, and the caller sets no values."""
        return len(self._documents) == 1

    @cached_property
    def params(self) -> int:
        """The number of parameters."""
        return sum(layer.params for layer in self.layers)

    @cached_property
    def trainable_params(self) -> int:
        """The number of trainable parameters."""
        return sum(layer.trained_params for layer in self.layers)

    @cached_property
    def macs(self) -> int | None:
        """Multiply-accumulates per sample; None if they depend on an unknown size."""
        counts = [layer.macs for layer in self.layers]
        return None if None in counts else sum(count for count in counts if count is not None)

    def texts(self) -> list[tuple[str | None, str]]:
        """The files involved in the check and their texts, the checked one first, without dicts."""
        first = [self.document] if self.document is not None else []
        others = [other for other in self._documents.values() if other is not self.document]
        return [(document.file, document.text) for document in [*first, *others] if document.text is not None]

    def line(self, file: str | None, number: int) -> str:
        """A line of a file involved in the check, 1-based; empty if there is none."""
        document = self._documents.get(file)
        return document.line_text(number) if document is not None else ""

    def of_search(self) -> Report:
        """This report for a file that was found in a folder."""
        return self

    def to_dict(self) -> dict[str, Any]:
        """JSON data, as printed by `seqspec check --format json`."""
        return {
            "file": self.file,
            "ok": self.ok,
            "diagnostics": [diagnostic.to_dict() for diagnostic in self.diagnostics],
            "suppressed": [diagnostic.to_dict() for diagnostic in self.suppressed],
            "params": self.params,
            "trainable_params": self.trainable_params,
            "macs": self.macs,
            "layers": [layer.to_dict() for layer in self.layers],
            **({"search": self.search.to_dict()} if self.search is not None else {}),
        }

    def __str__(self) -> str:
        """The findings with source excerpts and a summary line, as printed by `seqspec check`."""
        from seqspec.core.output.base import CheckedDocument, RunSummary
        from seqspec.core.output.text import full

        summary = RunSummary()
        summary.add(CheckedDocument(self.file, self.diagnostics, self.line, self.to_dict, coverage=self.coverage))
        pieces = [full(diagnostic, self.line, plain) + "\n" for diagnostic in self.diagnostics]
        return "\n".join([*pieces, *filter(None, [summary.fixes_line()]), summary.summary_line()])

    def _repr_html_(self) -> str:
        """The report in a notebook: the findings, and a table of the layers."""
        from html import escape

        rows = "".join(
            f"<tr><td>{escape(layer.name)}</td><td>{escape(layer.type)}</td><td>{escape(str(layer.output))}</td>"
            f"<td style='text-align:right'>{layer.params:,}</td></tr>"
            for layer in self.layers
        )
        head = "<tr><th>layer</th><th>type</th><th>output</th><th>parameters</th></tr>"
        total = f"<tr><td colspan='3'>total</td><td style='text-align:right'>{self.params:,}</td></tr>"
        return f"<pre>{escape(str(self))}</pre><table>{head}{rows}{total if rows else ''}</table>"

    def __repr__(self) -> str:
        verdict = "ok" if self.ok else "with errors"
        return f"<Report {verdict}: {len(self.diagnostics)} findings, {len(self.layers)} layers>"


class PlacedLayer(NamedTuple):
    """A layer of a program and the call that creates it.

    Attributes:
        span: The place of the call.
        output: Its output shape; a size that the file does not determine is shown as its code, or `?`.
        layer: Its facts; None where they depend on an unknown size.
    """

    span: Span
    output: str
    layer: LayerReport | None


class ModelReport(NamedTuple):
    """The results of a check of one model of a source with several.

    Attributes:
        name: The variable or function that holds the model.
        line: The line of the call that creates it.
        complete: Whether every layer is known, possibly with unknown sizes.
        unknown: The expressions whose values are not known from the file.
        tree: The model as a spec; unknown values remain objects of the reader.
        layers: Its layers with their facts, empty if sizes are unknown.
        span: The place of the call that creates it.
        placed: Its layers at the calls that make them, in order; several at a call in a loop.
        coverage: What was checked of it; None if its source does not say.
    """

    name: str | None
    line: int
    complete: bool
    unknown: list[str]
    tree: Mapping[str, object]
    layers: list[LayerReport]
    span: Span
    placed: list[PlacedLayer]
    coverage: ModelCoverage | None = None

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON data."""
        return {
            "name": self.name,
            "line": self.line,
            "complete": self.complete,
            "unknown": self.unknown,
            "layers": [layer.to_dict() for layer in self.layers],
            **(self.coverage.to_dict() if self.coverage is not None else {}),
        }


@dataclass(frozen=True, eq=False, repr=False)
class ModelsReport(Report):
    """The report of a source with several models, such as a program; `layers` are those of all models.

    Attributes:
        models: The models that were read.
        is_marginal: Whether the source may contain no model, so that its syntax errors are notes if it was not named.
    """

    models: Sequence[ModelReport] = ()
    is_marginal: bool = False

    def of_search(self) -> Report:
        """This report for a file that was found in a folder."""
        if not self.is_marginal:
            return self
        diagnostics = [
            replace(diagnostic, code=CODES["not-followed"].code, name="not-followed", severity="info")
            if diagnostic.name in ("syntax-error", "unreadable-file")
            else diagnostic
            for diagnostic in self.diagnostics
        ]
        return replace(self, diagnostics=diagnostics)

    def to_dict(self) -> dict[str, Any]:
        """JSON data, as printed by `seqspec check --format json`."""
        models = [model.to_dict() for model in self.models]
        if self.coverage is None:
            return {**super().to_dict(), "models": models}
        known = {id(model.coverage) for model in self.models}
        models += [_unread(model) for model in self.coverage.models if id(model) not in known]
        keras = None if self.target is None else self.target.to_dict()
        return {**super().to_dict(), "keras": keras, "models": models, **self.coverage.to_dict()}


def _unread(model: ModelCoverage) -> dict[str, object]:
    """A model that was not read, as JSON data."""
    entry: dict[str, object] = {"name": model.name, "line": model.line, "complete": False, "unknown": [], "layers": []}
    return {**entry, **model.to_dict()}
