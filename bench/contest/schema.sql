-- The tables that every contestant serves. Indexes follow in indexes.sql, once they are filled.
CREATE SCHEMA contest;

CREATE TABLE contest.protocols (
    id uuid PRIMARY KEY,
    slug text NOT NULL,
    name text NOT NULL,
    category text NOT NULL,
    website_url text,
    audit_count integer,
    is_active boolean NOT NULL,
    tvl_usd numeric(30, 8),
    volume_24h_usd numeric(30, 8),
    listed_on date,
    updated_at timestamptz NOT NULL
);

CREATE TABLE contest.tokens (
    id uuid PRIMARY KEY,
    symbol text NOT NULL,
    name text NOT NULL,
    decimals integer
);

CREATE TABLE contest.wallets (
    id uuid PRIMARY KEY,
    address text NOT NULL,
    label text,
    score double precision,
    tx_count integer,
    first_seen_at timestamptz
);

CREATE TABLE contest.wallet_transactions (
    id uuid PRIMARY KEY,
    wallet_id uuid NOT NULL,
    tx_hash text NOT NULL,
    kind text NOT NULL,
    occurred_at timestamptz NOT NULL,
    block_number bigint,
    amount_in numeric(38, 18),
    amount_out numeric(38, 18),
    amount_usd numeric(30, 8),
    gas_used integer,
    protocol_id uuid,
    token_in_id uuid,
    token_out_id uuid
);
