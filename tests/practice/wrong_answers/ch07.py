"""Wrong answers to chapter 7's exercises."""

from tests.practice.wrong_answers import WrongAnswer

CLAIM = "claim a nickname"
VOUCHER = "use a voucher once"
ADDRESS = "change an address"

NICKNAMES = "from course.practice.ch07 import nicknames\n"
VOUCHERS = "from course.practice.ch07 import vouchers\n"
MEMBERS = "from course.practice.ch07 import members\n"


def claim(body: str) -> str:
    """Write a `claim` with a body that is indented by four spaces."""
    return f"{NICKNAMES}\ndef claim(sessions, nickname):{body}"


def redeem(body: str) -> str:
    """Write a `redeem` with a body that is indented by four spaces."""
    return f"{VOUCHERS}\ndef redeem(sessions, code, username):{body}"


def change_email(body: str) -> str:
    """Write a `change_email` with a body indented by four spaces."""
    head = "def change_email(sessions, verify, member_id, password, email):"
    return f"{MEMBERS}\n{head}{body}"


WRONG_ANSWERS = [
    WrongAnswer(
        CLAIM,
        "Both requests found the nickname free",
        claim("""
    key = username_key(nickname)
    with sessions.begin() as session:
        find = sa.select(nicknames).where(nicknames.c.key == key)
        if session.execute(find).first():
            return False
        session.execute(
            sa.insert(nicknames).values(key=key, nickname=nickname)
        )
    return True
"""),
        happy_path=True,
    ),
    WrongAnswer(
        CLAIM,
        "Given: `jose` with an accent",
        claim("""
    try:
        with sessions.begin() as session:
            session.execute(
                sa.insert(nicknames).values(
                    key=nickname.casefold(), nickname=nickname
                )
            )
    except IntegrityError:
        return False
    return True
"""),
        happy_path=True,
    ),
    WrongAnswer(
        CLAIM,
        "Given: `JOSÉ` in capitals",
        claim("""
    key = unicodedata.normalize("NFC", nickname)
    key = key[0].lower() + key[1:]
    try:
        with sessions.begin() as session:
            session.execute(
                sa.insert(nicknames).values(key=key, nickname=nickname)
            )
    except IntegrityError:
        return False
    return True
"""),
        happy_path=True,
    ),
    WrongAnswer(
        CLAIM,
        "Given: `Kim`, `Stra\u00dfe`",
        claim("""
    key = unicodedata.normalize("NFC", nickname).lower()
    try:
        with sessions.begin() as session:
            session.execute(
                sa.insert(nicknames).values(key=key, nickname=nickname)
            )
    except IntegrityError:
        return False
    return True
"""),
        happy_path=True,
    ),
    WrongAnswer(
        CLAIM,
        "in wide letters, after `Kim`",
        claim("""
    key = unicodedata.normalize("NFC", nickname).casefold()
    try:
        with sessions.begin() as session:
            session.execute(
                sa.insert(nicknames).values(key=key, nickname=nickname)
            )
    except IntegrityError:
        return False
    return True
"""),
        happy_path=True,
    ),
    WrongAnswer(
        CLAIM,
        "Catch `IntegrityError` only",
        claim("""
    try:
        with sessions.begin() as session:
            session.execute(
                sa.insert(nicknames).values(
                    key=username_key(nickname), nickname=nickname
                )
            )
    except Exception:
        return False
    return True
"""),
        happy_path=True,
    ),
    WrongAnswer(
        CLAIM,
        "In an app this exception is a 500: catch it.",
        claim("""
    with sessions.begin() as session:
        session.execute(
            sa.insert(nicknames).values(
                key=username_key(nickname), nickname=nickname
            )
        )
    return True
"""),
        happy_path=True,
    ),
    WrongAnswer(
        CLAIM,
        "It has: []",
        claim("""
    try:
        with sessions() as session:
            session.execute(
                sa.insert(nicknames).values(
                    key=username_key(nickname), nickname=nickname
                )
            )
    except IntegrityError:
        return False
    return True
"""),
    ),
    WrongAnswer(
        CLAIM,
        "It has: [('josé', 'josé')]",
        claim("""
    key = username_key(nickname)
    try:
        with sessions.begin() as session:
            session.execute(
                sa.insert(nicknames).values(key=key, nickname=key)
            )
    except IntegrityError:
        return False
    return True
"""),
    ),
    WrongAnswer(
        CLAIM,
        "must stay the other user's",
        claim("""
    key = username_key(nickname)
    with sessions.begin() as session:
        find = sa.select(nicknames).where(nicknames.c.key == key)
        if session.execute(find).first():
            return False
        insert = sa.insert(nicknames).values(key=key, nickname=nickname)
        session.execute(insert.prefix_with("OR REPLACE"))
    return True
"""),
        happy_path=True,
    ),
    WrongAnswer(
        VOUCHER,
        "must have the condition that the voucher is free",
        redeem("""
    with sessions.begin() as session:
        find = sa.select(vouchers).where(vouchers.c.code == code)
        voucher = session.execute(find.with_for_update()).one_or_none()
        if voucher is None or voucher.used_by:
            return False
        update = sa.update(vouchers).where(vouchers.c.code == code)
        return session.execute(update.values(used_by=username)).rowcount == 1
"""),
        happy_path=True,
    ),
    WrongAnswer(
        VOUCHER,
        "Given: johndoe, and his own voucher again",
        redeem("""
    free = vouchers.c.used_by.is_(None)
    this_one = vouchers.c.code == code
    with sessions.begin() as session:
        update = sa.update(vouchers).where(this_one).where(free)
        session.execute(update.values(used_by=username))
        find = sa.select(vouchers.c.used_by).where(this_one)
        return session.scalar(find) == username
"""),
        happy_path=True,
    ),
    WrongAnswer(
        VOUCHER,
        "The shop gives the discount again",
        redeem("""
    with sessions.begin() as session:
        session.execute(
            sa.update(vouchers)
            .where(vouchers.c.code == code)
            .where(vouchers.c.used_by.is_(None))
            .values(used_by=username)
        )
    return True
"""),
        happy_path=True,
    ),
    WrongAnswer(
        VOUCHER,
        "A condition on NULL is written",
        redeem("""
    update = (
        sa.update(vouchers)
        .where(vouchers.c.code == code)
        .where(vouchers.c.used_by is None)
        .values(used_by=username)
        .returning(vouchers.c.code)
    )
    with sessions.begin() as session:
        return session.scalar(update) is not None
"""),
    ),
    WrongAnswer(
        VOUCHER,
        "all other rows must stay as they are",
        redeem("""
    update = (
        sa.update(vouchers)
        .where(vouchers.c.used_by.is_(None))
        .values(used_by=username)
    )
    with sessions.begin() as session:
        return session.execute(update).rowcount > 0
"""),
    ),
    WrongAnswer(
        VOUCHER,
        "The table has: [('AUTUMN', None), ('EASTER', None), ('SUMMER', None)",
        redeem("""
    delete = (
        sa.delete(vouchers)
        .where(vouchers.c.code == code)
        .where(vouchers.c.used_by.is_(None))
    )
    with sessions.begin() as session:
        return session.execute(delete).rowcount == 1
"""),
    ),
    WrongAnswer(
        VOUCHER,
        "Given: a code that no voucher has",
        redeem("""
    free = vouchers.c.used_by.is_(None)
    this_one = vouchers.c.code == code
    with sessions.begin() as session:
        find = sa.select(vouchers.c.used_by).where(this_one)
        if session.scalar(find) is not None:
            return False
        update = sa.update(vouchers).where(this_one).where(free)
        session.execute(update.values(used_by=username))
    return True
"""),
        happy_path=True,
    ),
    WrongAnswer(
        ADDRESS,
        "your session was open and held a connection",
        change_email("""
    this_one = members.c.id == member_id
    with sessions.begin() as session:
        member = session.execute(sa.select(members).where(this_one)).one()
        if not verify(password, member.hashed_password):
            return False
        update = (
            sa.update(members)
            .where(this_one)
            .where(members.c.hashed_password == member.hashed_password)
            .values(email=email)
            .returning(members.c.id)
        )
        return session.scalar(update) is not None
"""),
    ),
    WrongAnswer(
        ADDRESS,
        "is no longer valid",
        change_email("""
    this_one = members.c.id == member_id
    with sessions() as session:
        member = session.execute(sa.select(members).where(this_one)).one()
    if not verify(password, member.hashed_password):
        return False
    with sessions.begin() as session:
        update = sa.update(members).where(this_one).values(email=email)
        return session.execute(update).rowcount == 1
"""),
        happy_path=True,
    ),
    WrongAnswer(
        ADDRESS,
        "Between your second look at the row and your `UPDATE`",
        change_email("""
    this_one = members.c.id == member_id
    find = sa.select(members).where(this_one)
    with sessions() as session:
        member = session.execute(find).one()
    if not verify(password, member.hashed_password):
        return False
    with sessions.begin() as session:
        if session.execute(find).one_or_none() != member:
            return False
        session.execute(sa.update(members).where(this_one).values(email=email))
    return True
"""),
        happy_path=True,
    ),
    WrongAnswer(
        ADDRESS,
        "each call costs a third of a second",
        change_email("""
    this_one = members.c.id == member_id
    find = sa.select(members).where(this_one)
    with sessions() as session:
        member = session.execute(find).one()
    if not verify(password, member.hashed_password):
        return False
    with sessions() as session:
        member = session.execute(find).one()
    if not verify(password, member.hashed_password):
        return False
    update = (
        sa.update(members)
        .where(this_one)
        .where(members.c.hashed_password == member.hashed_password)
        .values(email=email)
    )
    with sessions.begin() as session:
        return session.execute(update).rowcount == 1
"""),
    ),
    WrongAnswer(
        ADDRESS,
        "Given: member 2, with the right password",
        change_email("""
    with sessions() as session:
        member = session.execute(sa.select(members)).first()
    if not verify(password, member.hashed_password):
        return False
    update = (
        sa.update(members)
        .where(members.c.id == member_id)
        .where(members.c.hashed_password == member.hashed_password)
        .values(email=email)
    )
    with sessions.begin() as session:
        return session.execute(update).rowcount == 1
"""),
        happy_path=True,
    ),
    WrongAnswer(
        ADDRESS,
        "raised `NoResultFound",
        change_email("""
    this_one = members.c.id == member_id
    with sessions() as session:
        member = session.execute(sa.select(members).where(this_one)).one()
    if not verify(password, member.hashed_password):
        return False
    update = (
        sa.update(members)
        .where(this_one)
        .where(members.c.hashed_password == member.hashed_password)
        .values(email=email)
        .returning(members.c.id)
    )
    with sessions.begin() as session:
        return session.execute(update).scalar_one() == member_id
"""),
        happy_path=True,
    ),
    WrongAnswer(
        CLAIM,
        "without a look-up in the same transaction",
        claim("""
    key = username_key(nickname)
    with sessions.begin() as session, session.begin_nested():
        find = sa.select(nicknames).where(nicknames.c.key == key)
        if session.execute(find).first():
            return False
        session.execute(
            sa.insert(nicknames).values(key=key, nickname=nickname)
        )
    return True
"""),
        happy_path=True,
    ),
    WrongAnswer(
        CLAIM,
        "what your code remembers of earlier calls is out of date",
        claim("""
    key = username_key(nickname)
    if key in taken:
        return False
    taken.add(key)
    try:
        with sessions.begin() as session:
            session.execute(
                sa.insert(nicknames).values(key=key, nickname=nickname)
            )
    except IntegrityError:
        return False
    return True

taken = set()
"""),
        happy_path=True,
    ),
    WrongAnswer(
        CLAIM,
        "there are other errors than you know",
        claim("""
    try:
        with sessions.begin() as session:
            session.execute(
                sa.insert(nicknames).values(
                    key=username_key(nickname), nickname=nickname
                )
            )
    except sa.exc.OperationalError:
        raise
    except Exception:
        return False
    return True
"""),
        happy_path=True,
    ),
    WrongAnswer(
        CLAIM,
        "SQL injection",
        claim("""
    key = username_key(nickname)
    insert = f"INSERT INTO nicknames VALUES ('{key}', '{nickname}')"
    try:
        with sessions.begin() as session:
            session.execute(sa.text(insert))
    except IntegrityError:
        return False
    return True
"""),
        happy_path=True,
    ),
    WrongAnswer(
        CLAIM,
        "as it was typed. The table has:",
        claim("""
    row = {"key": username_key(nickname), "nickname": nickname.title()}
    try:
        with sessions.begin() as session:
            session.execute(sa.insert(nicknames).values(row))
    except IntegrityError:
        return False
    return True
"""),
        happy_path=True,
    ),
    WrongAnswer(
        VOUCHER,
        "without a look-up in the same transaction",
        redeem("""
    this_one = vouchers.c.code == code
    with sessions.begin() as session, session.begin_nested():
        voucher = session.execute(sa.select(vouchers).where(this_one)).first()
        if voucher is None or voucher.used_by is not None:
            return False
        update = sa.update(vouchers).where(this_one)
        session.execute(update.values(used_by=username))
    return True
"""),
        happy_path=True,
    ),
    WrongAnswer(
        VOUCHER,
        "Given: `%`, which `LIKE` finds in every code",
        redeem("""
    update = (
        sa.update(vouchers)
        .where(vouchers.c.code.ilike(code))
        .where(vouchers.c.used_by.is_(None))
        .values(used_by=username)
        .returning(vouchers.c.code)
    )
    with sessions.begin() as session:
        return session.execute(update).first() is not None
"""),
        happy_path=True,
    ),
    WrongAnswer(
        VOUCHER,
        "SQL injection",
        redeem("""
    update = (
        f"UPDATE vouchers SET used_by = '{username}' "
        f"WHERE code = '{code}' AND used_by IS NULL"
    )
    with sessions.begin() as session:
        return session.execute(sa.text(update)).rowcount == 1
"""),
        happy_path=True,
    ),
    WrongAnswer(
        VOUCHER,
        "the user throws the voucher away",
        redeem("""
    update = (
        sa.update(vouchers)
        .where(vouchers.c.code == code)
        .where(vouchers.c.used_by.is_(None))
        .values(used_by=username)
    )
    try:
        with sessions.begin() as session:
            return session.execute(update).rowcount == 1
    except Exception:
        return False
"""),
        happy_path=True,
    ),
    WrongAnswer(
        VOUCHER,
        "what your code remembers of earlier calls is out of date",
        redeem("""
    if code in used:
        return False
    update = (
        sa.update(vouchers)
        .where(vouchers.c.code == code)
        .where(vouchers.c.used_by.is_(None))
        .values(used_by=username)
    )
    with sessions.begin() as session:
        updated = session.execute(update).rowcount == 1
    if updated:
        used.add(code)
    return updated

used = set()
"""),
        happy_path=True,
    ),
    WrongAnswer(
        VOUCHER,
        "his other request stored it",
        redeem("""
    this_one = vouchers.c.code == code
    find = sa.select(vouchers.c.used_by).where(this_one)
    with sessions.begin() as session:
        if session.scalar(find) is not None:
            return False
        update = sa.update(vouchers).where(this_one)
        free = vouchers.c.used_by.is_(None)
        session.execute(update.where(free).values(used_by=username))
        return session.scalar(find) == username
"""),
        happy_path=True,
    ),
    WrongAnswer(
        ADDRESS,
        "Write after the password is verified",
        change_email("""
    this_one = members.c.id == member_id
    find = sa.select(members).where(this_one)
    update = sa.update(members).where(this_one)
    with sessions.begin() as session:
        before = session.execute(find).one()
        session.execute(update.values(email=email))
    verified = verify(password, before.hashed_password)
    with sessions.begin() as session:
        member = session.execute(find).one_or_none()
        hashed = member.hashed_password if member else None
        if verified and hashed == before.hashed_password:
            return True
        session.execute(update.values(email=before.email))
    return False
"""),
    ),
    WrongAnswer(
        ADDRESS,
        "The table has: [(1, 'new@example.com', 'hash of secret'), (2, "
        "'new@example.com'",
        change_email("""
    this_one = members.c.id == member_id
    with sessions() as session:
        member = session.execute(sa.select(members).where(this_one)).one()
    if not verify(password, member.hashed_password):
        return False
    update = (
        sa.update(members)
        .where(this_one)
        .where(members.c.hashed_password == member.hashed_password)
        .values(email="new@example.com")
    )
    with sessions.begin() as session:
        return session.execute(update).rowcount == 1
"""),
        happy_path=True,
    ),
    WrongAnswer(
        ADDRESS,
        "(3, 'new@example.com', 'hash of secret')",
        change_email("""
    this_one = members.c.id == member_id
    with sessions() as session:
        member = session.execute(sa.select(members).where(this_one)).one()
    if not verify(password, member.hashed_password):
        return False
    update = (
        sa.update(members)
        .where(members.c.hashed_password == member.hashed_password)
        .values(email=email)
    )
    with sessions.begin() as session:
        return session.execute(update).rowcount > 0
"""),
    ),
    WrongAnswer(
        ADDRESS,
        "without a look-up in the same transaction",
        change_email("""
    this_one = members.c.id == member_id
    find = sa.select(members).where(this_one)
    with sessions() as session:
        member = session.execute(find).one()
    if not verify(password, member.hashed_password):
        return False
    with sessions.begin() as session, session.begin_nested():
        if session.execute(find).one_or_none() != member:
            return False
        session.execute(sa.update(members).where(this_one).values(email=email))
    return True
"""),
        happy_path=True,
    ),
    WrongAnswer(
        ADDRESS,
        "SQL injection",
        change_email("""
    this_one = members.c.id == member_id
    with sessions() as session:
        member = session.execute(sa.select(members).where(this_one)).one()
    if not verify(password, member.hashed_password):
        return False
    update = (
        f"UPDATE members SET email = '{email}' WHERE id = {member_id} "
        f"AND hashed_password = '{member.hashed_password}'"
    )
    with sessions.begin() as session:
        return session.execute(sa.text(update)).rowcount == 1
"""),
        happy_path=True,
    ),
    WrongAnswer(
        ADDRESS,
        "a copy from an earlier call is out of date",
        change_email("""
    this_one = members.c.id == member_id
    if member_id not in known:
        with sessions() as session:
            find = sa.select(members).where(this_one)
            known[member_id] = session.execute(find).one()
    hashed = known[member_id].hashed_password
    if not verify(password, hashed):
        return False
    update = (
        sa.update(members)
        .where(this_one)
        .where(members.c.hashed_password == hashed)
        .values(email=email)
    )
    with sessions.begin() as session:
        return session.execute(update).rowcount == 1

known = {}
"""),
        happy_path=True,
    ),
]
