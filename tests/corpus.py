"""Read the corpus of public documents (`CORPUS_DIR`), each with the verdict that its maintainers
agreed on.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / os.environ.get("CORPUS_DIR", "../shared/corpus")


@dataclass(frozen=True)
class Sample:
    id: str
    name: str
    verdict: str  # "accept", "reject", or "either" when it depends on the operator's policy
    path: Path


def samples() -> list[Sample]:
    """Return every sample. Without a corpus the calling test is skipped, and fails with CI=true."""
    manifest = CORPUS / "manifest.jsonl"
    if not manifest.is_file():
        absent = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        absent(f"skipped: no corpus in {CORPUS}; set CORPUS_DIR")
    entries = map(json.loads, manifest.read_text(encoding="utf-8").splitlines())
    return [Sample(entry["id"], entry["name"], entry["verdict"], CORPUS / entry["file"]) for entry in entries]
