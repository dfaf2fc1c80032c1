-- How far copies of the database are behind, in bytes of the write-ahead log.

-- name: written :one
-- Up to where the primary has written.
SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint AS place;

-- name: replayed :one
-- Up to where a copy is like the primary; null on a server that is no copy.
SELECT pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint AS place
FROM (SELECT pg_is_in_recovery() AS copies) AS server
WHERE server.copies;
