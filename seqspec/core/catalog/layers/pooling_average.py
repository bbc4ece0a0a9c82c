"""AveragePooling."""

from pydantic import Field

from seqspec.core.catalog.dtype_rule import FLOATS_ONLY
from seqspec.core.catalog.exports import Exports, Limit
from seqspec.core.catalog.layers.base_spatial import DATA_FORMAT_DOC
from seqspec.core.catalog.layers.pooling import Padding, Pooling
from seqspec.core.catalog.types import DataFormat, Maybe, PerAxisInt


class _AveragePooling(Pooling):
    role = "average_pool"
    dtype_rule = FLOATS_ONLY

    pool_size: PerAxisInt = Field(description="Size of the window, for all axes or one for each.")
    strides: Maybe[PerAxisInt] = Field(default=None, description="Strides of the window; by default the window size.")
    padding: Padding = Field(default="valid", description='"valid" for none, "same" to lose no border.')
    data_format: DataFormat = Field(default=None, description=DATA_FORMAT_DOC)


class AveragePooling1D(_AveragePooling):
    """The mean of each window over the steps of a sequence."""

    rank = 1


class AveragePooling2D(_AveragePooling):
    """The mean of each window over height and width."""

    rank = 2


class AveragePooling3D(_AveragePooling):
    """The mean of each window over depth, height and width."""

    rank = 3
    exports = Exports((Limit(("litert",), "AvgPool3D"),))
