"""Runs the rules that apply to a spec."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from seqspec.core.analysis.facts import Facts
from seqspec.core.catalog.plugins import rule_plugins
from seqspec.core.diagnostics.codes import EXPLAINED, family
from seqspec.core.diagnostics.violation import Path, SourceLocation, Violation
from seqspec.core.document.base_table import UnknownValueError
from seqspec.core.frontends.registry import frontend_faults
from seqspec.core.linter.registry import all_rules, applicable, names_in
from seqspec.core.linter.rule import Rule

_REPORT_REQUEST = "all other rules were run; please report this message together with the spec"


def lint(facts: Facts) -> Iterator[Violation]:
    """Runs all rules that apply.

    Without `[compile]` and `[fit]` the model may never be trained, so errors of rules become warnings, apart from those
    about `[export]`.
    """
    unexplained: list[Violation] = []
    explained: set[Path] = set()
    violations_of = run_rule if facts.graph is None else _violations_in_graph
    for rule in _rules_for(facts):
        for violation in violations_of(rule, facts):
            if (
                not facts.is_training_document
                and violation.rule == rule.name
                and not all("export" in required.tables for required in rule.alternatives)
                and (violation.severity or rule.severity) == "error"
            ):
                violation = violation.replace(severity="warning")
            if violation.rule in EXPLAINED:
                unexplained.append(violation)
                continue
            if rule.entry.explains and (violation.severity or rule.severity) != "info":
                explained.update(path[:3] for path in _paths(violation))
            yield violation
    for violation in unexplained:
        if explained.isdisjoint(path[:3] for path in _paths(violation)):
            yield violation
    if facts.spec.search is not None:
        from seqspec.core.search_space.search_settings import search_violations

        # The rest depends on a key that has an error.
        with suppress(UnknownValueError):
            yield from search_violations(facts)
    for fault in (*rule_plugins()[1], *frontend_faults()):
        yield Violation("plugin-fault", fault, help="fix or uninstall the plugin")


def _paths(violation: Violation) -> list[Path]:
    """The paths in the expanded document to which a violation refers."""
    return [violation.path, *(path for path, _ in violation.related if not isinstance(path, SourceLocation))]


def _rules_for(facts: Facts) -> tuple[Rule, ...]:
    try:
        return applicable(names_in(facts))
    except Exception:
        # A fact is unknown or cannot be computed: the rules that need it end or report it, and all others still run.
        return all_rules()


def _violations_in_graph(rule: Rule, facts: Facts) -> list[Violation]:
    """The violations of a rule in each part of a model with branches for which the rule holds."""
    if rule.graphs == "path":
        return [violation for path in facts.paths for violation in run_rule(rule, path)]
    return [] if rule.graphs is None else run_rule(rule, facts)


def run_rule(rule: Rule, facts: Facts) -> list[Violation]:
    """The violations of one rule; if the rule raises an exception, the last one reports it."""
    violations: list[Violation] = []
    try:
        for violation in rule.check(facts):
            if isinstance(violation, Violation) and not violation.rule:
                violation = violation.replace(rule=rule.name)
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
