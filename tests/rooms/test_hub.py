"""What is ours of the hub, without a hub: homes, passwords, command line."""

import os
import resource
import runpy
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from itertools import chain, count
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import Mock, call, patch

import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from traitlets.config import Config

from course.chapters import find
from rooms.hub import __main__ as command_line
from rooms.hub import forks, homes, passwords, seat
from rooms.hub.passwords import Passwords
from rooms.hub.settings import Settings

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the hub needs Unix")
BOARD = "lomi-raku"
PATIENCE = 300
FAST = PasswordHash((Argon2Hasher(1, 8, 1),))


@pytest.fixture
def root() -> Iterator[dict[Path, int]]:
    """Play root, who gives files to other accounts; list what was given."""
    given: dict[Path, int] = {}
    real = Path.stat

    def chown(path: Path, uid: int, gid: int) -> None:
        assert gid == uid
        given[path.with_name(path.name.removeprefix("."))] = uid

    def owned(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        status = list(real(path, follow_symlinks=follow_symlinks))
        status[stat.ST_UID] = given.get(path, status[stat.ST_UID])
        return os.stat_result(status)

    with (
        patch("os.geteuid", return_value=0),
        patch("os.chown", chown),
        patch.object(Path, "stat", owned),
    ):
        yield given


@pytest.fixture
def nobody_special() -> Iterator[None]:
    """Play an account that is not root."""
    with (
        patch("os.geteuid", return_value=1000),
        patch("os.getegid", return_value=1000),
        patch("os.chown"),
    ):
        yield


def test_each_learner_gets_a_home_and_an_id(
    tmp_path: Path, root: dict[Path, int]
) -> None:
    ada, bob = (homes.make_home(tmp_path, name) for name in ("ada", "bob"))
    assert root == {ada: 70_000, bob: 70_001}
    assert stat.S_IMODE(ada.stat().st_mode) == 0o700
    assert homes.make_home(tmp_path, "ada") == ada
    assert root == {ada: 70_000, bob: 70_001}
    assert sorted(each.name for each in tmp_path.iterdir()) == ["ada", "bob"]


def test_id_of_an_account_is_given_to_no_learner(
    tmp_path: Path, root: dict[Path, int]
) -> None:
    account = type("Account", (), {"pw_uid": 70_000})
    with patch("pwd.getpwall", return_value=[account]):
        homes.make_home(tmp_path, "ada")
    assert [*root.values()] == [70_001]


def test_learner_too_many_is_refused(
    tmp_path: Path, root: dict[Path, int]
) -> None:
    with patch.object(homes, "IDS", range(70_000, 70_001)):
        homes.make_home(tmp_path, "ada")
        with pytest.raises(homes.NoIdLeftError, match="70000 to 70000"):
            homes.make_home(tmp_path, "bob")
    assert len(root) == 1


def test_processes_of_a_learner_run_under_the_learners_id(
    tmp_path: Path, root: dict[Path, int]
) -> None:
    home = homes.make_home(tmp_path, "ada")
    assert homes.user_of(home) == root[home]


@pytest.mark.usefixtures("nobody_special")
def test_without_root_all_share_one_account(tmp_path: Path) -> None:
    home = homes.make_home(tmp_path, "ada")
    assert home.is_dir()
    assert homes.user_of(home) is None


def test_closed_folder_is_named(tmp_path: Path) -> None:
    course = tmp_path / "closed" / "course"
    course.mkdir(parents=True)
    file = course / "README.md"
    file.touch(mode=0o644)
    course.chmod(0o755)
    opened = (*tmp_path.parents, tmp_path)
    real = Path.stat

    def readable(path: Path, *, follow_symlinks: bool = True) -> object:
        if path in opened:
            return type("Status", (), {"st_mode": 0o755})
        return real(path, follow_symlinks=follow_symlinks)

    with patch.object(Path, "stat", readable):
        (tmp_path / "closed").chmod(0o755)
        homes.check_readable(course, file)
        (tmp_path / "closed").chmod(0o750)
        with pytest.raises(homes.UnreachableError, match=r"closed is closed"):
            homes.check_readable(course)
        (tmp_path / "closed").chmod(0o755)
        file.chmod(0o640)
        with pytest.raises(homes.UnreachableError, match=r"README\.md is"):
            homes.check_readable(file)


@pytest.fixture
def login(tmp_path: Path) -> Passwords:
    made = Passwords(tmp_path / "passwords", BOARD)
    made.hasher = FAST
    return made


def test_first_login_decides_on_the_own_word(login: Passwords) -> None:
    assert login.accept("ada", f"{BOARD}tulip")
    assert login.accept("ada", f"{BOARD}tulip")
    assert not login.accept("ada", f"{BOARD}rose")
    assert not login.accept("ada", BOARD)
    assert login.accept("bob", BOARD)
    assert not login.accept("bob", f"{BOARD}rose")


@pytest.mark.parametrize("typed", ["", "tulip", "lomi-rakx", "tulip" + BOARD])
def test_nobody_enters_without_the_board(typed: str, login: Passwords) -> None:
    assert not login.accept("ada", typed)
    assert not login.folder.exists()


def test_own_word_is_kept_as_a_hash(login: Passwords) -> None:
    login.accept("ada", f"{BOARD}tulip")
    [file] = login.folder.iterdir()
    assert file.read_text().startswith("$argon2id$")
    assert stat.S_IMODE(login.folder.stat().st_mode) == 0o700


def test_made_up_passwords_differ_and_can_be_read_aloud() -> None:
    made = {passwords.make_up() for _ in range(20)}
    assert len(made) > 15
    for password in made:
        first, dash, second = password.partition("-")
        assert (len(first), dash, len(second)) == (4, "-", 4)
        first += second
        for consonant, vowel in zip(first[::2], first[1::2], strict=True):
            assert consonant in passwords.CONSONANTS
            assert vowel in passwords.VOWELS


def test_settings_survive_the_environment() -> None:
    settings = Settings("/srv/room", port=9000, options=("--a", "--b=1"))
    assert Settings.from_environment(settings.to_environment()) == settings


@pytest.fixture
def singleuser() -> Iterator[Mock]:
    """Stand in for JupyterHub's program, and for what changes this process."""
    program = ModuleType("jupyterhub.singleuser")
    found = []
    vars(program)["main"] = main = Mock(
        side_effect=lambda: found.append(
            Path(os.environ["JUPYTER_RUNTIME_DIR"]).is_dir()
        )
    )
    modules = {"jupyterhub": ModuleType("jupyterhub")}
    with (
        patch.dict(sys.modules, modules | {program.__name__: program}),
        patch("sys.argv", []),
        patch("resource.setrlimit") as limit,
        patch("os.chdir"),
        patch("threading.Thread") as thread,
        patch.dict(os.environ, {"SECRET_KEY": "of the person who tests"}),
    ):
        yield main
        assert set(found) == {True}
        thread.assert_called_with(target=seat.give_back, daemon=True)
        limit.assert_called_with(
            resource.RLIMIT_DATA, (seat.MOST_MEMORY, seat.MOST_MEMORY)
        )


def test_seat_renews_the_course_and_keeps_the_work(
    tmp_path: Path, singleuser: Mock
) -> None:
    with patch("pathlib.Path.cwd", return_value=tmp_path):
        seat.take([])
        answer = tmp_path / "course" / "work" / "ch00_start.ipynb"
        answer.write_text("mine")
        outdated = tmp_path / "course" / "snippets" / "gone.py"
        outdated.touch()
        seat.take(["--port=1"])
    assert singleuser.call_count == 2
    assert sys.argv[0] == "jupyterhub-singleuser"
    assert "--ServerApp.terminals_enabled=False" in sys.argv
    assert sys.argv[-1] == "--port=1"
    assert answer.read_text() == "mine"
    assert not outdated.exists()
    assert (tmp_path / "course" / "README.md").exists()
    assert not Path(os.environ["JUPYTER_RUNTIME_DIR"]).exists()
    assert os.environ["JUPYTER_CONFIG_PATH"].endswith("jupyter")
    kernels = os.environ["JUPYTER_PATH"].split(os.pathsep)[0]
    assert Path(kernels) == seat.KERNELS
    assert "SECRET_KEY" not in os.environ
    programs = str(Path(sys.executable).parent)
    assert os.environ["PATH"].startswith(programs)


def test_memory_is_given_back_as_long_as_jupyterlab_runs() -> None:
    class Ended(BaseException):
        pass

    library = Mock()
    with (
        patch("ctypes.CDLL", return_value=library),
        patch("time.sleep", side_effect=[None, None, Ended]),
        pytest.raises(Ended),
    ):
        seat.give_back()
    assert library.malloc_trim.mock_calls == [call(0), call(0)]


def test_c_library_without_a_trim_is_left_alone() -> None:
    with (
        patch("ctypes.CDLL", return_value=object()),
        patch("time.sleep") as sleep,
    ):
        seat.give_back()
    assert not sleep.called


@pytest.fixture
def sockets() -> Iterator[str]:
    """Return where a kernel's sockets may be: a short path, and no ports."""
    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        yield f"{folder}/kernel"


@pytest.mark.integration
def test_kernel_of_a_learner_loads_no_debugger(
    tmp_path: Path, sockets: str
) -> None:
    folders = [str(seat.KERNELS / "kernels")]
    specs = KernelSpecManager(kernel_dirs=folders, ensure_native_kernel=False)
    manager = KernelManager(
        kernel_spec_manager=specs, transport="ipc", ip=sockets
    )
    manager.start_kernel(cwd=str(tmp_path), stderr=subprocess.DEVNULL)
    try:
        client = manager.blocking_client()
        client.start_channels()
        client.wait_for_ready(timeout=PATIENCE)
        printed: list[str] = []
        client.execute_interactive(
            "import os, sys; print('' in sys.path, os.getcwd())\n"
            "print(sys.modules.get('debugpy'), 'pydevd' in sys.modules)",
            timeout=PATIENCE,
            output_hook=lambda m: printed.append(m["content"].get("text", "")),
        )
        client.stop_channels()
    finally:
        manager.shutdown_kernel(now=True)
    # Its folder is importable again, as in every kernel.
    found = "".join(printed).split()
    assert found == ["True", str(tmp_path.resolve()), "None", "False"]


REQUEST = forks.Request("/homes/ada", 70_000, ["--port=1"], {"USER": "ada"})


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[socket.socket]:
    with (
        patch.object(forks, "BREATH", 0.01),
        forks.listen(tmp_path / "forks") as listener,
    ):
        yield listener


def serve_until(
    listener: socket.socket, over: threading.Event, pids: list[int]
) -> forks.Request | None:
    """Run the fork server with `fork` played, until the hub has gone."""
    parents = chain([1], (2 if over.is_set() else 1 for _ in count()))
    with (
        patch("os.fork", side_effect=pids),
        patch("os.getppid", side_effect=parents),
        patch("signal.signal"),
    ):
        return forks.serve(listener)


def test_fork_server_tells_the_process_id(
    listener: socket.socket, tmp_path: Path
) -> None:
    over = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        serving = pool.submit(serve_until, listener, over, [41, 42])
        pids = [forks.ask(tmp_path / "forks", REQUEST) for _ in range(2)]
        over.set()
    assert pids == [41, 42]
    assert serving.result() is None


def test_fork_server_ends_with_the_hub() -> None:
    listener = Mock()
    listener.accept.side_effect = TimeoutError
    with (
        patch("os.getppid", side_effect=[1, 1, 2]),
        patch("signal.signal"),
    ):
        assert forks.serve(listener) is None
    assert listener.accept.call_count == 1


def test_forked_process_gets_its_request(
    listener: socket.socket, tmp_path: Path
) -> None:
    with ThreadPoolExecutor(1) as pool:
        serving = pool.submit(serve_until, listener, threading.Event(), [0])
        # Played in one process, nobody is left to answer.
        with pytest.raises(ValueError, match="invalid literal"):
            forks.ask(tmp_path / "forks", REQUEST)
    assert serving.result() == REQUEST
    assert listener.fileno() == -1


def test_only_the_hub_may_connect(
    listener: socket.socket, tmp_path: Path
) -> None:
    path = Path(listener.getsockname())
    assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    # A socket that a killed hub left is replaced.
    forks.listen(path).close()


def test_missing_fork_server_is_waited_for_and_then_named(
    tmp_path: Path,
) -> None:
    with (
        patch("time.monotonic", side_effect=[0.0, 30.0, 60.0]),
        patch("time.sleep") as sleep,
        pytest.raises(FileNotFoundError),
    ):
        forks.ask(tmp_path / "forks", REQUEST)
    assert sleep.call_count == 1


@pytest.mark.parametrize("user", [70_000, None])
def test_process_becomes_the_learners_before_it_leaves_our_folder(
    user: int | None,
) -> None:
    steps = Mock()
    calls = ("setsid", "setgroups", "setgid", "setuid", "umask", "chdir")
    with ExitStack() as stack:
        stack.enter_context(patch("signal.signal"))
        stack.enter_context(patch.dict(os.environ, {"HUB": "secret"}))
        for name in calls:
            double = stack.enter_context(patch(f"os.{name}"))
            steps.attach_mock(double, name)
        forks.become(replace(REQUEST, user=user))
        assert dict(os.environ) == REQUEST.environ
    # The groups first: without root's rights they could not be given up.
    ids = [call.setgroups([]), call.setgid(70_000), call.setuid(70_000)]
    assert steps.mock_calls == [
        call.setsid(),
        *(ids if user else []),
        call.umask(0o077),
        call.chdir("/homes/ada"),
    ]


@pytest.mark.parametrize("request_", [REQUEST, None], ids=["fork", "server"])
def test_forks_run_jupyterlab_and_the_server_does_not(
    request_: forks.Request | None, tmp_path: Path
) -> None:
    socket_path = str(tmp_path / "forks")
    with (
        patch("gc.freeze"),
        patch("signal.signal") as handle,
        patch.object(forks, "serve", return_value=request_),
        patch.object(forks, "listen"),
        patch.object(forks, "become") as become,
        patch.object(seat, "take") as take,
        patch("importlib.import_module") as load,
    ):
        forks.main([socket_path])
    assert [each.args[0] for each in load.mock_calls] == [*forks.MODULES]
    assert become.call_count == take.call_count == (request_ is not None)
    assert handle.mock_calls == [
        call(signal.SIGINT, signal.default_int_handler)
    ]


@pytest.fixture
def hub_is_installed() -> Iterator[None]:
    """Let the command find JupyterHub, which has an environment of its own."""
    with patch("importlib.util.find_spec", return_value=object()):
        yield


def test_missing_jupyterhub_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with patch("importlib.util.find_spec", return_value=None):
        assert command_line.main([]) == 1
    assert "-r rooms/hub/requirements.txt" in capsys.readouterr().err


@pytest.mark.usefixtures("hub_is_installed", "nobody_special")
def test_hub_says_that_all_share_one_account(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--folder", str(tmp_path / "room"), "--host", "0.0.0.0"]
    with patch("course.jupyterlab.launch", return_value=0) as launch:
        assert command_line.main([*options, "--", "--LabApp.x=1"]) == 0
        first = capsys.readouterr().out
        assert command_line.main(options) == 0
        second = capsys.readouterr().out
    assert "all learners share your account" in first
    assert "http://<address of this machine>:8000, password" in first
    # The password on the board stays when the hub is started again.
    assert first == second
    settings = Settings.from_environment(launch.call_args_list[0].args[2])
    assert settings.options == ("--LabApp.x=1",)
    modes = {
        folder: stat.S_IMODE(folder.stat().st_mode)
        for folder in (tmp_path / "room", settings.homes, settings.records)
    }
    assert [*modes.values()] == [0o711, 0o711, 0o700]
    assert stat.S_IMODE(settings.board.stat().st_mode) == 0o600


@pytest.mark.usefixtures("hub_is_installed", "root")
def test_root_starts_no_hub_that_learners_cannot_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refusal = homes.UnreachableError("/root is closed")
    options = ["--folder", str(tmp_path / "room"), "--password", "chosen"]
    with (
        patch.object(homes, "check_readable", side_effect=refusal),
        patch("course.jupyterlab.launch") as launch,
    ):
        assert command_line.main(options) == 1
    assert "/root is closed" in capsys.readouterr().err
    assert not launch.called
    assert not (tmp_path / "room").exists()
    with (
        patch.object(homes, "check_readable"),
        patch("course.jupyterlab.launch", return_value=0),
    ):
        assert command_line.main(options) == 0
    said = capsys.readouterr().out
    assert "http://127.0.0.1:8000, password chosen\n" in said
    assert "share your account" not in said


def test_modules_can_be_run(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("rooms.hub.__main__", "rooms.hub.forks"):
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "argv", ["hub", "--help"])
    with pytest.raises(SystemExit, match="0"):
        runpy.run_module("rooms.hub", run_name="__main__")
    with (
        patch("signal.signal"),
        patch("importlib.import_module", side_effect=ImportError("loads")),
        pytest.raises(ImportError, match="loads"),
    ):
        runpy.run_module("rooms.hub.forks", run_name="__main__")


class Authenticator:
    """What our authenticator takes from JupyterHub's."""

    def normalize_username(self, name: str) -> str:
        return name.lower()

    def validate_username(self, name: str) -> bool:
        return "/" not in name


class Spawner:
    """What our spawner takes from JupyterHub's."""

    user = type("User", (), {"name": "ada"})

    def get_args(self) -> list[str]:
        return ["--port=1"]

    def get_env(self) -> dict[str, str]:
        return {"USER": "ada"}


def run_configuration(settings: Settings) -> tuple[Any, dict[str, Any]]:
    """Run the configuration as JupyterHub does; return what it set, and it."""
    command_line.make_folders(settings)
    settings.board.write_text(BOARD, encoding="utf-8")
    config = Config()
    auth = ModuleType("jupyterhub.auth")
    vars(auth)["Authenticator"] = Authenticator
    spawner = ModuleType("jupyterhub.spawner")
    vars(spawner)["SimpleLocalProcessSpawner"] = Spawner
    utils = ModuleType("jupyterhub.utils")
    vars(utils)["random_port"] = lambda: 49_321
    stand_ins = (ModuleType("jupyterhub"), auth, spawner, utils)
    modules = {each.__name__: each for each in stand_ins}
    with (
        patch.dict(sys.modules, modules),
        patch.dict(os.environ, settings.to_environment()),
    ):
        names = runpy.run_path(
            str(command_line.CONFIGURATION),
            init_globals={"get_config": lambda: config},
        )
    return config, names


def test_all_but_the_page_listens_to_this_machine_alone(
    tmp_path: Path,
) -> None:
    config, _ = run_configuration(Settings(str(tmp_path), host="0.0.0.0"))
    assert config.JupyterHub.bind_url == "http://0.0.0.0:8000"
    assert config.JupyterHub.hub_bind_url == "http://127.0.0.1:8001"
    assert config.ConfigurableHTTPProxy.api_url == "http://127.0.0.1:8002"
    # A learner's page may wait as long as their JupyterLab may take.
    patience = config.Spawner.start_timeout * 1000
    assert (
        f"--proxy-timeout={patience}" in config.ConfigurableHTTPProxy.command
    )
    assert "ip" not in config.Spawner


def test_first_chapter_opens(tmp_path: Path) -> None:
    config, _ = run_configuration(Settings(str(tmp_path)))
    name = find("ch00").notebook.name
    assert config.Spawner.default_url == f"/lab/tree/work/{name}"


@pytest.mark.anyio
@pytest.mark.usefixtures("nobody_special")
async def test_spawner_asks_for_a_fork_in_the_home(tmp_path: Path) -> None:
    config, _ = run_configuration(Settings(str(tmp_path)))
    spawner = config.JupyterHub.spawner_class()
    with patch.object(forks, "ask", return_value=42) as ask:
        assert await spawner.start() == ("127.0.0.1", 49_321)
    assert spawner.pid == 42
    home = str(tmp_path / "homes" / "ada")
    ask.assert_called_once_with(
        tmp_path / "hub" / "forks", replace(REQUEST, home=home, user=None)
    )


@pytest.mark.anyio
async def test_login_page_takes_the_name_in_small_letters(
    tmp_path: Path,
) -> None:
    config, names = run_configuration(Settings(str(tmp_path)))
    names["passwords"].hasher = FAST
    authenticator = config.JupyterHub.authenticator_class()

    async def log_in(name: str, password: str) -> object:
        form = {"username": name, "password": password}
        return await authenticator.authenticate(None, form)

    assert await log_in("Ada", f"{BOARD}tulip") == "ada"
    assert await log_in("ada", f"{BOARD}rose") is None
    assert await log_in("../ada", f"{BOARD}tulip") is None
