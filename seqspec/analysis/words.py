"""What a document has, in words: by them the rules are chosen that can have something to say about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from seqspec.analysis.facts import LayerReport
from seqspec.analysis.roles import GROUPS

if TYPE_CHECKING:
    from seqspec.analysis.known import Facts
    from seqspec.spec.training import Compile

_HOLDERS = frozenset(
    {"Sequential", "Pipeline", "TimeDistributed", "Bidirectional", "SpectralNormalization", "RNN", "StackedRNNCells"}
)


def words_of(facts: Facts) -> frozenset[str]:
    """What the document has.

    - The names of its tables, and `without-compile`, `without-loss` and `without-optimizer` where it trains.
    - The classes of all layers (those inside others too), of callbacks, the target, the loss, metrics, the optimizers
      that make the updates and their schedules; and their groups: `roles.GROUPS`, `objective.GROUPS`, `schedule`.
    - The arguments that the author wrote, in tables too; one of a layer also by its last part, so that a
      `kernel_regularizer` is a `regularizer`.
    - The activations, the dtypes of what arrives and leaves, `one-output`, and the family of the head (`sigmoid-head`).
    - `unbent` where two linear maps follow each other, `misfit` where labels and outputs do not meet in the first step,
      `unfit-metric` where one cannot be computed from them, or repeats them.
    """
    found = set(facts.tables)
    written: set[str] = set()
    _collect(facts.layers, found, written)
    written.update([key.rpartition("_")[2] for key in written])
    found.update([word for word, kinds in GROUPS.items() if not found.isdisjoint(kinds)], _of_stack(facts))
    parts: list[object] = [*facts.fit, *[one for stage in facts.fit for one in stage.callbacks or ()]]
    parts += [one for _, one in facts.sets]
    if facts.target is not None:
        parts.append(facts.target)
    if facts.compile is not None:
        parts += [one.optimizer for one in facts.optimizers]
        found.update(_of_training(facts, facts.compile))
    elif "fit" in facts.tables and "compile" not in facts.spec.tree:
        found.add("without-compile")
    found.update([type(part).__name__ for part in parts])
    written.update(*[vars(part) for part in parts])
    return frozenset(found | written)


def _collect(layers: Sequence[LayerReport], found: set[str], written: set[str]) -> None:
    found.update([entry.type for entry in layers])
    written.update(*[vars(entry.layer) for entry in layers])
    for entry in layers:
        if entry.type in _HOLDERS:
            _collect(entry.layers, found, written)


def _of_stack(facts: Facts) -> Iterator[str]:
    yield from facts.flow.activations
    if facts.input is not None:
        yield facts.input.dtype
    if facts.output is not None:
        yield facts.output.dtype
        if facts.output.sample[-1:] == (1,):
            yield "one-output"
    if facts.head is not None:
        yield facts.head.family
    if facts.flow.weighted and any(link.bent != "activation" for link in facts.links):
        yield "unbent"


def _of_training(facts: Facts, compiled: Compile) -> Iterator[str]:
    objective = facts.objective
    if objective is not None:
        yield objective.loss
        yield from objective.groups
        yield from objective.arguments
    for one in facts.optimizers:
        if one.scheduled:
            yield from (type(one.rate).__name__, "schedule")
    for metric in facts.measured:
        yield metric.metric
        if metric.step.refused or metric.step.spread:
            yield "unfit-metric"
    if compiled.loss is None:
        yield "without-loss"
    if compiled.optimizer is None:
        yield "without-optimizer"
    if facts.first_step is not None and facts.first_step.causes:
        yield "misfit"
