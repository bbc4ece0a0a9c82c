"""One entry of the table of all layers: argument sets and input shapes whose every combination Keras judges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any


@dataclass(frozen=True)
class Descriptor:
    """A layer with argument sets and inputs.

    `inputs` are values of `model.input` (full, partial, missing and impossible shapes); every argument set meets every
    input. `before` are layers that stand in front, `pairs` are (layers, input) cases that need one another.
    """

    type: str
    arguments: tuple[dict[str, Any], ...]
    inputs: tuple[Any, ...]
    before: tuple[Any, ...] = ()
    pairs: tuple[tuple[list[Any], Any], ...] = ()

    def models(self) -> Iterator[dict[str, Any]]:
        """Every combination as a `model` table."""
        for arguments, given in product(self.arguments, self.inputs):
            yield {"input": given, "layers": [*self.before, {"type": self.type, **arguments}]}
        for layers, given in self.pairs:
            yield {"input": given, "layers": layers}
