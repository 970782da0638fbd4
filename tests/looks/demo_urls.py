"""The product's addresses with those of the demo, which exist in the demo only."""

from django.urls import include, path

from fidelizacion.urls import urlpatterns as product

urlpatterns = [*product, path("demo/", include("demo.urls"))]
