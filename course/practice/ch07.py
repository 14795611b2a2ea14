"""Chapter 7's practice: the database decides, and nothing waits inside it."""

from course.classroom.prediction import prediction, right, wrong

prediction(
    "Three spellings of José: how many does `UNIQUE` accept?",
    wrong(
        "One: they are the same name",
        "They are for a person. The database compares the characters, and "
        "these differ.",
    ),
    wrong(
        "Two: it ignores how `é` is encoded, and tells capitals apart",
        "SQLite and PostgreSQL compare the characters as they were sent. "
        "`é` as one character and `e` with an accent are different.",
    ),
    right(
        "All three",
        "Each of them is another sequence of characters, and `UNIQUE` "
        "compares nothing else.",
    ),
)
prediction(
    "johndoe changes his password during a thief's login. What works?",
    wrong(
        "The new password: he changed it after the login began",
        "What counts is who writes last. The login hashes for a third of a "
        "second and then writes what it knew at its beginning.",
    ),
    right(
        "The old password, which the thief knows",
        "The login writes last. Its hash is of the old password, and it "
        "replaces the new hash.",
    ),
    wrong(
        "Both, until one of them logs in again",
        "A row holds one hash, and a hash is of one password.",
    ),
)
prediction(
    "A new johndoe signs up. What does the old johndoe's token open?",
    wrong(
        "Nothing: the account was deleted, and the token with it",
        "Nobody deletes a token. The service stores none; it verifies the "
        "signature and looks for the username.",
    ),
    wrong(
        "The old johndoe's account, as long as the token lasts",
        "There is no such account any more. The token holds a username and "
        "no data.",
    ),
    right(
        "The new johndoe's account",
        "The token says `username:johndoe`, and that is now another person.",
    ),
)
