"""Custom classes: their shapes and arguments, the arguments that `build` passes, and project policies."""

import pytest

import seqspec
from seqspec.core.document.json_schema import policy_violations

ARGS = {
    "type": "object",
    "required": ["units"],
    "additionalProperties": False,
    "properties": {
        "units": {"type": "integer", "minimum": 1},
        "depth": {"type": "integer", "default": 2},
        "rate": {"type": ["number", "null"]},
        "mode": {"enum": ["a", "b"]},
    },
}


def document(use, shape=("T", 8), layers=(), **declaration):
    declared = {"import": "m:Pool", "input_shape": ["T", "C"], "output_shape": ["$units"], "args": ARGS, **declaration}
    declared = {key: value for key, value in declared.items() if value is not None}
    return {
        "seqspec": 1,
        "custom": {"Pool": declared},
        "model": {"input": list(shape), "layers": [{"custom": "Pool", **use}, *layers]},
    }


def output(*args, **kwargs):
    report = seqspec.check(document(*args, **kwargs))
    assert report.ok, report.diagnostics
    return tuple(map(str, report.layers[0].output.sample))


def found(*args, **kwargs):
    return [(d.name, d.pointer) for d in seqspec.check(document(*args, **kwargs)).diagnostics]


UNITS = {"units": 4}


@pytest.mark.parametrize(
    ("declaration", "expected"),
    [
        ({"output_shape": ["$units"]}, ("4",)),
        ({"output_shape": ["units", "C"]}, ("4", "8")),
        ({"output_shape": ["T", "units * depth"]}, ("T", "8")),
        ({"output_shape": ["T - 2", "(C + units) // 3", 7]}, ("T-2", "4", "7")),
        ({"output_shape": ["T // C"]}, ("T//8",)),
        ({"output_shape": []}, ()),
        ({"output_shape": "same"}, ("T", "8")),
        ({"output_shape": None}, ("T", "8")),
        ({"output_shape": {"like": "Dense"}}, ("T", "4")),
        ({"output_shape": {"like": "LSTM"}}, ("4",)),
        ({"output_shape": "same", "input_shape": None}, ("T", "8")),
        ({"output_shape": ["C"], "input_shape": ["?", "C"]}, ("8",)),
        ({"output_shape": ["T"], "input_shape": ["T", 8]}, ("T",)),
    ],
)
def test_shapes(declaration, expected):
    assert output(UNITS, **declaration) == expected


def test_names_that_stand_twice_mean_one_size():
    square = {"input_shape": ["S", "S"], "output_shape": ["S"]}
    assert output(UNITS, shape=(6, 6), **square) == ("6",)
    assert output(UNITS, shape=("T", 6), **square) == ("T",)
    assert found(UNITS, shape=(6, 5), **square) == [("shape-mismatch", "/model/layers/0/custom")]


def test_parameters_dtype_and_names():
    report = seqspec.check(document(UNITS, layers=["Flatten"], params="C * units + depth", dtype="float16"))
    layer = report.layers[0]
    assert (layer.type, layer.name, layer.params, layer.trainable_params) == ("Pool", "pool", 34, 34)
    assert layer.output.dtype == "float16"
    report = seqspec.check(document({"units": 4, "trainable": False, "name": "mine"}, params=12))
    assert (report.layers[0].name, report.params, report.trainable_params) == ("mine", 12, 0)


def test_masks_go_on_where_the_declaration_says_so():
    for supports in (True, False):
        tree = document(UNITS, shape=("T",), supports_masking=supports, output_shape="same")
        tree["model"]["layers"].insert(0, {"type": "Embedding", "input_dim": 9, "output_dim": 8, "mask_zero": True})
        assert (seqspec.check(tree).layers[1].output.mask is not None) == supports


def test_custom_arguments_are_resolved():
    spec = seqspec.load(document({"units": 4, "rate": "1/4", "mode": "a", "x-note": "mine"}))
    assert spec.model.layers[0].class_arguments == {"units": 4, "rate": 0.25, "mode": "a"}
    spec = seqspec.load(document({"units": 4, "rate": "none"}))
    assert spec.model.layers[0].class_arguments == {"units": 4, "rate": None}


def test_defaults_of_the_schema_count():
    args = {"properties": {"units": {"type": "integer", "default": 5}}}
    assert output({}, args=args) == ("5",)
    assert output({"units": 6}, args=args) == ("6",)


def test_arguments_of_every_layer_may_be_the_class_s_own():
    args = {"properties": {"name": {"type": "integer"}, "units": {"type": "integer"}}}
    spec = seqspec.load(document({"units": 1, "name": 3}, args=args))
    assert spec.model.layers[0].class_arguments == {"units": 1, "name": 3}
    assert found({"units": 1, "name": 3}) == [("wrong-type", "/model/layers/0/name")]


MISTAKES = [
    ({}, {}, [("bad-custom", "/model/layers/0/custom")]),
    ({"units": 0}, {}, [("bad-custom", "/model/layers/0/units")]),
    ({"units": True}, {}, [("bad-custom", "/model/layers/0/units")]),
    ({"unitz": 3}, {}, [("bad-custom", "/model/layers/0/unitz")]),
    ({"units": 3, "extra": 1}, {}, [("bad-custom", "/model/layers/0/extra")]),
    (UNITS, {"import": "m.Pool"}, [("bad-custom", "/custom/Pool/import")]),
    (UNITS, {"import": "m:Pool; import os"}, [("bad-custom", "/custom/Pool/import")]),
    (UNITS, {"import": None}, [("missing-key", "/custom/Pool")]),
    (UNITS, {"kind": 3}, [("bad-value", "/custom/Pool/kind")]),
    (UNITS, {"colour": 3}, [("unknown-key", "/custom/Pool/colour")]),
    (UNITS, {"x-colour": 3}, []),
    (UNITS, {"output_shape": ["nope"]}, [("bad-custom", "/custom/Pool/output_shape/0")]),
    (UNITS, {"output_shape": [-3]}, [("bad-custom", "/custom/Pool/output_shape/0")]),
    (UNITS, {"output_shape": ["units - 9"]}, [("shape-mismatch", "/model/layers/0/custom")]),
    (UNITS, {"output_shape": ["C // (units - 4)"]}, [("bad-custom", "/model/layers/0/custom")]),
    (UNITS, {"output_shape": ["C * 999999999999999999 * 99"]}, [("bad-custom", "/model/layers/0/custom")]),
    (UNITS, {"output_shape": {"like": "Conv1D"}}, [("bad-custom", "/model/layers/0/custom")]),
    (UNITS, {"output_shape": {}}, [("bad-custom", "/custom/Pool/output_shape")]),
    (UNITS, {"params": "T"}, [("unknown-size", "/model/layers/0/custom")]),
    (UNITS, {"params": "-1"}, [("bad-custom", "/model/layers/0/custom")]),
    (UNITS, {"params": ""}, [("bad-value", "/custom/Pool/params")]),
    (UNITS, {"input_shape": ["T", "units"]}, [("bad-custom", "/custom/Pool/input_shape/1")]),
    (UNITS, {"input_shape": ["T", -1]}, [("bad-custom", "/custom/Pool/input_shape/1")]),
    (UNITS, {"input_shape": "TC"}, [("bad-custom", "/custom/Pool/input_shape")]),
    (UNITS, {"dtype": "flot32"}, [("unknown-name", "/custom/Pool/dtype")]),
    (UNITS, {"supports_masking": 1}, [("wrong-type", "/custom/Pool/supports_masking")]),
    (UNITS, {"args": []}, [("bad-custom", "/custom/Pool/args")]),
    (UNITS, {"args": {"type": "objekt"}}, [("bad-custom", "/custom/Pool/args/type")]),
    (UNITS, {"args": {"pattern": "x"}}, [("bad-custom", "/custom/Pool/args/pattern")]),
    (UNITS, {"args": {"properties": {"pattern": {"type": "string"}, "units": {}}}}, []),
    (UNITS, {"args": {"$ref": "#/$defs/a", "$defs": {"a": {}}}}, []),
    (UNITS, {"args": {"$ref": "#/const", "const": {"type": 3}}}, [("bad-custom", "/custom/Pool/args/$ref")]),
    (UNITS, {"args": {"$ref": "other.json"}}, [("bad-custom", "/custom/Pool/args/$ref")]),
    (UNITS, {"args": {"$ref": 3}}, [("bad-custom", "/custom/Pool/args/$ref")]),
    (UNITS, {"args": {"$ref": "#"}}, [("bad-custom", "/model/layers/0/custom")]),
    (UNITS, {"args": {"$id": "http://["}}, [("bad-custom", "/custom/Pool/args/$id")]),
    (UNITS, {"args": {"enum": [{}]}}, [("bad-custom", "/model/layers/0")]),
]


@pytest.mark.parametrize(("use", "declaration", "expected"), MISTAKES, ids=[str((u, d)) for u, d, _ in MISTAKES])
def test_one_mistake_is_one_finding_at_its_place(use, declaration, expected):
    assert found(use, **declaration) == expected


def test_uses_of_classes_of_another_kind():
    tree = document(UNITS, layers=["Flatten"])
    tree["custom"]["F1"] = {"import": "m:F1", "kind": "metric", "args": {"properties": {"beta": {"type": "number"}}}}
    tree["compile"] = {"metrics": [{"custom": "F1", "beta": "1/2"}], "loss": "mse"}
    spec = seqspec.load(tree)
    assert spec.compile.metrics[0].arguments == {"beta": 0.5}
    tree["compile"]["loss"] = {"custom": "F1"}
    tree["model"]["layers"].append({"custom": "F1"})
    refused = [found.pointer for found in seqspec.check(tree).diagnostics if found.code < "SEQ3"]
    assert refused == ["/model/layers/2/custom", "/compile/loss/custom"]


def test_inside_wrappers():
    tree = document({}, shape=(5, "T", 8))
    tree["model"]["layers"] = [{"type": "TimeDistributed", "layer": {"custom": "Pool", "units": 3}}]
    report = seqspec.check(tree)
    assert report.ok
    assert report.layers[0].output.shape == (None, 5, 3)
    assert report.layers[0].layers[0].type == "Pool"
    tree["model"]["layers"][0]["layer"]["units"] = "3"
    assert [d.pointer for d in seqspec.check(tree).diagnostics] == ["/model/layers/0/layer/units"]


def test_own_keys_are_left_alone():
    tree = document(UNITS)
    tree["x-note"] = {"custom": "Nothing"}
    tree["model"]["layers"][0]["x-note"] = {"custom": "Nothing"}
    tree["model"]["x-note"] = [{"custom": "Nothing"}]
    assert seqspec.check(tree).diagnostics == []


POLICY = {
    "required": ["target"],
    "properties": {
        "model": {
            "properties": {
                "name": {"pattern": "^[a-z_]+$", "description": "Names are lower case."},
                "layers": {
                    "items": {
                        "if": {"properties": {"type": {"const": "Dropout"}}},
                        "then": {"properties": {"rate": {"maximum": 0.5}}},
                    }
                },
            }
        },
        "compile": {"properties": {"optimizer": {"properties": {"learning_rate": {"exclusiveMaximum": 0.1}}}}},
    },
}


def test_a_policy_sees_the_long_form_and_blames_what_was_written():
    tree = {
        "seqspec": 1,
        "vars": {"rate": 0.8},
        "blocks": {"b": {"layers": [{"type": "Dropout", "rate": "$rate"}]}},
        "model": {
            "name": "Big",
            "input": [4],
            "layers": [{"use": "b", "repeat": 2}, {"type": "Dropout", "rate": "1/3"}],
        },
        "compile": {"optimizer": "sgd(0.5)"},
    }
    diagnostics = seqspec.check(tree, policy=POLICY).diagnostics
    # Keras accepts what the policy forbids, so that the rules judge it too.
    assert "learning-rate-too-high" in {d.name for d in diagnostics}
    assert [(d.name, d.pointer) for d in diagnostics if d.name == "policy"] == [
        ("policy", ""),
        ("policy", "/blocks/b/layers/0/rate"),
        ("policy", "/model/name"),
        ("policy", "/compile/optimizer"),
    ]


def test_a_policy_applies_beside_other_mistakes():
    tree = {"seqspec": 1, "model": {"input": [4], "layers": ["Flaten", {"type": "Dropout", "rate": 0.9}]}, "target": {}}
    names = [d.name for d in seqspec.check(tree, policy=POLICY).diagnostics]
    assert names == ["unknown-layer", "policy", "high-dropout-rate", "missing-key"]


@pytest.mark.parametrize(
    "policy",
    [
        {"type": "nonsense"},
        {"$ref": "https://example.org/x.json"},
        {"$ref": "#/nowhere"},
        {"$ref": "#"},
        {"pattern": "("},
        {"properties": 3},
        {"patternProperties": {"(": {}}},
        {"properties": {"model": {"$ref": "#/properties/model"}}},
    ],
    ids=str,
)
def test_a_policy_that_is_wrong_itself_is_a_finding_and_no_fault(policy):
    tree = {"seqspec": 1, "model": {"input": [4], "layers": ["Flatten"]}}
    assert {d.name for d in seqspec.check(tree, policy=policy).diagnostics} <= {"policy"}


BROKEN = [
    ({"type": ["integer", "null"]}, "x"),
    ({"enum": [1]}, 2),
    ({"const": "a"}, "b"),
    ({"minItems": 2}, [1]),
    ({"maxLength": 1}, "ab"),
    ({"multipleOf": 4}, 6),
    ({"uniqueItems": True}, [1, 1]),
    ({"not": {}}, 1),
    ({"exclusiveMinimum": 0}, 0),
]


@pytest.mark.parametrize(("schema", "value"), BROKEN, ids=str)
def test_a_broken_policy_is_told_where_it_is_broken(schema, value):
    (violation,) = policy_violations(schema, value)
    assert (violation.rule, violation.path) == ("policy", ())
    (violation,) = policy_violations({"properties": {"k": {"items": schema}}}, {"k": [value]})
    assert (violation.rule, violation.path) == ("policy", ("k", 0))


def test_numbers_are_as_strict_as_in_the_language():
    assert policy_violations({"type": "integer"}, 3) == []
    assert len(policy_violations({"type": "integer"}, 3.0)) == 1
    assert len(policy_violations({"type": "integer"}, True)) == 1
    assert policy_violations({"type": "number"}, 3) == []
