"""An entry of the table of all layers: arguments and inputs, of which every combination is compared with Keras."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any


@dataclass(frozen=True)
class Descriptor:
    """A layer with argument sets and inputs.

    Every argument set is combined with each of `inputs`, which are values of `model.input` (full, partial, missing and
    impossible shapes); the first set and the first input are also tried inside a Pipeline, so they should be valid.
    `before` are layers that precede the layer, `pairs` are single cases of layers and an input.
    """

    type: str
    arguments: tuple[dict[str, Any], ...]
    inputs: tuple[Any, ...]
    before: tuple[Any, ...] = ()
    pairs: tuple[tuple[list[Any], Any], ...] = ()

    def models(self, every_combination: bool = True) -> Iterator[dict[str, Any]]:
        """Every combination as a `model` table; or those with the first argument set or the first input."""
        for (at, arguments), (place, given) in product(enumerate(self.arguments), enumerate(self.inputs)):
            if at and place and not every_combination:
                continue
            yield {"input": given, "layers": [*self.before, {"type": self.type, **arguments}]}
        for layers, given in self.pairs:
            yield {"input": given, "layers": layers}
