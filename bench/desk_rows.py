"""The rows that `bench.desk_seed` inserts, as SQL expressions of `g`, the number of the row."""

from dataclasses import dataclass
from typing import Self

TICKETS_PER_COMPANY = 20
ADVISORS = 20
HISTORY = 500  # events of the ticket with the long history, and as many messages
YEARS = 3  # over which the tickets are spread
# Of 1,000 tickets, the newest 50 are new and the next 100 in progress, as at a desk far behind
NEW, IN_PROGRESS = 50, 100
FIRST = "Textiles Camaronera Florícola Cooperativa Importadora Distribuidora Constructora Ferretería Clínica "
FIRST += "Transportes Agrícola Pesquera Hotelera Maderera Metalúrgica Farmacéutica Editorial Panificadora "
FIRST += "Laboratorios Inmobiliaria"
SECOND = "Andinos Litoral Amazonas Cotopaxi Tungurahua Chimborazo Imbabura Manabí Esmeraldas Zaruma Azuay "
SECOND += "Pichincha Galápagos Napo Pastaza Carchi Bolívar Cañar Loja Guayas Orellana"
THIRD = "Norte Sur Oriente Poniente Central Mayor Nuevo Antiguo Unidos Hermanos Primavera Aurora Horizonte "
THIRD += "Progreso Porvenir Esperanza Alborada Victoria Fortuna Concordia Alianza Estrella Bahía "
THIRD += "Sierra Valle Costa Mirador Ribera Cumbre"


@dataclass(frozen=True)
class Seed:
    """How many rows to insert, after which primary keys, and the rows that they refer to."""

    tickets: int
    companies: int
    last_ticket: int
    last_company: int
    last_user: int
    request_type: int
    reason: int
    advisors: int  # primary keys of the groups
    supervisors: int

    @classmethod
    def of(cls, *, tickets: int, **keys: int) -> Self:
        return cls(tickets=tickets, companies=max(200, tickets // TICKETS_PER_COMPANY), **keys)

    @property
    def long_ticket(self) -> int:
        """Number of the newest ticket, which has the long history."""
        return self.last_ticket + self.tickets + 1

    @property
    def supervisor(self) -> str:
        return f"bench.supervisora.{self.last_user}"

    @property
    def some_ticket(self) -> int:
        """Number of a closed ticket, half-way between the oldest and the newest."""
        return self.last_ticket + self.tickets // 2

    @property
    def some_company(self) -> int:
        """The company of that ticket, counted from 1."""
        return 1 + self.tickets // 2 * 7919 % self.companies


def tables(seed: Seed) -> dict[str, tuple[int, dict[str, str]]]:
    """Return for each table how many rows to insert, and the expressions of its columns."""
    return {**_directory(seed), **_staff(seed), **_tickets(seed), **_outbox(seed)}


def _directory(seed: Seed) -> dict[str, tuple[int, dict[str, str]]]:
    key, count = f"{seed.last_company} + g", seed.companies
    advisor = f"{seed.last_user} + 1 + g % {ADVISORS}"
    return {
        "companies_company": (
            count,
            {
                "id": key,
                "legal_name": company_name("g"),
                "tax_id": tax_id("g", seed),
                "city": "'Quito'",
                "advisor_id": advisor,
            },
        ),
        "companies_administrator": (
            count,
            {
                "id": key,
                "phone": phone("g", seed),
                "names": "'Administradora ' || g",
                "email": email("g", seed),
                "is_active": "true",
            },
        ),
        "companies_administration": (count, {"administrator_id": key, "company_id": key}),
        "companies_billingaccount": (
            count,
            {"id": key, "company_id": key, "number": f"'BENCH-' || {key}", "cut_day": "1 + g % 28"},
        ),
        "companies_serviceline": (
            count * 2,
            {
                "account_id": f"{seed.last_company} + 1 + (g - 1) / 2",
                "number": f"'BENCH-' || ({seed.last_company * 2} + g)",
                "kind": "'mobile'",
                "status": "'active'",
            },
        ),
    }


def _staff(seed: Seed) -> dict[str, tuple[int, dict[str, str]]]:
    """Return the advisors and, in the last row, a supervisor. No password matches theirs, `!`."""
    last = ADVISORS + 1
    return {
        "auth_user": (
            last,
            {
                "id": f"{seed.last_user} + g",
                "username": f"CASE g WHEN {last} THEN '{seed.supervisor}'"
                f" ELSE 'bench.asesor.' || ({seed.last_user} + g) END",
                "password": "'!'",
                "first_name": "'Asesora ' || g",
                "is_staff": "true",
                "is_active": "true",
            },
        ),
        "auth_user_groups": (
            last,
            {
                "user_id": f"{seed.last_user} + g",
                "group_id": f"CASE g WHEN {last} THEN {seed.supervisors} ELSE {seed.advisors} END",
            },
        ),
    }


def _tickets(seed: Seed) -> dict[str, tuple[int, dict[str, str]]]:
    count, company = seed.tickets + 1, f"(1 + g::bigint * 7919 % {seed.companies})"
    at = f"(now() - interval '{YEARS} years' * (({count} - g)::float8 / {count}))"
    new, in_progress = count * NEW // 1000 + 1, count * (NEW + IN_PROGRESS) // 1000 + 1
    return {
        "tickets_ticket": (
            count,
            {
                "number": f"{seed.last_ticket} + g",
                "status": f"CASE WHEN g > {count - new} THEN 'new' WHEN g > {count - in_progress}"
                " THEN 'in_progress' ELSE 'closed' END",
                "version": "2",
                "request_type_id": str(seed.request_type),
                "request_type_name": "'Anulación o baja de servicios'",
                "reason_id": str(seed.reason),
                "reason_text": "'No utiliza el servicio'",
                "company_id": f"{seed.last_company} + {company}",
                "company_name": company_name(company),
                "company_tax_id": tax_id(company, seed),
                "administrator_id": f"{seed.last_company} + {company}",
                "verified_phone": phone(company, seed),
                "verified_by": "'pin'",
                "requester_name": f"'Administradora ' || {company}",
                "email": email(company, seed),
                "contact_phone": phone(company, seed),
                "details": "'Dar de baja la línea 09' || g",
                "notice_at": at,
                "registered_at": at,
                "channel": "'portal'",
                "relation": "'administrator'",
                "effective_date": f"CASE WHEN g % 1000 = 0 THEN NULL ELSE {at}::date + 15 + (g % 30)::int END",
                "submission_key": f"('00000000-0000-4000-8000-' || lpad(to_hex({seed.last_ticket} + g), 12, '0'))"
                "::uuid",
                "submission_digest": "md5(g::text)",
            },
        ),
        # Three events per ticket (registered, taken, closed); the remaining rows are the long
        # history
        "tickets_ticketevent": (
            seed.tickets * 3 + HISTORY,
            {
                "ticket_id": f"{seed.last_ticket} + least((g + 2) / 3, {count})",
                "at": f"now() - interval '{YEARS} years' * (({count * 3} - least(g, {count * 3}))::float8"
                f" / {count * 3})",
                "actor_id": f"CASE WHEN g % 3 = 1 THEN NULL ELSE {seed.last_user} + 1 + g % {ADVISORS} END",
                "actor_name": "'Asesora ' || g % 20",
                "from_status": "(ARRAY['', 'new', 'in_progress'])[1 + (g + 2) % 3]",
                "to_status": "(ARRAY['new', 'in_progress', 'closed'])[1 + (g + 2) % 3]",
                "note": "'Se llamó a la empresa y confirmó la baja de la línea.'",
            },
        ),
    }


def _outbox(seed: Seed) -> dict[str, tuple[int, dict[str, str]]]:
    """Return two messages per ticket, nearly all sent, and those of the long history."""
    count = seed.tickets + 1
    ticket = f"({seed.last_ticket} + least((g + 1) / 2, {count}))"
    company = f"(1 + least((g + 1) / 2, {count})::bigint * 7919 % {seed.companies})"
    at = f"(now() - interval '{YEARS} years' * (({count * 2} - least(g, {count * 2}))::float8 / {count * 2}))"
    key = f"'ticket:' || {ticket} || CASE WHEN g > {count * 2} THEN ':bench:' || g"
    key += " WHEN g % 2 = 0 THEN ':advisor' ELSE ':client' END"
    return {
        "notifications_message": (
            count * 2 + HISTORY,
            {
                "dedup_key": key,
                "subject_ref": f"'ticket:' || {ticket}",
                "channel": "'email'",
                "kind": "CASE WHEN g % 2 = 0 THEN 'ticket_advisor' ELSE 'ticket_confirmation' END",
                "to": f"CASE WHEN g % 2 = 0 THEN 'asesora' || g % {ADVISORS} || '@operadora.example'"
                f" ELSE {email(company, seed)} END",
                "subject": f"'Ticket ' || {ticket} || ': recibimos su solicitud'",
                "text": "'Su solicitud quedó registrada.'",
                "html": "'<p>Su solicitud quedó registrada.</p>'",
                "message_id": f"'<bench-{seed.last_ticket}-' || g || '@operadora.example>'",
                "state": "CASE WHEN g % 1000 = 1 THEN 'failed' WHEN g % 20000 = 3 THEN 'held' ELSE 'sent' END",
                "attempts": "1",
                "next_at": at,
                "give_up_at": f"{at} + interval '72 hours'",
                "created_at": at,
                "tried_at": at,
                "sent_at": at,
            },
        )
    }


def company_name(company: str) -> str:
    """Return the name of the nth company: one word from each of the three lists."""
    first, second, third = (
        f"(ARRAY{words.split()})[1 + {company} % {len(words.split())}]" for words in (FIRST, SECOND, THIRD)
    )
    return f"{first} || ' ' || {second} || ' ' || {third} || ' S. A.'"


def tax_id(company: str, seed: Seed) -> str:
    """Return a number of a RUC's length, with the code of a province that does not exist."""
    return f"'88' || lpad(({seed.last_company} + {company})::text, 8, '0') || '001'"


def phone(company: str, seed: Seed) -> str:
    return f"'+5939' || lpad(({seed.last_company} + {company} + 10000000)::text, 8, '0')"


def email(company: str, seed: Seed) -> str:
    return f"'compras' || ({seed.last_company} + {company}) || '@empresa.example'"
