"""The second fix of a finding that is equally likely to mean something else: it fixes too, and is never applied."""

from collections import Counter

import pytest

import seqspec
from seqspec.core.syntax.document_edits import apply_edits
from seqspec.core.syntax.source import parse_text
from tests.test_cases import CASES

ALTERNATIVES = {
    "batch-in-input.toml": ("set input = [28, 28, 3]", "use Conv3D"),
    "grey-without-channel.toml": ('add { type = "Reshape", target_shape = [28, 28, 1] } before it', "use Conv1D"),
    "pooling-too-far.toml": ('set padding = "same"', "set pool_size = 3"),
    "head/categorical-loss-with-one-unit/model.toml": ("use binary_crossentropy", "set units = 2 with softmax"),
    "head/extra-output-axes/model.toml": ("add Flatten before dense", "add GlobalAveragePooling2D before dense"),
    "head/from-logits-with-activation/model.toml": ("remove the activation", "remove from_logits"),
    "head/hinge-with-nonnegative-output/model.toml": ('set activation = "tanh"', 'set activation = "linear"'),
    "head/logits-without-from-logits/model.toml": (
        'set activation = "softmax"',
        'set loss = { type = "SparseCategoricalCrossentropy", from_logits = true }',
    ),
    "head/poisson-with-negative-output/model.toml": ('set activation = "softplus"', 'set activation = "exponential"'),
    "head/sigmoid-with-categorical-loss/model.toml": (
        'set activation = "softmax"',
        'set loss = "binary_crossentropy"',
    ),
    "head/softmax-with-regression-loss/model.toml": (
        'set loss = "categorical_crossentropy"',
        'set activation = "linear"',
    ),
}


def checked(folder, text):
    path = folder / "model.seqspec.toml"
    path.write_text(text, encoding="utf-8")
    return seqspec.check(path)


@pytest.mark.parametrize("name", ALTERNATIVES)
def test_both_fixes_of_a_finding_fix_it(name, tmp_path):
    path = CASES / "err" / name
    before = seqspec.check(path)
    [diagnostic, *_] = [finding for finding in before.diagnostics if finding.alternative is not None]
    assert (diagnostic.fix.message, diagnostic.alternative.message) == ALTERNATIVES[name]
    codes = Counter(finding.code for finding in before.diagnostics)
    for fix in (diagnostic.fix, diagnostic.alternative):
        assert not fix.safe
        text = apply_edits(parse_text(path.read_text(encoding="utf-8"), str(path)), fix.edits)
        after = checked(tmp_path, text)
        left = Counter(finding.code for finding in after.diagnostics)
        assert left[diagnostic.code] < codes[diagnostic.code]
        assert [one.code for one in after.diagnostics if one.severity == "error" and one.code not in codes] == []


def test_two_outputs_with_softmax_and_a_binary_loss_may_be_one_output(tmp_path):
    text = """seqspec = 1

[model]
input = [8]
layers = [{ type = "Dense", units = 2, activation = "softmax" }]

[compile]
loss = "binary_crossentropy"
"""
    [diagnostic] = [finding for finding in checked(tmp_path, text).diagnostics if finding.code == "SEQ306"]
    assert diagnostic.fix.message == 'set loss = "categorical_crossentropy"'
    single = apply_edits(parse_text(text, "x.toml"), diagnostic.alternative.edits)
    assert single == text.replace('units = 2, activation = "softmax"', 'units = 1, activation = "sigmoid"')
    assert [finding.code for finding in checked(tmp_path, single).diagnostics] == []


def test_a_softmax_over_one_unit_of_a_regression_is_linear(tmp_path):
    text = """seqspec = 1

[model]
input = [8]
layers = [{ type = "Dense", units = 1, activation = "softmax" }]

[target]
kind = "regression"
"""
    [diagnostic] = [finding for finding in checked(tmp_path, text).diagnostics if finding.code == "SEQ301"]
    assert (diagnostic.fix.message, diagnostic.alternative.message) == ("use linear", "use sigmoid")


def test_channels_before_rows_and_columns_are_moved_to_the_end(tmp_path):
    text = """seqspec = 1

[model]
input = [1, 20, 56]
layers = [{ type = "Conv2D", filters = 8, kernel_size = 3 }]
"""
    [diagnostic] = [finding for finding in checked(tmp_path, text).diagnostics if finding.code == "SEQ212"]
    assert (diagnostic.fix.message, diagnostic.alternative.message) == (
        "set input = [20, 56, 1]",
        'set padding = "same"',
    )


def test_no_fix_is_the_second_one():
    path = CASES / "err" / "head/poisson-with-negative-output/model.toml"
    assert 'activation = "softplus"' in seqspec.fix(path, unsafe=True).text
