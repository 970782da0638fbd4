"""URLs of the portal for verified visitors."""

from django.urls import path

from portal.request import cancel_view, documents_view, line_step, lines_view, request_view, type_view
from portal.tickets import views

app_name = "tickets"
urlpatterns = [
    path("empresa/", views.company, name="company"),
    path("tipo/", type_view.request_type, name="type"),
    path("solicitud/", request_view.request_form, name="request"),
    path("solicitud/cancelar/", cancel_view.cancel, name="cancel"),
    path("solicitud/documentos/", documents_view.upload, name="documents"),
    path("solicitud/lineas/", lines_view.lines, name="lines"),
    path("solicitud/plantilla.xlsx", line_step.sheet_template, name="lines_template"),
    path("ticket/<int:number>/", views.ticket, name="ticket"),
    path("tickets/", views.ticket_list, name="list"),
]
