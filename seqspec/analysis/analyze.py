"""From a document to its report: read, expand, validate, walk; and then judge, where somebody has rules for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, Protocol

from seqspec.analysis.facts import Facts
from seqspec.analysis.layer_report import LayerReport
from seqspec.analysis.report import Report
from seqspec.analysis.stack import walk_stack
from seqspec.catalog import dtypes
from seqspec.catalog.inference_context import InferenceContext
from seqspec.diagnostics.violation import Violation
from seqspec.document.document import DocumentSpec, read_spec
from seqspec.document.tables import DOCUMENT_TABLES
from seqspec.language.expand import Expansion, expand
from seqspec.syntax.document import Document
from seqspec.syntax.limits import LIMITS, Limits
from seqspec.syntax.source import read_source
from seqspec.syntax.suppressing import may_suppress

if TYPE_CHECKING:
    from seqspec.diagnostics.diagnostic import Diagnostic


class HasTree(Protocol):
    """A `Spec`, or anything else that says what it is as plain data."""

    def as_written(self) -> Mapping[str, Any]:
        """The plain data."""


Source = str | PathLike[str] | Mapping[str, Any] | HasTree | Document


class AnalysisResult:
    """Everything that a check works out: the expanded tree, the typed spec, the report."""

    def __init__(self, document: Document, expansion: Expansion, spec: DocumentSpec | None, report: Report) -> None:
        self.document = document
        self.expansion = expansion
        self.spec = spec
        self.report = report


def analyze(
    source: Source,
    *,
    vars: Mapping[str, Any] | None = None,
    settings: Sequence[str] = (),
    policy: Mapping[str, Any] | None = None,
    limits: Limits = LIMITS,
    judge: Callable[[Facts], Iterable[Violation]] | None = None,
) -> AnalysisResult:
    """Finds what Keras would refuse in a document; never raises for a bad one.

    Args:
        source: A path, a spec as a dict, a `Spec`, or a `Document` that was read already.
        vars: Values for the document's variables.
        settings: Further values in the words of `--set`, such as `"layers.head.units=5"`.
        policy: A house's own rules as a JSON Schema, applied to the expanded document.
        limits: Bounds on the size of what is read.
        judge: Finds what else is wrong with what is known of the document.
    """
    if not isinstance(source, (str, Mapping, Document, PathLike)):
        source = source.as_written()
    document = source if isinstance(source, Document) else read_source(source, limits)
    expansion = expand(document, vars=vars, settings=settings, limits=limits, tables=DOCUMENT_TABLES)
    violations: list[Violation] = []
    spec: DocumentSpec | None = None
    layers: list[LayerReport] = []
    if expansion.usable:
        spec = read_spec(expansion.tree, expansion.keras, violations)
        layers = walk_spec(spec, expansion, violations)
        if policy is not None:
            from seqspec.document.json_schema import policy_violations

            violations.extend(policy_violations(policy, spec.to_dict()))
        if judge is not None and spec.stack is not None:
            violations.extend(judge(Facts(spec, layers, environment(spec), violations)))
    if violations or expansion.violations:
        from seqspec.analysis.resolve import resolve_diagnostics

        own = [violation for violation in violations if not expansion.excuses(violation)]
        if any(violation.rule == "unused-declaration" for violation in expansion.violations):
            from seqspec.analysis.declared_names import relate_declarations

            relate_declarations(own, expansion.violations, document.tree, expansion.tree)
        diagnostics = resolve_diagnostics([*expansion.violations, *own], expansion)
    else:
        diagnostics = []
    suppressed: list[Diagnostic] = []
    # Values that the caller sets are documents too, and have nothing to say here.
    documents = [document, *(other for other in expansion.documents[1:] if other.text is not None)]
    if expansion.usable and any(map(may_suppress, documents)):
        from seqspec.suppressions.suppress import suppress

        passed = None if judge is None else frozenset(() if policy is not None else ("policy",))
        diagnostics, suppressed = suppress(diagnostics, documents, passed)
    return AnalysisResult(
        document,
        expansion,
        spec,
        Report(diagnostics, layers, document, expansion.documents, whole=expansion.usable, suppressed=suppressed),
    )


def walk_spec(spec: DocumentSpec, expansion: Expansion, violations: list[Violation]) -> list[LayerReport]:
    """The facts of the spec's layers; what Keras would refuse is appended to `problems`."""
    stack = spec.stack
    if stack is None or stack.input is None:
        return []
    env = environment(spec)
    origin = (lambda path: expansion.origin(path).path) if expansion.moved else None
    return walk_stack(stack.layers, stack.input, env, ("model", "layers"), violations, origin)


def environment(spec: DocumentSpec) -> InferenceContext:
    """The surroundings of the spec's layers."""
    return InferenceContext(dtypes.policy(spec.dtype_policy), spec.keras.newest)
