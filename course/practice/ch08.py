"""Chapter 8's practice: one use, one family, one list, one refresh."""

from course.classroom.prediction import prediction, right, wrong

prediction(
    "A thief refreshes first, then johndoe. Who stays logged in?",
    wrong(
        "johndoe: the login is his",
        "The service does not know who sends a token. Both sent the same "
        "one, and the second request finds it used.",
    ),
    right(
        "The thief",
        "He has the next refresh token, and johndoe has one that is used up. "
        "The thief can refresh until the login expires.",
    ),
    wrong(
        "Neither: a token that comes twice ends the login",
        "It should. But `naive_refresh` only returns None, and forgets what "
        "it has seen.",
    ),
)
prediction(
    "The family is ended, then the refusal is raised. Is it ended?",
    right(
        "No",
        "The exception leaves `Session.begin()`, which rolls back all that "
        "the block did.",
    ),
    wrong(
        "Yes: the statement was executed before",
        "It was executed, but not committed. The exception leaves the block, "
        "and the block ends with a rollback.",
    ),
    wrong(
        "Yes: only an exception of the database rolls back",
        "`Session.begin()` rolls back after any exception. It cannot know "
        "that this one is a refusal and no accident.",
    ),
)
prediction(
    "Two tasks of an honest client refresh at once. What happens?",
    wrong(
        "Both get the same new tokens",
        "The service has stored only a hash of the next token. It cannot "
        "send it a second time.",
    ),
    wrong(
        "One succeeds, the other is refused, and the login goes on",
        "The second one brings a used token, and that ends the family: the "
        "new tokens of the first task as well.",
    ),
    right(
        "The login ends",
        "The service sees a used token. It cannot know that both requests "
        "come from one client.",
    ),
)
