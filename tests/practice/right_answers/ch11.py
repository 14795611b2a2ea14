"""Right answers to chapter 11's exercises, and equivalent mutants."""

from tests.practice.right_answers import EquivalentMutant, RightAnswer

LOCK = "a lock that ends"
ADDRESS = "the client's address"
GATE = "refuse when it is full"

RIGHT_ANSWERS: list[RightAnswer] = [
    RightAnswer(
        LOCK,
        "any, and a generator",
        """
def allow(guesses, rules, name, now):
    times = guesses.setdefault(account_key(name), [])
    full = any(
        sum(now - then < seconds for then in times) >= most
        for most, seconds in rules
    )
    if not full:
        times.append(now)
    return not full
""",
    ),
    RightAnswer(
        LOCK,
        "forgets what is too old",
        """
def allow(guesses, rules, name, now):
    key = account_key(name)
    oldest = now - max(seconds for _, seconds in rules)
    kept = [then for then in guesses.get(key, ()) if then > oldest]
    guesses[key] = kept
    for most, seconds in rules:
        if len([t for t in kept if t + seconds > now]) > most - 1:
            return False
    kept.append(now)
    return True
""",
    ),
    RightAnswer(
        LOCK,
        "a deque for each rule",
        """
from collections import deque

def allow(guesses, rules, name, now):
    windows = []
    for rule in rules:
        window = guesses.setdefault((account_key(name), rule), deque())
        while window and window[0] <= now - rule[1]:
            window.popleft()
        windows.append(window)
    if any(len(w) >= most for w, (most, _) in zip(windows, rules)):
        return False
    for window in windows:
        window.append(now)
    return True
""",
    ),
    RightAnswer(
        LOCK,
        "a class with __call__, and the guess before the last ones",
        """
class Lock:
    def __call__(self, guesses, rules, name, now):
        times = guesses.setdefault(account_key(name), ())
        if all(self.holds(times, now, *rule) for rule in rules):
            guesses[account_key(name)] = (*times, now)
            return True
        return False

    def holds(self, times, now, most, seconds):
        return len(times) < most or times[-most] <= now - seconds

allow = Lock()
""",
    ),
    RightAnswer(
        LOCK,
        "partial, and chapter 7's key",
        """
from functools import partial
from bisect import bisect_right

def within(key_of, guesses, rules, name, now):
    times = guesses.setdefault(key_of(name), [])
    for most, seconds in rules:
        if len(times) - bisect_right(times, now - seconds) >= most:
            return False
    times += [now]
    return True

allow = partial(within, ch07.username_key)
""",
    ),
    RightAnswer(
        ADDRESS,
        "a loop from the right",
        """
def client_address(peer, forwarded, trusted):
    address = peer
    for hop in reversed(forwarded.split(",")):
        if address not in trusted:
            break
        address = hop.strip() or address
    return address_key(address)
""",
    ),
    RightAnswer(
        ADDRESS,
        "the last one that is not trusted",
        """
def client_address(peer, forwarded, trusted):
    chain = [h for h in map(str.strip, forwarded.split(",")) if h] + [peer]
    unknown = [hop for hop in chain if hop not in trusted]
    return address_key(unknown[-1] if unknown else chain[0])
""",
    ),
    RightAnswer(
        ADDRESS,
        "recursion",
        """
def client_address(peer, forwarded, trusted):
    if peer not in trusted or not forwarded.strip():
        return address_key(peer)
    rest, _, last = forwarded.rpartition(",")
    return client_address(last.strip() or peer, rest, trusted)
""",
    ),
    RightAnswer(
        ADDRESS,
        "next and a default, in a lambda",
        """
client_address = lambda peer, forwarded, trusted: address_key(
    next(
        (
            hop
            for hop in [peer, *reversed(forwarded.replace(",", " ").split())]
            if hop not in trusted
        ),
        [*forwarded.replace(",", " ").split(), peer][0],
    )
)
""",
    ),
    RightAnswer(
        ADDRESS,
        "a class with __call__, and an index",
        """
class ClientAddress:
    def __call__(self, peer, forwarded, trusted):
        chain = [peer]
        chain += [hop for hop in forwarded.split(",")[::-1] if hop.strip()]
        at = 0
        while at + 1 < len(chain) and chain[at].strip() in set(trusted):
            at += 1
        return address_key(chain[at].strip())

client_address = ClientAddress()
""",
    ),
    RightAnswer(
        GATE,
        "a list of those inside",
        """
def make_gate(most, longest):
    places = asyncio.Semaphore(most)
    inside = []

    async def run(function):
        if len(inside) == most + longest:
            raise BusyError()
        inside.append(function)
        try:
            async with places:
                result = await function()
        finally:
            inside.remove(function)
        return result

    return run
""",
    ),
    RightAnswer(
        GATE,
        "two semaphores",
        """
def make_gate(most, longest):
    running = asyncio.Semaphore(most)
    inside = asyncio.BoundedSemaphore(most + longest)

    async def run(function):
        if inside.locked():
            raise BusyError
        async with inside, running:
            return await function()

    return run
""",
    ),
    RightAnswer(
        GATE,
        "a class with a method, and a subclass of the error",
        """
class FullError(BusyError):
    pass

class Gate:
    def __init__(self, most, longest):
        self.free = most + longest
        self.places = asyncio.Semaphore(most)

    async def run(self, function):
        if not self.free:
            raise FullError
        self.free -= 1
        try:
            await self.places.acquire()
            try:
                return await function()
            finally:
                self.places.release()
        finally:
            self.free += 1

def make_gate(most, longest):
    return Gate(most, longest).run
""",
    ),
    RightAnswer(
        GATE,
        "a context manager",
        """
from contextlib import contextmanager

def make_gate(most, longest):
    places = asyncio.Semaphore(most)
    numbers = set(range(most + longest))

    @contextmanager
    def place():
        if not numbers:
            raise BusyError
        number = numbers.pop()
        try:
            yield
        finally:
            numbers.add(number)

    async def run(function):
        with place():
            async with places:
                return await function()

    return run
""",
    ),
    RightAnswer(
        GATE,
        "anyio's limiter, and a lambda",
        """
from functools import partial

async def through(limiter, inside, room, function):
    if sum(inside) >= room:
        raise BusyError
    inside.append(1)
    try:
        async with limiter:
            return await function()
    finally:
        inside.pop()

make_gate = lambda most, longest: partial(
    through, CapacityLimiter(most), [], most + longest
)
""",
    ),
]

EQUIVALENT_MUTANTS: list[EquivalentMutant] = []
