# ruff: noqa: DTZ001  # A date without a time zone is what is tested.
"""The kinds of `[data.columns]`: values against calculations by hand, the calendar of Python, and Keras's layers."""

import json
import math
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import seqspec
from seqspec.core.document.columns import KINDS, read_columns
from seqspec.core.document.sources import Fill
from seqspec.training.data.column_findings.unseen import unknown_values
from seqspec.training.data.encoding.base import codec_of
from seqspec.training.data.encoding.encoder import Encoder, fit_encoder
from seqspec.training.data.encoding.raw import RawReader, fields_of
from seqspec.training.data.encoding.texts import words_of
from seqspec.training.data.stored import Budget, StoredArray, choose
from tests.training.data.column_samples import CELLS, SAMPLES


def read(kinds, table, *, size=None, limit=None, arrow=True):
    """The raw rows of columns of texts, read in blocks of `size` rows, and the reader of each column."""
    reader = RawReader(kinds, Budget(limit))
    count = len(next(iter(table.values())))
    for start in range(0, count, size or count):
        block = {name: table[name][start : start + (size or count)] for name in kinds}
        reader.append({name: pa.array(values, pa.string()) for name, values in block.items()} if arrow else block)
    return (*reader.finish(), reader)


def encode(kinds, table, *, train=None, default="error", **how):
    """The vectors of a table, learned from the rows `train`, by default from all; and the encoder."""
    kinds = read_columns(kinds)
    rows, raw, reader = read(kinds, table, **how)
    assert not any(column.invalid.rows for column in reader.readers.values())
    encoder = fit_encoder(raw, rows if train is None else choose(rows, np.array(train)), default)
    return np.asarray(encoder.encode(rows, raw)), encoder


def column(kind, values, **how):
    """The encoded values of one column."""
    return encode({"c": kind}, {"c": values}, **how)[0]


class TestNumbers:
    def test_standard_uses_the_training_rows_alone(self):
        # Mean 3 and variance 2 of 1, 3, 5 with population weights: (4 + 0 + 4) / 3.
        x = column("number", ["1", "3", "5", "100"], train=[0, 1, 2])
        assert x[:, 0] == pytest.approx([-2 / math.sqrt(8 / 3), 0, 2 / math.sqrt(8 / 3), 97 / math.sqrt(8 / 3)])

    def test_min_max_and_none(self):
        assert column({"kind": "number", "scale": "min_max"}, ["2", "4", "6"])[:, 0].tolist() == [0, 0.5, 1]
        assert column({"kind": "number", "scale": "none"}, ["2", "-4.5", "1e3"])[:, 0].tolist() == [2, -4.5, 1000]

    def test_values_far_outside_of_the_training_range(self):
        kinds, table = read_columns({"c": "number"}), {"c": ["20", "60", "100", "52400", "260", "261", "-141", ""]}
        rows, raw, _ = read(kinds, table)
        [encoding] = fit_encoder(raw, choose(rows, np.arange(3)), {"fill": "mean"}).encodings
        # The range is 80, and twice as much beyond both ends is -140 and 260.
        x = np.asarray(rows[rows.dtype.names[0]])
        assert encoding.is_far(x).tolist() == [False, False, False, True, False, True, True, False]

    def test_far_on_a_logarithmic_scale(self):
        kinds = read_columns({"c": {"kind": "number", "scale": "log"}})
        rows, raw, _ = read(kinds, {"c": ["1", "10", "100", "900", "100000"]})
        [encoding] = fit_encoder(raw, choose(rows, np.arange(3))).encodings
        assert encoding.is_far(np.asarray(rows[rows.dtype.names[0]])).tolist() == [False] * 4 + [True]

    def test_log_of_both_signs(self):
        x = column({"kind": "number", "scale": "log"}, ["0", str(math.e - 1), str(1 - math.e)])
        assert x[:, 0] == pytest.approx(np.array([0, 1, -1]) / math.sqrt(2 / 3), abs=1e-6)

    def test_quantile_is_uniform(self):
        values = np.random.default_rng(0).exponential(size=4097)
        x = column({"kind": "number", "scale": "quantile"}, [repr(float(value)) for value in values])[:, 0]
        ranks = values.argsort().argsort() / 4096
        assert np.abs(x - ranks).max() < 1 / 64
        assert (x.min(), x.max()) == (0, 1)

    def test_clip_before_scaling(self):
        x = column({"kind": "number", "scale": "min_max", "clip": [0, 10]}, ["-50", "0", "5", "10", "1e9"])
        assert x[:, 0].tolist() == [0, 0, 0.5, 1, 1]

    def test_a_single_value_is_zero_and_another_one_stays_small(self):
        assert column("number", ["0.1"] * 3 + ["1.1"], train=[0, 1, 2])[:, 0] == pytest.approx([0, 0, 0, 1])

    @pytest.mark.parametrize(("fill", "value"), [("mean", 4.0), ("median", 3.0), (7, 7.0)])
    def test_fill_and_flag(self, fill, value):
        kind = {"kind": "number", "scale": "none", "missing": {"fill": fill, "flag": True}}
        x = column(kind, ["1", None, "3", "8", "999"], train=[0, 1, 2, 3])
        assert x.tolist() == [[1, 0], [value, 1], [3, 0], [8, 0], [999, 0]]

    def test_words_for_missing_values(self):
        kind = {"kind": "number", "scale": "none", "missing": {"fill": 0, "flag": True}}
        words = ["NA", "n/a", "NaN", "null", "?", "", " ", None]
        assert column(kind, ["1", *words])[:, 1].tolist() == [0] + [1] * len(words)

    def test_missing_of_data_is_the_default(self):
        assert column("number", ["2", None, "4"], default=Fill(fill="mean"))[1, 0] == 0

    @pytest.mark.parametrize("text", ["12,5", "1_000", "abc", "0x10", "1 2"])
    def test_text_is_not_a_number(self, text):
        _, _, reader = read(read_columns({"c": "number"}), {"c": ["1", text, "2", text]})
        invalid = reader.readers["c"].invalid
        assert (invalid.rows, invalid.first, invalid.counts) == (2, 1, {text: 2})

    def test_integers_that_float32_rounds_are_counted(self):
        _, _, reader = read(read_columns({"c": "number"}), {"c": ["16777216", "16777217", "0.1"]})
        assert reader.readers["c"].rounded == 1

    @pytest.mark.parametrize(("first", "step", "lost"), [(10**11, 1, True), (0, 123_456_789, False), (0, 1, False)])
    def test_digits_are_lost_where_the_rounding_is_not_small_beside_the_range(self, first, step, lost):
        _, _, reader = read(read_columns({"c": "number"}), {"c": [str(first + step * row) for row in range(100)]})
        assert reader.readers["c"].loses_digits is lost


class TestBooleans:
    @pytest.mark.parametrize("pair", ["true false", "Yes no", "y N", "T f", "1 0", "1.0 0.0", "ja Nein", "sí no"])
    def test_pairs(self, pair):
        assert column("boolean", pair.split())[:, 0].tolist() == [1, 0]

    def test_typed_values(self):
        for values in ([True, False], [1, 0], [1.0, 0.0]):
            for arrow in (True, False):
                reader = RawReader(read_columns({"c": "boolean"}))
                reader.append({"c": pa.array(values) if arrow else values})
                assert reader.finish()[0]["c.0"].tolist() == [1, 0]

    @pytest.mark.parametrize("kind", ["number", "boolean", "category", "date", "text"])
    @pytest.mark.parametrize("column", [pa.nulls(3), pa.chunked_array([], pa.string()), pa.array([None], pa.float16())])
    def test_columns_without_values(self, kind, column):
        reader = RawReader(read_columns({"c": kind}))
        reader.append({"c": column})
        rows, raw = reader.finish()
        assert not reader.readers["c"].invalid.rows and list(raw.columns["c"].values) == []
        assert kind == "text" or raw.missing(rows, "c").all()

    def test_fills(self):
        kind = {"kind": "boolean", "missing": {"fill": "mean", "flag": True}}
        assert column(kind, ["yes", "no", "no", "no", "NA"]).tolist()[-1] == [0.25, 1]
        assert column({"kind": "boolean", "missing": {"fill": True}}, ["no", None])[:, 0].tolist() == [0, 1]

    def test_other_values(self):
        _, _, reader = read(read_columns({"c": "boolean"}), {"c": ["yes", "maybe", "2"]})
        assert reader.readers["c"].invalid.counts == {"maybe": 1, "2": 1}


class TestCategories:
    def test_declared_values_keep_their_order_and_others_are_zero(self):
        x = column(["b", "a"], ["a", "b", "c"])
        assert x.tolist() == [[0, 1], [1, 0], [0, 0]]

    def test_integers_are_compared_as_integers(self):
        kind = {"kind": "category", "values": [1, 2, 10]}
        assert column(kind, ["1", "2.0", "10", "01"]).argmax(axis=1).tolist()[:3] == [0, 1, 2]
        assert not column(kind, ["01"]).any()
        reader = RawReader(read_columns({"c": kind}))
        reader.append({"c": pa.array([10.0, None, float("nan"), 1.0])})
        rows, raw = reader.finish()
        assert [raw.columns["c"].values[code] if code >= 0 else None for code in rows["c.0"]] == ["10", None, None, "1"]

    def test_many_other_values_are_said(self):
        """All values in lower case are other ones, and so few rows as in training are not worth a word."""
        kinds = read_columns({"dest": {"kind": "category", "top": 2}})
        train = ["LAX"] * 50 + ["ATL"] * 40 + ["BOS"] * 5 + ["SEA"] * 5
        rows, raw, _ = read(kinds, {"dest": train})
        encoder = Encoder.from_state(json.loads(json.dumps(fit_encoder(raw, rows).to_state())))
        assert unknown_values(encoder, raw) == ([], [])
        _, other, _ = read(kinds, {"dest": [each.lower() for each in train]})
        assert unknown_values(encoder, other)[0] == [
            "100 of 100 rows have another dest than the frequent ones of training, where 10.0% have: "
            '"lax" (50), "atl" (40), "bos" (5), "sea" (5), encoded as other'
        ]

    def test_top_shares_a_place_for_rare_values(self):
        x, encoder = encode({"c": {"kind": "category", "top": 2}}, {"c": ["a"] * 3 + ["b"] * 2 + ["d", "c", "new"]},
                            train=range(7))  # fmt: skip
        assert encoder.encodings[0].values == ["a", "b"]
        assert x[[0, 3, 5, 6, 7]].tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1], [0, 0, 1]]

    def test_the_place_for_others_is_unused_if_training_never_filled_it(self):
        x, encoder = encode({"c": {"kind": "category", "top": 4}}, {"c": ["a", "b", "new"]}, train=[0, 1])
        assert x.shape == (3, 5) and encoder.encodings[0].other is None
        assert x[2].tolist() == [0] * 5

    def test_equal_counts_are_ordered_by_value_not_by_row(self):
        kinds = {"c": {"kind": "category", "top": 2}}
        for values in (["z", "y", "x"], ["x", "y", "z"]):
            assert encode(kinds, {"c": values})[1].encodings[0].values == ["x", "y"]

    def test_min_count(self):
        x, encoder = encode({"c": {"kind": "category", "min_count": 2}}, {"c": ["b", "b", "a", "a", "c"]})
        assert encoder.encodings[0].values == ["a", "b"] and x[4].tolist() == [0, 0, 1]

    def test_missing_as_a_category(self):
        kind = {"kind": "category", "values": ["a"], "missing": "category"}
        assert column(kind, ["a", None, "", "b"]).tolist() == [[1, 0], [0, 1], [0, 1], [0, 0]]

    def test_missing_is_zero_where_data_fills(self):
        assert column(["a", "b"], ["a", None], default=Fill(fill="mean")).tolist() == [[1, 0], [0, 0]]

    def test_booleans(self):
        kind = {"kind": "category", "values": [True, False]}
        assert column(kind, ["yes", "FALSE", "true"]).tolist() == [[1, 0], [0, 1], [1, 0]]

    def test_unknown_values_are_counted(self):
        kinds = read_columns({"c": {"kind": "category"}, "d": {"kind": "category", "top": 1, "unknown": "error"}})
        rows, raw, _ = read(kinds, {"c": ["a", "b", "x", "x"], "d": ["a", "b", "b", "x"]})
        encoder = fit_encoder(raw, rows[:2])
        c, d = encoder.encodings
        assert c.unknown_values(raw.columns["c"]) == {"x": 2}
        # b is known, though it shares the place of rare values.
        assert d.unknown_values(raw.columns["d"]) == {"x": 1}


class TestDates:
    @given(st.datetimes(datetime(1583, 1, 1), datetime(9999, 12, 31, 23, 59, 59)))
    @settings(max_examples=300)
    def test_parts_are_those_of_python(self, moment):
        parts = ["year", "month", "season", "weekday", "weekend", "hour", "elapsed"]
        moment = moment.replace(microsecond=0)
        table = {"c": [moment.isoformat(sep=" "), "2000-01-01"]}
        x, encoder = encode({"c": {"kind": "date", "parts": parts, "since": "2000-01-01"}}, table)
        state = encoder.to_state()["columns"][0]
        year, *cycles, elapsed = x[0] * np.sqrt(np.float32(state["variance"])) + np.float32(state["mean"])
        assert year == pytest.approx(moment.year, abs=1e-2)
        expected = []
        for value, period in ((moment.month - 1, 12), (moment.timetuple().tm_yday - 1, 365.25), (moment.weekday(), 7)):
            expected += [math.sin(2 * math.pi * value / period), math.cos(2 * math.pi * value / period)]
        expected += [float(moment.weekday() >= 5)]
        expected += [math.sin(2 * math.pi * moment.hour / 24), math.cos(2 * math.pi * moment.hour / 24)]
        assert cycles == pytest.approx(expected, abs=1e-6)
        assert elapsed == pytest.approx((moment - datetime(2000, 1, 1)) / timedelta(days=1), rel=1e-5, abs=1e-2)

    def test_the_calendar_of_400_years(self):
        from seqspec.training.data.encoding.dates import civil

        start = datetime(1970, 1, 1)
        days = np.arange(-60_000, 90_000, dtype=np.int32)
        known = [start + timedelta(days=int(day)) for day in days]
        for found, expected in zip(civil(days), (
            [day.year for day in known], [day.month for day in known], [day.timetuple().tm_yday - 1 for day in known],
        )):  # fmt: skip
            assert found.dtype == np.int32 and found.tolist() == expected

    def test_time_zones_are_converted_and_formats_read(self):
        kind = {"kind": "date", "parts": ["elapsed"]}
        rows, _, _ = read(read_columns({"c": kind}), {"c": ["2024-03-01T01:30:00+02:00", "2024-02-29 23:30:00",
                                                            "2024-02-29T23:30Z", "NA"]})  # fmt: skip
        assert rows["c.0"].tolist()[:3] == [(datetime(2024, 2, 29) - datetime(1970, 1, 1)).days] * 3
        assert rows["c.1"].tolist()[:3] == [23 * 3600 + 1800] * 3
        assert rows["c.0"][3] == np.iinfo(np.int32).min
        rows, _, _ = read(read_columns({"c": {**kind, "format": "%d/%m/%Y"}}), {"c": ["02/03/2024"]})
        assert rows["c.0"][0] == (datetime(2024, 3, 2) - datetime(1970, 1, 1)).days

    def test_typed_dates(self):
        moments = [datetime(2024, 2, 29, 12, 0, 1), None, datetime(1969, 12, 31, 23, 59, 59)]
        for dtype in (pa.timestamp("ms"), pa.timestamp("ns", "UTC"), pa.timestamp("s")):
            reader = RawReader(read_columns({"c": "date"}))
            reader.append({"c": pa.array(moments, dtype)})
            rows, _ = reader.finish()
            assert rows["c.0"].tolist() == [19782, np.iinfo(np.int32).min, -1]
            assert rows["c.1"].tolist() == [43201, 0, 86399]

    def test_since_another_column_and_fills(self):
        kinds = {"a": "date", "b": {"kind": "date", "parts": ["elapsed"], "since": "a",
                                    "missing": {"fill": "mean", "flag": True}}}  # fmt: skip
        x, _ = encode(kinds, {"a": ["2024-01-01"] * 3, "b": ["2024-01-02", "2024-01-04", None]})
        assert x[:, -2:].tolist() == [[-1, 0], [1, 0], [0, 1]]

    @pytest.mark.parametrize("text", ["02/03/2024", "2024-02-30", "2024-13-01", "soon", "20240101", "2024", "today"])
    def test_other_texts(self, text):
        _, _, reader = read(read_columns({"c": "date"}), {"c": ["2024-01-01", text]})
        assert reader.readers["c"].invalid.counts == {text: 1}


class TestTexts:
    def test_the_words_of_most_texts(self):
        x, encoder = encode({"c": {"kind": "text", "top": 3}},
                            {"c": ["Good, good GOOD!", "bad service", "good  service\n", "", None, "unseen"]},
                            train=range(5))  # fmt: skip
        assert encoder.encodings[0].words == ["good", "service", "bad"]
        assert x.tolist() == [[1, 0, 0], [0, 1, 1], [1, 1, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]]

    @given(st.text())
    def test_arrow_splits_as_python(self, text):
        table = {"c": [text]}
        kinds = read_columns({"c": {"kind": "text", "top": 5}})
        for arrow in (True, False):
            _, raw, _ = read(kinds, table, arrow=arrow)
            assert [raw.columns["c"].values[code] for code in raw.columns["c"].words] == words_of(text)


ROWS = st.lists(st.tuples(*CELLS.values()), min_size=2, max_size=25)


def test_each_kind_has_a_sample():
    assert {sample["kind"] for sample in SAMPLES.values()} == KINDS.keys()
    assert SAMPLES.keys() == CELLS.keys()
    columns = read_columns(SAMPLES)
    tree = {
        "seqspec": 1,
        "model": {"layers": [{"type": "Dense", "units": 1}]},
        "target": {"kind": "regression", "shape": [1]},
        "data": {"source": {"type": "table", "path": "d.csv", "label": "y"}, "columns": SAMPLES},
    }
    # The input depends on the training set.
    assert {item.name for item in seqspec.check(tree).diagnostics if item.severity == "error"} <= {"missing-input"}
    for name, kind in columns.items():
        codec = codec_of(kind.kind)
        assert codec.encoding.kind == kind.kind and len(fields_of(kind)) == len(codec.reader.fields), name


@given(ROWS)
@settings(max_examples=60, deadline=None)
def test_blocks_storage_and_json_change_no_bit(rows):
    table = {name: list(values) for name, values in zip(SAMPLES, zip(*rows))}
    train = range(0, len(rows), 2)
    kinds = read_columns(SAMPLES)
    raw_rows, raw, _ = read(kinds, table)
    encoder = fit_encoder(raw, raw_rows[np.array(train)])
    state = json.dumps(encoder.to_state())
    again = Encoder.from_state(json.loads(state))
    assert json.dumps(again.to_state()) == state
    whole = np.asarray(again.encode(raw_rows, raw))
    # Vectors of raw rows in blocks, and of blocks of the table, in memory and on disk.
    for size in (1, 7):
        step = again.bind(raw)
        parts = [step(raw_rows[start : start + size]) for start in range(0, len(rows), size)]
        assert np.concatenate(parts).tobytes() == whole.tobytes()
        for limit in (None, 0):
            x, other = encode(SAMPLES, table, train=train, size=size, limit=limit, arrow=size == 7)
            assert json.dumps(other.to_state()) == state
            assert x.tobytes() == whole.tobytes()


@given(ROWS)
@settings(max_examples=30, deadline=None)
def test_other_rows_than_those_of_training_change_no_byte_of_the_state(rows):
    table = {name: list(values) for name, values in zip(SAMPLES, zip(*rows))}
    count = max(1, len(rows) // 2)
    head = {name: values[:count] for name, values in table.items()}
    one, other = (json.dumps(encode(SAMPLES, each, train=range(count))[1].to_state()) for each in (table, head))
    assert one == other


def test_streamed_rows_are_selected_and_encoded_on_demand():
    table = {"n": [str(number) for number in range(50)], "t": [f"word{number % 3} x" for number in range(50)]}
    kinds = read_columns({"n": {"kind": "number", "scale": "none"}, "t": {"kind": "text", "top": 2}})
    rows, raw, _ = read(kinds, table, size=7, limit=0)
    assert isinstance(rows, StoredArray)
    chosen = rows.select(np.array([30, 2, 41]))
    encoder = fit_encoder(raw, rows)
    x = encoder.encode(chosen, raw)
    assert isinstance(x, StoredArray) and x.shape == (3, 3)
    assert np.asarray(x)[:, 0].tolist() == [30, 2, 41]


@pytest.mark.slow
class TestKeras:
    def test_numbers(self):
        import keras

        values = np.random.default_rng(1).normal(50, 20, 1000).astype(np.float32)
        layer = keras.layers.Normalization()
        layer.adapt(values[:, None])
        x = column("number", [repr(float(value)) for value in values])
        assert np.abs(x - np.asarray(layer(values[:, None]))).max() < 2e-6

    def test_categories(self):
        import keras

        values = [
            str(value)
            for value in np.random.default_rng(1).choice(list("abcdef"), 200, p=[0.4, 0.2, 0.2, 0.1, 0.05, 0.05])
        ]
        layer = keras.layers.StringLookup(vocabulary=["c", "a", "b"], output_mode="one_hot", num_oov_indices=1)
        # Without Keras's place for unknown values, which no training row fills.
        expected = np.asarray(layer(np.array(values)[:, None]))[:, 1:]
        assert np.array_equal(column(["c", "a", "b"], values), expected)

    def test_texts(self):
        import keras

        texts = ["Great service, really!", "too slow;\tand bad", "", "it's bad-bad", "ÄRGER über Ärger"]
        x, encoder = encode({"c": {"kind": "text", "top": 50}}, {"c": texts})
        words = encoder.encodings[0].words
        layer = keras.layers.TextVectorization(output_mode="multi_hot", vocabulary=words)
        expected = np.asarray(layer(np.array(texts)[:, None]))[:, 1:]
        assert np.array_equal(x[:, : len(words)], expected) and not x[:, len(words) :].any()
