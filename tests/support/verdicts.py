"""The verdicts on wrong answers, as the pages for teachers quote them."""

import re
from dataclasses import asdict, dataclass

from tests.practice.answers import Answers
from tests.support.posed import Posed, verdict_on

# What differs from run to run: tokens, hashes, addresses in memory, times.
VARYING = (
    (re.compile(r"\beyJ[\w-]+(?:\.[\w-]*)*(?:…|\.{3})?"), "eyJ…"),
    (re.compile(r"\$2b\$\d\d\$[\w./$]*…?"), "$2b$…"),
    (re.compile(r"\$argon2id\$[\w./$=,+]*…?"), "$argon2id$…"),
    (re.compile(r"0x[0-9a-f]{6,}"), "0x…"),
)


@dataclass(frozen=True)
class Quoted:
    """What a teacher sees of a wrong answer: its code, and what it gets."""

    code: str
    given: str
    why: str


def quoted(exercise: Posed, answers: Answers) -> list[dict[str, str]]:
    """Judge the wrong answers to an exercise; the verdicts as JSON."""
    found = []
    for answer in answers.to(exercise.name).wrong:
        verdict = verdict_on(exercise, answer.code)
        *given, why = [
            line
            for line in verdict.details
            if not line.startswith(("Seen: ", "It printed:", "Stuck?"))
        ][:2]
        found.append(
            asdict(
                Quoted(
                    answer.code.strip("\n"),
                    "".join(given).removeprefix("Given: "),
                    masked(why),
                )
            )
        )
    return found


def masked(text: str) -> str:
    """Replace what differs from run to run by its beginning and an ellipsis."""
    for pattern, replacement in VARYING:
        text = pattern.sub(replacement, text)
    return text
