"""Documents in Chromium (A11): with scripts they are checked, reduced and uploaded before the form;
without scripts none is lost.
"""

import base64
import re
import struct
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, FilePayload, Page, Route, expect

from attachments.inspection import MAX_BYTES
from tests.browser.test_portal import Walk, choose_a_reason, scripts
from tests.stack import Stack, wait_for
from tests.tickets.portal_client import PDF

pytestmark = [pytest.mark.loopback, pytest.mark.processes]

SENT_AHEAD = "**/solicitud/documentos/"
# A picture of noise, because JPEG does not compress it much
A_PHOTO = """async ([width, height]) => {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  let noise = 7;
  for (let at = 0; at < image.data.length; at += 1) {
    noise = (noise * 1103515245 + 12345) & 0x7fffffff;
    image.data[at] = at % 4 === 3 ? 255 : (noise >> 8) & 255;
  }
  context.putImageData(image, 0, 0);
  return canvas.toDataURL("image/jpeg", 0.9).split(",")[1];
}"""
CHOSEN = """async () => {
  const [file] = document.querySelector("[name=attachments]").files;
  const image = await createImageBitmap(file);
  return { size: file.size, upright: image.height > image.width };
}"""


def file(name: str, content: bytes = PDF) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def choose(page: Page, *files: FilePayload) -> None:
    page.set_input_files("[name=attachments]", list(files))


def ready(browser: Browser, stack: Stack, **options: Any) -> Walk:
    """Sign in, and fill in the request form except for the documents."""
    walk = Walk(browser, stack, **options)
    walk.sign_in()
    choose_a_reason(walk.page)
    walk.page.fill("[name=details]", f"Por cierre de la oficina {uuid4()}.")
    return walk


def expect_ticket_with(walk: Walk, *names: str) -> None:
    expect(walk.page.locator("#numero-de-ticket")).to_be_visible()
    files = walk.page.locator("main .files li")
    expect(files).to_have_count(len(names))
    for position, name in enumerate(names):
        expect(files.nth(position)).to_contain_text(name)
    assert walk.trouble == []
    walk.context.close()


@scripts
def test_a_wrong_file_and_a_typo_are_corrected_and_nothing_is_uploaded_twice(
    chromium: Browser, stack: Stack, scripts: bool
) -> None:
    walk = ready(chromium, stack, scripts=scripts, width=360)
    page = walk.page
    page.fill("[name=email]", "ana@")
    choose(
        page,
        file("carta.pdf"),
        file("fotos de la oficina de Cuenca con un nombre muy largo.zip", b"PK\x03\x04"),
    )
    walk.confirm()
    expect(
        page.get_by_text("fotos de la oficina de Cuenca con un nombre muy largo.zip» no se puede").last
    ).to_be_visible()
    if scripts:
        expect(page.locator("#errores")).to_have_count(0)
        page.get_by_role("button", name="Quitar fotos").click()
        choose(page, file("fotos.pdf"))
        walk.confirm()
    expect(page.locator("#errores")).to_contain_text("Escriba un correo electrónico completo")
    expect(page.locator("[data-staged]")).to_contain_text("carta.pdf")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.fill("[name=email]", "ana@empresa.example")
    if not scripts:
        choose(page, file("fotos.pdf"))
    walk.confirm()
    expect(page.locator("#numero-de-ticket")).to_be_visible()
    page.go_back()
    expect(page.locator("h1")).to_be_visible()
    assert "ERR_" not in page.content()
    page.go_forward()
    expect_ticket_with(walk, "carta.pdf", "fotos.pdf")


@pytest.mark.prove
@scripts
def test_an_uploaded_document_can_be_removed(chromium: Browser, stack: Stack, scripts: bool) -> None:
    walk = ready(chromium, stack, scripts=scripts)
    walk.page.fill("[name=email]", "ana@")
    choose(walk.page, file("una.pdf"), file("otra.pdf"))
    walk.confirm()
    walk.page.get_by_label("Quitar una.pdf").check()
    walk.page.fill("[name=email]", "ana@empresa.example")
    walk.confirm()
    expect_ticket_with(walk, "otra.pdf")


@pytest.mark.prove
def test_chosen_files_are_listed_and_can_be_removed_and_replaced(chromium: Browser, stack: Stack) -> None:
    walk = ready(chromium, stack, scripts=True)
    page = walk.page
    choose(page, file("a.pdf"))
    choose(page, file("b.pdf"), file("c.pdf"))
    page.get_by_role("button", name="Quitar b.pdf").click()
    expect(page.locator("[name=attachments]")).to_be_focused()
    with page.expect_file_chooser() as opened:
        page.get_by_role("button", name="Cambiar a.pdf").click()
    opened.value.set_files([file("nueva.pdf")])
    walk.confirm()
    expect_ticket_with(walk, "nueva.pdf", "c.pdf")


@pytest.mark.prove
def test_a_sixth_file_is_an_error_and_the_form_is_not_sent(chromium: Browser, stack: Stack) -> None:
    walk = ready(chromium, stack, scripts=True)
    choose(walk.page, *[file(f"{number}.pdf") for number in range(6)])
    expect(walk.page.get_by_role("status")).to_contain_text("hasta 5 archivos")
    walk.confirm()
    walk.page.get_by_role("button", name="Quitar 5.pdf").click()
    walk.confirm()
    expect_ticket_with(walk, *[f"{number}.pdf" for number in range(5)])


def test_a_large_photo_is_reduced_and_stays_upright(chromium: Browser, stack: Stack) -> None:
    walk = ready(chromium, stack, scripts=True)
    page = walk.page
    photo = turned(base64.b64decode(page.evaluate(A_PHOTO, [2400, 1800])))
    assert len(photo) > MAX_BYTES
    choose(page, file("IMG_2041.jpg", photo), file("rota.jpg", b"\xff\xd8\xff" + bytes(MAX_BYTES)))
    expect(page.locator(".file").first).to_contain_text("reducida para que se pueda enviar")
    expect(page.locator(".file-wrong")).to_contain_text("«rota.jpg» pesa más de 2 MB")
    chosen = page.evaluate(CHOSEN)
    assert chosen["size"] <= MAX_BYTES
    assert chosen["upright"], "the camera was held sideways"
    page.get_by_role("button", name="Quitar rota.jpg").click()
    walk.confirm()
    expect_ticket_with(walk, "IMG_2041.jpg")


def turned(jpeg: bytes) -> bytes:
    """Return the JPEG with Exif orientation 6, which cameras write when they are held upright."""
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0)
    exif = b"Exif\0\0MM\0*" + struct.pack(">I", 8) + struct.pack(">H", 1) + entry + struct.pack(">I", 0)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:]


@pytest.mark.parametrize(
    "answer",
    [
        "none",
        pytest.param("a page", marks=pytest.mark.prove),
        pytest.param("an error", marks=pytest.mark.prove),
    ],
)
def test_when_documents_cannot_be_uploaded_first_the_form_is_sent_as_without_scripts(
    chromium: Browser, stack: Stack, answer: str
) -> None:
    walk = ready(chromium, stack, scripts=True)

    def fail(route: Route) -> None:
        if answer == "none":
            route.abort()
        else:
            route.fulfill(status=200 if answer == "a page" else 502, body="<h1>Otra cosa</h1>")

    walk.page.route(SENT_AHEAD, fail)
    choose(walk.page, file("carta.pdf"))
    walk.confirm()
    expect(walk.page.locator("#numero-de-ticket")).to_be_visible()
    walk.trouble = [
        trouble for trouble in walk.trouble if "ERR_FAILED" not in trouble and "502" not in trouble
    ]
    expect_ticket_with(walk, "carta.pdf")


@pytest.mark.prove
def test_the_upload_shows_its_progress_and_a_second_click_sends_nothing_more(
    chromium: Browser, stack: Stack
) -> None:
    walk = ready(chromium, stack, scripts=True)
    page = walk.page
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url) if request.method == "POST" else None)
    network = walk.context.new_cdp_session(page)
    network.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 400_000},
    )
    choose(page, file("carta.pdf", PDF.replace(b"%%EOF", b"%" * 400_000 + b"\n%%EOF")))
    walk.confirm()
    bar = page.get_by_role("progressbar", name="Enviando los documentos")
    expect(bar).to_be_visible()
    assert wait_for(lambda: bar.evaluate("bar => bar.value > 0"))
    walk.confirm()
    walk.confirm()
    expect(page.locator("#numero-de-ticket")).to_be_visible()
    assert [re.sub(r".*/fidelizacion", "", url) for url in requests] == [
        "/solicitud/documentos/",
        "/solicitud/",
    ]
    expect_ticket_with(walk, "carta.pdf")


@pytest.mark.parametrize(
    ("length", "shown"), [(1, "1\u00a0byte"), (12, "12\u00a0bytes"), (1100, "1,1\u00a0KB")]
)
def test_a_tiny_file_has_its_size_in_bytes(chromium: Browser, stack: Stack, length: int, shown: str) -> None:
    """In KB, one decimal, it would be "0,0 KB"."""
    walk = ready(chromium, stack, scripts=True)
    choose(walk.page, file("nota.pdf", b"x" * length))
    expect(walk.page.locator(".file-name .muted")).to_have_text(shown)
    walk.context.close()
