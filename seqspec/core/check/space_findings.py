"""The findings about a search space: what the check of its combinations has shown, at its paths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from seqspec.core.check.space import UNKNOWN_KEYS, SkipReason, SpaceChecker, SpaceReport, sizes_of
from seqspec.core.diagnostics.message import Value, fmt
from seqspec.core.diagnostics.violation import UNSET, Path, Violation, pointer, value_at
from seqspec.core.document.search import LIST_HELP, Choice, Scalar, Uniform
from seqspec.core.language.extends import automatic_places
from seqspec.core.search_space.candidates import Candidate, Parameter, layer_name
from seqspec.core.search_space.first_trials import shown, start_violations

_MOST_ALTERNATIVES = 30
_MOST_INVALID = 0.5


def space_violations(checker: SpaceChecker, report: SpaceReport) -> list[Violation]:
    """The findings about a space."""
    start = start_violations(checker.values, checker.search.start or ())
    # An empty list leaves the document out.
    first = [] if checker.search.start == [] else _defaults(checker) or [*_document_limits(checker, report)]
    found = [*report.wrong, *_invalid(checker, report)]
    # Until an invalid alternative is corrected, the value of the spec may be what it means.
    wrong = {each.path[: len(own)] for own in (each.path for each in first) for each in found}
    first = [each for each in first if each.path not in wrong]
    # A path that does not exist is not also one of several copies.
    copies = [copy for copy in _copies(checker) if copy.path not in {other.path for other in report.wrong}]
    return [*first, *start, *copies, *found]


def early_violations(checker: SpaceChecker, errors: Sequence[str]) -> list[Violation]:
    """The findings about a space that show although the document has errors, which have the pointers `errors`."""
    wrong = checker.wrong_paths(errors)
    return [*wrong, *_alternatives_beside(checker, wrong)]


def _alternatives_beside(checker: SpaceChecker, wrong: Sequence[Violation]) -> list[Violation]:
    """The alternatives that are invalid by themselves, beside the violations of paths."""
    paths = [each.path[2:] for each in wrong if each.path[:2] == ("search", "space")]
    found = checker.invalid_alternatives()
    return [
        _invalid_alternative(*each)
        for each in found
        if not any(each[0].path == path[: len(each[0].path)] for path in paths)
    ]


def _copies(checker: SpaceChecker) -> Iterator[Violation]:
    """Automatic names of layers where the space leaves other copies of their entry as they are, or that are those of
    layers of other entries in some candidates.
    """
    entries: dict[str, dict[str, list[str]]] = {}
    for expansion in checker.expansions:
        copies: dict[str, list[str]] = {}
        for name, place in automatic_places(expansion.tree).items():
            copies.setdefault(".".join(map(str, expansion.origin(place).path)), []).append(name)
        for entry, names in copies.items():
            for name in names:
                known = entries.setdefault(name, {})
                known[entry] = max(known.get(entry, []), names, key=len)
    searched: dict[str, Path] = {}
    for path in checker.search.space:
        layer = layer_name(path)
        if layer in entries:
            searched[layer] = path
    for name, path in searched.items():
        entry, copied = next(iter(entries[name].items()))
        others = [each for each in copied if each not in searched]
        argument = ".".join(map(str, path[path.index(name) + 1 :])) or "ARGUMENT"
        if len(entries[name]) > 1:
            message = f"{name} is not the same layer in all candidates: {' or '.join(entries[name])}"
        elif others:
            left = ", ".join(others[:5])
            message = f"{name} is one of {len(copied)} copies of {entry}; the others keep their values: {left}"
        else:
            continue
        yield Violation(
            "unknown-search-path",
            message,
            path=("search", "space", *path),
            anchor="key",
            severity="warning",
            help=f"write {entry}.{argument} for all copies, or name the layer",
        )


def _defaults(checker: SpaceChecker) -> list[Violation]:
    """The values of the document that their own distribution does not have, so that it cannot be the first trial."""
    values = checker.values
    violations = []
    for mismatch in values.document().mismatches:
        if mismatch.value is UNSET:
            continue
        own = next(path for path in values.space if mismatch.path[: len(path)] == path)
        inner = ".".join(map(str, mismatch.path[len(own) :]))
        inner = f"[{inner}]" if inner.isdecimal() else inner
        value = shown(mismatch.value)
        own_values = values.space[own]
        help: str = "the spec as it is cannot be the first trial: widen the distribution, or change the value"
        if isinstance(own_values, Uniform) and own_values.is_integer and isinstance(mismatch.value, float):
            floats = Value({"min": float(own_values.min), "max": float(own_values.max)})
            low, high = own_values.min, own_values.max
            help = fmt("for floats, write {}: these are integers from {} to {}", floats, low, high)
        violations.append(
            Violation(
                "bad-distribution",
                fmt("the value of the spec, {}{}, is not among its values", inner and f"{inner} = ", value),
                path=("search", "space", *own),
                anchor="key",
                severity="warning",
                help=help,
            )
        )
    return violations


def _document_limits(checker: SpaceChecker, report: SpaceReport) -> Iterator[Violation]:
    """The limits that the document exceeds, so that it cannot be the first trial."""
    if report.wrong or len(report.invalid) == len(report.checked):
        return
    sizes = sizes_of(checker.check)
    for name, _ in checker.exceeded(sizes):
        yield Violation(
            "bad-search-budget",
            fmt("the spec as it is exceeds limits.{}: it has {:,}", name, sizes[name]),
            path=("search", "limits", name),
            severity="warning",
            help="the spec as it is cannot be the first trial: raise the limit, or change the spec",
        )


def _invalid(checker: SpaceChecker, report: SpaceReport) -> list[Violation]:
    """The findings about combinations that cannot be trained."""
    if report.wrong:
        return _alternatives_beside(checker, report.wrong)
    if not report.invalid:
        return []
    share = len(report.invalid) / len(report.checked)
    at: Path = ("search", "space")
    how = "checked" if report.exact else "drawn"
    counted = f"{len(report.checked):,} combination{'s' if len(report.checked) > 1 else ''} {how}"
    notes = _reason_lines(report)
    if share == 1:
        return [
            Violation(
                "empty-search-space",
                f"no combination of the search space can be trained ({counted})",
                path=(*at, *_culprit(checker, report)),
                anchor="key",
                notes=tuple(notes),
                help=_smallest(checker, report),
            )
        ]
    conditions = [report.statement(condition) for condition in report.conditions]
    sizes = report.range_of("params")
    valid = len(report.checked) - len(report.invalid)
    parameters_of = "" if sizes is None else f"; {sizes['min']:,} to {sizes['max']:,} parameters"
    return [
        Violation(
            "invalid-combinations",
            fmt("{:.0%} of the search space is invalid ({})", share, counted),
            path=at,
            anchor="key",
            severity="warning" if share > _MOST_INVALID else "info",
            notes=(*notes, *conditions, f"{valid:,} of {len(report.checked):,} are valid{parameters_of}"),
            help="narrow the distributions above; the search skips invalid combinations",
            related=_ranges(report),
        ),
        *_invalid_alternatives(checker, report),
    ]


def _culprit(checker: SpaceChecker, report: SpaceReport) -> Path:
    """The path without whose value a candidate is valid; empty if there is none, or if limits alone reject."""
    chosen, values = report.checked[0].candidate
    if all(reason.is_limit for reason in report.reasons):
        return ()
    for path in values:
        rest = Candidate(chosen, {other: value for other, value in values.items() if other != path})
        if checker.checked(rest).reason is None:
            return path
    return ()


def _ranges(report: SpaceReport) -> tuple[tuple[Path, str], ...]:
    """The ranges of which a part is invalid whatever the others are, each with that part."""
    places = {
        parameter.name: parameter.path for parameter in report.parameters if isinstance(parameter.distribution, Uniform)
    }
    return tuple(
        (("search", "space", *places[term.name]), f"invalid with {term}")
        for condition in report.conditions
        if len(condition.terms) == 1
        for term in condition.terms
        if term.name in places
    )


def _reason_lines(report: SpaceReport) -> list[str]:
    """The reasons by rule, the most frequent ones first, with the lines of their findings and the message of one."""
    by_rule: dict[tuple[str, str], Counter[SkipReason]] = {}
    for reason, count in report.reasons.most_common():
        by_rule.setdefault((reason.rule, reason.name), Counter())[reason] = count
    lines = []
    for (rule, name), several in sorted(by_rule.items(), key=lambda item: -item[1].total())[:5]:
        share = f"{several.total() / len(report.checked):.0%}"
        places = [
            f"{count:,} at line {each.line} ({each.subject})" for each, count in several.most_common(3) if each.line
        ]
        lines.append(f"{share} {rule} {name}" + (f": {', '.join(places)}" if places else ""))
        first = several.most_common(1)[0][0]
        if first.finding is not None:
            at = f"line {first.line}: " if len(places) > 1 else ""
            lines.append(f"e.g. {at}{first.finding.statement}")
    return lines


def _smallest(checker: SpaceChecker, report: SpaceReport) -> str | None:
    """What a limit would have to be, where limits alone reject."""
    limits = {reason.subject for reason in report.reasons if reason.is_limit}
    if len(limits) != 1 or len(report.reasons) > 1:
        return None
    (name,) = limits
    values = [each.sizes[name] for each in report.checked if each.sizes.get(name) is not None]
    return f"raise limits.{name}: the smallest of {len(values):,} has {min(value or 0 for value in values):,}"


def _invalid_alternatives(checker: SpaceChecker, report: SpaceReport) -> list[Violation]:
    """The alternatives with which every combination has the same finding, while others are valid."""
    valid = [each.candidate.chosen for each in report.checked if each.reason is None]
    found = _rejected_alternatives(report)
    if not report.exact:
        # Of few that were drawn, all may be invalid by chance, or by the fault of another parameter.
        found = (each for each in islice(found, _MOST_ALTERNATIVES) if checker.is_invalid_among(*each, valid))
    return [_invalid_alternative(*each) for each in found]


def _rejected_alternatives(report: SpaceReport) -> Iterator[tuple[Parameter, Scalar, SkipReason]]:
    """The alternatives for which all checked candidates have the same finding."""
    for parameter in report.parameters:
        if not isinstance(parameter.distribution, Choice):
            continue
        for value in parameter.ends:
            several = [each for each in report.checked if each.candidate.chosen.get(parameter.name) == value]
            shared = set(several[0].reasons).intersection(*(each.reasons for each in several)) if several else set()
            reason = min((each for each in shared if not each.is_limit), default=None)
            if reason is not None and (report.exact or len(several) > 9):
                yield parameter, value, reason


def _invalid_alternative(parameter: Parameter, value: Scalar, reason: SkipReason) -> Violation:
    """The finding about an alternative, at the key in it that is wrong."""
    finding = reason.finding
    assert finding is not None and isinstance(parameter.distribution, Choice)
    path = choice_path(parameter, value)
    below = tuple(finding.pointer.split("/")[1:])[len(parameter.path) :]
    is_inner = bool(below) and finding.pointer.startswith(f"{pointer(parameter.path)}/")
    # Another alternative is not what this one means.
    is_suggested = finding.suggestion is not None and (is_inner or finding.suggestion not in parameter.ends)
    written = next(
        alternative.value for alternative in parameter.distribution.alternatives if alternative.label == value
    )
    is_list = is_inner and isinstance(value_at(written, below), list)
    at = f" at line {reason.line}" if reason.line else ""
    return Violation(
        "search-choice-invalid",
        f"{value} is invalid whatever the others are: {finding.statement} ({reason.rule}{at})",
        path=("search", "space", *path, *(below if is_inner else ())),
        anchor="key" if is_inner and reason.name in UNKNOWN_KEYS else "value",
        label=finding.label if is_suggested else None,
        help=finding.help if is_suggested else LIST_HELP if is_list else "remove this alternative",
    )


def choice_path(parameter: Parameter, label: Scalar) -> Path:
    """The path of an alternative in `[search.space]`."""
    assert isinstance(parameter.distribution, Choice)
    labels = [alternative.label for alternative in parameter.distribution.alternatives]
    return (*parameter.path, labels.index(label))
