"""Tests of the effective dates: holidays, working days, rules, the dates of a request."""
