"""Pages for verified visitors: company picker, result, ticket, list; and all their addresses."""
