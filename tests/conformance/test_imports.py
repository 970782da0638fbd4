"""Packages and sub-packages import only what stands below them in one table (docs/decisions.md)."""

import ast
import re
from pathlib import Path

import pytest

from tests.conformance.project import APPS, BASE, PRODUCT, imports, sources, tree

# From top to bottom. A package (here "room") may import what stands on lower lines, and itself. The
# most specific name counts: a package covers those of its modules that no other line names.
FLOORS = """
fidelizacion.management
demo
fidelizacion
desk.admin desk.apps
desk.operations desk.tickets
desk.setup
desk.directory desk.messages
desk
portal.tickets
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
tickets.submission
tickets.antivirus
tickets.workflow
tickets.emails
tickets
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
notifications.message_types notifications.error_texts
notifications.sending
notifications.email
notifications.outbox
notifications.reports
notifications.sms
notifications
companies
audit jobs brand fidelizacion.database.json_functions
"""
FLOOR_OF = {
    room: height for height, line in enumerate(reversed(FLOORS.strip().splitlines())) for room in line.split()
}


def room_of(module: str) -> str | None:
    """Return the most specific entry of the table for a module; None for a library's module."""
    parts = module.split(".")
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((name for name in names if name in FLOOR_OF), None)


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


def test_every_package_stands_on_a_floor() -> None:
    assert {room.partition(".")[0] for room in FLOOR_OF} == set(PRODUCT)
    gone = [
        r
        for r in FLOOR_OF
        if not (BASE / r.replace(".", "/")).is_dir() and not (BASE / f"{r.replace('.', '/')}.py").is_file()
    ]
    assert gone == []


@pytest.mark.parametrize("package", PRODUCT)
def test_a_room_imports_only_what_stands_below_it(package: str) -> None:
    upward = []
    for path in sources(package):
        module = ".".join(path.relative_to(BASE).with_suffix("").parts).removesuffix(".__init__")
        room = room_of(module)
        assert room
        for imported in modules_imported(path):
            other = room_of(imported)
            if other and other != room and FLOOR_OF[other] >= FLOOR_OF[room]:
                upward.append(f"{module} -> {imported}")
    assert sorted(upward) == []


@pytest.mark.parametrize("package", PRODUCT)
def test_nothing_of_the_product_imports_its_tests(package: str) -> None:
    assert [str(path) for path in sources(package) if "tests" in imports(path)] == []


@pytest.mark.parametrize("package", APPS)
def test_an_app_names_nothing_above_it_in_a_string_either(package: str) -> None:
    """A foreign key to `"tickets.Ticket"`, a task's path or `"tickets:list"` is an import too."""
    above = [other for other in PRODUCT if FLOOR_OF[other] > FLOOR_OF[package]]
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
