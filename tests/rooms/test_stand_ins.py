"""What takes the place of things that a browser tab lacks, on CPython.

The JavaScript libraries are not here: CPython's own hashes compute in their
place. The tab tier compares the libraries themselves.
"""

import asyncio
import hashlib
import importlib
import json
import json.scanner
import re
import subprocess
import sys
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import bcrypt as real_bcrypt
import httpx
import pytest
import requests
from argon2 import Type
from argon2.low_level import hash_secret, hash_secret_raw
from fastapi import FastAPI, Request

from rooms.browser.tab import (
    absent,
    argon2_bindings,
    bcrypt,
    event_loop,
    hashing,
    loopback,
    nested_json,
    plot,
    program,
    start,
    threads,
)
from rooms.browser.tab.argon2_bindings import ffi, lib


def compute(function: str, *arguments: Any) -> Any:
    """Compute as `hashing.js` does, with what CPython has."""
    match function, arguments:
        case "hashSync", (str(password), str(salt)):
            return real_bcrypt.hashpw(
                password.encode(), salt.encode()
            ).decode()
        case "pbkdf2", (name, password, salt, iterations, size):
            return hashlib.pbkdf2_hmac(name, password, salt, iterations, size)
        case _, (password, salt, options):
            return hash_secret_raw(
                password,
                salt,
                options["t"],
                options["m"],
                options["p"],
                options["dkLen"],
                Type[function.removeprefix("argon2").upper()],
                options["version"],
            )
    raise AssertionError(function)


@pytest.fixture(autouse=True)
def computed(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (argon2_bindings, bcrypt, hashing):
        monkeypatch.setattr(module, "compute", compute)


# Hashes


@pytest.mark.parametrize(
    "password",
    [
        b"",
        b"secret",
        "é".encode() * 36,
        b"a" * 71 + "é".encode(),
        b"a" * 70 + "€".encode() + b"more",
        b"a" * 100,
    ],
    ids=["empty", "ascii", "72 bytes", "cut in two", "cut in three", "long"],
)
def test_hash_is_the_one_of_bcrypt(password: bytes) -> None:
    salt = bcrypt.gensalt(4)
    hashed = bcrypt.hashpw(password, salt)
    assert hashed == real_bcrypt.hashpw(password, salt)
    assert bcrypt.checkpw(password, hashed)
    assert not bcrypt.checkpw(b"x" + password, hashed)


def test_salts_are_new_and_accepted_by_bcrypt() -> None:
    salts = {bcrypt.gensalt(4, prefix=b"2a") for _ in range(50)}
    assert len(salts) == 50
    for salt in salts:
        assert real_bcrypt.hashpw(b"x", salt).startswith(salt)


@pytest.mark.parametrize(
    ("password", "salt", "error"),
    [
        (b"a\0b", b"$2b$04$" + b"." * 22, "NUL"),
        (b"\xff", b"$2b$04$" + b"." * 22, "UTF-8"),
        (b"\xff" * 72, b"$2b$04$" + b"." * 22, "UTF-8"),
        (b"a", b"$2b$04$short", "Invalid salt"),
        (b"a", b"$2b$03$" + b"." * 22, "Invalid salt"),
        (b"a", b"damaged", "Invalid salt"),
    ],
    ids=["NUL", "bytes", "long bytes", "short", "cost 3", "no salt"],
)
def test_what_bcrypt_refuses_is_refused(
    password: bytes, salt: bytes, error: str
) -> None:
    with pytest.raises(ValueError, match=error):
        bcrypt.hashpw(password, salt)


def test_text_is_refused_instead_of_bytes() -> None:
    for arguments in [("a", b"$2b$04$"), (b"a", "$2b$04$")]:
        with pytest.raises(TypeError, match="encoded before hashing"):
            bcrypt.hashpw(*arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rounds", "prefix"), [(3, b"2b"), (32, b"2b"), (12, b"2y")], ids=str
)
def test_salt_of_unknown_kind_is_refused(rounds: int, prefix: bytes) -> None:
    with pytest.raises(ValueError, match=r"Invalid rounds|prefixes"):
        bcrypt.gensalt(rounds, prefix)


def test_argon2_hash_is_the_one_of_the_c_library() -> None:
    expected = hash_secret(b"secret", b"saltsalt", 1, 16, 2, 16, Type.ID)
    code = lib.ARGON2_OK
    size = lib.argon2_encodedlen(1, 16, 2, 8, 16, lib.Argon2_id)
    text = ffi.new("char[]", size)
    assert size >= len(expected)
    password = ffi.new("uint8_t[]", b"secret")
    salt = ffi.new("uint8_t[]", b"saltsalt")
    assert code == lib.argon2_hash(
        *(1, 16, 2, password, 6, salt, 8, None, 16),
        *(text, size, lib.Argon2_id, lib.ARGON2_VERSION_NUMBER),
    )
    assert ffi.string(text) == expected
    raw = ffi.new("uint8_t[]", 16)
    assert code == lib.argon2_hash(
        *(1, 16, 2, password, 6, salt, 8, raw, 16),
        *(None, size, lib.Argon2_id, lib.ARGON2_VERSION_NUMBER),
    )
    assert ffi.buffer(raw, 16) == hash_secret_raw(
        b"secret", b"saltsalt", 1, 16, 2, 16, Type.ID
    )


@pytest.mark.parametrize(
    ("password", "change", "code", "says"),
    [
        (b"secret", (b"", b""), lib.ARGON2_OK, b""),
        (b"Secret", (b"", b""), lib.ARGON2_VERIFY_MISMATCH, b"match"),
        (b"secret", (b"$v", b"$x"), lib.ARGON2_DECODING_FAIL, b"Decoding"),
        (b"secret", (b"2id", b"2i"), lib.ARGON2_DECODING_FAIL, b"Decoding"),
    ],
    ids=["right", "wrong", "damaged", "another variant"],
)
def test_argon2_hash_is_verified(
    password: bytes, change: tuple[bytes, bytes], code: int, says: bytes
) -> None:
    hashed = hash_secret(b"secret", b"saltsalt", 1, 16, 2, 16, Type.ID)
    encoded = ffi.new("char[]", hashed.replace(*change))
    given = ffi.new("uint8_t[]", password)
    answer = lib.argon2_verify(encoded, given, len(password), lib.Argon2_id)
    assert answer == code
    assert not says or says in lib.argon2_error_message(answer)


@pytest.mark.parametrize("size", [None, 20])
def test_key_is_derived_as_hashlib_does(size: int | None) -> None:
    for name in ("sha1", "sha256", "sha512"):
        given = (name, b"secret", b"salt", 10, size)
        assert hashing.pbkdf2_hmac(*given) == hashlib.pbkdf2_hmac(*given)
    with pytest.raises(ValueError, match="no PBKDF2 with md5"):
        hashing.pbkdf2_hmac("md5", b"", b"", 1)


# Threads and event loops

WORD: ContextVar[str] = ContextVar("WORD")


def test_thread_runs_at_once_in_a_context_of_its_own() -> None:
    seen = []

    def work() -> None:
        WORD.set("theirs")
        seen.append(WORD.get())

    WORD.set("ours")
    thread = threads.RunHere(target=work, name="any", daemon=True)
    thread.start()
    thread.join(1)
    assert (seen, WORD.get(), thread.is_alive()) == (["theirs"], "ours", False)


@pytest.mark.anyio
async def test_function_for_a_thread_is_called_here() -> None:
    assert await threads.run_sync(divmod, 7, 2, limiter=None) == (3, 1)


async def slow_pair() -> list[int]:
    """Wait for two tasks and a timer."""
    ready = asyncio.Event()

    async def first() -> int:
        await ready.wait()
        return 1

    async def second() -> int:
        await asyncio.sleep(0.001)
        ready.set()
        return 2

    return list(await asyncio.gather(first(), second()))


def test_loop_runs_tasks_and_timers() -> None:
    assert event_loop.run(slow_pair()) == [1, 2]


@pytest.mark.anyio
async def test_loop_runs_inside_another_one() -> None:
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert event_loop.run(slow_pair(), debug=False) == [1, 2]
    with pytest.raises(ZeroDivisionError):
        event_loop.run(fail())
    assert asyncio.current_task() is task
    assert asyncio.get_running_loop() is loop
    await asyncio.sleep(0)


async def fail() -> None:
    await asyncio.sleep(0)
    raise ZeroDivisionError


def test_wait_that_never_ends_is_refused() -> None:
    async def wait() -> None:
        await asyncio.Event().wait()

    with pytest.raises(RuntimeError, match="never happens"):
        event_loop.run(wait())


def test_tasks_left_behind_are_cancelled() -> None:
    ended = []

    async def linger() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    async def main() -> None:
        main.task = asyncio.create_task(linger())  # type: ignore[attr-defined]
        await asyncio.sleep(0)

    event_loop.run(main())
    assert ended == [True]


# Servers and processes


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[loopback.Server]:
    """Serve a small app in this process, and let clients find it there."""
    app = FastAPI()

    @app.post("/echo")
    async def echo(request: Request) -> dict[str, str]:
        form = await request.form()
        agent = request.headers["User-Agent"].partition("/")[0]
        return {"name": str(form.get("name")), "agent": agent}

    monkeypatch.setattr(
        httpx.AsyncHTTPTransport, "handle_async_request", loopback.answer
    )
    monkeypatch.setattr(
        httpx.HTTPTransport, "handle_request", loopback.answer_at_once
    )
    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", loopback.send)
    with loopback.Server(app) as server:
        yield server


async def post(url: str, form: dict[str, str]) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.post(url, data=form)


def test_clients_find_an_app_by_its_address(served: loopback.Server) -> None:
    url, form = f"{served.url}/echo", {"name": "josé"}
    first = asyncio.run(post(url, form))
    second, third = httpx.post(url, data=form), requests.post(url, data=form)
    assert (
        first.json()
        == second.json()
        == {"name": "josé"} | {"agent": "python-httpx"}
    )
    assert third.json() == {"name": "josé", "agent": "python-requests"}
    assert third.headers["content-type"] == "application/json"
    assert (third.status_code, third.reason) == (200, "OK")
    assert requests.get(url).status_code == 405


def test_stopped_server_refuses_connections(served: loopback.Server) -> None:
    assert repr(served) == f"Server at {served.url}"
    port = int(served.url.rpartition(":")[2])
    with pytest.raises(OSError, match=f"{port} is taken"):
        loopback.Server(FastAPI(), port)
    served.stop()
    served.stop()
    with pytest.raises(httpx.ConnectError, match="connection attempts"):
        httpx.get(served.url)
    with pytest.raises(requests.ConnectionError, match="connection attempts"):
        requests.get(served.url)
    with pytest.raises(httpx.ConnectError):
        asyncio.run(post(served.url, {}))


PROGRAM = """
import sys
from snippets.ch03_dependency_wiring import users
users["mary"] = None
print(*users)
print("to stderr", file=sys.stderr)
"""


def test_program_runs_here_with_modules_of_its_own(
    users: dict[str, object],
) -> None:
    before = sys.modules["snippets.ch03_dependency_wiring"]
    done = program.run([sys.executable, "-c", PROGRAM], cwd="..", check=True)
    assert done.stdout.split()[-1] == "mary"
    assert done.stderr == "to stderr\n"
    assert "mary" not in users
    assert sys.modules["snippets.ch03_dependency_wiring"] is before


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("1 / 0", 1, "ZeroDivisionError"),
        ("raise SystemExit(3)", 3, ""),
        ("raise SystemExit", 0, ""),
        ("raise SystemExit('why')", 1, "why"),
        ("1 +", 1, "SyntaxError"),
    ],
)
def test_program_that_fails_has_an_exit_code(
    text: str, code: int, says: str
) -> None:
    command = [sys.executable, "-c", text]
    done = program.run(command)
    assert done.returncode == code
    assert says in done.stderr
    if code:
        with pytest.raises(subprocess.CalledProcessError):
            program.run(command, check=True)


def test_other_commands_are_refused() -> None:
    for command in (["ls"], [sys.executable, "-m", "pip"]):
        with pytest.raises(OSError, match="start no process"):
            program.run(command)


# Packages that are absent


@pytest.fixture
def finder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `nowhere` be a package that a tab lacks."""
    monkeypatch.setattr(absent, "PACKAGES", ("nowhere",))
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    monkeypatch.setattr(sys, "modules", {**sys.modules})
    absent.install()


@pytest.mark.usefixtures("finder")
def test_absent_names_can_be_imported_and_raise_when_called() -> None:
    module = importlib.import_module("nowhere.deep.within")
    for name in (module.Key, module.Key.generate):
        with pytest.raises(NotImplementedError, match="a browser tab lacks"):
            name()
    assert issubclass(module.SomeError, Exception)
    assert module.JWTClaimsRegistry() is not None
    assert not hasattr(module.Key, "__wrapped__")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("elsewhere")


@pytest.mark.usefixtures("finder")
def test_terminal_is_absent_for_good() -> None:
    assert sys.modules["termios"] is None


# Plots


def drawn() -> plot.Figure:
    """Draw a plot as chapter 2 does."""
    figure = plot.Figure(figsize=(6, 3.5))
    axes = figure.subplots()
    axes.semilogy([4, 8, 12], [1.0, 16.0, 250.0], "o-", color="black")
    axes.axhline(0.01, linestyle="--", color="black")
    axes.text(5, 16, "bcrypt & co")
    axes.set(xlabel="cost", ylabel="milliseconds", xticks=[4, 8, 12])
    return figure


def test_plot_has_its_points_and_its_words() -> None:
    svg = drawn().svg()
    spots = re.findall(r'<circle cx="(\d+)" cy="(\d+)"', svg)
    (x1, y1), (x2, y2), (x3, y3) = [(int(x), int(y)) for x, y in spots]
    assert x2 - x1 == pytest.approx(x3 - x2, abs=1)
    # On a logarithmic axis, 16 times as much is always as far up.
    assert y1 - y2 == pytest.approx(y2 - y3, abs=3)
    assert y1 > y2 > y3
    for word in ("bcrypt &amp; co", "cost", "milliseconds", ">0.01<", ">8<"):
        assert word in svg


def test_plot_is_shown_with_its_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    plot.show_plot(drawn(), "Time of a guess:\n  it climbs with the cost.")
    assert capsys.readouterr().out == (
        "Time of a guess: it climbs with the cost.\n"
    )


def test_plot_of_another_kind_raises() -> None:
    with pytest.raises(AttributeError, match="eventplot"):
        _ = plot.Figure((6, 3)).subplots().eventplot  # type: ignore[attr-defined]


# Nested JSON


@pytest.mark.parametrize(
    ("text", "kind"),
    [("[" * 100_000, "array"), ('{"a": ' * 100_000, "object")],
    ids=["brackets", "braces"],
)
def test_nested_json_fails_in_the_words_of_the_scanner_in_c(
    text: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    says = f"depth exceeded while decoding a JSON {kind} from a unicode string"
    with pytest.raises(RecursionError, match=says) as elsewhere:
        json.loads(text)
    monkeypatch.setattr(json.scanner, "make_scanner", nested_json.make_scanner)
    with pytest.raises(RecursionError) as here:
        json.JSONDecoder().decode(text)
    assert str(here.value) == str(elsewhere.value)


def test_shallow_json_is_read_as_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(json.scanner, "make_scanner", nested_json.make_scanner)
    decoder = json.JSONDecoder()
    assert decoder.decode('[{"a": [1, null]}, "é"]') == [{"a": [1, None]}, "é"]
    with pytest.raises(json.JSONDecodeError):
        decoder.decode("[1,")


# The start of a kernel


def test_every_stand_in_takes_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = (
        *("anyio.to_thread", "argon2._utils", "course.classroom"),
        *("course.classroom.sandbox", "course.classroom.server"),
        *("httpx", "requests.adapters", "rooms.browser.tab.plot"),
    )
    modules = {name: importlib.import_module(name) for name in names}
    replaced = [
        (hashlib, "pbkdf2_hmac", hashing.pbkdf2_hmac),
        (json.scanner, "make_scanner", nested_json.make_scanner),
        (json, "_default_decoder", None),
        (asyncio, "run", event_loop.run),
        (subprocess, "run", program.run),
        (modules["anyio.to_thread"], "run_sync", threads.run_sync),
        (httpx.AsyncHTTPTransport, "handle_async_request", loopback.answer),
        (httpx.HTTPTransport, "handle_request", loopback.answer_at_once),
        (requests.adapters.HTTPAdapter, "send", loopback.send),
        (modules["course.classroom"], "show_plot", plot.show_plot),
        (modules["course.classroom.server"], "Server", loopback.Server),
        (modules["course.classroom.sandbox"], "threading", None),
        (modules["argon2._utils"], "_is_wasm", None),
    ]
    for owner, name, _ in replaced:
        # monkeypatch puts the originals back.
        monkeypatch.setattr(owner, name, getattr(owner, name))
    start.replace_all(modules)
    for owner, name, by in replaced:
        if by is not None:
            assert getattr(owner, name) is by
    sandbox = modules["course.classroom.sandbox"]
    assert sandbox.threading.Thread is threads.RunHere
    assert modules["argon2._utils"]._is_wasm() is False
    with pytest.raises(RecursionError):
        json.loads("[" * 100_000)
    caught = sandbox.run(lambda: print("seen"))
    assert (caught.printed, caught.failure) == ("seen\n", None)
