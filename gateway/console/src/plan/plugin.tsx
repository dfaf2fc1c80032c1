import { useGraphiQL, useGraphiQLActions, type GraphiQLPlugin } from '@graphiql/react';
import { useMemo, useSyncExternalStore, type ReactNode } from 'react';

import type { ExplainSwitch } from '../explain.ts';
import { EXPLAIN_HEADER } from '../fetcher.ts';
import { Executor } from './executor.tsx';
import { explanationOf } from './model.ts';
import { Freshness, Steps } from './steps.tsx';

/** The panel that shows how the gateway found the last answer of the active tab. */
export function planPlugin(explain: ExplainSwitch): GraphiQLPlugin {
  return { title: 'Plan', icon: PlanIcon, content: () => <PlanPanel explain={explain} /> };
}

function PlanPanel({ explain }: { explain: ExplainSwitch }) {
  const response = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.response ?? null);
  const explanation = useMemo(() => explanationOf(response), [response]);
  return (
    <section className="panel" aria-label="Plan">
      <h2 className="panel-title">Plan</h2>
      <ExplainToggles explain={explain} />
      {explanation ? (
        <>
          <Executor executor={explanation.executor} cached={explanation.cached} />
          {explanation.steps.length > 0 ? (
            <Steps steps={explanation.steps} />
          ) : (
            <p className="plan-summary">No store was asked for this answer.</p>
          )}
          {explanation.freshness.length > 0 && <Freshness notes={explanation.freshness} />}
        </>
      ) : (
        <HowToAsk explain={explain} answered={Boolean(response)} />
      )}
    </section>
  );
}

function ExplainToggles({ explain }: { explain: ExplainSwitch }) {
  const level = useSyncExternalStore(explain.subscribe, explain.level);
  return (
    <>
      <Toggle on={level !== 'off'} turn={(on) => explain.set(on ? 'plan' : 'off')} header="plan">
        Explain every answer
      </Toggle>
      <Toggle on={level === 'analyze'} turn={(on) => explain.set(on ? 'analyze' : 'plan')} header="analyze">
        Analyze: the stores explain their part
      </Toggle>
    </>
  );
}

interface ToggleProps {
  on: boolean;
  turn: (on: boolean) => void;
  /** What the switch has requests say. */
  header: string;
  children: ReactNode;
}

function Toggle({ on, turn, header, children }: ToggleProps) {
  return (
    <label className="toggle">
      <input type="checkbox" role="switch" checked={on} onChange={(event) => turn(event.target.checked)} />
      <span>
        {children}
        <small>
          sends <code>{`${EXPLAIN_HEADER}: ${header}`}</code>
        </small>
      </span>
    </label>
  );
}

function HowToAsk({ explain, answered }: { explain: ExplainSwitch; answered: boolean }) {
  const { run } = useGraphiQLActions();
  const on = useSyncExternalStore(explain.subscribe, explain.level) !== 'off';
  const runExplained = () => {
    if (!on) explain.set('plan');
    run();
  };
  return (
    <div className="panel-empty">
      <p>
        A plan lists what the gateway asked of each store to answer a query: for which field, by which statement, how
        many keys went in, how many rows came out, and how long it took. Analyzed, it also shows how Postgres and
        ClickHouse found them; Postgres runs each statement once more for that.
      </p>
      {on && answered ? (
        <p>
          The answer in this tab came without one: it was asked for before the switch was on, it is a subscription, or
          this gateway does not show plans (see its configuration).
        </p>
      ) : (
        <p>
          Switch it on above, or add <code>{`{"${EXPLAIN_HEADER}": "plan"}`}</code> in the Headers editor.
        </p>
      )}
      <button type="button" className="graphiql-button" onClick={runExplained}>
        Run with plan
      </button>
    </div>
  );
}

function PlanIcon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5">
      <circle cx="12" cy="4.5" r="2.2" />
      <circle cx="5" cy="19.5" r="2.2" />
      <circle cx="12" cy="19.5" r="2.2" />
      <circle cx="19" cy="19.5" r="2.2" />
      <path d="M12 6.7v10.6M12 11.5H5v5.8M12 11.5h7v5.8" strokeLinejoin="round" />
    </svg>
  );
}
