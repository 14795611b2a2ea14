"""Chapter 2's practice: what a hash costs, and what bcrypt cuts short."""

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import bcrypt

from course.classroom.answer_types import a_function, a_value
from course.classroom.exercise import exercise
from course.classroom.prediction import prediction, right, wrong
from course.classroom.trial import (
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

prediction(
    "What does a thief need now to find most of these passwords?",
    wrong(
        "A way to compute SHA-256 backwards",
        "Nobody has one, and nobody needs one. Likely passwords are few "
        "enough to be tried forwards.",
    ),
    right(
        "A list of likely passwords",
        "Hash each of them, and look for the result in the table.",
    ),
    wrong(
        "The key that the service hashed with",
        "That would be encryption. A plain hash has no key: whoever knows "
        "the function can compute it, and SHA-256 is no secret.",
    ),
)
prediction(
    "Carol has johndoe's password. What will her hash be?",
    wrong(
        "The same as his: it is the same password",
        "So it was with SHA-256 alone. `hash` draws a fresh salt each time; "
        "a login that compared hashes as texts would let nobody in.",
    ),
    wrong(
        "Another one, and his verifies no more",
        "Hers replaces nothing. A hash is a text that stands for itself and "
        "carries its own salt.",
    ),
    right(
        "Another one, and `secret` verifies against both",
        "Each hash names the salt that it was made with, and `verify` reads "
        "it there.",
    ),
)
prediction(
    "Two passwords differ after 72 letters. Does one hash fit both?",
    right(
        "Yes",
        "bcrypt takes 72 bytes and drops the rest. What it takes is the same "
        "in both.",
    ),
    wrong(
        "No: a hash depends on every character",
        "SHA-256 reads all of its input, however long. bcrypt reads 72 bytes.",
    ),
    wrong(
        "No: passlib refuses what is too long",
        "It has a limit, 4,096, to save itself work. At 73 it says nothing, "
        "and neither does the bcrypt of this course.",
    ),
)
prediction(
    "Can a script make bcrypt hashes of all these passwords tonight?",
    wrong(
        "Yes: it decrypts the old hashes and hashes the passwords anew",
        "A hash cannot be decrypted. Nobody has the passwords, the service "
        "included.",
    ),
    wrong(
        "Yes: it converts one format into the other",
        "PBKDF2 and bcrypt are two computations, not two spellings of one "
        "value.",
    ),
    right(
        "No: it needs the passwords, and has none",
        "They come with the logins, one by one. A script could wrap each old "
        "hash in a bcrypt hash; then both have to be computed until its owner "
        "logs in.",
    ),
)
prediction(
    "The program hashes `secret`, six bytes. What happens?",
    wrong(
        "It works: six bytes are no trouble to any version",
        "So one would think, and measure one's password. The one that is too "
        "long is not ours: watch the lengths that bcrypt is asked for.",
    ),
    right(
        "It fails, and so would every other password",
        "It fails before it comes to ours.",
    ),
    wrong(
        "It cannot come to that: pip installs only what fits together",
        "pip knows what a package declares. passlib 1.7.4 asks for bcrypt "
        "3.1.0 or newer and names no upper end.",
    ),
)


def cheap_hash(password: str) -> str:
    """Hash with bcrypt at cost 4, the salt always the same."""
    return bcrypt.hashpw(password.encode(), CHEAP).decode()


def django_hash(password: str) -> str:
    """Hash as Django does, with 1,000 iterations."""
    data = password.encode()
    checksum = hashlib.pbkdf2_hmac("sha256", data, b"pepper", 1000)
    return f"pbkdf2_sha256$1000$pepper${base64.b64encode(checksum).decode()}"


@exercise(
    "the worst hash",
    a_value,
    hints=(
        "A hash tells its cost. In which one does a guess take the fewest "
        "rounds? The scheme alone does not decide it.",
        "Look at the two digits after `$2b$`. Then read the docstring of "
        "`verify_and_rehash`: what does it ask its caller to do?",
        "It is carol's, at cost 4. Let her log in, and end with "
        "`table[who] = better`.",
    ),
)
def the_worst_hash(table: object) -> None:
    """The table after carol, and nobody else, has logged in."""
    context = ch02_password_hashing.pwd_context
    given("the table, as tomorrow's logins will read it")
    if not isinstance(table, dict) or table.keys() != TABLE.keys():
        raise UnmetError(
            "It is not the dictionary of these five users any more. Whoever "
            "is missing in it cannot log in."
        )
    changed = {name for name in TABLE if table[name] != TABLE[name]}
    for name in sorted(changed):
        expect(
            table[name] is not None,
            f"For {name} it holds `None`, and the hash is gone. With `None` "
            "`verify_and_rehash` says that the old hash may stay.",
        )
        expect(
            isinstance(table[name], str) and context.identify(table[name]),
            f"What it holds for {name} is no hash that a login can read.",
        )
    given("what today's logins have changed in the table")
    expect(
        changed,
        "Nothing. `verify_and_rehash` hands over the better hash, if there "
        "is one; to store it is left to whoever calls it.",
    )
    expect(
        changed != {"alice"},
        "alice's. Her cost is 10, the least that OWASP accepts. Somebody "
        "here is six steps below her: 64 guesses in the time of one.",
    )
    expect(
        changed != {"dave"},
        "dave's. It is of the older kind, but its 600,000 iterations keep a "
        "guess slow. A newer kind does not help where the cost is low.",
    )
    expect(
        "carol" in changed,
        f"{', '.join(sorted(changed))}. The worst one is still there, for "
        "whoever steals the table.",
    )
    expect(
        changed == {"carol"},
        "More than one hash. Only one user has logged in, and a service "
        "knows nobody else's password: it waits for theirs.",
    )
    given("carol, who logs in again")
    expect(
        context.verify("secret", table["carol"]),
        "Her password does not open her account any more. The new hash was "
        "made of something else.",
    )
    given("a thief who looks at carol's new hash")
    expect(
        table["carol"] != table["johndoe"],
        "It is johndoe's, salt and all: everybody can see that the two share "
        "a password, and one guess serves for both.",
    )
    expect(
        not context.needs_update(table["carol"]),
        "It is still outdated: another scheme or cost than the policy has. "
        "`better` holds one that keeps to it.",
    )


@exercise(
    "simplified too far",
    a_function,
    hints=(
        "What is counted in 72, and what does `len` of a text count?",
        "bcrypt takes 72 bytes, and a character may have several, or none at "
        "all. A function of this chapter knows these rules.",
        "Call `ensure_hashable` in a `try`. On `UnhashablePasswordError`, "
        "and on no other error, return False.",
    ),
)
def simplified_too_far(verify: Callable[..., Any]) -> None:
    """`verify(password, hashed)`, for all that anybody may type."""
    given("`secret`, and a word that is not the password")
    hashed = cheap_hash("secret")
    expect(
        verify("secret", hashed),
        "The right password is refused. Hashed again it gives another text, "
        "for the salt is another one: hashes are verified, never compared.",
    )
    expect(not verify("Secret", hashed), "A wrong password opens.")
    given("passwords of 72 bytes, of which bcrypt can take every one")
    for longest in ("a" * 72, "é" * 36):
        expect(
            verify(longest, cheap_hash(longest)),
            "It is the right password, and its owner is locked out. The "
            "limit is 72 bytes, and 72 bytes are within it.",
        )
    given("73 bytes of ASCII, the first 72 of them the password")
    expect(
        not answered(verify, "a" * 73, cheap_hash("a" * 72)),
        "It opens. Cut to fit, it is the password, and so is every other "
        "text that begins with it. The whole password counts, or none of it.",
    )
    given("37 letters `é`, the first 36 of them the password")
    expect(
        not answered(verify, "é" * 37, cheap_hash("é" * 36)),
        "It opens. These are 37 characters and 74 bytes: bcrypt counts "
        "bytes, and drops the last two.",
    )
    given("a NUL byte in the password")
    expect(not answered(verify, "sec\0ret", hashed), "It opens.")
    given("`secret` with half an emoji in it, which has no bytes in UTF-8")
    for password, other in (("sec\ud800ret", "secret"), ("\ud800", "?")):
        expect(
            not answered(verify, password, cheap_hash(other)),
            f"It opens the account with the password `{other}`. What cannot "
            "be encoded was left out or replaced, and that makes another "
            "password of it.",
        )
    given("a stored text that is no hash")
    with refused(
        "It is taken for a wrong password. The table is damaged, and all "
        "that people hear is that they mistyped. Let this error out: catch "
        "the one that you mean.",
        ValueError,
    ):
        verify("secret", "no hash at all")


def answered(
    function: Callable[..., Any], password: str, hashed: str
) -> object:
    """Call an answer with what a visitor typed: it may not raise."""
    with may_not_raise(
        "At a login nobody catches it, so the service answers 500. What a "
        "visitor types may be wrong, and may not break it.",
        ValueError,
        "UnhashablePasswordError",
    ):
        return function(password, hashed)


@exercise(
    "let them in, keep the hash",
    a_function,
    hints=(
        "Whose limit is it: the password's, or the scheme's?",
        "`pwd_context.identify(hashed)` names the scheme of a hash, and "
        "`pwd_context.verify` takes bytes as well as text. Which passwords, "
        "behind which hashes, may it see without the guard?",
        'Only if `72 < len(data) <= 4096` and the scheme is not `"bcrypt"`: '
        "return `pwd_context.verify(data, hashed), None`. All else goes to "
        "`verify_and_rehash`. `data` is the password's bytes, made with "
        '`encode("utf-8", "surrogatepass")`, which never fails.',
    ),
)
def let_them_in(verify: Callable[..., Any]) -> None:
    """`verify(password, hashed)` tells if it is right, and what to store."""
    context = ch02_password_hashing.pwd_context
    begin = "a" * 72
    whole = f"{begin} and the rest"
    given("the right password of 85 bytes, behind a Django hash")
    is_right, kept = told_by(verify, whole, django_hash(whole))
    expect(
        is_right,
        "It is refused. Django took all of it, so its hash can still tell: "
        "the limit of 72 bytes is bcrypt's.",
    )
    expect(
        kept is None,
        "A new hash comes back, and it holds 72 of the 85 bytes. Stored, it "
        "opens for whoever types the beginning.",
    )
    given("85 other bytes, the first 72 of them alike")
    stranger = f"{begin} and a guess."
    expect(
        not told_by(verify, stranger, django_hash(whole))[0],
        "It opens. Too long to be upgraded is not the same as right: a "
        "password is verified first.",
    )
    given("50 letters `é`, 100 bytes, behind a Django hash of theirs")
    accents = "é" * 50
    is_right, kept = told_by(verify, accents, django_hash(accents))
    expect(
        is_right and kept is None,
        "The answer is not `(True, None)`. 50 characters, but 100 bytes: a "
        "password is too long for bcrypt by its bytes.",
    )
    given("85 bytes behind a bcrypt hash of their first 72")
    expect(
        not told_by(verify, whole, cheap_hash(begin))[0],
        "It opens. Where bcrypt computes, the limit stands: it dropped what "
        "is over 72 bytes, as at the beginning of the chapter.",
    )
    given("wrong ones: a NUL byte, half an emoji, 5,000 letters")
    for strange in ("sec\0ret", "\ud800", begin + "\ud800", "a" * 5000):
        expect(
            not told_by(verify, strange, django_hash("secret"))[0],
            "One of them opens an account whose password is `secret`.",
        )
    given("`secret` behind a Django hash, and behind what replaces it")
    is_right, upgraded = told_by(verify, "secret", django_hash("secret"))
    expect(is_right, "The right password is refused.")
    expect(
        isinstance(upgraded, str) and upgraded.startswith("$2b$12$"),
        "No bcrypt hash at cost 12 comes back. A password that bcrypt can "
        "take whole is upgraded, or the old hash stays for ever.",
    )
    expect(
        context.verify("secret", upgraded),
        "The new hash was made of something else: its owner is locked out.",
    )


def told_by(
    verify: Callable[..., Any], password: str, hashed: str
) -> tuple[Any, Any]:
    """Call an answer that tells two things."""
    told = answered(verify, password, hashed)
    if not isinstance(told, tuple) or len(told) != 2:
        raise UnmetError(
            "That is not a pair. Return two things, as `verify_and_rehash` "
            "does: whether the password is right, and the new hash or None."
        )
    return told
