"""Practice: exercises whose verdicts say what failed, and why it matters."""

import asyncio
import hashlib
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from course import practice as exercises
from course.classroom import sandbox
from course.classroom.card import AMBER, GREEN, Card, details, paragraphs, wrap
from course.classroom.sandbox import Outcome
from course.classroom.trial import (
    TRIAL,
    Trial,
    UnmetError,
    UntouchedError,
    shown,
    told,
)

DEADLINE = 5.0
LONGEST_PRINT = 10
HINTS = ("a nudge", "closer", "nearly there")
RESTART = (
    "It still runs in the background: restart the kernel (Kernel > Restart "
    "Kernel…), run the cells above again, and look for a loop or a wait that "
    "never ends."
)

Check = Callable[[Any], Awaitable[None] | None]


@dataclass(frozen=True)
class Exercise:
    """What an answer must be, how it is tried, and what helps."""

    name: str
    wants: Callable[[object], Any]
    check: Check
    hints: tuple[str, str, str]


EXERCISES: dict[str, Exercise] = {}


@dataclass(frozen=True)
class Verdict:
    """What came of one answer, and what was tried until then."""

    passed: bool
    headline: str
    details: tuple[str, ...]
    tried: tuple[str, ...]

    @property
    def card(self) -> Card:
        """The verdict as a learner sees it."""
        colour = GREEN if self.passed else AMBER
        return paragraphs(self.headline, *self.details, colour=colour)


def exercise(
    name: str,
    wants: Callable[[object], Any],
    *,
    hints: tuple[str, str, str],
) -> Callable[[Check], Check]:
    """Register a check: a `def`, or an `async def` that awaits the answer.

        @exercise("add two numbers", a_function, hints=("…", "…", "…"))
        def add_two_numbers(add: Callable[..., Any]) -> None:
            given("one and two")
            expect(add(1, 2) == 3, "That is no sum: a bill would be wrong.")

    Args:
        name: what `check` and `hint` are called with.
        wants: the kind of answer, from `answers`.
        hints: a nudge, a closer one, and one that is nearly the solution.

    Raises:
        ValueError: the name is taken, or there are not three hints.
    """
    if name in EXERCISES:
        raise ValueError(f"this name is taken: {name!r}")
    if len(hints) != len(HINTS):
        raise ValueError(f"three hints, please: {name!r}")

    def register(check: Check) -> Check:
        EXERCISES[name] = Exercise(name, wants, check, hints)
        return check

    return register


def check(name: str, answer: object) -> None:
    """Try an answer, and say what it does right or which step fails."""
    task = find(name)
    (judge(task, answer).card if task else unknown(name)).show()


def hint(name: str, number: int | None = None) -> None:
    """Offer three hints, folded; with a number, print that one."""
    task = find(name)
    (help_with(task, number) if task else unknown(name)).show()


def find(name: str) -> Exercise | None:
    """Find an exercise of any chapter."""
    exercises.load()
    return EXERCISES.get(str(name))  # whatever was handed over


def unknown(name: str) -> Card:
    """Say which exercises there are."""
    listed = "\n".join(f"- {known}" for known in EXERCISES)
    return paragraphs(
        f"There is no exercise {shown(name)}. There are:", listed
    )


def judge(
    task: Exercise, answer: object, seconds: float = DEADLINE
) -> Verdict:
    """Run a check on an answer, whatever the answer is or does."""
    trial = Trial()

    def work() -> None:
        TRIAL.set(trial)
        ending = task.check(task.wants(answer))
        if inspect.isawaitable(ending):
            asyncio.run(finish(ending))

    outcome = sandbox.run(work, seconds)
    passed = outcome.ended and outcome.failure is None
    headline, *details = findings(task, trial, outcome, seconds)
    if printed := outcome.printed.strip().splitlines():
        details.append("\n".join(["It printed:", *printed[:LONGEST_PRINT]]))
    if not passed:
        details.append(f'Stuck? `hint("{task.name}")`')
    return Verdict(passed, headline, tuple(details), tuple(trial.tried))


async def finish(ending: Awaitable[None]) -> None:
    """Await a check."""
    await ending


def findings(
    task: Exercise, trial: Trial, outcome: Outcome, seconds: float
) -> list[str]:
    """Say how a trial went: a headline, then what was tried or what failed."""
    not_yet = f"Not yet: {task.name}"
    match outcome.failure:
        case None if outcome.ended:
            tried = "; ".join(trial.tried)
            return [f"Passed: {task.name}", f"Tried: {tried}."]
        case None:
            running = f"`{trial.call}`" if trial.call else "Your answer"
            hung = f"{running} did not end in {seconds:g} seconds."
            return [not_yet, *trial.story(hung), RESTART]
        case UntouchedError():
            return [
                f"Nothing to check yet: {task.name}",
                "Write your answer where the stub is, then run its cell.",
            ]
        case UnmetError() as unmet:
            why = str(unmet)
        case failure:
            why = f"What came back cannot be checked: `{told(failure)}`."
    return [not_yet, *trial.story(why)]


def help_with(task: Exercise, number: int | None) -> Card:
    """Write one hint, or all three folded; as text, how to get one."""
    call = f'hint("{task.name}"'
    if number is None:
        group = "hint-" + hashlib.sha256(task.name.encode()).hexdigest()[:8]
        text = f"Three hints, the first a nudge: `{call}, 1)`, then 2, then 3."
        titles = [f"Hint {at}: {kind}" for at, kind in enumerate(HINTS, 1)]
        folds = map(details, titles, task.hints, [group] * len(HINTS))
        return Card(
            wrap(text),
            f'<div style="padding-left: 6px">{"".join(folds)}</div>',
        )
    if number not in (1, 2, 3):
        return paragraphs(
            f"There is no hint {number!r}.", f"Ask for `{call}, 1)`."
        )
    after = (
        f"The next one: `{call}, {number + 1})`"
        if number < len(HINTS)
        else "The solution is folded below the exercise."
    )
    title = f"Hint {number} of 3: {task.name}"
    return paragraphs(title, task.hints[number - 1], after)
