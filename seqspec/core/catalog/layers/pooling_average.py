"""AveragePooling."""

from pydantic import Field

from seqspec.core.catalog.dtypes import FLOATS_ONLY
from seqspec.core.catalog.export_formats import Exports, Limit
from seqspec.core.catalog.layers.pooling import Pooling
from seqspec.core.catalog.types import PerAxisInt


class _AveragePooling(Pooling):
    role = "average_pool"
    dtype_rule = FLOATS_ONLY
    leading = ("pool_size",)

    pool_size: PerAxisInt = Field(description="Size of the window, for all axes or one for each.")


class AveragePooling1D(_AveragePooling):
    """The mean of each window over the steps of a sequence."""

    rank = 1


class AveragePooling2D(_AveragePooling):
    """The mean of each window over height and width."""

    rank = 2


class AveragePooling3D(_AveragePooling):
    """The mean of each window over depth, height and width."""

    rank = 3
    exports = Exports(Limit(("litert",), "AvgPool3D"))
