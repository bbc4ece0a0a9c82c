"""A picture as shapes at places, in pixels; `svg.py` writes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


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
