"""Messages for common mistakes: one finding per cause, at its location, with the correct spelling in the help."""

import pytest

from seqspec.core.check.check import check
from seqspec.core.syntax.source import parse_text
from tests.messages import numbers

HEAD = "seqspec = 1\n"
COMPILE = '[compile]\noptimizer = "adam"\nloss = "mse"\n'


def model(*layers, input="[8]"):
    entries = "".join(f"  {layer},\n" for layer in layers)
    return f"[model]\ninput = {input}\nlayers = [\n{entries}]\n"


def dense(units="4", **more):
    return f'{{ type = "Dense", units = {units}{"".join(f", {key} = {value}" for key, value in more.items())} }}'


def findings(text, format="toml"):
    return check(parse_text(text, f"m.{format}", format)).diagnostics


# Each text has the mistakes in order: the code, and a part of the label, the help or the message.
MISTAKES = {
    "curly quotes": (model(dense(activation="“relu”")), [("SEQ001", 'replace the curly quotes: "relu"')]),
    "None in a shape": (model(dense(), input="[None, 3]"), [("SEQ001", 'write "?" or a name for an unknown size')]),
    "a prefix of a layer": (model('{ type = "keras.layers.Dense", units = 4 }'), [("SEQ101", 'write "Dense"')]),
    "a short prefix": (model('{ type = "layers.Dense", units = 4 }'), [("SEQ101", 'write "Dense"')]),
    "a call of an optimizer": (
        model(dense()) + '[compile]\nloss = "mse"\noptimizer = "keras.optimizers.Adam(1e-3)"\n',
        [("SEQ107", 'write "Adam(1e-3)"')],
    ),
    "PyTorch's Linear": (
        model('{ type = "Linear", in_features = 8, out_features = 4 }'),
        [("SEQ101", 'write "Dense"'), ("SEQ102", "takes the size of the input"), ("SEQ102", "write units")],
    ),
    "PyTorch's BatchNorm1d": (model('"BatchNorm1d"'), [("SEQ101", 'write "BatchNormalization"')]),
    "PyTorch's Conv2d": (
        model('{ type = "Conv2d", in_channels = 3, out_channels = 8, kernel_size = 3 }', input="[8, 8, 3]"),
        [("SEQ101", 'write "Conv2D"'), ("SEQ102", "takes the size of the input"), ("SEQ102", "write filters")],
    ),
    "PyTorch's initializer": (
        model(dense(kernel_initializer='"xavier_uniform"')),
        [("SEQ106", 'write "GlorotUniform"')],
    ),
    "PyTorch's loss": (
        model(dense()) + '[compile]\noptimizer = "adam"\nloss = "CrossEntropyLoss"\n',
        [("SEQ106", "sparse_categorical_crossentropy")],
    ),
    "learning_rate in compile": (
        model(dense()) + COMPILE + "learning_rate = 0.001\n",
        [("SEQ010", "learning_rate = 0.001 }")],
    ),
    "input_shape in model": (model(dense()).replace("input", "input_shape"), [("SEQ010", "did you mean input?")]),
    "[model.compile]": (model(dense()) + COMPILE.replace("[", "[model."), [("SEQ010", "write [compile]")]),
    "[train]": (model(dense()) + COMPILE + "[train]\nepochs = 3\n", [("SEQ010", "write fit")]),
    "[training]": (model(dense()) + COMPILE + "[training]\nepochs = 3\n", [("SEQ010", "write fit")]),
    "another word for the argument that is missing": (
        model('{ type = "Dense", neurons = 4 }', '{ type = "Dropout", prob = 0.5 }'),
        [("SEQ102", "did you mean units?"), ("SEQ102", "did you mean rate?")],
    ),
    "another word with a value that does not fit": (
        model('{ type = "Dense", act = "relu" }'),
        [("SEQ102", "Dense accepts units")],
    ),
    "another word for the key that is missing": (
        model(dense()) + '[data]\nsource = { type = "images", folder = "train" }\n',
        [("SEQ010", "did you mean path?")],
    ),
    "a list of the layers that a stage trains": (
        model(dense(name='"head"')) + COMPILE + '[[fit]]\nepochs = 50\ntrainable = ["head"]\n',
        [("SEQ104", "write { head = true }")],
    ),
    "names as the number of classes": (
        model(dense("2", activation='"softmax"')) + '[target]\nkind = "multiclass"\nclasses = ["cat", "dog"]\n',
        [("SEQ104", "in the key names")],
    ),
    "mixed_precision in runtime": (
        model(dense()) + "[runtime]\nmixed_precision = true\n",
        [("SEQ010", 'write dtype_policy = "mixed_float16"')],
    ),
    "mixed_precision in model": (
        model(dense()) + "mixed_precision = true\n",
        [("SEQ010", 'write dtype_policy = "mixed_float16" in [runtime]')],
    ),
    "mixed_precision at the top": (
        "mixed_precision = true\n" + model(dense()),
        [("SEQ010", 'write dtype_policy = "mixed_float16" in [runtime]')],
    ),
    "mixed_fp16": (model(dense()) + '[runtime]\ndtype_policy = "mixed_fp16"\n', [("SEQ106", 'write "mixed_float16"')]),
    "type of a target": (model(dense("1")) + '[target]\ntype = "binary"\n', [("SEQ010", "did you mean kind?")]),
    "a categorical target": (
        model(dense()) + '[target]\nkind = "categorical"\nclasses = 4\n',
        [("SEQ105", 'write "multiclass"')],
    ),
    "a target of classification": (
        model(dense()) + '[target]\nkind = "classification"\nclasses = 4\n',
        [("SEQ105", 'write "multiclass"')],
    ),
    "a misspelt parameter": (
        model('{ use = "b", widht = 3 }')
        + '[blocks.b]\nparams = { width = 3 }\nlayers = [{ type = "Dense", units = "$width" }]\n',
        [("SEQ102", "did you mean width?")],
    ),
    "repeat in quotes": (
        model('{ type = "Dense", units = 3, repeat = "2" }'),
        [("SEQ025", "repeat = 2, without quotes")],
    ),
    "Bidirectional with units": (
        model('{ type = "Bidirectional", units = 3 }', input="[5, 3]"),
        [("SEQ102", 'wrap a layer: layer = { type = "LSTM"')],
    ),
    "tflite": (
        model(dense()) + '[export]\nfilepath = "m.tflite"\nformat = "tflite"\n',
        [("SEQ105", 'write "litert"')],
    ),
    "[layers] with layers": (
        f"[model]\ninput = [8]\n[layers]\nlayers = [{dense()}]\n",
        [("SEQ012", "move it to the table [model]")],
    ),
    "layers with [layers] and a wrong value": (
        f"[model]\ninput = [8]\n[layers]\nlayers = [{dense('-1')}]\n",
        [("SEQ012", "move it"), ("SEQ105", "units must be a positive integer")],
    ),
    "parameters of a block in a table": (
        '[blocks.stage]\nparams = { units = 8 }\nlayers = [{ type = "Dense", units = "$units" }]\n'
        + model('{ use = "stage", with = { units = 4 } }'),
        [("SEQ102", "write units beside use, without the table with")],
    ),
    "a block in place of use": (
        model('{ block = "b" }', dense()) + '[blocks.b]\nlayers = [{ type = "Dense", units = 3 }]\n',
        [("SEQ113", 'did you mean use = "b"?')],
    ),
    "a block as a type": (
        model('{ type = "stem" }', dense()) + '[blocks.stem]\nlayers = [{ type = "Dense", units = 3 }]\n',
        [("SEQ101", 'did you mean use = "stem"?')],
    ),
    "a custom class as a type": (
        model('{ type = "Swish2" }', dense()) + '[custom.Swish2]\nimport = "m:Swish2"\n',
        [("SEQ101", 'did you mean custom = "Swish2"?')],
    ),
    "a variable without its dollar sign": (
        "vars = { classes = 10 }\n" + model(dense('"classes"')),
        [("SEQ104", 'did you mean "$classes"?')],
    ),
    "a size in quotes": (
        model('{ type = "Conv2D", filters = 4, kernel_size = "3x3", strides = "2" }', input="[8, 8, 3]"),
        [("SEQ104", "write [3, 3]"), ("SEQ104", "write 2 without quotes")],
    ),
    "a rate in percent": (model('{ type = "Dropout", rate = 50 }'), [("SEQ105", "write 0.5 for 50%")]),
    "noise in the unit of the input": (
        model('{ type = "GaussianNoise", stddev = 15 }'),
        [("SEQ105", "it is in the unit of the input: scale the input first")],
    ),
    "a split in percent": (
        model(dense()) + COMPILE + "[fit]\nepochs = 3\nvalidation_split = 20\n",
        [("SEQ105", "write 0.2 for 20%")],
    ),
    "TimeDistributed with units": (
        model('{ type = "TimeDistributed", units = 3 }', input="[5, 3]"),
        [("SEQ102", 'wrap a layer: layer = { type = "Dense"')],
    ),
    "vocab_size of an Embedding": (
        model('{ type = "Embedding", vocab_size = 9, embedding_dim = 4 }'),
        [("SEQ102", "write input_dim"), ("SEQ102", "write output_dim")],
    ),
    "kernel of a convolution": (
        model('{ type = "Conv2D", filter = 4, kernel = 3 }', input="[8, 8, 3]"),
        [("SEQ102", "write filters"), ("SEQ102", "write kernel_size")],
    ),
    "input_dim of a Dense": (
        '[model]\nlayers = [{ type = "Dense", units = 3, input_dim = 8 }]\n',
        [("SEQ102", "write input = [8] in [model]")],
    ),
    "YAML": ("", [("SEQ001", "this is YAML, not TOML")]),
    "one colon": (model(dense()).replace("input =", "input:"), [("SEQ001", "TOML separates key and value with =")]),
    "several words without quotes": (
        model("{ type = Dense, units = 4 }", "{ type = 'Dense', units = None }")
        + "[compile]\nloss = mse\noptimizer = “adam”\n",
        [("SEQ001", '"Dense"'), ("SEQ001", "TOML has no None"), ("SEQ001", '"mse"'), ("SEQ001", "curly quotes")],
    ),
    "nothing after an open list": (
        "[model]\ninput = [8\nlayers = [Dense]\n[compile]\nloss = mse\n",
        [("SEQ001", "unclosed [")],
    ),
    "a call in place of a value": (
        model(dense()) + "[compile]\nloss = mse\noptimizer = Adam(learning_rate=0.1)\nmetrics = [acc]\n",
        [("SEQ001", '"mse"'), ("SEQ001", '{ type = "Adam", ... }')],
    ),
}  # fmt: skip
MISTAKES["YAML"] = ("\nmodel:\n  input: [8]\n  layers:\n    - type: Dense\n      units: 4\n", MISTAKES["YAML"][1])


@pytest.mark.parametrize(("text", "expected"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_reported_once_with_what_to_write(text, expected):
    found = findings(text if text.startswith("\nmodel:") else HEAD + text)
    found = [one for one in found if one.code < "SEQ3"]
    assert [one.code for one in found] == [code for code, _ in expected], found
    for one, (_, words) in zip(found, expected):
        assert words in f"{one.message}\n{one.label}\n{one.help}", one


def test_mistakes_of_json_that_are_local():
    text = (
        '{"seqspec": 1, "model": {"input": [None], "layers": [{"type": Dense, "units": 4,}]}, // all\n "x": mse "y": 1}'
    )
    found = findings(text, "json")
    assert [(one.span.line, one.span.column) for one in found] == [(1, 36), (1, 63), (1, 80), (1, 86), (2, 7)]


def test_curly_quotes_of_json():
    (found,) = findings('{"seqspec": 1, "model": {"input": [8], "layers": [{"type": “Dense”, "units": 4}]}}', "json")
    assert (found.code, found.span.column) == ("SEQ001", 60)


@pytest.mark.parametrize("number", ["9223372036854775808", "1" + "0" * 30, "-" + "9" * 30])
def test_a_shorthand_holds_no_integer_that_the_language_does_not(number):
    (found,) = findings(HEAD + model(dense(kernel_regularizer=f'"l2({number})"')))
    assert found.code == "SEQ107"


INPUTS = {
    "Dense": ("units = 4", "[16]"),
    "LSTM": ("units = 4", "[100, 16]"),
    "Conv1D": ("filters = 4, kernel_size = 3", "[100, 16]"),
    "Conv2D": ("filters = 4, kernel_size = 3", "[28, 28, 1]"),
    "Conv3D": ("filters = 4, kernel_size = 3", "[16, 64, 64, 3]"),
    "Embedding": ("input_dim = 9, output_dim = 4", "[100]"),
    "Bidirectional": ('layer = { type = "LSTM", units = 4 }', "[100, 16]"),
    "TextVectorization": ("max_tokens = 100", '{ shape = [1], dtype = "string" }'),
    "Rescaling": ("scale = 2.0", "[28, 28, 1]"),
}


@pytest.mark.parametrize(("kind", "arguments", "shape"), [(kind, *case) for kind, case in INPUTS.items()])
def test_a_missing_input_is_shown_with_a_rank_that_the_first_layer_accepts(kind, arguments, shape):
    text = f'{HEAD}[model]\nlayers = [{{ type = "{kind}", {arguments} }}]\n'
    (found,) = findings(text)
    assert (found.code, f" input = {shape} " in found.help) == ("SEQ201", True)
    assert not findings(text.replace("layers", f"input = {shape}\nlayers"))


@pytest.mark.parametrize("layer", ['{ type = "ResNet50", weights = "none", input_shape = [224, 224, 3] }'])
def test_a_base_model_says_the_input(layer):
    assert "SEQ201" not in {one.code for one in findings(f"{HEAD}[model]\nlayers = [{layer}]\n")}


@pytest.mark.parametrize(("rank", "example"), [(1, "(7, 1)"), (2, "[28, 28, 1]"), (3, "[16, 64, 64, 3]")])
def test_a_convolution_after_a_dense_layer(rank, example):
    (found,) = findings(HEAD + model(dense("7"), f'{{ type = "Conv{rank}D", filters = 4, kernel_size = 3 }}'))
    assert (found.code, example in found.help) == ("SEQ210", True)


@pytest.mark.parametrize("layer", ["StringLookup", "TextVectorization"])
def test_text_layers_on_numbers_are_one_finding(layer):
    text = HEAD + model(f'"{layer}"') + COMPILE + "[fit]\nepochs = 3\n"
    found = {one.code for one in findings(text) if one.pointer == "/model/layers/0"}
    assert found == {"SEQ408"}
    text = text.replace("[8]", '{ shape = [1], dtype = "string" }')
    assert {one.code for one in findings(text) if one.pointer == "/model/layers/0"} == {"SEQ603"}


def test_a_layer_type_alone_is_not_renamed_where_arguments_are_missing():
    missing, renamed = findings(HEAD + model('{ type = "Linear" }'))
    assert (renamed.code, renamed.fix) == ("SEQ101", None)
    assert missing.code == "SEQ103"
    assert findings(HEAD + model('{ type = "Linear", units = 4 }'))[0].fix is not None


def test_a_misspelt_argument_does_not_show_its_value():
    (found,) = findings(HEAD + "vars = { width = 4 }\n" + model(dense().replace("units = 4", 'unit = "$width"')))
    assert (found.code, found.fix.edits[0].text, found.related) == ("SEQ102", "units", ())


@pytest.mark.parametrize("rate", ["2", "1"])
def test_a_dropout_that_keras_clips(rate):
    text = model(f'{{ type = "LSTM", units = 2, dropout = {rate} }}', input="[5, 3]")
    (found,) = (one for one in findings(HEAD + text) if one.code == "SEQ438")
    assert found.pointer == "/model/layers/0/dropout"


def test_the_layer_whose_weights_exceed_the_memory_is_named():
    text = HEAD + model(
        '{ type = "Conv2D", filters = 64, kernel_size = 3, activation = "relu" }',
        '"Flatten"',
        dense("100_000", activation='"relu"', name='"wide"'),
        dense("10", activation='"softmax"'),
        input="[224, 224, 3]",
    )
    text += (
        '[compile]\noptimizer = "adam"\nloss = "sparse_categorical_crossentropy"\n[fit]\nepochs = 3\nbatch_size = 32\n'
    )
    (found,) = (one for one in findings(text) if one.code == "SEQ702")
    assert "wide" in found.help.parts and numbers(found.help) == [315_417_700_000]
    assert found.related[0].pointer == "/model/layers/2"


FILES = {
    "missing": (None, "file not found", "did you mean models.toml?"),
    "folder": ("folder", "this is a folder, not a file", "pass a file in it"),
    "utf-16": ("a = 1".encode("utf-16"), "the file is UTF-16, not UTF-8", "save it as UTF-8"),
    "no text": (b"a = '\xff'", "the file is not UTF-8: invalid byte 0xff", "save it as UTF-8"),
    "binary": (b"\0a", "the file is binary, or UTF-16 and not UTF-8", "save it as UTF-8"),
}


@pytest.mark.parametrize(("content", "message", "help"), FILES.values(), ids=FILES.keys())
def test_a_file_that_cannot_be_read(content, message, help, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models.toml").touch()
    if content == "folder":
        (tmp_path / "model.toml").mkdir()
    elif content is not None:
        (tmp_path / "model.toml").write_bytes(content)
    (found,) = check("model.toml").diagnostics
    assert (found.name, found.message, found.help) == ("unreadable-file", message, help)
