"""The keys of `[compile]`, `[fit]`, `[save]` and `[quantize]` against the methods of a Keras model."""

import inspect

import keras
import pytest

from seqspec.core.document.outputs import SAVE_KEYS, Quantize, Save
from seqspec.core.document.training_tables import STAGE_KEYS, Compile, Fit
from tests.fields import since_of
from tests.introspection import is_available

DATA = {"x", "y", "sample_weight", "validation_data"}
"""The arguments of `Model.fit` that `[data]` describes."""


@pytest.mark.parametrize(
    ("method", "table", "own", "declared_in"),
    [
        ("compile", Compile, set(), ""),
        ("fit", Fit, STAGE_KEYS, "STAGE_KEYS of seqspec/core/document/training_tables.py"),
        ("save", Save, SAVE_KEYS, "SAVE_KEYS of seqspec/core/document/outputs.py"),
        ("quantize", Quantize, set(), ""),
    ],
)
def test_the_keys_are_the_arguments_of_keras(method, table, own, declared_in):
    """The generated program passes every key of these tables to Keras, except those of seqspec."""
    parameters = inspect.signature(getattr(keras.Model, method)).parameters.values()
    known = {each.name for each in parameters if each.kind is not each.VAR_KEYWORD} - {"self"} - DATA
    # A key that a spec may only have for a newer Keras.
    later = {name for name, field in table.model_fields.items() if not is_available(since_of(field))}
    keys = set(table.key_names()) - own - later
    where = f"; a key that only seqspec knows belongs in {declared_in}" if declared_in else ""
    assert keys <= known, f"Model.{method} does not accept {', '.join(sorted(keys - known))}{where}"
    # `config` of `quantize` is an object, which Keras has since 3.13.
    missing = known - keys - ({"config"} if method == "quantize" else set())
    assert missing == set(), f"[{method}] lacks {', '.join(sorted(missing))} of Model.{method}"
