"""A directory of companies that fails with somebody's data in its words: what an error nobody
expected looks like.
"""

from companies.directory import LocalDirectory, Services
from companies.models import Company


class BrokenDirectory(LocalDirectory):
    def services(self, company: Company, limit: int = 5) -> Services:  # noqa: ARG002  as the one it stands for
        raise RuntimeError("no services of 0991234567 ana@acme.example")
