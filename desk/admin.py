"""Everything that the Django admin shows: importing these modules registers it."""

from desk.directory import companies  # noqa: F401
from desk.messages import messages  # noqa: F401
from desk.operations import operations  # noqa: F401
from desk.setup import contact_changes, rights_changes, sign_ins, users, verification  # noqa: F401
from desk.tickets import tickets  # noqa: F401
