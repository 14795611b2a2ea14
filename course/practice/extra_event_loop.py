"""The extra page's practice: what a patched event loop does to a queue."""

from course.classroom.prediction import prediction, right, wrong

prediction(
    "With nest-asyncio, what becomes of the last two cells?",
    wrong(
        "Both run: the patch made `asyncio.run` harmless",
        "The call no longer raises an error. That does not mean that all goes "
        "well: something else goes wrong after it.",
    ),
    wrong(
        "Both fail with an error",
        "That would be the better outcome, because an error can be seen.",
    ),
    right(
        "Neither runs, and no error says so",
        "Both cells were queued already, and the patched loop never comes "
        "back to them.",
    ),
)
