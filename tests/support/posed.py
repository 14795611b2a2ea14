"""Exercises as the notebooks pose them, and the proof that they teach.

For each: its untouched stub is refused, its folded solution passes, and
plausible wrong answers are refused, each for a reason of its own. Nothing is
copied: stub and solution come from the notebook, and run where its earlier
cells ran.
"""

import ast
import asyncio
import inspect
import re
import symtable
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from course.classroom.exercise import EXERCISES, Verdict, judge
from course.upkeep.notebook import Notebook, source
from snippets import ch03_dependency_wiring
from tests.practice.wrong_answers import WrongAnswer

TITLE = re.compile(r"^### Exercise \d+\.\d+: .+\n\n", re.MULTILINE)
SOLUTION = re.compile(
    r"<details>\n<summary>Solution</summary>\n\n"
    r"```python\n(?P<code>.*?)\n```\n.*</details>",
    re.DOTALL,
)
LONGEST_TASK = 60
FEWEST_WRONG = 3


@dataclass(frozen=True)
class Posed:
    """An exercise as a notebook poses it, and the code cells before it."""

    name: str
    where: str
    task: str
    stub: str
    answer: str
    hinted: bool
    solution: str | None
    earlier: tuple[str, ...]

    def __str__(self) -> str:
        return self.name


def posed(notebook: Notebook) -> Iterator[Posed]:
    """Find a notebook's exercises: every call of `check` and its cells.

    A stub stands in the cell of its check, or in the one before. It is no
    earlier cell of any other exercise: nothing may need a learner's answer.
    """
    cells = [*notebook.cells, *[{"cell_type": "raw", "source": ""}] * 2]
    earlier: list[str] = []
    for number, cell in enumerate(cells):
        if cell["cell_type"] != "code":
            continue
        asked = calls(source(cell), "check")
        if not asked:
            earlier.append(source(cell))
            continue
        stub = without(source(cell), asked[0])
        first = number if stub else number - 1
        name, answer = asked[0].args
        yield Posed(
            name=ast.literal_eval(name),
            where=f"{notebook}, cell {number}",
            task=source(cells[first - 1]),
            stub=stub or earlier.pop(),
            answer=ast.unparse(answer),
            hinted=source(cells[number + 1]) == f'hint("{name.value}")',
            solution=solution_in(source(cells[number + 2])),
            earlier=tuple(earlier),
        )


def calls(code: str, aid: str) -> list[ast.Call]:
    """Find the calls of an aid that are statements of a cell themselves."""
    return [
        node.value
        for node in parsed(code).body
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and ast.unparse(node.value.func) == aid
    ]


def parsed(code: str) -> ast.Module:
    """Parse a cell; what is no Python is refused by a test of its own."""
    try:
        return ast.parse(code)
    except SyntaxError:
        return ast.Module([], [])


def without(code: str, call: ast.Call) -> str:
    """Leave out the lines of a call."""
    lines = code.splitlines()
    del lines[call.lineno - 1 : call.end_lineno]
    return "\n".join(lines).strip()


def solution_in(text: str) -> str | None:
    """Unfold a solution; None where there is none."""
    found = SOLUTION.fullmatch(text.strip())
    return found["code"] if found else None


def needed(earlier: Sequence[str], code: str) -> list[str]:
    """Keep the cells that bind what some code uses, or what those use.

    Cells that only use a name are left out, so nothing slow is run for show.
    """
    kept: list[str] = []
    wanted = used(code)
    for text in reversed(earlier):
        if wanted & bound(text):
            kept.insert(0, text)
            wanted = wanted - bound(text) | used(text)
    return kept


def bound(code: str) -> set[str]:
    """List the global names that a cell gives a meaning to."""
    symbols = scope(code).get_symbols()
    return {
        symbol.get_name()
        for symbol in symbols
        if symbol.is_assigned() or symbol.is_imported()
    }


def used(code: str) -> set[str]:
    """List the global names that a cell and its functions read."""
    found = set()
    scopes = [scope(code)]
    while scopes:
        table = scopes.pop()
        scopes += table.get_children()
        for symbol in table.get_symbols():
            is_global = symbol.is_global() or table.get_type() == "module"
            if is_global and symbol.is_referenced():
                found.add(symbol.get_name())
    return found


def scope(code: str) -> symtable.SymbolTable:
    """Analyse a cell's names as the compiler does."""
    return symtable.symtable(ast.unparse(parsed(code)), "<cell>", "exec")


def verdict_on(exercise: Posed, code: str) -> Verdict:
    """Put some code where the stub is, and check what it makes of it.

    It meets users of its own: if it spoils them, no other answer notices.
    """
    users = ch03_dependency_wiring.users
    own = {name: user.model_copy() for name, user in users.items()}
    with patch.dict(users, own):
        cells = [*needed(exercise.earlier, code), code]
        answer = asyncio.run(run(cells, exercise.answer))
        return judge(EXERCISES[exercise.name], answer)


async def run(cells: list[str], expression: str) -> Any:
    """Run cells as a kernel does, and evaluate an expression after them."""
    known: dict[str, Any] = {"__name__": "__main__"}
    for text in cells:
        code = compile(
            text, "<cell>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        )
        if code.co_flags & inspect.CO_COROUTINE:
            await eval(code, known)
        else:
            exec(code, known)
    return eval(expression, known)


def complaints(
    exercise: Posed, wrong_answers: Sequence[WrongAnswer]
) -> list[str]:
    """Say what an exercise lacks; an empty list is good news."""
    wrong = [a for a in wrong_answers if a.exercise == exercise.name]
    found = list(lacks(exercise, wrong))
    if exercise.name in EXERCISES:
        found += misjudges(exercise, wrong)
    return [f"{exercise.where}, {exercise.name!r}: {what}" for what in found]


def lacks(exercise: Posed, wrong: list[WrongAnswer]) -> Iterator[str]:
    """Say which of its parts are missing."""
    home = f"course.practice.{exercise.where[:4]}"
    task = EXERCISES.get(exercise.name)
    if task is None or task.check.__module__ != home:
        yield f"no such exercise is registered in {home}"
    title = TITLE.search(exercise.task)
    if not title:
        yield "no task, titled `### Exercise 4.1: …`, right above its stub"
    elif len(exercise.task[title.end() :].split()) > LONGEST_TASK:
        yield f"its task has more than {LONGEST_TASK} words"
    if not exercise.hinted:
        yield f'no cell `hint("{exercise.name}")` right below its check'
    if exercise.solution is None:
        yield "no folded solution right below its hints"
    if len(wrong) < FEWEST_WRONG:
        yield f"{len(wrong)} wrong answers, not {FEWEST_WRONG} or more"
    if not any(answer.happy_path for answer in wrong):
        yield "no wrong answer gets the happy path right"


def misjudges(exercise: Posed, wrong: list[WrongAnswer]) -> Iterator[str]:
    """Say which answers get a verdict they should not get."""
    if verdict_on(exercise, exercise.stub).passed:
        yield "its untouched stub passes"
    if exercise.solution is not None:
        verdict = verdict_on(exercise, exercise.solution)
        if not verdict.passed:
            yield f"its solution does not pass:\n{verdict.card}"
        elif len(verdict.tried) < 2:
            yield "its check tries one thing, the happy path, and no other"
    reasons: dict[str, WrongAnswer] = {}
    for answer in wrong:
        verdict = verdict_on(exercise, answer.code)
        text = str(verdict.card)
        what = f"{answer.code}\ngets this verdict:\n{text}\n"
        if verdict.passed:
            yield f"{what}A wrong answer must not pass."
        elif " ".join(answer.says.split()) not in " ".join(text.split()):
            yield f"{what}It should say: {answer.says!r}."
        elif text in reasons:
            yield f"{what}So does another wrong answer:{reasons[text].code}"
        elif answer.happy_path != (len(verdict.tried) > 1):
            yield f"{what}Its mark says happy_path={answer.happy_path}."
        reasons[text] = answer
