"""A sample of each table format: how a table is written in it, as seqspec does not write them itself."""

import csv
import json

from tests.requirements import require


def _delimited(own):
    def write(path, columns, delimiter=own, decimal=".", encoding="utf-8"):
        with open(path, "w", newline="", encoding=encoding) as file:
            writer = csv.writer(file, delimiter=delimiter)
            writer.writerow(columns)
            for row in zip(*columns.values()):
                writer.writerow([repr(cell).replace(".", decimal) if isinstance(cell, float) else cell for cell in row])

    return write


def _jsonl(path, columns):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(dict(zip(columns, row))) + "\n\n" for row in zip(*columns.values()))


def _parquet(path, columns):
    require("pyarrow")
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.table(columns), path, row_group_size=17)


def _feather(path, columns):
    require("pyarrow")
    import pyarrow
    import pyarrow.feather

    pyarrow.feather.write_feather(pyarrow.table(columns), str(path), chunksize=17)


WRITERS = {
    "csv": _delimited(","), "tsv": _delimited("\t"), "jsonl": _jsonl, "parquet": _parquet, "feather": _feather,
}  # fmt: skip
"""By format, what writes columns of numbers and texts to a path; options of `Dialect` are keyword arguments."""


def write_sample(path, columns, format=None, **options):
    """Writes columns, lists or arrays, in the format of the suffix."""
    columns = {name: values if isinstance(values, list) else values.tolist() for name, values in columns.items()}
    WRITERS[format or path.suffix.removeprefix(".")](path, columns, **options)
