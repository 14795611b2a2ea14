"""Mutants of chapter 4: one line of its security broken."""

from tests.system.mutants import Mutant

MUTANTS = [
    Mutant(
        "async def read_users_me(current_user: CurrentUser) -> User:",
        "async def read_users_me(current_user: CurrentUser) -> UserInDB:",
        "chapter 4 answers with the hash",
        "test_every_app.py::test_own_record_is_the_public_one",
    ),
    Mutant(
        '"owner": current_user.username',
        '"owner": "johndoe"',
        "every caller reads johndoe's items",
        "test_every_app.py::test_caller_reads_their_own_record_and_items",
    ),
    Mutant(
        "    try:\n"
        "        ensure_hashable(password)\n"
        "    except UnhashablePasswordError:\n"
        "        return None\n",
        "",
        "the time of the answer tells which usernames exist",
        "test_ch04_token_endpoint.py::"
        "test_unhashable_password_is_refused_before_the_user_is_looked_up",
    ),
    Mutant(
        "    user = users.get(username)\n",
        "    user = users.get(username)\n"
        "    if user is None:\n"
        "        return None\n",
        "an unknown user costs nothing, and can be told from a known one",
        "test_ch04_token_endpoint.py::"
        "test_unknown_user_costs_one_verification_of_the_dummy_hash",
    ),
    Mutant(
        "    if user is None or not matches:",
        '    user = user or users["johndoe"]\n    if not matches:',
        "anyone who finds the dummy hash's password logs in",
        "test_ch04_token_endpoint.py::"
        "test_dummy_hash_lets_nobody_in_even_when_it_matches",
    ),
    Mutant(
        "$2b$12$KBPPZClYv3jiPv4fdpYLpuj.",
        "$2b$10$KBPPZClYv3jiPv4fdpYLpuj.",
        "the dummy hash costs less than a real one",
        "test_ch04_token_endpoint.py::"
        "test_dummy_hash_has_the_cost_of_real_ones",
    ),
    Mutant(
        "    if user is None or not matches:",
        "    if user is None:",
        "a username is enough",
        "test_ch04_token_endpoint.py::test_wrong_pair_gives_nobody",
    ),
    Mutant(
        "    except ValueError:  # a damaged hash: no password matches it",
        "    except KeyError:",
        "an account with a damaged hash is a 500",
        "test_every_app.py::test_hash_of_a_weak_scheme_logs_nobody_in",
    ),
    Mutant(
        "        verify_and_rehash(password, DUMMY_HASH)\n",
        "",
        "a damaged hash answers at once, and can be told from a good one",
        "test_ch04_token_endpoint.py::test_damaged_hash_matches_no_password",
    ),
    Mutant(
        '        logger.error("the stored hash of %r is damaged", username)',
        '        logger.error("%r does not match for %r", password, username)',
        "a password is written to the log",
        "test_ch04_token_endpoint.py::test_damaged_hash_matches_no_password",
    ),
    Mutant(
        "        return None\n    return store_hash",
        "        return None\n"
        '    print("logged in:", username, password)\n'
        "    return store_hash",
        "a password is printed",
        "test_every_app.py::test_no_password_or_token_is_logged_or_printed",
    ),
    Mutant(
        "    return store_hash(user, new_hash) if new_hash else user",
        "    return user",
        "an outdated hash is never replaced",
        "test_ch04_token_endpoint.py::"
        "test_right_login_replaces_an_outdated_hash",
    ),
    Mutant(
        "    if users.get(user.username) is user:\n    ",
        "    if True:\n    ",
        "a new hash undoes a change made meanwhile",
        "test_ch04_token_endpoint.py::"
        "test_hash_changed_meanwhile_is_not_overwritten",
    ),
    Mutant(
        'raise unauthorized("Incorrect username or password")',
        "raise unauthorized(\n"
        '            "Incorrect password" if form.username in users\n'
        '            else "Incorrect username or password"\n'
        "        )",
        "the answer tells which usernames exist",
        "test_every_app.py::test_refused_logins_are_alike_to_the_byte",
    ),
    Mutant(
        'for key in ("type", "loc", "msg")',
        'for key in ("type", "loc", "msg", "input")',
        "a password in a broken form is sent back, or crashes the answer",
        "test_ch04_token_endpoint.py::test_refused_form_is_not_repeated",
    ),
    Mutant(
        'create_access_token({"sub": user.username})',
        'create_access_token(user.model_dump() | {"sub": user.username})',
        "a token carries the whole record, hash and e-mail included",
        "test_every_app.py::test_access_token_carries_exactly_these_claims",
    ),
    Mutant(
        "datetime.now(UTC)",
        "datetime.now()",
        "a token is born expired in New York and lives 570 minutes in Tokyo",
        "test_ch04_token_endpoint.py::"
        "test_lifetime_is_the_same_in_every_time_zone",
    ),
    Mutant(
        "timedelta(minutes=30)",
        "timedelta(minutes=300)",
        "a token lives ten times as long",
        "test_ch04_token_endpoint.py::test_token_lives_thirty_minutes",
    ),
    Mutant(
        "datetime.now(UTC) + expires_delta",
        "datetime.now(UTC) + ACCESS_TOKEN_LIFETIME",
        "the requested lifetime is ignored",
        "test_ch04_token_endpoint.py::test_token_lives_as_long_as_asked",
    ),
    Mutant(
        "datetime.now(UTC) + expires_delta",
        "datetime.now(UTC) + abs(expires_delta)",
        "a negative lifetime gives a good token",
        "test_every_app.py::test_token_of_negative_lifetime_is_born_expired",
    ),
    Mutant(
        '{**data, "exp": datetime.now(UTC) + expires_delta}',
        '{"exp": datetime.now(UTC) + expires_delta, **data}',
        "the caller's claims set the expiry",
        "test_ch04_token_endpoint.py::"
        "test_caller_cannot_set_the_expiry_by_the_claims",
    ),
    Mutant(
        "def login_for_access_token(",
        "async def login_for_access_token(",
        "bcrypt stops the event loop, and every other request with it",
        "test_every_app.py::test_login_runs_in_the_thread_pool",
    ),
    Mutant(
        "    users,\n)\n",
        "    users,\n"
        "    get_current_user,\n"
        ")\n"
        "\n"
        "CurrentUser = Annotated[UserInDB, Depends(get_current_user)]\n",
        "chapter 4 lets disabled users in again",
        "test_contract.py::test_app_keeps_the_contract",
    ),
    Mutant(
        "    redirect_slashes=False,  # a redirect would repeat the "
        "password\n",
        "",
        "a login at /token/ is sent on, password included, to any host",
        "test_every_app.py::"
        "test_login_at_a_path_with_a_slash_is_not_redirected",
    ),
]
