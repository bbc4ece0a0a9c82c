"""The errors of data, stages and results: each with its code, its place in the spec and help, as the command shows it.

After a change of messages, `python -m pytest tests/training/test_errors.py --write-golden` writes the texts anew.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from seqspec.cli.main import cli
from tests.training.specs import CLASSES, samples

GOLDEN = Path(__file__).parent / "errors"
SPEC = """seqspec = 1

[model]
input = {shape}
layers = [
  {{ type = "Dense", units = 8, activation = "relu", name = "hidden" }},
  {{ type = "Dense", units = 3, activation = "softmax" }},
]

{target}
[compile]
optimizer = "adam(0.01)"
loss = "{loss}"

[fit]
epochs = 2
{fit}
[data]
{data}

[runtime]
seed = 7
"""
TARGET = """[target]
kind = "multiclass"
classes = 3
"""
LOSS = "sparse_categorical_crossentropy"
UNDECLARED = {"target": ""}
SOURCE = 'source = { type = "table", path = "data.csv", features = ["a", "b", "c", "d"], label = "species" }'
SPLIT = 'split = { by = "random", validation = 0.2, test = 0.2 }'


def rows(count=60, **columns):
    """The lines of a table; `columns` replace or add columns."""
    x, y = samples(count)
    table = {name: [f"{value:.3f}" for value in x[:, number]] for number, name in enumerate("abcd")}
    table = {**table, "species": [CLASSES[label] for label in y], **columns}
    return [",".join(table), *(",".join(map(str, row)) for row in zip(*table.values()))]


def replaced(lines, number, column, value):
    fields = lines[number].split(",")
    fields[column] = value
    return [*lines[:number], ",".join(fields), *lines[number + 1 :]]


def table(lines):
    return lambda folder: (folder / "data.csv").write_text("\n".join(lines) + "\n")


def pictures(folder, **sizes):
    from PIL import Image

    for name, size in sizes.items():
        (folder / "pictures" / name).mkdir(parents=True)
        for number in range(3):
            Image.new("RGB", size).save(folder / "pictures" / name / f"{number}.png")


def damaged(folder):
    pictures(folder, cat=(8, 8), dog=(8, 8))
    (folder / "pictures" / "cat" / "1.png").write_bytes(b"\x89PNG\r\n\x1a\n cut off")
    (folder / "pictures" / "dog" / "notes.png").write_text("not a picture")


def grouped(folder):
    patients = [f"p{number % 12}" for number in range(60)]
    sets = ["test" if number % 5 == 4 else "validation" if number % 5 == 3 else "train" for number in range(60)]
    table(rows(patient=patients, set=sets, day=[f"2026-01-{1 + number % 28:02d}" for number in range(60)]))(folder)


def twice(folder):
    lines = rows(30)
    table([*lines, *lines[1:]])(folder)


def arrays(x, y=None, **more):
    return lambda folder: np.savez(folder / "data.npz", x=x, **({} if y is None else {"y": y}), **more)


def parquet(**columns):
    def make(folder):
        import pyarrow.parquet

        x, y = samples(30)
        table = {
            **{name: x[:, number] for number, name in enumerate("abcd")},
            "species": [CLASSES[label] for label in y],
        }
        pyarrow.parquet.write_table(pyarrow.table({**table, **columns}), folder / "data.parquet")

    return make


def huge(folder):
    with open(folder / "x.npy", "wb") as file:
        header = {"descr": "<f8", "fortran_order": False, "shape": (3_000_000_000_000,)}
        np.lib.format.write_array_header_1_0(file, header)
        file.write(bytes(80))


NPZ = 'source = "data.npz"'
PICTURES = 'source = { type = "images", path = "pictures" }'

PLANS = ["basic", "family", "premium"] * 20


def columns(identifier=None, **kinds):
    """A source whose columns a to d are encoded; `kinds` replace or add kinds."""
    source = SOURCE.replace('features = ["a", "b", "c", "d"], ', f'id = "{identifier}", ' if identifier else "")
    entries = [f"{name} = {json.dumps(kind)}" for name, kind in {**dict.fromkeys("abcd", "number"), **kinds}.items()]
    return "\n".join([source, "", "[data.columns]", *entries])


CASES = {
    "missing-file": (table(rows()), SOURCE.replace("data.csv", "dta.csv"), {}),
    "system-file": (lambda folder: None, SOURCE.replace("data.csv", "/etc/passwd"), {}),
    "no-table": (lambda folder: (folder / "data.csv").write_text("PASSWORD=hunter2\n"), SOURCE, {}),
    "npy-header": (huge, 'source = { type = "arrays", path = "x.npy" }', {}),
    "empty-file": (table([]), SOURCE, {}),
    "only-a-header": (table(rows(0)), SOURCE, {}),
    "no-match": (table(rows()), SOURCE.replace("data.csv", "part-*.csv"), {}),
    "unknown-format": (lambda folder: (folder / "data.xls").write_text(""), SOURCE.replace(".csv", ".xls"), {}),
    "encoding": (lambda folder: (folder / "data.csv").write_text("\n".join(rows()).replace("e", "é"), "latin-1"),
                 SOURCE, {}),
    "delimiter": (table([line.replace(",", ";") for line in rows()]), SOURCE, {}),
    "open-quote": (table([*rows(), '"1,2,3,4,adelie']), SOURCE, {}),
    "decimal-comma": (table(replaced([line.replace(",", ";") for line in rows()], 3, 0, "1,5;2;3;4;adelie")),
                      SOURCE.replace("features", 'delimiter = ";", features'), {}),
    "dates": (table(rows(b=[f"2026-01-{1 + number % 28:02d}" for number in range(60)])), SOURCE, {}),
    "infinite": (table(replaced(replaced(rows(), 3, 0, "inf"), 9, 2, "1e39")), SOURCE, {}),
    "rounded": (table(rows(a=range(2**53, 2**53 + 60))), SOURCE, {}),
    "nested": (parquet(b=[{"low": 1, "high": 2}] * 30), SOURCE.replace(".csv", ".parquet"), {}),
    "list-labels": (parquet(species=[["adelie", "gentoo"]] * 30), SOURCE.replace(".csv", ".parquet"), {}),
    "one-hot-rows": (arrays(samples(30)[0], np.eye(3, dtype="float32")[samples(30)[1]]), NPZ, {}),
    "complex": (arrays(samples(30)[0].astype("complex64"), samples(30)[1]), NPZ, {}),
    "weights": (arrays(samples(30)[0], samples(30)[1], weight=np.full(30, np.nan)),
                'source = { type = "arrays", path = "data.npz", weight = "weight" }', {}),
    "one-class": (table(rows(species=["adelie"] * 60)), SOURCE, {}),
    "uneven-rows": (table([*rows(), "1,2,3"]), SOURCE, {}),
    "pickle": (arrays(np.array([{}], object)), NPZ, {}),
    "damaged-archive": (lambda folder: (folder / "data.npz").write_bytes(b"PK\x03\x04"), NPZ, {}),
    "unknown-column": (table(rows()), SOURCE.replace('"d"]', '"e"]'), {}),
    "unknown-label": (table(rows()), SOURCE.replace('"species"', '"specie"'), {}),
    "text-column": (table(replaced(rows(), 7, 1, "wide")), SOURCE, {}),
    "missing-values": (table(replaced(replaced(rows(), 3, 0, ""), 9, 2, "NA")), SOURCE, {}),
    "missing-label": (table(replaced(rows(), 5, 4, "")), SOURCE, {}),
    "labels-outside": (arrays(samples(30)[0], samples(30)[1] + 1), NPZ, {}),
    "more-classes": (table(rows(species=[*CLASSES * 19, "king", "king", "king"])), SOURCE, {}),
    "undeclared-more-classes": (table(rows(species=[*CLASSES * 19, "king", "king", "king"])), SOURCE, UNDECLARED),
    "undeclared-from-one": (arrays(samples(30)[0], samples(30)[1] + 1), NPZ, UNDECLARED),
    "undeclared-fractions": (arrays(samples(30)[0], samples(30)[1] / 2), NPZ, UNDECLARED),
    "undeclared-one-hot": (arrays(samples(30)[0], np.eye(3, dtype="float32")[samples(30)[1]]), NPZ, UNDECLARED),
    "undeclared-indices": (arrays(*samples(30)), NPZ, {**UNDECLARED, "loss": "categorical_crossentropy"}),
    "undeclared-shape": (arrays(*samples(30)), NPZ, {**UNDECLARED, "loss": "mse"}),
    "undeclared-range": (arrays(samples(30)[0], np.eye(3)[samples(30)[1]] * 255), NPZ,
                         {**UNDECLARED, "loss": "binary_crossentropy"}),
    "weighted-twice": (arrays(*samples(30), weight=np.ones(30)),
                       'source = { type = "arrays", path = "data.npz", weight = "weight" }',
                       {"fit": 'class_weight = "balanced"'}),
    "balanced-numbers": (arrays(samples(30)[0], samples(30)[0][:, :3]), NPZ,
                         {**UNDECLARED, "loss": "mse", "fit": 'class_weight = "balanced"'}),
    "weighted-maps": (arrays(samples(150)[0].reshape(30, 5, 4), samples(150)[1].reshape(30, 5)), NPZ,
                      {**UNDECLARED, "shape": [5, 4], "fit": "class_weight = { 0 = 1.0, 1 = 2.0, 2 = 1.0 }"}),
    "no-labels": (arrays(samples(30)[0]), NPZ, {}),
    "shape": (arrays(samples(30, features=5)[0], samples(30)[1]), NPZ, {}),
    "unequal-lengths": (arrays(samples(30)[0], samples(20)[1]), NPZ, {}),
    "damaged-images": (damaged, PICTURES, {"shape": [8, 8, 3]}),
    "image-sizes": (lambda folder: pictures(folder, cat=(8, 8), dog=(9, 8)), PICTURES,
                    {"shape": '["height", "width", 3]'}),
    "empty-set": (table(rows(3)), f"{SOURCE}\n{SPLIT}", {}),
    "stratify": (table(rows(species=[*["adelie", "gentoo"] * 29, "chinstrap", "chinstrap"])),
                 f"{SOURCE}\n{SPLIT.replace('}', ', stratify = true }')}", {}),
    "set-names": (table(rows(set=["train", "holdout"] * 30)),
                  f'{SOURCE}\nsplit = {{ by = "column", column = "set" }}', {}),
    "split-column": (table(rows(set=["train", "test"] * 30)),
                     f'{SOURCE}\nsplit = {{ by = "column", column = "sets" }}', {}),
    "few-of-a-class": (table(rows()), f'{SOURCE}\nsplit = {{ by = "k-fold", folds = 30, stratify = true }}', {}),
    "boolean-numbers": (table(rows(b=[*range(20)] * 3)), columns(b="boolean"), {"shape": [4]}),
    "leaking-samples": (twice, f"{SOURCE}\n{SPLIT}", {}),
    "leaking-groups": (grouped, f'{SOURCE}\nsplit = {{ by = "column", column = "set", group = "patient" }}', {}),
    "leaking-time": (grouped, f'{SOURCE}\nsplit = {{ by = "column", column = "set", time = "day" }}', {}),
    "python-source": (lambda folder: None, 'source = { type = "python", import = "loading:load" }', {}),
    "two-sources": (table(rows()), f'{SOURCE}\ntest = {{ source = "data.csv" }}', {}),
    "fractions": (table(rows()), f"{SOURCE}\n{SPLIT.replace('0.2', '0.6')}", {}),
    "two-splits": (table(rows()), f"{SOURCE}\n{SPLIT}", {"fit": "validation_split = 0.1"}),
    "column-kinds": (table(rows(b=PLANS, c=["yes", "maybe"] * 30, d=["2026-01-01", "soon"] * 30)),
                     columns(b="number", c="boolean", d="date"), {"shape": [8]}),
    "undeclared-values": (table(rows(b=[*PLANS[:-3], "gold", "gold", "xl"])), columns(b=["basic", "family"]),
                          {"shape": [5]}),
    "date-formats": (table(rows(b=["02/03/2026"] * 60, c=["12/31/26"] * 60)), columns(b="date", c="date"),
                     {"shape": [12]}),
    "missing-columns": (table(rows()), columns(e="number", species_="number"), {"shape": [6]}),
    "missing-in-columns": (table(rows(a=["", "1"] * 30, b=["basic", ""] * 30)), columns(b=["basic"]), {"shape": [4]}),
    "repeated-id": (table(rows(id=[*range(59), 7])), columns(identifier="id"), {"shape": [4]}),
    "column-findings": (table(rows(b=["x"] * 60, c=[f"{row}" for row in range(60)],
                                   d=[f"{0.17 * row:.2f}" for row in range(60)], e=PLANS)), columns(b=["x", "y"]),
                        {"shape": [5]}),
    "encoded-width": (table(rows(b=PLANS)), columns(b="category"), {"shape": [8]}),
    "text-columns": (table(rows(b=PLANS, c=["yes", "no"] * 30)), 
                     SOURCE.replace('features = ["a", "b", "c", "d"], ', ""), {}),
    "unknown-layer": (table(rows()), f"{SOURCE}\n{SPLIT}", {"fit": "trainable = { hiden = false }"}),
}  # fmt: skip
REFUSED_SPECS = {"two-sources": 1, "fractions": 1, "two-splits": 1, "unknown-layer": 1}
WARNINGS = {"rounded", "column-findings", "leaking-samples", "leaking-groups", "leaking-time"}


def write(folder, case):
    make, data, changes = CASES[case]
    make(folder)
    text = SPEC.format(**{"shape": [4], "target": TARGET, "loss": LOSS, "fit": "", **changes}, data=data)
    if "pictures" in data:
        text = text.replace(
            '  { type = "Dense", units = 8', '  "GlobalAveragePooling2D",\n  { type = "Dense", units = 8'
        )
    (folder / "spec.toml").write_text(text)


@pytest.mark.parametrize("case", CASES)
def test_message(tmp_path, monkeypatch, request, case):
    write(tmp_path, case)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    # As train reports it, without training.
    result = CliRunner().invoke(cli, ["train", "spec.toml", "--dry-run"], catch_exceptions=False)
    assert result.exit_code == (0 if case in WARNINGS else REFUSED_SPECS.get(case, 3)), result.output
    assert "SEQ" in result.stderr and "spec.toml:" in result.stderr
    text = result.stderr.replace(str(tmp_path.resolve()), "FOLDER").replace(str(tmp_path), "FOLDER")
    golden = GOLDEN / f"{case}.out"
    if request.config.getoption("--write-golden"):
        GOLDEN.mkdir(exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_error_texts_have_cases():
    assert {path.stem for path in GOLDEN.glob("*.out")} == set(CASES)
