"""What visitors sign in for, in the words of the entry page, the help, SMS and invitations.

They depend on the types of request, which `otp` cannot import: `tickets` registers the function
that returns them.
"""

from collections.abc import Callable

_sources: list[Callable[[str], str]] = []


def register(source: Callable[[str], str]) -> None:
    """Set the function that returns the text for a key. Called once at start-up."""
    _sources[:] = [source]


def entry_text(key: str) -> str:
    """Return the text for a key: `entry_title`, `entry_lead`, `errand` and others.

    `errand` is what visitors request, as in "la baja de servicios"; it is empty if they can request
    several things.
    """
    return _sources[0](key) if _sources else ""
