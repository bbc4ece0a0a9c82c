"""`serving.keras` and ONNX from raw columns: random tables encoded as the host encodes them."""

import numpy as np
import pytest

from tests.training.raw_tables import encode_table, inputs_of, random_kinds, random_table

pytestmark = pytest.mark.slow


def table(seed, count=40, without=()):
    """The encoder of a random table, its vectors, and the function that returns its inputs."""
    rng = np.random.default_rng(seed)
    kinds = {name: kind for name, kind in random_kinds(rng).items() if name not in without}
    cells = random_table(rng, kinds, count)
    encoder, vectors, rows, raw = encode_table(kinds, cells, count // 2)
    return encoder, vectors, lambda codes=False: inputs_of(encoder, cells, rows, raw, codes=codes)


def difference(found, expected):
    """The largest difference, relative above 1; NaN equals NaN, and infinity infinity."""
    found, expected = (np.asarray(each, np.float64) for each in (found, expected))
    assert found.shape == expected.shape
    equal = (found == expected) | (np.isnan(found) & np.isnan(expected))
    with np.errstate(invalid="ignore"):
        gaps = np.where(equal, 0, np.abs(found - expected) / np.maximum(1, np.abs(expected)))
    return np.nan_to_num(gaps, nan=np.inf).max(initial=0)


def identity(width):
    import keras

    return keras.Sequential([keras.Input((width,)), keras.layers.Identity()])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("codes", [False, True])
def test_keras_encodes_as_the_host(seed, codes, tmp_path):
    import keras
    import tensorflow as tf

    from seqspec.training.serving.keras_model import serving_model

    encoder, vectors, inputs = table(seed)
    serving_model(identity(encoder.width), encoder, codes=codes).save(tmp_path / "serving.keras")
    model = keras.models.load_model(tmp_path / "serving.keras")
    found = model({name: tf.constant(value) for name, value in inputs(codes).items()})
    assert difference(found, vectors) < 2e-6
    for each, place in zip(encoder.encodings, encoder.places().values()):
        if each.kind in ("category", "text"):
            assert np.array_equal(found[:, place], vectors[:, place]), each.name


@pytest.mark.needs("onnx", "onnxruntime")
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("opset", [13, 18])
def test_onnx_encodes_as_the_host(seed, opset):
    import onnxruntime
    from onnx import TensorProto, helper

    from seqspec.training.serving.onnx_model import with_encoding

    encoder, vectors, inputs = table(seed, without=("text",))
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", encoder.width]) for name in ("x", "y"))
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "core", [x], [y])
    core = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    session = onnxruntime.InferenceSession(with_encoding(core, encoder).SerializeToString())
    [found] = session.run(None, inputs())
    assert difference(found, vectors) < 2e-6
    for each, place in zip(encoder.encodings, encoder.places().values()):
        if each.kind == "category":
            assert np.array_equal(found[:, place], vectors[:, place]), each.name
