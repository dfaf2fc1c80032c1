-- What was found about contracts, addresses, approvals and protocols. All of it is public: it is
-- read from chains or from published reports.

-- migrate:up
CREATE TYPE risk.scan_status AS ENUM ('queued', 'running', 'completed', 'failed');
COMMENT ON TYPE risk.scan_status IS 'Where a scan stands.';

CREATE TYPE risk.health_status AS ENUM ('healthy', 'degraded', 'unhealthy', 'unknown');
COMMENT ON TYPE risk.health_status IS 'How a protocol is at the moment.';

CREATE TABLE risk.security_scans (
    id uuid PRIMARY KEY DEFAULT ops.uuid_v7(),
    contract_id uuid NOT NULL REFERENCES catalog.contracts (id),
    scanner text NOT NULL,
    scanner_version text,
    status risk.scan_status NOT NULL DEFAULT 'queued',
    severity_counts jsonb NOT NULL DEFAULT '{}',
    findings jsonb NOT NULL DEFAULT '[]',
    score numeric(5,4) CHECK (score BETWEEN 0 AND 1),
    started_at timestamptz,
    completed_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE risk.security_scans IS 'A run of a scanner over a contract.';
COMMENT ON COLUMN risk.security_scans.id IS
    'Identifier of the scan; later ones sort after earlier ones.';
COMMENT ON COLUMN risk.security_scans.contract_id IS 'The contract.';
COMMENT ON COLUMN risk.security_scans.scanner IS 'Program that scanned.';
COMMENT ON COLUMN risk.security_scans.scanner_version IS 'Its version.';
COMMENT ON COLUMN risk.security_scans.status IS 'Where it stands.';
COMMENT ON COLUMN risk.security_scans.severity_counts IS 'Number of findings, by severity.';
COMMENT ON COLUMN risk.security_scans.findings IS 'What was found.';
COMMENT ON COLUMN risk.security_scans.score IS 'Result, 0 safe to 1 dangerous.';
COMMENT ON COLUMN risk.security_scans.started_at IS 'When it began (UTC).';
COMMENT ON COLUMN risk.security_scans.completed_at IS 'When it ended (UTC).';
COMMENT ON COLUMN risk.security_scans.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN risk.security_scans.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON risk.security_scans
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX security_scans_contract_id_completed_at_id_idx
    ON risk.security_scans (contract_id, completed_at DESC, id DESC);
CREATE INDEX security_scans_status_id_idx ON risk.security_scans (status, id)
    WHERE status IN ('queued', 'running');
GRANT SELECT ON risk.security_scans TO gateway;

CREATE TABLE risk.contract_audits (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    contract_id uuid NOT NULL REFERENCES catalog.contracts (id),
    auditor text NOT NULL CHECK (auditor <> ''),
    report_url text,
    audited_on date,
    severity_counts jsonb NOT NULL DEFAULT '{}',
    status text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE NULLS NOT DISTINCT (contract_id, auditor, audited_on)
);
COMMENT ON TABLE risk.contract_audits IS 'A published audit of a contract.';
COMMENT ON COLUMN risk.contract_audits.id IS 'Identifier of the audit.';
COMMENT ON COLUMN risk.contract_audits.contract_id IS 'The contract.';
COMMENT ON COLUMN risk.contract_audits.auditor IS 'Who audited.';
COMMENT ON COLUMN risk.contract_audits.report_url IS 'Where the report is.';
COMMENT ON COLUMN risk.contract_audits.audited_on IS 'Day of the report.';
COMMENT ON COLUMN risk.contract_audits.severity_counts IS 'Number of findings, by severity.';
COMMENT ON COLUMN risk.contract_audits.status IS 'Outcome, in the words of the auditor.';
COMMENT ON COLUMN risk.contract_audits.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN risk.contract_audits.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON risk.contract_audits
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
GRANT SELECT ON risk.contract_audits TO gateway;

CREATE TABLE risk.malicious_contracts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    chain_id bigint NOT NULL REFERENCES catalog.chains (id),
    address text NOT NULL
        CHECK (length(address) BETWEEN 1 AND 128
            AND (address = lower(address) OR address NOT ILIKE '0x%')),
    threat_type text NOT NULL CHECK (threat_type <> ''),
    source text NOT NULL,
    tag text,
    is_contract boolean,
    evidence jsonb NOT NULL DEFAULT '{}',
    confidence numeric(5,4) CHECK (confidence BETWEEN 0 AND 1),
    first_reported_at timestamptz,
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (chain_id, address, threat_type)
);
COMMENT ON TABLE risk.malicious_contracts IS
    'An address somebody reported as harmful, contract or not.';
COMMENT ON COLUMN risk.malicious_contracts.id IS 'Identifier of the report.';
COMMENT ON COLUMN risk.malicious_contracts.chain_id IS 'The chain of the address.';
COMMENT ON COLUMN risk.malicious_contracts.address IS 'The address; EVM addresses in lower case.';
COMMENT ON COLUMN risk.malicious_contracts.threat_type IS
    'What it does, such as phishing or exploit.';
COMMENT ON COLUMN risk.malicious_contracts.source IS 'Who reported it.';
COMMENT ON COLUMN risk.malicious_contracts.tag IS 'Name the source gave it.';
COMMENT ON COLUMN risk.malicious_contracts.is_contract IS
    'Whether it is a contract; null when unknown.';
COMMENT ON COLUMN risk.malicious_contracts.evidence IS
    'What the report rests on: creator, transactions, links.';
COMMENT ON COLUMN risk.malicious_contracts.confidence IS
    'How sure the source is, 0 to 1; null when it does not say.';
COMMENT ON COLUMN risk.malicious_contracts.first_reported_at IS 'When it was first reported (UTC).';
COMMENT ON COLUMN risk.malicious_contracts.is_active IS 'False once the report proved wrong.';
COMMENT ON COLUMN risk.malicious_contracts.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN risk.malicious_contracts.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON risk.malicious_contracts
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX malicious_contracts_address_idx ON risk.malicious_contracts (address);
CREATE INDEX malicious_contracts_threat_type_id_idx ON risk.malicious_contracts (threat_type, id);
GRANT SELECT ON risk.malicious_contracts TO gateway;

CREATE TABLE risk.wallet_approvals (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    wallet_id uuid NOT NULL REFERENCES catalog.wallets (id),
    asset_id uuid NOT NULL REFERENCES catalog.assets (id),
    spender text NOT NULL
        CHECK (length(spender) BETWEEN 1 AND 128
            AND (spender = lower(spender) OR spender NOT ILIKE '0x%')),
    amount numeric(78,0) CHECK (amount >= 0),
    is_unlimited boolean NOT NULL DEFAULT false,
    tx_hash text
        CHECK (length(tx_hash) BETWEEN 1 AND 128
            AND (tx_hash = lower(tx_hash) OR tx_hash NOT ILIKE '0x%')),
    approved_at timestamptz,
    revoked_at timestamptz,
    risk_level risk.severity,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (wallet_id, asset_id, spender)
);
COMMENT ON TABLE risk.wallet_approvals IS
    'A permission a wallet gave a contract to take its tokens, as seen on chain.';
COMMENT ON COLUMN risk.wallet_approvals.id IS 'Identifier of the approval.';
COMMENT ON COLUMN risk.wallet_approvals.wallet_id IS 'The wallet that gave it.';
COMMENT ON COLUMN risk.wallet_approvals.asset_id IS 'The token it is for.';
COMMENT ON COLUMN risk.wallet_approvals.spender IS 'The contract that may take it.';
COMMENT ON COLUMN risk.wallet_approvals.amount IS
    'How much it may take, in the smallest unit of the token.';
COMMENT ON COLUMN risk.wallet_approvals.is_unlimited IS 'Whether it may take everything.';
COMMENT ON COLUMN risk.wallet_approvals.tx_hash IS 'Transaction that gave it.';
COMMENT ON COLUMN risk.wallet_approvals.approved_at IS 'When it was given (UTC).';
COMMENT ON COLUMN risk.wallet_approvals.revoked_at IS 'When it was taken back (UTC).';
COMMENT ON COLUMN risk.wallet_approvals.risk_level IS
    'How dangerous it is; null when not assessed.';
COMMENT ON COLUMN risk.wallet_approvals.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN risk.wallet_approvals.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON risk.wallet_approvals
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX wallet_approvals_open_idx ON risk.wallet_approvals (wallet_id, id)
    WHERE revoked_at IS NULL;
CREATE INDEX wallet_approvals_spender_idx ON risk.wallet_approvals (spender);
CREATE INDEX wallet_approvals_asset_id_idx ON risk.wallet_approvals (asset_id);
GRANT SELECT ON risk.wallet_approvals TO gateway;

CREATE TABLE risk.protocol_health (
    protocol_id uuid NOT NULL REFERENCES catalog.protocols (id),
    chain_id bigint NOT NULL REFERENCES catalog.chains (id),
    status risk.health_status NOT NULL DEFAULT 'unknown',
    tvl_usd numeric(38,8),
    tvl_change_24h_pct numeric(18,6),
    uptime numeric(5,4) CHECK (uptime BETWEEN 0 AND 1),
    incident_id uuid REFERENCES catalog.incidents (id),
    indicators jsonb NOT NULL DEFAULT '{}',
    observed_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (protocol_id, chain_id)
);
COMMENT ON TABLE risk.protocol_health IS
    'How a protocol is on one chain at the moment. The history is in ClickHouse '
    'protocol_health_history.';
COMMENT ON COLUMN risk.protocol_health.protocol_id IS 'The protocol.';
COMMENT ON COLUMN risk.protocol_health.chain_id IS 'The chain.';
COMMENT ON COLUMN risk.protocol_health.status IS 'How it is.';
COMMENT ON COLUMN risk.protocol_health.tvl_usd IS 'Value locked, in US dollars; null when unknown.';
COMMENT ON COLUMN risk.protocol_health.tvl_change_24h_pct IS
    'Change of value locked over 24 hours, in percent.';
COMMENT ON COLUMN risk.protocol_health.uptime IS 'Share of checks it answered, 0 to 1.';
COMMENT ON COLUMN risk.protocol_health.incident_id IS 'The incident it suffers from.';
COMMENT ON COLUMN risk.protocol_health.indicators IS 'Figures behind the status, by name.';
COMMENT ON COLUMN risk.protocol_health.observed_at IS 'When it was checked (UTC).';
COMMENT ON COLUMN risk.protocol_health.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN risk.protocol_health.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON risk.protocol_health
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX protocol_health_chain_id_idx ON risk.protocol_health (chain_id);
CREATE INDEX protocol_health_incident_id_idx ON risk.protocol_health (incident_id)
    WHERE incident_id IS NOT NULL;
CREATE INDEX protocol_health_status_protocol_id_idx ON risk.protocol_health (status, protocol_id)
    WHERE status <> 'healthy';
GRANT SELECT ON risk.protocol_health TO gateway;

CREATE TABLE risk.protocol_risk_indicators (
    protocol_id uuid NOT NULL REFERENCES catalog.protocols (id),
    indicator text NOT NULL CHECK (indicator <> ''),
    value numeric(76,18),
    threshold numeric(76,18),
    breached boolean NOT NULL DEFAULT false,
    observed_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (protocol_id, indicator)
);
COMMENT ON TABLE risk.protocol_risk_indicators IS
    'A figure that is watched because it warns early.';
COMMENT ON COLUMN risk.protocol_risk_indicators.protocol_id IS 'The protocol.';
COMMENT ON COLUMN risk.protocol_risk_indicators.indicator IS
    'What is watched, such as oracle_deviation.';
COMMENT ON COLUMN risk.protocol_risk_indicators.value IS 'Newest value; null when unknown.';
COMMENT ON COLUMN risk.protocol_risk_indicators.threshold IS 'Value from which it warns.';
COMMENT ON COLUMN risk.protocol_risk_indicators.breached IS 'Whether it warns now.';
COMMENT ON COLUMN risk.protocol_risk_indicators.observed_at IS 'When it was measured (UTC).';
COMMENT ON COLUMN risk.protocol_risk_indicators.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN risk.protocol_risk_indicators.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON risk.protocol_risk_indicators
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX protocol_risk_indicators_breached_idx ON risk.protocol_risk_indicators (protocol_id)
    WHERE breached;
GRANT SELECT ON risk.protocol_risk_indicators TO gateway;

-- migrate:down
DROP TABLE risk.protocol_risk_indicators;
DROP TABLE risk.protocol_health;
DROP TABLE risk.wallet_approvals;
DROP TABLE risk.malicious_contracts;
DROP TABLE risk.contract_audits;
DROP TABLE risk.security_scans;
DROP TYPE risk.health_status;
DROP TYPE risk.scan_status;
