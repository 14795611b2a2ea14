"""Wrong answers to chapter 5's exercises."""

from tests.practice.wrong_answers import WrongAnswer

CALLS = "find the guarded calls"
JOB = "find the job"
CLIENT = "be the client"
METHODS = """
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
"""

ATTRIBUTES = r"""
import re


def next_step(response):
    challenge = response.headers.get("WWW-Authenticate", "")
    attributes = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    code = attributes.get("error")
"""

WRONG_ANSWERS = [
    WrongAnswer(
        CALLS,
        "Calls are listed that are open to everybody",
        """
def guarded(document):
    return [
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method in operations
    ]
""",
    ),
    WrongAnswer(
        CALLS,
        "has a `security` entry and is not in the list",
        """
def guarded(document):
    return [path for path, item in document["paths"].items()
            if "security" in item]
""",
    ),
    WrongAnswer(
        CALLS,
        "A path can have several methods",
        """
def guarded(document):
    return [f"GET {path}" for path, item in document["paths"].items()
            if item.get("get", {}).get("security")]
""",
        happy_path=True,
    ),
    WrongAnswer(
        CALLS,
        "`HEAD, OPTIONS, TRACE` is missing",
        """
def guarded(document):
    return [
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method in ("get", "put", "post", "delete", "patch")
        if operations.get(method, {}).get("security")
    ]
""",
        happy_path=True,
    ),
    WrongAnswer(
        CALLS,
        "`summary`, `parameters` and `x-cache` are none",
        """
def guarded(document):
    everywhere = document.get("security", [])
    return [
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if isinstance(operation, dict)
        and operation.get("security", everywhere)
    ]
""",
        happy_path=True,
    ),
    WrongAnswer(
        CALLS,
        "raised `AttributeError: 'list' object has no attribute 'get'`",
        """
def guarded(document):
    everywhere = document.get("security", [])
    return [
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if not isinstance(operation, str)
        and operation.get("security", everywhere)
    ]
""",
        happy_path=True,
    ),
    WrongAnswer(
        CALLS,
        "own `security` guards the calls that have no entry",
        f"""{METHODS}
def guarded(document):
    return [
        f"{{method.upper()}} {{path}}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method in METHODS and operation.get("security")
    ]
""",
        happy_path=True,
    ),
    WrongAnswer(
        CALLS,
        "An empty entry is an entry",
        f"""{METHODS}
def guarded(document):
    return [
        f"{{method.upper()}} {{path}}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method in METHODS
        and (operation.get("security") or document.get("security"))
    ]
""",
        happy_path=True,
    ),
    WrongAnswer(
        CALLS,
        "`{}` asks for nothing",
        f"""{METHODS}
def guarded(document):
    everywhere = document.get("security", [])
    return [
        f"{{method.upper()}} {{path}}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method in METHODS and operation.get("security", everywhere)
    ]
""",
        happy_path=True,
    ),
    WrongAnswer(
        CALLS,
        "The call accepts one of several credentials",
        f"""{METHODS}
def guarded(document):
    everywhere = document.get("security", [])
    return [
        f"{{method.upper()}} {{path}}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method in METHODS
        and len(operation.get("security", everywhere)) == 1
        and {{}} not in operation.get("security", everywhere)
    ]
""",
        happy_path=True,
    ),
    WrongAnswer(
        CALLS,
        "The document's entry is optional",
        f"""{METHODS}
def guarded(document):
    everywhere = document.get("security", [])
    if {{}} in everywhere:
        return []
    return [
        f"{{method.upper()}} {{path}}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method in METHODS
        and (needed := operation.get("security", everywhere))
        and {{}} not in needed
    ]
""",
        happy_path=True,
    ),
    WrongAnswer(
        CALLS,
        "Not every key of a path is a method",
        f"""{METHODS}
def guarded(document):
    everywhere = document.get("security", [])
    found = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if isinstance(operation, dict) and not method.startswith("x-"):
                needed = operation.get("security", everywhere)
                if needed and {{}} not in needed:
                    found.append(f"{{method.upper()}} {{path}}")
    return found
""",
        happy_path=True,
    ),
    WrongAnswer(
        CALLS,
        "Only `DELETE /n` is a call",
        f"""{METHODS}
def guarded(document):
    everywhere = document.get("security", [])
    found = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if isinstance(operation, dict) and method != "x-cache":
                needed = operation.get("security", everywhere)
                if needed and {{}} not in needed:
                    found.append(f"{{method.upper()}} {{path}}")
    return found
""",
        happy_path=True,
    ),
    WrongAnswer(
        CALLS,
        "It guards nothing: OpenAPI has this key",
        f"""{METHODS}
def guarded(document):
    everywhere = document.get("security", [])
    found = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method in METHODS:
                everywhere = operations.get("security", everywhere)
                needed = operation.get("security", everywhere)
                if needed and {{}} not in needed:
                    found.append(f"{{method.upper()}} {{path}}")
    return found
""",
        happy_path=True,
    ),
    WrongAnswer(
        CALLS,
        "such a call also works without a token",
        f"""{METHODS}
def guarded(document):
    everywhere = document.get("security", [])
    found = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method in METHODS:
                needed = operation.get("security", everywhere)
                if needed and needed[0] and needed[-1]:
                    found.append(f"{{method.upper()}} {{path}}")
    return found
""",
        happy_path=True,
    ),
    WrongAnswer(
        CALLS,
        "The call accepts one of several credentials, so it needs one",
        f"""{METHODS}
def guarded(document):
    everywhere = document.get("security", [])
    found = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method in METHODS:
                needed = operation.get("security", everywhere)
                if needed and {{}} not in needed and len(needed) < 3:
                    found.append(f"{{method.upper()}} {{path}}")
    return found
""",
        happy_path=True,
    ),
    WrongAnswer(
        CALLS,
        "Any scheme guards a call, whatever its name",
        f"""{METHODS}
def guarded(document):
    everywhere = document.get("security", [])
    found = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method in METHODS:
                needed = operation.get("security", everywhere)
                if {{}} not in needed and any("OAuth2" in n for n in needed):
                    found.append(f"{{method.upper()}} {{path}}")
    return found
""",
        happy_path=True,
    ),
    WrongAnswer(
        CALLS,
        "the path is listed as it is written",
        f"""{METHODS}
def guarded(document):
    everywhere = document.get("security", [])
    found = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method in METHODS:
                needed = operation.get("security", everywhere)
                if needed and {{}} not in needed:
                    found.append(f"{{method.upper()}} {{path.lower()}}")
    return found
""",
        happy_path=True,
    ),
    WrongAnswer(
        CALLS,
        "path is listed as it is written in the document",
        f"""{METHODS}
def guarded(document):
    everywhere = document.get("security", [])
    found = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method in METHODS:
                needed = operation.get("security", everywhere)
                if needed and {{}} not in needed:
                    found.append(f"{{method.upper()}} {{path.rstrip('/')}}")
    return found
""",
        happy_path=True,
    ),
    WrongAnswer(
        CALLS,
        "The document has changed",
        f"""{METHODS}
def guarded(document):
    everywhere = document.get("security", [])
    found = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method in METHODS:
                operation.setdefault("security", everywhere)
                needed = operation.get("security", everywhere)
                if needed and {{}} not in needed:
                    found.append(f"{{method.upper()}} {{path}}")
    return found
""",
    ),
    WrongAnswer(
        CALLS,
        "It opens nothing: OpenAPI has this key",
        f"""{METHODS}
def guarded(document):
    everywhere = document.get("security", [])
    return [
        f"{{method.upper()}} {{path}}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method in METHODS
        and operations.get("security", True)
        and (needed := operation.get("security", everywhere))
        and {{}} not in needed
    ]
""",
        happy_path=True,
    ),
    WrongAnswer(
        JOB,
        "A user has got a job's rights",
        """
def job_named_by(subject):
    return jobs.get(subject.split(":")[1])
""",
        happy_path=True,
    ),
    WrongAnswer(
        JOB,
        "`job:billing` is in `jobs`, and should be found. (`lstrip`",
        """
def job_named_by(subject):
    if not subject.startswith("job:"):
        return None
    return jobs.get(subject.lstrip("job:"))
""",
        happy_path=True,
    ),
    WrongAnswer(
        JOB,
        "`job:obj9` is in `jobs`, and should be found",
        """
def job_named_by(subject):
    known = {"job:1": "nightly backup", "job:billing": "monthly billing"}
    return known.get(subject)
""",
        happy_path=True,
    ),
    WrongAnswer(
        JOB,
        "Every old token with the subject `1`",
        """
def job_named_by(subject):
    return jobs.get(subject.removeprefix("job:"))
""",
        happy_path=True,
    ),
    WrongAnswer(
        JOB,
        "What only looks like `job:1` is another subject",
        """
def job_named_by(subject):
    kind, _, name = subject.rpartition(":")
    return jobs.get(name) if kind.endswith("job") else None
""",
        happy_path=True,
    ),
    WrongAnswer(
        JOB,
        "names no job is an ordinary case: return `None`",
        """
def job_named_by(subject):
    kind, _, name = subject.partition(":")
    return jobs[name] if kind == "job" else None
""",
        happy_path=True,
    ),
    WrongAnswer(
        JOB,
        "The kind is what is written before the first colon",
        """
def job_named_by(subject):
    if "job:" in subject:
        return jobs.get(subject.replace("job:", ""))
""",
        happy_path=True,
    ),
    WrongAnswer(
        JOB,
        "The job is found once only",
        """
def job_named_by(subject):
    kind, _, name = subject.partition(":")
    return jobs.pop(name, None) if kind == "job" else None
""",
        happy_path=True,
    ),
    WrongAnswer(
        JOB,
        "otherwise a request decides which jobs",
        """
def job_named_by(subject):
    kind, _, name = subject.partition(":")
    return jobs.setdefault(name, None) if kind == "job" else None
""",
        happy_path=True,
    ),
    WrongAnswer(
        JOB,
        "Subjects are compared exactly",
        """
def job_named_by(subject):
    return jobs.get(subject[4:]) if subject[:3] == "job" else None
""",
        happy_path=True,
    ),
    WrongAnswer(
        JOB,
        "is another subject",
        """
def job_named_by(subject):
    kind, _, name = subject.strip().partition(":")
    return jobs.get(name) if kind == "job" else None
""",
        happy_path=True,
    ),
    WrongAnswer(
        JOB,
        "What only looks like `job:1`",
        """
def job_named_by(subject):
    kind, _, name = subject.partition(":")
    return jobs.get(name.lower()) if kind.lower() == "job" else None
""",
        happy_path=True,
    ),
    WrongAnswer(
        JOB,
        "compared exactly. What only looks",
        """
import re

def job_named_by(subject):
    found = re.match(r"job:(\\w+)$", subject)
    return jobs.get(found[1]) if found else None
""",
        happy_path=True,
    ),
    WrongAnswer(
        JOB,
        "Subjects are compared exactly. What only",
        """
from urllib.parse import unquote

def job_named_by(subject):
    kind, _, name = unquote(subject).partition(":")
    return jobs.get(name) if kind == "job" else None
""",
        happy_path=True,
    ),
    WrongAnswer(
        CLIENT,
        "and the challenge says so",
        """
def next_step(response):
    if response.is_success:
        return "go on"
    return "log in" if response.status_code == 401 else "fix the request"
""",
        happy_path=True,
    ),
    WrongAnswer(
        CLIENT,
        "After a success, any 2xx",
        """
def next_step(response):
    if response.status_code == 200:
        return "go on"
    return "fix the request"
""",
    ),
    WrongAnswer(
        CLIENT,
        "Only the attribute `error` is the code",
        """
def next_step(response):
    if response.is_success:
        return "go on"
    if response.status_code != 401:
        return "fix the request"
    asked = response.headers.get("WWW-Authenticate", "")
    return "log in again" if "invalid_token" in asked else "log in"
""",
        happy_path=True,
    ),
    WrongAnswer(
        CLIENT,
        "Attributes come in any order",
        """
def next_step(response):
    if response.is_success:
        return "go on"
    if response.status_code != 401:
        return "fix the request"
    asked = response.headers.get("WWW-Authenticate", "").split(", ")[1:]
    bad = asked and asked[0] == 'error="invalid_token"'
    return "log in again" if bad else "log in"
""",
        happy_path=True,
    ),
    WrongAnswer(
        CLIENT,
        "No login helps here",
        """
def next_step(response):
    if response.is_success:
        return "go on"
    asked = response.headers.get("WWW-Authenticate", "")
    return "log in again" if ' error="invalid_token"' in asked else "log in"
""",
        happy_path=True,
    ),
    WrongAnswer(
        CLIENT,
        "The token is valid, but not for this",
        """
def next_step(response):
    if response.is_success:
        return "go on"
    if response.status_code == 401:
        asked = response.headers.get("WWW-Authenticate", "")
        bad = ' error="invalid_token"' in asked
        return "log in again" if bad else "log in"
    return "log in again" if response.status_code == 403 else "fix the request"
""",
        happy_path=True,
    ),
    WrongAnswer(
        CLIENT,
        "A 3xx is no success",
        """
def next_step(response):
    if response.status_code < 400:
        return "go on"
    if response.status_code == 401:
        asked = response.headers.get("WWW-Authenticate", "")
        bad = ' error="invalid_token"' in asked
        return "log in again" if bad else "log in"
    return "fix the request"
""",
        happy_path=True,
    ),
    WrongAnswer(
        CLIENT,
        "A 5xx is the service's own failure",
        """
def next_step(response):
    if response.is_success:
        return "go on"
    if response.status_code == 401:
        asked = response.headers.get("WWW-Authenticate", "")
        bad = ' error="invalid_token"' in asked
        return "log in again" if bad else "log in"
    return "fix the request"
""",
        happy_path=True,
    ),
    WrongAnswer(
        CLIENT,
        '`next_step(<401, WWW-Authenticate: Bearer realm="course">)` raised',
        """
def next_step(response):
    if response.is_success:
        return "go on"
    code = response.json().get("error")
    return "log in again" if code == "invalid_token" else "log in"
""",
        happy_path=True,
    ),
    WrongAnswer(
        CLIENT,
        "A response may lack this header",
        """
def next_step(response):
    if response.is_success:
        return "go on"
    if response.status_code != 401:
        return "fix the request"
    asked = response.headers["WWW-Authenticate"]
    return "log in again" if ' error="invalid_token"' in asked else "log in"
""",
        happy_path=True,
    ),
    WrongAnswer(
        CLIENT,
        "another one than `error`",
        ATTRIBUTES
        + """
    if response.is_success:
        return "go on"
    if response.status_code == 401 and 'error="invalid_token"' in challenge:
        return "log in again"
    if response.status_code == 429 or response.status_code >= 500:
        return "try later"
    if response.status_code == 401:
        return "log in"
    return "fix the request"
""",
        happy_path=True,
    ),
    WrongAnswer(
        CLIENT,
        "It says nothing about the token",
        ATTRIBUTES
        + """
    if response.is_success:
        return "go on"
    if '"course"' in challenge and code == "invalid_token":
        return "log in again"
    if response.status_code == 429 or response.status_code >= 500:
        return "try later"
    if response.status_code == 401:
        return "log in"
    return "fix the request"
""",
        happy_path=True,
    ),
    WrongAnswer(
        CLIENT,
        "A body is written for people",
        ATTRIBUTES
        + """
    if response.is_success:
        return "go on"
    if response.status_code == 401 and code == "invalid_token":
        return "log in again"
    if response.status_code == 401 and "invalid_token" in response.text:
        return "log in again"
    if response.status_code == 429 or response.status_code >= 500:
        return "try later"
    if response.status_code == 401:
        return "log in"
    return "fix the request"
""",
        happy_path=True,
    ),
    WrongAnswer(
        CLIENT,
        "A rate limit has refused the request",
        ATTRIBUTES
        + """
    if response.is_success:
        return "go on"
    if response.status_code == 401 and code == "invalid_token":
        return "log in again"
    if response.status_code >= 500:
        return "try later"
    if response.status_code == 401:
        return "log in"
    return "fix the request"
""",
        happy_path=True,
    ),
    WrongAnswer(
        CLIENT,
        "not a 428",
        ATTRIBUTES
        + """
    if response.is_success:
        return "go on"
    if response.status_code == 401 and code == "invalid_token":
        return "log in again"
    if response.status_code in (428, 429) or response.status_code >= 500:
        return "try later"
    if response.status_code == 401:
        return "log in"
    return "fix the request"
""",
        happy_path=True,
    ),
    WrongAnswer(
        CLIENT,
        "The status is 203, so `go on`",
        ATTRIBUTES
        + """
    if code == "invalid_token":
        return "log in again"
    if response.is_success:
        return "go on"
    if response.status_code == 429 or response.status_code >= 500:
        return "try later"
    if response.status_code == 401:
        return "log in"
    return "fix the request"
""",
        happy_path=True,
    ),
    WrongAnswer(
        CLIENT,
        "The status is 400, so `fix the request`",
        ATTRIBUTES
        + """
    if response.is_success:
        return "go on"
    if code == "invalid_token":
        return "log in again"
    if response.status_code == 429 or response.status_code >= 500:
        return "try later"
    if response.status_code == 401:
        return "log in"
    return "fix the request"
""",
        happy_path=True,
    ),
    WrongAnswer(
        CLIENT,
        "The status is 407, so `fix the request`",
        ATTRIBUTES
        + """
    if response.is_success:
        return "go on"
    if response.status_code == 401 and code == "invalid_token":
        return "log in again"
    if response.status_code == 429 or response.status_code >= 500:
        return "try later"
    if response.status_code in (401, 407):
        return "log in"
    return "fix the request"
""",
        happy_path=True,
    ),
    WrongAnswer(
        CLIENT,
        "The status is 502, so `try later`",
        ATTRIBUTES
        + """
    if response.is_success:
        return "go on"
    if response.status_code == 401 and code == "invalid_token":
        return "log in again"
    if response.status_code in (429, 500, 503, 599):
        return "try later"
    if response.status_code == 401:
        return "log in"
    return "fix the request"
""",
        happy_path=True,
    ),
    WrongAnswer(
        CLIENT,
        "every status of a hundred counts",
        ATTRIBUTES
        + """
    if response.status_code in (200, 201, 204, 299):
        return "go on"
    if response.status_code == 401 and code == "invalid_token":
        return "log in again"
    if response.status_code == 429 or response.status_code >= 500:
        return "try later"
    if response.status_code == 401:
        return "log in"
    return "fix the request"
""",
        happy_path=True,
    ),
    WrongAnswer(
        CLIENT,
        "No login helps here: the request itself",
        ATTRIBUTES
        + """
    if response.is_success:
        return "go on"
    if response.status_code == 401 and code == "invalid_token":
        return "log in again"
    if response.status_code == 429 or response.status_code >= 500:
        return "try later"
    if 401 <= response.status_code < 403:
        return "log in"
    return "fix the request"
""",
        happy_path=True,
    ),
]
