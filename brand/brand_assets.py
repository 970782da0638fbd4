"""Serves the operator's logo and a small stylesheet with the design tokens, from the portal's own
origin.

The Content-Security-Policy of the pages allows neither style attributes nor <style>, so the
operator's colour needs a stylesheet: static/css/tokens.css followed by the brand's values. Pages
link both files with a hash of their content (?v=); browsers may keep such a response for a year,
and one to a request with no hash or an outdated one for five minutes.
"""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe

from brand.operator import LOGO_TYPES, Brand, Palette

TOKENS = settings.BASE_DIR / "static" / "css" / "tokens.css"
CACHE_IMMUTABLE = "public, max-age=31536000, immutable"
CACHE_BRIEFLY = "public, max-age=300"


@dataclass(frozen=True)
class Asset:
    """The content of a served file. `version` is a hash of the content, for the file's address."""

    content: bytes
    content_type: str

    @cached_property
    def version(self) -> str:
        return hashlib.sha256(self.content).hexdigest()[:12]


@cache
def page_logo(brand: Brand) -> Asset:
    """Return the operator's logo, or the default logo in the operator's colour when no logo is set,
    it cannot be read or its format is not served.
    """
    content_type = LOGO_TYPES.get(brand.logo.suffix.lower()) if brand.logo else None
    if brand.logo and content_type:
        with suppress(OSError):
            return Asset(brand.logo.read_bytes(), content_type)
    return _default_logo(brand)


def _default_logo(brand: Brand) -> Asset:
    svg = render_to_string("brand/logo.svg", {"colour": brand.colour, "ink": brand.ink})
    return Asset(svg.encode(), LOGO_TYPES[".svg"])


@cache
def icon(brand: Brand) -> str:
    """Return the tab icon as a data: URL, which saves a request.

    It is always the default logo: a wide logo would be illegible at that size.
    """
    return f"data:image/svg+xml,{quote(_default_logo(brand).content.strip())}"


@cache
def stylesheet(brand: Brand) -> Asset:
    """Return the design tokens followed by the brand's values for the light and dark schemes."""
    tokens = TOKENS.read_text(encoding="utf-8")
    dark = f"@media (prefers-color-scheme: dark) {{ :root {{ {_values(brand.dark)} }} }}"
    return Asset(
        f"{tokens}\n:root {{ {_values(brand.light)} }}\n{dark}\n".encode(), "text/css; charset=utf-8"
    )


def _values(palette: Palette) -> str:
    return f"--brand: {palette.fill}; --brand-ink: {palette.ink}; --brand-text: {palette.text};"


def brand_context() -> dict[str, object]:
    """Return the brand's part of every page's template context. It runs no query."""
    return _context(settings.BRAND)


@cache
def _context(brand: Brand) -> dict[str, object]:
    return {
        "brand": brand,
        "brand_css_url": f"{reverse('brand_stylesheet')}?v={stylesheet(brand).version}",
        "brand_icon": icon(brand),
        "brand_logo_url": f"{reverse('brand_logo')}?v={page_logo(brand).version}",
    }


@require_safe
def brand_logo(request: HttpRequest) -> HttpResponse:
    """Serve the logo of the page header."""
    return _serve(request, page_logo(settings.BRAND))


@require_safe
def tab_icon(request: HttpRequest) -> HttpResponse:
    """Serve the tab icon of responses that embed none, such as a PDF."""
    return _serve(request, _default_logo(settings.BRAND))


@require_safe
def brand_stylesheet(request: HttpRequest) -> HttpResponse:
    """Serve the design tokens with the operator's colours."""
    return _serve(request, stylesheet(settings.BRAND))


def _serve(request: HttpRequest, asset: Asset) -> HttpResponse:
    is_current = request.GET.get("v") == asset.version
    headers = {"Cache-Control": CACHE_IMMUTABLE if is_current else CACHE_BRIEFLY}
    return HttpResponse(asset.content, content_type=asset.content_type, headers=headers)
