"""Import every module that registers pages with the Django admin."""

from desk.directory import companies  # noqa: F401
from desk.messages import messages  # noqa: F401
from desk.operations import operations  # noqa: F401
from desk.setup import contact_changes, sign_ins, users, verification  # noqa: F401
from desk.tickets import documents, request_types, tickets  # noqa: F401
