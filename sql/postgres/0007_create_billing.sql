-- What a user pays for and how much they may ask for. Billing rows come from payment providers
-- through jobs; their owner reads them. A partial unique key allows one current subscription and
-- any history.

-- migrate:up
CREATE TYPE account.tier AS ENUM ('free', 'basic', 'pro', 'enterprise');
COMMENT ON TYPE account.tier IS 'What a user pays for.';

CREATE TYPE account.subscription_status AS ENUM (
    'trial', 'active', 'past_due', 'unpaid', 'cancelled', 'expired'
);
COMMENT ON TYPE account.subscription_status IS
    'Where a subscription stands; trial, active and past_due give access.';

CREATE TYPE account.billing_cycle AS ENUM ('monthly', 'yearly');
COMMENT ON TYPE account.billing_cycle IS 'How often a subscription is charged.';

CREATE TABLE account.subscriptions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES account.users (id),
    provider text NOT NULL,
    provider_subscription_id text UNIQUE,
    provider_customer_id text,
    tier account.tier NOT NULL,
    status account.subscription_status NOT NULL,
    billing_cycle account.billing_cycle,
    price_cents bigint CHECK (price_cents >= 0),
    currency text NOT NULL DEFAULT 'USD' CHECK (currency ~ '^[A-Z]{3,5}$'),
    payment_method text,
    started_at timestamptz NOT NULL DEFAULT now(),
    current_period_start timestamptz,
    current_period_end timestamptz,
    auto_renew boolean NOT NULL DEFAULT true,
    next_billing_at timestamptz,
    cancelled_at timestamptz,
    cancellation_reason text,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT subscriptions_period_is_ordered CHECK (current_period_end >= current_period_start)
);
COMMENT ON TABLE account.subscriptions IS
    'What a user pays for, now and before. At most one subscription of a user gives access at a '
    'time.';
COMMENT ON COLUMN account.subscriptions.id IS 'Identifier of the subscription.';
COMMENT ON COLUMN account.subscriptions.user_id IS 'Who subscribed.';
COMMENT ON COLUMN account.subscriptions.provider IS
    'Who collects the money, such as stripe or crypto.';
COMMENT ON COLUMN account.subscriptions.provider_subscription_id IS
    'Key of the subscription at the provider.';
COMMENT ON COLUMN account.subscriptions.provider_customer_id IS
    'Key of the customer at the provider.';
COMMENT ON COLUMN account.subscriptions.tier IS 'What was bought.';
COMMENT ON COLUMN account.subscriptions.status IS 'Where it stands.';
COMMENT ON COLUMN account.subscriptions.billing_cycle IS 'How often it is charged.';
COMMENT ON COLUMN account.subscriptions.price_cents IS
    'Price of one cycle, in hundredths of the currency.';
COMMENT ON COLUMN account.subscriptions.currency IS 'ISO 4217 code, or ticker of a coin.';
COMMENT ON COLUMN account.subscriptions.payment_method IS 'Card, transfer or coin.';
COMMENT ON COLUMN account.subscriptions.started_at IS 'When it began (UTC).';
COMMENT ON COLUMN account.subscriptions.current_period_start IS
    'Start of the period paid for (UTC).';
COMMENT ON COLUMN account.subscriptions.current_period_end IS 'End of the period paid for (UTC).';
COMMENT ON COLUMN account.subscriptions.auto_renew IS 'Whether it goes on by itself.';
COMMENT ON COLUMN account.subscriptions.next_billing_at IS 'Next charge (UTC).';
COMMENT ON COLUMN account.subscriptions.cancelled_at IS 'When it was cancelled (UTC).';
COMMENT ON COLUMN account.subscriptions.cancellation_reason IS 'Why it was cancelled.';
COMMENT ON COLUMN account.subscriptions.metadata IS 'Further facts from the provider.';
COMMENT ON COLUMN account.subscriptions.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN account.subscriptions.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON account.subscriptions
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE UNIQUE INDEX subscriptions_one_current_key ON account.subscriptions (user_id)
    WHERE status IN ('trial', 'active', 'past_due');
CREATE INDEX subscriptions_user_id_started_at_id_idx
    ON account.subscriptions (user_id, started_at DESC, id DESC);
CREATE INDEX subscriptions_status_current_period_end_idx
    ON account.subscriptions (status, current_period_end);
CALL ops.protect('account.subscriptions', 'user_id', '{select}');
GRANT SELECT ON account.subscriptions TO gateway;

CREATE TABLE account.billing_events (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid REFERENCES account.users (id) ON DELETE SET NULL,
    subscription_id uuid REFERENCES account.subscriptions (id),
    provider text NOT NULL,
    provider_event_id text NOT NULL,
    event_type text NOT NULL,
    amount_cents bigint,
    currency text NOT NULL DEFAULT 'USD',
    status text,
    metadata jsonb NOT NULL DEFAULT '{}',
    processed_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (provider, provider_event_id)
);
COMMENT ON TABLE account.billing_events IS
    'Messages of payment providers, each applied exactly once.';
COMMENT ON COLUMN account.billing_events.id IS 'Identifier of the event.';
COMMENT ON COLUMN account.billing_events.user_id IS
    'Who is billed; null after erasure or when unknown.';
COMMENT ON COLUMN account.billing_events.subscription_id IS 'The subscription concerned.';
COMMENT ON COLUMN account.billing_events.provider IS 'Who sent it.';
COMMENT ON COLUMN account.billing_events.provider_event_id IS 'Key of the message at the provider.';
COMMENT ON COLUMN account.billing_events.event_type IS
    'What happened, in the words of the provider.';
COMMENT ON COLUMN account.billing_events.amount_cents IS
    'Amount in hundredths of the currency; negative for refunds.';
COMMENT ON COLUMN account.billing_events.currency IS 'Currency of the amount.';
COMMENT ON COLUMN account.billing_events.status IS 'Outcome, in the words of the provider.';
COMMENT ON COLUMN account.billing_events.metadata IS 'The message, without card data.';
COMMENT ON COLUMN account.billing_events.processed_at IS 'When it took effect here (UTC).';
COMMENT ON COLUMN account.billing_events.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN account.billing_events.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON account.billing_events
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX billing_events_user_id_created_at_id_idx
    ON account.billing_events (user_id, created_at DESC, id DESC);
CREATE INDEX billing_events_subscription_id_idx ON account.billing_events (subscription_id)
    WHERE subscription_id IS NOT NULL;
CALL ops.protect('account.billing_events', 'user_id', '{select}');
GRANT SELECT ON account.billing_events TO gateway;

CREATE TABLE account.usage_daily (
    user_id uuid NOT NULL REFERENCES account.users (id) ON DELETE CASCADE,
    day date NOT NULL,
    event_type text NOT NULL,
    resource_type text NOT NULL DEFAULT '',
    count bigint NOT NULL DEFAULT 0 CHECK (count >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, day, event_type, resource_type)
);
COMMENT ON TABLE account.usage_daily IS
    'What a user asked for, counted by day: what a quota page or a bill reads. Single events '
    'are in ClickHouse usage_events.';
COMMENT ON COLUMN account.usage_daily.user_id IS 'Who asked.';
COMMENT ON COLUMN account.usage_daily.day IS 'The day (UTC).';
COMMENT ON COLUMN account.usage_daily.event_type IS 'What was done, such as query or subscription.';
COMMENT ON COLUMN account.usage_daily.resource_type IS
    'What it was done to; empty when it has no kind.';
COMMENT ON COLUMN account.usage_daily.count IS 'How often.';
COMMENT ON COLUMN account.usage_daily.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN account.usage_daily.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON account.usage_daily
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CALL ops.protect('account.usage_daily', 'user_id', '{select}');
GRANT SELECT ON account.usage_daily TO gateway;

CREATE TABLE account.rate_limit_policies (
    tier account.tier NOT NULL,
    resource_type text NOT NULL,
    window_seconds integer NOT NULL CHECK (window_seconds > 0),
    max_requests integer NOT NULL CHECK (max_requests >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tier, resource_type, window_seconds)
);
COMMENT ON TABLE account.rate_limit_policies IS
    'How much a tier may ask for. The counters are in Redis; this is the configuration they are '
    'compared with.';
COMMENT ON COLUMN account.rate_limit_policies.tier IS 'The tier.';
COMMENT ON COLUMN account.rate_limit_policies.resource_type IS 'What is limited, such as graphql.';
COMMENT ON COLUMN account.rate_limit_policies.window_seconds IS 'Length of the window, in seconds.';
COMMENT ON COLUMN account.rate_limit_policies.max_requests IS 'Cost points allowed in one window.';
COMMENT ON COLUMN account.rate_limit_policies.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN account.rate_limit_policies.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON account.rate_limit_policies
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
GRANT SELECT ON account.rate_limit_policies TO gateway;
INSERT INTO account.rate_limit_policies (tier, resource_type, window_seconds, max_requests) VALUES
    ('free', 'graphql', 3600, 1000),
    ('free', 'graphql', 86400, 10000),
    ('basic', 'graphql', 3600, 5000),
    ('basic', 'graphql', 86400, 50000),
    ('pro', 'graphql', 3600, 20000),
    ('pro', 'graphql', 86400, 200000),
    ('enterprise', 'graphql', 3600, 100000),
    ('enterprise', 'graphql', 86400, 1000000)
ON CONFLICT (tier, resource_type, window_seconds)
    DO UPDATE SET max_requests = excluded.max_requests;

-- migrate:down
DROP TABLE account.rate_limit_policies;
DROP TABLE account.usage_daily;
DROP TABLE account.billing_events;
DROP TABLE account.subscriptions;
DROP TYPE account.billing_cycle;
DROP TYPE account.subscription_status;
DROP TYPE account.tier;
