"""Renders the static error pages, in the operator's brand, that the proxy shows when the portal
cannot answer.
"""

import base64

from django.conf import settings
from django.template.loader import render_to_string

from brand.brand_assets import icon, page_logo, stylesheet
from brand.operator import Brand

STATUSES = (400, 403, 404, 413, 429, 502, 503, 504)
STYLESHEET = "estilo.css"
PORTAL_STYLES = settings.BASE_DIR / "static" / "css" / "portal.css"


def files(brand: Brand) -> dict[str, bytes]:
    """Return each file's content by name. The pages load only the stylesheet among these files."""
    logo = page_logo(brand)
    context = {
        "brand": brand,
        "brand_icon": icon(brand),
        "brand_logo_url": f"data:{logo.content_type};base64,{base64.b64encode(logo.content).decode()}",
        "stylesheet": f"/avisos/{STYLESHEET}",  # deploy/nginx/server.conf
    }
    pages = {
        f"{status}.html": render_to_string(f"proxy/{status}.html", context).encode() for status in STATUSES
    }
    return {**pages, STYLESHEET: stylesheet(brand).content + PORTAL_STYLES.read_bytes()}
