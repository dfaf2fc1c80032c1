"""Copies of the four stores that they can be brought back from.

    manifest    what a backup is made of, with the checksum of every file
    shelf       where backups are kept: a directory or a bucket
    create      takes one: Postgres first, then what is fed from it
    restore     brings one back, after every checksum was compared

Postgres is copied before the others because they are fed from its outbox: what they have and it has
not does no harm, and what it has and they have not is in the outbox and passed on again.
"""
