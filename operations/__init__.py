"""Metrics, heartbeats, alarms, the daily digest and the health addresses.

May import every domain package, and no page of portal or desk.
"""
