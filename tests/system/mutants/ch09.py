"""Mutants of chapter 9: one line of its security broken."""

from tests.system.mutants import Mutant

TOKENS = "test_ch09_keys_and_claims.py::"
SOURCE = "test_ch09_key_source.py::"
PEOPLE = "test_ch09_identities.py::"

MUTANTS = [
    # Keys
    Mutant(
        "key_size=2048",
        "key_size=1024",
        "our RSA keys are too short",
        TOKENS + "test_new_key_is_of_the_size_that_its_algorithm_asks_for",
    ),
    Mutant(
        "private: PrivateKey = field(repr=False)",
        "private: PrivateKey",
        "a log line shows the private key's object",
        TOKENS + "test_key_is_not_printed",
    ),
    Mutant(
        "algorithm.to_jwk(key.private.public_key(), as_dict=True)",
        "algorithm.to_jwk(key.private, as_dict=True)",
        "the private key is published",
        TOKENS + "test_published_keys_are_public",
    ),
    Mutant(
        "info=kid.encode()",
        'info=b""',
        "all teaching keys are one key",
        TOKENS
        + "test_every_worker_has_the_same_teaching_key_and_every_name_another",
    ),
    Mutant(
        'PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}',
        'ALGORITHMS["oct", ""] = "HS256"\nPRIVATE = {"d", "p"}',
        "a JWKS may hold a secret, and its tokens are believed",
        TOKENS + "test_other_key_is_skipped_and_the_keys_beside_it_are_kept",
    ),
    Mutant(
        "or PRIVATE & jwk.keys():",
        'or {"k"} & jwk.keys():',
        "a key whose private half is published verifies",
        TOKENS + "test_other_key_is_skipped_and_the_keys_beside_it_are_kept",
    ),
    Mutant(
        'purpose = (jwk.get("use", "sig"), ',
        'purpose = ("sig", ',
        "a key for encryption verifies signatures",
        TOKENS + "test_other_key_is_skipped_and_the_keys_beside_it_are_kept",
    ),
    Mutant(
        'jwk.get("alg", algorithm))',
        "algorithm)",
        "a key for another algorithm verifies",
        TOKENS + "test_other_key_is_skipped_and_the_keys_beside_it_are_kept",
    ),
    Mutant(
        'verifies = "verify" in str(jwk.get("key_ops", "verify"))',
        "verifies = True",
        "a key for other operations verifies",
        TOKENS + "test_other_key_is_skipped_and_the_keys_beside_it_are_kept",
    ),
    Mutant(
        "return None if weak else key",
        "return key",
        "an RSA key of 1024 bits verifies",
        TOKENS + "test_other_key_is_skipped_and_the_keys_beside_it_are_kept",
    ),
    Mutant(
        "except jwt.PyJWTError:  # such as",
        "except ZeroDivisionError:  # such as",
        "one broken key hides all others",
        TOKENS + "test_other_key_is_skipped_and_the_keys_beside_it_are_kept",
    ),
    # Fetching them
    Mutant(
        'if not url.startswith("https://"):',
        "if False:",
        "keys come over a line that anyone can change",
        SOURCE + "test_lie_gives_no_keys_and_takes_none",
    ),
    Mutant(
        "            if len(body) > MOST_BYTES:\n",
        "            if False:\n",
        "an answer without an end fills the memory",
        SOURCE + "test_lie_gives_no_keys_and_takes_none",
    ),
    Mutant(
        "response.aiter_raw()",
        "response.aiter_bytes()",
        "a small packed answer becomes a huge one",
        SOURCE + "test_lie_gives_no_keys_and_takes_none",
    ),
    Mutant(
        "        response.raise_for_status()\n",
        "",
        "the body of an error, or of a redirect, is read as keys",
        SOURCE + "test_error_with_good_keys_in_its_body_gives_none",
    ),
    Mutant(
        "httpx.AsyncClient(transport=self.transport) as",
        "httpx.AsyncClient(transport=self.transport, verify=False) as",
        "keys come from anyone who answers",
        SOURCE + "test_no_keys_come_from_a_server_with_a_strange_certificate",
    ),
    Mutant(
        'if metadata["issuer"] != self.issuer:',
        "if False:",
        "another issuer's keys are this one's",
        SOURCE + "test_lie_gives_no_keys_and_takes_none",
    ),
    Mutant(
        "if now - self.tried_at >= FETCH_PAUSE:",
        "if True:",
        "made-up names have the issuer flooded",
        SOURCE + "test_flood_of_unknown_names_is_one_fetch_a_minute",
    ),
    Mutant(
        "if now - self.tried_at >= FETCH_PAUSE:",
        "if now - self.fetched_at >= FETCH_PAUSE:",
        "an issuer that is down is asked with every token",
        SOURCE
        + "test_flood_of_unknown_names_is_one_fetch_a_minute_while_down",
    ),
    Mutant(
        "outdated = now - self.fetched_at >= CACHE_LIFE",
        "outdated = False",
        "a withdrawn key is good for ever",
        SOURCE + "test_withdrawn_key_is_gone_after_the_cache_life",
    ),
    Mutant(
        "if self.clock() - self.fetched_at >= KEEP_LIFE:",
        "if self.clock() - self.fetched_at == math.inf:",
        "who cuts an issuer off keeps its leaked key alive",
        SOURCE + "test_keys_are_kept_for_an_hour_while_their_issuer_is_down",
    ),
    Mutant(
        "await asyncio.shield(self.fetching)",
        "await self.fetching",
        "a client that hangs up ends the fetch for all",
        SOURCE + "test_request_that_hangs_up_does_not_end_the_others_fetch",
    ),
    Mutant(
        "if outdated or kid not in self.keys:",
        "if True:",
        "each known key waits for the fetch of a made-up one",
        SOURCE + "test_unknown_name_keeps_no_request_with_a_known_key_waiting",
    ),
    Mutant(
        "asyncio.timeout(FETCH_LIMIT),",
        "asyncio.timeout(None),",
        "an issuer that never answers stops all its users",
        SOURCE + "test_fetch_that_takes_too_long_is_given_up",
    ),
    Mutant(
        'if not isinstance(jwks.get("keys"), list):',
        "if False:",
        "an answer that is no set of keys takes all keys away",
        TOKENS + "test_keys_that_are_no_array_are_refused",
    ),
    # Tokens
    Mutant(
        "if len(token) > ch01.MAX_TOKEN_LENGTH or len(parts) != 3:",
        "if len(parts) != 3:",
        "a token of any length is read",
        TOKENS + "test_token_has_a_greatest_length",
    ),
    Mutant(
        "if not marked or trust.typ not in (kind, None):",
        "if not marked:",
        "a token of another kind is an access token",
        "test_security.py::test_forged_tokens_get_401",
    ),
    Mutant(
        "if not marked or trust.typ not in (kind, None):",
        "if trust.typ not in (kind, None):",
        "Cognito's ID token is an access token",
        "test_ch09_providers.py::"
        "test_other_token_of_the_same_issuer_is_refused",
    ),
    Mutant(
        '.lower().removeprefix("application/")',
        "",
        "the other spellings of at+jwt are refused",
        TOKENS + "test_typ_may_be_spelled_in_these_ways",
    ),
    Mutant(
        "        key,\n        algorithms=[key.algorithm_name],\n",
        "        key.key,\n        algorithms=[str(header.get('alg'))],\n",
        "the token names its algorithm",
        TOKENS + "test_key_decides_the_algorithm",
    ),
    Mutant(
        "audience=trust.audience,",
        'audience=claims.get("aud"),',
        "the token says for whom it is, and is believed",
        TOKENS + "test_token_for_another_audience_is_refused",
    ),
    Mutant(
        'options={"require": ["exp", "sub", *trust.required]},',
        'options={"require": ["exp", "sub"]},',
        "an access token may have no jti",
        TOKENS + "test_required_claim_may_not_be_missing",
    ),
    Mutant(
        'options={"require": ["exp", "sub", *trust.required]},',
        'options={"require": [*trust.required]},',
        "a provider's token may be good for ever",
        TOKENS + "test_expiry_and_subject_are_required_of_every_issuer",
    ),
    Mutant(
        "    check_types(verified)\n",
        "",
        "an expiry in words is believed",
        TOKENS + "test_time_is_a_number_in_order",
    ),
    Mutant(
        " or not text.isprintable():",
        ":",
        "half a surrogate pair in a subject is a 500",
        PEOPLE + "test_text_that_no_database_stores_is_no_500",
    ),
    Mutant(
        "key = await trust.find_key(kid)",
        "key = (\n"
        "        await trust.find_key(kid)\n"
        "        or (await find_our_key(kid))\n"
        "        or (await partner_keys.find(kid))\n"
        "    )",
        "any key that we know speaks for any issuer",
        TOKENS + "test_key_of_one_issuer_speaks_for_no_other",
    ),
    # Identities and scopes
    Mutant(
        "row = session.get(IdentityRow, (issuer, subject))",
        "row = session.scalar(\n"
        "            sa.select(IdentityRow).where(\n"
        "                IdentityRow.subject == subject\n"
        "            )\n"
        "        )",
        "one issuer's subject is another's person",
        PEOPLE + "test_same_subject_of_two_issuers_is_two_persons",
    ),
    Mutant(
        "if issuer == ours.name:\n        return None if",
        "if True:\n        return None if",
        "a partner names our users by their ids",
        PEOPLE + "test_subject_that_names_a_user_of_ours_is_not_that_user",
    ),
    Mutant(
        "return None if is_denied(claims) else ch07.user_named_by(subject)",
        "return ch07.user_named_by(subject)",
        "a revoked token is good",
        PEOPLE + "test_revoked_token_is_refused_and_its_login_goes_on",
    ),
    Mutant(
        "return ch06.split_scopes(user.scopes) & named",
        "return frozenset(named)",
        "a partner grants scopes that the user does not have",
        PEOPLE + "test_scopes_are_those_of_token_and_user",
    ),
    Mutant(
        " if s.startswith(prefix)}",
        "}",
        "a scope of another API with the same name counts",
        PEOPLE + "test_scope_without_the_prefix_is_another_apis",
    ),
    Mutant(
        "if not granted >= set(required.scopes):",
        "if not granted:",
        "a token opens more than its scopes",
        PEOPLE + "test_scopes_are_those_of_token_and_user",
    ),
    Mutant(
        'if jti is None or claims["iss"] != ours.name:',
        "if jti is None:",
        "a partner's token revokes one of ours with the same jti",
        PEOPLE
        + "test_revocation_of_another_issuers_token_is_a_success_and_none",
    ),
    Mutant(
        "except (jwt.InvalidTokenError, KeysUnavailableError):",
        "except jwt.InvalidTokenError:",
        "a logout fails while a partner is down",
        PEOPLE + "test_revocation_while_a_partner_is_down_is_a_success",
    ),
    # Our issuer and the app
    Mutant(
        'more = {"aud": AUDIENCE, "client_id": client_id}',
        'more = {"client_id": client_id}',
        "our tokens are for any API",
        "test_every_app.py::test_access_token_carries_exactly_these_claims",
    ),
    Mutant(
        "signed = ours.sign(claims | more)",
        "signed = tokens.access_token or str(more)",
        "our tokens are signed with the shared secret",
        PEOPLE
        + "test_login_and_refresh_give_our_tokens_with_chapter_8s_claims",
    ),
    Mutant(
        "        KeysUnavailableError: no_keys,\n",
        "",
        "an issuer that is down is a 500",
        SOURCE + "test_app_answers_503_while_the_keys_cannot_be_had",
    ),
    Mutant(
        "    await run_in_threadpool(ch07.change_password, me, change)\n"
        "    await run_in_threadpool(ch08.end_families, "
        "FamilyRow.user_id == me.id)\n",
        "    await run_in_threadpool(ch07.change_password, me, change)\n",
        "a thief's login outlives the new password",
        PEOPLE + "test_new_password_ends_all_logins",
    ),
    Mutant(
        'await run_in_threadpool(ch07.migrate, "ch09")',
        'await run_in_threadpool(ch07.migrate, "ch08")',
        "the server starts without the table of this chapter",
        PEOPLE + "test_server_creates_what_is_missing_as_it_starts",
    ),
    Mutant(
        "async def read_users_me(current_user: Me) -> ch03.User:",
        "async def read_users_me(current_user: Me) -> StoredUser:",
        "chapter 9 answers with the hash",
        "test_every_app.py::test_own_record_is_the_public_one",
    ),
    Mutant(
        '"owner": owner.username',
        '"owner": "johndoe"',
        "every caller reads johndoe's items",
        "test_every_app.py::test_caller_reads_their_own_record_and_items",
    ),
]
