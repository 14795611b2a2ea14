"""Mutants of chapter 6: one line of its security broken."""

from tests.system.mutants import Mutant

MUTANTS = [
    Mutant(
        "    if not wanted <= SCOPES.keys():",
        "    if False:",
        "an unknown scope is left out in silence",
        "test_ch06_scopes.py::"
        "test_unknown_scope_and_an_empty_grant_are_invalid_scope",
    ),
    Mutant(
        "wanted & grants.get(username, frozenset())",
        "wanted",
        "any scope is granted to anyone",
        "test_ch06_scopes.py::test_what_is_asked_and_may_be_had_is_granted",
    ),
    Mutant(
        "grants.get(username, frozenset())",
        "grants.get(username, DEFAULT_SCOPES)",
        "a user without grants gets a scope",
        "test_ch06_scopes.py::"
        "test_unknown_scope_and_an_empty_grant_are_invalid_scope",
    ),
    Mutant(
        "    if not granted:\n",
        "    if False:\n",
        "a token without a scope is issued",
        "test_ch06_scopes.py::"
        "test_unknown_scope_and_an_empty_grant_are_invalid_scope",
    ),
    Mutant(
        "split_scopes(requested) or DEFAULT_SCOPES",
        "split_scopes(requested) or SCOPES.keys()",
        "a login that asks for nothing gets everything",
        "test_ch06_scopes.py::test_what_is_asked_and_may_be_had_is_granted",
    ),
    Mutant(
        'text.split(" ")',
        "text.split()",
        "any white space separates scopes",
        "test_ch06_scopes.py::"
        "test_scopes_are_split_at_spaces_and_nowhere_else",
    ),
    Mutant(
        "    if not isinstance(scope, str):",
        "    if False:",
        "a scope that is a list is a 500",
        "test_ch06_scopes.py::"
        "test_scope_that_is_no_string_is_an_invalid_token",
    ),
    Mutant(
        'claims.get("scope", "")',
        'claims.get("scope", "me items")',
        "a token without scopes may do everything",
        "test_ch06_scopes.py::test_token_without_a_scope_has_none",
    ),
    Mutant(
        "    if not granted >= set(required.scopes):",
        "    if False:",
        "no endpoint needs a scope",
        "test_ch06_scopes.py::test_token_opens_what_its_scopes_name",
    ),
    Mutant(
        "not granted >= set(required.scopes)",
        "not granted & set(required.scopes)",
        "one of the needed scopes is enough",
        "test_ch06_scopes.py::test_needs_are_compared_in_any_order",
    ),
    Mutant(
        'raise bearer_error(403, "insufficient_scope", lacks, scope=scope)',
        'raise bearer_error(401, "insufficient_scope", lacks, scope=scope)',
        "a client asks for a login where it lacks a scope",
        "test_ch06_scopes.py::test_token_opens_what_its_scopes_name",
    ),
    Mutant(
        "lacks, scope=scope)",
        "lacks)",
        "a client is not told which scope it lacks",
        "test_ch06_scopes.py::test_narrow_token_is_told_what_would_do",
    ),
    Mutant(
        '    user = user_named_by(claims["sub"])\n    if user is None:',
        '    user = user_named_by(claims["sub"])\n    if False:',
        "a deleted user goes on as None: a 500",
        "test_ch06_scopes.py::"
        "test_who_is_gone_or_disabled_gets_401_before_any_403",
    ),
    Mutant(
        'Security(get_current_user, scopes=["items"])',
        "Security(get_current_user, scopes=[])",
        "the items need no scope of their own",
        "test_ch06_scopes.py::test_token_opens_what_its_scopes_name",
    ),
    Mutant(
        'list[dict[str, str]], Security(get_own_items, scopes=["me"])',
        "list[dict[str, str]], Security(get_own_items)",
        "the items name their owner without `me`",
        "test_ch06_scopes.py::test_token_opens_what_its_scopes_name",
    ),
    Mutant(
        'Me = Annotated[UserInDB, Security(get_current_user, scopes=["me"])]',
        "Me = Annotated[UserInDB, Security(get_current_user)]",
        "the own record needs no scope",
        "test_ch06_scopes.py::test_token_opens_what_its_scopes_name",
    ),
    Mutant(
        '"owner": owner.username',
        '"owner": "johndoe"',
        "every caller reads johndoe's items",
        "test_every_app.py::test_caller_reads_their_own_record_and_items",
    ),
    Mutant(
        '"scope": scope}',
        '"scope": requested}',
        "a token carries the requested scopes, not the granted ones",
        "test_ch06_scopes.py::test_token_opens_what_its_scopes_name",
    ),
    Mutant(
        "        scope=scope,\n    )\n\n\n# %%",
        "        scope=requested,\n    )\n\n\n# %%",
        "a login is told other scopes than it got",
        "test_ch06_scopes.py::test_token_opens_what_its_scopes_name",
    ),
    Mutant(
        '    claims = {"sub": subject_of(user.username), "scope": scope}',
        "    claims = user.model_dump() | {\n"
        '        "sub": subject_of(user.username), "scope": scope\n'
        "    }",
        "a token carries the whole record, hash and e-mail included",
        "test_every_app.py::test_access_token_carries_exactly_these_claims",
    ),
    Mutant(
        "if user is None or user.disabled:\n        raise OAuth",
        "if user is None:\n        raise OAuth",
        "a disabled user logs in",
        "test_ch06_scopes.py::"
        "test_disabled_user_gets_no_token_whatever_is_granted",
    ),
    Mutant(
        "    response.headers.update(ch05.NO_STORE)\n",
        "",
        "a cache may keep a token",
        "test_ch06_scopes.py::test_token_is_a_bearer_token_and_is_not_stored",
    ),
    Mutant(
        "async def read_users_me(current_user: Me) -> User:",
        "async def read_users_me(current_user: Me) -> UserInDB:",
        "chapter 6 answers with the hash",
        "test_every_app.py::test_own_record_is_the_public_one",
    ),
    Mutant(
        "def login_for_access_token(",
        "async def login_for_access_token(",
        "bcrypt stops the event loop, and every other request with it",
        "test_every_app.py::test_login_runs_in_the_thread_pool",
    ),
    Mutant(
        "    redirect_slashes=False,\n",
        "",
        "a login at /token/ is sent on, password included, to any host",
        "test_every_app.py::"
        "test_login_at_a_path_with_a_slash_is_not_redirected",
    ),
    Mutant(
        "app.exception_handlers.update(ch05.app.exception_handlers)",
        "app.exception_handlers[OAuthError] = ch05.refuse",
        "a 422 repeats what was sent",
        "test_every_app.py::"
        "test_malformed_field_of_a_new_endpoint_is_not_repeated",
    ),
]
