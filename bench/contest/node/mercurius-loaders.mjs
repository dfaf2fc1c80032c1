// Mercurius on Fastify with its JIT and its own loaders in place of DataLoader.
import "./production.mjs";
import { makeExecutableSchema } from "@graphql-tools/schema";
import Fastify from "fastify";
import mercurius from "mercurius";
import { protocolsById, tokensById, transactionsByWallet } from "./database.mjs";
import { listenWithFastify } from "./listen.mjs";
import { grouped, inOrderOf } from "./loaders.mjs";
import { Query } from "./resolvers.mjs";
import { scalars, typeDefs } from "./schema.mjs";

/** A loader of the one row that a column of the parents names; each row is read once. */
function one(column, read) {
  return async (queries) => {
    const ids = queries.map(({ obj }) => obj[column]);
    const wanted = [...new Set(ids)].filter((id) => id !== null);
    return inOrderOf(ids, wanted.length ? await read(wanted) : []);
  };
}

/** One statement for each `first` that is asked for: aliases may ask for several. */
async function transactions(queries) {
  const answers = new Array(queries.length);
  const asked = Map.groupBy(queries.keys(), (place) => queries[place].params.first);
  const read = async ([first, places]) => {
    const ids = places.map((place) => queries[place].obj.id);
    const lists = grouped(ids, await transactionsByWallet([...new Set(ids)], first));
    places.forEach((place, at) => (answers[place] = { nodes: lists[at] }));
  };
  await Promise.all([...asked].map(read));
  return answers;
}

const loaders = {
  Wallet: { transactions },
  WalletTransaction: {
    protocol: one("protocolId", protocolsById),
    tokenIn: one("tokenInId", tokensById),
    tokenOut: one("tokenOutId", tokensById),
  },
};

const app = Fastify({ logger: false });
app.register(mercurius, {
  schema: makeExecutableSchema({ typeDefs, resolvers: { ...scalars, Query } }),
  loaders,
  jit: 1,
});
await listenWithFastify(app);
