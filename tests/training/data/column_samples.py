# ruff: noqa: DTZ001  # Dates in tables have no time zone.
"""Samples of each kind of columns: how one is declared, and the cells that it may have."""

from datetime import datetime

from hypothesis import strategies as st

SAMPLES = {
    "number": {"kind": "number", "missing": {"fill": "median", "flag": True}},
    "log": {"kind": "number", "scale": "log", "clip": [-1e30, 1e30], "missing": {"fill": "mean"}},
    "quantile": {"kind": "number", "scale": "quantile", "missing": {"fill": 0}},
    "min_max": {"kind": "number", "scale": "min_max", "clip": [-5, 5], "missing": {"fill": "mean"}},
    "boolean": {"kind": "boolean", "missing": {"fill": "mean", "flag": True}},
    "declared": {"kind": "category", "values": ["a", "ä", "b c"], "missing": "category"},
    "learned": {"kind": "category", "missing": "category"},
    "top": {"kind": "category", "top": 2, "missing": "category"},
    "date": {"kind": "date", "parts": ["year", "month", "season", "weekday", "weekend", "hour"],
             "missing": {"fill": "median"}},
    "elapsed": {"kind": "date", "parts": ["elapsed"], "since": "date", "missing": {"fill": "mean", "flag": True}},
    "text": {"kind": "text", "top": 4},
}  # fmt: skip
"""Columns of every kind by the name of the column, as `[data.columns]` declares them."""

NUMBERS = st.one_of(
    st.none(),
    st.sampled_from(["0", "-0.0", "1e38", "-1e-40", "NA"]),
    st.floats(width=32, min_value=-1e6, max_value=1e6).map(repr),
)
WORDS = st.one_of(st.none(), st.sampled_from(["a", "ä", "b c", "d", "1", "1.0", "01", ""]), st.text(max_size=3))
DATES = st.one_of(
    st.none(), st.datetimes(datetime(1583, 1, 1), datetime(9999, 12, 31)).map(lambda moment: moment.isoformat()[:19])
)
CELLS = {
    "number": NUMBERS.filter(lambda text: text != "1e38"), "log": NUMBERS, "quantile": NUMBERS, "min_max": NUMBERS,
    "boolean": st.sampled_from(["yes", "No", "1", "f", None, "?"]), "declared": WORDS, "learned": WORDS, "top": WORDS,
    "date": DATES, "elapsed": DATES, "text": st.one_of(st.none(), st.text(alphabet="ab Ä!\t", max_size=12)),
}  # fmt: skip
"""The cells of each, valid and invalid ones."""
