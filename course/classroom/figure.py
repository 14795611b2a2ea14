"""Show a plot as a picture, with a sentence that describes it."""

import base64
import html
import io
import logging
from typing import TYPE_CHECKING

from course.classroom.card import Card

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# A side effect of the import: in its first run on a machine, matplotlib
# would warn below the learner's cell that it builds its font cache.
logging.getLogger("matplotlib").setLevel(logging.ERROR)

# Black on white, which JupyterLab's dark theme turns round: the hue of a
# colour stays. Elsewhere, and in a notebook that was not run yet, the picture
# is shown as it was drawn.
DARK = (
    '<style>[data-jp-theme-light="false"] img.plot '
    "{ filter: invert(0.9) hue-rotate(180deg) }</style>"
)


def show_plot(figure: "Figure", alt: str) -> None:
    """Display a figure together with its alt text.

    A screen reader, a terminal and a web page without pictures show the alt
    text. Make the figure with `matplotlib.figure.Figure`: the notebook would
    display a figure of pyplot's a second time.

    Args:
        figure: the figure to draw, as PNG.
        alt: what can be seen in it, in 20 to 250 characters.

    Raises:
        ValueError: the alt text is missing, too short or too long.
    """
    alt = " ".join(alt.split())
    if not 20 <= len(alt) <= 250:
        raise ValueError(
            f"describe the plot in 20 to 250 characters, not by {alt!r}"
        )
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=96, bbox_inches="tight")
    data = base64.b64encode(picture.getvalue()).decode("ascii")
    source = f"data:image/png;base64,{data}"
    shown = f'<img class="plot" alt="{html.escape(alt)}" src="{source}">'
    Card(alt, f"{DARK}{shown}").show()
