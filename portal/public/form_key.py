"""The key in each rendering of the public form: at most one ticket per key, as in the portal.

It is signed, so showing a form stores nothing, and it carries the effective dates that the form
showed (A22). Only the browser that got the form knows it.
"""

from dataclasses import dataclass, replace
from typing import Self
from uuid import UUID, uuid4

from django.core import signing

from tickets.effective_date import ShownTerms

# Change it whenever the token's content changes: while two versions run during an update, each then
# refuses the other's tokens (422) instead of misreading them
SALT = "portal.public.form.with_dates"


@dataclass(frozen=True)
class FormKey:
    uuid: UUID
    shown: ShownTerms | None = None  # None until a form shows dates

    @classmethod
    def mint(cls) -> Self:
        return cls(uuid4())

    @classmethod
    def read(cls, token: str) -> Self | None:
        """Return the key of a token that we signed, or None."""
        try:
            uuid, shown = _signer().unsign_object(token)
        except signing.BadSignature:
            return None
        return cls(UUID(uuid), ShownTerms.from_token(shown))

    def showing(self, shown: ShownTerms) -> Self:
        """Return the key for a form that shows these dates."""
        return replace(self, shown=shown)

    def token(self) -> str:
        shown = self.shown or ShownTerms.of(())
        return _signer().sign_object([self.uuid.hex, shown.for_token()])


def _signer() -> signing.Signer:
    """Return a signer without time stamps, so that a key gives the same token on each page."""
    return signing.Signer(salt=SALT)
