"""The key each rendering of the form carries: at most one ticket a key (R4.19, contract.md).

Signed, so that showing the form writes nothing, and bound to whom it was shown to and for which company: two tabs of
two companies cannot be mixed up, and another's key is worth nothing.
"""

from dataclasses import dataclass
from typing import Self
from uuid import UUID, uuid4

from django.core import signing

from companies.models import Administrator, Company

SALT = "tickets.submission_key"


class UnknownKey(ValueError):
    """Not a key that was given to this administrator."""


@dataclass(frozen=True)
class SubmissionKey:
    uuid: UUID
    administrator_id: int
    company_id: int

    @classmethod
    def mint(cls, administrator: Administrator, company: Company) -> Self:
        return cls(uuid4(), administrator.pk, company.pk)

    @classmethod
    def read(cls, token: str, administrator: Administrator) -> Self:
        """The key in a posted token. Raises UnknownKey when it is not ours, or was another administrator's."""
        try:
            uuid, administrator_id, company_id = _signer().unsign_object(token)
        except signing.BadSignature:
            raise UnknownKey from None
        if administrator_id != administrator.pk:
            raise UnknownKey
        return cls(UUID(uuid), administrator_id, company_id)

    def token(self) -> str:
        return _signer().sign_object([self.uuid.hex, self.administrator_id, self.company_id])


def _signer() -> signing.Signer:
    """Without a time stamp, so that one key reads the same on every page that shows it."""
    return signing.Signer(salt=SALT)
