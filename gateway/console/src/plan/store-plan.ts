/** The stores' own plans as lines of text: a tree of Postgres, lines of ClickHouse, or why there is none. */
import { asArray, isObject, numberOf, textOf, type Json } from './json.ts';

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const ms = new Intl.NumberFormat('en', { minimumFractionDigits: 3, maximumFractionDigits: 3 });

/** Text of a step's `detail`; null when the step has none. */
export function storePlanOf(detail: unknown): string | null {
  if (Array.isArray(detail)) return detail.filter((line) => line !== '').join('\n');
  if (!isObject(detail)) return textOf(detail);
  const root = detail['Plan'];
  return isObject(root) ? [...nodeLines(root, 0), ...times(detail)].join('\n') : JSON.stringify(detail, null, 2);
}

/** A node of Postgres and those below it: what it does, to what, and what came of it. */
function nodeLines(node: Json, depth: number): string[] {
  const indent = '  '.repeat(depth);
  const index = textOf(node['Index Name']);
  const relation = textOf(node['Relation Name']) ?? textOf(node['Function Name']);
  const what = [textOf(node['Node Type']), index && `using ${index}`, relation && `on ${relation}`];
  const conditions = ['Index Cond', 'Recheck Cond', 'Hash Cond', 'Join Filter', 'Filter'].flatMap((name) => {
    const condition = textOf(node[name]);
    return condition ? [`${indent}    ${name}: ${condition}`] : [];
  });
  const below = asArray(node['Plans']).filter(isObject);
  return [
    `${indent}${what.filter(Boolean).join(' ')}: ${found(node)}`,
    ...conditions,
    ...below.flatMap((each) => nodeLines(each, depth + 1)),
  ];
}

/** Postgres gives rows and time of one round of a node; here they are of all rounds together. */
function found(node: Json): string {
  const expected = `${whole.format(numberOf(node['Plan Rows']) ?? 0)} expected`;
  const rounds = numberOf(node['Actual Loops']);
  if (rounds === null) return expected;
  if (rounds === 0) return `never run, ${expected}`;
  const count = (numberOf(node['Actual Rows']) ?? 0) * rounds;
  const rows = `${whole.format(count)} row${count === 1 ? '' : 's'}`;
  const spent = ms.format((numberOf(node['Actual Total Time']) ?? 0) * rounds);
  return rounds === 1
    ? `${rows}, ${spent} ms (${expected})`
    : `${rows} in ${whole.format(rounds)} rounds, ${spent} ms (${expected} a round)`;
}

function times(plan: Json): string[] {
  const [planning, execution] = [numberOf(plan['Planning Time']), numberOf(plan['Execution Time'])];
  if (planning === null || execution === null) return [];
  return [`planned in ${ms.format(planning)} ms, ran in ${ms.format(execution)} ms`];
}
