"""Python files and notebooks as syntax trees: nothing in them is run, and code that is not Python 3 is reported."""

from __future__ import annotations

import ast
import json
import keyword
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from seqspec.programs.source.contents import mentions_model

MAX_CHARACTERS = 2_000_000
"""Maximum number of characters of code that are read in a notebook, without outputs."""

_PRINT = re.compile(r"^[ \t]*print[ \t]+[\"'\w%]", re.MULTILINE)
_PYTHON_2 = (
    re.compile(r"^[ \t]*except[ \t]+[\w.]+[ \t]*,[ \t]*\w+[ \t]*:", re.MULTILINE),
    re.compile(r"^[ \t]*raise[ \t]+\w+[ \t]*,", re.MULTILINE),
    re.compile(r"^[ \t]*exec[ \t]+[\"'\w]", re.MULTILINE),
    re.compile(r"<>|\b0[0-7]{2,}\b|\b\d+L\b|\bur[\"']"),
)
_PRINTED = re.compile(r"(^[ \t]*print) +((?=[\w\"'%]).*?)[ \t]*(?:#.*)?")
_PROMPT = re.compile(r"[ \t]*(?:>>>|In ?\[\d*\]:)(?: |$)")
_NUMBER = re.compile(r"[ \t]*\d+[.:]?(?: |$)")
"""The number of a line, where a listing is posted with them."""
_CONTINUATION = re.compile(r"[ \t]*\.\.\.:?(?: |$)")
_MAX_FAULTS = 8
"""Maximum number of lines of a file that cannot be parsed and around which it is read."""

_COMMAND = re.compile(r"[ \t]*[%!]{1,2}[A-Za-z]")
_TIMED = re.compile(r"%(?:time|timeit|prun|memit)(?:[ \t]+-\w+(?:[ \t]*\d+)?)*[ \t]+(?=\S)")
"""A magic that runs the statement after it."""

_SKIPPED_MAGICS = tuple(
    "%%bash %%sh %%html %%javascript %%js %%writefile %%latex %%R %%cython %%script %%markdown %%perl %%ruby %%svg "
    "%%bigquery %%file".split()
)


class NotebookCell(NamedTuple):
    """A cell of a notebook: its number, counted from 1 among all cells, and its first line in the text."""

    number: int
    line: int
    lines: int

    def name(self, file: str) -> str:
        """Its name in findings: `notebook.ipynb:cell 3`."""
        return f"{file}:cell {self.number}"

    def line_of(self, line: int) -> int:
        """A line of the text as a line of the cell."""
        return line - self.line + 1


def cell_at(line: int, cells: Sequence[NotebookCell] | None) -> NotebookCell | None:
    """The cell with a line of the text; None before the first one, or in a file without cells."""
    return next((cell for cell in reversed(cells or ()) if cell.line <= line), None)


class SourceViolation(NamedTuple):
    """Why a file or a cell cannot be read. `line` and `column` are 1-based, 0 without a location."""

    message: str
    line: int
    column: int
    help: str | None = None
    is_python_2: bool = False


class Source(NamedTuple):
    """A program: its text, its syntax tree (None where it cannot be read), the cells of a notebook, and faults.

    `unread` has what is not read on purpose, such as cells that IPython writes to a file. `python` is the version of
    Python that ran a notebook. `around` says that the tree lacks what is not Python 3, as a posted excerpt may have.
    """

    text: str
    tree: ast.Module | None
    cells: list[NotebookCell] | None
    faults: list[SourceViolation]
    unread: Sequence[SourceViolation] = ()
    python: str | None = None
    around: bool = False


def read_source(text: str, notebook: bool) -> Source:
    """The program in the text of a file."""
    if notebook:
        return _read_notebook(text)
    tree, fault = _parse(text)
    if tree is None:
        lines = text.split("\n")
        command = next((number for number, line in enumerate(lines, 1) if _COMMAND.match(line)), None)
        if command is not None:
            # The script of a notebook, which IPython runs.
            tree, second_fault = _parse("\n".join(_blank_magics(lines)))
            name = lines[command - 1].split()[0]
            command_fault = SourceViolation(f"{name} is a command of IPython, which Python does not run", command, 1)
            fault = command_fault if tree is not None else second_fault
    around = False
    if tree is None and fault is not None and fault.line:
        around = True
        tree = _read_around_faults(text)
        prompt = next((number for number, line in enumerate(text.split("\n"), 1) if _PROMPT.match(line)), None)
        if tree is not None and prompt is not None:
            fault = SourceViolation(
                "this is a session of Python's shell, not a program: its lines have prompts", prompt, 1
            )
        elif tree is not None:
            message = "this is Python 2, which is read only in part" if fault.is_python_2 else fault.message
            fault = fault._replace(message=message)
    return Source(text, tree, None, [fault] if fault is not None else [], around=around and tree is not None)


def _parse(text: str) -> tuple[ast.Module | None, SourceViolation | None]:
    try:
        return _tree(text), None
    except SyntaxError as error:
        line, column = error.lineno or 1, error.offset or 1
        if _is_python_2(text, error):
            return None, SourceViolation(
                "this is Python 2, which is not read", line, column, "convert the file to Python 3", True
            )
        return None, SourceViolation(f"invalid Python: {error.msg}", line, column)
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        why = "it is nested too deeply" if isinstance(error, (RecursionError, MemoryError)) else str(error)
        return None, SourceViolation(f"the file cannot be parsed as Python: {why}", 0, 0)


def _tree(text: str) -> ast.Module:
    """The tree of a text, without the warnings of Python; raises `SyntaxError`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def _read_around_faults(text: str) -> ast.Module | None:
    """The tree of a text without prompts, wrong indentation and up to `_MAX_FAULTS` lines that cannot be parsed."""
    lines, indents = _without_prompts(text.split("\n"))
    is_python_2 = False
    for _ in range(_MAX_FAULTS + 1):
        try:
            tree = _tree("\n".join(lines))
        except SyntaxError as error:
            at = (error.lineno or 0) - 1
            if not 0 <= at < len(lines):
                return None
            printed = _PRINTED.fullmatch(lines[at])
            if printed is not None:
                is_python_2 = True
                lines = [_PRINTED.sub(r"\1(\2)", line) for line in lines]
            elif isinstance(error, IndentationError) and error.msg == "unexpected indent":
                _outdent(lines, indents, at)
            elif (error.msg or "").endswith("was never closed"):
                if not _close(lines, at, error.msg):
                    return None
            elif isinstance(error, IndentationError) or lines[at].rstrip().endswith((":", "(", "[", "{")):
                return None
            else:
                width = len(lines[at]) - len(lines[at].lstrip())
                changes = "; ".join(ast.unparse(statement) for statement in _forget_assigned([lines[at]], 0))
                lines[at], indents[at] = lines[at][:width] + (changes or "pass"), 0
        except (ValueError, RecursionError, MemoryError, OverflowError):
            return None
        else:
            _restore_columns(tree, indents)
            if is_python_2:
                _forget_quotients(tree)
            return tree
    return None


def _forget_quotients(tree: ast.Module) -> None:
    """Makes every division unknown: in Python 2, that of integers is an integer."""

    def known(value: object) -> object:
        if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Div):
            return ast.copy_location(ast.Name(_NOT_READ, ast.Load()), value)
        return value

    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            setattr(parent, name, [known(element) for element in value] if isinstance(value, list) else known(value))


def _without_prompts(lines: list[str]) -> tuple[list[str], list[int]]:
    """The input lines of a session of a shell or a numbered listing, and the widths of what is before each."""
    lines = list(lines)
    numbers = [_NUMBER.match(line) for line in lines]
    if len(lines) > 1 and all(number or not line.strip() for number, line in zip(numbers, lines)):
        widths = [0 if number is None else number.end() for number in numbers]
        return [line[width:] for line, width in zip(lines, widths)], widths
    widths = [0] * len(lines)
    prompts = [_PROMPT.match(line) for line in lines]
    if not any(prompts):
        return lines, widths
    for number, line in enumerate(lines):
        prompt = prompts[number] or _CONTINUATION.match(line)
        widths[number] = 0 if prompt is None else prompt.end()
        lines[number] = "" if prompt is None else line[prompt.end() :]
    return lines, widths


def _close(lines: list[str], at: int, message: str) -> bool:
    """Closes a bracket at the end of the statement that begins in a line: before the next one indented no further.

    Returns whether there is something in it.
    """
    width = len(lines[at]) - len(lines[at].lstrip())
    end = at
    for number in range(at + 1, len(lines)):
        line = lines[number]
        if line.strip() and (len(line) - len(line.lstrip()) <= width):
            break
        end = number if line.strip() else end
    if end == at and lines[at].rstrip().endswith(("(", "[", "{")):
        return False
    code, mark, comment = lines[end].partition("#")
    lines[end] = f"{code.rstrip()}{_CLOSING.get(message[1:2], ')')}{mark and '  '}{mark}{comment}"
    return True


_CLOSING = {"(": ")", "[": "]", "{": "}"}


def _outdent(lines: list[str], indents: list[int], at: int) -> None:
    """Moves a line with unexpected indentation, and those after it that are indented as far, to the line before."""
    before = next((line for line in reversed(lines[:at]) if line.strip() and not line.lstrip().startswith("#")), "")
    width = len(lines[at]) - len(lines[at].lstrip())
    excess = width - (len(before) - len(before.lstrip()))
    for number in range(at, len(lines)):
        line = lines[number]
        if not line.strip():
            continue
        if len(line) - len(line.lstrip()) < width:
            break
        lines[number] = line[max(excess, 0) :]
        indents[number] += max(excess, 0)


def _is_python_2(text: str, error: SyntaxError) -> bool:
    if "print" in (error.msg or "") or _PRINT.search(text):
        return True
    # Strings and comments may contain similar text, so only the line that cannot be parsed is checked.
    line = text.split("\n")[(error.lineno or 1) - 1 :][:1]
    return any(pattern.search(words) for words in line for pattern in _PYTHON_2)


def _read_notebook(text: str) -> Source:
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError) as error:
        return Source("", None, None, [SourceViolation(f"the notebook is not valid JSON: {error}", 0, 0)])
    raw = _notebook_cells(tree)
    if raw is None:
        return Source("", None, None, [SourceViolation("the file is not a Jupyter notebook: it has no cells", 0, 0)])
    language = _metadata(tree, "language_info", "name") or _metadata(tree, "kernelspec", "language") or "python"
    language = language.lower()
    if language not in ("python", "python3", "python2"):
        return Source(
            "",
            ast.Module([], []),
            [],
            [],
            [SourceViolation(f"the notebook is written in {language}, not Python", 0, 0)],
        )
    lines: list[str] = []
    cells: list[NotebookCell] = []
    statements: list[ast.stmt] = []
    faults: list[SourceViolation] = []
    unread: list[SourceViolation] = []
    for number, cell in enumerate(raw, 1):
        code = _cell_code(cell)
        if code is None:
            continue
        start = len(lines)
        cell_lines = code.split("\n")
        lines += cell_lines
        cells.append(NotebookCell(number, start + 1, len(cell_lines)))
        magic = _cell_magic(cell_lines)
        if magic in _SKIPPED_MAGICS and mentions_model(code):
            unread.append(SourceViolation(f"a {magic} cell is not read", start + 1, 1))
        code_lines, indents = _dedent(_blank_magics(cell_lines))
        cell_tree, fault = _parse("\n".join(code_lines))
        if fault is not None:
            column = max(fault.column, 1) + indents[max(fault.line, 1) - 1]
            if magic is not None:
                fault = fault._replace(message=f"a {magic} cell is not read: {fault.message}")
            faults.append(fault._replace(line=start + max(fault.line, 1), column=column))
            statements += _forget_assigned(code_lines, start)
        elif cell_tree is not None:
            _restore_columns(cell_tree, indents)
            ast.increment_lineno(cell_tree, start)
            statements += cell_tree.body
    joined = "\n".join(lines)
    if len(joined) > MAX_CHARACTERS:
        size = f"the notebook has {len(joined):,} characters of code, and at most {MAX_CHARACTERS:,} are read"
        return Source("", None, None, [SourceViolation(size, 0, 0)])
    version = _metadata(tree, "language_info", "version")
    return Source(joined, ast.Module(statements, []), cells, faults, unread, version)


_ASSIGNMENT = re.compile(r"((?:\(?[\w\s,*]+\)?)(?:\[.*?\])*)\s*(?:[-+*/%&|^@]|//|\*\*)?=(?!=)")
_BINDING = re.compile(r"(?:for\s+(.+?)\s+in\b|with\b.*\bas\s+(\w+)\s*:|(?:def|class)\s+(\w+))")
_MUTATION = re.compile(r"(\w+)\.(add|append|extend|insert|pop|update)\(")
_STATEMENT = 300
"""Maximum number of characters of an unparsable line that are searched for assigned names."""

_NOT_READ = "code_that_cannot_be_parsed"
"""The value of variables set by code that cannot be parsed: a name that is never defined, hence unknown."""


def _forget_assigned(lines: list[str], start: int) -> list[ast.stmt]:
    """Statements that replace an unparsable cell and make every variable that it may change unknown."""
    assignments: dict[str, None] = {}
    for line in lines:
        line = line.strip()[:_STATEMENT]
        changed = _MUTATION.match(line)
        if changed is not None:
            assignments[f"{changed[1]}.{changed[2]}({_NOT_READ})"] = None
            continue
        match = _ASSIGNMENT.match(line) or _BINDING.match(line)
        targets = "" if match is None else next((group for group in match.groups() if group), "")
        for name in re.findall(r"(?<![\w.])[^\W\d]\w*", targets.partition("[")[0]):
            if not keyword.iskeyword(name):
                assignments[f"{name} = {_NOT_READ}"] = None
    statements = [ast.parse(text).body[0] for text in assignments]
    for statement in statements:
        ast.increment_lineno(statement, start)
    return statements


def _notebook_cells(tree: object) -> list[object] | None:
    if not isinstance(tree, dict):
        return None
    cells = tree.get("cells")
    if cells is None and isinstance(tree.get("worksheets"), list):
        sheets = [sheet.get("cells") for sheet in tree["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets if isinstance(sheet, list) for cell in sheet]
    return cells if isinstance(cells, list) else None


def _metadata(tree: Mapping[str, object], part: str, key: str) -> str | None:
    metadata = tree.get("metadata")
    entry = metadata.get(part) if isinstance(metadata, dict) else None
    value = entry.get(key) if isinstance(entry, dict) else None
    return value if isinstance(value, str) else None


def _cell_code(cell: object) -> str | None:
    if not isinstance(cell, dict) or cell.get("cell_type") != "code":
        return None
    text = cell.get("source", cell.get("input"))
    if isinstance(text, list) and all(isinstance(line, str) for line in text):
        text = "".join(text)
    return text.replace("\r\n", "\n") if isinstance(text, str) else None


def _dedent(lines: list[str]) -> tuple[list[str], list[int]]:
    """A cell without the indentation of its first line, as IPython runs it, and the width removed from each line."""
    first = next((line for line in lines if line.strip()), "")
    indent = first[: len(first) - len(first.lstrip(" \t"))]
    size = len(indent)
    indents = [size if line.startswith(indent) else 0 for line in lines]
    return [line[count:] for line, count in zip(lines, indents)], indents


def _restore_columns(tree: ast.Module, indents: list[int]) -> None:
    """Restores the original column of every node."""
    if not any(indents):
        return
    for node in ast.walk(tree):
        if isinstance(node, (ast.stmt, ast.expr, ast.excepthandler, ast.arg, ast.keyword, ast.alias)):
            node.col_offset += indents[node.lineno - 1]
            if node.end_lineno is not None and node.end_col_offset is not None:
                node.end_col_offset += indents[node.end_lineno - 1]


def _cell_magic(lines: list[str]) -> str | None:
    """The magic of a cell, such as `%%bash`."""
    first = next((line for line in lines if line.strip()), "")
    return first.split()[0] if first.lstrip().startswith("%%") else None


def _timed_statement(line: str) -> str | None:
    """`%timeit m.fit(x, y)` as `pass   ; m.fit(x, y)`, where nothing moves; None for any other magic."""
    match = _TIMED.match(line)
    if match is None:
        return None
    statement = line[match.end() :]
    tree, _ = _parse(statement)
    if tree is None or any(hasattr(statement, "body") for statement in tree.body):
        return None
    return f"{'pass':{match.end() - 2}}; {statement}"


def _blank_magics(lines: list[str]) -> list[str]:
    """A cell with lines of IPython syntax blanked; all other lines keep their positions."""
    first = next((line.strip() for line in lines if line.strip()), "")
    if first.startswith(_SKIPPED_MAGICS):
        return [""] * len(lines)
    blanked: list[str] = []
    continued = False
    for line in lines:
        text = line.strip()
        indent = line[: len(line) - len(line.lstrip())]
        if continued:
            continued = text.endswith("\\")
            blanked.append("")
        elif text.startswith(("%", "!", "?")) or (text.endswith("?") and " " not in text):
            continued = text.endswith("\\")
            blanked.append(indent + (_timed_statement(text) or "pass"))
        elif re.match(r"[\w, ]+=\s*[!%]", text):
            blanked.append(f"{indent}{text.split('=')[0]}= None")
        else:
            blanked.append(line)
    return blanked
