"""Wrong answers to chapter 11's exercises."""

from tests.practice.wrong_answers import WrongAnswer

LOCK = "a lock that ends"
ADDRESS = "the client's address"
GATE = "refuse when it is full"


def allow(body: str, last: str = "times.append(now)\n    return True") -> str:
    """Write an `allow` that looks at `times`, by a loop over the rules."""
    return f"""
def allow(guesses, rules, name, now):
    times = guesses.setdefault(account_key(name), [])
    for most, seconds in rules:
{body}
    {last}
"""


RECENT = """\
        recent = [moment for moment in times if moment > now - seconds]
        if len(recent) >= most:
            return False"""


def hops(body: str) -> str:
    """Write a `client_address` that splits the header."""
    return f"""
def client_address(peer, forwarded, trusted):
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
{body}
"""


def gate(body: str, before: str = "inside = 0") -> str:
    """Write a `make_gate` with a semaphore and some more state."""
    return f"""
def make_gate(most, longest):
    places = asyncio.Semaphore(most)
    {before}

{body}

    return run
"""


WRONG_ANSWERS = [
    WrongAnswer(
        LOCK,
        "must not count",
        allow(
            """\
        recent = [moment for moment in times if moment > now - seconds]
        if len(recent) >= most:
            times.append(now)
            return False"""
        ),
        happy_path=True,
    ),
    WrongAnswer(
        LOCK,
        "without end lets anybody",
        """
def allow(guesses, rules, name, now):
    key = account_key(name)
    if guesses.get(key, 0) >= rules[0][0]:
        return False
    guesses[key] = guesses.get(key, 0) + 1
    return True
""",
        happy_path=True,
    ),
    WrongAnswer(
        LOCK,
        "in any 60 seconds, not",
        """
def allow(guesses, rules, name, now):
    for most, seconds in rules:
        start, count = guesses.get((account_key(name), seconds), (now, 0))
        if now - start < seconds and count >= most:
            return False
    for most, seconds in rules:
        key = account_key(name), seconds
        start, count = guesses.get(key, (now, 0))
        if now - start >= seconds:
            start, count = now, 0
        guesses[key] = start, count + 1
    return True
""",
        happy_path=True,
    ),
    WrongAnswer(
        LOCK,
        "every rule must hold",
        allow(RECENT.replace("            return False", "            pass"))
        .replace("    for most, seconds in rules:", "    if rules:")
        .replace(
            "        recent",
            "        most, seconds = rules[0]\n        recent",
        )
        .replace("            pass", "            return False"),
        happy_path=True,
    ),
    WrongAnswer(
        LOCK,
        "All spellings are one account",
        allow(RECENT).replace("account_key(name)", "name"),
        happy_path=True,
    ),
    WrongAnswer(
        LOCK,
        "All spellings are one account",
        allow(RECENT).replace("account_key(name)", "name.lower()"),
        happy_path=True,
    ),
    WrongAnswer(
        LOCK,
        "Each account has its own limit",
        allow(RECENT).replace("account_key(name)", '"times"'),
        happy_path=True,
    ),
    WrongAnswer(
        LOCK,
        "too early",
        allow(RECENT.replace("now - seconds", "now - seconds + 1")),
        happy_path=True,
    ),
    WrongAnswer(
        LOCK,
        "and no longer",
        allow(RECENT.replace("moment >", "moment >=")),
        happy_path=True,
    ),
    WrongAnswer(
        LOCK,
        "in `guesses` alone",
        "times_of = {}\n"
        + allow(RECENT).replace("guesses.setdefault", "times_of.setdefault"),
        happy_path=True,
    ),
    WrongAnswer(
        LOCK, "must be `True` or `False`", allow(RECENT, "return 'yes'")
    ),
    WrongAnswer(LOCK, "must not be hashed", allow(RECENT, "return True")),
    WrongAnswer(
        LOCK,
        "is a `return` missing?",
        allow(RECENT, "times.append(now)"),
    ),
    WrongAnswer(
        ADDRESS,
        "made this address up",
        hops(
            """\
    return address_key(hops[0] if peer in trusted and hops else peer)"""
        ),
        happy_path=True,
    ),
    WrongAnswer(
        ADDRESS,
        "made this address up",
        hops("    return address_key(hops[-1] if hops else peer)"),
        happy_path=True,
    ),
    WrongAnswer(
        ADDRESS,
        "That is the proxy",
        "def client_address(peer, forwarded, trusted):\n"
        "    return address_key(peer)",
        happy_path=True,
    ),
    WrongAnswer(
        ADDRESS,
        "That is the proxy",
        hops(
            "    behind = peer in trusted and hops\n"
            "    return address_key(hops[-1] if behind else peer)"
        ),
        happy_path=True,
    ),
    WrongAnswer(
        ADDRESS,
        "all addresses of an IPv6 /64",
        hops(
            """\
    while peer in trusted and hops:
        peer = hops.pop()
    return f"{peer}/{128 if ':' in peer else 32}\""""
        ),
        happy_path=True,
    ),
    WrongAnswer(
        ADDRESS,
        "made this address up",
        hops(
            """\
    while hops and (peer in trusted or hops[-1] in trusted):
        peer = hops.pop()
    return address_key(peer)"""
        ),
        happy_path=True,
    ),
    WrongAnswer(
        ADDRESS,
        "pop from empty list",
        hops(
            """\
    while peer in trusted:
        peer = hops.pop()
    return address_key(peer)"""
        ),
        happy_path=True,
    ),
    WrongAnswer(
        ADDRESS,
        "not the address that the request comes from",
        """
def client_address(peer, forwarded, trusted):
    hops = forwarded.split(", ") if forwarded else []
    while peer in trusted and hops:
        peer = hops.pop()
    return address_key(peer)
""",
        happy_path=True,
    ),
    WrongAnswer(
        GATE,
        "must be refused at once",
        gate("""\
    async def run(function):
        waiting = len(places._waiters or ())
        await asyncio.sleep(0)
        if waiting >= longest and places.locked():
            raise BusyError
        async with places:
            return await function()"""),
        happy_path=True,
    ),
    WrongAnswer(
        GATE,
        "must find a place now",
        gate("""\
    async def run(function):
        nonlocal inside
        if inside >= most + longest:
            raise BusyError
        inside += 1
        async with places:
            result = await function()
        inside -= 1
        return result"""),
        happy_path=True,
    ),
    WrongAnswer(
        GATE,
        "must find a place now",
        gate("""\
    async def run(function):
        nonlocal inside
        inside += 1
        if inside > most + longest:
            raise BusyError
        try:
            async with places:
                return await function()
        finally:
            inside -= 1"""),
        happy_path=True,
    ),
    WrongAnswer(
        GATE,
        "must find a place now",
        gate("""\
    async def run(function):
        nonlocal inside
        if inside >= most + longest:
            raise BusyError
        inside += 1
        try:
            async with places:
                result = await function()
        except Exception:
            inside -= 1
            raise
        inside -= 1
        return result"""),
        happy_path=True,
    ),
    WrongAnswer(
        GATE,
        "At most `most` of them",
        gate("""\
    async def run(function):
        nonlocal inside
        if inside >= most + longest:
            raise BusyError
        inside += 1
        try:
            return await function()
        finally:
            inside -= 1"""),
    ),
    WrongAnswer(
        GATE,
        "At most `most` of them",
        gate("""\
    async def run(function):
        if places.locked():
            raise BusyError
        async with places:
            return await function()"""),
    ),
    WrongAnswer(
        GATE,
        "must be refused at once",
        gate("""\
    async def run(function):
        nonlocal inside
        async with places:
            if inside >= most + longest:
                raise BusyError
            inside += 1
            try:
                return await function()
            finally:
                inside -= 1"""),
        happy_path=True,
    ),
    WrongAnswer(
        GATE,
        "must be refused at once",
        gate("""\
    async def run(function):
        nonlocal inside
        if inside >= most + longest:
            raise RuntimeError("busy")
        inside += 1
        try:
            async with places:
                return await function()
        finally:
            inside -= 1"""),
        happy_path=True,
    ),
    WrongAnswer(
        GATE,
        "error that the function has raised",
        gate("""\
    async def run(function):
        nonlocal inside
        if inside >= most + longest:
            raise BusyError
        inside += 1
        try:
            async with places:
                return await function()
        except LookupError:
            raise BusyError
        finally:
            inside -= 1"""),
        happy_path=True,
    ),
    WrongAnswer(
        GATE,
        "Each gate has places of its own",
        "inside = 0\n"
        + gate(
            """\
    async def run(function):
        global inside
        if inside >= most + longest:
            raise BusyError
        inside += 1
        try:
            async with places:
                return await function()
        finally:
            inside -= 1""",
            "pass",
        ),
        happy_path=True,
    ),
    WrongAnswer(
        GATE,
        "result of its own function",
        gate("""\
    async def run(function):
        nonlocal inside
        if inside >= most + longest:
            raise BusyError
        inside += 1
        try:
            async with places:
                await function()
        finally:
            inside -= 1"""),
    ),
]
