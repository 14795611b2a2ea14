"""The verdicts on wrong answers, as the pages for teachers quote them."""

import re

from tests.practice.answers import Answers
from tests.support.posed import Posed, verdict_on

WITH_CODE = 3  # nearly right answers to an exercise
NOT_QUOTED = ("Seen: ", "It printed:", "Python warned:", "Stuck?")
# What differs from run to run, or from one Python to the next.
VARYING = (
    (re.compile(r"<token [^>…]*…?>?"), "token…"),
    (re.compile(r"\beyJ[\w.-]*…?"), "eyJ…"),
    (re.compile(r"\$(2b|argon2id)\$[\w./$=,+]*…?"), r"$\1$…"),
    (re.compile(r"0x[0-9a-f]{6,}"), "0x…"),
    (re.compile(r"raised `(\w+): [^`]*`"), r"raised `\1`"),
)


def quoted(exercise: Posed, answers: Answers) -> list[dict[str, str]]:
    """List the verdicts that wrong answers get, each once, in their order.

    The first ones that get the happy path right are quoted with their code:
    learners believe in such answers.
    """
    found: dict[str, dict[str, str]] = {}
    coded = 0
    for answer in answers.to(exercise.name).wrong:
        verdict = verdict_on(exercise, answer.code)
        lines = [
            line for line in verdict.details if not line.startswith(NOT_QUOTED)
        ]
        given = lines.pop(0) if lines[0].startswith("Given: ") else ""
        why = masked(lines[0])
        if why in found:
            continue
        found[why] = {
            "given": masked(given.removeprefix("Given: ")),
            "why": why,
        }
        if answer.happy_path and coded < WITH_CODE:
            found[why]["code"] = answer.code.strip("\n")
            coded += 1
    return list(found.values())


def masked(text: str) -> str:
    """Shorten what differs from run to run, such as tokens and addresses."""
    for pattern, replacement in VARYING:
        text = pattern.sub(replacement, text)
    return text
