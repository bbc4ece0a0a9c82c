"""The candidates that a search tries first: the document as it is, then those of `start`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.markers import field_type
from seqspec.core.catalog.validation import validate
from seqspec.core.diagnostics.message import Value, fmt, quote_value
from seqspec.core.diagnostics.suggest import suggest
from seqspec.core.diagnostics.violation import UNSET, Path, Violation, Violations
from seqspec.core.document.search import (
    KIND_KEYS,
    Alternative,
    Choice,
    Distribution,
    Fixed,
    Items,
    Scalar,
    Search,
    Uniform,
)
from seqspec.core.document.typed_spec import TypedSpec
from seqspec.core.language.expansion import Expansion
from seqspec.core.language.extends import key_in, layer_path
from seqspec.core.search_space.candidates import layer_name


class SpaceMismatch(NamedTuple):
    """A value that the space does not have: its path, the value (`UNSET` without one), why, and what helps."""

    path: Path
    value: object
    reason: str
    help: str = "change the value, or widen the distribution in [search.space]"


class FirstTrial(NamedTuple):
    """What is chosen in a candidate, and the values for which the space has none."""

    chosen: dict[str, Scalar]
    mismatches: list[SpaceMismatch]


class DocumentValues:
    """The values of a document at the paths of its space, as written and in the long form.

    Args:
        spec: The typed spec.
        search: Its `[search]`.
        expansion: The expanded document.
    """

    def __init__(self, spec: TypedSpec, search: Search, expansion: Expansion) -> None:
        self.space = search.space
        self._written = expansion.merged
        self._expanded = expansion.tree
        self._long = spec.to_dict()
        stages = spec.fit
        fit = stages if isinstance(self._expanded.get("fit"), list) else next(iter(stages), None)
        layers = spec.stack.layers
        compiled = spec.compile if "compile" in spec.written else None
        # They have the defaults.
        self._objects = {"compile": compiled, "fit": fit, "model": {"layers": layers}}

    def at(self, path: Path) -> Iterator[object]:
        """The forms of the value at a path, which is the default where the document has none."""
        trees = [self._long, self._expanded, self._written]
        if path[:2] == ("model", "layers") and len(path) > 2 and str(path[2]).lstrip("-").isdecimal():
            # An index counts the layers as written, of which a block or `repeat` makes several.
            written, expanded = (value_at_setting(tree, path[:2]) for tree in (self._written, self._expanded))
            if isinstance(written, list) and isinstance(expanded, list) and len(written) != len(expanded):
                trees = [self._written]
        for tree in trees:
            value = value_at_setting(tree, path)
            if value is not UNSET and not (isinstance(value, str) and value.startswith("$")):
                yield value
        if len(trees) > 1:
            default = self.default(path)
            if default is not UNSET and default is not None:
                yield default

    def default(self, path: Path) -> object:
        """The value or the default of a Keras argument at a path; `UNSET` if it is not one."""
        return value_at_setting(self._objects, indexed(self._expanded, path))

    def _read(self, path: Path, value: object) -> object:
        """A value as Keras reads it at a path: `"adam"` is `Adam()`, a pool size of 2 is [2, 2]; `UNSET` elsewhere."""
        holder = self.default(path[:-1])
        field = type(holder).model_fields.get(str(path[-1])) if isinstance(holder, KerasObject) else None
        if field is None:
            return UNSET
        try:
            return validate(field_type(field), value)
        except (Violation, Violations):
            return UNSET

    def _is_same(self, path: Path, value: object, other: object) -> bool:
        """Whether Keras reads two values at a path as the same."""
        read = self._read(path, value)
        return read is not UNSET and bool(read == self._read(path, other))

    def document(self) -> FirstTrial:
        """The document as it is."""
        trial = FirstTrial({}, [])
        for path, distribution in self.space.items():
            self._add(trial, path, distribution, self.at(path))
        return trial

    def start(self, entry: Mapping[str, object]) -> FirstTrial:
        """A candidate of `start`; what it does not have is that of the document, else left to the sampler."""
        trial = FirstTrial({}, [])
        named = {path: value for path, _, value in self.entries(entry)}
        for path, distribution in self.space.items():
            if path in named:
                self._add(trial, path, distribution, iter([named[path]]), is_partial=True)
            else:
                self._add(FirstTrial(trial.chosen, []), path, distribution, self.at(path))
        return trial

    def entries(
        self, tree: Mapping[str, object], dotted: Path = (), written: Path = ()
    ) -> Iterator[tuple[Path, Path, object]]:
        """The paths that a candidate of `start` names, with the keys as written, and their values.

        A quoted key with dots is a path too. Paths that are not in the space are those of the first wrong key.
        """
        for key, value in tree.items():
            path, keys = (*dotted, *key.split(".")), (*written, key)
            is_part = any(len(path) < len(own) and own[: len(path)] == path for own in self.space)
            if is_part and isinstance(value, Mapping):
                yield from self.entries(value, path, keys)
            else:
                yield path, keys, value

    def _add(
        self,
        trial: FirstTrial,
        path: Path,
        distribution: Distribution,
        values: Iterator[object],
        is_partial: bool = False,
    ) -> None:
        first: SpaceMismatch | None = None
        for value in values:
            chosen: dict[str, Scalar] = {}
            wrong = self._mismatch(distribution, ".".join(map(str, path)), path, value, chosen, is_partial)
            if wrong is None:
                trial.chosen.update(chosen)
                return
            first = first or wrong
        if isinstance(distribution, Fixed) and not is_partial:
            return
        if first is not None and isinstance(first.value, Mapping) and not is_partial:
            written = value_at_setting(self._expanded, first.path)
            first = first if written is UNSET else first._replace(value=written)
        name = layer_name(path)
        if first is None and name is not None and indexed(self._expanded, ("layers", name))[-1] == name:
            # The layer itself is missing, as in some candidates.
            return
        reason = "the document has no value; with one, it is tried first"
        trial.mismatches.append(first or SpaceMismatch(path, UNSET, reason))

    def _mismatch(
        self,
        distribution: Distribution,
        name: str,
        path: Path,
        value: object,
        chosen: dict[str, Scalar],
        is_partial: bool,
    ) -> SpaceMismatch | None:
        """Why a distribution does not have a value; None if it does, and what is chosen is added to `chosen`."""
        if isinstance(distribution, Fixed):
            is_other = is_partial and value != distribution.value
            return (
                SpaceMismatch(path, value, f"it is {quote_value(distribution.value)} in all trials")
                if is_other
                else None
            )
        if isinstance(distribution, Uniform):
            if isinstance(value, (list, tuple)) and value and self._is_same(path, value, value[0]):
                value = value[0]
            if not is_among(distribution, value):
                return SpaceMismatch(
                    path, value, f"{quote_value(value, typed=False)} is not among {_range(distribution)}"
                )
            assert isinstance(value, (int, float))
            chosen[name] = value
            return None
        if isinstance(distribution, Items):
            if not isinstance(value, list):
                return SpaceMismatch(path, value, f"{quote_value(value, typed=False)} is not a list")
            if not is_among(distribution.length, len(value)):
                return SpaceMismatch(path, value, f"a length of {len(value)} is not among its values")
            chosen[f"{name}.length"] = len(value)
            mismatches = (
                self._mismatch(distribution.each, f"{name}[{index}]", (*path, index), item, chosen, is_partial)
                for index, item in enumerate(value)
            )
            return next((mismatch for mismatch in mismatches if mismatch is not None), None)
        return self._of_choice(distribution, name, path, value, chosen, is_partial)

    def _of_choice(
        self, choice: Choice, name: str, path: Path, value: object, chosen: dict[str, Scalar], is_partial: bool
    ) -> SpaceMismatch | None:
        first: SpaceMismatch | None = None
        for alternative in choice.alternatives:
            if not self._is_like(alternative, path, value, is_partial):
                continue
            inner_chosen: dict[str, Scalar] = {name: alternative.label}
            wrong = None
            for inner, distribution in alternative.inner.items():
                item = value_at_setting(value, inner)
                if item is UNSET and not is_partial:
                    item = self.default((*path, *inner))
                if item is UNSET and is_partial:
                    continue
                at = f"{name}[{alternative.label}].{'.'.join(map(str, inner))}"
                wrong = wrong or self._mismatch(distribution, at, (*path, *inner), item, inner_chosen, is_partial)
            if wrong is None:
                chosen.update(inner_chosen)
                return None
            first = first or wrong
        if first is not None:
            return first
        wrong = SpaceMismatch(path, value, f"no alternative is {shown(value)}")
        named = str(value).partition("(")[0].lower()
        tables = (
            (alternative.value, alternative.inner)
            for alternative in choice.alternatives
            if isinstance(alternative.value, Mapping)
        )
        table = next(
            (
                {**tree, **{at[0]: ... for at in inner}}
                for tree, inner in tables
                if str(tree.get("type")).lower() == named
            ),
            None,
        )
        return wrong if table is None else wrong._replace(help=fmt("write {}", Value(table)))

    def _is_like(self, alternative: Alternative, path: Path, value: object, is_partial: bool) -> bool:
        """Whether a value is an alternative, apart from what is searched in it."""
        expected = alternative.value
        if not isinstance(expected, Mapping) or not isinstance(value, Mapping):
            is_equal = bool(expected == value) and isinstance(expected, bool) == isinstance(value, bool)
            return is_equal or (not alternative.inner and self._is_same(path, expected, value))
        is_merged = is_merged_at(path)
        if any(expected.get(key) != value.get(key) for key in KIND_KEYS if key in expected or not is_merged):
            return False
        if is_partial:
            return all(_fits(alternative, (key,), item) for key, item in value.items())
        searched = {inner[0] for inner in alternative.inner}
        return all(
            key in searched or self._or_default(expected, path, key) == self._or_default(value, path, key)
            for key in (expected if is_merged else {**expected, **value})
        )

    def _or_default(self, tree: Mapping[str, object], path: Path, key: str) -> object:
        if key in tree:
            return tree[key]
        holder = self.default(path)
        return holder.default_of(key) if isinstance(holder, KerasObject) else UNSET


def is_merged_at(path: Path) -> bool:
    """Whether a table at a path of a space is merged into what the document has there, instead of replacing it."""
    return path[:1] == ("layers",) and len(path) == 2


def _fits(alternative: Alternative, at: Path, value: object) -> bool:
    return any(inner[:1] == at for inner in alternative.inner) or value_at_setting(alternative.value, at) == value


def _range(distribution: Uniform) -> str:
    step = f" in steps of {distribution.step:g}" if distribution.step else ""
    kind = "the integers" if distribution.is_integer else "the numbers"
    return f"{kind} from {distribution.min:g} to {distribution.max:g}{step}"


def shown(value: object) -> str:
    """A value as a message quotes it: a table with its keys."""
    if not isinstance(value, Mapping):
        return quote_value(value, typed=False)
    pairs = (f"{key} = {quote_value(item, typed=False)}" for key, item in value.items())
    return f"{{ {', '.join(pairs)} }}"


def is_among(distribution: Uniform, value: object) -> bool:
    """Whether a number is one of a distribution."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    if distribution.is_integer and not isinstance(value, int):
        return False
    if not distribution.min <= value <= distribution.max:
        return False
    steps = (value - distribution.min) / distribution.step if distribution.step else 0.0
    return abs(steps - round(steps)) < 1e-9


def value_at_setting(tree: object, path: Path) -> object:
    """The value at a path of `--set`, also by the index or the name of a layer; `UNSET` if there is none."""
    if isinstance(tree, Mapping) and "layers" not in tree:
        path = layer_path(tree, path)
    for key in path:
        if isinstance(tree, KerasObject):
            tree = getattr(tree, str(key), UNSET) if key in type(tree).model_fields else UNSET
            continue
        table = list(tree) if isinstance(tree, (list, tuple)) else tree
        existing = key_in(table, key)
        if existing is None:
            return UNSET
        tree = table[existing]  # type: ignore[index]  # it has the key
    return tree


def indexed(tree: Mapping[str, object], path: Path) -> Path:
    """A path of `--set` with the index of each layer that it names."""
    indexed_path: list[str | int] = []
    value: object = tree
    for key in layer_path(tree, path):
        existing = key_in(value, key)
        indexed_path.append(key if existing is None else existing)
        value = None if existing is None else value[existing]  # type: ignore[index]  # it has the key
    return tuple(indexed_path)


def first_trials(values: DocumentValues, start: Sequence[Mapping[str, object]] | None) -> list[FirstTrial]:
    """The candidates that are tried first; the document is one of them, unless `start` is empty."""
    if start is not None and not start:
        return []
    return [values.document(), *(values.start(entry) for entry in start or ())]


def start_violations(values: DocumentValues, start: Sequence[Mapping[str, object]]) -> Iterator[Violation]:
    """The violations of the candidates of `start`: paths and values that are not in the space."""
    known = [".".join(path) for path in values.space]
    for number, entry in enumerate(start):
        at: Path = ("search", "start", number)
        places = {}
        for path, keys, _ in values.entries(entry):
            places[path] = keys
            if path not in values.space:
                name = ".".join(map(str, path))
                near = suggest(name, known, f"its paths: {', '.join(known)}"[:300])
                yield Violation(
                    "unknown-search-path",
                    f"{name} is not in [search.space]",
                    path=(*at, *keys),
                    anchor="key",
                    label=near.label,
                    help=near.help,
                )
        for mismatch in values.start(entry).mismatches:
            own = next(path for path in values.space if mismatch.path[: len(path)] == path)
            below = mismatch.path[len(own) :]
            name = ".".join(map(str, mismatch.path))
            yield Violation(
                "bad-distribution",
                f"{name}: {mismatch.reason}",
                path=(*at, *places[own], *below),
                help=mismatch.help,
            )
