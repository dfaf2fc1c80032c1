export interface Example {
  /** First comment line of the file. */
  title: string;
  /** The comment's further lines: what the answer tells, and which stores it is read from. */
  description: string;
  /** Names the tab. */
  operation: string;
  query: string;
}

const FILES = import.meta.glob<string>('./*.graphql', { query: '?raw', import: 'default', eager: true });

/** One example a file, in the order of the numbers in the file names. */
export const EXAMPLES: readonly Example[] = Object.entries(FILES)
  .sort(([a], [b]) => a.localeCompare(b))
  .map(([file, query]) => parseExample(file, query));

function parseExample(file: string, query: string): Example {
  const lines = query.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('#'));
  const [title, ...rest] = lines.slice(0, end).map((line) => line.replace(/^#\s?/, '').trim());
  const operation = /^(?:query|subscription|mutation)\s+(\w+)/m.exec(query)?.[1];
  if (!title || !operation) throw new Error(`${file} needs a title comment and a named operation`);
  return { title, description: rest.join(' ').trim(), operation, query };
}
