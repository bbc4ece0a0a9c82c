"""The walk through a stack: each layer is asked what it makes of what arrives, until one refuses."""

from __future__ import annotations

from collections.abc import Sequence

from seqspec.analysis.facts import LayerReport
from seqspec.analysis.naming import layer_names
from seqspec.catalog.environment import Environment
from seqspec.catalog.layer import Layer
from seqspec.diagnostics.problem import Path, Problem
from seqspec.shapes.dims import show
from seqspec.shapes.tensor import TensorSpec


def walk_stack(
    layers: Sequence[Layer | None], x: TensorSpec, env: Environment, path: Path, problems: list[Problem]
) -> list[LayerReport]:
    """The facts of every layer up to the first one that refuses, whose problem is appended to `problems`.

    `path` is the place of the list of layers in the document. An entry None is a layer that could not be read: its
    mistake is already known, and nothing can be said of what follows.
    """
    facts: list[LayerReport] = []
    names = layer_names(layers)
    arriving: TensorSpec | list[TensorSpec] = x
    untouched = True
    for index, layer in enumerate(layers):
        if layer is None:
            break
        try:
            output = _apply(layer, arriving, env)
            untouched = _gives_back(layer, arriving, env, untouched and index + 1 < len(layers))
        except Problem as problem:
            problem.path = (*path, index, *problem.path)
            problem.notes = (*problem.notes, *_arrival(x, facts, arriving))
            problems.append(problem)
            break
        assert isinstance(arriving, TensorSpec)
        facts.append(LayerReport((*path, index), names[index], layer, arriving, output, env))
        arriving = output
    return facts


def _apply(layer: Layer, x: TensorSpec | list[TensorSpec], env: Environment) -> TensorSpec | list[TensorSpec]:
    if isinstance(x, list):
        raise Problem(
            "several-outputs",
            f"takes one tensor, but the layer before gives {len(x)} (return_state)",
            on="layer",
            help="remove return_state from the layer before",
        )
    return layer.apply(x, env)


def _gives_back(layer: Layer, x: TensorSpec | list[TensorSpec], env: Environment, allowed: bool) -> bool:
    """Whether what leaves the layer is the very tensor that arrives.

    Keras surprise: it accepts that only of the first layers of a model, with another one behind, and then leaves those
    layers out without a word.
    """
    if isinstance(x, list) or not layer.gives_back(x, env):
        return False
    if allowed:
        return True
    raise Problem(
        "unsupported-layer",
        f"hands on the very tensor that arrives, of dtype {x.dtype}, and Keras cannot connect a model with that here",
        on="layer",
        help=f'write {{ type = "Pipeline", layers = ["{type(layer).__name__}"] }}, or do it in the data pipeline',
    )


def _arrival(x: TensorSpec, facts: Sequence[LayerReport], arriving: TensorSpec | list[TensorSpec]) -> Sequence[str]:
    """The path of shapes in the author's own dimensions, the long middle left out."""
    if isinstance(arriving, list):
        return ()
    if not facts:
        return (f"arrives: {show(arriving.sample)}, the model's input",)
    steps = []
    previous = x.dims
    for entry in facts:
        if isinstance(entry.output, list) or entry.output.dims == previous:
            continue
        previous = entry.output.dims
        steps.append(f"{entry.name} → {show(entry.output.sample)}")
    if len(steps) > 6:
        steps = [*steps[:3], "…", *steps[-2:]]
    through = f" through {', '.join(steps)}" if steps else ""
    return (f"arrives: {show(arriving.sample)}, from {show(x.sample)}{through}",)
