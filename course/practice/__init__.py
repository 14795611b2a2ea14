"""Each chapter's practice, `chNN.py`: its predictions and its exercises.

A check reads as a list of cases: `given` names the input that is tried, and
`expect`, `refused` and `may_not_raise` say what must come of it and, in a
sentence for the learner, why. The first `given` is the happy path; the
hostile inputs follow. An app under test is the learner's own, but the tables
that it reads are shared: a check lends it users of its own, as `ch03.py` does
with `lent`.

A practice module imports its own chapter at the top, and a later chapter only
inside a check. The classroom imports these modules when they are needed: see
`course.classroom.registry`.
"""
