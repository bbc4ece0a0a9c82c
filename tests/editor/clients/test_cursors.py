"""Completions and hovers of every engine at positions marked by `<|>`.

Where it can, an engine offers the arguments of the class at hand and no others. The two TOML servers look at less of
the document than VS Code: taplo offers the keys of all classes, tombi those of one as long as no value is wrong.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from seqspec.core.catalog import activations, callbacks, losses, metrics
from seqspec.core.catalog.callbacks import EarlyStopping
from seqspec.core.catalog.index import LAYERS, layer_class
from seqspec.core.catalog.initializers import HeNormal
from seqspec.core.catalog.optimizers.adam import Adam
from seqspec.core.document.target import KINDS, Multiclass
from seqspec.core.document.training_tables import Compile, Fit
from seqspec.core.language.keys import TOP_LEVEL
from seqspec.core.schema.descriptions import summary

MARK = "<|>"
ALONE = {name for name, metric in metrics.NAMES.items() if not metric.required()}
"""The metrics that need no argument, which may stand alone."""

REPETITION = {"repeat", "for"}
HIDDEN = {"quantization_config", "gptq_unpacked_column_size"}
"""Arguments that no document can give."""


def own(declared: Any, *given: str) -> set[str]:
    """The arguments of a class that are not given yet."""
    return set(declared.model_fields) - HIDDEN - set(given)


def layer(name: str, *given: str) -> set[str]:
    return own(layer_class(name), *given) | REPETITION


class Cursor(NamedTuple):
    """A place in a document, and what must be offered there: just that, or that and more."""

    text: str
    offers: set[str]
    more: bool = False


class Hover(NamedTuple):
    """A place in a document, and what its explanation must hold."""

    text: str
    words: str


def ask(client, text):
    offset = text.index(MARK)
    return client.ask(text.replace(MARK, ""), offset)


def check(client, cursor):
    labels = ask(client, cursor.text).labels
    assert cursor.offers <= labels, sorted(cursor.offers - labels)
    if not cursor.more:
        assert labels == cursor.offers, sorted(labels - cursor.offers)


def json_layers(layers: str) -> str:
    return f'{{"seqspec": 1, "model": {{"input": [4], "layers": [{layers}]}}}}'


def json_tables(tables: str) -> str:
    return f'{{"seqspec": 1, "model": {{"input": [4], "layers": ["Flatten"]}}, {tables}}}'


JSON = {
    "a layer": Cursor(json_layers('{"type": "Dense", "units": 3, <|>}'), layer("Dense", "units")),
    "what a layer lacks": Cursor(json_layers('{"type": "Conv2D", <|>}'), layer("Conv2D")),
    "beside a wrong value": Cursor(json_layers('{"type": "Conv2D", "filters": "8", <|>}'), layer("Conv2D", "filters")),
    "beside a wrong key": Cursor(json_layers('{"type": "LSTM", "unit": 8, <|>}'), layer("LSTM")),
    "a layer by its second name": Cursor(json_layers('{"type": "MaxPool2D", <|>}'), layer("MaxPooling2D")),
    "a base model": Cursor(json_layers('{"type": "VGG16", <|>}'), layer("VGG16")),
    "a layer inside another": Cursor(
        json_layers('{"type": "Bidirectional", "layer": {"type": "LSTM", "units": 4, <|>}}'), layer("LSTM", "units")
    ),
    "a layer in a stack inside": Cursor(
        json_layers('{"type": "Sequential", "layers": [{"type": "Dense", "units": 4, <|>}]}'), layer("Dense", "units")
    ),
    "an empty layer": Cursor(json_layers("{<|>}"), {"type", "use", "custom", *REPETITION}),
    "the class of a new layer": Cursor(json_layers('{"type": "<|>"}'), set(LAYERS), more=True),
    "another class for a layer": Cursor(json_layers('{"type": "Den<|>se", "units": 3}'), set(LAYERS), more=True),
    "a new layer": Cursor(json_layers("<|>"), {"Dense", "Conv2D", "Flatten", "LSTM", "use"}, more=True),
    "an activation": Cursor(
        json_layers('{"type": "Dense", "units": 3, "activation": "<|>"}'), {*activations.NAMES, "none", "null"}
    ),
    "one of a few words": Cursor(
        json_layers('{"type": "Conv2D", "filters": 3, "kernel_size": 3, "padding": "<|>"}'), {"valid", "same"}
    ),
    "true or false": Cursor(json_layers('{"type": "Dense", "units": 3, "use_bias": <|>}'), {"true", "false"}),
    "an initializer": Cursor(
        json_layers('{"type": "Dense", "units": 3, "kernel_initializer": {"type": "HeNormal", <|>}}'), own(HeNormal)
    ),
    "an optimizer": Cursor(json_tables('"compile": {"optimizer": {"type": "Adam", <|>}}'), own(Adam)),
    "a loss": Cursor(json_tables('"compile": {"loss": "<|>"}'), set(losses.NAMES), more=True),
    "a metric": Cursor(json_tables('"compile": {"metrics": ["<|>"]}'), ALONE, more=True),
    "a callback": Cursor(json_tables('"fit": {"callbacks": [{"type": "<|>"}]}'), set(callbacks.NAMES)),
    "the arguments of a callback": Cursor(
        json_tables('"fit": {"callbacks": [{"type": "EarlyStopping", <|>}]}'), own(EarlyStopping)
    ),
    "compile": Cursor(json_tables('"compile": {"loss": "mse", <|>}'), own(Compile, "loss")),
    "the kind of label": Cursor(json_tables('"target": {"kind": "<|>"}'), set(KINDS)),
    "the keys of a kind of label": Cursor(
        json_tables('"target": {"kind": "multiclass", <|>}'), own(Multiclass, "kind")
    ),
    "the top": Cursor('{"seqspec": 1, <|>}', set(TOP_LEVEL) - {"seqspec"}),
}


@pytest.mark.needs("node", "editor engines")
@pytest.mark.parametrize("name", JSON)
def test_vscode(vscode, name):
    check(vscode, JSON[name])


@pytest.mark.needs("node", "editor engines")
def test_vscode_writes_what_a_layer_requires(vscode):
    found = ask(vscode, json_layers("<|>")).completions
    inserts = next(each.inserts for each in found if each.label == "Conv2D")
    assert '"type": "Conv2D"' in inserts and '"filters": $1' in inserts and '"kernel_size": $2' in inserts


@pytest.mark.needs("node", "editor engines")
def test_vscode_explains_what_it_offers(vscode):
    answer = ask(vscode, json_layers('{"type": "Dense", "units": 3, <|>}'))
    assert "Whether to add a bias." in answer.documentation("use_bias")
    answer = ask(vscode, json_layers('{"type": "<|>"}'))
    assert answer.documentation("Dense") == summary(layer_class("Dense"))


JSON_HOVERS = {
    "a key": Hover(json_layers('{"type": "Dense", "un<|>its": 3}'), "**Required.**"),
    "a class": Hover(json_layers('{"type": "Den<|>se", "units": 3}'), summary(layer_class("Dense"))),
    "an activation": Hover(json_layers('{"type": "Dense", "units": 3, "activation": "re<|>lu"}'), "Rectified linear"),
    "a default": Hover(json_layers('{"type": "Dropout", "rate": 0.5, "se<|>ed": 1}'), 'Default: `"none"`'),
    "a table": Hover(json_tables('"comp<|>ile": {}'), "How the model is compiled."),
}


@pytest.mark.needs("node", "editor engines")
@pytest.mark.parametrize("name", JSON_HOVERS)
def test_vscode_explains(vscode, name):
    hover = JSON_HOVERS[name]
    assert hover.words in ask(vscode, hover.text).hover


HEAD = "seqspec = 1\n[model]\ninput = [4]\n"


def toml_layer(lines: str) -> str:
    return f"{HEAD}[[model.layers]]\n{lines}\n"


def toml_tables(lines: str) -> str:
    return f'{HEAD}layers = ["Flatten"]\n{lines}\n'


TOML = {
    "a layer": Cursor(toml_layer('type = "Dense"\nunits = 3\n<|>'), layer("Dense", "units")),
    "what a layer lacks": Cursor(toml_layer('type = "Conv2D"\n<|>'), layer("Conv2D")),
    "beside a wrong key": Cursor(toml_layer('type = "LSTM"\nunit = 8\n<|>'), layer("LSTM")),
    "a base model": Cursor(toml_layer('type = "VGG16"\n<|>'), layer("VGG16")),
    "the second layer": Cursor(
        toml_layer('type = "Dense"\nunits = 3\n[[model.layers]]\ntype = "Dropout"\n<|>'), layer("Dropout")
    ),
    "the class of a new layer": Cursor(toml_layer('type = "<|>"'), set(LAYERS)),
    "another class for a layer": Cursor(toml_layer('type = "Den<|>se"\nunits = 3'), {"Dense", "DenseNet121"}),
    "an activation": Cursor(toml_layer('type = "Dense"\nunits = 3\nactivation = "<|>"'), {*activations.NAMES, "none"}),
    "one of a few words": Cursor(
        toml_layer('type = "Conv2D"\nfilters = 3\nkernel_size = 3\npadding = "<|>"'), {"valid", "same"}
    ),
    "compile": Cursor(toml_tables('[compile]\nloss = "mse"\n<|>'), own(Compile, "loss")),
    "fit": Cursor(toml_tables("[fit]\nepochs = 3\n<|>"), own(Fit, "epochs")),
    "an optimizer": Cursor(toml_tables('[compile.optimizer]\ntype = "Adam"\n<|>'), own(Adam)),
    "a loss": Cursor(toml_tables('[compile]\nloss = "<|>"'), set(losses.NAMES)),
    "a callback": Cursor(toml_tables('[[fit.callbacks]]\ntype = "<|>"'), set(callbacks.NAMES)),
    "the arguments of a callback": Cursor(
        toml_tables('[[fit.callbacks]]\ntype = "EarlyStopping"\n<|>'), own(EarlyStopping)
    ),
    "the kind of label": Cursor(toml_tables('[target]\nkind = "<|>"'), set(KINDS)),
    "the keys of a kind of label": Cursor(toml_tables('[target]\nkind = "multiclass"\n<|>'), own(Multiclass, "kind")),
    "the top": Cursor("seqspec = 1\n<|>", {"model", "compile", "fit", "target", "vars", "blocks", "custom"}),
}
TOMBI_EXACT = {
    "a layer", "what a layer lacks", "beside a wrong key", "a base model", "the second layer", "compile", "fit",
    "an optimizer", "the arguments of a callback", "the keys of a kind of label",
}  # fmt: skip
"""The places where tombi offers just what fits, beside keys that are there and `$key`, any key."""


@pytest.mark.needs("tombi")
@pytest.mark.parametrize("name", TOML)
def test_tombi(tombi, name):
    text, offers, _ = TOML[name]
    labels = ask(tombi, text).labels
    assert offers <= labels, sorted(offers - labels)
    if name in TOMBI_EXACT:
        extra = {label for label in labels - offers if " = " not in label}
        assert extra <= {"$key", "type", "kind", "loss", "epochs", *HIDDEN}, sorted(extra)


# Of an empty line at the top it offers nothing.
@pytest.mark.needs("node", "editor engines")
@pytest.mark.parametrize("name", [name for name in TOML if name != "the top"])
def test_taplo(taplo, name):
    text, offers, _ = TOML[name]
    labels = ask(taplo, text).labels
    assert offers <= labels, sorted(offers - labels)


@pytest.mark.needs("node", "editor engines")
def test_taplo_offers_only_the_keys_of_a_table(taplo):
    labels = ask(taplo, TOML["compile"].text).labels
    assert {label.partition(".")[0] for label in labels} - {"loss"} == own(Compile, "loss")


TOML_HOVERS = {
    "a key": Hover(toml_tables("[compile]\nsteps_per_<|>execution = 3"), "Number of steps per compiled graph call."),
    "a table": Hover(toml_tables("[comp<|>ile]\nrun_eagerly = true"), "How the model is compiled."),
    "a key of a layer": Hover(
        toml_layer('type = "Dense"\nun<|>its = 3'), "Number of units: the size of the last output axis."
    ),
    "a default": Hover(toml_tables("[fit]\nepo<|>chs = 3"), "Default: 1."),
}


@pytest.mark.needs("tombi")
@pytest.mark.parametrize("name", TOML_HOVERS)
def test_tombi_explains(tombi, name):
    hover = TOML_HOVERS[name]
    assert hover.words in ask(tombi, hover.text).hover


@pytest.mark.needs("node", "editor engines")
@pytest.mark.parametrize("name", [name for name in TOML_HOVERS if name != "a key of a layer"])
def test_taplo_explains(taplo, name):
    # Of keys below a header in double brackets it explains none.
    hover = TOML_HOVERS[name]
    assert hover.words in ask(taplo, hover.text).hover


@pytest.mark.needs("node", "editor engines")
def test_taplo_explains_classes(taplo):
    answer = ask(taplo, TOML["the class of a new layer"].text)
    assert answer.documentation("Dense") == summary(layer_class("Dense"))
