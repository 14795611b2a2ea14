"""Exercises as the notebooks pose them, and the proof that they teach.

For each: its untouched stub is refused, its folded solution passes, right
answers in other styles pass, plausible wrong answers are refused, each for a
reason of its own, and so are all mutants of the solution. Stub and solution
are read from the notebook, and run where its earlier cells ran.
"""

import ast
import asyncio
import copy
import inspect
import itertools
import linecache
import os
import re
import symtable
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from types import CodeType
from typing import Any
from unittest.mock import patch

from cryptography.hazmat.primitives.asymmetric import rsa

from course.chapters import Chapter
from course.classroom import sandbox
from course.classroom.exercise import (
    EXERCISES,
    Exercise,
    Verdict,
    judge,
)
from course.classroom.sandbox import Limits
from course.upkeep.notebook import Notebook, source
from tests.practice.answers import FEWEST_RIGHT, FEWEST_WRONG, Answers
from tests.support.cheap_bcrypt import cheap_bcrypt
from tests.support.solution_mutants import mutants_of, with_finite_loops

TITLE = re.compile(r"^### Exercise \d+\.\d+: .+\n\n", re.MULTILINE)
SOLUTION = re.compile(
    r"<details>\n<summary>Solution</summary>\n\n"
    r"```python\n(?P<code>.*?)\n```\n.*</details>",
    re.DOTALL,
)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
CALLS = (ast.Call, ast.Await, ast.NamedExpr)
LONGEST_TASK = 60
FEWEST_WRONG_YET = 3
# A mutant that waits for ever is given up after these seconds.
SHORT = Limits(computing=5, waiting=20)


@dataclass(frozen=True)
class Posed:
    """An exercise as a notebook poses it, and the code cells before it."""

    name: str
    chapter: Chapter
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
        title = ast.literal_eval(name)
        yield Posed(
            name=title,
            chapter=notebook.chapter,
            where=f"{notebook}, cell {number}",
            task=source(cells[first - 1]),
            stub=stub or earlier.pop(),
            answer=ast.unparse(answer),
            hinted=source(cells[number + 1]) == f'hint("{title}")',
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
    A cell from which only plain definitions are wanted is cut down to these.
    """
    kept: list[str] = []
    wanted = used(code)
    for text in reversed(earlier):
        if found := wanted & bound(text):
            kept.insert(0, definitions(text, found) or text)
            wanted = wanted - found | used(kept[0])
    return kept


@cache
def definitions(code: str, names: frozenset[str]) -> str | None:
    """Cut a cell down to the statements that define some names, if it can be.

    Returns None where the rest of the cell may change what they mean: where
    one of them is no plain definition, or shares a name with the rest.
    """
    kept: list[str] = []
    rest: list[str] = []
    wanted = names
    for text in reversed(statements(code)):
        if wanted & bound(text):
            kept.insert(0, text)
            wanted |= used(text)
        else:
            rest.append(text)
    defined = frozenset[str]().union(*map(bound, kept))
    shared = any(defined & used(text) or wanted & bound(text) for text in rest)
    return None if shared or not is_plain(kept) else "\n".join(kept)


def statements(code: str) -> list[str]:
    """Return the lines of each of a cell's statements."""
    lines = code.splitlines()
    found = []
    for node in parsed(code).body:
        above = [decorator.lineno for decorator in decorators(node)]
        first = min([node.lineno, *above])
        found.append("\n".join(lines[first - 1 : node.end_lineno]))
    return found


def decorators(node: ast.stmt) -> list[ast.expr]:
    """Return the decorators of a definition; of any other statement, none."""
    return node.decorator_list if isinstance(node, DEFINITIONS) else []


def is_plain(texts: Sequence[str]) -> bool:
    """Whether statements only import, define and assign, and call nothing."""
    return all(
        isinstance(node, ast.Import | ast.ImportFrom)
        or (isinstance(node, DEFINITIONS) and not decorators(node))
        or (
            isinstance(node, ast.Assign)
            and all(isinstance(each, ast.Name) for each in node.targets)
            and not any(isinstance(each, CALLS) for each in ast.walk(node))
        )
        for text in texts
        for node in parsed(text).body
    )


@cache
def bound(code: str) -> frozenset[str]:
    """List the global names that a cell gives a meaning to."""
    symbols = scope(code).get_symbols()
    return frozenset(
        symbol.get_name()
        for symbol in symbols
        if symbol.is_assigned() or symbol.is_imported()
    )


@cache
def used(code: str) -> frozenset[str]:
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
    return frozenset(found)


def scope(code: str) -> symtable.SymbolTable:
    """Analyse a cell's names as the compiler does; none in what it refuses."""
    try:
        return symtable.symtable(code, "<cell>", "exec")
    except SyntaxError:
        return symtable.symtable("", "<cell>", "exec")


class CellError(Exception):
    """Code raised, or did not end, before its answer could be checked."""


def verdict_on(
    exercise: Posed, code: str, limits: Limits = sandbox.LIMITS
) -> Verdict:
    """Put some code where the stub is, and check the answer it defines.

    Whatever the code does to the chapters' tables is undone.

    Raises:
        CellError: the code itself raises, or does not end.
    """
    cells = (*needed(exercise.earlier, code), code)
    return judged(EXERCISES[exercise.name], cells, exercise.answer, limits)


@cache
def judged(
    task: Exercise, cells: tuple[str, ...], answer: str, limits: Limits
) -> Verdict:
    """Run cells, and check an answer after them; the same ones only once."""
    answers: list[Any] = []

    def run_cells() -> None:
        answers.append(asyncio.run(run(cells, answer)))

    # Cells may set variables, as chapter 8's first ones do.
    with own_tables(), cheap_bcrypt(), few_keys(), patch.dict(os.environ):
        outcome = sandbox.run(run_cells, limits)
        if not answers:
            reason = outcome.failure or outcome.exceeded
            raise CellError(
                f"{cells[-1]}\nraises {reason!r}"
            ) from outcome.failure
        return judge(task, answers[0], limits)


@contextmanager
def few_keys() -> Iterator[None]:
    """Give cells RSA keys that other cells had: to make one takes 0.1 s.

    The keys that are made as long as this lasts differ from each other.
    """
    numbers = itertools.count()

    def make(public_exponent: int, key_size: int) -> rsa.RSAPrivateKey:
        return rsa_key(next(numbers), public_exponent, key_size)

    with patch.object(rsa, "generate_private_key", make):
        yield


generate_rsa_key = rsa.generate_private_key


@cache
def rsa_key(number: int, public_exponent: int, size: int) -> rsa.RSAPrivateKey:
    """Make a key; the same one for the same arguments."""
    return generate_rsa_key(public_exponent, size)


@contextmanager
def own_tables() -> Iterator[None]:
    """Let the chapters' modules keep what their tables hold."""
    tables = {
        id(value): value
        for name, module in sys.modules.items()
        if name.startswith("snippets.")
        for variable, value in vars(module).items()
        if isinstance(value, dict) and not variable.startswith("__")
    }
    with ExitStack() as stack:
        for table in tables.values():
            own = {key: copy.copy(value) for key, value in table.items()}
            stack.enter_context(patch.dict(table, own))
        yield


async def run(cells: Sequence[str], expression: str) -> Any:
    """Run cells as a kernel does, and evaluate an expression after them."""
    known: dict[str, Any] = {"__name__": "__main__"}
    for number, text in enumerate(cells):
        file = f"cell {number} of {len(cells)}"
        lines = text.splitlines(keepends=True)
        linecache.cache[file] = (len(text), None, lines, file)
        code = compiled(text, file)
        if code.co_flags & inspect.CO_COROUTINE:
            await eval(code, known)
        else:
            exec(code, known)
    return eval(expression, known)


@cache
def compiled(text: str, file: str) -> CodeType:
    """Compile a cell as a kernel does; many answers follow the same cells."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    code: CodeType = compile(text, file, "exec", flags=flags)
    return code


def complaints(exercise: Posed, answers: Answers) -> list[str]:
    """List what an exercise lacks and misjudges; its mutants are apart."""
    own = answers.to(exercise.name)
    found = list(lacks(exercise, own))
    if exercise.name in EXERCISES:
        try:
            found += misjudges(exercise, own)
        except CellError as error:
            found.append(str(error))
    return [f"{exercise.where}, {exercise.name!r}: {what}" for what in found]


def lacks(exercise: Posed, answers: Answers) -> Iterator[str]:
    """Name the parts of an exercise that are missing."""
    home = f"course.practice.{exercise.chapter.name}"
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
    yield from lacks_answers(answers)


def lacks_answers(answers: Answers) -> Iterator[str]:
    """Say which answers are too few, or written twice."""
    wrong, right = len(answers.wrong), len(answers.right)
    fewest = FEWEST_WRONG_YET if answers.unfinished else FEWEST_WRONG
    if wrong < fewest:
        yield f"{wrong} wrong answers, not {fewest} or more"
    if right < FEWEST_RIGHT and not answers.unfinished:
        yield f"{right} right answers, not {FEWEST_RIGHT} or more"
    if not any(answer.happy_path for answer in answers.wrong):
        yield "no wrong answer gets the happy path right"
    if len({normal(answer.code) for answer in answers.right}) < right:
        yield "two right answers are the same code"


def normal(code: str) -> str:
    """Write code without its comments and its layout."""
    return ast.unparse(ast.parse(code))


def misjudges(exercise: Posed, answers: Answers) -> Iterator[str]:
    """Say which answers get a verdict they should not get."""
    if verdict_on(exercise, exercise.stub).passed:
        yield "its untouched stub passes"
    if exercise.solution is not None:
        verdict = verdict_on(exercise, exercise.solution)
        if not verdict.passed:
            yield f"its solution does not pass:\n{verdict.card}"
        elif len(verdict.tried) < 2:
            yield "its check tries one thing, the happy path, and no other"
    for right in answers.right:
        verdict = verdict_on(exercise, right.code)
        if not verdict.passed:
            yield (
                f"{right.code}\nis right ({right.style}), and gets this "
                f"verdict:\n{verdict.card}"
            )
        elif exercise.solution and normal(right.code) == normal(
            exercise.solution
        ):
            yield f"{right.code}\nis the solution itself."
    yield from misjudges_wrong(exercise, answers)


def misjudges_wrong(exercise: Posed, answers: Answers) -> Iterator[str]:
    """Say which wrong answers pass, or are refused for a wrong reason."""
    reasons: dict[str, str] = {}
    for answer in answers.wrong:
        verdict = verdict_on(exercise, answer.code)
        text = str(verdict.card)
        what = f"{answer.code}\ngets this verdict:\n{text}\n"
        if verdict.passed:
            yield f"{what}A wrong answer must not pass."
        elif " ".join(answer.says.split()) not in " ".join(text.split()):
            yield f"{what}It should say: {answer.says!r}."
        elif text in reasons:
            yield f"{what}So does another wrong answer:{reasons[text]}"
        elif answer.happy_path != (len(verdict.tried) > 1):
            yield f"{what}Its mark says happy_path={answer.happy_path}."
        elif verdict.crash is not None:
            yield f"{what}The check itself must not crash."
        reasons[text] = answer.code


def survivors(exercise: Posed, answers: Answers) -> list[str]:
    """Say which mutants of the solution are not judged as they should be.

    A mutant is to be refused, with a reason and not by a crash of the check,
    unless it is listed as equivalent: then it is to pass.
    """
    mutants = mutants_of(exercise.solution or "")
    listed = [each.mutant for each in answers.to(exercise.name).equivalent]
    unknown = set(listed) - {mutant.name for mutant in mutants}
    found = [f"listed as equivalent, but no mutant: {m}" for m in unknown]
    for mutant in mutants:
        fate = fate_of(exercise, mutant.code)
        if mutant.name in listed:
            if fate != PASSED:
                found.append(f"listed as equivalent, but {fate}: {mutant}")
        elif fate != REFUSED:
            found.append(f"{fate}: {mutant}")
    return sorted(found)


PASSED, REFUSED, CRASHED = "passes", "refused", "crashes the check"


def fate_of(exercise: Posed, code: str) -> str:
    """Run a mutant: is it refused, does it pass, or does the check crash?"""
    try:
        verdict = verdict_on(exercise, with_finite_loops(code), SHORT)
    except CellError:
        return REFUSED
    if verdict.crash is not None:
        return f"{CRASHED} with `{type(verdict.crash).__name__}`"
    return PASSED if verdict.passed else REFUSED
