"""The tutorial beside the course: no line and no link of it can drift."""

import re
from html.parser import HTMLParser

import pytest

from course import tutorial
from course.classroom.card import Card
from course.tutorial import CHANGES, Change, homes
from course.upkeep.notebook import Notebook, caption
from snippets import ch03_dependency_wiring, ch06_scopes

every_change = pytest.mark.parametrize(
    "change", CHANGES, ids=lambda change: change.topic
)


@every_change
def test_our_lines_are_in_the_cell_that_is_named(change: Change) -> None:
    """That a cell is its module's section, the weave holds."""
    book = Notebook(change.chapter.notebook)
    captions = [caption(cell) for cell in book.code_cells]
    assert captions.count(change.caption) == 1
    [section] = [s for s in book.sections if s.caption == change.caption]
    for line in change.ours.splitlines():
        assert line in section.source


@every_change
def test_our_lines_are_what_differs(change: Change) -> None:
    ours = re.sub(r"\s+", " ", change.ours)
    assert re.sub(r"\s+", " ", change.tutorial) not in {ours, f"{ours},"}
    assert change.first in change.ours


@every_change
def test_fragment_is_short_and_its_reason_a_sentence(change: Change) -> None:
    assert len(change.tutorial.splitlines()) <= 2
    assert max(map(len, change.tutorial.splitlines())) <= 65
    assert change.why[0].isupper() or change.why.startswith(("bcrypt", "401"))
    assert change.why.endswith((".", ".)"))


def test_every_chapter_with_an_endpoint_has_changes_in_reading_order() -> None:
    found = {change.chapter.name for change in CHANGES}
    assert found == {"ch02", "ch03", "ch04", "ch05", "ch06"}
    assert len({change.topic for change in CHANGES}) == len(CHANGES)


@pytest.mark.parametrize(
    ("first", "count"), [("SECRET = 1", "0"), ("return ", "5")]
)
def test_line_that_is_gone_or_ambiguous_is_refused(
    first: str, count: str
) -> None:
    change = Change("", "", ch03_dependency_wiring, first, "Why.")
    with pytest.raises(LookupError, match="adapt course/tutorial") as error:
        _ = change.ours
    assert str(error.value).startswith(f"{count} lines of snippets.ch03")


def test_lines_of_a_function_are_not_taken_from_another() -> None:
    change = Change(
        "", "", ch06_scopes.scopes_in, "return split_scopes", "Why."
    )
    assert change.ours == "return split_scopes(scope)"
    assert change.caption == "# %% Read a token's scopes"


class Cells(HTMLParser):
    """The texts of an HTML table's rows, and the targets of its links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[str] = []
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        if tag == "tr":
            self.rows.append("")
        self.links += [link or "" for key, link in attrs if key == "href"]

    def handle_data(self, data: str) -> None:
        self.rows[-1] += data


def test_table_says_what_the_text_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cards: list[Card] = []
    monkeypatch.setattr(Card, "show", lambda card: cards.append(card))
    tutorial.compare_with_tutorial()
    tutorial.show_versions()
    comparison, versions = cards
    rows = Cells(comparison.html).rows[1:]
    blocks = comparison.text.split("\n\n")
    for row, block, change in zip(rows, blocks, CHANGES, strict=True):
        for words in (change.topic, *change.ours.splitlines()):
            assert words in row
            assert words in block
        assert change.caption in row
        assert change.caption in block
    links = Cells(comparison.html).links
    assert links == [change.chapter.notebook.name for change in CHANGES]
    for name, home in homes().items():
        [line] = re.findall(rf"(?m)^{name} .*$", versions.text)
        assert line.endswith(f"→ {home[-1].stem}")
        assert name in versions.html


def test_last_version_is_what_the_last_app_uses() -> None:
    found = homes()
    defined = [home.name for home in found["get_current_user"]]
    assert defined == ["ch03", "ch05", "ch06"]
    assert "users" not in found
    for name in ("get_current_user", "login_for_access_token", "Token"):
        last = getattr(ch06_scopes, name)
        assert last.__module__ == found[name][-1].module_name
