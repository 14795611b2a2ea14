"""Mutants: a chapter's module with one line of its security broken by hand.

`chNN.py` holds a chapter's list `MUTANTS`. Each mutant names the test that
must fail on it, so that running it takes one test.
"""

import importlib
from dataclasses import dataclass

from course.chapters import Chapter


@dataclass(frozen=True)
class Mutant:
    """What to replace in a module, by what, why it matters, and its test.

    `killed_by` is the test's node id below `tests/system/`:
    `"test_every_app.py::test_login_runs_in_the_thread_pool"`.
    """

    old: str
    new: str
    why: str
    killed_by: str

    def apply(self, source: str) -> str:
        """Return a module's source with `old` replaced.

        Raises:
            ValueError: the source holds `old` never, or more than once.
        """
        times = source.count(self.old)
        if times != 1:
            raise ValueError(
                f"{self.why}: the module holds {self.old!r} {times} times, "
                "not once"
            )
        return source.replace(self.old, self.new)


def mutants_of(chapter: Chapter) -> list[Mutant]:
    """Import a chapter's list of mutants, `tests/system/mutants/chNN.py`.

    Raises:
        ModuleNotFoundError: the chapter has none.
    """
    module = importlib.import_module(f"tests.system.mutants.{chapter.name}")
    mutants: list[Mutant] = module.MUTANTS
    return mutants
