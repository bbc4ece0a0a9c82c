"""Python files and notebooks as syntax trees: nothing in them is run, and code that is not Python 3 is reported."""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Mapping
from typing import NamedTuple

MAX_CHARACTERS = 2_000_000
"""Characters of code in a notebook that are read; its outputs do not count."""

_PRINT = re.compile(r"^[ \t]*print[ \t]+[\"'\w%]", re.MULTILINE)
_PYTHON_2 = (
    re.compile(r"^[ \t]*except[ \t]+[\w.]+[ \t]*,[ \t]*\w+[ \t]*:", re.MULTILINE),
    re.compile(r"^[ \t]*raise[ \t]+\w+[ \t]*,", re.MULTILINE),
    re.compile(r"^[ \t]*exec[ \t]+[\"'\w]", re.MULTILINE),
    re.compile(r"<>|\b0[0-7]{2,}\b|\b\d+L\b|\bur[\"']"),
)
_SKIPPED_MAGICS = (
    "%%bash",
    "%%sh",
    "%%html",
    "%%javascript",
    "%%js",
    "%%writefile",
    "%%latex",
    "%%R",
    "%%cython",
    "%%script",
    "%%markdown",
    "%%perl",
    "%%ruby",
    "%%svg",
    "%%bigquery",
    "%%file",
)


class Cell(NamedTuple):
    """A cell of a notebook: its number, counted from 1 among all cells, and its first line in the text."""

    number: int
    line: int
    lines: int


class Fault(NamedTuple):
    """Why a file, or a cell of it, is not read. `line` and `column` are 1-based, 0 where there is no place."""

    message: str
    line: int
    column: int
    help: str | None = None


class Source(NamedTuple):
    """A program: its text, its syntax tree (None where it cannot be read), the cells of a notebook, what is wrong."""

    text: str
    tree: ast.Module | None
    cells: list[Cell] | None
    faults: list[Fault]


def read_source(text: str, notebook: bool) -> Source:
    """The program in the text of a file."""
    if notebook:
        return _read_notebook(text)
    tree, wrong = _parsed(text)
    return Source(text, tree, None, [wrong] if wrong is not None else [])


def _parsed(text: str) -> tuple[ast.Module | None, Fault | None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text), None
    except SyntaxError as error:
        line, column = error.lineno or 1, error.offset or 1
        if _is_python_2(text, error):
            return None, Fault("this is Python 2, which is not read", line, column, "convert the file to Python 3")
        return None, Fault(f"invalid Python: {error.msg}", line, column)
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        why = "it is nested too deeply" if isinstance(error, (RecursionError, MemoryError)) else str(error)
        return None, Fault(f"the file cannot be parsed as Python: {why}", 0, 0)


def _is_python_2(text: str, error: SyntaxError) -> bool:
    if "print" in (error.msg or "") or _PRINT.search(text):
        return True
    # Data in strings and comments looks like this too, so only the line that cannot be parsed counts.
    line = text.split("\n")[(error.lineno or 1) - 1 :][:1]
    return any(pattern.search(words) for words in line for pattern in _PYTHON_2)


def _read_notebook(text: str) -> Source:
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError) as error:
        return Source("", None, None, [Fault(f"the notebook is not valid JSON: {error}", 0, 0)])
    raw = _cells_of(tree)
    if raw is None:
        return Source("", None, None, [Fault("the file is not a Jupyter notebook: it has no cells", 0, 0)])
    if _language(tree) not in ("python", "python3", "python2", None):
        return Source("", ast.Module([], []), [], [])
    lines: list[str] = []
    cells: list[Cell] = []
    statements: list[ast.stmt] = []
    faults: list[Fault] = []
    for number, cell in enumerate(raw, 1):
        code = _code_of(cell)
        if code is None:
            continue
        start = len(lines)
        own = code.split("\n")
        lines += own
        cells.append(Cell(number, start + 1, len(own)))
        kept, moved = _dedented(_without_magics(own))
        found, fault = _parsed("\n".join(kept))
        if fault is not None:
            column = max(fault.column, 1) + moved[max(fault.line, 1) - 1]
            faults.append(fault._replace(line=start + max(fault.line, 1), column=column))
        elif found is not None:
            _moved_right(found, moved)
            ast.increment_lineno(found, start)
            statements += found.body
    joined = "\n".join(lines)
    if len(joined) > MAX_CHARACTERS:
        size = f"the notebook has {len(joined):,} characters of code, and at most {MAX_CHARACTERS:,} are read"
        return Source("", None, None, [Fault(size, 0, 0)])
    return Source(joined, ast.Module(statements, []), cells, faults)


def _cells_of(tree: object) -> list[object] | None:
    if not isinstance(tree, dict):
        return None
    cells = tree.get("cells")
    if cells is None and isinstance(tree.get("worksheets"), list):
        sheets = [sheet.get("cells") for sheet in tree["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets if isinstance(sheet, list) for cell in sheet]
    return cells if isinstance(cells, list) else None


def _language(tree: Mapping[str, object]) -> str | None:
    metadata = tree.get("metadata")
    for key, name in (("language_info", "name"), ("kernelspec", "language")):
        entry = metadata.get(key) if isinstance(metadata, dict) else None
        if isinstance(entry, dict) and isinstance(entry.get(name), str):
            language: str = entry[name].lower()
            return language
    return None


def _code_of(cell: object) -> str | None:
    if not isinstance(cell, dict) or cell.get("cell_type") != "code":
        return None
    text = cell.get("source", cell.get("input"))
    if isinstance(text, list) and all(isinstance(line, str) for line in text):
        text = "".join(text)
    return text.replace("\r\n", "\n") if isinstance(text, str) else None


def _dedented(lines: list[str]) -> tuple[list[str], list[int]]:
    """A cell without the indentation of its first line, as IPython runs it; and what each line has lost."""
    first = next((line for line in lines if line.strip()), "")
    indent = first[: len(first) - len(first.lstrip(" \t"))]
    size = len(indent)
    moved = [size if line.startswith(indent) else 0 for line in lines]
    return [line[count:] for line, count in zip(lines, moved)], moved


def _moved_right(tree: ast.Module, moved: list[int]) -> None:
    """Puts every node back to its columns in the cell."""
    if not any(moved):
        return
    for node in ast.walk(tree):
        if isinstance(node, (ast.stmt, ast.expr, ast.excepthandler, ast.arg, ast.keyword, ast.alias)):
            node.col_offset += moved[node.lineno - 1]
            if node.end_lineno is not None and node.end_col_offset is not None:
                node.end_col_offset += moved[node.end_lineno - 1]


def _without_magics(lines: list[str]) -> list[str]:
    """A cell without the lines that only IPython reads; every other line keeps its place."""
    first = next((line.strip() for line in lines if line.strip()), "")
    if first.startswith(_SKIPPED_MAGICS):
        return [""] * len(lines)
    kept: list[str] = []
    continued = False
    for line in lines:
        text = line.strip()
        indent = line[: len(line) - len(line.lstrip())]
        if continued:
            continued = text.endswith("\\")
            kept.append("")
        elif text.startswith(("%", "!", "?")) or (text.endswith("?") and " " not in text):
            continued = text.endswith("\\")
            kept.append(f"{indent}pass")
        elif re.match(r"[\w, ]+=\s*[!%]", text):
            kept.append(f"{indent}{text.split('=')[0]}= None")
        else:
            kept.append(line)
    return kept
