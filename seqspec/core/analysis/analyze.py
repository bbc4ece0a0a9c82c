"""From a source to its report: parse, expand, validate, infer the layers, and run the given rules."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from seqspec.core.analysis.facts import Facts
from seqspec.core.analysis.files import OPENING_ARGUMENTS, refused_files
from seqspec.core.analysis.graph import GraphDocument, GraphWalk, walk_graph
from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.analysis.report import Report
from seqspec.core.analysis.stack import walk_stack
from seqspec.core.catalog import dtypes
from seqspec.core.catalog.layer import InferenceContext
from seqspec.core.catalog.plain import table_form, to_plain
from seqspec.core.diagnostics.codes import CODES, is_error
from seqspec.core.diagnostics.message import fmt
from seqspec.core.diagnostics.snippet import Setting, quote_value
from seqspec.core.diagnostics.suggest import BoundedSuggestions
from seqspec.core.diagnostics.violation import Path, Violation, value_at
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
    with BoundedSuggestions():
        return _analyze(source, vars, settings, policy, limits, lint, allow_files, of_data, further)


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


def _analyze(
    source: Source,
    vars: Mapping[str, object] | None,
    settings: Sequence[str],
    policy: Mapping[str, object] | None,
    limits: Limits,
    lint: Callable[[Facts], Iterable[Violation]] | None,
    allow_files: Collection[str],
    of_data: Sequence[Violation] | None,
    further: Sequence[Violation],
) -> AnalysisResult:
    require_settings(settings)
    _require_mapping(vars)
    document = frontend_for(source).read_one(source, limits)
    guard = _Guard(document)
    expansion: Expansion | None = None
    values = None if vars is None else to_plain(vars, table_form)
    with guard:
        expansion = expand(document, vars=values, settings=settings, limits=limits, tables=DOCUMENT_TABLES)
    if expansion is None:
        expansion = Expansion(document, {}, list(document.violations), usable=False)
    violations: list[Violation] = []
    spec: TypedSpec | None = None
    layers: list[LayerReport] = []
    repaired: list[RepairedModel] = []
    refused: list[Violation] = []
    walk: GraphWalk | None = None
    if expansion.usable:
        with guard:
            spec = read_spec(expansion.tree, expansion.keras, violations)
            walk = _walk_calls(spec, document, violations)
            if walk is not None:
                layers = walk.reports
            else:
                repaired = _repaired(spec, expansion, violations) if violations else []
                layers = walk_spec(spec, expansion, [] if repaired else violations)
            refused = _refused(spec, layers if walk is None else [], expansion, allow_files)
        if spec is not None and not guard.failures:
            with guard:
                _add_policy_and_lint(violations, spec, layers, repaired, expansion, policy, lint, walk)
    # Added only now: refused files, untrainable stages and data do not affect other facts.
    violations += [*refused, *(of_data or ()), *further]
    diagnostics = _resolved(violations, expansion, guard)
    suppressed: list[Diagnostic] = []
    unchecked = None if lint is None else _unchecked(policy is not None, of_data is not None)
    if expansion.usable and not guard.failures:
        diagnostics, suppressed = _suppress(diagnostics, expansion, unchecked)
    if any(diagnostic.name == "deprecated-argument" for diagnostic in diagnostics):
        from seqspec.core.analysis.resolve import once_per_argument

        diagnostics = once_per_argument(diagnostics, suppressed)
    report = Report(
        diagnostics, layers, document, expansion.documents, complete=expansion.usable and not guard.failures,
        suppressed=suppressed, unchecked=unchecked,
    )  # fmt: skip
    walks = [model.layers for model in repaired] or [layers]
    return AnalysisResult(document, expansion, spec, report, walks, vars, settings, walk)


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


class _Guard:
    """A context that keeps an exception as an internal error: it must not hide the other findings."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.failures: list[Violation] = []

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> bool:
        if not isinstance(error, Exception):
            return False
        self.failures.append(internal_error(error, self.document))
        return True


def _add_policy_and_lint(
    violations: list[Violation],
    spec: TypedSpec,
    layers: list[LayerReport],
    repaired: Sequence[RepairedModel],
    expansion: Expansion,
    policy: Mapping[str, object] | None,
    lint: Callable[[Facts], Iterable[Violation]] | None,
    walk: GraphWalk | None,
) -> None:
    if policy is not None:
        from seqspec.core.document.json_schema import policy_violations

        violations.extend(policy_violations(policy, spec.to_dict()))
    if lint is not None and spec.stack is not None:
        oversized = list(_oversized(expansion.tree, ())) if expansion.has_bad_values else []
        env = environment(spec)
        if not repaired:
            violations.extend(lint(Facts(spec, layers, env, [*violations, *oversized], walk)))
            return
        from seqspec.core.analysis.repairs import common_violations

        violations += common_violations(
            [list(lint(Facts(model.spec, model.layers, env, [*model.known, *oversized]))) for model in repaired]
        )


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


def _resolved(violations: list[Violation], expansion: Expansion, guard: _Guard) -> list[Diagnostic]:
    """The diagnostics of all violations; if one cannot be resolved, only that one is lost."""
    if not (violations or expansion.violations or guard.failures):
        return []
    document = expansion.document
    if document.undetermined:
        violations = _determined(violations, document)
        expansion.violations[:] = _determined(expansion.violations, document)
    from seqspec.core.analysis.resolve import resolve_diagnostics

    with guard:
        unexpected = [violation for violation in violations if not expansion.is_consequence(violation)]
        unexpected, language = relate_declarations(
            unexpected, expansion.violations, expansion.document.tree, expansion.tree
        )
        return resolve_diagnostics([*language, *unexpected, *guard.failures], expansion)
    diagnostics: list[Diagnostic] = []
    for violation in (*expansion.violations, *violations, *guard.failures):
        try:
            diagnostics += resolve_diagnostics([violation], expansion)
        except Exception:
            # An internal error must not hide the other findings.
            continue
    return diagnostics


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


_UNUSED = "unused-declaration"


def relate_declarations(
    violations: Sequence[Violation], language: Sequence[Violation], written: object, tree: Mapping[str, object]
) -> tuple[list[Violation], list[Violation]]:
    """Suggests declared names for misspelled ones, and prevents their removal while there are errors.

    Returns both lists with these changes. A suggested declaration is not reported as unused.

    Args:
        violations: The violations at paths of the expanded document.
        language: The violations of language rules, with their locations in the document as written.
        written: The document as written.
        tree: The expanded document.
    """
    if not any(violation.rule == _UNUSED for violation in language):
        return list(violations), list(language)
    suggested: set[Path] = set()
    related: list[Violation] = []
    for violation in violations:
        meant = _meant(violation, written, tree) if isinstance(written, Mapping) else None
        if meant is not None:
            suggested.add(meant.path)
            violation = violation.replace(label=fmt("did you mean {}?", meant.use), help=fmt("write {}", meant.use))
        related.append(violation)
    left = [
        violation
        for violation in language
        if violation.rule != _UNUSED or violation.location is None or violation.location.path not in suggested
    ]
    if any(violation.rule not in CODES or is_error(violation) for violation in (*violations, *language)):
        left = [violation.replace(fix=None) if violation.rule == _UNUSED else violation for violation in left]
    return related, left


class _Declaration(NamedTuple):
    """A declaration of the document: where it is, and how it is used."""

    path: Path
    use: Setting | str


def _meant(violation: Violation, written: Mapping[str, object], tree: Mapping[str, object]) -> _Declaration | None:
    """The declaration whose name is the wrong value; None if there is none."""
    value = value_at(tree, violation.path)
    if violation.rule == "unknown-layer" and _declares(written, "custom", value):
        return _Declaration(("custom", value), Setting("custom", value))
    if violation.rule == "unknown-layer" and _declares(written, "blocks", value):
        return _Declaration(("blocks", value), Setting("use", value))
    if violation.rule in ("wrong-type", "bad-value") and _declares(written, "vars", value):
        return _Declaration(("vars", value), f'"${value}"')
    if isinstance(value, Mapping) and _declares(written, "blocks", value.get("block")):
        return _Declaration(("blocks", value["block"]), Setting("use", value["block"]))
    return None


def _declares(written: Mapping[str, object], table: str, name: object) -> bool:
    declared = written.get(table)
    return isinstance(name, str) and isinstance(declared, Mapping) and name in declared
