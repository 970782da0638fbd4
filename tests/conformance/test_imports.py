"""Packages and sub-packages import only lower layers of one table (docs/decisions.md)."""

import ast
import re
from pathlib import Path

import pytest

from tests.conformance.project import APPS, BASE, PRODUCT, imports, sources, tree

# From top to bottom. Each line is a layer. An entry (a package, sub-package or module) may import
# entries of lower layers, and itself. The most specific name counts: a package covers those of its
# modules that no other line names.
LAYERS = """
fidelizacion.management
demo
fidelizacion
desk.admin desk.apps
desk.operations desk.tickets
desk.setup
desk.directory desk.messages
desk
portal.public portal.tickets
portal.request
portal.entry
portal
operations.apps operations.tasks operations.management
operations.digest
operations.sources
operations
staff.apps
staff
tickets.apps tickets.tasks tickets.management
tickets.public_requests
tickets.submission
tickets.antivirus
tickets.workflow
tickets.emails
tickets
tickets.effective_date
tickets.lines
tickets.lines.pasted tickets.lines.sheet tickets.lines.understand tickets.lines.template
tickets.lines.csv_text tickets.lines.old_excel
tickets.lines.excel
tickets.lines.table
tickets.lines.phrases
tickets.lines.rows
tickets.lines.actions tickets.lines.numbers tickets.lines.problems
attachments.apps
attachments.downloads attachments.scanning attachments.staging
attachments.intake attachments.storage
attachments
attachments.inspection
attachments.inspection.ooxml
attachments.inspection.ole attachments.inspection.pdf
attachments.inspection.archive attachments.inspection.executables attachments.inspection.rc4
attachments.inspection.effort attachments.inspection.formats
attachments.inspection.problems
otp.apps otp.tasks otp.management
otp.report_handler otp.unlock
otp.pin
otp.invitations
otp.audit otp.network
otp.limits
otp
notifications.apps notifications.tasks notifications.management
notifications.actions
notifications.error_texts
notifications.sending
notifications.email
notifications.outbox
notifications.message_types notifications.reports
notifications.sms
notifications
notifications.email.rendering
notifications.email.snapshot
companies
audit jobs brand
"""
LAYER_OF = {
    entry: layer for layer, line in enumerate(reversed(LAYERS.strip().splitlines())) for entry in line.split()
}


def entry_of(module: str) -> str | None:
    """Return the most specific entry of the table for a module; None for a library's module."""
    parts = module.split(".")
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((name for name in names if name in LAYER_OF), None)


def modules_imported(path: Path) -> set[str]:
    """Return the modules a file imports; `from a import b` is `a.b` if that is one, else `a`."""
    modules: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                folder = BASE / module.replace(".", "/")
                modules.add(module if folder.is_dir() or folder.with_suffix(".py").is_file() else node.module)
    return modules


def test_every_package_is_in_the_table() -> None:
    assert {entry.partition(".")[0] for entry in LAYER_OF} == set(PRODUCT)
    gone = [
        r
        for r in LAYER_OF
        if not (BASE / r.replace(".", "/")).is_dir() and not (BASE / f"{r.replace('.', '/')}.py").is_file()
    ]
    assert gone == []


@pytest.mark.parametrize("package", PRODUCT)
def test_a_package_imports_only_lower_layers(package: str) -> None:
    upward = []
    for path in sources(package):
        module = ".".join(path.relative_to(BASE).with_suffix("").parts).removesuffix(".__init__")
        entry = entry_of(module)
        assert entry
        for imported in modules_imported(path):
            other = entry_of(imported)
            if other and other != entry and LAYER_OF[other] >= LAYER_OF[entry]:
                upward.append(f"{module} -> {imported}")
    assert sorted(upward) == []


@pytest.mark.parametrize("package", PRODUCT)
def test_nothing_of_the_product_imports_its_tests(package: str) -> None:
    assert [str(path) for path in sources(package) if "tests" in imports(path)] == []


@pytest.mark.parametrize("package", APPS)
def test_an_app_names_nothing_above_it_in_a_string_either(package: str) -> None:
    """A foreign key to `"tickets.Ticket"`, a task's path or `"tickets:list"` is an import too."""
    above = [other for other in PRODUCT if LAYER_OF[other] > LAYER_OF[package]]
    modules = [
        f"{other}.{path.stem}"
        for other in above
        for path in (BASE / other).iterdir()
        if path.stem.isidentifier()
    ]
    model, address = (rf"(?:{'|'.join(above)}){rest}" for rest in (r"\.[A-Z]\w+", r":\w+"))
    named = re.compile("|".join([model, address, *(rf"{re.escape(module)}(?:\.\w+)*" for module in modules)]))
    found = [
        f"{path.relative_to(BASE)}: {node.value}"
        for path in sources(package)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and named.fullmatch(node.value)
    ]
    assert found == []
