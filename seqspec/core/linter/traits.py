"""The names that a spec contains, which determine the rules that apply to it."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from seqspec.core.analysis.facts import Facts
from seqspec.core.catalog.activations import function_traits
from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.traits import Role


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


_NONE: frozenset[str] = frozenset()
_CROSS_ENTROPIES = frozenset({"binary", "categorical", "cross_entropy", "exclusive", "sparse"})


def traits(facts: Facts) -> Traits:
    """Collects the names that a spec contains."""
    layers = facts.stack.inspected_layers
    compiled = facts.compile
    objective, compatibility = facts.output.objective, facts.output.loss_compatibility
    heads = _activations(frozenset((facts.output.head.activation,))) if facts.output.head is not None else _NONE
    optimizers: list[str] = []
    losses = metrics = _NONE
    if compiled is not None:
        for use in facts.training.optimizers:
            optimizers += (use.kind, type(use.rate).__name__, *use.traits)
        if objective is not None:
            # The loss of "crossentropy" depends on the labels, so it may be any of them if they are unknown.
            losses = objective.traits | {objective.loss} if objective.loss else _CROSS_ENTROPIES
        metrics = frozenset(
            [name for result in facts.output.metric_results for name in (result.metric, *result.traits)]
        )
    return Traits(
        facts.tables,
        _layer_names(frozenset([(entry.type, entry.role, entry.traits) for entry in layers])),
        _activations(
            frozenset([entry.activation or ("linear" if entry.role == "weights" else None) for entry in layers])
        ),
        frozenset([tensor.dtype for tensor in (facts.input, facts.output.tensor) if tensor is not None]),
        frozenset({facts.target.kind}) if facts.target is not None else _NONE,
        losses,
        metrics,
        frozenset(optimizers),
        facts.training.callback_types,
        heads,
        compatibility.reasons if compatibility is not None else _NONE,
        _absent(facts),
        _arguments(facts),
    )


def _absent(facts: Facts) -> frozenset[str]:
    """The parts that the spec does not have."""
    compiled, data = facts.compile, facts.data
    parts: list[tuple[str, object]] = [
        ("compile", compiled),
        ("target", facts.target),
        ("validation", data.validation if data is not None else None),
    ]
    if compiled is not None:
        parts += [("loss", compiled.loss), ("optimizer", compiled.optimizer)]
    return frozenset([name for name, value in parts if value is None])


def _arguments(facts: Facts) -> frozenset[str]:
    """The arguments and keys that are written."""
    given: list[object] = [dataset for _, dataset in facts.inputs.datasets]
    for stage in facts.fit:
        given += (stage, *(stage.callbacks or ()))
    if facts.target is not None:
        given.append(facts.target)
    if facts.compile is not None:
        given += (facts.compile, *[use.optimizer for use in facts.training.optimizers])
    of_loss = facts.output.objective.arguments if facts.output.objective is not None else ()
    written = [part.__pydantic_fields_set__ for part in given if isinstance(part, KerasObject)]
    return facts.stack.layer_arguments.union(of_loss, *written)


# As in `registry.applicable`: specs of one project have similar contents.
@lru_cache(maxsize=256)
def _layer_names(kinds: frozenset[tuple[str, Role, frozenset[str]]]) -> frozenset[str]:
    """The types of layers, their roles and traits."""
    return frozenset([name for type, role, traits in kinds for name in (type, role, *traits)])


@lru_cache(maxsize=256)
def _activations(names: frozenset[str | None]) -> frozenset[str]:
    """The names of activations, with their traits."""
    known_names = [name for name in names if name is not None]
    return frozenset(known_names).union(*map(function_traits, known_names))
