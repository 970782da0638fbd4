"""The key in each rendering of the request form: at most one ticket per key (R4.19).

It is signed, so showing the form stores nothing. It names the administrator, the company and the
request type, so two tabs cannot mix up two companies, and another administrator cannot use it. It
carries the effective dates that the form showed, so that no other date is registered (A22).
"""

from dataclasses import dataclass, replace
from typing import Self
from uuid import UUID, uuid4

from django.core import signing

from companies.models import Administrator, Company
from tickets.effective_date import ShownTerms
from tickets.models import RequestType

# Change it whenever the token's content changes: while two versions run during an update, each then
# refuses the other's tokens (422) instead of misreading them
SALT = "tickets.submission_key.with_type"


class UnknownKey(ValueError):
    """The token is forged, or its key was given to another administrator."""


@dataclass(frozen=True)
class SubmissionKey:
    uuid: UUID
    administrator_id: int
    company_id: int
    request_type_id: int
    shown: ShownTerms | None = None  # None until a form shows dates

    @classmethod
    def mint(cls, administrator: Administrator, company: Company, request_type: RequestType) -> Self:
        return cls(uuid4(), administrator.pk, company.pk, request_type.pk)

    @classmethod
    def read(cls, token: str, administrator: Administrator) -> Self:
        """Read a posted token. Raises UnknownKey if it is forged or another administrator's."""
        key = cls.signed(token)
        if key is None or key.administrator_id != administrator.pk:
            raise UnknownKey
        return key

    @classmethod
    def signed(cls, token: str) -> Self | None:
        """Return the key of a token that we signed for any administrator, or None."""
        try:
            uuid, administrator_id, company_id, request_type_id, shown = _signer().unsign_object(token)
        except signing.BadSignature:
            return None
        return cls(UUID(uuid), administrator_id, company_id, request_type_id, ShownTerms.from_token(shown))

    def renewed(self, request_type: RequestType) -> Self:
        """Return a new key for the same administrator and company."""
        return replace(self, uuid=uuid4(), request_type_id=request_type.pk, shown=None)

    def showing(self, request_type: RequestType, shown: ShownTerms) -> Self:
        """Return the key for a form of this type that shows these dates."""
        return replace(self, request_type_id=request_type.pk, shown=shown)

    def token(self) -> str:
        shown = self.shown or ShownTerms.of(())
        content = [
            self.uuid.hex,
            self.administrator_id,
            self.company_id,
            self.request_type_id,
            shown.for_token(),
        ]
        # Compressed: a company may have hundreds of billing accounts
        return _signer().sign_object(content, compress=True)


def _signer() -> signing.Signer:
    """Return a signer without time stamps, so that a key gives the same token on each page."""
    return signing.Signer(salt=SALT)
