"""Labels, weights and columns with mistakes that Keras would train on without an error."""

import json

import numpy as np
import pytest

from seqspec.core.check.check import Check, check
from seqspec.training.access import access_to
from seqspec.training.data.labels import LabelBaseline, LabelEncoding, baseline_of
from seqspec.training.data.prepare import prepare
from seqspec.training.errors import DataError
from seqspec.training.evaluation.classification import Classification
from seqspec.training.planning.checks import read_data, with_measured
from seqspec.training.planning.plan import RunPlan
from tests.training.specs import samples, spec, write_csv, write_spec

MULTILABEL = {"target": {"kind": "multilabel", "classes": 2}, "compile": {"loss": "binary_crossentropy"}}
SIGMOID = [{"type": "Dense", "units": 2, "activation": "sigmoid"}]


def refused(tree, data, folder="."):
    with pytest.raises(DataError) as error:
        prepare(Check.of(tree).spec, str(folder), data=data)
    return [str(violation.message) for violation in error.value.violations]


def test_labels_of_several_classes_are_0_or_1():
    x, _ = samples(4)
    y = np.array([[0, 1], [1, 1], [0, 2], [0, 0]], "float32")
    [message] = refused(spec(SIGMOID, **MULTILABEL), (x, y))
    assert message == "1 sample of the train set has labels other than 0 and 1, such as 2 (sample 2)"
    assert prepare(Check.of(spec(SIGMOID, **MULTILABEL)).spec, data=(x, np.minimum(y, 1))).train.y.shape == (4, 2)


def test_negative_weights():
    x, y = samples(6)
    [message] = refused(spec(), (x, y, np.array([1, 1, -0.5, 1, 1, 1])))
    assert message == "the weight has 1 negative value: sample 2"


def test_numbers_with_underscores(tmp_path):
    write_csv(tmp_path / "data.csv", 6, size=["1_000", "1", "2", "3", "4", "5"])
    source = {"type": "table", "path": "data.csv", "features": ["a", "b", "c", "size"], "label": "species"}
    [message] = refused(spec(data={"source": source}), None, tmp_path)
    assert message.startswith("column size is not numeric: 1 of 6 values are text, such as '1_000' (row 1)")


def test_a_feature_that_is_listed_twice():
    source = {"type": "table", "path": "data.csv", "features": ["a", "b", "c", "a"], "label": "species"}
    [found] = [each for each in check(spec(data={"source": source})).diagnostics if each.severity == "error"]
    assert found.name == "column-use" and found.pointer == "/data/source/features/3"


def test_numbers_that_are_names_of_classes():
    """1 to 3 with these names are the classes 0 to 2; without them they are an error."""
    x, y = samples(30)
    target = {"kind": "multiclass", "classes": 3}
    named = prepare(Check.of(spec(target={**target, "names": ["1", "2", "3"]})).spec, data=(x, y + 1))
    assert (named.train.y == y).all() and named.labels.class_names() == ["1", "2", "3"]
    assert type(named.labels).from_dict(named.labels.to_dict()) == named.labels
    [message] = refused(spec(target=target), (x, y + 1))
    assert "outside 0 to 2: 3" in message
    # The indices of classes with these names stay indices.
    names = {**target, "names": ["0", "1", "2"]}
    assert not prepare(Check.of(spec(target=names)).spec, data=(x, y)).labels.by_name


def test_one_error_for_the_labels_of_all_sets():
    x, y = samples(30)
    data = {"train": (x, y + 1), "validation": (x, y + 1), "test": (x, y + 1)}
    with pytest.raises(DataError) as error:
        prepare(Check.of(spec()).spec, data=data)
    [violation] = error.value.violations
    notes = ("the validation set has such labels too", "the test set has such labels too")
    assert "train" in violation.message and violation.notes == notes


@pytest.mark.parametrize("target", [{"kind": "regression"}, None])
def test_measured_labels_are_unscaled(tmp_path, target):
    write_csv(tmp_path / "data.csv", price=np.linspace(25_000, 190_000, 120))
    source = {"type": "table", "path": "data.csv", "features": ["a", "b", "c", "d"], "label": "price"}
    path = write_spec(
        tmp_path / "m.seqspec.json", layers=[{"type": "Dense", "units": 1}], target=target,
        compile={"optimizer": "adam", "loss": "mse"}, data={"source": source},
    )  # fmt: skip
    checked = Check.of(str(path)).valid_for("train")
    found = with_measured(checked, read_data(RunPlan.new(checked, access=access_to(tmp_path))))
    [finding] = [each for each in found.report.diagnostics if each.name == "unscaled-target"]
    assert finding.severity == "warning" and "labels range from 25000 to 190000" in finding.message
    assert finding.pointer == "/data/source"


def test_the_baselines_are_those_of_the_training_labels():
    """The median label, the shares of the classes, and their log loss."""
    labels = np.array([1.0, 2.0, 3.0, 100.0])
    found = LabelBaseline.from_dict(json.loads(json.dumps(baseline_of(labels, LabelEncoding("regression")).to_dict())))
    assert found.median == pytest.approx(2.5) and found.mean == pytest.approx(26.5)
    encoding = LabelEncoding("binary", classes=2)
    classes = LabelBaseline.from_dict(baseline_of(np.array([0, 1, 1, 1]), encoding).to_dict())
    assert classes.majority == 1 and classes.shares.tolist() == [0.25, 0.75]
    counted = Classification(2, labels=encoding)
    counted.add(np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]]))
    result = counted.result(encoding, classes)
    assert result["log_loss"] == pytest.approx(-np.log([0.9, 0.8]).mean())
    assert result["baseline"]["log_loss"] == pytest.approx(-np.log([0.25, 0.75]).mean())


def test_the_rows_of_each_set_are_those_of_the_file(tmp_path):
    """Rows without a label are left out, and counted."""
    labels = [["a", "b", ""][number % 3] for number in range(60)]
    lines = [f"{number},{label}" for number, label in enumerate(labels)]
    (tmp_path / "t.csv").write_text("\n".join(["x,y", *lines]))
    source = {"type": "table", "path": "t.csv", "features": ["x"], "label": "y"}
    data = {"source": source, "missing": "drop", "split": {"by": "random", "test": 0.25}}
    layers = [{"type": "Dense", "units": 1, "activation": "sigmoid"}]
    binary = {"target": {"kind": "binary"}, "compile": {"loss": "binary_crossentropy"}}
    prepared = prepare(Check.of(spec(layers, (1,), data=data, **binary)).spec, str(tmp_path))
    for name, rows in prepared.rows.items():
        samples = prepared.sets[name]
        assert samples.x[:, 0].tolist() == rows.tolist()
        assert [["a", "b"][int(each)] for each in np.ravel(samples.y)] == [labels[row] for row in rows]


def test_white_space_around_the_name_of_a_class_does_not_count(tmp_path):
    """As databases fill columns of a fixed width; a declared name with white space is one of its own."""
    labels = [["won", "lost ", "lost", " "][number % 4] for number in range(60)]
    (tmp_path / "t.csv").write_text("\n".join(["x,y", *(f"{number},{label}" for number, label in enumerate(labels))]))
    source = {"type": "table", "path": "t.csv", "features": ["x"], "label": "y"}
    data = {"source": source, "missing": "drop", "split": {"by": "random", "test": 0.25}}
    layers = [{"type": "Dense", "units": 3, "activation": "softmax"}]

    def prepared(names):
        target = {"kind": "multiclass", "classes": len(names), "names": names}
        layers[0]["units"] = len(names)
        return prepare(Check.of(spec(layers, (1,), data=data, target=target)).spec, str(tmp_path))

    found = prepared(["lost", "won"])
    assert found.labels.names == ["lost", "won"] and sum(map(len, found.rows.values())) == 45
    [said] = [each for each in found.warnings if each.rule == "data-labels"]
    assert said.severity == "info"
    assert str(said.message) == '30 labels have white space around the name, such as "lost ": it does not count'
    apart = prepared(["lost", "lost ", "won", " "])
    assert [each for each in apart.warnings if each.rule == "data-labels"] == []
    assert len({int(each) for part in apart.sets.values() for each in np.ravel(part.y)}) == 4
