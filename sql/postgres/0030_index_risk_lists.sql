-- Lists of risk that are read in one order by everybody: the most dangerous things, the newest
-- approvals of all, of a token and to a spender, and the newest audits. Each index has the order of
-- its list, unknown values last, so that a page costs its own length and no sort.

-- migrate:up
CREATE INDEX latest_public_score_assessment_id_idx
    ON risk.latest (score DESC, assessment_id DESC) WHERE target_type <> 'portfolio';

CREATE INDEX wallet_approvals_approved_at_id_idx
    ON risk.wallet_approvals (approved_at DESC NULLS LAST, id DESC);
DROP INDEX risk.wallet_approvals_asset_id_idx;
CREATE INDEX wallet_approvals_asset_id_approved_at_id_idx
    ON risk.wallet_approvals (asset_id, approved_at DESC NULLS LAST, id DESC);
DROP INDEX risk.wallet_approvals_spender_idx;
CREATE INDEX wallet_approvals_spender_approved_at_id_idx
    ON risk.wallet_approvals (spender, approved_at DESC NULLS LAST, id DESC);

CREATE INDEX contract_audits_audited_on_id_idx
    ON risk.contract_audits (audited_on DESC NULLS LAST, id DESC);

-- migrate:down
DROP INDEX risk.contract_audits_audited_on_id_idx;
DROP INDEX risk.wallet_approvals_spender_approved_at_id_idx;
CREATE INDEX wallet_approvals_spender_idx ON risk.wallet_approvals (spender);
DROP INDEX risk.wallet_approvals_asset_id_approved_at_id_idx;
CREATE INDEX wallet_approvals_asset_id_idx ON risk.wallet_approvals (asset_id);
DROP INDEX risk.wallet_approvals_approved_at_id_idx;
DROP INDEX risk.latest_public_score_assessment_id_idx;
