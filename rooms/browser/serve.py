"""Serve the site in a room: `python -m course serve-site DIR`."""

import functools
import re
import socket
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

# A file whose name holds its digest, such as `build/114.ee3efb2.js`.
DIGEST = re.compile(r"\.[0-9a-f]{7,}\.[a-z0-9]+(?:\?|$)")


class Handler(SimpleHTTPRequestHandler):
    """Serves files with the types that browsers demand of modules."""

    protocol_version = "HTTP/1.1"
    extensions_map = {  # noqa: RUF012
        **SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
        ".whl": "application/zip",
        ".ipynb": "application/json",
    }

    def send_response(self, code: int, message: str | None = None) -> None:
        """Let browsers keep each file, and ask whether it has changed.

        They need not ask for a file whose name changes with its content.
        """
        super().send_response(code, message)
        found = code == HTTPStatus.OK and DIGEST.search(self.path)
        keep = "max-age=31536000, immutable" if found else "no-cache"
        self.send_header("Cache-Control", keep)

    def log_message(self, *_: object) -> None:
        """Print nothing for each request."""


def make_server(site: Path, address: str, port: int) -> ThreadingHTTPServer:
    """Listen on an address and a port; 0 stands for any free port.

    Raises:
        OSError: the port is taken, or not allowed.
    """
    handler = functools.partial(Handler, directory=str(site))
    return ThreadingHTTPServer((address, port), handler)


def url_of(server: ThreadingHTTPServer) -> str:
    """Return the URL of a server: `http://127.0.0.1:8000`."""
    host, port = server.server_address[:2]
    name = socket.gethostname() if host == "0.0.0.0" else host  # noqa: S104
    return f"http://{name!s}:{port}"
