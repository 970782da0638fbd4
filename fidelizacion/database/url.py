"""What `DATABASE_URL` says, and the options that each engine is opened with."""

import environ

SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
}
POSTGRESQL_OPTIONS = {
    "connect_timeout": 2,
    "options": "-c statement_timeout=15s -c timezone=UTC",
    # A server that is cut off, not stopped, says no goodbye: without these a connection waits a
    # quarter of an hour
    "tcp_user_timeout": 5_000,  # milliseconds
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
}


def parse_database_url(raw: str) -> dict[str, object]:
    """Django's settings for one database. Raises ValueError (in Spanish) for an address of no such
    database.
    """
    try:
        config: dict[str, object] = dict(environ.Env.db_url_config(raw))
    except Exception:  # noqa: BLE001  the library raises half a dozen kinds for a malformed address
        raise ValueError(
            "no es una dirección de base de datos (postgres://usuario:clave@host/base)"
        ) from None
    if config.get("ENGINE") == "django.db.backends.sqlite3":
        return {**config, "OPTIONS": SQLITE_OPTIONS}
    if config.get("ENGINE") != "django.db.backends.postgresql":
        raise ValueError("use PostgreSQL (postgres://…) o SQLite (sqlite:///…)")
    if not config.get("NAME"):
        raise ValueError("le falta el nombre de la base (postgres://usuario:clave@host/base)")
    # The engine is Django's, with a limit for each query (query_limits.py says which)
    ours = {"ENGINE": "fidelizacion.database.postgresql", "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    return {**config, **ours, "OPTIONS": POSTGRESQL_OPTIONS}
