"""What a teacher decides about a hub, handed to it in environment variables.

The hub's configuration file gets no arguments of ours.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

VARIABLE = "COURSE_HUB"


@dataclass(frozen=True)
class Settings:
    """A hub's settings.

    Args:
        folder: Where learners' homes and the hub's own records are.
        host: The address of this machine to listen at: `127.0.0.1` for this
            machine alone, `0.0.0.0` for everyone in its networks.
        port: The port of the page. The two above it are used as well, for
            this machine alone.
        idle: Seconds without use after which a kernel ends, and the
            JupyterLab of a learner who has left.
        options: Further ones for each learner's JupyterLab.
    """

    folder: str
    host: str = "127.0.0.1"
    port: int = 8000
    idle: int = 3600
    options: tuple[str, ...] = ()

    @property
    def homes(self) -> Path:
        """The folder of the learners' homes."""
        return Path(self.folder) / "homes"

    @property
    def records(self) -> Path:
        """The folder of what the hub alone may read."""
        return Path(self.folder) / "hub"

    def to_environment(self) -> dict[str, str]:
        """Return the variable that `from_environment` reads."""
        return {VARIABLE: json.dumps(asdict(self))}

    @property
    def board(self) -> Path:
        """The file with the password that is written on the board."""
        return self.records / "board"

    @property
    def forks(self) -> Path:
        """The socket of the fork server."""
        return self.records / "forks"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Read the settings that a hub was started with.

        Raises:
            KeyError: the hub was not started by `python -m rooms.hub`.
        """
        values = json.loads(environ[VARIABLE])
        return cls(**values | {"options": tuple(values["options"])})
