"""Prints the demo's addresses, phone numbers and accounts on the terminal."""

import sys

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from fidelizacion.system_checks.demo_traces import ADVISOR, PASSWORD, SUPERVISOR

NUMBERS = (
    ("099 123 4567", "una empresa con un corte de facturación"),
    ("099 765 4321", "tres empresas"),
    ("098 111 2233", "una empresa con 5000 líneas"),
    ("096 000 0000", "un número de nadie: no recibe código"),
)


def announce(environment: dict[str, str]) -> None:
    """Print the URLs, the phone numbers and the accounts, in colour if the output is a terminal."""
    base = environment["PORTAL_BASE_URL"]
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_row("Portal", f"{base}/fidelizacion/")
    table.add_row("Consulta", f"{base}/fidelizacion/consulta/")
    table.add_row("", "para quien no tiene un número registrado")
    table.add_row("SMS y correos", f"{base}/demo/mensajes/")
    table.add_row("Escritorio", f"{base}/admin/")
    table.add_row("", f"{ADVISOR} o {SUPERVISOR}, contraseña {PASSWORD}")
    table.add_row("", "")
    for index, (number, description) in enumerate(NUMBERS):
        table.add_row("Números" if index == 0 else "", f"{number}  {description}")
    console = Console(file=sys.stdout, highlight=False)
    console.print(Panel(table, title="Gestor de Fidelización", subtitle="Ctrl-C para terminar", expand=False))


def say(line: str) -> None:
    """Print one line without buffering."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
