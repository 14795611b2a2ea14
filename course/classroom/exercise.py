"""Exercises: verdicts on answers that say what failed, and why it matters."""

import asyncio
import hashlib
import inspect
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from course.classroom import registry, sandbox
from course.classroom.card import AMBER, GREEN, Card, details, paragraphs, wrap
from course.classroom.excerpt import excerpt, excerpt_of_error
from course.classroom.sandbox import LIMITS, Limits, Outcome
from course.classroom.trial import (
    TRIAL,
    Trial,
    UnmetError,
    UntouchedError,
)

LONGEST_PRINT = 10
HINTS = ("a nudge", "closer", "nearly there")
LOOKS_FOR = {"computed": "a loop", "waited": "a wait"}
RESTART = (
    "It still runs in the background: restart the kernel (Kernel > Restart "
    "Kernel…) and run the cells above again."
)

Check = Callable[[Any], Coroutine[Any, Any, None] | None]


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
    """What came of one answer, and what was tried until then.

    `crash` is what the check itself raised where it should have said what is
    wrong: the answer is not accepted, and not refused for a reason either.
    """

    passed: bool
    headline: str
    details: tuple[str, ...]
    tried: tuple[str, ...]
    crash: BaseException | None = None

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
        wants: the kind of answer, from `answer_types`.
        hints: a nudge, a closer one, and one that is nearly the solution.

    Raises:
        ValueError: the name is taken, or there are not three hints.
    """
    if name in EXERCISES:
        raise ValueError(f"this name is taken: {name!r}")
    if len(hints) != len(HINTS):
        raise ValueError(f"three hints, please: {name!r}")

    def register(function: Check) -> Check:
        EXERCISES[name] = Exercise(name, wants, function, hints)
        return function

    return register


def check(name: str, answer: object) -> None:
    """Try an answer, and print what passed or which expectation failed."""
    task = registry.find(EXERCISES, name)
    (judge(task, answer).card if task else unknown(name)).show()


def hint(name: str, number: int | None = None) -> None:
    """Offer three hints, folded; with a number, print that one."""
    task = registry.find(EXERCISES, name)
    (help_with(task, number) if task else unknown(name)).show()


def unknown(name: object) -> Card:
    """List the exercises whose names are nearest to a misspelt one."""
    return paragraphs(
        f"There is no exercise `{excerpt(name)}`. The nearest names are:",
        registry.closest(EXERCISES, name),
    )


def judge(task: Exercise, answer: object, limits: Limits = LIMITS) -> Verdict:
    """Run a check on an answer, whatever the answer is or does."""
    trial = Trial()

    def work() -> None:
        TRIAL.set(trial)
        ending = task.check(task.wants(answer))
        if inspect.iscoroutine(ending):
            asyncio.run(ending)

    outcome = sandbox.run(work, limits, lambda: trial.calls)
    headline, *lines = findings(task, trial, outcome)
    if printed := outcome.printed.strip().splitlines():
        lines.append("\n".join(["It printed:", *printed[:LONGEST_PRINT]]))
    lines += [f"Python warned: {warning}" for warning in outcome.warned]
    passed = outcome.failure is None and outcome.exceeded is None
    if not passed:
        lines.append(f'Stuck? `hint("{task.name}")`')
    crashed = not isinstance(outcome.failure, UnmetError | None)
    return Verdict(
        passed,
        headline,
        tuple(lines),
        tuple(trial.tried),
        outcome.failure if crashed else None,
    )


def findings(task: Exercise, trial: Trial, outcome: Outcome) -> list[str]:
    """Report a trial: a headline, then what was tried or what failed."""
    not_yet = f"Not yet: {task.name}"
    match outcome.failure:
        case _ if outcome.exceeded:
            restart = [RESTART] if outcome.left_behind else []
            why = stopped(trial, outcome)
            return [not_yet, *trial.explain(why), *restart]
        case None:
            tried = "; ".join(trial.tried)
            return [
                f"Passed: {task.name}",
                f"Tried: {tried}.",
                *trial.remarks,
            ]
        case UntouchedError():
            return [
                f"Nothing to check yet: {task.name}",
                "Write your answer where the stub is, then run its cell.",
            ]
        case UnmetError() as unmet:
            why = str(unmet)
        case failure:
            raised = excerpt_of_error(failure)
            why = f"What came back cannot be checked: `{raised}`."
    return [not_yet, *trial.explain(why)]


def stopped(trial: Trial, outcome: Outcome) -> str:
    """Explain that the last call of a check was over its limit."""
    verb, seconds = outcome.exceeded or ("", 0)
    call = f"the call `{trial.call}`" if trial.call else "your answer"
    return (
        f"The check was stopped: {call} {verb} for more than {seconds:g} "
        f"seconds. Look for {LOOKS_FOR[verb]} that never ends."
    )


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
    if number not in range(1, len(HINTS) + 1):
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
