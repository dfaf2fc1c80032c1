import type { CSSProperties } from 'react';

import type { FreshnessNote, PlanStep } from './model.ts';

const whole = new Intl.NumberFormat('en');
const duration = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

/** The steps in the order they were planned; opening one shows its statement. */
export function Steps({ steps }: { steps: PlanStep[] }) {
  const slowest = Math.max(...steps.map((step) => step.ms ?? 0), Number.EPSILON);
  return (
    <>
      <p className="plan-summary">{summary(steps)}</p>
      <div className="plan" role="table" aria-label="Steps of the plan">
        <div className="plan-row plan-head" role="row">
          <span role="columnheader">Step</span>
          <span role="columnheader" className="plan-name">
            Statement
          </span>
          <span role="columnheader">Keys</span>
          <span role="columnheader">Rows</span>
          <span role="columnheader">ms</span>
        </div>
        {steps.map((step, index) => (
          <Step key={`${index}:${step.step}`} step={step} share={(step.ms ?? 0) / slowest} />
        ))}
      </div>
    </>
  );
}

function Step({ step, share }: { step: PlanStep; share: number }) {
  const style = { '--depth': step.depth, '--share': share } as CSSProperties;
  return (
    <details className="plan-step" data-store={step.store} style={style}>
      <summary className="plan-row" role="row">
        <span role="cell">{step.step}</span>
        <span role="cell" className="plan-name">
          <b className="store">{step.store}</b> {step.name} {step.error && <em className="plan-error">{step.error}</em>}
        </span>
        <span role="cell">{figure(step.keys, whole)}</span>
        <span role="cell">{figure(step.rows, whole)}</span>
        <span role="cell">{figure(step.ms, duration)}</span>
      </summary>
      {step.statement ? <pre>{step.statement.trim()}</pre> : <p className="panel-hint">No statement was given.</p>}
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

function figure(value: number | null, format: Intl.NumberFormat): string {
  return value === null ? '–' : format.format(value);
}
