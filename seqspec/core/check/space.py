"""The check of a search space: which combinations are invalid, why, and under which conditions."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from statistics import mean
from typing import Any, NamedTuple

from seqspec.core.analysis.data.declared_data import BATCH_SIZE
from seqspec.core.analysis.memory import activations, gradient_bytes, optimizer_bytes, weight_bytes
from seqspec.core.catalog.objects import REGULARIZER
from seqspec.core.check.check import Check
from seqspec.core.check.summary import SizeRange, SpaceSummary
from seqspec.core.diagnostics.codes import family
from seqspec.core.diagnostics.diagnostic import Diagnostic
from seqspec.core.diagnostics.message import Message, Setting, TableName, fmt
from seqspec.core.diagnostics.suggest import Suggestion, suggest
from seqspec.core.diagnostics.violation import UNSET, Path, Violation, pointer, value_at
from seqspec.core.document.search import (
    NAMES_OF_CHOICES,
    CandidateLimits,
    Choice,
    Distribution,
    Fixed,
    Items,
    Scalar,
    Search,
    Space,
    Uniform,
)
from seqspec.core.language.expansion import Expansion
from seqspec.core.language.extends import automatic_places, layer_places
from seqspec.core.language.overrides import Override
from seqspec.core.search_space.candidates import (
    Candidate,
    Parameter,
    activating,
    candidate,
    drawn,
    drawn_under,
    enumerated,
    layer_name,
    parameters,
)
from seqspec.core.search_space.conditions import CONFIRMING, Conjunction, Probe, Term, explain
from seqspec.core.search_space.first_trials import DocumentValues, indexed, start_violations, value_at_setting
from seqspec.core.shapes.tensor import total
from seqspec.core.syntax.document import Document

EXACT = 500
"""The number of combinations up to which all are checked."""
_MOST_PARAMETERS = 200
_MOST_VALUES = 8
"""The values of one parameter that are tried to find out what it changes."""
DRAWN = 300
"""The number of combinations that are drawn where there are more."""
_PROBES = 250
"""The further combinations that are drawn to confirm conditions."""
_VALID = 3
"""The valid candidates with whose values an alternative is checked."""


_SAME_IN_TRIALS = ("data", "search", "runtime")
_LAYERS = ("model", "layers")
_REPLACED = "model.layers in the space replaces all layers: remove it, or this path"
_OF_ONE_VALUE = ("0", "1")
"""The families of codes whose errors depend on no other value."""
UNKNOWN_KEYS = ("unknown-argument", "unknown-key")
"""Findings about the key that a path ends with."""


_INEFFECTIVE = "ineffective-quantization"
"""The rule whose warning `limits.export` rejects too; the other rules about `[export]` report errors."""


@dataclass(frozen=True, slots=True, order=True)
class SkipReason:
    """Why a candidate is not trained: the code of a finding or the limit, and its line in the document (0 without).

    `finding` is that of one candidate: its message may have the value.
    """

    rule: str
    name: str
    line: int
    subject: str
    finding: Diagnostic | None = field(default=None, compare=False)

    @property
    def is_limit(self) -> bool:
        """Whether it is a limit, which says itself what it rejects."""
        return self.rule.startswith("limits.")


class Checked(NamedTuple):
    """A candidate that was checked: why it is not trained, the most important reason first, and the sizes of one that
    has no errors.
    """

    candidate: Candidate
    reasons: Sequence[SkipReason]
    sizes: Mapping[str, int | None]

    @property
    def reason(self) -> SkipReason | None:
        """The first reason; None for a candidate that can be trained."""
        return self.reasons[0] if self.reasons else None


@dataclass
class SpaceReport:
    """What the check of a space found.

    Attributes:
        parameters: The parameters that can be active.
        checked: The candidates that were checked.
        exact: Whether these are all that differ in a static fact.
        wrong: The violations of paths that do not exist or change nothing, in which case nothing was checked.
        conditions: The shortest conditions under which candidates are invalid.
    """

    parameters: Sequence[Parameter]
    checked: Sequence[Checked]
    exact: bool
    wrong: Sequence[Violation] = ()
    conditions: Sequence[Conjunction] = ()

    @property
    def invalid(self) -> list[Checked]:
        """The candidates that are not trained."""
        return [each for each in self.checked if each.reason is not None]

    @property
    def reasons(self) -> Counter[SkipReason]:
        """How many candidates each reason rejects."""
        return Counter(each.reason for each in self.checked if each.reason is not None)

    def range_of(self, size: str) -> SizeRange | None:
        """The smallest and largest value of `params`, `macs` or `memory` among valid candidates."""
        values = [each.sizes[size] for each in self.checked if each.reason is None]
        known = [value for value in values if value is not None]
        return {"min": min(known), "max": max(known)} if known else None

    def statement(self, condition: Conjunction) -> str:
        """What was found under a condition: that all are invalid only where all combinations were checked."""
        if self.exact:
            return f"all with {condition} ({condition.covered / len(self.checked):.0%} of the space)"
        return f"all {sum(condition.holds(each.candidate.chosen) for each in self.checked):,} drawn with {condition}"

    def summary(self) -> SpaceSummary:
        """The share of valid combinations, and the ranges of their sizes."""
        return {
            "parameters": len(self.parameters),
            "combinations": len(self.checked),
            "valid": len(self.checked) - len(self.invalid),
            "exact": self.exact,
            "params": self.range_of("params"),
            "macs": self.range_of("macs"),
            "memory": self.range_of("memory"),
        }

    def to_dict(self) -> dict[str, Any]:
        """JSON data."""
        shares = self.reasons.most_common()
        return {
            **self.summary(),
            "invalid": [
                {
                    "rule": reason.rule,
                    "name": reason.name,
                    "line": reason.line or None,
                    "share": count / len(self.checked),
                }
                for reason, count in shares
            ],
            "conditions": [
                {"condition": str(condition), "share": condition.covered / len(self.checked)}
                for condition in self.conditions
            ],
        }


def _only(chosen: Mapping[str, Scalar], names: Collection[str]) -> Mapping[str, Scalar]:
    return {name: value for name, value in chosen.items() if name in names}


class SpaceChecker:
    """Checks candidates of the space of a document.

    Args:
        result: The check of the document, which has a `[search]`.

    Attributes:
        trial: The check of the document without `[search]`, as trials have it.
    """

    def __init__(self, check: Check) -> None:
        assert check.spec.search is not None
        self.check = check
        self.search: Search = check.spec.search
        overrides = [override for override in check.overrides if override.path[:1] != ("search",)]
        # Fixes of candidates are not shown, and would take most of the time.
        options = check.options._replace(fixes=False)
        self.trial = Check(without_search(check.document), options, overrides, check.vars)
        self.values = DocumentValues(check.spec, self.search, check.expansion)
        self.severities = ("error",) if self._limits.findings == "error" else ("error", "warning")

    @property
    def _limits(self) -> CandidateLimits:
        return self.search.limits or CandidateLimits()

    def analyzed(self, candidate: Candidate) -> Check:
        """The check of the document with the values of a candidate."""
        return self.trial.with_overrides(*self.overrides_of(candidate))

    def overrides_of(self, candidate: Candidate) -> list[Override]:
        """The overrides of a candidate, in which layers may be missing that others have."""
        return candidate.overrides(self._layers)

    @cached_property
    def expansions(self) -> Sequence[Expansion]:
        """The document, and where layers are searched by their names, candidates with all parameters at their ends."""
        space = self.search.space
        if not any(map(layer_name, space)):
            return [self.check.expansion]
        most = min(_MOST_VALUES, max((len(parameter.ends) for parameter in parameters(space)), default=0))

        def expanded(index: int) -> Expansion:
            found = candidate(space, lambda each: each.ends[min(index, len(each.ends) - 1)])
            return self.trial.with_overrides(*found.overrides()).expansion

        return [self.check.expansion, *map(expanded, range(most))]

    @cached_property
    def _layers(self) -> frozenset[str]:
        """The names of the layers that the document or one of the candidates has."""
        trees = [expansion.tree for expansion in self.expansions]
        return frozenset(name for tree in trees for name in (*layer_places(tree), *automatic_places(tree)))

    def checked(self, candidate: Candidate) -> Checked:
        """A candidate with the reason for which it is not trained."""
        analysis = self.analyzed(candidate)
        found = [self._reason(item) for item in analysis.linted.diagnostics if self._rejects(item)]
        if found:
            return Checked(candidate, found, {})
        sizes = sizes_of(analysis)
        exceeded = [
            SkipReason(f"limits.{name}", f"more than {limit:,}", 0, name) for name, limit in self.exceeded(sizes)
        ]
        return Checked(candidate, exceeded[:1], sizes)

    def exceeded(self, sizes: Mapping[str, int | None]) -> Iterator[tuple[str, int]]:
        """The limits that sizes exceed, in the order in which they are written."""
        for name, limit in self._limits.written().items():
            size = sizes.get(name)
            if size is not None and isinstance(limit, int) and not isinstance(limit, bool) and size > limit:
                yield name, limit

    def _rejects(self, diagnostic: Diagnostic) -> bool:
        return diagnostic.severity in self.severities or (self._limits.export and diagnostic.name == _INEFFECTIVE)

    def _reason(self, diagnostic: Diagnostic) -> SkipReason:
        is_own = diagnostic.span is not None and diagnostic.file == self.check.document.file
        line = diagnostic.span.line if is_own and diagnostic.span is not None else 0
        return SkipReason(diagnostic.code, diagnostic.name, line, diagnostic.pointer.rpartition("/")[2], diagnostic)

    def report(self, count: int | None = None, seed: int = 0) -> SpaceReport:
        """Checks all combinations of what changes a static fact, or as many as `count` that are drawn."""
        space = self.search.space
        known = parameters(space)
        if len(known) > _MOST_PARAMETERS:
            message = f"the search space has {len(known):,} parameters, more than {_MOST_PARAMETERS}"
            return SpaceReport(known, [], False, [Violation("over-limit", message, path=("search", "space"))])
        static, wrong = self._paths(known)
        if wrong:
            return SpaceReport(known, [], False, wrong)
        generator = random.Random(seed)
        combinations = enumerated(space, frozenset(static), EXACT) if count is None else None
        exact = combinations is not None
        if combinations is None:
            combinations = [drawn(space, generator) for _ in range(count or DRAWN)]
        checked = [self.checked(combination) for combination in combinations]
        conditions = self._conditions(checked, static, None if exact else generator)
        return SpaceReport(known, checked, exact, (), conditions)

    def _conditions(
        self, checked: Sequence[Checked], static: Collection[str], generator: random.Random | None
    ) -> list[Conjunction]:
        """The conditions under which candidates are invalid, confirmed by further ones if there is a generator."""
        rejected = [each for each in checked if each.reason is not None]
        found = [each for each in rejected if each.reason is not None and not each.reason.is_limit] or rejected
        invalid = [_only(each.candidate.chosen, static) for each in found]
        valid = [_only(each.candidate.chosen, static) for each in checked if each.reason is None]
        if not invalid or not valid:
            return []
        if generator is None:
            return explain(invalid, valid)
        source, left = generator, _PROBES
        favourable = _favourable(self.search.space, valid, invalid)

        def prober(terms: Sequence[Term], without: Term | None) -> Probe:
            nonlocal left
            count = 0
            nearest = sorted(valid, key=lambda each: sum(not term.holds(each) for term in terms))
            while count < CONFIRMING and left > 0:
                left -= 1
                # Those that refute the condition are most likely close to valid candidates.
                like = nearest[count // 2 % len(nearest)] if count % 2 else {}
                like = favourable[count] if count < len(favourable) else like
                probe = drawn_under(self.search.space, terms, without, like, source)
                if probe is None:
                    break
                if self.checked(probe).reason is None:
                    return Probe(probe.chosen, count)
                count += 1
            return Probe(None, count)

        return explain(invalid, valid, prober=prober)

    def is_invalid_among(
        self, parameter: Parameter, value: Scalar, reason: SkipReason, valid: Sequence[Mapping[str, Scalar]]
    ) -> bool:
        """Whether a value is invalid for a reason with the other values of the document and of some valid candidates.

        Candidates that were drawn with it may be invalid by the fault of another parameter.
        """
        term = Term(parameter.name, "=", value)
        for like in [self.values.document().chosen, *valid[:_VALID]]:
            probe = drawn_under(self.search.space, [term], None, like, random.Random(0))
            if probe is not None and reason not in self.checked(probe).reasons:
                return False
        return True

    def invalid_alternatives(self) -> Iterator[tuple[Parameter, Scalar, SkipReason]]:
        """The alternatives that are invalid values of their path, such as misspelled names."""
        for parameter in parameters(self.search.space)[:_MOST_PARAMETERS]:
            if not isinstance(parameter.distribution, Choice):
                continue
            place = pointer(parameter.path)
            for value in parameter.ends[:_MOST_VALUES]:
                report = self.analyzed(with_value(self.search, parameter, value)).report
                found = (
                    item
                    for item in report.diagnostics
                    if item.severity == "error"
                    and family(item.code) in _OF_ONE_VALUE
                    and f"{item.pointer}/".startswith(f"{place}/")
                )
                reason = next((item for item in found if item.name != "bad-override"), None)
                if reason is not None:
                    yield parameter, value, self._reason(reason)

    def wrong_paths(self, errors: Sequence[str]) -> list[Violation]:
        """The violations of paths that do not exist or change nothing, and of the candidates of `start`.

        `errors` are the pointers of the errors of the document. Left out are the candidates of `start` where the space
        has errors; paths in a table with an error, such as those of a misspelled key; and, with errors elsewhere,
        whether a path changes something: it may be written where the error is.
        """
        tables = {pointer.rpartition("/")[0] for pointer in errors}
        has_effects = all(f"{pointer}/".startswith("/search/") for pointer in errors)
        known = parameters(self.search.space)
        wrong = self._paths(known, has_effects)[1] if len(known) <= _MOST_PARAMETERS else []
        wrong = [each for each in wrong if not tables & set(_parents(each.path[2:]))]
        is_complete = not any(pointer.startswith("/search/space") for pointer in errors)
        start = start_violations(self.values, self.search.start or ()) if is_complete else ()
        return [*start, *wrong]

    def _paths(self, known: Sequence[Parameter], has_effects: bool = True) -> tuple[set[str], list[Violation]]:
        """The names of the parameters that change a static fact, and the violations of paths.

        Without `has_effects`, only paths that do not exist.
        """
        static: set[str] = set()
        if not _are_lists(self.search.space.get(_LAYERS)):
            message = "model.layers is replaced by each of its values, which must be lists of layers"
            help = "write layers.NAME.ARGUMENT for an argument of a layer"
            return static, [Violation("bad-distribution", message, path=("search", "space", *_LAYERS), help=help)]
        wrong = [
            Violation(
                "unknown-search-path",
                f"{'.'.join(path)}: all trials of a search have the same [{path[0]}]",
                path=("search", "space", *path),
                anchor="key",
                help="remove it from the space",
            )
            for path in self.search.space
            if path[0] in _SAME_IN_TRIALS
        ]
        for parameter in known:
            if parameter.path[0] in _SAME_IN_TRIALS:
                continue
            # What the others are decides whether a value has an effect: the elements of a list, for example.
            values, others = (_some(parameter.ends), (0, -1)) if has_effects else (parameter.ends[:1], (0,))
            contexts = [
                [self.analyzed(with_value(self.search, parameter, value, other)) for value in values]
                for other in others
            ]
            # Most layers exist with the largest values.
            mistake = self._unknown_path(parameter, contexts[-1 if layer_name(parameter.path) else 0][0])
            if mistake is None and has_effects:
                mistake = self._floats_for_integers(parameter) or _ineffective_path(parameter, contexts)
            if mistake is not None:
                is_replaced = _LAYERS in self.search.space and parameter.path[:2] != _LAYERS and mistake.label is None
                wrong.append(mistake.replace(help=_REPLACED) if is_replaced else mistake)
            elif any(self._is_static(parameter, analyses) for analyses in contexts):
                static.add(parameter.name)
        return static, _once(wrong)

    def _unknown_path(self, parameter: Parameter, check: Check) -> Violation | None:
        """The violation of a path that does not exist, in the analysis with a value at it."""
        path = ("search", "space", *parameter.path)
        set_by = parameter.path[: next(n for n in range(1, len(path)) if parameter.path[:n] in self.search.space)]
        # An argument of an alternative is at its path without the index of the alternative.
        argument = (*set_by, *parameter.path[len(set_by) + 1 :])
        for diagnostic in check.linted.diagnostics:
            pointer = tuple(diagnostic.pointer.split("/")[1:])
            is_prefix = diagnostic.name == "bad-override" and pointer == set_by[: len(pointer)]
            is_own = diagnostic.name in UNKNOWN_KEYS and pointer in (set_by, argument)
            if diagnostic.name == "missing-argument" and pointer == set_by and self._at(set_by[:-1]) is UNSET:
                return _absent_table(set_by, parameter)
            if is_prefix or is_own:
                place = pointer if is_prefix else parameter.path if pointer != set_by else set_by
                name = str(set_by[-1])
                dotted = re.sub(r"\[(-?\d+)\]", r".\1", name)
                remove = f"write {dotted}, without" if dotted != name else "remove the"
                help = f"{remove} quotes, which make one key of it" if "." in dotted else diagnostic.help
                meant = self._meant(set_by) if is_own and pointer == set_by and diagnostic.label is None else None
                label = diagnostic.label if meant is None else meant.label
                return Violation(
                    "unknown-search-path",
                    diagnostic.message,
                    path=("search", "space", *place),
                    anchor="key",
                    label=label,
                    help=self._path_help(set_by, parameter) or (help if meant is None else meant.help),
                )
        return None

    def _at(self, path: Path) -> object:
        """The value of the document at a path of the space; `UNSET` if there is none."""
        return value_at_setting(self.check.expansion.tree, path)

    def _path_help(self, path: Path, parameter: Parameter) -> str | None:
        """The help for a path that does not exist, where it is more than another spelling of it."""
        inner = path[1:] if path[:1] == ("model",) else path
        if inner[:1] == ("layers",) and len(inner) == 2 and not str(inner[1]).lstrip("-").isdecimal():
            is_layer = self._at(inner) is not UNSET
            return f"write layers.{inner[1]}.ARGUMENT" if is_layer else f"write layers.NAME.{inner[1]}"
        if inner[:1] == ("layers",) and inner[2:] in (("repeat",), ("for",)) and self._at(inner[:2]) is not UNSET:
            expansion = self.check.expansion
            entry = expansion.origin(indexed(expansion.tree, inner[:2])).path
            return f"write {'.'.join(map(str, entry))}.{inner[2]}"
        if (argument := self._in_block(inner)) is not None:
            return f"write {argument}"
        if path[-1] in NAMES_OF_CHOICES and isinstance(parameter.distribution, Choice):
            return fmt(
                "write {}",
                Setting(str(path[-2]), [alternative.value for alternative in parameter.distribution.alternatives]),
            )
        return self._long_form(path)

    def _in_block(self, path: Path) -> str | None:
        """The path in its block of an argument at an entry that uses the block; None for another entry or argument."""
        tree = self.check.document.tree
        entry = value_at(tree, ("model", "layers", int(path[1]))) if _is_argument_of_entry(path) else None
        name = entry.get("use") if isinstance(entry, Mapping) else None
        layers = value_at(tree, ("blocks", name, "layers")) if isinstance(name, str) else None
        if not isinstance(layers, list):
            return None
        index = next((i for i, each in enumerate(layers) if isinstance(each, Mapping) and path[2] in each), None)
        return None if index is None else f"blocks.{name}.layers.{index}.{path[2]}"

    def _floats_for_integers(self, parameter: Parameter) -> Violation | None:
        """The violation of a range of floats, such as 8.0 to 64, where only integers are valid."""
        floats = parameter.distribution
        if not isinstance(floats, Uniform) or floats.is_integer:
            return None
        low, high, step = (round(each) for each in (floats.min, floats.max, floats.step or 1))
        if (floats.min, floats.max, floats.step or 1) != (low, high, step):
            return None
        fraction, integer = (
            _errors(self.analyzed(with_value(self.search, parameter, value))) for value in (low + 0.5, low)
        )
        if fraction <= integer:
            return None
        steps = fmt(", {}", Setting("step", step)) if step > 1 else ""
        return Violation(
            "bad-distribution",
            f"{parameter.name} must be an integer, but a bound or step is a float",
            path=("search", "space", *parameter.path),
            help=fmt("write {}, {}{}", Setting("min", low), Setting("max", high), steps),
        )

    def _meant(self, path: Path) -> Suggestion | None:
        """The key of the document that a path misspells; None if none is close."""
        table = self._at(path[:-1])
        meant = suggest(str(path[-1]), table) if isinstance(table, Mapping) else None
        return None if meant is None or meant.word in (None, path[-1]) else meant

    def _long_form(self, path: Path) -> Message | None:
        """The help that replaces a shorthand, such as `adam(1e-3)`, by the table that has the key of the path."""
        tree: object = self.check.spec.to_dict()
        for length, key in enumerate(path[:-1], 1):
            tree = tree.get(key) if isinstance(tree, Mapping) else None
            written = value_at(self.check.expansion.tree, path[:length])
            if isinstance(written, str) and isinstance(tree, Mapping):
                place = fmt(" in {}", TableName((str(path[0]),))) if length == 2 else ""
                return fmt("write {}{}", Setting(str(key), dict(tree)), place)
        return None

    def _is_static(self, parameter: Parameter, analyses: Sequence[Check]) -> bool:
        """Whether a parameter changes more than the training: the model, or what a check says about it.

        Floats below `[model]`, such as rates, matter only where the findings or sizes differ between their ends.
        """
        facts = []
        for analysis in analyses:
            found = sorted({item.code for item in analysis.linted.diagnostics if item.severity in self.severities})
            model = analysis.expansion.tree.get("model") if parameter.size is not None else None
            facts.append((found, analysis.linted.params, analysis.linted.macs, model, len(analysis.layers)))
        return any(fact != facts[0] for fact in facts[1:])


def _is_argument_of_entry(path: Path) -> bool:
    return len(path) == 3 and path[0] == "layers" and str(path[1]).isdecimal()


def _are_lists(layers: Distribution | None) -> bool:
    """Whether all values of a distribution are lists; also without one."""
    if isinstance(layers, Choice):
        return all(isinstance(alternative.value, list) for alternative in layers.alternatives)
    return layers is None or isinstance(layers, Items) or (isinstance(layers, Fixed) and isinstance(layers.value, list))


def _absent_table(path: Path, parameter: Parameter) -> Violation:
    """The violation of an argument of an object that the spec does not have, such as of a regularizer."""
    name, argument = str(path[-2]), str(path[-1])
    kind = REGULARIZER.type_with([argument]) if name.endswith("_regularizer") else None
    holder = Setting(name, {"type": kind or ..., argument: parameter.ends[0]})
    return Violation(
        "unknown-search-path",
        f"the spec has no {'.'.join(map(str, path[:-1]))}",
        path=("search", "space", *path[:-1]),
        anchor="key",
        help=fmt("write {} in the spec", holder),
    )


def _errors(check: Check) -> set[tuple[str, str]]:
    """The name and the place of each error."""
    return {(item.name, item.pointer) for item in check.linted.diagnostics if item.severity == "error"}


def _ineffective_path(parameter: Parameter, contexts: Sequence[Sequence[Check]]) -> Violation | None:
    """The violation of a path whose values change nothing, or the data."""
    path = ("search", "space", *parameter.path)
    trees = [[analysis.expansion.tree for analysis in analyses] for analyses in contexts]
    # A document that is too large is not expanded, and has no data.
    data = [[tree["data"] for tree in several if "data" in tree] for several in trees]
    if any(each != several[0] for several in data for each in several):
        message = f"{parameter.name} changes [data]: all trials of a search have the same data"
    elif all(tree == several[0] for several in trees for tree in several):
        message = f"{parameter.name} changes nothing: the spec is the same with all its values"
    else:
        return None
    return Violation("unknown-search-path", message, path=path, anchor="key", help="remove it from the space")


def _favourable(
    space: Space, valid: Sequence[Mapping[str, Scalar]], invalid: Sequence[Mapping[str, Scalar]]
) -> list[Mapping[str, Scalar]]:
    """The values that valid candidates have rather than invalid ones, and all numbers at their ends."""
    likely = _most_valid(valid, invalid)
    ends = {
        parameter.name: numbers
        for parameter in parameters(space)
        if (numbers := [end for end in parameter.ends if not isinstance(end, str)])
    }
    low, high = ({**likely, **{name: end(numbers) for name, numbers in ends.items()}} for end in (min, max))
    return [{**low, **likely}, low, high]


def _most_valid(valid: Sequence[Mapping[str, Scalar]], invalid: Sequence[Mapping[str, Scalar]]) -> dict[str, Scalar]:
    """The end of each range that valid candidates are nearer to than invalid ones, and frequent values of choices."""
    found: dict[str, Scalar] = {}
    for name in {name for each in valid for name in each}:
        values, others = ([each[name] for each in several if name in each] for several in (valid, invalid))
        numbers, other_numbers = (
            [each for each in several if isinstance(each, (int, float))] for several in (values, others)
        )
        if len(numbers) < len(values) or not other_numbers:
            found[name] = max(sorted(values, key=str), key=values.count)
        else:
            found[name] = min(numbers) if mean(numbers) < mean(other_numbers) else max(numbers)
    return found


def _some(values: Sequence[Scalar]) -> Sequence[Scalar]:
    """The first values, and the last one."""
    return values if len(values) <= _MOST_VALUES else [*values[: _MOST_VALUES - 1], values[-1]]


def _parents(path: Path) -> list[str]:
    """The pointers of the tables that a path of a space leads through."""
    return ["/".join(("", *map(str, path[:depth]))) for depth in range(1, len(path))]


def _once(violations: Sequence[Violation]) -> list[Violation]:
    """One violation for each place, of the elements of a list too."""
    return [*{violation.path: violation for violation in reversed(violations)}.values()][::-1]


def has_only_budgets(check: Check) -> bool:
    """Whether a document has no `[search]` of its own, only valid budgets that the caller has set, as `--trials`."""
    tree = check.expansion.tree.get("search")
    if not isinstance(tree, Mapping):
        return False
    is_set = check.expansion.origin(("search",)).document.format == "setting"
    mistakes = {item.name for item in check.linted.diagnostics if item.pointer.startswith("/search")}
    return is_set and tree.keys().isdisjoint(("objective", "space")) and mistakes <= {"missing-key"}


def with_value(search: Search, parameter: Parameter, value: Scalar, place: int = 0) -> Candidate:
    """The candidate with one value, for all elements of a list, and those that make its parameter active.

    The others are at their first value, or at their last one with `place` -1.
    """

    def pick(other: Parameter) -> Scalar:
        if other.path == parameter.path:
            return value
        needed = activating(other, parameter.name)
        if needed is None:
            return other.ends[place]
        return needed.value if needed.relation == "=" else other.ends[-1]

    return candidate(search.space, pick)


def without_search(document: Document) -> Document:
    """The document without `[search]`, as trials have it."""
    tree = document.tree
    if not isinstance(tree, Mapping) or "search" not in tree:
        return document
    copied = copy(document)
    copied.tree = {key: value for key, value in tree.items() if key != "search"}
    return copied


def sizes_of(check: Check) -> dict[str, int | None]:
    """The sizes of a model that `limits` and static objectives name; None for those that are not known."""
    report, spec = check.linted, check.spec
    batches = [stage.batch_size for stage in spec.fit if isinstance(stage.batch_size, int)]
    kept = total(activations(report.layers, max(batches, default=BATCH_SIZE)))
    optimizer = spec.compile.optimizer
    name = spec.stack.name or "sequential"
    state = optimizer_bytes(report.layers, optimizer, name) if optimizer is not None else 0
    weights = weight_bytes(report.layers)
    memory = None
    if isinstance(kept, int) and state is not None:
        memory = weights + gradient_bytes(report.layers) + state + kept
    factors = {"none": 4, "dynamic": 1, "float16": 2, "int8": 1, "full_int8": 1}
    factor = max((factors[export.optimize] for export in spec.export), default=4)
    return {
        "params": report.params,
        "trainable_params": report.trainable_params,
        "macs": report.macs,
        "memory": memory,
        "file_size": weights * factor // 4,
    }
