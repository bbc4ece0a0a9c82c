"""A scene as PNG by resvg and as PDF by ReportLab, which also brings the font: both are in the extra `plot`."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from typing import Any

from seqspec.core.diagnostics.errors import install_command
from seqspec.core.diagram.svg import Placed, Rect, Scene, Shape, Stroke, plain_svg
from seqspec.core.diagram.theme import attributes

_MAX_PIXELS = 60_000_000
_SANS = "Bitstream Vera Sans"
_FONTS = {"Vera": "Vera.ttf", "Vera-Bold": "VeraBd.ttf"}
_NEEDED = f"needs the extra plot: {install_command('plot')}"


class CannotPlot(RuntimeError):
    """A library for a format is not installed; the text says how to install it."""


def png(scene: Scene, dark: bool = False, scale: float = 2.0) -> bytes:
    """The picture as PNG.

    Args:
        scene: The picture.
        dark: Whether it has dark colours.
        scale: Pixels of the image per pixel of the scene; less for an image of more than 60 million pixels.

    Raises:
        CannotPlot: The extra `plot` is not installed.
    """
    try:
        import resvg_py
    except ImportError:
        raise CannotPlot(f"PNG {_NEEDED}")
    fonts = [path for path in map(_font, _FONTS.values()) if path is not None]
    text = plain_svg(scene, dark, _SANS, f"DejaVu Sans Mono, Menlo, Consolas, {_SANS}")
    zoom = min(scale, (_MAX_PIXELS / (scene.width * scene.height)) ** 0.5)
    return bytes(
        resvg_py.svg_to_bytes(svg_string=text, zoom=zoom, font_files=fonts, sans_serif_family=_SANS, font_family=_SANS)
    )


def pdf(scene: Scene, dark: bool = False) -> bytes:
    """The picture as PDF of one page, with text as text.

    Args:
        scene: The picture.
        dark: Whether it has dark colours.

    Raises:
        CannotPlot: The extra `plot` is not installed.
    """
    try:
        from reportlab.pdfbase import pdfmetrics
        from reportlab.pdfbase.ttfonts import TTFont
        from reportlab.pdfgen.canvas import Canvas
    except ImportError:
        raise CannotPlot(f"PDF {_NEEDED}")
    for name, file in _FONTS.items():
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, file))
    out = io.BytesIO()
    # The same model makes the same bytes.
    canvas = Canvas(out, pagesize=(scene.width, scene.height), invariant=1)
    canvas.setTitle(scene.title)
    canvas.setSubject(scene.description)
    canvas.translate(0, scene.height)
    glyphs = pdfmetrics.getFont("Vera").face.charToGlyph
    _Pdf(canvas, dark, glyphs).all(scene.shapes, 0, 0)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


class _Pdf:
    """Draws shapes on a canvas whose y goes up from the top of the page."""

    def __init__(self, canvas: Any, dark: bool, glyphs: Any) -> None:
        self.canvas = canvas
        self.dark = dark
        self.known = glyphs

    def all(self, shapes: Iterable[Shape], x: float, y: float) -> None:
        for shape in shapes:
            if isinstance(shape, Placed):
                self.all(shape.shapes, x + shape.x, y + shape.y)
                continue
            style = attributes(shape.style, self.dark, "")
            filled, stroked = self.paint(style)
            if isinstance(shape, Rect):
                radius = min(shape.radius, shape.width / 2, shape.height / 2)
                left, bottom = x + shape.x, -(y + shape.y + shape.height)
                self.canvas.roundRect(left, bottom, shape.width, shape.height, radius, stroke=stroked, fill=filled)
            elif isinstance(shape, Stroke):
                path = self.canvas.beginPath()
                for index, (px, py) in enumerate(shape.points):
                    (path.lineTo if index else path.moveTo)(x + px, -(y + py))
                if shape.closed:
                    path.close()
                self.canvas.drawPath(path, stroke=stroked, fill=filled)
            else:
                self.canvas.setFont("Vera-Bold" if "font-weight" in style else "Vera", float(style["font-size"]))
                draw = {"start": "drawString", "end": "drawRightString", "middle": "drawCentredString"}[shape.anchor]
                printable = "".join(sign if ord(sign) in self.known else "?" for sign in shape.text)
                getattr(self.canvas, draw)(x + shape.x, -(y + shape.y), printable)

    def paint(self, style: dict[str, str]) -> tuple[int, int]:
        fill, stroke = style.get("fill", "none"), style.get("stroke", "none")
        if fill != "none":
            self.canvas.setFillColor(fill)
        if stroke != "none":
            self.canvas.setStrokeColor(stroke)
            self.canvas.setLineWidth(float(style.get("stroke-width", 1)))
            self.canvas.setDash(
                *([float(part) for part in dash.split()] if (dash := style.get("stroke-dasharray")) else [])
            )
        return int(fill != "none"), int(stroke != "none")


def _font(file: str) -> str | None:
    try:
        import reportlab
    except ImportError:
        return None
    path = os.path.join(os.path.dirname(reportlab.__file__), "fonts", file)
    return path if os.path.isfile(path) else None
