"""Serve the site in a room: `python -m course serve-site DIR`."""

import functools
import socket
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


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

    def end_headers(self) -> None:
        """Let browsers keep each file, and ask whether it has changed."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

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
