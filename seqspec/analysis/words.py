"""What a document has, in words: by them the rules are chosen that can have something to say about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from seqspec.analysis.facts import LayerReport
from seqspec.analysis.roles import GROUPS

if TYPE_CHECKING:
    from seqspec.analysis.known import Facts

_HOLDERS = frozenset(
    {"Sequential", "Pipeline", "TimeDistributed", "Bidirectional", "SpectralNormalization", "RNN", "StackedRNNCells"}
)


def words_of(facts: Facts) -> frozenset[str]:
    """The names of the tables, of classes, of groups of them, and of the arguments that the author wrote.

    Classes are those of all layers (those inside others too), of callbacks, of the optimizers that make the updates and
    of their schedules, of the loss and of the target. Groups are those of `roles.GROUPS` and `objective.GROUPS`, and
    `schedule`. Arguments are those of all these and the keys of the tables; one of a layer counts by its last part too,
    so that a `kernel_regularizer` is a `regularizer`. `misfit` says that labels and outputs do not meet in the first
    step.
    """
    found = set(facts.tables)
    written: set[str] = set()
    _collect(facts.layers, found, written)
    written.update([key.rpartition("_")[2] for key in written])
    found.update([word for word, kinds in GROUPS.items() if not found.isdisjoint(kinds)])
    parts: list[object] = [*facts.fit, *[one for stage in facts.fit for one in stage.callbacks or ()]]
    parts += [one for _, one in facts.sets]
    if facts.target is not None:
        parts.append(facts.target)
    if facts.compile is not None:
        parts += [one.optimizer for one in facts.optimizers]
        found.update(_of_training(facts))
    found.update([type(part).__name__ for part in parts])
    written.update(*[vars(part) for part in parts])
    return frozenset(found | written)


def _collect(layers: Sequence[LayerReport], found: set[str], written: set[str]) -> None:
    found.update([entry.type for entry in layers])
    written.update(*[vars(entry.layer) for entry in layers])
    for entry in layers:
        if entry.type in _HOLDERS:
            _collect(entry.layers, found, written)


def _of_training(facts: Facts) -> Iterator[str]:
    objective = facts.objective
    if objective is not None:
        yield objective.loss
        yield from objective.groups
        yield from objective.arguments
    for one in facts.optimizers:
        if one.scheduled:
            yield from (type(one.rate).__name__, "schedule")
    if facts.first_step is not None and facts.first_step.causes:
        yield "misfit"
