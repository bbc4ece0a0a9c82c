"""Runs the generated program of a spec in Keras, for a comparison with the model of the compiler."""

import ast
import json
from collections import defaultdict
from contextlib import contextmanager

import keras
from keras.src.backend.common import global_state

from seqspec.core.check.check import Check
from seqspec.core.codegen.write import program
from seqspec.core.compiler.build import build_analyzed
from seqspec.core.compiler.keras_model import dtype_policy, fresh_names
from seqspec.core.compiler.keras_objects import LayerBuilder, loader
from tests.introspection import KERAS


def examined(document, settings=()):
    """A document as it is examined for the installed Keras; None where Keras would refuse it."""
    if isinstance(document, dict):
        document = {"seqspec": 1, "keras": "=={}.{}.*".format(*KERAS), **document}
    result = Check.of(document, settings=settings)
    return result if result.validation.ok else None


def run(text, data=None):
    """Runs a program as a process of its own would, and gives its names.

    Args:
        text: The program.
        data: What is filled in for the data; without it, the program ends before it needs them.
    """
    statements = ast.parse(text).body
    if data is None:
        first = next((index for index, statement in enumerate(statements) if _is_gap(statement)), len(statements))
        statements = statements[:first]
    names = dict(data or {})
    with _own_process():
        _execute([statement for statement in statements if not _is_gap(statement)], names)
    return names


def layers_in(text):
    """The layers that a program makes, before a model is made of them."""
    statements = ast.parse(text).body
    index = next(index for index, statement in enumerate(statements) if _assigns(statement, "model"))
    names = {}
    with _own_process():
        _execute(statements[:index], names)
        # The first one is the input.
        made = ast.Expression(ast.List(statements[index].value.args[0].elts[1:], ast.Load()))
        return eval(compile(ast.fix_missing_locations(made), "program", "eval"), names)


def _execute(statements, names):
    exec(compile(ast.Module(statements, []), "program", "exec"), names)


def _assigns(statement, name):
    return isinstance(statement, ast.Assign) and getattr(statement.targets[0], "id", None) == name


def _is_gap(statement):
    """Whether a statement leaves a name to be filled in."""
    return (
        isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant) and statement.value.value is ...
    )


@contextmanager
def _own_process():
    """Names counted from zero, and afterwards everything as it was."""
    policy, distribution = keras.config.dtype_policy(), keras.distribution.distribution()
    before = global_state.get_global_attribute("object_name_uids")
    global_state.set_global_attribute("object_name_uids", defaultdict(int))
    keras.utils.set_random_seed(0)
    try:
        yield
    finally:
        global_state.set_global_attribute("object_name_uids", before)
        keras.config.set_dtype_policy(policy)
        keras.distribution.set_distribution(distribution)


def built(result):
    """The model that the compiler builds."""
    keras.utils.set_random_seed(0)
    return build_analyzed(result, allow_custom=_modules(result))


def layers_built(result):
    """The layers that the compiler makes, before a model is made of them."""
    keras.utils.set_random_seed(0)
    env = result.spec.environment
    builder = LayerBuilder(env, load=loader(_modules(result)))
    with fresh_names(), dtype_policy(env.policy.name):
        return [builder.build(report.layer, report.name, report.input) for report in result.layers]


def _modules(result):
    return {declared.module for declared in result.spec.custom.values()}


def written(thing):
    """The configuration of a layer or model as Keras saves it; the name of what it cannot save."""
    try:
        return json.loads(json.dumps(keras.saving.serialize_keras_object(thing), default=str))
    except NotImplementedError:
        return None


def facts(model):
    """What a model is: its configuration, how it is compiled, its weights."""
    return {
        "config": written(model),
        "names": [layer.name for layer in model.layers],
        "compiled": json.loads(json.dumps(model.get_compile_config(), default=str)),
        "weights": [(weight.path, tuple(weight.shape), str(weight.dtype)) for weight in model.weights],
        "trainable": [weight.path for weight in model.trainable_weights],
    }


def assert_same_model(result):
    """The program of a document makes the model that the compiler builds."""
    text = program(result)
    ours, theirs = facts(run(text)["model"]), facts(built(result))
    if None in (ours["config"], theirs["config"]):
        # A layer that Keras cannot save: its weights and names are compared all the same.
        ours["config"] = theirs["config"] = None
    assert ours == theirs, text
