"""The check of one document, in stages that are computed once: from its tree to its findings and facts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

from seqspec.core.analysis.facts import Facts
from seqspec.core.analysis.graph import GraphWalk
from seqspec.core.analysis.layer_report import LayerReport
from seqspec.core.analysis.report import Report
from seqspec.core.cached_property import cached_property
from seqspec.core.catalog.plain import table_form, to_plain
from seqspec.core.check.diagnose import diagnose, internal_error
from seqspec.core.check.infer import Walk, infer, oversized, refused
from seqspec.core.diagnostics.errors import SpecError
from seqspec.core.diagnostics.message import quote_value
from seqspec.core.diagnostics.suggest import BoundedSuggestions
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.document.tables import DOCUMENT_TABLES
from seqspec.core.document.typed_spec import UNREADABLE, TypedSpec, read_spec
from seqspec.core.frontends.frontend import KerasTarget, Source
from seqspec.core.frontends.registry import frontend_for
from seqspec.core.language.expand import expand
from seqspec.core.language.expansion import Expansion
from seqspec.core.linter.lint import lint
from seqspec.core.syntax.document import Document
from seqspec.core.syntax.limits import LIMITS, Limits

if TYPE_CHECKING:
    from seqspec.core.check.space import SpaceChecker, SpaceReport
    from seqspec.core.language.overrides import Override

T = TypeVar("T")

Purpose = Literal["build", "train", "export", "search"]
"""What a document is used for, which decides the errors that matter."""


def check(
    source: Source,
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
    return check_source(source, CheckSettings(policy, limits, combinations=space), settings, vars)


class CheckSettings(NamedTuple):
    """How documents are checked.

    Attributes:
        policy: The project policy as a JSON Schema, applied to the expanded spec.
        limits: Bounds on the size of what is read.
        keras: The version of Keras that a program is for, or what an earlier check of it decided; None if it or its
            project says it.
        combinations: The number of combinations of `[search.space]` that are drawn; None for all that differ, where
            these are few.
        allow_files: Files outside of the project that a build may open.
        folder: The folder that `extends` may not leave; None for the project of the document.
        fixes: Whether findings have their fixes.
    """

    policy: Mapping[str, object] | None = None
    limits: Limits = LIMITS
    keras: str | KerasTarget | None = None
    combinations: int | None = None
    allow_files: Collection[str] = ()
    folder: str | None = None
    fixes: bool = True


DEFAULTS = CheckSettings()


class MeasuredData(NamedTuple):
    """What the training data shows.

    Attributes:
        violations: What is wrong with it.
        overrides: The facts that the spec omits, as measured.
    """

    violations: Sequence[Violation]
    overrides: Sequence[Override] = ()


def check_source(
    source: Source,
    options: CheckSettings,
    settings: Sequence[str | Override] = (),
    vars: Mapping[str, object] | None = None,
) -> Report:
    """Checks all models of a source, which for a program may be several documents."""
    models = frontend_for(source).targeting(options.keras).read(source, options.limits)
    report: Report = models.report([Check(each, options, settings, vars).report for each in models.documents])
    return report


class Check:
    """One document, checked in stages; each is computed when it is first needed.

    The stages are read, expand, type, infer, lint, space, data and diagnose. One that raises an exception is an
    internal error of the report, and does not hide what others find.

    Args:
        document: The document as parsed.
        options: How it is checked.
        settings: Values that the caller sets, as overrides or in the syntax of `--set`.
        vars: Values for the variables of the spec.
    """

    def __init__(
        self,
        document: Document,
        options: CheckSettings = DEFAULTS,
        settings: Sequence[str | Override] = (),
        vars: Mapping[str, object] | None = None,
        *,
        data: MeasuredData | None = None,
        before: Check | None = None,
    ) -> None:
        _require_mapping(vars)
        self.document = document
        self.options = options
        self.overrides = _overrides(settings)
        self.vars = vars
        self._data = data
        self._before = before
        self._failures: list[Violation] = []

    @classmethod
    def of(
        cls,
        source: Source,
        *,
        vars: Mapping[str, object] | None = None,
        settings: Sequence[str | Override] = (),
        options: CheckSettings = DEFAULTS,
    ) -> Check:
        """The check of the one spec of a source: a path, a spec as a dict, a `Spec`, or a parsed `Document`.

        Raises:
            TypeError: `settings` is not a list of strings, or `vars` not a dict.
        """
        overrides = _overrides(settings)
        _require_mapping(vars)
        return cls(frontend_for(source).read_one(source, options.limits), options, overrides, vars)

    def with_overrides(self, *overrides: Override) -> Check:
        """The check of the same document with further values set."""
        return Check(self.document, self.options, (*self.overrides, *overrides), self.vars)

    def with_data(self, data: MeasuredData) -> Check:
        """The check of the same document and of its training data; layers are not inferred again."""
        overrides = (*self.overrides, *data.overrides)
        return Check(self.document, self.options, overrides, self.vars, data=data, before=self)

    @cached_property
    def expansion(self) -> Expansion:
        """The expanded document."""
        values = None if self.vars is None else to_plain(self.vars, table_form)
        document, limits, root = self.document, self.options.limits, self.options.folder
        unread = Expansion(document, {}, list(document.violations), usable=False)
        return self._stage(
            lambda: expand(
                document, vars=values, overrides=self.overrides, limits=limits, root=root, tables=DOCUMENT_TABLES
            ),
            unread,
        )

    @cached_property
    def _typed(self) -> tuple[TypedSpec, list[Violation]]:
        violations: list[Violation] = []
        expansion = self.expansion
        if not expansion.usable:
            return UNREADABLE, violations
        spec = self._stage(lambda: read_spec(expansion.tree, expansion.keras, violations), UNREADABLE)
        return spec, violations

    @property
    def spec(self) -> TypedSpec:
        """The typed spec; without tables and not `readable` if the document could not be expanded."""
        return self._typed[0]

    @cached_property
    def _walk(self) -> Walk:
        spec, known = self._typed
        before = self._before
        if before is not None and not known and not before._typed[1]:
            # Facts about data change nothing in the layers.
            return before._walk
        return self._stage(lambda: infer(spec, self.expansion, self.document, known), Walk([], [], None, []))

    @property
    def layers(self) -> list[LayerReport]:
        """The facts of the layers, up to the first one that fails."""
        return self._walk.layers

    @property
    def graph(self) -> GraphWalk | None:
        """The walk through the calls of a model that is not a stack; None for a stack."""
        return self._walk.graph

    @property
    def walks(self) -> Sequence[list[LayerReport]]:
        """The layers of the model, or of each model into which its invalid layers can be repaired."""
        return [model.layers for model in self._walk.repaired] or [self.layers]

    @cached_property
    def _refused(self) -> list[Violation]:
        """What may not be opened or cannot be trained, which affects no other fact."""
        layers = [] if self.graph is not None else self.layers
        return self._stage(lambda: refused(self.spec, layers, self.expansion, self.options.allow_files), [])

    @cached_property
    def _of_policy(self) -> list[Violation]:
        policy = self.options.policy
        if policy is None:
            return []
        from seqspec.core.document.json_schema import policy_violations

        return list(policy_violations(policy, self.spec.to_dict()))

    @cached_property
    def facts(self) -> Facts:
        """The facts that rules read; of an invalid model those of its first repair. Needs an expanded document."""
        return self._facts()[0]

    def _facts(self) -> list[Facts]:
        """The facts of the model, or of each model into which its invalid layers can be repaired."""
        spec, expansion, walk = self.spec, self.expansion, self._walk
        too_large = list(oversized(expansion.tree, ())) if expansion.has_bad_values else []
        if walk.repaired:
            return [
                Facts(model.spec, model.layers, spec.environment, [*model.known, *too_large]) for model in walk.repaired
            ]
        errors = [*self._typed[1], *walk.violations, *self._of_policy, *too_large]
        return [Facts(spec, walk.layers, spec.environment, errors, walk.graph)]

    @cached_property
    def _of_rules(self) -> list[Violation]:
        """What the policy and the rules find."""
        # The layers are inferred first: after an internal error in them, rules are not run.
        repaired = self._walk.repaired
        if not self.spec.readable or self._failures:
            return []
        nothing: list[Violation] = []
        of_policy = self._stage(lambda: self._of_policy, nothing)
        if "model" not in self.spec.written:
            return of_policy
        return [*of_policy, *self._stage(lambda: _lint_all(self._facts() if repaired else [self.facts]), nothing)]

    @cached_property
    def validation(self) -> Report:
        """What Keras refuses, and what the language does not allow: the report without rules."""
        with BoundedSuggestions():
            refused = self._refused
            return self._report([*self._typed[1], *self._walk.violations, *refused], None)

    @cached_property
    def linted(self) -> Report:
        """The report without what the check of `[search.space]` finds."""
        with BoundedSuggestions():
            return self._with_rules()

    @cached_property
    def report(self) -> Report:
        """All findings, and the facts of the layers."""
        if self.spec.search is None:
            return self.linted
        from seqspec.core.check.space_findings import early_violations, space_violations

        errors = [diagnostic for diagnostic in self.linted.diagnostics if diagnostic.severity == "error"]
        if errors:
            # Candidates mean little before, but all mistakes are reported at once.
            violations = early_violations(self.space, [diagnostic.pointer for diagnostic in errors])
            return self._with_rules(violations) if violations else self.linted
        found = self.space_report
        return self._with_rules(space_violations(self.space, found), found)

    @cached_property
    def space(self) -> SpaceChecker:
        """The check of the candidates of `[search]`, which has no errors."""
        from seqspec.core.check.space import SpaceChecker

        return SpaceChecker(self)

    @cached_property
    def space_report(self) -> SpaceReport:
        """What the check of the search space found."""
        return self.space.report(self.options.combinations)

    def _with_rules(self, of_space: Sequence[Violation] = (), space: SpaceReport | None = None) -> Report:
        of_rules = self._of_rules
        of_data = self._data.violations if self._data is not None else ()
        violations = [*self._typed[1], *self._walk.violations, *of_rules, *self._refused, *of_data, *of_space]
        return self._report(violations, _unchecked(self.options, self._data), space)

    def _report(
        self, violations: list[Violation], unchecked: frozenset[str] | None, space: SpaceReport | None = None
    ) -> Report:
        expansion = self.expansion
        diagnostics, suppressed = diagnose(violations, expansion, self._failures, unchecked, self.options.fixes)
        return Report(
            diagnostics,
            self.layers,
            self.document,
            expansion.documents,
            complete=expansion.usable and not self._failures,
            suppressed=suppressed,
            unchecked=unchecked,
            search=space,
        )

    def _stage(self, compute: Callable[[], T], otherwise: T) -> T:
        """The result of a stage; `otherwise` after an exception, which is kept as an internal error."""
        try:
            with BoundedSuggestions():
                return compute()
        except Exception as error:
            self._failures.append(internal_error(error, self.document))
            return otherwise

    def valid_for(self, purpose: Purpose, *, ignoring: Collection[str] = ()) -> CheckedSpec:
        """The spec, for a use of it.

        Args:
            purpose: To "export" a trained model, only errors of Keras and of the language matter; to "build" or "train"
                one, errors of rules too, and to "search", also those of `[search.space]`.
            ignoring: Names of rules whose errors do not apply.

        Raises:
            SpecError: The document has an error.
        """
        report = {"export": lambda: self.validation, "search": lambda: self.report}.get(purpose, lambda: self.linted)()
        errors = [diagnostic for diagnostic in report.diagnostics if diagnostic.severity == "error"]
        if not self.spec.readable or any(error.name not in ignoring for error in errors):
            raise SpecError(report)
        return CheckedSpec(self, self.spec)


@dataclass(frozen=True, eq=False)
class CheckedSpec:
    """A spec without the errors that matter for its use, as `Check.valid_for` returns it.

    Attributes:
        check: The check of its document.
        spec: The typed spec.
    """

    check: Check
    spec: TypedSpec

    @property
    def document(self) -> Document:
        """The document as parsed."""
        return self.check.document

    @property
    def expansion(self) -> Expansion:
        """The expanded document."""
        return self.check.expansion

    @property
    def layers(self) -> list[LayerReport]:
        """The facts of the layers."""
        return self.check.layers


def _lint_all(models: Sequence[Facts]) -> list[Violation]:
    """What the rules find in a model, or in all models into which an invalid one can be repaired."""
    if len(models) == 1:
        return list(lint(models[0]))
    from seqspec.core.analysis.repairs import common_violations

    return common_violations([list(lint(facts)) for facts in models])


def _unchecked(options: CheckSettings, data: MeasuredData | None) -> frozenset[str]:
    """The rules that were not run without a policy, or without the training data."""
    from seqspec.core.diagnostics.codes import DATA_RULES

    unchecked = frozenset(() if options.policy is not None else ("policy",))
    return unchecked | (frozenset() if data is not None else DATA_RULES)


def _overrides(settings: Any) -> tuple[Override, ...]:
    if not isinstance(settings, Sequence) or isinstance(settings, (str, bytes)):
        raise TypeError(f'settings must be a list such as ["fit.epochs=5"], got {quote_value(settings)}')
    if not settings:
        return ()
    # Most documents are checked as they are.
    from seqspec.core.language.overrides import overrides_of

    return overrides_of(settings)


def _require_mapping(vars: object) -> None:
    if vars is not None and not isinstance(vars, Mapping):
        raise TypeError(f"vars must be a dict from names to values, got {quote_value(vars)}")
