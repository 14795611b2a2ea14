"""What is ours of the hub, without a hub: homes, passwords, command line."""

import os
import runpy
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from traitlets.config import Config

from course.chapters import ROOT, find
from rooms.hub import __main__ as command_line
from rooms.hub import homes, passwords, seat
from rooms.hub.passwords import Passwords
from rooms.hub.settings import Settings

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the hub needs Unix")
BOARD = "lomi-raku"
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
    process = homes.process_of(home)
    assert process == {
        "cwd": str(home),
        "umask": 0o077,
        "preexec_fn": None,
        "user": root[home],
        "group": root[home],
        "extra_groups": [],
    }


@pytest.mark.usefixtures("nobody_special")
def test_without_root_all_share_one_account(tmp_path: Path) -> None:
    home = homes.make_home(tmp_path, "ada")
    assert home.is_dir()
    assert homes.process_of(home) == {"cwd": str(home), "umask": 0o077}


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
        first, second = password[:4], password[5:]
        assert password[4] == "-"
        for consonant, vowel in (first[:2], first[2:], second[:2]):
            assert consonant in passwords.CONSONANTS
            assert vowel in passwords.VOWELS


def test_settings_survive_the_environment() -> None:
    settings = Settings("/srv/room", port=9000, options=("--a", "--b=1"))
    assert Settings.from_environment(settings.to_environment()) == settings


def test_seat_renews_the_course_and_keeps_the_work(tmp_path: Path) -> None:
    with (
        patch("resource.setrlimit") as limit,
        patch("course.jupyterlab.launch", return_value=7) as launch,
        patch("pathlib.Path.cwd", return_value=tmp_path),
        patch("tempfile.mkdtemp", return_value="/tmp/course-1"),
        patch.dict(os.environ, {"PYTHONPATH": f"{ROOT}{os.pathsep}/other"}),
    ):
        assert seat.main(["--port=1"]) == 7
        answer = tmp_path / "course" / "work" / "ch00_start.ipynb"
        answer.write_text("mine")
        outdated = tmp_path / "course" / "snippets" / "gone.py"
        outdated.touch()
        assert seat.main([]) == 7
    assert answer.read_text() == "mine"
    assert not outdated.exists()
    assert (tmp_path / "course" / "README.md").exists()
    assert limit.call_args.args[1] == (seat.MOST_MEMORY, seat.MOST_MEMORY)
    command, folder, environ = launch.call_args_list[0].args
    assert command[:3] == [sys.executable, "-m", "jupyterhub.singleuser"]
    assert command[-1] == "--port=1"
    assert folder == tmp_path / "course"
    assert environ["PYTHONPATH"] == "/other"
    assert environ["JUPYTER_RUNTIME_DIR"] == "/tmp/course-1"
    assert environ["JUPYTER_CONFIG_PATH"].endswith("jupyter")
    programs = str(Path(sys.executable).parent)
    assert environ["PATH"].startswith(programs)


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


@pytest.mark.parametrize("module", ["rooms.hub", "rooms.hub.seat"])
def test_modules_can_be_run(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for loaded in [each for each in sys.modules if each.startswith(module)]:
        monkeypatch.delitem(sys.modules, loaded)
    with (
        patch("sys.argv", ["hub", "--help"]),
        patch("resource.setrlimit"),
        patch("course.jupyterlab.launch", return_value=0),
        patch("pathlib.Path.cwd", return_value=tmp_path),
        patch("tempfile.mkdtemp", return_value="/tmp/course-1"),
        patch.dict(os.environ, {"PYTHONPATH": str(ROOT)}),
        pytest.raises(SystemExit, match="0"),
    ):
        runpy.run_module(module, run_name="__main__")


class Authenticator:
    """What our authenticator takes from JupyterHub's."""

    def normalize_username(self, name: str) -> str:
        return name.lower()

    def validate_username(self, name: str) -> bool:
        return "/" not in name


def run_configuration(settings: Settings) -> tuple[Any, dict[str, Any]]:
    """Run the configuration as JupyterHub does; return what it set, and it."""
    command_line.make_folders(settings)
    settings.board.write_text(BOARD, encoding="utf-8")
    config = Config()
    auth = ModuleType("jupyterhub.auth")
    vars(auth)["Authenticator"] = Authenticator
    spawner = ModuleType("jupyterhub.spawner")
    vars(spawner)["Spawner"] = object
    stand_ins = (ModuleType("jupyterhub"), auth, spawner)
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
    assert "ip" not in config.Spawner


def test_first_chapter_opens(tmp_path: Path) -> None:
    config, _ = run_configuration(Settings(str(tmp_path)))
    name = find("ch00").notebook.name
    assert config.Spawner.default_url == f"/lab/tree/work/{name}"


@pytest.mark.usefixtures("nobody_special")
def test_spawner_starts_in_the_home(tmp_path: Path) -> None:
    config, _ = run_configuration(Settings(str(tmp_path)))
    spawner = type("Spawner", (), {})()
    spawner.user = type("User", (), {"name": "ada"})
    config.Spawner.pre_spawn_hook(spawner)
    home = str(tmp_path / "homes" / "ada")
    assert spawner.popen_kwargs == {"cwd": home, "umask": 0o077}


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
