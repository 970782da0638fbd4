"""Documents in an S3-compatible store: a real server, one that fails, or none (R3.15, R3.21)."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from attachments import s3, storage
from attachments.models import StagedFile, private_storage
from attachments.s3 import PrivateS3Storage
from attachments.s3_url import parse_storage_url
from demo.broker import free_port
from tests import cast
from tests.attachments.test_downloads import an_advisor, ask
from tests.servers import wait_for_port
from tests.slowness import Stopwatch
from tests.tickets.portal_client import PDF, Filled, fields_of, filled_form, pdf, staged_in, text_of, visitor
from tickets import tasks
from tickets.models import Attachment

pytestmark = pytest.mark.loopback


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The STORAGE_URL of an S3 server (moto) on loopback, with an empty bucket."""
    port, log = free_port(), tmp_path_factory.mktemp("s3") / "log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            wait_for_port(port, process, log)
            yield f"s3://clave:secre%2Fto@127.0.0.1:{port}/adjuntos"
        finally:
            process.terminate()
            process.wait(60)


def use(settings: Settings, url: str) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": parse_storage_url(url)}


@pytest.fixture
def store(server: str, settings: Settings) -> PrivateS3Storage:
    """The configured store, with an empty bucket."""
    use(settings, server)
    made = PrivateS3Storage(**parse_storage_url(server)["OPTIONS"])
    made.client.create_bucket(Bucket="adjuntos")
    for name in names_in(made):
        made.delete(name)
    return made


def names_in(store: PrivateS3Storage) -> list[str]:
    return [f"{folder}/{file}" for folder in store.listdir("")[0] for file in store.listdir(folder)[1]]


def test_r3_15_a_file_is_private_under_a_random_name_and_has_no_address(store: PrivateS3Storage) -> None:
    with storage.saved_files([PDF, PDF]) as names:
        pass
    assert sorted(names_in(store)) == sorted(names)
    assert all(storage.NAME.fullmatch(name) for name in names)
    grants = store.client.get_object_acl(Bucket="adjuntos", Key=names[0])["Grants"]
    assert [grant["Grantee"]["Type"] for grant in grants] == ["CanonicalUser"], "only the owner"
    stored = store.client.head_object(Bucket="adjuntos", Key=names[0], ChecksumMode="ENABLED")
    assert (stored["ContentType"], bool(stored["ChecksumSHA256"])) == ("application/octet-stream", True)
    with pytest.raises(NotImplementedError):
        private_storage().url(names[0])


def test_a_file_is_read_whole_and_a_missing_one_raises_filenotfounderror(store: PrivateS3Storage) -> None:
    with storage.saved_files([PDF]) as [name]:
        pass
    with private_storage().open(name) as stored:
        assert stored.read() == PDF
    assert (store.exists(name), store.exists("aa/nada")) == (True, False)
    store.delete(name)
    store.delete(name)
    with pytest.raises(FileNotFoundError):
        private_storage().open(name)


@pytest.mark.django_db
def test_the_documents_of_a_ticket_are_in_the_store_and_staff_download_them(store: PrivateS3Storage) -> None:
    form = filled_form(visitor(cast.ana()))
    again = form.post(reason="", attachments=pdf("antes.pdf"))
    assert len(names_in(store)) == 1
    assert Filled(form.client, fields_of(again)).post(reason=form.values["reason"]).status_code == 303
    attachment = Attachment.objects.get()
    assert names_in(store) == [attachment.file.name]
    assert b"".join(ask(an_advisor(), attachment.pk).streaming_content) == PDF


@pytest.mark.django_db
def test_r3_21_orphans_are_removed_from_the_store(store: PrivateS3Storage) -> None:
    filled_form(visitor(cast.ana())).post(attachments=pdf())
    with storage.saved_files([PDF]):
        pass
    assert len(names_in(store)) == 2
    assert tasks.remove_orphaned_files() == 0
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert storage.remove_orphans(timezone.now()) == 1
    assert names_in(store) == [Attachment.objects.get().file.name]


@pytest.mark.django_db
@pytest.mark.parametrize("trouble", ["no server", "no such bucket"])
def test_when_the_store_fails_new_documents_are_refused_and_the_request_is_accepted(
    store: PrivateS3Storage, server: str, settings: Settings, trouble: str
) -> None:
    form = filled_form(visitor(cast.ana()))
    again = fields_of(form.post(reason="", attachments=pdf("antes.pdf")))
    unreachable = f"s3://a:b@127.0.0.1:{free_port()}/adjuntos"
    use(settings, unreachable if trouble == "no server" else server.replace("adjuntos", "otro-cubo"))
    refused = Filled(form.client, again).post(attachments=pdf("ahora.pdf"), details="Mi texto", reason="")
    assert refused.status_code == 422
    assert "No pudimos guardar los documentos" in text_of(refused)
    assert (list(staged_in(refused)), fields_of(refused)["details"]) == (["antes.pdf"], "Mi texto")
    assert Filled(form.client, fields_of(refused)).post(reason=form.values["reason"]).status_code == 303
    assert Attachment.objects.get().original_name == "antes.pdf"
    assert not StagedFile.objects.filter(claimed_by=None).exists()


def test_a_mute_store_ends_in_a_timeout(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setattr(s3, "READ_TIMEOUT", 0.2)
    monkeypatch.setattr(s3, "TRIES", 1)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        use(settings, f"s3://a:b@127.0.0.1:{mute.getsockname()[1]}/adjuntos")
        watch = Stopwatch()
        with pytest.raises(storage.StorageFailed), storage.saved_files([PDF]):
            pass
        assert watch.seconds() < 15  # with the waits of production it would be 20


def test_all_attempts_together_take_less_time_than_a_web_request_may() -> None:
    gunicorn = (Path(__file__).parents[2] / "gunicorn.conf.py").read_text(encoding="utf-8")
    assert "timeout = 30" in gunicorn
    assert s3.TRIES * (s3.CONNECT_TIMEOUT + s3.READ_TIMEOUT) < 30


@pytest.mark.parametrize(
    ("raw", "endpoint"),
    [
        ("s3://clave:secreto@almacen.example/adjuntos", "https://almacen.example"),
        ("s3://clave:secreto@almacen.example:9000/adjuntos/", "https://almacen.example:9000"),
        ("s3://clave:secreto@127.0.0.1:9000/adjuntos", "http://127.0.0.1:9000"),
        ("s3://clave:secreto@[::1]:9000/adjuntos", "http://[::1]:9000"),
        ("s3://clave:secreto@10.0.0.7/adjuntos", "https://10.0.0.7"),
    ],
)
def test_keys_and_documents_are_sent_over_tls_except_on_loopback(raw: str, endpoint: str) -> None:
    options = parse_storage_url(raw)["OPTIONS"]
    assert (options["endpoint_url"], options["bucket_name"]) == (endpoint, "adjuntos")


def test_special_characters_in_keys_are_percent_encoded() -> None:
    options = parse_storage_url("s3://AKIA:a%2Fb%2Bc%40@almacen.example/adjuntos?region=sa-east-1")["OPTIONS"]
    assert (options["access_key"], options["secret_key"], options["region_name"]) == (
        "AKIA",
        "a/b+c@",
        "sa-east-1",
    )


@pytest.mark.parametrize(
    "raw",
    [
        "adjuntos",
        "https://clave:secreto@almacen.example/adjuntos",
        "s3://almacen.example/adjuntos",
        "s3://clave@almacen.example/adjuntos",
        "s3://clave:secreto@/adjuntos",
        "s3://clave:secreto@almacen.example",
        "s3://clave:secreto@almacen.example/A_B",
        "s3://clave:secreto@almacen.example/a/b",
        "s3://clave:secreto@almacen.example:puerto/adjuntos",
        "s3://clave:secreto@almacen.example/adjuntos?regoin=x",
        "s3://clave:secreto@almacen.example/adjuntos?region=a b",
        "s3://clave:secreto@[::1/adjuntos",
    ],
)
def test_the_error_for_an_invalid_address_has_no_secret(raw: str) -> None:
    with pytest.raises(ValueError, match="S3") as error:
        parse_storage_url(raw)
    assert "secreto@almacen" not in str(error.value)
