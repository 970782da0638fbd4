"""The operator's brand: name, colour, logo and contacts, and the inks that stay legible on any
colour they choose.
"""

import re
from collections.abc import Sequence
from colorsys import hls_to_rgb, rgb_to_hls
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path

UP_TO_AN_EXTENSION = re.compile(r"[\d\s+*().-]*")
NOT_DIALLED = re.compile(r"[\s().-]")
SHORTEST_NUMBER = 3  # such as *611
HEX_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
LIGHT_INK, DARK_INK = "#ffffff", "#000000"  # one of the two has 4.58:1 or more on any colour
MINIMUM_CONTRAST = 4.5  # WCAG 2.2, 1.4.3, normal text (L4)

# What text in the brand colour may stand on: the surfaces of static/css/tokens.css (a test compares
# them)
LIGHT_SURFACES = ("#ffffff", "#f4f6f8", "#eaf1f8", "#fdf3df", "#fdeceb", "#e8f5ec")
DARK_SURFACES = ("#10161d", "#19222c", "#1a2b3c", "#312813", "#391e1d", "#162d1e")

# How a logo is served, by its file's ending; nothing else is served
LOGO_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}
# Mail programs show neither SVG nor WebP
MAIL_LOGO_TYPES = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg"}
MAIL_MARKS = Path(__file__).resolve().parent / "mail_marks"  # templates/brand/mark.svg as PNG, in either ink
DATA_AUTHORITY = "la Superintendencia de Protección de Datos Personales"  # of LOPDP
LOGO_BYTES = 8 * 1024  # what a first visit of 20 kB leaves for it (P10)


@dataclass(frozen=True)
class Palette:
    """A brand colour as one colour scheme uses it: as a fill, as the ink on that fill, and as text
    on a surface.
    """

    fill: str
    ink: str
    text: str


@dataclass(frozen=True)
class MailMark:
    """The mark as an image that mails carry with them; `is_own`: the operator's, which needs a
    white ground.
    """

    content: bytes
    subtype: str  # of image/…
    is_own: bool


@dataclass(frozen=True)
class Brand:
    """What screens, mails and the receipt show of the operator.

    What follows from the colour is worked out once: it was a tenth of what a ticket costs.
    """

    name: str
    colour: str
    logo: Path | None  # a file of ours, served from our own origin
    mail_logo: Path | None  # the one for mails, where they cannot show the other
    support_phone: str
    support_hours: str  # of that phone, as people write them: "lunes a viernes, 8:00 a 18:00"
    support_email: str
    privacy_url: str
    privacy_email: str  # where people ask about their data: the data protection officer's
    sms_provider: str  # who gets numbers and addresses from us, and in which country; for the privacy notice
    mail_provider: str
    data_authority_name: str
    data_authority_url: str
    retention_months: int  # of a closed ticket, with its documents and messages
    regulator_name: str
    regulator_url: str

    @cached_property
    def ink(self) -> str:
        """The text colour with the higher contrast on the brand colour."""
        return ink_on(self.colour)

    @cached_property
    def support_tel(self) -> str:
        """The `tel:` address of the help phone, or an empty text where it cannot be dialled."""
        number = NOT_DIALLED.sub("", UP_TO_AN_EXTENSION.match(self.support_phone)[0])  # type: ignore[index]  # always matches
        return f"tel:{number}" if len(number) >= SHORTEST_NUMBER else ""

    @cached_property
    def mail_mark(self) -> MailMark | None:
        """The operator's logo, or the default mark where there is none; nothing for a logo that no
        mail can show.
        """
        for logo in filter(None, (self.mail_logo, self.logo)):
            subtype = MAIL_LOGO_TYPES.get(logo.suffix.lower())
            if subtype is not None and logo.is_file():
                return MailMark(logo.read_bytes(), subtype, is_own=True)
        if self.logo is not None and self.logo.suffix.lower() in LOGO_TYPES and self.logo.is_file():
            # The portal shows this logo; mails with the default mark would look like another
            # sender's
            return None
        ink = "white" if self.ink == LIGHT_INK else "black"
        return MailMark((MAIL_MARKS / f"{ink}.png").read_bytes(), "png", is_own=False)

    @cached_property
    def light(self) -> Palette:
        """The colour as chosen; darkened only where it is text on a light surface."""
        return Palette(self.colour, self.ink, legible(self.colour, LIGHT_SURFACES, lighter=False))

    @cached_property
    def dark(self) -> Palette:
        """The colour lightened until it reads on a dark surface, also as a fill: a dark button on
        black is not seen.
        """
        fill = legible(self.colour, DARK_SURFACES, lighter=True)
        return Palette(fill, ink_on(fill), fill)


def brand_problems(brand: Brand) -> list[str]:
    """What the operator should know about the brand they set, in Spanish, for a system check; none
    stops the portal.
    """
    return [*_colour_problems(brand.colour), *_logo_problems(brand.logo), *_mail_logo_problems(brand)]


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


def _mail_logo_problems(brand: Brand) -> list[str]:
    mark = brand.mail_mark
    if mark is None or (brand.mail_logo and not mark.is_own):
        return ["los correos no muestran el logotipo: indique en OPERATOR_MAIL_LOGO un archivo PNG o JPG"]
    return []


def parse_colour(raw: str) -> str:
    """A colour as `#rrggbb`, lower case. Raises ValueError (in Spanish) for anything else."""
    if HEX_COLOUR.fullmatch(raw) is None:
        raise ValueError("debe ser un color como #0b5c6b")
    return raw.lower()


def ink_on(colour: str) -> str:
    """White or black, whichever has the higher contrast on `colour`."""
    return max((LIGHT_INK, DARK_INK), key=lambda ink: contrast(ink, colour))


def legible(colour: str, surfaces: Sequence[str], *, lighter: bool) -> str:
    """The colour nearest to `colour`, lighter or darker but of the same hue, that reads as text on
    all `surfaces`.
    """
    hue, lightness, saturation = rgb_to_hls(*(channel / 255 for channel in _channels(colour)))
    goal = 1.0 if lighter else 0.0
    steps = (lightness + (goal - lightness) * percent / 100 for percent in range(1, 101))
    candidates = chain([colour], (_hex(*hls_to_rgb(hue, step, saturation)) for step in steps))
    return next(
        each for each in candidates if all(contrast(each, under) >= MINIMUM_CONTRAST for under in surfaces)
    )


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two `#rrggbb` colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _channels(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return red, green, blue


def _hex(red: float, green: float, blue: float) -> str:
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in (red, green, blue))


def _luminance(colour: str) -> float:
    channels = (channel / 255 for channel in _channels(colour))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
