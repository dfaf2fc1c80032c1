"""The compiled executor: one operation becomes a plan, its rows become JSON-ready structs.

    planner.py   validated operation -> plan.py's tree of selections (once per document)
    codegen.py   a selection -> a msgspec.Struct class and the function that fills it
    run.py       plan -> frames.py: fetches breadth-first, one fetch a field and level (fetch.py)
    exact.py     frames -> the answer by the letter of the specification, whenever codegen.py leaves
    engine.py    the way in: picks the path, keeps plans, falls back to graphql-core

It knows schemas and the declarations of `resolvers.plan`, and no domain. Nothing here decides what
a field means: what is not declared is resolved by Strawberry's own function for the field.
"""
