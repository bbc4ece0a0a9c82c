"""The complete check: errors that Keras would raise, and rules for common training mistakes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from typing import Any

from seqspec.analysis.analyze import AnalysisResult, Source
from seqspec.analysis.analyze import analyze as examine_only
from seqspec.analysis.facts import Facts
from seqspec.analysis.report import Report
from seqspec.catalog.plugins import rule_plugins
from seqspec.diagnostics.code import family
from seqspec.diagnostics.source_location import SourceLocation
from seqspec.diagnostics.violation import Path, Violation
from seqspec.importers.live import is_live_model, live_document
from seqspec.linter.registry import all_rules, applicable
from seqspec.linter.rule import Rule
from seqspec.linter.traits import traits
from seqspec.syntax.document import PROGRAMS, Document
from seqspec.syntax.limits import LIMITS, Limits
from seqspec.syntax.source import read_source

_SAVED = (".h5", ".hdf5", ".keras")
_REPORT = "all other rules were run; please report this message together with the spec"


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
    if not isinstance(source, (str, PathLike, Mapping, Document)) and is_live_model(source):
        report = check(live_document(source), policy=policy, limits=limits)
        # Keras builds such a model when it is called on data.
        report.diagnostics = [found for found in report.diagnostics if found.name != "missing-input"]
        return report
    if is_saved_name(source):
        from seqspec.importers.saved.document import saved_document

        report = analyze(saved_document(os.fsdecode(source)), policy=policy, limits=limits).report
        report.diagnostics = [found for found in report.diagnostics if found.name != "missing-input"]
        return report
    document = _program(source, limits)
    if document is not None and document.readable:
        from seqspec.linter.program import check_program

        return check_program(document, lint, settings=settings, policy=policy, limits=limits)
    return analyze(document or source, vars=vars, settings=settings, policy=policy, limits=limits).report


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
    vars: Mapping[str, Any] | None = None,
    settings: Sequence[str] = (),
    policy: Mapping[str, Any] | None = None,
    limits: Limits = LIMITS,
) -> AnalysisResult:
    """Like `check`, but returns all intermediate results."""
    return examine_only(source, vars=vars, settings=settings, policy=policy, limits=limits, lint=lint)


def lint(facts: Facts) -> Iterator[Violation]:
    """Runs all rules that apply.

    Without `[compile]` and `[fit]` the model may never be trained, so errors of rules become warnings.
    """
    late: list[Violation] = []
    explained: set[Path] = set()
    rules = _rules_for(facts)
    if "target" in facts.damaged_tables:
        # What the labels are like is not known, and must not be taken for what it is without [target].
        rules = tuple(rule for rule in rules if not rule.code.startswith("SEQ3"))
    for rule in rules:
        for violation in run_rule(rule, facts):
            if (
                not facts.is_training_document
                and violation.rule == rule.name
                and (violation.severity or rule.severity) == "error"
            ):
                violation = violation.replace(severity="warning")
            if violation.rule == "fails-on-first-batch":
                late.append(violation)
                continue
            if violation.rule in SAY_WHY and (violation.severity or rule.severity) != "info":
                explained.update(path[:3] for path in _paths(violation))
            yield violation
    for violation in late:
        if explained.isdisjoint(path[:3] for path in _paths(violation)):
            yield violation
    for fault in rule_plugins()[1]:
        yield Violation("plugin-fault", fault, help="fix or uninstall the plugin")


SAY_WHY = frozenset({"integer-input", "unsupported-image-layer-input", "non-integer-indices", "batch-as-image"})
"""Rules that say more of a layer that fails on its first batch than that it does."""


def _paths(violation: Violation) -> list[Path]:
    """The places of the expanded document that a violation names."""
    return [violation.path, *(path for path, _ in violation.related if not isinstance(path, SourceLocation))]


def _rules_for(facts: Facts) -> tuple[Rule, ...]:
    try:
        return applicable(traits(facts))
    except Exception:
        # If a fact cannot be computed, the rules that need it report that, and all others still run.
        return all_rules()


def run_rule(rule: Rule, facts: Facts) -> list[Violation]:
    """The violations of one rule; if the rule raises an exception, the last one reports it."""
    found: list[Violation] = []
    try:
        for violation in rule.check(facts):
            if not isinstance(violation, Violation) or violation.rule != rule.name:
                raise TypeError(f"a check must yield violations of its own rule, {rule.name}")
            found.append(violation)
    except Exception as error:
        # An internal error, or one of a plugin, must not hide the other findings.
        cause = f"{type(error).__name__}: {str(error)[:200]}"
        if family(rule.code):
            message = f"internal error in rule {rule.code}, please report: {cause}"
            found.append(Violation("internal-error", message, help=_REPORT))
        else:
            message = f"rule {rule.code} {rule.name} failed: {cause}"
            found.append(Violation("plugin-fault", message, help="report this to the plugin's maintainers"))
    return found
