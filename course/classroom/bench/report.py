"""The report of the attack bench: a summary, a table, and what to do."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

from course.classroom.card import (
    AMBER,
    GREEN,
    NO_MATH,
    to_html,
    wrap,
)

# A verdict in capitals is a fault.
REFUSED, ACCEPTED, CRASHED = "refused", "ACCEPTED", "CRASHED"
KEPT, BROKEN, NOT_TRIED = "kept", "BROKEN", "not tried"
FAULTS = (ACCEPTED, CRASHED, BROKEN)


@dataclass(frozen=True)
class Row:
    """One row of the report.

    Attributes:
        verdict: `refused`, `ACCEPTED` or `CRASHED` for what must be refused;
            `kept` or `BROKEN` for a rule; `not tried`.
        attack: what was sent, or which rule was looked at.
        answer: what the app answered, such as `401`, or why nothing was sent.
        remedy: why a fault matters and what to do.
        rule: where it is written: `RFC 8725 §3.1`.
    """

    verdict: str
    attack: str
    answer: str
    remedy: str
    rule: str

    @property
    def is_fault(self) -> bool:
        """Whether the row says that something must be mended."""
        return self.verdict in FAULTS


@dataclass(frozen=True, repr=False)
class Report:
    """What the attack bench found, as text and as HTML that says the same.

    Attributes:
        target: the app, and how it was reached.
        rows: all rows, in the order in which they were tried.
    """

    target: str
    rows: tuple[Row, ...]

    @property
    def accepted(self) -> list[Row]:
        """The attacks that succeeded."""
        return [row for row in self.rows if row.verdict == ACCEPTED]

    @property
    def faults(self) -> list[Row]:
        """All rows that say that something must be mended."""
        return [row for row in self.rows if row.is_fault]

    @property
    def tried(self) -> list[Row]:
        """All rows but those that could not be tried."""
        return [row for row in self.rows if row.verdict != NOT_TRIED]

    def verdict(self, attack: str) -> str:
        """Return the verdict of the row with this attack.

        Raises:
            KeyError: there is no such row.
        """
        return {row.attack: row.verdict for row in self.rows}[attack]

    def summary(self) -> str:
        """Say in a sentence how many rows have which verdict."""
        verdicts = [row.verdict for row in self.rows]
        counts = [
            f"{verdicts.count(verdict)} {verdict}"
            for verdict in (REFUSED, KEPT, *FAULTS, NOT_TRIED)
            if verdict in verdicts
        ]
        return f"{self.target}: {', '.join(counts)}."

    def advice(self) -> list[str]:
        """Say for each fault why it matters, and what to do."""
        return [
            f"{row.verdict}: {row.attack} ({row.rule}). {row.remedy}"
            for row in self.faults
        ]

    def gaps(self) -> list[str]:
        """Say what was not tried, and why."""
        names: dict[str, list[str]] = {}
        for row in self.rows:
            if row.verdict == NOT_TRIED:
                names.setdefault(row.answer, []).append(row.attack)
        if not self.tried:
            return [f"Nothing was tried, because {' and '.join(names)}."]
        return [
            f"Not tried, because {reason}: {'; '.join(attacks)}."
            for reason, attacks in names.items()
        ]

    def __repr__(self) -> str:
        """Write the summary, the table, and the advice."""
        width = max((len(row.attack) for row in self.tried), default=0)
        table = [
            f"{row.verdict:<9} {row.attack:<{width}} {row.answer}".rstrip()
            for row in self.tried
        ]
        indented = (
            [wrap(text, "    ") for text in texts]
            for texts in (table, self.advice(), self.gaps())
        )
        parts = [[wrap(self.summary())], *indented]
        return "\n\n".join("\n".join(part) for part in parts if part)

    def _repr_html_(self) -> str:
        """Write the same as HTML, the table with a header."""
        colour = AMBER if self.faults else GREEN
        heads = ("verdict", "attack or rule", "answer")
        texts = self.advice() + self.gaps()
        advice = "".join(f"<li>{to_html(text)}</li>" for text in texts)
        return (
            f'<div class="{NO_MATH}" style="border-left: 4px solid {colour}; '
            'padding-left: 12px; overflow-wrap: anywhere">'
            f"<p><strong>{html.escape(self.summary())}</strong></p>"
            f"<table><thead>{cells(heads, 'th')}</thead><tbody>"
            f"{''.join(map(row_in_html, self.tried))}</tbody></table>"
            f"{advice and f'<ul>{advice}</ul>'}</div>"
        )


def cells(texts: Sequence[str], tag: str) -> str:
    """Write a table's row: `th` for its header, `td` for the others."""
    scope = ' scope="col"' if tag == "th" else ""
    style = "text-align: left; vertical-align: top"
    written = "".join(
        f'<{tag}{scope} style="{style}">{html.escape(text)}</{tag}>'
        for text in texts
    )
    return f"<tr>{written}</tr>"


def row_in_html(row: Row) -> str:
    """Write a row of the table."""
    return cells((row.verdict, row.attack, row.answer), "td")
