"""Chapter 2's practice: what a hash costs, and what bcrypt cuts short."""

import base64
import hashlib
import inspect
from collections.abc import Callable
from typing import Any

import bcrypt

from course.classroom.answer_types import a_function, a_value
from course.classroom.excerpt import excerpt
from course.classroom.exercise import exercise
from course.classroom.prediction import prediction, right, wrong
from course.classroom.trial import (
    CallError,
    UnmetError,
    expect,
    given,
    may_not_raise,
    refused,
)
from snippets import ch02_password_hashing

CHEAP = b"$2b$04$teachingteachingteach."
TABLE = {
    "johndoe": "$2b$12$Y/sMLYht79BGLuw4zk6BA.yyU0o0oxOkDUI0Q/GDRerLa5Wm80gn.",
    "alice": "$2b$10$YqB7AWggNolIqFgEbLPZBO.myhD2IVPURxti0LaG51vrhIH2zlFBi",
    "bob": "$2b$12$ec.daPMiijwvy40JdGl4fuffNWLJr/KjoRfcyI8zCVHjZgKlJo70C",
    "carol": "$2b$04$9sZtTdugFPMqWIcG7EWDMuMAiObUWFLPhN0FC772c7T307GsFIAUG",
    "dave": "pbkdf2_sha256$600000$Qm4vT7bN2xKd$"
    "hmoB4rsOmW+WGQDt13vjFTeSAg8GrSEPQIei4wBI1GI=",
}
# A text of no known scheme, and a bcrypt hash whose end is missing.
DAMAGED = ("no hash at all", TABLE["johndoe"][:40])
DJANGO_SETTINGS = "pbkdf2_sha256$1000$pepper"  # Django's, without checksum

prediction(
    "What does a thief need now to find most of these passwords?",
    wrong(
        "A way to compute SHA-256 backwards",
        "Nobody knows a way, and the thief needs none. People choose from so "
        "few passwords that trying them all forwards is fast.",
    ),
    right(
        "A list of likely passwords",
        "The thief hashes each of them and looks for the result in the table.",
    ),
    wrong(
        "The key that the service hashed with",
        "Encryption has a key. A plain hash has none: SHA-256 is public, and "
        "anyone can compute it.",
    ),
)
prediction(
    "Carol has johndoe's password. What will her hash be?",
    wrong(
        "The same as his, because the password is the same",
        "That was so with SHA-256 alone. passlib's `hash` takes a new salt "
        "each time, so the two hashes differ.",
    ),
    wrong(
        "A different one, and his hash stops working",
        "Her hash replaces nothing. Each hash carries its own salt and is "
        "verified by itself.",
    ),
    right(
        "A different one, and `secret` verifies against both",
        "Each hash contains the salt that it was made with, and `verify` "
        "reads the salt there.",
    ),
)
prediction(
    "Two passwords differ after 72 letters. Does one hash fit both?",
    right(
        "Yes",
        "bcrypt reads 72 bytes and drops the rest. The first 72 bytes of the "
        "two passwords are the same.",
    ),
    wrong(
        "No: a hash depends on every character",
        "That is true of SHA-256, which reads all of its input. bcrypt reads "
        "72 bytes.",
    ),
    wrong(
        "No: passlib refuses passwords that are too long",
        "passlib has a limit, but that is 4,096. At 73 bytes it says "
        "nothing, and neither does the version of bcrypt in this course.",
    ),
)
prediction(
    "Can a script make bcrypt hashes of all these passwords tonight?",
    wrong(
        "Yes: it decrypts the old hashes and hashes the passwords again",
        "A hash cannot be decrypted. The service does not have the passwords "
        "either.",
    ),
    wrong(
        "Yes: it converts one format into the other",
        "PBKDF2 and bcrypt are two computations, not two ways to write one "
        "value.",
    ),
    right(
        "No: it would need the passwords",
        "They arrive one by one, with the logins. A script could only hash "
        "each old hash with bcrypt; every login would then compute both.",
    ),
)


def cheap_hash(password: str) -> str:
    """Hash a password with bcrypt at cost 4, always with the same salt."""
    return bcrypt.hashpw(password.encode(), CHEAP).decode()


def django_hash(password: str) -> str:
    """Hash a password as Django does, with 1,000 rounds."""
    return django_hash_of(password.encode())


def django_hash_of(data: bytes) -> str:
    """Hash a password's bytes as Django does, with 1,000 rounds."""
    checksum = hashlib.pbkdf2_hmac("sha256", data, b"pepper", 1000)
    return f"pbkdf2_sha256$1000$pepper${base64.b64encode(checksum).decode()}"


def verifies(password: str, hashed: str) -> bool:
    """Whether a hash verifies a password; a damaged hash verifies none."""
    try:
        return ch02_password_hashing.pwd_context.verify(password, hashed)
    except ValueError:
        return False


@exercise(
    "the worst hash",
    a_value,
    hints=(
        "A hash says what it costs. At which one does a guess take the "
        "fewest rounds? The scheme alone does not decide that.",
        "Look at the two digits after `$2b$`. Then read the docstring of "
        "`verify_and_rehash`: what does it ask its caller to do?",
        "It is carol's hash, at cost 4. Let her log in, and end with "
        "`table[who] = better`.",
    ),
)
def the_worst_hash(table: object) -> None:
    """The table after carol has logged in, and no other user."""
    context = ch02_password_hashing.pwd_context
    given("the table, as tomorrow's logins will read it")
    if not isinstance(table, dict) or table.keys() != TABLE.keys():
        raise UnmetError(
            f"You handed over `{excerpt(table)}`, which is not the dictionary "
            "of these five users. A user who is missing in it cannot log in."
        )
    changed = {name for name in TABLE if table[name] != TABLE[name]}
    for name in sorted(changed):
        expect_a_hash(name, table[name])
    given("what today's logins have changed in the table")
    expect(
        changed,
        "Nothing has changed. `verify_and_rehash` returns the better hash, "
        "if there is one; storing it is left to its caller.",
    )
    expect(
        changed != {"alice"},
        "It is alice's hash. Her cost is 10, the least that OWASP accepts. "
        "Another user's is six steps lower: 64 guesses in the time of one.",
    )
    expect(
        changed != {"dave"},
        "It is dave's hash. It has the older scheme, but its 600,000 rounds "
        "keep a guess slow. A newer scheme does not help if the cost is low.",
    )
    expect(
        "carol" in changed,
        f"What changed: {', '.join(sorted(changed))}. The worst hash is "
        "still in the table, for the thief to find.",
    )
    expect(
        changed == {"carol"},
        f"What changed: {', '.join(sorted(changed))}. Only one user has "
        "logged in, and a service knows no other user's password.",
    )
    given("carol, who logs in again with `secret`")
    expect(
        verifies("secret", table["carol"]),
        "Her password no longer opens her account: the new hash "
        f"`{excerpt(table['carol'])}` was made of something else.",
    )
    given("a thief who looks at carol's new hash")
    expect(
        table["carol"] not in TABLE.values(),
        "It is johndoe's hash, salt included: the table shows that the two "
        "share a password, and one guess serves for both.",
    )
    expect(
        not context.needs_update(table["carol"]),
        f"`{excerpt(table['carol'])}` is still outdated: its scheme or cost "
        "is not the one that the policy gives new hashes.",
    )


def expect_a_hash(name: str, entry: object) -> None:
    """Go on if a login can read what the table holds for a user.

    Raises:
        UnmetError: it is None, a password, or no hash of a known scheme.
    """
    expect(
        entry is not None,
        f"For {name} it holds `None`, so the hash is lost. When "
        "`verify_and_rehash` returns `None`, the old hash stays.",
    )
    expect(
        entry not in ("secret", "secret2", "dragon99", "vT8#qZ0w!mK3"),
        f"For {name} it holds the password itself. Reading the table is the "
        "whole attack then, as at the start of the chapter.",
    )
    expect(
        isinstance(entry, str)
        and ch02_password_hashing.pwd_context.identify(entry),
        f"For {name} it holds `{excerpt(entry)}`, which is no hash that a "
        "login can read.",
    )


@exercise(
    "simplified too far",
    a_function,
    hints=(
        "72 of what? And what does `len` of a string count?",
        "bcrypt takes 72 bytes. A character may have several, or none at "
        "all. A function of this chapter knows these rules.",
        "Call `ensure_hashable` in a `try`. On `UnhashablePasswordError`, "
        "and on no other error, return False.",
    ),
)
def simplified_too_far(verify: Callable[..., Any]) -> None:
    """`verify(password, hashed)`, for all that a user may type."""
    given("`secret`, and words that are not the password")
    hashed = cheap_hash("secret")
    expect(verify("secret", hashed), why_refused(verify))
    for word in ("Secret", " secret", "secret ", ""):
        expect(not verify(word, hashed), "A wrong password opens the account.")
    given("`secret` behind a Django hash")
    with may_not_raise(
        "`verify_password` reads Django's hashes too, through "
        "`pwd_context`. Their owners can no longer log in.",
        ValueError,
    ):
        expect(
            verify("secret", django_hash("secret")),
            "The right password is refused: `verify_password` reads Django's "
            "hashes too.",
        )
        for word in ("Secret", "secret ", ""):
            expect(
                not verify(word, django_hash("secret")),
                "A wrong password opens the account behind a Django hash.",
            )
    given("passwords of 71 and 72 bytes, which bcrypt takes whole")
    for longest in ("a" * 71, "a" * 72, "é" * 36, " secret ", "😀" * 18):
        expect(
            verify(longest, cheap_hash(longest)),
            "The right password is refused, and its owner is locked out. "
            "bcrypt takes every byte of it: up to 72 bytes are within its "
            "limit.",
        )
    given("passwords with a tab, with Greek letters, and an empty one")
    for unusual in ("sec\tret", "μυστικό", ""):
        expect(
            verify(unusual, cheap_hash(unusual)),
            "The right password is refused. Only NUL bytes, more than 72 "
            "bytes and text that has no bytes are refused.",
        )
    given("`e` and an accent, where the password has the one letter `é`")
    for typed, password in (("e\u0301", "é"), ("\ufb01n", "fin")):
        expect(
            not verify(typed, cheap_hash(password)),
            "Another text opens the account. `verify_password` compares the "
            "bytes as they come, without Unicode normalisation.",
        )
    given("73 bytes of ASCII, the first 72 of them the password")
    expect(
        not answered(verify, "a" * 73, cheap_hash("a" * 72)),
        "The account opens. Cut to 72 bytes it is the password, and so is "
        "every other text with that beginning. Refuse it as a whole.",
    )
    given("37 letters `é`, the first 36 of them the password")
    expect(
        not answered(verify, "é" * 37, cheap_hash("é" * 36)),
        "The account opens. These are 37 characters and 74 bytes: bcrypt "
        "counts bytes, and drops the last two.",
    )
    given("a NUL byte in the password")
    for text in ("sec\0ret", "secret\0", "\0secret", "\0"):
        expect(
            not answered(verify, text, hashed),
            "This password opens the account with the password `secret`. A "
            "NUL byte that is removed makes another password of it.",
        )
    given("`secret` with half an emoji in it, which has no bytes in UTF-8")
    for password, other in (("sec\ud800ret", "secret"), ("\ud800", "?")):
        expect(
            not answered(verify, password, cheap_hash(other)),
            f"This password opens the account with the password `{other}`. "
            "Text that cannot be encoded was left out or replaced, which "
            "makes another password of it.",
        )
    for text in ("\\ud800", "secret\\ud800"):
        expect(
            not answered(
                verify, text.replace("\\ud800", "\ud800"), cheap_hash(text)
            ),
            f"Half an emoji opens the account with the password `{text}`. "
            "Text that cannot be encoded was replaced, which makes another "
            "password of it.",
        )
    given("such passwords behind Django hashes of themselves")
    for strange, data in (
        ("a" * 73, b"a" * 73),
        ("é" * 37, "é".encode() * 37),
        ("sec\0ret", b"sec\0ret"),
    ):
        expect(
            not answered(verify, strange, django_hash_of(data)),
            "The account opens. `verify_password` refuses a password that "
            "bcrypt cannot take whole, whatever made the stored hash.",
        )
    given("a password that is too long, behind a hash of its beginning")
    for begin in ("a" * 72, "a" * 71):
        expect(
            not answered(verify, "a" * 73, django_hash(begin)),
            "The account opens. A password was cut, and its beginning is "
            "another password.",
        )
    given("a stored hash that is damaged")
    for text in DAMAGED:
        with refused(
            "A damaged hash is reported as a wrong password. The user then "
            "hears of a typing mistake, and the service of nothing. Let this "
            "error through: catch only the one that you mean.",
            ValueError,
        ):
            verify("secret", text)
    given("the results themselves")
    expect_bools(
        verify("secret", hashed),
        verify("Secret", hashed),
        verify("a" * 73, hashed),
    )


def expect_bools(*results: object) -> None:
    """Go on if the results for a right and two wrong passwords are bools.

    Raises:
        UnmetError: one of them is another true or false value.
    """
    demanded = (True, False, False)
    for result, bool_ in zip(results, demanded, strict=True):
        expect(
            result is bool_,
            f"`{excerpt(result)}` came, where `verify_password` returns "
            f"`{bool_}`. Its signature promises a bool, and a caller may "
            "send it on as JSON.",
        )


def why_refused(answer: Callable[..., Any]) -> str:
    """Explain why the right password may be refused, by the names used."""
    code = getattr(inspect.unwrap(answer), "__code__", None)
    names = code.co_names if code else ()
    if "hash" in names or "hash_password" in names:
        return (
            "The right password is refused. Hashed again it has another "
            "salt, so the text differs: hashes are verified, never compared."
        )
    if "ensure_hashable" in names:
        return (
            "The right password is refused. `ensure_hashable` returns "
            "nothing, so `if not ensure_hashable(…)` always holds: it raises "
            "an error for a password that bcrypt cannot take."
        )
    return "The right password is refused: its owner cannot log in."


def answered(
    function: Callable[..., Any], password: str, hashed: str
) -> object:
    """Call an answer with what a user typed: it may not raise."""
    with may_not_raise(
        "A login does not catch this error, so the service answers 500. What "
        "a user types may be wrong, but it must not crash the service.",
        ValueError,
        "UnhashablePasswordError",
    ):
        return function(password, hashed)


@exercise(
    "let them in, keep the hash",
    a_function,
    hints=(
        "Whose limit is 72 bytes: the password's, or the scheme's?",
        "`pwd_context.identify(hashed)` names the scheme of a hash, and "
        "`pwd_context.verify` takes bytes as well as text. Which passwords, "
        "behind which hashes, may it see without the guard?",
        "Only if `72 < len(data) <= 4096` and the scheme is "
        '`"django_pbkdf2_sha256"`: return '
        "`pwd_context.verify(data, hashed), None`. All other cases go "
        "to `verify_and_rehash`. `data` is the password's bytes, made with "
        '`encode("utf-8", "surrogatepass")`, which never fails.',
    ),
)
def let_them_in(verify: Callable[..., Any]) -> None:
    """`verify(password, hashed)` returns a bool, and a hash to store."""
    begin = "a" * 72
    whole = f"{begin} and the rest"
    given("the right password of 85 bytes, behind a Django hash")
    expect_kept(verify, whole)
    given("85 other bytes, the first 72 of them alike")
    expect_wrong(
        verify,
        f"{begin} and a guess.",
        django_hash(whole),
        "The account opens. A password that is too long to be hashed again is "
        "not therefore right: it is verified first.",
    )
    given("50 letters `é`, 100 bytes, behind a Django hash of theirs")
    expect_kept(
        verify,
        "é" * 50,
        "50 characters, but 100 bytes: a password is too long for bcrypt by "
        "its bytes.",
    )
    given("right passwords of 73, 4,095 and 4,096 bytes, behind Django's")
    for size in (73, 4095, 4096):
        expect_kept(verify, "a" * size, f"It has {size:,} bytes.")
    given("4,097 bytes, more than passlib takes")
    for password in ("a" * 4097, "é" * 2049):
        expect_wrong(
            verify,
            password,
            django_hash(password),
            "The task ends at 4,096 bytes: above, `verify_and_rehash` "
            "decides, and answers `(False, None)`.",
        )
    given("85 bytes behind a bcrypt hash of their first 72")
    expect_wrong(
        verify,
        whole,
        cheap_hash(begin),
        "The account opens. Where bcrypt computes, its limit stays: it "
        "dropped what is over 72 bytes, as it did earlier in this chapter.",
    )
    given("the same, where the hash begins with `$2a$` or `$2y$`")
    for ident in ("$2a$", "$2y$"):
        expect_wrong(
            verify,
            whole,
            cheap_hash(begin).replace("$2b$", ident),
            "The account opens. bcrypt's hashes begin with `$2a$`, `$2b$` or "
            "`$2y$`: `pwd_context.identify` knows them all.",
        )
    given("90 bytes that are nearly the password, behind a Django hash")
    for nearly in (
        *("A" + "a" * 89, "a" * 90 + " ", " " + "a" * 90, "a" * 90 + "\0"),
        *("a" * 45 + "\0" + "a" * 45, "a" * 89),
    ):
        expect_wrong(
            verify,
            nearly,
            django_hash("a" * 90),
            "The account opens to another password. Verify the bytes as they "
            "were typed: spaces, capitals and NUL bytes count.",
        )
    given("4,096 bytes, the last of them wrong")
    expect_wrong(
        verify,
        "a" * 4095 + "b",
        django_hash("a" * 4095),
        "The account opens. The password was cut, and its beginning is "
        "another password.",
    )
    given("wrong ones: a NUL byte, half an emoji, 5,000 letters")
    for strange in ("sec\0ret", "\ud800", begin + "\ud800", "a" * 5000):
        expect_wrong(
            verify,
            strange,
            django_hash("secret"),
            "This password opens an account whose password is `secret`.",
        )
    given("80 letters and half an emoji, which is not in the password")
    for end, fate in (
        ("?", "replaced by `?`"),
        ("", "left out"),
        ("\\ud83d", "written out"),
    ):
        expect_wrong(
            verify,
            "a" * 80 + "\ud83d",
            django_hash("a" * 80 + end),
            "This password opens the account of another password. The half "
            f"emoji was {fate}, which makes another text of it.",
        )
    expect_rehashed(verify)
    expect_damage_reported(verify)


def expect_damage_reported(verify: Callable[..., Any]) -> None:
    """Go on if no password fits a damaged hash.

    Raises:
        UnmetError: `secret` gets no ValueError, or 85 bytes get something
            else than a ValueError or `(False, None)`.
    """
    damaged = (*DAMAGED, django_hash("a" * 85)[:-4], DJANGO_SETTINGS)
    given("a stored hash that is damaged, and `secret`")
    for text in damaged:
        with refused(
            "A damaged hash is reported as a wrong password. "
            "`verify_and_rehash` lets this error through, so that somebody "
            "repairs the table.",
            ValueError,
        ):
            verify("secret", text)
    given("a stored hash that is damaged, and a password of 85 bytes")
    for text in damaged:
        try:
            result = verify("a" * 85, text)
        except CallError as error:
            if not error.is_a(ValueError):
                raise UnmetError(
                    f"{error} A damaged hash may raise an error, but a "
                    "`ValueError`, as from passlib: a caller prepares for "
                    "that one."
                ) from error
        else:
            expect(
                result in ((False, None), [False, None]),
                "That is not `(False, None)`, although nothing can be "
                "verified against a damaged hash: it fits no password.",
            )


def expect_rehashed(verify: Callable[..., Any]) -> None:
    """Go on if short passwords get what `verify_and_rehash` returns.

    Raises:
        UnmetError: an outdated hash stays, or another one is replaced.
    """
    short = "a" * 72
    for password, shown in (("secret", "`secret`"), (short, "72 letters")):
        for hashed, scheme in (
            (django_hash(password), "a Django hash"),
            (cheap_hash(password), "bcrypt at cost 4"),
        ):
            given(f"{shown} behind {scheme}, and behind what replaces it")
            is_right, new_hash = pair_of(verify, password, hashed)
            expect(is_right, "The right password is refused.")
            expect(
                isinstance(new_hash, str) and new_hash.startswith("$2b$12$"),
                f"`{excerpt(new_hash)}` comes back, and no bcrypt hash at "
                "cost 12. bcrypt can take this password whole, so its "
                "outdated hash is replaced; otherwise it stays for ever.",
            )
            expect(
                verifies(password, new_hash),
                "The new hash was made of something else: its owner is "
                "locked out.",
            )
    given("`secret` behind a hash that is up to date")
    is_right, new_hash = pair_of(verify, "secret", TABLE["johndoe"])
    expect(is_right, "The right password is refused.")
    expect(
        new_hash is None,
        "A new hash comes back, although the old one has the right scheme "
        "and cost: every login would write to the table.",
    )
    given("wrong passwords behind each kind of hash")
    for hashed in (django_hash("secret"), cheap_hash("secret")):
        expect_wrong(
            verify, "Secret", hashed, "A wrong password opens the account."
        )


def expect_kept(
    verify: Callable[..., Any], password: str, remark: str = ""
) -> None:
    """Go on if a long right password keeps its Django hash.

    Args:
        remark: what is special about the password.

    Raises:
        UnmetError: the result is not `(True, None)`.
    """
    hashed = django_hash(password)
    is_right, kept = pair_of(verify, password, hashed)
    expect(
        is_right,
        "The password is refused. Django hashed all of it, so its hash can "
        f"still tell: the limit of 72 bytes is bcrypt's. {remark}".strip(),
    )
    expect(
        kept != hashed,
        "The old hash comes back as a new one. `None` says that the old hash "
        f"stays. {remark}".strip(),
    )
    expect(
        kept is None,
        "A new hash comes back, and bcrypt read only 72 bytes for it. Once "
        "it is stored, the first 72 bytes open the account. "
        f"{remark}".strip(),
    )


def expect_wrong(
    verify: Callable[..., Any], password: str, hashed: str, why: str
) -> None:
    """Go on if a wrong password gives `(False, None)`.

    Raises:
        UnmetError: the account opens, which `why` explains, or a hash
            comes with the refusal.
    """
    is_right, new_hash = pair_of(verify, password, hashed)
    expect(not is_right, why)
    expect(
        new_hash is None,
        f"The password is refused, and `{excerpt(new_hash)}` comes with the "
        "refusal. A caller that stores it locks the owner out.",
    )


def pair_of(
    verify: Callable[..., Any], password: str, hashed: str
) -> tuple[bool, Any]:
    """Call an answer that returns a bool and a hash or None.

    Raises:
        UnmetError: it returned no pair, or its first part is no bool.
    """
    result = answered(verify, password, hashed)
    if not isinstance(result, tuple | list) or len(result) != 2:
        raise UnmetError(
            "That is not a pair. Return two values, as `verify_and_rehash` "
            "does: whether the password is right, and the new hash or None."
        )
    is_right, new_hash = result
    expect(
        isinstance(is_right, bool),
        f"The first value is `{excerpt(is_right)}`. `verify_and_rehash` "
        "returns True or False there, and a caller may compare with `is`.",
    )
    return is_right, new_hash
