"""Company picker, result, ticket and list of tickets; also the URLs of all verified pages."""
