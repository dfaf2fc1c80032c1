// How every contestant begins and ends: `ready` once it listens, and SIGTERM closes it.
import { createServer } from "node:http";

const HOST = "127.0.0.1";
const PORT = Number(process.env.PORT);
// Fastify's own value: pauses between rounds must not cost one server connections and not another.
const KEEP_ALIVE_MS = 72_000;

/** Ends the process on SIGTERM; requests under way are not waited for. */
function announce() {
  process.once("SIGTERM", () => process.exit(0));
  console.log("ready");
}

/** Serves a Fastify application on PORT. */
export async function listenWithFastify(app) {
  await app.listen({ host: HOST, port: PORT });
  announce();
}

/** Serves a request listener of `node:http`, or what `attach(server)` adds to it, on PORT. */
export async function listenWithHttp(listener, attach) {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, listener);
  await attach?.(server);
  server.listen(PORT, HOST, announce);
}
