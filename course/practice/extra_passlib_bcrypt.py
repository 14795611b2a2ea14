"""The practice of the page on passlib and bcrypt: which password fails."""

from course.classroom.prediction import prediction, right, wrong

prediction(
    "The program hashes `secret`, six bytes. What happens?",
    wrong(
        "It works: no version of bcrypt refuses six bytes",
        "bcrypt does not refuse `secret`. But `secret` is not the first "
        "password that it gets: look at the lengths that are printed.",
    ),
    right(
        "It fails, and so would any other password",
        "It fails before bcrypt gets `secret` at all.",
    ),
    wrong(
        "It cannot happen: pip installs only versions that fit together",
        "pip knows only what a package declares. passlib 1.7.4 declares "
        "bcrypt 3.1.0 or newer, without an upper limit.",
    ),
)
