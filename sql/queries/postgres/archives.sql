-- Files of history that left ClickHouse; see gateway/archive.

-- name: leaving :many
-- Files whose rows have not left ClickHouse for good, oldest first.
SELECT id, series, partition, row_count, fingerprint, sha256, size_bytes
FROM ops.archives
WHERE archived_at IS NULL
ORDER BY id;

-- name: add :exec
-- Notes a file before its rows leave.
INSERT INTO ops.archives (id, series, partition, row_count, fingerprint, sha256, size_bytes)
VALUES (:id, :series, :partition, :row_count, :fingerprint, :sha256, :size_bytes);

-- name: finish :exec
-- Notes that the rows of a file are nowhere else any more.
UPDATE ops.archives SET archived_at = now() WHERE id = :id AND archived_at IS NULL;

-- name: forget :exec
-- Forgets a file that was not needed: rows had arrived meanwhile.
DELETE FROM ops.archives WHERE id = :id AND archived_at IS NULL;

-- name: list :many
-- Every file whose rows have left, by series and month.
SELECT id, series, partition, row_count, size_bytes, sha256, archived_at
FROM ops.archives
WHERE archived_at IS NOT NULL
ORDER BY series, partition, id;
