"""Wrong answers to chapter 5's exercises."""

from tests.practice.wrong_answers import WrongAnswer

CALLS = "find the guarded calls"
CAR = "find the car"
CLIENT = "be the client"

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
        "A path has several methods",
        """
def guarded(document):
    return [f"GET {path}" for path, item in document["paths"].items()
            if item.get("get", {}).get("security")]
""",
        happy_path=True,
    ),
    WrongAnswer(
        CALLS,
        "own `security` guards the calls that have no entry",
        """
METHODS = {"get", "put", "post", "delete", "options", "head", "patch"}

def guarded(document):
    return [
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method in METHODS and "security" in operation
    ]
""",
        happy_path=True,
    ),
    WrongAnswer(
        CALLS,
        "An empty entry is an entry",
        """
METHODS = {"get", "put", "post", "delete", "options", "head", "patch"}

def guarded(document):
    return [
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method in METHODS
        and (operation.get("security") or document.get("security"))
    ]
""",
        happy_path=True,
    ),
    WrongAnswer(
        CAR,
        "A user has got a car's rights",
        """
def car_named_by(subject):
    return cars.get(subject.split(":")[1])
""",
        happy_path=True,
    ),
    WrongAnswer(
        CAR,
        "take single letters away, not a word",
        """
def car_named_by(subject):
    return cars.get(subject.lstrip("car:"))
""",
        happy_path=True,
    ),
    WrongAnswer(
        CAR,
        "Every old token with the subject `1`",
        """
def car_named_by(subject):
    return cars.get(subject.removeprefix("car:"))
""",
        happy_path=True,
    ),
    WrongAnswer(
        CAR,
        "what only looks like `car:1` is something else",
        """
def car_named_by(subject):
    kind, _, name = subject.rpartition(":")
    return cars.get(name) if kind.endswith("car") else None
""",
        happy_path=True,
    ),
    WrongAnswer(
        CAR,
        "`car_named_by('car:7')` raised `KeyError: '7'`",
        """
def car_named_by(subject):
    kind, _, name = subject.partition(":")
    return cars[name] if kind == "car" else None
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
    return "log in" if response.status_code == 401 else "mend the request"
""",
        happy_path=True,
    ),
    WrongAnswer(
        CLIENT,
        "Only `error` is the code",
        """
def next_step(response):
    if response.is_success:
        return "go on"
    if response.status_code != 401:
        return "mend the request"
    asked = response.headers["WWW-Authenticate"]
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
        return "mend the request"
    asked = response.headers["WWW-Authenticate"].split(", ")[1:]
    bad = asked and asked[0] == 'error="invalid_token"'
    return "log in again" if bad else "log in"
""",
        happy_path=True,
    ),
    WrongAnswer(
        CLIENT,
        "No login mends this",
        """
def next_step(response):
    if response.is_success:
        return "go on"
    asked = response.headers.get("WWW-Authenticate", "")
    return "log in again" if ', error="' in asked else "log in"
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
]
