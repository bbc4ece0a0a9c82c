"""Shapes, dtypes and weights, and shape inference through a graph."""

from typing import TYPE_CHECKING

from seqspec.core.lazy import lazy_names

if TYPE_CHECKING:
    from seqspec.core.analysis.graph import Graph as Graph
    from seqspec.core.analysis.graph import GraphCall as GraphCall
    from seqspec.core.analysis.graph import GraphDocument as GraphDocument
    from seqspec.core.analysis.graph import Operation as Operation
    from seqspec.core.analysis.graph import walk_graph as walk_graph
    from seqspec.core.catalog import dtypes as dtypes
    from seqspec.core.catalog.dtypes import DTYPES as DTYPES
    from seqspec.core.catalog.dtypes import FLOATS as FLOATS
    from seqspec.core.catalog.dtypes import POLICIES as POLICIES
    from seqspec.core.catalog.dtypes import policy as policy
    from seqspec.core.shapes.arrays import broadcast as broadcast
    from seqspec.core.shapes.arrays import transposed_output as transposed_output
    from seqspec.core.shapes.einsum import parse_equation as parse_equation
    from seqspec.core.shapes.tensor import BATCH as BATCH
    from seqspec.core.shapes.tensor import Dim as Dim
    from seqspec.core.shapes.tensor import Shape as Shape
    from seqspec.core.shapes.tensor import Size as Size
    from seqspec.core.shapes.tensor import TensorSpec as TensorSpec
    from seqspec.core.shapes.tensor import WeightSpec as WeightSpec
    from seqspec.core.shapes.tensor import show as show
else:
    __getattr__ = lazy_names(__name__)
