"""Wrong answers to chapter 12's exercises."""

from tests.practice.wrong_answers import WrongAnswer

FORGED = "is it from our page"
REDIRECT = "may the code go there"
TRADE = "trade a code"


def may_act(body: str) -> str:
    """Write a `may_act` whose last line is given."""
    return (
        'OURS = "https://course.example"\n\n\n'
        "def may_act(method, headers):\n"
        '    if method in ("GET", "HEAD", "OPTIONS"):\n'
        "        return True\n"
        f"    {body}"
    )


def is_allowed(body: str) -> str:
    """Write an `is_allowed` that returns an expression."""
    return f"def is_allowed(uri, registered):\n    return {body}"


SOLUTION = """\
def trade_code(codes, form, now):
    entry = codes.get(form.get("code"))
    if entry is None:
        return None
    if entry["used"]:
        entry["ended"] = True
        return None
    entry["used"] = True
    if now >= entry["expires_at"]:
        return None
    for name in ("client_id", "redirect_uri"):
        if form.get(name) != entry[name]:
            return None
    if challenge_of(form.get("code_verifier", "")) != entry["challenge"]:
        return None
    return entry["user"]
"""


def trade(old: str, new: str) -> str:
    """Write the solution with one part replaced."""
    assert old in SOLUTION
    return SOLUTION.replace(old, new)


WRONG_ANSWERS = [
    WrongAnswer(
        FORGED,
        "another origin has begun this request",
        may_act('return "x-from-page" in headers'),
        happy_path=True,
    ),
    WrongAnswer(
        FORGED,
        "A form of another page can send",
        may_act('return headers.get("origin", OURS) == OURS'),
        happy_path=True,
    ),
    WrongAnswer(
        FORGED,
        "is not a browser",
        may_act(
            'return "x-from-page" in headers and headers.get("origin") == OURS'
        ),
        happy_path=True,
    ),
    WrongAnswer(
        FORGED,
        "A header may be missing",
        may_act(
            'return "x-from-page" in headers and headers["origin"] == OURS'
        ),
        happy_path=True,
    ),
    WrongAnswer(
        FORGED,
        "another origin has begun this request",
        may_act(
            'return "x-from-page" in headers and '
            'headers.get("origin", OURS).startswith(OURS)'
        ),
        happy_path=True,
    ),
    WrongAnswer(
        FORGED,
        "pages could not be opened",
        'OURS = "https://course.example"\n\n\n'
        "def may_act(method, headers):\n"
        '    return "x-from-page" in headers and '
        'headers.get("origin", OURS) == OURS',
        happy_path=True,
    ),
    WrongAnswer(
        FORGED,
        "must be `True` or `False`",
        may_act('return headers.get("x-from-page")'),
    ),
    WrongAnswer(
        REDIRECT,
        "Whoever owns it",
        is_allowed("any(uri.startswith(known) for known in registered)"),
        happy_path=True,
    ),
    WrongAnswer(
        REDIRECT,
        "any port will do",
        is_allowed("uri in registered"),
        happy_path=True,
    ),
    WrongAnswer(
        REDIRECT,
        "Only 127.0.0.1 over http",
        is_allowed('re.sub(":[0-9]+/", "/", uri) in (*registered, uri)')
        .replace(
            "return ",
            "if uri in registered:\n        return True\n    return ",
        )
        .replace(" in (*registered, uri)", " in registered"),
        happy_path=True,
    ),
    WrongAnswer(
        REDIRECT,
        "Whoever owns it",
        is_allowed(
            "uri in registered or "
            're.sub("^http://127[.]0[.]0[.]1:[^/]*/", "http://127.0.0.1/", '
            "uri) in registered"
        ),
        happy_path=True,
    ),
    WrongAnswer(
        REDIRECT,
        "Whoever owns it",
        is_allowed(
            "uri.lower() in registered or "
            're.sub("^http://127[.]0[.]0[.]1:[0-9]+/", "http://127.0.0.1/", '
            "uri) in registered"
        ),
        happy_path=True,
    ),
    WrongAnswer(
        REDIRECT,
        "Whoever owns it",
        is_allowed(
            "uri in registered or "
            'bool(re.match("http://127[.]0[.]0[.]1:[0-9]+/", uri))'
        ),
        happy_path=True,
    ),
    WrongAnswer(
        TRADE,
        "`used` must say so",
        trade('    entry["used"] = True\n', ""),
    ),
    WrongAnswer(
        TRADE,
        "also a wrong one",
        trade('    entry["used"] = True\n', "").replace(
            '    return entry["user"]',
            '    entry["used"] = True\n    return entry["user"]',
        ),
        happy_path=True,
    ),
    WrongAnswer(
        TRADE,
        "login which came of it is over",
        trade('        entry["ended"] = True\n', ""),
        happy_path=True,
    ),
    WrongAnswer(
        TRADE,
        "It is too late",
        trade("now >= entry", "now > entry"),
        happy_path=True,
    ),
    WrongAnswer(
        TRADE,
        "given to another client",
        trade('("client_id", "redirect_uri")', '("redirect_uri",)'),
        happy_path=True,
    ),
    WrongAnswer(
        TRADE,
        "for another redirect URI",
        trade('("client_id", "redirect_uri")', '("client_id",)'),
        happy_path=True,
    ),
    WrongAnswer(
        TRADE,
        "does not belong to the challenge",
        trade(
            'challenge_of(form.get("code_verifier", ""))',
            'form.get("code_verifier") and entry["challenge"]',
        ).replace('") and', '") is not None and'),
        happy_path=True,
    ),
    WrongAnswer(
        TRADE,
        "not a 500",
        trade('form.get("code_verifier", "")', 'form["code_verifier"]'),
        happy_path=True,
    ),
]
