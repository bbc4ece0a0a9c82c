"""The generated Keras program: its code, its layout, and specs without a program.

`--write-golden` writes the programs in `tests/cases/program` anew; read them as a reviewer who knows Keras.
"""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import seqspec
from seqspec.core.check.check import Check
from seqspec.core.codegen.write import NoProgram, program
from tests import ROOT

GOLDEN = ROOT / "tests/cases/program"
DOCUMENTS = (
    "examples/image_cnn.seqspec.toml",
    "examples/text_bigru.seqspec.toml",
    "examples/transfer_vgg16.seqspec.toml",
    "tests/cases/ok/all-tables.toml",
    "tests/cases/ok/custom.toml",
    "tests/cases/ok/shorthand.toml",
    "tests/cases/ok/training-in-stages.toml",
    "tests/cases/ok/wrappers.toml",
)
OWN = ["my_callbacks", "my_layers", "my_losses", "my_module"]
"""The modules of the documents here: they are the author's own, whose imports stand apart from others."""


def of(model, **tables):
    return seqspec.to_python({"seqspec": 1, "model": model, **tables})


@pytest.mark.parametrize("name", DOCUMENTS)
def test_golden(name, request):
    written = seqspec.to_python(ROOT / name)
    golden = GOLDEN / f"{Path(name).name.split('.')[0]}.py.out"
    if request.config.getoption("--write-golden"):
        golden.write_text(written, encoding="utf-8")
    assert written == golden.read_text(encoding="utf-8")


def test_golden_programs_have_documents():
    assert {path.name.split(".")[0] for path in GOLDEN.iterdir()} == {
        Path(name).name.split(".")[0] for name in DOCUMENTS
    }


def ruff(*arguments):
    own = f"lint.isort.known-first-party={json.dumps(OWN)}"
    command = [sys.executable, "-m", "ruff", *arguments[:1], "--isolated", "--config", own, *arguments[1:]]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


ODD = {
    "model": {
        "name": "name_" * 20,
        "input": {"shape": ["a_long_name_of_an_unknown_size", "another_long_name_of_one", 3], "name": "input_" * 9},
        "layers": [
            {"type": "TimeDistributed", "layer": {"type": "Sequential", "layers": [{"type": "Dense", "units": 2}]}},
            {"type": "TimeDistributed", "layer": {"type": "Dense", "units": 2, "name": "d" * 60}},
            {"type": "Reshape", "target_shape": [-1]},
            {"type": "Reshape", "target_shape": [2, -1]},
            {"type": "Sequential", "trainable": False, "layers": ["Flatten"], "name": "class"},
        ],
    },
    "compile": {"loss": {"x": "mse"}, "metrics": [["mae"], {"type": "MeanIoU", "num_classes": 2, "name": "é" * 50}]},
    "fit": {
        "callbacks": [
            {"type": "ModelCheckpoint", "filepath": '"quoted" it\'s \\ a \n line.keras'},
            {"type": "CSVLogger", "filename": "語" * 26, "separator": "'"},
            {"type": "RemoteMonitor", "headers": {"key": "value" * 20, "'": '"'}},
        ],
        "class_weight": {str(number): 1e-7 * number for number in range(12)},
    },
    "data": {"train": {"source": "a very long path " * 5, "range": [0.0, 1e20], "samples": 10}},
}


@pytest.mark.needs("ruff")
def test_programs_are_as_ruff_leaves_them(tmp_path):
    count = 0
    folders = (ROOT / "examples", ROOT / "tests/cases/ok", ROOT / "tests/cases/clean")
    sources = [path for folder in folders for path in folder.rglob("*") if path.suffix in (".toml", ".json")]
    for source in [*sources, {"seqspec": 1, **ODD}]:
        result = Check.of(source)
        if result.validation.ok:
            (tmp_path / f"program_{count}.py").write_text(program(result), encoding="utf-8")
            count += 1
    assert count > 150
    assert (tmp_path / f"program_{count - 1}.py").read_text(encoding="utf-8").count("語") == 26
    formatted = ruff("format", "--diff", str(tmp_path))
    assert formatted.returncode == 0, formatted.stdout[:3000] + formatted.stderr
    # A long string of the author's is no longer line than it has to be.
    checked = ruff("check", "--select=E,F,I", "--ignore=E501", "--output-format=concise", str(tmp_path))
    assert checked.returncode == 0, checked.stdout[:3000] + checked.stderr


def test_program_lines_are_short():
    for path in [*(ROOT / "examples").glob("*.seqspec.*"), *(ROOT / "tests/cases/clean").glob("*.toml")]:
        assert max(map(len, seqspec.to_python(path).splitlines())) <= 88


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ({"type": "Dense", "units": 1000, "use_bias": False}, "layers.Dense(1000, use_bias=False)"),
        ({"type": "Dense", "activation": "swish", "units": 1}, 'layers.Dense(1, activation="swish")'),
        ({"type": "Dense", "units": 1, "activation": "none"}, "layers.Dense(1, activation=None)"),
        ({"type": "Dropout", "rate": "1/4"}, "layers.Dropout(1 / 4)"),
        ({"type": "Rescaling", "scale": "-01/127.50", "offset": 1}, "layers.Rescaling(-1 / 127.50, offset=1)"),
        ({"type": "Dropout", "rate": "123456789012345/999999999999999"}, "layers.Dropout(0.12345678901234512)"),
        ({"type": "GaussianNoise", "stddev": 1e-5}, "layers.GaussianNoise(1e-5)"),
        ({"type": "LeakyReLU", "negative_slope": 1e-3}, "layers.LeakyReLU(negative_slope=0.001)"),
        ({"type": "Reshape", "target_shape": [6]}, "layers.Reshape((6,))"),
        ({"type": "Dense", "units": 2, "kernel_initializer": "he_normal"},
         'layers.Dense(2, kernel_initializer="he_normal")'),
        ({"type": "Dense", "units": 2, "kernel_initializer": {"type": "HeNormal"}},
         "layers.Dense(2, kernel_initializer=keras.initializers.HeNormal())"),
        ({"type": "Dense", "units": 2, "bias_regularizer": "l2(1/8)"},
         "layers.Dense(2, bias_regularizer=keras.regularizers.L2(0.125))"),
        ({"type": "Dense", "units": 2, "dtype": "float64", "activation": "relu(max_value=6)"},
         'layers.Dense( 2, activation=layers.ReLU(max_value=6, dtype="float64"), dtype="float64" )'),
        ({"type": "Dense", "units": 2, "trainable": False, "name": "it"},
         'layers.Dense(2, trainable=False, name="it")'),
    ],
    ids=str,
)  # fmt: skip
def test_layers(entry, line):
    assert f"{line}, ]" in " ".join(of({"input": [6], "layers": [entry]}).split())


def test_a_window_is_written_as_the_author_did():
    pool = {"type": "MaxPooling2D", "pool_size": [2, 2], "strides": 2}
    assert "layers.MaxPooling2D(pool_size=(2, 2), strides=2)" in of({"input": [8, 8, 1], "layers": [pool]})


def test_blocks_are_named_where_their_copies_begin():
    document = {
        "seqspec": 1,
        "blocks": {
            "inner": {"layers": [{"type": "Dropout", "rate": 0.1}]},
            "outer": {"params": {"n": 1}, "layers": [{"type": "Dense", "units": "$n"}, {"use": "inner", "repeat": 2}]},
        },
        "model": {
            "input": [4],
            "layers": [
                {"use": "outer", "for": {"n": [5, 6]}},
                "Flatten",
                {"use": "inner"},
                {"type": "Dense", "units": 7, "repeat": 2},
            ],
        },
    }
    assert lines_of_the_stack(seqspec.to_python(document))[1:] == [
        "# block outer (3 layers)", "layers.Dense(5),", "layers.Dropout(0.1),", "layers.Dropout(0.1),",
        "# block outer (3 layers)", "layers.Dense(6),", "layers.Dropout(0.1),", "layers.Dropout(0.1),",
        "layers.Flatten(),",
        "# block inner (1 layer)", "layers.Dropout(0.1),",
        "layers.Dense(7),", "layers.Dense(7),",
    ]  # fmt: skip


def lines_of_the_stack(text):
    return [line.strip() for line in text.split("    [\n")[1].split("    ]")[0].splitlines()]


def test_unknown_sizes_are_none_and_keep_their_names():
    text = of({"input": ["T", "?", 3], "layers": ["Flatten"]})
    assert "keras.Input(shape=(None, None, 3)),  # (T, ?, 3)\n" in text
    assert "keras.Input(shape=(None, 3)),\n" in of({"input": ["?", 3], "layers": ["Flatten"]})


def test_names_that_keras_would_count_otherwise_are_written():
    both = {"type": "Bidirectional", "layer": {"type": "LSTM", "units": 2, "return_sequences": True}}
    text = of({"input": [5, 3], "layers": [both, both, {"type": "LSTM", "units": 2}]})
    assert lines_of_the_stack(text)[1:] == [
        "layers.Bidirectional(layers.LSTM(2, return_sequences=True)),",
        'layers.Bidirectional(layers.LSTM(2, return_sequences=True, name="lstm")),',
        'layers.LSTM(2, name="lstm"),',
    ]


def test_names_of_variables_and_classes_that_are_taken():
    layers = [
        {"custom": "layers", "name": "model"},
        {"custom": "Other"},
        {"type": "Sequential", "layers": ["Flatten"], "trainable": False, "name": "x_train"},
        {"type": "Sequential", "layers": [{"type": "Dense", "units": 1}], "trainable": False, "name": "not-a-word"},
        {"type": "Sequential", "layers": ["Flatten"], "trainable": False},
    ]
    custom = {"layers": {"import": "mine:layers"}, "Other": {"import": "yours.deep:layers"}}
    text = of({"input": [4], "layers": layers}, custom=custom)
    assert "from mine import layers as layers_2\nfrom yours.deep import layers as layers_3\n" in text
    for line in ("x_train_2.trainable = False", "frozen.trainable = False", "frozen_2.trainable = False"):
        assert line in text
    ast.parse(text)


def test_values_of_the_author_s_own_classes():
    custom = {"import": "mine:Mine", "args": {"properties": {"rate": {"type": "number"}}}}
    entry = {"custom": "Mine", "rate": "1/3", "table": {"a": [1, True, None]}, "words": "1/3"}
    odd = {"custom": "Mine", "a-b": 1, "class": "x", "rate": 2, "c=1); import os #": 3}
    text = of({"input": [4], "layers": [entry, odd]}, custom={"Mine": custom})
    assert 'Mine(rate=1 / 3, table={"a": [1, True, None]}, words="1/3"),' in text
    assert 'Mine(rate=2, **{"a-b": 1, "class": "x", "c=1); import os #": 3}' in text


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ({"kind": "binary"}, "0 or 1"),
        ({"kind": "binary", "encoding": "one_hot"}, "one-hot vectors of 2 classes"),
        ({"kind": "multiclass", "classes": 3}, "class indices from 0 to 2"),
        ({"kind": "multilabel", "classes": 3}, "multi-hot vectors of 3 classes"),
        ({"kind": "regression", "shape": [2], "range": [0, 1]}, "numbers from 0 to 1, shape (2,)"),
    ],
    ids=str,
)
def test_program_describes_the_labels(target, words):
    model = {"input": [4], "layers": [{"type": "Dense", "units": 3}]}
    assert f"y_train = ...  # {words}\n" in of(model, target=target, compile={"loss": "mse"}, fit={})


def test_comments_of_programs_cannot_be_escaped():
    document = {
        "seqspec": 1,
        "blocks": {"a\nimport os": {"layers": ["Flatten"]}},
        "model": {"input": [4], "layers": [{"use": "a\nimport os"}, {"type": "Dense", "units": 3}]},
        "compile": {"loss": "mse"},
        "fit": {},
        "data": {"train": {"source": "a.npz\r\nimport os\u2028 \x1b"}},
    }
    text = seqspec.to_python(document)
    assert "x_train = ...  # samples of shape (4,), float32, from a.npz\\r\\nimport os\\u2028 \\x1b\n" in text
    assert "        # block a\\nimport os (1 layer)\n" in text
    assert text.count("import") == 4
    text.encode("utf-8")


def test_program_without_fit_needs_no_data():
    text = of(
        {"input": [4], "layers": [{"type": "Dense", "units": 3}]}, save={"filepath": "m.keras"}, data={"train": {}}
    )
    assert text.endswith('    ]\n)\n\nmodel.save("m.keras")\n')


@pytest.mark.parametrize("stack", [[{"custom": "Mine"}], [{"type": "VGG16", "weights": "none"}], []], ids=str)
def test_layers_are_imported_where_they_are_used(stack):
    document = {"custom": {"Mine": {"import": "mine:Mine"}}} if "custom" in str(stack) else {}
    text = of({"input": [224, 224, 3], "layers": stack}, **document)
    assert text.startswith("import keras\n\n")
    assert "layers" not in text


def test_a_report_on_nothing():
    text = of({"input": [4], "layers": ["Flatten"]}, report={"filepath": "r.json", "evaluate": []})
    assert text.startswith("import json\n") and "report = {}\n" in text and "fill them in" not in text


def test_settings_and_variables():
    document = {
        "seqspec": 1,
        "vars": {"width": 3},
        "model": {"input": [4], "layers": [{"type": "Dense", "units": "$width", "name": "head"}]},
    }
    assert 'layers.Dense(5, name="head")' in seqspec.to_python(document, vars={"width": 5})
    assert "layers.Dense(3, use_bias=False" not in seqspec.to_python(document)
    assert "use_bias=False" in seqspec.to_python(document, settings=["layers.head.use_bias=false"])


BROKEN = {"seqspec": 1, "model": {"input": [4], "layers": [{"type": "Dense"}]}}


def test_a_document_with_mistakes():
    with pytest.raises(seqspec.SpecError) as caught:
        seqspec.to_python(BROKEN)
    assert caught.value.report.diagnostics[0].name == "missing-argument"
    for source in (BROKEN, {}, {"seqspec": 1}, {"seqspec": 1, "model": {"input": [4], "layers": ["MaxPooling2D"]}}):
        with pytest.raises(NoProgram, match=r"^The spec does not define a valid model: .*[.]$"):
            program(Check.of(source))


def test_program_is_written_despite_findings():
    document = {
        "seqspec": 1,
        "model": {"input": [4], "layers": [{"type": "Dense", "units": 1, "activation": "softmax"}]},
        "compile": {"optimizer": "adam", "loss": "binary_crossentropy"},
        "fit": {},
        "target": {"kind": "binary"},
    }
    result = Check.of(document)
    assert not result.report.ok
    assert program(result) == seqspec.to_python(document)


def test_a_program_is_the_same_every_time():
    path = ROOT / "examples/image_cnn.seqspec.toml"
    assert len({seqspec.to_python(path) for _ in range(3)}) == 1


def test_from_a_spec():
    spec = seqspec.load(ROOT / "examples/mnist_cnn.seqspec.json")
    assert seqspec.to_python(spec) == seqspec.to_python(ROOT / "examples/mnist_cnn.seqspec.json")
