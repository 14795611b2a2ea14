"""Right answers to chapter 12's exercises, and equivalent mutants."""

from tests.practice.right_answers import EquivalentMutant, RightAnswer

FORGED = "is it from our page"
REDIRECT = "may the code go there"
TRADE = "trade a code"
ORIGIN = 'OURS = "https://course.example"\n\n\n'

RIGHT_ANSWERS = [
    RightAnswer(
        FORGED,
        "a lambda",
        f"{ORIGIN}may_act = lambda method, headers: (\n"
        '    method in {"GET", "HEAD", "OPTIONS"}\n'
        '    or headers.get("origin", OURS) == OURS\n'
        '    and "x-from-page" in headers\n'
        ")",
    ),
    RightAnswer(
        FORGED,
        "early returns",
        f"{ORIGIN}def may_act(method, headers):\n"
        '    if method == "GET" or method == "HEAD" or method == "OPTIONS":\n'
        "        return True\n"
        '    if "x-from-page" not in headers:\n'
        "        return False\n"
        '    if "origin" in headers and headers["origin"] != OURS:\n'
        "        return False\n"
        "    return True",
    ),
    RightAnswer(
        FORGED,
        "a class with `__call__`",
        f"{ORIGIN}class MayAct:\n"
        "    def __call__(self, method, headers):\n"
        '        safe = method in ["GET", "HEAD", "OPTIONS"]\n'
        '        known = headers.get("origin") in (None, OURS)\n'
        '        return safe or (known and "x-from-page" in headers)\n\n\n'
        "may_act = MayAct()",
    ),
    RightAnswer(
        FORGED,
        "partial, and a set of headers",
        f"{ORIGIN}from functools import partial\n\n"
        "def decide(safe, method, headers):\n"
        '    sent = {"x-from-page"} <= headers.keys()\n'
        '    return method in safe or all([sent, headers.get("origin", OURS) '
        "== OURS])\n\n"
        'may_act = partial(decide, {"GET", "HEAD", "OPTIONS"})',
    ),
    RightAnswer(
        REDIRECT,
        "a substitution in an expression",
        "def is_allowed(uri, registered):\n"
        '    pattern = "^http://127[.]0[.]0[.]1:[0-9]+/"\n'
        '    bare = re.sub(pattern, "http://127.0.0.1/", uri)\n'
        "    return uri in registered or bare in registered",
    ),
    RightAnswer(
        REDIRECT,
        "without a regular expression",
        "def is_allowed(uri, registered):\n"
        '    start = "http://127.0.0.1:"\n'
        "    if uri in registered:\n"
        "        return True\n"
        "    if not uri.startswith(start):\n"
        "        return False\n"
        '    port, slash, path = uri[len(start):].partition("/")\n'
        "    if not port.isdecimal() or not port.isascii():\n"
        "        return False\n"
        '    return "http://127.0.0.1" + slash + path in registered',
    ),
    RightAnswer(
        REDIRECT,
        "a pattern of each registered address",
        "def is_allowed(uri, registered):\n"
        '    home = "http://127.0.0.1/"\n'
        "    for known in registered:\n"
        "        pattern = re.escape(known)\n"
        "        if known.startswith(home):\n"
        "            path = re.escape(known[len(home):])\n"
        '            pattern = rf"http://127\\.0\\.0\\.1(:[0-9]+)?/{path}"\n'
        "        if re.fullmatch(pattern, uri):\n"
        "            return True\n"
        "    return False",
    ),
    RightAnswer(
        REDIRECT,
        "a lambda, and a set",
        "is_allowed = lambda uri, registered: not {\n"
        "    uri,\n"
        '    re.sub(r"\\Ahttp://127\\.0\\.0\\.1:[0-9]{1,5}/", '
        '"http://127.0.0.1/", uri),\n'
        "}.isdisjoint(registered)",
    ),
    RightAnswer(
        TRADE,
        "one comparison of three",
        """
def trade_code(codes, form, now):
    entry = codes.get(form.get("code"))
    if not entry:
        return None
    first = not entry["used"]
    entry["ended"] = entry["ended"] or not first
    entry["used"] = True
    good = (
        first
        and now < entry["expires_at"]
        and entry["client_id"] == form.get("client_id")
        and entry["redirect_uri"] == form.get("redirect_uri")
        and challenge_of(form.get("code_verifier") or "") == entry["challenge"]
    )
    return entry["user"] if good else None
""",
    ),
    RightAnswer(
        TRADE,
        "tuples",
        """
def trade_code(codes, form, now):
    if form.get("code") not in codes:
        return None
    entry = codes[form["code"]]
    entry["ended"], entry["used"] = entry["used"], True
    verifier = form.get("code_verifier", "")
    sent = (form.get("client_id"), form.get("redirect_uri"))
    sent += (challenge_of(verifier),)
    names = ("client_id", "redirect_uri", "challenge")
    if entry["ended"] or sent != tuple(entry[name] for name in names):
        return None
    return entry["user"] if entry["expires_at"] - now > 0 else None
""",
    ),
    RightAnswer(
        TRADE,
        "exceptions inside, a comparison in constant time",
        """
class BadCodeError(Exception):
    pass

def check(entry, form, now):
    if entry["expires_at"] <= now:
        raise BadCodeError
    if form["client_id"] != entry["client_id"]:
        raise BadCodeError
    if form["redirect_uri"] != entry["redirect_uri"]:
        raise BadCodeError
    challenge = challenge_of(form["code_verifier"])
    if not secrets.compare_digest(challenge, entry["challenge"]):
        raise BadCodeError

def trade_code(codes, form, now):
    try:
        entry = codes[form["code"]]
    except KeyError:
        return None
    if entry["used"]:
        entry.update(ended=True)
        return None
    entry.update(used=True)
    try:
        check(entry, form, now)
    except (BadCodeError, KeyError):
        return None
    return entry["user"]
""",
    ),
    RightAnswer(
        TRADE,
        "a class with `__call__`, and match",
        """
class Trade:
    def __call__(self, codes, form, now):
        match codes.get(form.get("code")):
            case None:
                return None
            case {"used": True} as entry:
                entry["ended"] = True
                return None
            case entry:
                entry["used"] = True
        expected = [entry["client_id"], entry["redirect_uri"]]
        found = [form.get("client_id"), form.get("redirect_uri")]
        verifier = form.get("code_verifier", "")
        if found != expected or now >= entry["expires_at"]:
            return None
        if challenge_of(verifier) == entry["challenge"]:
            return entry["user"]
        return None

trade_code = Trade()
""",
    ),
]

EQUIVALENT_MUTANTS: list[EquivalentMutant] = [
    EquivalentMutant(
        TRADE,
        "line 14: `''` becomes `'used'`",
        "No code was given out for this verifier either.",
    ),
]
