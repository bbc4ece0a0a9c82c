"""The source `python`: a function of the user, only called if its module is allowed."""

from __future__ import annotations

from importlib import import_module

import numpy as np

from seqspec.core.document.sources import PythonSource
from seqspec.training.data.arrays import checked_arrays
from seqspec.training.data.samples import ReadContext, Samples
from seqspec.training.data.stored import Array, StoredArray, Values, is_mapped
from seqspec.training.errors import DataError


def read_python(source: PythonSource, context: ReadContext) -> Samples:
    """The arrays that the function returns: (x, y), (x, y, weight), or x alone."""
    module, _, name = source.import_.partition(":")
    if module not in context.allowed:
        raise DataError(
            [
                context.violation(
                    "data-not-allowed",
                    f"the source imports {source.import_}, which runs the code of {module}",
                    "import",
                    help=f"allow it with --allow-custom {module}, or allow_custom=[{module!r}] in Python",
                )
            ]
        )
    try:
        function = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise DataError([context.violation("data-unreadable", f"cannot import {source.import_}: {error}", "import")])
    try:
        returned = function(**source.args)
    except Exception as error:
        # The function is code of the user.
        message = f"{source.import_} raised {type(error).__name__}: {str(error)[:200]}"
        raise DataError([context.violation("data-unreadable", message, "import")])
    return from_python(returned, context)


def from_python(returned: object, context: ReadContext) -> Samples:
    """Arrays from Python as samples: x, (x, y) or (x, y, weight)."""
    parts = returned if isinstance(returned, (tuple, list)) and not np.isscalar(returned) else (returned,)
    if not 1 <= len(parts) <= 3:
        message = f"expected (x, y) or (x, y, weight), got {len(parts)} values"
        raise DataError([context.violation("data-unreadable", message)])
    arrays = [None if part is None else np.asarray(part) for part in parts]
    x, y, weight = [*arrays, None, None][:3]
    if x is None:
        raise DataError([context.violation("data-unreadable", "x is None")])
    return checked_arrays(_stored(x), None if y is None else _stored(y), weight, [], context)


def _stored(array: Array) -> Values:
    if array.dtype.kind not in "USO" and array.ndim and is_mapped(array) and array.base is not None:
        return StoredArray.of_array(array)
    return array
