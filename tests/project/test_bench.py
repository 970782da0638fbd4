"""The arithmetic of `make bench`, and its table in docs/performance.md."""

import json
import math
import os
import secrets
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from django.apps import apps

from bench import desk_rows, load_picture, outbox, processor, table
from bench.comparison import Goal
from bench.desk_rows import Seed
from bench.figures import Line, Spread, figure, mann_whitney, percentile
from bench.load import LoadGenerator, Result
from bench.load_picture import Curve
from bench.rounds import Server, Side, UnexpectedStatus, in_turn
from tests.conformance.project import BASE, PRODUCT, imports


def test_figures_are_written_as_people_here_write_them() -> None:
    assert percentile([7.0], 95) == 7.0
    assert [figure(value) for value in (1234.5, 56.78, 0.894)] == ["1.234", "56,8", "0,89"]


def test_a_goal_compares_the_medians_with_both_floors() -> None:
    product, fair, bare = (Spread.of(rates) for rates in ([50, 60, 100], [40, 30, 35], [100, 120, 90]))
    assert Goal(times_fair=1.5).reached(product, fair, bare)
    assert not Goal(times_fair=2).reached(product, fair, bare)
    assert Goal(share_of_bare=0.6).reached(product, fair, bare)
    assert not Goal(times_fair=1.5, share_of_bare=0.7).reached(product, fair, bare)
    assert Goal().reached(product, fair, bare) is None
    assert str(Goal(1.5, 0.6)) == "≥ 1,50 veces el justo; ≥ 60 % del desnudo"


def test_each_side_is_measured_in_every_round_and_the_first_one_changes() -> None:
    generator = FakeGenerator()
    sides = [Side(Server(port, os.getpid()), lambda: [[b"x"]], 200) for port in (1, 2, 3)]
    in_turn(generator, sides, rounds=3)
    assert generator.ports == [1, 2, 3, 1, 2, 3, 2, 3, 1, 3, 1, 2]
    assert [len(side.results) for side in sides] == [3, 3, 3]  # without the warm-up


def test_an_unexpected_status_stops_the_row() -> None:
    with pytest.raises(UnexpectedStatus):
        in_turn(FakeGenerator(), [Side(Server(1, os.getpid()), lambda: [[b"x"]], 303)], rounds=1)


class FakeGenerator(LoadGenerator):
    """Answers without a server, and records which port was asked."""

    def __init__(self) -> None:
        self.ports: list[int] = []

    def run(self, port: int, clients: Sequence[Sequence[bytes]]) -> Result:  # noqa: ARG002
        self.ports.append(port)
        return Result(1.0, [0.1], [200])


def test_processor_time_counts_children_that_run_and_those_that_ended() -> None:
    before = processor.seconds(os.getpid())
    subprocess.run([sys.executable, "-c", "sum(range(3_000_000))"], check=True)
    assert processor.seconds(os.getpid()) > before
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as child:
        assert child.pid in processor.children(os.getpid())
        assert processor.resident_bytes(child.pid) > 0
        child.kill()


def test_mann_whitney_tells_equal_samples_from_different_ones() -> None:
    """A textbook example: 5 against 5 without overlap gives p = 0.009, without correction."""
    assert math.isclose(mann_whitney([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]), 0.00902, rel_tol=0.01)
    assert mann_whitney([1, 1, 1], [1, 1, 1]) == 1.0
    same = [[secrets.randbelow(10**6) for _ in range(300)] for _ in range(2)]
    assert mann_whitney(same[0], [value + 200_000 for value in same[1]]) < 0.001


def test_the_table_replaces_the_last_one_and_nothing_around_it(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text(f"Antes\n{table.BEGIN}\nvieja\n{table.END}\ndespués\n", encoding="utf-8")
    for work in ("primera", "segunda"):
        table.write([Line(work, "1 /s", goal="≥ 2 /s", holds=False)], 12, document)
    text = document.read_text(encoding="utf-8")
    assert text.startswith("Antes\n")
    assert text.endswith(f"{table.END}\ndespués\n")
    assert "| segunda | 1 /s |  |  |  | ≥ 2 /s | ✗ |" in text
    assert "vieja" not in text
    assert "primera" not in text


def test_the_document_describes_every_row_and_has_room_for_the_table() -> None:
    text = table.DOCUMENT.read_text(encoding="utf-8")
    described = " ".join(line.split(" | ")[0] for line in text.splitlines() if line.startswith("| `"))
    rows = {path.stem for path in (BASE / "bench" / "rows").glob("*.py")} - {"__init__"}
    assert {row for row in rows if f"`{row}`" not in described} == set()
    assert text.index(table.BEGIN) < text.index(table.END)


FLOORS = [path for name in ("bare", "fair") for path in sorted((BASE / "bench" / name).rglob("*.py"))]


@pytest.mark.parametrize("path", FLOORS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_floor_uses_nothing_of_the_product(path: Path) -> None:
    assert imports(path).isdisjoint({*PRODUCT, "tests"})


def test_the_fair_page_and_mails_are_about_as_long_as_the_products(tmp_path: Path) -> None:
    """Otherwise the fair floor would do less work than the product, or more."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "bench.fair.settings",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'fair.sqlite3'}",
        "FLOOR_FOLDER": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", ASK_FAIR_FLOOR], cwd=BASE, env=environment, check=True, capture_output=True
    )
    sizes = json.loads(done.stdout)
    assert sizes["ticket"] == 302
    assert 11_000 <= sizes["page"] <= 15_000
    assert len(sizes["mails"]) == 2
    assert all(12_000 <= size <= 17_000 for size in sizes["mails"])


# Run in another process, with the floor's settings
ASK_FAIR_FLOOR = """
import json, uuid
import django
django.setup()
from django.core.management import call_command
from django.test import Client
call_command("migrate", run_syncdb=True, verbosity=0)
client = Client(headers={"host": "127.0.0.1"})
client.get("/start/")
page = client.get("/form/").content
typed = {"submission_key": uuid.uuid4(), "request_type": 1, "reason": 2, "details": "línea",
         "requester_name": "Ana", "email": "ana@acme.example", "contact_phone": "0991234567"}
ticket = client.post("/form/", typed).status_code
from bench.fair.models import Message
mails = [len(mail.html) for mail in Message.objects.all()]
print(json.dumps({"page": len(page), "ticket": ticket, "mails": mails}))
"""


def test_the_seed_names_only_tables_and_columns_that_exist() -> None:
    """A column that was renamed would silently be left empty."""
    seed = Seed.of(
        tickets=10,
        last_ticket=0,
        last_company=0,
        last_user=0,
        request_type=1,
        reason=1,
        advisors=1,
        supervisors=2,
    )
    columns = {
        model._meta.db_table: {field.column for field in model._meta.local_concrete_fields}
        for model in apps.get_models(include_auto_created=True)
    }
    for name, (_rows, values) in desk_rows.tables(seed).items():
        assert set(values) <= columns[name], name


def test_an_outbox_is_copied_whatever_columns_it_has(tmp_path: Path) -> None:
    file = tmp_path / "outbox.sqlite3"
    url = f"sqlite:///{file}"
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(
            "CREATE TABLE mail (id INTEGER PRIMARY KEY, dedup_key TEXT UNIQUE, message_id TEXT, state TEXT)"
        )
        database.executemany(
            "INSERT INTO mail (dedup_key, message_id, state) VALUES (?, ?, ?)",
            [("a", "<a@x>", "sent"), ("b", "<b@x>", "queued"), ("c", "<c@x>", "queued")],
        )
    outbox.clone(url, 6, "mail")
    assert outbox.pending(url, "mail") == 8
    with closing(sqlite3.connect(file)) as database:
        keys = {row[0] for row in database.execute("SELECT dedup_key FROM mail")}
    assert keys == {"a", "b", "c", "b:1", "b:2", "b:3", "c:1", "c:2", "c:3"}


def test_the_load_curve_is_a_picture_that_is_also_told_in_text(tmp_path: Path) -> None:
    picture, document = tmp_path / "load.svg", tmp_path / "performance.md"
    document.write_text(f"Antes\n{load_picture.BEGIN}\n{load_picture.END}\ndespués\n", encoding="utf-8")
    curves = [
        Curve(
            "Página <de> la solicitud", (1, 2, 64), (60, 110, 100), (17, 20, 700), ("web 1", "web 2", "web 2")
        ),
        Curve("Solicitud confirmada", (1, 2, 64), (30, 50, 45), (30, 40, 1500), ("web 1", "web 2", "web 2")),
    ]
    load_picture.write(curves, "una máquina", picture, document)
    drawn = ET.fromstring(picture.read_text(encoding="utf-8"))  # noqa: S314  our own picture
    names = {child.tag.partition("}")[2]: child.text or "" for child in drawn}
    assert drawn.get("role") == "img"
    assert names["title"] == "Curva de carga"
    assert "110 con 2" in names["desc"]
    text = document.read_text(encoding="utf-8")
    assert "| Solicitud confirmada | 64 | 45,0 | 1.500 ms | web 2 |" in text
    assert "](load.svg)" in text
    assert text.endswith(f"{load_picture.END}\ndespués\n")
