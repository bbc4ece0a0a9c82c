"""Arguments of calls in a program that no version of Keras has, whether or not their values are known."""

import numpy as np
import pytest

import seqspec

PROGRAM = """import keras
from keras import layers
x, y = load()
model = keras.Sequential([keras.Input((8,)), layers.Dense(4, activation="relu"{layer}), layers.Dense(1)])
stop = keras.callbacks.EarlyStopping(patience=3{callback})
model.compile(optimizer=keras.optimizers.SGD(0.01, momentum=0.9{optimizer}), loss="mse"{compile})
model.fit(x, y, epochs=20, validation_split=0.2, batch_size=16, callbacks=[stop]{fit})
"""
LINES = {"layer": 4, "callback": 5, "optimizer": 6, "compile": 6, "fit": 7}

UNEXPECTED = [
    ("layer", "kernel_regulariser", "Dense", "kernel_regularizer"),
    ("layer", "repeat", "Dense", None),
    ("layer", "custom", "Dense", None),
    ("callback", "restore_weights", "EarlyStopping", "restore_best_weights"),
    ("optimizer", "nesterof", "SGD", "nesterov"),
    ("compile", "metric", "compile()", "metrics"),
    ("compile", "learning_rate", "compile()", None),
    ("compile", "classes", "compile()", None),
    ("fit", "epoch", "fit()", None),
    ("fit", "validation_stps", "fit()", "validation_steps"),
    ("fit", "class_weigth", "fit()", "class_weight"),
    ("fit", "learning_rate", "fit()", None),
    ("fit", "lr", "fit()", None),
    ("fit", "trainable", "fit()", None),
    ("fit", "seed", "fit()", None),
]


def errors(tmp_path, place, argument):
    """The errors in a program with an argument more in one call."""
    path = tmp_path / "train.py"
    path.write_text(PROGRAM.format(**{name: f", {argument}" if name == place else "" for name in LINES}))
    return [each for each in seqspec.check(path).diagnostics if each.severity == "error"]


@pytest.mark.parametrize("value", ["3", "choose()"])
@pytest.mark.parametrize(("place", "name", "call", "meant"), UNEXPECTED)
def test_unexpected_arguments_are_reported(tmp_path, place, name, call, meant, value):
    """At the name of the argument, in words of Python, with the argument that was meant as a fix."""
    first, *others = errors(tmp_path, place, f"{name}={value}")
    assert (first.name, first.span.line) == ("unknown-argument", LINES[place])
    assert first.message.endswith(f"unexpected argument {name} for {call}")
    assert first.span.end_column - first.span.column == len(name)
    assert (first.fix.edits[0].text if first.fix else None) == meant
    # 3 is not a valid value of every argument that was meant.
    assert value == "3" or others == []


@pytest.mark.parametrize(
    ("name", "help"),
    [
        ("lr", "write optimizer=Adam(learning_rate=...) in compile()"),
        ("learning_rate", "write optimizer=Adam(learning_rate=...) in compile()"),
        ("optimizer", "move it to compile()"),
    ],
)
def test_settings_of_the_optimizer_belong_in_compile(tmp_path, name, help):
    (found,) = errors(tmp_path, "fit", f"{name}=choose()")
    assert (found.name, found.help) == ("unknown-argument", help)


@pytest.mark.needs("keras")
@pytest.mark.parametrize(("place", "name", "call", "meant"), UNEXPECTED)
def test_unexpected_arguments_raise_in_keras(place, name, call, meant):
    import keras

    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(1)])
    model.compile(loss="mse")
    calls = {
        "layer": lambda **given: keras.layers.Dense(4, **given),
        "callback": keras.callbacks.EarlyStopping,
        "optimizer": keras.optimizers.SGD,
        "compile": model.compile,
        "fit": lambda **given: model.fit(np.zeros((2, 8)), np.zeros((2, 1)), **given),
    }
    with pytest.raises((TypeError, ValueError), match=name):
        calls[place](**{name: 3})


OLD = {
    "layer": [
        "init='uniform'",
        "W_regularizer=r()",
        "input_dim=8",
        "weights=w()",
        "bias=True",
        "kernel_initializer=k()",
    ],
    "callback": ["baseline=b()"],
    "optimizer": ["lr=rate()", "decay=d()", "clipnorm=c()", "name=n()"],
    "compile": ["sample_weight_mode=s()", "target_tensors=t()", "options=o()", "run_metadata=r()", "class_mode='c'"],
    "fit": [
        "nb_epoch=3",
        "workers=w()",
        "max_q_size=2",
        "sample_weight=s()",
        "use_multiprocessing=True",
        "verbose=v()",
    ],
}


@pytest.mark.parametrize(("place", "argument"), [(place, each) for place in OLD for each in OLD[place]])
def test_arguments_of_older_versions_are_accepted(tmp_path, place, argument):
    assert errors(tmp_path, place, argument) == []


def test_arguments_outside_of_the_file_are_not_reported(tmp_path):
    for place in LINES:
        assert errors(tmp_path, place, "**options") == []


def test_arguments_of_another_call_are_checked_there(tmp_path):
    """`fit(loss=...)` is reported as an argument of `compile()`, and the check continues with it there."""
    (found,) = errors(tmp_path, "fit", "metrics=['mae']")
    assert (found.name, found.pointer) == ("unknown-argument", "/fit/metrics")


@pytest.mark.needs("keras")
@pytest.mark.parametrize(
    ("call", "key"),
    [
        ("keras.layers.Dense(4, units=3)", "units"),
        ("keras.layers.Conv2D(4, (3, 3), kernel_size=5)", "kernel_size"),
        ("keras.layers.Dropout(0.5, rate=0.2)", "rate"),
        ("keras.optimizers.SGD(0.1, learning_rate=0.2)", "learning_rate"),
        ("keras.callbacks.EarlyStopping('loss', monitor='val_loss')", "monitor"),
    ],
)
def test_repeated_arguments_are_reported(tmp_path, call, key):
    import keras

    with pytest.raises(TypeError, match=f"multiple values for argument '{key}'"):
        eval(call, {"keras": keras})
    placed = {"layers": call, "optimizers": "keras.layers.Dense(4)", "callbacks": "keras.layers.Dense(4)"}
    family = call.split(".")[1]
    (tmp_path / "m.py").write_text(
        "import keras\nx = y = object()\n"
        f"model = keras.Sequential([keras.Input((8, 8, 3)), {placed[family]}])\n"
        f"model.compile({call if family == 'optimizers' else repr('adam')}, 'mse')\n"
        f"model.fit(x, y, callbacks=[{call if family == 'callbacks' else ''}])\n"
    )
    found = [each for each in seqspec.check(tmp_path / "m.py").diagnostics if each.name == "unknown-argument"]
    (error,) = found
    assert key in error.message and error.span.end_column - error.span.column == len(key)


def test_arguments_of_a_second_stage_are_reported(tmp_path):
    """A further `compile` and `fit` have the arguments of the first ones."""
    path = tmp_path / "train.py"
    path.write_text(
        PROGRAM.format(**dict.fromkeys(LINES, ""))
        + "model.compile('sgd', 'mse', metric=['mae'])\n"
        + "for again in range(9):\n    model.fit(x, y, epoch=3, workers=2)\n"
    )
    found = [(each.name, each.span.line, each.help) for each in seqspec.check(path).diagnostics]
    assert ("unknown-argument", 8, "write metrics") in found and ("unknown-argument", 10, "write epochs") in found
    assert len([name for name, *_ in found if name == "unknown-argument"]) == 2
