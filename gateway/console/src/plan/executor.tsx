import type { Explanation } from './model.ts';

/** What is worth saying of an executor besides its name. */
const REMARKS: Record<string, string> = {
  exact:
    'It ran by its plan, but something in the answer was an error or not of its usual type: so the answer was completed value by value.',
  plain:
    'graphql-core ran it, because it has no plan or because plans are not wanted: gateway explain says which. Its steps are in the order in which they ended.',
};

/** Which way the operation went, and whether its plan was at hand. */
export function Executor({ executor, cached }: Pick<Explanation, 'executor' | 'cached'>) {
  if (!executor) return null;
  const remark = REMARKS[executor];
  return (
    <>
      <p className="plan-badges">
        <span className="badge" data-executor={executor}>
          {executor}
        </span>
        {executor !== 'plain' && cached !== null && <span className="badge">{cached ? 'plan cached' : 'plan made now'}</span>}
      </p>
      {remark && <p className="panel-hint">{remark}</p>}
    </>
  );
}
