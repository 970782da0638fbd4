"""The context processor that gives every template the operator's brand."""

from django.http import HttpRequest

from brand.brand_assets import brand_context


def brand(request: HttpRequest) -> dict[str, object]:  # noqa: ARG001  the signature is Django's
    """Return `brand` and the URLs of its stylesheet and logo."""
    return brand_context()
