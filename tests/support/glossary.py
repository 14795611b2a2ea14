"""The glossary, and where the chapters' prose uses its terms."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from course.upkeep.notebook import Notebook, is_navigation, source

ROW = re.compile(
    r"^\| (?P<term>[^|]+?) \| (?P<chapter>\w+) \| (?P<meaning>[^|]+?) \|$",
    re.MULTILINE,
)
# Code blocks, inline code, folds, HTML tags and the targets of links.
NO_PROSE = re.compile(
    r"^```.*?^```|`[^`\n]+`|<details>.*?</details>|<[^>]+>|\]\([^)\s]+\)",
    re.DOTALL | re.MULTILINE,
)
ITALICS = re.compile(r"(?<![*\w])\*(?P<text>[^*\s][^*]*)\*(?!\*)")


@dataclass(frozen=True)
class Term:
    """A row: `Term("rate limit", "ch04", "how many requests a …")`."""

    term: str
    chapter: str
    meaning: str

    def __str__(self) -> str:
        return self.term

    @property
    def pattern(self) -> re.Pattern[str]:
        """Matches the whole term in a text, singular or plural."""
        *words, last = map(re.escape, self.term.split())
        if last.endswith("y"):
            last = f"{last[:-1]}(?:y|ies)"
        else:
            last = f"{last}(?:s|es)?"
        text = r"[\s-]+".join([*words, last])
        return re.compile(rf"(?<![\w-]){text}(?![\w-])", re.IGNORECASE)

    def is_used_in(self, cell_prose: str) -> bool:
        """Whether a cell's prose has the term, in italics or not."""
        return bool(self.pattern.search(cell_prose))

    def is_introduced_in(self, cell_prose: str) -> bool:
        """Whether a cell's prose has the term in italics."""
        found = ITALICS.finditer(cell_prose)
        return any(self.pattern.search(match["text"]) for match in found)


def read_glossary(file: Path) -> list[Term]:
    """Read the rows of the table `| term | introduced in | meaning |`."""
    rows = ROW.finditer(file.read_text(encoding="utf-8"))
    return [
        Term(**row.groupdict())
        for row in rows
        if re.fullmatch(r"ch\d\d", row["chapter"])
    ]


def prose(cell: dict[str, object]) -> str:
    """Return what a Markdown cell says: no code, no folds, no addresses."""
    return prose_in(source(cell))


@cache
def prose_in(text: str) -> str:
    """Leave code, folds and addresses out of a text: once for all terms."""
    return NO_PROSE.sub(" ", text)


def faults(term: Term, chapters: list[Notebook]) -> list[str]:
    """List what is wrong with a term's introduction.

    Args:
        term: a row of the glossary.
        chapters: the notebooks in reading order, side roads left out.

    Returns:
        One line for each fault, which names the notebook and the cell.
    """
    places = [
        (f"{book}, cell {number}", book.chapter.name, prose(cell))
        for book in chapters
        for number, cell in enumerate(book.cells)
        if cell["cell_type"] == "markdown" and not is_navigation(cell)
    ]
    italics = [
        (index, place, chapter)
        for index, (place, chapter, text) in enumerate(places)
        if term.is_introduced_in(text)
    ]
    if not italics:
        return [f"*{term}* is nowhere in italics, not even in {term.chapter}"]
    first, place, chapter = italics[0]
    found = [
        f"{where}: *{term}* is in italics again, after {place}"
        for _, where, _ in italics[1:]
    ]
    if chapter != term.chapter:
        found.append(
            f"{place}: *{term}* is introduced here; the glossary says "
            f"{term.chapter}"
        )
    found += [
        f"{where}: uses {term.term!r}, which {place} introduces"
        for where, _, text in places[:first]
        if term.is_used_in(text)
    ]
    return found
