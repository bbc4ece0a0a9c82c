"""What follows from the declarations of export formats: the extra `export`, and the tables of docs/export.md."""

import json
import re
from pathlib import Path

from seqspec.core.catalog.export_formats import EXPORT_FORMATS, FORMATS

ROOT = Path(__file__).resolve().parent.parent
MATRIX = ROOT / "tests/training/export/matrix.json"


def export_files(texts):
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
    }
    found = {}
    for file, pairs in replacements.items():
        text = texts.get(file) or (ROOT / file).read_text(encoding="utf-8")
        for pattern, now in pairs:
            text, count = re.subn(pattern, now.replace("\\", r"\\"), text, flags=re.M)
            if count != 1:
                raise ValueError(f"{file} does not match {pattern}: adapt scripts/export_formats.py to its new text")
        found[file] = text
    return found


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
