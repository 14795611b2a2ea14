"""Right answers to chapter 7's exercises, and equivalent mutants."""

from tests.practice.right_answers import EquivalentMutant, RightAnswer

CLAIM = "claim a nickname"
VOUCHER = "use a voucher once"
ADDRESS = "change an address"

NICKNAMES = "from course.practice.ch07 import nicknames\n"
VOUCHERS = "from course.practice.ch07 import vouchers\n"
MEMBERS = "from course.practice.ch07 import members\n"

RIGHT_ANSWERS: list[RightAnswer] = [
    RightAnswer(
        CLAIM,
        "a conflict does nothing, and rows are counted",
        NICKNAMES
        + """
from sqlalchemy.dialects.sqlite import insert

def claim(sessions, nickname):
    row = {"key": username_key(nickname), "nickname": nickname}
    statement = insert(nicknames).values(row).on_conflict_do_nothing()
    with sessions.begin() as session:
        return session.execute(statement).rowcount == 1
""",
    ),
    RightAnswer(
        CLAIM,
        "a look-up for a quick answer, and the exception as well",
        NICKNAMES
        + """
def claim(sessions, nickname):
    key = username_key(nickname)
    with sessions() as session:
        find = sa.select(nicknames.c.key).where(nicknames.c.key == key)
        if session.scalar(find):
            return False
        try:
            session.execute(
                sa.insert(nicknames).values(key=key, nickname=nickname)
            )
            session.commit()
        except IntegrityError:
            session.rollback()
            return False
        return True
""",
    ),
    RightAnswer(
        CLAIM,
        "a class with __call__, and names of the module",
        NICKNAMES
        + """
from snippets import ch07_database

class Claim:
    def __call__(self, sessions, nickname):
        key = ch07_database.username_key(nickname)
        session = sessions()
        try:
            row = dict(key=key, nickname=nickname)
            session.execute(nicknames.insert(), [row])
            session.commit()
            return True
        except sa.exc.IntegrityError:
            return False
        finally:
            session.close()

claim = Claim()
""",
    ),
    RightAnswer(
        CLAIM,
        "SQL as text",
        NICKNAMES
        + """
def claim(sessions, nickname):
    insert = sa.text("INSERT INTO nicknames VALUES (:key, :nickname)")
    row = {"key": username_key(nickname), "nickname": nickname}
    try:
        with sessions() as session, session.begin():
            session.execute(insert, row)
    except IntegrityError as error:
        return error is None
    else:
        return True
""",
    ),
    RightAnswer(
        VOUCHER,
        "rows are counted",
        VOUCHERS
        + """
def redeem(sessions, code, username):
    update = (
        sa.update(vouchers)
        .where(vouchers.c.code == code, vouchers.c.used_by == None)
        .values(used_by=username)
    )
    with sessions.begin() as session:
        result = session.execute(update)
        if result.rowcount:
            return True
    return False
""",
    ),
    RightAnswer(
        VOUCHER,
        "a lock for all writers, and then two statements",
        VOUCHERS
        + """
def redeem(sessions, code, username):
    with sessions() as session:
        session.execute(sa.text("BEGIN IMMEDIATE"))
        find = sa.select(vouchers).where(vouchers.c.code == code)
        voucher = session.execute(find).one_or_none()
        if voucher is None or voucher.used_by is not None:
            return False
        update = sa.update(vouchers).where(vouchers.c.code == code)
        session.execute(update.values(used_by=username))
        session.commit()
        return True
""",
    ),
    RightAnswer(
        VOUCHER,
        "a lambda, and SQL as text",
        """
UPDATE = sa.text(
    "UPDATE vouchers SET used_by = :username "
    "WHERE code = :code AND used_by IS NULL"
)

redeem = lambda sessions, code, username: store(
    sessions, {"code": code, "username": username}
)

def store(sessions, values):
    with sessions.begin() as session:
        return session.execute(UPDATE, values).rowcount == 1
""",
    ),
    RightAnswer(
        VOUCHER,
        "a look-up first, and the condition in the UPDATE as well",
        VOUCHERS
        + """
def redeem(sessions, code, username):
    this_one, free = vouchers.c.code == code, vouchers.c.used_by.is_(None)
    with sessions.begin() as session:
        if not session.execute(
            sa.select(vouchers).where(sa.and_(this_one, free))
        ).first():
            return False
        updated = session.execute(
            sa.update(vouchers)
            .where(sa.and_(this_one, free))
            .values({"used_by": username})
            .returning(vouchers)
        ).all()
    return len(updated) == 1
""",
    ),
    RightAnswer(
        ADDRESS,
        "rows are counted",
        MEMBERS
        + """
def change_email(sessions, verify, member_id, password, email):
    with sessions() as session:
        hashed = session.scalar(
            sa.select(members.c.hashed_password).where(
                members.c.id == member_id
            )
        )
    if verify(password, hashed):
        with sessions.begin() as session:
            return bool(
                session.execute(
                    sa.update(members)
                    .where(
                        members.c.id == member_id,
                        members.c.hashed_password == hashed,
                    )
                    .values(email=email)
                ).rowcount
            )
    return False
""",
    ),
    RightAnswer(
        ADDRESS,
        "one session that gives its connection back",
        MEMBERS
        + """
def change_email(sessions, verify, member_id, password, email):
    session = sessions()
    find = sa.select(members).where(members.c.id == member_id)
    member = session.execute(find).one()
    session.commit()
    matches = verify(password, member.hashed_password)
    result = None
    if matches:
        result = session.scalar(
            sa.update(members)
            .filter_by(id=member_id, hashed_password=member.hashed_password)
            .values(email=email)
            .returning(members.c.id)
        )
        session.commit()
    session.close()
    return result is not None
""",
    ),
    RightAnswer(
        ADDRESS,
        "a class with __call__",
        MEMBERS
        + """
class Change:
    def read(self, sessions, member_id):
        with sessions() as session:
            find = sa.select(members).where(members.c.id == member_id)
            return session.execute(find).mappings().one()

    def __call__(self, sessions, verify, member_id, password, email):
        was = self.read(sessions, member_id)
        if not verify(password, was["hashed_password"]):
            return False
        same = sa.and_(
            members.c.id == was["id"],
            members.c.hashed_password == was["hashed_password"],
        )
        with sessions.begin() as session:
            update = sa.update(members).where(same).values(email=email)
            return session.execute(update).rowcount > 0

change_email = Change()
""",
    ),
    RightAnswer(
        ADDRESS,
        "SQL as text",
        """
def change_email(sessions, verify, member_id, password, email):
    values = {"id": member_id, "email": email}
    with sessions() as session:
        values["hash"] = session.scalar(
            sa.text("SELECT hashed_password FROM members WHERE id = :id"),
            values,
        )
    if not verify(password, values["hash"]):
        return False
    with sessions.begin() as session:
        result = session.execute(
            sa.text(
                "UPDATE members SET email = :email "
                "WHERE id = :id AND hashed_password = :hash"
            ),
            values,
        )
    return result.rowcount == 1
""",
    ),
    RightAnswer(
        CLAIM,
        "a class that is mapped to the table",
        NICKNAMES
        + """
from sqlalchemy.orm import DeclarativeBase

class Base(DeclarativeBase):
    pass

class Nickname(Base):
    __table__ = nicknames

def claim(sessions, nickname):
    try:
        with sessions.begin() as session:
            key = username_key(nickname)
            session.add(Nickname(key=key, nickname=nickname))
    except IntegrityError:
        return False
    return True
""",
    ),
    RightAnswer(
        CLAIM,
        "a savepoint",
        NICKNAMES
        + """
def claim(sessions, nickname):
    row = {"key": username_key(nickname), "nickname": nickname}
    with sessions.begin() as session:
        try:
            with session.begin_nested():
                session.execute(nicknames.insert(), row)
        except IntegrityError:
            return False
        return True
""",
    ),
    RightAnswer(
        CLAIM,
        "INSERT … SELECT … WHERE NOT EXISTS, and the exception",
        NICKNAMES
        + """
def claim(sessions, nickname):
    key = username_key(nickname)
    taken = sa.exists().where(nicknames.c.key == key)
    row = sa.select(sa.literal(key), sa.literal(nickname)).where(~taken)
    insert = sa.insert(nicknames).from_select(["key", "nickname"], row)
    try:
        with sessions.begin() as session:
            found = session.scalar(insert.returning(nicknames.c.key))
    except IntegrityError:
        return False
    return found is not None
""",
    ),
    RightAnswer(
        VOUCHER,
        "a row that is deleted and inserted",
        VOUCHERS
        + """
def redeem(sessions, code, username):
    free = sa.and_(vouchers.c.code == code, vouchers.c.used_by.is_(None))
    with sessions.begin() as session:
        if session.execute(sa.delete(vouchers).where(free)).rowcount != 1:
            return False
        row = {"code": code, "used_by": username}
        session.execute(sa.insert(vouchers).values(row))
        return True
""",
    ),
    RightAnswer(
        VOUCHER,
        "partial, and an explicit rollback",
        VOUCHERS
        + """
from functools import partial

def take(table, sessions, code, username):
    session = sessions()
    try:
        update = table.update().where(table.c.code == code)
        update = update.where(table.c.used_by.is_(sa.null()))
        result = session.execute(update.values(used_by=username))
        if result.rowcount == 1:
            session.commit()
            return True
        session.rollback()
        return False
    finally:
        session.close()

redeem = partial(take, vouchers)
""",
    ),
    RightAnswer(
        VOUCHER,
        "an update without effect as a lock, and match",
        VOUCHERS
        + """
def redeem(sessions, code, username):
    this_one = sa.update(vouchers).where(vouchers.c.code == code)
    with sessions.begin() as session:
        session.execute(this_one.values(code=code))
        find = sa.select(vouchers.c.used_by).where(vouchers.c.code == code)
        match session.execute(find).first():
            case (None,):
                session.execute(this_one.values(used_by=username))
                return True
            case _:
                return False
""",
    ),
    RightAnswer(
        ADDRESS,
        "a version column of a mapped class",
        MEMBERS
        + """
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm.exc import StaleDataError

class Base(DeclarativeBase):
    pass

class Member(Base):
    __table__ = members
    __mapper_args__ = {
        "version_id_col": members.c.hashed_password,
        "version_id_generator": False,
    }

def change_email(sessions, verify, member_id, password, email):
    with sessions() as session:
        member = session.get(Member, member_id)
    if not verify(password, member.hashed_password):
        return False
    try:
        with sessions.begin() as session:
            session.add(member)
            member.email = email
    except StaleDataError:
        return False
    return True
""",
    ),
    RightAnswer(
        ADDRESS,
        "an update that is rolled back if the hash is another",
        MEMBERS
        + """
def change_email(sessions, verify, member_id, password, email):
    this_one = members.c.id == member_id
    find = sa.select(members.c.hashed_password).where(this_one)
    with sessions() as session:
        hashed = session.scalar(find)
    if not verify(password, hashed):
        return False
    with sessions() as session:
        session.execute(sa.update(members).where(this_one).values(email=email))
        if session.scalar(find) != hashed:
            session.rollback()
            return False
        session.commit()
        return True
""",
    ),
]

EQUIVALENT_MUTANTS: list[EquivalentMutant] = []
