"""Type checkers on specs written in Python."""

from pathlib import Path

import pytest

from tests import ROOT

pytestmark = pytest.mark.needs("mypy")

GOOD = """
import seqspec
from seqspec.callbacks import EarlyStopping
from seqspec.layers import LSTM, Bidirectional, Conv2D, Dense, Flatten, MobileNetV2, Sequential
from seqspec.losses import CategoricalCrossentropy, Huber
from seqspec.metrics import AUC
from seqspec.optimizers import SGD, Adam, CosineDecay

layers = [
    Conv2D(filters=8, kernel_size=(3, 3), padding="same", activation="relu", kernel_regularizer="l2(0.01)"),
    Conv2D(filters=8, kernel_size=3, kernel_initializer={"type": "HeNormal", "seed": 1}, data_format=None),
    Flatten(),
]
spec = seqspec.Spec(model=seqspec.Model(input=[28, 28, 1], layers=layers), compile=seqspec.Compile(loss="mse"))
report: seqspec.Report = seqspec.check(spec.to_dict())
shape: tuple[int | None, ...] = report.layers[0].outputs[0].shape
count: int = report.params
Bidirectional(layer=LSTM(units=3, return_sequences=True), merge_mode="sum")
Sequential(layers=[Flatten(), Dense(units=2, name="head")], trainable=False)
MobileNetV2(include_top=False, weights=None, input_shape=[None, None, 3], pooling="avg")
seqspec.Model(input=["T", None, 3], layers=["Flatten", {"type": "Dense", "units": 3}])
seqspec.Compile(loss=Huber(delta=2.0), optimizer=SGD(learning_rate=0.1, momentum=0.9), metrics=[AUC(curve="PR")])
schedule = CosineDecay(initial_learning_rate=0.1, decay_steps=1000)
seqspec.Compile(loss=CategoricalCrossentropy(from_logits=True), optimizer=Adam(learning_rate=schedule))
seqspec.Fit(epochs=2, callbacks=[EarlyStopping(patience=3, restore_best_weights=True)])
try:
    seqspec.load("model.toml", vars={"width": 3})
except seqspec.SpecError as error:
    print(error.report.diagnostics[0].message)
"""

BAD = """
import seqspec
from seqspec.layers import Conv2D, Dense, LSTM
from seqspec.losses import Huber
from seqspec.optimizers import SGD

Dense(units="32")
Dense(unit=32)
Dense()
Conv2D(filters=8, kernel_size=3, padding="smae")
LSTM(8)
Conv3d = seqspec.layers.Conv3d
seqspec.check("model.toml").parameters
Huber(delta="1")
Huber(dleta=1.0)
SGD(momentum="0.9")
SGD(lr=0.1)
seqspec.Spec(compile=seqspec.Compile(loss="mse"))
seqspec.Spec(model=seqspec.Model(layers=[]), fitt=None)
seqspec.Fit(epochs="2")
"""
WRONG = set(range(6, 20))
"""The lines of the second sample, every one of which is wrong."""


def write_samples(folder):
    for name, source in (("good.py", GOOD), ("bad.py", BAD)):
        (folder / name).write_text(source.lstrip())


@pytest.fixture(scope="module")
def errors(tmp_path_factory):
    """The errors of both samples: file and line → message."""
    folder = tmp_path_factory.mktemp("typing")
    write_samples(folder)
    with pytest.MonkeyPatch.context() as patch:
        # In the checkout and with its options: what `mypy` has learned of seqspec there is read from its cache.
        patch.chdir(ROOT)
        from mypy import api

        out, err, status = api.run([str(folder / "good.py"), str(folder / "bad.py")])
    assert status == 1 and not err, out + err
    found = {}
    for line in out.splitlines():
        # The cache also has the errors, with the folder of an earlier run.
        file, _, rest = line.partition(":")
        number, _, message = rest.partition(": ")
        if message.startswith("error: "):
            found[Path(file).name, int(number)] = message
    return found


def test_a_right_sample(errors):
    assert [message for (file, _), message in errors.items() if file == "good.py"] == []


def test_wrong_arguments(errors):
    bad = {line: message for (file, line), message in errors.items() if file == "bad.py"}
    assert set(bad) == WRONG
    assert 'Argument "units" to "Dense" has incompatible type "str"; expected "int"' in bad[6]
    assert 'did you mean "units"?' in bad[7]
    assert 'Missing named argument "units"' in bad[8]
    assert 'Argument "padding" to "Conv2D"' in bad[9]
