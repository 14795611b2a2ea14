"""Mutants of a solution: every small mistake that a program can make in it.

    mutants_of("def halve(n):\\n    return n / 2")

has, among others, `line 2: constant 2 becomes 3` and `line 2: `return`
dropped`. A check that accepts a mutant does not look at what was changed,
unless the mutant does what the solution does.
"""

import ast
import copy
import symtable
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

Node = TypeVar("Node", bound=ast.AST)
Function = ast.FunctionDef | ast.AsyncFunctionDef

NEGATED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
OFF_BY_ONE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
OTHER_OPERATOR: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
KEPT = (
    ast.Import,
    ast.ImportFrom,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Pass,
)
BUILTIN_TYPES = {"str", "int", "bool", "float", "bytes", "dict", "list"}
CONSTANT_RESULTS = (None, True, False, "")


MOST_ROUNDS = 100_000
COUNTED = """\
import itertools
rounds = itertools.count(1)
def count_round():
    if next(rounds) > {}:
        raise RecursionError("this loop never ends")
"""


@dataclass(frozen=True)
class Mutant:
    """One change to a solution, named by its line, and the changed code."""

    name: str
    code: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Scope:
    """Names that may stand for one another at one place of a solution."""

    variables: tuple[str, ...]
    texts: tuple[str, ...]
    attributes: dict[str, tuple[str, ...]]


Change = tuple[str, ast.AST | None]


def mutants_of(solution: str) -> list[Mutant]:
    """List all first-order mutants of some code, each different from it."""
    tree = ast.parse(solution)
    scopes = scopes_of(tree)
    wording = wording_in(tree)
    seen = {ast.unparse(tree)}
    names: Counter[str] = Counter()
    found: list[tuple[int, Mutant]] = []
    for index, node in enumerate(ast.walk(tree)):
        if isinstance(node, ast.Constant) and id(node) in wording:
            continue
        line = line_of(node)
        for what, replacement in changes(node, scopes[index]):
            code = changed(tree, index, replacement)
            if code is None or code in seen:
                continue
            seen.add(code)
            name = f"line {line}: {what}"
            names[name] += 1
            if names[name] > 1:
                name = f"{name} ({names[name]})"
            found.append((line, Mutant(name, code)))
    return [mutant for _, mutant in sorted(found, key=lambda pair: pair[0])]


def changed(
    tree: ast.Module, index: int, replacement: ast.AST | None
) -> str | None:
    """Replace the node at an index of `ast.walk`, or delete it.

    Returns:
        The code, or None if the node cannot be left out or the change makes
        no valid Python.
    """
    own = copy.deepcopy(tree)
    target = list(ast.walk(own))[index]
    for parent in ast.walk(own):
        for name, value in ast.iter_fields(parent):
            if value is target:
                setattr(parent, name, copy.deepcopy(replacement))
            elif isinstance(value, list) and any(v is target for v in value):
                at = next(i for i, v in enumerate(value) if v is target)
                new = [] if replacement is None else [replacement]
                value[at : at + 1] = copy.deepcopy(new)
                if not value and name == "body":
                    value.append(ast.Pass())
    try:
        code = ast.unparse(ast.fix_missing_locations(own))
        # It also finds a `nonlocal` whose variable is gone.
        symtable.symtable(code, "<mutant>", "exec")
    except (SyntaxError, ValueError, AttributeError):
        return None
    return code


def with_finite_loops(code: str) -> str:
    """Let each loop of some code raise after a hundred thousand rounds."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.For | ast.AsyncFor | ast.While):
            node.body[:0] = ast.parse("count_round()").body
    return COUNTED.format(MOST_ROUNDS) + ast.unparse(tree)


def changes(node: ast.AST, scope: Scope) -> Iterator[Change]:
    """Yield what a node may become, in words and as a node; None deletes."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from changed_function(node)
        case ast.ExceptHandler(type=ast.expr() as kind):
            yield (
                f"`except {ast.unparse(kind)}` becomes `except Exception`",
                replaced(node, type=ast.Name("Exception")),
            )
        case ast.stmt():
            yield from changed_statement(node)
        case ast.comprehension(ifs=conditions):
            for at, condition in enumerate(conditions):
                negated = [*conditions]
                negated[at] = negation(condition)
                words = f"condition `{ast.unparse(condition)}`"
                yield f"{words} negated", replaced(node, ifs=negated)
                rest = conditions[:at] + conditions[at + 1 :]
                yield f"{words} dropped", replaced(node, ifs=rest)
        case ast.arg(annotation=ast.expr() as annotation, arg=name):
            if not is_builtin_type(annotation):
                bare = replaced(node, annotation=None)
                yield f"annotation of `{name}` dropped", bare
        case ast.expr():
            for what, new in changed_expression(node, scope):
                yield f"`{ast.unparse(node)}` becomes `{what}`", new


def changed_function(node: Function) -> Iterator[Change]:
    """Yield functions of constant results, or with a promise less."""
    docstring = node.body[:1] if ast.get_docstring(node) else []
    for result in CONSTANT_RESULTS:
        body = [*docstring, ast.Return(ast.Constant(result))]
        new = replaced(node, body=body)
        yield f"`{node.name}` only returns `{result!r}`", new
    if node.returns and not is_builtin_type(node.returns):
        bare = replaced(node, returns=None)
        yield f"return annotation of `{node.name}` dropped", bare


def changed_statement(node: ast.stmt) -> Iterator[Change]:
    """Yield a statement negated, turned into another, or deleted."""
    if isinstance(node, ast.If | ast.While):
        test = negation(node.test)
        words = f"condition `{ast.unparse(node.test)}`"
        yield f"{words} negated", replaced(node, test=test)
        for truth in (True, False):
            new = replaced(node, test=ast.Constant(truth))
            yield f"{words} becomes `{truth}`", new
    if isinstance(node, ast.Return) and node.value:
        yield f"`return` dropped: `{ast.unparse(node)}`", ast.Expr(node.value)
    if isinstance(node, ast.Raise) and node.exc:
        words = f"`{ast.unparse(node)}`"
        yield f"{words} becomes a `return`", ast.Return(node.exc)
        kind = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        if isinstance(kind, ast.Name) and kind.id[:1].isupper():
            widened = ast.Raise(ast.Call(ast.Name("Exception"), [], []))
            yield f"{words} becomes `raise Exception()`", widened
    is_docstring = isinstance(node, ast.Expr) and isinstance(
        node.value, ast.Constant
    )
    if not isinstance(node, KEPT) and not is_docstring:
        first = ast.unparse(node).partition("\n")[0]
        yield f"`{first}` deleted", None


def changed_expression(
    node: ast.expr, scope: Scope
) -> Iterator[tuple[str, ast.expr]]:
    """Yield what an expression may become, as code and as a node."""
    for new in alternatives(node, scope):
        yield ast.unparse(ast.fix_missing_locations(copy.deepcopy(new))), new


def alternatives(  # noqa: C901 - a case for each kind of expression
    node: ast.expr, scope: Scope
) -> Iterator[ast.expr]:
    """Yield the expressions that a slip could put in place of another."""
    match node:
        case ast.Compare(ops=ops):
            for at, operator in enumerate(ops):
                for table in (NEGATED, OFF_BY_ONE):
                    if type(operator) in table:
                        new = [*ops]
                        new[at] = table[type(operator)]()
                        yield replaced(node, ops=new)
        case ast.BoolOp(op=operator, values=values):
            other = ast.Or() if isinstance(operator, ast.And) else ast.And()
            yield replaced(node, op=other)
            for value in values:
                rest = [each for each in values if each is not value]
                yield replaced(node, values=rest) if rest[1:] else rest[0]
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield replaced(node, test=negation(test))
            yield body
            yield orelse
        case ast.BinOp(op=operator) if type(operator) in OTHER_OPERATOR:
            yield replaced(node, op=OTHER_OPERATOR[type(operator)]())
        case ast.Call(args=args, keywords=keywords):
            for keyword in keywords:
                others = [each for each in keywords if each is not keyword]
                yield replaced(node, keywords=others)
            if args[1:]:
                yield replaced(node, args=args[:-1])
        case ast.List(elts=elements) | ast.Set(elts=elements):
            for element in elements:
                rest = [each for each in elements if each is not element]
                if rest or isinstance(node, ast.List):
                    yield replaced(node, elts=rest)
        case ast.Dict(keys=keys, values=values):
            for at in range(len(keys)):
                yield replaced(
                    node,
                    keys=keys[:at] + keys[at + 1 :],
                    values=values[:at] + values[at + 1 :],
                )
        case ast.Name(id=name, ctx=ast.Load()) if name in scope.variables:
            for variable in scope.variables:
                if variable != name:
                    yield ast.Name(variable)
        case ast.Attribute(value=ast.Name(id=base), attr=name):
            for attribute in scope.attributes.get(base, ()):
                if attribute != name:
                    yield ast.Attribute(node.value, attribute)
        case ast.Constant(value=value):
            for other_value in other_constants(value, scope):
                yield ast.Constant(other_value)


def other_constants(
    value: object, scope: Scope
) -> Iterator[str | int | bytes]:
    """Yield constants of the same kind: a neighbour, the opposite, another."""
    match value:
        case bool():
            yield not value
        case int():
            yield value + 1
            yield value - 1
        case str():
            others = [text for text in scope.texts if text != value]
            yield others[0] if others else ""
            yield ""
        case bytes():
            yield b""


def scopes_of(tree: ast.Module) -> list[Scope]:
    """List the scope of each node, in the order of `ast.walk`."""
    wording = wording_in(tree)
    texts = tuple(
        dict.fromkeys(
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in wording
        )
    )
    attributes: dict[str, dict[str, None]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(
            node.value, ast.Name
        ):
            attributes.setdefault(node.value.id, {})[node.attr] = None
    shared = {base: tuple(names) for base, names in attributes.items()}
    outer = Scope(variables_of(tree), texts, shared)
    owner: dict[int, Scope] = {}
    for function in ast.walk(tree):
        if isinstance(function, Function):
            own = Scope(variables_of(function), texts, shared)
            owner |= {id(node): own for node in ast.walk(function)}
    return [owner.get(id(node), outer) for node in ast.walk(tree)]


def wording_in(tree: ast.Module) -> set[int]:
    """Find the texts that are for people, by `id`: they may say anything.

    They are the docstrings, and what an exception says in several words.
    """
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            found.add(id(node.value))
        if isinstance(node, ast.Raise):
            found |= {
                id(inner)
                for inner in ast.walk(node)
                if isinstance(inner, ast.Constant) and " " in str(inner.value)
            }
    return found


def variables_of(home: ast.Module | Function) -> tuple[str, ...]:
    """List the parameters and variables of a function or a module itself."""
    found: dict[str, None] = {}
    pending: list[ast.AST] = list(ast.iter_child_nodes(home))
    while pending:
        node = pending.pop(0)
        if isinstance(node, ast.arg):
            found[node.arg] = None
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found[node.id] = None
        if not isinstance(node, Function | ast.ClassDef):
            pending += ast.iter_child_nodes(node)
    return tuple(found)


def replaced(node: Node, **fields: object) -> Node:
    """Copy a node with other fields."""
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def negation(condition: ast.expr) -> ast.expr:
    """Negate a condition; of `not x` that is `x`."""
    if isinstance(condition, ast.UnaryOp) and isinstance(
        condition.op, ast.Not
    ):
        return condition.operand
    return ast.UnaryOp(ast.Not(), condition)


def is_builtin_type(annotation: ast.expr) -> bool:
    """Whether an annotation is `str`, `None` or the like."""
    return ast.unparse(annotation) in BUILTIN_TYPES | {"None"}


def line_of(node: ast.AST) -> int:
    """Find the line of a node, or of the first one within it; 0 for none."""
    lines = (getattr(inner, "lineno", 0) for inner in ast.walk(node))
    return next(filter(None, lines), 0)
