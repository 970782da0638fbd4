"""Every address of the product."""

from importlib.util import find_spec

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from brand import brand_assets
from desk.password_change import PasswordChange
from desk.search import search as desk_search
from desk.sign_in import SignIn, SignOut
from fidelizacion import robots
from notifications.reports import webhooks
from operations import health, prometheus

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(url="/fidelizacion/")),
    path("fidelizacion/", include("portal.entry.urls")),
    path("fidelizacion/", include("portal.tickets.urls")),
    path("fidelizacion/consulta/", include("portal.public.urls")),
    path("admin/login/", SignIn.as_view(), name="staff-sign-in"),
    path("admin/logout/", SignOut.as_view(), name="staff-sign-out"),
    path(
        "admin/password_change/",
        admin.site.admin_view(PasswordChange.as_view()),
        name="staff-password-change",
    ),
    path("admin/search/", desk_search, name="desk-search"),
    path("admin/", admin.site.urls),
    # Browsers request it for files, and for pages without an icon link, such as the desk's
    path("favicon.ico", brand_assets.tab_icon),
    path("robots.txt", robots.robots, name="robots"),
    path("marca/logo", brand_assets.brand_logo, name="brand_logo"),
    path("marca/marca.css", brand_assets.brand_stylesheet, name="brand_stylesheet"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("metrics", prometheus.metrics_view, name="metrics"),
    path("webhooks/sms/<str:provider>/", webhooks.sms, name="webhook-sms"),
    path("webhooks/email/<str:provider>/", webhooks.email, name="webhook-email"),
]
if settings.DEMO and find_spec("demo") is not None:
    urlpatterns.append(path("demo/", include("demo.urls")))

handler400 = "fidelizacion.errors.bad_request"
handler403 = "fidelizacion.errors.permission_denied"
handler404 = "fidelizacion.errors.page_not_found"
handler500 = "fidelizacion.errors.server_error"
