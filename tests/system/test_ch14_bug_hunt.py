"""Chapter 14's service: twelve faults, their exploits and their repairs."""

import re
from collections.abc import Callable, Iterable
from itertools import combinations
from types import ModuleType, SimpleNamespace
from typing import Any

import httpx
import pytest

from course.chapters import find
from course.practice import ch14 as practice
from course.practice.ch14 import EXPLOITS, HONEST, Exploit, Visit, hunt
from snippets import ch14_bug_hunt as ch14

pytestmark = pytest.mark.anyio

# For each chapter a repair of its fault: lines of the module, and others.
REPAIRS: dict[int, tuple[tuple[str, str], ...]] = {
    1: (
        (
            'claims = jwt.decode(token, options={"verify_signature": False})',
            'claims = jwt.decode(token, KEY, ["HS256"])',
        ),
    ),
    2: (
        (
            "    return password.encode()[:72]\n",
            "    if len(password.encode()) > 72:\n"
            '        raise HTTPException(422, "at most 72 bytes")\n'
            "    return password.encode()\n",
        ),
    ),
    3: (('if name != "password"', 'if name != "password_hash"'),),
    4: (
        (
            "    if account is None:\n        return None\n"
            "    stored = account.password_hash.encode()\n",
            "    known = account.password_hash if account else DUMMY_HASH\n"
            "    stored = known.encode()\n",
        ),
        ("# %% Accounts\n", 'DUMMY_HASH = new_hash("nobody\'s")\n'),
    ),
    6: (("if scope in MEANINGS", "if scope in account.scopes"),),
    7: (
        (
            "if new.username in accounts:",
            "if new.username.lower() in accounts:",
        ),
    ),
    8: (
        (
            '    if claims["jti"] not in refresh_ids:\n',
            '    if refresh_ids.pop(claims["jti"], None) is None:\n',
        ),
    ),
    9: (
        (
            "    if not set(needed.scopes)",
            '    if claims["use"] != "access":\n'
            '        raise refusal("this is no access token")\n'
            "    if not set(needed.scopes)",
        ),
    ),
    10: (
        ("if token in ended:", 'if claims["jti"] in ended:'),
        ("ended.add(token)", 'ended.add(str(claims.get("jti")))'),
    ),
    11: (('return request.headers.get("X-Forwarded-For", peer)', "return peer"),),
    12: (
        (r'r"https://.*notes\.example"', r'r"https://(beta\.)?notes\.example"'),
    ),
    13: (
        (
            "    if notes.pop(note_id, None) is None:\n"
            '        raise HTTPException(404, "there is no such note of yours")\n',
            "    del notes[own_note(note_id, account).id]\n",
        ),
    ),
}
Make = Callable[[Iterable[int]], ModuleType]
FAULTS = [(chapter, each) for chapter in EXPLOITS for each in EXPLOITS[chapter]]


def repaired(*chapters: int) -> Visit:
    """Run the module with some repairs, and visit its app."""
    text = find("ch14").module.read_text(encoding="utf-8")
    for chapter in chapters:
        for old, new in REPAIRS[chapter]:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
    module: dict[str, Any] = {"__name__": "repaired"}
    exec(compile(text, "<repaired>", "exec"), module)
    return Visit(module["make_app"]())


async def test_all_repairs_close_all():
    found = await hunt(repaired(*REPAIRS))
    assert str(found) == "12 of 12 closed."

async def test_none():
    found = await hunt(repaired())
    assert str(found) == "12 of 12 closed."

@pytest.mark.parametrize("chapter", REPAIRS)
async def test_one(chapter):
    found = await hunt(repaired(chapter))
    assert (found.broken, found.still_open) ==([], [*REPAIRS.keys() - {chapter}])
