"""Mutants of chapter 8: one line of its security broken."""

from tests.system.mutants import Mutant

MUTANTS = [
    Mutant(
        "secrets.token_urlsafe(32)",
        "secrets.token_urlsafe(15)",
        "a refresh token has 120 bits",
        (
            "test_ch08_refresh_logout.py::"
            "test_refresh_token_is_opaque_and_has_256_random_bits"
        ),
    ),
    Mutant(
        "ACCESS_LIFETIME = timedelta(minutes=5)",
        "ACCESS_LIFETIME = timedelta(minutes=50)",
        "a stolen access token lives for an hour",
        (
            "test_ch08_refresh_logout.py::"
            "test_access_token_lives_five_minutes_from_its_iat"
        ),
    ),
    Mutant(
        'hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()',
        "token",
        "a copy of the database is a copy of all logins",
        (
            "test_ch08_refresh_logout.py::"
            "test_tables_hold_the_hash_of_a_refresh_token_and_neither_token"
        ),
    ),
    Mutant(
        'claims | {"iat": now}, ACCESS_LIFETIME',
        "claims, ACCESS_LIFETIME",
        "a token does not say when it was issued",
        "test_every_app.py::test_access_token_carries_exactly_these_claims",
    ),
    Mutant(
        "        .where(RefreshTokenRow.used_at.is_(None))\n",
        "",
        "a refresh token works for ever",
        (
            "test_ch08_refresh_logout.py::"
            "test_used_refresh_token_is_refused_and_stays_refused"
        ),
    ),
    Mutant(
        (
            "    return session.scalar(\n"
            "        sa.update(RefreshTokenRow)\n"
            "        .where(RefreshTokenRow.token_hash == hash_token(token))\n"
            "        .where(RefreshTokenRow.used_at.is_(None))\n"
            "        .where(RefreshTokenRow.expires_at > now)\n"
            "        .values(used_at=now)\n"
            "        .returning(RefreshTokenRow.family_id)\n"
            "    )\n"
        ),
        (
            "    row = session.scalar(\n"
            "        sa.select(RefreshTokenRow)\n"
            "        .where(RefreshTokenRow.token_hash == hash_token(token))\n"
            "        .where(RefreshTokenRow.used_at.is_(None))\n"
            "        .where(RefreshTokenRow.expires_at > now)\n"
            "    )\n"
            "    if row is None:\n"
            "        return None\n"
            "    row.used_at = now\n"
            "    return row.family_id\n"
        ),
        "a SELECT before the UPDATE lets two refreshes through",
        (
            "test_refresh_races.py::"
            "test_of_two_refreshes_that_interleave_one_succeeds"
        ),
    ),
    Mutant(
        "        .where(RefreshTokenRow.expires_at > now)\n",
        "",
        "a refresh token that nobody uses lives for ever",
        (
            "test_ch08_refresh_logout.py::"
            "test_unused_refresh_token_expires_after_seven_days"
        ),
    ),
    Mutant(
        "        .where(RefreshTokenRow.expires_at > now)\n",
        "        .where(RefreshTokenRow.expires_at >= now)\n",
        "a refresh token lives a moment too long",
        (
            "test_ch08_refresh_logout.py::"
            "test_unused_refresh_token_expires_after_seven_days"
        ),
    ),
    Mutant(
        "        .where(FamilyRow.expires_at > now)\n",
        "",
        "a login lives for ever",
        (
            "test_ch08_refresh_logout.py::"
            "test_login_expires_after_thirty_days_however_often_it_is_renewed"
        ),
    ),
    Mutant(
        ".where(FamilyRow.id == family_id, FamilyRow.ended_at.is_(None))",
        ".where(FamilyRow.id == family_id)",
        "the end of a login ends no refresh token",
        (
            "test_ch08_refresh_logout.py::"
            "test_revoked_refresh_token_ends_its_login_whatever_the_hint"
        ),
    ),
    Mutant(
        (
            "        sa.update(FamilyRow)\n"
            "        .where(FamilyRow.id == family_id, "
            "FamilyRow.ended_at.is_(None))\n"
            "        .where(FamilyRow.expires_at > now)\n"
            "        .values(renewed_at=now)\n"
            "        .returning(FamilyRow)\n"
        ),
        (
            "        sa.select(FamilyRow)\n"
            "        .where(FamilyRow.id == family_id, "
            "FamilyRow.ended_at.is_(None))\n"
            "        .where(FamilyRow.expires_at > now)\n"
        ),
        "a logout during a refresh misses the new tokens",
        (
            "test_refresh_races.py::"
            "test_logout_in_the_middle_of_a_refresh_leaves_no_live_token"
        ),
    ),
    Mutant(
        "row is None or row.disabled:",
        "row is None:",
        "a disabled user stays logged in",
        (
            "test_ch08_refresh_logout.py::"
            "test_refresh_token_ends_with_what_it_was_given_for"
        ),
    ),
    Mutant(
        "if row.password_changed_at != family.password_changed_at:",
        "if False:",
        "a thief stays logged in after the password has changed",
        (
            "test_ch08_refresh_logout.py::"
            "test_refresh_token_ends_with_what_it_was_given_for"
        ),
    ),
    Mutant(
        "    if not wanted <= granted:",
        "    if False:",
        "a refresh widens a login",
        "test_ch08_refresh_logout.py::test_refresh_widens_nothing",
    ),
    Mutant(
        "ch06.split_scopes(requested) or granted",
        "ch06.split_scopes(requested) or ch06.DEFAULT_SCOPES",
        "a blank scope widens a login for `items` to `me`",
        (
            "test_ch08_refresh_logout.py::"
            "test_refresh_for_no_scope_is_for_the_scope_of_the_login"
        ),
    ),
    Mutant(
        "ch07.grant_scopes(user, ch06.write_scopes(wanted))",
        "ch06.write_scopes(wanted)",
        "a scope that was taken from the user is granted for weeks",
        "test_ch08_refresh_logout.py::test_todays_grants_are_read_again",
    ),
    Mutant(
        "    return issue_tokens(session, family, scope)\n",
        (
            "    family.scope = scope\n"
            "    return issue_tokens(session, family, scope)\n"
        ),
        "one narrow refresh narrows the login for good",
        (
            "test_ch08_refresh_logout.py::"
            "test_refresh_narrows_one_access_token_and_not_the_login"
        ),
    ),
    Mutant(
        ("    end_families(owns(token))\n    raise invalid_grant()"),
        "    raise invalid_grant()",
        "a used token that comes back is refused, and the thief goes on",
        (
            "test_ch08_refresh_logout.py::"
            "test_reuse_ends_the_family_for_thief_and_owner"
        ),
    ),
    Mutant(
        ("    end_families(owns(token))\n    raise invalid_grant()"),
        (
            "        ended = sa.update(FamilyRow).where(owns(token))\n"
            "        ended = ended.values(ended_at=datetime.now(UTC))\n"
            "        session.execute(ended)\n"
            "        raise invalid_grant()"
        ),
        "the refusal rolls the end of the family back",
        (
            "test_ch08_refresh_logout.py::"
            "test_end_of_a_family_outlives_the_refusal_that_reports_it"
        ),
    ),
    Mutant(
        "same = RefreshTokenRow.token_hash == hash_token(token)",
        "same = sa.true()",
        "any garbage logs everybody out",
        (
            "test_ch08_refresh_logout.py::"
            "test_reuse_ends_one_family_and_no_other"
        ),
    ),
    Mutant(
        "            RefreshTokenRow.family_id.in_(ids),\n",
        "            RefreshTokenRow.family_id.in_([]),\n",
        "the access tokens of a login outlive its end",
        (
            "test_ch08_refresh_logout.py::"
            "test_revoked_refresh_token_ends_its_login_whatever_the_hint"
        ),
    ),
    Mutant(
        (
            "            RefreshTokenRow.family_id.in_(ids),\n"
            "            RefreshTokenRow.access_expires_at"
        ),
        (
            "            RefreshTokenRow.family_id.in_(ids),\n"
            "            RefreshTokenRow.used_at.is_(None),\n"
            "            RefreshTokenRow.access_expires_at"
        ),
        "only the latest access token of a login is denied",
        (
            "test_ch08_refresh_logout.py::"
            "test_all_access_tokens_of_a_login_are_listed"
        ),
    ),
    Mutant(
        ".where(*condition, FamilyRow.ended_at.is_(None))",
        ".where(*condition)",
        "each logout lists the same tokens again",
        (
            "test_ch08_refresh_logout.py::"
            "test_login_that_ended_is_not_listed_twice"
        ),
    ),
    Mutant(
        "RefreshTokenRow.access_expires_at > now - CLOCK_SKEW,",
        "RefreshTokenRow.access_expires_at > now,",
        "a server with a slow clock accepts a token of an ended login",
        (
            "test_ch08_refresh_logout.py::"
            "test_token_that_expired_a_moment_ago_is_listed_for_slow_clocks"
        ),
    ),
    Mutant(
        "RevokedRow.expires_at <= now - CLOCK_SKEW",
        "RevokedRow.expires_at <= now",
        "a server with a slow clock accepts a revoked token",
        (
            "test_ch08_refresh_logout.py::"
            "test_expired_rows_leave_the_deny_list_when_a_login_ends"
        ),
    ),
    Mutant(
        "RevokedRow.expires_at <= now - CLOCK_SKEW",
        "sa.false()",
        "the deny-list grows for ever",
        (
            "test_ch08_refresh_logout.py::"
            "test_expired_rows_leave_the_deny_list_when_a_login_ends"
        ),
    ),
    Mutant(
        'min(claims["exp"], 32e9)',
        'claims["exp"]',
        "a lifetime beyond the calendar is a 500",
        ("test_ch08_refresh_logout.py::test_token_of_any_lifetime_is_revoked"),
    ),
    Mutant(
        "return jti is None or session.scalar",
        "return jti is not None and session.scalar",
        "a token of chapter 7, which cannot be revoked, is accepted",
        (
            "test_ch08_refresh_logout.py::"
            "test_token_without_a_jti_of_ours_is_refused"
        ),
    ),
    Mutant(
        ("    except ValueError:\n        return None\n"),
        ("    except TypeError:\n        return None\n"),
        "a `jti` that is no UUID is a 500",
        (
            "test_ch08_refresh_logout.py::"
            "test_token_without_a_jti_of_ours_is_refused"
        ),
    ),
    Mutant(
        "    if revoked:\n",
        "    if False:\n",
        "no request asks the deny-list",
        (
            "test_ch08_refresh_logout.py::"
            "test_revoked_access_token_is_refused_and_its_login_goes_on"
        ),
    ),
    Mutant(
        "    if ch05.authenticates_client(request, fields):\n",
        "    if False:\n",
        "a wrong secret of a client is ignored",
        (
            "test_ch08_refresh_logout.py::"
            "test_credentials_of_a_client_are_refused_and_end_nothing"
        ),
    ),
    Mutant(
        "if any(len(form.getlist(name)) > 1 for name in model.model_fields):",
        "if False:",
        "of two tokens one is revoked",
        (
            "test_ch08_refresh_logout.py::"
            "test_broken_revocation_is_invalid_request"
        ),
    ),
    Mutant(
        "        async with self.lock:\n",
        "        if True:\n",
        "two requests at once refresh twice, which ends the login",
        (
            "test_ch08_refresh_logout.py::"
            "test_five_requests_at_once_refresh_once"
        ),
    ),
    Mutant(
        "            if self.tokens is sent:\n",
        "            if True:\n",
        "each request refreshes after the other",
        (
            "test_ch08_refresh_logout.py::"
            "test_five_requests_at_once_refresh_once"
        ),
    ),
    Mutant(
        "                if answer.status_code == 200:\n",
        "                if True:\n",
        "a refused refresh is taken for a token",
        (
            "test_ch08_refresh_logout.py::"
            "test_refused_refresh_leaves_the_401_to_the_caller"
        ),
    ),
    Mutant(
        "if response.status_code != 401:",
        "if response.status_code < 400:",
        "each error uses a refresh token up",
        "test_ch08_refresh_logout.py::test_other_refusals_cause_no_refresh",
    ),
    Mutant(
        "        SQLAlchemyError: ch07.unavailable,\n",
        "",
        "without the database a request is a 500",
        (
            "test_ch08_refresh_logout.py::"
            "test_no_request_succeeds_without_the_database"
        ),
    ),
    Mutant(
        "    redirect_slashes=False,\n",
        "",
        "a login at /token/ is sent on, password included, to any host",
        (
            "test_every_app.py::"
            "test_login_at_a_path_with_a_slash_is_not_redirected"
        ),
    ),
    Mutant(
        "    response.headers.update(ch05.NO_STORE)\n",
        "",
        "a cache may keep both tokens",
        (
            "test_ch08_refresh_logout.py::"
            "test_login_answers_with_both_tokens_and_is_not_stored"
        ),
    ),
    Mutant(
        "if user is None or user.disabled:",
        "if user is None:",
        "a disabled user logs in",
        (
            "test_ch08_refresh_logout.py::"
            "test_disabled_user_gets_no_pair_for_a_password"
        ),
    ),
    Mutant(
        (
            "end_families, FamilyRow.user_id == me.id)\n"
            "\n"
            "\n"
            '@app.post("/users/me/password"'
        ),
        ('end_families)\n\n\n@app.post("/users/me/password"'),
        "one user logs everybody out",
        (
            "test_ch08_refresh_logout.py::"
            "test_logout_everywhere_ends_all_logins_of_one_user"
        ),
    ),
    Mutant(
        (
            "    await run_in_threadpool(ch07.change_password, me, change)\n"
            "    await run_in_threadpool(end_families, "
            "FamilyRow.user_id == me.id)\n"
        ),
        "    await run_in_threadpool(ch07.change_password, me, change)\n",
        "a stolen access token outlives the new password",
        "test_ch08_refresh_logout.py::test_new_password_ends_all_logins",
    ),
    Mutant(
        "async def log_out_everywhere(me: Me)",
        "async def log_out_everywhere(me: CurrentUser)",
        "a token without the scope `me` logs its user out",
        (
            "test_ch08_refresh_logout.py::"
            "test_logout_everywhere_needs_a_token_with_the_scope_me"
        ),
    ),
    Mutant(
        "async def read_users_me(current_user: Me) -> ch03.User:",
        "async def read_users_me(current_user: Me) -> StoredUser:",
        "chapter 8 answers with the hash",
        "test_every_app.py::test_own_record_is_the_public_one",
    ),
    Mutant(
        '"owner": owner.username',
        '"owner": "johndoe"',
        "every caller reads johndoe's items",
        "test_every_app.py::test_caller_reads_their_own_record_and_items",
    ),
    Mutant(
        'await run_in_threadpool(ch07.migrate, "ch08")',
        "await run_in_threadpool(ch07.migrate)",
        "the server starts without the tables of this chapter",
        (
            "test_ch08_refresh_logout.py::"
            "test_server_creates_what_is_missing_as_it_starts"
        ),
    ),
]
