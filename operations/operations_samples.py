"""Sample contexts of the mails to operations, for the previews in the desk."""

from datetime import UTC, date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications import local_time, message_types
from operations.operations_mail import Fact, page_url

RAISED = datetime(2026, 11, 21, 19, 5, 10, tzinfo=UTC)


def register() -> None:
    """Register the mails to operations as message types."""
    message_types.register_mail(
        "operations_alarm", gettext_lazy("Alarma para operaciones"), _alarm, staff=True
    )
    message_types.register_mail(
        "operations_digest", gettext_lazy("Resumen diario para operaciones"), _digest, staff=True
    )
    message_types.register_mail(
        "operations_test",
        gettext_lazy("Mensaje de prueba"),
        lambda: {"moment": local_time.sentence(timezone.now(), seconds=True)},
    )


def _alarm() -> dict[str, object]:
    return {
        "title": _("Se usó el 80 % de los códigos del día"),
        "advice": _("Vea si el uso es normal antes de subir el límite."),
        "facts": [
            Fact(_("Cifra"), [_("Códigos pedidos, del límite del día: 1604 de 2000 (80 %)")]),
            Fact(_("Desde"), [local_time.sentence(RAISED, seconds=True)]),
        ],
        "page_url": page_url(),
    }


def _digest() -> dict[str, object]:
    return {
        "day": date(2026, 11, 20),
        "alarms": [_("El trabajador no da señales: 20 nov 2026, 03:10 – 03:25")],
        "groups": {
            _("Mensajes"): [Fact(_("Enviados"), ["214"]), Fact(_("Abandonados"), ["0"])],
            _("Códigos y SMS"): [
                Fact(_("Códigos pedidos"), ["96"]),
                Fact(_("Ingresos con código"), ["81 (90 %)"]),
            ],
        },
        "page_url": page_url(),
    }
