"""The pages past the form: company, result, ticket, list."""
