"""The weave calls outputs different exactly where nbval does."""

from pathlib import Path
from typing import Any

import pytest
from nbval.plugin import IPyNbFile

from course.chapters import ROOT, chapters
from course.upkeep.comparison import Comparison

MASKS = ROOT / "tests" / "masks.cfg"


def printed(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def shown(**data: str) -> dict[str, Any]:
    kinds = {kind.replace("_", "/"): text for kind, text in data.items()}
    return {"output_type": "display_data", "data": kinds, "metadata": {}}


def test_same_keys_are_left_out_as_by_nbval(
    request: pytest.FixtureRequest,
) -> None:
    path = chapters()[0].notebook
    collector = IPyNbFile.from_parent(request.session, path=path)
    assert Comparison.skip_compare == collector.skip_compare


@pytest.mark.parametrize(
    ("new", "stored"),
    [
        ([printed("a\n")], [printed("a\n")]),
        ([printed("a\n"), printed("b\n")], [printed("a\nb\n")]),
        ([printed("took 3.5 ms\n")], [printed("took 12 ms\n")]),
        ([shown(text_plain="a")], [shown(text_plain="a")]),
        (
            [shown(text_plain="a", image_png="new")],
            [shown(text_plain="a", image_png="old")],
        ),
    ],
)
def test_outputs_that_nbval_accepts_are_the_same(
    new: list[dict[str, Any]], stored: list[dict[str, Any]]
) -> None:
    assert Comparison(MASKS).same(new, stored)


@pytest.mark.parametrize(
    ("new", "stored"),
    [
        ([printed("a\n")], [printed("b\n")]),
        ([printed("a\n")], [printed("a\n", "stderr")]),
        ([printed("a\n")], []),
        ([], [printed("a\n")]),
        ([shown(text_html="a")], [shown(text_plain="a")]),
        ([shown(text_html="a")], [shown(text_html="b")]),
        ([shown(text_plain="a")] * 2, [shown(text_plain="a")]),
        ([printed("took 3.5 ms\n")], [printed("took 12 s\n")]),
    ],
)
def test_outputs_that_nbval_refuses_are_not(
    new: list[dict[str, Any]], stored: list[dict[str, Any]]
) -> None:
    assert not Comparison(MASKS).same(new, stored)


def test_masks_come_from_the_file(tmp_path: Path) -> None:
    masks = tmp_path / "masks.cfg"
    masks.write_text("regex: [ab]\nreplace: X\n", encoding="utf-8")
    assert Comparison(masks).same([printed("a\n")], [printed("b\n")])
    masks.write_text("", encoding="utf-8")
    assert not Comparison(masks).same([printed("a\n")], [printed("b\n")])
