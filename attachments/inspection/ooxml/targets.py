"""Whether what a document names for the office program to open with it lies on another machine
(R3.07).

The rule, once blanks and coded letters are undone and every `\\` is a `/`:

- another address than `file:` (`http:`, `https:`, `ftp:`, `mhtml:`...) is remote;
- `//host/...`, `file://host/...` and `file:` with four slashes or more (`\\\\host` as an address)
  are remote, also
  with a device name (`//?/`, `/??/`, `//./`) for a host;
- a drive (`C:/...`), a path of this machine (`/...`, `file:/...`, `file:///...`) or a bare name is
  local; `localhost`
  counts as no host;
- `file:////Users/...`, `/Applications/...` and `/Library/...` are local: Word for Mac writes the
  path of its own
  templates so. Windows would ask a machine called `Users`: outside the local network none can have
  that name.
"""

import re
import unicodedata
from urllib.parse import unquote

_CODED = 5  # times that an address may be coded over, after which it is held against it
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\xa0\u200b-\u200f\u2028-\u202e\u2060\ufeff]")
_FILE = re.compile(r"file:(?://localhost(?=/))?", re.IGNORECASE)
# No digit behind it: `//a:80/` is a port of a machine called `a`
_DRIVE = re.compile(r"/*[a-z][:|](?:/(?!/)|[^/\d]|$)", re.IGNORECASE)
# Programs disagree on whether a coded slash counts as one; Word codes none there
_CODED_SLASH = re.compile(r"\s*file:[/\\]*%(?:25)*(?:2f|5c)", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+:", re.IGNORECASE)
# As Word writes it, and no other way
_OF_A_MAC = re.compile(r"file:////(?:Users|Applications|Library)/[^/]", re.ASCII)


def is_remote(target: str) -> bool:
    """Whether opening it would ask another machine."""
    address = _plain(target)
    if _CODED_SLASH.match(target) or ("%" in address and unquote(address) != address):
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
    if slashes == 4 and _OF_A_MAC.match(target.strip()):
        return "/../" in f"{path}/"
    return slashes == 2 or slashes > 3


def _plain(target: str) -> str:
    """Without what a program passes over or undoes before it looks for a host."""
    address = target
    for _turn in range(_CODED):
        address = _UNSEEN.sub("", unicodedata.normalize("NFKC", address)).strip().replace("\\", "/")
        if (undone := unquote(address)) == address:
            break
        address = undone
    return address
