"""Chapter 1's practice: what a token protects, and who may say so."""

import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from course.classroom.answer_types import a_function, a_lookup
from course.classroom.exercise import exercise
from course.classroom.prediction import prediction, right, wrong
from course.classroom.token.parse import base64url_encode
from course.classroom.trial import expect, given, may_not_raise, refused

HEADER = {"alg": "HS256", "typ": "JWT"}
REFUSED = "RefusedTokenError"  # the notebook's own class
CRASHES = (
    "A service catches `RefusedTokenError` and answers 401. Any other "
    "exception becomes a 500."
)
KEY = b"the checker's key, published as the other is"
JOHN = {"sub": "johndoe"}
OTHER_NAMES = ("None", "RS256", "", None, 256, ["HS256"])
TUTORIAL = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
    ".eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwi"
    "aWF0IjoxNTE2MjM5MDIyfQ"
    ".SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
)
ITS_KEY = b"your-256-bit-secret"
NOON = datetime(2025, 1, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

prediction(
    "What do we need to read the payload, besides a decoder?",
    wrong(
        "The service's key",
        "The key makes the third part, and checks it. The first two parts "
        "are plain text in another alphabet.",
    ),
    wrong(
        "The user's password",
        "A password was traded for the token and is not in it. It locks no "
        "part of the token.",
    ),
    right(
        "Nothing",
        "Anyone who sees the token can read it: a browser, a proxy, the "
        "reader of a log file.",
    ),
)
prediction(
    "What does `check_signature` make of her second token?",
    wrong(
        "It refuses the token: an empty signature fits no key",
        "The key does not matter here. With `none` the signature is expected "
        "to be empty, and it is.",
    ),
    right(
        "It returns johndoe's claims",
        "It expects nothing after the second dot, and finds nothing there.",
    ),
    wrong(
        "It fails: without a signature there are two parts, not three",
        "An empty part is a part. The second dot is there, and after it "
        "comes an empty string.",
    ),
)
prediction(
    "A token's `exp` is 12:30:00. From which moment is it refused?",
    right(
        "From 12:30:00",
        "The token ends when that second begins.",
    ),
    wrong(
        "From 12:30:01",
        "Then `exp` would be the last second in which the token is accepted. "
        "It is the first second in which the token is refused.",
    ),
    wrong(
        "From a few minutes later, to be on the safe side",
        "The standard allows such a leeway, but you have to ask for it: ours "
        "is zero unless you pass one, and so is PyJWT's.",
    ),
)
prediction(
    "His account is closed. What does `decode` make of his token?",
    wrong(
        "It refuses the token: there is no such user any more",
        "`decode` has a token, a key and a clock. It does not look into a "
        "database.",
    ),
    right(
        "It returns his claims, until the week is over",
        "Signature and `exp` are as good as on the first day.",
    ),
    wrong(
        "It refuses the token, because we have cancelled it",
        "We have nothing to cancel it with: we keep no list of tokens, and "
        "`decode` would not look there.",
    ),
)


def part(content: object) -> str:
    """Write a header or a payload; text goes in as it is."""
    if not isinstance(content, str):
        content = json.dumps(content, separators=(",", ":"))
    return base64url_encode(content.encode())


def signed(
    header: object,
    claims: object,
    key: bytes = KEY,
    digest: str = "sha256",
) -> str:
    """Write and sign a token."""
    message = f"{part(header)}.{part(claims)}"
    signature = hmac.digest(key, message.encode(), digest)
    return f"{message}.{base64url_encode(signature)}"


def unsigned(header: object) -> str:
    """Claim to be johndoe, and leave the signature empty."""
    return signed(header, JOHN).rpartition(".")[0] + "."


@exercise(
    "repair the decoder",
    a_function,
    hints=(
        "Who writes the header? Follow `alg` through the function, and ask "
        "at each line what a forger could put there. Then try a name that "
        "`HASHES` does not hold.",
        "A list of bad names never ends. Say instead which one name is good, "
        "and refuse before anything is computed.",
        '`if read_object(header).get("alg") != "HS256":` raise '
        '`RefusedTokenError`. Then compute the MAC with `"sha256"`, and '
        "leave nothing for the header to choose.",
    ),
)
def repair_the_decoder(open_token: Callable[..., Any]) -> None:
    """`open_token(token, key)` takes HS256, said and done."""
    honest = signed(HEADER, JOHN)
    given("an honest token")
    with may_not_raise(
        "Who refuses honest tokens logs everybody out.", REFUSED
    ):
        expect(
            open_token(honest, KEY) == JOHN,
            "Its claims did not come back: nobody can log in any more.",
        )
    given("Mallory's own token, with johndoe's claims put in")
    hers = signed(HEADER, {"sub": "mallory"}).rpartition(".")[2]
    forged = unsigned(HEADER) + hers
    with refused(
        "The signature is no longer compared. That HS256 stands in a header "
        "proves nothing: anybody can write it there.",
        REFUSED,
        CRASHES,
    ):
        open_token(forged, KEY)
    given("`none` in the header, and no signature")
    with refused(
        "Mallory is johndoe, and had no key. For a name that is not among "
        "`HASHES` the decoder expects an empty signature, and she sends one.",
        REFUSED,
        CRASHES,
    ):
        open_token(unsigned({"alg": "none"}), KEY)
    given("no signature, and in the header a name that is not `none`")
    for header in ({}, *({"alg": name} for name in OTHER_NAMES)):
        with refused(
            f"`none` is refused, and this header gets in: `{header}`. The "
            "list of names that must not pass is endless. List the one that "
            "may.",
            REFUSED,
            CRASHES,
        ):
            open_token(unsigned(header), KEY)
    given("a token that was signed with the right key, by HS512")
    with refused(
        "The token still chooses how it is checked. A key is for one "
        "algorithm (RFC 8725 §3.1), and ours is for HS256. The day somebody "
        "adds another name to the table, every forger may choose it.",
        REFUSED,
        CRASHES,
    ):
        open_token(signed({"alg": "HS512"}, JOHN, digest="sha512"), KEY)
    given("an HS256 signature under a header that says HS512")
    with refused(
        "No forger gets in any more, for the signature decides. But the "
        "header says one thing and the service does another. RFC 8725 §3.1 "
        "wants them to agree; here nobody reads the header.",
        REFUSED,
        CRASHES,
    ):
        open_token(signed({"alg": "HS512"}, JOHN), KEY)
    given("an honest token whose header has more in it, in another order")
    another = signed({"kid": "2025", "typ": "JWT", "alg": "HS256"}, JOHN)
    with may_not_raise(
        "It says HS256 and is signed by it. JSON has no order, and a header "
        "may say more: read `alg` in it, and do not compare the rest.",
        REFUSED,
    ):
        expect(open_token(another, KEY) == JOHN, "Its claims got lost.")


@exercise(
    "guess the key",
    a_lookup,
    hints=(
        "You need not decode anything. Which characters of the token are "
        "signed, and which are the result?",
        '`token.rpartition(".")` splits at the last dot: what is signed '
        "stands before it. Sign that with each word, and compare.",
        "`base64url_encode(hmac.digest(word, message.encode(), "
        '"sha256"))` is the third part that this word would make.',
    ),
)
def guess_the_key(find_key: Callable[..., Any]) -> None:
    """`find_key(token, words)` is the word that signed, or None."""
    words = [b"secret", ITS_KEY, b"jwt"]
    given("the tutorial's token, and its key as the second of three words")
    with may_not_raise(
        "That a key needs 32 bytes is a rule for who signs. Who guesses "
        "tries short words first, and `hmac.digest` takes them all.",
        ValueError,
    ):
        found = find_key(TUTORIAL, words)
    expect(
        found is not None,
        "The key is in the list and was not found. What is signed is "
        "`header.payload`, as text; the third part is the result, in "
        "base64url.",
    )
    expect(
        found == ITS_KEY,
        "Something else came back than the word, as it stands in the list. "
        "To sign a token of one's own, one needs the word.",
    )
    given("the same list once more")
    expect(
        words == [b"secret", ITS_KEY, b"jwt"],
        "The list has changed: it was the caller's, who has other tokens to "
        "try it on.",
    )
    given("a list without the key, and an empty one")
    for others in ([b"secret", b"jwt"], []):
        with may_not_raise(
            "Most lists hold no key, and `None` says so.",
            StopIteration,
            LookupError,
        ):
            expect(
                find_key(TUTORIAL, others) is None,
                "A word came back, and it is not the key.",
            )
    given("a token that expired long ago")
    old = signed(HEADER, {"sub": "johndoe", "exp": 1_000_000_000}, b"hunter2")
    with may_not_raise("The token is dead, and its key is not.", REFUSED):
        expect(
            find_key(old, [b"secret", b"hunter2"]) == b"hunter2",
            "The token is dead, and its key is not: with it one signs new "
            "ones. An old token out of a log is enough for a thief.",
        )
    given("a token whose JSON has spaces, and its names in another order")
    spaced = signed('{"typ": "JWT", "alg": "HS256"}', JOHN, b"caf\xe9")
    with may_not_raise(
        "Words are bytes: any will do, Latin-1 included.", REFUSED
    ):
        expect(
            find_key(spaced, [b"tea", b"caf\xe9"]) == b"caf\xe9",
            "Its key was not found. Signed is the text as it was sent, byte "
            "for byte. JSON that is read and written anew is another text.",
        )


@exercise(
    "no token for a week",
    a_function,
    hints=(
        "`decode` has done most of the work. Which of the claims that you "
        "need does it insist on?",
        "A claim that is missing is a case of its own, and comes first. Then "
        "it matters when the token was made, not what time it is now.",
        'Both claims count seconds: compare `claims["exp"] - claims["iat"]` '
        "with `longest.total_seconds()`.",
    ),
)
def no_token_for_a_week(decode_short_lived: Callable[..., Any]) -> None:
    """`decode_short_lived(token, key, longest, now)` limits `exp - iat`."""

    def made(**claims: object) -> str:
        return signed(HEADER, {**JOHN, **claims})

    def lasting(life: timedelta) -> str:
        noon = int(NOON.timestamp())
        return made(iat=noon, exp=noon + int(life.total_seconds()))

    start, week = int(NOON.timestamp()), timedelta(days=7)
    given("a token of 30 minutes, where an hour is the limit")
    with may_not_raise(
        "It is good at `now`, the moment that was handed over.", REFUSED
    ):
        claims = decode_short_lived(lasting(HOUR / 2), KEY, HOUR, NOON)
    expect(
        isinstance(claims, dict) and claims.get("sub") == "johndoe",
        "Its claims did not come back, so nobody knows whose it is.",
    )
    given("a token of a week, on its first day")
    with refused(
        "It is accepted: nobody asks how long it was made to live.",
        REFUSED,
        CRASHES,
    ):
        decode_short_lived(lasting(week), KEY, HOUR, NOON)
    given("the same token, half an hour before its end")
    with refused(
        "What is left of it is short, and it was made for a week. Whoever "
        "stole it has used it for seven days.",
        REFUSED,
        CRASHES,
    ):
        decode_short_lived(lasting(week), KEY, HOUR, NOON + week - HOUR / 2)
    given("a token without `exp`, and one without `iat`")
    for less in (made(iat=start), made(exp=start + 60), made()):
        with refused(
            "It is accepted, and nobody can tell how long it was made to "
            "live. What a rule needs, it has to insist on.",
            REFUSED,
            CRASHES,
        ):
            decode_short_lived(less, KEY, HOUR, NOON)
    given("a forged token with a short life")
    forged = lasting(HOUR / 2).rpartition(".")[0] + "." + "A" * 43
    with refused(
        "It is accepted: its claims are checked, and its signature is not. "
        "A forger writes as short a life as you like.",
        REFUSED,
        CRASHES,
    ):
        decode_short_lived(forged, KEY, HOUR, NOON)
    given("a short token, an hour after its end")
    with refused("It is accepted: short, and over.", REFUSED, CRASHES):
        decode_short_lived(lasting(HOUR / 2), KEY, HOUR, NOON + HOUR)
    given("a token that lives exactly as long as it may")
    with may_not_raise(
        "As long as it may is not longer than it may.", REFUSED
    ):
        decode_short_lived(lasting(HOUR), KEY, HOUR, NOON)
    given("a token of a day and a half, where two days are the limit")
    with may_not_raise(
        "It is within the limit. `timedelta.seconds` is what is left of the "
        "seconds beside the days; `total_seconds()` has them all.",
        REFUSED,
    ):
        decode_short_lived(lasting(1.5 * DAY), KEY, 2 * DAY, NOON)
    given("a token that ends in 30 billion years")
    with refused("It is accepted.", REFUSED, CRASHES):
        decode_short_lived(made(iat=start, exp=10**18), KEY, HOUR, NOON)
