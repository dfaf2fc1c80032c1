import { createGraphiQLFetcher, type Fetcher, type FetcherOpts, type FetcherParams } from '@graphiql/toolkit';
import { Kind, parse, type DocumentNode } from 'graphql';

import type { ExplainLevel, ExplainSwitch } from './explain.ts';

export const EXPLAIN_HEADER = 'X-Explain';
const ACCEPT = 'application/graphql-response+json, application/json;q=0.9, multipart/mixed;q=0.8';
const READABLE = /^(application\/(graphql-response\+)?json|multipart\/mixed)\b/i;

/**
 * Send operations over HTTP and subscriptions over `graphql-transport-ws`, both to `endpoint`.
 * The headers of the headers editor go with either: as headers, or as connection parameters.
 */
export function createFetcher(endpoint: URL, explain: ExplainSwitch): Fetcher {
  const send = createGraphiQLFetcher({
    url: endpoint.href,
    subscriptionUrl: websocketAddress(endpoint).href,
    headers: { accept: ACCEPT },
    fetch: fetchReadable,
  });
  return (params, options) => {
    if (params.operationName === 'IntrospectionQuery') return send(params, options);
    const headers = withExplain(explain.level(), options?.headers);
    return send(...upToDate(params, { ...options, headers }));
  };
}

/** The headers as typed win: a repeated name in another case would be sent as two values. */
function withExplain(level: ExplainLevel, headers: Record<string, string> = {}): Record<string, string> {
  const typed = Object.keys(headers).some((name) => name.toLowerCase() === EXPLAIN_HEADER.toLowerCase());
  return typed || level === 'off' ? headers : { ...headers, [EXPLAIN_HEADER]: level };
}

/**
 * GraphiQL learns the operation's name and kind a moment after an edit. Whoever runs within that
 * moment would send the name of the operation that stood there before: read both from the text.
 */
function upToDate(params: FetcherParams, options: FetcherOpts): [FetcherParams, FetcherOpts] {
  const document = parseOrNull(params.query);
  if (!document) return [params, options];
  const names = document.definitions.flatMap((node) =>
    node.kind === Kind.OPERATION_DEFINITION ? [node.name?.value ?? null] : [],
  );
  const chosen = params.operationName ?? null;
  const operationName = names.length === 1 && !names.includes(chosen) ? names[0] : chosen;
  return [
    { ...params, operationName: operationName ?? null },
    { ...options, documentAST: document },
  ];
}

function parseOrNull(query: string): DocumentNode | null {
  try {
    return parse(query);
  } catch {
    return null; // the gateway says best what is wrong with it
  }
}

/** The endpoint named by the page; a gateway behind a path prefix needs no other build. */
export function endpointOf(page: Document): URL {
  const meta = page.querySelector<HTMLMetaElement>('meta[name="graphql-endpoint"]');
  return new URL(meta?.content ?? 'graphql', page.baseURI);
}

function websocketAddress(endpoint: URL): URL {
  const address = new URL(endpoint);
  address.protocol = endpoint.protocol === 'https:' ? 'wss:' : 'ws:';
  return address;
}

/** Fetch, and turn what is no GraphQL answer into an error that says what happened. */
const fetchReadable: typeof fetch = async (input, init) => {
  const response = await fetch(input, init).catch(() => null);
  if (!response) throw plainError('The gateway did not answer: is it still running?');
  const kind = response.headers.get('content-type') ?? 'no content type';
  if (READABLE.test(kind)) return response;
  const said = kind.startsWith('text/plain') ? `: ${(await response.text()).slice(0, 500)}` : ` with ${kind} instead of JSON`;
  throw plainError(`The gateway answered ${response.status} ${response.statusText}${said}`);
};

/** GraphiQL prints an error's stack when there is one; in a bundle it tells the reader nothing. */
function plainError(message: string): Error {
  const error = new Error(message);
  delete error.stack;
  return error;
}
