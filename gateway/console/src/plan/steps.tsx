import type { CSSProperties } from 'react';

import type { FreshnessNote, PlanStep } from './model.ts';

const whole = new Intl.NumberFormat('en');
const duration = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

/** The steps in the order they were planned; opening one shows its statement and the store's own plan. */
export function Steps({ steps }: { steps: PlanStep[] }) {
  const slowest = Math.max(...steps.map((step) => step.ms ?? 0), Number.EPSILON);
  return (
    <>
      <p className="plan-summary">{summary(steps)}</p>
      <div className="plan">
        {/* For the eye alone: each figure below carries its name for who hears it. */}
        <div className="plan-row plan-head" aria-hidden="true">
          <span>Step</span>
          <span className="plan-name">Field and statement</span>
          <span>Keys</span>
          <span>Rows</span>
          <span>ms</span>
        </div>
        <ol className="plan-steps" aria-label="Steps of the plan">
          {steps.map((step, index) => (
            <Step key={`${index}:${step.step}`} step={step} share={(step.ms ?? 0) / slowest} />
          ))}
        </ol>
      </div>
    </>
  );
}

function Step({ step, share }: { step: PlanStep; share: number }) {
  const style = { '--depth': step.depth, '--share': share } as CSSProperties;
  return (
    <li className="plan-step" data-store={step.store} style={style}>
      <details>
        <summary className="plan-row">
          <span className="plan-number">{step.step}</span>
          <span className="plan-name">
            {step.path && <Path path={step.path} />}
            <span className="plan-call">
              <b className="store">{step.store}</b> {step.name}{' '}
              {step.error && <em className="plan-error">{step.error}</em>}
            </span>
          </span>
          <Figure name="keys" value={step.keys} format={whole} />
          <Figure name="rows" value={step.rows} format={whole} />
          <Figure name="ms" value={step.ms} format={duration} />
        </summary>
        {step.statement ? <pre>{step.statement.trim()}</pre> : <p className="panel-hint">No statement was given.</p>}
        {step.storePlan && <StorePlan store={step.store} text={step.storePlan} />}
      </details>
    </li>
  );
}

/** Response keys; the last one is the field itself, those before it lead there. */
function Path({ path }: { path: string }) {
  const cut = path.lastIndexOf('.') + 1;
  return (
    <span className="plan-path">
      {path.slice(0, cut)}
      <b>{path.slice(cut)}</b>
    </span>
  );
}

function Figure({ name, value, format }: { name: string; value: number | null; format: Intl.NumberFormat }) {
  return (
    <span className="plan-figure">
      <span className="heard">{name} </span>
      {value === null ? '–' : format.format(value)}
    </span>
  );
}

function StorePlan({ store, text }: { store: string; text: string }) {
  return (
    <details className="store-plan" open>
      <summary>The plan of {store}</summary>
      <pre>{text}</pre>
    </details>
  );
}

export function Freshness({ notes }: { notes: FreshnessNote[] }) {
  return (
    <>
      <h3 className="panel-subtitle">Freshness</h3>
      <dl className="freshness">
        {notes.map(({ subject, facts }) => (
          <div key={subject}>
            <dt>{subject}</dt>
            <dd>{facts}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function summary(steps: PlanStep[]): string {
  const stores = new Set(steps.map((step) => step.store)).size;
  const rows = steps.reduce((sum, step) => sum + (step.rows ?? 0), 0);
  const spent = steps.reduce((sum, step) => sum + (step.ms ?? 0), 0);
  return `${plural(steps.length, 'step')} · ${plural(stores, 'store')} · ${plural(rows, 'row')} · ${duration.format(spent)} ms in stores`;
}

function plural(n: number, noun: string): string {
  return `${whole.format(n)} ${noun}${n === 1 ? '' : 's'}`;
}
