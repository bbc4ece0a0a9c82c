"""What experienced users of Keras would not change is no error and no warning: wrappers, demonstrations, choices."""

import json

import pytest

import seqspec
from seqspec.programs.program_document import ProgramDocument, read_program
from tests.programs.test_mistakes import HEAD, check, errors

STACK = "m = Sequential([keras.Input((4,)), Dense(8, activation='relu'), Dense(3)])\nm.compile('sgd', 'mse')\n"
BASE = (
    "base = keras.applications.MobileNetV2(include_top=False, input_shape=(96, 96, 3), pooling='avg')\n"
    "{}\nm = Sequential([base, Dense(4)])\nm.compile('adam', 'mse')\nm.fit(x, y)\n{}\nm.fit(x, y)\n"
)


def severities(program):
    """The severity of each finding by the name of its rule."""
    return {found.name: found.severity for found in check(program).diagnostics}


def of_notebook(*cells):
    """The findings of a notebook by rule, with the line in its cell."""
    raw = json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in (HEAD, *cells)]})
    report = seqspec.check(ProgramDocument({}, raw, "m.ipynb", "notebook"))
    return [(found.name, found.span.line) for found in report.diagnostics]


def test_validation_of_unknown_objects():
    """A wrapper may split the validation data off itself, and have epochs of its own."""
    stop = "callbacks=[keras.callbacks.EarlyStopping('val_loss', patience=3)]"
    assert severities(f"def run(trainer):\n    trainer.fit(x, y, {stop})\n").keys() <= {"not-followed"}
    assert not errors(f"class Own:\n    def run(self):\n        self.net.fit(x, y, epochs=9, {stop})\n")
    assert errors(f"{STACK}m.fit(x, y, epochs=9, {stop})\n")
    compiled = "from nets import build\nm = build()\nm.compile('sgd', loss='mse')\n"
    assert [name for name, *_ in errors(f"{compiled}m.fit(x, y, epochs=9, {stop})\n")] == ["monitor-not-logged"]


TIMED = {
    "%timeit m.fit(x, y, callbacks=[stop])": [],
    "if True:\n    %timeit -n 10 -r3 m.fit(x, y, epohcs=3, callbacks=[stop])": [("unknown-argument", 2)],
    "%time h = m.fit(x, y, epohcs=3, callbacks=[stop])": [("unknown-argument", 1)],
    "%time for a in b: m.fit(x, y, callbacks=[stop])\nm.fit(x, y)": [("unused-object", 1)],
    "%time\nm.fit(x, y)": [("unused-object", 1)],
}


@pytest.mark.parametrize("magic", TIMED)
def test_timed_statements(magic):
    found = of_notebook("stop = keras.callbacks.EarlyStopping('loss')", STACK, magic)
    assert [each for each in found if each[0] in ("unused-object", "unknown-argument")] == TIMED[magic]


def test_crlf_notebooks():
    """JSON and cells with CRLF have the findings of those with LF, at the same places."""
    cell = f"{STACK}m.fit(x, y, epohcs=3)\n"
    assert of_notebook(cell) == of_notebook(cell.replace("\n", "\r\n"))
    assert ("unknown-argument", 3) in of_notebook(cell)


def test_outputs_of_a_last_lambda():
    """Keras names the logs of several outputs after the layer: `lambda_mae`."""
    stop = "keras.callbacks.EarlyStopping('val_lambda_mae', mode='min', patience=3)"
    model = "m = Sequential([keras.Input((4,)), Dense(3), Lambda({})])\nm.compile('sgd', 'mse', metrics=['mae'])\n"
    fit = f"h = m.fit(x, y, validation_split=0.1, epochs=9, callbacks=[{stop}])\nh.history['lambda_loss']\n"
    assert not errors(model.format("lambda t: [t, t]") + fit)
    assert len(errors(model.replace(", Lambda({})", "") + fit)) == 2


UNFROZEN = {
    ("base.trainable = False", "for layer in base.layers[-20:]:\n    layer.trainable = True"): 1,
    ("for layer in base.layers:\n    layer.trainable = False", "for a in base.layers[:50]:\n    a.trainable = True"): 1,
    ("base.trainable = False", "base.trainable = True\nfor a in base.layers[:-20]:\n    a.trainable = False"): 1,
    ("", "for layer in base.layers[:-20]:\n    layer.trainable = False"): 1,
    # No layer changes, perhaps none, or it is not known whether one does.
    ("base.trainable = False", "for layer in base.layers[-20:]:\n    layer.trainable = False"): 0,
    ("base.trainable = False", "for layer in base.layers[200:]:\n    layer.trainable = True"): 0,
    ("for a in base.layers[:-20]:\n    a.trainable = False", "for a in base.layers[:-20]:\n    a.trainable = False"): 0,
    ("base.trainable = False", "for a in base.layers[-20:]:\n    a.trainable = True\nm.compile('sgd', 'mse')"): 0,
}


@pytest.mark.parametrize("changes", UNFROZEN)
def test_partial_unfreezing(changes):
    found = [each for each in check(BASE.format(*changes)).diagnostics if each.name == "trainable-without-compile"]
    assert len(found) == UNFROZEN[changes]


def test_history_of_several_outputs():
    """Checked with Keras 3.15: `h.history` has `a_loss`, `a_accuracy` and so on, and no `accuracy`."""
    model = (
        "i = keras.Input((4,))\na = Dense(3, name='a', activation='softmax')(i)\nb = Dense(1, name='b')(i)\n"
        "m = keras.Model(i, [a, b])\n"
        "m.compile('sgd', ['sparse_categorical_crossentropy', 'mse'], metrics=[['accuracy'], ['mae']])\n"
        "h = m.fit(x, [y, z], validation_split=0.5)\n"
    )
    logged = "loss a_loss b_loss a_accuracy b_mae val_loss val_a_loss val_b_loss val_a_accuracy val_b_mae".split()
    assert not errors(model + "".join(f"h.history['{name}']\n" for name in logged))
    wrong = errors(model + "h.history['val_accuracy']\nh.history['a_mae']\n")
    assert [(name, line) for name, line, _ in wrong] == [("missing-log", 11), ("missing-log", 12)]


def test_positions_of_fit_generator():
    """Keras 1 counts samples in its second argument, and both have more arguments than `fit`."""
    model = "m = Sequential([Dense(1, input_dim=4)])\nm.compile('sgd', 'mse')\n"
    assert [name for name, *_ in errors(model + "m.fit_generator(g, 2000, 10, 1, [], v, 800)\n")] == ["removed-name"]
    program = model + "m.fit_generator(g, 2000, nb_epoch=10, nb_worker=2)\n"
    (read,) = read_program(HEAD + program).models
    assert "steps_per_epoch" not in read.tree["fit"]
    assert read.tree["fit"]["epochs"] == 10


def test_unknown_checkpoint_paths():
    fit = "m.fit(x, y, epochs=9, callbacks=[keras.callbacks.ModelCheckpoint({})])\n"
    assert "checkpoint-overwritten" not in severities(STACK + fit.format("path"))
    assert "checkpoint-overwritten" in severities(STACK + fit.format("'a.keras'"))


def test_repeated_labels():
    model = STACK.replace("Dense(3)", "Dense(3, activation='softmax')").replace(
        "mse", "sparse_categorical_crossentropy"
    )
    fit = "import numpy as np\nm.fit(x, np.array([0, 1, 2, {}] * 25))\n"
    assert [name for name, *_ in errors(model + fit.format(3))] == ["output-units-mismatch"]
    assert not errors(model + fit.format(1))


def test_gru_before_the_argument_use_cudnn(tmp_path):
    program = HEAD + "m = Sequential([GRU(8, reset_after=False, input_shape=(4, 5)), Dense(1)])\n"
    document = ProgramDocument({}, program, str(tmp_path / "m.py"), "python")
    assert "no-cudnn-kernel" in {found.name for found in seqspec.check(document).diagnostics}
    (tmp_path / "requirements.txt").write_text("keras==2.4.3\n")
    assert "no-cudnn-kernel" not in {found.name for found in seqspec.check(document).diagnostics}
    of_tensorflow = ProgramDocument({}, program.replace("keras", "tensorflow.keras"), str(tmp_path / "m.py"), "python")
    assert "no-cudnn-kernel" not in {found.name for found in seqspec.check(of_tensorflow).diagnostics}


def test_arguments_of_input():
    """`keras.Input(sahpe=...)` raises TypeError."""
    assert [
        (name, line) for name, line, _ in errors("i = keras.Input(sahpe=(4,))\nm = keras.Model(i, Dense(3)(i))\n")
    ] == [("unknown-argument", 5)]
    assert not errors(
        "i = keras.Input((4,), 2, name='a', dtype='float32', sparse=False)\nm = keras.Model(i, Dense(3)(i))\n"
    )


def test_callbacks_beside_other_fits():
    """`fit` of scikit-learn trains no model of Keras."""
    program = f"{STACK}stop = keras.callbacks.EarlyStopping('loss')\nscaler.fit(x)\nm.evaluate(x, y)\n"
    assert "unused-object" not in severities(program)
    assert severities(program + "m.fit(x, y)\n")["unused-object"] == "warning"


LINEAR = "m = Sequential([keras.Input((4,)), Dense(8), Dense(3)])\n"
TRAINED = LINEAR + "m.compile('sgd', 'mse')\nm.fit(x, y)\n"


def test_linear_models():
    assert severities(TRAINED)["linear-network"] == "warning"
    # A model of which only the summary is shown, and one that is linear by name.
    assert severities(LINEAR + "m.summary()\nprint(m)\n")["linear-network"] == "info"
    assert severities(LINEAR + "train(m)\n")["linear-network"] == "warning"
    inside = "".join(f"    {line}\n" for line in TRAINED.splitlines())
    assert "linear-network" not in severities(f"def linear_baseline():\n{inside}")
    assert severities(f"def nonlinear_model():\n{inside}")["linear-network"] == "warning"


@pytest.mark.parametrize(
    ("layers", "optimizer", "expected"),
    [
        ("Dropout(0.6)", "Adam(1e-3)", {"high-dropout-rate": "info"}),
        ("Dropout(0.8)", "Adam(1e-3)", {"high-dropout-rate": "warning"}),
        ("Dense(8, activation='relu')", "Adam(1e-5)", {"learning-rate-too-low": "info"}),
        ("Dense(8, activation='relu')", "Adam(1e-7)", {"learning-rate-too-low": "warning"}),
        ("Dense(8, activation='relu')", "SGD(1e-5)", {"learning-rate-too-low": "warning"}),
    ],
)
def test_choices_are_advice(layers, optimizer, expected):
    program = f"m = Sequential([keras.Input((4,)), Dense(8, activation='relu'), {layers}, Dense(3)])\n"
    program += f"m.compile(keras.optimizers.{optimizer}, 'mse')\nm.fit(x, y)\n"
    assert expected.items() <= severities(program).items()


def test_data_that_a_program_writes_out():
    program = f"import numpy as np\n{STACK}m.fit(np.array({{}}), y)\n"
    few = [[10, 20, 30, 40], [20, 30, 40, 50]]
    assert severities(program.format(few))["unscaled-input"] == "info"
    assert severities(program.format([[10, 20, 30, 400]]))["unscaled-input"] == "warning"


def test_models_of_tests():
    inside = "".join(f"    {line}\n" for line in TRAINED.splitlines())
    assert severities(f"def test_model():\n{inside}")["linear-network"] == "warning"
    assert severities(f"import pytest\ndef test_model():\n{inside}")["linear-network"] == "info"
    assert severities(f"import pytest\ndef train():\n{inside}")["linear-network"] == "warning"


def test_models_that_extract_features():
    frozen = "m = Sequential([keras.Input((4,)), Dense(3, trainable=False)])\n"
    assert "no-trainable-weights" not in severities(frozen + "m.predict(x)\n")
    assert severities(frozen + "m.compile('sgd', 'mse')\nm.fit(x, y)\n")["no-trainable-weights"] == "error"


def test_classes_that_keras_3_removed(tmp_path):
    program = HEAD + STACK.replace("'sgd'", "keras.optimizers.TFOptimizer(o)")
    document = ProgramDocument({}, program, str(tmp_path / "m.py"), "python")
    (tmp_path / "requirements.txt").write_text("keras==2.3.1\n")
    assert "unknown-name" not in {found.name for found in seqspec.check(document).diagnostics}


def test_arguments_that_keras_3_removed(tmp_path):
    """`options` says that the program is written for Keras 2, which accepts it."""
    fit = "m.fit(x, y, callbacks=[keras.callbacks.ModelCheckpoint('a.weights.h5', options=None)])\n"
    document = ProgramDocument({}, HEAD + STACK + fit, str(tmp_path / "m.py"), "python")
    assert [found.name for found in seqspec.check(document).diagnostics if found.severity == "error"] == []


@pytest.mark.parametrize(("python", "target"), [("3.7.10", (2, False)), ("3.10.1", (3, True)), ("3.12.1", (3, False))])
def test_kernels(python, target):
    """Keras 3 needs Python 3.9, and the last Keras 2 Python 3.11."""
    cell = {"cell_type": "code", "source": HEAD + STACK}
    raw = json.dumps({"cells": [cell], "metadata": {"language_info": {"name": "python", "version": python}}})
    assert read_program(raw, notebook=True).target[::2] == target
    first = json.dumps({"metadata": json.loads(raw)["metadata"], "cells": [cell, {"source": "#" * 20_000}]})
    assert read_program(first, notebook=True).target[::2] == target


def severities_in_keras_2(program, folder):
    """The same as `severities` in a project of Keras 2."""
    (folder / "requirements.txt").write_text("tensorflow==2.15\n")
    document = ProgramDocument({}, HEAD + program, str(folder / "m.py"), "python")
    return {found.name: found.severity for found in seqspec.check(document).diagnostics}


def test_one_metric_without_a_list(tmp_path):
    """Keras 2 makes a list of it."""
    program = STACK.replace("'mse'", "'mse', metrics=keras.metrics.MeanSquaredError()")
    assert severities(program)["wrong-type"] == "error"
    assert "wrong-type" not in severities_in_keras_2(program, tmp_path)
    several = "i = keras.Input((4,))\nm = keras.Model(i, [Dense(1, name='a')(i), Dense(1, name='b')(i)])\n"
    several += "m.compile('sgd', ['mse', 'mse'], metrics=keras.metrics.MeanSquaredError())\n"
    assert severities(several)["wrong-type"] == "error"
    assert "wrong-type" not in severities_in_keras_2(several, tmp_path)


def test_one_size_as_the_shape_of_an_input(tmp_path):
    """Keras 2 makes a tuple of it."""
    program = "i = keras.Input(shape=(20), dtype='int32')\nm = keras.Model(i, Dense(3)(layers.Embedding(9, 4)(i)))\n"
    assert severities(program)["bad-input"] == "error"
    assert "bad-input" not in severities_in_keras_2(program, tmp_path)


def test_an_old_checkpoint_does_not_hide_its_callback(tmp_path):
    fit = "m.fit(x, y, validation_data=(x, y), callbacks=[keras.callbacks.ModelCheckpoint({}, save_freq=1, {})])\n"
    for name in ("'m.hdf5'", "'m.keras'"):
        best = severities_in_keras_2(STACK + fit.format(name, "save_best_only=True"), tmp_path)
        assert "save-best-with-save-freq" in best
        every = severities_in_keras_2(STACK + fit.format(name, "save_best_only=False"), tmp_path)
        assert "save-best-with-save-freq" not in every


def test_inputs_with_tensors():
    """Keras 2 feeds an input with a tensor itself."""
    program = (
        "import numpy as np\na = Input(tensor=t)\nb = keras.Input((3,))\nm = keras.Model([a, b], Dense(3)(b))\n"
        "m.compile('sgd', 'mse')\nm.fit(np.zeros((9, 3)), np.zeros((9, 3)))\n"
    )
    assert "data-shape-mismatch" not in severities(program)


def test_callbacks_of_several_calls_of_fit():
    """A callback that waits too long for a short first stage is there for the second one."""
    stop = "c = [keras.callbacks.EarlyStopping('loss', patience=20)]\n"
    first = f"{STACK}{stop}m.fit(x, y, epochs=10, callbacks=c)\n"
    assert "patience-exceeds-epochs" in severities(first)
    assert "patience-exceeds-epochs" not in severities(first + "m.fit(x, y, epochs=100, callbacks=c)\n")
    assert "patience-exceeds-epochs" in severities(first + "m.fit(x, y, epochs=15, callbacks=c)\n")


def test_padding_in_upper_case(tmp_path):
    """Keras 1 and 2 accept it in every layer, Keras 3 in convolutions alone."""
    program = "m = Sequential([keras.Input((9, 3)), Conv1D(4, 3, padding='SAME'), MaxPooling1D(3, padding='SAME')])\n"
    assert "bad-value" in severities(program)
    assert "bad-value" not in severities_in_keras_2(program, tmp_path)


def test_labels_from_1_are_named_as_they_are():
    """Keras trains with four units and labels of 1 to 3; what is usually meant is 0 to 2."""
    model = "m = Sequential([keras.Input((4,)), Dense(3, activation='softmax')])\n"
    model += "m.compile('adam', 'sparse_categorical_crossentropy')\n"
    fit = "m.fit(np.random.rand(9, 4), np.random.randint(1, 4, 9))\n"
    (found,) = [each for each in check(model + fit).diagnostics if each.code == "SEQ323"]
    assert found.fix is None and found.span.line == 5
