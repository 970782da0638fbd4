"""The operator's brand: name, colour, logo and contacts, and the text colours that stay legible
with any colour the operator chooses.
"""

import re
from collections.abc import Sequence
from colorsys import hls_to_rgb, rgb_to_hls
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

WITHOUT_EXTENSION = re.compile(r"[\d\s+*().-]*")  # "1800 123 456" of "1800 123 456 ext. 12"
SEPARATORS = re.compile(r"[\s().-]")
SHORTEST_NUMBER = 3  # characters, as in 911
HEX_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
LIGHT_INK, DARK_INK = "#ffffff", "#000000"  # on any colour, one of them has at least 4.58:1
MINIMUM_CONTRAST = 4.5  # WCAG 2.2, 1.4.3, normal text (L4)

# Backgrounds of text in the brand colour: the surfaces of static/css/tokens.css (a test compares
# the two files)
LIGHT_SURFACES = ("#ffffff", "#f4f6f8", "#eaf1f8", "#fdf3df", "#fdeceb", "#e8f5ec")
DARK_SURFACES = ("#10161d", "#19222c", "#1a2b3c", "#312813", "#391e1d", "#162d1e")

# Content type by file extension. Files with another extension are not served
LOGO_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}
# Mail programs show neither SVG nor WebP
MAIL_LOGO_TYPES = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg"}
# templates/brand/logo.svg as PNG, for bands with black and with white text
DEFAULT_MAIL_LOGOS = Path(__file__).resolve().parent / "mail_logos"
# The authority under Ecuador's data protection law (LOPDP)
DATA_AUTHORITY = "la Superintendencia de Protección de Datos Personales"
LOGO_BYTES = 8 * 1024  # a first visit may load 20 kB (P10); the other files need the rest


@dataclass(frozen=True)
class Palette:
    """The colours of one scheme, light or dark: the fill of buttons, the text on that fill, and
    text in the brand colour on a page's surface.
    """

    fill: str
    ink: str
    text: str


@dataclass(frozen=True)
class MailLogo:
    """The logo image that each mail embeds and shows at its top.

    `is_own` says that it is the operator's logo, which needs a white background.
    """

    content: bytes
    subtype: str  # "png" for image/png
    is_own: bool


@dataclass(frozen=True)
class Brand:
    """The operator's data that screens, mails and the receipt show.

    Values derived from the colour are cached: computing them took a tenth of the time of
    registering a ticket.
    """

    name: str
    colour: str
    logo: Path | None  # a file on this server, served from the portal's own origin
    mail_logo: Path | None  # for mails, when `logo` is an SVG or WebP, which mail programs do not show
    support_phone: str
    support_hours: str  # when that phone is answered, as text: "lunes a viernes, 8:00 a 18:00"
    support_email: str
    privacy_url: str
    privacy_email: str  # the data protection officer's address
    # Name and country of the companies that receive phone numbers and addresses (privacy notice)
    sms_provider: str
    mail_provider: str
    data_authority_name: str
    data_authority_url: str
    retention_months: int  # how long closed tickets are kept, with documents and messages
    regulator_name: str
    regulator_url: str

    @cached_property
    def ink(self) -> str:
        """The text colour with the higher contrast on the brand colour."""
        return ink_on(self.colour)

    @cached_property
    def support_tel(self) -> str:
        """The `tel:` address of the help phone, or an empty string when it cannot be dialled."""
        dialled = WITHOUT_EXTENSION.match(self.support_phone)
        number = SEPARATORS.sub("", dialled[0] if dialled else "")
        return f"tel:{number}" if len(number) >= SHORTEST_NUMBER else ""

    @cached_property
    def embedded_logo(self) -> MailLogo | None:
        """The operator's logo, or the default logo when none is set. None when the logo's format
        cannot be shown in mails.
        """
        for logo in filter(None, (self.mail_logo, self.logo)):
            subtype = MAIL_LOGO_TYPES.get(logo.suffix.lower())
            if subtype is not None and logo.is_file():
                return MailLogo(logo.read_bytes(), subtype, is_own=True)
        if self.logo is not None and self.logo.suffix.lower() in LOGO_TYPES and self.logo.is_file():
            # The portal shows this logo: with the default logo, mails would seem another sender's
            return None
        ink = "white" if self.ink == LIGHT_INK else "black"
        return MailLogo((DEFAULT_MAIL_LOGOS / f"{ink}.png").read_bytes(), "png", is_own=False)

    @cached_property
    def light(self) -> Palette:
        """The colour as chosen; darkened only where it is text on a light surface."""
        return Palette(self.colour, self.ink, legible(self.colour, LIGHT_SURFACES, lighter=False))

    @cached_property
    def dark(self) -> Palette:
        """The colour lightened until it is legible on a dark surface, for fills too: a dark button
        is invisible on black.
        """
        fill = legible(self.colour, DARK_SURFACES, lighter=True)
        return Palette(fill, ink_on(fill), fill)


def brand_problems(brand: Brand) -> list[str]:
    """Return the problems of the operator's brand, in Spanish, for a system check's warnings."""
    problems = [*_colour_problems(brand.colour), *_logo_problems(brand.logo)]
    logo = brand.embedded_logo
    if logo is None or (brand.mail_logo and not logo.is_own):
        problems.append(
            "los correos no muestran el logotipo: indique en OPERATOR_MAIL_LOGO un archivo PNG o JPG"
        )
    return problems


def _colour_problems(colour: str) -> list[str]:
    achieved = contrast(colour, LIGHT_INK)
    if achieved >= MINIMUM_CONTRAST:
        return []
    darker = legible(colour, LIGHT_SURFACES, lighter=False)
    figure = f"{achieved:.1f}".replace(".", ",")
    problem = (
        f"OPERATOR_COLOUR {colour} tiene un contraste de {figure}:1 sobre blanco (se pide 4,5:1): "
        f"los enlaces usan {darker}, y los botones llevan texto {'blanco' if ink_on(colour) == LIGHT_INK else 'negro'}"
    )
    return [problem]


def _logo_problems(logo: Path | None) -> list[str]:
    if logo is None:
        return []
    if logo.suffix.lower() not in LOGO_TYPES:
        return [
            f"OPERATOR_LOGO debe ser un archivo {', '.join(LOGO_TYPES)}; se muestra el distintivo por omisión"
        ]
    try:
        size = logo.stat().st_size
    except OSError:
        return ["OPERATOR_LOGO no se puede leer; se muestra el distintivo por omisión"]
    if size > LOGO_BYTES:
        return [
            f"OPERATOR_LOGO pesa {size // 1024} kB; con más de {LOGO_BYTES // 1024} kB el portal carga lento"
        ]
    return []


def parse_colour(raw: str) -> str:
    """Return a `#rrggbb` colour in lower case. Raises ValueError, in Spanish, for other text."""
    if HEX_COLOUR.fullmatch(raw) is None:
        raise ValueError("debe ser un color como #0b5c6b")
    return raw.lower()


def ink_on(colour: str) -> str:
    """Return white or black: the one with the higher contrast on `colour`."""
    return max((LIGHT_INK, DARK_INK), key=lambda ink: contrast(ink, colour))


def legible(colour: str, surfaces: Sequence[str], *, lighter: bool) -> str:
    """Return the colour nearest to `colour` that is legible as text on all `surfaces`.

    It keeps the hue and is lightened with `lighter`, else darkened.
    """
    hue, lightness, saturation = rgb_to_hls(*(channel / 255 for channel in _channels(colour)))
    goal = 1.0 if lighter else 0.0
    candidate = colour
    for percent in range(1, 101):
        if all(contrast(candidate, surface) >= MINIMUM_CONTRAST for surface in surfaces):
            break
        channels = hls_to_rgb(hue, lightness + (goal - lightness) * percent / 100, saturation)
        candidate = "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)
    return candidate


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two `#rrggbb` colours, 1 to 21 (WCAG 2.2)."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _channels(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return red, green, blue


def _luminance(colour: str) -> float:
    channels = (channel / 255 for channel in _channels(colour))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
