"""Any brand colour stays legible, and the brand's files come from our own origin (L4, R6.18)."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st
from pytest_django import Settings

from brand import brand_assets
from brand.operator import (
    DARK_SURFACES,
    LIGHT_SURFACES,
    LOGO_BYTES,
    MINIMUM_CONTRAST,
    Palette,
    brand_problems,
    contrast,
    parse_colour,
)

TOKEN = re.compile(r"--([\w-]+): (#[0-9a-f]{6});")
TEXTS = ("ink", "ink-muted", "info", "warning", "danger", "success", "brand-text")
colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def tokens() -> tuple[dict[str, str], dict[str, str]]:
    """Return the colours of the token file for the light and the dark scheme."""
    light, _, dark = brand_assets.TOKENS.read_text(encoding="utf-8").partition("@media")
    return dict(TOKEN.findall(light)), dict(TOKEN.findall(dark))


def surfaces(scheme: dict[str, str]) -> set[str]:
    return {colour for name, colour in scheme.items() if name.startswith("surface")}


@given(colours)
@profile(max_examples=50)
def test_any_brand_colour_is_legible_as_text_and_as_a_background(colour: str) -> None:
    brand = replace(settings.BRAND, colour=colour)
    for palette, backgrounds in ((brand.light, LIGHT_SURFACES), (brand.dark, DARK_SURFACES)):
        assert contrast(palette.ink, palette.fill) >= MINIMUM_CONTRAST
        assert min(contrast(palette.text, background) for background in backgrounds) >= MINIMUM_CONTRAST


def test_a_legible_colour_is_not_changed() -> None:
    assert replace(settings.BRAND, colour="#0b5c6b").light == Palette("#0b5c6b", "#ffffff", "#0b5c6b")


def test_the_surfaces_are_those_of_the_token_file() -> None:
    light, dark = tokens()
    assert surfaces(light) == set(LIGHT_SURFACES)
    assert surfaces(dark) == set(DARK_SURFACES)


@pytest.mark.parametrize("scheme", tokens(), ids=["light", "dark"])
def test_the_text_colours_of_the_token_file_are_legible_on_its_surfaces(scheme: dict[str, str]) -> None:
    for name in TEXTS:
        assert (
            min(contrast(scheme[name], background) for background in surfaces(scheme)) >= MINIMUM_CONTRAST
        ), name
    for name in ("focus", "line-strong"):  # WCAG 2.2, 1.4.11
        assert min(contrast(scheme[name], background) for background in surfaces(scheme)) >= 3, name


def test_the_stylesheet_has_the_colour_of_the_operator_for_both_schemes() -> None:
    css = brand_assets.stylesheet(replace(settings.BRAND, colour="#ffcc00")).content.decode()
    light, dark = css.split("@media (prefers-color-scheme: dark)")[1:]
    assert "--brand: #ffcc00; --brand-ink: #000000;" in light
    assert "--brand: #ffcc00;" in dark


def test_browsers_keep_the_stylesheet_long_with_its_hash_and_briefly_without(client: Client) -> None:
    address = str(brand_assets.brand_context()["brand_css_url"])
    assert "immutable" in client.get(address)["Cache-Control"]
    assert client.get("/marca/marca.css?v=old")["Cache-Control"] == "public, max-age=300"
    assert client.get(address)["Content-Type"] == "text/css; charset=utf-8"


def test_the_logo_of_the_operator_is_served_with_the_type_of_its_extension(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    logo = tmp_path / "logo.png"
    logo.write_bytes(b"\x89PNG made up")
    settings.BRAND = replace(settings.BRAND, logo=logo)
    answer = client.get("/marca/logo")
    assert (answer.content, answer["Content-Type"]) == (b"\x89PNG made up", "image/png")


@pytest.mark.parametrize("name", ["missing.png", "logo.html"])
def test_the_default_logo_replaces_one_that_cannot_be_served(
    name: str, client: Client, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "logo.html").write_text("<script>")
    settings.BRAND = replace(settings.BRAND, logo=tmp_path / name)
    answer = client.get("/marca/logo")
    assert answer["Content-Type"] == "image/svg+xml"
    assert settings.BRAND.colour in answer.content.decode()
    assert len(brand_problems(settings.BRAND)) == 1


def test_a_pale_colour_and_a_large_logo_are_reported(tmp_path: Path) -> None:
    logo = tmp_path / "logo.svg"
    logo.write_bytes(b"x" * (LOGO_BYTES + 1))
    pale, heavy, _ = brand_problems(replace(settings.BRAND, colour="#ffcc00", logo=logo))
    assert pale.startswith("OPERATOR_COLOUR #ffcc00 tiene un contraste de 1,5:1")
    assert heavy.startswith("OPERATOR_LOGO pesa 8 kB")
    assert brand_problems(settings.BRAND) == []


@pytest.mark.parametrize("raw", ["red", "#fff", "#12345g", "#0b5c6b;}", ""])
def test_a_colour_is_six_hexadecimal_digits_or_refused(raw: str) -> None:
    with pytest.raises(ValueError, match="#0b5c6b"):
        parse_colour(raw)
