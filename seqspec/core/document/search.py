"""The table `[search]`: what of a spec is searched, for which objective, and within which limits."""

import math
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, TypeGuard, get_args

from annotated_types import Ge, Gt, Le
from pydantic import Field

from seqspec.core.catalog.markers import NEUTRAL
from seqspec.core.catalog.plain import FrozenDict, table_form, to_plain
from seqspec.core.catalog.types import Maybe, NonNegativeInt, Number, PositiveInt, read_by
from seqspec.core.catalog.validation import validate, wrong_type
from seqspec.core.diagnostics.message import Setting, Value, fmt, quote_value
from seqspec.core.diagnostics.violation import UNSET, Path, Violation, Violations
from seqspec.core.document.base_table import Table
from seqspec.core.document.data_types import DeclaredTable, JsonTypes
from seqspec.core.syntax.document import Tree

PrunerType = Literal["none", "asha", "median"]
SamplerType = Literal["tpe", "random", "gp", "nsga2", "cma-es", "grid"]
STATIC_OBJECTIVES = ("params", "macs", "memory", "file_size")
"""Objectives that are known without training; all are minimized."""

FOLDED = {"random": "k-fold", "group": "group-k-fold", "time": "time-k-fold"}
"""The splits that `folds` divides, and into which folds."""

KIND_KEYS = ("type", "use", "custom", "kind")
"""The keys that say what a table is."""

_MAX_LENGTH = 100
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
_BYTES = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "KB": 10**3, "MB": 10**6, "GB": 10**9}
_DURATION = 'a duration such as "2h" or "30min"'
_SIZE = 'a size such as "250 KiB", or a number of bytes'


def _quantity(value: object, units: Mapping[str, int], expected: str) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < math.inf:
        return value
    if not isinstance(value, str):
        raise wrong_type(expected, value)
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]+)\s*", value)
    unit = next((unit for unit in units if match is not None and unit.lower() == match[2].lower()), None)
    quantity = 0.0 if match is None or unit is None else float(match[1]) * units[unit]
    if not 0 < quantity < math.inf:
        raise Violation("bad-value", f"must be {expected}, got {quote_value(value)}")
    return quantity


def seconds(value: object) -> float:
    """The seconds of a duration such as "2h"; raises `Violation`."""
    return _quantity(value, _SECONDS, _DURATION)


def _bytes(value: object) -> object:
    return int(_quantity(value, _BYTES, _SIZE))


Seconds = Annotated[float, *read_by(seconds, _DURATION, JsonTypes("string", "number"), NEUTRAL)]
ByteCount = Annotated[int, *read_by(_bytes, _SIZE, JsonTypes("string", "integer"), NEUTRAL)]


_EXACT = 2**53
"""Up to here floats, with which samplers calculate, represent every integer."""


class Uniform(Table):
    """Numbers between two bounds: integers, both bounds included, or floats if a bound is a float."""

    title = "a distribution"
    renamed: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"low": "min", "lower": "min", "high": "max", "upper": "max", "q": "step"}
    )
    """The keys of other tools."""

    min: int | float = Field(description="Lower bound.")
    max: int | float = Field(description="Upper bound, included.")
    log: bool = Field(default=False, description="Whether the logarithm is uniform.")
    step: Maybe[Annotated[int | float, Gt(0)]] = Field(default=None, description="Distance of the values from min on.")

    @property
    def is_integer(self) -> bool:
        """Whether the values are integers."""
        return isinstance(self.min, int) and isinstance(self.max, int) and not isinstance(self.step, float)

    @property
    def count(self) -> int | None:
        """The number of values; None for floats without a step."""
        step = self.step or (1 if self.is_integer else None)
        return None if step is None else round((self.max - self.min) / step) + 1

    def check_arguments(self) -> None:
        for name, number in (("min", self.min), ("max", self.max), ("step", self.step)):
            if isinstance(number, int) and abs(number) > _EXACT:
                raise _bad(fmt("{} must be between -2**53 and 2**53, got {}", name, number), name)
        if self.min >= self.max:
            raise _bad(fmt("min must be below max, got {} and {}", self.min, self.max), "min")
        if self.log and self.min <= 0:
            raise _bad(fmt("{} needs min above 0, got {}", Setting("log", True), self.min), "log")
        if self.log and self.step is not None:
            raise _bad("log and step exclude each other", "step", "remove one of them")
        if self.step is not None:
            steps = (self.max - self.min) / self.step
            if not math.isfinite(steps):
                raise _bad("step is too small for the range", "step")
            if abs(steps - round(steps)) > 1e-9 * max(1.0, steps):
                last = self.min + int(steps) * self.step
                message = fmt("step does not divide the range: the last value is {}, not {}", last, self.max)
                raise _bad(message, "step", fmt("write {}", Setting("max", last)))


NAMES_OF_CHOICES = ("choices", "options", "values")
"""The keys of other tools for a list of values."""
LIST_HELP = "a list in an alternative is a value: write a range, or an alternative for each of its values"


class Items(Table):
    """A list of searched length, with an element drawn for each place."""

    title = "a list of searched length"

    each: Any = Field(description="The distribution of each element.")
    length: Uniform = Field(description="The length: integers.")

    def check_arguments(self) -> None:
        self.__dict__["each"] = _distribution(self.each, ("each",))
        if isinstance(self.each, Items):
            raise _bad("each must be a range or a list of alternatives", "each")
        if not self.length.is_integer or self.length.min < 0:
            raise _bad("length must be integers from 0 on", "length")
        if self.length.max > _MAX_LENGTH:
            raise _bad(f"length must be at most {_MAX_LENGTH}, got {self.length.max}", "length")


class Fixed(Table):
    """A value that replaces that of the document in all trials."""

    title = "a fixed value"

    value: Any = Field(description="The value.")


Scalar = int | float | str
"""What is chosen for a parameter: a number, or the label of an alternative."""


class Alternative(NamedTuple):
    """An alternative of a choice: a value, and the distributions in it by their path.

    `label` is the value itself where it is a number or a string, else the name of its class.
    """

    label: Scalar
    value: object
    inner: "Mapping[Path, Distribution]"


class Choice(NamedTuple):
    """One of several alternatives."""

    alternatives: Sequence[Alternative]


Distribution = Uniform | Items | Fixed | Choice
Space = Mapping[tuple[str, ...], Distribution]
"""The distributions by the path of their value in the document."""


def _bad(message: str, key: str | int, help: str | None = None) -> Violation:
    return Violation("bad-distribution", message, path=(key,), help=help)


def _is_bound(value: object) -> bool:
    return isinstance(value, (int, float, str)) and not isinstance(value, bool)


def _class_of(tree: Mapping[str, object]) -> type[Table] | None:
    """The class of a table of the space; None for a table that is a part of a path."""
    keys = tree.keys()
    bounds = keys & {"min", "max", *Uniform.renamed}
    if bounds and all(_is_bound(tree[key]) for key in bounds):
        return Uniform
    if "each" in keys or ("length" in keys and isinstance(tree["length"], Mapping)):
        return Items
    return Fixed if keys == {"value"} else None


def is_part_of_path(value: object) -> TypeGuard[Mapping[str, object]]:
    """Whether a value of the space is a table that paths go through, not a distribution."""
    return isinstance(value, Mapping) and _class_of(value) is None


def _distribution(value: object, path: Path) -> Distribution:
    """Reads one distribution; raises `Violation` or `Violations` with paths below `path`."""
    if isinstance(value, (Uniform, Items, Fixed, Choice)):
        return value
    try:
        if isinstance(value, (list, tuple)):
            return _choice(value, path)
        table = _class_of(value) if isinstance(value, Mapping) else None
        if table is None:
            raise Violation(
                "bad-distribution",
                f"must be a distribution, got {quote_value(value)}",
                help=fmt("write {}, a list of alternatives, or {}", Value({"min": 1, "max": 5}), Value({"value": ...})),
            )
        length = value.get("length") if table is Items and isinstance(value, Mapping) else None
        if length is not None and not isinstance(length, (Mapping, Uniform)):
            message = f"length must be a range, got {quote_value(length)}"
            raise _bad(message, "length", fmt("write {}", Value({"min": 1, "max": 3})))
        distribution: Distribution = validate(table, value)
        if isinstance(distribution, Fixed) and (inner := _searched(distribution.value, path)):
            raise Violation("bad-distribution", "a fixed value has no distributions in it", help=inner)
        return distribution
    except Violation as violation:
        raise violation.prefixed(*path) from None
    except Violations as several:
        raise Violations([item.prefixed(*path) for item in several.items], UNSET) from None


def _searched(value: object, path: Path) -> str | None:
    """The help that names the paths of the distributions in a table; None without any."""
    if not isinstance(value, Mapping) or not value.keys() & {*KIND_KEYS}:
        return None
    paths = [".".join(map(str, (*path, *inner_path))) for inner_path, _ in _inner(value, (0,), ())]
    return f"search {' and '.join(paths)} instead, with the rest of the table in the spec" if paths else None


def _choice(values: Sequence[object], path: Path) -> Choice:
    if len(values) < 2:
        fixed = fmt("write {} for a fixed value", Value({"value": values[0] if values else ...}))
        raise Violation(
            "bad-distribution",
            f"a choice needs at least two alternatives, got {len(values)}",
            help=_searched(values[0], path) or fixed if values else fixed,
        )
    labels: list[Scalar] = []
    for index, value in enumerate(values):
        if isinstance(value, Mapping) and not value.keys() & {*KIND_KEYS} and _class_of(value) is not None:
            message = "an alternative must be a value, not a distribution"
            raise _bad(message, index, "write one range, or each value")
        if any(value == other and type(value) is type(other) for other in values[:index]):
            raise _bad(f"the alternative {quote_value(value, typed=False)} is given twice", index)
        if isinstance(value, float) and not math.isfinite(value):
            raise _bad(f"an alternative must be finite, got {quote_value(value, typed=False)}", index)
        labels.append(_label(value))
    alternatives = []
    for index, (value, label) in enumerate(zip(values, labels)):
        inner = dict(_inner(value, (index,), ()))
        alternatives.append(Alternative(label if labels.count(label) == 1 else _place(index, labels), value, inner))
    return Choice(tuple(alternatives))


def _place(index: int, labels: Sequence[Scalar]) -> str:
    """The label of one of several alternatives of the same class: its index, which another may have as its value."""
    label = str(index)
    while label in labels:
        label += "'"
    return label


def _label(value: object) -> Scalar:
    if isinstance(value, Mapping):
        named = next((value[key] for key in KIND_KEYS if key in value), None)
        return named if isinstance(named, str) else "table"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    return "true" if value is True else "false" if value is False else str(value)[:40]


def _inner(value: object, at: Path, path: Path) -> "list[tuple[Path, Distribution]]":
    """The distributions in an alternative, by their path in it."""
    if isinstance(value, Mapping):
        if path and _class_of(value) is not None:
            return [(path, _distribution(value, (*at, *path)))]
        if path and len(value) == 1 and (key := next(iter(value))) in NAMES_OF_CHOICES:
            message = f"{key} is not a key of a distribution"
            raise Violation("bad-distribution", message, path=(*at, *path, key), anchor="key", help=LIST_HELP)
        return [inner for key, item in value.items() for inner in _inner(item, at, (*path, key))]
    return []


class _WrittenSpace(FrozenDict):
    """A space with its table as it was written."""

    def __init__(self, space: Mapping[Any, Distribution], written: Mapping[str, object]) -> None:
        super().__init__(space)
        self.written = written

    def __hash__(self) -> int:  # type: ignore[override]  # the values of alternatives may be tables
        return hash(frozenset(self))

    def __reduce__(self) -> tuple[object, ...]:
        return _WrittenSpace, (dict(self), self.written)


def _space(value: object) -> object:
    if isinstance(value, _WrittenSpace):
        return value
    if not isinstance(value, Mapping):
        raise wrong_type(_SPACE, value)
    written = to_plain(value, table_form)
    distributions: dict[tuple[str, ...], Distribution] = {}
    violations: list[Violation] = []
    _collect(written, (), distributions, violations)
    space = _WrittenSpace(distributions, written)
    if violations:
        raise Violations(violations, space)
    return space


def _collect(
    tree: Mapping[str, object],
    path: tuple[str, ...],
    space: dict[tuple[str, ...], Distribution],
    violations: list[Violation],
) -> None:
    for key, value in tree.items():
        at = (*path, key)
        if is_part_of_path(value):
            _collect(value, at, space, violations)
            continue
        try:
            space[at] = _distribution(value, at)
        except (Violation, Violations) as problem:
            violations += problem.items if isinstance(problem, Violations) else [problem]


class Objective(Table):
    """A value that is searched for, and its direction where Keras does not know it."""

    title = "an objective"

    metric: str = Field(description="A logged name such as val_loss, or params, macs, memory or file_size.")
    direction: Maybe[Literal["min", "max"]] = Field(default=None, description="Whether lower or higher is better.")


def _objectives(value: object) -> object:
    entries = value if isinstance(value, list) else [value]
    if not entries:
        raise Violation("bad-value", "objective needs at least one name")
    read: list[Objective] = []
    for index, entry in enumerate(entries):
        tree = {"metric": entry} if isinstance(entry, str) else entry
        if not isinstance(tree, (Mapping, Objective)):
            wrong = wrong_type(_OBJECTIVE.expected, entry)
            raise wrong.prefixed(index) if isinstance(value, list) else wrong
        read.append(tree if isinstance(tree, Objective) else validate(Objective, tree))
    return read


class Pruner(Table):
    """Ends trials early that are worse than others after as many epochs."""

    title = "pruner"

    type: PrunerType = Field(description="asha: successive halving; median: below the median.")
    min_epochs: PositiveInt = Field(default=3, description="Epochs before a trial may end.")
    reduction_factor: Annotated[int, Ge(2)] = Field(default=3, description="asha: 1 of as many trials goes on.")


class Sampler(Table):
    """What proposes the values; the other keys are the arguments of the sampler of Optuna."""

    title = "sampler"

    type: SamplerType = Field(description="The sampler.")
    arguments: dict[str, Any] = Field(default={}, description="Arguments of the sampler of Optuna.")


class CandidateLimits(Table):
    """What a candidate may not exceed; others are not trained."""

    title = "limits"

    params: Maybe[PositiveInt] = Field(default=None, description="Maximum number of parameters.")
    trainable_params: Maybe[PositiveInt] = Field(default=None, description="Maximum number of trainable parameters.")
    macs: Maybe[PositiveInt] = Field(default=None, description="Maximum number of MACs of one sample.")
    memory: Maybe[ByteCount] = Field(default=None, description="Maximum memory of training, as estimated.")
    file_size: Maybe[ByteCount] = Field(default=None, description="Maximum size of the weights in the exported file.")
    export: bool = Field(
        default=False, description="Whether a candidate is rejected that [export] or [quantize] has no effect on."
    )
    findings: Literal["error", "warning"] = Field(
        default="error", description="The severity of findings with which a candidate is not trained."
    )


class Stop(Table):
    """When a search ends before its trials are used up."""

    title = "stop"

    value: Maybe[Number] = Field(default=None, description="A value of the objective that is enough.")
    patience: Maybe[PositiveInt] = Field(default=None, description="Trials without a better one.")


_SPACE = "a table from paths to distributions"
_OBJECTIVE = DeclaredTable(
    "search", "Objective", 'a name such as "val_loss", or a table with metric and direction', types=("string", "array")
)


def _typed_table(name: str, types: object) -> DeclaredTable:
    words = get_args(types)
    expected = f"{', '.join(quote_value(word, typed=False) for word in words)} or a table with type"
    return DeclaredTable("search", name, expected, strings=words, wraps=True)


_SAMPLER, _PRUNER = _typed_table("Sampler", SamplerType), _typed_table("Pruner", PrunerType)


class Search(Table):
    """A search for the best values of a spec."""

    title = "[search]"
    renamed: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"n_trials": "trials", "max_trials": "trials", "timeout": "time", "metric": "objective"}
    )
    """The keys of other tools."""
    options: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"workers": "--workers N", "n_jobs": "--workers N", "per_device": "--per-device N", "engine": "--engine ray"}
    )
    """The options of the command in place of keys."""

    objective: Annotated[Any, *_OBJECTIVE.marks(_objectives)] = Field(
        description="What is searched for: a logged name, params, macs, memory or file_size; or a list of them."
    )
    trials: PositiveInt = Field(default=100, description="Trained candidates.")
    time: Maybe[Seconds] = Field(default=None, description="Wall time after which no trial starts.")
    epochs: Maybe[PositiveInt] = Field(default=None, description="Epochs of all trials, after which none starts.")
    sampler: Annotated[Any, *_SAMPLER.marks()] = Field(
        default=Sampler(type="tpe"), description="What proposes the values."
    )
    pruner: Annotated[Any, *_PRUNER.marks()] = Field(default=Pruner(type="none"), description="What ends trials early.")
    limits: Maybe[CandidateLimits] = Field(default=None, description="What a candidate may not exceed.")
    at: Literal["kept", "last"] = Field(
        default="kept", description="The epoch whose value counts: that of the model that is kept, or the last."
    )
    folds: Maybe[Annotated[int, Ge(2), Le(100)]] = Field(
        default=None, description="Folds of training and validation set; the objective is the mean over them."
    )
    repeats: Annotated[int, Ge(1), Le(100)] = Field(
        default=1, description="Trainings of a candidate, each with its seed; the objective is the mean over them."
    )
    seed: Maybe[NonNegativeInt] = Field(default=None, description="Seed of the search; by default that of [runtime].")
    start: Maybe[list[dict[str, Any]]] = Field(
        default=None, description="Candidates that are tried after the document; an empty list leaves the document out."
    )
    keep: PositiveInt = Field(default=5, description="Number of best trials whose models are kept.")
    final: Literal["evaluate", "retrain", "none"] = Field(
        default="evaluate",
        description="evaluate: the best model on the test set, at the end; retrain: trained on training and validation "
        "set before, the default with folds; none: neither.",
    )
    stop: Maybe[Stop] = Field(default=None, description="When the search ends early.")
    space: Annotated[Any, *read_by(_space, _SPACE, JsonTypes("object"), NEUTRAL)] = Field(
        description="From paths, as --set takes them, to distributions."
    )

    @classmethod
    def unknown_argument_help(cls, key: str) -> str | None:
        if key in cls.options:
            return f"remove it: it is an option of the command, seqspec search FILE {cls.options[key]}"
        return super().unknown_argument_help(key)

    def written(self) -> Tree:
        tree = super().written()
        if "space" in tree:
            tree["space"] = self.space.written
        return tree
