"""`seqspec new --data`: what is written and printed for tables, folders, arrays and series."""

import csv
import datetime
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tomllib
import wave

import numpy as np
import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli
from seqspec.core.check.check import Check
from seqspec.training.data.prepare import prepare
from seqspec.training.data.series.sets import VALIDATION_SHARES


def run(*arguments):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def new(*arguments):
    """The tree of the spec that a command writes, which checks without a finding; its last line is the next command."""
    result = run("new", *arguments)
    assert result.exit_code == 0, result.output
    words = result.output.splitlines()
    assert words[-1].split()[0] == "next" and "(check: no findings" in words[-2], result.output
    file = words[-1].split()[-1]
    with open(file, "rb") as stream:
        return tomllib.load(stream)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path, columns):
    """A CSV file with these columns."""
    with open(path, "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def customers(count=600, seed=0):
    """A table of customers, of whom those with the plan basic and many calls leave."""
    draw = random.Random(seed)
    plans = [draw.choice(["basic", "family", "premium"]) for _ in range(count)]
    minutes = [round(draw.uniform(0, 300), 1) for _ in range(count)]
    calls = [draw.randint(0, 9) for _ in range(count)]
    return {
        "customer_id": [f"C{number:05d}" for number in range(count)],
        "plan": plans,
        "minutes": minutes,
        "charge": [round(0.17 * value, 2) for value in minutes],
        "calls": calls,
        "income": ["" if draw.random() < 0.1 else draw.randint(900, 5000) for _ in range(count)],
        "churned": ["yes" if plan == "basic" and made > 5 else "no" for plan, made in zip(plans, calls, strict=True)],
    }


def test_a_table(folder):
    write("churn.csv", customers())
    tree = new("churn.csv", "--label", "churned")
    assert tree["data"]["columns"] == {
        "plan": ["basic", "family", "premium"],
        "minutes": "number",
        "calls": "number",
        "income": {"kind": "number", "missing": {"fill": "median", "flag": True}},
    }
    source = {"type": "table", "path": "churn.csv", "label": "churned", "id": "customer_id", "ignore": ["charge"]}
    assert tree["data"]["source"] == source
    assert tree["data"]["split"] == {"by": "random", "validation": 0.15, "test": 0.15, "stratify": True}
    assert tree["target"] == {"kind": "binary", "names": ["no", "yes"]}
    assert tree["model"]["layers"][-1] == {"type": "Dense", "units": 1, "activation": "sigmoid", "name": "churned"}
    text = (folder / "churn.seqspec.toml").read_text()
    assert text.startswith("# seqspec new --data churn.csv --label churned\n")
    assert '"charge",  # 0.17 × minutes' in text
    assert 'as a category: { kind = "category", top = 10 }' in text
    assert run("fmt", "--check", "churn.seqspec.toml").exit_code == 0


def test_the_same_bytes_every_time(folder):
    write("churn.csv", customers())
    command = [sys.executable, "-m", "seqspec", "new", "--data", "churn.csv", "--label", "churned", "-o", "-"]
    outputs = set()
    for seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        outputs.add(subprocess.run(command, check=True, capture_output=True, env=environment).stdout)
    assert len(outputs) == 1
    assert str(folder).encode() not in outputs.pop()


def test_data_outside_of_the_project_names_the_option(folder, monkeypatch):
    (folder / "my project").mkdir()
    write("churn.csv", customers())
    monkeypatch.chdir(folder / "my project")
    for data, option in (("../churn.csv", f" --allow-data {folder}"), ("churn.csv", "")):
        if not option:
            shutil.copy("../churn.csv", ".")
        shown = run("new", "--data", data, "--label", "churned", "--force").output
        *_, last = shown.splitlines()
        assert last.split(maxsplit=1) == ["next", f"seqspec train churn.seqspec.toml{option}"]
        assert run("check", "--data", *last.split()[3:]).exit_code == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_pipes_are_refused_by_name(folder):
    for name in ("rows.csv", "arrays.npz"):
        os.mkfifo(name)
        assert f"{name}: this is a device or a pipe" in run("new", "--data", name).output
    for name in ("ham", "spam"):
        (folder / "mails" / name).mkdir(parents=True)
        for number in range(3):
            (folder / "mails" / name / f"{number}.txt").write_text("text")
    os.mkfifo(folder / "mails" / "ham" / "pipe.txt")
    assert "ham/pipe.txt: this is a device or a pipe" in run("new", "--data", "mails").output


def test_options_override_and_are_repeated_in_the_header(folder):
    write("churn.csv", {**customers(), "code": [f"K{number:05d}" for number in range(600)]})
    tree = new(
        "--data", "churn.csv", "--label", "churned", "--kind", "calls=category", "--ignore", "income", "--id", "code"
    )
    assert tree["data"]["columns"]["calls"] == list(range(10))
    assert tree["data"]["source"]["id"] == "code"
    assert set(tree["data"]["source"]["ignore"]) == {"customer_id", "charge", "income"}
    header = (folder / "churn.seqspec.toml").read_text().splitlines()[0]
    assert run(*header.split()[2:], "-o", "again.seqspec.toml").exit_code == 0
    assert (folder / "again.seqspec.toml").read_text() == (folder / "churn.seqspec.toml").read_text()


def test_the_data_dictionary(folder):
    write("churn.csv", customers())
    assert run("new", "churn.csv", "--label", "churned", "--dictionary", "columns.csv").exit_code == 0
    with open("columns.csv", newline="") as stream:
        rows = {row["column"]: row for row in csv.DictReader(stream)}
    assert list(rows) == ["churned", *[name for name in customers(1) if name != "churned"]]
    assert rows["minutes"]["use"] == "input" and rows["charge"]["note"] == "0.17 × minutes"
    assert rows["income"]["missing"] == str(customers()["income"].count(""))


def test_secrets_are_in_no_output(folder):
    draw = random.Random(1)
    table = customers()
    secrets = {
        "contact": [f"person{number}@example.com" for number in range(600)],
        "api": ["ghp_" + "".join(draw.choices("abcdef0123456789", k=36)) for _ in range(600)],
        "desk": [draw.choice(["alice@example.com", "bob@example.com"]) for _ in range(600)],
        "card": ["4111111111111111"] * 300 + ["5500005555555559"] * 300,
        "comment": [f"please call me at +49 30 {draw.randint(10**6, 10**7)} about the last bill" for _ in range(600)],
        "password": [draw.choice(["hunter2", "letmein"]) for _ in range(600)],
    }
    write("churn.csv", {**secrets, **table})
    for arguments in (
        (),
        ("--label", "churned"),
        ("--label", "password"),
        ("--label", "desk"),
        ("--label", "card"),
        ("--label", "calls"),
    ):
        printed = run("new", "churn.csv", *arguments, "--dictionary", "d.csv", "--force").output
        written = "".join(path.read_text() for path in folder.iterdir() if path.name != "churn.csv")
        for values in (*secrets.values(), table["customer_id"]):
            assert not [value for value in set(values) if value in printed + written]


def test_separators_and_decimal_commas(folder):
    rows = ["a;b;y", *(f"{number};{number % 7},5;{'ja' if number % 2 else 'nein'}" for number in range(100))]
    (folder / "t.csv").write_text("\n".join(rows), "utf-16")
    tree = new("t.csv", "--label", "y", "--kind", "a=number")
    source = tree["data"]["source"]
    assert (source["delimiter"], source["decimal"], source["encoding"]) == (";", ",", "utf-16")
    assert tree["data"]["columns"] == {"a": "number", "b": "number"} and tree["target"]["names"] == ["nein", "ja"]
    # Another column has decimal points: the marks are not known.
    (folder / "t.csv").write_text("\n".join(["a;b;c;y", *(f"1.{row};{row % 7},5;x;{row % 2}" for row in range(100))]))
    result = run("new", "t.csv", "--label", "y", "--force")
    assert "b: all values are numbers with thousands separators or a decimal comma" in result.output


@pytest.mark.parametrize("proof", ["0,{:03d}", "{},5", "{},50 €"])
def test_one_column_proves_the_decimal_comma_of_a_file(folder, proof):
    """Then 1.234 has a thousands point; a decimal point by mistake is reported."""
    rows = [f"{row % 9 + 1}.{100 + row * 7};{proof.format(row * 7 % 1000)};{row % 2}" for row in range(100)]
    rows[50] = "1.5;" + rows[50].split(";", 1)[1]
    (folder / "t.csv").write_text("\n".join(["a;b;y", *rows]))
    tree = new("t.csv", "--label", "y")
    assert tree["data"]["source"]["decimal"] == "," and tree["data"]["columns"]["a"] == "number"
    assert "# 1.5 to 9786" in (folder / "t.seqspec.toml").read_text()
    assert '`a` has a decimal point in 1 row, such as "1.5" (row 51)' in run("check", "--data", "t.seqspec.toml").output


def test_decimal_points_of_three_digits_stay(folder):
    """Nothing proves a decimal comma: lists such as "1,2,3" and thousands such as "1,234" do not."""
    rows = [
        f'{row % 9 + 1}.{100 + row * 7},"1,{row % 3},2","{row % 9 + 1},{100 + row}",{row % 2}' for row in range(100)
    ]
    (folder / "t.csv").write_text("\n".join(["a,b,c,y", *rows]))
    tree = new("t.csv", "--label", "y")
    assert "decimal" not in tree["data"]["source"] and "# 1.1 to 9." in (folder / "t.seqspec.toml").read_text()


def test_leaks_are_reported_before_training(folder):
    """`new` reads a table as `check --data` does, and shows no value of an error."""
    table = customers()
    table["reason"] = ["moved" if churned == "yes" else "" for churned in table["churned"]]
    write("churn.csv", table)
    result = run("new", "churn.csv", "--label", "churned", "--kind", "reason=category")
    *_, warning, wrote, following = result.output.splitlines()
    assert warning.startswith("warning    SEQ930 single-predictor: column reason alone predicts churned")
    assert wrote.endswith("(check: no findings, with the data 1)")
    assert following.endswith(
        "look at the warnings (seqspec check --data has their help), then: seqspec train churn.seqspec.toml"
    )


def offers(names, count=400):
    """Offers of which 10 % have the second name."""
    random.seed(5)
    return {"value": [random.randint(1, 500) for _ in range(count)],
            "status": [names[number % 10 == 0] for number in range(count)]}  # fmt: skip


def test_the_rarer_of_two_classes_is_the_positive_one(folder):
    """Precision, recall, threshold and average precision are of the second class."""
    write("t.csv", offers(["verloren", "gewonnen"]))
    result = run("new", "t.csv", "--label", "status")
    assert "gewonnen is the positive class (--positive verloren for the other class)" in result.output
    text = (folder / "t.seqspec.toml").read_text()
    line = 'names = ["verloren", "gewonnen"]  # precision, recall, threshold and average precision are of "gewonnen"'
    assert line in text.splitlines()
    tree = new("t.csv", "--force", "--label", "status", "--positive", "verloren")
    assert tree["target"]["names"] == ["gewonnen", "verloren"]
    assert "--label status --positive verloren" in (folder / "t.seqspec.toml").read_text().splitlines()[0]
    write("t.csv", {**offers(["lost", "won"]), "status": ["a", "b", "b", "c"] * 100})
    assert "positive" not in run("new", "t.csv", "--label", "status", "--force").output
    # The name of a class without what is to be recognized decides, and numbers are names where the user says so.
    write("t.csv", offers(["yes", "no"]))
    assert new("t.csv", "--force", "--label", "status")["target"]["names"] == ["no", "yes"]
    write("t.csv", offers(["1", "0"]))
    assert "names" not in new("t.csv", "--force", "--label", "status")["target"]
    assert new("t.csv", "--force", "--label", "status", "--positive", "0")["target"]["names"] == ["1", "0"]


def test_white_space_around_a_class_does_not_count(folder):
    table = offers(["lost", "won"])
    table["status"][:7] = ["won "] * 3 + ["lost "] * 4
    write("t.csv", table)
    result = run("new", "t.csv", "--label", "status")
    assert "7 rows with white space around the class, which does not count" in result.output
    document = tomllib.loads((folder / "t.seqspec.toml").read_text())
    assert document["target"]["names"] == ["lost", "won"]
    assert sum(map(len, prepare(Check.of(document).spec, str(folder)).rows.values())) == 400


@pytest.mark.parametrize(("label", "positive", "message"), [
    ("status", "open", "open is not a class of status: gewonnen and verloren"),
    ("value", "7", "--positive is one of two classes, but value is a number"),
])  # fmt: skip
def test_a_positive_class_that_is_none_is_refused(folder, label, positive, message):
    write("t.csv", offers(["verloren", "gewonnen"]))
    result = run("new", "t.csv", "--label", label, "--positive", positive)
    assert result.exit_code and message in result.output


@pytest.mark.parametrize("others", [6, 30])
def test_a_second_currency_is_said(folder, others):
    """2 % or 10 % of the rows are in CHF: they are not numbers with thousands separators."""
    marks = ["CHF" if 20 <= number < 20 + others else "€" for number in range(300)]
    rows = [f"{number % 90 + 1}.{100 + number},50 {mark};{number % 2}" for number, mark in enumerate(marks)]
    (folder / "t.csv").write_text("\n".join(["price;y", *rows]))
    output = run("new", "t.csv", "--label", "y").output
    units = f"€ in {300 - others} rows and CHF in {others} rows (first in row 21)"
    assert f"price: numbers with two units, {units}: convert them to one" in output
    assert "thousands" not in output


@pytest.mark.parametrize("name", [
    "Kundennr", "Kunden-Nr.", "KundenNr", "Kundennummer", "Auftragsnummer", "Matrikelnummer", "Patienten-ID",
    "N° client", "numéro de dossier", "código cliente", "codice cliente", "klantnummer", "Número do cliente",
])  # fmt: skip
def test_identifiers_in_other_languages_are_groups(folder, name):
    """As `customer_id` is: the rows of one customer stay in one set."""
    random.seed(3)
    values = [f"K{random.randrange(90)}" for _ in range(400)]
    rest = {"x": [random.random() for _ in values], "y": [random.choice("ab") for _ in values]}
    write("t.csv", {name: values, **rest})
    split = new("t.csv", "--label", "y")["data"]["split"]
    assert (split["by"], split["column"]) == ("group", name)


@pytest.mark.parametrize("name", ["Mitarbeiter", "Kunden", "Hausnummer", "code postal", "numero"])
def test_counts_and_codes_in_other_languages_are_not_groups(folder, name):
    random.seed(3)
    values = [random.randrange(90) for _ in range(400)]
    rest = {"x": [random.random() for _ in values], "y": [random.choice("ab") for _ in values]}
    write("t.csv", {name: values, **rest})
    assert new("t.csv", "--label", "y")["data"]["split"]["by"] == "random"


def test_an_id_that_exact_copies_repeat(folder):
    table = customers(60)
    rows = {"customer_id": [f"C{number:03d}" for number in range(60)], **table}
    write("t.csv", {name: [*values, *values[:4]] for name, values in rows.items()})
    result = run("new", "t.csv", "--label", "churned", "--id", "customer_id")
    assert "4 rows are exact copies of others, the first is row 61: remove them, then it is unique" in result.output
    rows["minutes"] = [*rows["minutes"], *rows["minutes"][:3], -1]
    write("t.csv", {name: values if name == "minutes" else [*values, *values[:4]] for name, values in rows.items()})
    result = run("new", "t.csv", "--label", "churned", "--id", "customer_id")
    assert "3 of the 4 rows that repeat an earlier value are exact copies, the first is row 61" in result.output


def test_repeated_rows_are_reported_without_their_ids(folder):
    table = customers(200)
    write("churn.csv", {"customer_id": [f"C{number:05d}" for number in range(400)],
                        **{name: table[name] * 2 for name in ("plan", "minutes", "calls", "churned")}})  # fmt: skip
    result = run("new", "churn.csv", "--label", "churned")
    assert result.output.count("SEQ907 sample-leakage: the sets share samples") == 1 and "C00" not in result.output


def dated(count=300):
    """A table with days as they are written in Germany, the newest rows last."""
    first = datetime.date(2023, 1, 1)
    days = [first + datetime.timedelta(days=number) for number in range(count)]
    return {"day": [f"{day:%d.%m.%Y}" for day in days], "x": [number % 17 for number in range(count)],
            "y": [["a", "b"][number % 2] for number in range(count)]}  # fmt: skip


@pytest.mark.parametrize(("odd", "reason"), [
    ("31.12.9999", "some dates of day look like missing ones"), ("31.12.2098", "some dates of day are after today"),
])  # fmt: skip
def test_odd_dates_do_not_test_the_model(folder, odd, reason):
    """`new` does not divide the rows by them, and `check --data` warns where a spec does."""
    write("t.csv", dated())
    new("t.csv", "--label", "y", "-o", "by_time.toml")
    table = dated()
    table["day"][20:30] = [odd] * 10
    write("t.csv", table)
    assert f"{reason}, so that they cannot divide the rows by time" in run("new", "t.csv", "--label", "y").output
    result = run("check", "--data", "by_time.toml")
    shown = "-".join(reversed(odd.split(".")))
    assert (
        f"`day` is {shown} in 10 rows" in result.output
        or f"10 dates after today, the last one {shown}" in result.output
    )


def test_a_row_of_totals_does_not_change_the_split(folder):
    """It has no label, so that it is left out."""
    write("t.csv", {name: [*values, ""] for name, values in dated().items()})
    tree = new("t.csv", "--label", "y")
    assert tree["data"]["split"]["by"] == "time" and tree["data"]["missing"] == "drop"
    assert sum(map(len, prepare(Check.of(tree).spec, str(folder)).rows.values())) == 300


@pytest.mark.parametrize("titles", [
    ["Report;from 2024"], ["Report", "", "of;all"], ["Export;", "as of;", ""], ["Export", "as of", ""],
])  # fmt: skip
def test_titles_above_the_header(folder, titles):
    """Lines with fewer fields than all others, also two of equal length, and with empty fields."""
    rows = [";".join(map(str, row)) for row in zip(*dated().values(), strict=True)]
    (folder / "t.csv").write_text("\n".join([*titles, "day;x;y", *rows]))
    result = run("new", "t.csv", "--label", "y")
    assert result.exit_code == 3
    assert (
        f"the first line is not the header, which seems to be line {len(titles) + 1}, with 3 columns" in result.output
    )
    assert f"remove the {'line' if len(titles) == 1 else f'{len(titles)} lines'} above it" in result.output


def test_another_delimiter_than_that_of_the_spec(folder):
    """A long line without semicolons is not taken for the name of a column."""
    rows = [{"day": "2024-01-31", **{f"a measured quantity {number}": number for number in range(9)}, "y": 1.5}] * 2
    text = "\n".join([";".join(rows[0]), *(";".join(map(str, row.values())) for row in rows)])
    (folder / "t.csv").write_text(text.replace(";", ","))
    source = '[data.source]\ntype = "table"\npath = "t.csv"\ndelimiter = ";"\nlabel = "y"\n'
    model = '[model]\ninput = [1]\nlayers = [{ type = "Dense", units = 1 }]\n[compile]\nloss = "mse"\n'
    (folder / "t.toml").write_text(f"seqspec = 1\n{model}{source}")
    shown = run("check", "--data", "t.toml").output
    assert "t.csv: its fields are separated by commas, but it is read as separated by semicolons" in shown


def test_a_decimal_comma_does_not_hide_the_delimiter(folder):
    """Read with commas, the header has one field and a row with 1,5 has two."""
    (folder / "t.csv").write_text("a;b;y\n1,5;2;3\n" * 3)
    source = '[data.source]\ntype = "table"\npath = "t.csv"\nlabel = "y"\n'
    model = '[model]\ninput = [1]\nlayers = [{ type = "Dense", units = 1 }]\n[compile]\nloss = "mse"\n'
    (folder / "t.toml").write_text(f"seqspec = 1\n{model}{source}")
    shown = run("check", "--data", "t.toml").output
    assert "t.csv: its fields are separated by semicolons, but it is read as separated by commas" in shown


@pytest.mark.parametrize("titles", [["Export of 2024;;"], ["Export;;", ";;"]])
def test_a_title_with_empty_fields(folder, titles):
    rows = [";".join(map(str, row)) for row in zip(*dated().values(), strict=True)]
    (folder / "t.csv").write_text("\n".join([*titles, "day;x;y", *rows]))
    result = run("new", "t.csv", "--label", "y")
    above = "line" if len(titles) == 1 else "2 lines"
    line = f"line {len(titles) + 1}, with 3 columns: remove the {above} above it"
    assert f"the first line is not the header, which seems to be {line}" in result.output


@pytest.mark.parametrize("word", ["k. A.", "unbekannt", "-", "Unknown", "don't know"])
def test_labels_that_are_not_known(folder, word):
    labels = ["yes", "no", "no", word] * 50
    write("t.csv", {"x": [number % 17 / 10 for number in range(200)], "y": labels})
    output = run("new", "t.csv", "--label", "y").output
    if word == "don't know":
        assert '"don\'t know" is a class: leave these fields empty if the label is not known' in output
    else:
        assert f'y is "{word}" in 50 rows, which looks like a missing value' in output
        assert new("t.csv", "--label", "y", "--kind", "y=category", "--force")["target"]["kind"] == "multiclass"
    # One of two classes is none of these.
    write("t.csv", {"x": [number % 17 / 10 for number in range(200)], "y": ["+", word] * 100})
    assert new("t.csv", "--label", "y", "--force")["target"]["names"] in (["+", word], [word, "+"])


@pytest.mark.parametrize("role", ["--label", "--time"])
def test_known_columns_are_neither_label_nor_time(folder, role):
    write("t.csv", dated())
    name = {"--label": "x", "--time": "day"}[role]
    result = run("new", "t.csv", "--label", "x", "--time", "day", "--horizon", "7", "--known", name)
    assert result.exit_code == 2 and f"--known {name} is the {role[2:]}" in result.output
    assert not (folder / "t.seqspec.toml").exists()


def test_days_in_another_format_split_by_time(folder):
    write("t.csv", dated())
    tree = new("t.csv", "--label", "y")
    assert tree["data"]["split"]["by"] == "time" and tree["data"]["columns"]["day"]["format"] == "%d.%m.%Y"
    prepared = prepare(Check.of(tree).spec, str(folder))
    rows = {name: prepared.rows[name] for name in ("train", "validation", "test")}
    assert rows["train"].max() < rows["validation"].min() and rows["validation"].max() < rows["test"].min()


def test_a_class_that_only_new_rows_have_is_trained_on(folder):
    table = dated()
    table["y"][-12:] = ["new"] * 12
    write("t.csv", table)
    assert new("t.csv", "--label", "y")["data"]["split"]["by"] == "random"


def test_class_shares_that_drift_are_said(folder):
    """Also how to split at random; shares that differ by chance are not."""
    table = dated()
    table["y"] = [("no", "yes")[number % 10 == 0 or (number > 250 and number % 2)] for number in range(300)]
    write("t.csv", table)
    said = run("new", "t.csv", "--label", "y").output
    test = sum(label == "yes" for label in table["y"][255:]) / 45
    assert f'"yes" is 10% of the training and {test:.0%} of the test set' in said
    assert 'set by = "random" in [data.split]' in said
    table["y"] = [("no", "yes")[number % 10 == 0] for number in range(300)]
    write("t.csv", table)
    assert "of the training" not in run("new", "t.csv", "--label", "y", "--force").output


def test_columns_are_described_in_the_rows_with_a_label(folder):
    table = dated()
    table["open"] = ["no"] * 250 + ["yes"] * 50
    table["y"][250:] = [""] * 50
    write("t.csv", table)
    tree = new("t.csv", "--label", "y")
    assert tree["data"]["source"]["ignore"] == ["open"] and tree["data"]["missing"] == "drop"


def test_bad_cells_of_a_declared_number_are_reported_with_their_rows(folder):
    table = customers()
    table["minutes"][16], table["income"][3] = "12,50", "ghp_" + "a1b2c3d4e5f6" * 3
    write("churn.csv", table)
    result = run("new", "churn.csv", "--label", "churned", "--kind", "minutes=number", "--kind", "income=number")
    assert result.exit_code == 0, result.output
    assert 'minutes: row 17: "12,50" is not a number: correct it, or leave the field empty' in result.output
    assert "income: row 4: the value is not a number" in result.output and "ghp_" not in result.output
    columns = tomllib.loads((folder / "churn.seqspec.toml").read_text())["data"]["columns"]
    assert columns["minutes"] == "number"


def test_a_few_bad_cells_do_not_lose_a_column(folder):
    table = customers(3000)
    day = datetime.date(2021, 1, 1)
    table["signup"] = [(day + datetime.timedelta(days=number)).isoformat() for number in range(3000)]
    table["minutes"][16], table["minutes"][20], table["signup"][30] = "12,50", "ten", "31/12/2021"
    write("churn.csv", table)
    for arguments in ((), ("--kind", "signup=date")):
        result = run("new", "churn.csv", "--label", "churned", "--force", *arguments)
        assert 'minutes: 2 values are not numbers (row 17: "12,50", row 21: "ten"): correct them' in result.output
        assert 'signup: row 31: "31/12/2021" is not an ISO 8601 date' in result.output
        tree = tomllib.loads((folder / "churn.seqspec.toml").read_text())
        assert tree["data"]["columns"]["minutes"] == "number" and tree["data"]["columns"]["signup"]["kind"] == "date"
        assert (tree["data"]["split"]["by"], tree["data"]["split"]["column"]) == ("time", "signup")
    checked = run("check", "--data", "churn.seqspec.toml").output
    assert '"12,50" (row 17)' in checked and '"31/12/2021" in 1 of 3,000 rows (row 31)' in checked
    result = run("new", "churn.csv", "--label", "minutes", "--force")
    assert result.exit_code == 2 and 'the label minutes: 2 values are not numbers (row 17: "12,50"' in result.output


def test_dates_of_which_most_have_one_format(folder):
    """The others are reported with their rows, and count as missing only where the spec says so."""
    table = customers()
    day = datetime.date(2021, 1, 1)
    table["due"] = [f"{day + datetime.timedelta(days=number):%d.%m.%Y}" for number in range(600)]
    table["due"][5::40] = ["2021-03-05"] * len(table["due"][5::40])
    table["due"][7] = "soon"
    write("churn.csv", table)
    result = run("new", "churn.csv", "--label", "churned")
    assert 'due: 16 values are not dates such as 31.12.2024 (row 6: "2021-03-05", row 8: "soon"' in result.output
    assert 'with invalid = "missing" in a column they count as missing' in result.output
    text = (folder / "churn.seqspec.toml").read_text()
    assert tomllib.loads(text)["data"]["columns"]["due"]["format"] == "%d.%m.%Y"
    checked = run("check", "--data", "churn.seqspec.toml")
    assert checked.exit_code == 3 and '"2021-03-05" in 16 of 600 rows' in checked.output
    declared = text.replace('format = "%d.%m.%Y"', 'format = "%d.%m.%Y", invalid = "missing"')
    (folder / "churn.seqspec.toml").write_text(declared)
    # Rows without a date have no place in time.
    refused = "the time column has 16 missing values, first in churn.csv row 6 (customer_id C00005)"
    assert refused in run("check", "--data", "churn.seqspec.toml").output
    declared = declared.replace('by = "time"', 'by = "random"').replace('column = "due"\n', "")
    (folder / "churn.seqspec.toml").write_text(declared)
    checked = run("check", "--data", "churn.seqspec.toml")
    assert checked.exit_code == 3 and "`due` has 16 missing values" in checked.output
    declared = declared.replace('invalid = "missing"', 'invalid = "missing", missing = { fill = "median" }')
    (folder / "churn.seqspec.toml").write_text(declared)
    checked = run("check", "--data", "churn.seqspec.toml")
    assert checked.exit_code == 0, checked.output
    said = '16 values of `due` cannot be read as a date and count as missing: "2021-03-05" (15), "soon" (1)'
    assert said in checked.output


def test_classes_with_too_few_rows_are_named_with_their_rows(folder):
    table = customers()
    table["churned"][11] = table["churned"][599] = "Yes "
    write("churn.csv", table)
    result = run("new", "churn.csv", "--label", "churned")
    assert result.exit_code == 2
    assert "1 class of churned with fewer than 3 rows" in result.output
    assert '"Yes" (rows 12 and 600); remove or merge it' in result.output


def test_identifiers_in_several_rows_suggest_a_group(folder):
    write("few.csv", {**customers(), "patient_id": [f"p{number * 2 // 3}" for number in range(600)]})
    output = run("new", "few.csv", "--label", "churned").output
    assert "no date was found; if the rows of one patient_id belong together, use --group patient_id" in output
    grouped = new("few.csv", "--label", "churned", "--group", "patient_id", "--force")
    assert grouped["data"]["split"]["column"] == "patient_id"


def test_groups_and_times_divide_the_rows(folder):
    table = customers()
    write("groups.csv", {**table, "patient_id": [number // 4 for number in range(600)]})
    assert new("groups.csv", "--label", "churned")["data"]["split"]["column"] == "patient_id"
    pens = {
        "pen": [f"p{number // 6}" for number in range(600)],
        "sick": [number // 6 % 3 == 0 for number in range(600)],
    }
    write("pens.csv", {"minutes": table["minutes"], **pens})
    assert new("pens.csv", "--label", "sick")["data"]["split"]["column"] == "pen"
    write(
        "times.csv",
        {**table, "day": [f"2024-{1 + number // 28 % 12:02d}-{1 + number % 28:02d}" for number in range(600)]},
    )
    split = new("times.csv", "--label", "churned")["data"]["split"]
    assert split == {"by": "time", "column": "day", "validation": 0.15, "test": 0.15}


def test_a_table_with_a_text_alone(folder):
    draw = random.Random(0)
    words = "the food was good bad cold warm and we will come back never again".split()
    texts = [" ".join(draw.choices(words, k=9)) for _ in range(300)]
    write("reviews.csv", {"review": texts, "good": [int("good" in text) for text in texts]})
    tree = new("reviews.csv", "--label", "good")
    assert tree["data"]["source"] == {"type": "text", "path": "reviews.csv", "column": "review", "label": "good"}
    assert tree["model"]["layers"][0]["type"] == "TextVectorization"


ERRORS = [
    ((), "which column of churn.csv is the label? Use --label COLUMN; it could be churned (binary), "),
    (("--label", "churnd"), "--label: churnd is not a column of churn.csv; did you mean churned?"),
    (("--label", "customer_id"), "customer_id is unique in all rows: it cannot be a label"),
    (("--label", "churned", "--kind", "calls=int"), "unknown kind 'int'; choose from number, boolean"),
    (("--label", "churned", "--ignore", "churned"), "--label and --ignore both name churned"),
    (("--label", "churned", "--id", "plan"), "--id plan: values repeat: 3 distinct in 600 rows; use --group plan"),
    (("churn.toml", "--label", "churned"), "unknown template 'churn.toml'; write the spec to a file with -o"),
    (("--label", "churned", "--horizon", "3"), "--horizon is for a series: name its time column with --time"),
    (("--label", "churned", "--known", "calls"), "--known cannot be used: it is for a series"),
    (("--label", "churned", "--time", "calls"), "say with --horizon how many time steps to forecast"),
]


@pytest.mark.parametrize(("arguments", "words"), ERRORS)
def test_errors(arguments, words, folder):
    write("churn.csv", customers())
    result = run("new", "--data", "churn.csv", *arguments)
    assert result.exit_code == 2
    assert words in result.output
    assert os.listdir() == ["churn.csv"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("prices.xlsx", "prices.xlsx cannot be read: save the sheet as CSV"),
        ("https://example.org/prices.csv", "https://example.org/prices.csv is a URL: download it first"),
        ("prices.csv", "prices.csv does not exist; did you mean price.csv?"),
        ("prices.abc", "prices.abc does not exist"),
    ],
)
def test_what_cannot_be_read(name, words, folder):
    (folder / "price.csv").write_text("a,b\n1,2\n")
    for arguments in (("--data", name), (name,)):
        result = run("new", *arguments)
        assert result.exit_code == 2 and words in result.output


def test_a_damaged_table_is_reported_with_its_line(folder):
    (folder / "t.csv").write_text("a,b\n1,2\n3,4,5\n")
    result = run("new", "t.csv", "--label", "b")
    assert result.exit_code == 3
    assert "error[SEQ901] data-unreadable: t.csv: line 3 has 3 fields, the header has 2" in result.output


def test_classes_that_are_integers(folder):
    draw = random.Random(0)
    write("t.csv", {"a": [draw.random() for _ in range(90)], "y": [1 + number % 3 for number in range(90)]})
    assert new("t.csv", "--label", "y", "--kind", "y=category")["target"]["names"] == ["1", "2", "3"]
    assert new("t.csv", "--label", "y", "--force")["target"] == {"kind": "regression", "scale": "standard"}


def test_a_label_with_too_many_texts(folder):
    write("t.csv", {"a": range(600), "b": [f"w{number % 400}" for number in range(600)]})
    result = run("new", "t.csv", "--label", "b")
    assert "the label has 400 different values in 600 rows: is it a category?" in result.output


@pytest.mark.parametrize("command", ["train", "check", "summary"])
def test_data_in_place_of_a_spec(command, folder):
    write("churn.csv", customers(20))
    result = run(command, "churn.csv")
    assert result.exit_code == 2
    assert (
        "churn.csv is data, not a spec; write one with `seqspec new --data churn.csv --label COLUMN`" in result.output
    )


@pytest.mark.parametrize("file", ["model.toml", "train.py", "model.keras"])
def test_a_url_of_a_spec_is_refused_as_a_url(file):
    result = run("check", f"https://example.org/{file}")
    assert result.exit_code == 2 and f"{file} is a URL: download it first" in result.output


def test_options_of_data_need_data():
    result = run("new", "image-cnn", "--label", "y")
    assert result.exit_code == 2 and "--label describes data: name it with --data" in result.output


def test_without_pyarrow_the_extra_is_named(folder):
    write("churn.csv", customers(20))
    script = (
        "import sys\nsys.modules['pyarrow'] = None\nfrom seqspec.cli.main import main\n"
        "sys.argv = ['seqspec', 'new', 'churn.csv', '--label', 'churned']\nmain()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "seqspec new --data needs pyarrow, which is not installed: pip install 'keras-seqspec[train]'" in done.stderr


def test_arrays(folder):
    draw = np.random.default_rng(0)
    np.savez("digits.npz", x=draw.integers(0, 255, (90, 8, 8)).astype("uint8"), y=draw.integers(0, 3, 90))
    tree = new("digits.npz")
    assert tree["model"]["input"] == {"shape": [8, 8, 1], "dtype": "uint8"}
    assert tree["target"] == {"kind": "multiclass", "classes": 3}
    sets = {f"{name}_{part}": draw.normal(size=(60, *([5] if name == "x" else []))).astype("float32")
            for part in ("train", "val", "test") for name in "xy"}  # fmt: skip
    np.savez("sets.npz", **sets)
    tree = new("sets.npz")
    assert tree["data"]["validation"]["source"]["x"] == "x_val" and tree["target"]["kind"] == "regression"
    np.savez("many.npz", x=draw.normal(size=(30_000, 4)), y=draw.integers(0, 2, 30_000))
    assert [layer["units"] for layer in new("many.npz")["model"]["layers"][1:]] == [128, 64, 1]
    np.savez("equal.npz", x=draw.normal(size=(50, 4)), y=np.zeros(50, bool))
    assert "y has the same value in all samples" in run("new", "--data", "equal.npz").output
    np.savez("none.npz", a=sets["x_val"])
    assert "none.npz needs the arrays x and y, or x_train and y_train; it has a" in run("new", "none.npz").output


def clips(folder, rates=(0.1, 0.3), samples=6000):
    for number, rate in enumerate(rates):
        os.makedirs(f"{folder}/class{number}")
        for clip in range(12):
            values = np.sin(np.arange(samples) * (rate + clip / 1000)) * 9000
            with wave.open(f"{folder}/class{number}/{clip}.wav", "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(8000)
                file.writeframes(values.astype("<i2").tobytes())


def images(folder, classes=("cat", "dog"), shape=(24, 28), count=12):
    from PIL import Image

    draw = np.random.default_rng(0)
    for number, name in enumerate(classes):
        os.makedirs(f"{folder}/{name}")
        for index in range(count):
            pixels = draw.integers(0, 255 - 100 * number, (*shape, 3)).astype("uint8")
            Image.fromarray(pixels).save(f"{folder}/{name}/{index}.png")


def texts(folder):
    draw = random.Random(0)
    for name, words in (("bad", "cold bad poor ok"), ("good", "warm good fine ok")):
        os.makedirs(f"{folder}/{name}")
        for index in range(12):
            with open(f"{folder}/{name}/{index}.txt", "w") as file:
                file.write(" ".join(draw.choices(words.split(), k=20)))


def test_folders(folder):
    images("photos/train")
    images("photos/test")
    images("large", shape=(100, 120), count=4)
    clips("sounds")
    texts("reviews")
    photos = new("photos")
    assert photos["data"]["train"]["source"]["path"] == "photos/train" and "validation" not in photos["data"]
    assert photos["model"]["input"] == {"shape": [24, 28, 3], "dtype": "uint8", "name": "image"}
    assert "callbacks" not in photos["fit"] and photos["target"]["names"] == ["cat", "dog"]
    large = new("large")
    assert [stage["name"] for stage in large["fit"]] == ["head", "fine-tuning"]
    assert new("sounds")["data"]["source"]["samples"] == 6000
    assert new("reviews")["model"]["input"] == {"shape": [], "dtype": "string", "name": "text"}
    clips("silent", samples=0)
    assert "no .wav file of silent can be read, or has samples" in run("new", "silent").output
    assert "holds 24 .txt, 12 .png; expected images" in mixed(folder).output


def mixed(folder):
    images("mixed/a", count=6)
    texts("mixed/b")
    return run("new", "mixed")


def test_a_series(folder):
    days = np.arange("2020-01-01", "2021-06-01", dtype="datetime64[D]")
    days = np.delete(days, [100, 101])
    values = 100 + 10 * np.sin(np.arange(len(days)) * 2 * np.pi / 7)
    write("sales.csv", {"day": days, "sales": values.round(2), "promo": [number % 2 for number in range(len(days))]})
    tree = new("sales.csv", "--time", "day", "--horizon", 7, "--label", "sales", "--known", "promo")
    assert tree["model"]["input"] == [7 + 7] and tree["target"]["shape"] == [7]
    assert tree["data"]["source"] == {
        "type": "series", "path": "sales.csv", "time": "day", "target": "sales", "features": ["sales"],
        "known": ["promo"], "window": 7, "horizon": 7, "gaps": "drop",
    }  # fmt: skip
    assert tree["data"]["split"]["by"] == "time"
    sales = ["" if number in (50, 51, 52, 200) else value for number, value in enumerate(values.round(2))]
    write("empty.csv", {"day": days, "sales": sales})
    shown = run("new", "empty.csv", "--time", "day", "--horizon", 7, "-o", "empty.toml").output
    left = "filled up to 1, 5 steps in 2 longer ones are left out"
    assert f"1 gap of 2 steps, the longest 2, 4 empty cells of sales, {left}" in shown
    assert 'gaps = { fill = "linear", max = 1 }' in (folder / "empty.toml").read_text()
    missing = run("new", "sales.csv", "--time", "day", "--horizon", 7)
    assert "which column is forecast? Use --label COLUMN; it could be sales, promo" in missing.output


@pytest.mark.parametrize(
    ("clock", "example"),
    [("{:02}:30", "01/03/2004 00:30"), ("{:02}.30.00", "01/03/2004 00:30:00"), ("{}", "01/03/2004 00:00")],
)
def test_a_date_and_a_time_of_day_are_joined(folder, clock, example):
    hours = range(24 * 20)
    columns = {
        "Date": [f"{1 + hour // 24:02}/03/2004" for hour in hours],
        "Time": [clock.format(hour % 24) for hour in hours],
        "load": [hour * hour % 11 for hour in hours],
    }
    write("load.csv", columns)
    said = "the time of day is in column Time, the date in column Date: join both into one column, with cells such as "
    for time in ("Date", "Time"):
        shown = run("new", "load.csv", "--time", time, "--horizon", 24, "--label", "load")
        assert shown.exit_code == 2 and f'{said}"{example}", and name it with --time' in shown.output, shown.output
    # A time at which shops open does not tell their rows apart.
    write("shops.csv", {**columns, "Time": ["08:00"] * len(hours)})
    shown = run("new", "shops.csv", "--time", "Date", "--horizon", 2, "--label", "load")
    assert "name the column of their names with --group" in shown.output


def test_gaps_of_up_to_a_quarter_of_a_season_are_filled(folder):
    """6 hours of a day; the longest of three gaps has 80."""
    times = np.arange("2024-01-01", "2024-03-01", dtype="datetime64[h]").astype("datetime64[m]")
    missing = np.r_[100:104, 300:306, 600:680]
    write("load.csv", {"time": np.delete(times, missing), "load": np.delete(np.arange(len(times)) % 24, missing)})
    tree = new("load.csv", "--time", "time", "--horizon", 24)
    assert tree["data"]["source"]["gaps"] == {"fill": "linear", "max": 6}
    said = run("new", "load.csv", "--time", "time", "--horizon", 24, "-o", "-").output
    assert "3 gaps of 90 steps, the longest 80, filled up to 6, 80 steps in a longer one are left out" in said


def test_windows_that_empty_cells_lose_are_said(folder):
    """30 hours without a value: windows of a week lose much more than those of a day."""
    times = np.arange("2024-01-01", "2024-02-07", dtype="datetime64[h]").astype("datetime64[m]")
    hour = np.arange(len(times))
    load = ["" if 400 <= each < 430 else round(each % 24 + 30 * (each % 168 > 120), 1) for each in hour.tolist()]
    write("load.csv", {"time": times, "load": load})
    shown = run("new", "load.csv", "--time", "time", "--horizon", 24).output
    assert "168 hours (season 168" in shown
    assert "(check: no findings, with the data 1)" in shown and "empty cells of load lose 221 of " in shown, shown
    shown = run("check", "--data", "load.seqspec.toml").output
    assert "set window = 24 in [data.source], which loses " in shown


def test_time_zones_are_said(folder):
    times = np.arange("2024-01-01", "2024-03-01", dtype="datetime64[h]").astype("datetime64[m]")
    write("load.csv", {"time": [f"{time}+01:00" for time in times], "load": np.arange(len(times)) % 24})
    options = ("load.csv", "--time", "time", "--horizon", 24, "-o", "-")
    assert "time zone  the time stamps of time are converted to UTC" in re.sub("  +", "  ", run("new", *options).output)
    write("load.csv", {"time": [f"{time}Z" for time in times], "load": np.arange(len(times)) % 24})
    assert "UTC" not in run("new", *options).output
    table = customers(200)
    table["signed_up"] = [f"{times[row]}+02:00" for row in range(200)]
    write("churn.csv", table)
    shown = run("new", "churn.csv", "--label", "churned", "-o", "-").output
    assert "signed_up: times with a time zone are converted to UTC" in shown


def test_a_template_validates_a_share_with_a_forecast(folder):
    days = np.arange("2020-01-01", "2020-04-10", dtype="datetime64[D]")
    write("sales.csv", {"day": days, "sales": np.arange(len(days)) % 7})
    tree = tomllib.loads(
        run("new", "time-series", "--data", "sales.csv", "--time", "day", "--horizon", 14, "-o", "-").stdout
    )
    assert tree["data"]["split"] == {"by": "time", "validation": 0.15, "test": 0.2}


def test_days_of_the_week_without_rows_are_said(folder):
    days = np.arange("2020-01-01", "2020-12-01", dtype="datetime64[D]")
    weekday = (days.astype(int) + 3) % 7
    options = ("sales.csv", "--time", "day", "--horizon", 7, "--force")
    write("sales.csv", {"day": days[weekday != 6], "sales": weekday[weekday != 6]})
    said = run("new", *options).output
    assert "every day except Sunday, no gaps" in said and "no row is on Sundays" in said
    assert "gaps" not in tomllib.loads((folder / "sales.seqspec.toml").read_text())["data"]["source"]
    checked = run("check", "--data", "sales.seqspec.toml")
    assert checked.exit_code == 0 and checked.output.endswith("0 findings\n"), checked.output
    kept = (weekday != 6) | (np.arange(len(days)) < 20)
    write("sales.csv", {"day": days[kept], "sales": weekday[kept]})
    said = run("new", *options).output
    assert "45 of the 45 missing days are Sundays: if it was closed then, write rows with 0" in said


@pytest.mark.parametrize(
    ("months", "horizon", "window"), [(160, 14, 24), (40, 4, 12), (24, 2, 12), (20, 2, 4), (20, 1, 4)]
)
def test_a_short_series_has_a_window_of_a_season(folder, months, horizon, window):
    times = [f"{2010 + month // 12}-{month % 12 + 1:02}-01" for month in range(months)]
    write("sales.csv", {"month": times, "sales": [number % 12 + number / 9 for number in range(months)]})
    tree = new("sales.csv", "--time", "month", "--horizon", horizon, "--label", "sales", "-o", "s.toml", "--force")
    assert tree["data"]["source"]["window"] == window
    checked = CliRunner().invoke(cli, ["check", "--data", "s.toml"])
    assert checked.exit_code == 0 and checked.output.endswith("0 findings\n"), checked.output


@pytest.mark.slow
@pytest.mark.parametrize("count", [160, 3000])
@pytest.mark.parametrize("unit", ["D", "s"])
def test_the_first_forecast_is_a_baseline(folder, count, unit):
    import seqspec

    times = (np.datetime64("1930-01-01", unit) + 5 * np.arange(count)) if unit == "s" else np.arange(count)
    times = times if unit == "s" else (np.datetime64("1990-01-01") + times)
    write("sales.csv", {"time": times, "sales": np.random.default_rng(0).normal(50, 9, count).round(2)})
    shown = run("new", "sales.csv", "--time", "time", "--horizon", 5, "-o", "s.toml").output
    season = 7 if unit == "D" else None
    assert f"starts by repeating {'the last season' if season else 'the mean of the window'}" in shown
    model = seqspec.build("s.toml")
    assert [type(layer).__name__ for layer in model.layers[1:-1]] == ([] if count == 160 else ["Dense", "PReLU"])
    x = np.random.default_rng(1).normal(50, 9, (40, model.input_shape[1])).astype(np.float32)
    model.layers[0].adapt(x)
    scaled = (x - x.mean()) / x.std()
    expected = scaled[:, :5] if season else np.tile(scaled.mean(axis=1, keepdims=True), 5)
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-4, atol=1e-5)


def test_a_long_series_with_known_columns_has_a_hidden_layer(folder):
    days = np.arange("2010-01-01", "2018-01-01", dtype="datetime64[D]")
    write("sales.csv", {"day": days, "sales": np.arange(len(days)) % 7, "promo": np.arange(len(days)) % 2})
    tree = new("sales.csv", "--time", "day", "--horizon", 7, "--label", "sales", "--known", "promo")
    assert tree["model"]["layers"] == [
        "Normalization",
        {"type": "Dense", "units": 14, "kernel_initializer": "identity"},
        {"type": "PReLU", "alpha_initializer": "ones"},
        {"type": "Dense", "units": 7, "name": "sales", "kernel_initializer": "identity"},
    ]
    assert tree["data"]["source"]["window"] == 7 and tree["fit"]["epochs"] == 100


def test_the_season_of_hours_is_a_day_or_a_week(folder):
    """Cents of hours in semicolons with decimal commas; on weekends the level is another one."""
    times = np.arange("2024-01-01", "2024-03-01", dtype="datetime64[h]").astype("datetime64[m]").tolist()
    values = [hour.hour / 7 + 5 * (hour.weekday() >= 5) + number % 10 / 100 for number, hour in enumerate(times)]
    rows = [f"{time:%d.%m.%Y %H:%M};{value:.2f}".replace(".", ",").replace(",", ".", 2) for time, value in
            zip(times, values)]  # fmt: skip
    (folder / "load.csv").write_text("Zeit;kWh\n" + "\n".join(rows) + "\n")
    tree = new("load.csv", "--time", "Zeit", "--horizon", 24)
    source = tree["data"]["source"]
    assert (source["season"], source["window"], source["decimal"]) == (168, 168, ",")
    shown = run("new", "load.csv", "--time", "Zeit", "--horizon", 24, "-o", "-").output
    assert "(season 168: repeating it has an error of 0.0" in shown
    checked = CliRunner().invoke(cli, ["check", "--data", "load.seqspec.toml"])
    assert checked.exit_code == 0 and checked.output.endswith("0 findings\n"), checked.output


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize(("delimiter", "quote"), [(";", ""), ("\t", ""), (";", '"'), (",", '"')])
def test_a_series_with_decimal_commas_in_any_dialect(folder, delimiter, quote, encoding):
    """A row with as many commas as delimiters: the header decides."""
    times = np.arange("2024-01-01", "2024-02-01", dtype="datetime64[h]").astype("datetime64[m]").tolist()
    cells = [["Zeit", "Verbrauch (kWh)", "Außentemperatur (°C)"]]
    cells += [
        [f"{time:%d.%m.%Y %H:%M}", f"0,{300 + number % 24}", f"{number % 9},5"] for number, time in enumerate(times)
    ]
    lines = [delimiter.join(f"{quote}{cell}{quote}" for cell in row) for row in cells]
    (folder / "load.csv").write_text("\r\n".join(lines) + "\r\n", encoding=encoding, newline="")
    tree = new("load.csv", "--label", "Verbrauch (kWh)", "--time", "Zeit", "--horizon", 24)
    source = tree["data"]["source"]
    assert (source["decimal"], source["format"], source["window"]) == (",", "%d.%m.%Y %H:%M", 24)
    assert source.get("delimiter", ",") == delimiter and source.get("encoding") == {"cp1252": "cp1252"}.get(encoding)
    assert CliRunner().invoke(cli, ["check", "--data", "load.seqspec.toml"]).exit_code == 0


def test_a_series_with_dates_in_another_format(folder):
    days = [f"{day:%m/%d/%Y}" for day in map(datetime.date.fromordinal, range(737791, 738156))]
    write("sales.csv", {"day": days, "sales": [number % 7 for number in range(len(days))]})
    tree = new("sales.csv", "--time", "day", "--horizon", 2, "--label", "sales")
    assert tree["data"]["source"]["format"] == "%m/%d/%Y"
    months = [f"01/{month:02}/{year}" for year in (2021, 2022) for month in range(1, 13)]
    write("sales.csv", {"day": months, "sales": [number % 7 for number in range(len(months))]})
    refused = run("new", "sales.csv", "--time", "day", "--horizon", 2, "--label", "sales")
    assert "day and month of day may be exchanged, as in '01/01/2021'" in refused.output


@pytest.mark.parametrize("format", ["%d.%m.%y", "%b %Y", "%m/%Y"])
def test_a_series_with_months_or_years_of_two_digits(folder, format):
    days = np.arange("2012-01", "2022-01", dtype="datetime64[M]").astype("datetime64[D]").tolist()
    write("sales.csv", {"day": [f"{day:{format}}" for day in days], "sales": [each.month for each in days]})
    tree = new("sales.csv", "--time", "day", "--horizon", 2, "--label", "sales")
    assert tree["data"]["source"]["format"] == format and tree["data"]["source"]["window"] == 12
    write("sales.csv", {"day": ["1st", "2nd", "3rd"] * 40, "sales": range(120)})
    refused = run("new", "sales.csv", "--time", "day", "--horizon", 2, "--label", "sales").output
    advice = "write all time stamps in one format, such as 2024-03-02"
    assert f"which is neither an integer nor a date such as 2024-03-02: {advice}" in refused


@pytest.mark.parametrize(
    ("format", "wrong"), [("%d.%m.%Y", "31.02.2020"), ("%Y-%m-%d", "2020-02-31"), ("%d-%b-%y", "x-Feb-20")]
)
def test_a_date_that_is_none_is_named_by_its_row(folder, format, wrong):
    days = [f"{day:{format}}" for day in np.arange("2020-01-01", "2020-06-01", dtype="datetime64[D]").tolist()]
    days[60] = wrong
    write("sales.csv", {"day": days, "shop": ["A"] * len(days), "sales": [row % 7 for row in range(len(days))]})
    done = run("new", "sales.csv", "--time", "day", "--horizon", 2, "--label", "sales", "--group", "shop")
    assert done.exit_code == 2 and f"row 61 of day has '{wrong}', which is " in done.output, done.output


def test_series_that_are_tested_while_another_one_trains(folder):
    days = np.arange("2020-01-01", "2020-10-27", dtype="datetime64[D]")
    rows = [(day, "A", 5 + row % 3) for row, day in enumerate(days[:200])]
    rows += [(day, "B", 5 + row % 4) for row, day in enumerate(days)]
    write("sales.csv", dict(zip(("day", "shop", "sales"), zip(*rows))))
    said = run("new", "sales.csv", "--time", "day", "--horizon", 7, "--label", "sales", "--group", "shop").output
    overlap = "the test set of series A begins 2020-06-09, series B trains until 2020-07-28"
    assert f"each series is split by itself: {overlap}" in said


def shops(count=150, **levels):
    days = np.arange("2020-01-01", "2021-01-01", dtype="datetime64[D]")[:count]
    rows = [(day, shop, level + row % 7) for row, day in enumerate(days) for shop, level in levels.items()]
    return dict(zip(("day", "shop", "sales"), map(list, zip(*rows))))


SHOPS = ("new", "shops.csv", "--time", "day", "--horizon", 7, "--label", "sales", "--group", "shop", "--force")


def test_series_of_different_levels_have_a_hidden_layer(folder):
    for other, layers in ((19, 2), (30, 3)):
        write("shops.csv", shops(north=10, south=other))
        shown = run(*SHOPS).output
        tree = tomllib.loads((folder / "shops.seqspec.toml").read_text())
        assert len(tree["model"]["layers"]) == layers and tree["target"]["scale"] == "standard"
        assert ("Dense 64 → 7, since the means of the series differ" in shown) == (layers == 3)
    assert tree["model"]["layers"][1] == {"type": "Dense", "units": 64, "activation": "relu"}


def test_dirty_values_of_a_series_are_named(folder):
    columns = shops(north=10, south=12)
    columns["sales"][20] = -999
    columns["shop"] = [
        shop.title() if row > 100 and shop == "south" else shop for row, shop in enumerate(columns["shop"])
    ]
    write("shops.csv", columns)
    shown = run(*SHOPS).output
    assert "sales is -999 in row 21: if it means a missing value, leave these cells empty" in shown
    assert '"South" and "south" are two series: write them alike' in shown
    columns = shops(north=10, south=12)
    columns["sales"][20] = "closed"
    write("shops.csv", columns)
    refused = run(*SHOPS).output
    assert "--label: sales is not numeric: 1 of 300 values is text, such as" in refused
    assert "closed" in refused and "(row 21): correct these values" in refused
    write("shops.csv", {**shops(north=10, south=12), "sales": ["some"] * 300})
    assert "--label: sales is not a column of numbers" in run(*SHOPS).output


def test_a_value_far_from_all_others_is_named_by_its_row(folder):
    columns = shops(north=10, south=12)
    columns["sales"] = [value + row % 11 / 10 for row, value in enumerate(columns["sales"])]
    columns["sales"][21] = 99999999
    write("shops.csv", columns)
    shown = run(*SHOPS).output
    assert "sales of series south is 99999999 in row 22: far from all others; correct the cell" in shown
    checked = run("check", "--data", "shops.seqspec.toml").output
    assert "warning[SEQ903]" in checked, checked
    assert "sales of series south is 1e+08 at 2020-01-11 (shops.csv row 22): far from all others" in checked
    columns["sales"][21] = 30
    write("shops.csv", columns)
    assert "far from" not in run(*SHOPS).output


def test_series_without_a_window_are_left_out(folder):
    """The season of the others is that of a table without the young series."""
    days = np.arange("2020-01-01", "2023-12-01", dtype="datetime64[D]")
    rows = [(day, "A", 5 + row // 30 % 12) for row, day in enumerate(days)]
    write("old.csv", dict(zip(("day", "shop", "sales"), zip(*rows))))
    rows += [(day, "new", 5 + row % 4) for row, day in enumerate(days[-9:])] + [(days[-1], "a ", 5)]
    write("sales.csv", dict(zip(("day", "shop", "sales"), zip(*rows))))
    options = ("--time", "day", "--horizon", 7, "--label", "sales", "--group", "shop")
    said = run("new", "sales.csv", *options).output
    need = "a window and its horizon need"
    assert f'series new has 9 steps, series "a " has 1 step (did you mean "A"?); {need}' in said
    source = [
        tomllib.loads((folder / "sales.seqspec.toml").read_text())["data"]["source"],
        new("old.csv", *options)["data"]["source"],
    ]
    assert source[0]["window"] == source[1]["window"] == 365 and source[0].get("season") == source[1].get("season")
    checked = run("check", "--data", "sales.seqspec.toml")
    assert checked.exit_code == 0 and "SEQ943" in checked.output, checked.output


def test_an_hour_that_repeats_when_clocks_are_set_back(folder):
    times = np.arange("2023-10-01", "2023-11-30", dtype="datetime64[h]").astype("datetime64[m]").tolist()
    local = [time.replace(hour=2) if time == datetime.datetime(2023, 10, 29, 3) else time for time in times]  # noqa: DTZ001
    write("load.csv", {"time": local, "load": np.arange(len(local)) % 24})
    said = run("new", "load.csv", "--time", "time", "--horizon", 24).output
    assert "it is repeated when daylight saving time ends: write the time stamps in UTC" in said
    assert "in rows 675 and 676" in said


def test_a_long_run_of_equal_values_is_said(folder):
    days = np.arange("2020-01-01", "2020-12-01", dtype="datetime64[D]")
    sales = [97 if 100 <= row < 130 else 0 if row >= 280 else row % 7 for row in range(len(days))]
    write("sales.csv", {"day": days, "sales": sales})
    said = run("new", "sales.csv", "--time", "day", "--horizon", 7, "--label", "sales").output
    assert "sales is 97 from 2020-04-10 to 2020-05-09: if it was not measured then, leave these cells empty" in said
    assert "--kind" not in said
    write("sales.csv", {"day": days, "sales": [row % 7 for row in range(len(days))]})
    assert "constant" not in run("new", "sales.csv", "--time", "day", "--horizon", 7, "-o", "b.toml").output


def test_parts_of_the_calendar_that_help_are_inputs(folder):
    """A load that depends on the weekday, which a window of one day does not show, and on the hour."""
    times = np.arange("2020-01-01", "2020-02-04", dtype="datetime64[h]").astype("datetime64[m]")
    hour, weekday = np.arange(len(times)) % 24, (np.arange(len(times)) // 24 + 2) % 7
    noise = np.random.default_rng(3).normal(size=len(times))
    load = 10 * np.sin(hour / 24 * 2 * np.pi) + np.where(weekday >= 5, -3, 3) + noise
    columns = {"load": load.round(3), "weekend": weekday >= 5, "price": noise[::-1].round(3)}
    write("load.csv", {"time": times, **columns, "day": weekday})
    options = ("load.csv", "--time", "time", "--horizon", 12, "--label", "load", "--force")
    for known, parts in ((["price"], ["hour", "weekday"]), (["day"], ["hour"])):
        said = run("new", *options, *(word for name in known for word in ("--known", name))).output
        tree = tomllib.loads((folder / "load.seqspec.toml").read_text())
        assert tree["data"]["source"].get("calendar") == parts
        assert f"{', '.join(parts)} of the steps to forecast" in said
        assert (
            "check: no findings" in said
            and CliRunner().invoke(cli, ["check", "--data", "load.seqspec.toml"]).exit_code == 0
        )
    write("load.csv", {"time": times, "load": noise.cumsum().round(3)})
    assert "calendar" not in run("new", *options).output


def test_the_day_of_the_year_is_an_input_of_long_series(folder):
    days = np.arange("2018-01-01", "2020-12-01", dtype="datetime64[D]")
    noise = np.random.default_rng(3).normal(size=len(days))
    write(
        "sales.csv",
        {"day": days, "sales": (10 + 5 * np.sin(np.arange(len(days)) / 365.25 * 2 * np.pi) + noise).round(3)},
    )
    run("new", "sales.csv", "--time", "day", "--horizon", 7, "--label", "sales")
    tree = tomllib.loads((folder / "sales.seqspec.toml").read_text())
    assert tree["data"]["source"]["calendar"] == ["season"] and tree["model"]["input"] == [7 + 7 * 2]


def test_the_largest_horizon_is_said(folder):
    days = np.arange("2020-01-01", "2020-04-10", dtype="datetime64[D]")
    write("sales.csv", {"day": days, "sales": np.arange(len(days)) % 7})
    refused = run("new", "sales.csv", "--time", "day", "--horizon", 21, "--label", "sales").output
    assert "100 time steps are too few to forecast 21" in refused and "use a --horizon of at most 20" in refused
    assert f"{100 * VALIDATION_SHARES[-1]:.0f} % of them, has no forecast" in refused
    assert "; with 4 the test set has 5 forecasts after each other" in refused
    for horizon, share, said in (
        (10, 0.1, ""),
        (11, 0.15, "; 15 % for validation"),
        (20, 0.2, "; 20 % for validation"),
    ):
        options = ("sales.csv", "--time", "day", "--horizon", horizon, "--label", "sales", "--force")
        shown = run("new", *options).output
        assert f"the oldest {80 - 100 * share:.0f} % train, the newest 20 % test{said}" in shown
        assert tomllib.loads((folder / "sales.seqspec.toml").read_text())["data"]["split"]["validation"] == share
        assert CliRunner().invoke(cli, ["check", "--data", "sales.seqspec.toml"]).exit_code == 0


def test_large_tables_are_sampled(folder, monkeypatch):
    from seqspec.training.scaffold import sample

    monkeypatch.setattr(sample, "MAX_ROWS", 400)
    monkeypatch.setattr(sample, "SAMPLED_ROWS", 100)
    write("churn.csv", customers())
    found = sample.read_sample("churn.csv")
    assert found.rows == 600 and len(found.positions) < 400 and not found.complete
    columns = customers()
    for position, minutes in zip(found.positions, found.columns["minutes"].to_pylist(), strict=True):
        assert float(minutes) == columns["minutes"][position]
    result = run("new", "churn.csv", "--label", "churned")
    assert f"600 rows ({len(found.positions)} sampled)" in result.output


def test_other_formats(folder):
    import pyarrow as pa
    from pyarrow import feather, parquet

    table = customers()
    table["income"] = [value or None for value in table["income"]]
    write("a.csv", {name: ["" if value is None else value for value in values] for name, values in table.items()})
    arrow = pa.table(table)
    parquet.write_table(arrow, "a.parquet")
    feather.write_feather(arrow, "a.feather")
    rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    (folder / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    columns = [new(name, "--label", "churned", "-o", f"{name}.toml")["data"]["columns"]
               for name in ("a.csv", "a.parquet", "a.feather", "a.jsonl")]  # fmt: skip
    assert columns[0] == columns[1] == columns[2] == columns[3]


def test_only_files_that_have_an_encoding_can_set_one(folder):
    (folder / "a.jsonl").write_bytes(b'{"a": "\xff", "churned": 0}\n')
    source = {"type": "table", "path": "a.jsonl", "label": "churned"}
    model = {"input": [1], "layers": [{"type": "Dense", "units": 1}]}
    (folder / "a.json").write_text(json.dumps({"seqspec": 1, "model": model, "data": {"source": source}}))
    for result in (run("new", "a.jsonl", "--label", "churned"), run("check", "--data", "a.json")):
        assert "is not UTF-8 text" in result.output
        assert "help: save the file as UTF-8\n" in result.output
    # The format decides, not the suffix.
    os.rename(folder / "a.jsonl", folder / "a.log")
    source |= {"path": "a.log", "format": "jsonl"}
    (folder / "a.json").write_text(json.dumps({"seqspec": 1, "model": model, "data": {"source": source}}))
    assert "help: save the file as UTF-8\n" in run("check", "--data", "a.json").output


TEMPLATE_DATA = {
    "dense-classifier": ("churn.csv", "--label", "churned"),
    "image-cnn": ("photos",),
    "transfer-learning": ("photos",),
    "time-series": ("sales.csv", "--time", "day", "--horizon", 7, "--label", "sales"),
    "text-classifier": ("reviews",),
    "audio-classifier": ("sounds",),
    "autoencoder": ("images.npz",),
}


def make_data():
    """Data for each template."""
    write("churn.csv", customers(200))
    images("photos")
    clips("sounds")
    texts("reviews")
    np.savez("images.npz", x=np.random.default_rng(0).random((40, 28, 28, 1)).astype("float32"))
    days = np.arange("2020-01-01", "2022-01-01", dtype="datetime64[D]")
    write("sales.csv", {"day": days, "sales": np.sin(np.arange(len(days)) * 2 * np.pi / 7).round(3)})


@pytest.mark.slow
@pytest.mark.parametrize("template", TEMPLATE_DATA)
def test_every_template_trains_once_its_source_is_filled_in(template, folder):
    make_data()
    written = run("new", template, "--data", *TEMPLATE_DATA[template], "-o", "spec.seqspec.toml")
    assert written.exit_code == 0, written.output
    assert seqspec.check("spec.seqspec.toml").ok
    trained = run("train", "spec.seqspec.toml", "--set", "fit.epochs=1", "--weights", "none", "--no-report")
    assert trained.exit_code == 0, trained.output


def test_a_template_for_other_data(folder):
    texts("reviews")
    result = run("new", "image-cnn", "--data", "reviews")
    assert "the template image-cnn needs a folder of images; without a template" in result.output


@pytest.mark.slow
def test_from_a_table_to_a_model(folder):
    """Two commands after which the model predicts better than the majority class."""
    write("churn.csv", customers(800))
    new("churn.csv", "--label", "churned")
    checked = run("check", "--data", "--format", "json", "churn.seqspec.toml")
    [found] = json.loads(checked.output)
    assert found["ok"] and [each for each in found["diagnostics"] if each["severity"] != "info"] == []
    trained = run("train", "churn.seqspec.toml", "--set", "fit.epochs=30")
    assert trained.exit_code == 0, trained.output
    [done] = (folder / "runs").iterdir()
    test = json.loads((done / "evaluation.json").read_text())["test"]["classes"]
    assert test["accuracy"] > test["baseline"]["accuracy"] + 0.05
    assert (done / "report.html").exists()


@pytest.mark.parametrize(
    ("shape", "source"), [("[8, 8, 3]", "images"), ('{ shape = [], dtype = "string" }', "text"), ("[4]", "table")]
)
def test_a_spec_without_a_source_is_offered_the_one_of_its_input(shape, source, folder):
    first = '"Flatten"' if source != "text" else '{ type = "TextVectorization", output_sequence_length = 4 }'
    layers = f'[{first}, {{ type = "Dense", units = 1 }}]'
    (folder / "m.toml").write_text(
        f"seqspec = 1\n[model]\ninput = {shape}\nlayers = {layers}\n[compile]\nloss = 'mse'\n"
    )
    assert f'type = "{source}", path = "..."' in run("check", "--data", "m.toml").output


def test_a_number_at_unique_times_may_be_a_series(folder):
    hours = [datetime.datetime(2024, 1, 1) + datetime.timedelta(hours=hour) for hour in range(400)]  # noqa: DTZ001
    write("load.csv", {"hour": hours, "load": [f"{hour % 24 + 0.5}" for hour in range(400)]})
    assert "--label load --time hour --horizon STEPS" in run("new", "load.csv", "--label", "load").output


@pytest.mark.parametrize("marker", ["-200", "999", "-99.9", "-32768"])
def test_one_repeated_value_far_from_all_others_is_named(folder, marker):
    draw = random.Random(0)
    temperatures = [marker if row % 9 == 3 else f"{draw.gauss(20, 3):.2f}" for row in range(400)]
    counts = [str(-200 if marker == "-200" and row % 9 == 3 else draw.randrange(600, 2000)) for row in range(400)]
    rows = [f"{first},{second},{draw.gauss(0, 1):.3f}" for first, second in zip(temperatures, counts)]
    (folder / "t.csv").write_text("\n".join(["t,sensor,y", *rows]))
    printed = run("new", "t.csv", "--label", "y").output
    assert f"t: {marker} in 45 rows looks like a missing value" in printed, printed
    printed = run("check", "--data", "t.seqspec.toml").output
    assert re.search(rf"`t` is {marker} in \d+ training rows, far from all others", printed), printed
    assert ("`sensor` is -200 in" in printed) == (marker == "-200"), printed
    # As the label it is refused, unless the user says that it is a number.
    assert f"t is {marker} in 45 rows, which looks like a missing value" in run("new", "t.csv", "--label", "t").output
    assert run("new", "t.csv", "--label", "t", "--kind", "t=number", "--force").exit_code == 0
    assert re.search(
        rf"{marker} in \d+ labels of `t` far from all others", run("check", "--data", "t.seqspec.toml").output
    )


def test_few_rows_with_minus_999(folder):
    draw = random.Random(0)
    rows = [f"{-999 if row % 200 == 5 else draw.randrange(100, 500)},{draw.gauss(0, 1):.3f}" for row in range(1000)]
    (folder / "t.csv").write_text("\n".join(["t,y", *rows]))
    assert "t: -999 in 5 rows looks like a missing value" in run("new", "t.csv", "--label", "y").output


def test_usual_values_at_the_ends_of_columns_are_not_named(folder):
    draw = random.Random(0)
    columns = {
        "visits": lambda: max(0, draw.randrange(-300, 400)),
        "percent": lambda: min(100, max(0, round(draw.gauss(50, 60)))),
        "sensor": lambda: min(4095, draw.randrange(1000, 9000)),
        "income": lambda: round(draw.lognormvariate(10, 1)),
        "pareto": lambda: round(draw.paretovariate(1), 3),
        "change": lambda: round(draw.gauss(0, 1) / abs(draw.gauss(0, 1) + 0.5), 4),
        "days": lambda: draw.choice([-1, -1, *range(1, 60)]),
        "capped": lambda: draw.choice([60, *range(30)]),
        "y": lambda: round(draw.gauss(0, 1), 3),
    }
    rows = [",".join(str(value()) for value in columns.values()) for _ in range(2000)]
    (folder / "t.csv").write_text("\n".join([",".join(columns), *rows]))
    printed = run("new", "t.csv", "--label", "y").output + run("check", "--data", "t.seqspec.toml").output
    assert "looks like a missing" not in printed and "far from all" not in printed, printed


def test_few_values_far_from_all_others_are_clipped_or_named(folder):
    draw = random.Random(0)
    years = [{5: 9999, 90: 4500}.get(row) or draw.randrange(1985, 2017) for row in range(600)]
    prices = [
        11_111_111 if row in (3, 40) else 0 if row % 40 == 7 else round(draw.lognormvariate(8, 1)) for row in range(600)
    ]
    rows = [f"{year},{price},{draw.gauss(0, 1):.3f}" for year, price in zip(years, prices)]
    (folder / "cars.csv").write_text("\n".join(["year,price,x", *rows]))
    result = run("new", "cars.csv", "--label", "price")
    assert "11111111 in 2 rows is far from all others: correct these labels" in result.output, result.output
    assert "year: 4500 to 9999 in 2 rows are far from all others: clip limits them" in result.output
    text = (folder / "cars.seqspec.toml").read_text()
    assert tomllib.loads(text)["data"]["columns"]["year"] == {"kind": "number", "clip": [1985, 2016]}
    assert "of `price` far from all others" in run("check", "--data", "cars.seqspec.toml").output
    (folder / "cars.seqspec.toml").write_text(text.replace(", clip = [1985, 2016]", ""))
    printed = run("check", "--data", "cars.seqspec.toml").output
    assert "of `year` far from all others" in printed and "clip = [1985, 2016]" in printed, printed


def test_a_repeated_value_far_from_all_others_of_a_series(folder):
    draw = random.Random(0)
    start = datetime.datetime(2024, 1, 1)  # noqa: DTZ001
    rows = [f"{start + datetime.timedelta(hours=row)},{-200 if row % 11 == 4 else draw.gauss(20, 3):.2f},"
            f"{-200 if row % 11 == 4 else draw.randrange(600, 2000)}" for row in range(500)]  # fmt: skip
    (folder / "air.csv").write_text("\n".join(["time,co,nox", *rows]))
    result = run("new", "air.csv", "--label", "co", "--time", "time", "--horizon", "6", "--known", "nox")
    assert "co is -200 in 46 rows" in result.output, result.output
    printed = run("check", "--data", "air.seqspec.toml").output
    assert "co is -200 in " in printed and "nox is -200 in " in printed and "looks" not in printed, printed


@pytest.mark.parametrize("option", ["--group", "--label", "--time", "--id"])
def test_an_option_for_one_column_is_given_once(folder, option):
    (folder / "t.csv").write_text("a,b,y\n1,2,3\n")
    result = run("new", "t.csv", option, "a", option, "b")
    assert result.exit_code == 2 and f"{option} names one column, got a and b" in result.output, result.output


@pytest.mark.parametrize("header", ["day;item;sold", "day;item"])
def test_a_header_with_too_few_names(folder, header):
    rows = [f"0{day}.07.2013;bread;{day},5;no" for day in range(1, 9)]
    (folder / "t.csv").write_text("\n".join([header, *rows]))
    printed = run("new", "t.csv", "--label", "sold").output
    names = header.count(";") + 1
    assert f"the header has {names} names, all lines after it have 4 fields" in printed, printed
    assert "remove" not in printed
    # Years are names of columns, below a title.
    (folder / "t.csv").write_text("\n".join(["Sales", "country;2019;2020", *["A;1;2"] * 5]))
    assert "remove the line above it" in run("new", "t.csv", "--label", "2020").output
