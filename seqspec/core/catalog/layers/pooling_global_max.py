"""GlobalMaxPooling."""

from seqspec.core.catalog.dtypes import REAL, DtypeRule
from seqspec.core.catalog.layers.pooling_global import GlobalPooling

_GREATEST_OF_ALL = DtypeRule(REAL | {"bool"}, "input")


class GlobalMaxPooling1D(GlobalPooling):
    """The maximum of each channel over all steps."""

    role = "max_pool"
    dtype_rule = _GREATEST_OF_ALL
    rank = 1


class GlobalMaxPooling2D(GlobalPooling):
    """The maximum of each channel over height and width."""

    role = "max_pool"
    dtype_rule = _GREATEST_OF_ALL
    rank = 2


class GlobalMaxPooling3D(GlobalPooling):
    """The maximum of each channel over depth, height and width."""

    role = "max_pool"
    dtype_rule = _GREATEST_OF_ALL
    rank = 3
