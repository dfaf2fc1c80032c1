-- Tax reports are made by the worker. A request puts its run into the queue in its own transaction,
-- and what was made of it is found by the key of a file. A user says once by which rules their lots
-- are kept, and may name the lots a sale is set against.

-- migrate:up
ALTER TABLE portfolio.tax_reports RENAME COLUMN file_url TO file_key;
ALTER TABLE portfolio.tax_reports
    ADD COLUMN marks_wash_sales boolean NOT NULL DEFAULT false,
    ADD COLUMN progress numeric(5,4) NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
    ADD COLUMN issue_count bigint NOT NULL DEFAULT 0 CHECK (issue_count >= 0),
    ADD COLUMN disposal_count bigint NOT NULL DEFAULT 0 CHECK (disposal_count >= 0),
    ADD COLUMN total_proceeds_usd numeric(38,8),
    ADD COLUMN total_cost_basis_usd numeric(38,8),
    ADD COLUMN wash_sale_loss_usd numeric(38,8),
    DROP CONSTRAINT tax_reports_user_id_report_type_tax_year_country_code_start_key,
    ADD CONSTRAINT tax_reports_wish_key UNIQUE (
        user_id, report_type, tax_year, country_code, start_date, end_date, report_format,
        cost_basis_method, marks_wash_sales
    );
COMMENT ON COLUMN portfolio.tax_reports.file_key IS
    'Key of the file in the store of objects; null until made.';
COMMENT ON COLUMN portfolio.tax_reports.marks_wash_sales IS
    'Whether losses are marked that a wash sale would disallow; for the US.';
COMMENT ON COLUMN portfolio.tax_reports.progress IS 'How far its making is, from 0 to 1.';
COMMENT ON COLUMN portfolio.tax_reports.issue_count IS
    'What its owner has to complete, because nothing was guessed in its place.';
COMMENT ON COLUMN portfolio.tax_reports.disposal_count IS
    'Sales covered, one for each purchase they were set against.';
COMMENT ON COLUMN portfolio.tax_reports.total_proceeds_usd IS
    'What sales brought less fees, in US dollars; null until made.';
COMMENT ON COLUMN portfolio.tax_reports.total_cost_basis_usd IS
    'What was sold had cost with fees, in US dollars; null until made.';
COMMENT ON COLUMN portfolio.tax_reports.wash_sale_loss_usd IS
    'Losses that wash sales would disallow, in US dollars; null when not asked for.';
COMMENT ON COLUMN portfolio.tax_reports.long_term_gains_usd IS
    'Net gains on what was held beyond the line of the country, in US dollars; null until made, and where there is no line.';
COMMENT ON COLUMN portfolio.tax_reports.short_term_gains_usd IS
    'Net gains on the rest, in US dollars; null until made, and where there is no line.';
GRANT INSERT (marks_wash_sales) ON portfolio.tax_reports TO gateway;

CREATE FUNCTION portfolio.queue_tax_report() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
BEGIN
    INSERT INTO ops.job_queue (job, arguments, exclusive, max_attempts)
    VALUES ('make_tax_reports', jsonb_build_object('report_id', NEW.id), false, 5);
    RETURN NULL;
END
$body$;
COMMENT ON FUNCTION portfolio.queue_tax_report() IS
    'AFTER INSERT trigger: puts the making of a report into the queue of jobs.';
REVOKE ALL ON FUNCTION portfolio.queue_tax_report() FROM PUBLIC;
CREATE TRIGGER queue_making AFTER INSERT ON portfolio.tax_reports
    FOR EACH ROW WHEN (NEW.status = 'pending') EXECUTE FUNCTION portfolio.queue_tax_report();

CREATE FUNCTION portfolio.queue_tax_file_removal() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
BEGIN
    INSERT INTO ops.job_queue (job, arguments, exclusive, max_attempts)
    VALUES (
        'remove_tax_files', jsonb_build_object('report_id', OLD.id, 'user_id', OLD.user_id), false, 20
    );
    RETURN NULL;
END
$body$;
COMMENT ON FUNCTION portfolio.queue_tax_file_removal() IS
    'AFTER DELETE trigger: has the files of a report removed that is no more.';
REVOKE ALL ON FUNCTION portfolio.queue_tax_file_removal() FROM PUBLIC;
CREATE TRIGGER queue_removal AFTER DELETE ON portfolio.tax_reports
    FOR EACH ROW EXECUTE FUNCTION portfolio.queue_tax_file_removal();

CREATE TABLE portfolio.tax_profiles (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL UNIQUE REFERENCES account.users (id),
    country_code text NOT NULL DEFAULT 'US' CHECK (country_code ~ '^[A-Z]{2}$'),
    cost_basis_method portfolio.cost_basis_method NOT NULL DEFAULT 'fifo',
    marks_wash_sales boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE portfolio.tax_profiles IS
    'By which rules the lots of a user are kept; one without a row has US, FIFO and no marks.';
COMMENT ON COLUMN portfolio.tax_profiles.id IS 'Identifier of the profile.';
COMMENT ON COLUMN portfolio.tax_profiles.user_id IS 'Whose lots.';
COMMENT ON COLUMN portfolio.tax_profiles.country_code IS
    'Country whose rules apply, by ISO 3166-1 alpha-2.';
COMMENT ON COLUMN portfolio.tax_profiles.cost_basis_method IS
    'Which purchases sales are set against.';
COMMENT ON COLUMN portfolio.tax_profiles.marks_wash_sales IS
    'Whether losses are marked that a wash sale would disallow; for the US.';
COMMENT ON COLUMN portfolio.tax_profiles.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN portfolio.tax_profiles.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON portfolio.tax_profiles
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CALL ops.protect('portfolio.tax_profiles', 'user_id', '{select, insert, update}');
GRANT SELECT, INSERT (user_id, country_code, cost_basis_method, marks_wash_sales),
    UPDATE (country_code, cost_basis_method, marks_wash_sales)
    ON portfolio.tax_profiles TO gateway;

-- One run that waits is enough: it reads what there is when it begins.
CREATE FUNCTION portfolio.queue_tax_settlement(p_user uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
    INSERT INTO ops.job_queue (job, arguments, exclusive, max_attempts)
    SELECT 'settle_taxes', jsonb_build_object('user_id', p_user), false, 5
    WHERE NOT EXISTS (
        SELECT FROM ops.job_queue AS q
        WHERE q.job = 'settle_taxes' AND q.run_id IS NULL AND q.dead_at IS NULL
            AND q.arguments->>'user_id' = p_user::text
    )
$body$;
COMMENT ON FUNCTION portfolio.queue_tax_settlement(uuid) IS
    'Puts the settling of a user''s taxes into the queue of jobs, unless it waits there already.';
REVOKE ALL ON FUNCTION portfolio.queue_tax_settlement(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION portfolio.queue_tax_settlement(uuid) TO worker;

CREATE FUNCTION portfolio.settle_taxes_anew() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
BEGIN
    PERFORM portfolio.queue_tax_settlement(NEW.user_id);
    RETURN NULL;
END
$body$;
COMMENT ON FUNCTION portfolio.settle_taxes_anew() IS
    'AFTER trigger: has the taxes of the row''s user settled by what it says now.';
REVOKE ALL ON FUNCTION portfolio.settle_taxes_anew() FROM PUBLIC;
CREATE TRIGGER settle_anew AFTER INSERT OR UPDATE ON portfolio.tax_profiles
    FOR EACH ROW EXECUTE FUNCTION portfolio.settle_taxes_anew();
CREATE TRIGGER settle_anew AFTER UPDATE OF named_lot_event_ids ON portfolio.tax_transactions
    FOR EACH ROW WHEN (OLD.named_lot_event_ids IS DISTINCT FROM NEW.named_lot_event_ids)
    EXECUTE FUNCTION portfolio.settle_taxes_anew();
GRANT UPDATE (named_lot_event_ids) ON portfolio.tax_transactions TO gateway;

CREATE INDEX tax_lots_user_id_event_id_idx
    ON portfolio.tax_lots (user_id, (coalesce(acquired_transaction_id, id)));

ALTER TABLE portfolio.tax_issues
    ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
    ADD COLUMN asset_id uuid GENERATED ALWAYS AS (
        CASE WHEN asset_key ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN asset_key::uuid END
    ) STORED;
COMMENT ON COLUMN portfolio.tax_issues.id IS
    'Identifier of the issue; settling again gives the same.';
COMMENT ON COLUMN portfolio.tax_issues.asset_id IS
    'The asset; null when it is not in the catalogue.';
CREATE INDEX tax_issues_user_id_created_at_id_idx
    ON portfolio.tax_issues (user_id, created_at DESC, id DESC);
CREATE INDEX tax_issues_user_id_event_id_idx ON portfolio.tax_issues (user_id, event_id);

-- migrate:down
DROP INDEX portfolio.tax_issues_user_id_event_id_idx;
DROP INDEX portfolio.tax_issues_user_id_created_at_id_idx;
ALTER TABLE portfolio.tax_issues DROP COLUMN asset_id, DROP COLUMN id;
DROP INDEX portfolio.tax_lots_user_id_event_id_idx;
REVOKE UPDATE (named_lot_event_ids) ON portfolio.tax_transactions FROM gateway;
DROP TRIGGER settle_anew ON portfolio.tax_transactions;
DROP TABLE portfolio.tax_profiles;
DROP FUNCTION portfolio.settle_taxes_anew();
DROP FUNCTION portfolio.queue_tax_settlement(uuid);
DROP TRIGGER queue_removal ON portfolio.tax_reports;
DROP FUNCTION portfolio.queue_tax_file_removal();
DROP TRIGGER queue_making ON portfolio.tax_reports;
DROP FUNCTION portfolio.queue_tax_report();
DELETE FROM portfolio.tax_reports AS r USING portfolio.tax_reports AS other
WHERE (r.user_id, r.report_type, r.tax_year, r.country_code, r.start_date, r.end_date,
        r.report_format)
    = (other.user_id, other.report_type, other.tax_year, other.country_code, other.start_date,
        other.end_date, other.report_format)
    AND (r.created_at, r.id) < (other.created_at, other.id);
ALTER TABLE portfolio.tax_reports
    DROP CONSTRAINT tax_reports_wish_key,
    ADD CONSTRAINT tax_reports_user_id_report_type_tax_year_country_code_start_key UNIQUE (
        user_id, report_type, tax_year, country_code, start_date, end_date, report_format
    ),
    DROP COLUMN wash_sale_loss_usd,
    DROP COLUMN total_cost_basis_usd,
    DROP COLUMN total_proceeds_usd,
    DROP COLUMN disposal_count,
    DROP COLUMN issue_count,
    DROP COLUMN progress,
    DROP COLUMN marks_wash_sales;
ALTER TABLE portfolio.tax_reports RENAME COLUMN file_key TO file_url;
COMMENT ON COLUMN portfolio.tax_reports.file_url IS 'Where the file is kept.';
COMMENT ON COLUMN portfolio.tax_reports.long_term_gains_usd IS
    'Net gains on what was held for more than 365 days, in US dollars; null until made.';
COMMENT ON COLUMN portfolio.tax_reports.short_term_gains_usd IS
    'Net gains on the rest, in US dollars; null until made.';
