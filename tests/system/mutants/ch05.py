"""Mutants of chapter 5: one line of its security broken."""

from tests.system.mutants import Mutant

MUTANTS = [
    Mutant(
        "NO_STORE | refusal.headers",
        "refusal.headers",
        "a cache may keep a refusal",
        "test_ch05_check_it.py::test_refusal_is_written_as_it_is",
    ),
    Mutant(
        "    response.headers.update(NO_STORE)\n",
        "",
        "a cache may keep a token",
        "test_ch05_check_it.py::test_login_says_who_and_for_how_long",
    ),
    Mutant(
        "    except Exception as error:  # of any type: codecs, "
        "multipart, network",
        "    except KeyError as error:",
        "a broken upload gets an answer that no OAuth client reads",
        "test_ch05_check_it.py::test_broken_body_is_an_invalid_request",
    ),
    Mutant(
        "    if not fields:  # also after JSON, and fields in the address",
        "    if False:",
        "a login in JSON is answered as one that lacks a grant type",
        "test_ch05_check_it.py::test_body_that_is_no_form_is_called_so",
    ),
    Mutant(
        '    named = {"realm": "course", **attributes}.items()',
        "    named = attributes.items()",
        "a challenge has no attribute",
        "test_ch05_check_it.py::test_challenge_names_the_realm_first",
    ),
    Mutant(
        'fields.get("client_secret") or fields.get("client_assertion")',
        'fields.get("client_assertion")',
        "a wrong client secret in the form is ignored",
        "test_ch05_check_it.py::"
        "test_credentials_of_a_client_are_detected_in_the_form",
    ),
    Mutant(
        'fields.get("client_secret") or fields.get("client_assertion")',
        'fields.get("client_secret")',
        "a client assertion is ignored",
        "test_ch05_check_it.py::"
        "test_credentials_of_a_client_are_detected_in_the_form",
    ),
    Mutant(
        '        if scheme.lower() != "basic" or basic.partition(b":")[2]:',
        '        if scheme.lower() != "basic":',
        "a wrong client secret in the header is ignored",
        "test_ch05_check_it.py::test_credentials_of_a_client_are_detected",
    ),
    Mutant(
        '        if scheme.lower() != "basic" or basic.partition(b":")[2]:',
        '        if basic.partition(b":")[2]:',
        "a client that tries Digest is not noticed",
        "test_ch05_check_it.py::test_credentials_of_a_client_are_detected",
    ),
    Mutant(
        'for header in request.headers.getlist("Authorization"):',
        'for header in request.headers.getlist("Authorization")[:1]:',
        "a second header hides a client's secret",
        "test_ch05_check_it.py::test_credentials_of_a_client_are_detected",
    ),
    Mutant(
        "    if any(names.count(name) > 1 for name in "
        "PasswordGrant.model_fields):",
        "    if False:",
        "of two passwords the last one counts",
        "test_ch05_check_it.py::test_first_broken_rule_decides",
    ),
    Mutant(
        '    if fields.get("grant_type", "") not in ("", "password"):',
        "    if False:",
        "another grant type logs in with a password",
        "test_ch05_check_it.py::test_first_broken_rule_decides",
    ),
    Mutant(
        "grant_type: str = Field(min_length=1)",
        'grant_type: str = ""',
        "a login needs no grant type",
        "test_ch05_check_it.py::test_first_broken_rule_decides",
    ),
    Mutant(
        "password: str = Field(min_length=1)",
        "password: str",
        "an empty password is verified",
        "test_ch05_check_it.py::test_first_broken_rule_decides",
    ),
    Mutant(
        'challenge("Basic"))',
        "challenge())",
        "a client is asked for a bearer token, not for its secret",
        "test_conformance.py::"
        "test_chapter_meets_what_it_says_it_meets_and_nothing_else",
    ),
    Mutant(
        "        if sent + "
        'len(request.query_params.getlist("access_token")) > 1:',
        "        if False:",
        "of two tokens the first one counts",
        "test_ch05_check_it.py::test_token_is_read_from_one_header_alone",
    ),
    Mutant(
        'sent + len(request.query_params.getlist("access_token")) > 1',
        "sent > 1",
        "a second token in the address is not noticed",
        "test_ch05_check_it.py::test_token_is_read_from_one_header_alone",
    ),
    Mutant(
        "    if subject != subject_of(username):\n        return None\n",
        "",
        "a subject of another kind that shares a user's name is the user",
        "test_ch05_check_it.py::test_other_subjects_name_nobody",
    ),
    Mutant(
        'NAMESPACE + quote(username, safe="", errors="replace")',
        "NAMESPACE + username",
        "a subject with a space is no URI",
        "test_ch05_check_it.py::test_subject_is_a_uri",
    ),
    Mutant(
        "return None if user is None or user.disabled else user",
        "return user",
        "a disabled user's token stays good",
        "test_ch05_check_it.py::test_every_user_has_a_subject_that_leads_back",
    ),
    Mutant(
        "if user is None or user.disabled:\n        raise OAuth",
        "if user is None:\n        raise OAuth",
        "a disabled user logs in",
        "test_ch05_check_it.py::"
        "test_disabled_user_is_refused_like_an_unknown_one",
    ),
    Mutant(
        "    except jwt.InvalidTokenError as error:",
        "    except jwt.ExpiredSignatureError as error:",
        "most bad tokens are a 500",
        "test_ch05_check_it.py::test_refusal_keeps_its_reason_to_itself",
    ),
    Mutant(
        "    if user is None:\n        raise refusal",
        "    if False:\n        raise refusal",
        "a deleted user goes on as None: a 500",
        "test_ch05_check_it.py::test_token_of_chapter_4_names_nobody_here",
    ),
    Mutant(
        'create_access_token({"sub": subject_of(user.username)})',
        "create_access_token(\n"
        '        user.model_dump() | {"sub": subject_of(user.username)}\n'
        "    )",
        "a token carries the whole record, hash and e-mail included",
        "test_every_app.py::test_access_token_carries_exactly_these_claims",
    ),
    Mutant(
        '"owner": current_user.username',
        '"owner": "johndoe"',
        "every caller reads johndoe's items",
        "test_every_app.py::test_caller_reads_their_own_record_and_items",
    ),
    Mutant(
        "async def read_users_me(current_user: CurrentUser) -> ch03.User:",
        "async def read_users_me(current_user: CurrentUser) -> ch03.UserInDB:",
        "chapter 5 answers with the hash",
        "test_every_app.py::test_own_record_is_the_public_one",
    ),
    Mutant(
        "def login_for_access_token(",
        "async def login_for_access_token(",
        "bcrypt stops the event loop, and every other request with it",
        "test_every_app.py::test_login_runs_in_the_thread_pool",
    ),
    Mutant(
        "    redirect_slashes=False,  # a redirect would repeat the "
        "password\n",
        "",
        "a login at /token/ is sent on, password included, to any host",
        "test_every_app.py::"
        "test_login_at_a_path_with_a_slash_is_not_redirected",
    ),
    Mutant(
        "        RequestValidationError: ch04.refuse_form,\n",
        "",
        "a 422 repeats what was sent",
        "test_every_app.py::"
        "test_malformed_field_of_a_new_endpoint_is_not_repeated",
    ),
    Mutant(
        "    username: str = Field(min_length=1)",
        "    username: str",
        "an empty username is looked up",
        "test_ch05_check_it.py::test_missing_field_is_named",
    ),
]
