"""Metrics, heartbeats, alarms, the daily digest and the health addresses.

May import every domain package, but not portal or desk.
"""
