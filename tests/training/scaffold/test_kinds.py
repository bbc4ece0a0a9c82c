"""The kinds of columns: one column of each sort that public tables have, with what a person reads in it."""

import datetime
import random
import re

import numpy as np
import pyarrow as pa
import pytest

from seqspec.training.scaffold.decimal_marks import plain_number
from seqspec.training.scaffold.kinds import choose_kinds, infer, is_record_time
from seqspec.training.scaffold.options import ScaffoldError
from seqspec.training.scaffold.profile import profile
from seqspec.training.scaffold.task import task_of

COUNT = 600
R = random.Random(0)
ISO_DAYS = [datetime.date(2020, 1, 1) + datetime.timedelta(days=number) for number in range(COUNT - 1)]


def column(name, values):
    """The profile of a column with these values, None for missing ones."""
    texts = [None if value is None else str(value) for value in values]
    return profile(name, pa.chunked_array([pa.array(texts, pa.string())]), np.arange(len(texts)))


def draw(values):
    return [R.choice(values) for _ in range(COUNT)]


def days(format):
    return [(datetime.date(2020, 1, 1) + datetime.timedelta(R.randint(0, 900))).strftime(format) for _ in range(COUNT)]


KINDS = [
    ("age", draw(range(18, 90)), "number", {}),
    ("price", [f"{R.gauss(100, 9):.2f}" for _ in range(COUNT)], "number", {}),
    ("income", [f"{R.lognormvariate(5, 2):.2f}" for _ in range(COUNT)], "number", {"scale": "log"}),
    ("rooms", draw(range(1, 7)), "number", {}),
    ("gap", [None if R.random() < 0.1 else R.randint(0, 50) for _ in range(COUNT)], "number",
     {"missing": {"fill": "median", "flag": True}}),
    ("horsepower", draw(["?", "90", "110", "130", "95"]), "number", {"missing": {"fill": "median", "flag": True}}),
    ("score", draw(["-999", "1.5", "2.5", "4.25", "8"]), "number", {}),
    ("year", list(range(1400, 2000)), "number", {}),
    ("passwords", draw(range(9)), "number", {}),
    ("active", draw(["yes", "no"]), "boolean", {}),
    ("flag", draw(["0", "1"]), "boolean", {}),
    ("member", draw(["True", "False", None]), "boolean", {"missing": {"fill": "mean", "flag": True}}),
    ("plan", draw(["basic", "family", "premium"]), "category", {"values": ["basic", "family", "premium"]}),
    ("region", draw([1, 2, 3, 4]), "category", {"values": [1, 2, 3, 4]}),
    ("zip", draw(["01067", "10115", "20095"]), "category", {"values": ["01067", "10115", "20095"]}),
    ("district", R.sample(range(61_000, 76_000), COUNT), "id", {}),
    ("prof", [number // 5 for number in range(COUNT)], "ignore", {}),
    ("family", [*R.choices([1, 2, 3, 4, 5], [20, 25, 25, 20, 10], k=COUNT - 2), 11, 13], "number", {}),
    ("family", draw([1, 2, 3]), "category", {"values": [1, 2, 3]}),
    ("store_id", draw([1, 5, 7]), "category", {"values": [1, 5, 7]}),
    ("cowcode2", draw([200, 225, 700]), "category", {"values": [200, 225, 700]}),
    ("occ10", draw([10, 310, 4760]), "category", {"values": [10, 310, 4760]}),
    ("date", [f"{R.randint(1, 12)}{R.randint(1, 28):02d}{R.randint(90, 99)}" for _ in range(COUNT)], "ignore", {}),
    ("date", draw(range(44_561, 45_000)), "number", {}),
    ("arms", draw([0, 1, 2]), "category", {"values": [0, 1, 2]}),
    ("color", [*draw(["red", "blue"])[:-2], "green", "green"], "category", {"top": 2}),
    ("town", draw([f"t{number}" for number in range(40)]), "category", {"top": 40}),
    ("model", [*draw([f"m{number}" for number in range(100)])], "category", {"top": 50}),
    ("sex", draw(["f", "m", None]), "category", {"values": ["f", "m"], "missing": "category"}),
    ("signed_up", days("%Y-%m-%d"), "date", {"parts": ["year", "season", "weekday"]}),
    ("time", [f"{R.randint(8, 20):02d}:{R.randint(0, 59):02d}" for _ in range(COUNT)], "date",
     {"parts": ["hour"], "format": "%H:%M"}),
    ("lap", [f"{R.randint(2, 20):02d}:{R.randint(0, 59):02d}" for _ in range(COUNT)], "ignore", {}),
    ("ticket_number", draw(range(10_000)), "ignore", {}),
    ("ticket", [f"A/{R.randint(1, 9999)}" for _ in range(COUNT - 30)] + 30 * ["x"], "ignore", {}),
    ("weekday", draw(range(7)), "category", {"values": list(range(7))}),
    ("plz", draw([1067, 80331, 50667]), "category", {"values": [1067, 50667, 80331]}),
    ("registered", days("%m/%Y"), "date", {"parts": ["year", "season"], "format": "%m/%Y"}),
    ("registered", days("%Y-%m"), "date", {"parts": ["year", "season"], "format": "%Y-%m"}),
    ("registered", days("%b-%Y"), "date", {"parts": ["year", "season"], "format": "%b-%Y"}),
    ("angle", [f"{R.randint(1, 12)}.{R.randint(1000, 9999)}" for _ in range(COUNT)], "number", {}),
    ("consumption", [f"{R.randint(35, 95) / 10} l/100 km" for _ in range(COUNT)], "number", {"unit": "l/100 km"}),
    ("engine", draw(["1.0 l", "1.6 l", "2.0 l"]), "number", {"unit": "l"}),
    ("doors", draw(["2 doors", "3 doors", "5 doors"]), "category", {"values": ["2 doors", "3 doors", "5 doors"]}),
    ("seen", days("%d.%m.%Y"), "date", {"parts": ["year", "season", "weekday"], "format": "%d.%m.%Y"}),
    ("at", [f"2024-03-{R.randint(1, 28):02d} {R.randint(0, 23):02d}:15:00" for _ in range(COUNT)], "date",
     {"parts": ["weekday", "hour"]}),
    ("note", [" ".join(R.choices("the bill was wrong again so I want to leave".split(), k=8)) for _ in range(COUNT)],
     "text", {"top": 200}),
    ("customer_id", list(range(1000, 1000 + COUNT)), "id", {}),
    ("rownames", R.sample(range(10**6), COUNT), "id", {}),
    ("username", [f"u{number}" for number in range(COUNT)], "id", {}),
    ("patient_id", [number // 3 for number in range(COUNT)], "ignore", {}),
    ("constant", ["x"] * COUNT, "ignore", {}),
    ("empty", [None] * COUNT, "ignore", {}),
    ("revenue", [f"{R.randint(1, 9)},{R.randint(100, 999)}.50" for _ in range(COUNT)], "ignore", {}),
    ("weight", [f"{R.randint(1, 99)},5" for _ in range(COUNT)], "ignore", {}),
    ("dirty", [*range(1, COUNT - 1), "n. k.", "unclear"], "number", {}),
    ("dirtier", [*range(1, COUNT - 9), *(f"unclear {number}" for number in range(10))], "ignore", {}),
    ("zip", ["01234", *(f"{number:05d}" for number in range(1000, 1000 + COUNT - 2)), "n. k."], "ignore", {}),
    ("visited", [*ISO_DAYS, "31/12/2021"], "date", {"parts": ["year", "season", "weekday"]}),
    ("seen", [*ISO_DAYS[:-6], *["NA"] * 2, *["31/12/2021"] * 5], "date",
     {"parts": ["year", "season", "weekday"], "missing": {"fill": "median", "flag": True}}),
    ("rarely", [*ISO_DAYS[:-9], *["31/12/2021"] * 10], "date", {"parts": ["year", "season", "weekday"]}),
    ("seldom", [*ISO_DAYS[: -COUNT // 9], *["31/12/2021"] * (COUNT // 9)], "ignore", {}),
    ("us_or_eu", [f"{R.randint(1, 12):02d}/{R.randint(1, 12):02d}/2024" for _ in range(COUNT)], "ignore", {}),
    ("rare", [f"v{number % 150}" for number in range(COUNT)], "ignore", {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "values", "kind", "settings"), KINDS, ids=[row[0] for row in KINDS])
def test_the_kind_of_a_column(name, values, kind, settings):
    choice = infer(column(name, values))
    assert (choice.kind, dict(choice.settings)) == (kind, settings), choice.note
    assert choice.kind != "ignore" or choice.note


def test_a_number_of_few_integers_asks_whether_it_is_a_category():
    assert infer(column("stage", draw([1, 2, 3]))).question == ("category", {"top": 3})


def test_one_column_is_the_id_and_the_others_are_ignored():
    choices = choose_kinds([column("", range(9)), column("key", range(9)), column("v", draw(range(9)))], {})
    assert [choice.kind for choice in choices] == ["id", "ignore", "number"]
    assert choices[1].note == "integers that rise by 1, as "
    declared = choose_kinds([column("", range(9)), column("key", range(9))], {"key": "id"}, "key")
    assert [choice.kind for choice in declared] == ["ignore", "id"]


def test_repeated_identifiers_are_groups():
    assert infer(column("patient_id", [number // 3 for number in range(COUNT)])).group
    assert not infer(column("store_id", draw([1, 5, 7]))).group


SECRETS = {
    "contact": [f"user{number}@example.com" for number in range(COUNT)],
    "reach": [f"+49 30 {R.randint(10**6, 10**7)}" for _ in range(COUNT)],
    "token": ["ghp_" + "".join(R.choices("abcdef0123456789", k=36)) for _ in range(COUNT)],
    "aws": ["AKIA" + "".join(R.choices("ABCDEFGH01234567", k=16)) for _ in range(COUNT)],
    "url": [f"https://ada:pw{number}@example.com/x" for number in range(COUNT)],
    "paid_with": ["4111111111111111", "5500005555555559", "340000000000009"] * (COUNT // 3),
    "password": draw(["hunter2", "letmein", "qwerty"]),
    "ssn": [f"{R.randint(100, 999)}-{R.randint(10, 99)}-{R.randint(1000, 9999)}" for _ in range(COUNT)],
    "account": [f"DE{R.randint(10**19, 10**20 - 1)}" for _ in range(COUNT)],
    "support": [*["desk@example.com"] * 300, *["help@example.com"] * 300],
    "last_name": [f"Name{number % 200}" for number in range(COUNT)],
}


@pytest.mark.parametrize("name", SECRETS)
def test_secrets_and_personal_data_are_not_used(name):
    found = column(name, SECRETS[name])
    choice = infer(found)
    assert choice.kind == "ignore" and found.sensitive is not None
    assert not any(value in str(choice.note) for value in SECRETS[name])


def test_few_rows_with_keys_are_enough():
    values = [*draw(["a", "b", "c"])[:-1], "sk-abcdef0123456789abcdef"]
    assert infer(column("kind", values)).kind == "ignore"


def test_what_must_be_corrected_is_said():
    days = [*ISO_DAYS[:-100], *["31.12.2021"] * 100]
    dates = "dates in several formats, 2024-12-31 and 31.12.2024: write all alike"
    assert infer(column("seen", days)).note == dates
    plans = infer(column("plan", draw(["Basic", "basic ", "Plus"])))
    assert plans.kind == "category" and sorted(plans.settings["values"]) == ["Basic", "Plus", "basic "]
    assert "are different values" in plans.note
    fees = [f"{number}.5" for number in range(COUNT - 20)] + ["3,5"] * 20
    assert infer(column("fee", fees)).note.startswith(f"20 of {COUNT} values are numbers with thousands separators")
    calls = [*map(str, range(COUNT - 9)), *[" "] * 9]
    assert infer(column("calls", calls)).note == "a blank in 9 rows counts as missing"


@pytest.mark.parametrize("format", ["%d.%m.%y", "%m/%d/%y", "%m/%d/%y %H:%M"])
def test_years_of_two_digits(format):
    """They have a century unless a date would be after today; day and month can be exchanged as always."""
    found = infer(column("seen", days(format)))
    assert (found.kind, found.settings["format"]) == ("date", format)
    assert infer(column("v", draw(["1.2.10", "1.2.11", "1.12.0"]))).kind == "category"
    born = [f"{day:{format}}" for day in (datetime.date(1930 + year, 12, 28) for year in range(60))]
    assert infer(column("born", born)).note.startswith("years of two digits, of which the century is not known")


@pytest.mark.parametrize("format", ["%Y-%m-%d", "%d.%m.%Y"])
@pytest.mark.parametrize("mark", [datetime.date(9999, 12, 31), datetime.date(1900, 1, 1), datetime.date(1970, 1, 1)])
def test_dates_for_a_missing_one(format, mark):
    """Only those that are far from all others."""
    written = f"{mark:{format}}"
    choice = infer(column("seen", [*days(format)[:-30], *[written] * 30]))
    assert (choice.kind, choice.note) == (
        "ignore", f"{written} in 30 rows looks like a missing date: leave these fields empty"
    )  # fmt: skip
    near = [f"{mark + datetime.timedelta(days=number - 300 * (mark.year > 9000)):{format}}" for number in range(300)]
    assert infer(column("seen", near)).kind == "date"


@pytest.mark.parametrize("name", ["ref", "réf", "Antrags-Nr.", "order_id", "Lfd. Nr.", "référence", "numéro"])
def test_identifiers_in_other_languages(name):
    """A different integer in each row, in no order."""
    values = [number * 7919 % 100_003 for number in range(COUNT)]
    assert infer(column(name, values)).kind == "id" and infer(column("écart", values)).kind == "number"


def test_few_dates_after_today():
    later = datetime.datetime.now(tz=datetime.UTC) + datetime.timedelta(days=800)
    future = f"{later:%Y-%m-%d}"
    choice = infer(column("seen", [*days("%Y-%m-%d")[:-3], *[future] * 3]))
    assert choice.kind == "date" and not is_record_time(choice, 0)
    assert choice.note == f"3 dates after today, up to {future}: correct them if they have happened"
    assert infer(column("due", [*days("%Y-%m-%d")[:-60], *[future] * 60])).note is None


@pytest.mark.parametrize(("values", "message"), [
    (["yes", "no", "?"], 'y is "?" in '),
    (["yes", "no", "YES"], "y has the classes"), (["a", "b", " A"], "y has the classes"),
])  # fmt: skip
def test_labels_that_look_like_mistakes_are_refused(values, message):
    with pytest.raises(ScaffoldError, match=re.escape(message)):
        task_of(column("y", draw(values)))
    assert task_of(column("y", draw(values)), "category").classes == 3


@pytest.mark.parametrize(("text", "decimal", "plain"), [
    ("455.199,97 €", ",", "455199,97"), ("455 199,97 €", ",", "455199,97"), ("455\u202f199,97", ",", "455199,97"),
    ("1.234 €", ",", "1234"), ("1,234.50", ",", "1234,50"), ("-3,5 %", ",", "-3,5"), ("16 %", ",", "16"),
    ("$1,234.50", None, "1234.50"), ("1,234", None, "1234"), ("3,5", None, "3.5"), ("1.234.567", None, "1234567"),
    ("1.234,50", None, "1234.50"), ("12.345 €", None, "12.345"), ("0,480", None, "0.480"), ("0,480", ",", "0,480"),
])  # fmt: skip
def test_numbers_with_units_keep_the_decimal_mark_of_the_file(text, decimal, plain):
    assert plain_number(text, decimal) == plain


@pytest.mark.parametrize(("values", "advice"), [
    (["1,234", "8,765"], "thousands, as 1.234 if it is a decimal comma; or use --decimal"),
    (["1,234", "0,480"], 'write "0,123" as 0.123; or use --decimal'),
    (["1,234", "1,234,567"], 'write "1,234,567" as 1234567; or use --decimal'),
])  # fmt: skip
def test_an_advice_never_changes_the_value(values, advice):
    assert infer(column("fee", draw(values))).note.endswith(advice)


@pytest.mark.parametrize(("pattern", "unit"), [
    ("{} min", "min"), ("{}.5kg", "kg"), ("$1{}.50", "$"), ("-{} %", "%"), ("EUR {}", "EUR"), ("{} µg/m3", "µg/m3"),
    ("US$ {}", "US$"), ("{}\u00a0€", "€"), ("{} km/h", "km/h"),
])  # fmt: skip
def test_numbers_with_one_unit_are_numbers(pattern, unit):
    choice = infer(column("length", draw([pattern.format(number) for number in range(60, 90)])))
    assert (choice.kind, choice.settings["unit"], choice.note) == ("number", unit, None)
    # Some cells may lack it, or be missing.
    values = draw([pattern.format(number) for number in range(60, 90)] + ["60", "71", "n/a"])
    assert infer(column("length", values)).settings == {"unit": unit, "missing": {"fill": "median", "flag": True}}


@pytest.mark.parametrize("values", [
    ["3 doors", "5 doors"], ["1st", "2nd", "3rd"], [f"A{number}" for number in range(20)],
    [f"{number} am" for number in range(1, 13)], [f"LOT {number}" for number in range(20)],
])  # fmt: skip
def test_names_with_digits_are_no_numbers(values):
    choice = infer(column("size", draw(values)))
    assert choice.kind == "category" and "unit" not in choice.settings


def test_several_units_are_not_mixed():
    values = draw([f"{number} {'kg' if number % 2 else 'g'}" for number in range(20)])
    choice = infer(column("mass", values))
    assert choice.kind == "category" and choice.note == "numbers with the units g, kg: convert them to one"
    values = [*draw([f"{number} kg" for number in range(20, 60)])[:-20], *[f"{number} g" for number in range(20)]]
    choice = infer(column("mass", values))
    assert (choice.kind, choice.note) == (
        "ignore",
        "20 values of 600 are not numbers in kg: correct them; --kind mass=number shows their rows",
    )


def test_a_few_texts_among_numbers_can_mean_that_they_are_missing():
    numbers = [f"{number}.5" for number in range(COUNT - 40)]
    for word in ("k.A.", "unknown", "-"):
        choice = infer(column("fee", [*numbers, *[word] * 40]))
        assert choice.kind == "number" and choice.settings["missing"] == {"fill": "median", "flag": True}
    codes = [f"{10000 + number % 40}" for number in range(COUNT - 40)]
    assert infer(column("zip", [*codes, *["unknown"] * 40])).kind == "category"
    choice = infer(column("fee", [*numbers, *["not asked"] * 40]))
    assert choice.kind == "ignore" and '"not asked" in 40 rows' in choice.note


@pytest.mark.parametrize("format", ["%d.%m.%Y", "%m/%d/%Y", "%d %b %Y", "%d/%m/%y"])
def test_the_format_of_most_dates(format):
    """The others are reported; they are not guessed."""
    written = [*days(format)[:-50], *["2021-03-05"] * 30, *["soon"] * 10, *["n/a"] * 10]
    found = column("due", written)
    assert (found.date.format, found.date.missing, found.date.invalid) == (format, 10, 40)
    choice = infer(found)
    assert choice.kind == "date" and choice.settings["missing"] == {"fill": "median", "flag": True}
    assert infer(column("due", [*days(format)[:-80], *["soon"] * 80])).kind != "date"
