"""Delivery reports: providers report messages as delivered, failed or marked as spam."""
