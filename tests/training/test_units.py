"""Numbers as spreadsheets show them: with units and separators between thousands, in other encodings."""

import json
import random
import re

import numpy as np
import pyarrow as pa
import pytest

from seqspec.core.analysis.analyze import analyze
from seqspec.training.data.number_text import NumberText, unit_of
from seqspec.training.data.prepare import prepare
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
    ("3. Etage", None), ("€", None), ("", None), ("kg", None),
])  # fmt: skip
def test_units(text, unit):
    assert unit_of(text) == unit


@pytest.mark.parametrize("memory", ["load", "stream"])
def test_units_are_read_as_numbers(folder, memory):
    sizes, prices = houses(folder / "houses.csv")
    text = (
        'seqspec = 1\n[model]\nlayers = [{ type = "Dense", units = 1 }]\n'
        '[target]\nkind = "regression"\nunit = "€"\n[compile]\nloss = "mse"\n'
        f'[data]\nmemory = "{memory}"\n{HOUSES}'
    )
    (folder / "houses.seqspec.toml").write_text(text)
    spec = analyze("houses.seqspec.toml").spec
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
    # The rows that are far from those of the training data are named, also beside rows that cannot be read.
    (folder / "far.csv").write_text("\n".join([*rows, "152 000,80 m²;5 %"]), "cp1252")
    printed = run("predict", "latest", "far.csv").stderr
    assert "1 row far outside of the training range of `Wohnfläche`" in printed and "152001 in far.csv row 4" in printed
    assert re.search(
        r"1 prediction far outside of the range of the training labels, .* in far.csv row 4$", printed, re.M
    )
    assert found[0]["Preis"] == found[1]["Preis"] and found[2]["Preis"] is None and "52,8 ha" in found[2]["error"]
    evaluated = run("evaluate", "latest", "--on", "houses.csv")
    assert evaluated.exit_code == 0 and re.search(r"mae \d", evaluated.output)


def test_dollars_and_thousands(folder):
    rows = [f'"${number * 911.5:,.2f}","{number**2 % 97 * 37:,}",{number % 2}' for number in range(1, 120)]
    (folder / "t.csv").write_text("\n".join(["price,fee,y", *rows]))
    tree = new("t.csv", "--label", "y")
    # A dollar sign begins the name of a variable.
    assert tree["data"]["source"]["decimal"] == "." and tree["data"]["columns"]["price"]["unit"] == "$$"
    assert tree["data"]["columns"]["fee"] == "number" and "# 0 to 3552" in (folder / "t.seqspec.toml").read_text()


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
    found = [each for each in analyze(spec).report.diagnostics if "beside a number" in each.message]
    assert {each.pointer for each in found} == {"/target/unit", "/data/columns/a/unit"}
