"""What a document has, in words: by them the rules are chosen that can have something to say about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seqspec.analysis.layer_report import LayerReport
from seqspec.analysis.learning_rates import is_moderate
from seqspec.analysis.roles import GROUPS
from seqspec.catalog.keras_object import KerasObject, given_arguments

if TYPE_CHECKING:
    from seqspec.analysis.datasets import Split
    from seqspec.analysis.facts import Facts
    from seqspec.document.training import Compile

_HOLDERS = frozenset(
    {"Sequential", "Pipeline", "TimeDistributed", "Bidirectional", "SpectralNormalization", "RNN", "StackedRNNCells"}
)

FEW = 8
"""Batches of fewer samples are small."""
MANY = 100
"""An epoch of fewer steps has few."""


def words_of(facts: Facts) -> frozenset[str]:
    """What the document has.

    - The names of its tables, and what it lacks: `without-target`; where it trains `without-compile`, `without-loss`
      and `without-optimizer`.
    - The classes of all layers (those inside others too), of callbacks, the target, the loss, metrics, the optimizers
      that make the updates and their schedules; and their groups: `roles.GROUPS`, `objective.GROUPS`, `schedule`.
    - The arguments that the author wrote, in tables too; one of a layer also by its last part, so that a
      `kernel_regularizer` is a `regularizer`.
    - The activations, those of hidden layers also as `hidden-softmax`; the dtypes of what arrives and leaves,
      `one-output`, the family of the head (`sigmoid-head`), and `late-activation` where it is no argument of a layer
      with weights.
    - The kinds of steps that there are (see `flow.Step`), `without-linear`, `unbent` where two linear maps follow each
      other; `half-dropped` where a half of the values or more is dropped, `most-dropped` where it is more, and
      `often-dropped` where several layers do so.
    - `several-ranges` of sets, `empty-set`, `label-range` where `[target]` has one. Of a stage of `[fit]`: `no-epoch`,
      `unvalidated`, `small-batch` of less than `FEW` samples, and `few-steps`, less than `MANY` an epoch.
    - `unusual-rate` where a learning rate changes or may be too low or too high, `misfit` where labels and outputs do
      not meet in the first step, `unfit-metric` where one cannot be computed from them, or repeats them, and
      `several-metrics`.
    """
    found = set(facts.tables)
    written: set[str] = set()
    _add_layers(facts.layers, found, written)
    written.update([key.rpartition("_")[2] for key in written])
    found.update([word for word, kinds in GROUPS.items() if not found.isdisjoint(kinds)])
    _add_stack(facts, found)
    parts: list[KerasObject] = [one for _, one in facts.sets]
    if 0 in [one.samples for _, one in facts.sets]:
        found.add("empty-set")
    if len([one for _, one in facts.sets if one.range is not None]) > 1:
        found.add("several-ranges")
    for split in facts.splits:
        parts += [split.stage, *(split.stage.callbacks or ())]
        _add_stage(split, found)
    if facts.target is not None:
        parts.append(facts.target)
        if "range" in facts.target.model_fields_set:
            found.add("label-range")
    else:
        found.add("without-target")
    if facts.compile is not None:
        parts += [one.optimizer for one in facts.optimizers]
        _add_training(facts, facts.compile, found)
    elif "fit" in facts.tables and "compile" not in facts.spec.tree:
        found.add("without-compile")
    found.update([type(part).__name__ for part in parts])
    return frozenset(found.union(written, *[given_arguments(part) for part in parts]))


def _add_layers(layers: Sequence[LayerReport], found: set[str], written: set[str]) -> None:
    found.update([entry.type for entry in layers])
    written.update(*[given_arguments(entry.layer) for entry in layers])
    for entry in layers:
        if entry.type in _HOLDERS:
            _add_layers(entry.layers, found, written)


def _add_stack(facts: Facts, found: set[str]) -> None:
    flow = facts.flow
    found.update(flow.activated)
    found.update([kind for kind, places in flow.places.items() if places])
    rates = [drop.rate for drop in facts.drops if drop.rate >= 0.5]
    if rates:
        found.add("half-dropped")
        if max(rates) > 0.5:
            found.add("most-dropped")
        if len(rates) > 2:
            found.add("often-dropped")
    if not flow.weighted:
        found.add("without-linear")
    if facts.input is not None:
        found.add(facts.input.dtype)
    if facts.output is not None:
        found.add(facts.output.dtype)
        if facts.output.sample[-1:] == (1,):
            found.add("one-output")
    if facts.head is not None:
        found.add(facts.head.family)
        if not facts.head.simple:
            found.add("late-activation")
    last = flow.last_weights
    found.update([f"hidden-{name}" for name, at in flow.activated.items() if at and at[0] < last])
    if "hidden-linear" in found and any(link.bent != "activation" for link in facts.links):
        found.add("unbent")


def _add_stage(split: Split, found: set[str]) -> None:
    stage = split.stage
    if stage.epochs <= stage.initial_epoch:
        found.add("no-epoch")
    if split.validation == 0:
        found.add("unvalidated")
    if split.steps is not None and split.steps < MANY:
        found.add("few-steps")
    if stage.batch_size is not None and stage.batch_size < FEW:
        found.add("small-batch")


def _add_training(facts: Facts, compiled: Compile, found: set[str]) -> None:
    objective = facts.objective
    if objective is not None:
        found.add(objective.loss)
        found.update(objective.groups, objective.arguments)
    for one in facts.optimizers:
        if one.scheduled:
            found.update((type(one.rate).__name__, "schedule"))
        if not is_moderate(one.kind, one.rate, one.momentum):
            found.add("unusual-rate")
    for metric in facts.measured:
        found.add(metric.metric)
        if metric.step.refused or metric.step.spread:
            found.add("unfit-metric")
    if len(facts.measured) > 1:
        found.add("several-metrics")
    if compiled.loss is None:
        found.add("without-loss")
    if compiled.optimizer is None:
        found.add("without-optimizer")
    if facts.first_step is not None and facts.first_step.causes:
        found.add("misfit")
