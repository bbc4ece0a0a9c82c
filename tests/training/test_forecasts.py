"""Forecasts after the last row of a file, and their evaluation."""

import csv
import json
import re

import numpy as np
import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli
from seqspec.training.comparison.diagnosis import diagnose_curves, forecast_advice, forecast_verdict
from seqspec.training.data.time_axis.frequency import Frequency
from seqspec.training.data.time_axis.index import SeriesIndex, StepRows
from seqspec.training.data.time_axis.times import TimeFormat
from seqspec.training.errors import DataError
from seqspec.training.evaluation.regression_errors import ForecastErrors, ForecastScores
from seqspec.training.prediction.far import LabelRange
from seqspec.training.prediction.predict import Forecast, MarkedPredictions
from tests.training.data.test_series import hours, write
from tests.training.specs import spec


def invoke(*arguments):
    return CliRunner().invoke(cli, [str(each) for each in arguments])


def linear(folder, described, inputs, outputs, **data):
    """A run whose model is linear with known weights; returns it with its kernel and bias."""
    tree = spec(
        [{"type": "Dense", "units": outputs}], [inputs], target={"kind": "regression", "shape": [outputs]},
        compile={"loss": "mae", "metrics": ["mae"]}, fit={"epochs": 1},
        data={"source": {"type": "series", "path": str(folder / "s.csv"), **described}, **data},
    )  # fmt: skip
    run = seqspec.train(tree, runs=folder / "runs", allow_data=[folder])
    generator = np.random.default_rng(3)
    kernel, bias = generator.normal(size=(inputs, outputs)), generator.normal(size=outputs)
    run.model.set_weights([kernel, bias])
    run.model.save(run.path / "model.keras")
    return run, kernel, bias


STORES = np.random.default_rng(0).normal(size=(2, 60)).round(3)
HOLIDAY = np.random.default_rng(1).integers(0, 2, (2, 63))


def stores(path, first=0, ends=(63, 63), skipped=()):
    """Writes two stores of 60 hours; the holiday is known for 3 more."""
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["time", "store", "value", "holiday"])
        for store, name in enumerate("BA"):
            for row in range(first, ends[store]):
                if row not in skipped:
                    writer.writerow([hours(63)[row], name, STORES[store, row] if row < 60 else "", HOLIDAY[store, row]])
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("stores")


@pytest.fixture(scope="module")
def trained(folder):
    stores(folder / "s.csv")
    described = {
        "time": "time", "group": "store", "target": "value", "features": ["value"], "known": ["holiday"],
        "window": 4, "horizon": 3,
    }  # fmt: skip
    return linear(folder, described, 7, 3, split={"by": "time", "test": 0.4})


class TestHours:
    def expected(self, trained, store):
        _, kernel, bias = trained
        return np.r_[STORES[store, 56:60], HOLIDAY[store, 60:63]] @ kernel + bias

    def test_forecasts_are_those_of_a_hand_calculation(self, trained, folder):
        run, *_ = trained
        new = stores(folder / "new.csv", first=50)
        done = invoke("predict", run.path, new, "-o", folder / "out.csv")
        forecast = f"{folder / 'out.csv'}: 3 hours after 2011-03-03 11:00 of 2 series"
        assert done.stderr.splitlines() == ["model       the final one, after 1 epoch", forecast]
        with open(folder / "out.csv") as file:
            rows = list(csv.DictReader(file))
        assert [[*list(row.values())[:2], row["step"]] for row in rows] == [
            [time, store, step]
            for store in "BA"
            for time, step in (("2011-03-03 12:00", "1"), ("2011-03-03 13:00", "2"), ("2011-03-03 14:00", "3"))
        ]
        found = np.array([float(row["value"]) for row in rows]).reshape(2, 3)
        np.testing.assert_allclose(found, [self.expected(trained, store) for store in (0, 1)], rtol=1e-5)
        lines = [json.loads(line) for line in invoke("predict", run.path, new).stdout.splitlines()]
        assert [list(line) for line in lines] == [["time", "store", "value", "step"]] * 6

    def test_windows_of_the_training_set_are_counted(self, trained, folder):
        run, *_ = trained
        [result] = run.evaluate(str(folder / "s.csv")).values()
        # 60 % of 60 hours have 30 windows of 4 + 3 hours, all hours 54.
        assert (result["trained_on"], result["samples"]) == (2 * 30, 2 * 54)

    def test_every_window_as_before(self, trained, folder):
        run, kernel, bias = trained
        found = run.predict(stores(folder / "new.csv", first=50), origins="all")
        columns = found.columns()
        assert len(found) == 2 * 4 and list(columns) == ["time", "store", "value_1", "value_2", "value_3"]
        # The first steps that are forecast: windows of 4 hours from row 50 on.
        assert columns["time"] == hours(63)[54:58] * 2 and columns["store"] == ["B"] * 4 + ["A"] * 4
        assert found.rows[0] == f"the forecast from {hours(63)[54]} of series B"
        expected = np.r_[STORES[0, 51:55], HOLIDAY[0, 55:58]] @ kernel + bias
        np.testing.assert_allclose(found.outputs[1], expected, rtol=1e-4)

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"first": 57}, "series B has 3 rows, series A has 3 rows; a window needs 4"),
            (
                {"ends": (60, 60)},
                "the forecast of series B needs holiday for 3 hours after 2011-03-03 11:00; new.csv ends there",
            ),
            (
                {"first": 50, "skipped": (57,)},
                "series B ends 2011-03-03 11:00 and has a gap: 1 hour is missing from 2011-03-03 09:00",
            ),
        ],
    )
    def test_what_is_missing_is_named(self, trained, folder, options, message):
        done = invoke("predict", trained[0].path, stores(folder / "new.csv", **options))
        assert done.exit_code == 3 and message in done.stderr

    @pytest.mark.parametrize(
        ("ends", "message"),
        [
            ((60, 63), "the forecast of series B needs holiday for 3 hours after 2011-03-03 11:00; new.csv ends there"),
            ((63, 62), "needs holiday for 3 hours after 2011-03-03 11:00; new.csv has them for 2 hours"),
        ],
    )
    def test_a_series_without_rows_of_the_future_costs_its_own_forecast(self, trained, folder, ends, message):
        done = invoke("predict", trained[0].path, stores(folder / "new.csv", ends=ends))
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        assert done.exit_code == 0 and len(rows) == 6
        assert [message in (row["error"] or "") for row in rows].count(True) == 3

    @pytest.mark.parametrize("row", [57, 59])
    def test_a_cell_that_cannot_be_read_costs_its_own_series_only(self, trained, folder, row):
        lines = stores(folder / "new.csv", first=50).read_text().splitlines()
        place = 1 + row - 50
        lines[place] = ",".join([*lines[place].split(",")[:2], "abc", *lines[place].split(",")[3:]])
        (folder / "new.csv").write_text("\n".join(lines))
        done = invoke("predict", trained[0].path, folder / "new.csv", "-o", folder / "out.csv")
        reason = f"value of series B has 'abc', not a number (new.csv row {place})"
        assert done.exit_code == 0 and f"1 of 2 series cannot be forecast: {reason}" in done.stderr
        with open(folder / "out.csv") as file:
            rows = list(csv.DictReader(file))
        assert [(each["store"], each["step"], each["error"]) for each in rows] == [
            *(("B", str(step), reason) for step in (1, 2, 3)), *(("A", str(step), "") for step in (1, 2, 3))
        ]  # fmt: skip
        assert [each["value"] for each in rows[:3]] == [""] * 3 and rows[0]["time"] == rows[3]["time"] == hours(61)[60]
        found = np.array([float(each["value"]) for each in rows[3:]])
        np.testing.assert_allclose(found, self.expected(trained, 1), rtol=1e-5)
        records = [
            json.loads(line) for line in invoke("predict", trained[0].path, folder / "new.csv").stdout.splitlines()
        ]
        assert [each["value"] is None for each in records] == [True] * 3 + [False] * 3
        with pytest.raises(seqspec.DataError, match="value of series B has 'abc'"):
            trained[0].predict(folder / "new.csv")

    def test_a_series_that_ended_before_the_others_is_named(self, trained, folder):
        rows = [*((time, "A", 0.5, 0) for time in hours(12)), *((time, "B", 0.5, 0) for time in hours(30))]
        rows = [
            (*row[:2], "" if place in (9, 10, 11, 39, 40, 41) else row[2], row[3]) for place, row in enumerate(rows)
        ]
        write(folder / "new.csv", **dict(zip(("time", "store", "value", "holiday"), zip(*rows))))
        done = invoke("predict", trained[0].path, folder / "new.csv", "-o", folder / "out.csv")
        text = "series A ends 2011-03-01 08:00: long before the last one, which ends 2011-03-02 02:00"
        assert done.exit_code == 0 and text in done.stderr

    def test_a_missing_row_of_the_future_is_not_filled(self, tmp_path):
        """Store B has no row for the second of three hours: a gap that the spec fills before its last value."""
        stores(tmp_path / "s.csv", skipped=(20,))
        described = {
            "time": "time", "group": "store", "target": "value", "features": ["value"], "known": ["holiday"],
            "window": 4, "horizon": 3, "gaps": {"fill": "linear", "max": 6},
        }  # fmt: skip
        run, kernel, bias = linear(tmp_path, described, 7, 3)
        path = stores(tmp_path / "new.csv", first=50, skipped=(53,))
        lines = path.read_text().splitlines()
        del lines[11]
        path.write_text("\n".join(lines))
        message = "the forecast of series B needs holiday for 3 hours after 2011-03-03 11:00; new.csv has no row of "
        with pytest.raises(seqspec.DataError, match=message + "2011-03-03 13:00"):
            run.predict(path)
        done = invoke("predict", run.path, path)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        assert done.exit_code == 0 and [message in (row["error"] or "") for row in rows] == [True] * 3 + [False] * 3
        expected = np.r_[STORES[1, 56:60], HOLIDAY[1, 60:63]] @ kernel + bias
        np.testing.assert_allclose([row["value"] for row in rows[3:]], expected, rtol=1e-5)

    def test_unseen_series_and_surplus_rows_are_said(self, trained, folder):
        path = stores(folder / "new.csv", first=50)
        path.write_text(path.read_text().replace(",B,", ",new,"))
        notes = []
        trained[0].predict(path, note=notes.append)
        assert notes[1:] == ["1 series is not in the training data: new"]
        lines = [f"{time},A,,0" for time in hours(68)[63:]]
        path.write_text("\n".join([stores(path, first=50).read_text().strip(), *lines]))
        notes.clear()
        found = trained[0].predict(path, note=notes.append)
        assert notes[1:] == ["5 rows after the 3 hours of the forecast are not used"]
        np.testing.assert_allclose(found.outputs[1], self.expected(trained, 1), rtol=1e-5)

    def test_a_cell_before_the_last_window_does_not_matter(self, trained, folder):
        path = stores(folder / "new.csv", first=50)
        lines = path.read_text().splitlines()
        lines[2] = f"{hours(63)[51]},B,abc,0"
        path.write_text("\n".join(lines))
        notes = []
        found = trained[0].predict(path, note=notes.append)
        np.testing.assert_allclose(found.outputs[0], self.expected(trained, 0), rtol=1e-5)
        assert notes[1:] == ["1 cell before the last windows cannot be read: new.csv row 2"]

    def test_a_value_of_the_future_that_is_empty_is_named_by_row(self, trained, folder):
        path = stores(folder / "new.csv", first=50)
        lines = path.read_text().splitlines()
        lines[12] = lines[12][:-1]
        path.write_text("\n".join(lines))
        done = invoke("predict", trained[0].path, path)
        message = "the forecast of series B needs holiday at 2011-03-03 13:00, which is empty (new.csv row 12)"
        assert done.exit_code == 0 and f"1 of 2 series cannot be forecast: {message}" in done.stderr
        with pytest.raises(seqspec.DataError, match="needs holiday at 2011-03-03 13:00"):
            trained[0].predict(path)

    def test_no_series_without_known_values_is_hidden(self, trained, folder):
        names = list("ABCDEFGHI")
        rows = [(time, name, 0.5, 0) for name in names for time in hours(8)]
        write(folder / "new.csv", **dict(zip(("time", "store", "value", "holiday"), zip(*rows))))
        done = invoke("predict", trained[0].path, folder / "new.csv")
        assert done.exit_code == 3 and "the same of 4 more series: F, G, H, I" in done.stderr

    def test_a_gap_of_one_series_does_not_hide_that_rows_of_the_future_are_missing(self, trained, folder):
        path = stores(folder / "new.csv", first=50, ends=(60, 60))
        lines = path.read_text().splitlines()
        del lines[8]
        path.write_text("\n".join(lines))
        done = invoke("predict", trained[0].path, path)
        assert done.exit_code == 3 and "series B ends 2011-03-03 11:00 and has a gap" in done.stderr
        for name in "BA":
            needed = f"the forecast of series {name} needs holiday for 3 hours after 2011-03-03 11:00; new.csv ends"
            assert needed in done.stderr

    def test_gaps_before_the_last_window_do_not_matter(self, trained, folder):
        found = trained[0].predict(stores(folder / "new.csv", skipped=(20, 40)))
        np.testing.assert_allclose(found.outputs[1], self.expected(trained, 1), rtol=1e-5)

    def test_time_stamps_of_another_frequency(self, trained, folder):
        times = [f"2011-03-{day:02} 00:30" for day in range(1, 20)]
        write(folder / "new.csv", time=times, store=["A"] * 19, value=range(19), holiday=[0] * 19)
        done = invoke("predict", trained[0].path, folder / "new.csv")
        assert done.exit_code == 3 and "are daily, those of the training data hourly" in done.stderr

    def test_exported_outputs_are_not_compared_as_classes(self, trained, folder):
        options = ("--format", "tf_saved_model", "-o", folder / "served", "--allow-data", folder)
        done = invoke("export", trained[0].path, *options)
        assert "largest difference" in done.stdout and "same class" not in done.stdout

    def test_evaluation_from_rolling_origins(self, trained):
        """24 hours of each store test: 22 origins each."""
        run, kernel, bias = trained
        [found] = run.evaluate("test").values()
        errors, last = [], []
        for store in (0, 1):
            for origin in range(35, 57):
                inputs = np.r_[STORES[store, origin - 3 : origin + 1], HOLIDAY[store, origin + 1 : origin + 4]]
                truth = STORES[store, origin + 1 : origin + 4]
                errors.append(np.abs(inputs @ kernel + bias - truth))
                last.append(np.abs(STORES[store, origin] - truth))
        forecast = found["forecast"]
        assert (forecast["origins"], forecast["horizon"], forecast["known"]) == (44, 3, ["holiday"])
        assert forecast["mae"] == pytest.approx(np.mean(errors), rel=1e-5)
        assert forecast["by_step"] == pytest.approx(np.mean(errors, axis=0), rel=1e-5)
        assert forecast["last"] == pytest.approx(np.mean(last), rel=1e-5)
        # 22 origins of each store, in 8 parts of 3 hours.
        assert forecast["times"] == 8
        for store, name in enumerate("BA"):
            own = np.mean(errors[22 * store : 22 * store + 22])
            assert forecast["by_group"][name]["mae"] == pytest.approx(own, rel=1e-5)
        assert found["residuals"]["mae"] == pytest.approx(found["metrics"]["mae"], rel=1e-5)
        shown = invoke("evaluate", run.path, "--allow-data", run.path.parents[1]).stdout
        # The last value is compared once, from the origins of the model's error.
        assert shown.count(f"last {forecast['last']:.4g}, seasonal") == 1
        assert "(44 windows)" in shown
        group = forecast["by_group"]["A"]
        assert forecast["seasonal"] < forecast["last"]
        relative = f"{group['relative']:.0%} of the error of repeating the last season"
        assert f"store A: mae {group['mae']:.4g}, {relative}" in shown
        assert "44 origins of 3 steps: mae" in shown and "step 1: " in shown and ", step 3: " in shown
        assert f"worse than repeating the last season, whose mean absolute error is {forecast['seasonal']:.4g}" in shown


class TestWithoutTime:
    VALUES = np.random.default_rng(0).normal(size=(50, 2)).round(3)

    @pytest.mark.parametrize("format", ["csv", "npy"])
    def test_steps_after_the_last_row(self, tmp_path, format):
        write(tmp_path / "s.csv", a=self.VALUES[:, 0], b=self.VALUES[:, 1])
        np.save(tmp_path / "s.npy", self.VALUES)
        run, kernel, bias = linear(tmp_path, {"path": str(tmp_path / f"s.{format}"), "window": 3, "horizon": 2}, 6, 4)
        found = run.predict(tmp_path / f"s.{format}")
        expected = (self.VALUES[-3:].reshape(-1) @ kernel + bias).reshape(2, 2)
        names = ["a", "b"] if format == "csv" else ["output_0", "output_1"]
        assert list(found.columns()) == [*names, "step"]
        for number, name in enumerate(names):
            np.testing.assert_allclose(found.columns()[name], expected[:, number], rtol=1e-5)
        assert found.columns()["step"].tolist() == [1, 2] and found.rows == ["row 51"]
        every = run.predict(tmp_path / f"s.{format}", origins="all")
        names = ["a_1", "b_1", "a_2", "b_2"] if format == "csv" else [f"output_{number}" for number in range(4)]
        assert len(every) == 46 and list(every.columns()) == ["sample", *names]

    def test_windows_with_empty_cells_are_marked(self, tmp_path):
        """An empty cell costs the forecasts from the windows with it as an input; as a target it is what is asked."""
        values = [f"{value:.3f}" for value in self.VALUES[:, 0]]
        values[20] = ""
        write(tmp_path / "s.csv", time=hours(50), shop=["A"] * 50, a=values)
        described = {"time": "time", "group": "shop", "target": "a", "features": ["a"], "window": 3, "horizon": 2}
        run, *_ = linear(tmp_path, described, 3, 2, missing="drop")
        done = invoke("predict", run.path, tmp_path / "s.csv", "--origins", "all", "-o", tmp_path / "out.csv")
        assert done.exit_code == 0 and "43 predictions; 3 of 46 rows cannot be read" in done.output
        with open(tmp_path / "out.csv") as file:
            rows = list(csv.DictReader(file))
        marked = [row for row in rows if row["error"]]
        assert len(rows) == 46 and [row["time"] for row in marked] == hours(24)[21:24]
        assert {(row["shop"], row["a_1"], row["error"]) for row in marked} == {
            ("A", "", "the window has 1 missing value")
        }
        with pytest.raises(DataError, match="the input has 3 missing values: the forecast from 2011-03-01 21:00"):
            run.predict(tmp_path / "s.csv", origins="all")

    def test_files_that_are_too_short(self, tmp_path):
        write(tmp_path / "s.csv", a=range(50))
        run, *_ = linear(tmp_path, {"window": 3, "horizon": 2}, 3, 2)
        write(tmp_path / "t.csv", a=range(2))
        done = invoke("predict", run.path, tmp_path / "t.csv")
        assert done.exit_code == 3 and "t.csv has 2 rows; a window needs 3" in done.stderr
        assert "write the last 3 known rows of each series into this file, before the rows of the future" in done.stderr
        for arguments in (("predict", run.path, tmp_path / "t.csv", "--origins", "all"),
                          ("evaluate", run.path, "--on", tmp_path / "t.csv")):  # fmt: skip
            done = invoke(*arguments)
            assert done.exit_code == 3 and "a window and its horizon need 5" in done.stderr

    def test_reconstructions_are_those_of_every_window(self, tmp_path):
        write(tmp_path / "s.csv", a=self.VALUES[:, 0])
        source = {"type": "series", "path": str(tmp_path / "s.csv"), "window": 3}
        tree = spec([{"type": "Dense", "units": 3}], [3], target={"kind": "reconstruction"}, compile={"loss": "mse"},
                    fit={"epochs": 1}, data={"source": source})  # fmt: skip
        run = seqspec.train(tree, runs=tmp_path / "runs", allow_data=[tmp_path])
        assert len(run.predict(tmp_path / "s.csv")) == 47

    def test_forecasts_need_no_values_of_other_columns(self, tmp_path):
        """Of two columns only `a` is an input: a file for forecasts needs no `b`, which is forecast."""
        write(tmp_path / "s.csv", a=self.VALUES[:, 0], b=self.VALUES[:, 1])
        run, kernel, bias = linear(tmp_path, {"features": ["a"], "target": "b", "window": 3}, 3, 1)
        write(tmp_path / "t.csv", a=self.VALUES[:9, 0])
        found = run.predict(tmp_path / "t.csv")
        np.testing.assert_allclose(found.columns()["b"], self.VALUES[6:9, 0] @ kernel + bias, rtol=1e-5)


def cycles(steps):
    angle = 2 * np.pi * (np.array(steps) % 24) / 24
    return np.stack([np.sin(angle), np.cos(angle)], axis=1)


def test_parts_of_the_steps_to_forecast_need_no_rows(tmp_path):
    """The file ends with the last value of each store; the rows of the future are computed from its time stamp."""
    stores(tmp_path / "s.csv", ends=(60, 60))
    described = {
        "time": "time", "group": "store", "target": "value", "features": ["value"], "calendar": ["hour"],
        "window": 4, "horizon": 3,
    }  # fmt: skip
    run, kernel, bias = linear(tmp_path, described, 10, 3, split={"by": "time", "test": 0.4})
    new = stores(tmp_path / "new.csv", first=50, ends=(60, 58))
    rows = json.loads(f"[{','.join(invoke('predict', run.path, new).stdout.splitlines())}]")
    for store, (name, end) in enumerate((("B", 60), ("A", 58))):
        own = [row for row in rows if row["store"] == name]
        assert [row["time"] for row in own] == hours(63)[end : end + 3]
        inputs = np.r_[STORES[store, end - 4 : end], cycles(range(end, end + 3)).reshape(-1)]
        np.testing.assert_allclose([row["value"] for row in own], inputs @ kernel + bias, rtol=1e-4)


class TestIntervals:
    """The range of the errors on validation data, around the forecasts."""

    def test_bounds_are_quantiles_of_the_errors_of_each_series(self, tmp_path):
        stores(tmp_path / "s.csv", ends=(60, 60))
        described = {
            "time": "time", "group": "store", "target": "value", "features": ["value"], "window": 2, "horizon": 2,
        }  # fmt: skip
        split = {"by": "time", "validation": 0.4, "test": 0.2}
        run, kernel, bias = linear(tmp_path, described, 2, 2, split=split)
        (run.path / "evaluation.json").write_text(json.dumps(run.evaluate()))
        interval = run.evaluation["validation"]["forecast"]["interval"]
        errors, test = {}, []
        for store, name in enumerate("BA"):
            series = STORES[store]
            forecast = np.array([series[row - 1 : row + 1] @ kernel + bias for row in range(1, 58)])
            truth = np.array([series[row + 1 : row + 3] for row in range(1, 58)])
            # The first forecast of validation, of 24 hours, is made at row 23, that of the test set at row 47.
            errors[name] = (truth - forecast)[22:45]
            test.append((truth - forecast)[46:57])
            low, high = (np.array(interval["by_series"][name][side])[:, 0] for side in ("low", "high"))
            np.testing.assert_allclose(low, np.quantile(errors[name], 0.1, axis=0, method="lower"), rtol=1e-4)
            np.testing.assert_allclose(high, np.quantile(errors[name], 0.9, axis=0, method="higher"), rtol=1e-4)
            rows = [
                row for row in run.predict(str(tmp_path / "s.csv"), interval=True).records() if row["store"] == name
            ]
            value = series[58:60] @ kernel + bias
            for side, bound in (("low", low), ("high", high)):
                np.testing.assert_allclose([row[f"value_{side}"] for row in rows], value + bound, rtol=1e-4, atol=1e-5)
        held = [
            (test[number] >= np.array(interval["by_series"][name]["low"])[:, 0])
            & (test[number] <= np.array(interval["by_series"][name]["high"])[:, 0])
            for number, name in enumerate("BA")
        ]
        assert run.evaluation["test"]["forecast"]["coverage"] == pytest.approx(np.mean(held))

    def test_intervals_hold_their_share_of_new_errors(self):
        generator = np.random.default_rng(5)
        y = generator.normal(size=(4002, 1))
        index = SeriesIndex(y, length=len(y))
        found = []
        for rows in (slice(0, 2000), slice(2000, 4000)):
            origins = StepRows(index, np.arange(4000)[rows])
            errors = ForecastErrors(origins, 2)
            errors.add(0, origins, np.zeros((2000, 2, 1)))
            found.append(errors)
        interval = found[0].interval()
        assert found[1].coverage(interval) == pytest.approx(0.8, abs=0.03)
        np.testing.assert_allclose(interval["high"], 1.28, atol=0.08)

    def test_what_has_no_interval(self, trained, folder, tmp_path):
        run, *_ = trained
        done = invoke("predict", run.path, stores(folder / "new.csv", first=50), "--interval")
        assert done.exit_code == 2 and "it needs a validation set with 20 windows or more" in done.output
        done = invoke("predict", run.path, folder / "new.csv", "--interval", "--origins", "all")
        assert done.exit_code == 2 and "the steps after the last row of a series" in done.output


@pytest.mark.slow
def test_backtest_on_growing_parts(tmp_path, monkeypatch):
    """40 steps in 4 parts: trained on 10, 20 and 30 of them, and tested on the 10 after each."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "s.csv", time=hours(40), value=np.random.default_rng(0).normal(size=40).round(3))
    source = {"type": "series", "path": "s.csv", "time": "time", "window": 4, "horizon": 2}
    described = {"source": source, "split": {"by": "time", "test": 0.25}}
    tree = spec([{"type": "Dense", "units": 2}], [4], target={"kind": "regression", "shape": [2]},
                compile={"loss": "mae"}, fit={"epochs": 1}, data=described)  # fmt: skip
    run = seqspec.train(tree, runs=tmp_path / "runs")
    before = sorted(path.name for path in run.path.iterdir())
    whole = run.evaluation["test"]["forecast"]
    done = invoke("evaluate", run.path, "--backtest", 3, "--format", "json")
    found = json.loads(done.stdout)
    assert [part["origins"] for part in found["parts"]] == [9, 9, 9]
    assert found["parts"][2]["mae"] == pytest.approx(whole["mae"], rel=1e-4)
    assert found["mae"] == pytest.approx(np.mean([part["mae"] for part in found["parts"]]))
    assert sorted(path.name for path in run.path.iterdir()) == before
    shown = invoke("evaluate", run.path, "--backtest", 3).stdout.splitlines()
    assert [line[:8] for line in shown[:4]] == ["part 1/3", "part 2/3", "part 3/3", "backtest"]
    done = invoke("evaluate", run.path, "--backtest", 30)
    assert done.exit_code == 2 and "part 1 of 30 cannot be used" in done.stderr
    assert "; use --backtest 6" in done.stderr
    assert [invoke("evaluate", run.path, "--backtest", parts).exit_code for parts in (6, 7)] == [0, 2]


@pytest.mark.slow
def test_a_backtest_has_a_validation_set_with_a_forecast(tmp_path, monkeypatch):
    """60 hours in 4 parts: 10 % of the first one are an hour or two, a forecast needs 3."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "s.csv", time=hours(60), value=np.random.default_rng(0).normal(size=60).round(3))
    source = {"type": "series", "path": "s.csv", "time": "time", "window": 4, "horizon": 3}
    described = {"source": source, "split": {"by": "time", "validation": 0.1, "test": 0.2}}
    tree = spec([{"type": "Dense", "units": 3}], [4], target={"kind": "regression", "shape": [3]},
                compile={"loss": "mae"}, fit={"epochs": 1}, data=described)  # fmt: skip
    run = seqspec.train(tree, runs=tmp_path / "runs")
    done = invoke("evaluate", run.path, "--backtest", 3, "--format", "json")
    assert done.exit_code == 0 and len(json.loads(done.stdout)["parts"]) == 3, done.stderr


@pytest.mark.parametrize(
    ("relative", "better", "last", "expected"),
    [
        (1.2, 0.3, 9.0, True),
        (0.97, 0.7, 9.0, False),
        (0.8, 0.55, 9.0, False),
        (0.8, 0.7, 9.0, None),
        (0.8, 0.7, 3.0, True),
    ],
)
def test_verdict_of_older_runs_against_the_baselines(relative, better, last, expected):
    forecast = {"seasonal": 5.0, "last": last, "mae": 5.0 * relative, "relative": relative, "better": better}
    verdict = forecast_verdict({**forecast, "origins": 20})
    assert (None if verdict is None else verdict.worse) == expected


@pytest.mark.parametrize(
    ("relative", "low", "high", "kind"),
    [
        (0.8, 0.7, 0.9, None),
        (1.2, 1.1, 1.3, "underfitting"),
        (0.98, 0.96, 1.0, "underfitting"),
        (0.93, 0.8, 1.06, "undecided"),
        (1.04, 0.9, 1.18, "undecided"),
    ],
)
def test_an_interval_with_the_baseline_decides_nothing(relative, low, high, kind):
    forecast = {"seasonal": 5.0, "last": 9.0, "mae": 5.0 * relative, "relative": relative, "better": 0.5, "origins": 20}
    forecast |= {"relative_low": low, "relative_high": high}
    verdict = forecast_verdict(forecast)
    assert (None if verdict is None else verdict.kind) == kind
    history = {"loss": [3.0, 1.4, 1.4, 1.4, 1.4], "val_loss": [3.0, 1.4, 1.4, 1.4, 1.4]}
    evaluation = {"test": {"samples": 20, "metrics": {}, "forecast": forecast}}
    assert [each.kind for each in diagnose_curves(history, evaluation, [])] == [kind or "fine"]


def test_a_far_forecast_is_named_by_its_step_and_series():
    index = SeriesIndex(
        None, ["sold"], np.repeat([0, 1], 4), ["A", "B"], np.tile(np.arange(4), 2),
        frequency=Frequency("fixed", 3_600_000_000), format=TimeFormat("m"), length=8,
    )  # fmt: skip
    outputs = np.array([[1.0, 2.0, 3.0], [1.0, 5.0, 90.0]])
    part, notes = Forecast(outputs, ["the first", "the second"], StepRows(index, np.array([3, 7]))), []
    marked = MarkedPredictions(part, {})
    list(LabelRange(np.full(3, 0.0), np.full(3, 10.0)).noting(iter([marked]), notes.append))
    assert notes == ["1 prediction far outside of the range of the training labels: 90 in 1970-01-01 06:00 of series B"]


def test_far_predictions_among_the_largest_errors_of_an_evaluation_are_named():
    limits = LabelRange(np.array([0.0]), np.array([10.0]))
    errors = [{"sample": 7, "truth": [3.0], "predicted": [61244.0], "error": 61241.0},
              {"sample": 2, "truth": [3.0], "predicted": [9.0], "error": 6.0}]  # fmt: skip
    assert limits.among(errors, "row {}".format) == (
        "1 of the 2 largest errors is a prediction far outside of the range of the training labels, 0 to 10: "
        "6.124e+04 in row 7"
    )
    assert limits.among(errors[1:], "row {}".format) is None


def test_a_far_forecast_of_an_array_with_several_columns_is_named_by_its_step():
    index, notes = SeriesIndex(np.zeros((8, 2)), length=8), []
    part = Forecast(np.array([[1.0, 2.0, 3.0, 90.0]]), ["the first"], StepRows(index, np.array([7])))
    list(LabelRange(np.full(4, 0.0), np.full(4, 10.0)).noting(iter([part]), notes.append))
    assert notes == ["1 prediction far outside of the range of the training labels: 90 in row 10"]


def test_some_of_many_windows_are_origins_whatever_their_distance():
    """6,000 windows, two steps apart."""
    values = np.random.default_rng(0).normal(size=(12_001, 1))
    rows = np.arange(1, 12_000, 2)
    scores = ForecastScores(StepRows(SeriesIndex(values, season=7, length=len(values)), rows), 1)
    scores.add(slice(0, len(rows)), np.zeros((len(rows), 1)))
    assert scores.result()["origins"] == 3_000


def test_series_without_a_window_are_said(tmp_path):
    """In a file that is evaluated on, or whose windows are predicted for."""
    write(tmp_path / "s.csv", time=hours(40) * 2, value=range(80), store=["A"] * 40 + ["B"] * 40)
    run, *_ = linear(tmp_path, {"time": "time", "group": "store", "target": "value", "features": ["value"],
                                "window": 4, "horizon": 3}, 4, 3)  # fmt: skip
    write(tmp_path / "t.csv", time=hours(40) + hours(5), value=range(45), store=["A"] * 40 + ["B"] * 5)
    said = "series B has 5 steps; a window and its horizon need 7: left out"
    assert said in invoke("evaluate", run.path, "--on", tmp_path / "t.csv").stderr
    done = invoke("predict", run.path, tmp_path / "t.csv", "--origins", "all")
    assert done.exit_code == 0 and said in done.stderr
    assert {json.loads(line)["store"] for line in done.stdout.splitlines()} == {"A"}


def test_closed_days_are_not_forecast(tmp_path):
    days = np.arange("2024-01-01", "2024-03-01", dtype="datetime64[D]")
    opened = days[(days.astype(int) + 3) % 7 != 6]
    values = np.random.default_rng(0).normal(size=len(days)).round(3)
    write(tmp_path / "s.csv", time=opened, value=values[: len(opened)])
    run, *_ = linear(tmp_path, {"time": "time", "target": "value", "window": 4, "horizon": 3}, 4, 3)
    # The last row is that of a Thursday.
    assert run.predict(tmp_path / "s.csv").columns()["time"] == ["2024-03-01", "2024-03-02", "2024-03-04"]
    write(tmp_path / "t.csv", time=days, value=values)
    done = invoke("predict", run.path, tmp_path / "t.csv")
    assert "are daily, those of the training data every day except Sunday" in done.stderr
    assert done.exit_code == 3 and "remove the rows of Sundays" in done.stderr


def test_few_origins_decide_nothing():
    forecast = {"last": 5.0, "mae": 6.0, "relative": 1.2, "better": 0.0, "origins": 2}
    assert forecast_verdict(forecast).kind == "undecided"
    assert forecast_verdict({**forecast, "mae": 4.0, "relative": 0.8, "better": 0.5}).kind == "undecided"


def test_origins_of_several_series_at_one_time_count_once():
    """Three series with origins at four times: neither hardly better, nor worse for most series, is decided."""
    forecast = {"last": 73.5, "seasonal": 24.3, "mae": 22.7, "relative": 0.934, "better": 0.45, "origins": 11}
    worse = {"mae": 14.3, "relative": 1.06}
    forecast |= {"horizon": 14, "times": 4, "group": "shop", "by_group": {"A": worse, "B": worse}}
    verdict = forecast_verdict(forecast)
    assert verdict.kind == "undecided" and "11 origins in 4 parts of 14 steps cannot show it" in verdict.text
    assert forecast_verdict({**forecast, "relative": 0.8, "better": 0.7}) is None
    clear = {**forecast, "relative": 0.76, "relative_low": 0.61, "relative_high": 0.9, "origins": 24, "times": 8}
    clear["by_group"] = {}
    results = {name: {"samples": 20, "metrics": {}, "forecast": each} for name, each in
               (("validation", forecast), ("test", clear))}  # fmt: skip
    history = {"loss": [3.0, 1.4, 1.4, 1.4, 1.4]}
    assert [each.kind for each in diagnose_curves(history, results, [])] == ["fine"]
    results["test"] = results["validation"]
    assert [each.kind for each in diagnose_curves(history, results, [])] == ["undecided"]


HIDDEN = {"type": "Dense", "units": 9, "activation": "relu"}


@pytest.mark.parametrize(
    ("layers", "source", "relative", "said"),
    [
        (["Normalization", HIDDEN, "last"], {}, 1.2, "; use that forecast, or try a single Dense layer with "
         'kernel_initializer = "identity" and a window of one season, or columns that are known in advance (known)'),
        (["Normalization", "last"], {"horizon": 3}, 0.99, "; try columns that are known in advance (known), or a "
         "shorter horizon"),
        (["last"], {"known": ["promo"]}, 1.2, "whose mean absolute error is 5; use that forecast"),
        (["last"], {"known": ["promo"]}, 0.99, "[98%, 100%] of its error"),
        (["last"], {"known": ["promo"], "group": "shop", "horizon": 3}, 0.99, "; try a hidden layer, with "
         'scale = "log" of [target] if their sizes differ'),
        ([HIDDEN, "last"], {"known": ["promo"], "group": "shop", "horizon": 3}, 0.99, "; try "
         'scale = "log" of [target] if their sizes differ'),
    ],
)  # fmt: skip
def test_a_forecast_that_is_not_better_says_what_to_try(layers, source, relative, said):
    advice = forecast_advice({"model": {"layers": layers}, "data": {"source": {"type": "series", **source}}})
    forecast = {"seasonal": 5.0, "last": 9.0, "mae": 5.0 * relative, "relative": relative, "better": 0.5}
    forecast |= {"relative_low": relative - 0.01, "relative_high": relative + 0.01, "origins": 40}
    evaluation = {"test": {"samples": 40, "metrics": {}, "forecast": forecast}}
    [found] = diagnose_curves({"loss": [3.0, 1.4, 1.4, 1.4, 1.4]}, evaluation, [], advice=advice)
    assert found.text.endswith(said)
    assert not forecast_advice({"model": {"layers": layers}, "data": {"source": {"type": "table"}}})


@pytest.mark.parametrize(("others", "kind"), [(0.5, "fine"), (1.2, "underfitting")])
def test_the_verdict_names_the_series_that_are_worse(others, kind):
    groups = {
        "A": {"mae": 2.0, "relative": 0.5},
        "B": {"mae": 9.0, "relative": 1.06},
        "C": {"mae": 9.0, "relative": others},
    }
    forecast = {"seasonal": 5.0, "last": 9.0, "mae": 4.0, "relative": 0.8, "better": 0.7, "group": "store"}
    verdict = forecast_verdict({**forecast, "origins": 20, "by_group": groups})
    assert verdict.text.startswith("worse than repeating the last season for store B (106% of its error)")
    assert verdict.kind == kind


@pytest.mark.parametrize("memory", ["load", "stream"])
def test_filled_values_are_no_truth_in_any_error(tmp_path, memory):
    """Every seventh of 80 hours is missing: metrics, errors and baselines are those of the values of the file."""
    values = np.random.default_rng(4).normal(size=80).round(3)
    kept = np.array([row for row in range(80) if row % 7 != 6])
    write(tmp_path / "s.csv", time=np.array(hours(80))[kept], value=values[kept])
    described = {"time": "time", "target": "value", "features": ["value"], "window": 4, "horizon": 3}
    described["gaps"] = {"fill": "linear", "max": 1}
    run, kernel, bias = linear(tmp_path, described, 4, 3, split={"by": "time", "test": 0.4}, memory=memory)
    [found] = run.evaluate("test").values()
    filled = np.interp(np.arange(80), kept, values[kept])
    errors, count = [], 0
    for origin in range(47, 77):
        if origin in kept:
            residuals = filled[origin - 3 : origin + 1] @ kernel + bias - filled[origin + 1 : origin + 4]
            measured = np.isin(np.arange(origin + 1, origin + 4), kept)
            errors += residuals[measured].tolist()
            count += int((~measured).sum())
    mae = np.mean(np.abs(errors))
    assert found["filled"] == count > 0
    for value in (found["metrics"]["mae"], found["metrics"]["loss"], found["residuals"]["mae"]):
        assert value == pytest.approx(mae, rel=1e-5)
    assert found["residuals"]["rmse"] == pytest.approx(np.sqrt(np.mean(np.square(errors))), rel=1e-5)
    assert found["residuals"]["bias"] == pytest.approx(np.mean(errors), rel=1e-4)
    shown = invoke("evaluate", run.path, "--on", "test", "--allow-data", tmp_path).stdout
    assert f"{count} filled values are not counted" in shown


@pytest.mark.slow
def test_monthly_sales_from_spec_to_forecast(tmp_path, monkeypatch):
    """Trend and season of 12 years: the commands that a user runs."""
    monkeypatch.chdir(tmp_path)
    months = [f"{2010 + row // 12}-{row % 12 + 1:02}-01" for row in range(144)]
    sales = (100 + np.arange(144) + 30 * np.sin(np.arange(144) * np.pi / 6)).round(1)
    write(tmp_path / "sales.csv", month=months, sales=sales)
    (tmp_path / "sales.seqspec.toml").write_text("""seqspec = 1

[model]
input = [24]
layers = [
  { type = "Normalization" },
  { type = "Dense", units = 12, name = "year" },
  { type = "Rescaling", scale = 50, offset = 150 },
]

[target]
kind = "regression"
shape = [12]

[compile]
optimizer = "adam(0.01)"
loss = "mae"

[fit]
epochs = 60

[data]
source = { type = "series", path = "sales.csv", time = "month", target = "sales", window = 24, horizon = 12 }
split = { by = "time", validation = 0.1, test = 0.2 }

[runtime]
seed = 7
""")
    done = invoke("train", "sales.seqspec.toml")
    assert done.exit_code == 0, done.output
    assert "series      monthly, 2010-01-01 to 2021-12-01, 144 steps; season 12" in done.stdout
    assert "last" in done.stdout and "seasonal (12)" in done.stdout
    [run] = (tmp_path / "runs").iterdir()
    found = json.loads((run / "evaluation.json").read_text())["test"]["forecast"]
    assert (found["origins"], found["times"]) == (18, 2) and found["relative"] < 0.8
    assert found["seasonal"] == pytest.approx(12, abs=0.1)
    report = (run / "report.html").read_text()
    assert "Forecasts (test set)" in report and "last season (12 steps)" in report
    assert "sales, 12 months from 2021-01-01" in report
    assert "sales, 1 month ahead" in report and re.search(r">20\d\d-\d\d-01</text>", report)
    done = invoke("predict", run, "sales.csv", "-o", "forecast.csv")
    assert done.stderr.splitlines()[-1] == "forecast.csv: 12 months after 2021-12-01 of 1 series"
    with open("forecast.csv") as file:
        rows = list(csv.DictReader(file))
    assert [row["month"] for row in rows] == [f"2022-{month:02}-01" for month in range(1, 13)]
    truth = 100 + np.arange(144, 156) + 30 * np.sin(np.arange(144, 156) * np.pi / 6)
    assert np.abs(np.array([float(row["sales"]) for row in rows]) - truth).mean() < 15
