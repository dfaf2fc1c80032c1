"""The contestants of Python: `python -m bench.contest.servers.NAME`, one process each.

Those that are not ours take `PORT` and `DATABASE_URL` from the environment, like those of Node;
ours takes the settings of the gateway.
"""
