"""The request for the diagram of a spec."""

import json

import pytest
from pygls.workspace import PositionCodec

import seqspec
from seqspec.core.syntax.limits import LIMITS
from seqspec.editor.lsp.features.model_view import view
from seqspec.editor.lsp.snapshot import Snapshot
from tests import ROOT

EXAMPLES = sorted((ROOT / "examples").glob("*.seqspec.*"))


def seen(text, file="model.seqspec.toml"):
    snapshot = Snapshot(text, file, 3, None, LIMITS)
    drawn = view(snapshot, snapshot.diagnostics, PositionCodec())
    json.dumps(drawn)
    return drawn


def layers_of(entries):
    """Every layer, copies that are drawn once as often as they are there."""
    for entry in entries:
        if "group" in entry:
            for copy in entry["copies"]:
                for _ in range(copy["times"]):
                    yield from copy["layers"]
        else:
            yield entry


def cut(text, place):
    """What stands at a range of a text, counted as a client does: lines, and UTF-16 units."""
    lines = text.split("\n")

    def offset(position):
        units = lines[position["line"]].encode("utf-16-le")[: 2 * position["character"]].decode("utf-16-le")
        return sum(len(line) + 1 for line in lines[: position["line"]]) + len(units)

    return text[offset(place["start"]) : offset(place["end"])]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_view_equals_the_report(path):
    drawn = seen(path.read_text(encoding="utf-8"), str(path))
    report = seqspec.check(path)
    layers = list(layers_of(drawn["layers"]))
    assert [layer["type"] for layer in layers] == [layer.type for layer in report.layers]
    assert [layer["params"] for layer in layers] == [layer.params for layer in report.layers]
    assert [layer["outputs"][0]["dtype"] for layer in layers] == [layer.outputs[0].dtype for layer in report.layers]
    totals = drawn["totals"]
    assert (totals["layers"], totals["params"]) == (len(report.layers), report.params)
    assert report.macs is None or totals["macs"] == report.macs
    assert drawn["program"] == {"text": seqspec.to_python(path)} and drawn["rest"] == []


def test_layers_stand_where_they_are_written():
    text = (
        'seqspec = 1 # 😀\n[model]\ninput = [8]\n\n[[model.layers]] # 😀 first\ntype = "Dense"\nunits = 3\n\n'
        '[[model.layers]]\ntype = "Bidirectional"\nlayer = { type = "LSTM", units = 2 }\n'
    )
    text = text.replace("input = [8]", 'input = ["T", 8]')
    dense, outer = seen(text)["layers"]
    assert cut(text, dense["range"]) == '[[model.layers]] # 😀 first\ntype = "Dense"\nunits = 3'
    assert dense["arguments"] == [["units", "3"]] and dense["input"] == {"shape": ["T", 8], "dtype": "float32"}
    assert dense["macs"] == "T*24" and dense["memory"] == "T*384"
    assert [cut(text, inner["range"]) for inner in outer["layers"]] == ['{ type = "LSTM", units = 2 }'] * 2
    assert outer["arguments"] == []


BLOCKS = """seqspec = 1
[blocks.wide]
params = { units = 4 }
layers = [{ type = "Dense", units = "$units", activation = "relu" }, "BatchNormalization"]
[blocks.twice]
layers = [{ use = "wide" }, { use = "wide" }]
[model]
input = [4]
layers = [
  { use = "wide", for = { units = [8, 8, 4] } },
  { use = "twice", repeat = 2 },
  { type = "Dense", units = 4, activation = "relu", repeat = 5 },
  { type = "Dense", units = 1 },
]
"""


def test_copies_are_gathered_and_equal_ones_drawn_once():
    wide, twice, repeated, last = seen(BLOCKS)["layers"]
    # The first takes 4 and gives 8, the second takes 8: only what is alike in all is one.
    assert (wide["group"], wide["block"], wide["times"]) == ("wide", True, 3)
    assert [(copy["times"], len(copy["layers"])) for copy in wide["copies"]] == [(1, 2), (1, 2), (1, 2)]
    assert [copy["layers"][0]["arguments"][0] for copy in wide["copies"]] == [
        ["units", "8"],
        ["units", "8"],
        ["units", "4"],
    ]
    assert cut(BLOCKS, wide["range"]) == '{ use = "wide", for = { units = [8, 8, 4] } }'
    assert cut(BLOCKS, wide["copies"][0]["layers"][1]["range"]) == '"BatchNormalization"'
    assert [(copy["times"], len(copy["layers"])) for copy in twice["copies"]] == [(2, 4)]
    assert (repeated["group"], repeated["block"], repeated["times"]) == ("Dense", False, 5)
    assert [copy["times"] for copy in repeated["copies"]] == [5]
    assert last["type"] == "Dense"


def test_a_model_that_breaks():
    text = """seqspec = 1
[model]
input = [28, 28, 1]
layers = [
  { type = "Conv2D", filters = 8, kernel_size = 3, activation = "rellu" },
  { type = "MaxPooling2D", pool_size = [30, 20], name = "pool" },
  { type = "Bidirectional", layer = { type = "LSTM", units = 2 } },
]
"""
    drawn = seen(text)
    assert [layer["type"] for layer in drawn["layers"]] == ["Conv2D"]
    failed, after = drawn["rest"]
    assert (failed["type"], failed["name"]) == ("MaxPooling2D", "pool") and failed["arguments"] == [
        ["pool_size", "30 × 20"]
    ]
    why = drawn["findings"][failed["finding"]]
    assert why["name"] == "window-too-large" and cut(text, why["range"]) == "[30, 20]"
    assert after["finding"] is None and after["arguments"] == [["layer", "LSTM(units=2)"]]
    assert drawn["totals"]["layers"] == 1
    (edit,) = drawn["findings"][0]["fix"]["edits"]
    assert (edit["newText"], cut(text, edit["range"])) == ('"relu"', '"rellu"')
    assert "does not define a valid model" in drawn["program"]["why"]


def test_a_layer_that_cannot_be_read():
    drawn = seen('seqspec = 1\nmodel = { input = [4], layers = ["Flatten", { type = "Xyzzy" }, "Flatten"] }\n')
    assert [(rest["type"], rest["finding"]) for rest in drawn["rest"]] == [("Xyzzy", 0), ("Flatten", None)]


@pytest.mark.parametrize(
    "text",
    ["", "seqspec = 1", "seqspec = 1\n[model]\n", "seqspec = 1\n[model]\nlayers = 3\ninput = 3", "[[", "x = \x00", "﻿"],
)
def test_half_a_document(text):
    drawn = seen(text)
    assert drawn["layers"] == [] and drawn["rest"] == [] and drawn["totals"]["params"] == 0
    assert drawn["program"]["why"]


def test_half_typed_text_keeps_its_picture():
    drawn = seen(
        'seqspec = 1\n[model]\ninput = [4]\nlayers = [\n  { type = "Dense", units = 2 },\n  { type = "Den\n]\n'
    )
    assert [layer["type"] for layer in drawn["layers"]] == ["Dense"]
    assert drawn["rest"][0]["type"] == "Den" and drawn["findings"]


def test_layers_of_another_document(tmp_path):
    (tmp_path / "base.seqspec.toml").write_text(
        'seqspec = 1\n[model]\ninput = [4]\nlayers = [{ type = "Dense", units = 2 }]\n'
    )
    text = 'seqspec = 1\nextends = "base.seqspec.toml"\n'
    (layer,) = seen(text, str(tmp_path / "model.seqspec.toml"))["layers"]
    assert layer["range"] is None and layer["file"] == "base.seqspec.toml"


def test_view_describes_training():
    text = EXAMPLES[0].parent.joinpath("image_cnn.seqspec.toml").read_text()
    head = seen(text)["head"]
    assert head["loss"] == "sparse_categorical_crossentropy" and head["target"] == "multiclass, 10 classes"
    assert head["optimizer"].startswith(
        "AdamW(learning_rate=CosineDecay(initial_learning_rate=0.002, decay_steps=20000)"
    )
    assert head["metrics"] == ["accuracy", "sparse_top_k_categorical_accuracy"]
    assert cut(text, head["loss_range"]) == '"sparse_categorical_crossentropy"'


def test_a_large_model_stays_small_on_the_wire():
    many = seen('seqspec = 1\nmodel = { input = [4], layers = [{ type = "Dense", units = 4, repeat = 3000 }] }\n')
    assert many["layers"][0]["times"] == 3000 and len(json.dumps(many)) < 500_000
