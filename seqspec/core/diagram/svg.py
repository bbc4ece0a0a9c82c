"""A picture as shapes at places, in pixels, and as SVG, which loads nothing from anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

from seqspec.core.diagram import theme as themes
from seqspec.core.diagram.theme import Theme
from seqspec.core.output.text import visible


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle with rounded corners."""

    x: float
    y: float
    width: float
    height: float
    style: str
    radius: float = 0


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of text; `y` is its baseline."""

    x: float
    y: float
    text: str
    style: str
    anchor: Literal["start", "end", "middle"] = "start"


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line from point to point; a closed one is filled."""

    points: tuple[tuple[float, float], ...]
    style: str
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """Shapes at a place; `title` is what a viewer shows while the pointer is on them."""

    x: float
    y: float
    shapes: tuple[Shape, ...]
    title: str = ""


Shape = Rect | TextLine | Stroke | Placed


@dataclass(slots=True)
class Scene:
    """The picture; `title` and `description` are for readers who do not see it."""

    width: float
    height: float
    title: str
    description: str
    shapes: list[Shape] = field(default_factory=list)


def svg(scene: Scene, theme: Theme = "auto") -> str:
    """The picture with a style sheet, for browsers, editors and documents.

    Args:
        scene: The picture.
        theme: The colours; `"auto"` follows the viewer's scheme.
    """
    head = f"<style>{themes.rules(theme)}</style>"
    return _whole(scene, head, _SvgWriter(None, "", ""))


def plain_svg(scene: Scene, dark: bool, sans: str, mono: str) -> str:
    """The picture with attributes instead of a style sheet, for converters.

    Args:
        scene: The picture.
        dark: Whether it has dark colours.
        sans: The font of text.
        mono: The font of names and shapes.
    """
    return _whole(scene, "", _SvgWriter(dark, sans, mono))


def _whole(scene: Scene, head: str, writer: _SvgWriter) -> str:
    width, height = _number(scene.width), _number(scene.height)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label={_quoted(scene.title)}>'
        f"<title>{_text(scene.title)}</title><desc>{_text(scene.description)}</desc>{head}"
        f"{''.join(writer.all(scene.shapes))}</svg>\n"
    )


@dataclass(eq=False)
class _SvgWriter:
    dark: bool | None
    sans: str
    mono: str

    def all(self, shapes: Iterable[Shape]) -> Iterator[str]:
        for shape in shapes:
            if isinstance(shape, Placed):
                title = f"<title>{_text(shape.title)}</title>" if shape.title else ""
                transform = f"translate({_number(shape.x)} {_number(shape.y)})"
                yield f'<g transform="{transform}">{title}{"".join(self.all(shape.shapes))}</g>'
            elif isinstance(shape, Rect):
                yield (
                    f'<rect x="{_number(shape.x)}" y="{_number(shape.y)}" width="{_number(shape.width)}" '
                    f'height="{_number(shape.height)}" rx="{_number(shape.radius)}"{self.style(shape.style)}/>'
                )
            elif isinstance(shape, TextLine):
                anchor = "" if shape.anchor == "start" else f' text-anchor="{shape.anchor}"'
                yield (
                    f'<text x="{_number(shape.x)}" y="{_number(shape.y)}"{anchor}{self.style(shape.style, True)}>'
                    f"{_text(shape.text)}</text>"
                )
            else:
                path = "L".join(f"{_number(x)} {_number(y)}" for x, y in shape.points)
                yield f'<path d="M{path}{"z" if shape.closed else ""}"{self.style(shape.style)}/>'

    def style(self, name: str, text: bool = False) -> str:
        if self.dark is None:
            return f' class="{name}"'
        attributes = themes.attributes(name, self.dark, self.mono)
        if text:
            attributes = {"font-family": self.sans, **attributes}
        return "".join(f" {key}={_quoted(value)}" for key, value in attributes.items())


def _text(content: str) -> str:
    return "\n".join(escape(visible(line)) for line in content.split("\n"))


def _quoted(content: str) -> str:
    return quoteattr(visible(content))


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
