"""Series with time stamps: their frequency, gaps, groups and known columns, and the windows that are cut from them."""

import csv
import time
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqspec.core.check.check import Check, check
from seqspec.training.comparison.baselines import forecast_baselines, relative_error
from seqspec.training.comparison.diagnosis import forecast_verdict
from seqspec.training.data.prepare import prepare
from seqspec.training.data.prepared import SampleSet
from seqspec.training.data.series.short_series import short_text
from seqspec.training.data.time_axis.frequency import Frequency, frequency_of
from seqspec.training.data.time_axis.index import SeriesIndex, StepRows, season_of
from seqspec.training.data.time_axis.times import InvalidTime, TimeFormat, read_times
from seqspec.training.errors import DataError
from seqspec.training.evaluation.regression_errors import ForecastScores
from seqspec.training.report.forecast_panels import drawn_windows, panels
from tests.hang import HANG
from tests.training.specs import spec

HALVES = {"by": "time", "validation": 0.25, "test": 0.25}


def hours(count, start="2011-03-01"):
    return [str(hour).replace("T", " ") for hour in np.datetime64(start, "m") + np.arange(count) * 60]


def write(path, **columns):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values()))


def source(**keys):
    return {"type": "series", "path": "s.csv", "time": "time", "target": "value", "window": 4, **keys}


def prepared(folder, described, shape=(4,), split=None, **data):
    horizon = described.get("horizon", 1)
    tree = spec(
        [{"type": "Dense", "units": horizon}] if len(shape) == 1 else ["Flatten", {"type": "Dense", "units": horizon}],
        shape, target={"kind": "regression", "shape": [horizon]}, compile={"loss": "mse"},
        data={"source": described, **({"split": split} if split else {}), **data},
    )  # fmt: skip
    return prepare(Check.of(tree).spec, str(folder))


def refused(folder, described, **more):
    with pytest.raises(DataError) as error:
        prepared(folder, described, **more)
    [violation] = error.value.violations
    return violation.rule, f"{violation.message} | {violation.help}"


def windows(found):
    return np.asarray(found.x[:]).tolist(), np.asarray(found.y[:]).tolist()


class TestTimes:
    @pytest.mark.parametrize(
        "texts",
        [
            ["2024-02-28", "2024-02-29"],
            ["2024-01", "2024-02"],
            ["2024-03-01 05:00", "2024-03-01 06:00"],
            ["2024-03-01T05:00:30", "2024-03-01T06:00:30"],
            ["2024-03-01 05:00Z", "2024-03-01 06:00Z"],
            ["2024-03-01 05:00:00.250000", "2024-03-01 05:00:00.500000"],
            ["20240228", "20240229"],
            ["202312", "202401"],
            ["17", "18"],
        ],
    )
    def test_time_stamps_are_written_as_they_were_read(self, texts):
        times, format = read_times(texts)
        assert format.texts(times) == texts

    @pytest.mark.parametrize(
        ("format", "texts"),
        [
            ("%Y/%m/%d", ["2012/02/28", "2012/02/29", "2012/03/01"]),
            ("%d.%m.%Y %H:%M", ["31.12.2023 22:00", "31.12.2023 23:00", "01.01.2024 00:00"]),
        ],
    )
    def test_time_stamps_in_a_declared_format(self, format, texts):
        times, found = read_times(texts, format)
        assert found.texts(times) == texts and np.diff(times, 2).tolist() == [0]

    def test_the_format_is_suggested(self, tmp_path):
        texts = [f"2012/01/{day:02}" for day in range(1, 32)]
        write(tmp_path / "s.csv", time=texts, value=range(31))
        assert refused(tmp_path, source())[1].endswith('| set format = "%Y/%m/%d"')
        assert "is not a date in the format" in refused(tmp_path, source(format="%d/%m/%Y"))[1]
        found = prepared(tmp_path, source(format="%Y/%m/%d"))
        assert found.train.origins.index.time_of(0, 31) == "2012/02/01"

    @pytest.mark.parametrize(
        ("format", "step"),
        [("%d.%m.%y", "D"), ("%m/%d/%y", "D"), ("%d-%b-%y", "D"), ("%b %Y", "M"), ("%B %Y", "M"), ("%m/%Y", "M")],
    )
    def test_months_and_years_of_two_digits_have_a_format(self, tmp_path, format, step):
        days = np.arange(np.datetime64("2021-01", step), np.datetime64("2023-01", step)).astype("datetime64[D]")
        texts = [f"{day:{format}}" for day in days.tolist()]
        write(tmp_path / "s.csv", time=texts, value=range(len(texts)))
        assert refused(tmp_path, source())[1].endswith(f'| set format = "{format}"')
        index = prepared(tmp_path, source(format=format)).train.origins.index
        assert index.frequency.name == {"D": "daily", "M": "monthly"}[step] and index.time_of(0) == texts[0]

    def test_time_stamps_of_no_known_format(self, tmp_path):
        write(tmp_path / "s.csv", time=["1st", "2nd", *hours(20)], value=range(22))
        text = refused(tmp_path, source())[1]
        assert "has '1st', which is neither an integer nor a date such as 2024-03-02 (row 1)" in text
        assert "| write all time stamps in one format, such as 2024-03-02, " in text

    def test_times_with_a_zone_are_converted_to_utc(self):
        times, format = read_times(["2024-03-31 01:00+01:00", "2024-03-31 03:00+02:00"])
        assert format.texts(times) == ["2024-03-31 00:00+00:00", "2024-03-31 01:00+00:00"]

    @pytest.mark.parametrize(
        ("texts", "row"),
        [
            (["2024-01-01", "02/03/2024"], 1),
            (["2024-02-30"], 0),
            (["1", "x"], 1),
            (["2024-01-01", None], 1),
            (["now"], 0),
        ],
    )
    def test_other_values_are_refused_with_their_row(self, texts, row):
        with pytest.raises(InvalidTime) as error:
            read_times(texts)
        assert error.value.row == row


@pytest.mark.parametrize(
    ("texts", "name", "following"),
    [
        (hours(4), "hourly", "2011-03-01 04:00"),
        (["2024-03-01 00:00", "2024-03-01 00:15", "2024-03-01 00:30"], "every 15 minutes", "2024-03-01 00:45"),
        (["2023-12-01", "2024-01-01", "2024-02-01"], "monthly", "2024-03-01"),
        (["2023-12-31", "2024-01-31", "2024-02-29"], "monthly", "2024-03-31"),
        (["2023-11-30", "2023-12-30", "2024-01-30", "2024-02-29"], "monthly", "2024-03-30"),
        (["2024-03-29", "2024-04-30", "2024-05-31", "2024-06-28"], "monthly", "2024-07-31"),
        (["2023-06", "2023-09", "2023-12"], "quarterly", "2024-03"),
        (["2020-02-29", "2021-02-28", "2022-02-28"], "yearly", "2023-02-28"),
        (["2024-02-28", "2024-02-29", "2024-03-01"], "daily", "2024-03-02"),
        (["2024-02-29", "2024-03-01", "2024-03-04", "2024-03-05", "2024-03-08"], "every business day", "2024-03-11"),
        (["2024-02-05", "2024-02-12", "2024-02-19"], "weekly", "2024-02-26"),
        (["3", "5", "7"], "integer steps of 2", "9"),
    ],
)
def test_frequency_by_the_calendar(texts, name, following):
    times, format = read_times(texts)
    frequency = frequency_of(times, np.arange(len(times)) == 0, format.is_calendar)
    steps = frequency.steps(times)
    assert (frequency.name, format.texts(frequency.times(steps[-1:] + 1))) == (name, [following])
    assert frequency.fits(times).all() and frequency.times(steps).tolist() == times.tolist()


def test_days_of_the_week_without_rows_are_closed():
    days = np.arange("2024-01-01", "2024-03-01", dtype="datetime64[D]")
    weekday = (days.astype(int) + 3) % 7
    for closed, name, season in (((6,), "Sunday", 6), ((0, 6), "Monday and Sunday", 5)):
        kept = days[~np.isin(weekday, closed)]
        times, format = read_times(list(map(str, kept)))
        frequency = frequency_of(times, np.arange(len(times)) == 0, format.is_calendar)
        assert frequency.name == f"every day except {name}" and frequency.seasons(40) == [season]
        steps = frequency.steps(times)
        assert (np.diff(steps) == 1).all() and frequency.fits(times).all() and frequency.count(3) == "3 open days"
        following = days[-1] + np.arange(1, 9)
        expected = following[~np.isin((following.astype(int) + 3) % 7, closed)][0]
        assert format.texts(frequency.times(steps[-1:] + 1)) == [str(expected)]
        sunday, _ = read_times(["2024-03-03"])
        assert not frequency.fits(sunday).any()
    # In two weeks it can be chance, and a single row is none of a closed day.
    for times in (days[:14][weekday[:14] != 6], days[(weekday != 6) | (days == np.datetime64("2024-01-14"))]):
        times, format = read_times(list(map(str, times)))
        assert frequency_of(times, np.arange(len(times)) == 0, format.is_calendar).name == "daily"


def test_seasons_by_the_calendar():
    def season(texts, count):
        times, format = read_times(texts)
        return frequency_of(times, np.arange(len(times)) == 0, format.is_calendar).seasons(count)

    day = ["2024-01-01", "2024-01-02"]
    assert (season(hours(2), 48), season(hours(2), 47), season(hours(2), 840)) == ([24], [], [24, 168])
    assert (season(day, 30), season(["2024-01", "2024-02"], 36), season(["2024-01", "2024-04"], 36)) == ([7], [12], [4])
    assert (season(day, 1094), season(day, 1095)) == ([7], [7, 365])
    assert (season(["1", "2"], 500), season(["2020", "2021"], 500)) == ([], [])


@pytest.mark.parametrize(("weekly", "horizon", "expected"), [(3.0, 24, 168), (0.1, 24, 24), (0.1, 200, 168)])
def test_the_season_of_hours_is_the_one_whose_repetition_is_better(weekly, horizon, expected):
    """On weekends another level; a small one is below the noise, which two seasons have alike, and drifts with time."""
    steps = np.arange(8 * 168)
    level = np.cumsum(np.random.default_rng(0).normal(size=len(steps))) * 0.05
    y = np.sin(2 * np.pi * steps / 24) + weekly * (steps // 24 % 7 >= 5) + level
    frequency = Frequency("fixed", 3600 * 10**6)
    found = season_of(SeriesIndex(y[:, None], step=steps, frequency=frequency, length=len(steps)), horizon)
    past = {season: season * -(-np.arange(1, horizon + 1) // season) for season in (24, 168)}
    rows = np.arange(max(map(max, past.values())), int(0.7 * len(steps)))
    errors = {season: np.mean([np.abs(y[rows] - y[rows - lag]) for lag in lags]) for season, lags in past.items()}
    assert found.errors == pytest.approx(errors)
    assert found.steps == min(errors, key=errors.get)
    if horizon == 24:
        assert found.steps == expected


class TestGaps:
    VALUES = np.sin(np.arange(40) / 3).round(6)

    @pytest.fixture
    def kept(self, tmp_path):
        """A sine of 40 hours without the hours 10, 11 and 25 to 29."""
        kept = np.array([row for row in range(40) if row not in (10, 11, 25, 26, 27, 28, 29)])
        write(tmp_path / "s.csv", time=np.array(hours(40))[kept], value=self.VALUES[kept])
        return kept

    def test_gaps_are_refused_by_default(self, tmp_path, kept):
        rule, text = refused(tmp_path, source(horizon=2))
        assert rule == "series-gap"
        assert text.startswith("2 gaps, 7 hours are missing, the longest 5 hours from 2011-03-02 01:00; ")
        # 35 windows of 6 steps; the runs of 10, 13 and 10 steps have 5, 8 and 5.
        assert 'gaps = "drop" loses 49% of the windows' in text
        assert 'gaps = { fill = "linear", max = 5 } 0%' in text

    def test_windows_do_not_cross_gaps(self, tmp_path, kept):
        found = prepared(tmp_path, source(horizon=2, gaps="drop")).train
        whole = [row for row in range(35) if set(range(row, row + 6)) <= set(kept.tolist())]
        assert len(whole) == 18
        x, y = windows(found)
        assert x == pytest.approx(np.array([self.VALUES[row : row + 4] for row in whole]).astype("float32"))
        assert y == pytest.approx(np.array([self.VALUES[row + 4 : row + 6] for row in whole]).astype("float32"))

    @pytest.mark.parametrize("memory", ["load", "stream"])
    def test_short_gaps_are_filled_on_the_line(self, tmp_path, kept, memory):
        found = prepared(tmp_path, source(horizon=2, gaps={"fill": "linear", "max": 2}), memory=memory)
        filled = np.interp(np.arange(40), kept, self.VALUES[kept])
        # No window crosses the long gap, or ends where the last input lies between two values.
        starts = [
            row for row in range(35) if not set(range(row, row + 6)) & set(range(25, 30)) and row + 3 not in (10, 11)
        ]
        x, y = windows(found.train)
        np.testing.assert_allclose(x, [filled[row : row + 4] for row in starts], rtol=1e-5)
        np.testing.assert_allclose(y, [filled[row + 4 : row + 6] for row in starts], rtol=1e-5)
        assert {warning.rule for warning in found.warnings if warning.severity == "info"} == {"series-gap"}

    @pytest.mark.parametrize("memory", ["load", "stream"])
    def test_empty_cells_of_the_target_are_filled_like_gaps(self, tmp_path, memory):
        """Hour 9 has no row, 10 and 11 are empty, 25 to 29 are too many; known values are those of the file."""
        rows = np.array([row for row in range(40) if row != 9])
        known, empty = np.arange(40.0) ** 2, {10, 11, *range(25, 30)}
        cells = ["" if row in empty else self.VALUES[row] for row in rows]
        write(tmp_path / "s.csv", time=np.array(hours(40))[rows], value=cells, known=known[rows])
        described = source(features=["value"], known=["known"], gaps={"fill": "linear", "max": 3})
        found = prepared(tmp_path, described, (5,), missing="drop", memory=memory)
        full = np.array([row for row in rows if row not in empty])
        filled = np.interp(np.arange(40), full, self.VALUES[full])
        known[9] = (known[8] + known[10]) / 2
        starts = [
            row for row in range(36) if not set(range(row, row + 5)) & set(range(25, 30)) and row + 3 not in (9, 10, 11)
        ]
        x, y = windows(found.train)
        np.testing.assert_allclose(x, [[*filled[row : row + 4], known[row + 4]] for row in starts], rtol=1e-5)
        np.testing.assert_allclose(y, [filled[row + 4 : row + 5] for row in starts], rtol=1e-5)
        # Filled values are no true ones in an evaluation.
        assert np.flatnonzero(found.train.origins.index.filled).tolist() == [9, 10, 11]
        infos = [warning.message for warning in found.warnings if warning.severity == "info"]
        assert "2 empty cells of value are filled, 5 in runs of more than 3 hours stay empty" in infos

    @pytest.mark.parametrize("memory", ["load", "stream"])
    def test_a_known_column_of_codes_keeps_its_value_in_a_gap(self, tmp_path, memory):
        rows = np.array([row for row in range(40) if row != 11])
        promotion, price = np.arange(40) // 11 % 2, np.arange(40) / 8
        write(
            tmp_path / "s.csv", time=np.array(hours(40))[rows], value=self.VALUES[rows], promotion=promotion[rows],
            price=price[rows],
        )  # fmt: skip
        described = source(features=["value"], known=["promotion", "price"], gaps={"fill": "linear", "max": 3})
        x, _ = windows(prepared(tmp_path, described, (6,), memory=memory).train)
        # Hour 10 has no promotion, hour 12 has one.
        promotion[11] = 0
        np.testing.assert_allclose([row[4:] for row in x][:8], np.stack([promotion, price], axis=1)[4:12], rtol=1e-6)

    def test_windows_lost_to_empty_cells_are_a_warning(self, tmp_path):
        cells = ["" if row in (10, 20, 21) else self.VALUES[row] for row in range(40)]
        write(tmp_path / "s.csv", time=hours(40), value=cells)
        # 36 windows of 5 steps: 5 have step 10, 6 have one of the steps 20 and 21.
        found = prepared(tmp_path, source(features=["value"]), missing="drop")
        [warning] = [each for each in found.warnings if each.severity == "warning"]
        assert str(warning.message) == "3 empty cells of value lose 11 of 36 windows (31%)"
        assert 'gaps = { fill = "linear", max = 2 } in [data.source]' in str(warning.help)
        cells[30:] = [""] * 10
        write(tmp_path / "s.csv", time=hours(40), value=cells)
        _, text = refused(tmp_path, source(features=["value"]), split=HALVES, missing="drop")
        assert text.startswith(
            "every window of the test set has a missing value (10 empty cells of value) | remove the rows"
        )

    def test_the_last_value_fills_a_gap(self, tmp_path, kept):
        found = prepared(tmp_path, source(gaps={"fill": "last", "max": 9})).train
        filled = self.VALUES[[max(each for each in kept if each <= row) for row in range(40)]]
        assert len(found) == 36
        np.testing.assert_allclose(windows(found)[0], [filled[row : row + 4] for row in range(36)], rtol=1e-5)

    def test_the_hour_that_daylight_saving_skips(self, tmp_path):
        times = hours(60, "2011-03-12")
        del times[26]
        write(tmp_path / "s.csv", time=times, value=range(59))
        rule, text = refused(tmp_path, source())
        assert rule == "series-gap" and "1 hour is missing from 2011-03-13 02:00" in text and "in UTC" in text
        repeated = hours(60, "2011-11-06")
        repeated[2] = repeated[1]
        write(tmp_path / "s.csv", time=repeated, value=range(60))
        rule, text = refused(tmp_path, source())
        assert rule == "series-time" and "2011-11-06 01:00 occurs twice (rows 2 and 3)" in text and "in UTC" in text

    def test_missing_days_of_the_week_are_said(self, tmp_path):
        days = np.arange("2024-01-01", "2024-03-01", dtype="datetime64[D]")
        kept = days[((days.astype(int) + 3) % 7 != 6) | (days == np.datetime64("2024-01-14"))]
        write(tmp_path / "s.csv", time=kept, value=range(len(kept)))
        _, text = refused(tmp_path, source())
        assert text.startswith("7 gaps, 7 days are missing, the longest 1 day from 2024-01-07; "), text
        assert "; 7 of the 7 missing days are Sundays; " in text

    def test_business_days_have_no_gap_at_the_weekend(self, tmp_path):
        days = [str(np.busday_offset("2024-03-01", row)) for row in range(15)]
        write(tmp_path / "s.csv", time=days, value=range(15))
        found = prepared(tmp_path, source()).train
        assert len(found) == 11 and found.origins.index.time_of(14, 1) == "2024-03-22"


class TestGroups:
    def test_windows_and_sets_of_each_series(self, tmp_path):
        """Rows of two series alternate: each is split by itself, and no window has rows of both."""
        values = np.arange(40).reshape(20, 2) + np.array([0, 1000])
        write(
            tmp_path / "s.csv", time=np.repeat(hours(20), 2), value=values.reshape(-1), store=["B", "A"] * 20
        )  # fmt: skip
        sets = prepared(tmp_path, source(group="store"), split={"by": "time", "test": 0.25}).sets
        for name, labels in (("train", range(4, 15)), ("test", range(15, 20))):
            x, y = windows(sets[name])
            expected = [
                (values[row - 4 : row, store].tolist(), [values[row, store]]) for store in (0, 1) for row in labels
            ]
            assert list(zip(x, y)) == expected
        origins = sets["test"].origins
        assert [origins.index.name_of(row) for row in origins.rows[[0, -1]]] == ["series B", "series A"]
        assert origins.index.time_of(int(origins.rows[0]), 1) == "2011-03-01 15:00"

    @pytest.mark.parametrize("order", ["by series", "by time"])
    def test_several_series_without_group(self, tmp_path, order):
        times, stores = hours(20) * 2, ["A"] * 20 + ["B"] * 20
        if order == "by time":
            times, stores = np.repeat(hours(20), 2), ["A", "B"] * 20
        write(tmp_path / "s.csv", time=times, value=range(40), price=[1] * 40, store=stores)
        rule, text = refused(tmp_path, source())
        assert rule == "series-time" and text.endswith('set group = "store"')

    def test_a_time_that_is_written_twice_is_no_second_series(self, tmp_path):
        times = hours(20)
        times[7] = times[6]
        write(tmp_path / "s.csv", time=times, value=range(20), rain=[row % 4 for row in range(20)])
        _, text = refused(tmp_path, source(features=["value"]))
        assert "03-01 06:00 occurs twice (rows 7 and 8)" in text and text.endswith("keep one row for each time")

    @pytest.mark.parametrize("group", [None, "store"])
    @pytest.mark.parametrize("memory", ["load", "stream"])
    def test_rows_are_sorted_by_time(self, tmp_path, group, memory):
        rows = [(time, row, f"{row % 3}", store) for store in "BA" for row, time in enumerate(hours(20))]
        rows = rows if group else rows[:20]
        described = source(features=["value"], horizon=2, **({"group": group} if group else {}))
        found = []
        for ordered in (rows, rows[::-1], [rows[place] for place in np.random.default_rng(0).permutation(len(rows))]):
            write(tmp_path / "s.csv", **dict(zip(("time", "value", "rain", "store"), zip(*ordered))))
            data = prepared(tmp_path, described, memory=memory)
            # Series are in the order of the file.
            found.append(sorted(zip(*windows(data.train))))
            said = [each.message for each in data.warnings if each.rule == "series-time"]
            assert len(said) == (ordered is not rows)
        assert found[0] == found[1] == found[2]
        assert str(said[0]).startswith("the rows")

    def test_series_of_other_periods(self, tmp_path):
        """B ends 20 hours before A: A is tested from hour 32 on, B, which begins at 0, trains until 9."""
        times = [*hours(40), *hours(20)]
        write(tmp_path / "s.csv", time=times, value=range(60), store=["A"] * 40 + ["B"] * 20)
        split = {"by": "time", "test": 0.5}
        said = prepared(tmp_path, source(group="store", features=["value"], horizon=2), split=split).warnings
        assert [str(each.message) for each in said if each.rule == "series-time"] == [
            "each series is split by itself: the test set of series B begins 2011-03-01 10:00, "
            "series A trains until 2011-03-01 19:00",
            "series B ends 2011-03-01 19:00: long before the last one, which ends 2011-03-02 15:00",
        ]
        write(tmp_path / "s.csv", time=hours(40) * 2, value=range(80), store=["A"] * 40 + ["B"] * 40)
        said = prepared(tmp_path, source(group="store", features=["value"], horizon=2), split=split).warnings
        assert not [each for each in said if each.rule == "series-time"]

    def test_series_without_a_window_are_left_out(self, tmp_path):
        stores = [*["B"] * 3, *["A"] * 20, "a ", *["C"] * 20]
        write(tmp_path / "s.csv", time=hours(3) + hours(20) + hours(1) + hours(20), value=range(44), store=stores)
        found = prepared(tmp_path, source(group="store", horizon=2), split={"by": "time", "test": 0.25})
        [said] = [each for each in found.warnings if each.rule == "short-series"]
        named = 'series B has 3 steps, series "a " has 1 step (did you mean "A"?)'
        text = f"{named}; a window and its horizon need 6: left out"
        assert (said.severity, str(said.message)) == ("warning", text)
        write(
            tmp_path / "t.csv", time=hours(20) * 2, value=[*range(3, 23), *range(24, 44)], store=["A"] * 20 + ["C"] * 20
        )
        others = prepared(tmp_path, source(group="store", horizon=2, path="t.csv"), split={"by": "time", "test": 0.25})
        for name, each in found.sets.items():
            assert windows(each) == windows(others.sets[name])
            index, rows = each.origins.index, each.origins.rows
            other = others.sets[name].origins
            assert [index.name_of(row) for row in rows] == [other.index.name_of(row) for row in other.rows]
            assert index.time_of(rows[-1]) == other.index.time_of(other.rows[-1])

    def test_rows_of_sets_are_numbered_with_the_series_that_are_left_out(self, tmp_path):
        """So that those of runs with windows of other lengths can be compared."""
        write(tmp_path / "s.csv", time=hours(9) + hours(20), value=range(29), store=["A"] * 9 + ["B"] * 20)
        split = {"by": "time", "test": 0.25}
        rows = [prepared(tmp_path, source(group="store", window=each), (each,), split).rows for each in (3, 9)]
        assert set(rows[1]["test"]) < set(rows[0]["test"]) and rows[1]["train"].min() == 9

    def test_many_short_series_are_named_quickly(self):
        names = [f"S{number}" for number in range(20_000)]
        begin = time.process_time()
        assert short_text(names, np.ones(len(names), int), 2).startswith("series S0 has 1 step, series S1 has")
        assert time.process_time() - begin < HANG

    def test_series_of_which_none_has_a_window_are_named(self, tmp_path):
        write(tmp_path / "s.csv", time=hours(5) + hours(3), value=range(8), store=["A"] * 5 + ["B"] * 3)
        rule, text = refused(tmp_path, source(group="store", horizon=2))
        named = "series A has 5 steps, series B has 3 steps; a window and its horizon need 6"
        assert rule == "short-series" and text.startswith(named)

    def test_groups_without_time(self, tmp_path):
        write(tmp_path / "s.csv", value=range(20), store=["A"] * 10 + ["B"] * 10)
        found = prepared(tmp_path, {**source(group="store"), "time": None} | {"type": "series"}).train
        assert len(found) == 12 and [9.0] not in windows(found)[1][6:]

    def test_names_show_that_a_file_is_utf_8(self, tmp_path):
        rows = ["time,value,city", *(f"{time},{row},Köln" for row, time in enumerate(hours(12)))]
        described = source(group="city", features=["value"], encoding="cp1252")
        (tmp_path / "s.csv").write_text("\n".join(rows), encoding="utf-8")
        rule, text = refused(tmp_path, described)
        assert (rule, text.split(":")[0]) == (
            "data-column",
            's.csv is UTF-8, but is read as cp1252 | set encoding = "utf-8"',
        )
        (tmp_path / "s.csv").write_text("\n".join(rows), encoding="cp1252")
        assert list(prepared(tmp_path, described).train.origins.index.names) == ["Köln"]


class TestSets:
    def test_first_windows_of_a_set_begin_in_the_set_before(self, tmp_path):
        write(tmp_path / "s.csv", time=hours(40), value=range(40))
        sets = prepared(tmp_path, source(horizon=2), split=HALVES).sets
        labels = {name: windows(each)[1] for name, each in sets.items()}
        assert labels["train"][0] == [4, 5] and labels["train"][-1] == [18, 19]
        assert labels["validation"][0] == [20, 21] and labels["validation"][-1] == [28, 29]
        assert labels["test"][0] == [30, 31] and labels["test"][-1] == [38, 39]
        names = prepared(tmp_path, source(horizon=2), split=HALVES).names
        assert names["test"](1) == f"the forecast from {hours(40)[31]}"
        apart = prepared(tmp_path, source(horizon=2), split={**HALVES, "gap": 2}).sets
        assert windows(apart["test"])[0][0] == [32, 33, 34, 35]

    def test_a_set_without_a_forecast(self, tmp_path):
        write(tmp_path / "s.csv", time=hours(40), value=range(40))
        rule, text = refused(tmp_path, source(horizon=5), split={"by": "time", "test": 0.1})
        assert (rule, text) == (
            "short-series",
            "the test set has 4 steps, a forecast needs 5 | set test = 0.13 or more",
        )

    def test_a_gap_longer_than_a_set(self, tmp_path):
        write(tmp_path / "s.csv", time=hours(40), value=range(40))
        rule, text = refused(tmp_path, source(), split={"by": "time", "validation": 0.25, "gap": 12})
        assert rule == "short-series" and text.startswith("the validation set has 0 steps, a forecast needs 1")

    def test_a_short_file(self, tmp_path):
        write(tmp_path / "s.csv", value=range(4))
        rule, text = refused(tmp_path, {"type": "series", "path": "s.csv", "window": 4})
        assert rule == "short-series" and text.startswith("the series has 4 steps; a window and its horizon need 5")

    def test_a_column_that_counts_rows_is_no_silent_feature(self, tmp_path):
        write(tmp_path / "s.csv", year=range(1990, 2020), value=range(30))
        described = {"type": "series", "path": "s.csv", "target": "value", "window": 4}
        [warning] = prepared(tmp_path, described, (4, 2)).warnings
        assert warning.rule == "series-time" and "column year looks like time stamps, and is used" in warning.message
        found = prepared(tmp_path, {**described, "time": "year"})
        assert found.features == ["value"] and found.train.origins.index.time_of(29, 1) == "2020"

    def test_dates_that_are_not_used(self, tmp_path):
        write(tmp_path / "s.csv", day=hours(30), value=range(30), note=["x"] * 30)
        described = {"type": "series", "path": "s.csv", "window": 4}
        found = prepared(tmp_path, described)
        [warning] = found.warnings
        assert warning.rule == "series-time" and "column day looks like time stamps, and is not used" in warning.message
        assert found.features == ["value"] and found.label_columns == ["value"]

    def test_features_by_default_are_named_where_they_do_not_fit(self, tmp_path):
        write(tmp_path / "s.csv", time=hours(30), value=range(30), price=range(30))
        rule, text = refused(tmp_path, source())
        assert rule == "data-mismatch" and "4 steps of 2 features, value, price" in text
        assert text.endswith('set features = ["value"]')

    def test_delimiter(self, tmp_path):
        (tmp_path / "s.csv").write_text(
            "".join(["time;value\n", *(f"{hour};{row}\n" for row, hour in enumerate(hours(9)))])
        )
        rule, text = refused(tmp_path, source())
        assert rule == "data-column" and text.endswith('set delimiter = ";"')
        assert len(prepared(tmp_path, source(delimiter=";")).train) == 5


class TestSpec:
    """What is checked without the data."""

    @pytest.mark.parametrize(
        ("keys", "shape", "units", "code", "pointer"),
        [
            ({"known": ["value"]}, [10], 6, "SEQ112", "/data/source/known"),
            ({"features": ["time"]}, [10], 6, "SEQ112", "/data/source/features"),
            ({"time": None, "gaps": "drop"}, [10], 6, "SEQ112", "/data/source/gaps"),
            ({"horizon": 5}, [10], 6, "SEQ905", "/model/input"),
            ({}, [11], 6, "SEQ905", "/model/input"),
            ({}, [5, 2], 6, "SEQ905", "/model/input"),
            ({}, [10], 7, "SEQ905", "/model/layers/1/units"),
            ({"features": None, "target": None}, [10], 6, None, None),
            ({}, [4, 2], 6, "SEQ940", "/data/source/known"),
            ({"horizon": 1}, [4, 2], 1, None, None),
            ({"calendar": ["hour", "weekend"]}, [28], 6, None, None),
            ({"calendar": ["hour"]}, [10], 6, "SEQ905", "/model/input"),
            ({"known": None, "calendar": ["weekday"]}, [4, 3], 6, "SEQ940", "/data/source/calendar"),
            ({"calendar": ["hour", "hour"]}, [10], 6, "SEQ105", "/data/source/calendar/1"),
            ({"calendar": ["year"]}, [10], 6, "SEQ105", "/data/source/calendar/0"),
            ({"time": None, "calendar": ["hour"]}, [22], 6, "SEQ112", "/data/source/calendar"),
            ({"gaps": {"fill": "linear"}}, [10], 6, "SEQ011", "/data/source/gaps"),
            ({}, [10], 6, None, None),
        ],
    )
    def test_windows_fit_the_model(self, keys, shape, units, code, pointer):
        described = {**source(features=["value"], known=["holiday"], horizon=6), **keys}
        described = {key: value for key, value in described.items() if value is not None}
        layers = ["Flatten", {"type": "Dense", "units": units}]
        tree = spec(layers, shape, target={"kind": "regression", "shape": [units]}, compile={"loss": "mse"},
                    data={"source": described, "split": HALVES})  # fmt: skip
        found = {(each.code, each.pointer) for each in check(tree).diagnostics if each.severity != "info"}
        assert found == ({(code, pointer)} if code else set()) or (code == "SEQ905" and (code, pointer) in found)

    def test_another_window_names_the_option_for_the_input(self):
        tree = spec(["Flatten", {"type": "Dense", "units": 1}], [4], target={"kind": "regression", "shape": [1]},
                    compile={"loss": "mse"}, data={"source": source(features=["value"]), "split": HALVES})  # fmt: skip
        settings = ["data.source.window=6"]
        [found] = [each for each in check(tree, settings=settings).diagnostics if each.severity == "error"]
        assert found.help.endswith('(on the command line: --set "model.input=[6]")')
        assert check(tree, settings=[*settings, "model.input=[6]"]).ok

    def test_a_split_by_another_column_than_time(self):
        tree = spec([{"type": "Dense", "units": 1}], [4], target={"kind": "regression"}, compile={"loss": "mse"},
                    data={"source": source(features=["value"]), "split": {**HALVES, "column": "day"}})  # fmt: skip
        [found] = check(tree).diagnostics
        assert (found.code, found.pointer) == ("SEQ112", "/data/split/column")


class TestKnown:
    VALUES, HOLIDAY = np.arange(30), np.arange(30) % 7

    @pytest.fixture(autouse=True)
    def table(self, tmp_path):
        empty = [""] * 3
        write(
            tmp_path / "s.csv", time=hours(33), value=[*self.VALUES, *empty],
            holiday=[*self.HOLIDAY, 1, 2, 3], rain=[*(self.VALUES * 2), *empty],
        )  # fmt: skip

    @pytest.mark.parametrize("memory", ["load", "stream"])
    def test_a_flat_input_ends_with_the_known_values_of_the_steps_to_forecast(self, tmp_path, memory):
        described = source(features=["value", "rain"], known=["holiday"], horizon=3)
        found = prepared(tmp_path, described, (11,), memory=memory).train
        assert len(found) == 30 - 7 + 1
        expected = [*np.stack([self.VALUES[5:9], self.VALUES[5:9] * 2], axis=1).reshape(-1), *self.HOLIDAY[9:12]]
        assert windows(found)[0][5] == expected and windows(found)[1][5] == [9, 10, 11]

    @pytest.mark.parametrize(("yes", "no"), [("yes", "no"), ("True", "False"), ("t", "f")])
    def test_booleans_are_known_as_1_and_0(self, tmp_path, yes, no):
        known = [number % 3 == 0 for number in range(20)]
        write(tmp_path / "s.csv", time=hours(20), value=range(20), open=[yes if each else no for each in known])
        found = prepared(tmp_path, source(features=["value"], known=["open"]), (5,)).train
        assert np.asarray(found.x[:])[:, 4].tolist() == known[4:]

    @pytest.mark.parametrize("memory", ["load", "stream"])
    def test_parts_of_the_time_stamps_follow_the_known_columns(self, tmp_path, memory):
        described = source(features=["value"], known=["holiday"], calendar=["hour", "weekday"], horizon=2)
        data = prepared(tmp_path, described, (4 + 2 * 5,), memory=memory)
        first = datetime.fromisoformat("2011-03-01 09:00")
        expected = list(self.VALUES[5:9])
        for step in range(2):
            time = first + timedelta(hours=step)
            hour, day = 2 * np.pi * time.hour / 24, 2 * np.pi * time.weekday() / 7
            expected += [self.HOLIDAY[9 + step], np.sin(hour), np.cos(hour), np.sin(day), np.cos(day)]
        np.testing.assert_allclose(windows(data.train)[0][5], expected, rtol=1e-6)
        assert list(data.features[-2:]) == ["time.weekday_sin", "time.weekday_cos"]

    def test_parts_of_filled_steps(self, tmp_path):
        kept = [row for row in range(30) if row != 8]
        write(tmp_path / "s.csv", time=np.array(hours(30))[kept], value=kept)
        described = source(features=["value"], calendar=["hour"], gaps={"fill": "linear", "max": 1})
        x = np.asarray(prepared(tmp_path, described, (4, 3)).train.x[:])
        # The window that ends with the filled step is left out, and the hour is that of the step to forecast.
        angle = 2 * np.pi * np.arange(7, 11) / 24
        np.testing.assert_allclose(x[5], np.stack([range(6, 10), np.sin(angle), np.cos(angle)], axis=1), rtol=1e-5)

    @pytest.mark.parametrize(
        ("times", "message"),
        [
            (range(2000, 2030), "the time stamps of time are integers: they have no hour | remove calendar"),
            ([f"2024-03-{day:02}" for day in range(1, 31)], "the hour is the same at all steps of s.csv | remove hour"),
        ],
    )
    def test_parts_that_say_nothing(self, tmp_path, times, message):
        write(tmp_path / "s.csv", time=times, value=range(30))
        assert refused(tmp_path, source(calendar=["hour"]), shape=(4, 3)) == ("series-time", message)

    def test_other_words_are_no_known_column(self, tmp_path):
        write(tmp_path / "s.csv", time=hours(20), value=range(20), open=["heute", "morgen"] * 10)
        _, text = refused(tmp_path, source(features=["value"], known=["open"]), shape=(5,))
        assert "column open is not numeric" in text and "yes and no, 1 and 0" in text

    def test_a_target_without_values(self, tmp_path):
        write(tmp_path / "s.csv", time=hours(30), value=[""] * 30, holiday=self.HOLIDAY)
        refusal = refused(tmp_path, source(known=["holiday"]), shape=(4, 2))
        assert refusal == ("data-values", "no row has a value of value | None")

    def test_rows_of_a_window_have_the_known_values_of_the_next_step(self, tmp_path):
        found = prepared(tmp_path, source(features=["value"], known=["holiday"]), (4, 2)).train
        assert windows(found)[0][5] == np.stack([self.VALUES[5:9], self.HOLIDAY[6:10]], axis=1).tolist()

    def test_known_columns_that_determine_the_target(self, tmp_path):
        write(
            tmp_path / "s.csv", time=hours(60), value=np.arange(60) % 13, copy=np.arange(60) % 13 * 2.5 + 1,
            one=np.arange(60) % 5, rest=np.arange(60) % 13 - np.arange(60) % 5,
        )  # fmt: skip

        def found(*known):
            described = source(features=["value"], known=list(known))
            return [
                w.message
                for w in prepared(tmp_path, described, (4 + len(known),)).warnings
                if w.rule == "future-column"
            ]

        assert found("one") == []
        assert found("copy")[0].startswith("copy determines value")
        assert found("one", "rest")[0].startswith("value can be computed from one, rest")


@given(
    seed=st.integers(0, 10**6),
    window=st.integers(1, 5),
    horizon=st.integers(1, 4),
    fill=st.sampled_from(["linear", "last"]),
)
def test_inputs_do_not_depend_on_values_after_their_origin(tmp_path_factory, seed, window, horizon, fill):
    generator = np.random.default_rng(seed)
    folder = tmp_path_factory.mktemp("series")
    kept = np.sort(generator.choice(40, 32, replace=False))
    values, holiday = generator.normal(size=40), generator.integers(0, 2, 40)
    described = source(
        features=["value"], known=["holiday"], window=window, horizon=horizon, gaps={"fill": fill, "max": 3}
    )  # fmt: skip
    cut = int(generator.integers(10, 35))
    inputs = []
    for series in (values, np.where(np.arange(40) > cut, 99.0, values)):
        write(folder / "s.csv", time=np.array(hours(40))[kept], value=series[kept], holiday=holiday[kept])
        try:
            found = prepared(folder, described, (window + horizon,)).train
        except DataError:
            return
        index = found.origins.index
        times = index.times_after(found.origins.rows) - index.times_after(np.array([0]))
        before = times <= (cut - kept[0]) * 3600e6
        inputs.append(np.asarray(found.x)[before])
    np.testing.assert_array_equal(*inputs)


def test_scores_are_those_of_a_hand_calculation():
    """The season of 3 steps is that before the origin."""
    y = np.array([1.0, 4, 2, 1, 5, 2, 1, 6, 3, 2, 7])[:, None]
    index = SeriesIndex(y, ("value",), season=3, length=11)
    scores = ForecastScores(StepRows(index, np.array([3, 4, 5, 6])), 2)
    forecasts = np.array([[4, 4], [2, 2], [0, 6], [6, 5]], float)
    scores.add(slice(0, 3), forecasts[:3])
    scores.add(slice(3, 4), forecasts[3:])
    found = scores.result()
    # Origins 3 to 6: truth (5, 2), (2, 1), (1, 6), (6, 3); last 1, 5, 2, 1; seasonal (4, 2), (2, 1), (1, 5), (5, 2).
    assert found["origins"] == 4 and found["by_step"] == [(1 + 0 + 1 + 0) / 4, (2 + 1 + 0 + 2) / 4]
    assert found["mae"] == 7 / 8 and found["sd"] == pytest.approx(np.std([1.5, 0.5, 0.5, 1], ddof=1))
    assert found["last"] == pytest.approx(np.mean([4, 1, 3, 4, 1, 4, 5, 2]))
    assert found["seasonal"] == pytest.approx(np.mean([1, 0, 0, 0, 0, 1, 1, 1])) and found["better"] == 0
    assert found["relative"] == pytest.approx(7 / 4)
    assert forecast_baselines(found) == "last 3, seasonal (3) 0.5"
    # Steps 4 to 8 are two parts.
    assert (found["baseline"], found["times"]) == ("seasonal", 2) and "relative_low" not in found
    # The season before the first origin is not known.
    few = ForecastScores(StepRows(index, np.array([1, 3])), 2)
    few.add(slice(0, 2), forecasts[:2])
    assert forecast_baselines(few.result()).endswith("(known at 1 of 2 origins)")


@pytest.mark.parametrize("count", [900, 12_000])
def test_origins_are_in_all_phases_of_the_season(count):
    """A model that is wrong at midnight only, at whatever step of the day the first origin is."""
    hour = np.arange(count) % 24
    y = np.where(hour == 0, 1.0, 0.0)[:, None]
    index = SeriesIndex(y, ("value",), season=24, length=count)
    errors = []
    for first in (30, 37):
        origins = np.arange(first, count - 24)
        scores = ForecastScores(StepRows(index, origins), 24)
        scores.add(slice(0, len(origins)), np.zeros((len(origins), 24)))
        found = scores.result()
        assert found["origins"] <= 4000 and found["times"] > 30
        np.testing.assert_allclose(found["by_step"], 1 / 24, rtol=0.05)
        errors.append(found["mae"])
    assert errors[0] == pytest.approx(errors[1], rel=0.02)


def test_a_step_without_measurement_has_no_error():
    """Every first step after an origin was filled."""
    y = np.array([1.0, 4, 2, 1, 5, 2, 1])[:, None]
    filled = np.array([False, False, True, False, True, False, True])
    index = SeriesIndex(y, ("value",), filled=filled, length=7)
    scores = ForecastScores(StepRows(index, np.array([1, 3])), 2)
    scores.add(slice(0, 2), np.zeros((2, 2)))
    assert scores.result()["by_step"] == [None, 1.5]


def test_the_interval_is_that_of_paired_differences():
    """Series at the same times are not independent: 6 times, not 12 origins."""
    generator = np.random.default_rng(2)
    y, forecasts = generator.normal(size=(14, 1)), generator.normal(size=(12, 1))
    series, step = np.repeat([0, 1], 7), np.tile(np.arange(7), 2)
    index = SeriesIndex(y, ("value",), series=series, names=("A", "B"), step=step, group="store", length=14)
    origins = np.r_[0:6, 7:13]
    scores = ForecastScores(StepRows(index, origins), 1)
    scores.add(slice(0, 12), forecasts)
    found = scores.result()
    truth, last = y[origins + 1, 0], np.abs(y[origins, 0] - y[origins + 1, 0])
    differences = (np.abs(forecasts[:, 0] - truth) - last).reshape(2, 6).mean(axis=0)
    # 2.571 is the bound of Student's distribution with 5 degrees of freedom.
    half = 2.571 * differences.std(ddof=1) / np.sqrt(6) / last.mean()
    middle = 1 + differences.mean() / last.mean()
    assert (found["origins"], found["times"]) == (12, 6)
    assert found["relative"] == pytest.approx(middle)
    assert found["relative_low"] == pytest.approx(middle - half, abs=0.02)
    assert found["relative_high"] == pytest.approx(middle + half, abs=0.02)


def test_each_series_is_drawn_in_its_time():
    """Of eight series of 400 hours, six are drawn; what was filled is no value."""
    steps, names = np.tile(np.arange(400), 8), tuple("ABCDEFGH")
    frequency = Frequency("fixed", 3600 * 10**6)
    filled = steps == 7
    index = SeriesIndex(
        np.arange(3200.0)[:, None], ("value",), series=np.repeat(np.arange(8), 400), names=names, step=steps,
        filled=filled, frequency=frequency, format=TimeFormat("m"), time="time", group="store", length=3200,
    )  # fmt: skip
    origins = StepRows(index, np.flatnonzero((steps >= 3) & (steps < 399)))
    y = np.arange(3200, dtype=np.float32)[origins.rows + 1, None]
    part = drawn_windows(SampleSet(y, y, origins=origins), 2048)
    found = panels(part, np.asarray(part.y) + 1)
    assert [each.title for each in found] == [f"series {name}, 1 hour ahead" for name in "ABCDEF"]
    assert [len(each.truth) for each in found] == [300] * 6
    assert found[1].truth[:3] == [404, 405, 406] and np.isnan(found[1].truth[3]) and found[1].predicted[3] == 408
    assert found[1].ticks[0] == (54, "1970-01-03 06:00") and found[1].steps[0] == 4
    assert str(found[0].times[0]) == "1970-01-01T04:00:00.000000"


def test_the_last_forecast_is_drawn_whole():
    """Of two targets the first one; what was filled is no value, and the values of two horizons come before."""
    y = np.stack([np.arange(20.0), -np.arange(20.0)], axis=1)
    index = SeriesIndex(y, ("a", "b"), filled=np.arange(20) == 15, length=20)
    origins = StepRows(index, np.arange(4, 17))
    labels = np.stack([y[row + 1 : row + 4].reshape(-1) for row in origins.rows]).astype(np.float32)
    part = drawn_windows(SampleSet(labels, labels, origins=origins), 5)
    first, last = panels(part, np.asarray(part.y) + 100)
    assert first.title == "a, 1 step ahead" and first.truth == [5, 6, 7, 8, 9]
    assert last.title == "a, 3 steps from row 18" and last.steps == list(range(11, 20))
    np.testing.assert_array_equal(last.truth, [11, 12, 13, 14, np.nan, 16, 17, 18, 19])
    np.testing.assert_array_equal(last.predicted, [*[np.nan] * 6, 117, 118, 119])


def test_the_better_baseline_is_compared_with():
    """On a straight line, the last value is 1 off, that of 3 steps before 3."""
    y = np.arange(11.0)[:, None]
    scores = ForecastScores(StepRows(SeriesIndex(y, ("value",), season=3, length=11), np.arange(3, 10)), 1)
    scores.add(slice(0, 7), y[4:] + 0.75)
    found = scores.result()
    assert (found["last"], found["seasonal"], found["relative"], found["better"]) == (1, 3, 0.75, 1)
    assert relative_error(0.75, found) == ", 75% of the error of repeating the last value"
    assert forecast_verdict(found) is None
    worse = forecast_verdict({**found, "relative": 1.5, "relative_low": 1.2, "relative_high": 1.8})
    assert worse.text == "worse than repeating the last value, whose mean absolute error is 1"
