"""An error page's reference is in the web process's log, and a task's id in the worker's, as text
and as JSON (R8.08).
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from demo.supervisor import WORKER
from tests.processes.visitor import Visitor
from tests.stack import BASE, Stack, running, wait_for

pytestmark = [pytest.mark.loopback, pytest.mark.processes]


def fail_once(stack: Stack) -> str:
    """Open a page that fails, and return the reference that it shows."""
    with Visitor(stack) as visitor:
        visitor.sign_in("099 123 4567")
        visitor.page = visitor.browser.get("/fidelizacion/solicitud/")
        assert visitor.page.status_code == 500, visitor.page.url
        shown = visitor.soup.select_one("code")
        assert shown
        assert visitor.page.headers["X-Request-ID"] == shown.get_text()
        return shown.get_text()


def lines(stack: Stack, name: str) -> list[str]:
    return (stack.folder / f"{name}.log").read_text(encoding="utf-8").splitlines()


def web_errors(stack: Stack) -> dict[str, Any]:
    command = [sys.executable, "manage.py", "check_ops", "--json"]
    done = subprocess.run(command, cwd=BASE, env=stack.environment, capture_output=True, check=False)
    found: dict[str, Any] = json.loads(done.stdout)["figures"]["web_errors_10m"]
    return found


@pytest.mark.parametrize("kind", ["text", "json"])
def test_the_reference_on_the_page_is_in_the_log(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.stack.WORKER", (*WORKER, "--loglevel=INFO"))
    broken = {"COMPANY_DIRECTORY": "tests.processes.broken.BrokenDirectory", "LOG_FORMAT": kind}
    with running(tmp_path, broken, without=["sweep"]) as stack:
        reference = fail_once(stack)
        assert wait_for(lambda: [each for each in lines(stack, "web") if reference in each])
        assert wait_for(lambda: any("succeeded" in line for line in lines(stack, "worker")))
        web, worker = lines(stack, "web"), lines(stack, "worker")
        if kind == "json":
            (entry,) = [each for each in map(json.loads, web) if each.get("request_id") == reference]
            assert (entry["level"], entry["logger"]) == ("ERROR", "django.request")
            assert entry["message"] == "Internal Server Error: /fidelizacion/solicitud/"
            assert "RuntimeError: no services of •••567 •••@acme.example" in entry["exception"]
            assert {"time", "level", "logger", "message"} <= set.intersection(
                *[set(json.loads(each)) for each in web]
            )
            tasks = [
                each for line in worker if line.startswith("{") if (each := json.loads(line)).get("task_id")
            ]
            assert all(each["task_id"] in each["message"] for each in tasks if "succeeded" in each["message"])
            assert "otp.tasks.send_challenge" in {each["task"] for each in tasks}
        else:
            assert any(f"ERROR django.request [{reference}]: Internal Server Error" in line for line in web)
            assert re.search(
                r"\[otp\.tasks\.send_challenge ([0-9a-f-]{36})\]: Task .*\[\1\] succeeded", "\n".join(worker)
            )
        assert "0991234567" not in "\n".join([*web, *worker])
        assert web_errors(stack)["value"] >= 1
        assert web_errors(stack)["level"] == "warning"
