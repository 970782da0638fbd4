"""Background work: enqueue a task, sweep what is overdue, retry while the database is down.

May import no other package of the product.
"""
