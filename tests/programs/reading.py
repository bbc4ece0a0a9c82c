"""Helper of the tests in this folder: the models in the text of a program."""

from textwrap import dedent

from seqspec.programs.program_document import read_program
from seqspec.programs.values.abstract_values import Unknown

HEAD = """
import keras
from keras import layers
from keras.layers import *
from keras.models import Sequential
"""


def read(text):
    """The models of a program that has the usual imports."""
    return read_program(HEAD + dedent(text)).models


def only(text):
    """The only model of a program."""
    (model,) = read(text)
    return model


def layers_of(text):
    """The layers of the only model, as short as they can be told: `("Dense", 8)`, an unknown value by its text."""
    return [short(entry) for entry in only(text).tree["model"]["layers"]]


def short(entry):
    if "type" not in entry:
        return entry
    first = next((entry[key] for key in ("units", "filters", "rate", "activation") if key in entry), None)
    return (entry["type"], plain(first)) if first is not None else entry["type"]


def plain(value):
    """A value with the text of what is not known in braces."""
    if isinstance(value, Unknown):
        return "{" + value.text + "}"
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def generation(text):
    """The generation of Keras whose names a program uses."""
    return read_program(text).migration.generation
