"""Mutants of chapter 13: one line of its security broken."""

from tests.system.mutants import Mutant

SHIP = "test_ch13_ship_it.py::"
LOGS = "test_ch13_logs.py::"
WORK = "test_ch13_items_and_roles.py::"

MUTANTS = [
    # Settings
    Mutant(
        "if len(secret) < 32:",
        "if len(secret) < 31:",
        "a key of 31 bytes signs",
        SHIP + "test_weak_key_is_refused_and_not_repeated",
    ),
    Mutant(
        "    if len(secret) < 32:\n"
        '        raise ValueError("a key has at least 32 bytes")\n',
        "",
        "a short key signs",
        SHIP + "test_weak_key_is_refused_and_not_repeated",
    ),
    Mutant(
        "secret = key.get_secret_value().encode()",
        "secret = key.get_secret_value()  # type: ignore[assignment]",
        "letters are counted, not bytes",
        SHIP + "test_key_of_32_bytes_is_accepted",
    ),
    Mutant(
        '"570dad43de1af4c925f92c16a68a50936da42b7dd6fdeb24850507a1199aac89",',
        "",
        "the key of the tutorial signs",
        SHIP + "test_weak_key_is_refused_and_not_repeated",
    ),
    Mutant(
        "    hashlib.sha256(ch03.TEACHING_KEY.encode()).hexdigest(),\n",
        "",
        "the teaching key signs",
        SHIP + "test_teaching_key_is_refused",
    ),
    Mutant(
        "if hashlib.sha256(secret).hexdigest() in PUBLISHED:",
        "if secret.decode() in PUBLISHED:",
        "a published key signs",
        SHIP + "test_weak_key_is_refused_and_not_repeated",
    ),
    Mutant(
        "        hide_input_in_errors=True,  # it would be a secret\n",
        "",
        "an error message repeats a key",
        SHIP + "test_weak_key_in_a_file_or_the_environment_is_not_repeated",
    ),
    Mutant(
        "        frozen=True,\n",
        "",
        "settings change while the service runs",
        SHIP + "test_settings_show_no_key_and_do_not_change",
    ),
    Mutant(
        "list[GoodKey], NoDecode, BeforeValidator(split), Field(min_length=1)",
        "list[GoodKey], NoDecode, BeforeValidator(split)",
        "the service starts without any key",
        SHIP + "test_empty_list_is_none",
    ),
    Mutant(
        "GoodKey: TypeAlias = Annotated[SecretStr, AfterValidator(good_key)]",
        "GoodKey: TypeAlias = SecretStr",
        "any key signs",
        SHIP + "test_weak_key_is_refused_and_not_repeated",
    ),
    Mutant(
        'Field(pattern="^https://")',
        'Field(pattern="https?://")',
        "the issuer is reached by plain http",
        SHIP + "test_issuer_is_an_https_address",
    ),
    Mutant(
        "list[Host], NoDecode, BeforeValidator(split), Field(min_length=1)\n"
        "    ]\n",
        'list[str], NoDecode, BeforeValidator(split)\n    ] = ["*"]\n',
        "the service answers to any host",
        SHIP + "test_service_does_not_start_without",
    ),
    Mutant(
        "password_grant: bool = False",
        "password_grant: bool = True",
        "a password buys tokens unless that is switched off",
        SHIP + "test_what_is_not_set_is_what_is_safe",
    ),
    Mutant(
        "docs: bool = False",
        "docs: bool = True",
        "the documents are published unless that is switched off",
        SHIP + "test_what_is_not_set_is_what_is_safe",
    ),
    # Keys
    Mutant(
        "number = int.from_bytes("
        "kdf.derive(secret.get_secret_value().encode()))",
        'number = int.from_bytes(kdf.derive(b"secret"))',
        "all services have the same private key",
        SHIP
        + "test_key_is_the_same_in_every_worker_and_another_for_each_secret",
    ),
    Mutant(
        'info=b"access tokens"',
        'info=b"ours-1"',
        "a secret for two purposes gives one key",
        SHIP + "test_key_of_a_secret_is_not_one_of_chapter_9s",
    ),
    Mutant(
        'for name in ("crv", "kty", "x", "y")',
        'for name in ("crv", "kty", "x")',
        "two keys may have one name",
        SHIP + "test_kid_is_the_thumbprint_of_rfc_7638",
    ),
    Mutant(
        'separators=(",", ":"), ',
        "",
        "no other program finds the same name for a key",
        SHIP + "test_kid_is_the_thumbprint_of_rfc_7638",
    ),
    Mutant(
        'return ch09.SigningKey(kid, "ES256", private)',
        'return ch09.SigningKey("ours-1", "ES256", private)',
        "after a change of keys, two keys have one name",
        SHIP + "test_keys_change_in_three_deployments",
    ),
    # Logs
    Mutant(
        "(?: bearer | basic ) [ ]+",
        "(?: bearer ) [ ]+",
        "a log has passwords of Basic",
        LOGS + "test_secret_is_taken_out_and_nothing_else",
    ),
    Mutant(
        "code | code_verifier | state",
        "code_verifier | state",
        "a log has authorization codes",
        LOGS + "test_access_log_has_the_path_without_the_secret",
    ),
    Mutant(
        " | __Host-\\w+\n",
        "\n",
        "a log has the cookies of sessions",
        LOGS + "test_secret_is_taken_out_and_nothing_else",
    ),
    Mutant(
        "\\w{0,20} (?: password | token | secret ) \\w{0,20}",
        "(?: password | token | secret )",
        "a log has access tokens and new passwords",
        LOGS + "test_secret_is_taken_out_and_nothing_else",
    ),
    Mutant(
        "(?: [\"']:[ ]? | = )",
        "=",
        "a log has the secrets in JSON",
        LOGS + "test_secret_is_taken_out_and_nothing_else",
    ),
    Mutant(
        "(?: ([\"']) .*? \\2 | [\"']? [^\\s&\"']+ )",
        "(?: ([\"'])? [^\\s&\"']+ )",
        "a log has all of a password but its first word",
        LOGS + "test_secret_is_taken_out_and_nothing_else",
    ),
    Mutant(
        "      | (?<! [\\w-] ) eyJ [\\w-]* \\. [\\w-]* \\. [\\w-]*",
        "",
        "a log has tokens that no name announces",
        LOGS + "test_jwt_is_taken_out_wherever_it_is",
    ),
    Mutant(
        "    re.IGNORECASE | re.VERBOSE,\n",
        "    re.VERBOSE,\n",
        "a log has what comes after a name in capitals",
        LOGS + "test_secret_is_taken_out_and_nothing_else",
    ),
    Mutant(
        "            record.args = {name: redact(value) "
        "for name, value in named}\n",
        "            record.args = dict(named)\n",
        "a log has named arguments",
        LOGS + "test_record_keeps_no_secret_among_its_arguments",
    ),
    Mutant(
        "            record.args = tuple(map(redact, record.args))\n",
        "            pass\n",
        "uvicorn's log has what the address has",
        LOGS + "test_access_log_has_the_path_without_the_secret",
    ),
    Mutant(
        "            record.msg, record.args = redact(message), ()\n",
        "            pass\n",
        "a name in the message hides nothing in the arguments",
        LOGS + "test_record_is_written_without_the_secret",
    ),
    Mutant(
        "            record.exc_text = str(redact(lines))\n",
        "            record.exc_text = lines\n",
        "a traceback has passwords",
        LOGS + "test_traceback_is_written_without_the_secret",
    ),
    Mutant(
        "        record.args = ()\n        return str(record.msg)\n",
        "        return str(record.msg)\n",
        "a wrong log call is reported with its arguments",
        LOGS + "test_record_is_written_without_the_secret",
    ),
    Mutant(
        "    except (KeyError, TypeError, ValueError):\n        record.args",
        "    except ValueError:\n        record.args",
        "a wrong log call ends the request",
        LOGS + "test_record_is_written_without_the_secret",
    ),
    Mutant(
        'for name in ("", "uvicorn", "uvicorn.access"):',
        'for name in ("", "uvicorn"):',
        "the access log is written as it is",
        LOGS + "test_filter_is_installed_on_every_handler",
    ),
    # Closed routes
    Mutant(
        "        return not CALLER_GUARDS.isdisjoint(calls_in(dependant))\n",
        "        return bool(list(calls_in(dependant)))\n",
        "any dependency is taken for a guard",
        SHIP + "test_app_does_not_start_whose_route",
    ),
    Mutant(
        "    return route.path in DOCUMENTS\n",
        "    return True\n",
        "an app that is mounted is open to anybody",
        SHIP + "test_app_does_not_start_whose_route",
    ),
    Mutant(
        "    if isinstance(dependant, Dependant):\n",
        "    if route.path not in DOCUMENTS and "
        "isinstance(dependant, Dependant):\n",
        "a route of one's own at /docs is open to anybody",
        SHIP
        + "test_route_of_ones_own_at_the_path_of_a_document_has_to_say_it",
    ),
    Mutant(
        "    if paths:\n",
        "    if len(paths) > 1:\n",
        "one open route is one too many",
        SHIP + "test_app_does_not_start_whose_route",
    ),
    Mutant(
        "    refuse_open_routes(app)\n    app.add_middleware",
        "    app.add_middleware",
        "the app starts with open routes",
        SHIP + "test_all_open_routes_are_named_and_no_others",
    ),
    Mutant(
        '@guarded.get("/status/")\n'
        "async def read_system_status(current_user: CurrentUser)",
        '@public.get("/status/")\nasync def read_system_status()',
        "a route is open that was not",
        SHIP + "test_routes_that_are_open_are_these_and_no_others",
    ),
    # Items and roles
    Mutant(
        "    mine = sa.select(ItemRow).where(ItemRow.owner_id == owner.id)\n",
        "    mine = sa.select(ItemRow)\n",
        "a user lists the items of all",
        WORK + "test_each_user_lists_their_own",
    ),
    Mutant(
        "    mine = ItemRow.id == item_id, ItemRow.owner_id == owner.id\n",
        "    mine = (ItemRow.id == item_id,)\n",
        "a user reads and deletes the items of all",
        WORK + "test_another_users_item_is_one_that_does_not_exist",
    ),
    Mutant(
        ".where(ItemRow.id == item.id, ItemRow.owner_id == owner.id)",
        ".where(ItemRow.id == item.id)",
        "an item is deleted that has changed hands",
        WORK + "test_delete_asks_once_more_whose_the_item_is",
    ),
    Mutant(
        'raise HTTPException(404, "there is no such item of yours")',
        "raise HTTPException(404 if item_id.int % 2 else 403)",
        "an answer tells which items exist",
        WORK + "test_another_users_item_is_one_that_does_not_exist",
    ),
    Mutant(
        "row = ItemRow(owner_id=owner.id, title=new.title)",
        "row = ItemRow(owner_id=session.scalars(sa.select(ch07.UserRow.id)"
        ".where(ch07.UserRow.id != owner.id)).first(), title=new.title)",
        "an item is another user's",
        WORK + "test_owner_adds_reads_and_deletes_an_item",
    ),
    Mutant(
        "return session.get(RoleRow, (user.id, role)) is not None",
        "return session.scalar(sa.select(RoleRow).where("
        "RoleRow.user_id == user.id)) is not None",
        "any role is every role",
        WORK + "test_all_scopes_without_the_role_list_no_users",
    ),
    Mutant(
        "return session.get(RoleRow, (user.id, role)) is not None",
        "return session.scalar(sa.select(RoleRow).where("
        "RoleRow.role == role)) is not None",
        "a role of one user is everybody's",
        WORK + "test_all_scopes_without_the_role_list_no_users",
    ),
    Mutant(
        "async def administrator(me: Me)",
        "async def administrator(me: CurrentUser)",
        "a role needs no scope",
        WORK + "test_role_without_the_scope_lists_no_users",
    ),
    Mutant(
        'if not await run_in_threadpool(has_role, me, "administrator"):',
        "if False:",
        "every user is an administrator",
        WORK + "test_all_scopes_without_the_role_list_no_users",
    ),
    Mutant(
        "async def read_items(owner: Owner)",
        "async def read_items(owner: Me)",
        "items are read without their scope",
        WORK + "test_token_needs_both_scopes_for_items",
    ),
    Mutant(
        "async def create_item(new: NewItem, owner: Owner)",
        "async def create_item(new: NewItem, owner: Me)",
        "items are added without their scope",
        WORK + "test_token_needs_both_scopes_for_items",
    ),
    Mutant(
        "async def own_item(item_id: UUID, owner: Owner)",
        "async def own_item(item_id: UUID, owner: Me)",
        "an item is read without its scope",
        WORK + "test_token_needs_both_scopes_for_items",
    ),
    # Hosts, headers, bodies, health
    Mutant(
        "    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts)\n",
        "",
        "a link in a mail leads to the attacker's host",
        SHIP + "test_service_answers_to_its_own_names_alone",
    ),
    Mutant(
        "    app.add_middleware(ch12.CORSForAPI)\n",
        '    app.add_middleware(ch12.CORSMiddleware, allow_origins=["*"])\n',
        "pages of all origins read the login page",
        SHIP + "test_page_of_the_shop_may_call_the_api_and_log_nobody_in",
    ),
    Mutant(
        "    app.add_middleware(SafeHeaders)\n",
        "",
        "a browser guesses what an answer is, and comes back by http",
        SHIP + "test_answer_has_the_headers",
    ),
    Mutant(
        '                if scope["scheme"] == "https":  # RFC 6797 §7.2\n',
        "                if True:\n",
        "plain http claims to be https",
        SHIP + "test_plain_http_hears_nothing_of_https",
    ),
    Mutant(
        "    max_body_size=MOST_BODY_BYTES,\n",
        "",
        "a body of any length is read",
        SHIP + "test_body_of_unknown_length_is_not_read_to_its_end",
    ),
    Mutant(
        '    ch11.strategy.get_window_stats(ch11.FOR_ALL[0], "all")\n',
        "",
        "a service without its counters says that it is ready",
        SHIP + "test_service_without_its_counters_is_not_ready",
    ),
    Mutant(
        "        session.execute(sa.select(1))\n",
        "        pass\n",
        "a service without its database says that it is ready",
        SHIP + "test_service_without_its_database_is_alive_and_not_ready",
    ),
    Mutant(
        '    """Answer: the process runs. If nothing comes, restart it."""\n',
        "    await run_in_threadpool(check_stores)\n",
        "a service is restarted because its database is away",
        SHIP + "test_service_without_its_database_is_alive_and_not_ready",
    ),
    # What earlier chapters gave
    Mutant(
        "    await run_in_threadpool(ch11.count_address, host)\n    try:",
        "    try:",
        "anybody signs up without end",
        SHIP + "test_sign_ups_count_by_address",
    ),
    Mutant(
        "        await run_in_threadpool(ch11.take_back, host)\n",
        "",
        "a full queue locks out those who try again",
        SHIP + "test_sign_up_that_finds_the_queue_full_does_not_count",
    ),
    Mutant(
        "request, name, ch11.authenticate_active_user, name, password",
        "request, name, ch07.authenticate_user, name, password",
        "a disabled user logs in",
        SHIP + "test_disabled_user_gets_no_token",
    ),
    Mutant(
        "    user = await ch11.check_password(\n"
        "        request, name, ch11.authenticate_active_user, "
        "name, password\n    )\n",
        "    user = await run_in_threadpool(\n"
        "        ch11.authenticate_active_user, name, password\n    )\n",
        "guesses are not counted",
        SHIP + "test_guesses_are_counted",
    ),
    Mutant(
        "    return ch09.sign_afresh(tokens)\n",
        "    return tokens\n",
        "tokens are signed with chapter 8's secret",
        SHIP + "test_tokens_are_signed_by_the_issuer_and_for_the_api",
    ),
    Mutant(
        "    response.headers.update(ch05.NO_STORE)\n",
        "",
        "a cache keeps tokens",
        SHIP + "test_code_buys_tokens_that_are_refreshed_and_revoked",
    ),
    Mutant(
        "    await ch09.revoke(form.token)\n",
        "",
        "a token that was revoked goes on",
        SHIP + "test_revoked_access_token_is_refused",
    ),
    Mutant(
        "Annotated[ch12.ClientRevocation, Depends(ch12.read_revocation)]",
        "Annotated[ch08.Revocation, Depends(ch08.read_revocation)]",
        "any client revokes any token",
        SHIP + "test_token_of_another_client_is_not_revoked",
    ),
    Mutant(
        "grant: Annotated[ch12.Grant, Depends(ch12.read_grant)]",
        "grant: Annotated[ch12.Grant, Depends(ch08.read_grant)]",
        "the password grant cannot be switched off",
        SHIP + "test_password_buys_no_token_where_that_is_switched_off",
    ),
    Mutant(
        "    await ch11.check_password(\n"
        "        request, me.username, ch07.change_password, me, change\n"
        "    )\n",
        "    await run_in_threadpool(ch07.change_password, me, change)\n",
        "a thief of a token guesses the password",
        SHIP + "test_guess_of_the_old_password_counts_and_ends_nothing",
    ),
]
