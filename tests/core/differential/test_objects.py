"""The catalog of nested objects compared with Keras: names, arguments in order, defaults, string identifiers."""

import inspect
from importlib import import_module

import keras
import pytest

from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.objects import ClassIndex, Named
from tests.fields import default_of, since_of
from tests.introspection import KERAS, is_available, signature_differences

FAMILIES = {
    "initializers": keras.initializers,
    "regularizers": keras.regularizers,
    "constraints": keras.constraints,
    "schedules": keras.optimizers.schedules,
    "optimizers": keras.optimizers,
    "losses": keras.losses,
    "metrics": keras.metrics,
    "callbacks": keras.callbacks,
}

# What was otherwise in an older Keras, and is not worth a rule of its own: (version, class).
OTHERWISE = {
    ((3, 12), "Muon"): "other defaults of weight decay and iterations, and no bare name; a document's own values hold",
}


def module(family):
    return import_module(f"seqspec.core.catalog.{family}")


def declarations(family):
    """Every class that the family declares, by the name of the Keras class."""
    found = {}
    for value in (*module(family).NAMES.values(), *getattr(module(family), "TYPED", {}).values()):
        declared = value.stands_for if isinstance(value, Named) else value
        if declared is not None:
            found[declared.__name__] = declared
    return found


CLASSES = [(family, name) for family in FAMILIES for name in sorted(declarations(family))]


@pytest.mark.parametrize(("family", "name"), CLASSES, ids=[f"{family}.{name}" for family, name in CLASSES])
def test_arguments_are_those_of_keras(family, name):
    declared = declarations(family)[name]
    theirs = getattr(FAMILIES[family], name, None)
    if not is_available(declared.since):
        assert theirs is None
        return
    if (KERAS, name) in OTHERWISE:
        return
    assert signature_differences(declared, theirs) == []
    order = [
        argument for argument in inspect.signature(theirs.__init__).parameters if argument in declared.model_fields
    ]
    mine = [argument for argument, entry in declared.model_fields.items() if is_available(since_of(entry))]
    assert mine == order


@pytest.mark.parametrize("family", FAMILIES)
def test_public_classes_are_all_known(family):
    classes = {name for name, value in vars(FAMILIES[family]).items() if inspect.isclass(value)}
    known = {
        *declarations(family),
        *module(family).NAMES,
        *module(family).REFUSED,
        *getattr(module(family), "TYPED", ()),
    }
    assert sorted(classes - known - {"OptimizerMap"}) == []


@pytest.mark.parametrize("family", ["activations", *FAMILIES])
def test_the_index_has_every_class_of_its_modules(family):
    indexes = [value for value in vars(module(family)).values() if isinstance(value, ClassIndex)]
    for index in indexes:
        for name, found in index.items():
            assert (found.__name__, found.__module__) == (name, index.modules[name])
        inner = {"OptimizerMap"}
        # Activations that only a type names are layers, of which the index has a few.
        for home in {home for home in index.modules.values() if home.startswith(module(family).__name__)}:
            declared = {
                name
                for name, value in vars(import_module(home)).items()
                if inspect.isclass(value) and value.__module__ == home and issubclass(value, KerasObject)
            }
            assert {name for name in declared - inner if name[0] != "_"} == {
                name for name in index if index.modules[name] == home
            }


@pytest.mark.parametrize("family", FAMILIES)
def test_refused_classes_exist(family):
    for name in module(family).REFUSED:
        if name.lower() == "optimizermap" and not hasattr(keras.optimizers, "OptimizerMap"):
            continue
        assert hasattr(FAMILIES[family], name) or name in identifiers(family)


def identifiers(family):
    """Every string that `get` looks up, from Keras's own table."""
    if family in ("callbacks", "schedules"):
        return set()
    return set(import_module(f"keras.src.{family}").ALL_OBJECTS_DICT)


def available_names(family):
    names = set()
    for name, value in module(family).NAMES.items():
        declared = value.stands_for if isinstance(value, Named) else value
        if declared is None or (is_available(declared.since) and (KERAS, declared.__name__) not in OTHERWISE):
            names.add(name)
    return names


# Names in Keras's own tables that it cannot make anything of, and why.
USELESS = {"Constant": "asks for a value", "constant": "asks for a value"}

# What `Model.compile` reads before it asks `get`.
CHOSEN_BY_COMPILE = {"losses": {"crossentropy", "ce"}, "metrics": {"Accuracy", "accuracy", "acc"}}


@pytest.mark.parametrize("family", ["activations", *(f for f in FAMILIES if f not in ("callbacks", "schedules"))])
def test_names_are_those_that_get_reads(family):
    refused = set(getattr(module(family), "REFUSED", ()))
    if family == "optimizers":
        refused |= {"optimizer", "optimizermap"}
    special = CHOSEN_BY_COMPILE.get(family, set())
    assert sorted(available_names(family) - special) == sorted(identifiers(family) - refused - special - set(USELESS))


@pytest.mark.parametrize("family", [f for f in FAMILIES if f not in ("callbacks", "schedules")])
def test_names_stand_for_the_same_class(family):
    theirs = import_module(f"keras.src.{family}").ALL_OBJECTS_DICT
    for name, value in module(family).NAMES.items():
        found = theirs.get(name)
        declared = value.stands_for if isinstance(value, Named) else value
        if declared is not None and inspect.isclass(found):
            assert found.__name__ == declared.__name__


def test_activations_are_the_functions_of_keras():
    theirs = import_module("keras.src.activations").ALL_OBJECTS_DICT
    for name, declared in module("activations").NAMES.items():
        assert issubclass(declared, KerasObject)
        assert theirs[name].__name__ == declared.__name__
        if declared.layer is None:
            assert not declared.model_fields
            continue
        parameters = dict(list(inspect.signature(theirs[name]).parameters.items())[1:])
        assert {n: p.default for n, p in parameters.items()} == {
            n: default_of(a) for n, a in declared.model_fields.items()
        }
        layer = inspect.signature(getattr(keras.layers, declared.layer)).parameters
        assert set(parameters) <= set(layer)
