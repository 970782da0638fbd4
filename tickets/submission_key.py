"""The key each rendering of the form carries: at most one ticket a key (R4.19).

Signed, so that showing the form writes nothing, and bound to whom it was shown to and for which
company: two tabs of two companies cannot be mixed up, and another's key is worth nothing. It also
carries the effective dates that the form showed, so that no other date is registered (A22).
"""

from dataclasses import dataclass, replace
from typing import Self
from uuid import UUID, uuid4

from django.core import signing

from companies.models import Administrator, Company
from tickets.effective_date import ShownTerms

# Changed with the contents: while two versions of the code run, each refuses
# the other's keys politely (422)
SALT = "tickets.submission_key.with_terms"


class UnknownKey(ValueError):
    """Not a key that was given to this administrator."""


@dataclass(frozen=True)
class SubmissionKey:
    uuid: UUID
    administrator_id: int
    company_id: int
    shown: ShownTerms | None = None  # none while no form has shown any

    @classmethod
    def mint(cls, administrator: Administrator, company: Company) -> Self:
        return cls(uuid4(), administrator.pk, company.pk)

    @classmethod
    def read(cls, token: str, administrator: Administrator) -> Self:
        """The key in a posted token. Raises UnknownKey when it is not ours, or was another
        administrator's.
        """
        try:
            uuid, administrator_id, company_id, shown = _signer().unsign_object(token)
        except signing.BadSignature:
            raise UnknownKey from None
        if administrator_id != administrator.pk:
            raise UnknownKey
        return cls(UUID(uuid), administrator_id, company_id, ShownTerms.from_token(shown))

    def showing(self, shown: ShownTerms) -> Self:
        """The same key for a form that shows these dates."""
        return replace(self, shown=shown)

    def token(self) -> str:
        shown = self.shown or ShownTerms.of(())
        content = [self.uuid.hex, self.administrator_id, self.company_id, shown.for_token()]
        # A company may have hundreds of billing accounts
        return _signer().sign_object(content, compress=True)


def _signer() -> signing.Signer:
    """Without a time stamp, so that one key reads the same on every page that shows it."""
    return signing.Signer(salt=SALT)
