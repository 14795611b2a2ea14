"""Chapter 7's practice: the database decides, and nothing waits inside it."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from course.classroom.answer_types import a_function
from course.classroom.exercise import exercise
from course.classroom.prediction import prediction, right, wrong
from course.classroom.trial import expect, given, may_not_raise, refused

WIDE_KIM = "\uff2b\uff49\uff4d"
UNCAUGHT = "The key is taken. In an app this exception is a 500: catch it."
AT_ONCE = (
    "Both requests found the nickname free, and the other one was stored "
    "first. Only the `INSERT` itself can tell: catch its exception."
)
STALE = (
    "Your transaction had read the table before another request wrote to "
    "it. SQLite then does not let it write, and the user gets a 500. Let one "
    "statement decide and write, without a look-up in the same transaction."
)
QUOTE = (
    "A value was put into the text of the statement, and its quote ended a "
    "string there. An attacker would continue with SQL (*SQL injection*). "
    "Pass values as parameters."
)
REMEMBERED = (
    "It is free now. Ask the table at each call: what your code remembers of "
    "earlier calls is out of date, and other servers remember other things."
)

prediction(
    "Three spellings of José: how many does `UNIQUE` accept?",
    wrong(
        "One: they are the same name",
        "They are for a person. The database compares the characters, and "
        "these differ.",
    ),
    wrong(
        "Two: it ignores how `é` is encoded, and tells capitals apart",
        "SQLite and PostgreSQL compare the characters as they were sent. "
        "`é` as one character and `e` with an accent are different.",
    ),
    right(
        "All three",
        "Each of them is another sequence of characters, and `UNIQUE` "
        "compares nothing else.",
    ),
)
prediction(
    "Thief and owner write at once. Which password works in the end?",
    wrong(
        "The new password: johndoe sent it after the login began",
        "What counts is who writes last. The login hashes for a third of a "
        "second and then writes what it knew at its beginning.",
    ),
    right(
        "The old password, which the thief knows",
        "The login writes last. Its hash is of the old password, and it "
        "replaces the new hash.",
    ),
    wrong(
        "Both, until one of them logs in again",
        "A row holds one hash, and a hash is of one password.",
    ),
)
prediction(
    "A new johndoe signs up. What does the old johndoe's token open?",
    wrong(
        "Nothing: the account was deleted, and the token with it",
        "Nobody deletes a token. The service stores none; it verifies the "
        "signature and looks for the username.",
    ),
    wrong(
        "The old johndoe's account, as long as the token lasts",
        "There is no such account any more. The token holds a username and "
        "no data.",
    ),
    right(
        "The new johndoe's account",
        "The token says `username:johndoe`, and that is now another person.",
    ),
)


tables = sa.MetaData()
nicknames = sa.Table(
    "nicknames",
    tables,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("nickname", sa.String),
)
vouchers = sa.Table(
    "vouchers",
    tables,
    sa.Column("code", sa.String, primary_key=True),
    sa.Column("used_by", sa.String),
)
members = sa.Table(
    "members",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("email", sa.String),
    sa.Column("hashed_password", sa.String),
)

Rows = list[tuple[object, ...]]

WRITES = re.compile(
    r"\b(INSERT|UPDATE|DELETE|REPLACE|IMMEDIATE|EXCLUSIVE)\b", re.IGNORECASE
)


def by_key(row: tuple[object, ...]) -> str:
    """Return what the rows of `nicknames` are sorted by."""
    return str(row[0])


class Sessions(sessionmaker[Session]):
    """Makes sessions, and is called `sessions` in verdicts."""

    def __repr__(self) -> str:
        return "sessions"


@dataclass(frozen=True)
class Database:
    """A database of a check's own, in a file, with all three tables."""

    engine: sa.Engine

    @property
    def sessions(self) -> Sessions:
        """What the answer makes its sessions with."""
        return Sessions(self.engine)

    def rows(self, table: sa.Table) -> Rows:
        """Read a table, in the order of its primary key."""
        query = sa.select(table).order_by(*table.primary_key)
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(query)]

    def run(self, statement: sa.Executable) -> None:
        """Run a statement as another request does: in its own transaction."""
        with self.engine.begin() as connection:
            connection.execute(statement)

    @contextmanager
    def before_next_write(self, statement: sa.Executable) -> Iterator[None]:
        """Let another request write just before the answer does.

        The statement runs once, before the answer's next statement that
        writes or locks, as it might if two requests arrive at the same time.
        """
        waiting = [statement]

        def write_first(
            _: object, __: object, text: str, *___: object
        ) -> None:
            if waiting and WRITES.search(text):
                self.run(waiting.pop())

        sa.event.listen(self.engine, "before_cursor_execute", write_first)
        try:
            yield
        finally:
            sa.event.remove(self.engine, "before_cursor_execute", write_first)


@contextmanager
def database() -> Iterator[Database]:
    """Create a database in a file, and delete it afterwards."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder).as_posix()
        url = f"sqlite:///{path}/practice.db"
        engine = sa.create_engine(url, poolclass=sa.QueuePool)
        with engine.connect() as connection:
            # One transaction may write while another one reads.
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        tables.create_all(engine)
        try:
            yield Database(engine)
        finally:
            engine.dispose()


def away() -> Sessions:
    """Make sessions for a database whose file cannot be opened."""
    with TemporaryDirectory() as folder:
        path = Path(folder).as_posix()
    return Sessions(sa.create_engine(f"sqlite:///{path}/practice.db"))


@contextmanager
def damaged() -> Iterator[Sessions]:
    """Make sessions for a file that is no database."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "practice.db"
        path.write_text("This file is damaged. " * 100)
        engine = sa.create_engine(f"sqlite:///{path.as_posix()}")
        try:
            yield Sessions(engine)
        finally:
            engine.dispose()


@exercise(
    "claim a nickname",
    a_function,
    hints=(
        "Between your look-up and your `INSERT`, another request can store "
        "the same nickname. Which of the two cannot be left out?",
        "Only insert, with `username_key(nickname)` as the key. The primary "
        "key is unique, so the database raises `IntegrityError` for the "
        "second of two claims.",
        "Put the `with sessions.begin()` block, with the `INSERT` in it, into "
        "a `try`, and return `False` in `except IntegrityError`. Catch no "
        "other error.",
    ),
)
def claim_a_nickname(claim: Callable[..., Any]) -> None:
    """The database decides who gets a nickname, in all its spellings."""
    with database() as base:
        given("`Jos\u00e9`, which no user has")
        expect(
            claim(base.sessions, "Jos\u00e9") is True,
            "The nickname is free, so the answer must be `True`.",
        )
        stored: Rows = [("jos\u00e9", "Jos\u00e9")]
        expect(
            base.rows(nicknames) == stored,
            "The table must have one row now: the key that all spellings "
            "share, and the nickname as it was typed. "
            f"It has: {base.rows(nicknames)}.",
        )
        for name, spelling in (
            ("`Jos\u00e9` again", "Jos\u00e9"),
            ("`jose` with an accent as a character of its own", "jose\u0301"),
            ("`JOS\u00c9` in capitals", "JOS\u00c9"),
        ):
            given(name)
            with may_not_raise(UNCAUGHT, IntegrityError):
                answer = claim(base.sessions, spelling)
            expect(
                answer is False and base.rows(nicknames) == stored,
                "Another user has this nickname, in this spelling or another "
                "one. The answer must be `False`, and the table must stay as "
                "it is.",
            )
        given("`Kim`, `Stra\u00dfe`, and a look-alike of Kim in Cyrillic")
        for nickname, key in (
            ("Kim", "kim"),
            ("Stra\u00dfe", "strasse"),
            ("K\u0456m", "k\u0456m"),
        ):
            expect(
                claim(base.sessions, nickname) is True,
                "This is another nickname, and it is free.",
            )
            stored.append((key, nickname))
        expect(
            base.rows(nicknames) == sorted(stored, key=by_key),
            "Each claim that succeeds adds one row with its own key and "
            f"nickname. The table has: {base.rows(nicknames)}.",
        )
        for name, spelling in (
            ("`STRASSE`, after `Stra\u00dfe`", "STRASSE"),
            (
                "`\uff2b\uff29\uff2d` in wide letters, after `Kim`",
                "\uff2b\uff29\uff2d",
            ),
        ):
            given(name)
            with may_not_raise(UNCAUGHT, IntegrityError):
                answer = claim(base.sessions, spelling)
            expect(
                answer is False,
                "Another user has this nickname in another spelling. "
                "`username_key` gives both spellings one key.",
            )
        given("`o'Neil`, a free nickname with a quote")
        with may_not_raise(QUOTE, OperationalError):
            answer = claim(base.sessions, "o'Neil")
        stored.append(("o'neil", "o'Neil"))
        expect(
            answer is True
            and base.rows(nicknames) == sorted(stored, key=by_key),
            "The nickname is free, and the table must have it as it was "
            f"typed. The table has: {base.rows(nicknames)}.",
        )
        given("`Ringo`, when another request claims `ringo` a moment earlier")
        rival = sa.insert(nicknames).values(key="ringo", nickname="ringo")
        with (
            base.before_next_write(rival),
            may_not_raise(AT_ONCE, IntegrityError),
            may_not_raise(STALE, OperationalError),
        ):
            late = claim(base.sessions, "Ringo")
        stored.append(("ringo", "ringo"))
        expect(
            late is False
            and base.rows(nicknames) == sorted(stored, key=by_key),
            "Two requests have claimed it, and the other one was stored "
            "first. The answer must be `False`, and the row must stay the "
            "other user's.",
        )
        given("`Ringo`, after the other user has given it back")
        base.run(sa.delete(nicknames).where(nicknames.c.key == "ringo"))
        expect(claim(base.sessions, "Ringo") is True, REMEMBERED)
        given("a database that cannot be opened")
        with refused(
            "The answer says that the nickname is taken or stored, but the "
            "database was never asked. Catch `IntegrityError` only: the "
            "caller has to hear of every other error.",
            OperationalError,
        ):
            claim(away(), "George")
        given("a database whose file is damaged")
        with (
            damaged() as sessions,
            refused(
                "This is a `DatabaseError`, and it was caught. List what you "
                "catch, `IntegrityError`, and not what you let through: "
                "there are other errors than you know.",
                DatabaseError,
            ),
        ):
            claim(sessions, "George")


FREE = ("AUTUMN", "EASTER", "SPRING", "SUMMER", "TWICE")


@exercise(
    "use a voucher once",
    a_function,
    hints=(
        "The stub asks in one statement and writes in another. What can "
        "happen between them?",
        "An `UPDATE` may have the condition itself: `where` the code is this "
        "one and `used_by` is NULL. Write `vouchers.c.used_by.is_(None)`, "
        "because Python evaluates `is None` at once.",
        "Add `.returning(vouchers.c.code)`. `session.scalar(update)` is then "
        "`None` if no row was updated, and the voucher was not yours.",
    ),
)
def use_a_voucher_once(redeem: Callable[..., Any]) -> None:
    """One statement asks whether a voucher is free, and takes it."""
    with database() as base:
        for code, user in (
            *((code, None) for code in FREE),
            ("WINTER", "carol"),
        ):
            base.run(sa.insert(vouchers).values(code=code, used_by=user))
        owners: dict[str, str | None] = {
            **dict.fromkeys(FREE),
            "WINTER": "carol",
        }
        for words, code, user, free in (
            ("johndoe, and a voucher that is free", "SPRING", "johndoe", True),
            ("alice, and a second one", "AUTUMN", "alice", True),
            ("alice, and johndoe's voucher", "SPRING", "alice", False),
            ("johndoe, and his own voucher again", "SPRING", "johndoe", False),
            ("johndoe, and carol's voucher", "WINTER", "johndoe", False),
            ("a code that no voucher has", "NEVER", "johndoe", False),
            ("`%`, which `LIKE` finds in every code", "%", "johndoe", False),
            ("the beginning of a code", "SUMM", "johndoe", False),
            ("O'Neil, and a voucher that is free", "EASTER", "O'Neil", True),
        ):
            given(words)
            with may_not_raise(QUOTE, OperationalError):
                answer = redeem(base.sessions, code, user)
            if free:
                owners[code] = user
                expect(
                    answer is not False,
                    "The voucher is free, and it was refused. Does your "
                    "condition find it? A condition on NULL is written "
                    "`column.is_(None)`; `column is None` is a comparison "
                    "in Python, and always false.",
                )
                expect(
                    answer is True,
                    "The voucher is free, so the answer must be `True`.",
                )
            else:
                expect(
                    answer is False,
                    "This voucher is not free, so the answer must be "
                    "`False`. The shop gives the discount again otherwise.",
                )
            expect_owners(base, owners)
        for words, code, user, why in (
            (
                "alice, when johndoe uses the same voucher a moment earlier",
                "SUMMER",
                "alice",
                "johndoe used the voucher between your look-up and your "
                "`UPDATE`, and now both have the discount. The `UPDATE` "
                "itself must have the condition that the voucher is free.",
            ),
            (
                "johndoe, who sends the same request twice at once",
                "TWICE",
                "johndoe",
                "He has the discount twice. The name in the row is his, but "
                "his other request stored it. Ask whether your own `UPDATE` "
                "changed a row.",
            ),
        ):
            given(words)
            rival = used_by("johndoe", code)
            with (
                base.before_next_write(rival),
                may_not_raise(STALE, OperationalError),
            ):
                answer = redeem(base.sessions, code, user)
            expect(answer is False, why)
            owners[code] = "johndoe"
            expect_owners(base, owners)
        given("a voucher that johndoe has given back")
        base.run(used_by(None, "SPRING"))
        owners["SPRING"] = "alice"
        expect(redeem(base.sessions, "SPRING", "alice") is True, REMEMBERED)
        expect_owners(base, owners)
        given("a voucher that the shop has just added")
        base.run(sa.insert(vouchers).values(code="LATE", used_by=None))
        owners["LATE"] = "alice"
        expect(redeem(base.sessions, "LATE", "alice") is True, REMEMBERED)
        expect_owners(base, owners)
        given("a database that cannot be opened")
        with refused(
            "The answer says that the voucher is used, but the database was "
            "never asked, and the user throws the voucher away. Catch no "
            "error: the caller has to hear of it.",
            OperationalError,
        ):
            redeem(away(), "SUMMER", "alice")


def used_by(user: str | None, code: str) -> sa.Update:
    """Write who has used a voucher, as another request does."""
    this_one = vouchers.c.code == code
    return sa.update(vouchers).where(this_one).values(used_by=user)


def expect_owners(base: Database, owners: dict[str, str | None]) -> None:
    """Compare the whole table of vouchers with what it should hold."""
    seen = base.rows(vouchers)
    expect(
        seen == sorted(owners.items()),
        "`used_by` must name the user who used a voucher first, and all "
        f"other rows must stay as they are. The table has: {seen}.",
    )


@dataclass(repr=False)
class Verifier:
    """A `verify` that knows a hash by its text, and what went on meanwhile."""

    base: Database
    meanwhile: sa.Executable | None = None
    calls: list[tuple[str, str]] = field(default_factory=list)
    connections: int = 0
    found: Rows | None = None

    def __repr__(self) -> str:
        return "verify"

    def __call__(self, password: str, hashed_password: str) -> bool:
        """Note the call, the connections and the table; let others write."""
        self.calls.append((password, hashed_password))
        pool = cast(sa.QueuePool, self.base.engine.pool)
        self.connections += pool.checkedout()
        self.found = self.base.rows(members)
        if self.meanwhile is not None and not self.connections:
            self.base.run(self.meanwhile)
        return hashed_password == f"hash of {password}"


@exercise(
    "change an address",
    a_function,
    hints=(
        "Three steps: read the row, verify, write. In which of them is a "
        "session needed?",
        "Close the first session before you call `verify`, and open a second "
        "one for the `UPDATE`. What has to be in its `where`, so that it "
        "finds nothing if the password was changed meanwhile?",
        "Add `.where(members.c.hashed_password == member.hashed_password)` "
        "and `.returning(members.c.id)`, and return whether the result of "
        "`session.scalar` is not `None`.",
    ),
)
def change_an_address(change: Callable[..., Any]) -> None:
    """Verify without a connection, and write only what was verified."""
    with database() as base:
        people = {
            1: ("john@example.com", "hash of secret"),
            2: ("alice@example.com", "hash of wonderland"),
            3: ("carol@example.com", "hash of secret"),
        }
        for number, (email, hashed) in people.items():
            base.run(
                sa.insert(members).values(
                    id=number, email=email, hashed_password=hashed
                )
            )

        def attempt(
            number: int,
            password: str,
            verify: Verifier,
            email: str = "new@example.com",
        ) -> object:
            before = base.rows(members)
            answer = change(base.sessions, verify, number, password, email)
            expect(
                verify.found in (None, before),
                "The table had changed before `verify` returned. Until you "
                "take it back, a thief has the mail of the account sent to "
                "another address. Write after the password is verified.",
            )
            return answer

        for number, password, email in (
            (1, "secret", "new@example.com"),
            (2, "wonderland", "Alice.O'Neil@example.com"),
            (3, "secret", "carol@example.org"),
        ):
            given(f"member {number}, with the right password")
            verify = Verifier(base)
            with may_not_raise(QUOTE, OperationalError):
                answer = attempt(number, password, verify, email)
            expect(
                answer is True,
                "The password is right, so the answer must be `True`.",
            )
            people[number] = (email, people[number][1])
            expect_members(base, people)
            expect(
                verify.calls == [(password, people[number][1])],
                "`verify` must be called once, with the password and the "
                "member's hash: each call costs a third of a second.",
            )
            expect(
                not verify.connections,
                "While `verify` ran, your session was open and held a "
                "connection. Sixteen members at once would empty the pool.",
            )
        given("a wrong password")
        base.run(sa.update(members).values(email="old@example.com"))
        people = {
            number: ("old@example.com", hashed)
            for number, (_, hashed) in people.items()
        }
        expect(
            attempt(1, "wonderland", Verifier(base)) is False,
            "The password is another member's, so the answer must be `False`.",
        )
        expect_members(base, people)
        given("a password that is changed while `verify` runs")
        john = sa.update(members).where(members.c.id == 1)
        verify = Verifier(
            base, john.values({"hashed_password": "hash of new"})
        )
        people[1] = ("old@example.com", "hash of new")
        expect(
            attempt(1, "secret", verify) is False,
            "The password that you verified is no longer valid. Perhaps it "
            "was changed because a thief knows it, and the thief now has the "
            "member's address changed. Compare and swap.",
        )
        expect_members(base, people)
        given("the new password, after that change")
        people[1] = ("newer@example.com", "hash of new")
        expect(
            attempt(1, "new", Verifier(base), "newer@example.com") is True,
            "This password is right since the change. Read the row at each "
            "call: a copy from an earlier call is out of date.",
        )
        expect_members(base, people)
        given("a password that is changed just before your `UPDATE`")
        rival = john.values({"hashed_password": "hash of x"})
        with (
            base.before_next_write(rival),
            may_not_raise(STALE, OperationalError),
        ):
            answer = attempt(1, "new", Verifier(base))
        people[1] = ("newer@example.com", "hash of x")
        expect(
            answer is False,
            "Between your second look at the row and your `UPDATE`, the "
            "password was changed. Only a condition of the `UPDATE` itself "
            "cannot be overtaken.",
        )
        expect_members(base, people)
        given("a member who is deleted while `verify` runs")
        gone = sa.delete(members).where(members.c.id == 2)
        expect(
            attempt(2, "wonderland", Verifier(base, gone)) is False,
            "The row is gone, and no address was stored: the answer must be "
            "`False`.",
        )
        del people[2]
        expect_members(base, people)


def expect_members(base: Database, people: dict[int, tuple[str, str]]) -> None:
    """Compare the whole table of members with what it should hold."""
    seen = base.rows(members)
    expect(
        seen == [(number, *values) for number, values in people.items()],
        "Only the address of this member may change, and only if the answer "
        f"is `True`. The table has: {seen}.",
    )
