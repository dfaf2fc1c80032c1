-- Which months of public history have left ClickHouse, and for which file.

-- migrate:up
CREATE TABLE ops.archives (
    id uuid PRIMARY KEY DEFAULT ops.uuid_v7(),
    series text NOT NULL CHECK (series <> ''),
    partition text NOT NULL CHECK (partition <> ''),
    row_count bigint NOT NULL CHECK (row_count > 0),
    fingerprint numeric NOT NULL,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    size_bytes bigint NOT NULL CHECK (size_bytes > 0),
    archived_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE ops.archives IS
    'Parquet files of public history. Several of one month hold rows that arrived at different times.';
COMMENT ON COLUMN ops.archives.id IS 'Identifier; part of the name of the file.';
COMMENT ON COLUMN ops.archives.series IS 'Table of ClickHouse whose rows they are.';
COMMENT ON COLUMN ops.archives.partition IS 'Its month, as in 202405.';
COMMENT ON COLUMN ops.archives.row_count IS 'Rows in the file.';
COMMENT ON COLUMN ops.archives.fingerprint IS
    'Of the rows in any order, by which they are compared before they leave; XOR of 64-bit hashes.';
COMMENT ON COLUMN ops.archives.sha256 IS 'Checksum of the file, in hexadecimal.';
COMMENT ON COLUMN ops.archives.size_bytes IS 'Size of the file, bytes.';
COMMENT ON COLUMN ops.archives.archived_at IS
    'When the rows were in the file alone (UTC); null while they are still in ClickHouse or leaving it.';
COMMENT ON COLUMN ops.archives.created_at IS 'When the file was written (UTC).';
COMMENT ON COLUMN ops.archives.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON ops.archives
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX archives_series_partition_idx ON ops.archives (series, partition);

-- migrate:down
DROP TABLE ops.archives;
