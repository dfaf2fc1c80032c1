-- What every table needs before it exists: identity of the caller, time-ordered ids, the
-- updated_at trigger, row-level security by one rule, and monthly or hash partitions.
-- Each function fixes its search_path, and only the roles named at the end may call it.

-- migrate:up
-- An id whose order is the order of creation. PostgreSQL 18 has uuidv7(), 16 and 17 have not, so
-- the version 7 layout is put together here and behaves the same on all of them.
CREATE FUNCTION ops.uuid_v7() RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE
SET search_path = pg_catalog
AS $body$
    SELECT (
        lpad(to_hex(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0')
        || '7'
        -- the variant digit and 74 random bits of a version 4 id, which sit in the same place
        || substr(replace(gen_random_uuid()::text, '-', ''), 14)
    )::uuid
$body$;
COMMENT ON FUNCTION ops.uuid_v7() IS
    'A version 7 UUID: 48 bits of Unix milliseconds, then random bits; newer ids sort after older.';

-- Unset reads as NULL before its first use in a session and as '' afterwards; both mean nobody.
CREATE FUNCTION ops.current_user_id() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog
AS $body$
    SELECT nullif(current_setting('app.current_user_id', true), '')::uuid
$body$;
COMMENT ON FUNCTION ops.current_user_id() IS
    'The user this transaction acts for, from set_config(''app.current_user_id'', id, true); '
    'NULL when nobody.';

-- An upsert that brings nothing new must not look like a change. Generated columns are not computed
-- yet when this runs: a table that has some names them as arguments.
CREATE FUNCTION ops.set_updated_at() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $body$
BEGIN
    IF NEW IS DISTINCT FROM OLD AND (
        TG_NARGS = 0 OR to_jsonb(NEW) - TG_ARGV IS DISTINCT FROM to_jsonb(OLD) - TG_ARGV
    ) THEN
        NEW.updated_at := now();
    END IF;
    RETURN NEW;
END
$body$;
COMMENT ON FUNCTION ops.set_updated_at() IS
    'BEFORE UPDATE trigger: stamps updated_at with the transaction time when the row differs.';

-- One rule for all private tables, stated per command so that a ledger can be readable and not
-- writable. The identity is read once per statement (a scalar subquery), not once per row.
CREATE PROCEDURE ops.protect(
    p_table regclass, p_column name, p_commands text[], p_through regclass DEFAULT NULL
)
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $body$
DECLARE
    v_mine text := format('%I = (SELECT ops.current_user_id())', p_column);
    v_command text;
BEGIN
    IF p_through IS NOT NULL THEN
        v_mine := format(
            '%I IN (SELECT parent.id FROM %s AS parent'
            ' WHERE parent.user_id = (SELECT ops.current_user_id()))',
            p_column, p_through
        );
    END IF;
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', p_table);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', p_table);
    IF cardinality(p_commands) = 0 THEN
        EXECUTE format('CREATE POLICY closed ON %s TO gateway USING (false) WITH CHECK (false)',
            p_table);
    END IF;
    FOREACH v_command IN ARRAY p_commands LOOP
        EXECUTE format('CREATE POLICY owner_%s ON %s FOR %s TO gateway %s', v_command, p_table,
            v_command,
            CASE v_command
                WHEN 'select' THEN format('USING (%s)', v_mine)
                WHEN 'insert' THEN format('WITH CHECK (%s)', v_mine)
                WHEN 'update' THEN format('USING (%s) WITH CHECK (%s)', v_mine, v_mine)
                WHEN 'delete' THEN format('USING (%s)', v_mine)
            END);
    END LOOP;
END
$body$;
COMMENT ON PROCEDURE ops.protect(regclass, name, text[], regclass) IS
    'Enables and forces row-level security and gives gateway one policy for each listed command: '
    'the column equals the current user, or names a row of the parent table that user owns. '
    'No command at all closes the table to gateway.';

-- Partitions are reached through their parent only. They carry no policy of their own, so where
-- the parent is private the partition is closed to everybody who does not bypass row security.
CREATE PROCEDURE ops.close_partition(p_partition regclass, p_parent regclass)
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $body$
BEGIN
    EXECUTE format('REVOKE ALL ON TABLE %s FROM gateway, worker, analytics', p_partition);
    IF (SELECT relrowsecurity FROM pg_class WHERE oid = p_parent) THEN
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', p_partition);
        EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', p_partition);
    END IF;
END
$body$;
COMMENT ON PROCEDURE ops.close_partition(regclass, regclass) IS
    'Takes all direct rights from a partition and copies the row security switches of its parent.';

CREATE PROCEDURE ops.create_hash_partitions(p_parent regclass, p_count integer)
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $body$
DECLARE
    v_schema name;
    v_table name;
    v_partition text;
BEGIN
    SELECT n.nspname, c.relname INTO v_schema, v_table
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = p_parent;
    FOR v_remainder IN 0 .. p_count - 1 LOOP
        v_partition := format('%I.%I', v_schema, v_table || '_' || v_remainder);
        EXECUTE format(
            'CREATE TABLE %s PARTITION OF %s FOR VALUES WITH (MODULUS %s, REMAINDER %s)',
            v_partition, p_parent, p_count, v_remainder);
        EXECUTE format('COMMENT ON TABLE %s IS %L', v_partition,
            format('Rows of %s whose key hashes to %s of %s.', p_parent, v_remainder, p_count));
        CALL ops.close_partition(v_partition::regclass, p_parent);
    END LOOP;
END
$body$;
COMMENT ON PROCEDURE ops.create_hash_partitions(regclass, integer) IS
    'Creates all remainders of a hash-partitioned table at once, so that no row misses its place.';

CREATE PROCEDURE ops.create_default_partition(p_parent regclass)
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $body$
DECLARE
    v_schema name;
    v_table name;
    v_partition text;
BEGIN
    SELECT n.nspname, c.relname INTO v_schema, v_table
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = p_parent;
    v_partition := format('%I.%I', v_schema, v_table || '_default');
    EXECUTE format('CREATE TABLE %s PARTITION OF %s DEFAULT', v_partition, p_parent);
    EXECUTE format('COMMENT ON TABLE %s IS %L', v_partition,
        format('Rows of %s that no monthly partition covers; normally empty.', p_parent));
    CALL ops.close_partition(v_partition::regclass, p_parent);
    EXECUTE format('GRANT SELECT ON %s TO worker', v_partition); -- for the alarm
END
$body$;
COMMENT ON PROCEDURE ops.create_default_partition(regclass) IS
    'Creates the partition that catches rows outside all months, so that no insert is refused.';

-- What a deletion in a table takes along.
CREATE FUNCTION ops.cascading_children(p_parent regclass)
RETURNS TABLE (child regclass, columns text, parent_columns text, is_private boolean, aside name)
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $body$
    SELECT
        c.conrelid::regclass,
        (
            SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.place)
            FROM unnest(c.conkey) WITH ORDINALITY AS k (number, place)
            JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number
        ),
        (
            SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.place)
            FROM unnest(c.confkey) WITH ORDINALITY AS k (number, place)
            JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.number
        ),
        t.relrowsecurity,
        ('stray_' || c.oid)::name
    FROM pg_constraint c
    JOIN pg_class t ON t.oid = c.conrelid
    WHERE c.contype = 'f' AND c.confdeltype = 'c' AND c.confrelid = p_parent AND c.conparentid = 0
$body$;
COMMENT ON FUNCTION ops.cascading_children(regclass) IS
    'Tables whose rows are deleted with rows of the given one, and the columns that join them.';

-- Rows that already fell into the DEFAULT partition move into the new month, because a partition
-- cannot be made while DEFAULT holds rows of it. Rows that would be deleted with them (deliveries of
-- an event) are put aside and come back. FORCE hides rows from the owner too, hence it is lifted
-- while they move; the locks taken keep everybody else out until the end of the transaction.
CREATE FUNCTION ops.create_month_partition(p_parent regclass, p_month date) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
DECLARE
    v_schema name;
    v_table name;
    v_column name;
    v_private boolean;
    v_from timestamptz := date_trunc('month', p_month::timestamp) AT TIME ZONE 'UTC';
    v_to timestamptz := (date_trunc('month', p_month::timestamp) + interval '1 month')
        AT TIME ZONE 'UTC';
    v_partition text;
    v_default text;
    v_stray text;
    v_has_stray boolean := false;
    v_child record;
BEGIN
    SELECT n.nspname, c.relname, c.relrowsecurity, a.attname
    INTO STRICT v_schema, v_table, v_private, v_column
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_partitioned_table t ON t.partrelid = c.oid AND t.partstrat = 'r'
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = t.partattrs[0]
    WHERE c.oid = p_parent;
    v_partition := format('%I.%I', v_schema,
        v_table || to_char(v_from AT TIME ZONE 'UTC', '"_"YYYY"_"MM'));
    v_default := format('%I.%I', v_schema, v_table || '_default');
    v_stray := format('%s WHERE %I >= %L AND %I < %L', v_default, v_column, v_from, v_column, v_to);
    -- Two callers at once: the second waits here and then finds the partition made.
    PERFORM pg_advisory_xact_lock(hashtextextended('ops.create_month_partition', 0));
    IF to_regclass(v_partition) IS NOT NULL THEN
        RETURN NULL;
    END IF;
    IF v_private THEN
        EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', v_default);
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM %s)', v_stray) INTO v_has_stray;
    IF v_has_stray THEN
        FOR v_child IN SELECT * FROM ops.cascading_children(p_parent) LOOP
            IF v_child.is_private THEN
                EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', v_child.child);
            END IF;
            EXECUTE format('CREATE TEMPORARY TABLE %I ON COMMIT DROP AS'
                ' SELECT * FROM %s WHERE (%s) IN (SELECT %s FROM %s)',
                v_child.aside, v_child.child, v_child.columns, v_child.parent_columns, v_stray);
        END LOOP;
        EXECUTE format('CREATE TEMPORARY TABLE stray_rows ON COMMIT DROP AS SELECT * FROM %s',
            v_stray);
        EXECUTE format('DELETE FROM %s', v_stray);
    END IF;
    EXECUTE format('CREATE TABLE %s PARTITION OF %s FOR VALUES FROM (%L) TO (%L)',
        v_partition, p_parent, v_from, v_to);
    EXECUTE format('COMMENT ON TABLE %s IS %L', v_partition,
        format('Rows of %s in %s (UTC).', p_parent,
            to_char(v_from AT TIME ZONE 'UTC', 'YYYY-MM')));
    IF v_has_stray THEN
        EXECUTE format('INSERT INTO %s SELECT * FROM pg_temp.stray_rows', v_partition);
        DROP TABLE pg_temp.stray_rows;
        FOR v_child IN SELECT * FROM ops.cascading_children(p_parent) LOOP
            EXECUTE format('INSERT INTO %s SELECT * FROM pg_temp.%I', v_child.child, v_child.aside);
            EXECUTE format('DROP TABLE pg_temp.%I', v_child.aside);
            IF v_child.is_private THEN
                EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', v_child.child);
            END IF;
        END LOOP;
    END IF;
    CALL ops.close_partition(v_partition::regclass, p_parent);
    IF v_private THEN
        EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', v_default);
    END IF;
    RETURN v_partition;
END
$body$;
COMMENT ON FUNCTION ops.create_month_partition(regclass, date) IS
    'Makes the partition for the UTC month of a day and moves rows of that month out of DEFAULT; '
    'NULL when it exists.';

CREATE FUNCTION ops.ensure_partitions(months_ahead integer DEFAULT 3, months_back integer DEFAULT 0)
RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
DECLARE
    v_parent regclass;
    v_month date;
    v_made text;
BEGIN
    FOR v_parent IN
        SELECT t.partrelid::regclass
        FROM pg_partitioned_table t
        JOIN pg_class c ON c.oid = t.partrelid
        WHERE t.partstrat = 'r' AND c.relowner = (
            SELECT proowner FROM pg_proc WHERE oid = 'ops.ensure_partitions'::regproc)
        ORDER BY t.partrelid::regclass::text
    LOOP
        FOR v_offset IN -months_back .. months_ahead LOOP
            v_month := (date_trunc('month', now() AT TIME ZONE 'UTC')
                + v_offset * interval '1 month')::date;
            v_made := ops.create_month_partition(v_parent, v_month);
            IF v_made IS NOT NULL THEN
                RETURN NEXT v_made;
            END IF;
        END LOOP;
    END LOOP;
END
$body$;
COMMENT ON FUNCTION ops.ensure_partitions(integer, integer) IS
    'Makes the missing monthly partitions of every time-partitioned table, from months_back before '
    'to months_ahead after the current UTC month; returns the names of those it made.';

-- A partition that others refer to (alerts.events) loses its rows first, so that they cascade;
-- the others are dropped whole.
CREATE FUNCTION ops.drop_old_partitions(p_parent regclass, p_keep_from date) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
DECLARE
    v_partition regclass;
    v_name text;
    v_referenced boolean;
BEGIN
    SELECT EXISTS (SELECT FROM pg_constraint WHERE contype = 'f' AND confrelid = p_parent)
    INTO v_referenced;
    FOR v_partition IN
        SELECT c.oid::regclass
        FROM pg_inherits i
        JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = p_parent AND c.relname ~ '_\d{4}_\d{2}$'
            AND to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month' <= p_keep_from
        ORDER BY c.relname
    LOOP
        v_name := v_partition::text;
        IF v_referenced THEN
            EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', v_partition);
            EXECUTE format('DELETE FROM %s', v_partition);
        END IF;
        EXECUTE format('ALTER TABLE %s DETACH PARTITION %s', p_parent, v_partition);
        EXECUTE format('DROP TABLE %s', v_partition);
        RETURN NEXT v_name;
    END LOOP;
END
$body$;
COMMENT ON FUNCTION ops.drop_old_partitions(regclass, date) IS
    'Drops the monthly partitions that end on or before a UTC day; returns their names. The caller '
    'decides the day from its retention settings and exports what must be kept first.';

CREATE FUNCTION ops.default_partition_rows() RETURNS TABLE (parent text, stray_rows bigint)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
AS $body$
DECLARE
    v_parent regclass;
    v_default regclass;
BEGIN
    FOR v_parent, v_default IN
        SELECT t.partrelid::regclass, t.partdefid::regclass
        FROM pg_partitioned_table t
        JOIN pg_class c ON c.oid = t.partrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE t.partstrat = 'r' AND t.partdefid <> 0 AND n.nspname = ANY (ARRAY['account',
            'catalog', 'portfolio', 'trading', 'alerts', 'risk', 'research', 'agents', 'privacy',
            'ops'])
        ORDER BY 1
    LOOP
        parent := v_parent::text;
        EXECUTE format('SELECT count(*) FROM %s', v_default) INTO stray_rows;
        RETURN NEXT;
    END LOOP;
END
$body$;
COMMENT ON FUNCTION ops.default_partition_rows() IS
    'Rows that no monthly partition covers, by table; more than zero is an alarm for operators.';

-- REFRESH … CONCURRENTLY keeps readers going; it needs the unique index of the view. A view that
-- is being refreshed elsewhere is left alone: whoever has the lock delivers the same rows.
CREATE FUNCTION ops.refresh_view(p_view regclass) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $body$
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('ops.refresh_view ' || p_view, 0)) THEN
        RETURN false;
    END IF;
    EXECUTE format('REFRESH MATERIALIZED VIEW CONCURRENTLY %s', p_view);
    RETURN true;
END
$body$;
COMMENT ON FUNCTION ops.refresh_view(regclass) IS
    'Refreshes a materialized view without blocking readers; false when another session is at it. '
    'Runs as the caller, who must own the view: worker.';

-- Nobody inherits the right to execute; the migrator keeps it as owner.
REVOKE ALL ON ALL ROUTINES IN SCHEMA ops FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ops.uuid_v7(), ops.current_user_id() TO gateway, worker;
GRANT EXECUTE ON FUNCTION
    ops.ensure_partitions(integer, integer),
    ops.create_month_partition(regclass, date),
    ops.drop_old_partitions(regclass, date),
    ops.default_partition_rows(),
    ops.refresh_view(regclass)
    TO worker;

-- migrate:down
DROP FUNCTION ops.refresh_view(regclass);
DROP FUNCTION ops.default_partition_rows();
DROP FUNCTION ops.drop_old_partitions(regclass, date);
DROP FUNCTION ops.ensure_partitions(integer, integer);
DROP FUNCTION ops.create_month_partition(regclass, date);
DROP FUNCTION ops.cascading_children(regclass);
DROP PROCEDURE ops.create_default_partition(regclass);
DROP PROCEDURE ops.create_hash_partitions(regclass, integer);
DROP PROCEDURE ops.close_partition(regclass, regclass);
DROP PROCEDURE ops.protect(regclass, name, text[], regclass);
DROP FUNCTION ops.set_updated_at();
DROP FUNCTION ops.current_user_id();
DROP FUNCTION ops.uuid_v7();
