"""nbval's comparison of outputs, for use outside of pytest.

The weave keeps a stored output unless nbval would call the new one
different; both must judge alike, so the methods are nbval's own.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nbformat import from_dict
from nbval.plugin import (
    IPyNbCell,
    coalesce_streams,
    get_sanitize_patterns,
    nocolors,
)

Outputs = Iterable[dict[str, Any]]


class Comparison:
    """Compares the outputs of two runs of a cell; masks are applied first.

    Args:
        masks: a file as `--nbval-sanitize-with` takes it: what matches a
            `regex:` line is replaced before the texts are compared.
    """

    # What nbval's collector for notebooks leaves out of account.
    skip_compare = (
        "metadata",
        "traceback",
        "prompt_number",
        "output_type",
        "name",
        "execution_count",
        "application/vnd.jupyter.widget-view+json",
        "image/png",
        "image/jpeg",
    )
    colors = nocolors
    sanitize = IPyNbCell.sanitize
    compare_outputs = IPyNbCell.compare_outputs

    def __init__(self, masks: Path) -> None:
        text = masks.read_text(encoding="utf-8")
        self.sanitize_patterns = dict(get_sanitize_patterns(text))
        self.parent = self  # where nbval's methods look for both attributes
        self.comparison_traceback: list[str] = []

    def format_output_compare(
        self, key: str, left: object, right: object
    ) -> None:
        """Word no difference, as nbval does with pytest's help."""

    def same(self, new: Outputs, stored: Outputs) -> bool:
        """Whether nbval would accept the new outputs in place of stored."""
        return bool(self.compare_outputs(joined(new), joined(stored)))


def joined(outputs: Outputs) -> list[Any]:
    """Copy outputs, with what one stream wrote in pieces made one text."""
    copies = [from_dict(dict(output)) for output in outputs]
    merged: list[Any] = coalesce_streams(copies)
    return merged
