"""A company directory that always fails, with a customer's data in the error's text, as an
unexpected error could have.
"""

from companies.directory import LocalDirectory, Services
from companies.models import Company


class BrokenDirectory(LocalDirectory):
    def services(self, company: Company, limit: int = 5) -> Services:  # noqa: ARG002  the signature of LocalDirectory
        raise RuntimeError("no services of 0991234567 ana@acme.example")
