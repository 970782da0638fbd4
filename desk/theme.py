"""The settings of django-unfold, the desk's theme: the operator's name, colour, and the menu."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from brand.operator import LIGHT_INK, MINIMUM_CONTRAST, Brand, contrast, legible

# Shade 600 is the colour of buttons and links. The lighter shades have this share of white mixed
# in, the darker ones this share of black
LIGHTER = {50: 0.95, 100: 0.88, 200: 0.75, 300: 0.58, 400: 0.38, 500: 0.18}
DARKER = {700: 0.15, 800: 0.3, 900: 0.45, 950: 0.62}
# Backgrounds of the dark mode, on which text has a shade up to 500
DARK_SURFACES = ("#101828", "#1e2939")


def theme(brand: Brand) -> dict[str, Any]:
    return {
        "SITE_TITLE": "Gestor de Fidelización",
        "SITE_HEADER": "Gestor de Fidelización",
        "SITE_SUBHEADER": brand.name,
        "SITE_SYMBOL": "support_agent",
        "SITE_URL": "/fidelizacion/",
        "SHOW_VIEW_ON_SITE": False,
        "DASHBOARD_CALLBACK": "desk.tickets.home.dashboard",
        "STYLES": [lambda _request: static("desk/desk.css")],
        "COLORS": {"primary": shades(brand.colour)},
        "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": _navigation()},
    }


def shades(colour: str) -> dict[str, str]:
    """Return the theme's eleven shades of a colour.

    The colour is darkened first until white text on it has enough contrast.
    """
    base = colour
    while contrast(LIGHT_INK, base) < MINIMUM_CONTRAST:
        base = _mix(base, "#000000", 0.05)
    lighter = {weight: _mix(base, "#ffffff", share) for weight, share in LIGHTER.items()}
    lighter = {weight: legible(shade, DARK_SURFACES, lighter=True) for weight, shade in lighter.items()}
    darker = {weight: _mix(base, "#000000", share) for weight, share in DARKER.items()}
    return {str(weight): shade for weight, shade in sorted({**lighter, 600: base, **darker}.items())}


def _mix(colour: str, other: str, share: float) -> str:
    pairs = ((int(colour[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{int(mine * (1 - share) + theirs * share):02x}" for mine, theirs in pairs)


def _navigation() -> list[dict[str, Any]]:
    """Return the groups of the menu; the theme hides the items that the user may not open."""
    return [
        {
            "title": _("Solicitudes"),
            "items": [
                {
                    "title": _("Inicio"),
                    "icon": "home",
                    "link": reverse_lazy("admin:index"),
                    "active": _at_home,
                },
                _item(_("Solicitudes"), "inbox", "tickets.ticket"),
            ],
        },
        {
            "title": _("Directorio"),
            "items": [
                _item(_("Empresas"), "apartment", "companies.company"),
                _item(_("Cuentas de facturación"), "receipt_long", "companies.billingaccount"),
                _item(_("Líneas de servicio"), "sim_card", "companies.serviceline"),
                _item(_("Administradores"), "contact_phone", "companies.administrator"),
                _item(_("Cambios de administradores"), "published_with_changes", "staff.contactchange"),
            ],
        },
        {
            "title": _("Mensajes"),
            "items": [
                {**_item(_("Mensajes"), "outgoing_mail", "notifications.message"), "active": _at_messages},
                {
                    "title": _("Plantillas"),
                    "icon": "preview",
                    "link": reverse_lazy("admin:notifications_message_samples"),
                    "permission": _may("notifications.preview_message"),
                },
                _item(_("Invitaciones"), "forward_to_inbox", "otp.invitation"),
                _item(_("Operación"), "monitor_heart", "operations.heartbeat"),
                _item(_("Números en espera"), "phone_locked", "otp.phonelockout"),
                _item(_("Auditoría de ingresos"), "policy", "otp.auditevent"),
                _item(_("Ingresos del personal"), "badge", "staff.signinevent"),
                _item(_("Auditoría de documentos"), "quick_reference_all", "tickets.attachmentevent"),
            ],
        },
        *_setup_navigation(),
    ]


def _setup_navigation() -> list[dict[str, Any]]:
    """Return the groups of pages that are set up once and rarely changed."""
    return [
        {
            "title": _("Configuración"),
            "items": [
                _item(_("Tipos de requerimiento"), "category", "tickets.requesttype"),
                _item(_("Motivos"), "list_alt", "tickets.reason"),
                _item(_("Áreas"), "groups", "tickets.area"),
                _item(_("Días del calendario"), "calendar_month", "tickets.calendarday"),
                _item(_("Identificación por la red"), "cell_tower", "otp.networkswitch"),
            ],
        },
        {
            "title": _("Usuarios"),
            "items": [
                _item(_("Usuarios"), "person", "auth.user"),
                _item(_("Grupos"), "group", "auth.group"),
            ],
        },
    ]


def _at_home(request: HttpRequest) -> bool:
    """Return whether the page is *Inicio*.

    The theme marks an item if the path begins with its URL, and every path of the desk begins with
    that of *Inicio*.
    """
    return request.path == reverse("admin:index")


def _at_messages(request: HttpRequest) -> bool:
    """Return whether the page is the list of messages or a message, but not a preview.

    The URLs of previews begin with that of the list.
    """
    messages = reverse("admin:notifications_message_changelist")
    samples = reverse("admin:notifications_message_samples")
    return request.path.startswith(messages) and not request.path.startswith(samples)


def _item(title: object, icon: str, model: str) -> dict[str, Any]:
    app_label, _dot, name = model.partition(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app_label}_{name}_changelist"),
        "permission": _may(f"{app_label}.view_{name}"),
    }


def _may(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(permission)
