"""Right answers to chapter 5's exercises, and equivalent mutants."""

from tests.practice.right_answers import EquivalentMutant, RightAnswer

CALLS = "find the guarded calls"
JOB = "find the job"
CLIENT = "be the client"

RIGHT_ANSWERS: list[RightAnswer] = [
    RightAnswer(
        CALLS,
        "a comprehension",
        """
def guarded(document):
    everywhere = document.get("security", [])
    methods = "get put post delete options head patch trace".split()
    return [
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method in methods
        if method in operations
        if (needed := operations[method].get("security", everywhere))
        if all(needed)
    ]
""",
    ),
    RightAnswer(
        CALLS,
        "a generator, collected into a set",
        """
METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace"]


def operations(document):
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper() + " " + path, item[method]


def guarded(document):
    return {
        name
        for name, operation in operations(document)
        if min(map(len, operation.get(
            "security", document.get("security", []))), default=0) > 0
    }
""",
    ),
    RightAnswer(
        CALLS,
        "try and except for the missing entry",
        """
def guarded(document):
    found = []
    for path in document["paths"]:
        for method in document["paths"][path]:
            if method not in (
                "get", "put", "post", "delete",
                "options", "head", "patch", "trace",
            ):
                continue
            try:
                needed = document["paths"][path][method]["security"]
            except KeyError:
                needed = document.get("security") or []
            if len(needed) > 0 and all(len(each) for each in needed):
                found += [" ".join((method.upper(), path))]
    return tuple(found)
""",
    ),
    RightAnswer(
        CALLS,
        "a class with __call__",
        """
class Guarded:
    methods = {"GET", "PUT", "POST", "DELETE"} | {
        "OPTIONS", "HEAD", "PATCH", "TRACE"}

    def __call__(self, document):
        return [
            f"{method.upper()} {path}"
            for path, item in document["paths"].items()
            for method, call in item.items()
            if method.upper() in self.methods
            and self.needs({**document, **call})
        ]

    def needs(self, merged):
        needed = merged.get("security", [])
        return bool(needed) and {} not in needed


guarded = Guarded()
""",
    ),
    RightAnswer(
        JOB,
        "a prefix taken away",
        """
def job_named_by(subject):
    if not subject.startswith("job:"):
        return None
    return jobs.get(subject.removeprefix("job:"))
""",
    ),
    RightAnswer(
        JOB,
        "a lambda over all jobs",
        """
job_named_by = lambda subject: {f"job:{n}": j for n, j in jobs.items()}.get(
    subject
)
""",
    ),
    RightAnswer(
        JOB,
        "a pattern",
        """
import re


def job_named_by(subject):
    found = re.fullmatch("job:(.+)", subject)
    return jobs.get(found[1]) if found else None
""",
    ),
    RightAnswer(
        JOB,
        "a partial, and split with try and except",
        """
from functools import partial


def named_by(kind, table, subject):
    try:
        found, name = subject.split(":", maxsplit=1)
        return table()[name] if found == kind else None
    except (ValueError, KeyError):
        return None


job_named_by = partial(named_by, "job", lambda: jobs)
""",
    ),
    RightAnswer(
        JOB,
        "a match",
        """
def job_named_by(subject):
    match subject.split(":", 1):
        case ["job", name] if name in jobs:
            return jobs[name]
""",
    ),
    RightAnswer(
        CLIENT,
        "split at the commas",
        """
def next_step(response):
    if 200 <= response.status_code < 300:
        return "go on"
    if response.is_server_error or response.status_code == 429:
        return "try later"
    if response.status_code == 401:
        _, _, asked = response.headers.get("WWW-Authenticate", "").partition(
            " "
        )
        parts = [part.strip() for part in asked.split(",")]
        bad = 'error="invalid_token"' in parts
        return "log in again" if bad else "log in"
    return "fix the request"
""",
    ),
    RightAnswer(
        CLIENT,
        "urllib's parser of lists",
        """
from urllib.request import parse_http_list, parse_keqv_list


def next_step(response):
    match divmod(response.status_code, 100):
        case 2, _:
            return "go on"
        case (5, _) | (4, 29):
            return "try later"
    if response.status_code != 401:
        return "fix the request"
    asked = response.headers.get("www-authenticate", "Bearer")
    attributes = parse_http_list(asked.partition(" ")[2])
    error = parse_keqv_list(attributes).get("error")
    return {"invalid_token": "log in again"}.get(error, "log in")
""",
    ),
    RightAnswer(
        CLIENT,
        "a lambda",
        r"""
import re

next_step = lambda r: (
    "go on" if r.is_success
    else "try later" if r.status_code > 499 or r.status_code == 429
    else "fix the request" if r.status_code != 401
    else "log in again" if re.search(
        r'[ ,]error="invalid_token"', r.headers.get("WWW-Authenticate") or ""
    )
    else "log in"
)
""",
    ),
    RightAnswer(
        CLIENT,
        "a class with __call__",
        """
class Client:
    def __call__(self, response):
        status = response.status_code
        if status == 401:
            return self.log_in(response.headers)
        if status == 429:
            status = 500
        steps = {2: "go on", 5: "try later"}
        return steps.get(status // 100, "fix the request")

    def log_in(self, headers):
        asked = headers.get("WWW-Authenticate", "")
        for part in asked.removeprefix("Bearer").split(","):
            name, _, value = part.strip().partition("=")
            if (name, value.strip('"')) == ("error", "invalid_token"):
                return "log in again"
        return "log in"


next_step = Client()
""",
    ),
]

EQUIVALENT_MUTANTS: list[EquivalentMutant] = [
    EquivalentMutant(
        CALLS,
        "line 5: `document.get('security', [])` becomes "
        "`document.get('security')`",
        "None is as false as an empty list: no call inherits anything",
    ),
    EquivalentMutant(
        CLIENT,
        "line 11: `''` becomes `'log in'`",
        "a text without any attribute, like the empty one",
    ),
]
