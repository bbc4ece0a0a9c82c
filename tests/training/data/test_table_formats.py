"""What every table format does, whatever it is, and every option of one, with the samples of `table_samples`."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

import seqspec
from seqspec.cli.main import cli
from seqspec.core.check.check import Check
from seqspec.core.document.sources import TableSource, source_of
from seqspec.core.document.table_formats import (
    TABLE_FORMATS,
    TABLE_OPTIONS,
    Dialect,
    DialectOptions,
    option_choices,
    table_format_of,
)
from seqspec.core.syntax.limits import LIMITS
from seqspec.training.data.prepare import prepare
from seqspec.training.data.tables.formats import base, delimited
from seqspec.training.data.tables.table_files import table_format
from seqspec.training.errors import DataError
from tests.requirements import require
from tests.training.data.table_samples import WRITERS, write_sample
from tests.training.specs import CLASSES, samples, spec, table

TRAIN_ALL = {"by": "time", "train": 1.0}
OPTIONS = [(format, option) for format, declared in TABLE_FORMATS.items() for option in sorted(declared.options)]


def columns_of(x, y):
    return {name: x[:, index].astype(float) for index, name in enumerate("abcd")} | {
        "species": [CLASSES[label] for label in y]
    }


def sample(folder, format, **options):
    """Writes `samples()`; returns the path, the inputs and the labels."""
    x, y = samples()
    path = folder / f"data{TABLE_FORMATS[format].suffixes[0]}"
    write_sample(path, columns_of(x, y), format, **options)
    return path, x, y


def data_of(path, memory="load", **keys):
    return spec(data={"source": table(path.name, **keys), "split": TRAIN_ALL, "memory": memory})


def prepared(path, memory="load", **keys):
    return prepare(Check.of(data_of(path, memory, **keys)).spec, str(path.parent), seed=7)


def rows_of(blocks):
    return [row for block in blocks for row in zip(*(np.asarray(column).tolist() for column in block.values()))]


def test_each_format_has_a_sample():
    assert WRITERS.keys() == TABLE_FORMATS.keys()


def test_suffixes_name_one_format():
    suffixes = [suffix for declared in TABLE_FORMATS.values() for suffix in declared.suffixes]
    assert len(set(suffixes)) == len(suffixes)
    for name, declared in TABLE_FORMATS.items():
        assert {table_format_of(f"data{suffix}".upper()) for suffix in declared.suffixes} == {name}
        assert (table_format_of(f"data{declared.suffixes[0]}.gz") == name) == declared.is_text


@pytest.mark.parametrize("format", TABLE_FORMATS)
def test_the_rows_are_those_that_were_written(format, tmp_path):
    path, x, y = sample(tmp_path, format)
    before = {file.name for file in tmp_path.iterdir()}
    found = prepared(path)
    assert found.train.x.dtype == np.float32 and np.array_equal(found.train.x, x)
    assert np.array_equal(found.train.y, y) and found.labels.names == CLASSES
    assert {file.name for file in tmp_path.iterdir()} == before, "reading wrote beside the file"
    assert type(source_of(path.name)) is TableSource
    other = path.rename(tmp_path / "data.other")
    assert np.array_equal(prepared(other, format=format).train.x, x)


@pytest.mark.parametrize("format", TABLE_FORMATS)
def test_streamed_rows_are_the_same(format, tmp_path, monkeypatch):
    monkeypatch.setattr(base, "BLOCK_ROWS", 16)
    monkeypatch.setattr(base, "BLOCK_VALUES", 64)
    monkeypatch.setattr(delimited, "_BLOCK_BYTES", 2**10)
    path, x, y = sample(tmp_path, format)
    found = prepared(path, "stream").train
    assert found.streams and np.array_equal(np.asarray(found.x), x) and np.array_equal(np.asarray(found.y), y)


@pytest.mark.parametrize("format", TABLE_FORMATS)
def test_parts_and_columns_keep_the_order_of_rows(format, tmp_path):
    path, x, _ = sample(tmp_path, format)
    reader = table_format(format)
    assert reader.names(path) == [*"abcd", "species"]
    rows = rows_of(reader.blocks(path, ["a", "species"]))
    assert len(rows) == len(x) and [row[::-1] for row in rows] == rows_of(reader.blocks(path, ["species", "a"]))
    assert [row for part in reader.parts(path, ["a", "species"]) for row in rows_of(part())] == rows


@pytest.mark.parametrize("format", TABLE_FORMATS)
def test_equal_rows_of_two_sets_are_reported(format, tmp_path):
    x, y = samples()
    sources = {}
    for name, rows in (("train", slice(0, 100)), ("test", slice(90, 120))):
        path = tmp_path / f"{name}{TABLE_FORMATS[format].suffixes[0]}"
        write_sample(path, columns_of(x[rows], y[rows]), format)
        sources[name] = {"source": table(path.name)}
    found = prepare(Check.of(spec(data=sources)).spec, str(tmp_path)).warnings
    assert any("10 " in str(violation.message) for violation in found), found


@pytest.mark.parametrize("format", TABLE_FORMATS)
@pytest.mark.parametrize("damage", ["empty", "half", "binary"])
def test_a_damaged_file_is_an_error_of_the_data(format, damage, tmp_path):
    path, _, _ = sample(tmp_path, format)
    content = path.read_bytes()
    end = content[: len(content) // 2].rfind(b"\n") + 5
    path.write_bytes({"empty": b"", "half": content[:end], "binary": b"\x00\xff\xfe" * 50}[damage])
    with pytest.raises(DataError) as error:
        prepared(path)
    violations = error.value.violations
    assert {violation.path[:2] for violation in violations} == {("data", "source")}, violations


@pytest.mark.parametrize("format", TABLE_FORMATS)
def test_more_columns_than_the_limit_are_named(format, tmp_path):
    path = tmp_path / f"data{TABLE_FORMATS[format].suffixes[0]}"
    write_sample(path, {f"c{number}": [1.0, 2.0] for number in range(40)}, format)
    names = table_format(format, limits=LIMITS._replace(columns=10)).names(path)
    assert len(names) > 10


@pytest.mark.parametrize("suffix", ["gz", "bz2", "zst"])
@pytest.mark.parametrize("format", [name for name, declared in TABLE_FORMATS.items() if declared.is_text])
def test_compressed_texts(format, suffix, tmp_path):
    require("pyarrow")
    import pyarrow

    path, x, y = sample(tmp_path, format)
    packed = tmp_path / f"{path.name}.{suffix}"
    with pyarrow.output_stream(str(packed), compression="detect") as file:
        file.write(path.read_bytes())
    found = prepared(packed).train
    assert np.array_equal(found.x, x) and np.array_equal(found.y, y)
    packed.write_bytes(packed.read_bytes()[: packed.stat().st_size // 2])
    with pytest.raises(DataError):
        prepared(packed)


def test_options_are_declared_once():
    assert TABLE_OPTIONS.keys() == Dialect.model_fields.keys() == DialectOptions.__annotations__.keys()
    assert {option for _, option in OPTIONS} == TABLE_OPTIONS.keys()
    assert len({option.place for option in TABLE_OPTIONS.values()}) == len(TABLE_OPTIONS)
    for name, option in TABLE_OPTIONS.items():
        assert option.example in (option_choices(name) or [option.example])


@pytest.mark.parametrize(("format", "option"), OPTIONS)
def test_an_option_reads_what_was_written_with_it(format, option, tmp_path):
    path, x, y = sample(tmp_path, format, **{option: TABLE_OPTIONS[option].example})
    found = prepared(path, **{option: TABLE_OPTIONS[option].example}).train
    assert np.array_equal(found.x, x) and np.array_equal(found.y, y)


@pytest.mark.parametrize("option", TABLE_OPTIONS)
@pytest.mark.parametrize("kind", ["table", "series"])
def test_sources_of_tables_have_the_key(option, kind):
    value = TABLE_OPTIONS[option].example
    source = {
        "table": table(),
        "series": {"type": "series", "path": "d.csv", "window": 4, "features": ["v"]},
    }[kind]
    tree = spec(data={"source": source | {option: value}, "split": TRAIN_ALL})
    unknown = [item for item in seqspec.check(tree).diagnostics if option in item.message]
    assert unknown == []
    assert getattr(Check.of(tree).spec.data.source, option) == value


@pytest.mark.slow
@pytest.mark.parametrize(("format", "option"), OPTIONS)
def test_a_file_with_the_option_is_predicted_and_described(format, option, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path, _, _ = sample(tmp_path, format)
    run = seqspec.train(data_of(path) | {"fit": {"epochs": 1}}, runs=tmp_path / "runs")
    value = TABLE_OPTIONS[option].example
    (tmp_path / "other").mkdir()
    other, _, _ = sample(tmp_path / "other", format, **{option: value})
    for command, arguments in (("predict", []), ("evaluate", ["--format", "json", "--on"])):
        plain = CliRunner().invoke(cli, [command, str(run.path), *arguments, str(path)])
        done = CliRunner().invoke(cli, [command, str(run.path), *arguments, str(other), f"--{option}", value])
        assert done.exit_code == 0, done.output
        assert done.stdout.replace(str(other), str(path)) == plain.stdout
    if TABLE_OPTIONS[option].in_new:
        arguments = ["new", "--data", str(other), "--label", "species", f"--{option}", value, "-o", "new.seqspec.json"]
        done = CliRunner().invoke(cli, arguments)
        assert done.exit_code == 0, done.output
        assert json.loads((tmp_path / "new.seqspec.json").read_text())["data"]["source"][option] == value
