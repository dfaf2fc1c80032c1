/** One statement (or call) that the gateway made for an answer. Unknown figures are null. */
export interface PlanStep {
  step: string;
  /** Levels below the root, read off a dotted step number: `2.1` is one level down. */
  depth: number;
  store: string;
  name: string;
  statement: string | null;
  keys: number | null;
  rows: number | null;
  ms: number | null;
  /** Kind of the failure the step ended with. */
  error: string | null;
}

/** How old a part of the answer is, in the words the gateway used. */
export interface FreshnessNote {
  subject: string;
  facts: string;
}

export interface Explanation {
  steps: PlanStep[];
  freshness: FreshnessNote[];
}

type Json = Record<string, unknown>;

/** Read the extensions of a response; null when the text holds neither plan nor freshness. */
export function explanationOf(response: string | null): Explanation | null {
  const extensions = extensionsOf(response);
  if (!extensions) return null;
  const steps = asArray(extensions['plan']).filter(isObject).map(toStep);
  const freshness = toNotes(extensions['freshness']);
  return steps.length || freshness.length ? { steps, freshness } : null;
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
    store: text(entry['store']) ?? 'gateway',
    name: text(entry['name']) ?? '',
    statement: text(entry['statement']),
    keys: count(entry['keys']),
    rows: count(entry['rows']),
    ms: count(entry['ms']),
    error: text(entry['error']),
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
  if (Array.isArray(value)) return value.length;
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function asArray(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
