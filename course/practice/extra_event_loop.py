"""The extra page's practice: what a patched event loop does to a queue."""

from course.classroom.prediction import prediction, right, wrong

prediction(
    "With nest-asyncio, what becomes of the two cells behind it?",
    wrong(
        "Both run: the patch made `asyncio.run` harmless",
        "What no longer raises need not work. The call returns, and something "
        "else is broken behind it.",
    ),
    wrong(
        "Both fail with an error",
        "That would be the better outcome: an error can be seen.",
    ),
    right(
        "Neither runs, and no error says so",
        "They were queued already, and the patched loop never comes back to "
        "them.",
    ),
)
