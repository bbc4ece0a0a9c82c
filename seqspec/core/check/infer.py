"""The stage that infers layers: the walk through a spec, its repairs, and what a document may not open or train."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from seqspec.core.analysis.files import OPENING_ARGUMENTS, refused_files
from seqspec.core.analysis.graph import GraphDocument, GraphWalk, walk_graph
from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.analysis.stack import walk_stack
from seqspec.core.diagnostics.violation import Path, Violation
from seqspec.core.document.typed_spec import TypedSpec
from seqspec.core.language.expansion import MAX_INTEGER, Expansion
from seqspec.core.syntax.document import Document

if TYPE_CHECKING:
    from seqspec.core.analysis.repairs import RepairedModel

_FEATURE_KEYS = frozenset({"features", "columns", "column"})
"""The keys of `[data]` and its sources that name features."""


class Walk(NamedTuple):
    """The layers of a spec.

    Attributes:
        layers: The reports of its layers, up to the first one that fails.
        repaired: The models into which its invalid layers can be repaired.
        graph: The walk through the calls of a model that is not a stack; None for a stack.
        violations: The errors in the layers.
    """

    layers: list[LayerReport]
    repaired: list[RepairedModel]
    graph: GraphWalk | None
    violations: list[Violation]


def infer(spec: TypedSpec, expansion: Expansion, document: Document, known: Sequence[Violation]) -> Walk:
    """Infers the layers of a spec; `known` are the errors of its tables, which are repaired in layers."""
    violations: list[Violation] = []
    graph = _walk_calls(spec, document, violations)
    if graph is not None:
        return Walk(graph.reports, [], graph, violations)
    repaired = _repaired(spec, expansion, known, violations) if known else []
    found: list[Violation] = []
    layers = walk_spec(spec, expansion, found)
    if found and not repaired:
        from seqspec.core.analysis.shape_fixes import with_fixes

        violations += with_fixes(spec, layers, found, not document.is_spec_text)
    return Walk(layers, repaired, None, violations)


def _walk_calls(spec: TypedSpec, document: Document, violations: list[Violation]) -> GraphWalk | None:
    """The walk through the calls of a model that is a graph; None for a stack."""
    graph = document.graph if isinstance(document, GraphDocument) else None
    if graph is None or "model" not in spec.written:
        return None
    return walk_graph(spec.stack.layers, graph, spec.environment, ("model", "layers"), violations)


def refused(
    spec: TypedSpec, layers: list[LayerReport], expansion: Expansion, allow_files: Collection[str]
) -> list[Violation]:
    """Files that may not be opened, stages that cannot be trained, and columns with two uses."""
    violations: list[Violation] = []
    if expansion.may_have(OPENING_ARGUMENTS):
        violations += refused_files(spec.tree, expansion.document, allow_files)
    if spec.fit or "data" in spec.written:
        from seqspec.core.analysis.training import untrainable

        violations += untrainable.untrainable(spec)
        violations += untrainable.misfits(spec, layers)
    if "data" in spec.written and expansion.may_have(_FEATURE_KEYS):
        from seqspec.core.analysis.data.column_use import misused_columns

        violations += misused_columns(spec)
    return violations


def oversized(tree: Mapping[str, object] | Sequence[object], path: Path) -> Iterator[Violation]:
    """Violations for integers beyond 64 bits, which are already reported: no rule reads the tables around them."""
    for key, value in tree.items() if isinstance(tree, Mapping) else enumerate(tree):
        if isinstance(value, (Mapping, list, tuple)):
            yield from oversized(value, (*path, key))
        elif isinstance(value, int) and not -MAX_INTEGER - 1 <= value <= MAX_INTEGER:
            yield Violation("bad-value", "integers must fit in 64 bits", path=(*path, key))


def walk_spec(spec: TypedSpec, expansion: Expansion, violations: list[Violation]) -> list[LayerReport]:
    """The reports of the spec's layers; errors that Keras would raise are appended to `violations`."""
    stack = spec.stack
    if stack.input is None:
        return []
    env = spec.environment
    origin = (lambda path: expansion.origin(path).path) if expansion.moved else None
    return walk_stack(stack.layers, stack.input, env, ("model", "layers"), violations, origin)


def _repaired(
    spec: TypedSpec, expansion: Expansion, known: Sequence[Violation], violations: list[Violation]
) -> list[RepairedModel]:
    """The model with different repairs of its invalid layers; errors found in all of them are appended."""
    if spec.stack.input is None:
        return []
    from seqspec.core.analysis.repairs import common_violations, repaired_models

    models = repaired_models(spec, known, lambda repaired, errors: walk_spec(repaired, expansion, errors))
    if models:
        violations += common_violations([model.found for model in models])
    return models
