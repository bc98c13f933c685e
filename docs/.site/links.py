"""A hook of MkDocs: links to what is no page of the site lead into the repository."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from posixpath import normpath
from typing import Any

LINK = re.compile(r"(\]\()(\.\./[^)#\s]+)")


def on_page_markdown(markdown: str, *, page: Any, config: Any, **_: Any) -> str:
    """Rewrite the links of a page that leave docs/."""
    folder = PurePosixPath("docs", page.file.src_uri).parent

    def rewrite(found: re.Match[str]) -> str:
        target = normpath(folder / found[2])
        if PurePosixPath(target).is_relative_to("docs"):
            return found[0]
        return f"{found[1]}{config.repo_url.rstrip('/')}/blob/main/{target}"

    return LINK.sub(rewrite, markdown)
