"""Completions at a cursor, marked by `|`; a text that ends there is being typed."""

import pytest
from pygls.workspace import PositionCodec

from seqspec.core.document.columns import KINDS
from seqspec.core.document.sources import SOURCES, SPLITS
from seqspec.core.syntax.limits import LIMITS
from seqspec.editor.lsp.features.completion import complete
from seqspec.editor.lsp.position_map import PositionMap
from seqspec.editor.lsp.snapshot import Snapshot

HEAD = """seqspec = 1
vars = { width = 32, rate = 0.5 }
[blocks.hidden]
params = { size = 8 }
layers = [{ type = "Dense", units = "$size" }]
[custom.Mine]
import = "mine:Mine"
args = { properties = { depth = { type = "integer" } }, required = ["depth"] }
[custom.own_loss]
kind = "loss"
import = "mine:own_loss"
[model]
input = [8]
"""
L = HEAD + "layers = [\n  "
C = HEAD + 'layers = [{ type = "Dense", units = 3, name = "head" }]\n[compile]\nmetrics = ["accuracy"]\n'
F = C + 'loss = "mse"\n[fit]\n'
J = '{\n  "seqspec": 1, "vars": {"width": 3},\n"blocks": {"hidden": {"params": {"size": 8}, "layers": ["Flatten"]}},\n'
JL = J + '  "model": {"input": [8], "layers": [\n    '
JC = J + '  "model": {"input": [8], "layers": ["Flatten"]},\n  "compile": {'

# Text with a cursor, what is offered, what is not; what is offered first stands before a bar.
TOML = [
    ("|", "seqspec | model compile vars", "units layers"),
    ("seq|", "seqspec", "units"),
    ("seqspec = 1\n[|", "model compile fit blocks", "seqspec units"),
    ("seqspec = 1\n[mo|]\ninput = [4]", "model", "seqspec"),
    ("seqspec = 1\n[model]\n|", "input layers", "units model"),
    ("seqspec = 1\n[model]\ninput = [4]\n|", "layers", "input"),
    (L + "|", "Dense hidden Mine", "units"),
    (L + "|\n]", "Conv2D Dropout", "units"),
    (L + '"|', "Flatten BatchNormalization", "Dense"),
    (L + '"Fl|"', "Flatten", "Dense"),
    (L + "{ |", "type use custom", "units"),
    (L + "{ | }\n]", "type use", "units"),
    (L + "{ ty|", "type", "units"),
    (L + '{ type = "|', "Dense LSTM MobileNetV2", "hidden relu Add Attention Concatenate"),
    (L + '{ type = "|" }\n]', "Dense", "hidden"),
    (L + '{ type = "Dense", |', "units | activation use_bias repeat for", "filters type"),
    (L + '{ type = "Dense", units = 3, |', "activation name", "units filters"),
    (L + '{ type = "Dense", units = 3, act|', "activation", "filters"),
    (L + '{ type = "Dense", units = 3, activation = "|', "relu softmax", "Dense"),
    (L + '{ type = "Dense", units = 3, activation = |', "relu", "Dense"),
    (L + '{ type = "Dense", units = 3, use_bias = |', "true false", "relu"),
    (L + '{ type = "Dense", units = "$|', "$width $rate", "$size width"),
    (L + '{ type = "Dense", units = 3, kernel_initializer = "|', "he_normal glorot_uniform", "relu"),
    (L + '{ type = "Dense", units = 3, kernel_regularizer = "l2(|', "l2=", "units="),
    (L + '{ type = "Dense", units = 3, kernel_initializer = { type = "|', "HeNormal", "relu"),
    (L + '{ type = "Dense", units = 3, kernel_initializer = { type = "RandomNormal", |', "mean stddev seed", "units"),
    (L + '{ type = "Conv2D", filters = 3, kernel_size = 3, padding = "|', "same valid", "causal relu"),
    (L + '{ type = "TimeDistributed", layer = { type = "|', "Dense", "hidden"),
    (L + '{ type = "TimeDistributed", layer = { type = "Dense", |', "units | activation", "layer repeat"),
    (L + '{ type = "Bidirectional", layer = { type = "LSTM", units = 3, |', "return_sequences", "merge_mode"),
    (L + '{ type = "Sequential", layers = [ { type = "Dropout", |', "rate", "units"),
    (L + '{ use = "|', "hidden", "Dense Mine"),
    (L + '{ use = "hidden", |', "size repeat for", "units"),
    (L + '{ use = "hidden", for = { |', "size", "units"),
    (L + '{ custom = "|', "Mine", "own_loss Dense"),
    (L + '{ custom = "Mine", |', "depth", "units"),
    (HEAD + '[[model.layers]]\ntype = "Dense"\n|', "units | activation", "filters"),
    (HEAD + '[[model.layers]]\n|\n[[model.layers]]\ntype = "Dense"\nunits = 3\n', "type use", "units"),
    (HEAD.replace('"$size"', '"$|"'), "$size | $width", "Dense"),
    (C + 'optimizer = "|', "adam sgd", "mse"),
    (C + 'optimizer = "adam(|', "learning_rate= beta_1=", "momentum="),
    (C + 'optimizer = "adam(|)"', "learning_rate=", "momentum="),
    (C + 'optimizer = "adam(learning_rate=0.1, |', "beta_1=", "learning_rate="),
    (C + 'optimizer = "adam(0.1, be|', "beta_1=", "learning_rate="),
    (C + 'optimizer = "adam(0.1)|"', "", "beta_1= sgd"),
    (L + '{ type = "Dense", units = 3, kernel_regularizer = "orthogonal_regularizer(0.1, mode=|', "rows columns", "l2"),
    (C + 'optimizer = "adam(amsgrad=|', "true false", "beta_1="),
    (C + 'optimizer = { type = "SGD", |', "learning_rate momentum", "beta_1"),
    (C + "loss = |", "mse", "adam"),
    (C + 'loss = "categorical_crossentropy(|', "label_smoothing= from_logits=", "units="),
    (C + "loss = { |", "type custom", "units"),
    (C + 'loss = { custom = "|', "own_loss", "Mine"),
    (C.replace('"accuracy"', '"|"'), "accuracy mse", "adam"),
    (F + "|", "epochs batch_size callbacks", "loss"),
    (F + 'callbacks = [{ type = "|', "EarlyStopping", "Dense"),
    (F + 'callbacks = [{ type = "EarlyStopping", monitor = "|', "val_loss val_accuracy loss", "mse"),
    (F + '[[fit.callbacks]]\ntype = "ReduceLROnPlateau"\n|', "factor patience", "units"),
    (C + "[target]\n|", "kind", "classes"),
    (C + '[target]\nkind = "|', "multiclass binary", "mse"),
    (C + '[target]\nkind = "multiclass"\n|', "classes", "kind units"),
    (C + "[data]\n|", "train validation", "units"),
    (C + "[data]\nsource = { |", "type", "path"),
    (C + '[data]\nsource = { type = "|', "images table", "random"),
    (C + '[data]\nsource = { type = "images", |', "path | size crop_to_aspect_ratio", "delimiter type"),
    (C + '[data]\nsource = { type = "python", |', "import args", "import_ path"),
    (C + '[data.source]\ntype = "table"\nformat = "|', "csv parquet", "images"),
    (C + "[data.train]\nsource = { |", "type", "path"),
    (C + "[data]\n|", "columns source split", ""),
    (C + '[data.columns]\nage = "|', "number boolean category date text", "type table"),
    (C + "[data.columns]\nage = { |", "kind", "scale"),
    (C + '[data.columns]\nage = { kind = "|', "number boolean category date text", "table"),
    (C + '[data.columns]\nage = { kind = "number", |', "scale clip missing", "values kind"),
    (C + '[data.columns]\nage = { kind = "number", scale = "|', "standard min_max quantile log none", "true"),
    (C + '[data.columns]\nage = { kind = "number", missing = "|', "error drop", "category"),
    (C + '[data.columns]\nage = { kind = "number", missing = { |', "fill flag", "kind"),
    (C + '[data.columns]\nplan = { kind = "category", missing = "|', "error drop category", "mean"),
    (C + '[data.columns]\nsince = { kind = "date", parts = ["|', "year season weekday elapsed", "date"),
    (C + '[data.columns]\nsince = { kind = "date", |', "parts since format missing", "since_"),
    (C + '[data.columns.age]\nkind = "number"\n|', "scale clip missing", "kind"),
    (C + '[data]\nsplit = { by = "time", |', "gap column", "stratify by"),
    (C + "[data]\nmissing = { |", "fill", "type"),
    (C + '[data]\nmissing = "|', "error drop", "fill"),
    (C + '[save]\nbest = { mode = "|', "min max", "val_loss"),
    (C + "[export]\nrepresentative = { |", "set samples", "type"),
    (C + "[search]\n|", "objective trials space", "units"),
    (C + '[search]\nsampler = "|', "tpe random", "asha"),
    (C + "[search.space]\n|", "vars layers compile fit", "model data"),
    (C + "[search.space]\nvars.|", "width", "head"),
    (C + "[search.space.layers.|", "head", "units"),
    (C + "[search.space]\nvars.width = { |", "min max log step", "units"),
    (C + "[override.layers.|", "head", "units"),
    (C + "[override.layers.head]\n|", "units activation", "filters"),
    (C + 'extends = "|', "", "relu"),
    (L + '{ type = "Dense" }, # |', "", "units relu Dense"),
    ("seqspec = 1\n[vars]\n|", "", "model units"),
]
JSON = [
    ("{|", "seqspec | model", "units"),
    ('{"|', "seqspec", "units"),
    ("{\n  |\n}", "seqspec", "units"),
    (J + "  |", "model compile", "seqspec units"),
    (J + '  "mo|', "model", "seqspec units"),
    (JL + "|", "Dense hidden", "units"),
    (JL + '"|', "Flatten", "Dense"),
    (JL + "{|", "type use", "units"),
    (JL + '{"type": "|', "Dense", "relu"),
    (JL + '{"type": |', "Dense", "relu"),
    (JL + '{"type": "Dense", |', "units | activation", "filters"),
    (JL + '{"type": "Dense", "un|', "units", "filters"),
    (JL + '{"type": "Dense", "un|"}]}}', "units", "filters"),
    (JL + '{"type": "Dense", "units": 3, "activation": "|', "relu", "Dense"),
    (JL + '{"type": "Dense", "units": 3, "activation": "|"}]}}', "relu", "Dense"),
    (JL + '{"type": "Dense", "units": "$|', "$width", "$size"),
    (JL + '{"type": "Dense", "units": 3, "use_bias": |', "true false", "relu"),
    (JL + '{"use": "|', "hidden", "Dense"),
    (JL + '{"use": "hidden", |', "size", "units"),
    (JL + '{"type": "TimeDistributed", "layer": {"type": "Dense", |', "units", "layer"),
    (JC + "|", "optimizer loss", "units"),
    (JC + '"optimizer": "adam(|', "learning_rate=", "momentum="),
    (JC + '"optimizer": {"type": "Adam", |', "learning_rate", "momentum"),
    (JC + '"loss": "|', "mse", "adam"),
    (JC + '"loss": "mse"}, "fit": {"callbacks": [{"type": "EarlyStopping", "monitor": "|', "val_loss loss", "mse"),
    (JC + '"loss": "mse"}, "target": {"kind": "|', "binary", "mse"),
]


def offered(marked, file, folder="/nowhere"):
    offset = marked.index("|")
    text = marked.replace("|", "", 1)
    snapshot = Snapshot(text, f"{folder}/{file}", 1, None, LIMITS)
    return complete(snapshot, PositionMap(text, PositionCodec()), offset), text


def labels(marked, file, folder="/nowhere"):
    items = sorted(offered(marked, file, folder)[0], key=lambda item: item.sort_text)
    return [item.label for item in items]


@pytest.mark.parametrize(
    ("key", "tag", "name", "declared"),
    [("source", "type", *source) for source in SOURCES.items()]
    + [("split", "by", *split) for split in SPLITS.items()]
    + [("columns.age", "kind", *kind) for kind in KINDS.items()],
    ids=[*SOURCES, *SPLITS, *KINDS],
)
def test_completion_offers_keys_of_sources_and_splits(key, tag, name, declared):
    found = labels(C + f'[data]\n{key} = {{ {tag} = "{name}", |', "x.toml")
    assert set(found) == set(declared.key_names()) - {tag}


@pytest.mark.parametrize(
    ("marked", "there", "absent", "file"),
    [(*row, "x.seqspec.toml") for row in TOML] + [(*row, "x.seqspec.json") for row in JSON],
    ids=[f"{kind}{number}" for kind, rows in (("toml", TOML), ("json", JSON)) for number in range(len(rows))],
)
def test_completion_offers(marked, there, absent, file):
    first, bar, rest = there.partition("|")
    found = labels(marked, file)
    assert set(f"{first} {rest}".split()) <= set(found)
    assert not set(absent.split()) & set(found)
    if bar:
        assert found[: len(first.split())] == first.split()


def inserted(marked, label, file="x.seqspec.toml", snippets=True):
    """The text once something that is offered was taken."""
    offset = marked.index("|")
    text = marked.replace("|", "", 1)
    places = PositionMap(text, PositionCodec())
    snapshot = Snapshot(text, f"/nowhere/{file}", 1, None, LIMITS)
    (item,) = (each for each in complete(snapshot, places, offset, snippets) if each.label == label)
    edit = item.text_edit
    start, end = places.offset(edit.range.start), places.offset(edit.range.end)
    typed = text[start:offset]
    # An editor shows what begins as the text that would be replaced does.
    assert all(character.lower() in item.filter_text.lower() for character in typed)
    return (text[:start] + edit.new_text + text[end:])[len(marked) - len(marked.lstrip()) :]


@pytest.mark.parametrize(
    ("before", "label", "after", "file"),
    [
        (L + '{ type = "De|" }', "Dense", L + '{ type = "Dense", units = $1 }', "x.toml"),
        (L + '{ type = "De|', "Dense", L + '{ type = "Dense", units = $1', "x.toml"),
        (L + '{ type = "De|", units = 3 }', "Dense", L + '{ type = "Dense", units = 3 }', "x.toml"),
        (L + "{ type = 'De|', units = 3 }", "Dense", L + "{ type = 'Dense', units = 3 }", "x.toml"),
        (
            L + '{ type = "Dense", acti|vation = "relu" }',
            "activation",
            L + '{ type = "Dense", activation = "relu" }',
            "x.toml",
        ),
        (L + '{ type = "Dense", un| }', "units", L + '{ type = "Dense", units = $1 }', "x.toml"),
        (
            L + '{ type = "Dense", activation = "re|lu" }',
            "relu6",
            L + '{ type = "Dense", activation = "relu6" }',
            "x.toml",
        ),
        (L + '{ type = "Dense", units = $w| }', "$width", L + '{ type = "Dense", units = "$width" }', "x.toml"),
        (L + "|", "Dense", L + '{ type = "Dense", units = $1 \\}', "x.toml"),
        (C + 'optimizer = "adam(be|ta"', "beta_1=", C + 'optimizer = "adam(beta_1=ta"', "x.toml"),
        (
            HEAD + '[[model.layers]]\ntype = "De|"\n',
            "Dense",
            HEAD + '[[model.layers]]\ntype = "Dense"\nunits = $1\n',
            "x.toml",
        ),
        ("seqspec = 1\nmo|", "model", "seqspec = 1\n[model]\n$0", "x.toml"),
        (JL + '{"type": "De|"}', "Dense", JL + '{"type": "Dense", "units": $1}', "x.json"),
        (JL + '{"type": "Dense", "un|"}', "units", JL + '{"type": "Dense", "units": $1}', "x.json"),
        (JL + '{"type": "Dense", "un|": 3}', "units", JL + '{"type": "Dense", "units": 3}', "x.json"),
        (JL + '{"type": "Dense", "activation": "|"}', "relu", JL + '{"type": "Dense", "activation": "relu"}', "x.json"),
    ],
    ids=lambda value: value if len(value) < 40 else value[-30:],
)
def test_completion_replaces_the_typed_text(before, label, after, file):
    assert inserted(before, label, file) == after


def test_an_editor_without_snippets_gets_plain_text():
    assert inserted(L + "|", "Dense", snippets=False) == L + '{ type = "Dense", units =  }'


def test_names_of_an_older_keras_are_marked():
    items, _ = offered(L + '{ type = "Embedding", |', "x.seqspec.toml")
    old = [item.label for item in items if item.tags]
    assert "input_length" in old and "input_dim" not in old


def test_completion_offers_existing_monitors_only():
    text = F + 'callbacks = [{ type = "EarlyStopping", monitor = "|" }]\n[data]\ntrain = { samples = 9 }\n'
    assert {"loss", "accuracy"} <= set(labels(text, "x.toml")) and "val_loss" not in labels(text, "x.toml")
    assert "val_loss" in labels(text + "validation = { samples = 9 }\n", "x.toml")


def test_documents_beside_this_one_can_be_extended(tmp_path):
    for name in ("base.seqspec.toml", "x.seqspec.toml", "notes.txt"):
        (tmp_path / name).write_text("seqspec = 1\n")
    assert labels('seqspec = 1\nextends = "|', "x.seqspec.toml", tmp_path) == ["base.seqspec.toml"]
