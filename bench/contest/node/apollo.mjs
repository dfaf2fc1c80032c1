// Apollo Server on Fastify with DataLoader; its document store keeps parsed and validated texts.
import "./production.mjs";
import { ApolloServer } from "@apollo/server";
import { fastifyApolloDrainPlugin, fastifyApolloHandler } from "@as-integrations/fastify";
import { makeExecutableSchema } from "@graphql-tools/schema";
import Fastify from "fastify";
import { listenWithFastify } from "./listen.mjs";
import { makeContext } from "./loaders.mjs";
import { resolvers } from "./resolvers.mjs";
import { typeDefs } from "./schema.mjs";

const app = Fastify({ logger: false });
const apollo = new ApolloServer({
  schema: makeExecutableSchema({ typeDefs, resolvers }),
  plugins: [fastifyApolloDrainPlugin(app)],
});
await apollo.start();
app.post("/graphql", fastifyApolloHandler(apollo, { context: async () => makeContext() }));
await listenWithFastify(app);
