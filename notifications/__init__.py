"""The outbox: e-mails and SMS to send, how they are sent, and what providers report of them.

May import jobs, audit and brand. It knows no app whose messages it sends: apps register theirs.
"""
