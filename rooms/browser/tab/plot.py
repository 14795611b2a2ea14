"""A plot with a logarithmic axis, drawn as SVG, for lack of matplotlib.

`Figure` has the names of matplotlib's that chapter 2 calls, and no others:
a call of any other one raises, so nothing is drawn wrong.
"""

import base64
import math
from collections.abc import Sequence
from html import escape
from typing import Any

from course.classroom.card import Card

DPI = 96
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 20, 50  # margins in pixels
DARK = (
    '<style>[data-jp-theme-light="false"] img.plot '
    "{ filter: invert(0.9) hue-rotate(180deg) }</style>"
)


class Axes:
    """What is drawn: points over a logarithmic y axis, lines and labels."""

    def __init__(self, size: tuple[float, float]) -> None:
        self._width, self._height = size[0] * DPI, size[1] * DPI
        self._points: list[tuple[float, float]] = []
        self._levels: list[float] = []
        self._labels: list[tuple[float, float, str]] = []
        self._names = {"xlabel": "", "ylabel": ""}
        self._ticks: Sequence[float] = ()

    def semilogy(
        self, x: Sequence[float], y: Sequence[float], _: str, *, color: str
    ) -> None:
        """Join points by a line; y is positive."""
        self._points = list(zip(x, y, strict=True))

    def axhline(self, y: float, *, linestyle: str, color: str) -> None:
        """Draw a dashed line at a height."""
        self._levels.append(y)

    def text(self, x: float, y: float, text: str) -> None:
        """Write a label, its lower left corner at a point."""
        self._labels.append((x, y, text))

    def set(
        self, *, xlabel: str, ylabel: str, xticks: Sequence[float]
    ) -> None:
        """Name the axes, and mark some values of x."""
        self._names = {"xlabel": xlabel, "ylabel": ylabel}
        self._ticks = xticks

    def svg(self) -> str:
        """Draw: an SVG document."""
        xs = [x for x, _ in self._points]
        ys = [y for _, y in self._points] + self._levels
        low, high = math.floor(log(min(ys))), math.ceil(log(max(ys)))
        left, right = min(xs), max(xs)
        bottom = self._height - BOTTOM

        def at(x: float, y: float) -> tuple[float, float]:
            along = (x - left + 0.4) / (right - left + 0.8)
            up = (log(y) - low) / (high - low)
            return (
                LEFT + along * (self._width - LEFT - RIGHT),
                bottom - up * (bottom - TOP),
            )

        edge = self._width - RIGHT
        parts = [
            f'<path d="M{LEFT} {TOP}V{bottom}H{edge}" {STROKE}/>',
            *(label(at(*p[:2]), p[2]) for p in self._labels),
        ]
        for y in self._levels:
            height = at(left, y)[1]
            parts.append(
                f'<path d="M{LEFT} {height:.0f}H{edge}" {STROKE} '
                'stroke-dasharray="6 4"/>'
            )
        for exponent in range(low, high + 1):
            height = at(left, 10.0**exponent)[1]
            parts.append(label((10, height + 4), f"{10.0**exponent:g}"))
            parts.append(f'<path d="M{LEFT - 5} {height:.0f}h5" {STROKE}/>')
        for x in self._ticks:
            place = at(x, 10.0**low)[0]
            parts.append(label((place - 4, bottom + 18), f"{x:g}"))
        line = " ".join(f"{x:.0f},{y:.0f}" for x, y in self._spots(at))
        parts.append(f'<polyline points="{line}" {STROKE}/>')
        parts += [
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="4"/>'
            for x, y in self._spots(at)
        ]
        parts.append(
            label((self._width / 2, bottom + 40), self._names["xlabel"])
        )
        parts.append(label((10, 14), self._names["ylabel"]))
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" '
            f'width="{self._width:.0f}" height="{self._height:.0f}" '
            'font-family="sans-serif" font-size="13">'
            f'<rect width="100%" height="100%" fill="white"/>'
            f"{''.join(parts)}</svg>"
        )

    def _spots(self, at: Any) -> list[tuple[float, float]]:  # noqa: ANN401
        """Return where the points are, in pixels."""
        return [at(x, y) for x, y in self._points]


STROKE = 'fill="none" stroke="black"'


def log(value: float) -> float:
    return math.log10(value)


def label(place: tuple[float, float], text: str) -> str:
    """Write a text at a place in pixels."""
    x, y = place
    return f'<text x="{x:.0f}" y="{y:.0f}">{escape(text)}</text>'


class Figure:
    """In place of `matplotlib.figure.Figure`, with one pair of axes."""

    def __init__(self, figsize: tuple[float, float]) -> None:
        self._axes = Axes(figsize)

    def subplots(self) -> Axes:
        """Return the axes to draw on."""
        return self._axes

    def svg(self) -> str:
        """Draw: an SVG document."""
        return self._axes.svg()


def show_plot(figure: Figure, alt: str) -> None:
    """Display a figure as SVG; see `course.classroom.figure.show_plot`."""
    alt = " ".join(alt.split())
    data = base64.b64encode(figure.svg().encode()).decode("ascii")
    source = f"data:image/svg+xml;base64,{data}"
    shown = f'<img class="plot" alt="{escape(alt)}" src="{source}">'
    Card(alt, f"{DARK}{shown}").show()
