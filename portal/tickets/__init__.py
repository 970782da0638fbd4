"""Pages for verified visitors: company picker, result, ticket, list. Also holds all their URLs."""
