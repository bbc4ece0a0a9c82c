"""What follows from the declarations of formats and sources, in files that are otherwise written by hand.

The extra `export`, the tables of docs/export.md, the table of sources of docs/training.md, and what README.md lists.
"""

import json
import re
from pathlib import Path

from keras_versions import listed

from seqspec.core.catalog.export_formats import EXPORT_FORMATS, FORMATS
from seqspec.core.document.columns import KINDS
from seqspec.core.document.sources import SOURCES
from seqspec.core.document.table_formats import COMPRESSION_SUFFIXES, TABLE_FORMATS, TABLE_OPTIONS

ROOT = Path(__file__).resolve().parent.parent
MATRIX = ROOT / "tests/training/export/matrix.json"


def format_files(texts):
    """The text of each file that repeats declarations; `texts` has those that other parts of generate have changed."""
    requirements = sorted(text for declared in EXPORT_FORMATS.values() for text in declared.requirements)
    replacements = {
        "pyproject.toml": [(r"(?<=^export = ).*", json.dumps(requirements))],
        "docs/export.md": [
            (
                r"(?<=\| `format` \| written \| written by \| run by \|\n\| --- \| --- \| --- \| --- \|\n)(\|.*\n)+",
                rows(),
            ),
            (r"Of \d+ models(?=, one for each layer)", f"Of {len(measured())} models"),
            (r"(?<=compute correct outputs for:\n\n)(\|.*\n)+", counts()),
        ],
        "README.md": [(r"(?<=other encodings\), ).*(?= are read\. For a time series)", listed(titles()[1:]))],
        "docs/training.md": [
            (r"(?<=CSV files that are written differently with ).*?(?=, as `evaluate --on FILE`)", options()),
            (r"(?<=\| `kind` \| keys \| encoded as \| values \|\n\| --- \| --- \| --- \| --- \|\n)(\|.*\n)+", kinds()),
            (r"(?<=\| `type` \| what is read \| keys \|\n\| --- \| --- \| --- \|\n)(\|.*\n)+", sources()),
        ],
    }
    found = {}
    for file, pairs in replacements.items():
        text = texts.get(file) or (ROOT / file).read_text(encoding="utf-8")
        for pattern, now in pairs:
            text, count = re.subn(pattern, now, text, flags=re.M)
            if count != 1:
                raise ValueError(f"{file} does not match {pattern}: adapt scripts/export_formats.py to its new text")
        found[file] = text
    return found


def titles(is_text=None):
    """The titles of table formats: of texts, of others, or of all."""
    return [format.title for format in TABLE_FORMATS.values() if is_text is None or format.is_text == is_text]


def sources():
    """The rows of the table of sources."""
    words = {
        "{texts}": ", ".join(titles(is_text=True)),
        "{others}": listed(titles(is_text=False)),
        "{readable}": listed(titles(is_text=True)),
        "{suffixes}": ", ".join(COMPRESSION_SUFFIXES),
    }
    rows = ""
    for name, source in SOURCES.items():
        described = source.described
        for word, text in words.items():
            described = described.replace(word, text)
        rows += f"| `{name}` | {described} | {keys(source)} |\n"
    return rows


def options():
    """The options of how a table in a file is written."""
    ordered = sorted(TABLE_OPTIONS, key=lambda name: TABLE_OPTIONS[name].place)
    return listed([f"`--{name}`" for name in ordered])


def keys(source):
    """The keys of a source besides its type, those of all tables in files last."""
    names = [name for name in source.key_names() if name != "type"]
    own = [name for name in names if name not in TABLE_OPTIONS]
    return ", ".join(f"`{name}`" for name in [*own, *(name for name in names if name in TABLE_OPTIONS)])


def kinds():
    """The rows of the table of kinds of columns."""
    return "".join(f"| `{name}` | {' | '.join(kind.described)} |\n" for name, kind in KINDS.items())


def rows():
    """The rows of the table of formats."""
    return "".join(
        f"| `{declared.name}` | {declared.described.written} | {declared.described.writer} | "
        f"{declared.described.runtime} |\n"
        for declared in EXPORT_FORMATS.values()
        if declared.described is not None
    )


def measured():
    return json.loads(MATRIX.read_text(encoding="utf-8"))["rows"]


def counts():
    """The table of how many models each format holds, as they are and with a fixed batch size."""
    cells = []
    for name in FORMATS:
        tries = [row[name] for row in measured().values() if name in row]
        as_is = sum(found["as_is"] == "yes" for found in tries)
        fixed = sum(found["as_is"] != "yes" and found.get("batch_size") == "yes" for found in tries)
        cells.append(f"{as_is}, and {fixed} more with a fixed batch size" if fixed else str(as_is))
    titles = [EXPORT_FORMATS[name].short_title for name in FORMATS]
    lines = [titles, ["---"] * len(titles), cells]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
