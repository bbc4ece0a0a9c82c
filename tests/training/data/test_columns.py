"""Tables whose columns are declared in `[data.columns]`: what is read, reported, trained and predicted."""

import csv
import json
import random
from datetime import date, timedelta

import numpy as np
import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli
from seqspec.core.check.check import Check
from seqspec.core.diagnostics.message import Setting
from seqspec.training.data.prepare import prepare
from seqspec.training.data.stored import StoredArray
from seqspec.training.errors import DataError
from tests.training.specs import spec

COLUMNS = {
    "age": "number",
    "income": {"kind": "number", "scale": "log", "missing": {"fill": "median", "flag": True}},
    "active": "boolean",
    "plan": ["basic", "family", "premium"],
    "state": {"kind": "category", "top": 6},
    "signed_up": "date",
    "last_call": {"kind": "date", "parts": ["elapsed"], "since": "signed_up"},
    "comment": {"kind": "text", "top": 4},
}
WIDTH = 1 + 2 + 1 + 3 + 7 + 5 + 1 + 4
LAYERS = [{"type": "Dense", "units": 8, "activation": "relu"}, {"type": "Dense", "units": 1, "activation": "sigmoid"}]
SPLIT = {"by": "random", "validation": 0.2, "test": 0.2}


def rows(count=200, **changes):
    """Customers whose churn depends on plan and state alone; `changes` are (row, value) by column."""
    choose = random.Random(1)
    found = []
    for number in range(count):
        plan, state = choose.choice(COLUMNS["plan"]), choose.choice(["NY", "CA", "TX", "WA"])
        start = date(2023, 1, 1) + timedelta(days=choose.randrange(300))
        found.append({
            "customer": f"C{number}", "age": choose.randrange(18, 90),
            "income": "" if number % 9 == 4 else round(choose.lognormvariate(10, 1), 2),
            "active": choose.choice(["yes", "No"]), "plan": plan, "state": state, "signed_up": start,
            "last_call": start + timedelta(days=choose.randrange(1, 200)),
            "comment": choose.choice(["great service", "too slow, too dear", "", "fine"]), "notes": "x",
            "churned": "yes" if (plan == "basic") != (state == "CA") else "no",
        })  # fmt: skip
    for column, (row, value) in changes.items():
        found[row][column] = value
    return found


def write(path, table, columns=None):
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, columns or list(table[0]), extrasaction="ignore")
        writer.writeheader()
        writer.writerows(table)
    return path


def tree(columns=COLUMNS, source=None, data=None, **tables):
    declared = {"type": "table", "path": "churn.csv", "label": "churned", "id": "customer", "ignore": ["notes"]}
    tables = {
        "target": {"kind": "binary", "names": ["no", "yes"]},
        "compile": {"optimizer": "adam(0.02)", "loss": "binary_crossentropy", "metrics": ["accuracy"]},
        "data": {"source": {**declared, **(source or {})}, "split": SPLIT, "columns": columns, **(data or {})},
        **tables,
    }
    found = spec(LAYERS, **tables)
    found["model"].pop("input")
    return found


def prepared(folder, found, **more):
    analysis = Check.of(found)
    assert analysis.validation.ok, analysis.validation.diagnostics
    return prepare(analysis.spec, str(folder), seed=7, **more)


def refused(folder, found):
    """The rule and the path of each violation of data that is refused."""
    with pytest.raises(DataError) as error:
        prepared(folder, found)
    return [(each.rule, each.path) for each in error.value.violations]


def column(name):
    return "data", "columns", name


class TestPreparation:
    def test_categories_that_differ_only_in_white_space_are_named(self, tmp_path):
        table = rows()
        for row in table[:6]:
            row["state"] = "NY "
        table[7]["state"] = "Ny"
        write(tmp_path / "churn.csv", table)
        found = [each for each in prepared(tmp_path, tree()).warnings if each.path == column("state")]
        [said] = [each for each in found if each.rule == "data-values"]
        total = sum(row["state"] == "NY" for row in table)
        assert said.severity == "warning" and f'"NY" ({total}), "NY " (6)' in str(said.message)

    def test_categories_that_differ_in_case_too_are_not(self, tmp_path):
        table = rows()
        for row in table:
            row["state"] = row["state"] + " " if row["state"] == "NY" else row["state"]
        table[7]["state"] = "ny "
        write(tmp_path / "churn.csv", table)
        assert "data-values" not in [each.rule for each in prepared(tmp_path, tree()).warnings]

    def test_the_vector_of_each_row(self, tmp_path):
        write(tmp_path / "churn.csv", rows())
        data = prepared(tmp_path, tree())
        assert {name: each.x.shape for name, each in data.sets.items()} == {
            "train": (120, WIDTH), "validation": (40, WIDTH), "test": (40, WIDTH)
        }  # fmt: skip
        chosen = [rows()[row] for row in data.rows["train"]]
        places = data.encoder.places()
        ages = np.array([row["age"] for row in chosen])
        assert data.train.x[:, places["age"]][:, 0] == pytest.approx((ages - ages.mean()) / ages.std(), abs=1e-5)
        plans = [COLUMNS["plan"].index(row["plan"]) for row in chosen]
        assert data.train.x[:, places["plan"]].argmax(axis=1).tolist() == plans
        assert data.train.x[:, places["income"]][:, 1].tolist() == [float(row["income"] == "") for row in chosen]
        assert data.train.y.reshape(-1).tolist() == [float(row["churned"] == "yes") for row in chosen]

    @pytest.mark.filterwarnings("error")
    def test_infinite_numbers_are_limited_by_clip(self, tmp_path):
        write(tmp_path / "churn.csv", rows(age=(3, "inf")))
        data = prepared(tmp_path, tree({**COLUMNS, "age": {"kind": "number", "scale": "none", "clip": [0, 100]}}))
        ages = np.concatenate([each.x[:, 0] for each in data.sets.values()])
        assert ages.max() == 100

    def test_nan_of_json_is_a_missing_text_and_label(self, tmp_path):
        table = [{**row, "signed_up": str(row["signed_up"]), "last_call": str(row["last_call"])} for row in rows(60)]
        table[3]["comment"] = float("nan")
        (tmp_path / "churn.jsonl").write_text("".join(json.dumps(row) + "\n" for row in table))
        found = tree(source={"path": "churn.jsonl"})
        comments = {**COLUMNS, "comment": {"kind": "text", "top": 40}}
        assert "nan" not in prepared(tmp_path, tree(comments, {"path": "churn.jsonl"})).encoder.encodings[-1].words
        table[5]["churned"] = float("nan")
        (tmp_path / "churn.jsonl").write_text("".join(json.dumps(row) + "\n" for row in table))
        assert refused(tmp_path, found)[0][0] == "data-values"

    def test_rows_that_are_all_dropped(self, tmp_path):
        table = [{**row, "age": ""} for row in rows(20)]
        write(tmp_path / "churn.csv", table)
        assert refused(tmp_path, tree(data={"missing": "drop"})) == [("data-split", ("data", "missing"))]

    def test_streamed_vectors_are_those_in_memory(self, tmp_path):
        write(tmp_path / "churn.csv", rows())
        memory, disk = (prepared(tmp_path, tree(data={"memory": each})) for each in ("load", "stream"))
        assert memory.encoder.to_state() == disk.encoder.to_state()
        for name, each in disk.sets.items():
            assert isinstance(each.x, StoredArray)
            assert np.asarray(each.x).tobytes() == memory.sets[name].x.tobytes()

    def test_vectors_that_do_not_fit_are_encoded_on_demand(self, tmp_path, monkeypatch):
        from seqspec.training.data import prepare as module
        from seqspec.training.data.stored import Budget

        write(tmp_path / "churn.csv", rows())
        whole = prepared(tmp_path, tree()).train.x
        monkeypatch.setattr(module, "budget_of", lambda *_: Budget(4 * WIDTH * 200 - 1))
        lazy = prepared(tmp_path, tree()).train
        assert lazy.streams and np.asarray(lazy.x).tobytes() == whole.tobytes()

    def test_parquet_and_json_lines_are_encoded_as_csv(self, tmp_path):
        import pyarrow.parquet

        table = rows()
        write(tmp_path / "churn.csv", table)
        typed = [{**row, "income": row["income"] or None, "active": row["active"] == "yes"} for row in table]
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(typed), tmp_path / "churn.parquet")
        lines = "\n".join(json.dumps(row, default=str) for row in typed)
        (tmp_path / "churn.jsonl").write_text(lines)
        whole = prepared(tmp_path, tree())
        for suffix in ("parquet", "jsonl"):
            other = prepared(tmp_path, tree(source={"path": f"churn.{suffix}"}))
            assert other.encoder.to_state() == whole.encoder.to_state()
            assert other.train.x.tobytes() == whole.train.x.tobytes()

    def test_sets_in_files_of_their_own_are_encoded_as_those_of_one(self, tmp_path):
        table = [{**row, "set": "train" if number < 150 else "test"} for number, row in enumerate(rows())]
        write(tmp_path / "churn.csv", table)
        whole = prepared(
            tmp_path, tree(source={"ignore": ["notes"]}, data={"split": {"by": "column", "column": "set"}})
        )
        found = tree()
        source = found["data"].pop("source")
        found["data"].pop("split")
        # In another order, so that categories and words have other codes.
        for name, part in (("train", table[:150]), ("test", table[:149:-1])):
            write(tmp_path / f"{name}.csv", part)
            found["data"][name] = {"source": {**source, "path": f"{name}.csv", "ignore": ["notes", "set"]}}
        parts = prepared(tmp_path, found)
        assert parts.encoder.to_state() == whole.encoder.to_state()
        assert np.array_equal(parts.train.x, whole.train.x)
        assert np.array_equal(parts.sets["test"].x, whole.sets["test"].x[::-1])

    def test_rows_with_missing_values_are_dropped_by_column(self, tmp_path):
        write(tmp_path / "churn.csv", rows(age=(3, ""), active=(5, "NA"), state=(7, "")))
        columns = {**COLUMNS, "age": {"kind": "number", "missing": "drop"},
                   "active": {"kind": "boolean", "missing": "drop"},
                   "state": {"kind": "category", "top": 6, "missing": "category"}}  # fmt: skip
        data = prepared(tmp_path, tree(columns))
        assert data.dropped == 2 and sum(map(len, data.sets.values())) == 198

    def test_equal_rows_in_two_sets_are_reported(self, tmp_path):
        table = rows()
        write(
            tmp_path / "churn.csv", [*table, *({**row, "customer": f"D{number}"} for number, row in enumerate(table))]
        )
        assert any(each.rule == "sample-leakage" for each in prepared(tmp_path, tree()).warnings)

    @pytest.mark.parametrize("one_source", [True, False])
    def test_parts_of_one_source_have_one_range(self, tmp_path, one_source):
        """A large value is in one part only; but only sets with sources of their own can have another unit."""
        values = [100, *(number / 100 for number in range(100))]
        for name, part in (("all", values), ("test", values[1:])):
            write(tmp_path / f"{name}.csv", [{"x": value, "y": value / 100} for value in part])
        source = {"type": "table", "path": "all.csv", "features": ["x"], "label": "y"}
        data = {"source": source, "split": SPLIT}
        if not one_source:
            data = {"train": {"source": source}, "test": {"source": {**source, "path": "test.csv"}}}
        path = tmp_path / "m.seqspec.json"
        target = {"target": {"kind": "regression"}, "compile": {"optimizer": "adam", "loss": "mse"}}
        path.write_text(json.dumps(spec([{"type": "Dense", "units": 1}], (1,), data=data, **target)))
        output = CliRunner().invoke(cli, ["check", "--data", "--format", "json", str(path)])
        found = [each["code"] for each in json.loads(output.stdout)[0]["diagnostics"]]
        assert ("SEQ614" in found) is not one_source, output.output


class TestRefusals:
    """Codes and places; the texts are in tests/training/errors."""

    def test_values_of_another_kind_and_undeclared_ones_at_once(self, tmp_path):
        write(tmp_path / "churn.csv", rows(age=(16, "old"), active=(3, "maybe"), plan=(16, "gold")))
        assert refused(tmp_path, tree({**COLUMNS, "state": "number"})) == [
            ("column-kind", column("age")), ("column-kind", column("active")), ("undeclared-value", column("plan")),
            ("column-kind", column("state")),
        ]  # fmt: skip

    @pytest.mark.parametrize(("text", "format"), [("02/03/2024", "%d/%m/%Y"), ("2/13/24", "%m/%d/%y"),
                                                  ("31.12.2024 08:30", "%d.%m.%Y %H:%M")])  # fmt: skip
    def test_dates_in_another_format(self, tmp_path, text, format):
        write(tmp_path / "churn.csv", [{**row, "signed_up": text} for row in rows()])
        columns = {**COLUMNS, "last_call": "date"}
        with pytest.raises(DataError) as error:
            prepared(tmp_path, tree(columns))
        [violation] = error.value.violations
        declared = {"kind": "date", "format": format}
        assert (violation.rule, violation.path) == ("date-format", column("signed_up"))
        assert Setting("signed_up", declared) in violation.help.parts
        # Which of two formats is meant is not for a fix to decide.
        assert (violation.fix is None) == (text == "02/03/2024")
        prepared(tmp_path, tree({**columns, "signed_up": declared}))

    def test_a_format_is_offered_only_if_it_parses_more_rows(self, tmp_path):
        def violation(count):
            table = rows()
            for row in table[:count]:
                row["signed_up"] = "31/12/2024"
            write(tmp_path / "churn.csv", table)
            with pytest.raises(DataError) as error:
                prepared(tmp_path, tree({**COLUMNS, "last_call": "date"}))
            return error.value.violations[0]

        few, many = violation(1), violation(197)
        declared = Setting("signed_up", {"kind": "date", "format": "%d/%m/%Y"})
        assert few.fix is None and isinstance(few.help, str) and "1 of 200" in str(few.message)
        assert many.fix is not None and declared in many.help.parts and "3 rows" in str(many.help)

    @pytest.mark.parametrize(("value", "meant"), [("Premum", True), ("gold", False), ("basic_2", False)])
    def test_a_value_that_is_close_to_a_declared_one(self, tmp_path, value, meant):
        write(tmp_path / "churn.csv", rows(plan=(16, value)))
        with pytest.raises(DataError) as error:
            prepared(tmp_path, tree())
        before, setting, _ = error.value.violations[0].help.parts
        assert ("premium?" in before) == meant and value in setting.value

    def test_missing_values_of_several_columns(self, tmp_path):
        write(tmp_path / "churn.csv", rows(age=(3, "?"), plan=(4, ""), signed_up=(5, "")))
        assert refused(tmp_path, tree()) == [
            ("data-values", column(name)) for name in ("age", "plan", "signed_up", "last_call")
        ]

    def test_unknown_columns(self, tmp_path):
        write(tmp_path / "churn.csv", rows())
        found = tree({**COLUMNS, "stat": "number"}, source={"ignore": ["note"]})
        assert refused(tmp_path, found) == [
            ("data-column", column("stat")), ("data-column", ("data", "source", "ignore", 0))
        ]  # fmt: skip

    def test_another_delimiter(self, tmp_path):
        write(tmp_path / "churn.csv", rows())
        text = (tmp_path / "churn.csv").read_text()
        (tmp_path / "churn.csv").write_text(text.replace(",", ";"))
        assert refused(tmp_path, tree()) == [("data-column", ("data", "source", "path"))]

    def test_repeated_and_missing_identifiers(self, tmp_path):
        for value in ("C2", ""):
            write(tmp_path / "churn.csv", rows(customer=(9, value)))
            assert refused(tmp_path, tree()) == [("data-values", ("data", "source", "id"))]

    def test_columns_that_say_nothing(self, tmp_path):
        table = [{**row, "country": "NL", "months": 12 * row["age"], "spare": 1} for row in rows()]
        write(tmp_path / "churn.csv", table)
        columns = {**COLUMNS, "country": {"kind": "category", "top": 3}, "months": "number"}
        columns["plan"] = [*COLUMNS["plan"], "gold"]
        assert {(each.rule, each.path, each.severity) for each in prepared(tmp_path, tree(columns)).warnings} == {
            ("unused-column", ("data", "columns"), None), ("uninformative-column", column("country"), None),
            ("uninformative-column", column("plan"), "info"), ("same-column", column("months"), None),
            ("time-in-random-split", ("data", "split"), "info"),
        }  # fmt: skip

    def test_an_input_of_another_width(self, tmp_path):
        write(tmp_path / "churn.csv", rows())
        found = tree({**COLUMNS, "state": "category"})
        found["model"]["input"] = [WIDTH + 5]
        assert refused(tmp_path, found) == [("data-mismatch", ("model", "input"))]

    def test_values_that_only_the_test_set_has_can_be_refused(self, tmp_path):
        table = [
            {**row, "set": "test" if number > 150 else "train"} for number, row in enumerate(rows(state=(180, "PR")))
        ]
        write(tmp_path / "churn.csv", table)
        columns = {**COLUMNS, "state": {"kind": "category", "top": 6, "unknown": "error"}}
        found = tree(columns, data={"split": {"by": "column", "column": "set"}})
        assert refused(tmp_path, found) == [("undeclared-value", column("state"))]

    def test_a_cluster_does_not_divide_encoded_columns(self, tmp_path):
        write(tmp_path / "churn.csv", rows())
        with pytest.raises(DataError) as error:
            prepared(tmp_path, tree(data={"memory": "shard"}), shards=object())
        assert error.value.violations[0].path == ("data", "memory")


def test_text_columns_without_a_declaration_show_their_entry(tmp_path):
    write(tmp_path / "churn.csv", rows())
    found = tree()
    del found["data"]["columns"]
    found["model"]["input"] = [8]
    with pytest.raises(DataError) as error:
        prepared(tmp_path, found)
    entries = [part for each in error.value.violations for part in each.help.parts if isinstance(part, Setting)]
    declared = dict(entries)
    assert declared["plan"] == ["basic", "family", "premium"]
    assert declared["active"] == "boolean" and declared["signed_up"] == declared["last_call"] == "date"
    assert "customer" not in declared and "notes" not in declared


@pytest.mark.parametrize(("ages", "key"), [(["20,5", "52.4", "30"], None), (["20", "52.4", "30.25"], "decimal")])
def test_decimal_points_in_a_file_with_decimal_commas(tmp_path, ages, key):
    """A row with one is wrong; a file without decimal commas is read with the wrong setting."""
    table = [{**row, "income": "", "age": ages[number % 3]} for number, row in enumerate(rows())]
    write(tmp_path / "churn.csv", table)
    found = tree()
    found["data"]["source"]["decimal"] = ","
    with pytest.raises(DataError) as error:
        prepared(tmp_path, found)
    [violation] = error.value.violations
    assert violation.path == ("data", "source", *filter(None, [key]))
    assert "`age`" in str(violation.message) and '"52.4" (row 2)' in str(violation.message)


@pytest.mark.parametrize("declared", [True, False])
def test_a_utf8_file_that_is_read_in_another_encoding(tmp_path, declared):
    table = [{("größe" if name == "age" else name): value for name, value in row.items()} for row in rows()]
    write(tmp_path / "churn.csv", table)
    assert "größe".encode() in (tmp_path / "churn.csv").read_bytes()
    found = tree(columns={("größe" if name == "age" else name): kind for name, kind in COLUMNS.items()})
    found["data"]["source"]["encoding"] = "cp1252"
    if not declared:
        del found["data"]["columns"]
        found["data"]["source"]["features"] = ["größe"]
        found["model"]["input"] = [1]
    with pytest.raises(DataError) as error:
        prepared(tmp_path, found)
    [violation] = error.value.violations
    assert violation.path == ("data", "source", "encoding")
    assert Setting("encoding", "utf-8") in violation.help.parts


def test_the_encoding_depends_on_the_training_rows_alone(tmp_path):
    table = [{**row, "set": "train" if number < 120 else "test"} for number, row in enumerate(rows())]
    found = tree(data={"split": {"by": "column", "column": "set"}})
    states = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "churn.csv", table)
        states.append(json.dumps(prepared(tmp_path / name, found).encoder.to_state()))
        table[120:] = [{**row, "age": 1, "income": 3, "state": "ZZ", "comment": "new words", "signed_up": "1999-01-01"}
                       for row in table[120:]]  # fmt: skip
    assert states[0] == states[1]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A run on the table: (folder, run)."""
    folder = tmp_path_factory.mktemp("project")
    write(folder / "churn.csv", rows(600))
    (folder / "m.seqspec.json").write_text(json.dumps(tree(fit={"epochs": 15, "batch_size": 16})))
    result = CliRunner().invoke(cli, ["train", str(folder / "m.seqspec.json"), "--runs", str(folder / "runs")])
    assert result.exit_code == 0, result.output
    assert f"360, validation 120, test 120 rows, 8 columns encoded as {WIDTH} values" in result.output
    [path] = (folder / "runs").iterdir()
    return folder, seqspec.load_run(path)


def predict(run, *arguments):
    return CliRunner().invoke(cli, ["predict", str(run.path), *map(str, arguments)])


@pytest.mark.slow
class TestRun:
    def test_categories_are_learned(self, project):
        folder, run = project
        assert run.evaluation["test"]["metrics"]["accuracy"] > 0.95
        again = run.evaluate("test")["test"]["metrics"]
        assert again == pytest.approx(run.evaluation["test"]["metrics"])
        write(folder / "later.csv", rows(50, plan=(3, "gold")))
        result = CliRunner().invoke(cli, ["evaluate", str(run.path), "--on", str(folder / "later.csv")])
        assert result.exit_code == 0 and '"gold" (1)' in result.stderr

    def test_predictions_do_not_depend_on_the_order_of_columns(self, project, tmp_path):
        _, run = project
        table = rows(20)
        plain = predict(run, write(tmp_path / "a.csv", table), "-o", tmp_path / "a.out.csv")
        assert plain.exit_code == 0 and "unknown" not in plain.output
        columns = [*reversed([name for name in table[0] if name != "churned"]), "more"]
        predict(
            run, write(tmp_path / "b.csv", [{**row, "more": 1} for row in table], columns), "-o", tmp_path / "b.out.csv"
        )
        text = (tmp_path / "a.out.csv").read_text()
        assert text == (tmp_path / "b.out.csv").read_text()
        lines = text.splitlines()
        assert lines[0] == "customer,class,p(no),p(yes)" and [line.split(",")[0] for line in lines[1:]] == [
            row["customer"] for row in table
        ]

    def test_the_model_with_the_encoder_is_the_prediction(self, project, tmp_path):
        _, run = project
        found = run.predict(str(write(tmp_path / "a.csv", rows(20))))
        vectors = np.asarray(prepared_vectors(run, tmp_path))
        assert found.outputs == pytest.approx(np.asarray(run.model(vectors)), abs=1e-6)

    def test_unknown_categories_are_counted(self, project, tmp_path):
        _, run = project
        table = rows(20, plan=(3, "gold"), state=(5, "PR"))
        table[7]["state"] = table[8]["state"] = "GU"
        result = predict(run, write(tmp_path / "a.csv", table), "-o", tmp_path / "out.csv")
        assert result.exit_code == 0
        assert result.stderr.endswith(
            f'{tmp_path / "out.csv"}: 20 predictions; 1 row has an unknown plan: "gold" (1), encoded as none; '
            '3 rows have an unknown state: "GU" (2), "PR" (1), encoded as none\n'
        )
        printed = predict(run, tmp_path / "a.csv")
        assert len(printed.stdout.splitlines()) == 20 and len(printed.stderr.splitlines()) == 3

    def test_values_far_outside_of_the_training_range_are_noted(self, project, tmp_path):
        _, run = project
        result = predict(run, write(tmp_path / "a.csv", rows(20, age=(3, 52_400))))
        assert result.exit_code == 0
        assert (
            "1 row far outside of the training range of `age`, 18 to 89: 52400 in a.csv row 4 (customer C3); "
            in result.stderr
        )

    @pytest.mark.parametrize(("changes", "message"), [
        ({"age": (3, "NA")}, "`age` has 1 missing value"),
        ({"age": (3, "old")}, '`age` has text, such as "old": it cannot be a number'),
        ({"signed_up": (3, "soon")}, '`signed_up` has "soon", which is not an ISO 8601 date'),
    ])  # fmt: skip
    def test_rows_that_cannot_be_encoded_are_marked(self, project, tmp_path, changes, message):
        _, run = project
        result = predict(run, write(tmp_path / "a.csv", rows(20, **changes)), "-o", tmp_path / "out.csv")
        assert result.exit_code == 0
        with open(tmp_path / "out.csv", newline="", encoding="utf-8") as file:
            errors = [row["error"] for row in csv.DictReader(file)]
        assert message in errors[3] and errors.count("") == 19

    def test_any_number_of_rows_without_a_value(self, project, tmp_path):
        """They are marked and keep their place, whether other rows cannot be read or can."""
        _, run = project
        for unreadable in ({}, {"signed_up": (3, "soon")}):
            found = rows(2_600, **unreadable)
            for row in found[::2]:
                row["age"] = ""
            result = predict(run, write(tmp_path / "a.csv", found), "-o", tmp_path / "out.csv", "--force")
            assert result.exit_code == 0, result.output
            with open(tmp_path / "out.csv", newline="", encoding="utf-8") as file:
                errors = [row["error"] for row in csv.DictReader(file)]
            assert errors[::2] == ["`age` has 1 missing value"] * 1_300 and len(errors) == 2_600
            assert [number for number, error in enumerate(errors[1::2]) if error] == ([1] if unreadable else [])

    @pytest.mark.parametrize("suffix", ["csv", "parquet"])
    def test_files_of_which_only_one_has_rows_that_cannot_be_encoded(self, project, tmp_path, suffix):
        from pyarrow import parquet

        _, run = project
        files = [write(tmp_path / "a.csv", rows(5)), write(tmp_path / "b.csv", rows(5, age=(3, "old")))]
        output = tmp_path / f"out.{suffix}"
        assert predict(run, *files, "-o", output).exit_code == 0
        if suffix == "csv":
            with open(output, newline="", encoding="utf-8") as file:
                errors = [row["error"] for row in csv.DictReader(file)]
        else:
            errors = parquet.read_table(output)["error"].to_pylist()
        assert [bool(error) for error in errors] == [False] * 8 + [True, False]

    def test_files_of_which_only_one_has_ids(self, project, tmp_path):
        _, run = project
        names = [name for name in rows(1)[0] if name != "customer"]
        files = [write(tmp_path / "a.csv", rows(5)), write(tmp_path / "b.csv", rows(5), names)]
        result = predict(run, *files, "-o", tmp_path / "out.csv")
        assert result.exit_code == 2 and "the predictions for some files have no column customer" in result.output
        assert not (tmp_path / "out.csv").exists()

    @pytest.mark.parametrize(("state", "message"), [
        (b"\xff", "is not UTF-8 text"),
        (b"x" * 200_000, "`age` has text"),
    ])  # fmt: skip
    def test_a_file_that_cannot_be_divided_into_rows(self, project, tmp_path, state, message):
        _, run = project
        path = write(tmp_path / "a.csv", rows(3, age=(1, "old"), state=(2, "PLACE")))
        path.write_bytes(path.read_bytes().replace(b"PLACE", state))
        result = predict(run, path)
        assert result.exit_code == 3 and message in result.output

    def test_a_column_that_is_missing(self, project, tmp_path):
        _, run = project
        columns = [name for name in rows(1)[0] if name not in ("state", "churned")]
        table = [{**row, "states": row["state"]} for row in rows(20)]
        result = predict(run, write(tmp_path / "a.csv", table, [*columns, "states"]))
        assert result.exit_code == 3
        assert "has no column `state`, which the model needs\n" in result.output
        assert "help: rename `states`" in result.output

    def test_a_continued_run_has_the_weights_of_a_whole_one(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        write(tmp_path / "churn.csv", rows())
        found = tree(fit={"epochs": 2, "batch_size": 16}, source={"path": str(tmp_path / "churn.csv")})
        whole = seqspec.train(found, runs=tmp_path / "runs")
        found["fit"]["epochs"] = 1
        part = seqspec.resume(seqspec.train(found, runs=tmp_path / "runs").path, epochs=1)
        for one, other in zip(whole.model.get_weights(), part.model.get_weights()):
            assert np.array_equal(one, other)


def prepared_vectors(run, folder):
    """The vectors of a.csv by encoding.json alone."""
    from seqspec.training.data.encoding.encoder import Encoder
    from seqspec.training.data.encoding.raw import RawReader

    encoder = Encoder.from_state(json.loads((run.path / "encoding.json").read_text()))
    reader = RawReader(Check.of(run.spec).spec.data.columns)
    with open(folder / "a.csv", newline="") as file:
        table = list(csv.DictReader(file))
    reader.append({name: [row[name] for row in table] for name in reader.kinds})
    return encoder.encode(*reader.finish())


@pytest.mark.slow
def test_an_empty_text_is_no_class_with_probability_nan(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    layers = [
        {"type": "TextVectorization", "max_tokens": 20, "output_sequence_length": 4},
        {"type": "Embedding", "input_dim": 20, "output_dim": 2, "mask_zero": True},
        "GlobalAveragePooling1D", {"type": "Dense", "units": 2, "activation": "softmax"},
    ]  # fmt: skip
    lines = [f"{'good' if number % 2 else 'bad'} film,{number % 2}" for number in range(40)]
    (tmp_path / "texts.csv").write_text("\n".join(["text,label", *lines]))
    source = {"type": "text", "path": str(tmp_path / "texts.csv"), "column": "text", "label": "label"}
    found = spec(layers, {"shape": [], "dtype": "string"}, target={"kind": "multiclass", "classes": 2},
                 data={"source": source}, fit={"epochs": 1})  # fmt: skip
    run = seqspec.train(found, runs=tmp_path / "runs")
    (tmp_path / "new.csv").write_text('text\ngood film\n""\nNA\n')
    result = predict(run, tmp_path / "new.csv", "-o", tmp_path / "out.csv")
    assert result.exit_code == 3 and not (tmp_path / "out.csv").exists()
    assert "the model outputs NaN for 2 samples: new.csv row 2, new.csv row 3" in result.output


def test_fixes_of_columns_are_applied(tmp_path):
    write(tmp_path / "churn.csv", [{**row, "country": "NL"} for row in rows()])
    path = tmp_path / "m.seqspec.json"
    path.write_text(json.dumps(tree({**COLUMNS, "plan": "number", "country": {"kind": "category", "top": 2}})))
    result = CliRunner().invoke(cli, ["check", "--data", str(path), "--fix", "--unsafe-fixes"])
    assert result.exit_code == 0 and "Fixed 2 findings" in result.stderr, result.output
    data = json.loads(path.read_text())["data"]
    assert data["columns"] == COLUMNS and data["source"]["ignore"] == ["notes", "country"]
