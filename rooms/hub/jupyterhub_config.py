"""The configuration that JupyterHub reads; `python -m rooms.hub` names it."""

import asyncio
import sys
from pathlib import Path
from typing import Any

from jupyterhub.auth import Authenticator
from jupyterhub.spawner import SimpleLocalProcessSpawner
from jupyterhub.utils import random_port

from rooms.hub import forks, homes
from rooms.hub.passwords import Passwords
from rooms.hub.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
WELCOME = (
    "Username: any name in small letters. Password: the one on the board, "
    "and right behind it a word of your own, which you need to come back."
)
# All learners may press the button in the same moment.
PATIENCE = 300

# Ends a service when the hub is killed; the next one starts its own.
WITH_THE_HUB = ("setpriv", "--pdeathsig", "TERM")

settings = Settings.from_environment()
passwords = Passwords(
    settings.records / "passwords", settings.board.read_text(encoding="utf-8")
)
# JupyterHub runs this file with that name.
c: Any = get_config()  # type: ignore[name-defined]  # noqa: F821


class BoardAuthenticator(Authenticator):  # type: ignore[misc, unused-ignore]
    """Log in by the password on the board and a word of one's own."""

    async def authenticate(
        self, handler: object, data: dict[str, str]
    ) -> str | None:
        """Return the name that was typed if its password is accepted."""
        name: str = self.normalize_username(data["username"])
        if not self.validate_username(name):
            return None
        accepted = await asyncio.to_thread(
            passwords.accept, name, data["password"]
        )
        return name if accepted else None


class ForkingSpawner(SimpleLocalProcessSpawner):  # type: ignore[misc, unused-ignore]
    """Start each learner's JupyterLab by the fork server, in their home."""

    async def start(self) -> tuple[str, int]:
        """Return the address that the JupyterLab will listen at."""
        self.port = random_port()
        home = homes.make_home(settings.homes, self.user.name)
        request = forks.Request(
            str(home), homes.user_of(home), self.get_args(), self.get_env()
        )
        self.pid = await asyncio.to_thread(forks.ask, settings.forks, request)
        return "127.0.0.1", self.port


c.JupyterHub.bind_url = f"http://{settings.host}:{settings.port}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{settings.port + 1}"
c.JupyterHub.db_url = f"sqlite:///{settings.records / 'hub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(settings.records / "cookie_secret")
c.JupyterHub.template_vars = {"announcement_login": WELCOME}
c.ConfigurableHTTPProxy.command = [
    str(Path(sys.executable).with_name("configurable-http-proxy")),
    "--log-level=warn",
    # The page that waits for a JupyterLab is one long answer, which would
    # break off after 20 seconds and leave the learner on that page.
    f"--proxy-timeout={PATIENCE * 1000}",
]
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{settings.port + 2}"
c.ConfigurableHTTPProxy.pid_file = str(settings.records / "proxy.pid")

c.JupyterHub.authenticator_class = BoardAuthenticator
c.Authenticator.allow_all = True
# It becomes the name of a folder.
c.Authenticator.username_pattern = r"[a-z][a-z0-9_-]{0,29}\Z"

c.JupyterHub.spawner_class = ForkingSpawner
c.SimpleLocalProcessSpawner.home_dir_template = str(
    settings.homes / "{username}"
)
c.Spawner.default_url = "/lab/tree/work/ch00_start.ipynb"
c.Spawner.args = [
    f"--MappingKernelManager.cull_idle_timeout={settings.idle}",
    f"--MappingKernelManager.cull_interval={max(1, settings.idle // 10)}",
    "--MappingKernelManager.cull_connected=True",
    *settings.options,
]
c.Spawner.start_timeout = c.Spawner.http_timeout = PATIENCE

c.JupyterHub.services = [
    {
        "name": "forks",
        "command": [
            sys.executable,
            "-m",
            "rooms.hub.forks",
            str(settings.forks),
        ],
        "cwd": str(ROOT),
    },
    {
        "name": "cull",
        "cwd": str(ROOT),
        "command": [
            *WITH_THE_HUB,
            *(sys.executable, "-m", "jupyterhub_idle_culler"),
            f"--timeout={settings.idle}",
            f"--cull-every={max(1, settings.idle // 10)}",
        ],
    },
]
c.JupyterHub.load_roles = [
    {
        "name": "cull",
        "scopes": [
            *("list:users", "read:users:activity", "read:servers"),
            "delete:servers",
        ],
        "services": ["cull"],
    }
]
