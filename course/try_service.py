"""Run the assembled service for a try: on SQLite, with a key of its own."""

import os
import secrets
from pathlib import Path

from fastapi import FastAPI


def load(root: Path) -> FastAPI:
    """Import the service with settings for this machine; return its app.

    Its users are kept in `work/service.db`. Its key is new each time: tokens
    of an earlier run are refused. Settings in the environment come first.
    """
    (root / "work").mkdir(exist_ok=True)
    settings = {
        "SECRET_KEYS": secrets.token_urlsafe(32),
        "ISSUER": "https://login.example",
        "AUDIENCE": "https://login.example",
        "HOSTS": "127.0.0.1 localhost",
        "PASSWORD_GRANT": "on",
        "DOCS": "on",
        "DATABASE_URL": f"sqlite:///{root / 'work' / 'service.db'}",
    }
    for name, value in settings.items():
        os.environ.setdefault(name, value)
    # Imported here: the service reads its settings when it is imported.
    from snippets.service.database import migrate
    from snippets.service.main import app

    migrate()
    return app
