// Mercurius on Fastify, its JIT on from the second request of a text, with DataLoader.
import "./production.mjs";
import { makeExecutableSchema } from "@graphql-tools/schema";
import Fastify from "fastify";
import mercurius from "mercurius";
import { listenWithFastify } from "./listen.mjs";
import { makeContext } from "./loaders.mjs";
import { resolvers } from "./resolvers.mjs";
import { typeDefs } from "./schema.mjs";

const app = Fastify({ logger: false });
app.register(mercurius, {
  schema: makeExecutableSchema({ typeDefs, resolvers }),
  context: makeContext,
  jit: 1,
});
await listenWithFastify(app);
