"""ClickHouse of the chdb wheel behind ClickHouse's HTTP interface, as far as its clients use it.

Not offered: sessions (`session_id` is accepted and each request stands alone), external tables,
users and passwords (any are accepted), progress headers, `KILL QUERY WHERE query_id` (the engine
names its queries itself; a client stops a query by closing its connection).
"""
