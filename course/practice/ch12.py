"""Chapter 12's practice: forged requests, redirect URIs, and codes."""

import base64
import hashlib
from collections.abc import Callable
from typing import Any

from course.classroom.answer_types import a_function, a_lookup
from course.classroom.exercise import exercise
from course.classroom.prediction import prediction, right, wrong
from course.classroom.trial import expect, given, may_not_raise

prediction(
    "The token is in `localStorage`. What can an injected script do?",
    wrong(
        "Nothing: it was loaded from another origin",
        "A script has the rights of the page that it runs in, wherever it "
        "was loaded from.",
    ),
    wrong(
        "Use the token, but only while the page is open",
        "That would be so if the script could not read the token, as with an "
        "`HttpOnly` cookie.",
    ),
    right(
        "Send the token to the attacker",
        "One line of JavaScript reads it and sends it away. The attacker can "
        "use it from anywhere, also after the page is closed.",
    ),
)
prediction(
    "The cookie is `SameSite=Strict`. Which other page can send it?",
    wrong(
        "None",
        "The browser compares sites, and a site is larger than an origin.",
    ),
    wrong(
        "Any page that johndoe has open",
        "A page of another site cannot: the browser leaves the cookie out of "
        "the requests that it begins.",
    ),
    right(
        "A page at `https://blog.course.example`",
        "It is another origin, but the same site: browsers compare sites "
        "without subdomain and port.",
    ),
)
prediction(
    "A thief sends the code first, without a verifier. Who gets in?",
    wrong(
        "The thief: the code is right",
        "A code alone is not enough. The thief cannot compute the verifier "
        "from the challenge.",
    ),
    wrong(
        "The shop: a wrong attempt does not count",
        "Then the thief could try as often as the minute allows. Here each "
        "attempt uses the code up.",
    ),
    right(
        "Nobody: johndoe has to begin again",
        "The thief has no verifier, and the shop comes second.",
    ),
)


OURS = "https://course.example"
SAFE = (
    "This method changes nothing, and a link or an address that is typed "
    "sends no header of ours: pages could not be opened any more."
)
BARE = "A form of another page can send this request: it has no `x-from-page`."
FOREIGN = (
    "The browser says that another origin has begun this request. Compare "
    "the whole `origin`, letter by letter."
)
OWN = "This is our own page, and it may."
NO_BROWSER = (
    "A program that is not a browser sends no `origin`, and it cannot be "
    "misled by another page. Only a wrong `origin` is refused."
)


@exercise(
    "is it from our page",
    a_function,
    hints=(
        "Which requests need no proof at all?",
        "Begin with the methods that return True. Of the others, look at "
        "both headers: one must be there, the other may be missing.",
        '`return "x-from-page" in headers and headers.get("origin", OURS) '
        "== OURS`, after an `if` for the three methods.",
    ),
)
def is_it_from_our_page(may_act: Callable[..., Any]) -> None:
    """Requests that change something need a header, and no wrong origin."""

    def decides(expected: bool, why: str, method: str, **headers: str) -> None:
        sent = {name.replace("_", "-"): text for name, text in headers.items()}
        with may_not_raise(
            "A header may be missing. A client would get a 500.", KeyError
        ):
            decision = may_act(method, {"host": "course.example"} | sent)
        expect(
            isinstance(decision, bool),
            "The decision must be `True` or `False`.",
        )
        expect(decision is expected, why)

    changing = ("POST", "DELETE", "PUT", "PATCH")
    given("our page's `POST`")
    decides(True, OWN, "POST", x_from_page="yes", origin=OURS)
    given("a form of another page, with its `origin`")
    evil = "https://evil.example"
    decides(False, BARE, "POST", origin=evil)
    for method in changing:
        given(f"a `{method}` of our page")
        decides(True, OWN, method, x_from_page="yes", origin=OURS)
        given(f"a `{method}` without `x-from-page`")
        decides(False, BARE, method, origin=OURS)
        decides(False, BARE, method)
    given("an `x-from-page` with another value")
    decides(True, OWN, "POST", x_from_page="1", origin=OURS)
    for method in ("GET", "HEAD", "OPTIONS"):
        given(f"a `{method}` without headers, and from elsewhere")
        decides(True, SAFE, method)
        decides(True, SAFE, method, origin=evil)
    given("a program without a browser")
    decides(True, NO_BROWSER, "POST", x_from_page="yes")
    decides(True, NO_BROWSER, "DELETE", x_from_page="yes")
    for origin in (
        evil,
        "null",
        "http://course.example",
        "https://course.example:8443",
        "https://blog.course.example",
        "https://course.example.evil.example",
        "https://evil.example/https://course.example",
        "https://course",
        "",
    ):
        given(f"an `x-from-page` with the origin {origin!r}")
        for method in ("POST", "DELETE"):
            headers = {"x_from_page": "yes", "origin": origin}
            decides(False, FOREIGN, method, **headers)


SHOP = "https://shop.example/callback"
TOOL = "http://127.0.0.1/callback"
PRINTER = "http://127.0.0.1/done"
SENT_ELSEWHERE = (
    "This is not a registered address. Whoever owns it would receive the code."
)
REGISTERED = "This address is registered, letter by letter."
ANY_PORT = (
    "The program gets another free port each time, so with 127.0.0.1 any "
    "port will do."
)
ONE_HOST = (
    "Only 127.0.0.1 over http may have any port: there the address cannot "
    "leave the machine. On another host, another port is another program."
)


@exercise(
    "may the code go there",
    a_function,
    hints=(
        "Without the exception, one operator of Python is enough.",
        "For the exception, take the port out of the address, and look the "
        "rest up. What may be between the host and the path?",
        '`port = re.match("http://127[.]0[.]0[.]1(:[0-9]+)/", uri)`; if '
        'there is one, also look up `uri.replace(port[1], "", 1)`.',
    ),
)
def may_the_code_go_there(is_allowed: Callable[..., Any]) -> None:
    """A code goes to a registered address, and to any loopback port."""

    def decides(expected: bool, why: str, uri: str, *known: str) -> None:
        decision = is_allowed(uri, known)
        expect(
            isinstance(decision, bool),
            "The decision must be `True` or `False`.",
        )
        expect(decision is expected, why)

    given("the shop's address")
    decides(True, REGISTERED, SHOP, SHOP)
    given("two other addresses, each registered")
    for uri in (other := ("https://a.example/x", "https://b.example/y?z=1")):
        decides(True, REGISTERED, uri, *other)
        decides(False, SENT_ELSEWHERE, SHOP, *other)
    given("a client without addresses")
    decides(False, SENT_ELSEWHERE, SHOP)
    for uri in (
        "https://shop.example/callback2",
        "https://shop.example/callback/",
        "https://shop.example/callback/../comments",
        "https://shop.example/callback?next=x",
        "https://shop.example/callback#x",
        "https://shop.example/",
        "https://shop.example",
        "https://shop.example.evil.example/callback",
        "https://shop.example@evil.example/callback",
        "https://evil.example/?https://shop.example/callback",
        "https://SHOP.example/callback",
        "https://shop.example/CALLBACK",
        "http://shop.example/callback",
        " https://shop.example/callback",
        "https://shop.example/callback\n",
        "",
    ):
        given(f"the address {uri!r}")
        decides(False, SENT_ELSEWHERE, uri, SHOP, TOOL)
    loopback(decides)


def loopback(decides: Callable[..., None]) -> None:
    """Try addresses with and without ports, on this machine and elsewhere."""
    given("a command line, with a free port")
    for port in (51004, 8000, 80, 1):
        uri = f"http://127.0.0.1:{port}/callback"
        decides(True, ANY_PORT, uri, SHOP, TOOL)
        decides(True, ANY_PORT, uri, TOOL, SHOP)
    decides(True, ANY_PORT, "http://127.0.0.1:51004/done", PRINTER)
    given("a command line, without a port")
    decides(True, REGISTERED, TOOL, TOOL)
    given("a command line that has registered a port")
    with_port = "http://127.0.0.1:8000/callback"
    decides(True, REGISTERED, with_port, with_port)
    given("127.0.0.1, for a client that has not registered it")
    decides(False, SENT_ELSEWHERE, "http://127.0.0.1:8000/callback", SHOP)
    for uri in (
        "http://127.0.0.1:8000/done",
        "http://127.0.0.1:8000/callback/",
        "http://127.0.0.1:8000/callback?next=x",
        "http://127.0.0.1:8000/callback:8000",
        "http://127.0.0.1:8000/",
        "http://127.0.0.1:8000",
        "http://127.0.0.1:8000/callback\n",
        "http://127.0.0.1:@evil.example/callback",
        "http://127.0.0.1:80@evil.example/callback",
        "http://127.0.0.1:80.evil.example/callback",
        "http://127.0.0.1.evil.example:80/callback",
        "http://evil.example/http://127.0.0.1:80/callback",
        "http://127.0.0.1:eighty/callback",
        "http://127.0.0.1:/callback",
        "http://127a0.0.1:80/callback",
        "http://127.0a0.1:80/callback",
        "http://127.0.0a1:80/callback",
    ):
        given(f"the address {uri!r}")
        decides(False, SENT_ELSEWHERE, uri, TOOL, SHOP)
    given("a port on another host, or over https")
    for uri, known in (
        ("https://shop.example:8443/callback", SHOP),
        ("http://shop.example:80/callback", "http://shop.example/callback"),
        ("https://127.0.0.1:8000/callback", "https://127.0.0.1/callback"),
        ("http://127.0.0.2:8000/callback", "http://127.0.0.2/callback"),
        ("http://10.0.0.1:8000/callback", "http://10.0.0.1/callback"),
    ):
        decides(False, ONE_HOST, uri, known, TOOL)


Entry = dict[str, Any]


def s256(verifier: str) -> str:
    """Return the challenge of a verifier (RFC 7636 §4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class Issued:
    """Codes that were given out, and the answer that trades them.

    Attributes:
        trade_code: the learner's answer.
        codes: the codes of johndoe, `"code-1"`, and of alice, `"code-2"`.
        forms: the right form for each code.
    """

    def __init__(self, trade_code: Callable[..., Any]) -> None:
        self.trade_code = trade_code
        self.codes: dict[str, Entry] = {}
        self.forms: dict[str, dict[str, str]] = {}
        for number, user, client, now in (
            (1, "johndoe", "shop", 100),
            (2, "alice", "library", 2000),
        ):
            code, verifier = f"code-{number}", str(number) * 43
            redirect_uri = f"https://{client}.example/callback"
            self.codes[code] = {
                "user": user,
                "client_id": client,
                "redirect_uri": redirect_uri,
                "challenge": s256(verifier),
                "expires_at": now + 60,
                "used": False,
                "ended": False,
            }
            self.forms[code] = {
                "code": code,
                "client_id": client,
                "redirect_uri": redirect_uri,
                "code_verifier": verifier,
            }

    def trade(
        self,
        code: str,
        now: int,
        change: dict[str, str | None],
        expected: str | None,
        why: str,
    ) -> None:
        """Send a code's form with some changes; None drops a field."""
        form = self.forms[code] | change
        sent = {name: text for name, text in form.items() if text is not None}
        with may_not_raise(
            "A field may be missing: the answer is `None`, not a 500.",
            KeyError,
            AttributeError,
            TypeError,
        ):
            user = self.trade_code(self.codes, dict(sent), now)
        expect(user == expected, why)

    def expect_marks(self, why: str, **marks: tuple[bool, bool]) -> None:
        """Require `used` and `ended` of both codes."""
        wanted = {"code-1": (False, False), "code-2": (False, False)}
        wanted |= {f"code-{name[1:]}": mark for name, mark in marks.items()}
        expect(
            list(self.codes) == list(self.forms)
            and all(isinstance(each, dict) for each in self.codes.values()),
            "`codes` has other codes now. Only the entry of the code may "
            "change: an attacker could fill the table.",
        )
        found = {
            code: (entry.get("used"), entry.get("ended"))
            for code, entry in self.codes.items()
        }
        expect(found == wanted, why)


GOOD = "The code is good and comes for the first time: return its user."
USED = "The code has been used, and `used` must say so."
TWICE = "A code works once."
ENDED = (
    "A code that comes twice may have been stolen: `ended` must say that the "
    "login which came of it is over."
)
NOT_ENDED = "This code has come once: nothing is to be ended."
WRONG_ONCE = (
    "Each use counts, also a wrong one: otherwise a thief could try again."
)
OTHERS = "Only the code in the form may change. Other logins go on."
FIELDS: list[tuple[str, str, str]] = [
    (
        "code_verifier",
        "3" * 43,
        "The verifier does not belong to the challenge: a thief has the "
        "code, and gets the login.",
    ),
    (
        "client_id",
        "thief",
        "The code was given to another client.",
    ),
    (
        "redirect_uri",
        "https://evil.example/callback",
        "The code was given for another redirect URI.",
    ),
]


@exercise(
    "trade a code",
    a_lookup,
    hints=(
        "In which order do you look and mark? A wrong form is a use as well.",
        "First find the entry. If it is used, end it; otherwise mark it as "
        "used. Compare the form only after that.",
        'After marking: compare `now` with `entry["expires_at"]`, two '
        'fields of the form, and `challenge_of(form.get("code_verifier", '
        '""))` with `entry["challenge"]`.',
    ),
)
def trade_a_code(trade_code: Callable[..., Any]) -> None:
    """A code is traded once, in time, by its client, with its verifier."""
    for code, user, start in (
        ("code-1", "johndoe", 100),
        ("code-2", "alice", 2000),
    ):
        mark = f"c{code[-1]}"
        given(f"{user}'s code, with its verifier")
        issued = Issued(trade_code)
        issued.trade(code, start, {}, user, GOOD)
        issued.expect_marks(USED, **{mark: (True, False)})
        given(f"{user}'s code for the second time")
        issued.trade(code, start, {}, None, TWICE)
        issued.expect_marks(ENDED, **{mark: (True, True)})
        given(f"{user}'s code for the third time")
        issued.trade(code, start, {}, None, TWICE)
        issued.expect_marks(ENDED, **{mark: (True, True)})
        given(f"{user}'s code, one second before its end")
        Issued(trade_code).trade(code, start + 59, {}, user, GOOD)
        for seconds in (60, 61):
            given(f"{user}'s code, {seconds} seconds after it was given out")
            issued = Issued(trade_code)
            why = "It is too late at second `expires_at`, and after it."
            issued.trade(code, start + seconds, {}, None, why)
            issued.expect_marks(WRONG_ONCE, **{mark: (True, False)})
        wrong_forms(trade_code, code, start)
    unknown_codes(trade_code)
    both_codes(trade_code)


def wrong_forms(trade_code: Callable[..., Any], code: str, start: int) -> None:
    """Send another value of each field, and none; then the right form."""
    other = "code-1" if code == "code-2" else "code-2"
    mark = f"c{code[-1]}"
    for name, value, why in FIELDS:
        anothers = Issued(trade_code).forms[other][name]
        for text in (value, anothers, "", None):
            given(
                f"`{code}` with `{name}` {text!r}"
                if text is not None
                else f"`{code}` without `{name}`"
            )
            issued = Issued(trade_code)
            issued.trade(code, start, {name: text}, None, why)
            issued.expect_marks(WRONG_ONCE, **{mark: (True, False)})
            given(f"then the right form for `{code}`")
            issued.trade(code, start, {}, None, WRONG_ONCE)
            issued.expect_marks(ENDED, **{mark: (True, True)})
        given(f"a wrong `{name}` after the right form")
        issued = Issued(trade_code)
        user = issued.codes[code]["user"]
        issued.trade(code, start, {}, user, GOOD)
        issued.trade(code, start, {name: value}, None, TWICE)
        issued.expect_marks(ENDED, **{mark: (True, True)})
    given(f"the challenge of `{code}` in place of the verifier")
    issued = Issued(trade_code)
    challenge = issued.codes[code]["challenge"]
    why = FIELDS[0][2]
    issued.trade(code, start, {"code_verifier": challenge}, None, why)


def unknown_codes(trade_code: Callable[..., Any]) -> None:
    """Send codes that were never given out."""
    for text in ("code-3", "", None):
        given(f"the code {text!r}" if text is not None else "no code")
        issued = Issued(trade_code)
        why = "This code was never given out."
        issued.trade("code-1", 100, {"code": text}, None, why)
        issued.expect_marks(OTHERS)


def both_codes(trade_code: Callable[..., Any]) -> None:
    """Trade both codes of one table, the first one twice."""
    given("both codes, and the first one again")
    issued = Issued(trade_code)
    issued.trade("code-1", 100, {}, "johndoe", GOOD)
    issued.trade("code-2", 2000, {}, "alice", GOOD)
    issued.expect_marks(NOT_ENDED, c1=(True, False), c2=(True, False))
    issued.trade("code-1", 101, {}, None, TWICE)
    issued.expect_marks(OTHERS, c1=(True, True), c2=(True, False))
