"""Plots that everybody can read: a picture, and a sentence that says it."""

import base64
import html
import io
import logging
from typing import TYPE_CHECKING

from course.classroom.card import Card

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# On a first run matplotlib announces that it builds its font cache.
logging.getLogger("matplotlib").setLevel(logging.ERROR)


def show_plot(figure: "Figure", alt: str) -> None:
    """Display a figure together with a sentence that says what it shows.

    A screen reader, a terminal and a web page without pictures get the
    sentence. Make the figure with `matplotlib.figure.Figure`, which is not
    shown a second time as pyplot's are.

    Args:
        figure: what to draw.
        alt: what can be seen in it, in 20 to 250 characters.

    Raises:
        ValueError: the sentence is missing, too short or too long.
    """
    alt = " ".join(alt.split())
    if not 20 <= len(alt) <= 250:
        raise ValueError(
            f"say what the plot shows in 20 to 250 characters: {alt!r}"
        )
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=96, bbox_inches="tight")
    data = base64.b64encode(picture.getvalue()).decode("ascii")
    source = f"data:image/png;base64,{data}"
    Card(alt, f'<img alt="{html.escape(alt)}" src="{source}">').show()
