"""What visitors sign in for, in the words of the entry page, the help, SMS and invitations.

`otp` knows no requests: `tickets` registers where their words are.
"""

from collections.abc import Callable

_sources: list[Callable[[str], str]] = []


def register(source: Callable[[str], str]) -> None:
    """Set the function that returns the text for a key. Called once at start-up."""
    _sources[:] = [source]


def entry_text(key: str) -> str:
    """Return the text for a key: `entry_title`, `entry_lead`, `errand` and others.

    `errand` is what is requested, as in "solicitar la baja de servicios"; empty if it is more than
    one thing.
    """
    return _sources[0](key) if _sources else ""
