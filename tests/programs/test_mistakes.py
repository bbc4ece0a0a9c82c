"""Mistakes of beginners in programs: each is an error of Keras, and of the check at the same line."""

from textwrap import dedent

import pytest

import seqspec
from seqspec.programs.program_document import ProgramDocument

HEAD = "import keras\nfrom keras import layers\nfrom keras.layers import *\nfrom keras.models import Sequential\n"


def check(program):
    return seqspec.check(ProgramDocument({}, HEAD + dedent(program), "m.py", "python"))


def errors(program):
    """The rule, the line and the help of each error."""
    return [(d.name, d.span.line, d.help) for d in check(program).diagnostics if d.severity == "error"]


def failing_line(program):
    """The line at which Keras fails; None where it accepts the program."""
    try:
        exec(compile(HEAD + dedent(program), "m.py", "exec"), {})
    except Exception as error:
        traceback, line = error.__traceback__, None
        while traceback is not None:
            line = traceback.tb_lineno if traceback.tb_frame.f_code.co_filename == "m.py" else line
            traceback = traceback.tb_next
        return line
    return None


CLASSES = {
    "in the list": (
        """
        m = Sequential([
            keras.Input((8, 8, 1)),
            Flatten,
            Dense(10)])
        """,
        "write Flatten()",
    ),
    "added": (
        """
        m = Sequential()
        m.add(Dense(8, input_shape=(8,)))
        m.add(layers.BatchNormalization)
        m.add(Dense(2, activation="softmax"))
        """,
        "write layers.BatchNormalization()",
    ),
    "with required arguments": (
        """
        m = Sequential([keras.Input((8, 8, 1))])
        m.add(Conv2D)
        """,
        "write Conv2D(filters=..., kernel_size=...)",
    ),
}


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_is_not_a_layer(name):
    program, fix = CLASSES[name]
    ((rule, line, shown),) = errors(program)
    assert (rule, shown) == ("bad-layer-entry", fix)
    # Keras fails at the call, which starts at or before the class.
    assert failing_line(program) <= line
