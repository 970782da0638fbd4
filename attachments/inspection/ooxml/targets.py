"""Decide whether the target of a relationship is on another machine (R3.07).

The rule, after decoding escapes, dropping invisible characters and writing each `\\` as `/`:

- A scheme other than `file:` (`http:`, `https:`, `ftp:`, `mhtml:`...) is remote.
- `//host/...`, `file://host/...` and `file:` with four or more slashes (`\\\\host` as an address)
  are remote, also with a device name (`//?/`, `/??/`, `//./`) in place of the host.
- A drive (`C:/...`), a path of this machine (`/...`, `file:/...`, `file:///...`) and a bare name
  are local. `localhost` is not a host.
- `file:////Users/...`, `/Applications/...` and `/Library/...` are local, because Word for Mac
  writes the paths of its templates in this form. Windows would read `Users` as the name of a
  machine, which could only be one of the local network.
"""

import re
import unicodedata
from urllib.parse import unquote

_MAX_ESCAPING = 5  # levels of escaping that are decoded; an address with more is remote
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\xa0\u200b-\u200f\u2028-\u202e\u2060\ufeff]")
_FILE = re.compile(r"file:(?://localhost(?=/))?", re.IGNORECASE)
# No digit may follow: `//a:80/` is a port of a machine called `a`
_DRIVE = re.compile(r"/*[a-z][:|](?:/(?!/)|[^/\d]|$)", re.IGNORECASE)
# Programs disagree on whether an escaped slash is a separator; Word never escapes these
_ESCAPED_SLASH = re.compile(r"\s*file:[/\\]*%(?:25)*(?:2f|5c)", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+:", re.IGNORECASE)
# Exactly as Word for Mac writes it
_MAC_PATH = re.compile(r"file:////(?:Users|Applications|Library)/[^/]", re.ASCII)


def is_remote(target: str) -> bool:
    """Return whether opening the target would contact another machine."""
    address = _normalized(target)
    if _ESCAPED_SLASH.match(target) or ("%" in address and unquote(address) != address):
        return True
    scheme = _FILE.match(address)
    path = address[scheme.end() :] if scheme else address
    if scheme and scheme[0][5:]:
        path = "//" + path
    if _DRIVE.match(path):
        return False
    slashes = len(path) - len(path.lstrip("/"))
    if slashes and path[slashes : slashes + 1] == "?":
        return True
    if not scheme:
        return slashes >= 2 or _SCHEME.match(path) is not None
    if slashes == 4 and _MAC_PATH.match(target.strip()):
        return "/../" in f"{path}/"
    return slashes == 2 or slashes > 3


def _normalized(target: str) -> str:
    """Return the target as a program reads it before it looks for a host."""
    address = target
    for _level in range(_MAX_ESCAPING):
        address = _INVISIBLE.sub("", unicodedata.normalize("NFKC", address)).strip().replace("\\", "/")
        if (decoded := unquote(address)) == address:
            break
        address = decoded
    return address
