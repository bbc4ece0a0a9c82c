"""The names that a spec contains, which determine the rules that apply to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from seqspec.analysis.facts import Facts
from seqspec.analysis.layer_report import LayerReport
from seqspec.catalog.activations import function_traits
from seqspec.catalog.keras_object import KerasObject


class Traits(NamedTuple):
    """The names that a spec contains; the fields are those of `linter.rule.Requires`."""

    tables: frozenset[str]
    layers: frozenset[str]
    activations: frozenset[str]
    dtypes: frozenset[str]
    targets: frozenset[str]
    losses: frozenset[str]
    metrics: frozenset[str]
    optimizers: frozenset[str]
    callbacks: frozenset[str]
    heads: frozenset[str]
    mismatches: frozenset[str]
    absent: frozenset[str]
    arguments: frozenset[str]


_CROSS_ENTROPIES = frozenset({"binary", "categorical", "cross_entropy", "exclusive", "sparse"})


def traits(facts: Facts) -> Traits:
    """Collects the names that a spec contains."""
    layers = facts.inspected_layers
    arguments = set(facts.layer_arguments)
    given: list[object] = [dataset for _, dataset in facts.datasets]
    for stage in facts.fit:
        given += (stage, *(stage.callbacks or ()))
    optimizers: list[str] = []
    losses: frozenset[str] = frozenset()
    if facts.target is not None:
        given.append(facts.target)
    if facts.compile is not None:
        given.append(facts.compile)
        for use in facts.optimizers:
            given.append(use.optimizer)
            optimizers += (use.kind, type(use.rate).__name__, *use.traits)
        if facts.objective is not None:
            arguments.update(facts.objective.arguments)
            # The loss of "crossentropy" depends on the labels, so it may be any of them if they are unknown.
            losses = facts.objective.traits | {facts.objective.loss} if facts.objective.loss else _CROSS_ENTROPIES
    arguments.update(*[part.model_fields_set for part in given if isinstance(part, KerasObject)])
    validation = facts.data.validation if facts.data is not None else None
    parts: list[tuple[str, object]] = [
        ("compile", facts.compile),
        ("target", facts.target),
        ("validation", validation),
    ]
    if facts.compile is not None:
        parts += [("loss", facts.compile.loss), ("optimizer", facts.compile.optimizer)]
    return Traits(
        facts.tables,
        _with_traits(_layer_names(layers), [entry.traits for entry in layers]),
        _activations({entry.activation or ("linear" if entry.role == "weights" else None) for entry in layers}),
        frozenset([tensor.dtype for tensor in (facts.input, facts.output) if tensor is not None]),
        frozenset({facts.target.kind}) if facts.target is not None else frozenset(),
        losses,
        _with_traits(
            {result.metric for result in facts.metric_results}, [result.traits for result in facts.metric_results]
        ),
        frozenset(optimizers),
        facts.callback_types,
        _activations({facts.head.activation}) if facts.head is not None else frozenset(),
        facts.loss_compatibility.reasons if facts.loss_compatibility is not None else frozenset(),
        frozenset([name for name, value in parts if value is None]),
        frozenset(arguments),
    )


def _layer_names(layers: Sequence[LayerReport]) -> set[str]:
    """The types and roles of layers."""
    return {entry.type for entry in layers}.union([entry.role for entry in layers])


def _activations(names: set[str | None]) -> frozenset[str]:
    known = {name for name in names if name is not None}
    return _with_traits(known, [function_traits(name) for name in known])


def _with_traits(names: set[str], traits: Sequence[frozenset[str]]) -> frozenset[str]:
    return frozenset(names.union(*traits))
