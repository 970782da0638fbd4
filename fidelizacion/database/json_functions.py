"""The names of the functions that make JSON of rows, which PostgreSQL and SQLite both have."""

# The function that makes a list of all rows, and the one that makes a list of one row's values
NAMES = {
    "postgresql": ("json_agg", "json_build_array"),
    "sqlite": ("json_group_array", "json_array"),
}


def of(vendor: str) -> tuple[str, str]:
    """Return both names. `connection.vendor` says which engine runs."""
    return NAMES[vendor]
