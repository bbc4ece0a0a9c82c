"""Where Keras 3 stores the arrays of each layer, compared with a file that Keras writes."""

import h5py
import pytest

from seqspec.core.catalog.index import layer_class
from seqspec.core.catalog.layer import InferenceContext
from seqspec.core.check.check import Check
from seqspec.saved_models.weights_h5 import leaves_of
from tests.descriptors import DESCRIPTORS, FIRST_MODELS
from tests.keras_oracle import judge

MODELS = {name: [model] for name, model in FIRST_MODELS.items()}
for descriptor in DESCRIPTORS:
    if layer_class(descriptor.type).has.sublayers:
        MODELS.setdefault(descriptor.type, []).extend(
            {"input": descriptor.inputs[0], "layers": [*descriptor.before, {"type": descriptor.type, **arguments}]}
            for arguments in descriptor.arguments
        )


def arrays_of(path):
    """The shapes of the arrays of a file, without generators of random numbers and the named ones of lookup layers."""
    found = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.update({name: item}) if isinstance(item, h5py.Dataset) else None)
        return {
            name: item.shape
            for name, item in found.items()
            if "seed_generator" not in name and name.rpartition("/")[2].isdecimal()
        }


@pytest.mark.parametrize("name", MODELS)
def test_weights_file_has_the_arrays_that_layers_declare(name, tmp_path):
    """`own_weights`, `stored_weights`, `variables.attribute` and `sublayers` lead to exactly the arrays of the file."""
    for model in MODELS[name]:
        verdict = judge(model, keep_model=True)
        report = Check.of({"seqspec": 1, "model": model}).validation
        if not (verdict.accepts and report.ok):
            continue
        path = tmp_path / "model.weights.h5"
        verdict.model.save_weights(path)
        expected = {
            f"{leaf.group}/vars/{position}": leaf.weights[index].shape
            for leaves in leaves_of(report.layers, InferenceContext())
            for leaf in leaves
            for position, index in enumerate(leaf.stored)
        }
        assert arrays_of(path) == expected, model
