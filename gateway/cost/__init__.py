"""What an operation costs: an estimate before it runs, made once a document, and a count after.

Costs follow the GraphQL cost specification (https://ibm.github.io/graphql-specs/cost-spec.html):
each object that an answer may hold has a weight, lists multiply what is inside them. Beside that
result cost there is a second figure, rows: what the stores have to fetch for it.
"""
