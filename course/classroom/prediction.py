"""Predictions: a question before the cell that answers it.

The options are written in `course/practice/chNN.py`, not in the notebook: a
cell that shows its answers asks nothing.
"""

import hashlib
from dataclasses import dataclass

from course.classroom import registry
from course.classroom.card import (
    GREY,
    Card,
    details,
    paragraphs,
    to_html,
    wrap,
)
from course.classroom.excerpt import excerpt

LETTERS = "abc"


@dataclass(frozen=True)
class Option:
    """One answer that a learner may predict, and the reply to it."""

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
        raise ValueError(f"this question is registered already: {question!r}")
    PREDICTIONS[question] = Prediction(question, options)


def predict(question: str, choice: str | None = None) -> None:
    """Ask for a prediction; each option opens its answer.

    With a choice, such as "b" or "B", print the answer to that option instead.
    """
    ask(question, choice).show()


def ask(question: str, choice: str | None = None) -> Card:
    """Build what `predict` shows."""
    found = registry.find(PREDICTIONS, question)
    if found is None:
        return paragraphs(
            f"There is no question `{excerpt(question)}`. The nearest are:",
            registry.closest(PREDICTIONS, question),
        )
    lettered = dict(zip(LETTERS, found.options, strict=True))
    if choice is None:
        return unanswered(found, lettered)
    letter = str(choice).strip().lower()
    if letter not in lettered:
        return paragraphs(
            f"There is no option `{excerpt(choice)}`.",
            'Choose "a", "b" or "c".',
        )
    option = lettered[letter]
    return paragraphs(f"{letter}. {option.text}", option.answer)


def unanswered(found: Prediction, lettered: dict[str, Option]) -> Card:
    """Write the question and its options, the answers folded away."""
    group = hashlib.sha256(found.question.encode()).hexdigest()[:8]
    lines = [f"Predict: {found.question}"]
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
