"""The hashes of the course at the least cost: 1 ms instead of 0.2 s."""

from pwdlib.hashers.argon2 import Argon2Hasher

from snippets.ch02_password_hashing import pwd_context
from snippets.ch03_dependency_wiring import UserInDB, users

# The hashes of chapter 3's users, bcrypt at cost 4 instead of 12.
HASHES = {
    "johndoe": "$2b$04$fbprJ/MA5/ic5TeH3PgokOufD/IDx4Z.ks0Am3IOMd5cqUulX3IfS",
    "alice": "$2b$04$YpYWL62dhxTrvF1A8mHTgOxhxb3Lm4DSaB.X9mHi2ZrzhdtgwXKwW",
}
DUMMY_HASH = "$2b$04$nump7EaCFgWMxP6GSdjv7eyfm1ur3kIAkC.ddOfUkE6XcnMthkoB2"
# Chapter 2's policy with a cost of 4: one for all tests, as a copy is slow to
# make. A test that updates it has to make a copy.
policy = pwd_context.copy(bcrypt__rounds=4)
# Chapter 7's Argon2 with 8 KiB of memory, read once, instead of 19 MiB.
argon2 = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)
ARGON2_DUMMY_HASH = (
    "$argon2id$v=19$m=8,t=1,p=1$Y42jlVbqUodRfcnOX1I58w"
    "$KcdLJux/q2X7xQLtQlEKuz0zR94y74ryhG9uV30g1C0"
)
ORIGINALS = dict(users)


def cheap_users() -> dict[str, UserInDB]:
    """Copy chapter 3's users, with cheap hashes of the same passwords."""
    return {
        name: user.model_copy(update={"hashed_password": HASHES[name]})
        for name, user in ORIGINALS.items()
    }
