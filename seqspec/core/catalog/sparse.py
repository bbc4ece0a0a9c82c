"""The sparse tensors that TensorFlow can compute for a layer: what each layer declares in its class.

    sparse_input = SparseInput(arguments={"rate": (0,)})

Layers such as Hashing with `sparse = true` return such tensors. A layer that declares nothing computes none.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from seqspec.core.shapes.tensor import TensorSpec


class SparseInput(NamedTuple):
    """The declaration of a layer.

    Attributes:
        computed: Whether any sparse tensor can be computed.
        ranks: The ranks of those that can be, batch included; empty for all.
        arguments: The values of arguments with which they can be; it depends on no other argument.
    """

    computed: bool = True
    ranks: tuple[int, ...] = ()
    arguments: Mapping[str, tuple[object, ...]] = MappingProxyType({})

    def allows(self, arguments: Mapping[str, object], x: TensorSpec) -> bool:
        """Whether a layer with these arguments, given or Keras's defaults, can compute the sparse tensor `x`."""
        if not self.computed or (self.ranks and x.rank not in self.ranks):
            return False
        return all(arguments.get(name) in values for name, values in self.arguments.items())


NEVER = SparseInput(computed=False)
ALWAYS = SparseInput()
