"""From a source to its report: parse, expand, validate, infer the layers, and run the given rules."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seqspec.core.analysis.facts import Facts
from seqspec.core.analysis.files import OPENING_ARGUMENTS, refused_files
from seqspec.core.analysis.graph import GraphDocument, GraphWalk, walk_graph
from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.analysis.report import Report
from seqspec.core.analysis.stack import walk_stack
from seqspec.core.catalog import dtypes
from seqspec.core.catalog.layer import InferenceContext
from seqspec.core.catalog.plain import table_form, to_plain
from seqspec.core.diagnostics.codes import CODES
from seqspec.core.diagnostics.snippet import quote_value
from seqspec.core.diagnostics.suggest import BoundedSuggestions
from seqspec.core.diagnostics.violation import Path, Violation
from seqspec.core.document.tables import DOCUMENT_TABLES
from seqspec.core.document.typed_spec import TypedSpec, read_spec
from seqspec.core.frontends.frontend import Source
from seqspec.core.frontends.registry import frontend_for
from seqspec.core.language.expand import expand
from seqspec.core.language.expansion import MAX_INTEGER, Expansion
from seqspec.core.syntax.directives import SUPPRESSION_KEYS, may_suppress
from seqspec.core.syntax.document import Document
from seqspec.core.syntax.limits import LIMITS, Limits

if TYPE_CHECKING:
    from seqspec.core.analysis.repairs import RepairedModel
    from seqspec.core.diagnostics.diagnostic import Diagnostic


_FEATURE_KEYS = frozenset({"features", "columns", "column"})
"""The keys of `[data]` and its sources that name features."""


@dataclass(eq=False)
class AnalysisResult:
    """Everything that a check computes.

    Attributes:
        document: The document as parsed.
        expansion: The expanded tree.
        spec: The typed spec; None if the document could not be expanded.
        report: The findings and facts.
        walks: The layers of the model, or of each model into which its invalid layers can be repaired.
        vars: Values for the variables of the spec, which the caller set.
        settings: Further values that the caller set, in the syntax of `--set`.
        graph: The walk through the calls of a model that is not a stack; None for a stack.
    """

    document: Document
    expansion: Expansion
    spec: TypedSpec | None
    report: Report
    walks: Sequence[list[LayerReport]]
    vars: Mapping[str, object] | None = None
    settings: Sequence[str] = ()
    graph: GraphWalk | None = None


def analyze(
    source: Source,
    *,
    vars: Mapping[str, object] | None = None,
    settings: Sequence[str] = (),
    policy: Mapping[str, object] | None = None,
    limits: Limits = LIMITS,
    lint: Callable[[Facts], Iterable[Violation]] | None = None,
    allow_files: Collection[str] = (),
    of_data: Sequence[Violation] | None = None,
    further: Sequence[Violation] = (),
) -> AnalysisResult:
    """Finds the errors of a spec that Keras would raise; never raises for an invalid spec.

    Args:
        source: A path, a spec as a dict, a `Spec`, or a parsed `Document`.
        vars: Values for the variables of the spec.
        settings: Further values in the syntax of `--set`, such as `"layers.head.units=5"`.
        policy: Project policy as a JSON Schema, applied to the expanded spec.
        limits: Bounds on the size of what is read.
        allow_files: Files outside the project that a build may open.
        lint: Yields further violations, given the facts of the spec.
        of_data: The violations that the training data shows; None if it was not read.
        further: Violations that were found elsewhere, such as those of the search space.
    """
    require_settings(settings)
    _require_mapping(vars)
    values = None if vars is None else to_plain(vars, table_form)
    with BoundedSuggestions():
        analysis = _Analysis(frontend_for(source).read_one(source, limits))
        analysis.run(lambda: analysis.expand(values, settings, limits))
        if analysis.expansion.usable:
            analysis.run(lambda: analysis.infer(allow_files))
        if analysis.spec is not None and not analysis.failures:
            analysis.run(lambda: analysis.apply(policy, lint))
        # Only now: refused files, untrainable stages and data do not affect other facts.
        analysis.violations += [*analysis.refused, *(of_data or ()), *further]
        unchecked = None if lint is None else _unchecked(policy is not None, of_data is not None)
        report = analysis.report(unchecked)
    walks = [model.layers for model in analysis.repaired] or [analysis.layers]
    return AnalysisResult(
        analysis.document, analysis.expansion, analysis.spec, report, walks, vars, settings, analysis.walk
    )


def require_settings(settings: object) -> None:
    """Raises `TypeError` for settings that are not a list of strings."""
    if (
        not isinstance(settings, Sequence)
        or isinstance(settings, (str, bytes))
        or not all(isinstance(setting, str) for setting in settings)
    ):
        raise TypeError(f'settings must be a list such as ["fit.epochs=5"], got {quote_value(settings)}')


def _require_mapping(vars: object) -> None:
    if vars is not None and not isinstance(vars, Mapping):
        raise TypeError(f"vars must be a dict from names to values, got {quote_value(vars)}")


class _Analysis:
    """The steps of the check of one document.

    A step that raises an exception is an internal error of the report, and must not hide what others find.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.expansion = Expansion(document, {}, list(document.violations), usable=False)
        self.spec: TypedSpec | None = None
        self.layers: list[LayerReport] = []
        self.repaired: list[RepairedModel] = []
        self.walk: GraphWalk | None = None
        self.violations: list[Violation] = []
        self.refused: list[Violation] = []
        self.failures: list[Violation] = []

    def run(self, step: Callable[[], None]) -> None:
        """Runs a step; an exception is kept as an internal error."""
        try:
            step()
        except Exception as error:
            self.failures.append(internal_error(error, self.document))

    def expand(self, vars: Mapping[str, object] | None, settings: Sequence[str], limits: Limits) -> None:
        """Expands the document."""
        self.expansion = expand(self.document, vars=vars, settings=settings, limits=limits, tables=DOCUMENT_TABLES)

    def infer(self, allow_files: Collection[str]) -> None:
        """Reads the typed spec and infers its layers, repaired where some are invalid."""
        violations = self.violations
        self.spec = spec = read_spec(self.expansion.tree, self.expansion.keras, violations)
        self.walk = _walk_calls(spec, self.document, violations)
        if self.walk is not None:
            self.layers = self.walk.reports
        else:
            self.repaired = _repaired(spec, self.expansion, violations) if violations else []
            self.layers = walk_spec(spec, self.expansion, [] if self.repaired else violations)
        self.refused = _refused(spec, [] if self.walk is not None else self.layers, self.expansion, allow_files)

    def apply(self, policy: Mapping[str, object] | None, lint: Callable[[Facts], Iterable[Violation]] | None) -> None:
        """Checks the policy and runs the rules."""
        spec, violations = self.spec, self.violations
        assert spec is not None
        if policy is not None:
            from seqspec.core.document.json_schema import policy_violations

            violations.extend(policy_violations(policy, spec.to_dict()))
        if lint is None or spec.stack is None:
            return
        oversized = list(_oversized(self.expansion.tree, ())) if self.expansion.has_bad_values else []
        env = environment(spec)
        if not self.repaired:
            violations.extend(lint(Facts(spec, self.layers, env, [*violations, *oversized], self.walk)))
            return
        from seqspec.core.analysis.repairs import common_violations

        violations += common_violations(
            [list(lint(Facts(model.spec, model.layers, env, [*model.known, *oversized]))) for model in self.repaired]
        )

    def report(self, unchecked: frozenset[str] | None) -> Report:
        """The findings and facts."""
        diagnostics = self._diagnostics()
        suppressed: list[Diagnostic] = []
        complete = self.expansion.usable and not self.failures
        if complete:
            diagnostics, suppressed = _suppress(diagnostics, self.expansion, unchecked)
        if any(diagnostic.name == "deprecated-argument" for diagnostic in diagnostics):
            from seqspec.core.analysis.resolve import once_per_argument

            diagnostics = once_per_argument(diagnostics, suppressed)
        return Report(
            diagnostics,
            self.layers,
            self.document,
            self.expansion.documents,
            complete=complete,
            suppressed=suppressed,
            unchecked=unchecked,
        )

    def _diagnostics(self) -> list[Diagnostic]:
        """The diagnostics of all violations; if one cannot be resolved, only that one is lost."""
        expansion, document = self.expansion, self.expansion.document
        if not (self.violations or expansion.violations or self.failures):
            return []
        violations = self.violations
        if document.undetermined:
            violations = _determined(violations, document)
            expansion.violations[:] = _determined(expansion.violations, document)
        from seqspec.core.analysis.resolve import resolve_diagnostics
        from seqspec.core.analysis.unused_declarations import relate_declarations

        try:
            unexpected = [violation for violation in violations if not expansion.is_consequence(violation)]
            unexpected, language = relate_declarations(unexpected, expansion.violations, document.tree, expansion.tree)
            return resolve_diagnostics([*language, *unexpected, *self.failures], expansion)
        except Exception as error:
            self.failures.append(internal_error(error, document))
        diagnostics: list[Diagnostic] = []
        for violation in (*expansion.violations, *violations, *self.failures):
            with suppress(Exception):
                # An internal error must not hide the other findings.
                diagnostics += resolve_diagnostics([violation], expansion)
        return diagnostics


def _walk_calls(spec: TypedSpec, document: Document, violations: list[Violation]) -> GraphWalk | None:
    """The walk through the calls of a model that is a graph; None for a stack."""
    graph = document.graph if isinstance(document, GraphDocument) else None
    if graph is None or spec.stack is None:
        return None
    return walk_graph(spec.stack.layers, graph, environment(spec), ("model", "layers"), violations)


def _refused(
    spec: TypedSpec, layers: list[LayerReport], expansion: Expansion, allow_files: Collection[str]
) -> list[Violation]:
    """Files that may not be opened, stages that cannot be trained, and columns with two uses."""
    refused: list[Violation] = []
    if expansion.may_have(OPENING_ARGUMENTS):
        refused += refused_files(expansion.tree, expansion.document, allow_files)
    if spec.fit or spec.data is not None:
        from seqspec.core.analysis.training import untrainable

        refused += untrainable.untrainable(spec)
        refused += untrainable.misfits(spec, layers)
    if spec.data is not None and expansion.may_have(_FEATURE_KEYS):
        from seqspec.core.analysis.data.column_use import misused_columns

        refused += misused_columns(spec)
    return refused


def _unchecked(has_policy: bool, has_data: bool) -> frozenset[str]:
    """The rules that were not run without a policy, or without the training data."""
    from seqspec.core.diagnostics.codes import DATA_RULES

    return frozenset(() if has_policy else ("policy",)) | (frozenset() if has_data else DATA_RULES)


def _determined(violations: Iterable[Violation], document: Document) -> list[Violation]:
    """The violations that do not depend on what the document leaves undetermined."""
    return [violation for violation in violations if document.undetermined.isdisjoint(CODES[violation.rule].depends_on)]


def _suppress(
    diagnostics: list[Diagnostic], expansion: Expansion, unchecked: frozenset[str] | None
) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """The findings that are reported, and those that the documents suppress."""
    document = expansion.document
    if document.text is None and not expansion.may_have(SUPPRESSION_KEYS):
        return diagnostics, []
    # Values set by the caller are documents too, but cannot contain suppressions.
    documents = [document, *(other for other in expansion.documents[1:] if other.text is not None)]
    if not any(map(may_suppress, documents)):
        return diagnostics, []
    from seqspec.core.suppressions.suppress import suppress

    diagnostics, suppressed = suppress(diagnostics, documents, unchecked)
    if len(diagnostics) > 1_000:
        from seqspec.core.analysis.resolve import limit_findings

        diagnostics = limit_findings(diagnostics, document)
    return diagnostics, suppressed


def internal_error(error: Exception, document: Document) -> Violation:
    """The finding for an exception that a spec raised inside seqspec.

    Findings before it are still reported, and other specs are still checked. With SEQSPEC_TRACEBACK=1 the
    exception is raised again.
    """
    if os.environ.get("SEQSPEC_TRACEBACK"):
        raise error
    from seqspec.core.diagnostics.violation import SourceLocation

    return Violation(
        "internal-error",
        f"internal error: {type(error).__name__}: {str(error)[:200]}",
        help="please report it, with the output of SEQSPEC_TRACEBACK=1",
        location=SourceLocation(document, ()),
    )


def _oversized(tree: Mapping[str, object] | Sequence[object], path: Path) -> Iterator[Violation]:
    """Violations for integers beyond 64 bits, which are already reported: no rule reads the tables around them."""
    for key, value in tree.items() if isinstance(tree, Mapping) else enumerate(tree):
        if isinstance(value, (Mapping, list, tuple)):
            yield from _oversized(value, (*path, key))
        elif isinstance(value, int) and not -MAX_INTEGER - 1 <= value <= MAX_INTEGER:
            yield Violation("bad-value", "integers must fit in 64 bits", path=(*path, key))


def walk_spec(spec: TypedSpec, expansion: Expansion, violations: list[Violation]) -> list[LayerReport]:
    """The reports of the spec's layers; errors that Keras would raise are appended to `violations`."""
    stack = spec.stack
    if stack is None or stack.input is None:
        return []
    env = environment(spec)
    origin = (lambda path: expansion.origin(path).path) if expansion.moved else None
    return walk_stack(stack.layers, stack.input, env, ("model", "layers"), violations, origin)


def _repaired(spec: TypedSpec, expansion: Expansion, violations: list[Violation]) -> list[RepairedModel]:
    """The model with different repairs of its invalid layers; errors found in all of them are appended."""
    if spec.stack is None or spec.stack.input is None:
        return []
    from seqspec.core.analysis.repairs import common_violations, repaired_models

    models = repaired_models(spec, violations, lambda repaired, found: walk_spec(repaired, expansion, found))
    if models:
        violations += common_violations([model.found for model in models])
    return models


def environment(spec: TypedSpec) -> InferenceContext:
    """The inference context of the spec's layers."""
    return InferenceContext(dtypes.policy(spec.dtype_policy), spec.keras.newest)
