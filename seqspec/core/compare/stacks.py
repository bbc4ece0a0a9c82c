"""Aligns the layers of two stacks."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from seqspec.core.analysis.layer_report import LayerReport, layer_names
from seqspec.core.catalog.layer import Layer
from seqspec.core.catalog.plain import tree_of
from seqspec.core.check.check import Check
from seqspec.core.compare.differences import ABSENT, Difference, differences

_MAX_PAIRS = 1_000_000


@dataclass(eq=False)
class Part:
    """One layer of one side; `layer` is None if it is invalid, `facts` is None if it was not analyzed."""

    index: int
    layer: Layer | None
    name: str
    written: object
    facts: LayerReport | None

    @property
    def type(self) -> str:
        """The class of the layer, if known."""
        if self.layer is not None:
            return type(self.layer).__name__
        entry = self.written
        kind = entry.get("type", entry.get("custom")) if isinstance(entry, dict) else entry
        return kind if isinstance(kind, str) else "no layer"

    @cached_property
    def given_name(self) -> str | None:
        """The explicit name."""
        name = self.written.get("name") if isinstance(self.written, dict) else None
        return name if isinstance(name, str) else None

    @cached_property
    def arguments(self) -> dict[str, object]:
        """The arguments as plain data, without the tag."""
        entry = tree_of(self.layer) if self.layer is not None else self.written
        if not isinstance(entry, dict):
            return {}
        return {key: value for key, value in entry.items() if key not in ("type", "custom")}

    @cached_property
    def key(self) -> str:
        """A key that is equal for identical layers."""
        return json.dumps([self.type, self.arguments], sort_keys=True, default=str)


def parts(result: Check) -> list[Part]:
    """The layers of the expanded document."""
    spec = result.spec
    if spec is None or "model" not in spec.written:
        return []
    layers = spec.stack.layers
    model = spec.tree.get("model")
    entries = model.get("layers") if isinstance(model, dict) else None
    entries = entries if isinstance(entries, list) else []
    facts = {report.path[2]: report for report in result.layers if len(report.path) > 2}
    names = layer_names(layers)
    return [
        Part(index, layer, names[index], entries[index] if index < len(entries) else None, facts.get(index))
        for index, layer in enumerate(layers)
    ]


def argument_differences(old: Part, new: Part) -> list[Difference]:
    """The arguments that differ between two layers; automatic names are ignored."""
    changes: list[Difference] = []
    if old.type != new.type:
        changes.append(Difference("type", old.type, new.type))
    if old.layer is not None and new.layer is not None and type(old.layer) is type(new.layer):
        changes += differences(old.layer, new.layer)
    else:
        for key in dict.fromkeys((*old.arguments, *new.arguments)):
            changes += differences(old.arguments.get(key, ABSENT), new.arguments.get(key, ABSENT), key)
    return [difference for difference in changes if difference.path != "name" or old.name != new.name]


def align(old: Sequence[Part], new: Sequence[Part]) -> list[tuple[Part | None, Part | None]]:
    """Pairs of layers in the order of the new stack; a layer without a partner was removed or added."""
    start = 0
    while start < min(len(old), len(new)) and old[start].key == new[start].key:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end].key == new[-1 - end].key:
        end += 1
    left, right = old[start : len(old) - end], new[start : len(new) - end]
    middle = _best(left, right) if len(left) * len(right) <= _MAX_PAIRS else _by_blocks(left, right)
    return [*zip(old[:start], new[:start]), *middle, *zip(old[len(old) - end :], new[len(new) - end :])]


def moves(pairs: list[tuple[Part | None, Part | None]]) -> dict[int, Part]:
    """The moved layers: index in the new stack → the old layer.

    A layer moved if it has the same name on both sides, or else if it is unique.
    """
    removed = [a for a, b in pairs if a is not None and b is None]
    added = [b for a, b in pairs if b is not None and a is None]
    moved: dict[int, Part] = {}
    taken: set[int] = set()
    for by_name in (True, False):
        for new in added:
            candidates = [
                old
                for old in removed
                if old.index not in taken
                and (old.given_name == new.given_name is not None if by_name else old.key == new.key)
            ]
            if new.index not in moved and len(candidates) == 1:
                moved[new.index] = candidates[0]
                taken.add(candidates[0].index)
    return moved


def _best(old: Sequence[Part], new: Sequence[Part]) -> list[tuple[Part | None, Part | None]]:
    """The alignment with the highest total similarity."""
    rows = len(old) + 1
    columns = len(new) + 1
    best = [[0.0] * columns for _ in range(rows)]
    both = {part.given_name for part in old} & {part.given_name for part in new} - {None}
    likeness = [[_likeness(a, b, both) for b in new] for a in old]
    for i in range(rows - 2, -1, -1):
        for j in range(columns - 2, -1, -1):
            pair = likeness[i][j]
            best[i][j] = max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + pair if pair else 0.0)
    pairs: list[tuple[Part | None, Part | None]] = []
    i = j = 0
    while i < len(old) or j < len(new):
        if i < len(old) and j < len(new):
            pair = likeness[i][j]
            if pair and best[i][j] == best[i + 1][j + 1] + pair:
                pairs.append((old[i], new[j]))
                i, j = i + 1, j + 1
                continue
        if i < len(old) and (j == len(new) or best[i][j] == best[i + 1][j]):
            pairs.append((old[i], None))
            i += 1
        else:
            pairs.append((None, new[j]))
            j += 1
    return pairs


def _likeness(old: Part, new: Part, both: Collection[str | None]) -> float:
    """The similarity of two layers, from 0 for unrelated to 4 for identical ones.

    `both` are the names on both sides, which identify a layer.
    """
    if old.key == new.key:
        return 4.0 if old.given_name else 3.0
    if old.given_name is not None and old.given_name == new.given_name:
        return 2.5 if old.type == new.type else 2.0
    if old.type != new.type or old.given_name in both or new.given_name in both:
        return 0.0
    keys = old.arguments.keys() | new.arguments.keys()
    equal: int = sum(bool(old.arguments.get(key, ABSENT) == new.arguments.get(key, ABSENT)) for key in keys)
    named = old.given_name is not None and new.given_name is not None
    return (0.5 if named else 1.0) + equal / max(1, len(keys))


def _by_blocks(old: Sequence[Part], new: Sequence[Part]) -> list[tuple[Part | None, Part | None]]:
    """An alignment of long stacks: first the equal runs, then the layers between them."""
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(None, [part.key for part in old], [part.key for part in new], autojunk=False)
    pairs: list[tuple[Part | None, Part | None]] = []
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        left, right = old[i:i_end], new[j:j_end]
        if tag == "equal":
            pairs += zip(left, right)
        elif len(left) * len(right) <= _MAX_PAIRS:
            pairs += _best(left, right)
        else:
            pairs += [(part, None) for part in left]
            pairs += [(None, part) for part in right]
    return pairs
