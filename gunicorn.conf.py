"""The limits of the web process (R6.17). The proxy ends TLS, buffers slow clients, limits rates."""

import os
from typing import Any


def _number(name: str, raw: str) -> int:
    if not (raw.isascii() and raw.isdigit() and int(raw)):
        raise SystemExit(f"{name}: debe ser un número entero de 1 o más.")
    return int(raw)


bind = os.environ.get("WEB_BIND", "127.0.0.1:8000")
workers = _number("WEB_CONCURRENCY", os.environ.get("WEB_CONCURRENCY", "2"))
# Threads, because an idle connection that a browser keeps open would hold a synchronous worker
# until its timeout
worker_class = "gthread"
# Two threads more than fidelizacion/database/database_gate.py lets use the database at once: they
# answer what needs no database while it hangs
threads = _number("WEB_THREADS", os.environ.get("WEB_THREADS", "4")) + 2
# Load the application and its checks once, before the first worker, so that a wrong environment
# stops the start
preload_app = True

timeout = 30
graceful_timeout = 8  # the demo ends within 10 s
keepalive = 5
max_requests = 1000
max_requests_jitter = 200
limit_request_line = 4094
limit_request_fields = 50
limit_request_field_size = 4094
header_map = "drop"
# gunicorn believes only the socket's peer; the application decides about forwarded headers, by
# its setting TRUSTED_PROXIES
forwarded_allow_ips = ""
control_socket_disable = True

accesslog = None  # addresses hold ticket numbers; the operator decides about the proxy's log
errorlog = "-"
loglevel = "warning"


def _mask_log(server: Any) -> None:
    """Mask gunicorn's own log, which quotes requests that it cannot read (R8.08)."""
    from fidelizacion.log_masking import formatter  # noqa: PLC0415  Django is set up only once the application is loaded

    for handler in server.log.error_log.handlers:
        handler.setFormatter(formatter())


on_starting = on_reload = _mask_log
