"""The entry of a rule in the table of codes."""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    """The code of a rule.

    Attributes:
        code: The code, such as `"SEQ101"`.
        name: Its name in kebab-case.
        severity: The default severity, which a finding can override.
        summary: What it finds, in one line.
        depends_on: What a finding depends on and a document may leave undetermined, in which case the rule makes no
            sense: `"input"`, the input of the model; `"language"`, the version of the language; `"files"`, whether it
            limits the files that are opened; `"sizes"`, sizes that are compared; `"batch_size"` of `fit`; `"metrics"`,
            `"learning_rate"`, `"decay"` of the learning rate, `"callbacks"`, `"weights"`, `"trainable"`, `"adapt"` and
            `"updates"`, which code outside of the model can set; `"version"` of Keras, `"keras_2"` or newer.
        of_arguments: The name of the rule for the same mistake in the arguments of a call.
    """

    code: str
    name: str
    severity: str
    summary: str
    depends_on: tuple[str, ...] = ()
    of_arguments: str = ""


FAMILIES = {
    "0": "document",
    "1": "names and values",
    "2": "shapes",
    "3": "head",
    "4": "architecture",
    "5": "training",
    "6": "data",
    "7": "cost",
    "8": "portability",
    "9": "training data",
}
"""The families of the built-in codes, by the first digit of a code."""


def family(code: str) -> str:
    """The first digit of a built-in code, which is its family; empty for the code of a plugin."""
    return code[3] if code.startswith("SEQ") else ""
