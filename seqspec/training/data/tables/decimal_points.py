"""Numbers with a decimal point in a file whose numbers have decimal commas: 52.4 is refused, 52.400 would be 52,400."""

from __future__ import annotations

from collections.abc import Sequence

from seqspec.core.api.diagnostics import Path, Violation
from seqspec.core.api.messages import Setting, counted, fmt, quote_value, shorten
from seqspec.training.data.read_context import ReadContext
from seqspec.training.data.tables.formats.delimited import Csv, PointNumbers
from seqspec.training.data.tables.table_files import DataTable

_MAX_LENGTH = 40
_TRAINED = (
    "the model was trained on numbers with a decimal comma, such as 1.234,5: write the numbers of the file so, or name "
    "its decimal mark: --decimal ."
)


def decimal_points(table: DataTable, columns: Sequence[str], context: ReadContext) -> list[Violation]:
    """The violations for number columns, after the rows of a table were read.

    There is one at `decimal` for a file without any decimal comma in them: all of it is written otherwise.
    """
    violations: list[Violation] = []
    for format in table.formats():
        if not isinstance(format, Csv) or format.points is None:
            continue
        names = [name for name in dict.fromkeys(columns) if name in format.points.rows]
        if names and format.points.commas.isdisjoint(columns):
            help = _TRAINED if context.trained else fmt("remove {}", Setting("decimal", ","))
            violations.append(_violation(names[0], format.points, (*context.path, "decimal"), help))
            continue
        help = _TRAINED if context.trained else "write these numbers with a decimal comma, as the others of the file"
        violations += [_violation(name, format.points, context.path, help) for name in names]
    return violations


def _violation(name: str, points: PointNumbers, path: Path, help: str) -> Violation:
    row, text = points.first[name]
    message = fmt(
        '`{}` has a decimal point in {}, such as {} (row {:,}), but the file is read with decimal = ","',
        shorten(name),
        counted(points.rows[name], "row"),
        quote_value(text.strip()[:_MAX_LENGTH], typed=False),
        row + 1,
    )
    return Violation("data-values", message, path=path, help=help)
