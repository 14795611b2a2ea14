"""Links and pictures in Markdown: where they lead, what they say."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

LINK = re.compile(r"(?<!!)\[(?P<text>[^]]*)\]\((?P<target>[^)\s]+)\)")
PICTURE = re.compile(r"!\[(?P<alt>[^]]*)\]\((?P<target>[^)\s]+)\)")
VAGUE = {"here", "this", "link", "click here", "more", "read more", ""}


def broken_links(text: str, file: Path) -> list[str]:
    """List the links of a file that lead to no file or to no heading."""
    found = []
    for match in [*LINK.finditer(text), *PICTURE.finditer(text)]:
        target, _, anchor = match["target"].partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        path = (file.parent / unquote(target)).resolve() if target else file
        known = path.exists()
        if not known or (anchor and anchor not in anchors(path)):
            found.append(match["target"])
    return found


def anchors(file: Path) -> set[str]:
    """List the anchors of a file's headings, as GitHub writes them."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        text = "\n".join("".join(cell["source"]) + "\n" for cell in cells)
    return {
        re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-")
        for title in re.findall(r"(?m)^#+ (.+)$", text)
    }


def vague_links(text: str) -> list[str]:
    """List the link texts that do not say where the link goes."""
    return [m["text"] for m in LINK.finditer(text) if m["text"] in VAGUE]


class _Pictures(HTMLParser):
    """Collect the alternative text of each picture; "" where it has none."""

    def __init__(self) -> None:
        super().__init__()
        self.alts: list[str] = []

    def handle_starttag(
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        given = dict(attrs)
        if tag == "img":
            self.alts.append(given.get("alt") or "")
        elif tag == "svg" and given.get("aria-hidden") != "true":
            named = given.get("role") == "img"
            self.alts.append(given.get("aria-label") or "" if named else "")


def pictures(text: str) -> list[str]:
    """List the alternative texts of all pictures in Markdown or HTML."""
    parser = _Pictures()
    parser.feed(text)
    return [m["alt"] for m in PICTURE.finditer(text)] + parser.alts
