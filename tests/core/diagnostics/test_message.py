"""Messages that keep their numbers as data, and what several of them have in common."""

import pickle

import pytest

from seqspec.core.diagnostics.message import PYTHON, Message, Number, Setting, common_message, fmt, join, quote_value
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.shapes.tensor import Dim, show


def got(*sizes):
    return [Message("got ", show(sizes)) for sizes in zip(*sizes)]


def test_numbers_are_parts():
    message = Message("got ", show((28, Dim("T"))), " with ", Number(1234, ","), " values")
    assert message.parts == ("got ", "(", Number(28), ", ", "T", ")", " with ", Number(1234, ","), " values")
    assert "layer: " + message + "!" == Message("layer: ", message, "!")
    assert ("layer: " + message + "!").parts == ("layer: ", *message.parts, "!")
    assert pickle.loads(pickle.dumps(message)).parts == message.parts


def test_a_template_is_filled_as_by_format_and_its_values_stay_data():
    message = fmt("{:,} of {} values in {{x}}: {}", 1234, 2000, Setting("rate", 0.5))
    assert message == "1,234 of 2000 values in {x}: rate = 0.5"
    assert message.parts[:3] == (Number(1234, ","), " of ", Number(2000))
    assert message.render(PYTHON).endswith(": rate=0.5")


def test_a_violation_keeps_the_numbers_of_its_statement():
    violation = Violation("bad-value", Message("got ", 3), subject=("units",), condition="inside")
    assert violation.message.parts == ("units ", "got ", Number(3), " inside")
    assert Message("set ", Setting("units", [1, 2])).render(PYTHON).parts[-4:] == (Number(1), ", ", Number(2), "]")
    assert Number(2) in quote_value([1, 2]).parts
    assert join(", ", [1, "a"]).parts == (Number(1), ", ", "a")


@pytest.mark.parametrize(
    ("messages", "names", "expected"),
    [
        (got((8, 8, 8)), {}, "got (8)"),
        (got((8, 9, 7)), {(8, 9, 7): "n"}, "got (n)"),
        (got((8, 9, 7), (4, 4, 4)), {}, "got (?, 4)"),
        # One sample of four in other words does not count.
        ([*got((8, 9, 7)), Message("got nothing")], {(8, 9, 7, 1): "n"}, "got (n)"),
        ([*got((8, 9)), Message("got nothing")], {}, None),
        ([Message("got ", 1), None], {}, None),
        # Digits in words are words: nothing reads them.
        (["got (8)", "got (9)", "got (7)"], {(8, 9, 7): "n"}, None),
        ([Message(Number(factor, ".0f")) for factor in (1.1, 1.2, 1.3)], {}, "1"),
    ],
)
def test_common_message(messages, names, expected):
    assert common_message(messages, names) == expected


def test_a_number_without_a_name_can_be_refused():
    assert common_message(got((8, 9, 7)), {}, unnamed=None) is None
