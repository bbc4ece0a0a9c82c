"""Every layer descriptor compared with Keras: acceptance, failing layer, shapes, dtypes, weights, counts."""

import pytest

import seqspec
from seqspec.core.catalog.dtypes import policy
from seqspec.core.catalog.index import APPLICATIONS, LAYERS
from seqspec.core.catalog.layer import InferenceContext, Phase
from seqspec.core.catalog.layer_inference import check_on_data, is_same_on_data, output_spec
from seqspec.core.check.check import Check
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.language.keras import NEWEST, OLDEST
from tests.descriptors import DESCRIPTORS
from tests.introspection import KERAS
from tests.keras_comparison import differences

OLDER = KERAS != NEWEST
POLICIES = (None, "mixed_float16")


@pytest.mark.sampled(4)
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(
    "descriptor",
    [descriptor for descriptor in DESCRIPTORS if descriptor.type not in APPLICATIONS],
    ids=lambda descriptor: descriptor.type,
)
def test_equals_keras(descriptor, policy, exhaustive):
    assert_equal(descriptor.models() if exhaustive else models_of_every_run(descriptor, policy), policy)


def assert_equal(models, policy):
    found: dict[str, list[object]] = {}
    for model in models:
        for line in differences(model, policy):
            found.setdefault(line, []).append(model)
    if found:
        lines = (f"{line}\n    in {len(models)} models, first {models[0]}" for line, models in found.items())
        pytest.fail("\n".join(lines), pytrace=False)


def models_of_every_run(descriptor, policy):
    """Each argument set with the first input, and the first one with each input.

    In mixed precision, where shapes are the same, those with the first input or one that has a dtype. With an older
    Keras, of these the first one and those whose report depends on the version.
    """
    for index, model in enumerate(descriptor.models(every_combination=False)):
        if policy and model["input"] not in descriptor.inputs[:1] and "dtype" not in model["input"]:
            continue
        if not OLDER or (index == 0 and not policy) or depends_on_version(model, policy):
            yield model


def depends_on_version(model, policy=None):
    """Whether seqspec reports something else than for the newest Keras."""
    document = {"seqspec": 1, "model": model, **({"runtime": {"dtype_policy": policy}} if policy else {})}
    one, other = (
        seqspec.check({**document, "keras": "=={}.{}.*".format(*version)}).to_dict() for version in (KERAS, NEWEST)
    )
    return one != other


def test_layers_have_descriptors():
    described = {descriptor.type for descriptor in DESCRIPTORS}
    for descriptor in DESCRIPTORS:
        described |= {layer["type"] for layers, _ in descriptor.pairs for layer in layers if isinstance(layer, dict)}
    assert sorted(LAYERS.keys() - APPLICATIONS.keys() - described) == [], "describe these in tests/descriptors/"


@pytest.mark.nightly
@pytest.mark.skipif(OLDER, reason="seqspec alone answers, for both versions, whatever Keras is installed")
def test_layers_that_are_the_same_on_data_return_the_inferred_output():
    """`is_same_on_data` spares a trace; here every such layer is traced, with the oldest Keras and the newest."""
    count = 0
    for descriptor in DESCRIPTORS:
        for model in descriptor.models():
            for version in (OLDEST, NEWEST):
                written_for = f">={version[0]}.{version[1]},<{version[0]}.{version[1] + 1}"
                report = Check.of({"seqspec": 1, "keras": written_for, "model": model}).validation
                env = InferenceContext(policy("float32"), version)
                for entry in report.layers:
                    if isinstance(entry.output, list):
                        break
                    if is_same_on_data(entry.layer, entry.input, env):
                        count += 1
                        assert traced(entry.layer, entry.input, env) == entry.output, (
                            entry.layer,
                            entry.input,
                            version,
                        )
    assert count > 1000


def traced(layer, x, env):
    try:
        check_on_data(layer, x, env)
        return output_spec(layer, x, env.at(Phase.TRACE))
    except Violation as violation:
        return violation
