-- MEV as it is read: replaced rows merged, and the victim out of what the source adds, so that loss
-- can be filtered and summed like any column.

-- migrate:up transaction:false

CREATE VIEW IF NOT EXISTS mev_events
(
    detected_at DateTime64(3, 'UTC') COMMENT 'When it was seen, UTC',
    id UUID COMMENT 'Opportunity',
    opportunity_type LowCardinality(String) COMMENT 'arbitrage, liquidation, sandwich, frontrun or backrun',
    chain_id Int64 COMMENT 'Chain; catalog.chains.id',
    block_number Nullable(UInt64) COMMENT 'Block it was seen in',
    token_id Nullable(UUID) COMMENT 'Asset the profit is made in; catalog.assets.id',
    protocol_ids Array(UUID) COMMENT 'Protocols involved; catalog.protocols.id',
    estimated_profit_usd Decimal(38, 8) COMMENT 'Profit before gas, USD',
    gas_cost_estimate_usd Nullable(Decimal(38, 8)) COMMENT 'Gas it would cost, USD',
    net_profit_usd Decimal(38, 8) COMMENT 'Profit after gas, USD',
    is_executed Bool COMMENT 'Whether somebody took it',
    executed_by Nullable(String) COMMENT 'Address that took it',
    actual_profit_usd Nullable(Decimal(38, 8)) COMMENT 'Profit realised, USD',
    execution_tx_hash Nullable(String) COMMENT 'Transaction that took it',
    expires_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it stops being one, UTC',
    executed_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was taken, UTC',
    victim_tx_hash Nullable(String) COMMENT 'Transaction of the victim, where there is one',
    victim_address Nullable(String) COMMENT 'Address of the victim, where there is one',
    victim_loss_usd Nullable(Decimal(38, 8)) COMMENT 'What the victim lost, USD; null when the source does not say',
    source LowCardinality(String) COMMENT 'Who reported it',
    ingested_at DateTime64(3, 'UTC') COMMENT 'When the row arrived here'
)
AS SELECT
    m.detected_at AS detected_at,
    m.id AS id,
    m.opportunity_type AS opportunity_type,
    m.chain_id AS chain_id,
    m.block_number AS block_number,
    m.token_id AS token_id,
    m.protocol_ids AS protocol_ids,
    m.estimated_profit_usd AS estimated_profit_usd,
    m.gas_cost_estimate_usd AS gas_cost_estimate_usd,
    m.net_profit_usd AS net_profit_usd,
    m.is_executed AS is_executed,
    m.executed_by AS executed_by,
    m.actual_profit_usd AS actual_profit_usd,
    m.execution_tx_hash AS execution_tx_hash,
    m.expires_at AS expires_at,
    m.executed_at AS executed_at,
    nullIf(m.metadata['victim_tx'], '') AS victim_tx_hash,
    nullIf(m.metadata['victim_sender'], '') AS victim_address,
    toDecimal128OrNull(m.metadata['victim_loss_usd'], 8) AS victim_loss_usd,
    m.source AS source,
    m.ingested_at AS ingested_at
FROM mev_opportunities AS m FINAL
COMMENT 'MEV opportunities with their victims; the rows are in mev_opportunities';

-- migrate:down transaction:false

DROP VIEW IF EXISTS mev_events;
