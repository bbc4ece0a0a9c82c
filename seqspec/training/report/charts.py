"""Charts and parallel coordinates as SVG inside a page, without a script or a package."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from html import escape
from typing import Literal, NamedTuple

_WIDTH, _HEIGHT = 360.0, 240.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 12.0, 28.0, 40.0
_MAX_NAME = 9
"""Characters of a name at an axis."""
_MAX_POINTS = 1000
"""Points of a line that are drawn; of more, every n-th."""

Point = tuple[float, float]


class Line(NamedTuple):
    """A line of a chart: its name, and its points in the units of the axes.

    `style` is "line", "dots" or "thin", for one of many lines; `titles` are shown over the points, and `color` is the
    number of a color, by default that of the line.
    """

    name: str
    points: Sequence[Point]
    style: Literal["line", "dots", "thin"] = "line"
    titles: Sequence[str] = ()
    color: int | None = None


class Axis(NamedTuple):
    """An axis: its label, its range (None for that of the points), and whether it is logarithmic.

    On an axis with `names`, a value is the index of one; one of integers has no ticks between them. `ticks` are values
    with their texts, in place of round values.
    """

    label: str
    range: tuple[float, float] | None = None
    log: bool = False
    names: Sequence[str] = ()
    integer: bool = False
    ticks: Sequence[tuple[float, str]] = ()


class Chart(NamedTuple):
    """A chart of lines or of single points.

    `marks` are vertical lines with a label; `diagonal` draws the line y = x.
    """

    title: str
    x: Axis
    y: Axis
    lines: Sequence[Line]
    scattered: bool = False
    marks: Sequence[tuple[float, str]] = ()
    diagonal: bool = False


def chart_svg(chart: Chart) -> str:
    """The chart as an `<svg>` element; points that are not finite are left out."""
    lines = [_finite(line, chart) for line in chart.lines]
    points = [point for line in lines for point in line.points]
    x = Scale(chart.x, [point[0] for point in points], _LEFT, _WIDTH - _RIGHT)
    y = Scale(chart.y, [point[1] for point in points], _HEIGHT - _BOTTOM, _TOP)
    parts = [
        f'<svg class="chart" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" aria-label="{escape(chart.title)}">',
        f'<text class="title" x="{_LEFT:g}" y="15">{escape(chart.title)}</text>',
    ]
    for value in y.ticks():
        parts.append(f'<path class="grid" d="M{_LEFT:g} {y(value):.1f}H{_WIDTH - _RIGHT:g}"/>')
        place = f'x="{_LEFT - 6:g}" y="{y(value) + 4:.1f}" text-anchor="end"'
        parts.append(f'<text class="tick" {place}>{escape(y.text(value))}</text>')
    for value in x.ticks():
        place = f'x="{x(value):.1f}" y="{_HEIGHT - _BOTTOM + 16:g}" text-anchor="middle"'
        parts.append(f'<text class="tick" {place}>{escape(x.text(value))}</text>')
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    label = escape(chart.x.label)
    parts.append(f'<text class="tick" x="{middle:g}" y="{_HEIGHT - 6:g}" text-anchor="middle">{label}</text>')
    if chart.y.label:
        parts.append(
            f'<text class="tick" transform="rotate(-90)" x="{-(_HEIGHT - _BOTTOM + _TOP) / 2:g}" y="11" '
            f'text-anchor="middle">{escape(chart.y.label)}</text>'
        )
    if chart.diagonal:
        low, high = max(x.low, y.low), min(x.high, y.high)
        parts.append(f'<path class="mark" d="M{x(low):.1f} {y(low):.1f}L{x(high):.1f} {y(high):.1f}"/>')
    for value, label in chart.marks:
        path = f"M{x(value):.1f} {_TOP:g}V{_HEIGHT - _BOTTOM:g}"
        parts.append(f'<path class="mark" d="{path}"><title>{escape(label)}</title></path>')
    for number, line in enumerate(lines):
        style = "dots" if chart.scattered or len(line.points) == 1 else line.style
        parts.append(_drawn(line._replace(style=style), x, y, number if line.color is None else line.color))
    return "".join(parts) + "</svg>"


def figures(charts: Sequence[Chart]) -> str:
    """Charts side by side."""
    items = "".join(f"<figure>{chart_svg(chart)}</figure>\n" for chart in charts)
    return f'<div class="charts">\n{items}</div>\n'


def legend(names: Sequence[str]) -> str:
    """The names of lines with their colors; empty for a single one."""
    if len(names) < 2:
        return ""
    items = "".join(f'<span><i class="s{number}"></i>{escape(name)}</span>' for number, name in enumerate(names))
    return f'<p class="legend">{items}</p>'


def _finite(line: Line, chart: Chart) -> Line:
    """The line without points that are not finite, and without some of very many."""
    kept = [
        index
        for index, (a, b) in enumerate(line.points)
        if math.isfinite(a) and math.isfinite(b) and not (chart.x.log and a <= 0) and not (chart.y.log and b <= 0)
    ]
    step = -(-len(kept) // _MAX_POINTS) or 1
    # The last point is the result.
    kept = kept[::step] + (kept[-1:] if step > 1 and (len(kept) - 1) % step else [])
    titles = [line.titles[index] for index in kept] if line.titles else ()
    return line._replace(points=[line.points[index] for index in kept], titles=titles)


def _drawn(line: Line, x: Scale, y: Scale, color: int) -> str:
    points = line.points
    if line.style == "dots":
        titles = [f"<title>{escape(title)}</title>" for title in line.titles] or [""] * len(points)
        dots = "".join(
            f'<circle cx="{x(a):.1f}" cy="{y(b):.1f}" r="2">{title}</circle>' for (a, b), title in zip(points, titles)
        )
        return f'<g class="dots s{color}">{dots}</g>'
    if not points:
        return ""
    kind = "line thin" if line.style == "thin" else "line"
    return f'<path class="{kind} s{color}" d="M{"L".join(f"{x(a):.1f} {y(b):.1f}" for a, b in points)}"/>'


class Scale:
    """From the units of an axis to places in the picture."""

    def __init__(self, axis: Axis, values: Sequence[float], start: float, end: float) -> None:
        self._ticks = dict(axis.ticks)
        self._log, self._names, self._least = axis.log, axis.names, 1.0 if axis.integer else 0.0
        low, high = axis.range or (min(values, default=1.0), max(values, default=10.0))
        if axis.names:
            low, high = -0.5, len(axis.names) - 0.5
            axis = axis._replace(range=(low, high))
        if low == high:
            low, high = (low / 2, high * 2) if axis.log else (low - abs(low or 1) / 10, high + abs(high or 1) / 10)
        elif axis.range is None and not axis.log:
            space = (high - low) * 0.04
            low, high = low - space, high + space
        self.low, self.high = low, high
        self._start, self._end = start, end

    def __call__(self, value: float) -> float:
        low, high = self._unit(self.low), self._unit(self.high)
        return self._start + (self._unit(value) - low) / (high - low) * (self._end - self._start)

    def _unit(self, value: float) -> float:
        return math.log10(value) if self._log else value

    def ticks(self) -> list[float]:
        """About five round values within the range, unless the axis has its own."""
        if self._ticks:
            return list(self._ticks)
        if self._names:
            step = -(-len(self._names) // 8)
            return [float(number) for number in range(0, len(self._names), step)]
        if self._log:
            powers = range(math.ceil(self._unit(self.low)), math.floor(self._unit(self.high)) + 1)
            decades = [10.0**power for power in powers]
            if len(decades) > 2:
                return decades[:: -(-len(decades) // 5)]
            powers = range(math.floor(self._unit(self.low)), math.ceil(self._unit(self.high)) + 1)
            halves = [factor * 10.0**power for power in powers for factor in (1, 2, 5)]
            return [value for value in halves if self.low <= value <= self.high] or [self.low, self.high]
        rough = max((self.high - self.low) / 5, self._least)
        power = 10 ** math.floor(math.log10(rough))
        step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
        first = math.ceil(self.low / step - 1e-9)
        return [number * step for number in range(first, math.floor(self.high / step + 1e-9) + 1)]

    def text(self, value: float) -> str:
        """A value at the axis."""
        if value in self._ticks:
            return self._ticks[value]
        if self._names:
            name = self._names[round(value)]
            return name if len(name) <= _MAX_NAME else f"{name[: _MAX_NAME - 1]}…"
        for factor, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
            if abs(value) >= 10 * factor or (factor > 1e3 and abs(value) >= factor):
                return f"{value / factor:.3g}{unit}"
        return f"{value:.4g}" if abs(value) >= 1000 else f"{value:.3g}" if value else "0"


def integer_ticks(chart: Chart) -> Chart:
    """The chart with a range of integers, such as epochs, on the x axis."""
    numbers = [point[0] for line in chart.lines for point in line.points]
    low, high = min(numbers, default=1.0), max(numbers, default=2.0)
    return chart._replace(x=chart.x._replace(range=(low, max(high, low + 1)), integer=True))


_TALL, _ABOVE, _BELOW, _MARGIN = 290.0, 52.0, 16.0, 64.0
_PAGE, _LEAST = 950.0, 700.0
"""The width of the page, which axes are moved together for, and below which the chart is not scaled down."""
_MAX_SPACING, _MIN_SPACING = 140.0, 62.0
_CHARACTER = 6.8
"""The width of a character of a label."""
_ALTERNATIVE = re.compile(r"[^.\[]*\[([^\]]+)\]\.")


class Coordinate(NamedTuple):
    """An axis, and the value of each line on it; None where a line does not have it."""

    axis: Axis
    values: Sequence[float | None]


def parallel_svg(coordinates: Sequence[Coordinate], titles: Sequence[str], marked: int) -> str:
    """The lines, the best first, which is drawn darkest; the first `marked` are in another color."""
    gaps = max(1, len(coordinates) - 1)
    spacing = min(_MAX_SPACING, max(_MIN_SPACING, (_PAGE - 2 * _MARGIN) / gaps))
    width = 2 * _MARGIN + spacing * gaps
    places = [_MARGIN + spacing * number for number in range(len(coordinates))]
    # The labels are in two rows.
    labels = _short(
        [coordinate.axis.label for coordinate in coordinates], int(min(2 * spacing, 2 * _MARGIN) / _CHARACTER)
    )
    scales = [
        Scale(coordinate.axis, [value for value in coordinate.values if value is not None], _TALL - _BELOW, _ABOVE)
        for coordinate in coordinates
    ]
    parts = [
        f'<svg class="chart parallel" viewBox="0 0 {width:g} {_TALL:g}" style="width:100%;'
        f'min-width:{min(width, max(_LEAST, width - _PAGE / 4)):g}px;max-width:{width:g}px" role="img" '
        'aria-label="parallel coordinates">'
    ]
    faintest = max(0.12, min(0.5, 5 / len(titles)))
    # The best is drawn last, above the others.
    for number in reversed(range(len(titles))):
        shade = 0.8 - (0.8 - faintest) * number / max(1, len(titles) - 1)
        kind = 'class="line s1' if number < marked else f'style="opacity:{shade:.2f}" class="line thin s0'
        line, bridges = _paths([coordinate.values[number] for coordinate in coordinates], scales, places)
        parts.append(f'<path {kind}" d="{line}"><title>{escape(titles[number])}</title></path>')
        if bridges:
            parts.append(f'<path {kind} bridge" d="{bridges}"/>')
    for number, (coordinate, scale, place) in enumerate(zip(coordinates, scales, places)):
        parts.append(f'<path class="axis" d="M{place:g} {_ABOVE:g}V{_TALL - _BELOW:g}"/>')
        parts.append(
            f'<text class="title" x="{place:g}" y="{36 if number % 2 else 18}" text-anchor="middle">'
            f"<title>{escape(coordinate.axis.label)}</title>{escape(labels[number])}</text>"
        )
        for value in scale.ticks():
            text = escape(scale.text(value))
            parts.append(f'<text class="tick halo" x="{place + 5:g}" y="{scale(value) + 4:.1f}">{text}</text>')
    return "".join(parts) + "</svg>"


def _short(labels: Sequence[str], most: int) -> list[str]:
    """Labels of at most so many characters: the last parts of a path that no other one ends with."""
    shortened = []
    for label in labels:
        parts = label.split(".")
        ends = (".".join(parts[-count:]) for count in range(1, len(parts) + 1))
        own = (
            label
            if len(label) <= most
            else next(end for end in ends if end == label or sum(label.endswith(end) for label in labels) == 1)
        )
        if len(own) > most:
            # `optimizer[Adam].learning_rate` is `Adam learning_rate`.
            own = _ALTERNATIVE.sub(r"\1 ", own)
        shortened.append(own if len(own) <= most else f"…{own[1 - most :]}")
    return shortened


def _paths(values: Sequence[float | None], scales: Sequence[Scale], places: Sequence[float]) -> tuple[str, str]:
    """The line, and what bridges the axes that it has no value on."""
    line, bridges, last, before = "", "", -1, ""
    for number, (value, scale, place) in enumerate(zip(values, scales, places)):
        if value is None:
            continue
        point = f"{place:g} {scale(value):.1f}"
        if last >= 0 and last < number - 1:
            bridges += f"M{before}L{point}"
        # A single value between two gaps is a short line.
        line += f"L{point}" if 0 <= last == number - 1 else f"M{place - 4:g} {scale(value):.1f}L{point}"
        last, before = number, point
    return line, bridges
