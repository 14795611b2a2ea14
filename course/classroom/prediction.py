"""Predictions: a question before the cell that answers it.

The options stand in `exercises/chNN.py`, not in the notebook: a cell that
shows its answers asks nothing.
"""

import hashlib
from dataclasses import dataclass

from course import practice as exercises
from course.classroom.card import (
    GREY,
    Card,
    details,
    paragraphs,
    to_html,
    wrap,
)
from course.classroom.trial import shown

LETTERS = "abc"


@dataclass(frozen=True)
class Option:
    """One prediction somebody may make, and what to tell them."""

    text: str
    answer: str
    is_right: bool


@dataclass(frozen=True)
class Prediction:
    """A question with its three options, registered by its chapter."""

    question: str
    options: tuple[Option, ...]


PREDICTIONS: dict[str, Prediction] = {}


def right(text: str, answer: str) -> Option:
    """Offer the option that is right; `answer` follows the word "Yes."."""
    return Option(text, f"Yes. {answer}", is_right=True)


def wrong(text: str, answer: str) -> Option:
    """Offer a misconception; `answer` takes it seriously, after "No."."""
    return Option(text, f"No. {answer}", is_right=False)


def prediction(question: str, *options: Option) -> None:
    """Register a question and its options, in the order they are shown.

    Raises:
        ValueError: not three different options, one of them right, or the
            question is taken.
    """
    texts = {option.text for option in options}
    if len(options) != len(LETTERS) or len(texts) != len(LETTERS):
        raise ValueError(f"three different options, please: {question!r}")
    if sum(option.is_right for option in options) != 1:
        raise ValueError(f"one right option, please: {question!r}")
    if question in PREDICTIONS:
        raise ValueError(f"this question is asked already: {question!r}")
    PREDICTIONS[question] = Prediction(question, options)


def predict(question: str, choice: str | None = None) -> None:
    """Ask for a prediction; each option opens its answer.

    With a choice, such as "b", print the answer to that option instead.
    """
    ask(question, choice).show()


def ask(question: str, choice: str | None = None) -> Card:
    """Build what `predict` shows."""
    exercises.load()
    asked = PREDICTIONS.get(str(question))  # whatever was handed over
    if asked is None:
        listed = "\n".join(f"- {known}" for known in PREDICTIONS)
        said = shown(question)
        return paragraphs(f"There is no question {said}. There are:", listed)
    lettered = dict(zip(LETTERS, asked.options, strict=True))
    if choice is None:
        return unanswered(asked, lettered)
    if choice not in lettered:
        return paragraphs(
            f"There is no option {choice!r}.", 'Say "a", "b" or "c".'
        )
    option = lettered[choice]
    return paragraphs(f"{choice}. {option.text}", option.answer)


def unanswered(asked: Prediction, lettered: dict[str, Option]) -> Card:
    """Write the question and its options, the answers folded away."""
    group = hashlib.sha256(asked.question.encode()).hexdigest()[:8]
    lines = [f"Predict: {asked.question}"]
    folds = []
    for letter, option in lettered.items():
        line = f"{letter}. {option.text}"
        lines.append(wrap(f"  {line}", indent="     "))
        folds.append(details(line, option.answer, f"predict-{group}"))
    lines.append('To read an answer, add its letter: `predict("…", "b")`')
    box = f"border: 1px solid {GREY}; border-radius: 4px; padding: 4px 12px"
    legend = f"<legend>{to_html(lines[0])}</legend>"
    return Card(
        "\n".join([wrap(lines[0]), *lines[1:]]),
        f'<fieldset style="{box}">{legend}{"".join(folds)}</fieldset>',
    )
