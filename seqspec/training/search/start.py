"""The first trials of a search: the document as it is, or those of `start`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seqspec.core.analysis.analyze import AnalysisResult
from seqspec.core.document.search import Choice, Distribution, Fixed, Items, Scalar, Space, Uniform
from seqspec.training.errors import RunError

_MISSING = object()


def first_candidates(analysis: AnalysisResult) -> list[dict[str, Scalar]]:
    """What is chosen in the candidates that are tried first.

    Raises `RunError` for one of `start` that the space does not have. The document as it is is left out where a value
    of it is not in the space.
    """
    assert analysis.spec is not None and analysis.spec.search is not None
    search = analysis.spec.search
    trees: list[Mapping[str, Any]] = [analysis.spec.to_dict(), analysis.document.tree]
    if search.start is None:
        chosen = _chosen(search.space, trees)
        return [] if chosen is None else [chosen]
    found = []
    for number, entry in enumerate(search.start, 1):
        chosen = _chosen(search.space, [entry, *trees])
        if chosen is None:
            raise RunError(f"[search] start: a value of candidate {number} is not in [search.space]")
        found.append(chosen)
    return found


def _chosen(space: Space, trees: Sequence[Mapping[str, Any]]) -> dict[str, Scalar] | None:
    chosen: dict[str, Scalar] = {}
    for path, distribution in space.items():
        for tree in trees:
            value, found = _value_at(tree, path), {**chosen}
            if value is not _MISSING and _match(distribution, ".".join(path), value, found):
                chosen = found
                break
        else:
            return None
    return chosen


def _value_at(tree: Any, path: Sequence[str | int]) -> Any:
    if path and path[0] == "layers" and isinstance(tree, Mapping) and "layers" not in tree:
        model = tree.get("model")
        layers = model.get("layers", ()) if isinstance(model, Mapping) else ()
        named = (each for each in layers if isinstance(each, Mapping) and each.get("name") == path[1])
        return _value_at(next(named, None), path[2:])
    for key in path:
        if not isinstance(tree, Mapping) or key not in tree:
            return _MISSING
        tree = tree[key]
    return tree


def _match(distribution: Distribution, name: str, value: Any, chosen: dict[str, Scalar]) -> bool:
    """Whether a distribution has a value; what is chosen for it is added to `chosen`."""
    if isinstance(distribution, Fixed):
        return True
    if isinstance(distribution, Items):
        if not isinstance(value, list) or not _match(distribution.length, f"{name}.length", len(value), chosen):
            return False
        return all(_match(distribution.each, f"{name}[{index}]", item, chosen) for index, item in enumerate(value))
    if isinstance(distribution, Uniform):
        chosen[name] = value
        return _is_in(distribution, value)
    assert isinstance(distribution, Choice)
    for each in distribution.alternatives:
        inner: dict[str, Scalar] = {}
        prefix = f"{name}[{each.label}]"
        if _equal(each.value, value, set(each.inner)) and all(
            _match(found, f"{prefix}.{'.'.join(map(str, path))}", _value_at(value, path), inner)
            for path, found in each.inner.items()
        ):
            chosen.update({name: each.label, **inner})
            return True
    return False


def _is_in(distribution: Uniform, value: object) -> bool:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    if distribution.is_integer and not isinstance(value, int):
        return False
    if not distribution.min <= value <= distribution.max:
        return False
    steps = (value - distribution.min) / distribution.step if distribution.step else 0.0
    return abs(steps - round(steps)) < 1e-9


def _equal(
    expected: object, value: object, searched: set[tuple[str | int, ...]], at: tuple[str | int, ...] = ()
) -> bool:
    """Whether a value is an alternative, apart from what is searched in it."""
    if at in searched:
        return True
    if isinstance(expected, Mapping) and isinstance(value, Mapping) and searched:
        return set(expected) == set(value) and all(
            _equal(item, value[key], searched, (*at, key)) for key, item in expected.items()
        )
    return bool(expected == value) and isinstance(expected, bool) == isinstance(value, bool)
