"""Runs the trials of the table of migration with the Keras that is installed, and says what happens.

The trial of a row is an expression with what it names, in which `keras` is the package: `"trial"` of `trials.json`. A
row without one is tried by reading its name.

`python trials.py keras|tf.keras|tf_keras` writes the results as JSON; `scripts/migration` runs it for each package.
"""

import ast
import inspect
import json
import os
import sys
import tempfile
import warnings
from importlib import import_module
from pathlib import Path

RECORD = Path(__file__).with_suffix(".json")


class Trials:
    """The names that trials use, for one package.

    Args:
        package: `"keras"`, `"tf.keras"` or `"tf_keras"`.
    """

    def __init__(self, package):
        import numpy

        self.keras = import_module({"tf.keras": "keras._tf_keras.keras"}.get(package, package))
        self.array = numpy.ones((2, 3), "float32")
        # The class of tensorflow_hub.KerasLayer is a layer of tf_keras, which other packages do not know.
        self.older = self.keras.layers.Dense(3) if package == "tf_keras" else layer_of_keras_2()
        self.folder = tempfile.mkdtemp()
        self.count = 0

    def names(self):
        keras = self.keras
        model = keras.Sequential([keras.layers.Dense(3)])
        model.build((None, 3))
        model.compile("sgd", "mse")
        self.count += 1
        return {
            "keras": keras, "MODEL": model, "LAYER": model.layers[0], "ARRAY": self.array, "X": keras.Input(shape=(2,)),
            "FILE": os.path.join(self.folder, f"file{self.count}"), "BIND": bind, "STEP": step,
            "LAYER_OF_KERAS_2": self.older,
        }  # fmt: skip

    def run(self, code):
        """The value of a trial, or the name of the exception that it raises, and whether there is a warning."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                value = eval(code, self.names())
            except Exception as error:
                return type(error).__name__, None
        return "warns" if caught else "ok", value

    def name(self, path):
        """What importing or reading a name does."""
        parts = path.split(".")
        value = self.keras
        for index, part in enumerate(parts):
            if not hasattr(value, part):
                try:
                    value = import_module(".".join((value.__name__, *parts[index:])))
                except ImportError:
                    return "AttributeError"
                return "ok"
            value = getattr(value, part)
        return "ok"


def layer_of_keras_2():
    """A layer of tf_keras; where that is not installed, something else that is no layer of Keras 3."""
    try:
        return import_module("tf_keras").layers.Dense(3)
    except ImportError:
        return import_module("tensorflow").Module()


def bind(function, *args, **kwargs):
    """Raises TypeError if a function does not accept arguments, without calling it."""
    inspect.signature(function).bind(*args, **kwargs)


def step(optimizer):
    """Applies a gradient."""
    import numpy
    import tensorflow as tf

    variable = tf.Variable(numpy.zeros(2, "float32"))
    optimizer.apply_gradients([(tf.ones(2), variable)])


def without(code, argument):
    """A call without one argument."""
    tree = ast.parse(code, mode="eval")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            node.keywords = [keyword for keyword in node.keywords if keyword.arg != argument]
    return ast.unparse(tree)


def state(value):
    """What an object is set to, without its name."""
    config = value.get_config() if hasattr(value, "get_config") else None
    if config is None:
        return str(sorted((key, str(item)) for key, item in vars(value).items() if not key.startswith("__")))
    return json.dumps({key: item for key, item in config.items() if key != "name"}, default=str, sort_keys=True)


def outcome(row, code, trials):
    """What a package does with a row: `"ok"`, `"warns"`, `"ignored"`, an exception, or the value of a default."""
    if code is None:
        return trials.name(row.name)
    result, value = trials.run(code)
    if row.effect == "changed":
        return str(value)
    if result in ("ok", "warns") and row.effect == "ignored" and "(" in row.name and value is not None:
        plain = trials.run(without(code, row.argument))[1]
        return "ignored" if state(plain) == state(value) else "used"
    return result


def main(package):
    from seqspec.programs.migration.table import TABLE

    trials = Trials(package)
    codes = {name: entry.get("trial") for name, entry in json.loads(RECORD.read_text(encoding="utf-8")).items()}
    print("\nRESULTS", json.dumps({row.name: outcome(row, codes.get(row.name), trials) for row in TABLE}))


if __name__ == "__main__":
    main(sys.argv[1])
