"""The complete check: errors that Keras would raise, and rules for common training mistakes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Literal, NamedTuple

from seqspec.core.analysis.analyze import AnalysisResult, analyze
from seqspec.core.analysis.facts import Facts
from seqspec.core.analysis.report import Report
from seqspec.core.catalog.plugins import rule_plugins
from seqspec.core.diagnostics.codes import EXPLAINED, family
from seqspec.core.diagnostics.violation import Path, SourceLocation, Violation
from seqspec.core.document.base_table import UnknownValueError
from seqspec.core.frontends.frontend import KerasTarget, Source
from seqspec.core.frontends.registry import frontend_faults, frontend_for
from seqspec.core.linter.registry import all_rules, applicable, names_in
from seqspec.core.linter.rule import Rule
from seqspec.core.syntax.limits import LIMITS, Limits

_REPORT_REQUEST = "all other rules were run; please report this message together with the spec"


def check(
    source: Any,
    *,
    vars: Mapping[str, object] | None = None,
    settings: Sequence[str] = (),
    policy: Mapping[str, object] | None = None,
    limits: Limits = LIMITS,
    space: int | None = None,
) -> Report:
    """Checks a spec; never raises for an invalid one.

    Args:
        source: A path to a spec, a Python file, a notebook or a saved model (`.h5`, `.keras`); a spec as a dict; a
            `Spec`; a `keras.Sequential`, compiled or not; or a parsed `Document`.
        vars: Values for the variables of the spec.
        settings: Further values in the syntax of `--set`, such as `"layers.head.units=5"`.
        policy: Project policy as a JSON Schema, applied to the expanded spec.
        limits: Bounds on the size of what is read.
        space: The number of combinations of `[search.space]` that are drawn; by default all that differ, where these
            are few.
    """
    return Task(source, vars, settings, policy, limits, space=space).report()


def _checked(document: Source, *, space: int | None, **options: Any) -> Report:
    result = analyze_and_lint(document, **options)
    if result.spec is None or result.spec.search is None:
        return result.report
    errors = [item for item in result.report.diagnostics if item.severity == "error"]
    from seqspec.core.search_space.space import SpaceChecker
    from seqspec.core.search_space.space_findings import early_violations, space_violations

    of_candidates = partial(analyze_and_lint, policy=options["policy"], limits=options["limits"])
    checker = SpaceChecker(result, of_candidates)
    if errors:
        # Candidates mean little before, but all mistakes are reported at once.
        wrong = early_violations(checker, [item.pointer for item in errors])
        return analyze_and_lint(document, **options, further=wrong).report if wrong else result.report
    found = checker.report(space)
    if violations := space_violations(checker, found):
        result = analyze_and_lint(document, **options, further=violations)
    result.report.search = found
    return result.report


def analyze_and_lint(
    source: Source,
    *,
    vars: Mapping[str, object] | None = None,
    settings: Sequence[str] = (),
    policy: Mapping[str, object] | None = None,
    limits: Limits = LIMITS,
    of_data: Sequence[Violation] | None = None,
    further: Sequence[Violation] = (),
) -> AnalysisResult:
    """Like `check`, but returns all intermediate results.

    `of_data` are the violations that the training data shows, `further` those of the search space.
    """
    return analyze(
        source, vars=vars, settings=settings, policy=policy, limits=limits, lint=lint, of_data=of_data, further=further
    )


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


class Task(NamedTuple):
    """A spec to check; the fields are the arguments of `check`.

    `want` limits what is sent back from a worker process: the findings and their lines, `to_dict` in addition, or the
    whole report. `searched` says that the source was found in a folder, not named. `keras` is the version of Keras that
    a program is for, or what an earlier check of it decided; None if it or its project says it.

    """

    source: Source
    vars: Mapping[str, object] | None = None
    settings: Sequence[str] = ()
    policy: Mapping[str, object] | None = None
    limits: Limits = LIMITS
    want: Literal["findings", "facts", "report"] = "report"
    searched: bool = False
    keras: str | KerasTarget | None = None
    space: int | None = None

    def report(self) -> Report:
        """Runs the check."""
        models = frontend_for(self.source).targeting(self.keras).read(self.source, self.limits)
        options: dict[str, Any] = {
            "vars": self.vars,
            "settings": self.settings,
            "policy": self.policy,
            "limits": self.limits,
            "space": self.space,
        }
        report: Report = models.report([_checked(document, **options) for document in models.documents])
        return report.of_search() if self.searched else report


def failed_report(source: Source, error: Exception) -> Report:
    """The report of a document that could not be checked, with only the error, so that others are still checked."""
    from seqspec.core.analysis.analyze import internal_error
    from seqspec.core.diagnostics.convert import at_source
    from seqspec.core.frontends.registry import unread
    from seqspec.core.syntax.document import Document

    if isinstance(source, (str, os.PathLike)):
        document = unread(os.fsdecode(source))
    else:
        document = source if isinstance(source, Document) else Document({})
    return Report([at_source(internal_error(error, document), document)], [], document, complete=False)
