"""Mutants of chapter 12: one line of its security broken."""

from tests.system.mutants import Mutant

AUTHORIZATION = "test_ch12_authorization.py::"
CODES = "test_ch12_codes.py::"
SESSIONS = "test_ch12_sessions.py::"
SHOP = "test_ch12_shop.py::"
OTHERS = "test_ch12_browser_clients.py::"

MUTANTS = [
    # The login page
    Mutant(
        "asked.redirect_uri not in client.redirect_uris",
        "not asked.redirect_uri.startswith(client.redirect_uris)",
        "a code goes to any address that begins as the shop's",
        AUTHORIZATION + "test_other_address_is_never_redirected_to",
    ),
    Mutant(
        " or asked.redirect_uri not in client.redirect_uris:\n",
        ":\n",
        "a code goes to any address",
        AUTHORIZATION + "test_other_address_is_never_redirected_to",
    ),
    Mutant(
        "asked.redirect_uri not in client.redirect_uris",
        "all(asked.redirect_uri not in c[1] for c in CLIENTS.values())",
        "a code goes to the address of another client",
        AUTHORIZATION + "test_address_of_another_client_is_not_redirected_to",
    ),
    Mutant(
        'asked.code_challenge_method != "S256"',
        'asked.code_challenge_method not in ("S256", "plain")',
        "a thief of the request knows the verifier",
        AUTHORIZATION + "test_client_is_told_what_is_wrong",
    ),
    Mutant(
        '"[A-Za-z0-9_-]{43}"',
        '".{43}"',
        "a challenge that is none is a crash later",
        AUTHORIZATION + "test_client_is_told_what_is_wrong",
    ),
    Mutant(
        "    if any(len(sent.getlist(name)) > 1 for name in names):\n",
        "    if False:\n",
        "two addresses: who reads which?",
        AUTHORIZATION + "test_parameter_that_comes_twice_is_refused",
    ),
    Mutant(
        "RedirectResponse(url, 303, PAGE_HEADERS)",
        "RedirectResponse(url, 307, PAGE_HEADERS)",
        "the password is sent to the client",
        (
            AUTHORIZATION
            + "test_good_request_sees_the_page_and_then_gets_a_code"
        ),
    ),
    Mutant(
        '    result |= {"iss": ch09.ours.name}\n',
        "",
        "an answer does not say who gives it",
        AUTHORIZATION + "test_answer_has_no_state_if_none_was_sent",
    ),
    Mutant(
        "{n: escape(t) for n, t in texts.items()}",
        "dict(texts)",
        "a text in a page is HTML",
        OTHERS + "test_text_in_a_page_is_written_as_html_writes_it",
    ),
    Mutant(
        "\"default-src 'self'; frame-ancestors 'none'\"",
        "\"default-src 'self'\"",
        "another page shows the login page in a frame",
        (AUTHORIZATION + "test_page_is_stored_framed_and_referred_to_nowhere"),
    ),
    Mutant(
        '    check_form_token(request, sent["form_token"])\n',
        "",
        "a page of the attacker sends the login form",
        AUTHORIZATION + "test_form_token_of_another_browser_is_refused",
    ),
    Mutant(
        "if not known or not secrets",
        "if not secrets",
        "no cookie and no token are alike",
        AUTHORIZATION + "test_empty_cookie_is_no_form_token",
    ),
    Mutant(
        '    if sent["decision"] != "allow":\n',
        '    if sent["decision"] == "deny":\n',
        "a form without a button is a consent",
        AUTHORIZATION + "test_user_who_does_not_allow_it_gives_no_code",
    ),
    Mutant(
        (
            "check = ch11.authenticate_active_user\n"
            "    user = await ch11.check_password("
            "request, name, check, name, password)\n"
            "    if user is None:"
        ),
        (
            "check = ch07.authenticate_user\n"
            "    user = await ch11.check_password("
            "request, name, check, name, password)\n"
            "    if user is None or user.disabled:"
        ),
        "a disabled user's password can be guessed without end",
        (
            AUTHORIZATION
            + "test_right_password_of_a_disabled_user_resets_no_counter"
        ),
    ),
    Mutant(
        '.encode("utf-8", "replace").decode()\n\n\ndef read_auth',
        "\n\n\ndef read_auth",
        "half a letter in a form is a crash",
        AUTHORIZATION + "test_form_with_half_a_letter_is_no_crash",
    ),
    # Codes
    Mutant(
        "code = secrets.token_urlsafe(32)",
        "code = secrets.token_urlsafe(15)",
        "a code has 120 bits",
        CODES + "test_code_has_256_random_bits",
    ),
    Mutant(
        "code_hash=ch08.hash_token(code)",
        "code_hash=code",
        "a copy of the table is a copy of all codes",
        CODES + "test_table_holds_the_hash_of_a_code_alone",
    ),
    Mutant(
        "secrets.compare_digest(challenge, row.code_challenge)",
        "True",
        "a stolen code needs no verifier",
        CODES + "test_code_buys_nothing_for",
    ),
    Mutant(
        "        and 43 <= len(grant.code_verifier) <= 128\n",
        "",
        "a verifier may be short enough to be guessed",
        CODES + "test_verifier_has_43_to_128_signs",
    ),
    Mutant(
        "        and grant.client_id == row.client_id\n",
        "",
        "a code is for any client",
        CODES + "test_code_buys_nothing_for",
    ),
    Mutant(
        "        and grant.redirect_uri == row.redirect_uri\n",
        "",
        "a code is for any address",
        CODES + "test_code_buys_nothing_for",
    ),
    Mutant(
        "        and row.password_changed_at == user.password_changed_at\n",
        "",
        "a code outlives the password that it was given for",
        CODES + "test_code_of_a_user_who_was_changed_buys_nothing",
    ),
    Mutant(
        "        and row.expires_at > datetime.now(UTC)\n",
        "",
        "a code lives for ever",
        CODES + "test_code_lives_for_one_minute",
    ),
    Mutant(
        ".values(uses=CodeRow.uses + 1)",
        ".values(uses=1)",
        "a code works twice",
        CODES + "test_second_use_is_refused_and_ends_the_first",
    ),
    Mutant(
        "        ch08.end_families(ch08.FamilyRow.id == row.family_id)\n",
        "        pass\n",
        "a code that was stolen leaves the thief's tokens alive",
        CODES + "test_second_use_is_refused_and_ends_the_first",
    ),
    Mutant(
        ".where(CodeRow.code_hash == row.code_hash, CodeRow.uses == 1)",
        ".where(CodeRow.code_hash == row.code_hash)",
        "a code that is used again meanwhile leaves live tokens",
        CODES + "test_code_used_again_in_the_middle_of_its_first_use",
    ),
    Mutant(
        'if grant_type == "password" and not PASSWORD_GRANT:',
        "if False:",
        "the password grant cannot be switched off",
        CODES + "test_password_is_an_unsupported_grant",
    ),
    Mutant(
        "    response.headers.update(ch05.NO_STORE)\n",
        "",
        "tokens are kept by a cache",
        CODES + "test_tokens_from_a_code_are_stored_by_no_cache",
    ),
    # Sessions
    Mutant(
        "httponly=True",
        "httponly=False",
        "any script in the page reads the session",
        (SESSIONS + "test_cookie_is_sent_to_this_host_alone_and_to_no_script"),
    ),
    Mutant(
        "secure=True",
        "secure=False",
        "the session is sent without TLS",
        (SESSIONS + "test_cookie_is_sent_to_this_host_alone_and_to_no_script"),
    ),
    Mutant(
        'SESSION_COOKIE = "__Host-session"',
        'SESSION_COOKIE = "session"',
        "a neighbouring domain plants a session",
        (SESSIONS + "test_cookie_is_sent_to_this_host_alone_and_to_no_script"),
    ),
    Mutant(
        "SessionRow(id_hash=ch08.hash_token(session_id))",
        "SessionRow(id_hash=session_id)",
        "a copy of the table is a copy of all sessions",
        SESSIONS + "test_session_id_has_256_bits_and_is_stored_as_a_hash",
    ),
    Mutant(
        "    check_from_page(request)\n    user",
        "    user",
        "login CSRF at the session",
        SESSIONS + "test_login_that_another_page_may_have_sent_is_refused",
    ),
    Mutant(
        'if request.method not in ("GET", "HEAD"):',
        "if False:",
        "another page ends the session",
        SESSIONS + "test_logout_that_another_page_may_have_sent_is_refused",
    ),
    Mutant(
        "        .where(row, ch08.FamilyRow.ended_at.is_(None))\n",
        "        .where(row)\n",
        "a logout everywhere leaves sessions alive",
        SESSIONS + "test_session_ends_with",
    ),
    Mutant(
        "        .where(ch08.FamilyRow.expires_at > datetime.now(UTC))\n",
        "",
        "a session lives for ever",
        SESSIONS + "test_session_ends_with_its_login",
    ),
    Mutant(
        "    return user if same else None",
        "    return user",
        "a session outlives its password",
        SESSIONS + "test_session_ends_with",
    ),
    Mutant(
        "        ended = ch08.FamilyRow.id == family.id\n",
        "        ended = ch08.FamilyRow.user_id == family.user_id\n",
        "a logout ends all logins",
        SESSIONS + "test_logout_ends_this_session_alone",
    ),
    Mutant(
        "        await run_in_threadpool(ch08.end_families, ended)\n",
        "        pass\n",
        "a logout only deletes the cookie",
        SESSIONS + "test_logout_ends_the_session_in_the_database",
    ),
    # Other origins, and the WebSocket
    Mutant(
        '.startswith(("/authorize", "/session"))',
        ".startswith(())",
        "scripts of other origins may read the login page",
        OTHERS + "test_no_other_origin_may_log_anybody_in",
    ),
    Mutant(
        "allow_origins=PAGE_ORIGINS",
        'allow_origins=["*"]',
        "every page may call the API",
        OTHERS + "test_page_of_another_origin_may_not",
    ),
    Mutant(
        'allow_headers=["Authorization"]',
        'allow_headers=["Authorization", "X-From-Page"]',
        "other pages may send the header of our page",
        OTHERS + "test_other_header_is_not_allowed",
    ),
    Mutant(
        'allow_methods=["GET", "POST", "DELETE"]',
        'allow_methods=["GET", "POST"]',
        "a page cannot log out everywhere",
        OTHERS + "test_page_of_the_shop_may_call_the_api",
    ),
    Mutant(
        'expose_headers=["WWW-Authenticate", "Retry-After"]',
        "expose_headers=[]",
        "a page cannot read why it is refused",
        OTHERS + "test_page_of_the_shop_may_call_the_api",
    ),
    Mutant(
        'SecurityScopes(["me"])',
        "SecurityScopes([])",
        "a token for items opens the WebSocket",
        OTHERS + "test_websocket_needs_the_scope_of_the_record",
    ),
    # The shop
    Mutant(
        'visit.tokens or sent.get("state") != visit.state',
        "visit.tokens",
        "a visitor shops in the attacker's account",
        SHOP + "test_answer_counts_in_the_browser_that_asked_alone",
    ),
    Mutant(
        'if sent.get("iss") != ch09.ours.name or "code" not in sent:',
        'if "code" not in sent:',
        "an answer from any server counts",
        SHOP + "test_answer_from_another_issuer_sends_no_code_anywhere",
    ),
    Mutant(
        "        self.visits.add(response, Visit(tokens=visit.tokens))\n",
        (
            '        planted = request.cookies["__Host-login"]\n'
            "        self.visits[ch08.hash_token(planted)] = visit\n"
            '        set_cookie(response, "__Host-shop", planted)\n'
        ),
        "a cookie that an attacker planted is logged in",
        SHOP + "test_cookie_that_an_attacker_planted_is_not_logged_in",
    ),
    Mutant(
        'client.get(f"/{path}", headers=bearer)',
        "client.get(path, headers=bearer)",
        "a link makes the shop send the token to another host",
        SHOP + "test_token_is_sent_to_no_other_host",
    ),
    Mutant(
        "visit is None or visit.tokens or",
        "visit is None or",
        "a page that is loaded again ends the login",
        SHOP + "test_answer_counts_once",
    ),
    Mutant(
        'Visits("__Host-login", "lax",',
        'Visits("__Host-login", "strict",',
        "the shop does not know the browser that comes back",
        (SHOP + "test_cookie_comes_along_with_the_redirect_of_another_site"),
    ),
    Mutant(
        'Visits("__Host-shop", "strict",',
        'Visits("__Host-login", "lax",',
        "a link of another page logs a visitor out",
        SHOP + "test_link_of_another_page_to_the_login_logs_nobody_out",
    ),
    Mutant(
        "        if len(self) >= self.most:\n",
        "        if len(self) > self.most:\n",
        "one visit more is remembered than was said",
        SHOP + "test_oldest_login_makes_room_for_the_next",
    ),
    Mutant(
        "visit if visit and visit.begun > too_old else None",
        "visit",
        "a visit has no end",
        SHOP + "test_user_is_forgotten_when_the_token_has_expired",
    ),
    # Clients, and what they are told
    Mutant(
        "    if client_id not in (None, grant.client_id):",
        "    if client_id and grant.client_id not in CLIENTS:",
        "any client refreshes any login",
        CODES + "test_refresh_of_one_client_finds_its_own_login",
    ),
    Mutant(
        "    if client_id not in (None, grant.client_id):",
        '    if client_id not in (None, grant.client_id or "shop"):',
        "a client need not say its name",
        (
            CODES
            + "test_refresh_token_of_another_client_is_refused_and_lives_on"
        ),
    ),
    Mutant(
        "where(same, owns(refresh_token))",
        "where(same)",
        "one client's login is taken for another's",
        CODES + "test_refresh_of_one_client_finds_its_own_login",
    ),
    Mutant(
        "    if await client_of_token(form.token) not in "
        "(None, form.client_id):\n",
        "    if False:\n",
        "any client revokes any token",
        CODES + "test_token_of_another_client_is_not_revoked",
    ),
    Mutant(
        "not in (None, form.client_id):",
        'not in (None, form.client_id or "shop"):',
        "a client that revokes a token need not say its name",
        CODES + "test_token_of_another_client_is_not_revoked",
    ),
    Mutant(
        "        return await run_in_threadpool(client_of_login, token)\n",
        "        return None\n",
        "any client revokes any refresh token",
        CODES + "test_token_of_another_client_is_not_revoked",
    ),
    Mutant(
        'claims["client_id"] if issued_here else None\n',
        "None\n",
        "any client revokes any access token",
        CODES + "test_token_of_another_client_is_not_revoked",
    ),
    Mutant(
        'claims["client_id"] if issued_here else None\n',
        'claims["client_id"]\n',
        "a client is told that it has a token of another issuer",
        (
            CODES
            + "test_revocation_of_another_issuers_token_is_a_success_and_none"
        ),
    ),
    Mutant(
        "None if client_id == ch09.CLIENT_ID else client_id",
        "client_id",
        "a user who logged in by password cannot log out",
        (
            CODES
            + "test_token_of_a_login_by_password_is_revoked_for_any_client"
        ),
    ),
    Mutant(
        "        claims = await ch09.read_access_token(token)\n",
        "        _, claims = ch09.unverified(token)\n",
        "a forged token is taken for the shop's",
        (
            CODES
            + "test_revocation_of_an_invalid_token_is_a_success_for_any_client"
        ),
    ),
    Mutant(
        "Annotated[ClientRevocation, Depends(read_revocation)]",
        "Annotated[ClientRevocation, Depends(ch08.read_revocation)]",
        "the app asks no client whose token it is",
        CODES + "test_token_of_another_client_is_not_revoked",
    ),
    Mutant(
        "sign_afresh(redeem(grant), grant.client_id)",
        "sign_afresh(redeem(grant))",
        "an API takes the shop for our own page",
        CODES + "test_access_token_names_its_client_after_each_refresh",
    ),
    Mutant(
        "sign_afresh(tokens, client_id or ch09.CLIENT_ID)",
        "sign_afresh(tokens)",
        "after a refresh an API takes the shop for our own page",
        CODES + "test_access_token_names_its_client_after_each_refresh",
    ),
    Mutant(
        "datetime.now(UTC) - ch08.LOGIN_LIFETIME",
        "datetime.now(UTC) - timedelta(days=1)",
        "after a day any client refreshes any login",
        CODES + "test_codes_are_forgotten_when_their_logins_have_ended",
    ),
    Mutant(
        '["password"] * PASSWORD_GRANT',
        '["password"]',
        "metadata promise a grant that is switched off",
        CODES + "test_metadata_says_which_requests_are_taken",
    ),
]
