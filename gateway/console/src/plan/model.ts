import { asArray, isObject, numberOf, textOf, type Json } from './json.ts';
import { storePlanOf } from './store-plan.ts';

/** One statement (or call) that the gateway made for an answer. Unknown figures are null. */
export interface PlanStep {
  /** Its place in the plan, dotted: `1.2` needs rows of `1`. Calls made for one field share it. */
  step: string;
  /** Levels below the root. */
  depth: number;
  /** Response keys that lead to the field it was made for; null without a plan. */
  path: string | null;
  store: string;
  name: string;
  statement: string | null;
  keys: number | null;
  rows: number | null;
  ms: number | null;
  /** Kind of the failure the step ended with. */
  error: string | null;
  /** The store's own plan of the statement. */
  storePlan: string | null;
}

/** How old a part of the answer is, in the words the gateway used. */
export interface FreshnessNote {
  subject: string;
  facts: string;
}

export interface Explanation {
  /** What ran the operation: `compiled`, `exact` or `plain`. */
  executor: string | null;
  /** Whether its plan was there before; null when that is not known. */
  cached: boolean | null;
  steps: PlanStep[];
  freshness: FreshnessNote[];
}

/** Read the extensions of a response; null when the text holds neither plan nor freshness. */
export function explanationOf(response: string | null): Explanation | null {
  const extensions = extensionsOf(response);
  if (!extensions) return null;
  const entries = asArray(extensions['plan']).filter(isObject);
  const executor = textOf(extensions['executor']);
  const freshness = toNotes(extensions['freshness']);
  if (!executor && !entries.length && !freshness.length) return null;
  const hit = entries[0]?.['cacheHit'];
  return { executor, cached: typeof hit === 'boolean' ? hit : null, steps: entries.map(toStep), freshness };
}

function extensionsOf(response: string | null): Json | null {
  // Cheap test first: most answers carry no extensions, and some are megabytes long.
  if (!response?.includes('"extensions"')) return null;
  try {
    const body: unknown = JSON.parse(response);
    return isObject(body) && isObject(body['extensions']) ? body['extensions'] : null;
  } catch {
    return null; // an error text of GraphiQL's own, or a response that is still arriving
  }
}

function toStep(entry: Json, index: number): PlanStep {
  const step = String(entry['step'] ?? index + 1);
  return {
    step,
    depth: step.split('.').length - 1,
    path: textOf(entry['path']),
    store: textOf(entry['store']) ?? 'gateway',
    name: textOf(entry['name']) ?? '',
    statement: textOf(entry['statement']),
    keys: count(entry['keys']),
    rows: count(entry['rows']),
    ms: numberOf(entry['ms']),
    error: textOf(entry['error']),
    storePlan: storePlanOf(entry['detail']),
  };
}

function toNotes(freshness: unknown): FreshnessNote[] {
  if (Array.isArray(freshness)) {
    return freshness.filter(isObject).map(({ path, ...facts }) => ({ subject: pathText(path), facts: factText(facts) }));
  }
  if (!isObject(freshness)) return [];
  return Object.entries(freshness).map(([subject, facts]) => ({ subject, facts: factText(facts) }));
}

function factText(facts: unknown): string {
  if (!isObject(facts)) return String(facts);
  return Object.entries(facts)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(' · ');
}

function pathText(path: unknown): string {
  return Array.isArray(path) ? path.join('.') : String(path ?? 'answer');
}

/** A figure, or the number of things where the gateway lists the things themselves. */
function count(value: unknown): number | null {
  return Array.isArray(value) ? value.length : numberOf(value);
}
