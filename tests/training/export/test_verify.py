"""The samples of an export and their batches, without the runtimes."""

from dataclasses import asdict

import numpy as np
import pytest

from seqspec.core.document.sources import Representative
from seqspec.training.comparison.plain_numbers import difference_text
from seqspec.training.data.prepared import SampleSet
from seqspec.training.errors import ExportError
from seqspec.training.export.base import ExportRuntime
from seqspec.training.export.verify import CheckSamples, compare, outputs_of


def test_a_free_batch_is_run_with_two_sizes():
    # A converter can write the size of one batch into a file, which then works for that size alone.
    sizes = []

    def run(x):
        sizes.append(len(x))
        return x * 2

    x = np.arange(40.0).reshape(40, 1)
    for count, expected in ((40, [1, 32, 7]), (32, [1, 31]), (1, [1])):
        sizes.clear()
        assert np.array_equal(outputs_of(ExportRuntime("any", run), x[:count], None), x[:count] * 2)
        assert sizes == expected


def test_a_fixed_batch_is_filled():
    sizes = []

    def run(x):
        sizes.append(len(x))
        return x

    x = np.arange(5.0).reshape(5, 1)
    assert np.array_equal(outputs_of(ExportRuntime("any", run), x, 2), x)
    assert sizes == [2, 2, 2]


def test_int8_ranges_are_not_measured_on_random_inputs():
    x = np.zeros((4, 2), "float32")
    with pytest.raises(ExportError, match=r"samples of the data, but there are only random inputs \(the spec names"):
        CheckSamples(x, None, "random inputs (the spec names no data)", {}).representative(None)


def test_the_set_of_representative_samples_must_exist():
    x = np.zeros((4, 2), "float32")
    given = CheckSamples(x, None, "the test set", {"test": SampleSet(x, None)})
    with pytest.raises(ExportError, match='names the set "validation", of which the data has no samples'):
        given.representative(Representative(set="validation"))
    # Without `representative`, any samples of the data are used.
    found, source = given.representative(None)
    assert np.array_equal(found, x) and source == "the test set"


def test_outputs_of_a_regression_have_no_classes():
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert compare(x, x).same_class == 1.0
    assert compare(x, x, has_classes=False).same_class is None


def test_differences_of_large_outputs_are_in_parts_of_them() -> None:
    expected = np.array([[1.5e9], [0.5], [3.0]])
    found = compare(expected, expected * (1 + 1e-6), has_classes=False)
    assert found.difference == pytest.approx(1500)
    assert found.of_value == pytest.approx(1e-6)
    assert difference_text(asdict(found)) == "1e-06 of the value (1.5e+03)"
    # A large output does not hide that of a small one.
    wrong = compare(expected, expected + np.array([[0.0], [0.1], [0.0]]), has_classes=False)
    assert difference_text(asdict(wrong)) == "0.1"
