"""Chapter 11's practice: a lock, an address, and a queue that refuses."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from course.classroom.answer_types import a_function
from course.classroom.excerpt import excerpt, excerpt_of_error
from course.classroom.exercise import exercise
from course.classroom.prediction import prediction, right, wrong
from course.classroom.trial import (
    expect,
    given,
    record_outcome,
)

prediction(
    "With which threads is the average login done sooner?",
    wrong(
        "With a thread for each login: none has to wait",
        "All of them share the cores, and each gets a small part. So nearly "
        "all are done at the very end.",
    ),
    right(
        "With a thread for each core",
        "The first logins have a core to themselves and are done early. The "
        "last one is done at the same time as with many threads.",
    ),
    wrong(
        "It makes no difference: the work is the same",
        "That is so for the last login. The others need not wait for it.",
    ),
)
prediction(
    "Of 200 guesses at once, how many does this counter let through?",
    wrong(
        "5",
        "That is the limit. But each guess compares what it has read, and "
        "others have not written yet.",
    ),
    wrong(
        "6 or 7: two guesses may come at the same moment",
        "Every guess waits between reading and writing. All the others read "
        "in that time.",
    ),
    right(
        "200",
        "All of them read the counter before the first one writes it.",
    ),
)
prediction(
    "What does the attacker gain from a made-up address in the header?",
    wrong(
        "Nothing: nginx replaces the header",
        "nginx usually adds an address at its end. What the client sent "
        "stays in front.",
    ),
    right(
        "A counter of its own for each request",
        "The app counts by an address that the attacker chooses, so no "
        "counter ever reaches its limit.",
    ),
    wrong(
        "The answer goes to somebody else",
        "The answer goes back over the connection that the request came by. "
        "The header only says something.",
    ),
)
prediction(
    "The account is locked. What does the right password get?",
    wrong(
        "A token: the password is right",
        "Then a lock would stop nobody: the guess that is right is the only "
        "one that an attacker needs.",
    ),
    wrong(
        "Another refusal than a wrong one, so that the user knows",
        "The attacker would know as well, and come back with the right "
        "password when the lock has ended.",
    ),
    right(
        "429, like any password",
        "It is not even hashed. The answer does not depend on it.",
    ),
)


Rules = list[tuple[int, int]]
USUAL: Rules = [(5, 60), (20, 3600)]


class Account:
    """Guesses that are made with an answer, each at a moment.

    Attributes:
        allow: the learner's answer.
        rules: the limits that it is given.
        guesses: the dict in which it may keep what it likes.
    """

    def __init__(self, allow: Callable[..., Any], rules: Rules) -> None:
        self.allow = allow
        self.rules = rules
        self.guesses: dict[Any, Any] = {}

    def passes(self, *moments: float, why: str, name: str = "johndoe") -> None:
        """Require that guesses at some moments may pass."""
        for now in moments:
            self.decides(True, now, name, why)

    def refuses(
        self, *moments: float, why: str, name: str = "johndoe"
    ) -> None:
        """Require that guesses at some moments may not."""
        for now in moments:
            self.decides(False, now, name, why)

    def decides(self, right: bool, now: float, name: str, why: str) -> None:
        """Make a guess, and compare the decision."""
        decision = self.allow(self.guesses, list(self.rules), name, now)
        expect(
            isinstance(decision, bool),
            "The decision must be `True` or `False`.",
        )
        expect(decision is right, why)


FREE = "The limit is not reached, and an honest user could not log in."
FULL = "The limit is reached: this guess must not be hashed."
ENDS = (
    "The lock has ended, since a guess counts for the seconds of its rule "
    "only. A lock without end lets anybody lock an account for ever."
)
EXACT = (
    "A guess counts for the seconds of its rule, and no longer: at second 60 "
    "a guess of second 0 is out."
)
ENDS_EARLY = "The lock has ended too early: older guesses still count."
PROLONGED = (
    "The lock should have ended. Guesses that were refused in the meantime "
    "must not count: otherwise an attacker who goes on guessing keeps the "
    "owner out for ever."
)


@exercise(
    "a lock that ends",
    a_function,
    hints=(
        "What does the stub do with `now`? A guess counts only for a time.",
        "Keep a list of moments for each account, under `account_key(name)`. "
        "For each rule, count the moments that are later than `now - "
        "seconds`.",
        "`times = guesses.setdefault(account_key(name), [])`. In a loop over "
        "the rules: `if sum(t > now - seconds for t in times) >= most: "
        "return False`. After the loop, append `now` and return True.",
    ),
)
def a_lock_that_ends(allow: Callable[..., Any]) -> None:
    """Guesses are limited by rules that look back some seconds."""
    given("six guesses in six seconds")
    account = Account(allow, USUAL)
    account.passes(0, 1, 2, 3, 4, why=FREE)
    account.refuses(5, why=FULL)
    given("a new, empty `guesses`")
    account = Account(allow, USUAL)
    why = "Nothing is counted here: keep the guesses in `guesses` alone."
    account.passes(0, 1, 2, 3, 4, why=why)
    given("then a guess after 61 seconds")
    account.passes(61, why=ENDS)
    for rules, start in ((USUAL, 0), ([(3, 10)], 1000)):
        most, seconds = rules[0]
        given(f"a guess {seconds - 1} seconds after the last of {most}")
        account = Account(allow, rules)
        account.passes(*[start] * most, why=FREE)
        account.refuses(start + seconds - 1, why=ENDS_EARLY)
        given(f"a guess {seconds} seconds after the last of {most}")
        account = Account(allow, rules)
        account.passes(*[start] * most, why=FREE)
        account.passes(start + seconds, why=EXACT)
    given("a locked account, and a guess every second")
    account = Account(allow, USUAL)
    account.passes(*[0] * 5, why=FREE)
    account.refuses(*range(1, 60), why=ENDS_EARLY)
    account.passes(60, why=PROLONGED)
    around_the_end(allow)
    the_second_rule(allow)
    several_names(allow)


def around_the_end(allow: Callable[..., Any]) -> None:
    """Guess late in a minute, and early in the next one."""
    given("a guess at second 0, four at second 59, more at second 60")
    account = Account(allow, USUAL)
    account.passes(0, 59, 59, 59, 59, why=FREE)
    account.passes(60, why=ENDS)
    account.refuses(
        *(60.5, 61, 118),
        why="Five guesses were made since second 59. The rule says: in any "
        "60 seconds, not in those that begin with some guess.",
    )


def the_second_rule(allow: Callable[..., Any]) -> None:
    """Guess as fast as the first rule lets, until the second one holds."""
    for rules in (USUAL, USUAL[::-1]):
        order = "" if rules is USUAL else ", the rules in another order"
        given(f"twenty guesses in four minutes{order}")
        account = Account(allow, rules)
        moments = [60 * minute for minute in range(4) for _ in range(5)]
        account.passes(*moments, why=FREE)
        account.refuses(
            *(240, 300, 3599),
            why="Twenty guesses were made within an hour: every rule must "
            "hold, not one of them.",
        )
        given(f"then five guesses after an hour{order}")
        account.passes(*[3600] * 5, why=PROLONGED)
    given("a guess that the second rule refuses")
    account = Account(allow, [(2, 10), (3, 100)])
    account.passes(0, 1, 50, why=FREE)
    account.refuses(91, 92, 93, 99, why=FULL)
    account.passes(100, 101, why=PROLONGED)


def several_names(allow: Callable[..., Any]) -> None:
    """Guess for several accounts, and for one in several spellings."""
    given("alice, after johndoe was locked")
    account = Account(allow, USUAL)
    account.passes(*range(5), why=FREE)
    account.passes(*range(5), why="Each account has its own limit.", name="al")
    account.refuses(5, why=FULL, name="al")
    for names in (
        ("johndoe", "JOHNDOE", "JohnDoe", "ｊohndoe", "johnDOE", "JOHNdoe"),
        ("josé", "JOSÉ", "jose\u0301", "JOSE\u0301", "José", "joSÉ"),
    ):
        given(f"{names[0]}, in six spellings")
        account = Account(allow, USUAL)
        for name in names[:5]:
            account.passes(0, why=FREE, name=name)
        account.refuses(
            1,
            why="All spellings are one account. An attacker would have a "
            "new limit with each.",
            name=names[5],
        )


OURS = ["192.0.2.10", "192.0.2.11"]
SPOOFED = (
    "The client made this address up. With a new one in each request, no "
    "limit would ever be reached."
)
OF_PROXY = (
    "That is the proxy: all clients behind it would share one counter, and "
    "one attacker would lock them all out."
)
NOT_COUNTED = "That is not the address that the request comes from."
WHOLE_NETWORK = (
    "One customer has all addresses of an IPv6 /64, so they need one key: "
    "`address_key`."
)


@exercise(
    "the client's address",
    a_function,
    hints=(
        "Who has written the last address in the header, and who the first?",
        "Begin with `peer`. While the address is one of `trusted`, go one "
        "step to the left in the header, if there is one.",
        '`hops = [hop.strip() for hop in forwarded.split(",") if '
        "hop.strip()]` and `address = peer`; then `while address in trusted "
        "and hops: address = hops.pop()`; then `return "
        "address_key(address)`.",
    ),
)
def the_clients_address(client_address: Callable[..., Any]) -> None:
    """Only what our own proxies have written is believed."""

    def counts(
        peer: str, forwarded: str, address: str, why: str, *more: str
    ) -> None:
        trusted = [*OURS, *more]
        key = client_address(peer, forwarded, trusted)
        expect(key == address, why)

    given("a client that calls directly, without a header")
    counts("203.0.113.9", "", "203.0.113.9/32", NOT_COUNTED)
    counts("198.51.100.7", "", "198.51.100.7/32", NOT_COUNTED)
    given("a client behind a proxy of ours")
    for peer in OURS:
        counts(peer, "203.0.113.9", "203.0.113.9/32", OF_PROXY)
        counts(peer, "198.51.100.7", "198.51.100.7/32", OF_PROXY)
    given("a client that calls directly, with a made-up header")
    for made_up in ("10.1.1.1", "192.0.2.10", "10.1.1.1, 192.0.2.10"):
        counts("203.0.113.9", made_up, "203.0.113.9/32", SPOOFED)
    given("a client behind our proxy, with a made-up header")
    for made_up in ("10.1.1.1", "192.0.2.10", "10.1.1.1, 10.2.2.2"):
        forwarded = f"{made_up}, 203.0.113.9"
        counts("192.0.2.10", forwarded, "203.0.113.9/32", SPOOFED)
    given("a client behind two proxies of ours")
    chain = "203.0.113.9, 192.0.2.11"
    counts("192.0.2.10", chain, "203.0.113.9/32", OF_PROXY)
    counts("192.0.2.10", f"10.1.1.1, {chain}", "203.0.113.9/32", SPOOFED)
    given("a client behind two proxies, of which we trust one")
    chain = "203.0.113.9, 198.51.100.20"
    counts("192.0.2.10", chain, "198.51.100.20/32", SPOOFED)
    counts("192.0.2.10", chain, "203.0.113.9/32", OF_PROXY, "198.51.100.20")
    given("a header without spaces, with more spaces, with an empty entry")
    for forwarded in (
        "10.1.1.1,203.0.113.9",
        " 10.1.1.1 ,  203.0.113.9 ",
        "10.1.1.1, 203.0.113.9, ",
    ):
        counts("192.0.2.10", forwarded, "203.0.113.9/32", NOT_COUNTED)
    given("a request of our own proxy, without a header")
    counts("192.0.2.10", "", "192.0.2.10/32", NOT_COUNTED)
    counts("192.0.2.10", " ", "192.0.2.10/32", NOT_COUNTED)
    given("a header that names our proxies alone")
    counts("192.0.2.10", "192.0.2.11", "192.0.2.11/32", NOT_COUNTED)
    given("two IPv6 addresses of one customer")
    for host in ("2001:db8::1", "2001:db8::ffff:1"):
        counts(host, "", "2001:db8::/64", WHOLE_NETWORK)
        counts("192.0.2.10", host, "2001:db8::/64", WHOLE_NETWORK)
        spoofed = f"2001:db8:9::9, {host}"
        counts("192.0.2.10", spoofed, "2001:db8::/64", SPOOFED)


class Job:
    """Something slow to run, which ends when the check says so.

    Attributes:
        started: whether it runs, or has run.
        end: lets it end.
        task: the call of `run` that waits for it.
    """

    def __init__(self, number: int, error: Exception | None = None) -> None:
        self.number = number
        self.error = error
        self.started = False
        self.end = asyncio.Event()
        self.task: asyncio.Task[Any] | None = None

    async def __call__(self) -> str:
        """Wait until it may end; return its result, or raise its error."""
        self.started = True
        await self.end.wait()
        if self.error:
            raise self.error
        return f"result {self.number}"

    @property
    def state(self) -> str:
        """What has become of it: "runs", "waits", or how its call ended."""
        if self.task is None or not self.task.done():
            return "runs" if self.started else "waits"
        if self.task.cancelled():
            return "was cancelled"
        error = self.task.exception()
        if error is None:
            return f"returned {excerpt(self.task.result())}"
        if "BusyError" in {kind.__name__ for kind in type(error).__mro__}:
            return "ran, and was refused" if self.started else "was refused"
        return f"raised {excerpt_of_error(error)}"


Run = Callable[[Job], Awaitable[Any]]


class Gate:
    """A gate that an answer has made, and the jobs that were sent to it."""

    def __init__(
        self, make_gate: Callable[..., Any], most: int, longest: int
    ) -> None:
        self.most = most
        self.longest = longest
        self.run: Run = make_gate(most, longest)
        expect(
            callable(self.run),
            "`make_gate` must return the function `run` itself.",
        )
        self.made = f"after `run = make_gate({most}, {longest})`"
        self.jobs: list[Job] = []

    async def send(
        self, count: int, error: Exception | None = None
    ) -> list[Job]:
        """Call `run` some times at once, and let it come to rest."""
        jobs = [Job(len(self.jobs) + n, error) for n in range(count)]
        self.jobs += jobs
        for job in jobs:
            job.task = asyncio.create_task(self.call(job))
        await settle()
        return jobs

    async def call(self, job: Job) -> Any:  # noqa: ANN401
        """Await `run`, if it can be awaited."""
        pending = self.run(job)
        if inspect.isawaitable(pending):
            return await pending
        raise TypeError("`run` must be an `async def`")

    def are(self, jobs: list[Job], states: list[str], why: str) -> None:
        """Compare what has become of jobs with what must have."""
        seen = [job.state for job in jobs]
        told = ", ".join(f"no. {n} {s}" for n, s in enumerate(seen, 1))
        record_outcome(f"{self.made}: of these calls, {told}")
        expect(seen == states, why)

    async def finish(self, *jobs: Job) -> None:
        """Let jobs end, and the waiting ones take their places."""
        for job in jobs:
            job.end.set()
        await settle()

    async def is_free(self, why: str) -> None:
        """Require that as many jobs as ever may run and wait."""
        await self.finish(*self.jobs)
        jobs = await self.send(self.most + self.longest + 2)
        states = ["runs"] * self.most + ["waits"] * self.longest
        self.are(jobs, [*states, *["was refused"] * 2], why)
        await self.finish(*jobs)


async def settle() -> None:
    """Let all tasks run until each of them waits for something."""
    for _ in range(50):
        await asyncio.sleep(0)


TOO_MANY = (
    "At most `most` of them may run at once: more than the cores can do "
    "makes all of them slow."
)
UNBOUNDED = (
    "As many as may run and wait are there, so the rest must be refused at "
    "once, with `BusyError`. In a queue without bound all clients wait until "
    "they give up."
)
RESULT = "Each call must return the result of its own function."
LOST = (
    "As many as before must find a place now. Give each place back, however "
    "a call ends: in `finally`."
)


@exercise(
    "refuse when it is full",
    a_function,
    hints=(
        "The semaphore bounds how many run. What bounds how many wait for it?",
        "Count the calls that are inside, running or waiting. At the start "
        "of `run`, before any `await`, compare the count with `most + "
        "longest`.",
        "`nonlocal inside`; `if inside >= most + longest: raise BusyError`; "
        "`inside += 1`. Then `try:` with the two lines of the stub, and "
        "`finally: inside -= 1`.",
    ),
)
async def refuse_when_it_is_full(make_gate: Callable[..., Any]) -> None:
    """A few functions run, a few wait, and the rest is refused at once."""
    given("three functions, of which two may run at once")
    gate = Gate(make_gate, 2, 3)
    jobs = await gate.send(3)
    gate.are(jobs, ["runs", "runs", "waits"], TOO_MANY)
    await gate.finish(jobs[1])
    ended = "returned 'result 1'"
    gate.are(jobs, ["runs", ended, "runs"], RESULT)
    await gate.finish(*jobs)
    results = [f"returned 'result {n}'" for n in range(3)]
    gate.are(jobs, results, RESULT)
    await one_after_another(make_gate)
    for most, longest in ((2, 3), (1, 0), (3, 1)):
        given(f"many calls at once, with {most} to run and {longest} to wait")
        gate = Gate(make_gate, most, longest)
        await gate.is_free(UNBOUNDED)
        given("the same once more, after all have ended")
        await gate.is_free(LOST)
    await errors_and_cancellations(make_gate)
    given("a second gate, while the first one is full")
    first, second = Gate(make_gate, 2, 1), Gate(make_gate, 2, 1)
    jobs = await first.send(3)
    await second.is_free("Each gate has places of its own.")
    await first.finish(*jobs)


async def one_after_another(make_gate: Callable[..., Any]) -> None:
    """Fill a gate call by call, and free one place."""
    given("calls one after another, until one is refused")
    gate = Gate(make_gate, 2, 1)
    states = ["runs", "runs", "waits", "was refused"]
    jobs: list[Job] = []
    for number in range(4):
        jobs += await gate.send(1)
        gate.are(jobs, states[: number + 1], UNBOUNDED)
    given("then one that runs ends, and two calls come")
    await gate.finish(jobs[0])
    jobs = [*jobs[1:3], *await gate.send(1), *await gate.send(1)]
    states = ["runs", "runs", "waits", "was refused"]
    gate.are(jobs, states, LOST)
    await gate.finish(*jobs)


async def errors_and_cancellations(make_gate: Callable[..., Any]) -> None:
    """End calls in all the ways in which a call can end."""
    given("functions that raise an error")
    gate = Gate(make_gate, 2, 1)
    jobs = await gate.send(3, LookupError("no such row"))
    await gate.finish(*jobs)
    raised = f"raised {excerpt_of_error(LookupError('no such row'))}"
    why = "The caller needs the error that the function has raised."
    gate.are(jobs, [raised] * 3, why)
    given("more calls, after the errors")
    await gate.is_free(LOST)
    for which, at in (("runs", 0), ("waits", 2)):
        given(f"a call that {which} is cancelled")
        jobs = await gate.send(3)
        cancelled = jobs[at]
        if cancelled.task:
            cancelled.task.cancel()
        await settle()
        why = "A cancellation must reach the caller, as any other error."
        gate.are([cancelled], ["was cancelled"], why)
        given(f"more calls, after a call that {which} was cancelled")
        await gate.is_free(LOST)
