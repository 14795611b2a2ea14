"""A tree, drawn in characters and as lists within lists."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from course.classroom.card import Card


@dataclass(frozen=True)
class Branch:
    """A line of a tree, and the branches that hang from it."""

    label: str
    below: tuple["Branch", ...] = ()


def draw(tree: Branch) -> Card:
    """Draw a tree as text, and as HTML that says the same."""
    branches = "".join(map(item, tree.below))
    return Card(
        "\n".join([tree.label, *rows(tree.below)]),
        '<figure style="margin: 0">'
        f"<figcaption><code>{escape(tree.label)}</code></figcaption>"
        f"<ul>{branches}</ul></figure>",
    )


def rows(branches: tuple[Branch, ...], margin: str = "") -> Iterator[str]:
    """Write a line for each branch, with lines that lead to it."""
    for number, branch in enumerate(branches, 1):
        is_last = number == len(branches)
        yield f"{margin}{'└── ' if is_last else '├── '}{branch.label}"
        yield from rows(branch.below, margin + ("    " if is_last else "│   "))


def item(branch: Branch) -> str:
    """Write a branch as an item, the branches below it as its list."""
    below = "".join(map(item, branch.below))
    inner = f"<ul>{below}</ul>" if below else ""
    return f"<li><code>{escape(branch.label)}</code>{inner}</li>"
