"""Chapter 4's practice: who may learn what from an answer."""

from snippets.classroom.predictions import prediction, right, wrong

prediction(
    "What does an unknown user get?",
    wrong(
        "404: there is no such user",
        "That would be friendly, and would tell everybody who asks which "
        "usernames exist. Half of each login is then known.",
    ),
    right(
        "401, as for a wrong password",
        "Both answers are the same, byte for byte, so nobody can tell from "
        "them which usernames exist.",
    ),
    wrong(
        "422: the form is not valid",
        "FastAPI answers 422 when a field is missing. This form has both, "
        "and what stands in them is for our own code to judge.",
    ),
)
