// Imported first by every contestant: libraries choose their mode while they are loaded.
const OLDEST_NODE = 22;

process.env.NODE_ENV = "production";
process.env.GRAPHILE_ENV = "production";

if (Number.parseInt(process.versions.node) < OLDEST_NODE) {
  console.error(
    `Node ${process.versions.node} is too old: start node_modules/.bin/node, which npm ci brings.`,
  );
  process.exit(1);
}
