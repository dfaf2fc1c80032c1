import { createGraphiQLFetcher, type Fetcher } from '@graphiql/toolkit';

import type { ExplainSwitch } from './explain.ts';

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
    if (params.operationName === 'IntrospectionQuery' || !explain.isOn()) return send(params, options);
    return send(params, { ...options, headers: { [EXPLAIN_HEADER]: 'plan', ...options?.headers } });
  };
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
  let response: Response;
  try {
    response = await fetch(input, init);
  } catch (cause) {
    throw new Error('The gateway did not answer: is it still running?', { cause });
  }
  const kind = response.headers.get('content-type') ?? 'no content type';
  if (READABLE.test(kind)) return response;
  throw new Error(`The gateway answered ${response.status} ${response.statusText} with ${kind} instead of JSON.`);
};
