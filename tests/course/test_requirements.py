"""The pins: exact, each with its reason, and constraints.txt in step."""

import re
from collections.abc import Iterator
from importlib.metadata import distribution

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from course.chapters import ROOT
from course.upkeep.constraints import (
    SOURCES,
    own_requirements,
    requirements,
)

DIRECT = [Requirement(line) for line in own_requirements(ROOT)]


def applies(requirement: Requirement, extras: frozenset[str]) -> bool:
    """Whether a requirement counts on this machine, for any of the extras."""
    return requirement.marker is None or any(
        requirement.marker.evaluate({"extra": extra})
        for extra in extras or {""}
    )


def closure(direct: list[Requirement]) -> Iterator[str]:
    """List everything installed that the direct requirements need in turn."""
    seen: set[tuple[str, frozenset[str]]] = set()
    to_visit = [(need.name, frozenset(need.extras)) for need in direct]
    while to_visit:
        name, extras = to_visit.pop()
        if (canonicalize_name(name), extras) in seen:
            continue
        seen.add((canonicalize_name(name), extras))
        yield canonicalize_name(name)
        for line in distribution(name).requires or []:
            need = Requirement(line)
            if applies(need, extras):
                to_visit.append((need.name, frozenset(need.extras)))


PINNED: dict[str, str] = {
    canonicalize_name(pin.name): str(pin.specifier).removeprefix("==")
    for pin in map(Requirement, requirements(ROOT / "constraints.txt"))
    if applies(pin, frozenset())
}


@pytest.mark.parametrize("need", DIRECT, ids=str)
def test_direct_requirement_is_exact_and_its_constraint_equal(
    need: Requirement,
) -> None:
    [pin] = need.specifier
    assert pin.operator == "=="
    assert PINNED[canonicalize_name(need.name)] == pin.version


def test_every_direct_requirement_has_a_reason() -> None:
    for name in SOURCES:
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
            if "==" in line:
                assert re.search(r"\S +# \w.{10,}", line), line


def test_all_that_is_needed_is_pinned_and_installed_as_pinned() -> None:
    for name in sorted(set(closure(DIRECT))):
        assert distribution(name).version == PINNED.get(name), name


def test_nothing_is_pinned_that_nobody_needs() -> None:
    assert set(PINNED) == set(closure(DIRECT))


def test_both_files_are_read_with_the_constraints() -> None:
    for name in SOURCES:
        text = (ROOT / name).read_text(encoding="utf-8")
        assert re.search(r"(?m)^-c (\.\./)?constraints\.txt$", text)
    tests = (ROOT / SOURCES[1]).read_text(encoding="utf-8")
    assert "-r ../requirements.txt" in tests


def test_constraints_say_how_they_are_compiled() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "python -m course.upkeep constraints" in text
