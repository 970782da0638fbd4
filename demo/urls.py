"""The URLs of the demo mailbox."""

from django.urls import path

from demo import views as demo_views

app_name = "demo"
urlpatterns = [
    path("mensajes/", demo_views.messages_page, name="messages"),
    path("mensajes.json", demo_views.messages_json, name="messages_json"),
    path("mensajes/<int:pk>/", demo_views.mail, name="mail"),
]
