"""Chapter 1's practice: what a token protects, and who may say so."""

import hmac
import inspect
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

from course.classroom.answer_types import a_function, a_lookup
from course.classroom.excerpt import excerpt
from course.classroom.exercise import exercise
from course.classroom.prediction import prediction, right, wrong
from course.classroom.token.parse import base64url_encode
from course.classroom.trial import (
    CallError,
    UnmetError,
    expect,
    given,
    may_not_raise,
    refused,
    remark,
)

HEADER = {"alg": "HS256", "typ": "JWT"}
REFUSED = "RefusedTokenError"  # the notebook's own class
CRASHES = (
    "A service catches `RefusedTokenError` and answers 401. Any other "
    "exception becomes a 500."
)
NOTEBOOKS_KEY = b"a teaching key, published: protects nothing"
KEY = b"the check's key, published as the other is"
JOHN, ALICE = {"sub": "johndoe"}, {"sub": "alice"}
USE_THE_PARAMETER = (
    "This token is signed with a key of the check's own: use the parameter "
    "`key`, and not the notebook's `KEY`."
)
OTHER_NAMES = ("None", "NONE", "RS256", "ES256", "dir", "")
NEARLY_HS256: list[object] = [
    *[{"alg": name} for name in ("HS512", "HS384", "HS2567", "HS", "")],
    *[{"alg": name} for name in ("hs256", " HS256", "HS256 ", "xHS256")],
    {"alg": "HS512", "kid": "HS256"},
]
NO_NAMES: list[object] = [
    *[{"alg": alg} for alg in (None, 256, True, ["HS256"], {"HS256": 1})],
    {},
    {"kid": "HS256"},
]
SAMPLE = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
    ".eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwi"
    "aWF0IjoxNTE2MjM5MDIyfQ"
    ".SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
)
ITS_KEY = b"your-256-bit-secret"
NOON = datetime(2025, 1, 1, 12, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
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


def unsigned(header: object, claims: object = JOHN) -> str:
    """Write a token whose signature is empty."""
    return signed(header, claims).rpartition(".")[0] + "."


@contextmanager
def explained(remarks: dict[str, str]) -> Iterator[None]:
    """Append a remark to the exception of a call that it was written for.

    Args:
        remarks: by words of the exception, such as "can't compare".

    Raises:
        UnmetError: the call raised an exception with such words.
        CallError: it raised another one.
    """
    try:
        yield
    except CallError as error:
        for words, why in remarks.items():
            if words in str(error):
                raise UnmetError(f"{error} {why}") from error
        raise


@contextmanager
def results_of(name: str) -> Iterator[list[object]]:
    """Record what a function of the module `hmac` returns meanwhile."""
    original = getattr(hmac, name)
    results: list[object] = []

    def call(*args: object, **kwargs: object) -> object:
        results.append(original(*args, **kwargs))
        return results[-1]

    with patch.object(hmac, name, call):
        yield results


def names_in(answer: Callable[..., Any]) -> tuple[str, ...] | None:
    """List the names that a function's own code uses; None if it has none."""
    code = getattr(inspect.unwrap(answer), "__code__", None)
    return code.co_names if code else None


@exercise(
    "repair the decoder",
    a_function,
    hints=(
        "Who writes the header? Follow `alg` through the function, and ask "
        "at each line what an attacker could write there. Then try a name "
        "that is not in `HASHES`.",
        "A list of bad names never ends. Name the one that is good, and "
        "refuse every other before anything is computed.",
        'If `read_object(header).get("alg") != "HS256"`, raise '
        '`RefusedTokenError`. Then compute the MAC with `"sha256"`, and '
        "leave nothing for the header to choose.",
    ),
)
def repair_the_decoder(open_token: Callable[..., Any]) -> None:
    """`open_token(token, key)` accepts HS256 that the header names."""
    given("a good token")
    with (
        results_of("compare_digest") as comparisons,
        may_not_raise(
            "If good tokens are refused, every user is logged out.", REFUSED
        ),
    ):
        good = signed(HEADER, JOHN, NOTEBOOKS_KEY)
        expect(
            open_token(good, NOTEBOOKS_KEY) == JOHN,
            "Its claims did not come back: no user can log in any more.",
        )
    accept_other_good_tokens(open_token)
    refuse_wrong_signatures(open_token)
    refuse_other_algorithms(open_token)
    refuse_other_texts(open_token)
    in_code = names_in(open_token)
    if not comparisons and in_code and "compare_digest" not in in_code:
        remark(
            "One remark: the signatures are compared with `==` or `!=`, which "
            "may stop at the first difference and so takes longer for a "
            "better guess. `hmac.compare_digest` does not."
        )


def accept_other_good_tokens(open_token: Callable[..., Any]) -> None:
    """Try another key, another user and another header."""
    given("a good token of alice, signed with another key")
    with may_not_raise(USE_THE_PARAMETER, REFUSED):
        expect(
            open_token(signed(HEADER, ALICE), KEY) == ALICE,
            "Other claims came back than alice's.",
        )
    given("a good token whose header has more fields, spaces, another order")
    for header in (
        {"kid": "2025", "typ": "JWT", "alg": "HS256"},
        '{ "typ" : "JWT", "alg" : "HS256" }',
    ):
        with may_not_raise(
            "It says HS256 and is signed by it. JSON has no order, and a "
            "header may have more fields, and spaces: read `alg`, and do not "
            "compare the rest.",
            REFUSED,
        ):
            another = signed(header, JOHN)
            expect(open_token(another, KEY) == JOHN, "Its claims got lost.")


def refuse_wrong_signatures(open_token: Callable[..., Any]) -> None:
    """Try signatures that are another's, cut, or too long, under HS256."""
    message, _, hers = signed(HEADER, {"sub": "mallory"}).rpartition(".")
    given("Mallory's own token, with johndoe's claims put in")
    with refused(
        "The signature is not compared. HS256 in a header proves nothing: "
        "anyone can write it there.",
        REFUSED,
        CRASHES,
    ):
        open_token(unsigned(HEADER) + hers, KEY)
    given("a token that Mallory signed with a key of her own")
    with refused(
        "Mallory's own key opens it. Compute the MAC with the parameter "
        "`key`.",
        REFUSED,
        CRASHES,
    ):
        open_token(signed(HEADER, JOHN, b"Mallory's key" * 3), KEY)
    given("HS256 in the header, and no signature")
    with refused(
        "Mallory is johndoe, and needed no key. A signature that is missing "
        "is a wrong one.",
        REFUSED,
        CRASHES,
    ):
        open_token(unsigned(HEADER), KEY)
    given("a signature that is cut off, and one that is too long")
    message = unsigned(HEADER)[:-1]
    mac = hmac.digest(KEY, message.encode(), "sha256")
    for wrong_size in (mac[:2], mac[:31], mac + b"!", mac * 2):
        with refused(
            f"It has {len(wrong_size)} bytes instead of 32, and is accepted. "
            "Compare the whole signature.",
            REFUSED,
            CRASHES,
        ):
            open_token(f"{message}.{base64url_encode(wrong_size)}", KEY)
    given("signatures of 32 bytes of which only some are right")
    for nearly in (
        *(mac[:31] + bytes([mac[31] ^ 1]), bytes([mac[0] ^ 1]) + mac[1:]),
        *(mac[:16] + bytes(16), bytes(16) + mac[16:], mac[::-1]),
    ):
        with refused(
            "A signature that differs in some of its bytes is accepted. "
            "Compare all 32 bytes, each at its place.",
            REFUSED,
            CRASHES,
        ):
            open_token(f"{message}.{base64url_encode(nearly)}", KEY)
    given("the right signature, with its letters in the other case")
    with refused(
        "In base64url small and capital letters differ: another signature "
        "is accepted.",
        REFUSED,
        CRASHES,
    ):
        text = base64url_encode(mac)
        open_token(f"{message}.{text[:-1].swapcase()}{text[-1]}", KEY)
    given("the right signature, with characters that are not base64url")
    for junk in ("!", "!!!!"):
        with refused(
            "The token is accepted with characters that do not belong there: "
            "one token then has many spellings, and a list of withdrawn "
            "tokens misses them. `base64url_decode` refuses them.",
            REFUSED,
            CRASHES,
        ):
            open_token(f"{message}.{base64url_encode(mac)}{junk}", KEY)


def refuse_other_algorithms(open_token: Callable[..., Any]) -> None:
    """Try every other `alg`: without a signature, and with a right one."""
    given("`none` in the header, and no signature")
    with refused(
        "Mallory is johndoe, and needed no key. For a name that is not in "
        "`HASHES` the decoder expects an empty signature, and she sends one.",
        REFUSED,
        CRASHES,
    ):
        open_token(unsigned({"alg": "none"}), KEY)
    given("no signature, and a name in the header that is not `none`")
    for name in OTHER_NAMES:
        with refused(
            f"`none` is refused, and `{json.dumps({'alg': name})}` is "
            "accepted. A list of forbidden names is never complete: name the "
            "one that is allowed.",
            REFUSED,
            CRASHES,
        ):
            open_token(unsigned({"alg": name}), KEY)
    given("a token that was signed with the right key, by another algorithm")
    for name, digest in (("HS512", "sha512"), ("HS384", "sha384")):
        with refused(
            "The token still chooses how it is checked. A key is for one "
            "algorithm, and ours is for HS256 (RFC 8725 §3.1). As soon as a "
            "weak algorithm is added to the table, every attacker can choose "
            "it.",
            REFUSED,
            CRASHES,
        ):
            open_token(signed({"alg": name}, JOHN, digest=digest), KEY)
    given("an HS256 signature under a header that names something else")
    for header in NEARLY_HS256:
        with refused(
            "An attacker does not get in, because the signature decides. But "
            "the header names another algorithm than the service uses, and "
            "they have to agree (RFC 8725 §3.1). Compare the whole value of "
            "`alg`, and nothing else.",
            REFUSED,
            CRASHES,
        ):
            open_token(signed(header, JOHN), KEY)
    given("an `alg` that is missing, or not a string")
    for header in NO_NAMES:
        for token in (unsigned(header), signed(header, JOHN)):
            with refused(
                f"`{json.dumps(header)}` does not say HS256, and is accepted.",
                REFUSED,
                CRASHES,
            ):
                open_token(token, KEY)


def refuse_other_texts(open_token: Callable[..., Any]) -> None:
    """Try what is not a token, and signed payloads that are not objects."""
    good = signed(HEADER, JOHN)
    given("two parts, and four")
    for text in (good.rpartition(".")[0], good + ".", "", "..."):
        with refused("It is not a token, and is accepted.", REFUSED, CRASHES):
            open_token(text, KEY)
    given("a signed payload that is a list, or no JSON at all")
    for payload in ("[]", "[1]", "7", '"sub"', "[" * 5000, '{"sub":'):
        with refused(
            "What came back is not an object of claims: the service would "
            "fail at the next line.",
            REFUSED,
            CRASHES,
        ):
            open_token(signed(HEADER, payload), KEY)


@exercise(
    "guess the key",
    a_lookup,
    hints=(
        "You need not decode anything. Which characters of the token are "
        "signed, and which are the result?",
        '`token.rpartition(".")` splits at the last dot: what was signed is '
        "before it. Sign that with each word, and compare.",
        "`base64url_encode(hmac.digest(word, message.encode(), "
        '"sha256"))` is the third part that this word would make.',
    ),
)
def guess_the_key(find_key: Callable[..., Any]) -> None:
    """`find_key(token, words)` is the word that signed, or None."""
    given("the sample token, and its key as the first of three words")
    find(find_key, SAMPLE, [ITS_KEY, b"secret", b"jwt"], ITS_KEY)
    given("its key as the second of three words")
    words = [b"secret", ITS_KEY, b"jwt"]
    find(
        find_key,
        SAMPLE,
        words,
        ITS_KEY,
        "The first word was found, and the second is not: the search stops "
        "at the first word that does not fit.",
    )
    given("the same list once more")
    expect(
        words == [b"secret", ITS_KEY, b"jwt"],
        "The list has changed. It belongs to the caller, who has other "
        "tokens to try it on.",
    )
    given("a list without the key, and an empty one")
    for others in ([b"secret", b"jwt"], []):
        with may_not_raise(
            "Most lists do not contain the key, and then `None` is asked for.",
            StopIteration,
            LookupError,
        ):
            found = find_key(SAMPLE, others)
        if found in others:
            expect(False, "A word came back, and it is not the key.")
        expect(
            found is None,
            f"`None` is asked for, and `{excerpt(found)}` came back.",
        )
    try_damaged_signatures(find_key)
    given("its key as the last of 101 words")
    many = [*(b"word%d" % number for number in range(100)), ITS_KEY]
    find(find_key, SAMPLE, many, ITS_KEY)
    try_unusual_words(find_key)
    given("an expired token of alice, and its key as the last word")
    old = signed(HEADER, {"sub": "alice", "exp": 1_000_000_000}, b"hunter2")
    expired = (
        "The token has expired, but its key is still good: it signs new "
        "tokens. An old token from a log file is enough for an attacker."
    )
    with may_not_raise(expired, REFUSED):
        find(
            find_key, old, [b"secret", b"jwt", b"hunter2"], b"hunter2", expired
        )
    given("a token whose JSON has spaces, and a word that is not ASCII")
    spaced = signed('{"typ": "JWT", "alg": "HS256"}', JOHN, b"caf\xe9")
    with may_not_raise(
        "Words are bytes, and any bytes can be a key.", UnicodeError
    ):
        find(
            find_key,
            spaced,
            [b"tea", b"caf\xe9"],
            b"caf\xe9",
            "Its key was not found. What was signed is the text as it was "
            "sent, byte for byte. JSON that is read and written again is "
            "another text.",
        )


def try_damaged_signatures(find_key: Callable[..., Any]) -> None:
    """Try tokens whose signature no word made: cut, or altered."""
    given("the sample token with a damaged signature, and its key")
    message, _, signature = SAMPLE.rpartition(".")
    for damaged in (
        *("", signature[:4], signature[:40]),
        signature[:-1].swapcase() + signature[-1],
        signature[:20] + "A" * 23,
    ):
        expect(
            find_key(f"{message}.{damaged}", [b"jwt", ITS_KEY]) is None,
            "A word came back, and no word made this signature. Compare the "
            "whole third part, not a piece of it.",
        )


def try_unusual_words(find_key: Callable[..., Any]) -> None:
    """Try words that are nearly the key, and keys of unusual lengths."""
    given("words that are nearly the key: capitals, and a space at the end")
    for near in (b"secret ", b" secret", b"SECRET", b"secret\n"):
        token = signed(HEADER, JOHN, b"secret")
        expect(
            find_key(token, [near]) is None,
            "Another word than the key came back. Every byte of a key counts, "
            "so take the words as they are.",
        )
        find(
            find_key,
            signed(HEADER, JOHN, near),
            [b"secret", near],
            near,
            "Its key was not found. Every byte of a key counts, so take the "
            "words as they are.",
        )
    given("keys of one byte and of 100")
    for key in (b"x", b"y" * 100):
        find(
            find_key,
            signed(HEADER, JOHN, key),
            [b"tea", key],
            key,
            "Its key was not found. A key may have any length.",
        )


def find(
    find_key: Callable[..., Any],
    token: str,
    words: list[bytes],
    key: bytes,
    not_found: str = "",
) -> None:
    """Expect that the key is found, and explain why it is not."""
    message = token.rpartition(".")[0]
    with (
        results_of("digest") as macs,
        explained(
            {
                "needs 32 bytes": "That a key needs 32 bytes is a rule for "
                "those who sign. An attacker tries short words first, and "
                "`hmac.digest` takes them all.",
                "'bytes' object has no attribute 'encode'": "The words are "
                "bytes already.",
            }
        ),
    ):
        found = find_key(token, words)
    right_mac = hmac.digest(key, message.encode(), "sha256")
    if found is None and right_mac in macs:
        not_found = not_found or (
            "Your MAC for this word is right, and was not recognised. It is "
            "bytes, and the third part of the token is text: base64url, "
            "without `=`."
        )
    expect(
        found is not None,
        not_found
        or "The key is in the list and was not found. What was signed is "
        "`header.payload`, as text; the third part is the result, in "
        "base64url.",
    )
    expect(
        isinstance(found, bytes),
        f"`{excerpt(found)}` came back, and not the word as it is in the "
        "list. An attacker needs the word to sign tokens.",
    )
    expect(found == key, "Another word came back, which is not the key.")


@exercise(
    "no token for a week",
    a_function,
    hints=(
        "`decode` has done most of the work. Which of the claims that you "
        "need does it require?",
        "Refuse a token that lacks one of the two claims first. Then it "
        "matters when the token was made, and not what time it is now.",
        'Both claims count seconds: compare `claims["exp"] - claims["iat"]` '
        "with `longest.total_seconds()`.",
    ),
)
def no_token_for_a_week(decode_short_lived: Callable[..., Any]) -> None:
    """`decode_short_lived(token, key, longest, now)` limits `exp - iat`."""
    accept_short_lives(decode_short_lived)
    refuse_long_lives(decode_short_lived)
    measure_to_the_second(decode_short_lived)
    refuse_half_a_second(decode_short_lived)
    refuse_missing_times(decode_short_lived)
    refuse_what_decode_refuses(decode_short_lived)
    given("a token that ends in 30 billion years")
    try:
        with refused("It is accepted.", REFUSED):
            for_ever = made(iat=seconds(NOON), exp=10**18)
            decode_short_lived(for_ever, KEY, HOUR, NOON)
    except UnmetError as error:
        cause = error.__cause__
        too_large = (OverflowError, OSError, ValueError)
        if not isinstance(cause, CallError) or not cause.is_a(*too_large):
            raise
        remark(
            f"One remark: for this token it raised "
            f"`{type(cause.__cause__).__name__}`, because neither a timedelta "
            "nor a datetime can be so large, and a client would get a 500. "
            "Only a holder of the key can make such a token. Numbers of "
            "seconds have no such limit: `longest.total_seconds()`."
        )


def seconds(moment: datetime) -> int:
    """Count the seconds from 1970 to a moment."""
    return int(moment.timestamp())


def made(user: str = "johndoe", **claims: object) -> str:
    """Sign a token for a user, with claims of time."""
    return signed(HEADER, {"sub": user, **claims})


def claims_for(life: timedelta, user: str = "johndoe") -> dict[str, object]:
    """Return the claims of a token that was made at noon."""
    return {"sub": user, "iat": seconds(NOON), "exp": seconds(NOON + life)}


def lasting(life: timedelta, user: str = "johndoe") -> str:
    """Sign a token that was made at noon, for so long."""
    return signed(HEADER, claims_for(life, user))


def accept_short_lives(decode_short_lived: Callable[..., Any]) -> None:
    """Try tokens within the limit: far below it, just below, exactly."""
    remarks = {
        "the signature does not fit": USE_THE_PARAMETER,
        "expired": "It has not expired at `now`, the moment that was handed "
        "over: pass it on to `decode`.",
        "'datetime.timedelta'": "`exp - iat` is a number of seconds, and "
        "`longest` is a timedelta: `longest.total_seconds()` is a number too.",
    }
    lost = "Its claims did not come back whole: a service needs them."
    within = "It is within the limit,"
    given("a token of 30 minutes, where an hour is the limit")
    with may_not_raise(f"{within} and refused.", REFUSED), explained(remarks):
        claims = decode_short_lived(lasting(HOUR / 2), KEY, HOUR, NOON)
    expect(claims == claims_for(HOUR / 2), lost)
    given("a token of 30 minutes for alice, where two days are the limit")
    with may_not_raise(
        f"{within} and refused. Of two days, `timedelta.seconds` is 0: it "
        "holds what is left beside whole days. `total_seconds()` has them "
        "all.",
        REFUSED,
    ):
        short = lasting(HOUR / 2, "alice")
        claims = decode_short_lived(short, KEY, 2 * DAY, NOON)
    expect(claims == claims_for(HOUR / 2, "alice"), lost)
    given("a short token with a claim of its own, `role`")
    whole = {**claims_for(HOUR / 2), "role": "editor"}
    expect(
        decode_short_lived(signed(HEADER, whole), KEY, HOUR, NOON) == whole,
        lost,
    )
    given("a token of a day and a half, where two days are the limit")
    with may_not_raise(
        f"{within} which is two days here: use the parameter `longest`.",
        REFUSED,
    ):
        decode_short_lived(lasting(1.5 * DAY), KEY, 2 * DAY, NOON)


def refuse_long_lives(decode_short_lived: Callable[..., Any]) -> None:
    """Try tokens over the limit: far above it, and by a second."""
    week = lasting(7 * DAY)
    given("a token of a week, on its first day")
    with refused(
        "It is accepted: how long it was made to live is not checked.",
        REFUSED,
        CRASHES,
    ):
        decode_short_lived(week, KEY, HOUR, NOON)
    given("the same token, half an hour before its end")
    with refused(
        "It has half an hour left, but it was made for a week. A thief has "
        "used it for seven days.",
        REFUSED,
        CRASHES,
    ):
        decode_short_lived(week, KEY, HOUR, NOON + 7 * DAY - HOUR / 2)
    given("a token of two days, where an hour is the limit")
    with refused(
        "It is accepted: `longest` is an hour here, and another limit is "
        "written into the code.",
        REFUSED,
        CRASHES,
    ):
        decode_short_lived(lasting(2 * DAY), KEY, HOUR, NOON)


def measure_to_the_second(decode_short_lived: Callable[..., Any]) -> None:
    """Try five limits: a second less, exactly the limit, a second more."""
    limits = (MINUTE, HOUR, 2 * DAY, 7 * DAY)
    given("tokens that live exactly as long as allowed, and a second less")
    for limit in limits:
        with may_not_raise("It is a second within the limit.", REFUSED):
            decode_short_lived(lasting(limit - SECOND), KEY, limit, NOON)
        with may_not_raise("Exactly the limit is still allowed.", REFUSED):
            decode_short_lived(lasting(limit), KEY, limit, NOON)
    given("tokens that live one second longer than allowed")
    for limit in limits:
        with refused(
            f"It is accepted, although it lives longer than `{limit}`. Do not "
            "round: compare seconds.",
            REFUSED,
            CRASHES,
        ):
            decode_short_lived(lasting(limit + SECOND), KEY, limit, NOON)
    given("a token of 10 seconds, where 10 are the limit, and one of 11")
    with may_not_raise("Exactly the limit is still allowed.", REFUSED):
        decode_short_lived(lasting(10 * SECOND), KEY, 10 * SECOND, NOON)
    with refused(
        "The one of 11 is accepted. The limit is `longest`, however short "
        "that is.",
        REFUSED,
        CRASHES,
    ):
        decode_short_lived(lasting(11 * SECOND), KEY, 10 * SECOND, NOON)


def refuse_half_a_second(decode_short_lived: Callable[..., Any]) -> None:
    """Try times and limits with fractions of a second."""
    start = seconds(NOON)
    given("a token that lives half a second longer than allowed")
    for limit in (timedelta(seconds=0.25), MINUTE, HOUR):
        longer = limit.total_seconds() + 0.5
        with refused(
            "It is accepted. `exp` and `iat` may have fractions (RFC 7519 "
            "§2), so do not cut them off, and take the limit as it is.",
            REFUSED,
            CRASHES,
        ):
            token = made(iat=start - 1, exp=start - 1 + longer)
            decode_short_lived(token, KEY, limit, NOON - SECOND)
    given("a token whose life and whose limit are 90.5 seconds")
    with may_not_raise("Exactly the limit is still allowed.", REFUSED):
        token = made(iat=start, exp=start + 90.5)
        decode_short_lived(token, KEY, timedelta(seconds=90.5), NOON)


def refuse_missing_times(decode_short_lived: Callable[..., Any]) -> None:
    """Try tokens without `exp`, without `iat`, and without both."""
    start = seconds(NOON)
    given("a token without `exp`, one without `iat`, and one without both")
    for token in (made(iat=start), made(exp=start + 60), made()):
        with refused(
            "It is accepted, although it does not say how long it was made "
            "to live. A claim that a rule needs has to be required.",
            REFUSED,
            CRASHES,
        ):
            decode_short_lived(token, KEY, HOUR, NOON)


def refuse_what_decode_refuses(decode_short_lived: Callable[..., Any]) -> None:
    """Try forged, unsigned, expired and early tokens with a short life."""
    good = lasting(HOUR / 2)
    message = good.rpartition(".")[0]
    anothers = signed(HEADER, claims_for(HOUR / 2), b"Mallory's key" * 3)
    given("forged tokens with a short life")
    for forged in (
        f"{message}.{'A' * 43}",
        anothers,
        unsigned({"alg": "none"}, claims_for(HOUR / 2)),
    ):
        with refused(
            "It is accepted: its claims are checked, and its signature is "
            "not. An attacker can write any life into a token.",
            REFUSED,
            CRASHES,
        ):
            decode_short_lived(forged, KEY, HOUR, NOON)
    given("a short token at its end, and an hour later")
    for late in (NOON + HOUR / 2, NOON + 1.5 * HOUR):
        with refused(
            "It is accepted: it was short, but it has expired at `now`.",
            REFUSED,
            CRASHES,
        ):
            decode_short_lived(good, KEY, HOUR, late)
    given("a short token, an hour before it was made")
    with refused(
        "It is accepted, although its `iat` is in the future.",
        REFUSED,
        CRASHES,
    ):
        decode_short_lived(good, KEY, HOUR, NOON - HOUR)
    short = claims_for(HOUR / 2)
    for words, header, claims in (
        (
            "not valid before an hour from now",
            HEADER,
            {**short, "nbf": seconds(NOON + HOUR)},
        ),
        ("made for another service", HEADER, {**short, "aud": "billing"}),
        ("whose `sub` is a number", HEADER, {**short, "sub": 7}),
        ("whose `iat` is a text", HEADER, {**short, "iat": "1735732800"}),
        ("whose header has `crit`", {**HEADER, "crit": ["x"]}, short),
    ):
        given(f"a short token {words}")
        with refused(
            "It is accepted, and `decode` refuses it. The limit comes in "
            "addition to what `decode` checks.",
            REFUSED,
            CRASHES,
        ):
            decode_short_lived(signed(header, claims), KEY, HOUR, NOON)
