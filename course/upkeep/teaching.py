"""The teacher's pages in `rooms/teaching/`: their generated parts.

A page is written by hand, except for its blocks between two comments:

    <!-- run sheet -->
    …
    <!-- end -->

`python -m course.upkeep teaching` writes these blocks anew. They depend on the
notebooks, on `verdicts.json`, which tests compare with what the exercises
say, and on `runs.json`, the seconds that Run All took where it was measured.
Nothing in them depends on the machine that writes them.
"""

import json
import math
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course.chapters import chapters
from course.classroom.kernel import fresh_kernel, run_queued
from course.progress import code_word, posed
from course.upkeep.notebook import Notebook, code_lines, source

RENEW = "COURSE_VERDICTS"  # with it, the tests write the verdicts they see
BLOCK = re.compile(
    r"<!-- (?P<name>[a-z ]+) -->\n(?P<text>.*?)<!-- end -->", re.DOTALL
)
SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
EXERCISE = re.compile(r"^### (Exercise .+)$", re.MULTILINE)
FOLD = re.compile(r"<details>.*?</details>", re.DOTALL)
CALL = re.compile(r"^(predict|check)\(", re.MULTILINE)
# The rule for minutes. A teacher reads prose aloud and comments on it, walks
# through code, and lets the room predict and practise.
WORDS_A_MINUTE = 100
LINES_A_MINUTE = 12
MINUTES = {"predict": 2, "check": 8}
BROWSE = 8  # verdicts that a page shows before it folds the others
SILENCE = 60.0  # seconds after which a kernel counts as lost


class TeachingError(Exception):
    """A page cannot be written; the message says what to do."""


@dataclass(frozen=True)
class Plan:
    """A course of some length, as the chapters and sections that fit.

    `chapters` maps a chapter's name to the sections that are taught, or to
    None for all. `cut` says what goes first if time runs out.
    """

    title: str
    hours: float
    chapters: dict[str, tuple[str, ...] | None]
    cut: str


PLANS = (
    Plan(
        "Two hours",
        2,
        {
            "ch00": None,
            "ch01": (
                "Read a token",
                "Sign a token",
                "Verify a token: two attacks",
                "Give it a time to end",
                "Key points",
            ),
            "ch04": (
                "The first token",
                "A login is a form",
                "One answer, in one time",
                "The key makes anyone any user",
                "Key points",
            ),
        },
        'chapter 4\'s "A login is a form", then the end of chapter 1',
    ),
    Plan(
        "Half a day",
        4,
        {
            "ch00": None,
            "ch02": (
                "A table is stolen",
                "Make every guess slow",
                "What bcrypt cannot take",
                "Key points",
            ),
            "ch03": None,
            "ch04": (
                "The first token",
                "A login is a form",
                "One answer, in one time",
                "The key makes anyone any user",
                "One login must not stall the others",
                "The whole app",
                "Practice",
                "Key points",
            ),
        },
        'chapter 2\'s "What bcrypt cannot take", then exercise 4.3',
    ),
    Plan(
        "Two days",
        12,
        {
            "ch00": None,
            "ch01": None,
            "ch02": None,
            "ch03": None,
            "ch04": None,
            "ch06": None,
            "ch08": None,
            "ch10": (
                "The rules of the lab",
                "The service, its keys and its tokens",
                "One check is not enough",
                "Attack one: the token chooses the algorithm",
                "Attack two: the token chooses the key",
                "All attacks, row by row",
                "Practice",
                "Key points",
            ),
        },
        'chapter 10 down to one attack, then chapter 8\'s "Log out" and what '
        "follows it, then the third exercise of each chapter",
    ),
)


@dataclass
class Part:
    """A section of a notebook, with what there is to say, read and do."""

    title: str
    words: int = 0
    lines: int = 0
    calls: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(MINUTES, 0)
    )

    @property
    def minutes(self) -> int:
        """How long it takes to teach, by the rule above, rounded up."""
        doing = sum(MINUTES[call] * n for call, n in self.calls.items())
        talking = self.words / WORDS_A_MINUTE + self.lines / LINES_A_MINUTE
        return math.ceil(talking + doing)


def parts(notebook: Notebook) -> list[Part]:
    """Divide a notebook at its second-level headings; the first is "Opening".

    Folded text, such as solutions, and the cells of links do not count.
    """
    found = [Part("Opening")]
    for cell in notebook.cells:
        text = source(cell)
        if cell["cell_type"] == "code":
            found[-1].lines += code_lines(text)
            for call in CALL.findall(text):
                found[-1].calls[call] += 1
        elif not cell["metadata"].get("tags"):
            before, *sections = SECTION.split(FOLD.sub("", text))
            found[-1].words += len(before.split())
            titles, texts = sections[::2], sections[1::2]
            for title, words in zip(titles, texts, strict=True):
                found.append(Part(title, len(words.split())))
    return found


def folder(root: Path) -> Path:
    """Return the folder of the pages, `rooms/teaching/`."""
    return root / "rooms" / "teaching"


def kept(root: Path, name: str) -> dict[str, Any]:
    """Read `verdicts.json` or `runs.json`; nothing where it is missing."""
    path = folder(root) / f"{name}.json"
    if not path.exists():
        return {}
    table: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return table


def keep(root: Path, name: str, key: str, value: object) -> None:
    """Set one entry of `verdicts.json` or `runs.json`."""
    table = {**kept(root, name), key: value}
    text = json.dumps(table, ensure_ascii=False, indent=1, sort_keys=True)
    path = folder(root) / f"{name}.json"
    path.write_text(f"{text}\n", encoding="utf-8", newline="\n")


def taught(root: Path) -> list[Notebook]:
    """List the notebooks that have a page: the numbered chapters."""
    return [
        Notebook(chapter.notebook)
        for chapter in chapters(root)
        if chapter.number is not None and chapter.notebook.exists()
    ]


def write_pages(root: Path) -> list[Path]:
    """Write all blocks anew; return the pages that changed.

    Raises:
        TeachingError: a chapter has no page, or a page a block too few.
    """
    changed = []
    for path, text in pages(root):
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
            changed.append(path)
    return changed


def pages(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield each page's path and its text as it should be.

    Raises:
        TeachingError: a chapter has no page, or a page a block too few.
    """
    books = taught(root)
    yield filled(folder(root) / "README.md", course_blocks(root, books))
    yield filled(
        folder(root) / "progress.md", {"code words": lambda: words(books)}
    )
    for book in books:
        yield filled(book.chapter.teaching, chapter_blocks(root, book))


Blocks = dict[str, Callable[[], str]]


def filled(path: Path, blocks: Blocks) -> tuple[Path, str]:
    """Put the blocks into a page, each between its comments.

    Raises:
        TeachingError: the page, or one of its blocks, is missing.
    """
    if not path.exists():
        raise TeachingError(
            f"{path} is missing: copy the page of another chapter, and write "
            "its questions and its stumbling blocks."
        )
    text = path.read_text(encoding="utf-8")
    names = [match["name"] for match in BLOCK.finditer(text)]
    if sorted(names) != sorted(blocks):
        raise TeachingError(
            f"{path.name} has the blocks {sorted(names)}, and needs "
            f"{sorted(blocks)}."
        )
    return path, BLOCK.sub(
        lambda match: (
            f"<!-- {match['name']} -->\n"
            f"{blocks[match['name']]()}\n<!-- end -->"
        ),
        text,
    )


def course_blocks(root: Path, books: Sequence[Notebook]) -> Blocks:
    """Give the course's page its plans and its table of chapters."""
    return {
        "plans": lambda: "\n\n".join(plan(each, books) for each in PLANS),
        "chapters": lambda: table_of_chapters(root, books),
        "rule": rule,
    }


def chapter_blocks(root: Path, book: Notebook) -> Blocks:
    """Give a chapter's page what its notebook says."""
    return {
        "objectives": lambda: objectives(book),
        "run sheet": lambda: run_sheet(root, book),
        "exercises": lambda: exercises(root, book),
        "checkpoint": lambda: checkpoint(book),
    }


def rule() -> str:
    """Say how the minutes are calculated."""
    return (
        f"A minute is {WORDS_A_MINUTE} words of prose, read aloud and "
        f"commented on, or {LINES_A_MINUTE} lines of code, walked through. A "
        f"prediction takes {MINUTES['predict']} minutes, and an exercise "
        f"{MINUTES['check']}. Folded text is left out. A room that has never "
        "seen FastAPI needs half as much again. The seconds of Run All were "
        "measured on a machine with two cores."
    )


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Write a Markdown table; a `|` in a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        f"| {' | '.join(escaped(cell) for cell in line)} |" for line in lines
    )


def escaped(cell: object) -> str:
    """Write a cell of a table on one line."""
    return " ".join(str(cell).split()).replace("|", "\\|")


def plan(each: Plan, books: Sequence[Notebook]) -> str:
    """Describe a plan: chapters, sections, minutes, what to cut first.

    Raises:
        TeachingError: the plan names a section that a chapter has not.
    """
    rows: list[tuple[object, ...]] = []
    total = 0
    by_name = {book.chapter.name: book for book in books}
    for name, titles in each.chapters.items():
        if name not in by_name:
            raise TeachingError(f"{each.title}: there is no chapter {name}.")
        found = parts(by_name[name])
        missing = {*(titles or ())} - {part.title for part in found}
        if missing:
            raise TeachingError(f"{name} has no section {sorted(missing)}.")
        chosen = [
            part for part in found if titles is None or part.title in titles
        ]
        minutes = sum(part.minutes for part in chosen)
        total += minutes
        listed = "all of it" if titles is None else "; ".join(titles)
        rows.append((f"[{name}]({name}.md)", listed, minutes))
    return (
        f"### {each.title}\n\n"
        f"{table(('chapter', 'sections', 'minutes'), rows)}\n\n"
        f"Together {total} minutes of {each.hours * 60:g}; the rest is for "
        f"breaks, questions and machines that do not start. Cut first: "
        f"{each.cut}."
    )


def table_of_chapters(root: Path, books: Sequence[Notebook]) -> str:
    """List the chapters with their minutes, all and without exercises."""
    rows = []
    for book in books:
        found = parts(book)
        minutes = sum(part.minutes for part in found)
        practice = MINUTES["check"] * sum(p.calls["check"] for p in found)
        link = f"[{book.title}]({book.chapter.name}.md)"
        rows.append((link, minutes, minutes - practice, seconds(root, book)))
    head = ("chapter", "minutes", "without exercises", "Run All, seconds")
    return table(head, rows)


def seconds(root: Path, book: Notebook) -> int:
    """Look up how long Run All took.

    Raises:
        TeachingError: this chapter has not been measured.
    """
    measured = kept(root, "runs")
    if book.stem not in measured:
        raise TeachingError(
            f"{book.stem} has not been measured: "
            "python -m course.upkeep teaching --runs"
        )
    return int(measured[book.stem])


def words(books: Sequence[Notebook]) -> str:
    """List the code word of each chapter, with room for names."""
    rows = [
        (book.title, f"**{code_word(book.stem, posed(book.chapter))}**", "")
        for book in books
    ]
    return table(("chapter", "code word", "who has named it"), rows)


def objectives(book: Notebook) -> str:
    """Quote what a learner is able to do after the chapter.

    Raises:
        TeachingError: no prose cell says "You will be able to".
    """
    for cell in book.prose_cells:
        _, found, after = source(cell).partition("**You will be able to**\n")
        if found:
            return after.strip().partition("\n\n")[0]
    raise TeachingError(f"{book} does not say what one will be able to do.")


def run_sheet(root: Path, book: Notebook) -> str:
    """Write the minutes of each section, and when it begins."""
    rows: list[tuple[object, ...]] = []
    begins = 0
    for part in parts(book):
        rows.append(
            (
                f"{begins // 60}:{begins % 60:02}",
                part.minutes,
                part.title,
                part.calls["predict"] or "",
                part.calls["check"] or "",
            )
        )
        begins += part.minutes
    head = ("from", "minutes", "section", "predictions", "exercises")
    return (
        f"{table(head, rows)}\n\n"
        f"In all {begins} minutes. Run All takes {seconds(root, book)} "
        "seconds. [How the minutes are calculated](README.md#the-minutes)."
    )


def exercises(root: Path, book: Notebook) -> str:
    """List the exercises, and what the checks answer to wrong answers.

    Raises:
        TeachingError: the verdicts on an exercise are missing.
    """
    titles = [
        title
        for cell in book.prose_cells
        for title in EXERCISE.findall(source(cell))
    ]
    names = posed(book.chapter)
    verdicts = kept(root, "verdicts")
    missing = [name for name in names if name not in verdicts]
    if missing:
        raise TeachingError(
            f"No verdicts on {missing}: "
            "python -m course.upkeep teaching --verdicts"
        )
    return "\n\n".join(
        f"### {title}\n\n{expected(verdicts[name])}"
        for title, name in zip(titles, names, strict=True)
    )


def expected(verdicts: Sequence[dict[str, str]]) -> str:
    """Write a table of verdicts, the long tail and the code folded."""
    rows = [(entry["given"], entry["why"]) for entry in verdicts]
    head = ("tried on", "what the verdict says")
    found = [table(head, rows[:BROWSE])]
    if tail := rows[BROWSE:]:
        more = table(head, tail)
        found.append(fold(f"{len(tail)} further verdicts", more))
    codes = [
        f"{entry['why']}\n\n```python\n{entry['code']}\n```"
        for entry in verdicts
        if "code" in entry
    ]
    if codes:
        title = "Answers that look right, and their verdicts"
        found.append(fold(title, "\n\n".join(codes)))
    return "\n\n".join(found)


def fold(summary: str, text: str) -> str:
    """Hide a text behind its summary."""
    return f"<details>\n<summary>{summary}</summary>\n\n{text}\n\n</details>"


def checkpoint(book: Notebook) -> str:
    """Say how a learner who fell behind joins again."""
    name = book.chapter.name
    return (
        "Nothing of an earlier chapter has to be finished, or even run: the "
        f"first cells import it. A learner who fell behind runs "
        f"`python -m course open {name}` and starts with the room. A notebook "
        f"that no longer works: `python -m course reset {name}`."
    )


def measure(root: Path) -> None:
    """Run all notebooks, and keep how many seconds each took."""
    for book in taught(root):
        cells = list(map(source, book.code_cells))
        with fresh_kernel(book.path.parent) as client:
            answers = run_queued(client, cells, SILENCE)
        took = math.ceil(sum(answer.seconds for answer in answers))
        keep(root, "runs", book.stem, took)
        print(f"{book.stem}: {took} s", flush=True)


def renew_verdicts(root: Path) -> None:
    """Let the tests judge every wrong answer, and keep what they see.

    Raises:
        TeachingError: a test failed.
    """
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-n0"),
            *("--all", "-k", "quotes", "tests/practice/test_exercises.py"),
        ],
        cwd=root,
        env={**os.environ, RENEW: "1"},
        check=False,
    )
    if done.returncode:
        raise TeachingError("The verdicts could not be renewed: see above.")
