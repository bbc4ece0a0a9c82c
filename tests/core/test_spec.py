"""Specs and layers as a Pydantic user meets them: validation, copies, dumps, schema, equality, pickling."""

from __future__ import annotations

import copy
import enum
import inspect
import json
import operator
import pickle
import re
import tomllib

import jsonschema
import numpy as np
import pydantic
import pytest
from pydantic.json_schema import models_json_schema

import seqspec
from seqspec import metrics
from seqspec.layers import Bidirectional, Conv2D, Dense, Dropout, Flatten, GaussianDropout, Rescaling
from seqspec.optimizers import Adam


class Units(enum.Enum):
    """A size, as programs keep it."""

    HEAD = 10


def small(**tables):
    model = seqspec.Model(input=[28, 28, 1], layers=[Conv2D(filters=8, kernel_size=3), "Flatten", Dense(units=10)])
    return seqspec.Spec(model=model, **tables)


def errors(call):
    with pytest.raises(pydantic.ValidationError) as caught:
        call()
    return [(error["loc"], error["type"]) for error in caught.value.errors()]


@pytest.mark.parametrize("units", [10, np.int64(10), np.uint8(10), Units.HEAD])
def test_plain_python_is_accepted(units):
    assert Dense(units=units) == Dense(units=10)
    assert type(Dense(units=units).units) is int
    report = seqspec.check({"seqspec": 1, "model": {"input": (units,), "layers": ({"type": "Dense", "units": units},)}})
    assert [found.code for found in report.diagnostics] == [] and report.params == 110


def test_arrays_and_tuples_are_lists():
    assert Conv2D(filters=1, kernel_size=(3, 5)) == Conv2D(filters=1, kernel_size=np.array([3, 5]))


def test_layer_errors_are_pydantic_errors():
    assert errors(lambda: Dense(units="64", activaton="relu")) == [
        (("units",), "wrong_type"),
        (("activaton",), "unknown_argument"),
    ]
    assert errors(lambda: Dense.model_validate({"type": "Dense"})) == [(("units",), "missing_argument")]


def test_spec_errors_have_locations():
    model = {"input": [3], "layers": [{"type": "Dense", "units": "x"}, {"type": "Flaten"}]}
    assert errors(lambda: seqspec.Spec(model=model, compile={"loss": "msee"}, fitt={})) == [
        (("fitt",), "unknown_key"),
        (("model", "layers", 0, "units"), "wrong_type"),
        (("model", "layers", 1, "type"), "unknown_layer"),
        (("compile", "loss"), "unknown_name"),
    ]


def test_layers_and_specs_are_frozen():
    spec = small()
    assert errors(lambda: setattr(spec.model.layers[0], "filters", 9)) == [(("filters",), "frozen_instance")]
    assert errors(lambda: setattr(spec, "fit", None)) == [(("fit",), "frozen_instance")]
    with pytest.raises(TypeError):
        spec.model.layers[0] = Flatten()


def test_a_copy_with_changes_is_validated_and_leaves_the_original():
    conv = Conv2D(filters=8, kernel_size=3)
    assert conv.model_copy(update={"filters": 16}).filters == 16 and conv.filters == 8
    assert errors(lambda: conv.model_copy(update={"filters": 0})) == [(("filters",), "bad_value")]


def test_a_sweep_changes_what_is_checked_built_and_written():
    spec = small()
    for filters in (4, 16):
        layers = [spec.model.layers[0].model_copy(update={"filters": filters}), *spec.model.layers[1:]]
        changed = spec.model_copy(update={"model": spec.model.model_copy(update={"layers": layers})})
        assert changed.to_dict()["model"]["layers"][0]["filters"] == filters
        assert seqspec.check(changed).layers[0].output.shape[-1] == filters
        assert f"layers.Conv2D(filters={filters}" in seqspec.to_python(changed)
    assert spec == small()


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_copies_and_pickles_are_equal(duplicate):
    for value in (Dense(units=3, activation="relu"), small(compile={"loss": "mse"}), seqspec.Compile(optimizer="adam")):
        assert duplicate(value) == value


def test_a_dump_is_the_long_form_and_validates_again():
    spec = small(compile={"optimizer": "adam(1e-3)", "loss": "mse"}, fit={"epochs": 3}, save={"filepath": "a.keras"})
    dumped = spec.model_dump()
    assert dumped == spec.to_dict()
    assert dumped["compile"]["optimizer"] == {"type": "Adam", "learning_rate": 0.001}
    assert seqspec.Spec.model_validate(dumped) == spec
    assert seqspec.Spec.model_validate_json(spec.model_dump_json()) == spec
    assert Dense.model_validate(Dense(units=3).model_dump()) == Dense(units=3)


def test_text_round_trips(tmp_path):
    spec = small(target={"kind": "multiclass", "classes": 10})
    assert seqspec.Spec.from_toml(spec.to_toml()) == spec == seqspec.Spec.from_json(spec.to_json())
    assert tomllib.loads(spec.to_toml()) == json.loads(spec.to_json()) == spec.to_dict()
    for name in ("a.seqspec.toml", "a.seqspec.json"):
        spec.save(tmp_path / name)
        assert seqspec.load(tmp_path / name).to_dict() == spec.to_dict()


def test_a_search_is_kept(tmp_path):
    head = [{"type": "Dropout", "rate": 0.5}, {"type": "Flatten"}]
    space = {"model": {"layers": {"2": {"units": {"min": 5, "max": 20}}}}, "model.layers.1": head}
    search = {"objective": ["val_loss", "params"], "time": "2h", "pruner": "asha", "start": [{}], "space": space}
    file = tmp_path / "a.seqspec.json"
    file.write_text(json.dumps({**small(compile={"loss": "mse"}, fit={"epochs": 1}).to_dict(), "search": search}))
    spec = seqspec.load(file)
    assert spec.search.time == 7200 and spec.search.space["model", "layers", "2", "units"].max == 20
    long = spec.to_dict()["search"]
    assert long["pruner"] == {"type": "asha"} and long["space"] == space
    others = (
        seqspec.Spec(**spec.to_dict()), seqspec.Spec.from_toml(spec.to_toml()), seqspec.Spec.from_json(spec.to_json()),
        seqspec.Spec.model_validate_json(spec.model_dump_json()), again(spec),
    )  # fmt: skip
    for other in others:
        assert other == spec and hash(other) == hash(spec) and other.to_dict() == spec.to_dict()
    assert spec.model_copy(update={"fit": {"epochs": 9}}).search == spec.search
    assert spec.model_copy(update={"search": None}) == small(compile={"loss": "mse"}, fit={"epochs": 1})
    assert seqspec.Spec(**{**spec.to_dict(), "search": {**long, "trials": 9}}) != spec
    long["space"].clear()
    with pytest.raises(TypeError, match="model_copy"):
        spec.search.space.clear()
    assert spec.to_dict()["search"]["space"] == space
    assert errors(lambda: small(search={"objective": "loss"})) == [(("search", "space"), "missing_key")]


def test_a_text_with_mistakes_is_refused_with_their_lines():
    with pytest.raises(seqspec.SpecError) as caught:
        seqspec.Spec.from_toml('seqspec = 1\n[model]\ninput = [3]\nlayers = [{ type = "Dense", units = "x" }]\n')
    (found,) = caught.value.report.diagnostics
    assert (found.code, found.pointer, found.span.line) == ("SEQ104", "/model/layers/0/units", 4)


def test_the_spelling_of_a_document_is_kept_where_it_is_written_again():
    spec = seqspec.load({"seqspec": 1, "model": {"input": [8], "layers": [{"type": "Rescaling", "scale": "1/255"}]}})
    assert spec.model.layers[0].scale == 1 / 255
    assert "Rescaling(1 / 255)" in seqspec.to_python(spec)


def test_the_json_schema_of_models():
    schema = seqspec.Spec.model_json_schema()
    assert set(schema["required"]) == {"model"} and schema["properties"]["compile"]
    filters = Conv2D.model_json_schema()["properties"]["filters"]
    assert (filters["type"], filters["minimum"]) == ("integer", 1)
    assert all(field.description for field in Conv2D.model_fields.values())


def test_a_spec_can_be_a_field_of_a_program_s_own_model():
    class Experiment(pydantic.BaseModel):
        spec: seqspec.Spec
        head: Dense

    made = Experiment(spec=small().to_dict(), head={"type": "Dense", "units": 3})
    assert made.spec == small() and made.head == Dense(units=3)
    with pytest.raises(pydantic.ValidationError):
        Experiment(spec={"model": {}}, head={"type": "Dense", "units": 3})


def test_a_missing_file_is_named():
    with pytest.raises(seqspec.SpecError) as caught:
        seqspec.load("nofile")
    (found,) = caught.value.report.diagnostics
    assert (found.name, found.file) == ("unreadable-file", "nofile")


def test_a_report_prints_what_the_command_line_shows():
    report = seqspec.check({"seqspec": 1, "model": {"input": [8], "layers": [{"type": "Dense", "units": "3"}]}})
    assert "SEQ104" in str(report) and str(report).endswith("1 error")
    assert "<table>" in report._repr_html_() and "SEQ104" in report._repr_html_()
    assert "<pre>" in small()._repr_html_()


def test_a_dump_has_the_keys_that_are_asked_for():
    spec = small(fit={"epochs": 3})
    assert spec.model_dump(include={"fit"}) == {"fit": {"epochs": 3}}
    assert set(spec.model_dump(exclude={"fit": True, "model": {"layers"}})["model"]) == {"input"}
    assert Dense(units=3, name="a").model_dump(exclude={"name"}) == {"type": "Dense", "units": 3}


def test_a_table_of_another_class_is_refused():
    assert errors(lambda: Dense.model_validate({"type": "Dropout", "units": 3})) == [(("type",), "wrong_type")]
    assert errors(lambda: Dense.model_validate_json('{"units": "3"}')) == [(("units",), "wrong_type")]


def test_none_takes_a_table_out_of_a_copy():
    assert small(fit={"epochs": 3}).model_copy(update={"fit": None}) == small()


def test_an_input_is_validated_by_itself():
    made = seqspec.Input(shape=[28, "T"], batch_size="none", dtype="uint8")
    assert (made.shape, made.batch_size, made.dtype) == ([28, "T"], None, "uint8")
    with pytest.raises(pydantic.ValidationError) as caught:
        seqspec.Input(shape=[28, -1], batch_size=-4, name="a/b", dtype="uint9")
    assert [error["loc"] for error in caught.value.errors()] == [("shape", 1), ("batch_size",), ("name",), ("dtype",)]
    with pytest.raises(pydantic.ValidationError) as caught:
        seqspec.Model(input={"shape": [4], "dtype": "uint9"}, layers="Flatten")
    assert [error["loc"] for error in caught.value.errors()] == [("layers",), ("input", "dtype")]


def test_dollar_signs_are_kept():
    text = (
        "seqspec = 1\n[model]\ninput = [4]\nlayers = [{ type = 'Dense', units = 2, activation = 'softmax' }]\n"
        "[target]\nkind = 'multiclass'\nclasses = 2\nnames = ['$$', 'a$$b']\n"
    )
    spec = seqspec.Spec.from_toml(text)
    assert spec.target.names == ["$", "a$b"]
    assert seqspec.Spec.from_toml(spec.to_toml()) == seqspec.Spec.from_json(spec.to_json()) == spec
    assert seqspec.Spec.model_validate(spec.model_dump()) == spec
    assert seqspec.check(spec).ok


def test_specs_are_frozen_at_every_depth():
    tables = {
        "compile": {"optimizer": "adam", "loss": "mse", "metrics": ["mae"]},
        "fit": {"epochs": 1, "class_weight": {"0": 2.0}},
        "x-note": {"by": ["me"]},
    }
    made = small(**{key: table for key, table in tables.items() if key != "x-note"})
    read = seqspec.load({**made.to_dict(), **tables})
    for spec in (made, read, again(made)):
        before = spec.to_toml()
        for change in (
            lambda spec: spec.model.input.append(3),
            lambda spec: spec.compile.metrics.clear(),
            lambda spec: spec.fit.class_weight.update({1: 1.0}),
            lambda spec: spec.fit.class_weight.pop(0),
            lambda spec: operator.setitem(spec.model.input, 0, 1),
            lambda spec: operator.iadd(spec.compile.metrics, ["mse"]),
            lambda spec: operator.delitem(spec.compile.metrics, 0),
        ):
            with pytest.raises(TypeError, match="model_copy"):
                change(spec)
        assert spec.to_toml() == before
    assert made.to_dict()["model"]["input"] == [28, 28, 1] and type(made.to_dict()["model"]["input"]) is list
    # A list is copied, so that a program may go on with its own.
    sizes = [28, 28, 1]
    spec = small().model_copy(update={"model": {"input": sizes, "layers": ["Flatten"]}})
    sizes.append(1)
    assert spec.model.input == [28, 28, 1]
    with pytest.raises(TypeError):
        Rescaling(scale=[1, 2]).scale.append(3)


def again(spec):
    return pickle.loads(pickle.dumps(copy.deepcopy(spec)))


def test_equal_specs_have_the_same_hash():
    spec = small(fit={"epochs": 1, "class_weight": {"0": 2.0}})
    assert {spec: 1}[again(spec)] == 1
    assert len({spec, small(), small(fit={"epochs": 2})}) == 3
    assert hash(Rescaling(scale=[1, 2])) == hash(Rescaling(scale=np.array([1, 2])))


@pytest.mark.parametrize("settings", ["fit.epochs=5", 5, [5], {"fit.epochs": 5}])
def test_settings_are_a_list_of_strings(settings):
    for function in (seqspec.check, seqspec.load):
        with pytest.raises(TypeError, match="settings must be a list such as"):
            function({"seqspec": 1}, settings=settings)
    with pytest.raises(TypeError, match="vars must be a dict from names to values"):
        seqspec.check({"seqspec": 1}, vars=["a=1"])


def test_arguments_are_given_by_name():
    with pytest.raises(TypeError, match=re.escape("Dense accepts keyword arguments only: write Dense(units=10)")):
        Dense(10)
    with pytest.raises(TypeError, match=re.escape("write Conv2D(filters=8, kernel_size=3)")):
        Conv2D(8, 3)
    with pytest.raises(TypeError, match=re.escape("write Dropout(rate=0.5, …)")):
        Dropout(0.5, [1, 3])
    with pytest.raises(TypeError, match=r"seqspec\.load reads files"):
        seqspec.Spec.from_toml(None)


def test_objects_of_another_kind_are_refused_with_what_they_are():
    class Mine(Dense):
        """A layer that no spec can name."""

    def refused(layer):
        return errors(lambda: seqspec.Model(input=[3], layers=[layer]))

    assert refused(Flatten) == [(("layers", 0), "bad_layer_entry")]
    assert refused(Mine(units=1)) == [(("layers", 0), "unknown_layer")]
    with pytest.raises(pydantic.ValidationError, match=r"got the metric MeanSquaredError; import .* seqspec\.losses"):
        seqspec.Compile(loss=metrics.MeanSquaredError())


def test_help_has_the_arguments():
    class Own(Dense):
        """A class whose signature Pydantic has not made yet."""

    for one in (Dense, Own, seqspec.Fit):
        text = inspect.getdoc(one)
        assert all(f"    {name} (" in text for name in one.model_fields), one
        assert list(inspect.signature(one).parameters) == list(one.model_fields)
    assert "units (a positive integer): Number of units" in inspect.getdoc(Dense)
    assert Dense.model_json_schema()["description"] == inspect.getdoc(Dense).partition("\n")[0]


def test_saving_into_a_missing_folder_names_the_file(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        small().save(tmp_path / "none" / "spec.toml")
    assert caught.value.filename == str(tmp_path / "none" / "spec.toml")


class Job(pydantic.BaseModel):
    """A model of a program that has a spec and layers in it."""

    spec: seqspec.Spec | None = None
    layer: Dropout | GaussianDropout | None = None
    encoder: Bidirectional | None = None
    compile: seqspec.Compile | None = None


def test_errors_inside_another_model_have_their_own_locations():
    """As in the body of a web request: a line for each mistake, at its place, in the words of `check`."""
    layers = [{"type": "Dense", "units": "x"}, {"type": "Foo"}]
    with pytest.raises(pydantic.ValidationError) as caught:
        Job(spec={"model": {"input": [8], "layers": layers}, "target": {"kind": "nope"}})
    lines = [(line["loc"], line["type"]) for line in caught.value.errors()]
    assert lines == [
        (("spec", "model", "layers", 0, "units"), "wrong_type"),
        (("spec", "model", "layers", 1, "type"), "unknown_layer"),
        (("spec", "target", "kind"), "bad_value"),
    ]
    with pytest.raises(pydantic.ValidationError) as caught:
        pydantic.TypeAdapter(list[seqspec.Spec]).validate_python([{"model": {"input": [8], "layers": layers[:1]}}])
    assert [line["loc"] for line in caught.value.errors()] == [(0, "model", "layers", 0, "units")]


def test_errors_inside_nested_objects_of_another_model_have_their_own_locations():
    """A wrapped layer, the schedule of an optimizer, a loss: not one error at the outermost argument."""
    schedule = {"type": "CosineDecay", "decay_steps": 0}
    assert errors(
        lambda: Job(
            encoder={"layer": {"type": "LSTM", "activation": "rellu"}},
            compile={"optimizer": {"type": "Adam", "learning_rate": schedule}, "loss": "msee"},
        )
    ) == [
        (("encoder", "layer", "activation"), "unknown_name"),
        (("encoder", "layer", "units"), "missing_argument"),
        (("compile", "optimizer", "learning_rate", "decay_steps"), "bad_value"),
        (("compile", "optimizer", "learning_rate", "initial_learning_rate"), "missing_argument"),
        (("compile", "loss"), "unknown_name"),
    ]


def test_a_union_of_layers_is_decided_by_the_type():
    """Both classes accept the arguments: the first one must not win over the type that is named."""
    assert type(Job(layer={"type": "GaussianDropout", "rate": 0.5}).layer) is GaussianDropout
    assert type(Job(layer={"type": "dropout", "rate": 0.5}).layer) is Dropout
    job = Job(layer=GaussianDropout(rate=0.5))
    assert Job.model_validate_json(job.model_dump_json()) == job


def test_a_field_of_one_class_refuses_another_type():
    with pytest.raises(pydantic.ValidationError) as caught:
        pydantic.TypeAdapter(Dropout).validate_python({"type": "Dense", "rate": 0.5})
    assert [(line["loc"], line["type"]) for line in caught.value.errors()] == [(("type",), "wrong_type")]


def test_a_spec_and_its_tables_are_mappings_of_their_fields():
    """`dict(model)`, as of every Pydantic model."""
    spec = seqspec.Spec(model=seqspec.Model(input=[8], layers=[Dense(units=3)]), compile={"loss": "mse"})
    assert dict(spec)["model"] is spec.model
    assert dict(spec.compile)["loss"] == spec.compile.loss
    assert dict(spec.model.layers[0])["units"] == 3


@pytest.mark.parametrize("declared", [seqspec.Spec, Dense])
def test_serialization_schema_equals_validation_schema(declared):
    assert declared.model_json_schema(mode="serialization") == declared.model_json_schema()


@pytest.mark.parametrize(
    ("type", "value", "locations"),
    [
        (Dense, {}, [("units",)]),
        (seqspec.Spec, {"model": {"input": [8], "layers": [{"type": "Dense"}]}}, [("model", "layers", 0, "units")]),
        (seqspec.Spec, {"model": {"layers": ["Dropout"]}}, [("model", "layers", 0, "rate"), ("model", "input")]),
        (seqspec.Spec, {}, [("model",)]),
        (seqspec.Model, {"input": [8]}, [("layers",)]),
        (seqspec.Compile, {"optimizer": {"learning_rate": 0.1}}, [("optimizer", "type")]),
        (seqspec.Spec, {"model": {"input": [8], "layers": []}, "target": {}}, [("target", "kind")]),
        (list[seqspec.Layer], [{"type": "Bidirectional", "layer": "LSTM"}], [(0, "layer", "units")]),
    ],
)
def test_a_missing_argument_has_the_location_that_it_would_have(type, value, locations):
    """As in Pydantic, so that a form can show the error at its field."""
    with pytest.raises(pydantic.ValidationError) as caught:
        pydantic.TypeAdapter(type).validate_python(value)
    assert [line["loc"] for line in caught.value.errors()] == locations


def test_an_error_holds_its_message_once():
    """FastAPI returns the context of an error beside its message."""
    with pytest.raises(pydantic.ValidationError) as caught:
        seqspec.Spec.model_validate({"model": {"input": [8], "layers": [{"type": "Fla{t}ten"}]}})
    (line,) = caught.value.errors()
    assert line["msg"].startswith('unknown layer type "Fla{t}ten"')
    assert "ctx" not in line


@pytest.mark.parametrize(
    "made",
    [Dense(units=3, activation="relu"), Dropout(rate=0.5), Adam(), small(fit={"epochs": 2})],
    ids=lambda made: type(made).__name__,
)
def test_a_dump_is_valid_in_its_json_schema(made):
    """The dump of a layer has its type, which the schema must allow."""
    jsonschema.validate(made.model_dump(mode="json"), type(made).model_json_schema())


def test_a_model_of_the_user_describes_each_class_once():
    """FastAPI generates the schemas of requests and responses together; equal ones have one name."""
    references, schema = models_json_schema([(Job, "validation"), (Job, "serialization")])
    assert len(references) == 2
    assert {"Dropout", "GaussianDropout", "Model", "Fit"} <= schema["$defs"].keys()
    assert "rate" in schema["$defs"]["Dropout"]["properties"]
    dump = Job(layer=Dropout(rate=0.5), spec=small(compile={"loss": "mse"})).model_dump(mode="json")
    jsonschema.validate(dump, Job.model_json_schema(mode="serialization"))


def test_the_base_class_is_the_type_of_any_layer():
    layers = pydantic.TypeAdapter(list[seqspec.Layer])
    made = layers.validate_python(["Flatten", {"type": "Dense", "units": np.int64(3)}, Dropout(rate=0.5)])
    assert made == [Flatten(), Dense(units=3), Dropout(rate=0.5)]
    assert hash(made[1]) == hash(Dense(units=3))
    assert layers.validate_json(layers.dump_json(made)) == made
    with pytest.raises(pydantic.ValidationError) as caught:
        layers.validate_python(["Flaten", 3, {"type": "Dense", "units": 0}])
    assert [(line["loc"], line["type"]) for line in caught.value.errors()] == [
        ((0,), "unknown_layer"),
        ((1,), "wrong_type"),
        ((2, "units"), "bad_value"),
    ]
    with pytest.raises(TypeError, match="base class"):
        seqspec.Layer(type="Dense", units=3)
