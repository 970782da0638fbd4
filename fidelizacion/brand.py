"""The operator's brand: name, colour, logo and contacts, and the ink that stays legible on any colour they choose."""

import re
from dataclasses import dataclass
from pathlib import Path

HEX_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
LIGHT_INK, DARK_INK = "#ffffff", "#10161d"
MINIMUM_CONTRAST = 4.5  # WCAG 2.2, 1.4.3, normal text


@dataclass(frozen=True)
class Brand:
    """What screens, mails and the receipt show of the operator."""

    name: str
    colour: str
    logo: Path | None  # a file of ours, served from our own origin
    support_phone: str
    support_email: str
    privacy_url: str
    regulator_name: str
    regulator_url: str

    @property
    def ink(self) -> str:
        """The text colour with the higher contrast on the brand colour."""
        return max((LIGHT_INK, DARK_INK), key=lambda ink: contrast(ink, self.colour))


def parse_colour(raw: str) -> str:
    """A colour as `#rrggbb`, lower case. Raises ValueError (in Spanish) for anything else."""
    if HEX_COLOUR.fullmatch(raw) is None:
        raise ValueError("debe ser un color como #0b5c6b")
    return raw.lower()


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two `#rrggbb` colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
