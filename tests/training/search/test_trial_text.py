"""The spec of a trial: the document as written, with its values and its comments."""

import random
import re
import tomllib

import pytest

from seqspec.core.check.check import Check
from seqspec.core.search_space.candidates import drawn
from seqspec.training.access import Allowed
from seqspec.training.search.plan import plan_of

pytestmark = pytest.mark.needs("optuna")

TEXT = """\
# A model of tumors.
seqspec = 1

[vars]
units = 64  # of the hidden layer

[model]
input = [30]  # measurements
layers = [
  # Scaled first.
  "Normalization",
  { type = "Dense", units = "$units", activation = "relu" },  # hidden
  # Against overfitting:
  { type = "Dropout", rate = 0.2 },  # the rate
  { type = "Dense", units = 1, activation = "sigmoid", name = "out" },  # the last one
]

[target]
kind = "binary"

[compile]
# Adam is robust.
optimizer = { type = "Adam", learning_rate = 1e-3 }  # as usual
loss = "binary_crossentropy"
metrics = ["accuracy", "auc"]

[fit]
epochs = 5  # enough
batch_size = 32
callbacks = [
  # early
  { type = "EarlyStopping", patience = 3 },  # three
]

[data]
source = { type = "table", path = "breast_cancer.csv", label = "diagnosis" }
split = { by = "random", train = 0.6, validation = 0.2, test = 0.2 }  # three parts

# What is searched.
[search]
objective = "val_loss"
trials = 4  # few

[search.space]
vars.units = { min = 8, max = 256, log = true }  # wide
model.layers.2.rate = { min = 0.0, max = 0.6 }
compile.optimizer = [
  { type = "Adam", learning_rate = { min = 1e-4, max = 1e-1, log = true } },
  { type = "SGD", learning_rate = { min = 1e-4, max = 1e-1, log = true }, momentum = 0.9 },
]
fit.batch_size = [16, 32]
fit.callbacks.0.patience = { min = 2, max = 9 }
layers.out.use_bias = [true, false]
layers.dense.activation = ["relu", "tanh"]
"""


@pytest.mark.parametrize("seed", range(4))
def test_values_are_in_place_and_every_other_comment_is_kept(tmp_path, seed):
    path = tmp_path / "model.seqspec.toml"
    path.write_text(TEXT)
    plan = plan_of(Check.of(str(path)), 7, None, (), True, Allowed(()))
    candidate = drawn(plan.search.space, random.Random(seed))
    text = plan.text(candidate, 1, "Trial 1.")
    tree = tomllib.loads(text)
    assert "search" not in tree
    layers, chosen = tree["model"]["layers"], candidate.chosen
    assert tree["vars"]["units"] == chosen["vars.units"]
    assert layers[2] == {"type": "Dropout", "rate": chosen["model.layers.2.rate"]}
    assert layers[1]["activation"] == chosen["layers.dense.activation"]
    assert layers[3]["use_bias"] is (chosen["layers.out.use_bias"] == "true")
    assert tree["compile"]["optimizer"]["type"] == chosen["compile.optimizer"]
    assert tree["fit"]["callbacks"] == [{"type": "EarlyStopping", "patience": chosen["fit.callbacks.0.patience"]}]
    written = re.findall(r"# .*", TEXT)
    assert re.findall(r"# .*", text) == ["# Trial 1.", *written[: written.index("# What is searched.")]]


def test_comments_are_kept_where_layers_are_repeated(tmp_path):
    path = tmp_path / "model.seqspec.toml"
    before = '  { type = "Dense", units = "$units", activation = "relu" },  # hidden\n'
    repeated = before.replace(" },", ", repeat = 2 },")
    plain = TEXT.replace(before, repeated).replace("model.layers.2.rate", "layers.dropout.rate")
    for entry, is_kept in (("layers.dense_1.activation", False), ("model.layers.1.activation", True)):
        path.write_text(plain.replace("layers.dense.activation", entry))
        plan = plan_of(Check.of(str(path)), 7, None, (), True, Allowed(()))
        candidate = drawn(plan.search.space, random.Random(1))
        text = plan.text(candidate, 1, "Trial 1.")
        assert f"rate = {candidate.chosen['layers.dropout.rate']} }},  # the rate" in text or not is_kept
        # One copy alone cannot be written in place.
        assert ("# hidden" in text) is is_kept
        assert ("everything is resolved" in text) is not is_kept


def test_what_an_alternative_of_a_layer_does_not_name_stays_as_written(tmp_path):
    path = tmp_path / "model.seqspec.toml"
    alternatives = "[{ units = { min = 8, max = 64 } }, { units = { min = 8, max = 128 }, activation = 'tanh' }]"
    text = TEXT.replace('layers.dense.activation = ["relu", "tanh"]', f"layers.dense = {alternatives}")
    # Each alternative has units of its own, so a variable for them would change nothing.
    path.write_text(text.replace("vars.units = { min = 8, max = 256, log = true }  # wide\n", ""))
    plan = plan_of(Check.of(str(path)), 7, None, (), True, Allowed(()))
    seen = set()
    for seed in range(6):
        candidate = drawn(plan.search.space, random.Random(seed))
        chosen = candidate.chosen["layers.dense"]
        text = plan.text(candidate, 1, "Trial 1.")
        units = candidate.chosen[f"layers.dense[{chosen}].units"]
        activation = {"0": "relu", "1": "tanh"}[chosen]
        assert f'{{ type = "Dense", units = {units}, activation = "{activation}" }},  # hidden' in text
        seen.add(chosen)
    assert seen == {"0", "1"}
