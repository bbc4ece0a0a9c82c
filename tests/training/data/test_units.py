"""Numbers as spreadsheets show them: with units and separators between thousands, in other encodings."""

import gzip
import json
import random
import re

import numpy as np
import pyarrow as pa
import pytest

from seqspec.core.check.check import Check
from seqspec.training.data.prepare import prepare
from seqspec.training.data.tables.formats.base import is_utf8_in_disguise
from seqspec.training.data.tables.number_text import NumberText, decimal_of, unit_of
from tests.training.scaffold.test_new_data import folder, new, run

__all__ = ["folder"]

HOUSES = """\
[data.source]
type = "table"
path = "houses.csv"
delimiter = ";"
decimal = ","
label = "Preis"
[data.columns]
"Wohnfläche" = { kind = "number", unit = "m²", scale = "none" }
Rabatt = { kind = "number", unit = "%", scale = "none" }
"""


def german(number):
    return f"{number:,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".")


def houses(path, encoding="utf-8"):
    draw = random.Random(0)
    sizes = [round(draw.uniform(30, 200), 1) for _ in range(120)]
    prices = [round(3000 * size + draw.gauss(0, 150000), 2) for size in sizes]
    rows = [f"{german(size)} m²;{draw.randrange(5, 40)} %;{german(price)} €" for size, price in zip(sizes, prices)]
    path.write_text("\n".join(["Wohnfläche;Rabatt;Preis", *rows]), encoding)
    return sizes, prices


@pytest.mark.parametrize(("text", "decimal", "unit", "plain"), [
    ("172.643,12 €", ",", "€", "172643.12"), ("1 499,00 EUR", ",", "EUR", "1499.00"), ("€ -5,5", ",", "€", "-5.5"),
    ("1\u202f499,00\u00a0€", ",", "€", "1499.00"), ("12 %", None, "%", "12"), ("-$5.25", None, "$", "-5.25"),
    ("$1,200.50", ".", "$", "1200.50"), ("CHF 1'200.50", ".", "CHF", "1200.50"), ("\u22125 °C", None, "°C", "-5"),
    ("70 µg/m3", None, "µg/m3", "70"), ("1 000", None, None, "1000"), ("12", None, "kg", "12"),
    # Another unit, another decimal mark, or thousands that only the declared mark tells apart.
    ("5 lb", None, "kg", "5 lb"), ("52.4 €", ",", "€", "52.4 €"), ("$1,200", None, "$", "$1,200"),
    ("1.23,4 €", ",", "€", "1.23,4 €"), ("€", None, "€", "€"), ("12 34", None, None, "12 34"),
])  # fmt: skip
def test_number_texts(text, decimal, unit, plain):
    reader = NumberText(decimal, unit)
    assert reader.plain_text(text) == plain
    assert reader.plain(pa.array([text, None, "x"])).to_pylist() == [plain, None, "x"]


@pytest.mark.parametrize(("text", "unit"), [
    ("12,50 €", "€"), ("$5", "$"), ("-$5", "$"), ("R$ 1.200,00", "R$"), ("70kg", "kg"), ("EUR 5", "EUR"), ("3 %", "%"),
    ("A1", None), ("LOT 12", None), ("3rd", None), ("12:30", None), ("5 kg 3", None), ("1/2 kg", None), ("12*", None),
    ("4.7 l/100 km", "l/100 km"), ("6,1 l/100km", "l/100km"), ("130 km/h", "km/h"), ("12,50 €/m²", "€/m²"),
    ("80 m²", "m²"), ("95 kWh/(m²a)", "kWh/(m²a)"), ("2/3", None), ("12/2016", None), ("3 of 4/5", None),
    ("3. Etage", None), ("€", None), ("", None), ("kg", None),
])  # fmt: skip
def test_units(text, unit):
    assert unit_of(text) == unit


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_utf_8_in_another_encoding(tmp_path, suffix):
    write = gzip.open if suffix else open
    texts = {"é": True, "\ufeffa": True, "a": False, "€": True}
    for text, expected in texts.items():
        with write(tmp_path / f"t.csv{suffix}", "wb") as file:
            file.write(b"a" * 200_000 + text.encode())
        assert is_utf8_in_disguise(tmp_path / f"t.csv{suffix}", "cp1252") is expected
        assert not is_utf8_in_disguise(tmp_path / f"t.csv{suffix}", "utf8")
    with write(tmp_path / f"t.csv{suffix}", "wb") as file:
        file.write("a é".encode("cp1252"))
    assert not is_utf8_in_disguise(tmp_path / f"t.csv{suffix}", "cp1252")


@pytest.mark.parametrize("memory", ["load", "stream"])
def test_units_are_read_as_numbers(folder, memory):
    sizes, prices = houses(folder / "houses.csv")
    text = (
        'seqspec = 1\n[model]\nlayers = [{ type = "Dense", units = 1 }]\n'
        '[target]\nkind = "regression"\nunit = "€"\n[compile]\nloss = "mse"\n'
        f'[data]\nmemory = "{memory}"\n{HOUSES}'
    )
    (folder / "houses.seqspec.toml").write_text(text)
    spec = Check.of("houses.seqspec.toml").spec
    found = prepare(spec, str(folder)).train
    assert np.allclose(np.asarray(found.x[:])[:, 0], sizes) and np.allclose(np.asarray(found.y), prices)
    # A cell with another unit is an error at its place, and one without a declared unit shows how to declare it.
    lines = (folder / "houses.csv").read_text().splitlines()
    (folder / "houses.csv").write_text("\n".join([*lines[:5], "30,5 ha;5 %;1,00 €", *lines[6:]]))
    output = run("check", "--data", "houses.seqspec.toml").output
    assert '`Wohnfläche` has text in 1 of 120 rows, such as "30,5 ha" (row 5): it cannot be a number in m²' in output
    (folder / "houses.csv").write_text("\n".join(lines))
    (folder / "houses.seqspec.toml").write_text(text.replace('unit = "m²", ', "").replace('unit = "€"\n', ""))
    output = run("check", "--data", "houses.seqspec.toml").output
    assert '`Preis` has "' in output and 'set unit = "€" in [target]' in output
    (folder / "houses.seqspec.toml").write_text(text.replace('unit = "m²", ', ""))
    output = run("check", "--data", "houses.seqspec.toml", "--fix", "--unsafe-fixes").output
    assert "0 findings" in output, output
    assert 'unit = "m²"' in (folder / "houses.seqspec.toml").read_text()


def test_a_table_with_units_trains_at_once(folder):
    houses(folder / "houses.csv", "cp1252")
    printed = run("new", "houses.csv", "--label", "Preis", "--force").output
    assert 'not UTF-8, read as cp1252, which has the words "Wohnfläche"' in printed
    tree = new("houses.csv", "--label", "Preis", "--force")
    assert tree["target"]["unit"] == "€"
    assert tree["data"]["columns"] == {
        "Wohnfläche": {"kind": "number", "unit": "m²"}, "Rabatt": {"kind": "number", "unit": "%"},
    }  # fmt: skip
    trained = run("train", "houses.seqspec.toml", "--epochs", "1")
    assert trained.exit_code == 0, trained.output
    rows = ["Wohnfläche;Rabatt", "52,80 m²;5 %", "52,8;5", "52,8 ha;5 %"]
    (folder / "new.csv").write_text("\n".join(rows), "cp1252")
    lines = run("predict", "latest", "new.csv").stdout.splitlines()
    found = [json.loads(line) for line in lines]
    # A file in another encoding is refused, also where the names of its columns do not show it.
    for encoding, text in (("utf-8", "Wohnfläche"), ("utf-8-sig", "Wohnflache")):
        (folder / "other.csv").write_text(f"{text};Rabatt\n52,80;5", encoding)
        printed = run("predict", "latest", "other.csv").stderr
        assert "other.csv is UTF-8, but is read as cp1252" in printed, printed
        wanted = "save the file as cp1252, the encoding of the training data, or name its own: --encoding utf-8"
        assert wanted in printed
        read = run("predict", "latest", "other.csv", "--encoding", "utf-8")
        assert (read.exit_code == 0) == (text == "Wohnfläche"), read.output
    # JSON Lines are UTF-8, whatever the encoding of the training data.
    (folder / "new.jsonl").write_text('{"Wohnfläche": 52.8, "Rabatt": 5}\n', "utf-8")
    read = run("predict", "latest", "new.jsonl")
    assert json.loads(read.stdout)["Preis"] == pytest.approx(found[0]["Preis"], rel=1e-6), read.output
    # Commas between fields and decimal points, as other programs write them.
    (folder / "point.csv").write_text("Wohnfläche,Rabatt,Preis\n52.80 m²,5 %,100\n1,2,2\n", "utf-8")
    way = ("--encoding", "utf-8", "--delimiter", ",", "--decimal", ".")
    printed = run("predict", "latest", "point.csv", "--encoding", "utf-8").stderr
    assert "--delimiter ," in printed, printed
    assert "--decimal ." in run("predict", "latest", "point.csv", *way[:4]).stderr
    read = run("predict", "latest", "point.csv", *way)
    assert json.loads(read.stdout.splitlines()[0])["Preis"] == pytest.approx(found[0]["Preis"], rel=1e-6), read.output
    evaluated = run("evaluate", "latest", "--on", "point.csv", *way)
    assert evaluated.exit_code == 0 and "mae" in evaluated.output, evaluated.output
    assert "--encoding is for a file that --on names" in run("evaluate", "latest", "--encoding", "utf-8").output
    # The rows that are far from those of the training data are named, also beside rows that cannot be read.
    (folder / "far.csv").write_text("\n".join([*rows, "152 000,80 m²;5 %"]), "cp1252")
    printed = run("predict", "latest", "far.csv").stderr
    assert "1 row far outside of the training range of `Wohnfläche`" in printed and "152001 in far.csv row 4" in printed
    assert re.search(
        r"1 prediction far outside of the range of the training labels, .* in far.csv row 4$", printed, re.M
    )
    assert found[0]["Preis"] == found[1]["Preis"] and found[2]["Preis"] is None and "52,8 ha" in found[2]["error"]
    (folder / "far.csv").write_text("Wohnfläche;Rabatt;Preis\n52,80 m²;5 %;100 €\n152 000,80 m²;5 %;100 €", "cp1252")
    printed = run("evaluate", "latest", "--on", "far.csv").output
    assert re.search(r"largest errors (is a|are) predictions? far outside .* in far.csv row \d", printed), printed
    evaluated = run("evaluate", "latest", "--on", "houses.csv")
    assert evaluated.exit_code == 0 and re.search(r"mae \d", evaluated.output)


def test_dollars_and_thousands(folder):
    rows = [f'"${number * 911.5:,.2f}","{number**2 % 97 * 37:,}",{number % 2}' for number in range(1, 120)]
    (folder / "t.csv").write_text("\n".join(["price,fee,y", *rows]))
    tree = new("t.csv", "--label", "y")
    # A dollar sign begins the name of a variable.
    assert tree["data"]["source"]["decimal"] == "." and tree["data"]["columns"]["price"]["unit"] == "$$"
    assert tree["data"]["columns"]["fee"] == "number" and "# 0 to 3552" in (folder / "t.seqspec.toml").read_text()


def test_points_between_thousands_for_a_model_that_was_trained_on_commas(folder):
    draw = random.Random(0)

    def table(name, mark, small=()):
        sizes = [draw.randrange(5, 150) * 1000 for _ in range(60)]
        cells = [*small, *(f"{size:,}km".replace(",", mark) for size in sizes[len(small) :])]
        prices = [f"${size / 7 + 1000:,.0f}".replace(",", mark) for size in sizes]
        lines = [f'"{cell}",{draw.randrange(90)},"{price}"' for cell, price in zip(cells, prices)]
        (folder / name).write_text("\n".join(["odometer,age,price", *lines]))

    table("cars.csv", ",")
    new("cars.csv", "--label", "price", "--decimal", ".")
    assert run("train", "cars.seqspec.toml", "--epochs", "1").exit_code == 0
    table("dots.csv", ".")
    result = run("predict", "latest", "dots.csv")
    assert result.exit_code == 3 and "60 rows are written so, and the training values are" in result.stderr, (
        result.stderr
    )
    assert 'km" of `odometer` (row 1) is read as ' in result.stderr and "--decimal ," in result.stderr
    # Where other values are plain, it is a note; the user's own word is not doubted.
    table("some.csv", ".", ["900km"])
    result = run("predict", "latest", "some.csv", "-o", "o.csv")
    assert result.exit_code == 0 and "but looks like thousands" in result.stderr, result.stderr
    assert "thousands" not in run("predict", "latest", "some.csv", "--decimal", ".").stderr
    assert "thousands" not in run("predict", "latest", "dots.csv", "--decimal", ",").stderr
    assert "thousands" not in run("predict", "latest", "cars.csv").stderr
    # Labels are read in the same way.
    (folder / "labels.csv").write_text("odometer,age,price\n" + '"50,000km",3,$8.500\n' * 5)
    result = run("evaluate", "latest", "--on", "labels.csv")
    assert result.exit_code == 3 and '"$8.500" of `price` (row 1) is read as 8.5' in result.stderr, result.stderr


@pytest.mark.parametrize("options", [(), ("--kind", "price=number")])
def test_one_number_with_two_commas_proves_thousands(folder, options):
    draw = random.Random(0)
    rows = [
        f'"${draw.randrange(1000, 90000):,}","{draw.randrange(5, 150)},000km",{draw.random():.3f}' for _ in range(300)
    ]
    rows[40] = '"$11,111,111","5,000km",0.5'
    (folder / "cars.csv").write_text("\n".join(["price,odometer,x", *rows]))
    tree = new("cars.csv", "--label", "price", *options)
    assert tree["data"]["source"]["decimal"] == "." and tree["data"]["columns"]["odometer"]["unit"] == "km"
    # With a decimal comma in another column, it is not known which one is wrong: the option is named.
    mixed = [f'{row},"{draw.randrange(100)},5"' for row in rows]
    (folder / "cars.csv").write_text("\n".join(["price,odometer,x,y", *mixed]))
    printed = run("new", "cars.csv", "--label", "price", "--force").output
    assert "--decimal" in printed, printed


@pytest.mark.parametrize("unit", ["EUR", "руб.", ""])
def test_spaces_between_thousands_prove_a_decimal_comma(folder, unit):
    rows = [f"{1000 + number * 711.37:,.2f} {unit};{number % 2}" for number in range(100)]
    rows = [row.replace(",", " ").replace(".", ",", 1) for row in rows]
    (folder / "t.csv").write_text("\n".join(["Сумма;y", *rows]))
    tree = new("t.csv", "--label", "y")
    assert tree["data"]["source"]["decimal"] == ","
    assert tree["data"]["columns"]["Сумма"] == ({"kind": "number", "unit": unit} if unit else "number")
    assert run("check", "--data", "t.seqspec.toml").exit_code == 0


def test_the_encoding_in_which_a_column_has_the_name_of_the_label(folder):
    (folder / "t.csv").write_text("\n".join(["а,б", *(f"{number},{number % 2}" for number in range(40))]), "cp1251")
    result = run("new", "t.csv", "--label", "б")
    assert result.exit_code == 2 and "which is read as cp1252; with --encoding cp1251 it is" in result.output


@pytest.mark.parametrize(("mark", "high"), [(".", "9148"), (",", "9.148")])
def test_the_decimal_mark_of_ambiguous_numbers_is_an_option(folder, mark, high):
    rows = [f"{number % 9 + 1},{100 + number % 50};{number % 3 % 2};{number % 7}" for number in range(200)]
    (folder / "t.csv").write_text("\n".join(["fee;y;z", *rows]))
    assert "or use --decimal" in run("new", "t.csv", "--label", "y").output
    tree = new("t.csv", "--label", "y", "--decimal", mark, "--force")
    assert tree["data"]["source"]["decimal"] == mark and tree["data"]["columns"]["fee"] == "number"
    assert f"to {high}" in (folder / "t.seqspec.toml").read_text()
    assert f"--decimal {mark}" in (folder / "t.seqspec.toml").read_text().splitlines()[0]


@pytest.mark.parametrize("encoding", ["cp1255", "utf-16", "utf-16-le", "utf-32", "utf-8-sig", "koi8-r"])
def test_encodings(folder, encoding):
    word = "мир" if encoding == "koi8-r" else "שלום"
    rows = [f"{number * 7 % 50},{word if number % 3 else 'b'},{number % 2}" for number in range(100)]
    (folder / "t.csv").write_text("\n".join(["a,b,y", *rows]), encoding)
    option = () if encoding.startswith("utf") else ("--encoding", encoding)
    tree = new("t.csv", "--label", "y", *option)
    assert tree["data"]["columns"]["b"] == sorted(["b", word])
    if option:
        assert tree["data"]["source"]["encoding"] == encoding
        assert "which has the words" in run("new", "t.csv", "--label", "y", "--force").output
        assert "unknown encoding" in run("new", "t.csv", "--label", "y", "--encoding", "cp9").output


@pytest.mark.parametrize("unit", ["", " kg", "5", "+"])
def test_units_that_are_refused(unit):
    spec = {
        "seqspec": 1, "model": {"layers": [{"type": "Dense", "units": 1}]},
        "target": {"kind": "regression", "unit": unit},
        "data": {
            "source": {"type": "table", "path": "t.csv", "label": "y"},
            "columns": {"a": {"kind": "number", "unit": unit}},
        },
    }  # fmt: skip
    found = [each for each in Check.of(spec).validation.diagnostics if "beside a number" in each.message]
    assert {each.pointer for each in found} == {"/target/unit", "/data/columns/a/unit"}


@pytest.mark.parametrize(("texts", "mark"), [
    (["42,49 €", "1.148,10 €"], ","), (["$1,148.10"], "."), (["42,49"], ","), (["1.148"], None),
    (["1,148.1", "1.148,1"], None),
])  # fmt: skip
def test_the_decimal_mark_of_numbers(texts, mark):
    assert decimal_of(texts) == mark


@pytest.mark.parametrize(("old", "new", "help"), [
    ('unit = "m²", ', 'unit = "qm", ',
     'declare their unit: "Wohnfläche" = { kind = "number", scale = "none", unit = "m²" }'),
    ('decimal = ","\nlabel = "Preis"', 'decimal = "."\nlabel = "y"', 'set decimal = "," in [data.source]'),
    ('decimal = ","', 'decimal = "."', 'or set decimal = "," where all'),
    ('unit = "€"', 'unit = "EUR"', 'if the labels have this unit, set unit = "€" in [target]'),
])  # fmt: skip
def test_numbers_never_become_categories(folder, old, new, help):
    """A wrong unit or decimal mark names the one that fits, and the fix keeps the numbers."""
    houses(folder / "houses.csv")
    table = folder / "houses.csv"
    lines = table.read_text().splitlines()
    numbers = ["y", *(str(number % 9) for number in range(len(lines) - 1))]
    table.write_text("\n".join(f"{line};{number}" for line, number in zip(lines, numbers)))
    path = folder / "houses.seqspec.toml"
    text = (
        'seqspec = 1\n[model]\nlayers = [{ type = "Dense", units = 1 }]\n'
        '[target]\nkind = "regression"\nunit = "€"\n[compile]\nloss = "mse"\n' + HOUSES
    )
    assert old in text
    path.write_text(text.replace(old, new))
    output = run("check", "--data", path.name).output
    assert help in output
    assert "category" not in output
    run("check", "--data", path.name, "--fix", "--unsafe-fixes")
    assert "category" not in path.read_text()
    if old == 'unit = "m²", ':
        assert 'unit = "m²"' in path.read_text()


def test_several_units_are_no_category(folder):
    rows = [f"{number} {('kg', 'lb')[number % 2]};{number % 3}" for number in range(60)]
    (folder / "few.csv").write_text("\n".join(["a;y", *rows]))
    path = folder / "few.seqspec.toml"
    path.write_text(
        'seqspec = 1\n[model]\nlayers = [{ type = "Dense", units = 1 }]\n[target]\nkind = "regression"\n'
        '[compile]\nloss = "mse"\n[data.source]\ntype = "table"\npath = "few.csv"\ndelimiter = ";"\nlabel = "y"\n'
        '[data.columns]\na = { kind = "number", unit = "t" }\n'
    )
    output = run("check", "--data", path.name, "--fix", "--unsafe-fixes").output
    assert "convert the values to one unit" in output
    assert "category" not in output + path.read_text()


def test_months_and_compound_units(folder):
    draw = random.Random(0)
    rows = [
        f"{draw.randint(1, 12):02}/{draw.randint(2005, 2023)},{draw.randint(35, 95) / 10} l/100 km,"
        f"{draw.choice([2, 3, 5])} doors,{draw.randint(1000, 90000)}"
        for _ in range(400)
    ]
    (folder / "cars.csv").write_text("\n".join(["first_registration,consumption,doors,price", *rows]))
    columns = new("cars.csv", "--label", "price", "--kind", "doors=number")["data"]["columns"]
    assert columns == {
        "first_registration": {"kind": "date", "parts": ["year", "season"], "format": "%m/%Y"},
        "consumption": {"kind": "number", "unit": "l/100 km"}, "doors": {"kind": "number", "unit": "doors"},
    }  # fmt: skip
    # A spec that declares neither is told both.
    text = (folder / "cars.seqspec.toml").read_text()
    text = text.replace(', parts = ["year", "season"], format = "%m/%Y"', "").replace(', unit = "l/100 km"', "")
    (folder / "cars.seqspec.toml").write_text(text)
    output = run("check", "--data", "cars.seqspec.toml", "--fix", "--unsafe-fixes").output
    assert "Fixed 2 findings" in output, output
    text = (folder / "cars.seqspec.toml").read_text()
    assert 'format = "%m/%Y"' in text and 'unit = "l/100 km"' in text
