"""`python -m tests.practice.survivors ch04` lists mutants that survive.

For each exercise of a chapter it prints, by name, the mutants of the solution
that pass its check or crash it, and how many right and wrong answers it has.
"""

import sys

from course.chapters import find
from course.classroom import registry
from course.upkeep.notebook import Notebook
from tests.practice.answers import answers_of
from tests.support.posed import complaints, posed, survivors
from tests.support.solution_mutants import mutants_of


def main(names: list[str]) -> None:
    """Report on the chapters of these names."""
    registry.load_all()
    for name in names:
        chapter = find(name)
        answers = answers_of(chapter)
        for exercise in posed(Notebook(chapter.notebook)):
            own = answers.to(exercise.name)
            print(
                f"{exercise.where}, {exercise.name!r}: "
                f"{len(own.wrong)} wrong and {len(own.right)} right answers, "
                f"{len(mutants_of(exercise.solution or ''))} mutants, "
                f"{len(own.equivalent)} of them equivalent"
            )
            for line in survivors(exercise, own):
                print(f"  {line}")
            for line in complaints(exercise, own):
                print(f"! {line}")


if __name__ == "__main__":
    main(sys.argv[1:])
