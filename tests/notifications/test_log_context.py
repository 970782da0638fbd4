"""A log line names the request, task or sweep that wrote it (R8.08)."""

import logging
import re
import threading
from collections.abc import Iterator

import pytest
from celery.signals import task_postrun, task_prerun
from django.core.signals import request_finished, request_started

from fidelizacion.log_masking import LINE, MaskingFormatter
from jobs import log_context, sweep


@pytest.fixture(autouse=True)
def _clean_context() -> Iterator[None]:
    log_context.end()
    yield
    log_context.end()


def line(text: str = "hello") -> str:
    record = logging.LogRecord("portal", logging.INFO, "", 0, text, (), None)
    return MaskingFormatter(LINE, style="{").format(record).partition(" INFO ")[2]


class _some_task:  # noqa: N801  not a real task, which the worker would register
    name = "notifications.tasks.deliver_message"


def test_8_a_reference_has_eight_characters_that_are_hard_to_confuse() -> None:
    references = {log_context.new_reference() for _turn in range(1_000)}
    assert len(references) == 1_000
    assert all(re.fullmatch(r"[2-9A-HJKMNP-TV-Z]{8}", each) for each in references)


@pytest.mark.django_db  # the signal also closes old connections that another test may have left open
def test_8_a_line_of_a_request_has_its_reference_until_the_response_is_sent() -> None:
    request_started.send(sender=None, environ={})
    reference = log_context.fields()["request_id"]
    assert line() == f"portal [{reference}]: hello"
    assert log_context.request_reference() == reference
    request_finished.send(sender=None)
    assert line() == "portal [-]: hello"


def test_8_a_line_of_a_task_has_its_name_and_its_whole_id() -> None:
    # All digits: masked like a phone number, it could not be found in the log
    identity = "12345678-1234-1234-1234-123456789012"
    task_prerun.send(sender=_some_task, task_id=identity, task=_some_task)
    assert line("of 0991234567") == f"portal [{_some_task.name} {identity}]: of •••567"
    task_postrun.send(sender=_some_task, task_id=identity, task=_some_task)
    assert line() == "portal [-]: hello"


def test_8_a_line_of_a_sweep_has_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def work() -> int:
        seen.append(line())
        return 1

    monkeypatch.setattr(sweep, "_sweeps", {"mensajes": work})
    sweep.run("mensajes")
    assert seen == ["portal [mensajes]: hello"]
    task_prerun.send(sender=_some_task, task_id="x", task=_some_task)
    sweep.run("mensajes")
    assert seen[1] == f"portal [{_some_task.name} x mensajes]: hello"


def test_8_the_line_of_a_failed_sweep_has_its_name(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.handler.setFormatter(MaskingFormatter(LINE, style="{"))
    sweep.report("mensajes", ValueError("x"))
    assert "[mensajes]: sweep mensajes failed" in caplog.text


def test_8_each_thread_has_its_own_context() -> None:
    log_context.begin(request_id="AAAAAAAA")
    seen: list[str] = []
    other = threading.Thread(target=lambda: seen.append(line()))
    other.start()
    other.join()
    assert seen == ["portal [-]: hello"]
