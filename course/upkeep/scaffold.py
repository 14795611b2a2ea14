"""A new chapter: `python -m course.upkeep new-chapter 7 database`.

Writes everything that a chapter consists of, as a small working sample whose
parts are then rewritten one by one. The texts are in `templates/`; `$name`
and its like are filled in.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Template

import nbformat

from course.chapters import Chapter, chapters
from course.upkeep.notebook import Notebook, defined_names
from course.upkeep.weave import fill_navigation, format_files, weave

TEMPLATES = Path(__file__).with_name("templates")


class ScaffoldError(Exception):
    """The chapter cannot be added; the message says why. Nothing changed."""


def new_chapter(number: int, topic: str, root: Path) -> list[Path]:
    """Write a chapter's files, and its lines in files that all share.

    Args:
        number: `7` for ch07.
        topic: the rest of the stem, such as `refresh_logout`.
        root: the course's folder.

    Returns:
        The files that were written or changed.

    Raises:
        ScaffoldError: the topic is no identifier, the number is taken, or no
            earlier chapter has an app to build on, or a `CurrentUser`.
    """
    stem = f"ch{number:02}_{topic}"
    if not (re.fullmatch("[a-z][a-z0-9_]*", topic) and 0 < number < 100):
        raise ScaffoldError(f"{stem!r} is no name for a chapter: chNN_topic")
    known = chapters(root)
    taken = [each for each in known if each.number == number]
    if taken:
        raise ScaffoldError(f"the number is taken, by {taken[0]}")
    chapter = Chapter.of(stem, root)
    earlier = [
        each
        for each in known
        if each.number is not None and each.number < number
    ]
    words = values(
        chapter,
        app=last_with("app", earlier, number),
        user=last_with("CurrentUser", earlier, number),
    )
    texts = dict(own_files(chapter, words)) | dict(shared_files(root, words))
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    write_notebook(chapter, words)
    format_files([*texts, chapter.notebook])
    weave(Notebook(chapter.notebook))
    link_neighbours(chapter)
    return [*texts, chapter.notebook]


def last_with(name: str, earlier: list[Chapter], number: int) -> Chapter:
    """Find the last chapter whose module defines a name, such as `"app"`.

    Chapters define what they change: the last app and the last
    `CurrentUser` may be in two modules.

    Raises:
        ScaffoldError: no chapter before this number does.
    """
    for chapter in reversed(earlier):
        if name in names_of(chapter):
            return chapter
    raise ScaffoldError(f"no chapter before {number} defines `{name}`")


def names_of(chapter: Chapter) -> set[str]:
    """Return the names that a chapter's module defines, if it has one."""
    if not chapter.module.exists():
        return set()
    tree = ast.parse(chapter.module.read_text(encoding="utf-8"))
    return set(defined_names(tree.body))


def values(chapter: Chapter, app: Chapter, user: Chapter) -> dict[str, str]:
    """Return what the templates fill in, by the name they use for it.

    Args:
        chapter: the new chapter.
        app: the chapter whose app it replaces.
        user: the chapter that defines `CurrentUser`.
    """
    topic = chapter.stem.partition("_")[2]
    return {
        "stem": chapter.stem,
        "name": chapter.name,
        "number": str(chapter.number),
        "alias": topic,
        "title": f"Chapter {chapter.number}: {topic.replace('_', ' ')}",
        "app_module": app.stem,
        "user_module": user.stem,
        "replaced": app.name,
    }


def filled(template: str, words: dict[str, str]) -> str:
    """Fill in a template: `filled("story", {"name": "ch07", …})`."""
    text = (TEMPLATES / f"{template}.txt").read_text(encoding="utf-8")
    return Template(text).substitute(words)


def own_files(
    chapter: Chapter, words: dict[str, str]
) -> Iterator[tuple[Path, str]]:
    """Yield the files that only this chapter has, with their text."""
    yield chapter.module, filled("module", words)
    yield chapter.practice, filled("practice", words)
    yield chapter.wrong_answers, filled("wrong_answers", words)
    yield chapter.right_answers, filled("right_answers", words)
    yield chapter.unit_tests, filled("unit_tests", words)
    yield chapter.mutants, filled("mutants", words)
    yield chapter.teaching, filled("teaching", words)


def shared_files(
    root: Path, words: dict[str, str]
) -> Iterator[tuple[Path, str]]:
    """Yield the files that have a place for every chapter, with it added."""
    stories = root / "course" / "stories.py"
    text = stories.read_text(encoding="utf-8")
    text = after_last(
        r"from snippets import ch\d\d.*\n",
        text,
        "from snippets import $stem as $alias\n",
        words,
    )
    yield stories, f"{text.rstrip()}\n\n\n{filled('story', words)}"
    yield after_last_in(
        root / "README.md",
        r"\| \[Chapter .*\n",
        "| [$title](notebooks/$stem.ipynb) | greet the user of a token |\n",
        words,
    )
    yield after_last_in(
        root / "tests" / "system" / "conformance.py",
        r"REQUIREMENTS[^=\n]* = \[\n",
        filled("requirement", words),
        words,
    )


def after_last_in(
    path: Path, pattern: str, line: str, words: dict[str, str]
) -> tuple[Path, str]:
    """Return a file's path and its text with a line added."""
    text = path.read_text(encoding="utf-8")
    return path, after_last(pattern, text, line, words)


def after_last(
    pattern: str, text: str, line: str, words: dict[str, str]
) -> str:
    """Add a line below the last one that matches a pattern.

    Raises:
        ScaffoldError: no line matches.
    """
    places = [match.end() for match in re.finditer(f"(?m)^{pattern}", text)]
    if not places:
        raise ScaffoldError(f"no line matches {pattern!r}: where to add to?")
    at = places[-1]
    return text[:at] + Template(line).substitute(words) + text[at:]


def write_notebook(chapter: Chapter, words: dict[str, str]) -> None:
    """Write the notebook, its captioned cells still empty."""
    cells = []
    for part in filled("notebook", words).split("=== ")[1:]:
        kind, _, body = part.partition("\n")
        text = body.strip()
        if kind == "code":
            cells.append(nbformat.v4.new_code_cell(text))
        else:
            tags = {"tags": [kind]} if kind == "navigation" else {}
            cells.append(nbformat.v4.new_markdown_cell(text, metadata=tags))
    book = nbformat.v4.new_notebook(cells=cells)
    chapter.notebook.write_text(nbformat.writes(book), encoding="utf-8")


def link_neighbours(chapter: Chapter) -> None:
    """Let the notebooks before and after this one link to it."""
    stems = chapters(chapter.root)
    at = stems.index(chapter)
    for neighbour in stems[max(at - 1, 0) : at + 2]:
        book = Notebook(neighbour.notebook)
        fill_navigation(book)
        book.save()
