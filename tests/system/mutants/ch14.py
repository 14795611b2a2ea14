"""Mutants of chapter 14: what its service does right, taken away.

Its twelve faults are there already; the tests put their repairs in.
"""

from tests.system.mutants import Mutant

MUTANTS = [
    Mutant(
        "    return account if fits else None",
        "    return account",
        "any password fits",
        "test_ch14_bug_hunt.py::test_flawed_service_serves_honest_users_and_stops_nothing",
    ),
    Mutant(
        "    if new.username in accounts:",
        "    if False:",
        "a username is given twice",
        "test_ch14_bug_hunt.py::test_flawed_service_serves_honest_users_and_stops_nothing",
    ),
    Mutant(
        'options={"require": required}',
        "options={}",
        "a token without `exp` never ends",
        "test_ch14_bug_hunt.py::test_token_without_a_required_claim_is_refused",
    ),
    Mutant(
        "now + SECONDS[use]",
        "now + 9**9",
        "a token lives for years",
        "test_ch14_bug_hunt.py::test_token_ends_after_its_time",
    ),
    Mutant(
        '        raise refusal("this token has ended")',
        "        pass",
        "a logout ends no token",
        "test_ch14_bug_hunt.py::test_flawed_service_serves_honest_users_and_stops_nothing",
    ),
    Mutant(
        "    refresh_ids[jti] = account.username",
        '    refresh_ids[jti] = ""',
        "a logout ends no login",
        "test_ch14_bug_hunt.py::test_flawed_service_serves_honest_users_and_stops_nothing",
    ),
    Mutant(
        "if at > now - WINDOW",
        "if at > now",
        "no login is ever too many",
        "test_ch14_bug_hunt.py::test_flawed_service_serves_honest_users_and_stops_nothing",
    ),
    Mutant(
        "    if len(recent) >= MOST:",
        "    if len(recent) >= MOST * 2:",
        "twice as many guesses",
        "test_ch14_bug_hunt.py::test_flawed_service_serves_honest_users_and_stops_nothing",
    ),
    Mutant(
        "    count_attempt(address_of(request))\n",
        "",
        "logins are not counted",
        "test_ch14_bug_hunt.py::test_flawed_service_serves_honest_users_and_stops_nothing",
    ),
    Mutant(
        '    if claims["jti"] not in refresh_ids:',
        "    if False:",
        "any token of ours is a refresh token",
        "test_ch14_bug_hunt.py::test_access_token_is_no_refresh_token",
    ),
    Mutant(
        "    ended.add(token)\n",
        "",
        "a logout ends no access token",
        "test_ch14_bug_hunt.py::test_flawed_service_serves_honest_users_and_stops_nothing",
    ),
    Mutant(
        "            del refresh_ids[jti]",
        "            pass",
        "a logout ends no login",
        "test_ch14_bug_hunt.py::test_flawed_service_serves_honest_users_and_stops_nothing",
    ),
    Mutant(
        '    if not set(needed.scopes) <= set(claims["scope"].split()):',
        "    if False:",
        "no scope is needed",
        "test_ch14_bug_hunt.py::test_flawed_service_serves_honest_users_and_stops_nothing",
    ),
    Mutant(
        "    if x_from_page is None:",
        "    if False:",
        "a foreign form logs in",
        "test_ch14_bug_hunt.py::test_foreign_form_is_refused",
    ),
    Mutant(
        "    ours.append(Depends(from_our_page))\n",
        "",
        "the page needs no header",
        "test_ch14_bug_hunt.py::test_page_needs_its_header",
    ),
    Mutant(
        " or note.owner != account.username",
        "",
        "anybody reads a note",
        "test_ch14_bug_hunt.py::test_only_its_owner_reads_a_note",
    ),
    Mutant(
        "        secure=True,",
        "        secure=False,",
        "the cookie goes over plain http",
        "test_ch14_bug_hunt.py::test_cookie_is_kept_from_scripts_and_from_plain_http",
    ),
    Mutant(
        "        httponly=True,",
        "        httponly=False,",
        "a script reads the cookie",
        "test_ch14_bug_hunt.py::test_cookie_is_kept_from_scripts_and_from_plain_http",
    ),
    Mutant(
        '    response.headers["Cache-Control"] = "no-store"',
        "    pass",
        "a cache keeps tokens",
        "test_ch14_bug_hunt.py::test_tokens_are_kept_out_of_caches",
    ),
    Mutant(
        "if each.owner == me.username",
        "",
        "anybody lists all notes",
        "test_ch14_bug_hunt.py::test_flawed_service_serves_honest_users_and_stops_nothing",
    ),
]
