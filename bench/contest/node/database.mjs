// Postgres: a pool whose values come as the text the schema shows, and one statement per read.
import pg from "pg";

const CONNECTIONS = 10;
const { BOOL, FLOAT4, FLOAT8, INT2, INT4, TIMESTAMPTZ } = pg.types.builtins;

/** `2026-01-31 12:00:00.5+00` as `2026-01-31T12:00:00.500000Z`; microseconds only if any. */
function utcText(text) {
  const fraction = text.length > 22 ? text.slice(19, -3).padEnd(7, "0") : "";
  return `${text.slice(0, 10)}T${text.slice(11, 19)}${fraction}Z`;
}

const asText = (text) => text;
const parsers = new Map([[TIMESTAMPTZ, utcText]]);
for (const type of [BOOL, INT2, INT4, FLOAT4, FLOAT8]) {
  parsers.set(type, pg.types.getTypeParser(type));
}
// Numeric, int8, date and text stay the text that Postgres sends.
const types = { getTypeParser: (type) => parsers.get(type) ?? asText };

const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  options: "-c timezone=UTC",
  max: CONNECTIONS,
  types,
});

const PROTOCOL = `id, slug, name, category, website_url AS "websiteUrl",
  audit_count AS "auditCount", is_active AS "isActive", tvl_usd AS "tvlUsd",
  volume_24h_usd AS "volume24hUsd", listed_on AS "listedOn", updated_at AS "updatedAt"`;
const TOKEN = "id, symbol, name, decimals";
const WALLET = `id, address, label, score, tx_count AS "txCount",
  first_seen_at AS "firstSeenAt"`;
const TRANSACTION = `id, wallet_id AS "walletId", tx_hash AS "txHash", kind,
  occurred_at AS "occurredAt", block_number AS "blockNumber", amount_in AS "amountIn",
  amount_out AS "amountOut", amount_usd AS "amountUsd", gas_used AS "gasUsed",
  protocol_id AS "protocolId", token_in_id AS "tokenInId", token_out_id AS "tokenOutId"`;

/** A statement with a name, which Postgres prepares once per connection. */
function prepared(name, text) {
  return async (...values) => (await pool.query({ name, text, values })).rows;
}

export const topProtocols = prepared(
  "top_protocols",
  `SELECT ${PROTOCOL} FROM contest.protocols ORDER BY tvl_usd DESC NULLS LAST, id LIMIT $1`,
);
export const topWallets = prepared(
  "top_wallets",
  `SELECT ${WALLET} FROM contest.wallets ORDER BY score DESC NULLS LAST, id LIMIT $1`,
);
export const protocolsBySlug = prepared(
  "protocols_by_slug",
  `SELECT ${PROTOCOL} FROM contest.protocols WHERE slug = $1`,
);
export const walletsByAddress = prepared(
  "wallets_by_address",
  `SELECT ${WALLET} FROM contest.wallets WHERE address = $1`,
);
export const protocolsById = prepared(
  "protocols_by_id",
  `SELECT ${PROTOCOL} FROM contest.protocols WHERE id = ANY($1)`,
);
export const tokensById = prepared(
  "tokens_by_id",
  `SELECT ${TOKEN} FROM contest.tokens WHERE id = ANY($1)`,
);

/** The latest transactions of each wallet, newest first: one statement for any number of wallets. */
export const transactionsByWallet = prepared(
  "transactions_by_wallet",
  `SELECT latest.* FROM unnest($1::uuid[]) AS wallet (id) CROSS JOIN LATERAL (
     SELECT ${TRANSACTION} FROM contest.wallet_transactions
     WHERE wallet_id = wallet.id ORDER BY occurred_at DESC, id DESC LIMIT $2
   ) AS latest`,
);
