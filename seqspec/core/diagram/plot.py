"""`seqspec.plot` and `Spec.plot`: the diagram of a spec, for notebooks and files."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, get_args

from seqspec.core.check.check import Check
from seqspec.core.diagnostics.errors import SpecError
from seqspec.core.diagram.describe import common_diagram, diagram
from seqspec.core.diagram.description import Diagram
from seqspec.core.diagram.graph_layout import layout
from seqspec.core.diagram.layout import totals_line
from seqspec.core.diagram.theme import Theme
from seqspec.core.frontends.registry import frontend_for, split_model
from seqspec.core.syntax.limits import LIMITS

if TYPE_CHECKING:
    from seqspec.core.analysis.report import Report
    from seqspec.core.check.check import Check
    from seqspec.core.frontends.frontend import Source

Format = Literal["svg", "png", "pdf", "html", "mmd", "dot"]
FORMATS: tuple[str, ...] = get_args(Format)
_ENDINGS = {**{f".{name}": name for name in FORMATS}, ".htm": "html", ".gv": "dot", ".mermaid": "mmd"}


def plot(
    source: Source, *, vars: Mapping[str, object] | None = None, settings: Sequence[str] = (), fold: bool = True
) -> Plot:
    """Draws the model of a spec or a program, with shapes, parameters, MACs and what `check` finds; imports no Keras.

    A model with errors is drawn as far as its shapes are known.

    Args:
        source: A path, a spec as a dict, a `Spec`, or a parsed `Document`; `"train.py:NAME"` and `"train.py:LINE"`
            select one of several models of a program.
        vars: Values for the variables of the spec.
        settings: Further values in the syntax of `--set`.
        fold: Whether equal copies of a block or of a repeated layer are drawn once, with their number.

    Raises:
        SpecError: There is no model to draw; `report` says why.
    """
    report, drawn = read_plot(source, vars=vars, settings=settings, fold=fold)
    if drawn is None:
        raise SpecError(report)
    return drawn


def read_plot(
    source: Source, *, vars: Mapping[str, object] | None = None, settings: Sequence[str] = (), fold: bool = True
) -> tuple[Report, Plot | None]:
    """The report of the model that `plot` draws, and its diagram; None where there is no model to draw."""
    file, name = split_model(source) if isinstance(source, str) else (source, None)
    models = frontend_for(file).read_model(file, LIMITS, name)
    results = [Check(document, settings=settings, vars=vars) for document in models.documents]
    report: Report = models.report([result.linted for result in results])
    diagrams = [diagram(result, report.diagnostics, fold=fold) for result in results]
    described = common_diagram(diagrams, models.common_text)
    if not described.entries and not described.unreached and not report.ok:
        return report, None
    return report, Plot(described, _title(results[0]))


def plot_of(check: Check) -> Plot:
    """The diagram of an analyzed spec; raises `SpecError` where there is no model to draw."""
    described = diagram(check)
    if not described.entries and not described.unreached and not check.linted.ok:
        raise SpecError(check.linted)
    return Plot(described, _title(check))


def _title(check: Check) -> str:
    return os.path.basename(check.document.file or "") or "model"


def format_of(path: str) -> str | None:
    """The format for the suffix of a file name; None for an unknown suffix."""
    return _ENDINGS.get(os.path.splitext(path)[1].lower())


class Plot:
    """A diagram that notebooks show and that is written in several formats.

    Attributes:
        diagram: What is drawn, as typed data.
        title: What it is called where the model has no name.
    """

    def __init__(self, diagram: Diagram, title: str) -> None:
        self.diagram = diagram
        self.title = title

    def svg(self, theme: Theme = "auto") -> str:
        """The diagram as SVG; the theme `"auto"` follows the viewer's color scheme."""
        from seqspec.core.diagram.svg import svg

        return svg(layout(self.diagram, self.title), theme)

    def html(self, theme: Theme = "auto") -> str:
        """A page with the diagram, the findings and a table of the layers."""
        from seqspec.core.diagram.page import page

        return page(self.diagram, self.title, theme)

    def png(self, theme: Theme = "light", scale: float = 2.0) -> bytes:
        """The diagram as PNG, `scale` pixels per CSS pixel; raises `RuntimeError` without the extra `plot`."""
        from seqspec.core.diagram.raster import png

        return png(layout(self.diagram, self.title), theme == "dark", scale)

    def pdf(self, theme: Theme = "light") -> bytes:
        """The diagram as PDF of one page; raises `RuntimeError` without the extra `plot`."""
        from seqspec.core.diagram.raster import pdf

        return pdf(layout(self.diagram, self.title), theme == "dark")

    def mermaid(self) -> str:
        """The diagram as a Mermaid flowchart, for Markdown."""
        from seqspec.core.diagram.markup import mermaid

        return mermaid(self.diagram)

    def dot(self) -> str:
        """The diagram in the DOT language."""
        from seqspec.core.diagram.markup import dot

        return dot(self.diagram, self.title)

    def render(self, format: str, theme: Theme = "auto", scale: float = 2.0) -> str | bytes:
        """The diagram in one of the formats `FORMATS`; raises `ValueError` for another one."""
        renderers: dict[str, Callable[[], str | bytes]] = {
            "svg": lambda: self.svg(theme),
            "html": lambda: self.html(theme),
            "png": lambda: self.png(theme, scale),
            "pdf": lambda: self.pdf(theme),
            "mmd": self.mermaid,
            "dot": self.dot,
        }
        if format not in renderers:
            raise ValueError(f"unknown format {format!r}; must be one of {', '.join(FORMATS)}")
        return renderers[format]()

    def save(self, path: str | os.PathLike[str], theme: Theme = "auto", scale: float = 2.0) -> None:
        """Writes the diagram in the format that the name ends with; a file is replaced as a whole.

        Raises:
            ValueError: The format of the ending is unknown.
            RuntimeError: The format needs the extra `plot`, which is not installed.
        """
        from seqspec.core.syntax.atomic_write import replace_pieces

        format = format_of(os.fspath(path))
        if format is None:
            raise ValueError(f"{os.fspath(path)}: the name must end in .{', .'.join(FORMATS)}")
        replace_pieces(os.fspath(path), [self.render(format, theme, scale)])

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        # As an image: the style sheet of an SVG within a notebook would style the notebook.
        data = base64.b64encode(self.svg().encode()).decode()
        line = totals_line(self.diagram)
        return {"text/html": f'<img alt="{line}" src="data:image/svg+xml;base64,{data}">', "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<Plot of {self.diagram.name or self.title}: {totals_line(self.diagram)}>"
