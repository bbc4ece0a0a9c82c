"""Model objects: checked, and converted to specs."""

import keras
import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli


def test_a_compiled_model():
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(3), keras.layers.Dense(1, activation="softmax")])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    report = seqspec.check(model)
    assert "softmax-over-one" in {d.name for d in report.diagnostics}
    assert report.params == model.count_params()
    assert "softmax" in report._repr_html_()


def test_a_model_that_is_not_built():
    assert seqspec.check(keras.Sequential([keras.layers.Dense(3)])).diagnostics == []


def test_a_spec_of_a_model():
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3), keras.layers.Flatten()])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    spec = seqspec.Spec.from_keras(model)
    assert [layer.shape for layer in seqspec.build(spec).weights] == [layer.shape for layer in model.weights]
    assert spec.compile.optimizer.learning_rate == 0.1


class Own(keras.layers.Layer):
    def call(self, x):
        return x


def base():
    start = keras.Input((8,))
    return keras.Model(start, keras.layers.Concatenate()([keras.layers.Dense(4)(start), start]))


NOT_HELD = {
    "a lambda layer": lambda: keras.layers.Lambda(lambda x: x),
    "a lambda as activation": lambda: keras.layers.Dense(8, activation=lambda x: x),
    "a layer of the program": Own,
    "a functional model": base,
}


@pytest.mark.parametrize("name", NOT_HELD)
def test_inexpressible_live_layer_is_noted(name):
    """Such a layer is not an error of the model: it is noted, and the layers after it are checked with its output."""
    model = keras.Sequential([keras.Input((8,)), NOT_HELD[name](), keras.layers.Dense(1, activation="softmax")])
    model.compile("adam", "binary_crossentropy")
    report = seqspec.check(model)
    assert [(d.name, d.severity) for d in report.diagnostics] == [
        ("softmax-over-one", "error"),
        ("not-followed", "info"),
    ]
    assert report.params == model.count_params()
    assert "activation" not in report.diagnostics[1].pointer and report.diagnostics[1].pointer == "/model/layers/0"
    with pytest.raises(seqspec.SpecError):
        seqspec.Spec.from_keras(model)


def test_a_functional_model_with_a_single_chain():
    """It is read as a stack, so that its layers are checked too."""
    start = keras.Input((8,))
    inner = keras.Model(start, keras.layers.Dense(1, activation="softmax")(start))
    model = keras.Sequential([keras.Input((8,)), inner])
    assert seqspec.build(seqspec.Spec.from_keras(model)).count_params() == model.count_params()
    model.compile("adam", "binary_crossentropy")
    assert [d.pointer for d in seqspec.check(model).diagnostics] == ["/model/layers/0/layers/0/activation"]
    with pytest.raises(seqspec.SpecError, match="SEQ301"):
        seqspec.build(seqspec.Spec.from_keras(model))


def test_a_layer_whose_output_is_not_known():
    """Without an input nothing is known after a layer of the program."""
    model = keras.Sequential([Own(), keras.layers.Dense(1, activation="softmax")])
    assert [d.name for d in seqspec.check(model).diagnostics] == ["not-followed"]


class Classifier(keras.Sequential):
    def best(self):
        return 1


class Doubled(keras.Sequential):
    def call(self, inputs, training=None, mask=None):
        return 2 * super().call(inputs, training=training, mask=mask)


def test_subclasses_of_sequential():
    """A subclass that only adds methods is the same model; one that computes something else is refused."""
    layers = [keras.Input((8,)), keras.layers.Dense(3)]
    assert seqspec.check(Classifier(layers)).params == 27
    assert seqspec.build(seqspec.Spec.from_keras(Classifier(layers))).count_params() == 27
    (diagnostic,) = seqspec.check(Doubled(layers)).diagnostics
    assert diagnostic.name == "unsupported-layer" and diagnostic.message.startswith("Doubled overrides call")
    with pytest.raises(seqspec.SpecError, match="Doubled overrides call"):
        seqspec.Spec.from_keras(Doubled(layers))


def test_other_objects_are_refused():
    with pytest.raises(TypeError):
        seqspec.Spec.from_keras(3)


def test_a_dollar_sign_is_no_reference(tmp_path):
    """Strings of a model are what they are: live, saved, and imported."""
    words = ["$a", "b", "${c}"]
    layers = [keras.Input((1,), dtype="string"), keras.layers.StringLookup(vocabulary=words)]
    model = keras.Sequential(layers)
    assert seqspec.check(model).diagnostics == []
    spec = seqspec.Spec.from_keras(model)
    assert spec.model.layers[0].vocabulary == words
    file, target = tmp_path / "model.json", tmp_path / "model.toml"
    file.write_text(model.to_json())
    assert CliRunner().invoke(cli, ["import", str(file), "-o", str(target)]).exit_code == 0
    assert seqspec.load(target).model.layers[0].vocabulary == words
    model.save(tmp_path / "model.keras")
    assert seqspec.check(tmp_path / "model.keras").diagnostics == []


def test_a_layer_that_is_used_several_times():
    """Keras serializes only its first use. Without weights the uses are separate layers; shared weights are noted."""
    relu = keras.layers.ReLU()
    layers = [keras.layers.Dense(4), relu, keras.layers.Dense(4), relu]
    spec = seqspec.Spec.from_keras(keras.Sequential([keras.Input((8,)), *layers]))
    assert [type(layer).__name__ for layer in spec.model.layers] == ["Dense", "ReLU", "Dense", "ReLU"]
    dense = keras.layers.Dense(8)
    shared = keras.Sequential([keras.Input((8,)), dense, relu, dense])
    (note,) = [each for each in seqspec.check(shared).diagnostics if each.name == "not-followed"]
    assert note.pointer == "/model/layers/2"
    with pytest.raises(seqspec.SpecError, match="which a spec cannot express"):
        seqspec.Spec.from_keras(shared)


class OwnLoss(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return keras.ops.mean(y_pred - y_true, axis=-1)


def test_a_loss_with_code_is_not_omitted_silently():
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(1)])
    model.compile("adam", OwnLoss())
    (note,) = [each for each in seqspec.check(model).diagnostics if each.name == "not-followed"]
    assert note.message.startswith("compile() loss is omitted: OwnLoss is ") and note.pointer == "/compile"
    with pytest.warns(UserWarning, match="compile\\(\\) loss is omitted: OwnLoss"):
        spec = seqspec.Spec.from_keras(model)
    assert spec.compile.loss is None
