"""Serves the operator's brand from our own origin: the mark, and a small stylesheet with the design
tokens.

The pages' policy allows no style attribute or block, so the operator's colour arrives as a
stylesheet: the tokens of static/css/tokens.css with the brand's values after them. Both addresses
carry a hash of what they serve and may be kept for ever; without it, or with an old one, they
answer for a few minutes.
"""

import hashlib
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe

from brand.operator import LOGO_TYPES, Brand, Palette

TOKENS = settings.BASE_DIR / "static" / "css" / "tokens.css"
FOR_EVER = "public, max-age=31536000, immutable"
FOR_NOW = "public, max-age=300"


@dataclass(frozen=True)
class Asset:
    """A file as it is served; `version` changes when its content does."""

    content: bytes
    content_type: str

    @cached_property
    def version(self) -> str:
        return hashlib.sha256(self.content).hexdigest()[:12]


@cache
def mark(brand: Brand) -> Asset:
    """The operator's logo, or the default mark in their colour where there is none that can be
    served.
    """
    own = _own_logo(brand.logo) if brand.logo else None
    if own is not None:
        return own
    return Asset(_drawn_mark(brand).encode(), LOGO_TYPES[".svg"])


def _drawn_mark(brand: Brand) -> str:
    return render_to_string("brand/mark.svg", {"colour": brand.colour, "ink": brand.ink})


@cache
def icon(brand: Brand) -> str:
    """The tab's icon, in the page itself: it costs no request, and a wide logo would not be seen at
    that size.
    """
    return f"data:image/svg+xml,{quote(_drawn_mark(brand).strip())}"


def _own_logo(path: Path) -> Asset | None:
    content_type = LOGO_TYPES.get(path.suffix.lower())
    if content_type is None:
        return None
    try:
        return Asset(path.read_bytes(), content_type)
    except OSError:
        return None


@cache
def stylesheet(brand: Brand) -> Asset:
    """The tokens, and after them what the brand puts in place of their values, in light and in
    dark.
    """
    tokens = TOKENS.read_text(encoding="utf-8")
    dark = f"@media (prefers-color-scheme: dark) {{ :root {{ {_values(brand.dark)} }} }}"
    return Asset(
        f"{tokens}\n:root {{ {_values(brand.light)} }}\n{dark}\n".encode(), "text/css; charset=utf-8"
    )


def _values(palette: Palette) -> str:
    return f"--brand: {palette.fill}; --brand-ink: {palette.ink}; --brand-text: {palette.text};"


def brand_context() -> dict[str, object]:
    """What every page needs of the brand; reads settings and files only, never the database."""
    return _context(settings.BRAND)


@cache
def _context(brand: Brand) -> dict[str, object]:
    return {
        "brand": brand,
        "brand_css_url": f"{reverse('brand_stylesheet')}?v={stylesheet(brand).version}",
        "brand_icon": icon(brand),
        "brand_logo_url": f"{reverse('brand_logo')}?v={mark(brand).version}",
    }


@require_safe
def brand_logo(request: HttpRequest) -> HttpResponse:
    """The mark in the header."""
    return _serve(request, mark(settings.BRAND))


@require_safe
def tab_icon(request: HttpRequest) -> HttpResponse:
    """The icon where a page does not carry its own."""
    return _serve(request, Asset(_drawn_mark(settings.BRAND).encode(), LOGO_TYPES[".svg"]))


@require_safe
def brand_stylesheet(request: HttpRequest) -> HttpResponse:
    """The design tokens with the operator's colour."""
    return _serve(request, stylesheet(settings.BRAND))


def _serve(request: HttpRequest, asset: Asset) -> HttpResponse:
    current = request.GET.get("v") == asset.version
    headers = {"Cache-Control": FOR_EVER if current else FOR_NOW}
    return HttpResponse(asset.content, content_type=asset.content_type, headers=headers)
