"""Every layer compared with Keras inside a Pipeline, which traces it with inputs of each dtype."""

import pytest

from seqspec.core.language.keras import NEWEST
from tests.core.differential.test_layers import depends_on_version
from tests.descriptors import FIRST_MODELS
from tests.introspection import KERAS
from tests.keras_comparison import differences
from tests.nightly import rest_nightly

DTYPES = ("float32", "int32", "uint8", "bool", "string")


@pytest.mark.sampled(4)
@pytest.mark.parametrize("dtype", rest_nightly(DTYPES, "float32", "int32", "string"))
@pytest.mark.parametrize("name", FIRST_MODELS)
def test_equals_keras_inside_a_pipeline(name, dtype, exhaustive):
    """Inside a Pipeline Keras traces the layer, which `dtype_rule`, `check_call` and the phase `TRACE` describe."""
    given, layers = FIRST_MODELS[name]["input"], FIRST_MODELS[name]["layers"]
    shape = given["shape"] if isinstance(given, dict) else given
    model = {"input": {"shape": shape, "dtype": dtype}, "layers": [{"type": "Pipeline", "layers": layers}]}
    if exhaustive or KERAS == NEWEST or depends_on_version(model):
        assert differences(model) == []
