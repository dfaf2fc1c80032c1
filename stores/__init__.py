"""One adapter a store, the statement planner, migrations and the embedded engines."""
