"""The second fix of a finding that is equally likely to mean something else: it fixes too, and is never applied."""

from collections import Counter

import pytest

import seqspec
from seqspec.core.syntax.document_edits import apply_edits
from seqspec.core.syntax.source import parse_text
from tests.test_cases import CASES

ALTERNATIVES = {
    "batch-in-input.toml": (["input = [28, 28, 3]"], ['  { type = "Conv3D", filters = 8, kernel_size = 3 },']),
    "grey-without-channel.toml": (
        ['  { type = "Reshape", target_shape = [28, 28, 1] },'],
        ['  { type = "Conv1D", filters = 8, kernel_size = 3 },'],
    ),
    "pooling-too-far.toml": (
        ['  { type = "MaxPooling2D", pool_size = 4, name = "pool_3", padding = "same" },'],
        ['  { type = "MaxPooling2D", pool_size = 3, name = "pool_3" },'],
    ),
    "head/categorical-loss-with-one-unit/model.toml": (
        ['loss = "binary_crossentropy"'],
        ['  { type = "Dense", units = 2, activation = "softmax" },'],
    ),
    "head/extra-output-axes/model.toml": (['  "Flatten",'], ['  "GlobalAveragePooling2D",']),
    "head/from-logits-with-activation/model.toml": (
        ['  { type = "Dense", units = 10 },'],
        ['loss = { type = "CategoricalCrossentropy" }'],
    ),
    "head/hinge-with-nonnegative-output/model.toml": (
        ['  { type = "Dense", units = 1, activation = "tanh" },'],
        ['  { type = "Dense", units = 1, activation = "linear" },'],
    ),
    "head/logits-without-from-logits/model.toml": (
        ['  { type = "Dense", units = 10, activation = "softmax" },'],
        ['loss = "sparse_categorical_crossentropy(from_logits=true)"'],
    ),
    "head/poisson-with-negative-output/model.toml": (
        ['  { type = "Dense", units = 1, activation = "softplus" },'],
        ['  { type = "Dense", units = 1, activation = "exponential" },'],
    ),
    "head/sigmoid-with-categorical-loss/model.toml": (
        ['  { type = "Dense", units = 10, activation = "softmax" },'],
        ['loss = "binary_crossentropy"'],
    ),
    "head/softmax-with-regression-loss/model.toml": (
        ['loss = "categorical_crossentropy"'],
        ['  { type = "Dense", units = 3, activation = "linear" },'],
    ),
}


def checked(folder, text):
    path = folder / "model.seqspec.toml"
    path.write_text(text, encoding="utf-8")
    return seqspec.check(path)


def fixed(text, fix):
    return apply_edits(parse_text(text, "model.seqspec.toml"), fix.edits)


def new_lines(text, fix):
    """Lines that a fix writes."""
    before = text.splitlines()
    return [line for line in fixed(text, fix).splitlines() if line not in before]


@pytest.mark.parametrize("name", ALTERNATIVES)
def test_both_fixes_of_a_finding_fix_it(name, tmp_path):
    path = CASES / "err" / name
    original = path.read_text(encoding="utf-8")
    before = seqspec.check(path)
    [diagnostic, *_] = [finding for finding in before.diagnostics if finding.alternative is not None]
    written = (new_lines(original, diagnostic.fix), new_lines(original, diagnostic.alternative))
    assert written == ALTERNATIVES[name]
    codes = Counter(finding.code for finding in before.diagnostics)
    for fix in (diagnostic.fix, diagnostic.alternative):
        assert not fix.safe
        after = checked(tmp_path, fixed(original, fix))
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
    assert fixed(text, diagnostic.fix) == text.replace("binary_crossentropy", "categorical_crossentropy")
    single = fixed(text, diagnostic.alternative)
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
    assert fixed(text, diagnostic.fix) == text.replace("softmax", "linear")
    assert fixed(text, diagnostic.alternative) == text.replace("softmax", "sigmoid")


def test_channels_before_rows_and_columns_are_moved_to_the_end(tmp_path):
    text = """seqspec = 1

[model]
input = [1, 20, 56]
layers = [{ type = "Conv2D", filters = 8, kernel_size = 3 }]
"""
    [diagnostic] = [finding for finding in checked(tmp_path, text).diagnostics if finding.code == "SEQ212"]
    assert fixed(text, diagnostic.fix) == text.replace("[1, 20, 56]", "[20, 56, 1]")
    assert fixed(text, diagnostic.alternative) == text.replace("kernel_size = 3", 'kernel_size = 3, padding = "same"')


def test_no_fix_is_the_second_one():
    path = CASES / "err" / "head/poisson-with-negative-output/model.toml"
    assert 'activation = "softplus"' in seqspec.fix(path, unsafe=True).text
