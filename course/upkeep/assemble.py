"""Copy definitions of the chapters into the files of one package.

A chapter's module imports what it needs from earlier chapters, by alias:
`ch07.find_user`. In the package there are no chapters, so each name is found
by where the definition went: `find_user`, imported from its file there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import cast

import libcst as cst
from libcst import matchers as m
from libcst.metadata import (
    Assignment,
    GlobalScope,
    ImportAssignment,
    MetadataWrapper,
    ScopeProvider,
)

Key = tuple[str, str]  # a chapter and a name: ("ch07", "find_user")
Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement
PACKAGE = "snippets"


class AssembleError(Exception):
    """The package cannot be put together; the message says what is wrong."""


@dataclass(frozen=True)
class Import:
    """One imported name: `Import("datetime", "UTC")` or `Import("re")`."""

    module: str
    name: str = ""
    alias: str = ""

    def __str__(self) -> str:
        """Write the import statement."""
        renamed = f" as {self.alias}" if self.alias else ""
        if self.name:
            return f"from {self.module} import {self.name}{renamed}"
        return f"import {self.module}{renamed}"


@dataclass
class Definition:
    """A statement of a chapter that defines names, and what it refers to.

    Attributes:
        uses: which chapters' names it refers to, by the syntax node.
        imports: what it needs from other packages.
    """

    names: tuple[str, ...]
    statement: Statement
    uses: dict[cst.CSTNode, Key] = field(default_factory=dict)
    imports: set[Import] = field(default_factory=set)


def code_of(node: cst.CSTNode) -> str:
    """Return the code that a node writes: `"collections.abc"`."""
    return cst.Module([]).code_for_node(node)


def import_of(assignment: ImportAssignment) -> Import:
    """Return what an import statement binds to one name."""
    statement = cast("cst.Import | cst.ImportFrom", assignment.node)
    alias = next(
        alias
        for alias in cast("Sequence[cst.ImportAlias]", statement.names)
        if assignment.name in bound_by(alias)
    )
    renamed = alias.evaluated_alias or ""
    if isinstance(statement, cst.ImportFrom):
        module = code_of(cast("cst.CSTNode", statement.module))
        return Import(module, alias.evaluated_name, renamed)
    return Import(alias.evaluated_name, "", renamed)


def bound_by(alias: cst.ImportAlias) -> tuple[str, str]:
    """Return what a part of an import binds: `"os"` for `import os.path`."""
    name = alias.evaluated_alias or alias.evaluated_name
    return name, name.partition(".")[0]


def chapter_of(stem: str) -> str:
    """Return a chapter's short name: `"ch07"` for `"ch07_database"`."""
    return stem.partition("_")[0]


@cache
def read_chapter(path: Path) -> dict[str, Definition]:
    """Read a chapter's module: its definitions by each name they define."""
    module = cst.parse_module(path.read_text("utf-8"))
    # Nobody else has the parser's nodes, so they need not be copied.
    wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
    scopes = wrapper.resolve(ScopeProvider)
    top = next(s for s in scopes.values() if isinstance(s, GlobalScope))
    found: dict[str, Definition] = {}
    owners: dict[cst.CSTNode, Definition] = {}
    members: dict[cst.CSTNode, cst.Attribute] = {}
    for statement in wrapper.module.body:
        names = tuple(names_of(statement))
        if names:
            definition = Definition(names, statement)
            found |= dict.fromkeys(names, definition)
            for node in nodes_in(statement):
                owners[node] = definition
                if isinstance(node, cst.Attribute):
                    members[node.value] = node
    own = chapter_of(path.stem)
    for assignment in top.assignments:
        for access in assignment.references:
            owner = owners.get(access.node)
            if owner is None or not isinstance(assignment, Assignment):
                continue
            if not isinstance(assignment, ImportAssignment):
                if assignment.name in ROUTERS:
                    continue
                name = access.node
                owner.uses[name] = (own, assignment.name)
                continue
            imported = import_of(assignment)
            if imported.module == PACKAGE:  # from snippets import ch07_… as
                read = member(access.node, members)
                owner.uses[read] = (
                    chapter_of(imported.name),
                    read.attr.value,
                )
            elif imported.module.startswith(f"{PACKAGE}."):
                stem = imported.module.partition(".")[2]
                key = (chapter_of(stem), imported.name)
                owner.uses[access.node] = key
            else:
                owner.imports.add(imported)
    return found


def member(
    node: cst.CSTNode, members: Mapping[cst.CSTNode, cst.Attribute]
) -> cst.Attribute:
    """Return the attribute of a chapter that an access reads.

    Raises:
        AssembleError: it reads none.
    """
    if node not in members:
        raise AssembleError(f"{code_of(node)} is used without an attribute")
    return members[node]


def nodes_in(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """List a node and all nodes below it."""
    yield node
    for child in node.children:
        yield from nodes_in(child)


def names_of(statement: cst.CSTNode) -> Iterator[str]:
    """List the names that a statement defines; imports define none."""
    if isinstance(statement, cst.FunctionDef | cst.ClassDef):
        yield statement.name.value
    elif isinstance(statement, cst.SimpleStatementLine):
        for part in statement.body:
            if isinstance(part, cst.Assign):
                for target in part.targets:
                    yield code_of(target.target)
            elif isinstance(part, cst.AnnAssign):
                yield code_of(part.target)


class Renamer(cst.CSTTransformer):
    """Write each reference as it is in the package."""

    def __init__(
        self, uses: Mapping[cst.CSTNode, Key], names: Mapping[Key, str]
    ) -> None:
        """Begin with the references, and what each is called there."""
        self.uses = uses
        self.names = names

    def replaced(
        self, original: cst.CSTNode, updated: cst.BaseExpression
    ) -> cst.BaseExpression:
        """Return a reference's new name, or the node as it is."""
        key = self.uses.get(original)
        return cst.Name(self.names[key]) if key else updated

    def leave_Attribute(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        """Write `find_user` for `ch07.find_user`."""
        return self.replaced(original_node, updated_node)

    def leave_Name(
        self, original_node: cst.Name, updated_node: cst.Name
    ) -> cst.BaseExpression:
        """Write a name that is another one in the package."""
        return self.replaced(original_node, updated_node)


@dataclass(frozen=True)
class Own:
    """What the package defines in its own way instead of a chapter's.

    `source` is code; what it needs is in `uses`, keys of the plan, and in
    `imports`.
    """

    key: Key
    source: str
    uses: tuple[Key, ...] = ()
    imports: tuple[Import, ...] = ()


@dataclass(frozen=True)
class File:
    """A file of the package: its docstring, and what it holds, in order."""

    path: str
    docstring: str
    parts: Sequence[Key | Own]

    @property
    def module(self) -> str:
        """Return the module's name in the package: `"routers.users"`."""
        return self.path.removesuffix(".py").replace("/", ".")


class Plan:
    """Which definition goes to which file, and under which name."""

    def __init__(
        self,
        files: Sequence[File],
        renamed: Mapping[Key, str],
        modules: Mapping[str, Path],
    ) -> None:
        """Find out what each file holds."""
        self.files = files
        self.modules = modules
        self.names: dict[Key, str] = {}
        self.homes: dict[Key, File] = {}
        for file in files:
            for part in file.parts:
                for key in self.keys_of(part):
                    if key in self.homes:
                        raise AssembleError(f"{'.'.join(key)} comes twice")
                    self.homes[key] = file
                    self.names[key] = renamed.get(key, key[1])

    def definition(self, key: Key) -> Definition:
        """Return a chapter's definition of a name."""
        try:
            return read_chapter(self.modules[key[0]])[key[1]]
        except KeyError:
            raise AssembleError(f"there is no {'.'.join(key)}") from None

    def keys_of(self, part: Key | Own) -> list[Key]:
        """Return the keys of all names that a part defines."""
        if isinstance(part, Own):
            return [part.key]
        return [(part[0], name) for name in self.definition(part).names]

    def write(self, file: File) -> str:
        """Return the source of a file; its imports are not sorted yet."""
        lines: list[str] = []
        imports: set[str] = set()
        for part in file.parts:
            if isinstance(part, Own):
                uses, needed = part.uses, part.imports
                lines.append(part.source)
            else:
                definition = self.definition(part)
                uses = tuple(definition.uses.values())
                needed = tuple(definition.imports)
                self.check(part, uses)
                lines.append(self.text_of(definition, part))
            self.check(self.keys_of(part)[0], uses)
            imports |= {str(each) for each in needed}
            imports |= {
                self.relative(file, self.homes[key], self.names[key])
                for key in uses
                if self.homes[key] is not file
            }
        head = f'"""{file.docstring}"""\n\n'
        return head + "\n".join(sorted(imports)) + "\n\n" + "\n".join(lines)

    def check(self, user: Key, uses: Sequence[Key]) -> None:
        """Refuse a reference to what no file holds.

        Raises:
            AssembleError: a name has no file.
        """
        missing = sorted(
            ".".join(key) for key in uses if key not in self.homes
        )
        if missing:
            raise AssembleError(f"{'.'.join(user)} needs {', '.join(missing)}")

    def text_of(self, definition: Definition, key: Key) -> str:
        """Return a definition's source, with the package's names."""
        renamer = Renamer(definition.uses, self.names)
        changed = cast("Statement", definition.statement.visit(renamer))
        name = self.names[key]
        if isinstance(changed, cst.FunctionDef | cst.ClassDef):
            changed = changed.with_changes(name=cst.Name(name))
            changed = changed.with_changes(
                decorators=[routed(each) for each in changed.decorators]
            )
        kept = [
            line
            for line in changed.leading_lines
            if not (line.comment and line.comment.value.startswith("# %%"))
        ]
        changed = changed.with_changes(leading_lines=kept)
        return cst.Module([changed]).code

    @staticmethod
    def relative(user: File, home: File, name: str) -> str:
        """Write the import of a name of another file of the package."""
        dots = "." * (user.path.count("/") + 1)
        return f"from {dots}{home.module} import {name}"


def routed(decorator: cst.Decorator) -> cst.Decorator:
    """Write `@router.get(…)` for `@app.get(…)`: a file has one router."""
    if m.matches(decorator, OF_ROUTER):
        replaced = m.replace(decorator, ROUTER, cst.Name("router"))
        return cst.ensure_type(replaced, cst.Decorator)
    return decorator


ROUTERS = ("app", "public", "guarded")  # of the chapters
ROUTER = m.OneOf(*(m.Name(name) for name in ROUTERS))
OF_ROUTER = m.Decorator(m.Call(m.Attribute(ROUTER)))
