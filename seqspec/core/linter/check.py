"""The complete check: errors that Keras would raise, and rules for common training mistakes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from typing import Any

from seqspec.core.analysis.analyze import AnalysisResult, Source
from seqspec.core.analysis.analyze import analyze as analyze_without_rules
from seqspec.core.analysis.facts import Facts
from seqspec.core.analysis.report import Report
from seqspec.core.catalog.plugins import rule_plugins
from seqspec.core.diagnostics.code import family
from seqspec.core.diagnostics.convert import to_diagnostic
from seqspec.core.diagnostics.source_location import SourceLocation
from seqspec.core.diagnostics.violation import Path, Violation, pointer
from seqspec.core.document.table import UnknownValueError
from seqspec.core.frontends.live import checked_document, is_live_model
from seqspec.core.linter.registry import all_rules, applicable
from seqspec.core.linter.rule import Rule
from seqspec.core.linter.traits import traits
from seqspec.core.syntax.document import PROGRAMS, Document
from seqspec.core.syntax.limits import LIMITS, Limits
from seqspec.core.syntax.source import read_source

_SAVED = (".h5", ".hdf5", ".keras")
_REPORT_REQUEST = "all other rules were run; please report this message together with the spec"


def check(
    source: Any,
    *,
    vars: Mapping[str, Any] | None = None,
    settings: Sequence[str] = (),
    policy: Mapping[str, Any] | None = None,
    limits: Limits = LIMITS,
) -> Report:
    """Checks a spec; never raises for an invalid one.

    Args:
        source: A path to a spec, a Python file, a notebook or a saved model (`.h5`, `.keras`); a spec as a dict; a
            `Spec`; a `keras.Sequential`, compiled or not; or a parsed `Document`.
        vars: Values for the variables of the spec.
        settings: Further values in the syntax of `--set`, such as `"layers.head.units=5"`.
        policy: Project policy as a JSON Schema, applied to the expanded spec.
        limits: Bounds on the size of what is read.
    """
    if isinstance(source, Mapping):
        return analyze(source, vars=vars, settings=settings, policy=policy, limits=limits).report
    if not isinstance(source, (str, PathLike, Document)) and is_live_model(source):
        return _check_live(source, policy, limits)
    if is_saved_name(source):
        from seqspec.saved_models.document import saved_document

        report = analyze(saved_document(os.fsdecode(source)), policy=policy, limits=limits).report
        report.diagnostics = [diagnostic for diagnostic in report.diagnostics if diagnostic.name != "missing-input"]
        return report
    document = _program(source, limits)
    if document is not None and document.readable:
        from seqspec.programs.check import check_program

        return check_program(document, lint, settings=settings, policy=policy, limits=limits)
    return analyze(document or source, vars=vars, settings=settings, policy=policy, limits=limits).report


def _check_live(model: object, policy: Mapping[str, object] | None, limits: Limits) -> Report:
    """Checks a model object; layers that a spec cannot declare are notes instead of errors."""
    document, notes = checked_document(model)
    report = check(document, policy=policy, limits=limits)
    # Keras builds a model without an input when it is called on data.
    kept = [
        diagnostic for diagnostic in report.diagnostics if diagnostic.name not in ("missing-input", "unused-custom")
    ]
    for path, message, is_opaque in notes:
        layer_pointer = pointer(path)
        kept = [
            diagnostic
            for diagnostic in kept
            if not is_opaque
            or (diagnostic.pointer != layer_pointer and not diagnostic.pointer.startswith(f"{layer_pointer}/"))
        ]
        kept.append(to_diagnostic(Violation("not-followed", message), path=path, span=None, file=None, format="python"))
    report.diagnostics = kept
    return report


def is_saved_name(source: object) -> bool:
    """Whether a source is the path of a saved model, by its name."""
    return isinstance(source, (str, PathLike)) and os.fsdecode(source).lower().endswith(_SAVED)


def _program(source: Source, limits: Limits) -> Document | None:
    """The text of a Python file or notebook; None for any other source."""
    if isinstance(source, Document):
        return source if source.format in PROGRAMS and not source.tree else None
    if not isinstance(source, (str, PathLike)) or not os.fspath(source).endswith((".py", ".ipynb")):
        return None
    return read_source(source, limits)


def analyze(
    source: Source,
    *,
    vars: Mapping[str, object] | None = None,
    settings: Sequence[str] = (),
    policy: Mapping[str, object] | None = None,
    limits: Limits = LIMITS,
) -> AnalysisResult:
    """Like `check`, but returns all intermediate results."""
    return analyze_without_rules(source, vars=vars, settings=settings, policy=policy, limits=limits, lint=lint)


def lint(facts: Facts) -> Iterator[Violation]:
    """Runs all rules that apply.

    Without `[compile]` and `[fit]` the model may never be trained, so errors of rules become warnings.
    """
    failures: list[Violation] = []
    explained: set[Path] = set()
    for rule in _rules_for(facts):
        for violation in run_rule(rule, facts):
            if (
                not facts.is_training_document
                and violation.rule == rule.name
                and (violation.severity or rule.severity) == "error"
            ):
                violation = violation.replace(severity="warning")
            if violation.rule == "fails-on-first-batch":
                failures.append(violation)
                continue
            if violation.rule in EXPLAINING_RULES and (violation.severity or rule.severity) != "info":
                explained.update(path[:3] for path in _paths(violation))
            yield violation
    for violation in failures:
        if explained.isdisjoint(path[:3] for path in _paths(violation)):
            yield violation
    for fault in rule_plugins()[1]:
        yield Violation("plugin-fault", fault, help="fix or uninstall the plugin")


EXPLAINING_RULES = frozenset(
    {"integer-input", "unsupported-image-layer-input", "non-integer-indices", "batch-as-image"}
)
"""Rules that explain why a layer fails on its first batch, and so replace `fails-on-first-batch`."""


def _paths(violation: Violation) -> list[Path]:
    """The paths in the expanded document to which a violation refers."""
    return [violation.path, *(path for path, _ in violation.related if not isinstance(path, SourceLocation))]


def _rules_for(facts: Facts) -> tuple[Rule, ...]:
    try:
        return applicable(traits(facts))
    except Exception:
        # A fact is unknown or cannot be computed: the rules that need it end or report it, and all others still run.
        return all_rules()


def run_rule(rule: Rule, facts: Facts) -> list[Violation]:
    """The violations of one rule; if the rule raises an exception, the last one reports it."""
    violations: list[Violation] = []
    try:
        for violation in rule.check(facts):
            if not isinstance(violation, Violation) or violation.rule != rule.name:
                raise TypeError(f"a check must yield violations of its own rule, {rule.name}")
            violations.append(violation)
    except UnknownValueError:
        # The rest depends on a key that has an error.
        pass
    except Exception as error:
        # An internal error, or one of a plugin, must not hide the other findings.
        cause = f"{type(error).__name__}: {str(error)[:200]}"
        if family(rule.code):
            message = f"internal error in rule {rule.code}, please report: {cause}"
            violations.append(Violation("internal-error", message, help=_REPORT_REQUEST))
        else:
            message = f"rule {rule.code} {rule.name} failed: {cause}"
            violations.append(Violation("plugin-fault", message, help="report this to the plugin's maintainers"))
    return violations
